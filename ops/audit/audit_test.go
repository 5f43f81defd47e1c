package audit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing/routingtest"
)

func newKeyset(t testing.TB) *seal.Keyset {
	t.Helper()
	k, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var reveal = audit.Entry{Actor: "lan", Action: audit.RevealLine, Line: "ward"}

// record writes entries and fails the test if one cannot be written.
func record(t testing.TB, log *audit.Log, entries ...audit.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := log.Record(t.Context(), e); err != nil {
			t.Fatalf("Record(%s) = %v, want no error", e.Action, err)
		}
	}
}

func TestRecord_WritesWhoDidWhat(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	ctx := t.Context()
	record(t, audit.NewLog(rdb, newKeyset(t)), audit.Entry{Actor: "root", Action: audit.RevealLine, Line: "ward"})
	got := rdb.XRange(ctx, "hotline:audit", "-", "+").Val()
	if len(got) != 1 || got[0].Values["actor"] != "root" || got[0].Values["action"] != "reveal_line" || got[0].Values["line"] != "ward" {
		t.Errorf("audit log = %v, want the one access", got)
	}
}

func TestRecord_RefusesWhatDoesNotSayWhoDidWhat(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	log := audit.NewLog(rdb, newKeyset(t))
	for name, e := range map[string]audit.Entry{
		"no actor":             {Action: audit.RevealLine, Line: "ward"},
		"no action":            {Actor: "lan", Line: "ward"},
		"no line":              {Actor: "lan", Action: audit.Export},
		"words of no case":     {Actor: "lan", Action: audit.RevealWords, Line: "ward"},
		"order on no case":     {Actor: "lan", Action: audit.Order, Line: "ward", Detail: "alert"},
		"sign in of nobody":    {Action: audit.SignIn},
		"an account by nobody": {Action: audit.UserAdd, Detail: "hoa"},
	} {
		if err := log.Record(t.Context(), e); !errors.Is(err, audit.ErrIncomplete) {
			t.Errorf("Record(%s) = %v, want ErrIncomplete", name, err)
		}
	}
	if n := rdb.XLen(t.Context(), "hotline:audit").Val(); n != 0 {
		t.Errorf("%d entries were written, want none", n)
	}
	record(t, log, audit.Entry{Actor: "lan", Action: audit.SignIn}) // concerns no line
}

func TestRecord_FailsLoudly(t *testing.T) {
	t.Parallel()
	rdb, server := routingtest.NewRedis(t)
	log := audit.NewLog(rdb, newKeyset(t))
	record(t, log, reveal)
	server.SetError("READONLY")
	if err := log.Record(t.Context(), reveal); err == nil {
		t.Error("Record while Redis refuses = nil, want an error")
	}
	server.SetError("")
	record(t, log, reveal)
	if r := verify(t, log); !r.OK() || r.Entries != 2 {
		t.Errorf("Verify after a failure = %+v, want two entries and no fault", r)
	}
}

// A writer that has to wait gives up with its context, and leaves the log usable.
func TestRecord_WaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		hang := &hanging{release: make(chan struct{})}
		rdb.AddHook(hang)
		log := audit.NewLog(rdb, newKeyset(t))
		first := make(chan error, 1)
		go func() { first <- log.Record(context.Background(), reveal) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := log.Record(ctx, reveal); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Record behind one that hangs = %v, want DeadlineExceeded", err)
		}
		close(hang.release)
		if err := <-first; err != nil {
			t.Errorf("Record after Redis came back = %v, want no error", err)
		}
		record(t, log, reveal)
	})
}

// hanging is a Redis that answers once it is released.
type hanging struct{ release chan struct{} }

func (h *hanging) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *hanging) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		<-h.release
		return next(ctx, cmd)
	}
}

func (h *hanging) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestRead_GivesBackWhatWasRecorded(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	keyset := newKeyset(t)
	log := audit.NewLog(rdb, keyset)
	want := []audit.Entry{
		{Actor: "lan", Action: audit.SignIn, Reason: contacts.Conceal("203.0.113.7")},
		{Actor: "lan", Action: audit.RevealWords, Line: "ward", Case: "c1", Reason: contacts.Conceal("chị Hoa hỏi lại địa chỉ")},
		{Actor: "lan", Action: audit.Order, Line: "ward", Case: "c1", Detail: "hand_over"},
	}
	record(t, log, want...)
	got, err := log.Read(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	var entries []audit.Entry
	for i, r := range got {
		if r.Number != int64(i+1) || r.Unreadable || time.Since(r.At) > time.Minute {
			t.Errorf("Read: entry %d has number %d, time %v, unreadable %v", i+1, r.Number, r.At, r.Unreadable)
		}
		entries = append(entries, r.Entry)
	}
	if diff := cmp.Diff(want, entries, cmp.Comparer(func(a, b contacts.Private) bool { return a == b })); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
	dump := fmt.Sprint(rdb.XRange(t.Context(), "hotline:audit", "-", "+").Val())
	for _, private := range []string{"203.0.113.7", "chị Hoa", "địa chỉ"} {
		if strings.Contains(dump, private) {
			t.Errorf("the log holds %q in the clear", private)
		}
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", slog.Any("record", got[1]))
	if printed := fmt.Sprintf("%v %+v %#v %s", got[1], got[1], got[1], logged.String()); strings.Contains(printed, "chị Hoa") {
		t.Error("a record prints its reason")
	}
	// Whoever looks for entries is not shown reasons, and has those of what is found.
	found, _, err := log.Newest(t.Context(), "", 10, func(r audit.Record) bool {
		if !r.Reason.Empty() {
			t.Errorf("Newest opens the reason of entry %d before it is wanted", r.Number)
		}
		return r.Action == audit.RevealWords
	})
	if err != nil || len(found) != 1 || found[0].Entry != want[1] {
		t.Errorf("Newest of words = %+v, %v; want entry 2 with its reason", found, err)
	}
	// Another keyset reads the entry but not the reason.
	other, err := audit.NewLog(rdb, newKeyset(t)).Read(t.Context(), "", 10)
	if err != nil || len(other) != 3 || !other[1].Unreadable || !other[1].Reason.Empty() || other[2].Unreadable || other[1].Actor != "lan" {
		t.Errorf("Read with another keyset = %+v, %v; want all but the reasons", other, err)
	}
}

func TestRead_Pages(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	log := audit.NewLog(rdb, newKeyset(t))
	if got, next, err := log.Newest(t.Context(), "", 5, nil); len(got) != 0 || next != "" || err != nil {
		t.Errorf("Newest of an empty log = %v, %q, %v", got, next, err)
	}
	for i := range 7 {
		line := "ward"
		if i%3 == 0 {
			line = "other"
		}
		record(t, log, audit.Entry{Actor: "lan", Action: audit.Export, Line: line})
	}
	numbers := func(list []audit.Record) (n []int64) {
		for _, r := range list {
			n = append(n, r.Number)
		}
		return n
	}
	var forward []int64
	for after := ""; ; {
		page, err := log.Read(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		forward, after = append(forward, numbers(page)...), page[len(page)-1].ID
	}
	if diff := cmp.Diff([]int64{1, 2, 3, 4, 5, 6, 7}, forward); diff != "" {
		t.Errorf("Read in pages of 3 (-want +got):\n%s", diff)
	}
	for name, tt := range map[string]struct {
		want func(audit.Record) bool
		n    int
		all  []int64
	}{
		"all":      {nil, 3, []int64{7, 6, 5, 4, 3, 2, 1}},
		"ward":     {audit.Lines("ward"), 1, []int64{6, 5, 3, 2}},
		"both":     {audit.Lines("ward", "other"), 2, []int64{7, 6, 5, 4, 3, 2, 1}},
		"no line":  {audit.Lines(), 2, nil},
		"one page": {audit.Lines("other"), 100, []int64{7, 4, 1}},
	} {
		var got []int64
		for before := ""; ; {
			page, next, err := log.Newest(t.Context(), before, tt.n, tt.want)
			if err != nil || len(page) > tt.n {
				t.Fatalf("Newest(%s) = %d entries, %v", name, len(page), err)
			}
			if got = append(got, numbers(page)...); next == "" {
				break
			}
			before = next
		}
		if diff := cmp.Diff(tt.all, got); diff != "" {
			t.Errorf("Newest(%s) in pages of %d (-want +got):\n%s", name, tt.n, diff)
		}
	}
}

// Replicas that write at the same time make one chain, on a real Redis.
func TestRecord_ReplicasAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	server := routingtest.NewServer(t)
	keyset := newKeyset(t)
	const replicas, writers, each = 4, 4, 25
	var all sync.WaitGroup
	for range replicas {
		log := audit.NewLog(server.Client(), keyset)
		for range writers {
			all.Go(func() {
				for range each {
					if err := log.Record(context.Background(), reveal); err != nil {
						t.Errorf("Record = %v, want no error", err)
					}
				}
			})
		}
	}
	all.Wait()
	if r := verify(t, audit.NewLog(server.Client(), keyset)); !r.OK() || r.Entries != replicas*writers*each || r.Head.Number != r.Entries {
		t.Errorf("Verify = %+v, want %d entries without a fault", r, replicas*writers*each)
	}
}

func BenchmarkRecord(b *testing.B) {
	log := audit.NewLog(routingtest.NewServer(b).Client(), newKeyset(b))
	entry := reveal
	entry.Reason = contacts.Conceal("gọi lại để hỏi địa chỉ")
	for b.Loop() {
		if err := log.Record(b.Context(), entry); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	log := audit.NewLog(routingtest.NewServer(b).Client(), newKeyset(b))
	const entries = 2000
	for range entries {
		record(b, log, reveal)
	}
	for b.Loop() {
		if r, err := log.Verify(b.Context()); err != nil || r.Entries != entries {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkNewest_NothingWanted is a page of a long log that asks for what there is none of: all that is looked
// through at once, of which every fifth entry has a reason.
func BenchmarkNewest_NothingWanted(b *testing.B) {
	log := audit.NewLog(routingtest.NewServer(b).Client(), newKeyset(b))
	entry := reveal
	for n := range 25_000 {
		entry.Reason = contacts.Private{}
		if n%5 == 0 {
			entry.Reason = contacts.Conceal("gọi lại để hỏi địa chỉ")
		}
		record(b, log, entry)
	}
	looked := 0
	for b.Loop() {
		looked = 0
		found, next, err := log.Newest(b.Context(), "", 50, func(audit.Record) bool { looked++; return false })
		if err != nil || len(found) > 0 || next == "" {
			b.Fatal(found, next, err)
		}
	}
	b.ReportMetric(float64(looked), "entries")
}
