package simulator

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"
)

// OutboundDial is the direction of a call that <Dial> placed.
const OutboundDial Direction = "outbound-dial"

// CallStatus is how far a call has come, in Twilio's words.
type CallStatus string

// The statuses a call passes through. All but the first three are final.
const (
	CallQueued     CallStatus = "queued"
	CallRinging    CallStatus = "ringing"
	CallInProgress CallStatus = "in-progress"
	CallCompleted  CallStatus = "completed"
	CallBusy       CallStatus = "busy"
	CallNoAnswer   CallStatus = "no-answer"
	CallFailed     CallStatus = "failed"
	CallCanceled   CallStatus = "canceled"
)

// Final reports whether a call in this status is over.
func (s CallStatus) Final() bool {
	return s != CallQueued && s != CallRinging && s != CallInProgress
}

// Sound is something a phone hears, as text: words as they were said, and in
// brackets what is no words, such as [ringing], [play URL] or [tone].
type Sound struct {
	At   time.Time // when it began
	Text string
}

// CallRecord is what is known of a call at one moment. It is a copy.
type CallRecord struct {
	SID, ParentSID string // the parent is the call whose <Dial> placed this one
	From, To       string
	Direction      Direction
	Status         CallStatus
	Phone          string // whose phone is at the other end: From of inbound calls, To of others
	AnsweredBy     string // what machine detection found, if it was asked for

	CreatedAt  time.Time
	StartedAt  time.Time // when it was dialled; zero while it is queued
	AnsweredAt time.Time // zero until it was
	EndedAt    time.Time // zero until it has

	Heard       []Sound
	Pressed     string   // every key, in order
	TalkingWith []string // phones it is connected with now, sorted
	Conference  string   // the name of the conference it is in, if any
}

// Call is a call, seen from the phone at its end. Its exported fields do not
// change; its methods may be used at the same time and go on working when the
// call is over.
//
// What the phone hears takes time: words as long as [SayTime] says, a sound
// [Options].PlayTime, each tone of <Play digits> half a second, a beep none. It
// counts as heard when it begins. A caller hears ringing until the first verb
// runs that is no <Pause>.
type Call struct {
	SID       string
	From, To  string // From is what the phone that rings shows
	Direction Direction

	carrier *Carrier
	phone   *Phone
	seq     int
	ctx     context.Context // ends with the call; its cause says why
	cancel  context.CancelCauseFunc

	// Guarded by Carrier.mu.
	parent     *Call
	status     CallStatus
	answeredBy string
	created    time.Time
	started    time.Time
	answered   time.Time
	ended      time.Time
	silentFor  time.Time // when the phone's owner last stopped speaking
	sounds     []Sound
	next       int // how many of them Hears has passed over
	pressed    []byte
	order      order
	webhook    url.Values // the first one, as it was posted
	callbacks  courier
	events     int                     // status callbacks so far: their SequenceNumber
	interrupt  context.CancelCauseFunc // ends what the interpreter is doing
	redirect   *source                 // what it is to do instead
	gather     *gathering              // who wants the keys
	recording  *take                   // what is being recorded, by <Record>
	taped      *take                   // the whole call, if it was placed so
	seat       *seat                   // its place in a conference
	peer       *Call                   // whom <Dial><Number> connected it with
	dialling   *dialling               // the <Dial> of numbers it is in
	dialledBy  *dialling               // the one that placed it
	running    bool                    // an interpreter carries out its documents
	leaving    chan struct{}           // closed when * is pressed in a <Dial> that listens for it
	plan       plan                    // of its status callbacks
}

// order is how a call was asked for.
type order struct {
	document        source
	fallback        source // empty URL: none
	callback        string
	callbackMethod  string
	events          []string // of those that the StatusCallback is told
	timeout         time.Duration
	timeLimit       time.Duration
	detection       string // MachineDetection
	detectAsync     bool
	detected        string // AsyncAmdStatusCallback
	detectedMethod  string
	answeredWebhook func(*Call) // of children: what to do once picked up
}

// defaultTimeLimit is how long a call may last.
const defaultTimeLimit = 4 * time.Hour

// Causes of the end of a call's context, and of an interrupted verb.
var (
	errOver       = errors.New("the call is over")
	errRedirected = errors.New("the call was redirected")
)

// addCall gives a new call its place in the account. The caller holds c.mu.
func (c *Carrier) addCall(l *Call) *Call {
	l.SID = newSID("CA")
	l.carrier = c
	l.created = time.Now().UTC()
	l.seq = len(c.calls)
	l.ctx, l.cancel = context.WithCancelCause(c.ctx)
	c.calls = append(c.calls, l)
	c.callBySID[l.SID] = l
	return l
}

// record is a copy of the call as it is now. The caller holds c.mu.
func (l *Call) record() CallRecord {
	r := CallRecord{
		SID: l.SID, From: l.From, To: l.To, Direction: l.Direction, Status: l.status, Phone: l.phone.number,
		AnsweredBy: l.answeredBy, CreatedAt: l.created, StartedAt: l.started, AnsweredAt: l.answered,
		EndedAt: l.ended, Heard: slices.Clone(l.sounds), Pressed: string(l.pressed), TalkingWith: l.talkingWith(),
	}
	if l.parent != nil {
		r.ParentSID = l.parent.SID
	}
	if l.seat != nil {
		r.Conference = l.seat.conference.name
	}
	return r
}

// connected lists the calls this one is connected with. The caller holds c.mu.
func (l *Call) connected() []*Call {
	switch {
	case l.peer != nil:
		return []*Call{l.peer}
	case l.seat != nil && l.seat.conference.started && !l.seat.hold:
		var out []*Call
		for _, s := range l.seat.conference.seats {
			if s.call != l && !s.hold {
				out = append(out, s.call)
			}
		}
		return out
	}
	return nil
}

func (l *Call) talkingWith() []string {
	var numbers []string
	for _, other := range l.connected() {
		numbers = append(numbers, other.phone.number)
	}
	slices.Sort(numbers)
	return numbers
}

// takes lists what records the call now. The caller holds c.mu.
func (l *Call) takes() []*take {
	takes := []*take{l.recording, l.taped}
	if l.seat != nil {
		takes = append(takes, l.seat.conference.take)
	}
	for _, d := range []*dialling{l.dialling, l.dialledBy} {
		if d != nil && l.peer != nil {
			takes = append(takes, d.take)
		}
	}
	return slices.DeleteFunc(takes, func(t *take) bool { return t == nil })
}

// hear lets the phone hear something. The caller holds c.mu.
func (c *Carrier) hear(l *Call, text string) {
	if l.status.Final() {
		return
	}
	l.sounds = append(l.sounds, Sound{At: time.Now().UTC(), Text: text})
	c.tell(Change{Kind: Hears, Text: text}, l)
}

// pickUp answers the call. The caller holds c.mu.
func (c *Carrier) pickUp(l *Call) {
	if l.status != CallRinging && l.status != CallQueued {
		return
	}
	l.status = CallInProgress
	l.answered = time.Now().UTC()
	l.silentFor = l.answered
	c.tell(Change{Kind: Answered}, l)
	c.reportCall(l, "answered")
	c.later(l.order.timeLimit, func() { c.end(l, CallCompleted) })
}

// end ends the call with a final status, once. Whatever it was connected with
// is let go in the same instant. The caller holds c.mu.
func (c *Carrier) end(l *Call, status CallStatus) {
	if l.status.Final() {
		return
	}
	l.status = status
	l.ended = time.Now().UTC()
	l.redirect = nil
	if l.recording != nil {
		c.finishRecording(l.recording, "hangup")
	}
	if l.taped != nil {
		c.finishRecording(l.taped, "")
	}
	if l.seat != nil {
		c.leave(l.seat)
	}
	l.gather = nil
	l.cancel(errOver)
	c.tell(Change{Kind: HungUp}, l)
	c.reportCall(l, "completed")
	c.letGo(l)
}

// letGo ends what a <Dial> of numbers connected, or tries to connect, the call
// with. Who was dialled goes with who dialled, not the other way round. The
// caller holds c.mu.
func (c *Carrier) letGo(l *Call) {
	if l.peer != nil {
		c.part(l)
	}
	if d := l.dialling; d != nil {
		l.dialling = nil
		c.cancelDialling(d, nil)
	}
}

// part ends a connection made by <Dial><Number>. The caller holds c.mu.
func (c *Carrier) part(l *Call) {
	peer := l.peer
	l.peer, peer.peer = nil, nil
	for _, one := range []*Call{l, peer} {
		c.tell(Change{Kind: Parted}, one)
	}
}

// Calls returns every call there is, oldest first.
func (c *Carrier) Calls() []CallRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]CallRecord, 0, len(c.calls))
	for _, l := range c.calls {
		out = append(out, l.record())
	}
	return out
}

// Call returns the call with the SID, or nil.
func (c *Carrier) Call(sid string) *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.callBySID[sid]
}
