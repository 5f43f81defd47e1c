package simulator

import (
	"cmp"
	"time"
)

// FaultKind says what goes wrong.
type FaultKind uint8

// What can go wrong. The first group spoils the answer to a REST request, the
// second what becomes of an accepted message, the third its status callbacks,
// the last a text from a phone.
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
	// as if the gateway had been unreachable: only the list has it.
	LoseWebhook
)

// Operation is a kind of REST request.
type Operation uint8

// The kinds of REST request that the answers of a Fault can spoil.
const (
	Creating Operation = iota // POST Messages.json
	Reading                   // anything else: of messages, the account, its numbers
	Anything
)

// Fault is something that goes wrong until it has happened Times times.
type Fault struct {
	Kind FaultKind

	// Phone is the number the fault is confined to: the recipient of a
	// message, or for LoseWebhook the sender. Empty means all. Requests that
	// name no recipient match only an empty Phone.
	Phone string

	// Times is how often it happens; zero means until Clear.
	Times int

	// On is which REST requests SlowAnswer, RefuseHTTP and HangUnaccepted
	// spoil; the other kinds concern messages being created and ignore it.
	On Operation

	Delay  time.Duration // of SlowAnswer and HoldInQueue
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
// Anything for op, whatever its On. The caller holds c.mu.
func (c *Carrier) happens(kind FaultKind, phone string, op Operation) (Fault, bool) {
	for i, f := range c.faults {
		if f.Kind != kind || f.Phone != "" && f.Phone != phone ||
			op != Anything && f.On != Anything && f.On != op {
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

// strike is happens for a caller who does not hold c.mu.
func (c *Carrier) strike(kind FaultKind, phone string, op Operation) (Fault, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.happens(kind, phone, op)
}

// plan is what is to become of one message; the zero value goes well.
type plan struct {
	hold               time.Duration
	end                Status // Undelivered or Failed; empty for the usual way
	code               int
	silent             bool
	duplicate, reverse bool
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
