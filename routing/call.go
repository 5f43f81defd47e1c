package routing

import (
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

const (
	// holdEvery and quietAfter are when a caller who holds is spoken to (messages.md §4).
	holdEvery = 20 * time.Second
	// aboutTime is half a waiting turn: what is due within it is said now.
	aboutTime  = 5 * time.Second
	quietAfter = 40 * time.Second
	// missedAgain is how long after a call that nobody talked to them on another makes the case more urgent
	// ("nhá máy", domain.md §6).
	missedAgain = 5 * time.Minute
	// askedTwice is how often a question is put on a call.
	askedTwice = 2
	// othersAfter is how long a holder has to come to the phone before others are rung too.
	othersAfter = 20 * time.Second
	// ringsKept is how many calls that ended without talk are remembered.
	ringsKept = 3
)

// callCame answers a call: of a contact who has something to do with a case, about that case; of anyone
// else, as a person at risk.
func (d *decider) callCame(e CallCame) {
	if d.state.Called != nil {
		d.out.Reason = ReasonRepeated
		return
	}
	if !e.From.IsZero() && d.state.Own == nil {
		if c, ok := d.world.Line.Directory.ByPhone(e.Key); ok && d.contactCalls(c, e) {
			return
		}
	}
	d.personCalls(caseIDFor(EventID("call:"+e.Call)), e.Call, e.From, e.Key, e.To, e.At)
}

// personCalls takes in a call of a person at risk: with their open case, or with a new one of the id given.
func (d *decider) personCalls(fresh CaseID, call CallID, from phone.Number, key phone.Key, to phone.Number, at time.Time) *Case {
	p := d.person(key)
	p.Number, p.Withheld = from, from.IsZero()
	now := d.world.Now
	if at.IsZero() || at.After(now) {
		at = now
	}
	c := d.state.Own
	if c == nil {
		c = &Case{
			ID: fresh, Line: d.world.Line.ID, Code: d.world.Code, Person: key, Channel: contacts.Voice, Via: to,
			ArrivedAt: at, OpenedAt: now, HeardAt: now, Urgency: triage.Urgent, Need: triage.Unknown,
			State: Alerting, AlertingSince: now,
		}
		d.out.Cases = append(d.out.Cases, Change{After: c})
		d.out.Reason = ReasonOpened
		d.note(c, NoteOpened, func(n *Note) { n.Channel, n.Took = c.Channel, d.world.Now.Sub(c.ArrivedAt) })
		d.personLeg(c, call, at)
		d.startRound(c, "")
		return c
	}
	c = d.edit(c)
	c.Via = to
	if now.After(c.HeardAt) {
		c.HeardAt = now
	}
	d.out.Reason = ReasonAdded
	d.personLeg(c, call, at)
	d.dropHolder(c)
	if len(c.Rings) > 0 && now.Sub(c.Rings[len(c.Rings)-1]) <= missedAgain && c.Urgency != triage.ImmediateDanger {
		d.out.Reason = ReasonMissedAgain
		d.raise(c, moreUrgent(c.Urgency))
	}
	if c.State == Claimed {
		d.ringHelpers(c)
	} else {
		d.ringJoined(c)
	}
	return c
}

// moreUrgent is one degree graver.
func moreUrgent(u triage.Urgency) triage.Urgency {
	if u == triage.Information {
		return triage.Urgent
	}
	return triage.ImmediateDanger
}

// personLeg adds the person's call to their case. It rings for a moment before it is answered, so that a
// missed call costs them nothing, and contacts are alerted meanwhile.
func (d *decider) personLeg(c *Case, call CallID, at time.Time) {
	c.Legs = append(c.Legs, Leg{
		ID: d.entryID(c, purposeIncoming), Call: call, Incoming: true, Ask: AskHelp, State: LegRinging, Pause: true,
		Say: []texts.Prompt{texts.PromptGreet, texts.PromptKeys},
		At:  at, HeardAt: d.world.Now, WaitsFrom: d.world.Now,
	})
	d.note(c, NoteRang, func(n *Note) { n.Channel = contacts.Voice })
}

// purposeIncoming marks the id of a leg that came in. It is no entry of the agenda.
const purposeIncoming Purpose = "incoming"

// callTurn says what a call hears next, and does what a key asks for.
func (d *decider) callTurn(e CallTurn) {
	c, l := d.legOf(e.Leg, e.Call)
	if l == nil {
		d.out.Reason = ReasonNoLeg
		return
	}
	if e.Turn < l.Turn {
		d.out.Reason = ReasonRepeated
		return
	}
	c = d.edit(c)
	l = c.Leg(l.ID)
	d.turning = l.ID
	l.Turn, l.HeardAt, l.Call = l.Turn+1, d.world.Now, e.Call
	l.Say, l.Tone, l.Pause, l.Voicemail = nil, false, false, ""
	if l.AnsweredAt.IsZero() {
		l.AnsweredAt = d.world.Now
		if !l.Person() {
			d.note(c, NotePickedUp, d.by(l.Contact))
		}
	}
	if l.Person() {
		d.personTurn(c, l, e)
	} else {
		d.contactTurn(c, l, e)
	}
}

// personTurn is a turn of the person's own call.
func (d *decider) personTurn(c *Case, l *Leg, e CallTurn) {
	now := d.world.Now
	if now.After(c.HeardAt) {
		c.HeardAt = now
	}
	if l.State == LegRinging || l.State == LegPlacing {
		if l.Ask == AskTalk {
			l.State = LegAsked
		} else {
			l.State = LegWaiting
		}
	}
	if !c.Open() && !d.lingers(c, l, e) {
		return
	}
	switch l.State {
	case LegAsked:
		d.calledBack(c, l, e)
	case LegJoined:
		d.personInTalk(c, l, e)
	case LegAnother:
		d.askAnother(c, l, e)
	case LegRecording:
		l.State, l.Say = LegWaiting, []texts.Prompt{texts.PromptVoicemailEnd}
		d.out.Reason = ReasonVoicemail
	case LegEnding:
		d.out.Reason = ReasonHungUp
	default:
		d.personKey(c, l, e)
	}
}

// lingers deals with a call that goes on although its case was closed. Whoever still holds, or asks for
// somebody, asks for help anew; who has talked to a human is asked. It reports whether the leg is to be
// dealt with as usual.
func (d *decider) lingers(c *Case, l *Leg, e CallTurn) bool {
	switch {
	case l.State == LegEnding, l.State == LegAsked:
		l.State = LegEnding
		d.out.Reason = ReasonHungUp
		return false
	case l.State == LegJoined && (!e.Left || len(c.talking()) > 0):
		return true
	case l.State == LegJoined:
		l.State, l.Asked, l.Say = LegAnother, 1, []texts.Prompt{texts.PromptAnother}
		d.out.Reason = ReasonLeft
		return false
	case l.State == LegAnother && e.Key == "" && l.Asked < askedTwice:
		return true
	}
	p := *d.person(c.Person)
	d.endLeg(c, l.ID)
	fresh := d.personCalls(caseIDFor(EventID("call:"+string(e.Call)+":"+string(c.ID))), e.Call, p.Number, c.Person, c.Via, d.world.Now)
	leg := fresh.PersonLeg()
	leg.State, leg.Pause, leg.AnsweredAt = LegWaiting, false, d.world.Now
	d.hold(fresh, leg)
	return false
}

// personKey does what a key of a caller who holds asks for, and says what they hear next.
func (d *decider) personKey(c *Case, l *Leg, e CallTurn) {
	first := l.Asked == 0 // the turn after the greeting
	l.Asked++
	d.out.Reason = ReasonHolds
	switch word := ParsePersonWord(e.Key); {
	case e.Key == "":
		if first && c.Urgency != triage.ImmediateDanger && c.State == Alerting {
			// Somebody who cannot speak and presses nothing looks like this.
			d.raise(c, triage.ImmediateDanger)
			d.out.Reason = ReasonSilent
		}
	case needOf(word) != "":
		d.choose(c, word)
		d.out.Reason = ReasonChosen
	case word == VerbOther:
		d.replaceHelpers(c)
		d.out.Reason = ReasonSomebodyElse
	case e.Key == "9":
		l.Language = string(texts.English)
		l.HeldAt = time.Time{}
	case e.Language != "":
		l.Language = e.Language
		l.HeldAt = time.Time{}
	case e.Key == "6" && d.mayLeaveMessage(c):
		l.State, l.Say = LegRecording, []texts.Prompt{texts.PromptVoicemail}
		d.out.Reason = ReasonVoicemail
		return
	default:
		l.Say = []texts.Prompt{texts.PromptRetry}
		d.out.Reason = ReasonWrongKey
		return
	}
	if l = c.Leg(l.ID); l.State == LegWaiting {
		d.hold(c, l)
	}
}

// mayLeaveMessage says whether a caller may leave a message: after a full round without a human, where the
// line offers it.
func (d *decider) mayLeaveMessage(c *Case) bool {
	return c.State == Alerting && c.Rounds > 0 && !d.world.Line.NoVoicemail
}

// hold says what a caller who waits hears at this turn.
func (d *decider) hold(c *Case, l *Leg) {
	now := d.world.Now
	l.Tone = true
	switch {
	case c.State == Alerting && c.Rounds > l.ToldRounds:
		l.ToldRounds = c.Rounds
		l.Say = []texts.Prompt{texts.PromptNobody}
	case !l.Quiet && now.Sub(l.WaitsFrom) >= quietAfter-aboutTime && d.mayPromiseText(c):
		l.Quiet = true
		l.Say = []texts.Prompt{texts.PromptHoldQuiet}
	case now.Sub(l.HeldAt) >= holdEvery-aboutTime:
		l.HeldAt = now
		l.Say = []texts.Prompt{texts.PromptHold}
	}
}

// mayPromiseText says whether a caller may be told that we will write if they hang up.
func (d *decider) mayPromiseText(c *Case) bool {
	p := d.person(c.Person)
	return p.Number.TakesTexts() && !p.Hiding && !p.NoTexts && !p.Muted && !p.Unreachable && d.world.Line.writes()
}

// writes reports whether a line has a number that texts can come from.
func (l *Line) writes() bool {
	for _, n := range l.Numbers {
		if n.SMS {
			return true
		}
	}
	return false
}

// personInTalk is a turn of the person's call while they are, or are to be, in the conference.
func (d *decider) personInTalk(c *Case, l *Leg, e CallTurn) {
	d.out.Reason = ReasonTalks
	switch {
	case !e.Left && l.Back:
		l.Back = false
		if len(c.talking()) == 0 {
			d.leftAlone(l)
		}
	case !e.Left:
		l.Say = []texts.Prompt{texts.PromptJoined}
	case len(c.talking()) == 0:
		d.leftAlone(l)
	default:
		// Somebody left and with them the conference ended, or is this the carrier being quicker than its
		// report that the last helper has left? A moment later it is known.
		l.Back = true
		d.look(c)
		d.out.Reason = ReasonLeft
	}
}

// leftAlone asks the person, whose last helper has left the call, whether they need somebody else.
func (d *decider) leftAlone(l *Leg) {
	l.State, l.Asked, l.Back = LegAnother, 1, false
	l.Say = []texts.Prompt{texts.PromptAnother}
	d.out.Reason = ReasonLeft
}

// askAnother is a turn of a person who was asked whether they need somebody else. Whoever says nothing at
// all may be unable to: then others are rung as if they had said yes.
func (d *decider) askAnother(c *Case, l *Leg, e CallTurn) {
	word := ParsePersonWord(e.Key)
	switch {
	case e.Left && l.Asked <= 1:
		// Out of the conference because we pushed it out: the question has not been heard yet.
		l.Say = []texts.Prompt{texts.PromptAnother}
		d.out.Reason = ReasonAsked
		return
	case e.Key == "" && l.Asked < askedTwice:
		l.Asked++
		l.Say = []texts.Prompt{texts.PromptAnother}
		d.out.Reason = ReasonAsked
		return
	case e.Key == "", e.Key == "1":
		d.out.Reason = ReasonSomebodyElse
	case word == VerbOther:
		d.replaceHelpers(c)
		d.out.Reason = ReasonSomebodyElse
	case needOf(word) != "":
		d.choose(c, word)
		d.out.Reason = ReasonChosen
	default:
		l.Say = []texts.Prompt{texts.PromptRetry, texts.PromptAnother}
		d.out.Reason = ReasonWrongKey
		return
	}
	l = c.Leg(l.ID)
	l.State, l.WaitsFrom, l.HeldAt = LegWaiting, d.world.Now, time.Time{}
	d.hold(c, l)
	if c.State == Claimed {
		d.ringOthers(c)
	}
}

// personHungUp draws the consequences of the end of the person's call. The case stays as it is: open, and
// being alerted if nobody has it.
func (d *decider) personHungUp(c *Case, l Leg) {
	now := d.world.Now
	if now.After(c.HeardAt) {
		c.HeardAt = now
	}
	d.out.Reason = ReasonHungUp
	talked := !l.JoinedAt.IsZero()
	if talked || l.Ask == AskTalk {
		d.note(c, NoteHungUp, nil)
	} else {
		d.note(c, NoteAbandoned, func(n *Note) { n.Channel, n.Took = contacts.Voice, now.Sub(l.At) })
		c.Rings = append(c.Rings, now)
		c.Rings = c.Rings[max(0, len(c.Rings)-ringsKept):]
		d.missedCallText(c)
	}
	if c.PersonLeg() != nil || !c.Open() {
		return
	}
	c.clearDeadline(RingOthers)
	for _, leg := range c.Legs {
		switch {
		case leg.State == LegJoined && !leg.Person():
			d.push(c, &leg) // the conference has ended with them; this is in case it has not
		case leg.Ask == AskJoin && leg.Sounding() && c.Voicemails == 0:
			d.stop(c, leg.ID, "")
		}
	}
	d.promote(c)
}

// missedCallText tells a phone that its call was missed, where the line wants that: one text a day, never
// to a phone that takes none.
func (d *decider) missedCallText(c *Case) {
	const oncePer = 24 * time.Hour
	p := d.person(c.Person)
	if !d.world.Line.MissedCallText || !c.Open() || !p.Number.TakesTexts() || d.world.Now.Sub(p.MissedTextAt) < oncePer || !d.world.Line.writes() {
		return
	}
	before := len(d.out.Sends)
	d.automatic(c, texts.MissedCallK)
	if len(d.out.Sends) > before {
		p.MissedTextAt = d.world.Now
	}
}
