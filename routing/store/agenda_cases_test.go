package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
)

// newStranger is a store on the same Redis that was started with another keyset.
func newStranger(t testing.TB, rdb redis.UniversalClient) *store.Store {
	t.Helper()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return store.New(rdb, contactstore.DefaultShards, keyset)
}

// openDue opens a case whose deadline is due at an instant, and returns it.
func (f *fixture) openDue(from string, at time.Time) *routing.Case {
	f.t.Helper()
	e := f.text(from, "chồng em đánh em")
	l, d := f.decide(e)
	d.Cases[0].After.Deadlines = []routing.Deadline{{Kind: routing.StepEnds, At: at}}
	if err := f.store.Commit(f.ctx, f.line, e.SID, l.Now, d); err != nil {
		f.t.Fatalf("Commit = %v, want no error", err)
	}
	return d.Cases[0].After
}

func (f *fixture) takeDeadlines(n int, lease time.Duration) store.Taken {
	f.t.Helper()
	taken, err := f.store.Take(f.ctx, f.shard, store.Want{Deadlines: n, DeadlineLease: lease})
	if err != nil {
		f.t.Fatalf("Take = %v, want no error", err)
	}
	return taken
}

func TestTake_Deadlines(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		now := f.now()
		second := f.openDue("+84935111221", now.Add(-time.Second))
		first := f.openDue("+84935111222", now.Add(-time.Minute))
		f.openDue("+84935111223", now.Add(time.Hour))

		taken := f.takeDeadlines(1, time.Hour)
		want := []store.DueCase{{Line: ward, Case: first.ID, Due: now.Add(-time.Minute), Late: taken.Now.Sub(now.Add(-time.Minute))}}
		if diff := cmp.Diff(want, taken.Deadlines); diff != "" {
			t.Errorf("Take of one deadline (-want +got):\n%s", diff)
		}
		if !taken.Next.Equal(now.Add(-time.Second)) {
			t.Errorf("Next = %v, want when the second was due, %v", taken.Next, now.Add(-time.Second))
		}
		taken = f.takeDeadlines(10, 30*time.Millisecond)
		if len(taken.Deadlines) != 1 || taken.Deadlines[0].Case != second.ID {
			t.Errorf("Take = %+v, want the second case alone", taken.Deadlines)
		}
		lease := taken.Now.Add(30 * time.Millisecond).Truncate(time.Millisecond)
		again := f.untilDeadline()
		if again.Case != second.ID || !again.Due.Equal(lease) || f.now().Before(lease) {
			t.Errorf("after the lease: %+v, want the second case, due at the end of the lease, %v", again, lease)
		}
		for range 2 {
			if err := f.store.DropCase(f.ctx, again); err != nil {
				t.Errorf("DropCase = %v, want no error", err)
			}
		}
		if n := rdb.ZCard(f.ctx, string(f.shard)+":deadlines").Val(); n != 2 {
			t.Errorf("%d deadlines after one of three was dropped, want 2", n)
		}
	})
}

func (f *fixture) untilDeadline() store.DueCase {
	f.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	giveUp := time.After(10 * time.Second)
	for {
		if got := f.takeDeadlines(10, time.Hour).Deadlines; len(got) > 0 {
			return got[0]
		}
		select {
		case <-tick.C:
		case <-giveUp:
			f.t.Fatal("no deadline came due within 10 s")
		}
	}
}

func TestTake_CommitWhileLeasedSetsTheNewDeadline(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		c := f.openDue("+84935111222", f.now().Add(-time.Minute))
		f.takeDeadlines(1, time.Hour)
		d := f.commit(f.text("+84905000001", "1")) // a contact takes the case meanwhile
		due, ok := d.Cases[0].After.NextDeadline()
		score := rdb.ZScore(f.ctx, string(f.shard)+":deadlines", "ward/"+string(c.ID)).Val()
		if !ok || int64(score) != due.At.UnixMilli() {
			t.Errorf("agenda has the case at %v, want its new deadline, %v", int64(score), due.At.UnixMilli())
		}
	})
}

func TestTake_EmptyAgenda(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		before := f.dump()
		taken, err := f.store.Take(f.ctx, f.shard, store.Want{Deadlines: 5, DeadlineLease: time.Second, Sends: 5, SendLease: time.Second})
		if err != nil || !taken.Next.IsZero() || len(taken.Deadlines)+len(taken.Sends) > 0 || time.Since(taken.Now).Abs() > time.Minute {
			t.Errorf("Take of an empty agenda = %+v, %v; want only the time", taken, err)
		}
		if diff := cmp.Diff(before, f.dump()); diff != "" {
			t.Errorf("taking nothing changed something (-before +after):\n%s", diff)
		}
	})
}

func TestEntry(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		want := f.alert("none.1.n1", "lan", routing.PriorityUrgent)
		want.Values = map[string]string{"ma": "K7"}
		f.put(want)
		got, ok, err := f.store.Entry(f.ctx, ward, want.ID)
		if err != nil || !ok {
			t.Fatalf("Entry of a waiting message: %v, %v; want it", ok, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(sameNumber)); diff != "" {
			t.Errorf("Entry (-want +got):\n%s", diff)
		}
		f.takeFor(1, time.Hour)
		if _, ok, err := f.store.Entry(f.ctx, ward, want.ID); !ok || err != nil {
			t.Errorf("Entry of a message in hand: %v, %v; want it", ok, err)
		}
		f.done(want)
		for _, id := range []routing.EntryID{want.ID, "", "none.9.n9"} {
			if _, ok, err := f.store.Entry(f.ctx, ward, id); ok || err != nil {
				t.Errorf("Entry(%q) of none: %v, %v; want neither", id, ok, err)
			}
		}
	})
}

func TestAttributed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		s := f.alert("none.1.n1", "lan", routing.PriorityUrgent)
		f.put(s)
		e := routing.SendFinished{Send: s, Result: routing.SendAccepted, SID: "SMours"}
		if err := f.store.Commit(f.ctx, f.line, e.ID(), f.now(), routing.Decision{Done: &s}); err != nil {
			t.Fatal(err)
		}
		got, err := f.store.Attributed(f.ctx, ward, []string{"SMours", "SMother"})
		if want := map[string]bool{"SMours": true, "SMother": false}; err != nil || !cmp.Equal(got, want) {
			t.Errorf("Attributed = %v, %v; want %v", got, err, want)
		}
		if got, err := f.store.Attributed(f.ctx, "elsewhere", []string{"SMours"}); err != nil || got["SMours"] {
			t.Errorf("Attributed in another line = %v, %v; want unknown", got, err)
		}
		if got, err := f.store.Attributed(f.ctx, ward, nil); err != nil || len(got) > 0 {
			t.Errorf("Attributed of nothing = %v, %v; want nothing", got, err)
		}
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		const said = "chồng em đánh em, em ở tổ 3"
		d := f.commit(f.text("+84935111222", said))
		c := d.Cases[0].After
		key := string(f.shard) + ":words:ward:" + string(c.ID) + ":p1"
		words := func(ref routing.WordsRef) (contacts.Private, error) {
			return f.store.Words(f.ctx, ward, c.ID, c.Person, ref)
		}
		if got, err := words("p1"); err != nil || got.Reveal() != said {
			t.Errorf("Words = %v, want what was written", err)
		}
		if _, err := words("p2"); !errors.Is(err, store.ErrNoWords) {
			t.Errorf("Words of none = %v, want ErrNoWords", err)
		}
		f.commit(f.text("+84935111222", "nhanh lên"))
		if err := rdb.Copy(f.ctx, key, string(f.shard)+":words:ward:"+string(c.ID)+":p2", 0, true).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := words("p2"); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("Words moved to the place of others = %v, want ErrSealed", err)
		}

		// Erasing a person is deleting their key: what they wrote stays, and nobody can read it.
		kept := rdb.HGetAll(f.ctx, string(f.shard)+":person:ward:"+string(c.Person)).Val()
		f.rdb.Del(f.ctx, string(f.shard)+":person:ward:"+string(c.Person))
		if _, err := words("p1"); !errors.Is(err, store.ErrNoPerson) {
			t.Errorf("Words of an erased person = %v, want ErrNoPerson", err)
		}
		f.commit(f.text("+84935111222", "lại nữa")) // the phone comes back, with a new key
		if got := rdb.HGet(f.ctx, string(f.shard)+":person:ward:"+string(c.Person), "k").Val(); got == "" || got == kept["k"] {
			t.Error("an erased phone that writes again has no key, or its old one")
		}
		if _, err := words("p1"); !errors.Is(err, store.ErrNoWords) {
			t.Errorf("Words from before a person was erased = %v, want ErrNoWords", err)
		}
		if got, err := words("p3"); err != nil || got.Reveal() != "lại nữa" {
			t.Errorf("Words from after = %v, want them", err)
		}
	})
}

func TestWords_Expire(t *testing.T) {
	t.Parallel()
	rdb, m := routingtest.NewRedis(t)
	f := newFixture(t, rdb)
	d := f.commit(f.text("+84935111222", "chồng em đánh em"))
	c := d.Cases[0].After
	kept := func(days int, want error) {
		t.Helper()
		m.FastForward(time.Duration(days) * 24 * time.Hour)
		if _, err := f.store.Words(f.ctx, ward, c.ID, c.Person, "p1"); !errors.Is(err, want) {
			t.Errorf("Words after %d more days = %v, want %v", days, err, want)
		}
	}
	kept(400, nil) // as long as the case is open
	f.commit(f.text("+84905000001", "1"))
	f.commit(f.text("+84905000001", "XONG"))
	kept(89, nil)
	kept(2, store.ErrNoWords)
}

func TestLoad_OneFailingReadFailsAll(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		e := f.text("+84905000001", "1") // a contact without an open case of their own: the first read finds nothing
		list := string(f.shard) + ":contact_cases:ward:" + f.keyset.ContactKey(ward, "lan")
		f.rdb.Set(f.ctx, list, "not a hash", 0)
		if l, err := f.store.Load(f.ctx, f.query(e)); err == nil {
			t.Errorf("Load = %d cases and no error although the contact's list cannot be read", len(l.State.Cases))
		}
	})
}

func TestClock_FollowsRedis(t *testing.T) {
	t.Parallel()
	rdb, m := routingtest.NewRedis(t)
	set := func(t time.Time) time.Time { m.SetTime(t); return t }
	at := set(time.Date(2031, 5, 1, 20, 0, 0, 0, time.UTC)) // the machine's own clock says something else
	f := newFixture(t, rdb)
	c := f.openDue("+84935111222", at.Add(10*time.Second))
	if !c.OpenedAt.Equal(at) {
		t.Errorf("case opened at %v, want Redis' time, %v", c.OpenedAt, at)
	}
	taken := f.takeDeadlines(1, time.Second)
	if late := taken.Now.Sub(at); late < 0 || late > 5*time.Second || len(taken.Deadlines) > 0 {
		t.Errorf("Take at %v with %d deadlines, want about %v and none", taken.Now, len(taken.Deadlines), at)
	}
	set(at.Add(10 * time.Second))
	if got := f.now(); !got.Equal(at.Add(10 * time.Second)) {
		t.Errorf("SyncClock = %v, want %v", got, at.Add(10*time.Second))
	}
	if got := f.takeDeadlines(1, time.Hour).Deadlines; len(got) != 1 {
		t.Errorf("Take when due by Redis' clock = %v, want the case", got)
	}
	set(at.Add(-time.Hour)) // another node, whose clock is behind, has taken over
	if got := f.now(); !got.Equal(at.Add(-time.Hour)) {
		t.Errorf("SyncClock after the clock went back = %v, want %v", got, at.Add(-time.Hour))
	}
	fresh := store.New(rdb, contactstore.DefaultShards, f.keyset)
	if taken, err := fresh.Take(f.ctx, f.shard, store.Want{}); err != nil || taken.Now.Year() != 2031 {
		t.Errorf("first Take of a store = %v, %v; want Redis' time", taken.Now, err)
	}
}

func TestClock_Real(t *testing.T) {
	t.Parallel()
	f := newFixture(t, routingtest.NewServer(t).Client())
	if off := time.Since(f.now()).Abs(); off > 2*time.Second {
		t.Errorf("SyncClock is off by %v", off)
	}
}

func TestTake_OtherKeyset(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f, stranger := newFixture(t, rdb), newStranger(t, rdb)
		f.put(f.alert("none.1.n1", "lan", routing.PriorityDanger))
		taken, err := stranger.Take(f.ctx, f.shard, store.Want{Sends: 1, SendLease: time.Hour})
		if err != nil || len(taken.Sends) != 1 || taken.Sends[0].Err == nil || taken.Sends[0].Send.ID != "none.1.n1" {
			t.Fatalf("Take with another keyset = %+v, %v; want the message with an error of its own", taken.Sends, err)
		}
		if err := stranger.LaterSend(f.ctx, taken.Sends[0], 0, true); err != nil {
			t.Fatal(err)
		}
		if got := f.until(time.Hour); got[0].Err != nil || !got[0].FirstTried.IsZero() {
			t.Errorf("after it was put back: Err %v, FirstTried %v; want neither", got[0].Err, got[0].FirstTried)
		}
		if _, _, err := stranger.Entry(f.ctx, ward, "none.1.n1"); err == nil || errors.Is(err, redis.Nil) {
			t.Errorf("Entry with another keyset = %v, want an error", err)
		}
	})
}

// BenchmarkTake_100kWaiting takes one due deadline and one message while 100,000 others wait for later.
func BenchmarkTake_100kWaiting(b *testing.B) {
	f := newFixture(b, routingtest.NewServer(b).Client())
	later := float64(f.now().Add(time.Hour).UnixMilli())
	for part := range slices.Chunk(make([]redis.Z, 100_000), 1000) {
		for i := range part {
			part[i] = redis.Z{Score: later, Member: fmt.Sprintf("ward/waiting%p-%d", part, i)}
		}
		if err := f.rdb.ZAdd(f.ctx, string(f.shard)+":deadlines", part...).Err(); err != nil {
			b.Fatal(err)
		}
	}
	f.openDue("+84935111222", f.now().Add(-time.Minute))
	f.put(f.alert("none.1.n1", "lan", routing.PriorityDanger))
	want := store.Want{Deadlines: 32, Sends: 64} // without a lease both are due again at once
	for b.Loop() {
		taken, err := f.store.Take(f.ctx, f.shard, want)
		if err != nil || len(taken.Deadlines) != 1 {
			b.Fatalf("Take = %d deadlines, %v; want 1", len(taken.Deadlines), err)
		}
	}
}
