package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
)

// newCase makes an open case with calls. Its code and person are its own.
func newCase(id routing.CaseID, legs ...routing.Leg) *routing.Case {
	via, err := phone.ParseE164("+842553800113")
	if err != nil {
		panic(err)
	}
	return &routing.Case{
		ID: id, Line: ward, Code: routing.Code("code-" + id), Person: phone.Key("person-" + id), Via: via, State: routing.Alerting, Legs: legs,
		Deadlines: []routing.Deadline{{Kind: routing.LookAtCalls, At: time.UnixMilli(1_700_000_000_000).UTC()}},
	}
}

// stored stores a case for the first time.
func (f *fixture) stored(c *routing.Case) *routing.Case {
	f.t.Helper()
	f.decided(routing.Decision{Cases: []routing.Change{{After: c}}})
	c.Version = 1
	return c
}

// changed stores a case after a change, and returns it as it is then.
func (f *fixture) changed(c *routing.Case, change func(*routing.Case)) *routing.Case {
	f.t.Helper()
	after := *c
	after.Legs = slices.Clone(c.Legs)
	change(&after)
	f.decided(routing.Decision{Cases: []routing.Change{{Before: c, After: &after}}})
	after.Version++
	return &after
}

// legs is a change of the calls of a case.
func legs(l ...routing.Leg) func(*routing.Case) {
	return func(c *routing.Case) { c.Legs = l }
}

// onPhone asks whether a contact is on the telephone by another leg than one.
func (f *fixture) onPhone(line contacts.LineID, id contacts.ID, but routing.EntryID) bool {
	f.t.Helper()
	on, err := f.store.OnPhone(f.ctx, line, id, but)
	if err != nil {
		f.t.Fatalf("OnPhone = %v, want no error", err)
	}
	return on
}

func (f *fixture) wantLive(when string, persons, helpers int) {
	f.t.Helper()
	p, h, err := f.store.LiveCalls(f.ctx, ward)
	if err != nil || p != persons || h != helpers {
		f.t.Errorf("LiveCalls %s = %d, %d, %v; want %d with persons, %d with contacts", when, p, h, err, persons, helpers)
	}
}

func TestCalls_WhoIsOnTheTelephone(t *testing.T) {
	t.Parallel()
	const lanLeg, personLeg = "case-1.x.c1", "case-1.y.incoming1"
	lan := func(state routing.LegState, call routing.CallID) routing.Leg {
		return routing.Leg{ID: lanLeg, Contact: "lan", Ask: routing.AskTake, State: state, Call: call}
	}
	person := routing.Leg{ID: personLeg, Call: "CAperson", Incoming: true, Ask: routing.AskHelp, State: routing.LegRinging}
	tests := []struct {
		name             string
		change           func(*routing.Case)
		lan              bool
		persons, helpers int
	}{
		{"one that waits to be placed", legs(lan(routing.LegPlacing, "")), false, 0, 0},
		{"it rings", legs(lan(routing.LegRinging, "CAlan")), true, 0, 1},
		{"the person calls", legs(lan(routing.LegRinging, "CAlan"), person), true, 1, 1},
		{"picked up", legs(lan(routing.LegAsked, "CAlan"), person), true, 1, 1},
		{"joined", legs(lan(routing.LegJoined, "CAlan"), person), true, 1, 1},
		{"hears a last sentence", legs(lan(routing.LegEnding, "CAlan"), person), true, 1, 1},
		{"hung up", legs(person), false, 1, 0},
		{"everybody has", legs(), false, 0, 0},
		{"given up before the carrier had it", legs(lan(routing.LegEnding, "")), false, 0, 0},
		{"the carrier had it after all", legs(lan(routing.LegEnding, "CAlan2")), true, 0, 1},
		{"that is over", legs(), false, 0, 0},
		{"again", legs(person, lan(routing.LegAsked, "CAlan3")), true, 1, 1},
		{"the case is closed while they talk", func(c *routing.Case) { c.State, c.Deadlines = routing.Closed, nil }, false, 0, 0},
	}
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		c := f.stored(newCase("case-1"))
		for _, tt := range tests {
			c = f.changed(c, tt.change)
			if got := f.onPhone(ward, "lan", ""); got != tt.lan {
				t.Errorf("%s: OnPhone(lan) = %v, want %v", tt.name, got, tt.lan)
			}
			if f.onPhone(ward, "lan", lanLeg) {
				t.Errorf("%s: OnPhone(lan) = true because of the leg that asks, want false", tt.name)
			}
			if f.onPhone(ward, "hoa", "") || f.onPhone("elsewhere", "lan", "") {
				t.Errorf("%s: OnPhone = true for another contact, or the contact of another line", tt.name)
			}
			f.wantLive("when "+tt.name, tt.persons, tt.helpers)
		}
		if key := string(f.shard) + ":calls:ward"; rdb.Exists(f.ctx, key).Val() != 0 {
			t.Errorf("%s = %q with nobody on the telephone, want no such key", key, f.content(key))
		}
	})
}

// TestCalls_TwoCasesOfOneContact: whoever talks in one case is on the telephone for every other.
func TestCalls_TwoCasesOfOneContact(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		first := f.stored(newCase("case-1", routing.Leg{ID: "case-1.x.c1", Contact: "lan", State: routing.LegJoined, Call: "CA1"}))
		second := f.stored(newCase("case-2", routing.Leg{ID: "case-2.x.c1", Contact: "lan", State: routing.LegPlacing}))
		if !f.onPhone(ward, "lan", "case-2.x.c1") {
			t.Error("OnPhone = false for a call about the second case, want true: they talk about the first")
		}
		f.changed(first, legs())
		if f.onPhone(ward, "lan", "case-2.x.c1") {
			t.Error("OnPhone = true after the first call ended, want false")
		}
		f.changed(second, legs(routing.Leg{ID: "case-2.x.c1", Contact: "lan", State: routing.LegRinging, Call: "CA2"}))
		f.wantLive("after the second rings", 0, 1)
	})
}

func TestCalls_KeysHoldNoContact(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		f.stored(newCase("case-1",
			routing.Leg{ID: "case-1.x.c1", Contact: "lan", State: routing.LegRinging, Call: "CAlan"},
			routing.Leg{ID: "case-1.y.incoming1", State: routing.LegWaiting, Call: "CAperson", Incoming: true}))
		got := map[string]string{}
		for key, content := range f.dump() {
			if strings.Contains(key, ":call:") || strings.Contains(key, ":calls:") {
				got[key] = content
			}
		}
		sh := string(f.shard)
		want := map[string]string{
			sh + ":calls:ward":         fields(map[string]string{"case-1.x.c1": f.keyset.ContactKey(ward, "lan"), "case-1.y.incoming1": "person"}),
			sh + ":call:ward:CAlan":    "case-1.x.c1 expires",
			sh + ":call:ward:CAperson": "case-1.y.incoming1 expires",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("keys of calls (-want +got):\n%s", diff)
		}
		if ttl := rdb.PTTL(f.ctx, sh+":call:ward:CAlan").Val(); ttl < 47*time.Hour || ttl > 48*time.Hour {
			t.Errorf("which leg a call is can be looked up for %v, want 48 h: reports come late", ttl)
		}
	})
}

// TestCalls_RefusedCommitLeavesTheIndex: a commit that came too late says nothing of who is on the telephone.
func TestCalls_RefusedCommitLeavesTheIndex(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		old := f.stored(newCase("case-1", routing.Leg{ID: "case-1.x.c1", Contact: "lan", State: routing.LegRinging, Call: "CA1"}))
		f.changed(old, legs(routing.Leg{ID: "case-1.x.c1", Contact: "lan", State: routing.LegJoined, Call: "CA1"}))
		before := f.dump()
		late := *old
		late.Legs = []routing.Leg{{ID: "case-1.z.c1", Contact: "hoa", State: routing.LegRinging, Call: "CA2"}}
		err := f.store.Commit(f.ctx, f.line, "", f.now(), routing.Decision{Cases: []routing.Change{{Before: old, After: &late}}})
		if !errors.Is(err, routing.ErrStale) {
			t.Errorf("Commit = %v, want %v", err, routing.ErrStale)
		}
		if diff := cmp.Diff(before, f.dump()); diff != "" {
			t.Errorf("a refused commit changed something (-before +after):\n%s", diff)
		}
	})
}

func TestLeg_IsFoundByTheCarriersIDThenByOurs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		leg      routing.EntryID
		call     routing.CallID
		wantCase routing.CaseID
		wantLeg  routing.EntryID
	}{
		{"both", "case-1.x.c1", "CA1", "case-1", "case-1.x.c1"},
		{"the carrier's alone", "", "CA1", "case-1", "case-1.x.c1"},
		{"ours alone", "case-1.x.c1", "", "case-1", "case-1.x.c1"},
		{"ours, and not known yet which call it is", "case-1.z.c1", "CA9", "case-1", "case-1.z.c1"},
		{"ours, of another call", "case-1.x.c1", "CA9", "case-1", ""},
		{"a call that has moved on to another case", "case-1.y.c1", "CAmoved", "case-2", "case-2.x.incoming1"},
		{"a leg that is over", "case-1.gone.c1", "CA8", "case-1", ""},
		{"a case that is not there", "case-9.x.c1", "CA9", "", ""},
		{"a call that is not known", "", "CA9", "", ""},
		{"nothing", "", "", "", ""},
		{"an entry of no case", "none.x.c1", "", "", ""},
	}
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		one := f.stored(newCase("case-1",
			routing.Leg{ID: "case-1.x.c1", Contact: "lan", State: routing.LegRinging, Call: "CA1"},
			routing.Leg{ID: "case-1.z.c1", Contact: "hoa", State: routing.LegPlacing},
			routing.Leg{ID: "case-1.y.c1", Contact: "ca", State: routing.LegAsked, Call: "CAmoved"}))
		// The contact presses 5: the same call is the person's own in a new case, in the same commit.
		two, after := newCase("case-2", routing.Leg{ID: "case-2.x.incoming1", State: routing.LegWaiting, Call: "CAmoved"}), *one
		after.Legs = one.Legs[:2]
		f.decided(routing.Decision{Cases: []routing.Change{{Before: one, After: &after}, {After: two}}})
		f.wantLive("after a call moved", 1, 1)
		for _, tt := range tests {
			c, l, err := f.store.Leg(f.ctx, ward, tt.leg, tt.call)
			var gotCase routing.CaseID
			var gotLeg routing.EntryID
			if c != nil {
				gotCase = c.ID
			}
			if l != nil {
				gotLeg = l.ID
			}
			if err != nil || gotCase != tt.wantCase || gotLeg != tt.wantLeg {
				t.Errorf("%s: Leg(%q, %q) = %q, %q, %v; want %q, %q", tt.name, tt.leg, tt.call, gotCase, gotLeg, err, tt.wantCase, tt.wantLeg)
			}
		}
		if c, l, err := f.store.Leg(f.ctx, "elsewhere", "", "CA1"); c != nil || l != nil || err != nil {
			t.Errorf("Leg of another line = %v, %v, %v; want nothing", c, l, err)
		}
	})
}

// TestLoad_TheCaseOfACall: a report names a call, and with it its case and its person.
func TestLoad_TheCaseOfACall(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		number := f.number("+84935111222")
		c := newCase("case-1", routing.Leg{ID: "case-1.x.incoming1", State: routing.LegWaiting, Call: "CA1", Incoming: true})
		f.decided(routing.Decision{Cases: []routing.Change{{After: c}}, Persons: []routing.Person{{Key: c.Person, Number: number}}})
		l, err := f.store.Load(f.ctx, routing.Query{Line: ward, Call: "CA1"})
		if err != nil {
			t.Fatal(err)
		}
		if l.State.Called == nil || l.State.Called.ID != "case-1" || l.State.Persons[c.Person].Number != number {
			t.Errorf("Load of a call = %v with person known %v, want its case and its person", l.State.Called, l.State.Persons[c.Person].Number == number)
		}
		l, err = f.store.Load(f.ctx, routing.Query{Line: ward, Call: "CA9"})
		if err != nil || l.State.Called != nil {
			t.Errorf("Load of an unknown call = %v, %v; want no case", l.State.Called, err)
		}
	})
}

// ofCall makes an entry about calls to a contact; its case is that of its id.
func (f *fixture) ofCall(id routing.EntryID, p routing.Purpose, to contacts.ID, rank routing.Priority) routing.Send {
	s := routing.Send{
		ID: id, Case: id.Case(), Contact: to, Via: f.number("+842553800113"), Purpose: p, Priority: routing.PriorityCall, Rank: rank,
		At: f.now().Add(-time.Minute), Leg: id,
	}
	return s
}

func (f *fixture) wantTaken(when string, lease time.Duration, want ...string) []store.DueSend {
	f.t.Helper()
	taken := f.takeFor(20, lease)
	got := ids(taken)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.t.Errorf("Take %s = %v, want %v", when, got, want)
	}
	return taken
}

// TestTake_CallsToOneContact: one telephone rings once. Calls to a contact go one after the other whatever
// case they are about, the most urgent first, even one that was decided on later.
func TestTake_CallsToOneContact(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		info := f.ofCall("case-1.x.c1", routing.PurposeCall, "lan", routing.PriorityNormal)
		soon := f.ofCall("case-2.x.c1", routing.PurposeCall, "lan", routing.PriorityUrgent)
		danger := f.ofCall("case-3.x.c1", routing.PurposeCall, "lan", routing.PriorityDanger)
		danger2 := f.ofCall("case-4.x.c1", routing.PurposeCall, "lan", routing.PriorityDanger)
		other := f.ofCall("case-1.x.c2", routing.PurposeCall, "hoa", routing.PriorityNormal)
		f.put(info)
		f.put(other, soon)
		f.put(danger)
		f.put(danger2)
		text := f.alert("case-1.x.a1", "lan", routing.PriorityNormal)
		text.Case, text.Purpose = "case-1", routing.PurposeAlert
		text2 := f.alert("case-2.x.a1", "lan", routing.PriorityUrgent)
		text2.Case, text2.Purpose = "case-2", routing.PurposeAlert
		f.put(text, text2)

		f.wantTaken("with everything waiting", time.Hour, "case-3.x.c1", "case-1.x.c2", "case-1.x.a1", "case-2.x.a1")
		f.wantTaken("while the contact's telephone rings", time.Hour)
		f.done(text) // what is done with a text lets no call go
		f.wantTaken("after a text is done", time.Hour)
		for _, step := range []struct {
			done routing.Send
			next string
		}{{danger, "case-4.x.c1"}, {danger2, "case-2.x.c1"}, {soon, "case-1.x.c1"}} {
			f.done(step.done)
			f.wantTaken("after "+string(step.done.ID)+" is done", time.Hour, step.next)
		}
		f.done(info)
		f.wantTaken("after the last one is done", time.Hour)
	})
}

// TestTake_CallPutBackLetsAMoreUrgentOneGoFirst: while the contact talks, their next call is put back again
// and again. One about danger that is decided on meanwhile goes before it.
func TestTake_CallPutBackLetsAMoreUrgentOneGoFirst(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		f.put(f.ofCall("case-1.x.c1", routing.PurposeCall, "lan", routing.PriorityUrgent))
		taken := f.wantTaken("at first", time.Hour, "case-1.x.c1")
		f.put(f.ofCall("case-2.x.c1", routing.PurposeCall, "lan", routing.PriorityDanger))
		f.wantTaken("while the first is in hand", time.Hour)
		if err := f.store.LaterSend(f.ctx, taken[0], 0, true); err != nil {
			t.Fatal(err)
		}
		if got := ids(f.until(time.Hour)); !slices.Equal(got, []string{"case-2.x.c1"}) {
			t.Errorf("Take after the first was put back = %v, want the one about danger", got)
		}
	})
}

// TestTake_SteeringWaitsForNoCall: what is to be done with a call that is under way waits neither for calls
// to be placed nor for what is to be done with others, only for what came before it about the same call.
func TestTake_SteeringWaitsForNoCall(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	f := newFixture(t, rdb)
	f.put(f.ofCall("case-1.x.c1", routing.PurposeCall, "lan", routing.PriorityUrgent))
	steer := func(id routing.EntryID, p routing.Purpose, leg routing.EntryID) routing.Send {
		s := f.ofCall(id, p, "", routing.PriorityUrgent)
		s.Leg = leg
		return s
	}
	push := steer("case-1.y.u1", routing.PurposePush, "case-1.a.incoming1")
	f.put(push,
		steer("case-1.z.u1", routing.PurposePush, "case-1.a.incoming1"),
		steer("case-1.y.k1", routing.PurposeCancel, "case-1.b.c1"),
		steer("case-1.y.l1", routing.PurposeLook, ""), steer("case-1.z.l1", routing.PurposeLook, ""))
	f.wantTaken("at first", time.Hour, "case-1.x.c1", "case-1.y.u1", "case-1.y.k1", "case-1.y.l1", "case-1.z.l1")
	f.done(push)
	f.wantTaken("after the push", time.Hour, "case-1.z.u1")
}
