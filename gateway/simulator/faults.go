package simulator

import (
	"cmp"
	"time"
)

// FaultKind says what goes wrong.
type FaultKind uint8

// What can go wrong. The first group spoils the answer to a REST request, the
// second what becomes of an accepted message, the third status callbacks, the
// last what comes from a phone. On says what of these concerns calls.
const (
	// SlowAnswer delays the answer by Delay and then goes on as usual; it
	// adds to any other fault.
	SlowAnswer FaultKind = iota + 1
	// RefuseHTTP answers with the HTTP status Status (429, 500, 503, ...)
	// and accepts nothing.
	RefuseHTTP
	// RefuseCode answers 400 with Twilio's error Code and accepts nothing.
	RefuseCode
	// HangUnaccepted never answers and accepts nothing.
	HangUnaccepted
	// HangAccepted accepts the message and never answers, so that the client
	// cannot know.
	HangAccepted
	// ErrorAccepted accepts the message and answers Status, 500 if zero.
	ErrorAccepted

	// HoldInQueue leaves the message queued for Delay: longer than its
	// ValidityPeriod, and it fails with 30036.
	HoldInQueue
	// EndUndelivered ends it undelivered after it was sent, with Code (30003
	// if zero: the handset cannot be reached).
	EndUndelivered
	// EndFailed ends it failed before it is sent, with Code (30008 if zero:
	// unknown error).
	EndFailed

	// NoCallbacks posts no status callback for the message.
	NoCallbacks
	// DuplicateCallbacks posts each one twice.
	DuplicateCallbacks
	// ReorderCallbacks posts them only once the message has come to its end,
	// last one first.
	ReorderCallbacks

	// LoseWebhook records a text from a phone without posting it anywhere,
	// as if the gateway had been unreachable: only the list has it. An
	// inbound call (On: Calling) is answered by an apology and ended.
	LoseWebhook

	// LateAnswer accepts a message or call and answers only after Delay, so
	// that its status callbacks and webhooks come before the answer.
	LateAnswer
	// LateCallbacks posts the status callbacks of a call Delay late each.
	LateCallbacks
	// LosePush answers a request to change a call in progress as if it had
	// been carried out, and does nothing. On is ignored.
	LosePush
)

// Operation is a kind of REST request.
type Operation uint8

// The kinds of REST request that the answers of a Fault can spoil.
const (
	Creating Operation = iota // POST Messages.json
	Reading                   // GET and DELETE of anything
	Anything
	Calling  // POST Calls.json; and, of callbacks and webhooks, those about calls
	Steering // POST of one call, or of a participant of a conference
)

// Fault is something that goes wrong until it has happened Times times.
type Fault struct {
	Kind FaultKind

	// Phone is the number the fault is confined to: the recipient of a
	// message or call, the phone of a call that changes, or for LoseWebhook
	// the sender. Empty means all. Requests that
	// name no recipient match only an empty Phone.
	Phone string

	// Times is how often it happens; zero means until Clear.
	Times int

	// On is which REST requests SlowAnswer, RefuseHTTP and HangUnaccepted
	// spoil. The other kinds concern messages being created, whatever it is,
	// but for Calling, Steering and Anything: with these they concern calls
	// that are created or change, and their callbacks.
	On Operation

	Delay  time.Duration // of SlowAnswer, HoldInQueue, LateAnswer and LateCallbacks
	Status int           // of RefuseHTTP and ErrorAccepted
	Code   int           // of RefuseCode, EndUndelivered and EndFailed
}

// Inject turns faults on. Of several that fit, the one injected first happens,
// until its Times are used up. Messages already accepted are not touched.
func (c *Carrier) Inject(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range faults {
		c.faults = append(c.faults, &f)
	}
}

// Clear turns all faults off. Messages already accepted keep theirs.
func (c *Carrier) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

// happens uses up and returns the first fault of the kind that fits; with
// Anything for op, whatever its On unless that is about calls. The caller
// holds c.mu.
func (c *Carrier) happens(kind FaultKind, phone string, op Operation) (Fault, bool) {
	for i, f := range c.faults {
		if f.Kind != kind || f.Phone != "" && f.Phone != phone || !f.On.covers(op) {
			continue
		}
		fault := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				c.faults = append(c.faults[:i:i], c.faults[i+1:]...)
			}
		}
		return fault, true
	}
	return Fault{}, false
}

// covers reports whether a fault on these requests spoils one of op.
func (on Operation) covers(op Operation) bool {
	return on == op || on == Anything || op == Anything && on != Calling && on != Steering
}

// strike is happens for a caller who does not hold c.mu.
func (c *Carrier) strike(kind FaultKind, phone string, op Operation) (Fault, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.happens(kind, phone, op)
}

// plan is what is to become of one message or call; the zero value goes well.
type plan struct {
	hold               time.Duration
	end                Status // Undelivered or Failed; empty for the usual way
	code               int
	silent             bool
	duplicate, reverse bool
	late               time.Duration // of a call's callbacks
	held               []delivery    // a call's callbacks, last one first, with reverse
}

// planFor draws the faults that a message to phone will meet. The caller holds
// c.mu.
func (c *Carrier) planFor(phone string) plan {
	var p plan
	if f, ok := c.happens(HoldInQueue, phone, Anything); ok {
		p.hold = f.Delay
	}
	if f, ok := c.happens(EndUndelivered, phone, Anything); ok {
		p.end, p.code = Undelivered, cmp.Or(f.Code, 30003)
	} else if f, ok := c.happens(EndFailed, phone, Anything); ok {
		p.end, p.code = Failed, cmp.Or(f.Code, 30008)
	}
	_, p.silent = c.happens(NoCallbacks, phone, Anything)
	_, p.duplicate = c.happens(DuplicateCallbacks, phone, Anything)
	_, p.reverse = c.happens(ReorderCallbacks, phone, Anything)
	return p
}

// planForCall draws the faults that the callbacks of a call will meet. The
// caller holds c.mu.
func (c *Carrier) planForCall(phone string) plan {
	var p plan
	_, p.silent = c.happens(NoCallbacks, phone, Calling)
	_, p.duplicate = c.happens(DuplicateCallbacks, phone, Calling)
	_, p.reverse = c.happens(ReorderCallbacks, phone, Calling)
	if f, ok := c.happens(LateCallbacks, phone, Calling); ok {
		p.late = f.Delay
	}
	return p
}
