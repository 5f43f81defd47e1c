package routing

import (
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// contactCalls answers a contact who rings the line: a helper whose person is on the phone is asked to
// join them, then comes what waits for the contact, then what they hold. It reports false if they have
// nothing to do with any case: then they are a person at risk like anyone.
func (d *decider) contactCalls(contact contacts.Contact, e CallCame) bool {
	l := d.listOf(contact)
	ask, about := AskStillOn, (*Case)(nil)
	for _, c := range l.held {
		if about == nil || about.PersonLeg() == nil && c.PersonLeg() != nil {
			about = c
		}
	}
	switch {
	case about != nil && about.PersonLeg() != nil:
		ask = AskJoin
	case len(l.waiting) > 0:
		ask, about = AskTake, firstToTake(contact.ID, caseList{waiting: l.waiting})
	case about == nil:
		return false
	case about.Voicemails > 0:
		ask = AskJoin // hears the message first
	}
	c := d.edit(about)
	leg := Leg{
		ID: d.entryID(c, purposeIncoming), Call: e.Call, Contact: contact.ID, Incoming: true, Ask: ask, State: LegAsked, Pause: true,
		At: d.world.Now, HeardAt: d.world.Now, Asked: 1,
	}
	// They call while we call them: their own call is the one to go on with.
	for _, other := range c.Legs {
		if other.Contact == contact.ID && other.Sounding() {
			if a := c.alert(contact.ID); a != nil && a.Leg == other.ID {
				a.Leg = leg.ID
			}
			d.stop(c, other.ID, "")
		}
	}
	if a := c.alert(contact.ID); a != nil && ask == AskTake {
		a.Leg = leg.ID
	}
	leg.Say = []texts.Prompt{question(c, &leg)}
	c.Legs = append(c.Legs, leg)
	d.out.Reason = ReasonAsked
	return true
}

// question is what a contact is asked on a call.
func question(c *Case, l *Leg) texts.Prompt {
	switch {
	case l.Ask == AskStillOn:
		return texts.PromptHelperMenu
	case c.Urgency == triage.ImmediateDanger:
		return texts.PromptHelperDanger
	case c.Urgency == triage.Urgent:
		return texts.PromptHelperCall
	}
	return texts.PromptHelperQuestion
}

// contactTurn is a turn of a call with a contact. Only a key counts: whoever, or whatever, picked up is
// nobody until then.
func (d *decider) contactTurn(c *Case, l *Leg, e CallTurn) {
	contact, known := d.world.Line.Directory.Contact(l.Contact)
	switch {
	case l.State == LegEnding:
		l.Say = []texts.Prompt{texts.PromptHelperLate}
		d.out.Reason = ReasonLate
		return
	case l.State == LegJoined && known && d.mayHear(c, contact.ID):
		d.helperInTalk(c, l, e)
		return
	case !known || !c.Open() || d.world.Line.Directory.MayHold(contact.ID, c.Person) != contacts.Allowed || slices.Contains(c.Barred, contact.ID):
		d.bye(l, texts.PromptHelperLate, ReasonLate)
		return
	case e.Machine:
		d.notReached(c, l, CallNoAnswer)
		d.bye(c.Leg(l.ID), "", ReasonNoAnswer)
		return
	case l.Ask != AskTake && !c.helps(contact.ID), l.Ask == AskTake && !c.waitsFor(contact.ID) && !c.helps(contact.ID):
		d.bye(l, texts.PromptHelperLate, ReasonLate)
		return
	case l.Ask == AskTake && c.helps(contact.ID):
		l.Ask = AskJoin // took it by text meanwhile
	}
	l.State = LegAsked
	switch {
	case e.Key == "" && l.Asked < askedTwice:
		l.Asked++
		l.Say = []texts.Prompt{question(c, l)}
		d.out.Reason = ReasonAsked
	case e.Key == "":
		d.notReached(c, l, CallNoAnswer)
		d.bye(c.Leg(l.ID), "", ReasonNoAnswer)
	case e.Key == "1":
		d.saysYes(c, l, contact)
	case e.Key == "0":
		d.saysNo(c, l, contact)
	case e.Key == "5":
		d.ownCall(c, l, e)
	case e.Key == "9" && c.helps(contact.ID) && l.Ask == AskStillOn:
		d.bye(l, texts.PromptHelperClosed, "")
		d.closeCase(c, contact.ID, ReasonClosedByHelper)
	default:
		l.Say = []texts.Prompt{texts.PromptRetry, question(c, l)}
		d.out.Reason = ReasonWrongKey
	}
}

// saysYes: takes the case, joins it, or is still on it; and is joined with the person if they are on the
// phone.
func (d *decider) saysYes(c *Case, l *Leg, contact contacts.Contact) {
	id := l.ID
	switch {
	case l.Ask == AskStillOn:
		d.holderSpoke(c, contact)
		if d.out.Reason == "" {
			d.out.Reason = ReasonAlreadyHeld
		}
		d.bye(c.Leg(id), texts.PromptHelperTaken, "")
		return
	case c.helps(contact.ID):
		d.connect(c, id)
		d.holderSpoke(c, contact)
		if d.out.Reason == "" {
			d.out.Reason = ReasonTalks
		}
	default:
		d.connect(c, id)
		d.takeCase(c, contact)
	}
	if l = c.Leg(id); l.State != LegJoined {
		if c.Voicemails > 0 {
			l.State, l.Ask, l.Asked, l.Voicemail = LegPlaying, AskStillOn, 0, voicemailRef(c.Voicemails)
			return
		}
		d.bye(l, texts.PromptHelperTaken, "")
	}
}

// saysNo: declines, or gives the case back.
func (d *decider) saysNo(c *Case, l *Leg, contact contacts.Contact) {
	d.bye(l, texts.PromptHelperDeclined, "")
	if c.helps(contact.ID) {
		d.giveBackCase(c, contact)
		return
	}
	d.declineCase(c, contact.ID)
	d.out.Reason = ReasonDeclined
}

// bye says a last sentence, if any, and hangs up.
func (d *decider) bye(l *Leg, last texts.Prompt, why Reason) {
	l.State, l.Say = LegEnding, nil
	if last != "" {
		l.Say = []texts.Prompt{last}
	}
	if why != "" {
		d.out.Reason = why
	}
}

// ownCall turns a contact's call into one for help of their own.
func (d *decider) ownCall(c *Case, l *Leg, e CallTurn) {
	contact, _ := d.world.Line.Directory.Contact(l.Contact)
	key := d.world.Line.Directory.KeyOf(contact.ID)
	if a := c.alert(contact.ID); a != nil && a.Leg == l.ID {
		d.notReached(c, l, CallNoAnswer)
	}
	d.endLeg(c, l.ID)
	own := d.personCalls(caseIDFor(EventID("call:"+string(e.Call)+":"+string(c.ID))), e.Call, contact.Phone, key, c.Via, d.world.Now)
	leg := own.PersonLeg()
	leg.State, leg.Pause, leg.AnsweredAt = LegWaiting, false, d.world.Now
	d.out.Reason = ReasonOwnHelp
}

// helperInTalk is a turn of a helper's call while they are, or are to be, in the conference.
func (d *decider) helperInTalk(c *Case, l *Leg, e CallTurn) {
	d.out.Reason = ReasonTalks
	person := c.PersonLeg()
	with := person != nil && person.State == LegJoined
	switch {
	case !e.Left && !l.Back && with:
		l.Say = []texts.Prompt{texts.PromptHelperJoined}
	case with && l.Back && !e.Left:
		l.Back = false // and in again
	case with && !l.Back:
		l.Back = true // as for the person: a moment later it is known who has left
		d.look(c)
		d.out.Reason = ReasonLeft
	case with:
		l.Back = false
	default:
		d.outOfTalk(c, l)
	}
}

// outOfTalk tells a helper that the person has hung up, and asks what is to become of the case.
func (d *decider) outOfTalk(c *Case, l *Leg) {
	if !c.Open() {
		d.bye(l, texts.PromptCallerLeft, ReasonLeft)
		return
	}
	l.State, l.Ask, l.Asked, l.Back = LegAsked, AskStillOn, 1, false
	l.Say = []texts.Prompt{texts.PromptCallerLeft, texts.PromptHelperMenu}
	d.out.Reason = ReasonLeft
	if contact, ok := d.world.Line.Directory.Contact(l.Contact); ok && c.helps(contact.ID) {
		d.heardHolder(c)
	}
}

// contactHungUp draws the consequences of the end of a call with a contact; before is the leg as it was.
func (d *decider) contactHungUp(c *Case, before Leg, status CallStatus) {
	d.out.Reason = ReasonHungUp
	d.note(c, NoteCallOver, d.by(before.Contact))
	if !c.Open() {
		d.personAlone(c)
		return
	}
	switch {
	case before.State == LegEnding:
	case before.State == LegJoined:
		if c.helps(before.Contact) && c.State == Claimed {
			d.heardHolder(c)
		}
		d.personAlone(c)
	case before.Incoming && before.Ask == AskTake && c.waitsFor(before.Contact):
		d.tell(c, before.Contact, texts.CallBackCase)
		d.notReached(c, &before, CallNoAnswer)
	case before.AnsweredAt.IsZero() && status == CallNoAnswer && d.ringAnew(c, before):
	default:
		d.notReached(c, &before, status)
	}
}

// ringAnew calls a contact again whose phone has stopped ringing for an alert of an earlier step: the alert
// that is out now has had no call of its own. It reports whether that is so.
func (d *decider) ringAnew(c *Case, before Leg) bool {
	a := c.alert(before.Contact)
	if a == nil || a.Leg != before.ID || a.State != AlertOut || !before.At.Before(a.At) {
		return false
	}
	a.Leg = d.ring(c, before.Contact, before.Ask)
	return a.Leg != ""
}

// personAlone asks a person who is left alone in the conference whether they need somebody else.
func (d *decider) personAlone(c *Case) {
	p := c.PersonLeg()
	if p == nil || p.State != LegJoined || len(c.talking()) > 0 {
		return
	}
	d.leftAlone(p)
	d.push(c, p)
}

// notReached counts a contact as not reached by call: at once, not at the end of the step.
func (d *decider) notReached(c *Case, l *Leg, status CallStatus) {
	if !c.Open() {
		return
	}
	if l.Ask == AskJoin && c.helps(l.Contact) {
		if p := c.PersonLeg(); p != nil && p.holds() && c.State == Claimed {
			d.ringOthers(c) // the holder does not come to the phone
		}
		return
	}
	a := c.alert(l.Contact)
	if a == nil || a.Leg != l.ID {
		return
	}
	a.CallFailed = true
	d.failIfAll(c, a, status)
}

// failIfAll ends an alert all of whose channels have failed; the next contact or step follows at once.
func (d *decider) failIfAll(c *Case, a *Alert, status CallStatus) {
	if a.State != AlertOut || a.Entry != "" && !a.TextFailed || a.Leg != "" && !a.CallFailed {
		return
	}
	state := AlertFailed
	if status == CallNoAnswer || status == CallOver {
		state = AlertNoAnswer
	}
	run := a.Run
	d.endAlert(c, a, state)
	if run == c.Run {
		d.refill(c)
	}
}
