// Package carrier is the port to whoever carries texts and calls for us.
//
// It says what the hotline needs from a carrier and how a carrier says that something failed. Twilio is
// one implementation (gateway/twilio); it carries no two-way SMS in Vietnam, so others must fit beside it.
package carrier

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts/phone"
)

// Message is one text to send.
type Message struct {
	From, To phone.Number
	Body     string        // NFC; at most 1600 characters (docs: messaging/api/message-resource)
	Validity time.Duration // the carrier must not deliver it later than this after accepting it; 1 s to 10 h
	Ref      string        // our own reference; comes back with every report about the message. URL-safe
}

// Sender sends texts.
type Sender interface {
	// Send hands a message to the carrier and returns the carrier's id for it. An error that is not an
	// [*Error] means that the outcome is unknown.
	Send(ctx context.Context, m Message) (id string, err error)
	// Find lists the messages to m.To with m's sender and body that the carrier accepted at or after
	// since (to the second), oldest first, by id. It answers whether a Send whose outcome is unknown
	// happened. Errors are those of Send.
	Find(ctx context.Context, m Message, since time.Time) (ids []string, err error)
}

// Class says what to do after a failure.
type Class string

// The classes of failure.
const (
	Retry   Class = "retry"   // not processed; the same request may succeed later
	Refuse  Class = "refuse"  // not processed; the same request will fail again
	Unknown Class = "unknown" // may or may not have been processed: look before repeating
)

// Cause narrows a refusal to what the rules distinguish.
type Cause string

// The causes of a refusal.
const (
	CauseOther     Cause = "other"
	CauseOptedOut  Cause = "opted_out"  // this phone gets no texts
	CauseBadNumber Cause = "bad_number" // no such number, or it cannot take texts
	CauseAccount   Cause = "account"    // credentials, suspension, geo permission: an operator must act
	CauseSender    Cause = "sender"     // our number or route is unusable
)

// Error is a failure reported by the carrier. Its text holds no number and no words.
type Error struct {
	Class  Class
	Cause  Cause
	Code   int // the carrier's own error code; 0 when there was none
	Status int // HTTP status; 0 when there was no answer
	err    error
}

// Retryable reports whether the same request may succeed later without a risk of doing it twice.
func (e *Error) Retryable() bool { return e.Class == Retry }

// Unwrap returns what went wrong underneath, if anything did.
func (e *Error) Unwrap() error { return e.err }

// ClassOf returns the class of an error of a [Sender]; an error of no known class has an unknown outcome.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Unknown
}

// Status is how far a message has come, from a delivery report.
type Status string

// The statuses the rules distinguish. Reports are hints: they come late, twice, in any order, or never.
const (
	StatusOnTheWay  Status = "on_the_way" // accepted, queued, sending, sent
	StatusDelivered Status = "delivered"
	StatusFailed    Status = "failed" // failed, undelivered, canceled: it will not arrive
)

// ErrUnknownNumber is what whoever takes in a text answers when its To is no number of any line.
var ErrUnknownNumber = errors.New("carrier: not a number of ours")

// Inbound is a text that came in.
type Inbound struct {
	ID   string // the carrier's id; the same id is the same text
	From string // E.164, or whatever else the sender was: letters, a short code, empty
	To   phone.Number
	Body string
}

// Report is a delivery report about a message of ours.
type Report struct {
	ID     string // the carrier's id of the message
	Ref    string // [Message.Ref]
	Status Status
	Code   int // the carrier's error code; 0 when there was none
	Cause  Cause
}

// Fail makes an [Error]. err may be nil; its text must hold no number and no words.
func Fail(class Class, cause Cause, code, status int, err error) *Error {
	return &Error{Class: class, Cause: cause, Code: code, Status: status, err: err}
}

// Error names class, cause and codes.
func (e *Error) Error() string {
	s := "carrier: " + string(e.Class) + " (" + string(e.Cause) + ")"
	if e.Code != 0 {
		s += " code " + strconv.Itoa(e.Code)
	}
	if e.Status != 0 {
		s += " status " + strconv.Itoa(e.Status)
	}
	if e.err != nil {
		s += ": " + e.err.Error()
	}
	return s
}
