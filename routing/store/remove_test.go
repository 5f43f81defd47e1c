package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// close closes a case from a desk.
func (f *fixture) close(c *routing.Case) {
	f.t.Helper()
	e := routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Why: contacts.Conceal("xong")}
	l, err := f.store.Load(f.ctx, routing.Query{Line: ward, Case: c.ID})
	if err != nil {
		f.t.Fatal(err)
	}
	d := routing.Decide(l.State, e, routing.World{Now: l.Now, Line: f.line})
	if err := f.store.Commit(f.ctx, f.line, "", l.Now, d); err != nil {
		f.t.Fatalf("Commit(%s) = %v, want no error", d.Reason, err)
	}
}

func TestRemoveLine(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		if _, err := f.store.RemoveLine(f.ctx, "nowhere"); !errors.Is(err, contactstore.ErrNotFound) {
			t.Errorf("RemoveLine of no line = %v, want ErrNotFound", err)
		}
		opened := f.commit(f.text("+84935111222", "chong em hay danh em"))
		waiting, err := f.store.ToSend(f.ctx, ward)
		if err != nil || waiting == 0 || waiting != len(opened.Sends) {
			t.Fatalf("ToSend = %d, %v; want the %d messages of the new case", waiting, err, len(opened.Sends))
		}
		before := f.dump()
		if got, err := f.store.RemoveLine(f.ctx, ward); err != nil || got != (store.Removal{Open: 1}) {
			t.Errorf("RemoveLine with an open case = %+v, %v; want it refused for the one", got, err)
		}
		if after := f.dump(); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("a refused removal changed something:\n%v\n%v", before, after)
		}

		f.close(opened.Cases[0].After)
		// Another line of the same shard, whose lanes sort just behind, keeps what it has to send.
		other := contacts.LineID("")
		for i := 0; other == ""; i++ {
			if name := contacts.LineID(fmt.Sprintf("ward0%d", i)); contactstore.DefaultShards.Of(name) == f.shard {
				other = name
			}
		}
		mine := rdb.ZRange(f.ctx, string(f.shard)+":queues:urgent", 0, -1).Val()
		if len(mine) == 0 {
			t.Fatal("nothing is waiting to be sent")
		}
		rdb.ZAdd(f.ctx, string(f.shard)+":queues:urgent", redis.Z{Member: strings.Replace(mine[0], "ward/", string(other)+"/", 1)})
		waiting, err = f.store.ToSend(f.ctx, ward)
		if err != nil {
			t.Fatal(err)
		}
		late := f.text("+84935111333", "chong em hay danh em")
		l, d := f.decide(late)
		help := f.text("+84905000001", "tro giup")
		lHelp, dHelp := f.decide(help)
		if len(dHelp.Cases) > 0 || len(dHelp.Sends) == 0 {
			t.Fatalf("TRO GIUP: %+v, want an answer and no case", dHelp)
		}

		if got, err := f.store.RemoveLine(f.ctx, ward); err != nil || got != (store.Removal{Dropped: waiting}) || waiting == 0 {
			t.Errorf("RemoveLine = %+v, %v; want the line removed and %d messages dropped", got, err, waiting)
		}
		if err := f.store.Commit(f.ctx, f.line, late.SID, l.Now, d); !errors.Is(err, routing.ErrStaleLine) {
			t.Errorf("Commit of a case decided on before the removal = %v, want ErrStaleLine", err)
		}
		if err := f.store.Commit(f.ctx, f.line, help.SID, lHelp.Now, dHelp); !errors.Is(err, routing.ErrStaleLine) {
			t.Errorf("Commit of an answer decided on before the removal = %v, want ErrStaleLine", err)
		}
		if left := rdb.ZRange(f.ctx, string(f.shard)+":queues:urgent", 0, -1).Val(); len(left) != 1 || !strings.HasPrefix(left[0], string(other)+"/") {
			t.Errorf("queue after the removal = %v, want the other line's message only", left)
		}
		for key, content := range f.dump() {
			if strings.Contains(key, ":entries") || strings.Contains(key, ":lanes") || strings.Contains(key, ":waiting") || strings.Contains(key, ":deadlines") {
				t.Errorf("after the removal %s = %s, want nothing on the agenda", key, content)
			}
		}
		if _, err := f.store.RemoveLine(f.ctx, ward); !errors.Is(err, contactstore.ErrNotFound) {
			t.Errorf("RemoveLine again = %v, want ErrNotFound", err)
		}
		if c, err := f.store.CaseByCode(f.ctx, ward, opened.Cases[0].After.Code); err != nil || c == nil || c.Open() {
			t.Errorf("the closed case of a removed line = %v, %v; want it kept", c, err)
		}
	})
}

// A line is removed while many phones open their cases: either all of them came too late, or it stays.
func TestRemoveLine_AgainstCasesBeingOpened(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		for round := range 8 {
			f := newFixture(t, rdb)
			type decided struct {
				e routing.Text
				l routing.Loaded
				d routing.Decision
			}
			var all []decided
			for i := range 4 {
				e := f.text(fmt.Sprintf("+8493511%d2%02d", round, i), "chong em hay danh em")
				e.SID = routing.EventID(fmt.Sprintf("SM%d-%d", round, i))
				l, d := f.decide(e)
				all = append(all, decided{e, l, d})
			}
			var racing sync.WaitGroup
			opened := make([]bool, len(all))
			for i, x := range all {
				racing.Go(func() {
					err := f.store.Commit(f.ctx, f.line, x.e.SID, x.l.Now, x.d)
					opened[i] = err == nil
					if err != nil && !errors.Is(err, routing.ErrStaleLine) && !errors.Is(err, routing.ErrStale) {
						t.Errorf("Commit = %v, want it stored or stale", err)
					}
				})
			}
			var removed store.Removal
			var err error
			racing.Go(func() { removed, err = f.store.RemoveLine(f.ctx, ward) })
			racing.Wait()
			if err != nil {
				t.Fatalf("RemoveLine = %v, want no error", err)
			}
			cases, err := f.store.OpenCases(f.ctx, ward)
			if err != nil {
				t.Fatal(err)
			}
			there, err := rdb.HExists(f.ctx, contactstore.DirectoryKey(f.shard, ward), contactstore.GenerationField).Result()
			if err != nil {
				t.Fatal(err)
			}
			if there != (removed.Open > 0) || there != (len(cases) > 0) {
				t.Errorf("the removal saw %d cases open, %d are (%v), and the line is there: %v; want it there if and only if a case is open", removed.Open, len(cases), opened, there)
			}
			if err := flush(f); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// flush empties the store for the next round.
func flush(f *fixture) error {
	for _, key := range f.keys() {
		if err := f.rdb.Del(f.ctx, key).Err(); err != nil {
			return err
		}
	}
	return nil
}

func TestCaseByCode(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		if c, err := f.store.CaseByCode(f.ctx, ward, "K7"); c != nil || err != nil {
			t.Errorf("CaseByCode of no case = %v, %v; want none", c, err)
		}
		opened := f.commit(f.text("+84935111222", "chong em hay danh em")).Cases[0].After
		if c, err := f.store.CaseByCode(f.ctx, ward, opened.Code); err != nil || c == nil || c.ID != opened.ID || !c.Open() {
			t.Errorf("CaseByCode(%s) = %v, %v; want the case", opened.Code, c, err)
		}
		if c, err := f.store.CaseByCode(f.ctx, "ward2", opened.Code); c != nil || err != nil {
			t.Errorf("CaseByCode on another line = %v, %v; want none", c, err)
		}
		f.close(opened)
		if c, err := f.store.CaseByCode(f.ctx, ward, opened.Code); err != nil || c == nil || c.Open() {
			t.Errorf("CaseByCode of a case just closed = %v, %v; want it, closed", c, err)
		}
	})
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		f.commit(f.text("+84935111333", "em can hoi")) // another case, before
		opened := f.commit(f.text("+84935111222", "chong em hay danh em")).Cases[0].After
		for range 1200 { // more than one page of the journal, and of another line
			rdb.XAdd(f.ctx, &redis.XAddArgs{Stream: string(f.shard) + ":journal", Values: []any{
				"at_unix_ms", time.Now().UnixMilli(), "line", "ward2", "event", "", "reason", "opened",
				"notes", `[{"kind":"case_opened","case":"` + string(opened.ID) + `"}]`,
			}})
		}
		f.commit(f.text("+84905000001", "1 "+string(opened.Code)))
		f.close(opened)
		got, err := f.store.Timeline(f.ctx, opened)
		if err != nil {
			t.Fatalf("Timeline = %v, want no error", err)
		}
		var kinds []string
		for i, h := range got {
			kinds = append(kinds, string(h.Note.Kind))
			if h.Note.Case != opened.ID || h.At.IsZero() || i > 0 && h.At.Before(got[i-1].At) {
				t.Errorf("happening %d = %+v, want it of this case, in order", i, h)
			}
			if h.Note.Kind == routing.NoteClaimed && (h.Note.Contact != "lan" || h.Note.Took <= 0) {
				t.Errorf("claim = %+v, want by whom and after how long", h.Note)
			}
		}
		said := strings.Join(kinds, " ")
		if !strings.HasPrefix(said, string(routing.NoteOpened)) || !strings.Contains(said, string(routing.NoteAlerted)) ||
			strings.Count(said, string(routing.NoteClaimed)) != 1 || !strings.HasSuffix(said, string(routing.NoteClosed)) {
			t.Errorf("Timeline = %s, want it from the opening to the end", said)
		}
		trace := string(f.shard) + ":trace:" + string(ward) + ":" + string(opened.ID)
		traced := rdb.LRange(f.ctx, trace, 0, -1).Val()
		lastOf := func(events int64) (int, bool) {
			t.Helper()
			part, earlier, err := f.store.TimelineOfLast(f.ctx, opened, events)
			if err != nil || !cmp.Equal(part, got[len(got)-len(part):]) {
				t.Errorf("TimelineOfLast(%d) = %+v, %v, want the end of %+v", events, part, err, got)
			}
			return len(part), earlier
		}
		if n, earlier := lastOf(1); n == 0 || n == len(got) || !earlier {
			t.Errorf("TimelineOfLast(1) = %d happenings, earlier ones: %v, want some of %d and true", n, earlier, len(got))
		}
		if n, earlier := lastOf(int64(len(traced))); n != len(got) || earlier {
			t.Errorf("TimelineOfLast(%d) = %d happenings, earlier ones: %v, want all %d and false", len(traced), n, earlier, len(got))
		}
		rdb.Del(f.ctx, trace) // as of a case from before there were traces
		if untraced, err := f.store.Timeline(f.ctx, opened); err != nil || !cmp.Equal(untraced, got) {
			t.Errorf("Timeline without a trace = %v, %v, want the same", untraced, err)
		}
		rdb.RPush(f.ctx, trace, traced[1:]) // as of one that was open when traces came
		if half, err := f.store.Timeline(f.ctx, opened); err != nil || !cmp.Equal(half, got) {
			t.Errorf("Timeline with half a trace = %v, %v, want the same", half, err)
		}
		rdb.Del(f.ctx, trace)
		broken := rdb.XAdd(f.ctx, &redis.XAddArgs{Stream: string(f.shard) + ":journal", Values: []any{"at_unix_ms", 1, "line", string(ward), "notes", "{"}}).Val()
		if _, err := f.store.Timeline(f.ctx, opened); err == nil {
			t.Error("Timeline of a broken journal without a trace = no error, want one")
		}
		rdb.RPush(f.ctx, trace, append(traced, broken))
		if _, err := f.store.Timeline(f.ctx, opened); err == nil {
			t.Error("Timeline of a broken journal = no error, want one")
		}
	})
}
