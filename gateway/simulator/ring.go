package simulator

import (
	"context"
	"time"
)

// Answering is what a phone does about a call that rings at it. The zero value
// lets it ring, until its owner answers or declines, or the carrier gives up.
type Answering struct {
	how   answering
	after time.Duration
}

type answering uint8

const (
	ringing answering = iota
	answers
	machine
	declines
	engaged
	unreachable
)

// RingOut lets a call ring: somebody else has to answer or decline it.
func RingOut() Answering { return Answering{} }

// AnswerAfter has a person pick up after d, who then listens.
func AnswerAfter(d time.Duration) Answering { return Answering{answers, d} }

// MachineAfter has a machine pick up after d. It listens, presses nothing, and
// machine detection, where it is asked for, finds it out.
func MachineAfter(d time.Duration) Answering { return Answering{machine, d} }

// DeclineAfter has a person refuse the call after d, which looks busy.
func DeclineAfter(d time.Duration) Answering { return Answering{declines, d} }

// Busy is a phone that is engaged: it does not ring.
func Busy() Answering { return Answering{how: engaged} }

// Unreachable is a number that cannot be called: the call fails at once.
func Unreachable() Answering { return Answering{how: unreachable} }

// SetAnswering says what the phone does about the calls that ring at it from
// now on.
func (p *Phone) SetAnswering(a Answering) {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	p.answering = a
}

// OnRing has f run, in a goroutine of its own, for each call that rings at the
// phone from now on; nil for none. Carrier.Close waits for it: what f waits
// for must end with the call, as Call.Hears and Call.Wait do.
func (p *Phone) OnRing(f func(*Call)) {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	p.onRing = f
}

// SetCallWaiting says whether the phone rings while it has another call. It
// does not by default: it is busy.
func (p *Phone) SetCallWaiting(on bool) {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	p.many = on
}

// inCall reports whether the phone has a call that rings or is in progress.
// The caller holds c.mu.
func (p *Phone) inCall() bool {
	for _, l := range p.calls {
		if l.status == CallRinging || l.status == CallInProgress {
			return true
		}
	}
	return false
}

// place takes a call that goes out and has it dialled when its turn comes. The
// caller holds c.mu.
func (c *Carrier) place(l *Call) {
	l.status = CallQueued
	l.phone = c.phone(l.To)
	l.plan = c.planForCall(l.To)
	c.addCall(l)
	wait := time.Duration(0)
	if rate := c.opts.CallsPerSecond; rate > 0 && l.Direction == OutboundAPI {
		at := time.Now()
		if at.Before(c.nextCall) {
			at = c.nextCall
		}
		c.nextCall = at.Add(time.Second / time.Duration(rate))
		wait = time.Until(at)
	}
	c.later(wait, func() { c.dialOut(l) })
	c.broadcast()
}

// dialOut dials a number. The caller holds c.mu.
func (c *Carrier) dialOut(l *Call) {
	if l.status != CallQueued {
		return
	}
	l.started = time.Now().UTC()
	c.reportCall(l, "initiated")
	c.later(c.opts.Latency.Dial, func() { c.ring(l) })
}

// ring lets a call ring at its phone. The caller holds c.mu.
func (c *Carrier) ring(l *Call) {
	if l.status != CallQueued {
		return
	}
	p := l.phone
	switch a := p.answering; {
	case p.off:
		c.end(l, CallNoAnswer)
		return
	case a.how == unreachable:
		c.end(l, CallFailed)
		return
	case a.how == engaged, p.inCall() && !p.many:
		c.end(l, CallBusy)
		return
	}
	l.status = CallRinging
	p.calls = append(p.calls, l)
	c.tell(Change{Kind: RingsNow}, l)
	c.reportCall(l, "ringing")
	a := p.answering
	switch a.how {
	case answers, machine:
		c.later(a.after, func() { c.answerOut(l, a.how == machine) })
	case declines:
		c.later(a.after, func() {
			if l.status == CallRinging {
				c.end(l, CallBusy)
			}
		})
	}
	c.later(l.order.timeout, func() {
		if l.status == CallRinging {
			c.end(l, CallNoAnswer)
		}
	})
	if f := p.onRing; f != nil {
		c.spawn(func() { f(l) })
	}
}

// answerOut has the phone pick up. The caller holds c.mu.
func (c *Carrier) answerOut(l *Call, byMachine bool) bool {
	if l.status != CallRinging || l.Direction == Inbound {
		return false
	}
	c.pickUp(l)
	if f := l.order.answeredWebhook; f != nil {
		f(l)
		return true
	}
	l.running = true
	ctx, cancel := context.WithCancelCause(l.ctx)
	l.interrupt = cancel
	detecting, wait := l.order.detection != "", c.opts.Latency.Detect
	if detecting && l.order.detectAsync {
		c.later(wait, func() { c.detect(l, byMachine) })
	}
	c.spawn(func() {
		if detecting && !l.order.detectAsync && pause(ctx, wait) == nil {
			c.mu.Lock()
			c.detect(l, byMachine)
			c.mu.Unlock()
		}
		cancel(nil)
		c.run(l, l.order.document)
	})
	return true
}

// detect finds what answered a call. The caller holds c.mu.
func (c *Carrier) detect(l *Call, byMachine bool) {
	if l.status != CallInProgress {
		return
	}
	switch {
	case !byMachine:
		l.answeredBy = "human"
	case l.order.detection == "DetectMessageEnd":
		l.answeredBy = "machine_end_beep"
	default:
		l.answeredBy = "machine_start"
	}
	if l.order.detectAsync {
		c.dispatch(&l.callbacks, delivery{kind: MachineWebhook, url: l.order.detected, method: l.order.detectedMethod, sid: l.SID,
			form: map[string][]string{
				"CallSid": {l.SID}, "AccountSid": {c.opts.AccountSID}, "AnsweredBy": {l.answeredBy},
				"MachineDetectionDuration": {milliseconds(c.opts.Latency.Detect)},
			}})
	}
}
