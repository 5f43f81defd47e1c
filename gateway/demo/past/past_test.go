package past

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/store/memory"
	"github.com/tincay/hotline/routing/triage"
)

// demoWard is the line file of the demo.
func demoWard(t *testing.T) *line.File {
	t.Helper()
	raw, err := os.ReadFile("../ward.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, faults := line.Parse(raw)
	if file == nil {
		t.Fatalf("ward.yaml: %v", faults)
	}
	return file
}

// copied is a past in a Redis of its own.
type copied struct {
	memory  *miniredis.Miniredis
	store   *store.Store
	history []store.Happened
}

func copyOf(t *testing.T, past *Past, line contacts.LineID) copied {
	t.Helper()
	c := copied{memory: miniredis.NewMiniRedis()}
	t.Cleanup(c.memory.Close)
	if err := past.CopyTo(c.memory); err != nil {
		t.Fatalf("CopyTo() = %v", err)
	}
	rdb := memory.Client(c.memory)
	t.Cleanup(func() { _ = rdb.Close() })
	shards, err := contactstore.CheckShards(t.Context(), rdb, 1)
	if err != nil {
		t.Fatal(err)
	}
	c.store = store.New(rdb, shards, past.Keyset)
	for h, err := range c.store.History(t.Context(), line, "") {
		if err != nil {
			t.Fatal(err)
		}
		c.history = append(c.history, h)
	}
	return c
}

// What is made in a Redis is what the board reads: the same figures as the script's own, all of it over, and the same
// whatever time of the day it is.
func TestMake_AgreesWithItsScript(t *testing.T) {
	t.Parallel()
	ward := demoWard(t)
	var pasts [2]copied
	for i, now := range []time.Time{
		time.Date(2026, time.November, 24, 0, 0, 0, 0, ward.Zone), time.Date(2026, time.November, 24, 23, 59, 59, 0, ward.Zone),
	} {
		past, err := Make(t.Context(), ward, now)
		if err != nil {
			t.Fatalf("Make() = %v, want a past", err)
		}
		t.Cleanup(past.Close)
		c := copyOf(t, past, ward.ID)
		f := report.NewFolder()
		for _, h := range c.history {
			f.Add(report.Entry{ID: h.ID, At: h.At, Line: h.Line, Notes: h.Notes})
		}
		agrees(t, f, past.Count, ward, now)
		isOver(t, c, ward)
		isInOrder(t, c, past.today)
		if tomorrow := now.AddDate(0, 0, 1); !past.Of(now.UTC()) || past.Of(tomorrow) {
			t.Errorf("Of(%s) = %t, Of(%s) = %t, want true and false", now, past.Of(now.UTC()), tomorrow, past.Of(tomorrow))
		}
		pasts[i] = c
	}
	if diff := cmp.Diff(pasts[0].history, pasts[1].history); diff != "" {
		t.Errorf("journals of two pasts of one day (-one +other):\n%s", diff)
	}
}

// clocked is a store in maps whose time is the play's, and that reports on what is committed.
type clocked struct {
	*routingtest.Memory
	now    time.Time
	folder *report.Folder
}

// Load says that it is the play's time.
func (c *clocked) Load(ctx context.Context, q routing.Query) (routing.Loaded, error) {
	l, err := c.Memory.Load(ctx, q)
	l.Now = c.now
	return l, err
}

// Commit reports on what is committed.
func (c *clocked) Commit(ctx context.Context, l *routing.Line, event routing.EventID, now time.Time, d routing.Decision) error {
	err := c.Memory.Commit(ctx, l, event, now, d)
	if err == nil {
		c.folder.Add(report.Entry{At: c.now, Line: l.ID, Notes: d.Notes})
	}
	return err
}

// Which days are at the weekend depends on the day of the week that it is: a demo must start on each.
func TestScript_ComesToAnEndOnEveryDayOfTheWeek(t *testing.T) {
	t.Parallel()
	ward := demoWard(t)
	for day := range 7 {
		today := time.Date(2026, time.November, 16+day, 0, 0, 0, 0, ward.Zone)
		t.Run(today.Weekday().String(), func(t *testing.T) {
			t.Parallel()
			incidents, err := script(today)
			if err != nil {
				t.Fatalf("script() = %v", err)
			}
			st := &clocked{Memory: routingtest.NewMemory(today, 1), folder: report.NewFolder()}
			p := newPlay(stage{
				store: st, line: Before(ward).Line(routingtest.PhoneKey, 1), key: routingtest.PhoneKey,
				clock: func(now time.Time) { st.now = now.UTC() },
			})
			if err := p.run(t.Context(), incidents, today); err != nil {
				t.Fatalf("run() = %v, want an end before %s", err, today)
			}
			agrees(t, st.folder, count(incidents), ward, today)
		})
	}
}

// A script that leaves something open is no past.
func TestRun_FailsIfSomethingIsLeftOpen(t *testing.T) {
	t.Parallel()
	ward := demoWard(t)
	today := time.Date(2026, time.November, 24, 0, 0, 0, 0, ward.Zone)
	incidents, err := script(today)
	if err != nil {
		t.Fatal(err)
	}
	incidents[3].step = 1 << 20 // nobody ever says yes
	st := &clocked{Memory: routingtest.NewMemory(today, 1), folder: report.NewFolder()}
	p := newPlay(stage{
		store: st, line: Before(ward).Line(routingtest.PhoneKey, 1), key: routingtest.PhoneKey,
		clock: func(now time.Time) { st.now = now.UTC() },
	})
	if err := p.run(t.Context(), incidents, today); !errors.Is(err, errUnfinished) {
		t.Errorf("run() with a case that nobody takes = %v, want %v", err, errUnfinished)
	}
}

// agrees compares what the board would report with the script's own count.
func agrees(t *testing.T, f *report.Folder, want Count, ward *line.File, now time.Time) {
	t.Helper()
	o := report.Options{Line: ward.ID, From: now.AddDate(0, 0, -15), To: now, Now: now, Zone: ward.Zone, Targets: routing.DefaultTargets()}
	r := f.Report(o)
	got := Count{Cases: r.All.Cases, Urgencies: map[triage.Urgency]int{}, Taken: r.Funnel.Taken, Unanswered: r.Funnel.Unanswered}
	for _, g := range r.Urgencies {
		got.Urgencies[triage.Urgency(g.Key)] = g.Cases
	}
	for _, g := range r.Channels {
		if g.Key == string(contacts.Voice) {
			got.Calls = g.Cases
		}
	}
	for _, c := range f.Cases(o) {
		if c.ClosedBy == routing.ReasonClosedByOffice {
			got.FromDesk++
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures of the past (-script +report):\n%s", diff)
	}
	if r.Funnel.Closed != want.Cases || r.Funnel.Alerted != want.Cases {
		t.Errorf("funnel = %+v, want all %d cases alerted and closed", r.Funnel, want.Cases)
	}
	if want.Cases < 60 || want.Cases > 120 || want.Taken == want.Cases || want.Unanswered == 0 || want.FromDesk == 0 || len(want.Urgencies) != 3 || r.Funnel.Talked == 0 {
		t.Errorf("script = %+v with %d talked to, want a past with something of everything", want, r.Funnel.Talked)
	}
	if m := r.All.Claim.Median; !m.Reached || m.Value > 2*time.Minute {
		t.Errorf("half of the cases are taken within %v, want two minutes", m)
	}
}

// isOver checks that nothing is left to be done.
func isOver(t *testing.T, c copied, ward *line.File) {
	t.Helper()
	open, err := c.store.OpenCases(t.Context(), ward.ID)
	if err != nil || len(open) > 0 {
		t.Errorf("OpenCases() = %v, %v, want none", open, err)
	}
	for _, key := range c.memory.Keys() {
		for _, part := range []string{":deadlines", ":lanes:", ":queues:", ":waiting:", ":entries", ":calls:", ":openbyphone:"} {
			if strings.Contains(key, part) {
				t.Errorf("the past leaves %s, want nothing on the agenda and nobody on the telephone", key)
			}
		}
	}
}

func isInOrder(t *testing.T, c copied, today time.Time) {
	t.Helper()
	last := today.AddDate(0, 0, -Days)
	for _, h := range c.history {
		if h.At.Before(last) || !h.At.Before(today) {
			t.Fatalf("journal entry %s of %s after one of %s, want all in order, and in the days before %s", h.ID, h.At, last, today)
		}
		last = h.At
	}
}

// The persons of the past must be nobody: neither real, nor a phone of the page.
func TestScript_PersonsAreMadeUp(t *testing.T) {
	t.Parallel()
	ward := demoWard(t)
	incidents, err := script(time.Date(2026, time.November, 24, 0, 0, 0, 0, ward.Zone))
	if err != nil {
		t.Fatalf("script() = %v", err)
	}
	one := *ward
	for _, in := range incidents {
		one.ID, one.Numbers, one.Contacts = "elsewhere", nil, []contacts.Contact{{ID: "x", Phone: in.from}}
		if refused := line.RefusedForApply(&one); len(refused) != 1 {
			t.Errorf("apply refuses %d of the person %s, want the number", len(refused), in.from)
		}
		isPhone := func(c contacts.Contact) bool { return c.Phone == in.from }
		if slices.ContainsFunc(ward.Contacts, isPhone) || in.from == ward.Numbers[0].Number || in.from.E164() == "+84900000050" {
			t.Errorf("the person %s has a phone of the demo's page", in.from)
		}
	}
}

func TestBefore_NightsAndDaysLookDifferent(t *testing.T) {
	t.Parallel()
	ward := demoWard(t)
	before := Before(ward)
	if again, faults := line.Parse(before.Marshal(true)); again == nil || faults.HasErrors() {
		t.Errorf("the line file of the past has faults: %v", faults)
	}
	plan := roster.Roster{Zone: before.Zone, Shifts: before.Shifts, Always: before.Always}
	rows := []struct {
		name string
		at   time.Time
		want []contacts.ID
	}{
		{"a working day", time.Date(2026, time.November, 24, 10, 0, 0, 0, ward.Zone), []contacts.ID{"cong-an", "to2-hoa", "tram-y-te"}},
		{"its evening", time.Date(2026, time.November, 24, 20, 0, 0, 0, ward.Zone), []contacts.ID{"cong-an", "to1-lan"}},
		{"its night", time.Date(2026, time.November, 25, 3, 0, 0, 0, ward.Zone), []contacts.ID{"cong-an", "to1-lan"}},
		{"a Sunday", time.Date(2026, time.November, 22, 10, 0, 0, 0, ward.Zone), []contacts.ID{"cong-an", "to1-lan", "to2-hoa"}},
	}
	for _, row := range rows {
		on := plan.OnCall(row.at)
		var got []contacts.ID
		for _, id := range []contacts.ID{"cong-an", "to1-lan", "to2-hoa", "tram-y-te"} {
			if on.Has(id) {
				got = append(got, id)
			}
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: on call (-want +got):\n%s", row.name, diff)
		}
	}
}
