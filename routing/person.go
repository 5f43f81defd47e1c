package routing

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// personText opens a case for a person at risk, or adds to their open one.
func (d *decider) personText(e Text) {
	verdict := d.world.Line.Triage.Classify(e.Body.Reveal())
	p := d.person(e.Key)
	p.Number = e.From
	// What a person says about their phone holds from this text on, and for every later case, until a
	// human clears it.
	p.Hiding = p.Hiding || verdict.Hiding
	p.NoTexts = p.NoTexts || verdict.NoTexts || verdict.NoCalls // whoever fears a ring fears a buzz
	// Whoever writes again can be written to again; the carrier tells us if that is not so.
	p.Unreachable = false
	word := ParsePersonWord(e.Body.Reveal())
	p.Muted = word == VerbStop

	switch own := d.state.Own; {
	case word == VerbStop:
		d.mute(own, e, verdict.Accented)
	case word == VerbOther && own != nil:
		d.somebodyElse(d.edit(own), e)
	case own != nil:
		d.addWords(d.edit(own), e, verdict)
		d.wishes(d.find(own.ID), e.Body.Reveal(), verdict, word)
		d.choose(d.find(own.ID), word)
	default:
		d.openCase(e, chosen(verdict, word))
		d.wishes(d.out.Cases[0].After, e.Body.Reveal(), verdict, word)
		d.choose(d.out.Cases[0].After, word)
	}
}

// chosen is the verdict for a first text that is one of 1 to 4, or asks for silence: somebody who needs
// something today, not a stray command.
func chosen(v triage.Verdict, word Verb) triage.Verdict {
	if (v.Hiding || v.NoTexts || v.NoCalls) && caseUrgency(v.Urgency) == triage.Information {
		v.Urgency = triage.Urgent // who asks for silence is not asking for opening hours
	}
	if need := needOf(word); need != "" {
		v.Urgency, v.Need = triage.Urgent, need
	}
	return v
}

// needOf is what the words 1 to 4 ask for; empty for any other.
func needOf(word Verb) triage.Need {
	switch word {
	case VerbPolice:
		return triage.Police
	case VerbHealth:
		return triage.Health
	case VerbShelter:
		return triage.Shelter
	case VerbCounsel:
		return triage.Counsel
	}
	return ""
}

// choose does what 1 to 4 ask for. After 1 and 2 every contact of that kind on call is alerted at once,
// whatever the policy says.
func (d *decider) choose(c *Case, word Verb) {
	need := needOf(word)
	if need == "" {
		return
	}
	c.Need = need
	if d.out.Reason != ReasonOpened {
		d.out.Reason = ReasonChosen
		if c.Urgency == triage.Information {
			d.raise(c, triage.Urgent)
		}
		d.automatic(c, texts.ChoiceAckK)
	}
	switch word {
	case VerbPolice:
		d.invite(c, contacts.Police, alertText(c), besideWait)
	case VerbHealth:
		d.invite(c, contacts.HealthStation, alertText(c), besideWait)
	}
}

// mute stops everything towards a phone until it writes again. Alerting goes on; helpers are told that
// their words cannot be delivered. No case opens by it.
func (d *decider) mute(own *Case, e Text, accented bool) {
	d.out.Reason = ReasonMuted
	if own == nil {
		d.stopOK(nil, e, accented)
		return
	}
	c := d.edit(own)
	d.heard(c, e)
	d.note(c, NoteMuted, nil)
	d.cannotReach(c)
	d.stopOK(c, e, accented)
}

// somebodyElse takes a case from its helpers, for good and without a reason, because the person asked for
// another. All of them: the person cannot tell them apart, and one may be whom they fear. The person gets
// nothing: whoever reads their phone must not see it.
func (d *decider) somebodyElse(c *Case, e Text) {
	d.out.Reason = ReasonSomebodyElse
	d.heard(c, e)
	d.replaceHelpers(c)
}

// replaceHelpers takes a case from its helpers. Whoever was talking with the person is out of the call; the
// person holds while others are rung.
func (d *decider) replaceHelpers(c *Case) {
	lost := c.Helpers()
	if len(lost) == 0 {
		return
	}
	for _, id := range lost {
		c.Barred = append(c.Barred, id)
		d.lost(c, id)
		d.note(c, NoteLost, d.by(id))
		d.tell(c, id, texts.LostCase)
	}
	c.Holder, c.Joined = "", nil
	if p := c.PersonLeg(); p != nil && (p.State == LegJoined || p.State == LegAnother) {
		d.holdAgain(c, p)
	}
	if c.State == Claimed {
		d.alertAgain(c, "")
	}
}

// holdAgain has a person hold whose helper is out of the call.
func (d *decider) holdAgain(c *Case, p *Leg) {
	p.State, p.Back, p.Asked, p.WaitsFrom, p.HeldAt = LegWaiting, false, 1, d.world.Now, time.Time{}
	d.hold(c, p)
	d.push(c, p)
}

func (d *decider) openCase(e Text, v triage.Verdict) {
	c := &Case{
		ID: caseIDFor(e.SID), Line: d.world.Line.ID, Code: d.world.Code, Person: e.Key, Channel: contacts.SMS, Via: e.To,
		ArrivedAt: e.At, OpenedAt: d.world.Now, HeardAt: d.writtenAt(e),
		Urgency: caseUrgency(v.Urgency), Need: v.Need, Area: d.world.Line.Areas.Match(e.Body.Reveal()),
		NoCalls: v.NoCalls, Accented: v.Accented,
		State: Alerting, AlertingSince: d.world.Now,
	}
	d.out.Cases = append(d.out.Cases, Change{After: c})
	d.out.Reason = ReasonOpened
	d.note(c, NoteOpened, func(n *Note) { n.Channel, n.Took = c.Channel, d.world.Now.Sub(c.ArrivedAt) })
	d.keepWords(c, e.Body)
	d.automatic(c, texts.FirstReplyK) // before what the person may be told of the first round
	d.startRound(c, "")
}

// writtenAt is when a text arrived: what came in while it could not be handled counts from then for what
// may still be sent to the phone. A clock of ours that is ahead does not make it later than now.
func (d *decider) writtenAt(e Text) time.Time {
	if e.At.IsZero() || e.At.After(d.world.Now) {
		return d.world.Now
	}
	return e.At
}

func (d *decider) addWords(c *Case, e Text, v triage.Verdict) {
	d.out.Reason = ReasonAdded
	c.Accented = v.Accented
	d.heard(c, e)
	c.NoCalls = c.NoCalls || v.NoCalls
	if c.Area == "" {
		c.Area = d.world.Line.Areas.Match(e.Body.Reveal())
	}
	if c.Need == triage.Unknown {
		c.Need = v.Need
	}
	d.dropHolder(c)
	first := c.Said + 1
	d.keepWords(c, e.Body)
	d.note(c, NoteAdded, nil)
	for _, id := range c.Helpers() {
		d.relayToHelper(c, id, first, c.Said)
	}
	// A message may raise a case's urgency, never lower it.
	if u := caseUrgency(v.Urgency); u.Severity() > c.Urgency.Severity() {
		if v.Need != triage.Unknown {
			c.Need = v.Need // what the graver words ask for
		}
		d.out.Reason = ReasonRaised
		d.raise(c, u)
	}
}

// raise makes a case more urgent. The graver policy starts at its first step at once, and who declined
// the lesser case is asked about the graver one. A claim stays: the step runs beside it.
func (d *decider) raise(c *Case, u triage.Urgency) {
	c.Urgency = u
	d.note(c, NoteRaised, nil)
	if c.State == Alerting {
		d.startRound(c, "")
		return
	}
	d.hurryHolder(c)
	d.stepBeside(c)
}

// heard notes that the person was heard from, and on which of our numbers.
func (d *decider) heard(c *Case, e Text) {
	c.Via = e.To
	if at := d.writtenAt(e); at.After(c.HeardAt) {
		c.HeardAt = at
	}
}

// maxWords is the most one kept piece of words holds, in UTF-16 units: room for what is put before them
// within the carrier's 1600 characters a message.
const maxWords = 1500

// keepWords keeps what the person wrote, in pieces that each fit one message.
func (d *decider) keepWords(c *Case, body contacts.Private) {
	pieces := texts.Split(body.Reveal(), maxWords)
	if len(pieces) == 0 {
		pieces = []string{""} // an empty text is a contact too and is shown as such
	}
	for _, piece := range pieces {
		c.Said++
		d.keep(c, saidRef(c.Said), piece)
	}
}

// keep keeps one piece of words of a case.
func (d *decider) keep(c *Case, ref WordsRef, text string) {
	d.out.Words = append(d.out.Words, Words{Case: c.ID, Ref: ref, Owner: *d.person(c.Person), Text: contacts.Conceal(text)})
}

// saidRef names the nth text of the person.
func saidRef(n int) WordsRef { return WordsRef("p" + strconv.Itoa(n)) }

// relayToHelper passes the person's texts from first to last to a helper of the case, in order.
func (d *decider) relayToHelper(c *Case, to contacts.ID, first, last int) {
	for n := first; n <= last; n++ {
		s := d.toContact(c, to, PurposeRelayToHelper, "", d.caseValues(c))
		s.Words, s.Validity, s.NotAfter = saidRef(n), relayValidity, d.world.Now.Add(helperLifetime)
	}
}

// caseUrgency is the urgency a case runs with: what triage takes for an advertisement, a test or a
// stray command runs as information, because triage orders the queue and never blocks a human.
func caseUrgency(u triage.Urgency) triage.Urgency {
	if u.Severity() < triage.Information.Severity() {
		return triage.Information
	}
	return u
}

// caseIDFor derives the id of a case from the event that opens it, so that deciding needs no randomness
// and deciding again gives the same id.
func caseIDFor(id EventID) CaseID {
	sum := sha256.Sum256([]byte("case:" + id))
	return CaseID(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10])))
}
