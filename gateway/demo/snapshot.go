package demo

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing"
)

// snapshot is what a world shows at one moment.
type snapshot struct {
	Now     time.Time
	Line    *routing.Line
	Cases   []*routing.Case // open, oldest first
	Story   []happening
	Codes   map[routing.CaseID]routing.Code
	Threads map[string]thread     // by handset
	Calls   map[string]*phoneCall // by handset; nil if the phone had no call yet
	Message string                // what was said in the one message that was left; empty if none was, or several were
}

// thread is what stands on one phone.
type thread struct {
	Texts  []shownText
	Unread int
}

// shownText is one text on a phone.
type shownText struct {
	Mine bool // written on this phone
	Body string
	At   time.Time
}

// inTouch reports whether a helper has written to, or talked with, the person of a case.
func (s *snapshot) inTouch(id routing.CaseID) bool {
	return slices.ContainsFunc(s.Story, func(h happening) bool {
		return slices.ContainsFunc(h.Notes, func(n note) bool {
			return n.Case == id && (n.Kind == routing.NoteRelayed || n.Kind == routing.NoteTalking)
		})
	})
}

// stopLag is how long after a case was taken other phones may be heard to stop ringing because of that.
const stopLag = 5 * time.Second

// takenAt finds who had just taken a case when somebody else's phone stopped ringing; empty if nobody had.
// With no case given it may be any.
func (s *snapshot) takenAt(at time.Time, id routing.CaseID, not contacts.ID) contacts.ID {
	for _, h := range slices.Backward(s.Story) {
		if h.At.After(at.Add(time.Second)) || at.Sub(h.At) > stopLag {
			continue
		}
		for _, n := range h.Notes {
			if n.Kind == routing.NoteClaimed && n.Contact != not && (id == "" || n.Case == id) {
				return n.Contact
			}
		}
	}
	return ""
}

// pickedUp reports whether the call with a contact that is over at the nth entry of the story had been
// answered.
func (s *snapshot) pickedUp(n int, id routing.CaseID, contact contacts.ID) bool {
	for _, h := range slices.Backward(s.Story[:n]) {
		for _, x := range slices.Backward(h.Notes) {
			if x.Case == id && x.Contact == contact && (x.Kind == routing.NotePickedUp || x.Kind == routing.NoteCallOver) {
				return x.Kind == routing.NotePickedUp
			}
		}
	}
	return false
}

// look reads everything that is to be shown.
func (w *world) look(ctx context.Context) (*snapshot, error) {
	line, err := w.app.Line(w.ward.file.ID)
	if err != nil {
		return nil, err
	}
	cases, err := w.app.OpenCases(ctx, line.ID)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.catchUp(ctx); err != nil {
		return nil, err
	}
	s := &snapshot{
		Now: time.Now(), Line: line, Cases: cases, Story: slices.Clone(w.story), Codes: maps.Clone(w.codes),
		Threads: map[string]thread{}, Calls: map[string]*phoneCall{},
	}
	var said []string
	for _, r := range w.carrier.Recordings() {
		if r.Words != "" {
			said = append(said, r.Words)
		}
	}
	if len(said) == 1 { // of several it is not known which is played
		s.Message = said[0]
	}
	for _, h := range w.ward.handsets {
		s.Threads[h.ID] = w.threadOf(h)
		s.Calls[h.ID] = callOf(w.changes, h.Number.E164())
	}
	return s, nil
}

// threadOf collects the texts of one phone. The caller holds w.mu.
func (w *world) threadOf(h handset) thread {
	var t thread
	for _, change := range w.changes {
		if change.Phone != h.Number.E164() {
			continue
		}
		switch change.Kind {
		case simulator.Wrote:
			t.Unread = 0 // whoever writes has looked
		case simulator.Shown:
			if change.Seq > w.read[h.ID] {
				t.Unread++
			}
		default:
			continue // a text that never arrives is not on the phone
		}
		t.Texts = append(t.Texts, shownText{Mine: change.Kind == simulator.Wrote, Body: change.Message.Body, At: change.At})
	}
	return t
}
