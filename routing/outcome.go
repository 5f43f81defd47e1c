package routing

import (
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

// sendFinished takes a message off the agenda and draws the consequences.
func (d *decider) sendFinished(e SendFinished) {
	d.out.Done = &e.Send
	d.out.Reason = ReasonNotSent
	if e.Result == SendAccepted {
		d.out.Reason = ReasonSent
	}
	if e.Result == SendRefused && e.SID != "" {
		// It is on the carrier's list all the same, and must not be taken for a later message there.
		d.out.Also = append(d.out.Also, SentID(e.SID))
	}
	if e.Send.OfCall() {
		d.callSendFinished(e)
		return
	}
	c := d.find(e.Send.Case)
	if c == nil {
		return
	}
	switch {
	case e.Result == SendAccepted:
		d.accepted(c, e)
	case e.Send.Purpose == PurposeAlert && e.Result != SendExpired:
		// Refused, or its contact was set apart meanwhile: the next one follows. One that expired has
		// lived as long as its step, whose end deals with it.
		d.unreachable(c, e.Send.ID)
	case e.Send.Person != "":
		d.notDelivered(c, e.Send.Purpose, e.OptedOut)
	}
}

// concernsCase reports whether the case and its person have to be known to draw the consequences.
func (e SendFinished) concernsCase() bool {
	switch {
	case e.Send.Purpose == PurposeCall:
		return true
	case e.Send.OfCall():
		return e.Result == SendRefused
	case e.Result == SendAccepted && (e.Send.Person != "" || e.NotFirst):
		return false
	case e.Send.Person != "":
		return true
	}
	return e.Send.Purpose == PurposeAlert && e.Result != SendExpired
}

// accepted notes when the first alert of a case was on its way: the response time the ward answers for.
func (d *decider) accepted(before *Case, e SendFinished) {
	if e.Send.Purpose != PurposeAlert || !before.FirstAlertAt.IsZero() {
		return
	}
	c := d.edit(before)
	c.FirstAlertAt = e.At
	d.note(c, NoteFirstAlert, func(n *Note) { n.Channel, n.Took = c.Channel, e.At.Sub(c.ArrivedAt) })
}

// deliveryFailed draws the consequences of a report that a message will not arrive. Any other report is
// a hint and leads to nothing: only a human's answer stops a deadline.
func (d *decider) deliveryFailed(e DeliveryFailed) {
	c := d.find(e.Entry.Case())
	switch {
	case c == nil:
		d.out.Reason = ReasonNoCase
	case e.Entry.purpose() == PurposeAlert:
		d.out.Reason = ReasonNothingToDo
		d.unreachable(c, e.Entry)
	case e.Entry.purpose() == PurposeRelayToPerson, e.Entry.purpose() == PurposeAutomatic:
		d.notDelivered(c, e.Entry.purpose(), e.OptedOut)
	default:
		d.out.Reason = ReasonNotDelivered
		d.note(c, NoteNotDelivered, nil)
	}
}

// unreachable counts a contact as out of reach for the running step. If nobody is left to answer, the
// step ends early.
func (d *decider) unreachable(before *Case, entry EntryID) {
	if !before.Open() {
		return
	}
	for _, a := range before.Alerts {
		if a.Entry == entry && a.State == AlertOut {
			c := d.edit(before)
			a := c.alert(a.Contact)
			a.TextFailed = true
			d.out.Reason = ReasonUnreachable
			d.failIfAll(c, a, CallFailed)
			return
		}
	}
}

// notDelivered tells the holder that a helper's words do not reach the person, and remembers a phone
// that gets no texts. An automatic text that did not arrive is nobody's business.
func (d *decider) notDelivered(c *Case, p Purpose, optedOut bool) {
	d.out.Reason = ReasonNotDelivered
	if optedOut {
		d.person(c.Person).Unreachable = true
	}
	if p != PurposeRelayToPerson || !c.Open() {
		return
	}
	c = d.edit(c)
	d.cannotReach(c)
}

// cannotReach tells the helpers of a case that their words do not reach the person.
func (d *decider) cannotReach(c *Case) {
	for _, id := range c.Helpers() {
		d.note(c, NoteNotDelivered, d.by(id))
		d.tell(c, id, texts.CannotReach)
	}
}

// WantedAnswer is whether a message on the agenda is still to be sent.
type WantedAnswer string

// The answers of [Wanted].
const (
	StillWanted WantedAnswer = "wanted"
	TooLate     WantedAnswer = "too_late"
	NotWanted   WantedAnswer = "not_wanted"
)

// Wanted says whether a message is still to be handed to the carrier, given the case it belongs to (nil
// if none), the person of that case and the world as it is now. It is asked just before sending: between
// the decision and this moment the case may have been taken, the contact set apart, or the person may
// have said that they hide.
func Wanted(s Send, c *Case, p Person, w World) WantedAnswer {
	if !s.NotAfter.IsZero() && w.Now.After(s.NotAfter) {
		return TooLate
	}
	if c == nil && s.Case != "" {
		return NotWanted
	}
	ok := false
	switch s.Purpose {
	case PurposeAlert:
		a := c.alert(s.Contact)
		ok = a != nil && a.Entry == s.ID && a.State == AlertOut && (c.State == Alerting || c.State == Claimed && a.Beside) &&
			w.Line.Directory.MayBeTold(s.Contact, c.Person) == contacts.Allowed
	case PurposeNotice:
		_, known := w.Line.Directory.Contact(s.Contact)
		lost := c != nil && slices.Contains(c.Barred, s.Contact) && s.Text != texts.LostCase
		answered := s.Text == texts.Remind && (c.State != Alerting || c.alert(s.Contact) == nil || c.alert(s.Contact).State != AlertOut)
		ok = known && !lost && !answered && (c == nil || w.Line.Directory.MayHold(s.Contact, c.Person) == contacts.Allowed)
	case PurposeRelayToHelper:
		ok = c.Open() && c.helps(s.Contact) && w.Line.Directory.MayHold(s.Contact, c.Person) == contacts.Allowed
	case PurposeRelayToPerson:
		ok = !p.Unreachable && !p.Muted
	case PurposeAutomatic:
		ok = mayWrite(p, c, s.Text, w.Now) == RestraintNone
	default:
		ok = s.OfCall() && wantedCall(s, c, p, w)
	}
	if !ok {
		return NotWanted
	}
	return StillWanted
}

// wantedCall is [Wanted] for what concerns calls.
func wantedCall(s Send, c *Case, p Person, w World) bool {
	l := c.Leg(s.Leg)
	switch s.Purpose {
	case PurposeCall:
		if l == nil || l.State != LegPlacing || !c.Open() {
			return false
		}
		if l.Person() {
			return !p.Hiding && !p.NoTexts && !c.NoCalls
		}
		contact, known := w.Line.Directory.Contact(l.Contact)
		return known && w.Line.calls(contact) && !slices.Contains(c.Barred, l.Contact) &&
			w.Line.Directory.MayHold(l.Contact, c.Person) == contacts.Allowed
	case PurposePush, PurposeKeep:
		return l != nil
	case PurposeCancel:
		return l != nil && l.AnsweredAt.IsZero()
	case PurposeLook:
		return c.Open() && len(c.Legs) > 0
	}
	return true // what was recorded is taken over and removed whatever has become of the case
}
