package routing

import (
	"time"

	"github.com/tincay/hotline/routing/texts"
)

// Restraint is why an automatic text to a person may or may not go out.
type Restraint string

// The answers of mayWrite.
const (
	RestraintNone        Restraint = "may_write"
	RestraintHiding      Restraint = "hiding"
	RestraintNoTexts     Restraint = "asked_not_to"
	RestraintMuted       Restraint = "muted" // wrote NGUNG or STOP
	RestraintUnreachable Restraint = "unreachable"
	RestraintUnknown     Restraint = "unknown_phone" // nothing is known of the phone, so not that it is safe
	RestraintLate        Restraint = "late"          // the phone may be in other hands by now
	RestraintTooMany     Restraint = "too_many"      // one already went within ten minutes
	RestraintOncePerCase Restraint = "once_a_case"   // this text has had its turn in this case
	RestraintTaken       Restraint = "taken"         // the text speaks of nobody, but somebody has it
	RestraintNotTaken    Restraint = "not_taken"     // the text speaks of somebody, but nobody has it
	RestraintNeverWrote  Restraint = "never_wrote"   // they called; only who wrote is told so by text
	RestraintOnPhone     Restraint = "on_phone"      // they hear it on their call
)

const (
	// afterHeard is how long after the person's own last text something automatic may still go out.
	afterHeard = 60 * time.Second
	// betweenTexts is the least time between two automatic texts to one phone.
	betweenTexts = 10 * time.Minute
)

// mayWrite says whether the program itself may write to a person now (contract §5, last paragraph).
// Every automatic text passes it twice: when it is decided on and just before it goes to the carrier.
// A phone that buzzes can betray somebody who hides, so where it says no the text is dropped, not delayed.
func mayWrite(p Person, c *Case, key texts.Key, now time.Time) Restraint {
	switch {
	case p.Number.IsZero():
		return RestraintUnknown
	case p.Hiding:
		return RestraintHiding
	case p.NoTexts:
		return RestraintNoTexts
	case p.Muted && key != texts.StopOK:
		return RestraintMuted
	case p.Unreachable:
		return RestraintUnreachable
	case c == nil:
		return RestraintNone // stop_ok to a phone without a case; it has a time limit of its own
	case c.Said == 0 && !p.Number.TakesTexts():
		return RestraintUnreachable // a landline
	case c.PersonLeg() != nil && key != texts.StopOK:
		return RestraintOnPhone
	case (key == texts.MatchedK || key == texts.DangerAckK) && c.Said == 0:
		return RestraintNeverWrote
	case key == texts.NobodyK && (c.State != Alerting || c.Holder == "" && len(c.Joined) > 0):
		return RestraintTaken
	case (key == texts.MatchedK || key == texts.DangerAckK) && c.State != Claimed:
		return RestraintNotTaken
	case key != texts.NobodyK && now.After(c.HeardAt.Add(afterHeard)):
		return RestraintLate
	}
	return RestraintNone
}

// stopOK answers NGUNG: that is the last this phone gets. c is the phone's open case, or nil.
func (d *decider) stopOK(c *Case, e Text, accented bool) {
	heard := d.writtenAt(e)
	if why := mayWrite(*d.person(e.Key), c, texts.StopOK, d.world.Now); why != RestraintNone || d.world.Now.After(heard.Add(afterHeard)) {
		return
	}
	s := Send{
		ID: d.entryID(c, PurposeAutomatic), Person: e.Key, Via: e.To, Purpose: PurposeAutomatic, Text: texts.StopOK,
		Language: d.world.Line.Language, Accented: accented, Priority: PriorityNormal,
		At: d.world.Now, NotAfter: heard.Add(afterHeard), Validity: automaticValidity,
	}
	if c != nil {
		s.Case = c.ID
	}
	d.out.Sends = append(d.out.Sends, s)
}

// automatic sends an automatic text to the person of a case if restraint allows it.
func (d *decider) automatic(c *Case, key texts.Key) {
	now, p := d.world.Now, d.person(c.Person)
	why := mayWrite(*p, c, key, now)
	notAfter := c.HeardAt.Add(afterHeard)
	switch key {
	case texts.NobodyK:
		if c.NobodySent {
			why = RestraintOncePerCase
		}
		c.NobodySent = c.NobodySent || why != RestraintOnPhone
		notAfter = now.Add(automaticValidity)
	case texts.MatchedK, texts.DangerAckK:
		if c.MatchedSent {
			why = RestraintOncePerCase
		}
		c.MatchedSent = c.MatchedSent || why != RestraintNeverWrote && why != RestraintOnPhone
	default:
		if why == RestraintNone && now.Sub(p.LastAutoText) < betweenTexts {
			why = RestraintTooMany
		}
		if why == RestraintNone {
			p.LastAutoText = now
		}
	}
	if why != RestraintNone {
		d.note(c, NoteWithheld, func(n *Note) { n.Reason = Reason(why) })
		return
	}
	d.out.Sends = append(d.out.Sends, Send{
		ID: d.entryID(c, PurposeAutomatic), Case: c.ID, Person: c.Person, Via: c.Via, Purpose: PurposeAutomatic, Text: key,
		Language: d.world.Line.Language, Accented: c.Accented, Priority: priorityOf(c.Urgency),
		At: now, NotAfter: notAfter, Validity: automaticValidity,
	})
}
