package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

const ward contacts.LineID = "ward"

// onBoth runs a test on Redis in memory and on the real one, alone and as a cluster.
func onBoth(t *testing.T, test func(*testing.T, redis.UniversalClient)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		rdb, _ := routingtest.NewRedis(t)
		test(t, rdb)
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		test(t, routingtest.NewServer(t).Client())
	})
	t.Run("cluster", func(t *testing.T) { cluster.on(t, test) })
}

// fixture is a store with one line in it.
type fixture struct {
	t      testing.TB
	ctx    context.Context
	rdb    redis.UniversalClient
	keyset *seal.Keyset
	shard  contactstore.Shard
	store  *store.Store
	line   *routing.Line
	texts  int
}

func newFixture(t testing.TB, rdb redis.UniversalClient) *fixture {
	t.Helper()
	ctx := context.Background()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	shards, err := contactstore.CheckShards(ctx, rdb, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, ctx: ctx, rdb: rdb, keyset: keyset, shard: shards.Of(ward), store: store.New(rdb, shards, keyset)}
	generation, err := contactstore.New(rdb, shards, keyset).Put(ctx, ward, 0, []byte("a line file"))
	if err != nil {
		t.Fatal(err)
	}
	f.line = f.makeLine(generation)
	return f
}

func (f *fixture) makeLine(generation int64) *routing.Line {
	list := []contacts.Contact{
		f.contact("lan", contacts.TrustedAddress, "+84905000001"),
		f.contact("hoa", contacts.TrustedAddress, "+84905000002"),
		f.contact("ca", contacts.Police, "+84905000003"),
	}
	key := func(n phone.Number) phone.Key { return f.keyset.PhoneKey(ward, n) }
	steps := []routing.Step{{Notify: []contacts.Kind{contacts.TrustedAddress}, Wait: time.Minute}, {Notify: []contacts.Kind{contacts.Police}, Wait: time.Minute}}
	return &routing.Line{
		ID: ward, Tag: "PM", Name: "Ward", Language: texts.Vietnamese,
		Directory: contacts.NewDirectory(list, key),
		Roster:    roster.Roster{Zone: time.UTC, Always: []contacts.ID{"lan", "hoa", "ca"}},
		Triage:    triage.New(triage.CodeWords{}),
		Policy: routing.Policy{Steps: map[routing.PolicyKey][]routing.Step{
			{Urgency: triage.ImmediateDanger}: steps, {Urgency: triage.Urgent}: steps, {Urgency: triage.Information}: steps,
		}},
		Generation: generation,
	}
}

func (f *fixture) contact(id contacts.ID, kind contacts.Kind, number string) contacts.Contact {
	return contacts.Contact{ID: id, Name: contacts.Conceal("Tên " + string(id)), Kind: kind, Phone: f.number(number), Channels: []contacts.Channel{contacts.SMS}}
}

func (f *fixture) number(s string) phone.Number {
	f.t.Helper()
	n, err := phone.ParseE164(s)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// text makes an inbound text with an id of its own.
func (f *fixture) text(from, body string) routing.Text {
	f.texts++
	n := f.number(from)
	return routing.Text{
		SID: routing.EventID(fmt.Sprintf("SM%03d", f.texts)), From: n, To: f.number("+842553800113"), Key: f.keyset.PhoneKey(ward, n),
		Body: contacts.Conceal(body), At: time.Now(),
	}
}

func (f *fixture) query(e routing.Text) routing.Query {
	q := routing.Query{Line: ward, Event: e.SID, Sender: e.Key, Codes: routing.NewCodes(rand.IntN)}
	if c, ok := f.line.Directory.ByPhone(e.Key); ok {
		q.Contact = c.ID
	}
	return q
}

// decide loads and decides without committing.
func (f *fixture) decide(e routing.Text) (routing.Loaded, routing.Decision) {
	f.t.Helper()
	l, err := f.store.Load(f.ctx, f.query(e))
	if err != nil {
		f.t.Fatalf("Load = %v, want no error", err)
	}
	return l, routing.Decide(l.State, e, routing.World{Now: l.Now, Line: f.line, Code: l.Code, Woken: l.Woken})
}

// commit loads, decides and commits; the decision is returned.
func (f *fixture) commit(e routing.Text) routing.Decision {
	f.t.Helper()
	l, d := f.decide(e)
	if err := f.store.Commit(f.ctx, f.line, e.SID, l.Now, d); err != nil {
		f.t.Fatalf("Commit(%s) = %v, want no error", d.Reason, err)
	}
	return d
}

// dump renders every key and its content, with sealed and timed parts replaced by marks.
func (f *fixture) dump() map[string]string {
	f.t.Helper()
	out := map[string]string{}
	for _, key := range f.keys() {
		out[key] = f.content(key)
	}
	return out
}

func (f *fixture) keys() []string {
	f.t.Helper()
	keys, err := allKeys(f.ctx, f.rdb)
	if err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func (f *fixture) content(key string) string {
	f.t.Helper()
	kind, err := f.rdb.Type(f.ctx, key).Result()
	if err != nil {
		f.t.Fatal(err)
	}
	switch kind {
	case "string":
		ttl := ""
		if f.rdb.PTTL(f.ctx, key).Val() > 0 {
			ttl = " expires"
		}
		return mark(f.rdb.Get(f.ctx, key).Val()) + ttl
	case "hash":
		fields := f.rdb.HGetAll(f.ctx, key).Val()
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			parts = append(parts, name+"="+mark(fields[name]))
		}
		return strings.Join(parts, " ")
	case "set":
		members := f.rdb.SMembers(f.ctx, key).Val()
		slices.Sort(members)
		return strings.Join(members, " ")
	case "zset":
		var parts []string
		for _, z := range f.rdb.ZRangeWithScores(f.ctx, key, 0, -1).Val() {
			parts = append(parts, fmt.Sprint(z.Member))
		}
		return strings.Join(parts, " ")
	case "list":
		return fmt.Sprintf("%d entries", f.rdb.LLen(f.ctx, key).Val())
	case "stream":
		return fmt.Sprintf("%d entries", f.rdb.XLen(f.ctx, key).Val())
	}
	f.t.Fatalf("key of unknown type %s", kind)
	return ""
}

// mark replaces what is sealed, and instants, by what they are.
func mark(v string) string {
	if len(v) == 13 && strings.Trim(v, "0123456789") == "" {
		return "<ms>"
	}
	for _, r := range v {
		if r < ' ' || r > '~' {
			return "<sealed>"
		}
	}
	return v
}

func TestCommit_OpensACase(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		e := f.text("+84935111222", "chồng em đánh em, em sợ quá")
		d := f.commit(e)
		c := d.Cases[0].After
		id, sh, person, p := string(c.ID), string(f.shard), string(e.Key), d.Sends[0].Priority.String()
		lan, hoa := f.keyset.ContactKey(ward, "lan"), f.keyset.ContactKey(ward, "hoa")
		entry := func(n int) string { return string(d.Sends[n].ID) }
		if len(d.Sends) != 3 {
			t.Fatalf("opening a case sends %d messages, want two alerts and a first reply", len(d.Sends))
		}
		lanes := map[contacts.ID]string{"lan": "ward/c/" + lan, "hoa": "ward/c/" + hoa, "": "ward/p/" + person}
		var places []string
		for i, s := range d.Sends {
			places = append(places, fmt.Sprintf("%s/%s %016d %s", lanes[s.Contact], id, i+1, s.ID))
		}
		want := map[string]string{
			"hotline:shards":                    "4",
			"hotline:lines":                     "ward",
			sh + ":directory:ward":              "changed_unix_ms=<ms> file=<sealed> generation=1",
			sh + ":case:ward:" + id:             "d=<sealed> due=<ms> open=1 v=1",
			sh + ":person:ward:" + person:       "d=<sealed> k=<sealed> v=1",
			sh + ":open_by_phone:ward":          person + "=" + id,
			sh + ":contact_cases:ward:" + lan:   id + "=" + person,
			sh + ":contact_cases:ward:" + hoa:   id + "=" + person,
			sh + ":open_cases:ward":             id + "=alerting",
			sh + ":unclaimed:ward:urgent":       id,
			sh + ":code:ward:" + string(c.Code): id,
			sh + ":woken:ward":                  fields(map[string]string{hoa: "<ms>", lan: "<ms>"}),
			sh + ":words:ward:" + id + ":p1":    "<sealed>",
			sh + ":seen:ward:SM001":             "1 expires",
			sh + ":journal":                     "1 entries",
			sh + ":trace:ward:" + id:            "1 entries",
			sh + ":deadlines":                   "ward/" + id,
			sh + ":lanes:" + p:                  joinSorted("ward/c/"+lan+"/"+id, "ward/c/"+hoa+"/"+id, "ward/p/"+person+"/"+id),
			sh + ":queues:" + p:                 joinSorted(places...),
			sh + ":sequence":                    "3",
			sh + ":waiting:" + p:                joinSorted(entry(0), entry(1), entry(2)),
			sh + ":entries":                     fields(map[string]string{entry(0): "<sealed>", entry(1): "<sealed>", entry(2): "<sealed>"}),
		}
		if diff := cmp.Diff(want, f.dump()); diff != "" {
			t.Errorf("keys after a first text (-want +got):\n%s", diff)
		}
		due, ok := c.NextDeadline()
		score := rdb.ZScore(f.ctx, sh+":deadlines", "ward/"+id).Val()
		if !ok || int64(score) != due.At.UnixMilli() || rdb.HGet(f.ctx, sh+":case:ward:"+id, "due").Val() != fmt.Sprint(due.At.UnixMilli()) {
			t.Errorf("agenda has the case due at %v, its record says %v", int64(score), due.At.UnixMilli())
		}
	})
}

func joinSorted(v ...string) string {
	slices.Sort(v)
	return strings.Join(v, " ")
}

func fields(m map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+"="+m[name])
	}
	return strings.Join(parts, " ")
}

// TestCommit_RefusesAndChangesNothing lets something happen between loading and committing.
func TestCommit_RefusesAndChangesNothing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// prepare brings about the state; it returns the commit that is to be refused.
		prepare func(*fixture) func() error
		want    error
	}{
		{"the same event again", func(f *fixture) func() error {
			e := f.text("+84935111222", "cứu em với")
			l, d := f.decide(e)
			f.commit(e)
			return func() error { return f.store.Commit(f.ctx, f.line, e.SID, l.Now, d) }
		}, routing.ErrDuplicate},
		{"two first texts of one phone", func(f *fixture) func() error {
			e := f.text("+84935111222", "cứu em với")
			l, d := f.decide(e)
			f.commit(f.text("+84935111222", "chị ơi"))
			return func() error { return f.store.Commit(f.ctx, f.line, e.SID, l.Now, d) }
		}, routing.ErrStale},
		{"two contacts take one case", func(f *fixture) func() error {
			f.commit(f.text("+84935111222", "cứu em với"))
			e := f.text("+84905000001", "1")
			l, d := f.decide(e)
			f.commit(f.text("+84905000002", "1"))
			return func() error { return f.store.Commit(f.ctx, f.line, e.SID, l.Now, d) }
		}, routing.ErrStale},
		{"two cases get one code", func(f *fixture) func() error {
			e := f.text("+84935111222", "cứu em với")
			l, d := f.decide(e)
			other, od := f.decide(f.text("+84935111333", "cứu em với"))
			od.Cases[0].After.Code = d.Cases[0].After.Code
			if err := f.store.Commit(f.ctx, f.line, "SM900", other.Now, od); err != nil {
				f.t.Fatal(err)
			}
			return func() error { return f.store.Commit(f.ctx, f.line, e.SID, l.Now, d) }
		}, routing.ErrStale},
		{"the line file changed", func(f *fixture) func() error {
			e := f.text("+84935111222", "cứu em với")
			l, d := f.decide(e)
			shards, err := contactstore.CheckShards(f.ctx, f.rdb, 0)
			if err != nil {
				f.t.Fatal(err)
			}
			if _, err := contactstore.New(f.rdb, shards, f.keyset).Put(f.ctx, ward, f.line.Generation, []byte("another")); err != nil {
				f.t.Fatal(err)
			}
			return func() error { return f.store.Commit(f.ctx, f.line, e.SID, l.Now, d) }
		}, routing.ErrStaleLine},
		{"an open case without a deadline", func(f *fixture) func() error {
			e := f.text("+84935111222", "cứu em với")
			l, d := f.decide(e)
			d.Cases[0].After.Deadlines = nil
			return func() error { return f.store.Commit(f.ctx, f.line, e.SID, l.Now, d) }
		}, routing.ErrNoDeadline},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
				f := newFixture(t, rdb)
				commit := tt.prepare(f)
				before := f.dump()
				if err := commit(); !errors.Is(err, tt.want) {
					t.Errorf("Commit = %v, want %v", err, tt.want)
				}
				if diff := cmp.Diff(before, f.dump()); diff != "" {
					t.Errorf("a refused commit changed something (-before +after):\n%s", diff)
				}
			})
		})
	}
}

func TestLoad_FindsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		first := f.commit(f.text("+84935111222", "chồng đánh em, em đang trốn trong tủ"))
		f.commit(f.text("+84905000001", "1"))
		again := f.text("+84935111222", "nhanh lên")
		l, err := f.store.Load(f.ctx, f.query(again))
		if err != nil {
			t.Fatal(err)
		}
		own := l.State.Own
		if own == nil || own.ID != first.Cases[0].After.ID || own.Version != 2 || own.Holder != "lan" || own.State != routing.Claimed {
			t.Fatalf("Load of a known phone = %+v, want its case, held by lan, at version 2", own)
		}
		person := l.State.Persons[again.Key]
		if person.Number != again.From || !person.Hiding || person.Version == 0 {
			t.Errorf("Load of a known phone: number kept %v, hiding %v, version %d; want all", person.Number == again.From, person.Hiding, person.Version)
		}
		contact, err := f.store.Load(f.ctx, f.query(f.text("+84905000001", "XONG")))
		if err != nil {
			t.Fatal(err)
		}
		if len(contact.State.Cases) != 1 || contact.State.Persons[again.Key].Number != again.From {
			t.Errorf("Load of the holder = %d cases, want the one held, with its person", len(contact.State.Cases))
		}
		if want := 2; len(contact.Woken) != want {
			t.Errorf("Load: %d contacts woken, want %d", len(contact.Woken), want)
		}
		same := first.Cases[0].After.Code
		fresh, err := f.store.Load(f.ctx, routing.Query{Line: ward, Codes: []routing.Code{same, "Z9"}})
		if err != nil || fresh.Code != "Z9" {
			t.Errorf("Load offers code %q, %v; want the free one", fresh.Code, err)
		}
	})
}

func TestCommit_ClosingFreesPhoneAndLimitsWords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		d := f.commit(f.text("+84935111222", "chồng em đánh em"))
		f.commit(f.text("+84905000001", "1"))
		f.commit(f.text("+84905000001", "chị đang ở đâu"))
		f.commit(f.text("+84905000001", "XONG"))
		id, sh := string(d.Cases[0].After.ID), string(f.shard)
		got := f.dump()
		for key, want := range map[string]string{
			sh + ":case:ward:" + id:                            "d=<sealed> due= open=0 v=4",
			sh + ":open_by_phone:ward":                         "",
			sh + ":open_cases:ward":                            "",
			sh + ":deadlines":                                  "",
			sh + ":code:ward:" + string(d.Cases[0].After.Code): id + " expires",
			sh + ":words:ward:" + id + ":p1":                   "<sealed> expires",
		} {
			if got[key] != want {
				t.Errorf("after closing, %s = %q, want %q", key, got[key], want)
			}
		}
		again := f.commit(f.text("+84935111222", "lại nữa rồi"))
		if again.Reason != routing.ReasonOpened || again.Cases[0].After.Code == d.Cases[0].After.Code {
			t.Errorf("a text after closing: %s with code reused %v, want a new case with a new code", again.Reason, again.Cases[0].After.Code == d.Cases[0].After.Code)
		}
	})
}

// BenchmarkCommit measures storing a first text: person, case, words, two alerts and a reply, on a real
// redis-server with appendfsync always.
func BenchmarkCommit(b *testing.B) {
	f := newFixture(b, routingtest.NewServer(b).Client())
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		e := f.text(fmt.Sprintf("+84938%06d", i), "chồng em đánh em")
		l, d := f.decide(e)
		b.StartTimer()
		if err := f.store.Commit(f.ctx, f.line, e.SID, l.Now, d); err != nil {
			b.Fatalf("Commit = %v, want no error", err)
		}
	}
}
