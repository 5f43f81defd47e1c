package routing

import (
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

const (
	// askedLately is how long a person's wish to be called holds.
	askedLately = time.Hour
	// rangTwice is within what time two calls that were hung up ask to be called ("nhá máy", domain.md §6).
	rangTwice = 3 * time.Minute
)

// callPhrases are how people ask to be called, folded.
func callPhrases() []string {
	return []string{
		"goi cho em", "goi em", "goi cho toi", "goi toi", "goi cho minh", "goi minh", "goi cho chau", "goi chau", "goi cho chi", "goi cho con",
		"goi lai", "goi dien cho", "goi duoc", "call me", "call back", "ring me", "phone me",
	}
}

// asksForCall reports whether a person asks to be called. Whoever asks not to be is not asking.
func asksForCall(text string, v triage.Verdict) bool {
	if v.NoCalls || v.NoTexts || v.Hiding {
		return false
	}
	folded := " " + triage.FoldPlain(text) + " "
	return slices.ContainsFunc(callPhrases(), func(p string) bool { return strings.Contains(folded, " "+p+" ") })
}

// cannotHear reports whether a person says that they are deaf: they are never called.
func cannotHear(text string) bool {
	folded := " " + triage.FoldPlain(text) + " "
	return slices.ContainsFunc([]string{" diec ", " khiem thinh ", " khong nghe duoc ", " deaf "}, func(p string) bool {
		return strings.Contains(folded, p)
	})
}

// wishes notes what a person says of being called.
func (d *decider) wishes(c *Case, text string, v triage.Verdict, word Verb) {
	c.NoCalls = c.NoCalls || v.NoCalls || cannotHear(text) || word == VerbTextOnly
	if word == VerbMayCall || asksForCall(text, v) {
		c.AskedCall = d.world.Now
	}
}

// mayCallBack says whether the person of a case may be called: only if they asked for it lately, in words
// or by ringing and hanging up twice, and nothing speaks against it.
func (d *decider) mayCallBack(c *Case) bool {
	p, now := d.person(c.Person), d.world.Now
	if p.Number.IsZero() || p.Hiding || p.NoTexts || c.NoCalls || c.PersonLeg() != nil {
		return false
	}
	if !slices.ContainsFunc(d.world.Line.Numbers, func(n SupportNumber) bool { return n.Voice }) {
		return false
	}
	rings := c.Rings
	twice := len(rings) >= 2 && rings[len(rings)-1].Sub(rings[len(rings)-2]) <= rangTwice && now.Sub(rings[len(rings)-1]) <= askedLately
	return twice || !c.AskedCall.IsZero() && now.Sub(c.AskedCall) <= askedLately
}

// callPerson calls the person of a held case because a helper asks for it (GOI) and the person wished it:
// one attempt.
func (d *decider) callPerson(contact contacts.Contact, l caseList, code Code) {
	held, ok := d.pickHeld(contact, l, code)
	if !ok {
		return
	}
	c := d.edit(held)
	d.holderSpoke(c, contact)
	if !d.mayCallBack(c) {
		d.tell(c, contact.ID, texts.ContactRule)
		d.out.Reason = ReasonMayNotCall
		return
	}
	c.AskedCall, c.Rings = time.Time{}, nil
	s := d.toCarrier(c, PurposeCall)
	s.Person, s.Ring, s.Leg, s.NotAfter = c.Person, ringPerson, s.ID, d.world.Now.Add(pushLifetime)
	c.Legs = append(c.Legs, Leg{ID: s.ID, Ask: AskTalk, State: LegPlacing, At: d.world.Now})
	d.note(c, NoteCallBack, d.by(contact.ID))
	d.out.Reason = ReasonCalledBack
}

// calledBack is a turn of a person who was called. Nothing is said but that the line returns a call, and
// nobody is joined before they press 1.
func (d *decider) calledBack(c *Case, l *Leg, e CallTurn) {
	switch {
	case e.Machine:
		d.bye(l, "", ReasonNoAnswer)
	case e.Key == "1":
		l.Ask, l.State, l.Asked, l.WaitsFrom, l.HeldAt = AskHelp, LegWaiting, 1, d.world.Now, time.Time{}
		d.out.Reason = ReasonHolds
		d.hold(c, l)
		d.ringHelpers(c)
	case e.Key == "" && l.Asked >= askedTwice:
		d.bye(l, "", ReasonNoAnswer)
	case e.Key == "":
		l.Asked++
		l.Say = []texts.Prompt{texts.PromptOutNeutral}
		d.out.Reason = ReasonAsked
	default:
		l.Say = []texts.Prompt{texts.PromptRetry, texts.PromptOutNeutral}
		d.out.Reason = ReasonWrongKey
	}
}
