package simulator

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// ChangeKind says what happened to a phone.
type ChangeKind string

// What happens to phones.
const (
	Wrote       ChangeKind = "wrote"        // the phone sent a text
	Shown       ChangeKind = "shown"        // the phone shows a text it got
	Lost        ChangeKind = "lost"         // a text to the phone will never be shown
	SwitchedOff ChangeKind = "switched off" // no text reaches the phone
	SwitchedOn  ChangeKind = "switched on"

	Dialled  ChangeKind = "dialled"  // the phone calls a number of the account
	RingsNow ChangeKind = "ringing"  // a call rings at the phone
	Answered ChangeKind = "answered" // the phone's call was picked up, by whichever side it rang at
	Pressed  ChangeKind = "pressed"  // a key: Text
	Spoke    ChangeKind = "spoke"    // its owner said Text into the phone
	Hears    ChangeKind = "hears"    // the phone hears Text
	Joined   ChangeKind = "joined"   // the phone talks with those in Call.TalkingWith now
	Parted   ChangeKind = "parted"   // and now with these, or with nobody
	HungUp   ChangeKind = "hung up"  // the phone's call is over, with Call.Status
)

// Change is one thing that happened to a phone.
type Change struct {
	Seq     int // 1, 2, 3, ... without gaps
	At      time.Time
	Kind    ChangeKind
	Phone   string
	Message Message // of Wrote, Shown and Lost

	Call *CallRecord // of everything about calls; Heard is left out of it
	Text string      // of Pressed, Spoke and Hears
}

// Changes yields everything that happened to any phone, in order: first what
// has Seq greater than after, from the carrier's memory, and then what happens
// next, until ctx ends or the carrier closes. A reader that is slow misses
// nothing and holds nobody up; one that was cut off goes on from the Seq it
// saw last.
func (c *Carrier) Changes(ctx context.Context, after int) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for next := max(after, 0); ; {
			c.mu.Lock()
			changed := c.changed
			var fresh []Change
			if next < len(c.changes) {
				fresh = c.changes[next:len(c.changes):len(c.changes)]
			}
			c.mu.Unlock()
			for _, change := range fresh {
				if !yield(change) {
					return
				}
				next = change.Seq
			}
			if fresh == nil && !c.wait(ctx, changed) {
				return
			}
		}
	}
}

// Await returns the message once it has come to its end, delivered or not.
func (c *Carrier) Await(ctx context.Context, sid string) (Message, error) {
	for {
		c.mu.Lock()
		m, changed := c.bySID[sid], c.changed
		if m == nil {
			c.mu.Unlock()
			return Message{}, fmt.Errorf("simulator: no message %s", sid)
		}
		msg := m.Message
		c.mu.Unlock()
		if msg.Status.Final() {
			return msg, nil
		}
		if !c.wait(ctx, changed) {
			return msg, c.over(ctx)
		}
	}
}

// publish files a change and wakes whoever waits. The caller holds c.mu.
func (c *Carrier) publish(kind ChangeKind, phone string, m Message) {
	c.file(Change{Kind: kind, Phone: phone, Message: m})
}

// tell files a change of a call and wakes whoever waits. The caller holds
// c.mu.
func (c *Carrier) tell(change Change, l *Call) {
	r := l.record()
	r.Heard = nil // would make the feed grow with the square of what is heard
	change.Phone, change.Call = l.phone.number, &r
	c.file(change)
}

func (c *Carrier) file(change Change) {
	change.Seq, change.At = len(c.changes)+1, time.Now().UTC()
	c.changes = append(c.changes, change)
	c.broadcast()
}

// broadcast wakes whoever waits for a change. The caller holds c.mu.
func (c *Carrier) broadcast() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait reports whether changed was closed before ctx or the carrier ended.
func (c *Carrier) wait(ctx context.Context, changed <-chan struct{}) bool {
	select {
	case <-changed:
		return true
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
	return false
}

// over says why a wait ended early.
func (c *Carrier) over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	return errClosed
}
