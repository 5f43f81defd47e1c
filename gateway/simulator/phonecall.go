package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// ErrCallOver means that a phone waited for something on a call that is over,
// or did something with it.
var ErrCallOver = errors.New("simulator: the call is over")

// Dial calls one of the account's numbers and returns at once; the number's
// webhook is under way then. Any phone may have several calls of its own at a
// time, since withheld numbers share one phone. ctx bounds nothing that comes
// after.
func (p *Phone) Dial(ctx context.Context, to string) (*Call, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("simulator: dial: %w", err)
	}
	c := p.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	number, owned := c.numbers[to]
	if !owned {
		return nil, errors.New("simulator: call to a number that the account does not own")
	}
	l := &Call{From: p.number, To: to, Direction: Inbound, phone: p, status: CallRinging, order: order{
		document:  source{kind: VoiceWebhook, url: number.VoiceURL, method: http.MethodPost},
		fallback:  source{kind: FallbackWebhook, url: number.VoiceFallbackURL, method: http.MethodPost},
		callback:  number.StatusCallback,
		events:    []string{"completed"},
		timeLimit: defaultTimeLimit,
	}}
	l.order.callbackMethod = http.MethodPost
	l.plan = c.planForCall(p.number)
	c.addCall(l)
	l.started = l.created
	p.calls = append(p.calls, l)
	c.tell(Change{Kind: Dialled}, l)
	c.hear(l, "[ringing]")
	if number.VoiceURL == "" {
		c.end(l, CallFailed)
		return l, nil
	}
	if _, lost := c.happens(LoseWebhook, p.number, Calling); lost {
		l.order.document = source{kind: VoiceWebhook, lost: true}
	}
	l.running = true
	c.spawn(func() { c.run(l, l.order.document) })
	return l, nil
}

// Calls returns the calls that rang at the phone or that it made, oldest
// first.
func (p *Phone) Calls() []*Call {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	return slices.Clone(p.calls)
}

// Ringing returns the calls that ring at the phone now.
func (p *Phone) Ringing() []*Call {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	var out []*Call
	for _, l := range p.calls {
		if l.status == CallRinging && l.Direction != Inbound {
			out = append(out, l)
		}
	}
	return out
}

// NextRing returns the oldest call that has rung at the phone and that NextRing
// has not returned yet, whether it still rings or not. It waits for one until
// ctx ends, and then returns the context's error.
func (p *Phone) NextRing(ctx context.Context) (*Call, error) {
	c := p.carrier
	for {
		c.mu.Lock()
		changed := c.changed
		for p.rung < len(p.calls) {
			l := p.calls[p.rung]
			p.rung++
			if l.Direction != Inbound {
				c.mu.Unlock()
				return l, nil
			}
		}
		c.mu.Unlock()
		if !c.wait(ctx, changed) {
			return nil, fmt.Errorf("wait for a call: %w", c.over(ctx))
		}
	}
}

// Answer picks up a call that rings at the phone.
func (l *Call) Answer() error {
	l.carrier.mu.Lock()
	defer l.carrier.mu.Unlock()
	if !l.carrier.answerOut(l, false) {
		return fmt.Errorf("answer a call that is %s: %w", l.status, ErrCallOver)
	}
	return nil
}

// Decline refuses a call that rings at the phone, which looks busy.
func (l *Call) Decline() error {
	l.carrier.mu.Lock()
	defer l.carrier.mu.Unlock()
	if l.status != CallRinging || l.Direction == Inbound {
		return fmt.Errorf("decline a call that is %s: %w", l.status, ErrCallOver)
	}
	l.carrier.end(l, CallBusy)
	return nil
}

// HangUp ends the call from the phone's side. A caller who hangs up before the
// call is answered leaves it with no-answer. On a call that is over it does
// nothing.
func (l *Call) HangUp() {
	l.carrier.mu.Lock()
	defer l.carrier.mu.Unlock()
	switch {
	case l.status == CallInProgress:
		l.carrier.end(l, CallCompleted)
	case l.Direction == Inbound:
		l.carrier.end(l, CallNoAnswer)
	default:
		l.carrier.end(l, CallBusy)
	}
}

// Press presses keys, one after the other at once. As with Twilio a key counts
// only if something waits for it at that moment (<Gather>, <Record>, or <Dial>
// for *); otherwise it is lost.
func (l *Call) Press(keys string) error {
	if keys == "" || strings.Trim(keys, "0123456789*#") != "" {
		return fmt.Errorf("simulator: %q are not keys", keys)
	}
	c := l.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range []byte(keys) {
		if l.status != CallInProgress {
			return fmt.Errorf("press a key on a call that is %s: %w", l.status, ErrCallOver)
		}
		l.pressed = append(l.pressed, key)
		c.tell(Change{Kind: Pressed, Text: string(key)}, l)
		switch {
		case l.gather != nil:
			l.gather.press(key)
		case l.recording != nil && strings.IndexByte(l.recording.finish, key) >= 0:
			c.finishRecording(l.recording, string(key))
		case key == '*' && l.leaving != nil:
			close(l.leaving)
			l.leaving = nil
		}
	}
	return nil
}

// Speak says words into the phone: those it is connected with hear them, a
// <Record> records them, a <Gather> for speech takes them. It returns at once;
// saying them takes as long as <Say> would.
func (l *Call) Speak(words string) error {
	c := l.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.status != CallInProgress {
		return fmt.Errorf("speak on a call that is %s: %w", l.status, ErrCallOver)
	}
	now := time.Now().UTC()
	if l.silentFor.Before(now) {
		l.silentFor = now
	}
	l.silentFor = l.silentFor.Add(SayTime(words))
	c.tell(Change{Kind: Spoke, Text: words}, l)
	for _, t := range l.takes() {
		t.words = append(t.words, words)
	}
	if l.gather != nil {
		l.gather.speak(words)
	}
	if l.seat == nil || !l.seat.muted {
		for _, other := range l.connected() {
			c.hear(other, words)
		}
	}
	return nil
}

// Resend posts the first webhook of the call once more, with the same
// parameters, as a carrier does that saw no answer. What comes back is not
// carried out. It returns an error if nothing was posted yet.
func (l *Call) Resend(ctx context.Context) (Exchange, error) {
	l.carrier.mu.Lock()
	form := l.webhook
	l.carrier.mu.Unlock()
	if form == nil {
		return Exchange{}, errors.New("simulator: no webhook of the call was posted")
	}
	return l.carrier.Post(ctx, l.order.document.url, form, Signed), nil
}

// Record returns what is known of the call now.
func (l *Call) Record() CallRecord {
	l.carrier.mu.Lock()
	defer l.carrier.mu.Unlock()
	return l.record()
}

// Status returns how far the call has come.
func (l *Call) Status() CallStatus { return l.Record().Status }

// Over reports whether the call has ended.
func (l *Call) Over() bool { return l.Status().Final() }

// TalkingWith returns the numbers of the phones that hear this one now,
// sorted.
func (l *Call) TalkingWith() []string { return l.Record().TalkingWith }

// Heard returns everything the phone has heard on the call, as text, oldest
// first.
func (l *Call) Heard() []string {
	var out []string
	for _, sound := range l.Record().Heard {
		out = append(out, sound.Text)
	}
	return out
}

// Hears waits until the phone hears something that contains part, and passes
// over everything up to it: the next Hears looks at what comes after. It
// returns what was heard. The error wraps ErrCallOver when the call ends first,
// or is the context's.
func (l *Call) Hears(ctx context.Context, part string) (string, error) {
	var heard string
	err := l.until(ctx, fmt.Sprintf("wait to hear %q", part), func() bool {
		for ; l.next < len(l.sounds); l.next++ {
			if text := l.sounds[l.next].Text; strings.Contains(text, part) {
				heard = text
				l.next++
				return true
			}
		}
		return false
	})
	return heard, err
}

// Wait waits until the call is over and returns its final status, or until ctx
// ends and returns the context's error.
func (l *Call) Wait(ctx context.Context) (CallStatus, error) {
	err := l.until(ctx, "wait for the end of a call", func() bool { return l.status.Final() })
	return l.Status(), err
}

// Talks waits until the phone is connected with the phones of these numbers
// and no other. Errors are those of Hears.
func (l *Call) Talks(ctx context.Context, numbers ...string) error {
	want := slices.Sorted(slices.Values(numbers))
	return l.until(ctx, "wait to be connected", func() bool { return slices.Equal(l.talkingWith(), want) })
}

// until waits until done, which is called with c.mu held, reports true.
func (l *Call) until(ctx context.Context, what string, done func() bool) error {
	c := l.carrier
	for {
		c.mu.Lock()
		changed, ok, over := c.changed, done(), l.status.Final()
		c.mu.Unlock()
		switch {
		case ok:
			return nil
		case over:
			return fmt.Errorf("%s: %w", what, ErrCallOver)
		case !c.wait(ctx, changed):
			return fmt.Errorf("%s: %w", what, c.over(ctx))
		}
	}
}
