package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/gateway/simulator"
)

// phoneCall is the call that a phone shows: one that is under way or, if there is none, the last.
type phoneCall struct {
	SID         string
	Dialled     bool   // from this phone; else it rang here
	Other       string // the number at the other end, as the phone shows it
	Status      simulator.CallStatus
	TalkingWith []string  // numbers
	AnsweredAt  time.Time // zero until it was
	EndedAt     time.Time // zero until it has
	Sounds      []sound   // oldest first
}

// soundKind says whose a sound is.
type soundKind uint8

// What a call's text is made of.
const (
	soundHeard   soundKind = iota
	soundPressed           // a key, on this phone
	soundSaid              // on this phone
)

// sound is something that was heard, said or pressed on a call; while somebody waits, the same thing comes
// again and again and is one sound with a count.
type sound struct {
	Kind  soundKind
	Text  string
	At    time.Time // the first time
	Times int
}

// repeatsWithin is how many sounds back one is looked for that comes again: a turn of a waiting call has a
// tone, the request to hold and at times one sentence more.
const repeatsWithin = 4

// underWay reports whether the call rings or is in progress.
func (c *phoneCall) underWay() bool { return !c.Status.Final() }

// callOf finds the call that a phone shows among everything that happened.
func callOf(changes []simulator.Change, number string) *phoneCall {
	calls := map[string]*phoneCall{}
	var shown *phoneCall
	for _, change := range changes {
		if change.Call == nil || change.Phone != number {
			continue
		}
		c := calls[change.Call.SID]
		if c == nil {
			c = &phoneCall{SID: change.Call.SID, Dialled: change.Call.Direction == simulator.Inbound, Other: change.Call.From}
			if c.Dialled {
				c.Other = change.Call.To
			}
			calls[c.SID] = c
		}
		c.take(change)
		// A new call does not hide one that goes on: the phone is busy to it.
		if shown == nil || c == shown || !shown.underWay() {
			shown = c
		}
	}
	return shown
}

// take adds what happened on the call.
func (c *phoneCall) take(change simulator.Change) {
	c.Status, c.TalkingWith = change.Call.Status, change.Call.TalkingWith
	c.AnsweredAt, c.EndedAt = change.Call.AnsweredAt, change.Call.EndedAt
	switch change.Kind {
	case simulator.Hears:
		c.hear(change)
	case simulator.Pressed:
		c.Sounds = append(c.Sounds, sound{soundPressed, change.Text, change.At, 1})
	case simulator.Spoke:
		c.Sounds = append(c.Sounds, sound{soundSaid, change.Text, change.At, 1})
	}
}

// hear adds a sound, or counts it if it came a moment ago. People who talk are never counted: with them the
// order is what matters.
func (c *phoneCall) hear(change simulator.Change) {
	if len(c.TalkingWith) == 0 {
		for i := len(c.Sounds) - 1; i >= max(0, len(c.Sounds)-repeatsWithin) && c.Sounds[i].Kind == soundHeard; i-- {
			if c.Sounds[i].Text == change.Text {
				c.Sounds[i].Times++
				return
			}
		}
	}
	c.Sounds = append(c.Sounds, sound{soundHeard, change.Text, change.At, 1})
}

// wordless is the name of a sound that is no words; empty if it is words. Recordings of the line's prompts
// do not exist here, so what is played is the soft tone or a message that was left.
func (s sound) wordless() string {
	if s.Kind != soundHeard || !strings.HasPrefix(s.Text, "[") {
		return ""
	}
	switch name := strings.Trim(s.Text, "[]"); {
	case name == "ringing":
		return "ringing"
	case name == "tone":
		return "beep"
	case strings.HasSuffix(name, "/sounds/tone.wav"):
		return "tone"
	case strings.Contains(name, "/voice/message/"):
		return "message"
	}
	return "other"
}

// dial calls the line from a phone, which must not be in a call.
func (w *world) dial(ctx context.Context, h handset) error {
	p := w.carrier.Phone(h.Number.E164())
	w.mu.Lock() // two calls at once would both find the phone free
	defer w.mu.Unlock()
	if slices.ContainsFunc(p.Calls(), func(c *simulator.Call) bool { return !c.Over() }) {
		return errBusy
	}
	_, err := p.Dial(ctx, w.ward.support().E164())
	return err
}

// call finds a call of a phone.
func (w *world) call(h handset, sid string) (*simulator.Call, bool) {
	c := w.carrier.Call(sid)
	return c, c != nil && c.Record().Phone == h.Number.E164()
}
