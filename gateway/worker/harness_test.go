package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/worker"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/texts"
)

const ward contacts.LineID = "ward"

// bench is a worker on the real agenda, between a carrier that does as the test says and rules that only
// take down what they are told.
type bench struct {
	t       *testing.T
	ctx     context.Context
	rdb     redis.UniversalClient
	keyset  *seal.Keyset
	agenda  *agenda
	line    *routing.Line
	carrier *fakeCarrier
	rules   *fakeRules
	logs    *bytes.Buffer
	logger  *slog.Logger // writes to logs
	worker  *worker.Worker
	shard   contactstore.Shard

	stop context.CancelFunc
	done chan struct{}
}

// inBubble runs a test with a worker that runs, on the bubble's clock.
func inBubble(t *testing.T, test func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run()
		synctest.Wait() // it has looked at the empty agenda and waits
		test(t, b)
	})
}

func newBench(t *testing.T) *bench {
	t.Helper()
	rdb, _ := routingtest.NewRedis(t)
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	shards, err := contactstore.CheckShards(ctx, rdb, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contactstore.New(rdb, shards, keyset).Put(ctx, ward, 0, []byte("a line file")); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, ctx: ctx, rdb: rdb, keyset: keyset, shard: shards.Of(ward), logs: &bytes.Buffer{}}
	b.logger = slog.New(slog.NewTextHandler(b.logs, nil))
	b.agenda = &agenda{Store: store.New(rdb, shards, keyset)}
	var list []contacts.Contact
	for i := range 200 {
		list = append(list, contacts.Contact{
			ID: contact(i), Name: contacts.Conceal("Tên"), Kind: contacts.TrustedAddress, Channels: []contacts.Channel{contacts.SMS, contacts.Voice},
			Phone: number(t, fmt.Sprintf("+849050%05d", i)),
		})
	}
	b.line = &routing.Line{
		Generation: 1,
		ID:         ward, Tag: "PM", Language: texts.Vietnamese, Numbers: []routing.SupportNumber{{Number: number(t, "+842553800113"), SMS: true, Voice: true}},
		Directory: contacts.NewDirectory(list, func(n phone.Number) phone.Key { return keyset.PhoneKey(ward, n) }),
	}
	b.carrier = &fakeCarrier{}
	b.rules = &fakeRules{bench: b}
	b.worker = worker.New(worker.Options{
		Agenda: b.agenda, Calls: b.agenda, Handler: b.rules, Lines: b, Carrier: b.carrier, Logger: b.logger,
		Poll: time.Hour, Lag: b.rules.lag,
	})
	return b
}

func contact(i int) contacts.ID { return contacts.ID(fmt.Sprintf("c%d", i)) }

func number(t *testing.T, s string) phone.Number {
	t.Helper()
	n, err := phone.ParseE164(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Line returns the bench's only line.
func (b *bench) Line(contacts.LineID) (*routing.Line, error) { return b.line, nil }

func (b *bench) run() {
	ctx, stop := context.WithCancel(b.ctx)
	b.stop, b.done = stop, make(chan struct{})
	go func() {
		defer close(b.done)
		b.worker.Run(ctx)
	}()
	b.t.Cleanup(func() {
		stop()
		<-b.done
	})
}

// notice makes a message to contact i; messages of one contact go in the order of n.
func (b *bench) notice(i, n int) routing.Send {
	return routing.Send{
		ID: routing.EntryID(fmt.Sprintf("none.%d.n%d", i, n)), Contact: contact(i), Via: b.line.Numbers[0].Number, Purpose: routing.PurposeNotice,
		Text: texts.Closed, Values: map[string]string{"the": "PM", "ma": fmt.Sprintf("K%d", n)}, Language: texts.Vietnamese,
		Priority: routing.PriorityUrgent, At: time.Now(), Validity: time.Minute,
	}
}

// put puts messages on the agenda and wakes the worker.
func (b *bench) put(sends ...routing.Send) {
	b.t.Helper()
	b.commit("", routing.Decision{Sends: sends})
	b.worker.Wake(b.shard)
}

func (b *bench) commit(event routing.EventID, d routing.Decision) {
	b.t.Helper()
	if err := b.agenda.Commit(b.ctx, b.line, event, time.Now(), d); err != nil {
		b.t.Errorf("Commit = %v, want no error", err)
	}
}

// agenda is the real one, of which single methods can be made to fail.
type agenda struct {
	*store.Store
	takeErr     func() error
	loadCaseErr func() error
	onPhoneErr  func() error
	paceErr     func() error
}

// Take fails as the test says.
func (a *agenda) Take(ctx context.Context, sh contactstore.Shard, w store.Want) (store.Taken, error) {
	if a.takeErr != nil {
		if err := a.takeErr(); err != nil {
			return store.Taken{}, err
		}
	}
	return a.Store.Take(ctx, sh, w)
}

// LoadCase fails as the test says.
func (a *agenda) LoadCase(ctx context.Context, line contacts.LineID, id routing.CaseID, person phone.Key) (time.Time, *routing.Case, routing.Person, error) {
	if a.loadCaseErr != nil {
		if err := a.loadCaseErr(); err != nil {
			return time.Time{}, nil, routing.Person{}, err
		}
	}
	return a.Store.LoadCase(ctx, line, id, person)
}

// attempt is one request to the carrier.
type attempt struct {
	at time.Time
	m  carrier.Message
}

// fakeCarrier answers as the test says; without instructions it takes everything.
type fakeCarrier struct {
	fakeCaller
	send func(ctx context.Context, n int, m carrier.Message) (string, error) // n counts from 1
	find func(ctx context.Context, n int, since time.Time) ([]string, error)

	mu    sync.Mutex
	sends []attempt
	finds []time.Time
}

// Send takes the attempt down and answers.
func (c *fakeCarrier) Send(ctx context.Context, m carrier.Message) (string, error) {
	c.mu.Lock()
	c.sends = append(c.sends, attempt{time.Now(), m})
	n := len(c.sends)
	c.mu.Unlock()
	if c.send == nil {
		return fmt.Sprintf("SM%d", n), nil
	}
	return c.send(ctx, n, m)
}

// Find takes the look down and answers.
func (c *fakeCarrier) Find(ctx context.Context, _ carrier.Message, since time.Time) ([]string, error) {
	c.mu.Lock()
	c.finds = append(c.finds, since)
	n := len(c.finds)
	c.mu.Unlock()
	if c.find == nil {
		return nil, nil
	}
	return c.find(ctx, n, since)
}

func (c *fakeCarrier) attempts() []attempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sends)
}

func (c *fakeCarrier) looks() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.finds)
}

func fail(class carrier.Class, cause carrier.Cause) error {
	return carrier.Fail(class, cause, 0, 0, nil)
}

// fakeRules take down what they are told and take finished messages off the agenda.
type fakeRules struct {
	bench    *bench
	deadline func(n int) (routing.Decision, error)
	finish   func(n int) error

	mu        sync.Mutex
	finished  []routing.SendFinished
	seen      []routing.CallsSeen
	fetched   []routing.RecordingFetched
	deadlines []time.Time
	lags      []time.Duration
}

// Handle takes the event down.
func (r *fakeRules) Handle(ctx context.Context, _ contacts.LineID, e routing.Event) (routing.Decision, error) {
	switch e := e.(type) {
	case routing.DeadlineReached:
		r.mu.Lock()
		r.deadlines = append(r.deadlines, time.Now())
		n := len(r.deadlines)
		r.mu.Unlock()
		return r.deadline(n)
	case routing.SendFinished:
		r.mu.Lock()
		r.finished = append(r.finished, e)
		n := len(r.finished)
		r.mu.Unlock()
		if r.finish != nil {
			if err := r.finish(n); err != nil {
				return routing.Decision{}, err
			}
		}
		d := routing.Decision{Done: &e.Send}
		return d, r.bench.agenda.Commit(ctx, r.bench.line, e.ID(), time.Now(), d)
	case routing.CallsSeen, routing.RecordingFetched:
		return r.learned(ctx, e)
	}
	return routing.Decision{}, errors.New("unexpected event")
}

func (r *fakeRules) lag(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lags = append(r.lags, d)
}

// outcomes are the results of the finished messages with the carrier's ids.
func (r *fakeRules) outcomes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := []string{}
	for _, e := range r.finished {
		s := string(e.Result)
		if e.SID != "" {
			s += " " + e.SID
		}
		got = append(got, s)
	}
	return got
}
