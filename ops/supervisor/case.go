package supervisor

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
)

// Limits on what a form may hold, in characters.
const (
	maxReason = 300
	maxWords  = 1000
)

// mostEvents is of how many events a case's page tells unless all are asked for. It is loaded again whenever something
// happens, and a phone that is let loose on the line can send thousands.
const mostEvents = 200

// wholeStory asks for all of them.
const wholeStory = "?all=1"

// whole reports whether all that happened is asked for.
func (q *query) whole() bool { return q.URL.Query().Get("all") == "1" }

// casePattern is what an id of a case looks like; nothing else is looked for.
var casePattern = regexp.MustCompile(`^[a-z2-7]{16}$`)

// casePage is one case: what happened, and what can be done.
type casePage struct {
	frame
	Live  caseView
	Forms caseForms
}

// caseView is the part of it that is kept up to date.
type caseView struct {
	NowMS    int64
	Card     caseCard
	Open     bool
	LineName string
	Arrived  string
	Closed   string
	Outcome  string // as a key; empty if not said
	Said     int
	Voice    int
	Days     []dayView
	Whole    string // path of the page with all that happened; empty if it is all here
}

// dayView is what happened on one day, newest first.
type dayView struct {
	Date    string
	Entries []entryView
}

type entryView struct {
	At, Text string
	Mark     string // classes: see mark
}

// caseForms is what somebody may do.
type caseForms struct {
	Path, Story        string // of the case, and what asks for all that happened
	Act, Reveal, Close bool
	Open               bool
	OnCall, OffCall    []choice // whom one may ask
	Urgencies, Needs   []choice
	Outcomes           []choice
	Tokens             map[string]string // by order: a form sent twice has the effect of once
	MaxReason          int
	MaxWords           int
}

type choice struct {
	Value, Name string
	Chosen      bool
}

// caseOf finds the case that a request is about. A line that somebody may not see, a case of which they must
// not know, an id that cannot be one and a case that does not exist are answered alike.
func (b *Board) caseOf(q *query, need account.Action) (*routing.Line, *routing.Case, error) {
	id := routing.CaseID(q.PathValue("id"))
	l, err := b.lineFor(q, contacts.LineID(q.PathValue("line")), account.SeeCase)
	if err != nil {
		return nil, nil, err
	}
	if !casePattern.MatchString(string(id)) {
		return nil, nil, errNotFound
	}
	found, err := b.o.Cases.Cases(q.Context(), l.ID, id)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 || !b.sees(q.who, l, found[0]) {
		return nil, nil, errNotFound
	}
	if !q.may(need, l.ID) {
		return nil, nil, errForbidden
	}
	return l, found[0], nil
}

func (b *Board) showCase(w http.ResponseWriter, q *query) error {
	l, c, err := b.caseOf(q, account.SeeCase)
	if err != nil {
		return err
	}
	view, err := b.caseView(q, l, c)
	if err != nil {
		return err
	}
	duty, err := b.o.Cases.Duty(q.Context(), l.ID)
	if err != nil {
		return err
	}
	forms := q.forms(l, c, routing.OnCall(l, duty, q.now))
	if q.whole() {
		forms.Story = wholeStory
	}
	return b.render(w, q, http.StatusOK, "case", func(f frame) any { return casePage{f, view, forms} })
}

func (b *Board) showCaseFragment(w http.ResponseWriter, q *query) error {
	ctx, cancel := context.WithTimeout(q.Context(), answerTimeout)
	defer cancel()
	q.Request = q.WithContext(ctx)
	l, c, err := b.caseOf(q, account.SeeCase)
	if err != nil {
		return err
	}
	view, err := b.caseView(q, l, c)
	if err != nil {
		return err
	}
	return b.write(w, q, http.StatusOK, "case", "live", view)
}

func (b *Board) caseView(q *query, l *routing.Line, c *routing.Case) (caseView, error) {
	zone := l.Roster.Zone
	v := caseView{
		NowMS: q.now.UnixMilli(), Card: q.card(l, c), Open: c.Open(), LineName: l.Name, Said: c.Said, Voice: c.Voicemails,
		Arrived: q.instant(c.ArrivedAt, zone),
	}
	if !c.Open() {
		v.Closed, v.Card.Next, v.Card.NextIn = q.instant(c.ClosedAt, zone), "", ""
		if slices.Contains(routing.Outcomes(), c.Outcome) {
			v.Outcome = "outcome." + string(c.Outcome)
		}
	}
	events := int64(mostEvents)
	if q.whole() {
		events = 0
	}
	happened, earlier, err := b.o.Cases.Timeline(q.Context(), c, events)
	if err != nil {
		return v, err
	}
	if earlier {
		v.Whole = casePath(c) + wholeStory
	}
	for _, e := range slices.Backward(q.story(l, happened)) {
		date := q.date(e.at, zone)
		if len(v.Days) == 0 || v.Days[len(v.Days)-1].Date != date {
			v.Days = append(v.Days, dayView{Date: date})
		}
		day := &v.Days[len(v.Days)-1]
		day.Entries = append(day.Entries, entryView{e.at.In(zone).Format(time.TimeOnly), e.text, e.mark})
	}
	return v, nil
}

// forms lists what somebody may do with a case, and with whom. A contact who may not know of the case is not
// offered.
func (q *query) forms(l *routing.Line, c *routing.Case, onCall func(contacts.ID) bool) caseForms {
	f := caseForms{
		Path: casePath(c), Act: q.may(account.ActOnCase, l.ID), Reveal: q.may(account.RevealWords, l.ID), Close: q.may(account.ActOnCase, l.ID), Open: c.Open(),
		Tokens: map[string]string{}, MaxReason: maxReason, MaxWords: maxWords,
	}
	for _, contact := range l.Directory.All() {
		if contact.Retired || l.Directory.MayBeTold(contact.ID, c.Person) != contacts.Allowed {
			continue
		}
		label := contact.Name.Reveal() + " (" + q.say("kind."+string(contact.Kind)) + ")"
		group := &f.OffCall
		if onCall(contact.ID) {
			group = &f.OnCall
		}
		*group = append(*group, choice{Value: string(contact.ID), Name: label})
	}
	for _, u := range coverage.Urgencies() {
		f.Urgencies = append(f.Urgencies, choice{string(u), q.say("urgency." + string(u)), u == c.Urgency})
	}
	for _, n := range coverage.Needs() {
		f.Needs = append(f.Needs, choice{string(n), q.say("need." + string(n)), n == needOf(c)})
	}
	for _, o := range routing.Outcomes() {
		f.Outcomes = append(f.Outcomes, choice{Value: string(o), Name: q.say("outcome." + string(o))})
	}
	for _, o := range orders() {
		f.Tokens[o.name] = rand.Text()
	}
	return f
}

// wordsPage shows what was written in a case.
type wordsPage struct {
	frame
	Path, Code string
	Words      []wordView
}

type wordView struct {
	Who, At, Text string
	Side          string       // class: theirs, mine (from the line to the person), or inside (they never had it)
	Sound         template.URL // of a recorded message: in the page itself, so that nothing but this answer has it
}

// revealWords shows what was written, after an entry in the audit log that says why. Without the entry nothing
// is shown. The answer is not kept by the browser; who looks again, if only by loading the page anew, is recorded again.
func (b *Board) revealWords(w http.ResponseWriter, q *query) error {
	if err := q.ParseForm(); err != nil {
		return badForm(err)
	}
	l, c, err := b.caseOf(q, account.RevealWords)
	if err != nil {
		return err
	}
	reason, ok := reasoned(q.PostForm.Get("reason"))
	if !ok {
		return errNoReason
	}
	err = b.o.Audit.Record(q.Context(), audit.Entry{
		Actor: q.who.Name, Action: audit.RevealWords, Line: string(l.ID), Case: string(c.ID), Reason: contacts.Conceal(reason),
	})
	if err != nil {
		return b.notAudited(err)
	}
	said, err := b.o.Cases.Words(q.Context(), c)
	if err != nil {
		return err
	}
	page := wordsPage{Path: casePath(c), Code: string(c.Code)}
	for _, s := range said {
		v := wordView{Who: q.say("speaker." + string(s.From)), Text: s.Words.Reveal(), Side: side(s.From)}
		switch {
		case s.Contact != "":
			v.Who = name(l, s.Contact)
		case s.Desk != "":
			v.Who += " (" + string(s.Desk) + ")"
		}
		if s.From == SpeakerVoice {
			v.Text = q.say("words.voice")
			if !s.Sound.Empty() {
				v.Sound = template.URL("data:audio/mpeg;base64," + base64.StdEncoding.EncodeToString([]byte(s.Sound.Reveal())))
			}
		}
		if !s.At.IsZero() {
			v.At = q.instant(s.At, l.Roster.Zone)
		}
		page.Words = append(page.Words, v)
	}
	return b.render(w, q, http.StatusOK, "words", func(f frame) any {
		page.frame = f
		return page
	})
}

// side is where words stand: what the person never had must not look like what they were sent.
func side(from Speaker) string {
	switch from {
	case SpeakerHelper, SpeakerDesk:
		return "mine"
	case SpeakerNote, SpeakerClosing:
		return "inside"
	}
	return "theirs"
}

// written is what somebody typed, without what surrounds it; false if there is nothing or too much of it.
func written(text string, most int) (string, bool) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	n := len([]rune(text))
	return text, n > 0 && n <= most
}

// reasoned is a reason as it is kept; not ok if there is no word in it, or too much.
func reasoned(text string) (string, bool) {
	const letters = 3
	text, ok := written(text, maxReason)
	said := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			said++
		}
	}
	return text, ok && said >= letters
}

// instant writes date and time as the reader's language does.
func (q *query) instant(t time.Time, zone *time.Location) string {
	return q.date(t, zone) + " " + t.In(zone).Format("15:04:05")
}

func (q *query) date(t time.Time, zone *time.Location) string {
	layout := q.say("format.date")
	return t.In(zone).Format(layout)
}
