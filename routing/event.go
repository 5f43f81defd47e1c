package routing

import (
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
)

// EventID names something that happened, for 48 hours: the same id again has no effect.
// It is made of the carrier's ids and our own, never of what people send.
type EventID string

// Event is something that happened: one of [Text], [DeadlineReached], [SendFinished],
// [DeliveryFailed], [Order], [Called], [LineChanged], and of calls [CallCame], [CallTurn], [CallChanged],
// [CallsSeen], [Recorded], [RecordingFetched].
type Event interface {
	// ID is empty for events that repeat harmlessly by themselves, because what they are about has
	// changed by then.
	ID() EventID
	// Name is the kind of event in log and journal.
	Name() string
}

// Text is a text that came in, from anyone.
type Text struct {
	SID  EventID      // the carrier's id
	From phone.Number // never zero: senders that are no number are not events for a case
	Key  phone.Key    // keyed look-up of From
	To   phone.Number // the number of ours it was sent to; answers come from it
	Body contacts.Private
	At   time.Time // arrival, for response times; deadlines count from [World.Now]
}

// ID is the carrier's id of the text.
func (t Text) ID() EventID { return t.SID }

// Name is "text".
func (Text) Name() string { return "text" }

// DeadlineReached says that the agenda's time for a case has come.
type DeadlineReached struct {
	Case CaseID
}

// ID is empty: a deadline already acted on is no longer in the case.
func (DeadlineReached) ID() EventID { return "" }

// Name is "deadline".
func (DeadlineReached) Name() string { return "deadline" }

// LineChanged says that the line file was changed since a case was looked at: whoever may no longer hold it
// is out of it at once.
type LineChanged struct {
	Case CaseID
}

// ID is empty: doing it twice changes nothing.
func (LineChanged) ID() EventID { return "" }

// Name is "line_changed".
func (LineChanged) Name() string { return "line_changed" }

// SendResult is what became of an attempt to send.
type SendResult string

// The results of an attempt to send. An attempt that may be repeated is no event: it stays on the agenda.
const (
	SendAccepted SendResult = "accepted" // the carrier has it
	SendRefused  SendResult = "refused"  // the carrier will never take it
	SendExpired  SendResult = "expired"  // its time passed before the carrier took it
	SendUnwanted SendResult = "unwanted" // no longer wanted when its turn came
)

// SendFinished says what became of a message on the agenda. The message leaves the agenda with it.
type SendFinished struct {
	Send   Send
	Result SendResult
	// OptedOut and BadNumber narrow a refusal: this phone gets no texts; this number cannot take any.
	OptedOut, BadNumber bool
	SID                 string // the carrier's id of the message, if it gave one
	// NotFirst says that the case is known to have had an alert accepted before this one.
	NotFirst bool
	At       time.Time // when the carrier answered
}

// ID is the carrier's id of an accepted message, by which it is known later whose message that was. That a
// message will not arrive is one event, whether the carrier says so in its answer or in a report. One that
// was not handed over has left the agenda and is not taken from it again.
func (e SendFinished) ID() EventID {
	switch {
	case e.Result == SendRefused:
		return failedID(e.Send.ID)
	case e.SID != "":
		return SentID(e.SID)
	}
	return ""
}

// failedID is the id of the event that a message will not arrive.
func failedID(id EntryID) EventID { return EventID("failed:" + id) }

// SentID is the id of the event that the carrier accepted a message, from the carrier's id for it.
func SentID(sid string) EventID { return EventID("sent:" + sid) }

// Name is "send_finished".
func (SendFinished) Name() string { return "send_finished" }

// DeliveryFailed says that a message the carrier had accepted will not arrive.
type DeliveryFailed struct {
	Entry    EntryID
	OptedOut bool
}

// ID is made of the entry: a message fails once.
func (d DeliveryFailed) ID() EventID { return failedID(d.Entry) }

// Name is "delivery_failed".
func (DeliveryFailed) Name() string { return "delivery_failed" }
