package routing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// Decide says what an event leads to. It is pure: the same arguments give the same decision, and
// nothing they point to is changed.
func Decide(s State, e Event, w World) Decision {
	d := &decider{world: w, state: s, persons: map[phone.Key]*Person{}}
	switch e := e.(type) {
	case Text:
		d.base, d.via = string(e.SID), e.To
		d.text(e)
	case DeadlineReached:
		d.deadline(e)
	case SendFinished:
		d.sendFinished(e)
	case DeliveryFailed:
		d.deliveryFailed(e)
	case LineChanged:
		d.lineChanged(e)
	case Called:
		d.base = string(e.SID)
		d.called(e)
	case CallCame:
		d.base = string(e.Call)
		d.callCame(e)
	case CallTurn:
		d.callTurn(e)
	case CallChanged:
		d.callChanged(e)
	case CallsSeen:
		d.callsSeen(e)
	case Recorded:
		d.base = e.Recording
		d.recorded(e)
	case RecordingFetched:
		d.base = e.Send.Recording
		d.recordingFetched(e)
	case orderEvent:
		d.ordered(e)
	default:
		panic(fmt.Sprintf("routing: unknown event %T", e))
	}
	return d.result()
}

// text sends a text to the rules for whoever wrote it.
func (d *decider) text(e Text) {
	if c, ok := d.world.Line.Directory.ByPhone(e.Key); ok && d.contactText(c, e) {
		return
	}
	// Anyone else, and a contact with nothing waiting, held or recent, is a person at risk.
	d.personText(e)
}

// deadline does what the case's deadlines that have passed say. Acting on one sets the next.
func (d *decider) deadline(e DeadlineReached) {
	before := d.find(e.Case)
	if before == nil {
		d.out.Reason = ReasonNoCase
		return
	}
	due, ok := before.NextDeadline()
	switch {
	case !before.Open():
		d.out.Reason = ReasonCaseClosed
		return
	case !ok || due.At.After(d.world.Now):
		// Taken from the agenda too early, or changed meanwhile: stored as it is, it has its time back.
		d.edit(before)
		d.out.Reason = ReasonNotDue
		return
	}
	c := d.edit(before)
	c.clearDeadline(due.Kind)
	if had := c.State == Claimed; d.dropHolder(c) && had {
		// Taken from a holder who may no longer have it. Who follows has their own time.
		d.out.Reason = ReasonTakenBack
		if due.Kind == BesideEnds && c.State == Claimed {
			d.endAlerts(c, AlertNoAnswer)
		}
		return
	}
	switch due.Kind {
	case StepEnds:
		d.out.Reason = ReasonStepEnded
		d.endStep(c)
	case Remind:
		d.out.Reason = ReasonReminded
		d.remind(c)
	case RoundStarts:
		d.out.Reason = ReasonRoundStarted
		d.startRound(c, "")
	case AskHolder:
		d.out.Reason = ReasonHolderAsked
		d.askHolder(c)
	case TakeBack:
		d.out.Reason = ReasonTakenBack
		d.takeBack(c)
	case BesideEnds:
		d.out.Reason = ReasonStepEnded
		d.endAlerts(c, AlertNoAnswer)
	case RingOthers:
		d.out.Reason = ReasonOthersRung
		d.ringOthers(c)
	case LookAtCalls:
		d.out.Reason = ReasonLooked
		d.look(c)
	}
}

// decider collects a decision while the rules run.
type decider struct {
	world   World
	state   State
	base    string       // what entry ids are made of besides the case; empty: the case's version
	via     phone.Number // where answers that belong to no case come from
	seq     int
	desk    Desk                  // who gave the order that is carried out; empty if it is none
	turning EntryID               // the leg whose request is being answered; empty if there is none
	persons map[phone.Key]*Person // as changed so far
	out     Decision
}

// result closes the decision: what has not changed is not stored.
func (d *decider) result() Decision {
	for _, ch := range d.out.Cases {
		d.settleCalls(ch.After)
	}
	for _, key := range slices.Sorted(maps.Keys(d.persons)) {
		if p := *d.persons[key]; !samePerson(p, d.state.Persons[key]) {
			d.out.Persons = append(d.out.Persons, p)
		}
	}
	return d.out
}

// person returns what is kept of a phone, to be changed in place.
func (d *decider) person(key phone.Key) *Person {
	p, ok := d.persons[key]
	if !ok {
		stored := d.state.Persons[key]
		stored.Key = key
		p = &stored
		d.persons[key] = p
	}
	return p
}

func samePerson(a, b Person) bool {
	return a.Number == b.Number && a.Hiding == b.Hiding && a.NoTexts == b.NoTexts && a.Muted == b.Muted &&
		a.Unreachable == b.Unreachable && a.LastAutoText.Equal(b.LastAutoText) && a.Withheld == b.Withheld && a.MissedTextAt.Equal(b.MissedTextAt)
}

// find returns the case with this id among those loaded, as changed so far.
func (d *decider) find(id CaseID) *Case {
	for _, ch := range d.out.Cases {
		if ch.After.ID == id {
			return ch.After
		}
	}
	for _, c := range d.state.Cases {
		if c.ID == id {
			return c
		}
	}
	for _, c := range []*Case{d.state.Own, d.state.Coded, d.state.Called} {
		if c != nil && c.ID == id {
			return c
		}
	}
	return nil
}

// edit returns a copy of a case to change; the decision will store it.
func (d *decider) edit(c *Case) *Case {
	for _, ch := range d.out.Cases {
		if ch.After == c || ch.Before == c {
			return ch.After
		}
	}
	n := c.clone()
	d.out.Cases = append(d.out.Cases, Change{Before: c, After: n})
	return n
}

// entryID makes the next id for a message about a case; c may be nil.
func (d *decider) entryID(c *Case, p Purpose) EntryID {
	about, base := noCase, d.base
	if c != nil {
		about = string(c.ID)
		if base == "" {
			base = "v" + strconv.FormatInt(c.Version+1, 10)
		}
	}
	d.seq++
	return EntryID(about + "." + base + "." + p.mark() + strconv.Itoa(d.seq))
}

// note records that something happened to a case.
func (d *decider) note(c *Case, kind NoteKind, set func(*Note)) {
	n := Note{Kind: kind, Desk: d.desk}
	if c != nil {
		n.Case, n.Urgency = c.ID, c.Urgency
	}
	if set != nil {
		set(&n)
	}
	d.out.Notes = append(d.out.Notes, n)
}

// by fills a note with who it is about.
func (d *decider) by(id contacts.ID) func(*Note) {
	return func(n *Note) { n.Contact, n.Role = id, d.kindOf(id) }
}

func (d *decider) kindOf(id contacts.ID) contacts.Kind {
	c, _ := d.world.Line.Directory.Contact(id)
	return c.Kind
}

// Validity and lifetime of what is sent (contract §5, last paragraph).
const (
	automaticValidity = 60 * time.Second
	relayValidity     = 10 * time.Minute
	noticeValidity    = 10 * time.Minute
	// helperLifetime is how long words for a helper are tried for while the carrier takes nothing:
	// longer than any after_claim in use, after which the case is alerted again and the words go to
	// whoever takes it.
	helperLifetime = 2 * time.Hour
)

// toContact puts a message to a contact on the agenda. c is the case it belongs to, or nil. Nothing that
// belongs to a case goes to a contact who may not hold it, whatever led to it.
func (d *decider) toContact(c *Case, to contacts.ID, purpose Purpose, key texts.Key, values map[string]string) *Send {
	contact, ok := d.world.Line.Directory.Contact(to)
	if !ok || !contact.Reachable(contacts.SMS) {
		return &Send{} // nobody to write to; the caller's changes to it go nowhere
	}
	if c != nil && d.world.Line.Directory.MayHold(to, c.Person) != contacts.Allowed {
		return &Send{}
	}
	s := Send{
		ID: d.entryID(c, purpose), Contact: to, Via: d.via, Purpose: purpose, Text: key, Values: values,
		Language: d.languageOf(contact), Priority: PriorityNormal,
		At: d.world.Now, NotAfter: d.world.Now.Add(noticeValidity), Validity: noticeValidity,
	}
	if c != nil {
		s.Case, s.Via, s.Priority = c.ID, c.Via, priorityOf(c.Urgency)
	}
	d.out.Sends = append(d.out.Sends, s)
	return &d.out.Sends[len(d.out.Sends)-1]
}

// tell sends a contact a text that names the case by tag and code and says nothing of the person.
func (d *decider) tell(c *Case, to contacts.ID, key texts.Key) *Send {
	return d.toContact(c, to, PurposeNotice, key, d.caseValues(c))
}

// caseValues are the placeholders by which every text names a case.
func (d *decider) caseValues(c *Case) map[string]string {
	return map[string]string{"the": d.world.Line.Tag, "ma": string(c.Code)}
}

func (d *decider) languageOf(c contacts.Contact) texts.Language { return d.world.Line.LanguageOf(c) }

// LanguageOf is the first language of a contact that the program writes, else the line's.
func (l *Line) LanguageOf(c contacts.Contact) texts.Language {
	for _, spoken := range c.Languages {
		if lang := texts.Language(spoken); lang == texts.Vietnamese || lang == texts.English {
			return lang
		}
	}
	return l.Language
}

func priorityOf(u triage.Urgency) Priority {
	switch u {
	case triage.ImmediateDanger:
		return PriorityDanger
	case triage.Urgent:
		return PriorityUrgent
	default:
		return PriorityNormal
	}
}

// mostUrgent orders cases: the most urgent first, then the oldest (contract §5, "1").
func mostUrgent(cases []*Case) []*Case {
	sorted := slices.Clone(cases)
	slices.SortStableFunc(sorted, func(a, b *Case) int {
		if x := b.Urgency.Severity() - a.Urgency.Severity(); x != 0 {
			return x
		}
		return a.OpenedAt.Compare(b.OpenedAt)
	})
	return sorted
}
