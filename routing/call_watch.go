package routing

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
)

const (
	// overdue is how long after its last turn a call that is up should have asked again: two waiting turns
	// and a little (a waiting turn takes about ten seconds).
	overdue = 25 * time.Second
	// entering is how long a call may take into the conference, or out of it.
	entering = 5 * time.Second
	// recordingTakes is how long a call may be away leaving a message, or hearing one.
	recordingTakes = 150 * time.Second
	// pushAgain is how long after a push a call that is still not where it should be is pushed again: a carrier
	// that refuses is not asked over and over.
	pushAgain = 10 * time.Second
)

// callChanged takes the carrier's word that a call has come further, or is over.
func (d *decider) callChanged(e CallChanged) {
	c, l := d.legOf(e.Leg, e.Call)
	if l == nil {
		d.out.Reason = ReasonNoLeg
		if e.Incoming && e.Status.Over() && d.state.Called == nil {
			d.missed(e)
		}
		return
	}
	d.out.Reason = ReasonNothingToDo
	switch {
	case e.Status.Over():
		c = d.edit(c)
		d.over(c, *c.Leg(l.ID), e.Status)
	case e.Machine && !l.Person() && l.State != LegEnding:
		c = d.edit(c)
		l = c.Leg(l.ID)
		l.Call = e.Call
		d.notReached(c, l, CallNoAnswer)
		d.stop(c, l.ID, "")
		d.out.Reason = ReasonNoAnswer
	case l.Call == "" || l.State == LegPlacing:
		// The answer to the request that placed it is still under way, or lost.
		c = d.edit(c)
		l = c.Leg(l.ID)
		l.Call = e.Call
		if l.State == LegPlacing {
			l.State = LegRinging
		}
		d.out.Reason = ReasonPickedUp
		if e.Status == CallQueued {
			d.out.Reason = ReasonSent
		}
	}
}

// missed takes in a call that is over before we heard of it: we were away. It opens a case all the same.
func (d *decider) missed(e CallChanged) {
	d.callCame(CallCame{Call: e.Call, From: e.From, Key: e.Key, To: e.To, At: e.At})
	for _, ch := range d.out.Cases {
		if l := ch.After.leg(func(l *Leg) bool { return l.Call == e.Call }); l != nil {
			why := d.out.Reason
			d.over(ch.After, *l, e.Status)
			d.out.Reason = why
			return
		}
	}
}

// over takes a leg that is over out of its case and draws the consequences.
func (d *decider) over(c *Case, before Leg, status CallStatus) {
	d.endLeg(c, before.ID)
	if before.Person() {
		d.personHungUp(c, before)
		if before.Ask == AskTalk && c.Open() {
			d.cannotReach(c)
		}
		return
	}
	d.contactHungUp(c, before, status)
}

// callsSeen corrects what the case believes of its calls by what the carrier knows of them: reports and
// pushes are lost sometimes.
func (d *decider) callsSeen(e CallsSeen) {
	d.out.Done = &e.Send
	d.out.Reason = ReasonLooked
	before := d.find(e.Send.Case)
	if before == nil {
		return
	}
	c := d.edit(before)
	for _, l := range slices.Clone(c.Legs) {
		status, seen := e.Calls[l.Call]
		if now := c.Leg(l.ID); l.Call == "" || !seen || now == nil || now.State != l.State {
			continue // not looked at, or dealt with a moment ago
		}
		if status.Over() {
			d.over(c, l, status)
			continue
		}
		d.stray(c, c.Leg(l.ID), status, e.Inside[l.Call])
	}
	d.out.Reason = ReasonLooked
}

// stray brings a call back that is not where the case believes it to be.
func (d *decider) stray(c *Case, l *Leg, status CallStatus, inside bool) {
	now := d.world.Now
	switch {
	case status == CallQueued && l.State == LegEnding:
		s := d.toCarrier(c, PurposeCancel)
		s.Leg, s.Call, s.NotAfter = l.ID, l.Call, now.Add(pushLifetime)
	case status == CallQueued, now.Sub(l.PushedAt) < pushAgain:
	case l.State == LegJoined && !inside && now.Sub(l.JoinedAt) > entering && now.Sub(l.HeardAt) > entering,
		l.State != LegJoined && inside,
		l.State == LegRecording || l.State == LegPlaying:
		if l.State == LegRecording || l.State == LegPlaying {
			if now.Sub(l.HeardAt) < recordingTakes {
				return
			}
		}
		d.push(c, l)
	case l.State != LegJoined && now.Sub(l.HeardAt) > overdue && now.Sub(l.At) > overdue:
		d.push(c, l)
	}
}

// look asks the carrier how the calls of a case stand.
func (d *decider) look(c *Case) {
	known := slices.ContainsFunc(c.Legs, func(l Leg) bool { return l.Call != "" })
	already := slices.ContainsFunc(d.out.Sends, func(s Send) bool { return s.Purpose == PurposeLook && s.Case == c.ID })
	if known && !already {
		s := d.toCarrier(c, PurposeLook)
		s.NotAfter = d.world.Now.Add(pushLifetime)
	}
}

// settleCalls is done to every case that has changed: nobody is left alone in a conference, and as long as
// there are calls there is a time at which they are compared with what the carrier knows.
func (d *decider) settleCalls(c *Case) {
	if !c.Open() {
		return
	}
	if p := c.PersonLeg(); p != nil && p.State == LegJoined && !p.Back {
		d.personAlone(c)
	}
	waits := func(due Deadline) bool { return due.Kind == RingOthers }
	switch p := c.PersonLeg(); {
	case c.State != Claimed:
		c.clearDeadline(RingOthers)
	case p != nil && p.holds() && !slices.ContainsFunc(c.Deadlines, waits):
		d.ringHelpers(c)
	}
	if len(c.Legs) == 0 {
		c.clearDeadline(LookAtCalls)
		return
	}
	if slices.ContainsFunc(c.Deadlines, func(due Deadline) bool { return due.Kind == LookAtCalls }) {
		return
	}
	every := lookEvery
	if !slices.ContainsFunc(c.Legs, func(l Leg) bool { return l.State != LegJoined || d.world.Now.Sub(l.JoinedAt) < lookEvery }) {
		every = lookSeldom
	}
	c.setDeadline(LookAtCalls, d.world.Now.Add(every))
}

// callSendFinished takes something about calls off the agenda and draws the consequences.
func (d *decider) callSendFinished(e SendFinished) {
	before := d.find(e.Send.Case)
	if before == nil {
		return
	}
	switch e.Send.Purpose {
	case PurposeCall:
		if before.Leg(e.Send.ID) != nil {
			d.placed(d.edit(before), e)
		}
	case PurposePush, PurposeCancel, PurposeKeep:
		if e.Result == SendRefused && before.Open() && before.Leg(e.Send.Leg) != nil {
			d.look(d.edit(before)) // it may be over
		}
	}
}

// placed notes what became of a call that was to be placed.
func (d *decider) placed(c *Case, e SendFinished) {
	l := c.Leg(e.Send.ID)
	if e.Result != SendAccepted {
		if l.Call != "" {
			return // the carrier has told us of it meanwhile
		}
		gone := *l
		d.endLeg(c, l.ID)
		if gone.Person() {
			d.cannotReach(c)
		} else if gone.State != LegEnding {
			d.notReached(c, &gone, CallFailed)
		}
		return
	}
	if l.Call == "" {
		l.Call = CallID(e.SID)
	}
	switch {
	case l.State == LegPlacing:
		l.State = LegRinging
	case l.State == LegEnding && l.AnsweredAt.IsZero():
		s := d.toCarrier(c, PurposeCancel)
		s.Leg, s.Call, s.NotAfter = l.ID, l.Call, d.world.Now.Add(pushLifetime)
	}
	if l.Ask == AskTake && c.FirstAlertAt.IsZero() {
		c.FirstAlertAt = e.At
		d.note(c, NoteFirstAlert, func(n *Note) { n.Channel, n.Took = c.Channel, e.At.Sub(c.ArrivedAt) })
	}
}

// recorded has a message that the person left taken over from the carrier.
func (d *decider) recorded(e Recorded) {
	c := d.state.Called
	if c == nil {
		c = d.find(e.Leg.Case())
	}
	if c == nil {
		d.out.Reason = ReasonNoCase
		return
	}
	s := d.toCarrier(c, PurposeFetch)
	s.Call, s.Recording, s.NotAfter = e.Call, e.Recording, d.world.Now.Add(recordingLifetime)
	d.out.Reason = ReasonVoicemail
}

// recordingFetched keeps a message that the person left under seal, and has it removed at the carrier. A
// helper who has the case is called to hear it.
func (d *decider) recordingFetched(e RecordingFetched) {
	d.out.Done = &e.Send
	d.out.Reason = ReasonVoicemail
	before := d.find(e.Send.Case)
	if before == nil {
		return
	}
	c := d.edit(before)
	if !e.Audio.Empty() {
		c.Voicemails++
		d.out.Words = append(d.out.Words, Words{Case: c.ID, Ref: voicemailRef(c.Voicemails), Owner: *d.person(c.Person), Text: e.Audio})
		d.note(c, NoteVoicemail, func(n *Note) { n.Channel = contacts.Voice })
		if c.Open() && c.State == Claimed && c.PersonLeg() == nil {
			d.ring(c, c.Holder, AskJoin)
		}
	}
	s := d.toCarrier(c, PurposeErase)
	s.Recording, s.NotAfter = e.Send.Recording, d.world.Now.Add(recordingLifetime)
}
