package routingtest

import (
	"slices"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// TB is what the helpers of this package need of a test: both [testing.TB] and the T of a property test
// have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// The contacts of [Line]. All but Lead are on call around the clock, and all take texts.
const (
	Lan     contacts.ID = "to1-lan"   // trusted address in Tổ 1; kept apart from [Kin]
	Hung    contacts.ID = "to2-hung"  // trusted address in Tổ 2
	Mai     contacts.ID = "to1-mai"   // trusted address in Tổ 1
	Station contacts.ID = "tram-y-te" // health station
	Officer contacts.ID = "ca-phuong" // police
	Duty    contacts.ID = "truc-ban"  // supervisor
	Lead    contacts.ID = "phu-trach" // supervisor who is never on call
)

// Kinds of numbers within the made-up range +849000000xx.
const (
	contactNumber = 1
	personNumber  = 50
	kinNumber     = 66
)

// LineNumber is the support number of [Line].
func LineNumber() phone.Number { return number(100) }

// Person is the number of the nth person at risk, counted from 0; there are fifteen.
func Person(n int) phone.Number { return number(personNumber + n%15) }

// Kin is the number of somebody of Lan's household, who is kept apart from her.
func Kin() phone.Number { return number(kinNumber) }

// number makes a number of the made-up range.
func number(n int) phone.Number {
	e164 := "+84900000000"
	digits := strconv.Itoa(n)
	made, err := phone.ParseE164(e164[:len(e164)-len(digits)] + digits)
	if err != nil {
		panic("routingtest: " + err.Error()) // the number is a constant of this file
	}
	return made
}

// PhoneKey stands for the keyed look-up of a line. It reveals nothing either, so that a key in the wrong
// place does not look like a number.
func PhoneKey(n phone.Number) phone.Key {
	e164 := n.E164()
	if e164 == "" {
		return ""
	}
	key := []byte("key-")
	for i := len(e164) - 1; i > 0; i-- {
		key = append(key, 'a'+(e164[i]-'0'))
	}
	return phone.Key(key)
}

// spec is what a line is made from.
type spec struct {
	contacts   []contacts.Contact
	shifts     []roster.Shift
	always     []contacts.ID
	policy     routing.Policy
	areas      []routing.Area
	codeWords  triage.CodeWords
	language   texts.Language
	generation int64
	voice      bool
	more       []func(*routing.Line)
}

// Option changes the line that [Line] makes.
type Option func(*spec)

// WithContacts replaces all contacts; they are all on call around the clock.
func WithContacts(list ...contacts.Contact) Option {
	return func(s *spec) {
		s.contacts, s.always, s.shifts = slices.Clone(list), nil, nil
		for _, c := range list {
			s.always = append(s.always, c.ID)
		}
	}
}

// OnCall puts exactly these contacts on call, around the clock.
func OnCall(ids ...contacts.ID) Option {
	return func(s *spec) { s.always, s.shifts = slices.Clone(ids), nil }
}

// WithCalls gives the line's number calls. Without it nobody is called, so that stories of texts are about
// texts only.
func WithCalls() Option { return func(s *spec) { s.voice = true } }

// With changes the finished line.
func With(change func(*routing.Line)) Option {
	return func(s *spec) { s.more = append(s.more, change) }
}

// WithShifts puts contacts on call by weekly shifts and nobody around the clock.
func WithShifts(shifts ...roster.Shift) Option {
	return func(s *spec) { s.always, s.shifts = nil, slices.Clone(shifts) }
}

// Change changes one contact.
func Change(id contacts.ID, change func(*contacts.Contact)) Option {
	return func(s *spec) {
		for i := range s.contacts {
			if s.contacts[i].ID == id {
				change(&s.contacts[i])
			}
		}
	}
}

// KeepApart keeps a contact apart from more numbers.
func KeepApart(id contacts.ID, numbers ...phone.Number) Option {
	return Change(id, func(c *contacts.Contact) { c.KeepApart = append(slices.Clone(c.KeepApart), numbers...) })
}

// Retire makes a contact one who is no longer in the line file but still holds a case.
func Retire(id contacts.ID) Option {
	return Change(id, func(c *contacts.Contact) { c.Retired = true })
}

// Remove drops a contact from the line.
func Remove(id contacts.ID) Option {
	return func(s *spec) {
		s.contacts = slices.DeleteFunc(s.contacts, func(c contacts.Contact) bool { return c.ID == id })
	}
}

// WithSteps replaces the steps of a policy.
func WithSteps(key routing.PolicyKey, steps ...routing.Step) Option {
	return func(s *spec) { s.policy.Steps[key] = steps }
}

// WithAfterClaim sets how long a helper may be silent, whatever the urgency.
func WithAfterClaim(d time.Duration) Option {
	return func(s *spec) {
		s.policy.AfterClaim = map[triage.Urgency]time.Duration{triage.ImmediateDanger: d, triage.Urgent: d, triage.Information: d}
	}
}

// WithCodeWords gives the line code words.
func WithCodeWords(w triage.CodeWords) Option {
	return func(s *spec) { s.codeWords = w }
}

// InEnglish makes English the line's language.
func InEnglish() Option {
	return func(s *spec) { s.language = texts.English }
}

// Generation is the generation of the stored line file the line stands for; 1 if not given.
func Generation(n int64) Option {
	return func(s *spec) { s.generation = n }
}

// Line makes a line: seven contacts, two areas, and the policy that the contract gives as its example.
func Line(t TB, options ...Option) *routing.Line {
	t.Helper()
	s := &spec{
		contacts: []contacts.Contact{
			Contact(Lan, contacts.TrustedAddress, 1, "Tổ 1"),
			Contact(Hung, contacts.TrustedAddress, 2, "Tổ 2"),
			Contact(Mai, contacts.TrustedAddress, 3, "Tổ 1"),
			Contact(Station, contacts.HealthStation, 4, ""),
			Contact(Officer, contacts.Police, 5, ""),
			Contact(Duty, contacts.Supervisor, 6, ""),
			Contact(Lead, contacts.Supervisor, 7, ""),
		},
		always:     []contacts.ID{Lan, Hung, Mai, Station, Officer, Duty},
		policy:     Policy(),
		areas:      []routing.Area{{Name: "Tổ 1", Words: []string{"tổ 1", "tổ một"}}, {Name: "Tổ 2", Words: []string{"tổ 2", "tổ hai"}}},
		language:   texts.Vietnamese,
		generation: 1,
	}
	KeepApart(Lan, Kin())(s)
	for _, o := range options {
		o(s)
	}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatalf("load the line's time zone: %v", err)
	}
	l := &routing.Line{
		ID: "phuong-thu", Tag: "PT", Name: "Phường Thử", Language: s.language,
		Numbers:    []routing.SupportNumber{{Number: LineNumber(), SMS: true, Voice: s.voice}},
		Directory:  contacts.NewDirectory(s.contacts, PhoneKey),
		Roster:     roster.Roster{Zone: zone, Shifts: s.shifts, Always: s.always},
		Areas:      routing.NewAreas(s.areas),
		Triage:     triage.New(s.codeWords),
		Policy:     s.policy,
		Generation: s.generation,
	}
	for _, change := range s.more {
		change(l)
	}
	return l
}

// Contact makes a contact who takes texts and calls. n is 1 to 49 and makes their number.
func Contact(id contacts.ID, kind contacts.Kind, n int, area string) contacts.Contact {
	return contacts.Contact{
		ID: id, Name: contacts.Conceal("Tên " + string(id)), Kind: kind, Phone: number(contactNumber + n - 1),
		Channels: []contacts.Channel{contacts.SMS, contacts.Voice}, Area: area,
	}
}

// ManyContacts makes n contacts, 1 to 49: mostly trusted addresses, in both areas, and every other kind
// a policy of the contract names.
func ManyContacts(n int) []contacts.Contact {
	var list []contacts.Contact
	for i := 1; i <= n; i++ {
		kind, area := contacts.TrustedAddress, "Tổ "+strconv.Itoa(i%2+1)
		switch i % 10 {
		case 7:
			kind, area = contacts.HealthStation, ""
		case 8:
			kind, area = contacts.Police, ""
		case 9:
			kind, area = contacts.Supervisor, ""
		}
		list = append(list, Contact(contacts.ID("c"+strconv.Itoa(i)), kind, i, area))
	}
	return list
}

// Policy is the policy of the contract's example line file.
func Policy() routing.Policy {
	const trusted, health, police, supervisor = contacts.TrustedAddress, contacts.HealthStation, contacts.Police, contacts.Supervisor
	step := func(wait time.Duration, atOnce int, kinds ...contacts.Kind) routing.Step {
		return routing.Step{Notify: kinds, AtOnce: atOnce, Wait: wait}
	}
	return routing.Policy{
		Steps: map[routing.PolicyKey][]routing.Step{
			{Urgency: triage.ImmediateDanger}: {
				step(30*time.Second, 0, police, trusted),
				step(60*time.Second, 0, trusted, health),
				step(60*time.Second, 0, supervisor),
			},
			{Urgency: triage.ImmediateDanger, Need: triage.Health}: {
				step(30*time.Second, 0, health, trusted),
				step(60*time.Second, 0, police, supervisor),
			},
			{Urgency: triage.Urgent}: {
				step(60*time.Second, 2, trusted),
				step(60*time.Second, 0, trusted, health),
				step(120*time.Second, 0, police, supervisor),
			},
			{Urgency: triage.Information}: {
				step(5*time.Minute, 1, trusted),
				step(10*time.Minute, 0, supervisor),
			},
		},
		AfterClaim: map[triage.Urgency]time.Duration{
			triage.ImmediateDanger: 2 * time.Minute, triage.Urgent: 15 * time.Minute, triage.Information: time.Hour,
		},
	}
}
