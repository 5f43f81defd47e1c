package routing

import (
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
)

// CallCame says that a call rings at a number of ours. The carrier may say so twice.
type CallCame struct {
	Call CallID
	From phone.Number // zero if withheld or unusable
	Key  phone.Key    // keyed look-up of From; of a call without a number, one that no other call has
	To   phone.Number
	At   time.Time // arrival, for response times
}

// ID is empty: a call that is known is not taken in again.
func (CallCame) ID() EventID { return "" }

// Name is "call_came".
func (CallCame) Name() string { return "call_came" }

// CallTurn says that a call asks what is to be heard next.
type CallTurn struct {
	Leg      EntryID
	Call     CallID
	Turn     int    // the turn it asks under; one older than the leg's is a repeat
	Key      string // one of 0-9, * and #; empty if none was pressed
	Language string // the language that Key stands for among those that have recordings only; empty if none
	Left     bool   // it comes out of a conference
	Machine  bool   // a machine answered
}

// ID is empty: an older turn has no effect.
func (CallTurn) ID() EventID { return "" }

// Name is "call_turn".
func (CallTurn) Name() string { return "call_turn" }

// CallStatus is how far a call has come, as far as the rules distinguish.
type CallStatus string

// The statuses.
const (
	CallQueued   CallStatus = "queued" // not picked up yet: queued or ringing
	CallUp       CallStatus = "up"     // picked up
	CallOver     CallStatus = "over"   // it was picked up, and is over; or it is unknown to the carrier
	CallBusy     CallStatus = "busy"
	CallNoAnswer CallStatus = "no_answer"
	CallFailed   CallStatus = "failed"
	CallCanceled CallStatus = "canceled"
)

// Over reports whether the call is over.
func (s CallStatus) Over() bool { return s != CallQueued && s != CallUp }

// CallChanged is the carrier's word on how far a call has come. It comes late, twice, before the answer to
// the request that placed the call, or never.
type CallChanged struct {
	Leg     EntryID // empty for calls that came in
	Call    CallID
	Status  CallStatus
	Machine bool
	// Of a call that came in, as in [CallCame]: it may be the first we hear of it.
	Incoming bool
	From     phone.Number
	Key      phone.Key
	To       phone.Number
	At       time.Time
}

// ID is empty: a call that is over has left its case.
func (CallChanged) ID() EventID { return "" }

// Name is "call_changed".
func (CallChanged) Name() string { return "call_changed" }

// CallsSeen is what the carrier knows of the calls of a case, because we looked.
type CallsSeen struct {
	Send   Send // the look, which leaves the agenda
	Calls  map[CallID]CallStatus
	Inside map[CallID]bool // in the case's conference
}

// ID is empty: it says how things are, not that something happened.
func (CallsSeen) ID() EventID { return "" }

// Name is "calls_seen".
func (CallsSeen) Name() string { return "calls_seen" }

// Recorded says that the person has left a message, which the carrier holds.
type Recorded struct {
	Leg       EntryID
	Call      CallID
	Recording string
}

// ID is the carrier's id of the recording.
func (r Recorded) ID() EventID { return EventID("recorded:" + r.Recording) }

// Name is "recorded".
func (Recorded) Name() string { return "recorded" }

// RecordingFetched brings a message that the person left.
type RecordingFetched struct {
	Send  Send // the fetching, which leaves the agenda
	Audio contacts.Private
}

// ID is made of the recording's: a message is kept once.
func (r RecordingFetched) ID() EventID { return EventID("fetched:" + r.Send.Recording) }

// Name is "recording_fetched".
func (RecordingFetched) Name() string { return "recording_fetched" }
