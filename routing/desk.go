package routing

import (
	"cmp"
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// codeKept is how long a closed case's code is nobody else's (contract §5).
const codeKept = 7 * 24 * time.Hour

// Outcome is how a case ended, as whoever closes it from a desk says.
type Outcome string

// The outcomes.
const (
	OutcomeHelped    Outcome = "helped"     // the person got help
	OutcomeReferred  Outcome = "referred"   // handed on to another service
	OutcomeNoContact Outcome = "no_contact" // the person could not be reached any more
	OutcomeWithdrawn Outcome = "withdrawn"  // the person wants no help, and a human has checked that it is they
	OutcomeMistake   Outcome = "mistake"    // a wrong number, an advertisement, a test
)

// Outcomes lists all of them.
func Outcomes() []Outcome {
	return []Outcome{OutcomeHelped, OutcomeReferred, OutcomeNoContact, OutcomeWithdrawn, OutcomeMistake}
}

// Order is what somebody at a desk, who answers for it, wants done with a case. Each is an event like any
// other: what may not be done is refused with a reason and changes nothing.
type Order struct {
	Token EventID // of the form that was sent, if it was one: sent twice it has the effect of once
	Case  CaseID
	By    Desk
}

// Desk is who gives an order: the name under which they sign in, or their account on the machine. The next who
// sits there reads in a case's story whom to ask.
type Desk string

// ID is the form's token; empty if there was no form.
func (o Order) ID() EventID { return o.Token }

// The orders.
type (
	// AlertOrdered has a contact asked now, on call or not, whatever the policy says.
	AlertOrdered struct {
		Order
		Contact contacts.ID
	}
	// HandOrdered takes a case from its helpers and has a contact asked first of all.
	HandOrdered struct {
		Order
		Contact contacts.ID
	}
	// CorrectOrdered says how urgent a case is and what it needs. A human may lower what words may not.
	CorrectOrdered struct {
		Order
		Urgency triage.Urgency // empty: as it is
		Need    triage.Need    // empty: as it is
	}
	// WriteOrdered writes to the person of a case.
	WriteOrdered struct {
		Order
		Words contacts.Private
	}
	// NoteOrdered keeps a note with a case's words.
	NoteOrdered struct {
		Order
		Words contacts.Private
	}
	// CloseOrdered closes a case.
	CloseOrdered struct {
		Order
		Why     contacts.Private // what was given as the reason; kept with the case's words
		Outcome Outcome          // empty if not said
	}
	// ReopenOrdered opens a closed case again.
	ReopenOrdered struct{ Order }
	// ClearOrdered says that a person may be written to again, who hid or asked for silence: somebody has
	// spoken with them.
	ClearOrdered struct{ Order }
)

// Name is "alert_ordered".
func (AlertOrdered) Name() string { return "alert_ordered" }

// Name is "hand_ordered".
func (HandOrdered) Name() string { return "hand_ordered" }

// Name is "correct_ordered".
func (CorrectOrdered) Name() string { return "correct_ordered" }

// Name is "write_ordered".
func (WriteOrdered) Name() string { return "write_ordered" }

// Name is "note_ordered".
func (NoteOrdered) Name() string { return "note_ordered" }

// Name is "close_ordered".
func (CloseOrdered) Name() string { return "close_ordered" }

// Name is "reopen_ordered".
func (ReopenOrdered) Name() string { return "reopen_ordered" }

// Name is "clear_ordered".
func (ClearOrdered) Name() string { return "clear_ordered" }

// given returns the order itself, whichever it is part of.
func (o Order) given() Order { return o }

// orderEvent is an event that is an order.
type orderEvent interface {
	Event
	given() Order
}

// ordered carries an order out.
func (d *decider) ordered(e orderEvent) {
	o := e.given()
	d.base = string(o.Token) // what a desk wrote can be found by its form
	d.desk = o.By
	before := d.find(o.Case)
	if before == nil {
		d.out.Reason = ReasonNoCase
		return
	}
	if e, ok := e.(NoteOrdered); ok { // to a closed case, too
		c := d.edit(before)
		d.keep(c, WordsRef("n"+string(o.Token)), e.Words.Reveal())
		d.note(c, NoteNoted, nil)
		d.out.Reason = ReasonNoted
		return
	}
	if _, reopen := e.(ReopenOrdered); reopen {
		d.reopen(before)
		return
	}
	if !before.Open() {
		d.out.Reason = ReasonCaseClosed
		return
	}
	switch e := e.(type) {
	case AlertOrdered:
		d.alertOrdered(before, e.Contact)
	case HandOrdered:
		d.handOrdered(before, e.Contact)
	case CorrectOrdered:
		d.correctOrdered(d.edit(before), e)
	case WriteOrdered:
		d.writeOrdered(before, e)
	case CloseOrdered:
		d.closeOrdered(d.edit(before), e)
	case ClearOrdered:
		d.clearOrdered(d.edit(before))
	}
}

// mayBeAsked says whether a contact can be asked about a case from a desk; if not, the decision says why.
func (d *decider) mayBeAsked(c *Case, id contacts.ID) bool {
	contact, ok := d.world.Line.Directory.Contact(id)
	a := c.alert(id)
	switch {
	case !ok, contact.Retired, !d.mayHear(c, id):
		d.out.Reason = ReasonMayNotKnow
	case !d.world.Line.Reaches(contact):
		d.out.Reason = ReasonUnreachable
	case c.helps(id):
		d.out.Reason = ReasonAlreadyHeld
	case a != nil && a.State == AlertOut:
		d.out.Reason = ReasonAsked
	default:
		return true
	}
	return false
}

func (d *decider) alertOrdered(before *Case, id contacts.ID) {
	if !d.mayBeAsked(before, id) {
		return
	}
	c := d.edit(before)
	d.out.Reason = ReasonInvited
	if a := c.alert(id); a != nil {
		a.Declined = false // they are asked once more, by a human
	}
	d.note(c, NoteInvited, d.by(id))
	d.alertBeside(c, []contacts.ID{id}, alertText(c), inviteWait)
}

// handOrdered takes a case from its helpers, who are told that it was moved, and asks another contact first.
// The policy starts over beside, so that the case never depends on one answer.
func (d *decider) handOrdered(before *Case, id contacts.ID) {
	if !d.mayBeAsked(before, id) {
		return
	}
	c := d.edit(before)
	d.out.Reason = ReasonMoved
	holder := c.Holder
	for _, helper := range c.Helpers() {
		d.lost(c, helper).Declined = true
		d.note(c, NoteMoved, d.by(helper))
		d.tell(c, helper, texts.LostCase)
	}
	c.Holder, c.Joined = "", nil
	if p := c.PersonLeg(); p != nil && (p.State == LegJoined || p.State == LegAnother) {
		d.holdAgain(c, p)
	}
	if c.State == Claimed {
		d.alertAgain(c, holder)
	}
	if a := c.alert(id); a == nil || a.State != AlertOut {
		if a != nil {
			a.Declined = false
		}
		d.alertBeside(c, []contacts.ID{id}, alertText(c), inviteWait)
	}
}

func (d *decider) correctOrdered(c *Case, e CorrectOrdered) {
	d.out.Reason = ReasonCorrected
	if e.Need != "" {
		c.Need = e.Need
	}
	d.note(c, NoteCorrected, func(n *Note) { n.Urgency = cmp.Or(e.Urgency, c.Urgency) })
	switch {
	case e.Urgency == "" || e.Urgency == c.Urgency:
	case e.Urgency.Severity() > c.Urgency.Severity():
		d.raise(c, e.Urgency)
	default:
		c.Urgency = e.Urgency
		if c.State == Alerting {
			d.calmed(c)
		}
	}
}

// calmed has the policy of what is less urgent start. Who is being asked goes on being asked, unless the step that
// begins asks them anew: a human may have chosen them a moment ago.
func (d *decider) calmed(c *Case) {
	var anew []contacts.ID
	for _, s := range d.world.Line.Policy.Steps[d.world.Line.Policy.key(c.Urgency, c.Need)] {
		if anew = d.candidates(c, s); len(anew) > 0 {
			break
		}
	}
	for i := range c.Alerts {
		if a := &c.Alerts[i]; a.State == AlertOut && slices.Contains(anew, a.Contact) {
			d.endAlert(c, a, AlertNoAnswer)
		}
	}
	d.runStep(c, 0)
}

// writeOrdered passes on what a supervisor writes, as a helper's words, under the restraint that holds for
// what the program writes: a phone that buzzes can betray whoever hides, whoever writes.
func (d *decider) writeOrdered(before *Case, e WriteOrdered) {
	p := *d.person(before.Person)
	switch {
	case p.Number.IsZero(), p.Unreachable, before.Said == 0 && !p.Number.TakesTexts():
		d.out.Reason = ReasonNotDelivered
		return
	case p.Hiding, p.NoTexts, p.Muted:
		d.out.Reason = ReasonSilence
		return
	}
	c := d.edit(before)
	d.sendWords(c, e.Words.Reveal())
	d.note(c, NoteRelayed, nil)
	d.out.Reason = ReasonRelayed
}

func (d *decider) clearOrdered(c *Case) {
	p := d.person(c.Person)
	p.Hiding, p.NoTexts, p.Unreachable = false, false, false
	d.note(c, NoteCleared, nil)
	d.out.Reason = ReasonCleared
}

// reopen opens a closed case again, under its old code as long as that rests, else under a new one. A person
// has one open case at most.
func (d *decider) reopen(before *Case) {
	switch own := d.state.Own; {
	case before.Open():
		d.out.Reason = ReasonNothingToDo
		return
	case own != nil:
		d.out.Reason = ReasonAnotherOpen
		return
	}
	c := d.edit(before)
	if d.world.Now.Sub(c.ClosedAt) >= codeKept && d.world.Code != "" {
		c.Code = d.world.Code
	}
	c.ClosedAt, c.Outcome = time.Time{}, ""
	c.State, c.Holder, c.Joined = Alerting, "", nil
	c.Legs = slices.DeleteFunc(c.Legs, func(l Leg) bool { return !l.Person() })
	d.note(c, NoteReopened, nil)
	d.out.Reason = ReasonReopened
	c.Unanswered, c.Rounds, c.AlertingSince = false, 0, d.world.Now
	d.startRound(c, "")
}
