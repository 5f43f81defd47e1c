package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// alert makes a message to a contact that belongs to no case.
func (f *fixture) alert(id routing.EntryID, to contacts.ID, p routing.Priority) routing.Send {
	return routing.Send{
		ID: id, Contact: to, Via: f.number("+842553800113"), Purpose: routing.PurposeNotice, Priority: p,
		At: f.now().Add(-time.Minute), Validity: time.Minute,
	}
}

// now is the time by the shard's clock.
func (f *fixture) now() time.Time {
	f.t.Helper()
	now, err := f.store.SyncClock(f.ctx, f.shard)
	if err != nil {
		f.t.Fatalf("SyncClock = %v, want no error", err)
	}
	return now.Truncate(time.Millisecond)
}

// put puts messages on the agenda.
func (f *fixture) put(sends ...routing.Send) {
	f.t.Helper()
	f.decided(routing.Decision{Sends: sends})
}

// done takes a message off the agenda.
func (f *fixture) done(s routing.Send) {
	f.t.Helper()
	f.decided(routing.Decision{Done: &s})
}

func (f *fixture) decided(d routing.Decision) {
	f.t.Helper()
	if err := f.store.Commit(f.ctx, f.line, "", f.now(), d); err != nil {
		f.t.Fatalf("Commit = %v, want no error", err)
	}
}

// takeFor takes up to so many messages, under a lease.
func (f *fixture) takeFor(n int, lease time.Duration) []store.DueSend {
	f.t.Helper()
	taken, err := f.store.Take(f.ctx, f.shard, store.Want{Sends: n, SendLease: lease})
	if err != nil {
		f.t.Fatalf("Take = %v, want no error", err)
	}
	return taken.Sends
}

func sameNumber(a, b phone.Number) bool { return a == b }

func ids(sends []store.DueSend) []string {
	got := []string{}
	for _, s := range sends {
		got = append(got, string(s.Send.ID))
	}
	return got
}

// until takes again and again until something comes, and returns it.
func (f *fixture) until(lease time.Duration) []store.DueSend {
	f.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	giveUp := time.After(10 * time.Second)
	for {
		if got := f.takeFor(10, lease); len(got) > 0 {
			return got
		}
		select {
		case <-tick.C:
		case <-giveUp:
			f.t.Fatal("nothing came due within 10 s")
		}
	}
}

func TestTake_OrderAndLanes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		late := f.alert("none.1.n1", "lan", routing.PriorityNormal)
		late.At = f.now().Add(time.Hour)
		first, second := f.alert("none.2.n1", "lan", routing.PriorityUrgent), f.alert("none.2.n2", "lan", routing.PriorityUrgent)
		other := f.alert("none.3.n1", "hoa", routing.PriorityUrgent)
		other.At = first.At.Add(-time.Second) // waits longer
		danger := f.alert("none.4.n1", "ca", routing.PriorityDanger)
		normal := f.alert("none.5.n1", "ca", routing.PriorityNormal)
		f.put(late, first, second)
		f.put(normal, other)
		f.put(danger)

		if got, want := ids(f.takeFor(10, time.Hour)), []string{"none.4.n1", "none.3.n1", "none.2.n1", "none.5.n1"}; !slices.Equal(got, want) {
			t.Errorf("Take = %v, want %v: danger first, then who waits longest, one a recipient, nothing before its time", got, want)
		}
		if got := ids(f.takeFor(10, time.Hour)); len(got) > 0 {
			t.Errorf("Take while all is taken = %v, want nothing", got)
		}
		third := f.alert("none.6.n1", "lan", routing.PriorityUrgent)
		f.put(third)
		if got := ids(f.takeFor(10, time.Hour)); len(got) > 0 {
			t.Errorf("Take = %v after another message for a recipient with one in hand, want nothing", got)
		}
		f.done(first)
		if got, want := ids(f.takeFor(10, time.Hour)), []string{"none.2.n2"}; !slices.Equal(got, want) {
			t.Errorf("Take after the first of a recipient is done = %v, want %v", got, want)
		}
		f.done(second)
		f.done(second)
		f.done(first)
		f.done(third)
		if got := ids(f.takeFor(10, time.Hour)); len(got) > 0 {
			t.Errorf("Take after everything of a recipient is done, twice = %v, want nothing", got)
		}
		for _, s := range []routing.Send{other, danger, normal, late} {
			f.done(s)
		}
		for _, key := range f.keys() {
			if strings.Contains(key, ":lanes:") || strings.Contains(key, ":queues:") || strings.Contains(key, ":waiting:") || strings.HasSuffix(key, ":entries") {
				t.Errorf("%s = %q, want no such key on an empty agenda", key, f.content(key))
			}
		}
	})
}

func TestTake_Limit(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		for i := range 5 {
			f.put(f.alert(routing.EntryID(fmt.Sprintf("none.%d.n1", i)), contacts.ID(fmt.Sprintf("c%d", i)), routing.Priority(i%3)))
		}
		var got []string
		for _, n := range []int{0, 3, 1, 9} {
			taken := ids(f.takeFor(n, time.Hour))
			if len(taken) > n {
				t.Errorf("Take of at most %d = %v", n, taken)
			}
			got = append(got, taken...)
		}
		if want := []string{"none.0.n1", "none.3.n1", "none.1.n1", "none.4.n1", "none.2.n1"}; !slices.Equal(got, want) {
			t.Errorf("Take with limits = %v, want %v", got, want)
		}
	})
}

func TestTake_LeaseEnds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		s := f.alert("none.1.n1", "lan", routing.PriorityDanger)
		f.put(s)
		before := f.now()
		taken, err := f.store.Take(f.ctx, f.shard, store.Want{Sends: 1, SendLease: 30 * time.Millisecond})
		if err != nil || len(taken.Sends) != 1 {
			t.Fatalf("Take = %v, %v; want the message", taken, err)
		}
		first := taken.Sends[0]
		if !first.FirstTried.IsZero() {
			t.Errorf("FirstTried = %v for a message never taken before, want zero", first.FirstTried)
		}
		if first.Age < time.Minute {
			t.Errorf("Age = %v for a message decided on a minute ago", first.Age)
		}
		if want := taken.Now.Add(30 * time.Millisecond).Truncate(time.Millisecond); !taken.Next.Equal(want) {
			t.Errorf("Next = %v, want the end of the lease, %v", taken.Next, want)
		}
		if diff := cmp.Diff(s, first.Send, cmp.Comparer(sameNumber)); diff != "" {
			t.Errorf("Take gives another message than was put there (-want +got):\n%s", diff)
		}
		again := f.until(time.Hour)[0]
		if again.FirstTried.Before(before) || again.FirstTried.After(f.now()) {
			t.Errorf("FirstTried = %v after a lease ended, want when it was first taken, about %v", again.FirstTried, before)
		}
		if f.now().Before(taken.Next) {
			t.Error("taken again before its lease ended")
		}
		if got := f.takeFor(1, time.Hour); len(got) > 0 {
			t.Errorf("Take = %v while it is taken, want nothing", ids(got))
		}
	})
}

func TestLaterSend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		untried bool
	}{
		{"certainly not sent", true},
		{"outcome unknown", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
				f := newFixture(t, rdb)
				f.put(f.alert("none.1.n1", "lan", routing.PriorityDanger))
				later := func(d store.DueSend, after time.Duration) {
					if err := f.store.LaterSend(f.ctx, d, after, tt.untried); err != nil {
						t.Fatalf("LaterSend = %v, want no error", err)
					}
				}
				later(f.takeFor(1, time.Hour)[0], time.Hour)
				if got := f.takeFor(1, time.Hour); len(got) > 0 {
					t.Errorf("Take = %v before the time it was put back for, want nothing", ids(got))
				}
				f.due("danger", "none.1.n1")
				d := f.takeFor(1, time.Hour)[0]
				if d.FirstTried.IsZero() != tt.untried {
					t.Errorf("FirstTried is zero: %v, want %v", d.FirstTried.IsZero(), tt.untried)
				}
				later(d, 0)
				if got := f.until(time.Hour); len(got) != 1 {
					t.Errorf("Take after it was put back for now = %v, want it", ids(got))
				}
			})
		})
	}
}

// due makes the lane of a message due now, as if the time it waits for had passed.
func (f *fixture) due(priority, id string) {
	f.t.Helper()
	for _, member := range f.rdb.ZRange(f.ctx, string(f.shard)+":queues:"+priority, 0, -1).Val() {
		if lane, rest, _ := strings.Cut(member, " "); strings.HasSuffix(rest, " "+id) {
			if err := f.rdb.ZAdd(f.ctx, string(f.shard)+":lanes:"+priority, redis.Z{Score: 1, Member: lane}).Err(); err != nil {
				f.t.Fatal(err)
			}
			return
		}
	}
	f.t.Fatalf("%s is in no queue", id)
}

func TestLaterSend_AfterTheLeaseWasLost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		s := f.alert("none.1.n1", "lan", routing.PriorityDanger)
		f.put(s, f.alert("none.1.n2", "lan", routing.PriorityDanger))
		slow := f.takeFor(1, time.Hour)[0]
		f.due("danger", "none.1.n1")
		f.takeFor(1, 2*time.Hour) // another worker has it now
		before := f.dump()
		if err := f.store.LaterSend(f.ctx, slow, 0, true); err != nil {
			t.Errorf("LaterSend = %v, want no error", err)
		}
		if got := f.takeFor(1, time.Hour); len(got) > 0 {
			t.Errorf("a worker whose lease was over gave away what another has: %v", ids(got))
		}
		if diff := cmp.Diff(before, f.dump()); diff != "" {
			t.Errorf("putting back after the lease was lost changed something (-before +after):\n%s", diff)
		}
		f.done(s)
		if err := f.store.LaterSend(f.ctx, slow, time.Hour, true); err != nil {
			t.Errorf("LaterSend = %v, want no error", err)
		}
		if got, want := ids(f.takeFor(2, time.Hour)), []string{"none.1.n2"}; !slices.Equal(got, want) {
			t.Errorf("Take = %v after putting back a message that was done, want %v", got, want)
		}
	})
}

func TestTake_RacingWorkersShare(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		const lanes, each = 40, 3
		byID := map[routing.EntryID]routing.Send{}
		for i := range lanes {
			for n := range each {
				s := f.alert(routing.EntryID(fmt.Sprintf("none.%03d.n%d", i, n)), contacts.ID(fmt.Sprintf("c%d", i)), routing.Priority(i%3))
				byID[s.ID] = s
				f.put(s)
			}
		}
		var (
			mu    sync.Mutex
			order = map[contacts.ID][]string{}
			times = map[routing.EntryID]int{}
			fault error
			work  sync.WaitGroup
		)
		for range 2 {
			other := store.New(rdb, 4, f.keyset)
			for range 2 {
				work.Go(func() {
					for range 400 {
						taken, err := other.Take(f.ctx, f.shard, store.Want{Sends: 5, SendLease: time.Hour})
						for _, s := range taken.Sends {
							mu.Lock()
							times[s.Send.ID]++
							order[s.Send.Contact] = append(order[s.Send.Contact], string(s.Send.ID))
							all := len(times)
							mu.Unlock()
							if e := other.Commit(f.ctx, f.line, "", taken.Now, routing.Decision{Done: &s.Send}); e != nil {
								err = e
							}
							if all == lanes*each {
								return
							}
						}
						if err != nil {
							mu.Lock()
							fault = err
							mu.Unlock()
						}
					}
				})
			}
		}
		work.Wait()
		if fault != nil {
			t.Fatalf("racing workers: %v", fault)
		}
		for id := range byID {
			if times[id] != 1 {
				t.Errorf("message %s was taken %d times, want once", id, times[id])
			}
		}
		for to, got := range order {
			if !slices.IsSorted(got) {
				t.Errorf("messages to %s were taken in the order %v", to, got)
			}
		}
	})
}

func TestTake_WhatCannotBeReadBlocksNobody(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		sh := string(f.shard)
		f.put(f.alert("none.1.n1", "lan", routing.PriorityDanger), f.alert("none.2.n1", "hoa", routing.PriorityDanger), f.alert("none.2.n2", "hoa", routing.PriorityDanger))
		sealed := f.rdb.HGet(f.ctx, sh+":entries", "none.1.n1").Val()
		f.rdb.HSet(f.ctx, sh+":entries", "none.1.n1", sealed[:len(sealed)-1]+"x")
		f.rdb.HDel(f.ctx, sh+":entries", "none.2.n1")
		f.rdb.ZAdd(f.ctx, sh+":deadlines", redis.Z{Score: 1, Member: "nonsense"})
		taken, err := f.store.Take(f.ctx, f.shard, store.Want{Deadlines: 5, DeadlineLease: time.Hour, Sends: 5, SendLease: time.Hour})
		if err != nil {
			t.Fatalf("Take = %v, want what can be read", err)
		}
		slices.SortFunc(taken.Sends, func(a, b store.DueSend) int { return strings.Compare(string(a.Send.ID), string(b.Send.ID)) })
		if got, want := ids(taken.Sends), []string{"none.1.n1", "none.2.n2"}; !slices.Equal(got, want) {
			t.Fatalf("Take = %v, want %v: one that cannot be read and the one behind one that is gone", got, want)
		}
		for _, s := range taken.Sends {
			if unreadable := s.Send.ID == "none.1.n1"; (s.Err != nil) != unreadable {
				t.Errorf("%s: Err = %v", s.Send.ID, s.Err)
			}
		}
		if len(taken.Deadlines) != 1 || taken.Deadlines[0].Case != "" {
			t.Errorf("Take: deadlines = %+v, want one of no case", taken.Deadlines)
		}
		f.put(f.alert("none.3.n1", "hoa", routing.PriorityDanger))
		f.done(taken.Sends[1].Send)
		if got, want := ids(f.takeFor(5, time.Hour)), []string{"none.3.n1"}; !slices.Equal(got, want) {
			t.Errorf("Take = %v afterwards, want %v", got, want)
		}
	})
}
