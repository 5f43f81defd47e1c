package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
)

// Hours and weeks are those of the wall clock on both sides of every change, and of zones that are not a
// whole number of hours apart.
func TestReport_HoursAndWeeksOfZones(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Ho_Chi_Minh", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z := zone(t, name)
			from, to := time.Date(2011, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2013, 2, 1, 0, 0, 0, 0, time.UTC)
			f, hours, weeks := report.NewFolder(), map[string]int{}, map[string]int{}
			i := 0
			// Not in order, so that changes are crossed back and forth.
			for _, odd := range []bool{false, true} {
				for at := from; at.Before(to); at = at.Add(17*time.Minute + 7*time.Second) {
					if i++; (i%2 == 0) != odd {
						continue
					}
					f.Add(report.Entry{At: at, Line: "ward", Notes: []routing.Note{{Kind: routing.NoteOpened, Case: routing.CaseID(fmt.Sprint(i)), Channel: sms}}})
					y, w := at.In(z).ISOWeek()
					hours[at.In(z).Format("15")]++
					weeks[fmt.Sprintf("%d-W%02d", y, w)]++
				}
			}
			r := f.Report(report.Options{Line: "ward", From: from, To: to, Now: to, Zone: z})
			for _, set := range []struct {
				groups []report.Group
				want   map[string]int
			}{{r.Hours, hours}, {r.Weeks, weeks}} {
				got := map[string]int{}
				for _, g := range set.groups {
					got[g.Key] = g.Cases
				}
				if diff := cmp.Diff(set.want, got); diff != "" {
					t.Errorf("cases (-want +got):\n%s", diff)
				}
			}
			if !slices.IsSortedFunc(r.Weeks, func(a, b report.Group) int { return strings.Compare(a.Key, b.Key) }) || r.Weeks[0].From.Weekday() != time.Monday || r.Weeks[0].From.Location() != z {
				t.Errorf("weeks begin at %v, want them in order from a Monday of the zone", r.Weeks[0].From)
			}
		})
	}
}

// A day in which the clock goes back has 25 hours, and both of the doubled hour's cases are of it.
func TestReport_DayOfTwentyFiveHours(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	f := report.NewFolder()
	from, to := time.Date(2026, 10, 25, 0, 0, 0, 0, z), time.Date(2026, 10, 26, 0, 0, 0, 0, z)
	n := 0
	for at := from.Add(-2 * time.Hour); at.Before(to.Add(2 * time.Hour)); at = at.Add(time.Hour) {
		n++
		f.Add(report.Entry{At: at, Line: "ward", Notes: []routing.Note{{Kind: routing.NoteOpened, Case: routing.CaseID(fmt.Sprint(n)), Channel: sms}}})
	}
	r := f.Report(report.Options{Line: "ward", From: from, To: to, Now: to, Zone: z})
	if r.All.Cases != 25 || r.Hours[2].Cases != 2 || r.Hours[3].Cases != 1 || len(r.Weeks) != 1 || r.Weeks[0].Key != "2026-W43" {
		t.Errorf("%d cases, %d at 2 h, %d at 3 h, weeks %d; want 25, 2, 1 and one", r.All.Cases, r.Hours[2].Cases, r.Hours[3].Cases, len(r.Weeks))
	}
}
