// Package simulator is a telephone carrier of our own that speaks Twilio's
// protocol: the REST resources for messages, calls, conferences, recordings, the
// account and its numbers; signed webhooks for texts and calls that come in and
// callbacks for what goes out; an interpreter of TwiML; and phones that people,
// or tests, can hold in their hands. The demo shows those phones in a web page;
// end-to-end tests drive them from Go.
//
// It promises what Twilio's documentation promises, and where that leaves a
// choice (callbacks late, repeated or out of order; an answer that never
// comes) a [Fault] takes the unpleasant one. It is written from that
// documentation and shares no code with the gateway's own Twilio adapter, so
// that a mistake in one is not repeated, and hidden, in the other.
//
// It works behind a real HTTP server as well as in memory (see [InMemory]),
// and tells time only by package time: in a testing/synctest bubble in which
// New was called, hours pass at once. All goroutines end with [Carrier.Close].
//
// Nothing sounds: what a phone hears is text, and saying it takes the time it
// takes to say (see [Call]). The MP3 of a recording is as long as that, and silent.
//
// It refuses to be more than it is: one account, no messaging services, no
// media, no messages in the future, no XML answers, no queues, SIP, streams or
// transcription, and nothing ever leaves the process but HTTP requests to the
// addresses it was given.
// Numbers and words are plain strings here because this package stands for
// the outside world; none of them is written to the log.
package simulator

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// apiVersion is the only version of the REST interface that is spoken. It is
// part of each path and of each webhook.
const apiVersion = "2010-04-01"

// Options says what a Carrier is: whose account it keeps and which numbers it
// serves.
type Options struct {
	// AccountSID and AuthToken are the account's: the user name and password
	// of each REST request; the token also signs the webhooks. Both are
	// needed.
	AccountSID, AuthToken string

	// AccountStatus and AccountType are what the account's own resource says:
	// active, suspended or closed, and Full or Trial. Empty means active and
	// Full. They are only shown: nothing is refused because of them.
	AccountStatus, AccountType string

	// Numbers are those the account owns.
	Numbers []Number

	// Landlines are numbers out in the world that cannot receive texts:
	// sending to one is refused with 21614.
	Landlines []string

	// Client delivers webhooks and status callbacks; http.DefaultClient if
	// nil. Its timeout should be zero: the carrier applies Twilio's own.
	Client *http.Client

	// Logger is told about webhooks that failed, without numbers, words or
	// addresses; nil discards.
	Logger *slog.Logger

	// Latency slows the network down. The zero value delivers at once.
	Latency Latency

	// OptOut turns on what Twilio does by default with the words STOP, START
	// and HELP: it answers them itself, and after STOP refuses every message
	// to that phone with 21610. The webhook is posted all the same.
	OptOut bool

	// CallsPerSecond is how many calls are dialled a second; the others stay
	// queued. Zero dials all at once; Twilio's default is 1.
	CallsPerSecond int

	// RingBuffer is added to the Timeout of each call. Twilio adds 5 s.
	RingBuffer time.Duration

	// PlayTime is how long the sound of a <Play> lasts; 1 s if zero.
	PlayTime time.Duration

	// ActionOnRedirect has the action of a <Dial> asked, and the answer
	// ignored, also when the call leaves it because REST redirects it. Both
	// have been seen of Twilio.
	ActionOnRedirect bool
}

// Number is a telephone number the account owns and how it is configured.
type Number struct {
	// E164 is the number itself, for example +84900000100.
	E164 string

	// SMSURL is where texts to the number are posted; empty means that they
	// are only recorded. Connection overrides may stand in its fragment.
	SMSURL string

	// SMSFallbackURL is asked when SMSURL fails or answers nonsense; it may
	// be empty.
	SMSFallbackURL string

	// VoiceURL is asked what a caller to the number hears; without it a call
	// fails at once. Connection overrides may stand in its fragment.
	VoiceURL string

	// VoiceFallbackURL is asked when VoiceURL, or any document it led to,
	// fails or cannot be carried out; it may be empty.
	VoiceFallbackURL string

	// StatusCallback is told when a call to the number is over; it may be
	// empty.
	StatusCallback string

	// What follows is only shown by REST: everything is posted to the
	// addresses above whatever is said here.

	// SMSMethod is POST if empty.
	SMSMethod string
	// SMSApplicationSID, VoiceApplicationSID and TrunkSID name what is used
	// in place of the addresses above; each may be empty.
	SMSApplicationSID, VoiceApplicationSID, TrunkSID string
	// NoSMS is set for a number that cannot take texts.
	NoSMS bool
}

// Latency is how long a message stays at each station of its way.
type Latency struct {
	Answer  time.Duration // before a REST request is answered
	Queue   time.Duration // from queued to sending
	Send    time.Duration // from sending to sent
	Deliver time.Duration // from sent to delivered

	Dial   time.Duration // from dialling a number until it rings
	Detect time.Duration // until machine detection knows what answered
	Record time.Duration // from the end of a recording until it can be had
}

// Carrier is the simulated carrier. It is an http.Handler that serves the REST
// interface. All methods may be used at the same time.
type Carrier struct {
	opts   Options
	client *http.Client
	log    *slog.Logger

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup
	queue  *timeline

	mu        sync.Mutex
	closed    bool
	numbers   map[string]Number
	messages  []*message // in order of creation
	bySID     map[string]*message
	requests  []Request
	exchanges []Exchange
	alerts    []Alert
	faults    []*Fault
	phones    map[string]*Phone
	optedOut  map[route]bool

	calls        []*Call // in order of creation
	callBySID    map[string]*Call
	callRequests []CallRequest
	nextCall     time.Time // when the next call may be dialled
	conferences  []*conference
	recordings   []*take

	changes []Change
	changed chan struct{} // closed and replaced at every change
}

// route is a pair of one of the account's numbers and a phone.
type route struct{ number, phone string }

// New returns a carrier ready to serve. It panics if the account has no SID or
// no token, for then nothing could be checked or signed.
func New(opts Options) *Carrier {
	if opts.AccountSID == "" || opts.AuthToken == "" {
		panic("simulator: New needs Options.AccountSID and Options.AuthToken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Carrier{
		opts:     opts,
		client:   cmp.Or(opts.Client, http.DefaultClient),
		log:      cmp.Or(opts.Logger, slog.New(slog.DiscardHandler)),
		numbers:  make(map[string]Number, len(opts.Numbers)),
		ctx:      ctx,
		cancel:   cancel,
		queue:    newTimeline(),
		bySID:    make(map[string]*message),
		phones:   make(map[string]*Phone),
		optedOut: make(map[route]bool),

		callBySID: make(map[string]*Call),

		changed: make(chan struct{}),
	}
	for _, n := range opts.Numbers {
		c.numbers[n.E164] = n
	}
	c.work.Go(func() { c.queue.run(ctx) })
	return c
}

// Configure changes how one of the account's numbers is configured, or adds
// the number. It serves where the webhooks' address is known only once the
// gateway, which needs the carrier's, has started.
func (c *Carrier) Configure(n Number) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.numbers[n.E164] = n
}

// number returns one of the account's numbers.
func (c *Carrier) number(e164 string) (n Number, owned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, owned = c.numbers[e164]
	return n, owned
}

// owns reports whether the number is the account's.
func (c *Carrier) owns(e164 string) bool {
	_, owned := c.number(e164)
	return owned
}

// isLandline reports whether the number cannot receive texts.
func (c *Carrier) isLandline(e164 string) bool {
	return slices.Contains(c.opts.Landlines, e164)
}

// Close stops the carrier: messages under way stay where they are, requests
// and webhooks in the air are cut off. It returns when the last goroutine has
// ended, and may be called again.
func (c *Carrier) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.work.Wait()
}

// spawn runs f in a goroutine that Close waits for. After Close it does
// nothing, for a WaitGroup must not grow while it is waited on.
// The caller holds c.mu.
func (c *Carrier) spawn(f func()) {
	if !c.closed {
		c.work.Go(f)
	}
}

// errClosed is the cause of whatever is cut off by Close.
var errClosed = errors.New("simulator: the carrier is closed")

// bind returns a context that ends with ctx and with the carrier.
func (c *Carrier) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(errClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// pause waits for d, or until ctx ends, which it reports as an error.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Sent returns the messages accepted from the REST interface, oldest first.
func (c *Carrier) Sent() []Message {
	return c.filter(func(m *message) bool { return m.Direction == OutboundAPI })
}

// Messages returns every message there is, in both directions, oldest first.
func (c *Carrier) Messages() []Message {
	return c.filter(func(*message) bool { return true })
}

func (c *Carrier) filter(keep func(*message) bool) []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Message
	for _, m := range c.messages {
		if keep(m) {
			out = append(out, m.Message)
		}
	}
	return out
}

// Requests returns each attempt to create a message that reached the carrier,
// accepted or not, oldest first.
func (c *Carrier) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// Exchanges returns each webhook and status callback that was posted, with
// what came of it, in the order in which they ended.
func (c *Carrier) Exchanges() []Exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.exchanges)
}

// Alerts returns what the carrier found wrong with the gateway, oldest first:
// the errors that Twilio would list in its debugger, and parameters that it
// does not know. A test of a healthy gateway ends by finding none.
func (c *Carrier) Alerts() []Alert {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.alerts)
}

// Alert is one thing the gateway did wrong.
type Alert struct {
	At     time.Time
	Code   int    // Twilio's error code; 0 if it has none for this
	URL    string // the address that was asked, if any
	SID    string // the message or call concerned, if any
	Detail string // for people
}

// alert files an alert.
func (c *Carrier) alert(a Alert) {
	c.mu.Lock()
	c.fileAlert(a)
	c.mu.Unlock()
}

// fileAlert is alert for a caller who holds c.mu.
func (c *Carrier) fileAlert(a Alert) {
	a.At = time.Now().UTC()
	c.alerts = append(c.alerts, a)
	c.log.Warn("alert", slog.Int("code", a.Code), slog.String("sid", a.SID))
}
