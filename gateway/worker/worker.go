// Package worker takes what is due from the agenda and carries it out.
//
// A deadline becomes one more event for the rules. A message is checked once more, composed, handed to
// the carrier, and its outcome comes back as one more event. What a worker takes comes due again by
// itself when its lease ends, so a crash loses nothing; a message that may already have reached the
// carrier is looked for there before it is sent again, so that a repeat is the exception.
//
// What is about calls is carried out likewise: placing them, steering those under way, looking what has become of
// them, taking over what was recorded. Messages to one recipient about one case go one after the other; so do calls
// to one contact, whichever case they are about, the more urgent first. Any number of workers may run beside each other.
package worker

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

const (
	// DefaultPoll bounds how long another replica's commit waits when that replica dies.
	DefaultPoll = 100 * time.Millisecond
	// syncEvery is how often an idle worker reads Redis' clock anew.
	syncEvery = time.Second
	// SendTimeout bounds one request to the carrier.
	SendTimeout = 4 * time.Second
	// sendLease is longer than everything done with a message in hand, so that no second worker takes
	// it while the first may still be sending.
	sendLease = SendTimeout + 2*time.Second
	// deadlineLease is longer than acting on a deadline takes.
	deadlineLease = 2 * time.Second
	// handleTimeout bounds one event with all its conflicts.
	handleTimeout = deadlineLease - 200*time.Millisecond
	// sendsAtOnce and deadlinesAtOnce bound what one worker has in hand.
	sendsAtOnce     = 256
	deadlinesAtOnce = 32
	// forDanger of sendsAtOnce are taken by danger only, so that it never waits behind a carrier that
	// is slow with everything else.
	forDanger = 64
	// whenFull is how soon a worker with all hands full looks again: a deadline may come due meanwhile.
	whenFull = 25 * time.Millisecond
	// drainTimeout bounds how long work in hand may take after the worker is told to stop.
	drainTimeout = SendTimeout + time.Second
)

// Agenda is what the worker needs of the storage; routing/store implements it.
type Agenda interface {
	Shards() []contactstore.Shard
	SyncClock(ctx context.Context, sh contactstore.Shard) (time.Time, error)
	Take(ctx context.Context, sh contactstore.Shard, w store.Want) (store.Taken, error)
	DropCase(ctx context.Context, d store.DueCase) error
	LaterSend(ctx context.Context, d store.DueSend, after time.Duration, untried bool) error
	LoadCase(ctx context.Context, line contacts.LineID, id routing.CaseID, person phone.Key) (time.Time, *routing.Case, routing.Person, error)
	Words(ctx context.Context, line contacts.LineID, id routing.CaseID, person phone.Key, ref routing.WordsRef) (contacts.Private, error)
	Attributed(ctx context.Context, line contacts.LineID, sids []string) (map[string]bool, error)
	Entry(ctx context.Context, line contacts.LineID, id routing.EntryID) (routing.Send, bool, error)
}

// Handler carries an event through; routing.Service implements it.
type Handler interface {
	Handle(ctx context.Context, line contacts.LineID, e routing.Event) (routing.Decision, error)
}

// Options are what a [Worker] is made of.
type Options struct {
	Agenda  Agenda
	Handler Handler
	Lines   interface {
		Line(id contacts.LineID) (*routing.Line, error)
	}
	Carrier interface {
		carrier.Sender
		carrier.Caller
	}
	Calls  CallAgenda
	Logger *slog.Logger
	// Poll is how often each shard is looked at besides when something is due or was put there; 0 means
	// [DefaultPoll].
	Poll time.Duration
	// Lag hears how long after it was due a deadline was acted on.
	Lag func(time.Duration)
}

// Worker carries out the agenda of every shard.
type Worker struct {
	o         Options
	wake      map[contactstore.Shard]chan struct{}
	sends     chan struct{} // one token for each message in hand
	deadlines chan struct{} // likewise for each deadline
	inHand    sync.WaitGroup
	// taking is held from counting free tokens until they are used, so that nothing is taken that
	// nobody is free for: its lease would run meanwhile.
	taking sync.Mutex
}

// New makes a worker; it does nothing until Run.
func New(o Options) *Worker {
	if o.Poll == 0 {
		o.Poll = DefaultPoll
	}
	w := &Worker{
		o: o, wake: map[contactstore.Shard]chan struct{}{},
		sends: make(chan struct{}, sendsAtOnce), deadlines: make(chan struct{}, deadlinesAtOnce),
	}
	for _, sh := range o.Agenda.Shards() {
		w.wake[sh] = make(chan struct{}, 1)
	}
	return w
}

// Wake makes the worker look at a shard now: something was put on its agenda.
func (w *Worker) Wake(sh contactstore.Shard) {
	select {
	case w.wake[sh] <- struct{}{}:
	default: // it will look anyway
	}
}

// Run works until ctx ends, then finishes what it has in hand.
func (w *Worker) Run(ctx context.Context) {
	var loops sync.WaitGroup
	for sh := range w.wake {
		loops.Go(func() { w.loop(ctx, sh) })
	}
	loops.Wait()
	w.inHand.Wait()
}

// loop looks at one shard whenever it is woken, when the next thing is due, and every so often.
func (w *Worker) loop(ctx context.Context, sh contactstore.Shard) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var synced time.Time
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake[sh]:
		case <-timer.C:
		}
		if time.Since(synced) >= syncEvery {
			if _, err := w.o.Agenda.SyncClock(ctx, sh); err == nil {
				synced = time.Now()
			}
		}
		wait, err := w.look(ctx, sh)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			w.o.Logger.Error("agenda cannot be read", slog.String("shard", string(sh)), slog.Any("error", err))
		case err == nil && failing:
			w.o.Logger.Info("agenda can be read again", slog.String("shard", string(sh)))
		}
		failing = err != nil
		timer.Reset(wait)
	}
}

// look takes what is due and starts on it; it returns how long to wait before looking again.
func (w *Worker) look(ctx context.Context, sh contactstore.Shard) (time.Duration, error) {
	w.taking.Lock()
	defer w.taking.Unlock()
	want := store.Want{
		Deadlines: cap(w.deadlines) - len(w.deadlines), DeadlineLease: deadlineLease,
		Sends: cap(w.sends) - len(w.sends), ForDanger: forDanger, SendLease: sendLease,
	}
	taken, err := w.o.Agenda.Take(ctx, sh, want)
	if err != nil {
		return w.o.Poll, err
	}
	// Work in hand is finished even when the worker is told to stop: a message half sent is a message
	// whose outcome is unknown.
	work := context.WithoutCancel(ctx)
	for _, d := range taken.Deadlines {
		w.start(w.deadlines, sh, func() { w.deadline(work, d) })
	}
	for _, s := range taken.Sends {
		w.start(w.sends, sh, func() { w.send(work, s) })
	}
	if len(taken.Deadlines) >= want.Deadlines || len(taken.Sends) >= want.Sends-want.ForDanger {
		return min(w.o.Poll, whenFull), nil // whoever finishes first looks again
	}
	if taken.Next.IsZero() {
		return w.o.Poll, nil
	}
	return min(w.o.Poll, max(0, taken.Next.Sub(taken.Now))+time.Millisecond), nil
}

// start runs one piece of work, and looks at the shard again when it is done: the next message to the
// same recipient may be due.
func (w *Worker) start(tokens chan struct{}, sh contactstore.Shard, work func()) {
	tokens <- struct{}{}
	w.inHand.Go(func() {
		defer func() {
			<-tokens
			w.Wake(sh)
		}()
		// One piece of work that cannot be done must not end the process, and with it every other: it
		// comes due again when its lease ends. What was thrown may quote a message, so only its type is
		// told.
		defer func() {
			if thrown := recover(); thrown != nil {
				w.o.Logger.Error("panic in a worker", slog.String("type", fmt.Sprintf("%T", thrown)), slog.String("stack", string(debug.Stack())))
			}
		}()
		work()
	})
}

// deadline acts on the deadline of a case.
func (w *Worker) deadline(ctx context.Context, d store.DueCase) {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	began := time.Now()
	decision, err := w.o.Handler.Handle(ctx, d.Line, routing.DeadlineReached{Case: d.Case})
	switch {
	case err != nil:
		w.o.Logger.Error("deadline not handled, it comes due again", slog.String("case", string(d.Case)), slog.Any("error", err))
	case decision.Reason == routing.ReasonNoCase || decision.Reason == routing.ReasonCaseClosed:
		if err := w.o.Agenda.DropCase(ctx, d); err != nil {
			w.o.Logger.Error("agenda not changed", slog.String("case", string(d.Case)), slog.Any("error", err))
		}
	default:
		w.o.Lag(d.Late + time.Since(began))
	}
}

// backoff is how long to wait before trying a message again that has been waiting for age: as long as
// half of that, between half a second and half a minute (three seconds for what lives for seconds only),
// give or take a fifth so that a carrier that comes back is not met by all messages at once.
func backoff(age time.Duration, p routing.Purpose) time.Duration {
	most := 30 * time.Second
	if p == routing.PurposeAlert || p == routing.PurposeAutomatic || p == routing.PurposeCall || p == routing.PurposePush || p == routing.PurposeCancel {
		most = 3 * time.Second // these live for seconds
	}
	base := min(max(age/2, 500*time.Millisecond), most)
	return time.Duration(float64(base) * (0.8 + 0.4*rand.Float64()))
}
