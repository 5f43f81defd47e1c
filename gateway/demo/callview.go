package demo

import (
	"strconv"
	"time"

	"github.com/tincay/hotline/gateway/simulator"
)

// keypad is every key of a telephone, in rows of three.
const keypad = "123456789*0#"

// callView is the telephone of a phone: what it is doing, what can be done, what it hears.
type callView struct {
	words
	ID, Name string // of the phone and its owner
	IsPerson bool
	SID      string // of the call that is shown
	Stage    string // class: idle, over, dialling, ringing, online or talking
	State    string // the stage in words
	Sounds   []soundView
}

// soundView is one line of what a call hears.
type soundView struct {
	Key   string // tells it from other lines, and stays the same when it comes again
	Class string // voice, pressed, said or wordless
	Text  string
	Times string // "×3" if it came more than once
	At    string // time of day
}

// Rings reports whether the phone rings.
func (v callView) Rings() bool { return v.Stage == "ringing" }

// Open reports whether the call was answered and goes on.
func (v callView) Open() bool { return v.Stage == "online" || v.Stage == "talking" }

// Free reports whether a call can be made.
func (v callView) Free() bool { return v.Stage == "idle" || v.Stage == "over" }

// Keypad is the keys that can be pressed.
func (v callView) Keypad() []string {
	var keys []string
	for _, k := range keypad {
		keys = append(keys, string(k))
	}
	return keys
}

// call describes the telephone of a phone.
func (t *teller) call(w *ward, h handset, s *snapshot) callView {
	v := callView{words: t.words, ID: h.ID, IsPerson: h.isPerson(), Name: t.owner(w, h.Number.E164()), Stage: "idle"}
	c := s.Calls[h.ID]
	if c == nil {
		return v
	}
	v.SID = c.SID
	v.Stage, v.State = t.stage(w, h, c, s)
	for i, x := range c.Sounds {
		v.Sounds = append(v.Sounds, t.sound(w, s, c, x, i))
	}
	return v
}

// stage says how far a call is.
func (t *teller) stage(w *ward, h handset, c *phoneCall, s *snapshot) (stage, state string) {
	switch {
	case c.Status == simulator.CallInProgress && len(c.TalkingWith) > 0:
		var names []string
		for _, number := range c.TalkingWith {
			names = append(names, t.owner(w, number))
		}
		return "talking", t.say("call.talking", "names", t.list(names))
	case c.Status == simulator.CallInProgress:
		return "online", t.say("call.online")
	case c.underWay() && c.Dialled:
		return "dialling", t.say("call.dialling")
	case c.underWay():
		return "ringing", t.say("call.ringing", "number", t.shownNumber(w, c.Other))
	case !c.AnsweredAt.IsZero():
		return "over", t.say("call.over", "span", t.span(c.EndedAt.Sub(c.AnsweredAt)))
	case c.Dialled:
		return "over", t.say("call.given_up")
	case c.Status == simulator.CallCanceled:
		if by := s.takenAt(c.EndedAt, "", h.Contact.ID); by != "" {
			return "over", t.say("call.taken", "name", w.nameOf(by))
		}
		return "over", t.say("call.stopped")
	case c.Status == simulator.CallBusy:
		return "over", t.say("call.declined")
	}
	return "over", t.say("call.missed")
}

// sound describes one line of what a call hears.
func (t *teller) sound(w *ward, s *snapshot, c *phoneCall, x sound, i int) soundView {
	v := soundView{
		Key: c.SID + "-" + strconv.Itoa(i), Class: "voice", Text: x.Text, At: x.At.In(w.file.Zone).Format(time.TimeOnly),
	}
	if x.Times > 1 {
		v.Times = "×" + strconv.Itoa(x.Times)
	}
	switch name := x.wordless(); {
	case name == "message" && s.Message != "":
		v.Text = t.say("sound.message_words", "words", s.Message)
	case name != "":
		v.Class, v.Text = "wordless", t.say("sound."+name)
	case x.Kind == soundPressed:
		v.Class, v.Text = "pressed", t.say("sound.pressed", "key", x.Text)
	case x.Kind == soundSaid:
		v.Class, v.Text = "said", t.say("sound.said", "words", x.Text)
	}
	return v
}

// owner is what the page calls whoever has a number.
func (t *teller) owner(w *ward, number string) string {
	for _, h := range w.handsets {
		if h.Number.E164() != number {
			continue
		}
		if h.isPerson() {
			return t.say("person.name")
		}
		return h.Contact.Name.Reveal()
	}
	return t.say("call.somebody")
}

// shownNumber is what a phone that rings shows of who calls: for the line its number, as always.
func (t *teller) shownNumber(w *ward, number string) string {
	if number == w.support().E164() {
		return spaced(w.support())
	}
	return number
}
