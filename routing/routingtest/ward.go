package routingtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
)

// Start is when a ward's clock starts: a Tuesday evening in the ward.
func Start() time.Time { return time.Date(2026, time.March, 3, 13, 0, 0, 0, time.UTC) }

// Message is a text that reached the carrier.
type Message struct {
	routing.Send
	Phone phone.Number // whom it went to
	Body  string
	SID   string
	Taken time.Time // when the carrier took it
	read  bool
}

// Played is one decision of a history with what it was made from. Nothing else shares its state.
type Played struct {
	Event    routing.Event
	State    routing.State // as it was before the decision
	World    routing.World
	Decision routing.Decision
}

// Ward plays histories: whatever is put into it goes through [routing.Service] into a [Memory], and what
// comes out is carried to phones at once, unless it is held back. Its clock moves only when told. It is
// for one goroutine.
type Ward struct {
	// Hold keeps messages on the agenda until [Ward.Carry] is called, as a slow carrier does.
	Hold bool
	// Refuses makes the carrier refuse messages for good; nil refuses none.
	Refuses func(routing.Send) bool
	// Decided looks at every decision that was stored, before its messages are carried; nil is nobody.
	Decided func(Played)
	// Carried looks at every message at the moment the carrier takes it; nil is nobody.
	Carried func(*Message)
	// LosesPushes makes the carrier take pushes and cancellations without doing anything.
	LosesPushes bool

	t       TB
	line    *routing.Line
	memory  *Memory
	service *routing.Service
	now     time.Time
	sids    int
	sent    []*Message
	calls   []*Call
}

// NewWard makes a ward with a line, nothing having happened yet.
func NewWard(t TB, line *routing.Line) *Ward {
	t.Helper()
	w := &Ward{t: t, line: line, memory: NewMemory(Start(), line.Generation), now: Start()}
	random := rand.New(rand.NewPCG(1, 2))
	w.service = routing.NewService(routing.Options{
		Store: w.memory, Lines: w, Random: random.IntN, Logger: slog.New(slog.DiscardHandler),
		Committed: []routing.Observer{w.committed},
	})
	return w
}

// Line returns the line as it is now, as [routing.Lines] asks.
func (w *Ward) Line(id contacts.LineID) (*routing.Line, error) {
	if id != w.line.ID {
		return nil, routing.ErrUnknownLine
	}
	return w.line, nil
}

// Refresh does nothing: the line is never out of date.
func (w *Ward) Refresh(context.Context, contacts.LineID) error { return nil }

// SetLine applies a changed line file.
func (w *Ward) SetLine(line *routing.Line) {
	w.line, w.memory.generation = line, line.Generation
}

// Now is the ward's time.
func (w *Ward) Now() time.Time { return w.now }

// committed notes a decision with what was loaded for it.
func (w *Ward) committed(line *routing.Line, e routing.Event, d routing.Decision, _ time.Duration) {
	l := w.memory.last
	if w.Decided != nil {
		w.Decided(Played{
			Event: e, State: l.State, Decision: d,
			World: routing.World{Now: l.Now, Line: line, Code: l.Code, Woken: l.Woken, Duty: l.Duty},
		})
	}
}

// Handle plays one event and carries what it leads to. A repeated event leads to nothing.
func (w *Ward) Handle(e routing.Event) routing.Decision {
	w.t.Helper()
	w.memory.now = w.now
	d, err := w.service.Handle(context.Background(), w.line.ID, e)
	switch {
	case errors.Is(err, routing.ErrDuplicate):
		return routing.Decision{}
	case err != nil:
		w.t.Fatalf("Handle(%s) = %v, want it to be stored", e.Name(), err)
	}
	if !w.Hold {
		w.Carry()
	}
	return d
}

// NewText makes the event of a text that arrives now.
func (w *Ward) NewText(from phone.Number, body string) routing.Text {
	w.sids++
	return routing.Text{
		SID: routing.EventID(fmt.Sprintf("SM%032x", w.sids)), From: from, Key: PhoneKey(from), To: LineNumber(),
		Body: contacts.Conceal(body), At: w.now,
	}
}

// Text plays a text from any phone.
func (w *Ward) Text(from phone.Number, body string) routing.Decision {
	w.t.Helper()
	return w.Handle(w.NewText(from, body))
}

// From plays a text from a contact.
func (w *Ward) From(id contacts.ID, body string) routing.Decision {
	w.t.Helper()
	return w.Text(w.Phone(id), body)
}

// Phone is the number of a contact.
func (w *Ward) Phone(id contacts.ID) phone.Number {
	w.t.Helper()
	c, ok := w.line.Directory.Contact(id)
	if !ok {
		w.t.Fatalf("Phone(%s): there is no such contact", id)
	}
	return c.Phone
}

// maxDeadlines bounds how many deadlines one Advance may come to, so that a rule that sets a deadline at
// once over and over fails its test instead of hanging it.
const maxDeadlines = 100_000

// Advance lets time pass, stopping at every deadline on the way to act on it.
func (w *Ward) Advance(d time.Duration) {
	w.t.Helper()
	until := w.now.Add(d)
	for range maxDeadlines {
		id, at, ok := w.nextDeadline()
		if !ok || at.After(until) {
			w.now = until
			return
		}
		if at.After(w.now) {
			w.now = at
		}
		w.Handle(routing.DeadlineReached{Case: id})
	}
	w.t.Fatalf("Advance(%v): more than %d deadlines on the way", d, maxDeadlines)
}

// Jump sets the clock forward or back without stopping: the deadlines passed over are overdue until the
// next Advance.
func (w *Ward) Jump(d time.Duration) { w.now = w.now.Add(d) }

// nextDeadline is the earliest deadline of all open cases.
func (w *Ward) nextDeadline() (id routing.CaseID, at time.Time, ok bool) {
	for _, c := range w.Cases() {
		if next, has := c.NextDeadline(); c.Open() && has && (!ok || next.At.Before(at)) {
			id, at, ok = c.ID, next.At, true
		}
	}
	return id, at, ok
}

// Carry hands everything on the agenda to the carrier that is still wanted.
func (w *Ward) Carry() {
	w.t.Helper()
	for len(w.memory.agenda) > 0 {
		w.carry(w.memory.agenda[0])
	}
}

func (w *Ward) carry(s routing.Send) {
	w.t.Helper()
	e := routing.SendFinished{Send: s, At: w.now}
	switch w.Wanted(s) {
	case routing.TooLate:
		e.Result = routing.SendExpired
	case routing.NotWanted:
		e.Result = routing.SendUnwanted
	case routing.StillWanted:
		if s.OfCall() {
			w.carryCall(s, &e)
			break
		}
		if w.Refuses != nil && w.Refuses(s) {
			e.Result = routing.SendRefused
			break
		}
		w.sids++
		e.Result, e.SID = routing.SendAccepted, fmt.Sprintf("SM%032x", w.sids)
		m := &Message{Send: s, Phone: w.recipient(s), Body: w.Body(s), SID: e.SID, Taken: w.now}
		if w.sent = append(w.sent, m); w.Carried != nil {
			w.Carried(m)
		}
	}
	if e.Result == "" {
		return // told as another event
	}
	held := w.Hold
	w.Hold = true // what this leads to is on the agenda behind the rest
	w.Handle(e)
	w.Hold = held
}

// Wanted asks whether a message is still wanted, as the worker does just before sending.
func (w *Ward) Wanted(s routing.Send) routing.WantedAnswer {
	c := copyCase(w.memory.cases[s.Case])
	key := s.Person
	if c != nil {
		key = c.Person
	}
	return routing.Wanted(s, c, w.memory.persons[key], routing.World{Now: w.now, Line: w.line})
}

func (w *Ward) recipient(s routing.Send) phone.Number {
	w.t.Helper()
	if s.Person != "" {
		return w.memory.persons[s.Person].Number
	}
	return w.Phone(s.Contact)
}

// Body composes a message of a decision that was stored. It fails the test if its words are missing.
func (w *Ward) Body(s routing.Send) string {
	w.t.Helper()
	words, ok := w.memory.words[s.Case][s.Words]
	if s.Words != "" && !ok {
		w.t.Fatalf("message %s: words %s of case %s were never kept", s.ID, s.Words, s.Case)
	}
	body, err := routing.Compose(w.line, s, contacts.Conceal(words))
	if err != nil {
		w.t.Fatalf("Compose(%s) = %v, want a text", s.ID, err)
	}
	return body.Reveal()
}

// Fail reports that a message the carrier took will not arrive.
func (w *Ward) Fail(m *Message, optedOut bool) routing.Decision {
	w.t.Helper()
	return w.Handle(routing.DeliveryFailed{Entry: m.ID, OptedOut: optedOut})
}

// Messages are all messages the carrier has taken, oldest first.
func (w *Ward) Messages() []*Message { return w.sent }

// Last is the last message that went to a phone.
func (w *Ward) Last(to phone.Number) *Message {
	w.t.Helper()
	for _, m := range slices.Backward(w.sent) {
		if m.Phone == to {
			return m
		}
	}
	w.t.Fatalf("Last(%v): nothing was ever sent there", to)
	return nil
}

// Sent are the texts that went to a phone since this was last asked, oldest first.
func (w *Ward) Sent(to phone.Number) []string {
	var bodies []string
	for _, m := range w.sent {
		if m.Phone == to && !m.read {
			m.read = true
			bodies = append(bodies, m.Body)
		}
	}
	return bodies
}

// Got are the texts that went to a contact since this was last asked.
func (w *Ward) Got(id contacts.ID) []string {
	w.t.Helper()
	return w.Sent(w.Phone(id))
}

// Rang are the contacts who were alerted since this was last asked, in the order of their alerts; those
// messages count as read.
func (w *Ward) Rang() []contacts.ID {
	var ids []contacts.ID
	for _, m := range w.sent {
		if m.Purpose == routing.PurposeAlert && !m.read {
			m.read = true
			ids = append(ids, m.Contact)
		}
	}
	return ids
}

// Quiet fails the test if there are texts nobody has asked for: stories end with it.
func (w *Ward) Quiet() {
	w.t.Helper()
	for _, m := range w.sent {
		if !m.read {
			w.t.Errorf("unexpected text to %s%s: %q", m.Contact, m.Person, m.Body)
			m.read = true
		}
	}
}

// Forget marks everything sent so far as read.
func (w *Ward) Forget() {
	for _, m := range w.sent {
		m.read = true
	}
}

// Cases are copies of all cases, oldest first.
func (w *Ward) Cases() []*routing.Case {
	var cases []*routing.Case
	for _, c := range w.memory.cases {
		cases = append(cases, copyCase(c))
	}
	slices.SortFunc(cases, func(a, b *routing.Case) int {
		if x := a.OpenedAt.Compare(b.OpenedAt); x != 0 {
			return x
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return cases
}

// CaseOf is a copy of the latest case of a phone.
func (w *Ward) CaseOf(n phone.Number) *routing.Case {
	w.t.Helper()
	var latest *routing.Case
	for _, c := range w.Cases() {
		if c.Person == PhoneKey(n) {
			latest = c
		}
	}
	if latest == nil {
		w.t.Fatalf("CaseOf(%v): there is none", n)
	}
	return latest
}

// Case is a copy of a case; nil if there is none.
func (w *Ward) Case(id routing.CaseID) *routing.Case { return copyCase(w.memory.cases[id]) }

// Person is what is kept of a phone.
func (w *Ward) Person(n phone.Number) routing.Person { return w.memory.persons[PhoneKey(n)] }

// Duty is what a contact last said about being on call; the zero Duty if nothing.
func (w *Ward) Duty(id contacts.ID) routing.Duty { return w.memory.duty[id] }

// Words are what is kept of a case under a name; false if nothing is.
func (w *Ward) Words(id routing.CaseID, ref routing.WordsRef) (string, bool) {
	words, ok := w.memory.words[id][ref]
	return words, ok
}

// Listed are the cases on a contact's list.
func (w *Ward) Listed(id contacts.ID) int { return len(w.memory.lists[id]) }

// Agenda are the messages that wait to be carried.
func (w *Ward) Agenda() []routing.Send { return slices.Clone(w.memory.agenda) }

// Journal is everything that was noted.
func (w *Ward) Journal() []routing.Note { return slices.Clone(w.memory.journal) }
