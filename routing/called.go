package routing

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/triage"
)

// Called says that somebody tried to reach the line without writing: the carrier told us so in a text of
// its own ("X called you at 02:14", "X asks to be called back").
type Called struct {
	SID  EventID // the carrier's id of that text
	From phone.Number
	Key  phone.Key
	To   phone.Number
}

// ID is the carrier's id of the text.
func (c Called) ID() EventID { return c.SID }

// Name is "called".
func (Called) Name() string { return "called" }

// calledPhrases are how carriers in Vietnam say that somebody called or wants a call, folded.
func calledPhrases() []string {
	return []string{
		"da goi", "goi cho ban", "goi cho quy khach", "goi nho", "cuoc goi den", "goi lai",
		"called you", "missed call", "call back", "call me",
	}
}

// looksLikeNumber finds runs of digits as carriers write numbers.
var looksLikeNumber = regexp.MustCompile(`\+?\d[\d .]{7,13}\d`)

// CalledNumber returns the number of whoever called, from a text whose sender is the carrier itself. ok is
// false if the text says nothing of a call, or names no number or several.
func CalledNumber(text string) (n phone.Number, ok bool) {
	folded := triage.FoldPlain(text)
	if !slices.ContainsFunc(calledPhrases(), func(p string) bool { return strings.Contains(folded, p) }) {
		return phone.Number{}, false
	}
	for _, written := range looksLikeNumber.FindAllString(text, -1) {
		found, err := phone.Parse(written)
		switch {
		case err != nil: // a date, a short code, a price
		case ok && found != n:
			return phone.Number{}, false
		default:
			n, ok = found, true
		}
	}
	return n, ok
}

// called opens a case for whoever tried to reach us, or notes it in their open one. Nothing goes to their
// phone: they did not write, and somebody else may be holding it.
func (d *decider) called(e Called) {
	p := d.person(e.Key)
	p.Number = e.From
	if own := d.state.Own; own != nil {
		c := d.edit(own)
		c.Via = e.To
		if d.world.Now.After(c.HeardAt) { // a clock set back does not make what was heard older
			c.HeardAt = d.world.Now
		}
		d.dropHolder(c)
		d.out.Reason = ReasonAdded
		d.note(c, NoteCalled, nil)
		return
	}
	c := &Case{
		ID: caseIDFor(e.SID), Line: d.world.Line.ID, Code: d.world.Code, Person: e.Key, Channel: contacts.Voice, Via: e.To,
		ArrivedAt: d.world.Now, OpenedAt: d.world.Now, HeardAt: d.world.Now, Urgency: triage.Urgent, Need: triage.Unknown,
		State: Alerting, AlertingSince: d.world.Now,
	}
	d.out.Cases = append(d.out.Cases, Change{After: c})
	d.out.Reason = ReasonOpened
	d.note(c, NoteOpened, func(n *Note) { n.Channel, n.Took = c.Channel, d.world.Now.Sub(c.ArrivedAt) })
	d.note(c, NoteCalled, nil)
	d.startRound(c, "")
}
