package carrier

import (
	"context"
	"errors"
	"time"

	"github.com/tincay/hotline/contacts/phone"
)

// Call is one call to place. Ref is our own reference of the leg; it stands in every URL that the carrier
// asks about this call.
type Call struct {
	From, To phone.Number
	Ring     time.Duration // how long the other side rings before the carrier gives up; whole seconds, 5 s to 600 s
	Ref      string        // URL-safe, "<line>/<leg>"
	Turn     int           // the turn that the first document is asked under
}

// Caller places calls and steers those that are under way.
type Caller interface {
	// Place has the carrier call somebody and returns the carrier's id for the call. What the other side
	// hears is asked for at the turn URL of the reference once they pick up. Errors are those of
	// [Sender.Send].
	Place(ctx context.Context, c Call) (id string, err error)
	// FindCalls lists the calls from c.From to c.To that the carrier accepted at or after since (to the
	// second), oldest first, by id. It answers whether a Place whose outcome is unknown happened.
	FindCalls(ctx context.Context, c Call, since time.Time) (ids []string, err error)
	// Push makes a call in progress stop what it does and ask for its next document at the turn URL of the
	// reference. An error of cause [CauseOver] says that there is no such call any more.
	Push(ctx context.Context, id, ref string, turn int) error
	// Cancel stops a call that is queued or ringing, and leaves one that was picked up meanwhile alone. An
	// error of cause [CauseOver] says that it is ringing no more.
	Cancel(ctx context.Context, id string) error
	// Look returns how far a call has come. [CallGone] stands for one that the carrier does not know.
	Look(ctx context.Context, id string) (CallStatus, error)
	// Participants lists the ids of the calls that are in the conference of that name now; none if there is
	// no such conference in progress.
	Participants(ctx context.Context, conference string) (ids []string, err error)
	// KeepConference says that a call's leaving no longer ends the conference it is in.
	KeepConference(ctx context.Context, conference, id string) error
	// Recording fetches what was recorded, as MP3, by the carrier's id for it. [ErrNotReady] means that it
	// can be had later.
	Recording(ctx context.Context, id string) ([]byte, error)
	// DeleteRecording removes a recording at the carrier; one that is not there is no error.
	DeleteRecording(ctx context.Context, id string) error
}

// CauseOver says that the call concerned is over, or no longer in a state in which this can be done.
const CauseOver Cause = "over"

// ErrNotReady means that a recording is not complete yet.
var ErrNotReady = errors.New("carrier: recording not ready")

// CallStatus is how far a call has come.
type CallStatus string

// The statuses of a call. The first three are not final.
const (
	CallQueued     CallStatus = "queued"      // not ringing yet
	CallRinging    CallStatus = "ringing"     // nobody has picked up
	CallInProgress CallStatus = "in_progress" // picked up
	CallCompleted  CallStatus = "completed"   // picked up, and over
	CallBusy       CallStatus = "busy"
	CallNoAnswer   CallStatus = "no_answer"
	CallFailed     CallStatus = "failed"
	CallCanceled   CallStatus = "canceled" // stopped before anybody picked up
	CallGone       CallStatus = "gone"     // unknown to the carrier
)

// Final reports whether a call in this status is over.
func (s CallStatus) Final() bool {
	return s != CallQueued && s != CallRinging && s != CallInProgress
}

// IncomingCall is a call that rings at a number of ours.
type IncomingCall struct {
	ID   string // the carrier's id of the call; the same id is the same call
	From string // E.164, or whatever else the carrier shows for a number that is withheld
	To   phone.Number
}

// Turn is a call that asks what it is to hear next.
type Turn struct {
	ID      string // the carrier's id of the call
	Ref     string // reference of the leg
	Turn    int    // the turn it asks under, from the URL; an older one than the leg's is a repeat
	Key     string // one of 0-9, * and #; empty if none was pressed
	Left    bool   // it comes out of a conference
	Machine bool   // the carrier says that a machine answered
	Over    bool   // the call has ended, and asks for the last time; nobody hears the answer
}

// CallReport is the carrier's word that a call has come to another status.
type CallReport struct {
	ID      string
	Ref     string // reference of the leg; empty for calls that came in
	From    string // as in [IncomingCall]
	To      string // as the carrier writes it
	Inbound bool   // the call came in
	Status  CallStatus
	Machine bool // the carrier says that a machine answered
}

// Recorded says that a recording of a call is complete.
type Recorded struct {
	ID        string // the carrier's id of the call
	Ref       string // reference of the leg
	Recording string // the carrier's id of the recording
}
