package store_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
)

// What the store promises about asking again.
const (
	askAgain = time.Second
	grace    = 500 * time.Millisecond
)

// pacing is a store on a Redis in memory whose clock the test moves.
type pacing struct {
	*fixture
	redis *miniredis.Miniredis
	clock time.Time
}

func newPacing(t *testing.T) *pacing {
	t.Helper()
	rdb, m := routingtest.NewRedis(t)
	p := &pacing{fixture: newFixture(t, rdb), redis: m, clock: time.Date(2026, 3, 4, 20, 0, 0, 0, time.UTC)}
	p.advance(0)
	return p
}

func (p *pacing) advance(d time.Duration) {
	p.clock = p.clock.Add(d)
	p.redis.SetTime(p.clock)
}

// ask asks for a slot.
func (f *fixture) ask(id routing.EntryID, p routing.Priority, rate float64) time.Duration {
	f.t.Helper()
	wait, err := f.store.Pace(f.ctx, id, p, rate)
	if err != nil {
		f.t.Fatalf("Pace(%s) = %v, want no error", id, err)
	}
	if wait != 0 && (wait < time.Millisecond || wait > askAgain || wait%time.Millisecond != 0) {
		f.t.Errorf("Pace(%s) = %v, want 0 or whole milliseconds, at most %v", id, wait, askAgain)
	}
	return wait
}

// want asks for a slot and checks the answer.
func (p *pacing) want(id routing.EntryID, pr routing.Priority, rate float64, want time.Duration) {
	p.t.Helper()
	if got := p.ask(id, pr, rate); got != want {
		p.t.Errorf("Pace(%s, %s, %v a second) = %v, want %v", id, pr, rate, got, want)
	}
}

const (
	danger = routing.PriorityDanger
	urgent = routing.PriorityUrgent
	normal = routing.PriorityNormal
)

func TestPace_QueueIsSpreadOut(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	p.want("a", urgent, 10, 0)
	p.want("b", urgent, 10, 100*time.Millisecond)
	p.advance(30 * time.Millisecond)
	p.want("c", urgent, 10, 170*time.Millisecond)
	p.want("d", urgent, 10, 270*time.Millisecond)
	p.want("b", urgent, 10, 70*time.Millisecond) // asking again changes nothing
	p.want("e", danger, 10, 70*time.Millisecond)
	p.want("b", urgent, 10, 170*time.Millisecond)
	p.want("f", normal, 10, 470*time.Millisecond)
	p.advance(70 * time.Millisecond)
	p.want("b", urgent, 10, 100*time.Millisecond) // the slot is kept for e, who is due this moment
	p.want("e", danger, 10, 0)
	p.want("b", urgent, 10, 100*time.Millisecond)
	for n := range 20 {
		p.want(routing.EntryID(fmt.Sprintf("g%02d", n)), normal, 10, min(askAgain, time.Duration(5+n)*100*time.Millisecond))
	}
}

func TestPace_Rates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rate float64
		gap  time.Duration // rounded up to milliseconds, if it is not more than a second
	}{
		{"not given", 0, time.Second},
		{"negative", -3, time.Second},
		{"no number", math.NaN(), time.Second},
		{"no even part of a second", 3, 334 * time.Millisecond},
		{"many", 1000, time.Millisecond},
		{"absurdly many", math.Inf(1), time.Millisecond},
		{"one in 2.5 s", 0.4, 2500 * time.Millisecond},
		{"next to none", 1e-300, 24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPacing(t)
			p.want("a", danger, tt.rate, 0)
			left := tt.gap
			for left > askAgain {
				p.want("b", danger, tt.rate, askAgain)
				step := max(askAgain, left-2*askAgain) // a waiter who is forgotten meanwhile begins anew
				p.advance(step)
				left -= step
			}
			p.want("b", danger, tt.rate, left)
			p.advance(left)
			p.want("b", danger, tt.rate, 0)
		})
	}
}

// Lines of one account may have different rates. A slot lasts as the line says that took it.
func TestPace_EachLinesOwnRate(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	p.want("slow", urgent, 2, 0)
	p.want("fast", urgent, 10, 500*time.Millisecond)
	p.advance(500 * time.Millisecond)
	p.want("fast", urgent, 10, 0)
	p.want("slow", urgent, 2, 100*time.Millisecond)
}

func TestPace_VanishedHeadDoesNotBlock(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	p.want("a", danger, 1, 0)
	p.want("gone", danger, 1, time.Second)
	p.want("b", normal, 1, time.Second)
	p.advance(time.Second)
	p.want("b", normal, 1, time.Second) // who was promised this moment may still come
	p.advance(grace - time.Millisecond)
	p.want("b", normal, 1, time.Second)
	p.advance(time.Millisecond)
	p.want("b", normal, 1, 0)
	p.want("gone", danger, 1, time.Second) // and begins anew
}

// When somebody takes a case, all the others who were to be called are dropped at once.
func TestPace_VanishedQueueDoesNotBlock(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	for n := range 20 {
		p.ask(routing.EntryID(fmt.Sprintf("gone%d", n)), danger, 1)
	}
	begin := p.clock
	for {
		wait := p.ask("b", danger, 1)
		if wait == 0 {
			break
		}
		p.advance(wait)
	}
	if took := p.clock.Sub(begin); took > 2*time.Second {
		t.Errorf("a call behind 20 dropped ones waited %v, want 2 s at most", took)
	}
}

func TestPace_KeepsPlace(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	p.want("x", normal, 2, 0)
	for _, id := range []routing.EntryID{"c", "b", "a"} { // not the order of their names
		p.ask(id, normal, 2)
		p.advance(time.Millisecond)
	}
	p.want("a", urgent, 2, 497*time.Millisecond) // the case has become more urgent
	p.want("a", normal, 2, 1497*time.Millisecond-497*time.Millisecond)
	p.want("b", urgent, 2, 497*time.Millisecond)
	p.want("c", urgent, 2, 497*time.Millisecond) // and has asked before b
	p.want("b", urgent, 2, 997*time.Millisecond)
	p.advance(497*time.Millisecond + grace + 200*time.Millisecond)
	p.want("c", urgent, 2, 0) // late, but nobody has missed it, and b, who is not, has asked after it
}

// An answer may be lost on its way. Giving the slot twice would be two calls in the time of one.
func TestPace_SlotIsGivenOnce(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	p.want("a", danger, 1, 0)
	p.want("a", danger, 1, time.Second)
	p.advance(time.Second)
	p.want("a", danger, 1, 0)
}

// After a fail-over the clock may be another one.
func TestPace_ClockGoesBack(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	p.want("a", danger, 1, 0)
	p.want("gone", danger, 1, time.Second)
	p.advance(-time.Hour)
	p.want("b", normal, 1, time.Second)
	begin := p.clock
	for p.clock.Sub(begin) < time.Minute {
		wait := p.ask("b", normal, 1)
		if wait == 0 {
			break
		}
		p.advance(wait)
	}
	if took := p.clock.Sub(begin); took < time.Second || took > 3*time.Second {
		t.Errorf("after the clock went back a call waited %v, want from 1 s to 3 s", took)
	}
}

func TestPace_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	before := p.redis.Keys()
	p.ask("a", danger, 0.1)
	p.ask("b", danger, 0.1)
	var added []string
	for _, key := range p.redis.Keys() {
		if slices.Contains(before, key) {
			continue
		}
		added = append(added, key)
		if ttl := p.redis.TTL(key); ttl < time.Minute || ttl > 70*time.Second {
			t.Errorf("lifetime of %s = %v, want a minute after it has a meaning", key, ttl)
		}
	}
	if len(added) != 3 {
		t.Errorf("keys of two calls = %v, want 3", added)
	}
	p.redis.FastForward(70 * time.Second)
	p.advance(70 * time.Second)
	if left := p.redis.Keys(); !slices.Equal(left, before) {
		t.Errorf("keys a while later = %v, want %v", left, before)
	}
	p.want("a", danger, 0.01, 0)
	p.redis.FastForward(99 * time.Second)
	p.advance(99 * time.Second)
	p.want("b", danger, 0.01, time.Second) // a slot is known as long as it lasts
}

func TestPace_RedisAway(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	p.redis.SetError("LOADING")
	if wait, err := p.store.Pace(p.ctx, "a", danger, 1); err == nil {
		t.Errorf("Pace without Redis = %v, no error, want an error", wait)
	}
}

// caller is somebody who wants a slot.
type caller struct {
	id       routing.EntryID
	priority routing.Priority
	first    time.Time // when it first asks
	leaves   int       // after how many times asking it is dropped; 0: never
	late     time.Duration

	due     time.Time // when it asks next
	asked   int
	until   time.Time // until when it counts
	granted time.Time
}

// ahead reports whether a is to have a slot before b.
func (a *caller) ahead(b *caller) bool {
	return cmp.Or(cmp.Compare(a.priority, b.priority), a.first.Compare(b.first), cmp.Compare(a.id, b.id)) < 0
}

// next is the caller whose turn it is to ask.
func next(callers []*caller) *caller {
	asking := slices.DeleteFunc(slices.Clone(callers), func(c *caller) bool {
		return !c.granted.IsZero() || c.leaves > 0 && c.asked >= c.leaves
	})
	if len(asking) == 0 {
		return nil
	}
	return slices.MinFunc(asking, func(a, b *caller) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.id, b.id)) })
}

func TestPace_Property(t *testing.T) {
	t.Parallel()
	p := newPacing(t)
	start := p.clock
	rapid.Check(t, func(t *rapid.T) {
		p.redis.FlushAll()
		p.clock = start
		rate := rapid.SampledFrom([]float64{0.5, 1, 2, 3, 10, 1000}).Draw(t, "rate")
		gap := time.Duration(math.Ceil(1e6/rate)) * time.Microsecond
		ms := func(most int, name string) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Millisecond
		}
		var callers []*caller
		var last time.Time // when the last one comes
		for n := range rapid.IntRange(1, 12).Draw(t, "callers") {
			c := &caller{
				id:       routing.EntryID(fmt.Sprintf("%02d", n)),
				priority: rapid.SampledFrom(routing.Priorities()).Draw(t, "priority"),
				first:    start.Add(ms(4000, "first asks")),
				leaves:   rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "leaves"),
				late:     ms(int(grace.Milliseconds())-1, "late"),
			}
			c.due = c.first
			if c.first.After(last) {
				last = c.first
			}
			callers = append(callers, c)
		}
		var before time.Time // the last slot given
		for c := next(callers); c != nil; c = next(callers) {
			p.advance(c.due.Sub(p.clock))
			wait, err := p.store.Pace(p.ctx, c.id, c.priority, rate)
			if err != nil {
				t.Fatal(err)
			}
			c.asked++
			if wait > 0 {
				if wait < time.Millisecond || wait > askAgain {
					t.Fatalf("Pace(%s) = %v, want 1 ms to %v", c.id, wait, askAgain)
				}
				c.due, c.until = p.clock.Add(wait+c.late), p.clock.Add(wait+grace)
				continue
			}
			if !before.IsZero() && p.clock.Sub(before) < gap {
				t.Fatalf("Pace(%s) gives a slot %v after the last, want at least %v", c.id, p.clock.Sub(before), gap)
			}
			for _, other := range callers {
				if other.granted.IsZero() && other.until.After(p.clock) && other.ahead(c) {
					t.Fatalf("Pace(%s) gives a slot at %v that belongs to %s", c.id, p.clock.Sub(start), other.id)
				}
			}
			c.granted, before = p.clock, p.clock
		}
		// Once nobody new comes, each slot is taken when it is free and its owner, who may be late, has come;
		// and those who left keep others waiting together, not one after the other.
		patience := askAgain + grace + time.Duration(len(callers)+1)*(gap+askAgain+grace)
		for _, c := range callers {
			if c.leaves == 0 && (c.granted.IsZero() || c.granted.Sub(last) > patience) {
				t.Fatalf("%s, who kept asking, has waited %v after the last one came, want %v at most", c.id, c.granted.Sub(last), patience)
			}
		}
	})
}

// TestPace_InRealTime has calls follow the answers by the clock of the server.
func TestPace_InRealTime(t *testing.T) {
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		for range 3 {
			if f.paceInRealTime() {
				return
			}
			t.Log("the machine stood still for so long that callers were forgotten; once more")
			rdb.Del(f.ctx, "{calls}:slot", "{calls}:waiting", "{calls}:until")
		}
		t.Error("the machine is too slow for this test")
	})
}

// paceInRealTime has eight callers on two replicas follow the answers; it returns whether all of them were in time.
func (f *fixture) paceInRealTime() bool {
	const rate = 25
	began := time.Now()
	if wait := f.ask("first", normal, 1); wait != 0 { // a second for all others to ask
		f.t.Errorf("Pace of the only call = %v, want 0", wait)
	}
	var callers []*caller
	for n, p := range []routing.Priority{normal, urgent, normal, danger, urgent, danger, danger, normal} {
		<-time.After(2 * time.Millisecond) // so that each has a time of its own
		c := &caller{id: routing.EntryID(fmt.Sprintf("%02d", n)), priority: p, first: began.Add(time.Duration(n))}
		c.due = time.Now().Add(f.ask(c.id, c.priority, rate))
		callers = append(callers, c)
	}
	if time.Since(began) > time.Second {
		return false
	}
	want := slices.SortedFunc(slices.Values(callers), func(a, b *caller) int {
		if a.ahead(b) {
			return -1
		}
		return 1
	})
	other := store.New(f.rdb, 4, f.keyset)
	var got []*caller
	for c := next(callers); c != nil; c = next(callers) {
		<-time.After(time.Until(c.due))
		replica := f.store
		if c.asked++; c.asked%2 == 0 {
			replica = other
		}
		wait, err := replica.Pace(f.ctx, c.id, c.priority, rate)
		if err != nil {
			f.t.Fatalf("Pace(%s) = %v, want no error", c.id, err)
		}
		now := time.Now()
		if now.Sub(c.due) >= grace {
			return false
		}
		c.due = now.Add(wait)
		if wait == 0 {
			c.granted = now
			got = append(got, c)
		}
	}
	if took, least := time.Since(began), time.Second+time.Duration(len(callers)-1)*time.Second/rate; took < least {
		f.t.Errorf("%d calls took %v, want at least %v", len(callers)+1, took, least)
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("slots were given to %s, want %s: the most urgent, then the first to ask", order(got), order(want))
	}
	return true
}

func order(callers []*caller) []routing.EntryID {
	var ids []routing.EntryID
	for _, c := range callers {
		ids = append(ids, c.id)
	}
	return ids
}
