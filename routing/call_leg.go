package routing

import (
	"slices"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

const (
	// ringFor is how long a contact's phone rings (contract §3), ringPerson the person's own when they asked
	// to be called: short of where voicemail usually answers.
	ringFor    = 25 * time.Second
	ringPerson = 15 * time.Second
	// pushLifetime is how long a push is tried for: a waiting call comes by itself before that.
	pushLifetime = 30 * time.Second
	// recordingLifetime is how long the carrier is asked for a recording.
	recordingLifetime = 48 * time.Hour
	// lookEvery is how often the calls of a case are compared with what the carrier knows, lookSeldom while
	// everybody is believed to be talking.
	lookEvery  = 15 * time.Second
	lookSeldom = time.Minute
)

// legOf finds a leg: by the carrier's id of the call, which may have moved on to another case, else by ours.
func (d *decider) legOf(id EntryID, call CallID) (*Case, *Leg) {
	if c := d.state.Called; c != nil && call != "" {
		c = d.find(c.ID)
		if l := c.leg(func(l *Leg) bool { return l.Call == call }); l != nil {
			return c, l
		}
	}
	c := d.find(id.Case())
	if c == nil {
		return nil, nil
	}
	l := c.Leg(id)
	if l == nil || l.Call != "" && call != "" && l.Call != call {
		return c, nil
	}
	return c, l
}

// LegOf finds what a call is to hear after a decision: its case and leg, or nil if it is known no more.
func LegOf(s State, d Decision, id EntryID, call CallID) (*Case, *Leg) {
	cases := append(slices.Clone(s.Cases), s.Called, s.Own)
	for _, ch := range slices.Backward(d.Cases) {
		cases = append([]*Case{ch.After}, slices.DeleteFunc(cases, func(c *Case) bool { return c != nil && c.ID == ch.After.ID })...)
	}
	for _, c := range cases {
		if c == nil {
			continue
		}
		if l := c.leg(func(l *Leg) bool { return call != "" && l.Call == call }); l != nil {
			return c, l
		}
	}
	for _, c := range cases {
		if c == nil {
			continue
		}
		if l := c.Leg(id); l != nil && (l.Call == "" || call == "" || l.Call == call) {
			return c, l
		}
	}
	return nil, nil
}

// talking returns the legs of helpers that are in the conference or on the way into it.
func (c *Case) talking() []*Leg {
	var in []*Leg
	for i := range c.Legs {
		if l := &c.Legs[i]; !l.Person() && l.State == LegJoined {
			in = append(in, l)
		}
	}
	return in
}

// calls reports whether a contact can be called: they have the channel, and the line a number for it.
func (l *Line) calls(contact contacts.Contact) bool {
	return contact.Reachable(contacts.Voice) && slices.ContainsFunc(l.Numbers, func(n SupportNumber) bool { return n.Voice })
}

// Reaches reports whether a contact can be asked by any channel.
func (l *Line) Reaches(contact contacts.Contact) bool {
	return contact.Reachable(contacts.SMS) || l.calls(contact)
}

// ring has a contact called about a case and returns the leg's id; empty if they cannot be called. Whoever
// is being called about it already is not called twice.
func (d *decider) ring(c *Case, id contacts.ID, ask Ask) EntryID {
	contact, ok := d.world.Line.Directory.Contact(id)
	if !ok || !d.world.Line.calls(contact) || d.world.Line.Directory.MayHold(id, c.Person) != contacts.Allowed {
		return ""
	}
	rank := priorityOf(c.Urgency)
	if l := c.leg(func(l *Leg) bool { return l.Contact == id && l.State != LegEnding }); l != nil && l.State == LegPlacing && rank < l.Rank {
		d.stop(c, l.ID, "") // waits behind others, and may go before them now
	} else if l != nil {
		switch {
		case l.Sounding():
			l.Ask = ask
		case ask == AskJoin && l.Ask == AskStillOn && l.ID != d.turning:
			// On the line already, being asked something else: the person has called again.
			l.State, l.Ask, l.Asked = LegAsked, AskJoin, 1
			l.Say = []texts.Prompt{question(c, l)}
			d.push(c, l)
		}
		return l.ID
	}
	s := d.toCarrier(c, PurposeCall)
	s.Contact, s.Ring, s.Leg = id, ringFor, s.ID
	c.Legs = append(c.Legs, Leg{ID: s.ID, Contact: id, Ask: ask, State: LegPlacing, Rank: rank, At: d.world.Now})
	return s.ID
}

// toCarrier puts something about the calls of a case on the agenda.
func (d *decider) toCarrier(c *Case, p Purpose) *Send {
	d.out.Sends = append(d.out.Sends, Send{
		ID: d.entryID(c, p), Case: c.ID, Via: c.Via, Purpose: p, Priority: PriorityCall, Rank: priorityOf(c.Urgency), At: d.world.Now,
	})
	return &d.out.Sends[len(d.out.Sends)-1]
}

// push makes a leg ask what it is to hear now. If the push is lost, the leg's next turn finds out.
func (d *decider) push(c *Case, l *Leg) {
	if l.ID == d.turning || l.Call == "" {
		return // it is asking right now; or it has not been picked up
	}
	if slices.ContainsFunc(d.out.Sends, func(s Send) bool { return s.Purpose == PurposePush && s.Leg == l.ID }) {
		return
	}
	l.PushedAt = d.world.Now
	s := d.toCarrier(c, PurposePush)
	s.Leg, s.Call, s.Turn, s.NotAfter = l.ID, l.Call, l.Turn, d.world.Now.Add(pushLifetime)
}

// stop ends a leg of a contact: one that rings is cancelled, one that was picked up hears a last sentence.
func (d *decider) stop(c *Case, id EntryID, last texts.Prompt) {
	l := c.Leg(id)
	if l == nil || l.State == LegEnding {
		return
	}
	was := l.State
	d.bye(l, last, "")
	switch {
	case was == LegPlacing && l.Call == "": // not with the carrier, or in its hands now: see sendFinished
	case l.AnsweredAt.IsZero():
		s := d.toCarrier(c, PurposeCancel)
		s.Leg, s.Call, s.NotAfter = l.ID, l.Call, d.world.Now.Add(pushLifetime)
	default:
		d.push(c, l)
	}
}

// stopOf ends every leg of a contact in a case.
func (d *decider) stopOf(c *Case, id contacts.ID, last texts.Prompt) {
	for _, l := range slices.Clone(c.Legs) {
		if l.Contact == id && id != "" {
			d.stop(c, l.ID, last)
		}
	}
}

// noNeedToRing stops the phone of a contact who has answered by text, where there is nobody to talk to.
func (d *decider) noNeedToRing(c *Case, id contacts.ID) {
	for _, l := range slices.Clone(c.Legs) {
		if l.Contact == id && l.Sounding() && l.ID != d.turning {
			d.stop(c, l.ID, "")
		}
	}
}

// endLeg takes a leg that is over out of its case.
func (d *decider) endLeg(c *Case, id EntryID) {
	c.Legs = slices.DeleteFunc(c.Legs, func(l Leg) bool { return l.ID == id })
}

// connect brings a helper's leg and the person's together. The helper has pressed 1.
func (d *decider) connect(c *Case, id EntryID) {
	p, l := c.PersonLeg(), c.Leg(id)
	if p == nil || p.State == LegAsked || p.Ask == AskTalk && p.Sounding() {
		return
	}
	for _, other := range c.talking() {
		// From now on they may leave without ending the conference. Should they be quicker than this, the
		// others meet in it again.
		s := d.toCarrier(c, PurposeKeep)
		s.Leg, s.Call, s.NotAfter = other.ID, other.Call, d.world.Now.Add(pushLifetime)
	}
	l.State, l.Asked, l.JoinedAt, l.Say = LegJoined, 0, d.world.Now, []texts.Prompt{texts.PromptHelperJoined}
	c.clearDeadline(RingOthers)
	if p.State == LegJoined {
		return
	}
	p.State, p.Asked, p.JoinedAt, p.Back, p.Pause = LegJoined, 0, d.world.Now, false, false
	p.Say, p.Tone = []texts.Prompt{texts.PromptJoined}, false
	d.push(c, p)
	if c.TalkedAt.IsZero() {
		c.TalkedAt = d.world.Now
		d.note(c, NoteTalking, func(n *Note) {
			d.by(l.Contact)(n)
			n.Channel, n.Took = contacts.Voice, d.world.Now.Sub(p.At)
		})
	}
}

// ringHelpers calls the helpers of a case whose person waits on the phone. Others are asked too if none of
// them comes within twenty seconds.
func (d *decider) ringHelpers(c *Case) {
	p := c.PersonLeg()
	if p == nil || p.State == LegJoined || p.Ask == AskTalk && p.State != LegWaiting {
		return
	}
	rung := false
	for _, id := range c.Helpers() {
		rung = d.ring(c, id, AskJoin) != "" || rung
	}
	after := othersAfter
	if !rung {
		after = 0
	}
	c.setDeadline(RingOthers, d.world.Now.Add(after))
}

// ringJoined calls those who help in a case that is still being alerted, now that the person is on the phone.
func (d *decider) ringJoined(c *Case) {
	for _, id := range c.Helpers() {
		d.ring(c, id, AskJoin)
	}
}

// ringOthers asks others beside a holder who does not come to the phone: step by step of the policy, over
// and over, as long as the person waits.
func (d *decider) ringOthers(c *Case) {
	p := c.PersonLeg()
	if c.State != Claimed || p == nil || !p.holds() {
		c.clearDeadline(RingOthers)
		return
	}
	steps := d.world.Line.Policy.For(c.Urgency, c.Need)
	wait := besideWait
	for range steps {
		i := c.BesideStep % len(steps)
		c.BesideStep = i + 1
		ids := slices.DeleteFunc(d.candidates(c, steps[i]), func(id contacts.ID) bool { return !d.askAgain(c, id) })
		if len(ids) == 0 {
			continue
		}
		wait = steps[i].Wait
		c.Step, c.Run = i, c.Run+1
		d.note(c, NoteOthersRung, func(n *Note) { n.Step = i + 1 })
		d.alertBeside(c, ids, alertText(c), wait)
		break
	}
	for _, id := range c.Helpers() {
		if c.leg(func(l *Leg) bool { return l.Contact == id }) == nil && c.BesideStep > 1 {
			d.ring(c, id, AskJoin) // once more, with the later steps
		}
	}
	c.setDeadline(RingOthers, d.world.Now.Add(wait))
}

// askAgain says whether a contact can be asked beside a holder: not while an alert to them is out, unless it is
// the call that has failed and they can be called again.
func (d *decider) askAgain(c *Case, id contacts.ID) bool {
	a := c.alert(id)
	if a == nil || a.State != AlertOut {
		return true
	}
	contact, _ := d.world.Line.Directory.Contact(id)
	if !d.world.Line.calls(contact) || c.leg(func(l *Leg) bool { return l.Contact == id }) != nil {
		return false
	}
	d.endAlert(c, a, AlertNoAnswer)
	return true
}

// canUse says whether a contact can use the person's channel, and so hold a case alone: talk to who is on
// the phone, write to who has only written.
func (d *decider) canUse(c *Case, contact contacts.Contact) bool {
	switch p := c.PersonLeg(); {
	case p != nil && p.Ask != AskTalk:
		onPhone := c.leg(func(l *Leg) bool { return l.Contact == contact.ID && !l.Sounding() && l.State != LegEnding }) != nil
		return onPhone || d.world.Line.calls(contact)
	case c.Said > 0:
		return contact.Reachable(contacts.SMS)
	}
	return true
}

// promote makes a helper the holder of a case that is still being alerted because they could not use the
// person's channel, once they can.
func (d *decider) promote(c *Case) {
	if c.State != Alerting || c.Holder != "" {
		return
	}
	for _, id := range c.Joined {
		if contact, ok := d.world.Line.Directory.Contact(id); ok && d.canUse(c, contact) {
			d.holderSpoke(c, contact)
			return
		}
	}
}

// voicemailRef names the nth message that the person has left.
func voicemailRef(n int) WordsRef { return WordsRef("v" + strconv.Itoa(n)) }
