package worker_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/routing"
)

// placing is one request to place a call.
type placing struct {
	at time.Time
	c  carrier.Call
}

// fakeCaller answers as the test says; without instructions it does everything, and knows of no call.
type fakeCaller struct {
	place     func(ctx context.Context, n int) (string, error) // n counts from 1
	findCalls func(ctx context.Context, n int) ([]string, error)
	steer     func(ctx context.Context, n int) error // push, cancel, keep or delete
	status    func(id string) (carrier.CallStatus, error)
	inside    func(n int) ([]string, error)
	recording func(n int) ([]byte, error)

	mu       sync.Mutex
	placed   []placing
	searched []time.Time // since when
	steered  []string    // what was asked for
	asked    []time.Time // for a recording, or who is in a conference
}

// Place takes the request down and answers.
func (c *fakeCaller) Place(ctx context.Context, call carrier.Call) (string, error) {
	c.mu.Lock()
	c.placed = append(c.placed, placing{time.Now(), call})
	n := len(c.placed)
	c.mu.Unlock()
	if c.place == nil {
		return fmt.Sprintf("CA%d", n), nil
	}
	return c.place(ctx, n)
}

// FindCalls takes the search down and answers.
func (c *fakeCaller) FindCalls(ctx context.Context, _ carrier.Call, since time.Time) ([]string, error) {
	c.mu.Lock()
	c.searched = append(c.searched, since)
	n := len(c.searched)
	c.mu.Unlock()
	if c.findCalls == nil {
		return nil, nil
	}
	return c.findCalls(ctx, n)
}

// Push takes the request down and answers.
func (c *fakeCaller) Push(ctx context.Context, id, ref string, turn int) error {
	return c.steers(ctx, fmt.Sprintf("push %s %s %d", id, ref, turn))
}

// Cancel takes the request down and answers.
func (c *fakeCaller) Cancel(ctx context.Context, id string) error {
	return c.steers(ctx, "cancel "+id)
}

// KeepConference takes the request down and answers.
func (c *fakeCaller) KeepConference(ctx context.Context, conference, id string) error {
	return c.steers(ctx, "keep "+conference+" "+id)
}

// DeleteRecording takes the request down and answers.
func (c *fakeCaller) DeleteRecording(ctx context.Context, id string) error {
	return c.steers(ctx, "delete "+id)
}

func (c *fakeCaller) steers(ctx context.Context, what string) error {
	c.mu.Lock()
	c.steered = append(c.steered, what)
	n := len(c.steered)
	c.mu.Unlock()
	if c.steer == nil {
		return nil
	}
	return c.steer(ctx, n)
}

// Look answers as the test says.
func (c *fakeCaller) Look(_ context.Context, id string) (carrier.CallStatus, error) {
	if c.status == nil {
		return carrier.CallGone, nil
	}
	return c.status(id)
}

// Participants takes the question down and answers.
func (c *fakeCaller) Participants(_ context.Context, conference string) ([]string, error) {
	c.mu.Lock()
	c.steered = append(c.steered, "inside "+conference)
	n := len(c.steered)
	c.mu.Unlock()
	if c.inside == nil {
		return nil, nil
	}
	return c.inside(n)
}

// Recording takes the question down and answers.
func (c *fakeCaller) Recording(_ context.Context, id string) ([]byte, error) {
	c.mu.Lock()
	c.asked = append(c.asked, time.Now())
	c.steered = append(c.steered, "fetch "+id)
	n := len(c.asked)
	c.mu.Unlock()
	if c.recording == nil {
		return []byte("audio"), nil
	}
	return c.recording(n)
}

// did lists what the carrier was asked to do with calls that are under way.
func (c *fakeCaller) did() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.steered)
}

func (c *fakeCaller) placings() []placing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.placed)
}

func (c *fakeCaller) searches() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.searched)
}

// OnPhone fails as the test says.
func (a *agenda) OnPhone(ctx context.Context, line contacts.LineID, id contacts.ID, but routing.EntryID) (bool, error) {
	if a.onPhoneErr != nil {
		if err := a.onPhoneErr(); err != nil {
			return false, err
		}
	}
	return a.Store.OnPhone(ctx, line, id, but)
}

// Pace fails as the test says.
func (a *agenda) Pace(ctx context.Context, id routing.EntryID, p routing.Priority, rate float64) (time.Duration, error) {
	if a.paceErr != nil {
		if err := a.paceErr(); err != nil {
			return 0, err
		}
	}
	return a.Store.Pace(ctx, id, p, rate)
}

// learned takes down what was learned from the carrier, and takes the entry off the agenda.
func (r *fakeRules) learned(ctx context.Context, e routing.Event) (routing.Decision, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := routing.Decision{}
	switch e := e.(type) {
	case routing.CallsSeen:
		r.seen = append(r.seen, e)
		d.Done = &e.Send
	case routing.RecordingFetched:
		r.fetched = append(r.fetched, e)
		d.Done = &e.Send
	}
	return d, r.bench.agenda.Commit(ctx, r.bench.line, e.ID(), time.Now(), d)
}

// known is what the rules have learned of calls.
func (r *fakeRules) known() ([]routing.CallsSeen, []routing.RecordingFetched) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen), slices.Clone(r.fetched)
}

// caseOf makes an open case, with a person of its own, and stores it with its calls.
func (b *bench) caseOf(id routing.CaseID, person routing.Person, legs ...routing.Leg) *routing.Case {
	b.t.Helper()
	if person.Key == "" {
		person.Key = phone.Key("person-" + id)
	}
	if !person.Withheld && person.Number.IsZero() {
		person.Number = number(b.t, "+84935111222")
	}
	c := &routing.Case{
		ID: id, Line: ward, Code: routing.Code("code-" + id), Person: person.Key, Via: b.line.Numbers[0].Number, State: routing.Alerting,
		Deadlines: []routing.Deadline{{Kind: routing.StepEnds, At: time.Now().Add(1000 * time.Hour)}}, Legs: legs,
	}
	b.commit("", routing.Decision{Cases: []routing.Change{{After: c}}, Persons: []routing.Person{person}})
	c.Version = 1
	return c
}

// changeCase stores a case with other calls, or in another state.
func (b *bench) changeCase(before *routing.Case, change func(*routing.Case)) {
	b.t.Helper()
	after := *before
	change(&after)
	b.commit("", routing.Decision{Cases: []routing.Change{{Before: before, After: &after}}})
}

// toContact is a leg of contact i that waits to be placed, in a case, and the entry that places it.
func (b *bench) toContact(id routing.CaseID, i int) (routing.Leg, routing.Send) {
	l := routing.Leg{ID: routing.EntryID(id + ".x.c1"), Contact: contact(i), Ask: routing.AskTake, State: routing.LegPlacing}
	s := routing.Send{
		ID: l.ID, Case: id, Contact: l.Contact, Via: b.line.Numbers[0].Number, Purpose: routing.PurposeCall, Priority: routing.PriorityCall,
		Rank: routing.PriorityUrgent, At: time.Now(), Leg: l.ID, Ring: 25 * time.Second,
	}
	return l, s
}

// putCall has contact i called about a case of its own.
func (b *bench) putCall(id routing.CaseID, i int, change ...func(*routing.Send)) {
	b.t.Helper()
	l, s := b.toContact(id, i)
	for _, c := range change {
		c(&s)
	}
	b.caseOf(id, routing.Person{}, l)
	b.put(s)
}

// wantCalls checks how often a call was asked for and looked for, and what the rules were told.
func (b *bench) wantCalls(placed, searched int, outcomes ...string) {
	b.t.Helper()
	if got := len(b.carrier.placings()); got != placed {
		b.t.Errorf("carrier was asked to call %d times, want %d", got, placed)
	}
	if got := len(b.carrier.searches()); got != searched {
		b.t.Errorf("carrier's list of calls was read %d times, want %d", got, searched)
	}
	if outcomes == nil {
		outcomes = []string{}
	}
	if diff := cmp.Diff(outcomes, b.rules.outcomes()); diff != "" {
		b.t.Errorf("what the rules were told (-want +got):\n%s", diff)
	}
	if b.t.Failed() {
		b.t.Fatalf("log of the worker:\n%s", b.logs)
	}
}

var _ carrier.Caller = (*fakeCaller)(nil)
