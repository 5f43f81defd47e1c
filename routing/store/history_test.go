package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/triage"
)

// history reads the journal to its end.
func history(t *testing.T, f *fixture, after string) []store.Happened {
	t.Helper()
	var all []store.Happened
	for h, err := range f.store.History(f.ctx, ward, after) {
		if err != nil {
			t.Fatalf("History = %v, want no error", err)
		}
		all = append(all, h)
	}
	return all
}

func TestHistory(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		if got := history(t, f, ""); got != nil {
			t.Errorf("History of nothing = %v, want nothing", got)
		}
		opened := f.commit(f.text("+84935111222", "chong em hay danh em")).Cases[0].After
		for range 2100 { // more than two pages, and of another line
			rdb.XAdd(f.ctx, &redis.XAddArgs{Stream: string(f.shard) + ":journal", Values: []any{
				"at_unix_ms", 1700000000123, "line", "ward2", "event", "", "reason", "opened", "notes", `[{"kind":"case_opened","case":"x"}]`,
			}})
		}
		claim := f.commit(f.text("+84905000001", "1 "+string(opened.Code)))
		all := history(t, f, "")
		if len(all) != 2102 {
			t.Fatalf("History = %d entries, want 2102", len(all))
		}
		if !slices.IsSortedFunc(all, func(a, b store.Happened) int { return strings.Compare(a.ID[:13], b.ID[:13]) }) {
			t.Error("History is not in order")
		}
		if other := all[1]; other.Line != "ward2" || !other.At.Equal(time.UnixMilli(1700000000123)) || other.Reason != routing.ReasonOpened {
			t.Errorf("entry of another line = %+v, want it as it is", other)
		}
		// Notes come back as they were decided, contacts by their ids, times to the millisecond.
		want := slices.Clone(claim.Notes)
		for i := range want {
			want[i].Took = want[i].Took.Truncate(time.Millisecond)
		}
		last := all[len(all)-1]
		if diff := cmp.Diff(want, last.Notes); diff != "" || last.Line != ward || last.Reason != claim.Reason {
			t.Errorf("History of a claim = %+v (-want +got):\n%s", last, diff)
		}
		if got := history(t, f, all[2099].ID); len(got) != 2 || got[0].ID != all[2100].ID {
			t.Errorf("History from the middle = %d entries, want the last two", len(got))
		}
		if got := history(t, f, last.ID); got != nil {
			t.Errorf("History from the end = %v, want nothing", got)
		}
		seen := 0
		for _, err := range f.store.History(f.ctx, ward, "") {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 3 {
				break
			}
		}
		if seen != 3 {
			t.Errorf("History went on for %d entries, want it to stop at 3", seen)
		}
	})
}

// The outcome said on closing is in the journal; entries from before it was have none.
func TestHistory_Outcome(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		c := f.commit(f.text("+84935111222", "chong em hay danh em")).Cases[0].After
		e := routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Outcome: routing.OutcomeReferred}
		l, err := f.store.Load(f.ctx, routing.Query{Line: ward, Case: c.ID})
		if err != nil {
			t.Fatalf("Load = %v, want no error", err)
		}
		d := routing.Decide(l.State, e, routing.World{Now: l.Now, Line: f.line})
		if err := f.store.Commit(f.ctx, f.line, "", l.Now, d); err != nil {
			t.Fatalf("Commit(%s) = %v, want no error", d.Reason, err)
		}
		rdb.XAdd(f.ctx, &redis.XAddArgs{Stream: string(f.shard) + ":journal", Values: []any{
			"at_unix_ms", 1700000000123, "line", string(ward), "event", "", "reason", "closed_by_supervisor",
			"notes", `[{"kind":"closed","case":"x","urgency":"urgent","reason":"closed_by_supervisor","took_ms":60000}]`,
		}})
		var closed []routing.Note
		for _, h := range history(t, f, "") {
			for _, n := range h.Notes {
				if n.Kind == routing.NoteClosed {
					n.Took = 0
					closed = append(closed, n)
				}
			}
		}
		want := []routing.Note{
			{Kind: routing.NoteClosed, Case: c.ID, Urgency: c.Urgency, Reason: routing.ReasonClosedByOffice, Outcome: routing.OutcomeReferred},
			{Kind: routing.NoteClosed, Case: "x", Urgency: triage.Urgent, Reason: routing.ReasonClosedByOffice},
		}
		if diff := cmp.Diff(want, closed); diff != "" {
			t.Errorf("closings in the journal (-want +got):\n%s", diff)
		}
		happened, err := f.store.Timeline(f.ctx, c)
		if err != nil || len(happened) == 0 || happened[len(happened)-1].Note.Outcome != routing.OutcomeReferred {
			t.Errorf("Timeline = %+v, %v, want the outcome in its last entry", happened, err)
		}
	})
}

func TestHistory_Errors(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		for _, tt := range []struct {
			name   string
			values []any
		}{
			{"no time", []any{"line", string(ward), "notes", "[]"}},
			{"notes are not JSON", []any{"at_unix_ms", 1, "line", string(ward), "notes", "{"}},
			{"a contact nobody sealed", []any{"at_unix_ms", 1, "line", string(ward), "notes", `[{"kind":"claimed","contact":"lan"}]`}},
		} {
			f := newFixture(t, rdb)
			rdb.XAdd(f.ctx, &redis.XAddArgs{Stream: string(f.shard) + ":journal", Values: tt.values})
			n := 0
			var last error
			for _, err := range f.store.History(f.ctx, ward, "") {
				n, last = n+1, err
			}
			if n != 1 || last == nil || strings.Contains(last.Error(), "claimed") {
				t.Errorf("%s: History = %d entries, %v; want one error and nothing of the entry", tt.name, n, last)
			}
			if err := flush(f); err != nil {
				t.Fatal(err)
			}
		}
		f := newFixture(t, rdb)
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		for _, err := range f.store.History(ctx, ward, "") {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("History after it was given up = %v, want that", err)
			}
		}
	})
}

func TestJournalBefore(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		for _, id := range []string{"1000-0", "1000-7", "2000-0", "2000-1", "3000-0"} {
			rdb.XAdd(f.ctx, &redis.XAddArgs{Stream: string(f.shard) + ":journal", ID: id, Values: []any{"at_unix_ms", 1, "line", string(ward), "notes", "[]"}})
		}
		for _, tt := range []struct {
			at    int64
			first string
			n     int
		}{{-5, "1000-0", 5}, {0, "1000-0", 5}, {1000, "1000-0", 5}, {1001, "2000-0", 3}, {2000, "2000-0", 3}, {2001, "3000-0", 1}, {3001, "", 0}} {
			got := history(t, f, store.JournalBefore(time.UnixMilli(tt.at)))
			if len(got) != tt.n || tt.n > 0 && got[0].ID != tt.first {
				t.Errorf("History from %d ms = %d entries, want %d from %s", tt.at, len(got), tt.n, tt.first)
			}
		}
	})
}

// BenchmarkHistory reads a journal of 20,000 commits, as a process does when it starts.
func BenchmarkHistory(b *testing.B) {
	const entries = 20_000
	f := newFixture(b, routingtest.NewServer(b).Client())
	opened := f.commit(f.text("+84935111222", "chong em hay danh em")).Cases[0].After
	f.commit(f.text("+84905000001", "1 "+string(opened.Code)))
	stream := string(f.shard) + ":journal"
	claim := f.rdb.XRange(f.ctx, stream, "-", "+").Val()[1].Values
	_, err := f.rdb.Pipelined(f.ctx, func(p redis.Pipeliner) error {
		for range entries - 2 {
			p.XAdd(f.ctx, &redis.XAddArgs{Stream: stream, Values: claim})
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	notes := 0
	for b.Loop() {
		n := 0
		notes = 0
		for h, err := range f.store.History(f.ctx, ward, "") {
			if err != nil {
				b.Fatal(err)
			}
			n, notes = n+1, notes+len(h.Notes)
		}
		if n != entries {
			b.Fatalf("History = %d entries, want %d", n, entries)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entries), "ns/entry")
	b.ReportMetric(float64(notes)/entries, "notes/entry")
}
