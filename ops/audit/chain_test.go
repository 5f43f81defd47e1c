package audit_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing/routingtest"
)

const (
	stream = "hotline:audit"
	head   = "{hotline:audit}:head"
)

func verify(t testing.TB, log *audit.Log, known ...audit.Head) audit.Report {
	t.Helper()
	r, err := log.Verify(t.Context(), known...)
	if err != nil {
		t.Fatalf("Verify = %v, want no error", err)
	}
	return r
}

// rewrite replaces the whole stream, as whoever can write to Redis is able to.
func rewrite(ctx context.Context, rdb redis.UniversalClient, change func([]redis.XMessage) []redis.XMessage) {
	messages := change(rdb.XRange(ctx, stream, "-", "+").Val())
	rdb.Del(ctx, stream)
	for _, m := range messages {
		rdb.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: m.Values})
	}
}

// Every way of tampering with the log of six entries is noticed, and where.
func TestVerify_NoticesTampering(t *testing.T) {
	t.Parallel()
	type messages = []redis.XMessage
	without := func(from, to int) func(messages) messages {
		return func(m messages) messages { return append(append(messages{}, m[:from]...), m[to:]...) }
	}
	set := func(i int, name, value string) func(messages) messages {
		return func(m messages) messages { m[i].Values[name] = value; return m }
	}
	tests := []struct {
		name   string
		change func(messages) messages
		head   map[string]any // what the head is set to; empty map: deleted
		want   []audit.Fault
	}{
		{"nothing", func(m messages) messages { return m }, nil, nil},
		{"an actor", set(2, "actor", "hoa"), nil, []audit.Fault{{Kind: audit.FaultChanged, From: 3, To: 3}}},
		{"a time", set(0, "at_unix_ms", "1"), nil, []audit.Fault{{Kind: audit.FaultChanged, From: 1, To: 1}}},
		{"a reason", set(5, "reason", "x"), nil, []audit.Fault{{Kind: audit.FaultChanged, From: 6, To: 6}}},
		{"a field more", set(3, "undone", "yes"), nil, []audit.Fault{{Kind: audit.FaultChanged, From: 4, To: 4}}},
		{"the hash", set(3, "mac", "AAAA"), nil, []audit.Fault{{Kind: audit.FaultChanged, From: 4, To: 4}, {Kind: audit.FaultChanged, From: 5, To: 5}}},
		{"the number", set(3, "n", "9"), nil, []audit.Fault{{Kind: audit.FaultChanged, From: 4, To: 4}}},
		{"a number that is none", set(3, "n", "x"), nil, []audit.Fault{{Kind: audit.FaultChanged, From: 4, To: 4}, {Kind: audit.FaultMissing, From: 4, To: 4}}},
		{"text moved between fields", func(m messages) messages {
			m[1].Values["actor"], m[1].Values["case"] = "la", "n"
			return m
		}, nil, []audit.Fault{{Kind: audit.FaultChanged, From: 2, To: 2}}},
		{"one taken out", without(2, 3), nil, []audit.Fault{{Kind: audit.FaultMissing, From: 3, To: 3}}},
		{"three taken out", without(1, 4), nil, []audit.Fault{{Kind: audit.FaultMissing, From: 2, To: 4}}},
		{"the beginning cut off", without(0, 2), nil, []audit.Fault{{Kind: audit.FaultMissing, From: 1, To: 2}}},
		{"the end cut off", without(4, 6), nil, []audit.Fault{{Kind: audit.FaultMissing, From: 5, To: 6}}},
		{"everything cut off", without(0, 6), nil, []audit.Fault{{Kind: audit.FaultMissing, From: 1, To: 6}}},
		{"the end cut off and its head gone", without(4, 6), map[string]any{}, []audit.Fault{{Kind: audit.FaultHead, From: 4, To: 4}}},
		{"the head made up", func(m messages) messages { return m }, map[string]any{"n": "6", "mac": "AAAA"}, []audit.Fault{{Kind: audit.FaultHead, From: 6, To: 6}}},
		{"the head unreadable", func(m messages) messages { return m }, map[string]any{"n": "six", "mac": "AAAA"}, []audit.Fault{{Kind: audit.FaultHead, From: 6, To: 6}}},
		{"one repeated", func(m messages) messages { return append(m, m[1]) }, nil, []audit.Fault{{Kind: audit.FaultRepeated, From: 2, To: 2}}},
		{"two exchanged", func(m messages) messages { m[2], m[3] = m[3], m[2]; return m }, nil,
			[]audit.Fault{{Kind: audit.FaultMissing, From: 3, To: 3}, {Kind: audit.FaultRepeated, From: 3, To: 3}}},
		{"one without a hash among the others", func(m messages) messages {
			plain := redis.XMessage{Values: map[string]any{"actor": "x", "action": "export", "line": "ward"}}
			return append(m[:3:3], append(messages{plain}, m[3:]...)...)
		}, nil, []audit.Fault{{Kind: audit.FaultUnchained, From: 3, To: 3}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rdb, _ := routingtest.NewRedis(t)
			log := audit.NewLog(rdb, newKeyset(t))
			for range 6 {
				record(t, log, reveal)
			}
			rewrite(t.Context(), rdb, tt.change)
			if tt.head != nil {
				rdb.Del(t.Context(), head)
			}
			if len(tt.head) > 0 {
				rdb.HSet(t.Context(), head, tt.head)
			}
			r := verify(t, log)
			if diff := cmp.Diff(tt.want, r.Faults, cmpopts.IgnoreFields(audit.Fault{}, "ID")); diff != "" {
				t.Errorf("Verify after %s was changed (-want +got):\n%s", tt.name, diff)
			}
			if r.OK() != (len(tt.want) == 0) || r.Broken != int64(len(tt.want)) {
				t.Errorf("Verify: OK %v with %d faults of %d", r.OK(), r.Broken, len(tt.want))
			}
		})
	}
}

// Who has Redis but not the keyset cannot go on with the chain, however well they know how it is made.
func TestVerify_AnotherKeysetCannotForge(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	log := audit.NewLog(rdb, newKeyset(t))
	record(t, log, reveal, reveal)
	record(t, audit.NewLog(rdb, newKeyset(t)), reveal)
	if r := verify(t, log); len(r.Faults) != 1 || r.Faults[0].Kind != audit.FaultChanged || r.Faults[0].From != 3 {
		t.Errorf("Verify = %+v, want entry 3 named", r)
	}
}

// A log that was set back to an earlier state of itself is noticed by whoever noted a later head.
func TestVerify_KnownHeads(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	keyset := newKeyset(t)
	log := audit.NewLog(rdb, keyset)
	record(t, log, reveal, reveal)
	early := verify(t, log).Head
	backupHead := rdb.HGetAll(t.Context(), head).Val()
	record(t, log, reveal, reveal)
	late := verify(t, log).Head
	if r := verify(t, log, early, late); !r.OK() || late.Number != 4 {
		t.Fatalf("Verify with the heads noted = %+v, want no fault", r)
	}
	rewrite(t.Context(), rdb, func(m []redis.XMessage) []redis.XMessage { return m[:2] })
	rdb.HSet(t.Context(), head, backupHead)
	if r := verify(t, log, early); !r.OK() {
		t.Fatalf("Verify of a log set back = %+v; from inside nothing can be seen", r)
	}
	if r := verify(t, log, late); len(r.Faults) != 1 || r.Faults[0].Kind != audit.FaultKnown || r.Faults[0].From != 4 {
		t.Errorf("Verify with the later head = %+v, want it to be missed", r)
	}
	// Written anew up to the same number, it is still another log.
	fresh := audit.NewLog(rdb, keyset)
	record(t, fresh, audit.Entry{Actor: "hoa", Action: audit.Export, Line: "ward"}, reveal)
	if r := verify(t, log, late); len(r.Faults) != 1 || r.Faults[0].Kind != audit.FaultKnown || r.Faults[0].ID == "" {
		t.Errorf("Verify of a log written anew = %+v, want entry 4 to be another", r)
	}
	// A process that still believes in its own entry 4 goes on after the one that is there.
	record(t, log, reveal)
	if r := verify(t, log); !r.OK() || r.Entries != 5 {
		t.Errorf("Verify after a process with another newest entry wrote = %+v, want no fault", r)
	}
}

func TestVerify_ChainBeginsAfterOlderEntries(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	log := audit.NewLog(rdb, newKeyset(t))
	if r := verify(t, log); !r.OK() || r.Entries != 0 || r.Head != (audit.Head{}) {
		t.Errorf("Verify of no log = %+v", r)
	}
	for i := range 3 {
		rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, Values: []any{
			"actor", "root", "action", "reveal_line", "line", "ward", "case", "", "at_unix_ms", strconv.Itoa(1_700_000_000_000 + i),
		}})
	}
	record(t, log, reveal, reveal)
	if r := verify(t, log); !r.OK() || r.Older != 3 || r.Entries != 2 || r.Head.Number != 2 {
		t.Errorf("Verify = %+v, want 3 older entries and a chain of 2", r)
	}
	got, err := log.Read(t.Context(), "", 10)
	if err != nil || len(got) != 5 || got[0].Number != 0 || got[0].Actor != "root" || got[0].At.UnixMilli() != 1_700_000_000_000 || got[3].Number != 1 {
		t.Errorf("Read = %+v, %v; want the older entries before the chain", got, err)
	}
}

// More than a page, on a real Redis.
func TestVerify_ManyPages(t *testing.T) {
	t.Parallel()
	rdb := routingtest.NewServer(t).Client()
	log := audit.NewLog(rdb, newKeyset(t))
	for range 2000 { // exactly two pages
		record(t, log, reveal)
	}
	if r := verify(t, log); !r.OK() || r.Entries != 2000 {
		t.Fatalf("Verify = %+v, want 2000 entries", r)
	}
	var ids []string
	for _, m := range rdb.XRangeN(t.Context(), stream, "-", "+", 1500).Val()[999:] {
		ids = append(ids, m.ID)
	}
	rdb.XDel(t.Context(), stream, ids...)
	r := verify(t, log)
	if want := []audit.Fault{{Kind: audit.FaultMissing, From: 1000, To: 1500}}; cmp.Diff(want, r.Faults) != "" {
		t.Errorf("Verify = %+v, want 1000 to 1500 missing", r.Faults)
	}
	for range 300 { // every one of them a fault
		rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, Values: []any{"actor", "x"}})
	}
	if r := verify(t, log); r.Broken != 301 || len(r.Faults) != 100 {
		t.Errorf("Verify = %d faults, %d of them kept; want 301 and 100", r.Broken, len(r.Faults))
	}
}
