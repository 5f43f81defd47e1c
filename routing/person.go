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
	p.NoTexts = p.NoTexts || verdict.NoTexts
	// Whoever writes again can be written to again; the carrier tells us if that is not so.
	p.Unreachable = false

	if own := d.state.Own; own != nil {
		d.addWords(d.edit(own), e, verdict)
		return
	}
	d.openCase(e, verdict)
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
	d.note(c, NoteOpened, func(n *Note) { n.Channel = c.Channel })
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
	c.Accented, c.Via = v.Accented, e.To
	if at := d.writtenAt(e); at.After(c.HeardAt) {
		c.HeardAt = at
	}
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
	if c.Holder != "" {
		d.relayToHolder(c, first, c.Said)
	}
	// A message may raise a case's urgency, never lower it.
	if u := caseUrgency(v.Urgency); u.Severity() > c.Urgency.Severity() {
		c.Urgency = u
		if v.Need != triage.Unknown {
			c.Need = v.Need // what the graver words ask for
		}
		d.out.Reason = ReasonRaised
		d.note(c, NoteRaised, nil)
		if c.State == Alerting {
			// Another policy begins, so who declined the lesser case is asked about the graver one.
			d.startRound(c, "")
		} else {
			d.hurryHolder(c)
		}
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

// relayToHolder passes the person's texts from first to last to whoever holds the case, in order.
func (d *decider) relayToHolder(c *Case, first, last int) {
	for n := first; n <= last; n++ {
		s := d.toContact(c, c.Holder, PurposeRelayToHelper, "", d.caseValues(c))
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
