package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/triage"
)

func TestGauges_OldestWaiting(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		old, young := f.alert("none.1.n1", "lan", routing.PriorityUrgent), f.alert("none.2.n1", "hoa", routing.PriorityUrgent)
		old.At = f.now().Add(-time.Hour)
		f.put(young, old)
		ages, err := f.store.OldestWaiting(f.ctx)
		if err != nil || ages[routing.PriorityUrgent] < time.Hour || ages[routing.PriorityUrgent] > 2*time.Hour || ages[routing.PriorityDanger] != 0 {
			t.Errorf("OldestWaiting = %v, %v; want an hour for urgent and nothing else", ages, err)
		}
		f.done(old)
		if ages, err := f.store.OldestWaiting(f.ctx); err != nil || ages[routing.PriorityUrgent] > time.Hour/2 {
			t.Errorf("OldestWaiting = %v, %v after the oldest went", ages, err)
		}
	})
}

// oneLine is the lines of a service that has one.
type oneLine struct{ line *routing.Line }

func (l oneLine) Line(contacts.LineID) (*routing.Line, error)  { return l.line, nil }
func (oneLine) Refresh(context.Context, contacts.LineID) error { return nil }

// handle carries an event through as a gateway does.
func (f *fixture) handle(e routing.Event) routing.Decision {
	f.t.Helper()
	service := routing.NewService(routing.Options{Store: f.store, Lines: oneLine{f.line}, Random: rand.IntN})
	d, err := service.Handle(f.ctx, ward, e)
	if err != nil {
		f.t.Fatalf("%s = %v, want no error", e.Name(), err)
	}
	return d
}

// unclaimed is OldestUnclaimed in whole minutes, as a second replica sees it.
func (f *fixture) unclaimed() map[triage.Urgency]int {
	f.t.Helper()
	replica := store.New(f.rdb, contactstore.DefaultShards, f.keyset)
	ages, err := replica.OldestUnclaimed(f.ctx, ward)
	if err != nil {
		f.t.Fatalf("OldestUnclaimed = %v, want no error", err)
	}
	minutes := map[triage.Urgency]int{}
	for u, age := range ages {
		minutes[u] = int(age / time.Minute)
	}
	return minutes
}

func TestOldestUnclaimed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		expect := func(when string, want map[triage.Urgency]int) {
			t.Helper()
			if diff := cmp.Diff(want, f.unclaimed()); diff != "" {
				t.Errorf("%s: minutes the oldest has waited (-want +got):\n%s", when, diff)
			}
		}
		open := func(from string, ago time.Duration) *routing.Case {
			t.Helper()
			e := f.text(from, "chong em hay danh em")
			e.At = time.Now().Add(-ago)
			return f.commit(e).Cases[0].After
		}
		expect("nobody has written", map[triage.Urgency]int{})
		old := open("+84935111221", time.Hour)
		open("+84935111222", 10*time.Minute)
		expect("two cases", map[triage.Urgency]int{triage.Urgent: 60})
		f.commit(f.text("+84935111221", "no cam dao, cuu em"))
		expect("the older is danger", map[triage.Urgency]int{triage.ImmediateDanger: 60, triage.Urgent: 10})
		f.handle(routing.CorrectOrdered{Order: routing.Order{Token: "f1", Case: old.ID}, Urgency: triage.Information})
		expect("a desk knows better", map[triage.Urgency]int{triage.Information: 60, triage.Urgent: 10})
		f.commit(f.text("+84905000001", "1 "+string(old.Code)))
		expect("it is taken", map[triage.Urgency]int{triage.Urgent: 10})
		f.commit(f.text("+84905000001", "0 "+string(old.Code)))
		expect("it was given back", map[triage.Urgency]int{triage.Information: 0, triage.Urgent: 10})
		f.handle(routing.CloseOrdered{Order: routing.Order{Case: old.ID}})
		expect("it is closed", map[triage.Urgency]int{triage.Urgent: 10})
		f.handle(routing.ReopenOrdered{Order: routing.Order{Token: "f2", Case: old.ID}})
		expect("it is opened again", map[triage.Urgency]int{triage.Information: 0, triage.Urgent: 10})
	})
}

// A replica of the former release takes and closes cases without a word to the index, and opens them without.
func TestOldestUnclaimed_BesideTheFormerRelease(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		var cases []*routing.Case
		for i := range 4 {
			e := f.text(fmt.Sprintf("+8493511122%d", i), "chong em hay danh em")
			e.At = time.Now().Add(-time.Duration(10-i) * time.Hour)
			cases = append(cases, f.commit(e).Cases[0].After)
		}
		index, states := string(f.shard)+":unclaimed:ward:urgent", string(f.shard)+":open_cases:ward"
		rdb.HSet(f.ctx, states, string(cases[0].ID), string(routing.Claimed))
		rdb.HDel(f.ctx, states, string(cases[1].ID))
		rdb.HSet(f.ctx, states, string(cases[2].ID), "unanswered")
		if got := f.unclaimed()[triage.Urgent]; got != 8*60 {
			t.Errorf("the oldest case that nobody has waits for %d min, want 480: the ones before it were taken and closed", got)
		}
		if left := rdb.ZRange(f.ctx, index, 0, -1).Val(); !slices.Equal(left, []string{string(cases[2].ID), string(cases[3].ID)}) {
			t.Errorf("left in the index: %v, want the two that wait", left)
		}
		rdb.Del(f.ctx, index)
		if got := f.unclaimed(); len(got) > 0 {
			t.Errorf("OldestUnclaimed without an index = %v, want nothing", got)
		}
		f.handle(routing.NoteOrdered{Order: routing.Order{Token: "f1", Case: cases[3].ID}, Words: contacts.Conceal("x")})
		if got := f.unclaimed()[triage.Urgent]; got != 7*60 {
			t.Errorf("after its next change a case that was not in the index waits for %d min, want 420", got)
		}
	})
}

// Whatever happens, the index says what the cases say of themselves.
func TestOldestUnclaimed_IndexAgreesWithTheCases(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	f := newFixture(t, rdb)
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	ever := map[routing.CaseID]bool{}
	seen := map[triage.Urgency]int{}
	for step := range 400 {
		var d routing.Decision
		ids := make([]string, 0, len(ever))
		for id := range ever {
			ids = append(ids, string(id))
		}
		slices.Sort(ids)
		form := routing.EventID("f" + strconv.Itoa(step))
		switch n := rng.IntN(8); {
		case n < 2 || len(ids) == 0:
			d = f.handle(f.text(pick("+84935111221", "+84935111222", "+84935111223"), pick("cuu em, no cam dao", "chong em hay danh em", "cho hoi gio lam viec", "0")))
		case n < 5:
			d = f.handle(f.text(pick("+84905000001", "+84905000002", "+84905000003"), pick("1", "1", "0", "XONG", "THEM CA", "chi day")))
		default:
			id := routing.CaseID(pick(ids...))
			o := routing.Order{Token: form, Case: id}
			switch rng.IntN(6) {
			case 0:
				d = f.handle(routing.CloseOrdered{Order: routing.Order{Case: id}})
			case 1:
				d = f.handle(routing.ReopenOrdered{Order: o})
			case 2:
				d = f.handle(routing.CorrectOrdered{Order: o, Urgency: triage.Urgency(pick("immediate_danger", "urgent", "information"))})
			case 3:
				d = f.handle(routing.HandOrdered{Order: o, Contact: contacts.ID(pick("lan", "hoa", "ca"))})
			default:
				d = f.handle(routing.DeadlineReached{Case: id})
			}
		}
		for _, ch := range d.Cases {
			ever[ch.After.ID] = true
		}
		want := map[string]map[string]int64{"immediate_danger": {}, "urgent": {}, "information": {}}
		cases, err := f.store.Cases(f.ctx, ward, toIDs(ids))
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range d.Cases {
			cases = slices.DeleteFunc(cases, func(c *routing.Case) bool { return c.ID == ch.After.ID })
			cases = append(cases, ch.After)
		}
		for _, c := range cases {
			if since, ok := c.WaitsSince(); ok {
				want[string(c.Urgency)][string(c.ID)] = since.UnixMilli()
				seen[c.Urgency]++
			}
		}
		for u := range want {
			got := map[string]int64{}
			for _, z := range rdb.ZRangeWithScores(f.ctx, string(f.shard)+":unclaimed:ward:"+u, 0, -1).Val() {
				got[fmt.Sprint(z.Member)] = int64(z.Score)
			}
			if diff := cmp.Diff(want[u], got); diff != "" {
				t.Fatalf("step %d, %s: index of %s (-want +got):\n%s", step, d.Reason, u, diff)
			}
		}
	}
	for _, u := range []triage.Urgency{triage.ImmediateDanger, triage.Urgent, triage.Information} {
		if seen[u] == 0 {
			t.Errorf("no %s case ever waited: the test shows nothing of it", u)
		}
	}
}

func toIDs(list []string) []routing.CaseID {
	ids := make([]routing.CaseID, len(list))
	for i, id := range list {
		ids[i] = routing.CaseID(id)
	}
	return ids
}

func TestDeadlineOverdue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		expect := func(when string, minutes int) {
			t.Helper()
			replica := store.New(rdb, contactstore.DefaultShards, f.keyset)
			late, err := replica.DeadlineOverdue(f.ctx)
			if err != nil || int(late/time.Minute) != minutes || minutes == 0 && late > 0 {
				t.Errorf("%s: DeadlineOverdue = %v, %v; want %d min", when, late, err, minutes)
			}
		}
		expect("nothing on the agenda", 0)
		f.openDue("+84935111221", f.now().Add(time.Hour))
		soon := f.openDue("+84935111222", f.now().Add(9*time.Second))
		expect("nothing is due", 0)
		f.handle(routing.CloseOrdered{Order: routing.Order{Case: soon.ID}})
		old := f.openDue("+84935111223", f.now().Add(-3*time.Minute))
		younger := f.openDue("+84935111224", f.now().Add(-2*time.Minute))
		expect("two are", 3)
		// Whoever takes it is not done with it. The one nobody took is first on the agenda now.
		if taken := f.takeDeadlines(1, 2*time.Second).Deadlines; len(taken) != 1 || taken[0].Case != old.ID {
			t.Fatalf("Take = %+v, want the case that is overdue longest", taken)
		}
		expect("a worker has it", 3)
		f.handle(routing.DeadlineReached{Case: old.ID})
		expect("it was acted on", 2)
		f.handle(routing.CloseOrdered{Order: routing.Order{Case: younger.ID}})
		expect("the other was closed", 0)
		// What is no case of ours does not count, nor does an entry left behind by a case that is over.
		for _, member := range []string{"nonsense", "ward/gone", "ward/" + string(younger.ID)} {
			rdb.ZAdd(f.ctx, string(f.shard)+":deadlines", redis.Z{Score: 1, Member: member})
		}
		expect("entries without a case", 0)
	})
}

// BenchmarkGauges is what a scrape costs of the gauges that are about cases, with so many open: a tenth of them in
// danger, nobody has taken any, their deadlines are spread over the next minute. In a backlog all are overdue.
func BenchmarkGauges(b *testing.B) {
	for _, n := range []int{200, 10_000} {
		for _, backlog := range []bool{false, true} {
			f := newFixture(b, routingtest.NewServer(b).Client())
			now := f.now()
			_, err := f.rdb.Pipelined(f.ctx, func(p redis.Pipeliner) error {
				for i := range n {
					id, u := fmt.Sprintf("case%012d", i), triage.Urgent
					if i%10 == 0 {
						u = triage.ImmediateDanger
					}
					due := now.Add(time.Duration(i) * time.Minute / time.Duration(n)).UnixMilli()
					if backlog {
						due -= time.Hour.Milliseconds()
					}
					p.HSet(f.ctx, string(f.shard)+":case:ward:"+id, "v", 1, "open", 1, "due", due)
					p.HSet(f.ctx, string(f.shard)+":open_cases:ward", id, "alerting")
					p.ZAdd(f.ctx, string(f.shard)+":unclaimed:ward:"+string(u), redis.Z{Score: float64(now.UnixMilli() - int64(i)), Member: id})
					p.ZAdd(f.ctx, string(f.shard)+":deadlines", redis.Z{Score: float64(due), Member: "ward/" + id})
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			name := fmt.Sprintf("%d open", n)
			if backlog {
				name += ", backlog"
			}
			b.Run(name+"/OldestUnclaimed", func(b *testing.B) {
				for b.Loop() {
					if ages, err := f.store.OldestUnclaimed(f.ctx, ward); err != nil || len(ages) != 2 {
						b.Fatalf("OldestUnclaimed = %v, %v", ages, err)
					}
				}
			})
			b.Run(name+"/DeadlineOverdue", func(b *testing.B) {
				for b.Loop() {
					if late, err := f.store.DeadlineOverdue(f.ctx); err != nil || backlog && late < 59*time.Minute {
						b.Fatalf("DeadlineOverdue = %v, %v", late, err)
					}
				}
			})
			b.Run(name+"/CaseCounts", func(b *testing.B) {
				for b.Loop() {
					if counts, err := f.store.CaseCounts(f.ctx, ward); err != nil || counts["alerting"] != n {
						b.Fatalf("CaseCounts = %v, %v", counts, err)
					}
				}
			})
		}
	}
}
