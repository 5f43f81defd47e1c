package demo

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

//go:embed page.html door.html page.css page.js icon.svg
var pageFiles embed.FS

// pageView is the whole page. Parts of it, its fragments, are also sent one by one when they change.
type pageView struct {
	words
	World     string // which world the page shows
	Board     bool   // the browser can open the board
	Past      bool   // there is one to be seen on it
	Languages []languageChoice
	Person    cardView
	Contacts  []cardView
	Try       tryView
	Cases     casesView
	Log       logView
	Nav       navView
}

type languageChoice struct {
	Code, Name string
	Chosen     bool
}

// tryView says what a visitor can do, and what of it next.
type tryView struct{ Steps []tryStep }

type tryStep struct {
	Text string
	Now  bool
}

// cardView is one phone.
type cardView struct {
	words
	ID, Name, Role, Number string
	IsPerson               bool
	With                   string // the number its texts go to
	Input                  string // what the field for texts says
	Texts                  []textView
	Unread                 int
	UnreadText             string
	Samples                []sampleView
	Keys                   []keyView
	KeysOff                bool // nothing to answer yet
	Call                   callView
}

type textView struct {
	Mine   bool
	Body   string
	At     string // time of day
	Number int    // in the thread, counted from 1
}

// sampleView is a sentence to send by a tap.
type sampleView struct{ Kind, Body string }

// keyView is an answer to send by a tap.
type keyView struct{ Body, Name string }

type casesView struct {
	words
	Cases []casePanel
}

type logView struct {
	words
	Lines []storyLine
}

// navView leads to each part on a screen that shows only one.
type navView struct {
	words
	Status string // the most urgent thing in a word or two
	Phones []cardView
}

// samples are what people write, one of each kind, as they write it: with accents and without.
func samples() []sampleView {
	return []sampleView{
		{"danger", "Chồng em cầm dao đang đập cửa, cứu em với"},
		{"plain", "chong toi cam dao dap cua, cuu voi"},
		{"hiding", "Em đang trốn trong tủ, đừng nhắn lại"},
		{"urgent", "Em cần một chỗ ở tạm mấy hôm, ở nhà em sợ lắm"},
		{"question", "Cho em hỏi xin giấy tạm trú ở đâu ạ?"},
		{"ad", "Vay tien nhanh, lai suat thap, giai ngan trong ngay"},
	}
}

// answers are what a contact can send by a tap.
func answers() []string { return []string{"1", "0", "XONG"} }

// view puts together what the page shows now; the channel is closed when that has changed.
func (d *demo) view(ctx context.Context) (*pageView, <-chan struct{}, error) {
	now, err := d.visit()
	if err != nil {
		return nil, nil, err
	}
	defer now.done()
	s, err := now.world.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	t := &teller{words: d.words[now.language]}
	v := &pageView{words: t.words, World: now.world.id}
	for _, l := range texts.Languages() {
		v.Languages = append(v.Languages, languageChoice{string(l), languageName(l), l == now.language})
	}
	v.Nav = navView{words: t.words, Status: t.say("nav.status")}
	for _, h := range d.ward.handsets {
		card := t.card(d.ward, h, s)
		v.Nav.Phones = append(v.Nav.Phones, card)
		if card.IsPerson {
			v.Person = card
		} else {
			v.Contacts = append(v.Contacts, card)
		}
	}
	v.Cases.words, v.Log.words = t.words, t.words
	for _, c := range s.Cases {
		v.Cases.Cases = append(v.Cases.Cases, t.panel(d.ward, c, s))
	}
	if len(s.Cases) > 0 {
		v.Nav.Status = string(s.Cases[0].Code)
	}
	v.Log.Lines = t.story(d.ward, s)
	v.Try = t.try(s)
	return v, now.changed, t.err
}

// What a visitor can try, in the order in which the page lists it.
const (
	tryWriting  = 1 + iota // from the phone of the person at risk
	tryWatching            // the phones ring
	tryAnswering
	tryTalking
	tryClosing
)

// try finds what the visitor can do next.
func (t *teller) try(s *snapshot) tryView {
	next := tryWriting
	for _, c := range s.Cases {
		switch {
		case c.State == routing.Claimed && s.inTouch(c.ID):
			next = max(next, tryClosing)
		case c.State == routing.Claimed:
			next = max(next, tryTalking)
		default:
			next = max(next, tryAnswering)
		}
	}
	var v tryView
	for n := tryWriting; n <= tryClosing; n++ {
		v.Steps = append(v.Steps, tryStep{t.say("try." + strconv.Itoa(n)), n == next})
	}
	return v
}

// languageName is a language's name in itself.
func languageName(l texts.Language) string {
	if l == texts.English {
		return "English"
	}
	return "Tiếng Việt"
}

// card describes one phone.
func (t *teller) card(w *ward, h handset, s *snapshot) cardView {
	th := s.Threads[h.ID]
	c := cardView{
		words: t.words, ID: h.ID, IsPerson: h.isPerson(), Number: spaced(h.Number),
		With: t.say("thread.with", "number", spaced(w.support())), Unread: th.Unread,
		Call: t.call(w, h, s),
	}
	if c.IsPerson {
		c.Name, c.Role, c.Input = t.say("person.name"), t.say("person.role"), t.say("input.person")
		c.Samples = samples()
	} else {
		c.Name, c.Role, c.Input = h.Contact.Name.Reveal(), t.role(h.Contact), t.say("input.contact")
		for _, body := range answers() {
			c.Keys = append(c.Keys, keyView{body, t.say("key." + body)})
		}
		c.KeysOff = len(th.Texts) == 0
	}
	if c.Unread > 0 {
		c.UnreadText = t.say("unread", "n", strconv.Itoa(c.Unread))
	}
	for i, x := range th.Texts {
		c.Texts = append(c.Texts, textView{x.Mine, x.Body, x.At.In(w.file.Zone).Format(time.TimeOnly), i + 1})
	}
	return c
}

func (t *teller) role(c contacts.Contact) string {
	role := t.say("kind." + string(c.Kind))
	if c.Area != "" {
		role += ", " + c.Area
	}
	return role
}

// fragments renders the parts of the page that change, by the id of the element they fill.
func (d *demo) fragments(v *pageView) (map[string]string, error) {
	all := map[string]string{}
	var failed error
	render := func(id, name string, data any) {
		var b bytes.Buffer
		if err := d.page.ExecuteTemplate(&b, name, data); err != nil && failed == nil {
			failed = fmt.Errorf("render %s: %w", name, err)
		}
		all[id] = b.String()
	}
	render("try", "try", v.Try)
	render("cases", "cases", v.Cases)
	render("log", "log", v.Log)
	render("nav", "nav", v.Nav)
	for _, c := range append([]cardView{v.Person}, v.Contacts...) {
		render("badge-"+c.ID, "badge", c)
		render("state-"+c.ID, "callstate", c.Call)
		render("call-"+c.ID, "call", c.Call)
		render("heard-"+c.ID, "heard", c.Call)
		render("thread-"+c.ID, "thread", c)
		render("keys-"+c.ID, "keys", c)
	}
	return all, failed
}
