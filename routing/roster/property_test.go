package roster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tincay/hotline/contacts"
)

// reading is what a wall clock shows, as minutes since 1 January 1970 had it always kept UTC.
func reading(t time.Time, zone *time.Location) int64 {
	local := t.In(zone)
	_, offset := local.Zone()
	return (local.Unix() + int64(offset)) / 60
}

// naive finds who is on call at each minute by watching the wall clock go by from days before: a shift
// begins at the first minute at which the clock shows From of its day or more, and ends at the first
// after which it never shows less than To.
func naive(r Roster, start time.Time, minutes int) []map[contacts.ID]bool {
	const before, after = 4 * 24 * 60, 3 * 24 * 60
	readings := make([]int64, 0, before+minutes+after)
	for m := -before; m < minutes+after; m++ {
		readings = append(readings, reading(start.Add(time.Duration(m)*time.Minute), r.Zone))
	}
	onCall := make([]map[contacts.ID]bool, minutes)
	for i := range onCall {
		onCall[i] = make(map[contacts.ID]bool)
		for _, id := range r.Always {
			onCall[i][id] = true
		}
	}
	firstDay, lastDay := readings[0]/minutesADay+1, readings[len(readings)-1]/minutesADay
	for day := firstDay; day < lastDay; day++ {
		weekday := time.Weekday((day + 4) % 7) // 1 January 1970 was a Thursday
		for _, s := range r.Shifts {
			if !slices.Contains(s.Days, weekday) {
				continue
			}
			from, to := day*minutesADay+int64(s.From), day*minutesADay+int64(s.To)
			if s.To <= s.From {
				to += minutesADay
			}
			begin := slices.IndexFunc(readings, func(m int64) bool { return m >= from })
			end := len(readings)
			for end > 0 && readings[end-1] >= to {
				end--
			}
			for i := max(begin, before); i < min(end, before+minutes); i++ {
				onCall[i-before][s.Contact] = true
			}
		}
	}
	return onCall
}

func TestOnCall_AgreesWithWatchingTheClock(t *testing.T) {
	t.Parallel()
	// Starts shortly before something happens to the clocks, and one where nothing ever does.
	scenes := []struct{ zone, start string }{
		{"Asia/Ho_Chi_Minh", "2026-03-01T10:00:00Z"},
		{"Europe/Berlin", "2026-03-28T12:00:00Z"},
		{"Europe/Berlin", "2026-10-24T12:00:00Z"},
		{"America/St_Johns", "2010-11-06T12:00:00Z"},
		{"America/St_Johns", "2011-03-12T12:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T00:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T00:00:00Z"},
		{"Pacific/Apia", "2011-12-29T12:00:00Z"},
	}
	rapid.Check(t, func(t *rapid.T) {
		scene := rapid.SampledFrom(scenes).Draw(t, "scene")
		z, err := time.LoadLocation(scene.zone)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.Parse(time.RFC3339, scene.start)
		if err != nil {
			t.Fatal(err)
		}
		clocks := rapid.OneOf(
			rapid.Map(rapid.IntRange(0, 23), func(h int) Clock { return Clock(h * 60) }),
			rapid.Map(rapid.IntRange(0, 12), func(n int) Clock { return Clock(n * 15) }), // clocks change at night
			rapid.Map(rapid.IntRange(0, minutesADay-1), func(m int) Clock { return Clock(m) }),
		)
		shifts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Shift {
			return Shift{
				Contact: contacts.ID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "contact")),
				Days: rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 6), func(d int) time.Weekday { return time.Weekday(d) }),
					1, 7, rapid.ID[time.Weekday]).Draw(t, "days"),
				From: clocks.Draw(t, "from"), To: clocks.Draw(t, "to"),
			}
		}), 0, 4).Draw(t, "shifts")
		r := Roster{Zone: z, Shifts: shifts, Always: rapid.SampledFrom([][]contacts.ID{nil, {"c"}}).Draw(t, "always")}

		const minutes = 36 * 60
		want := naive(r, start, minutes)
		changes := make(map[time.Time]bool)
		for _, c := range r.Changes(start.Add(-time.Minute), start.Add(minutes*time.Minute)) {
			changes[c.UTC()] = true
		}
		last := ""
		for m := range minutes {
			at := start.Add(time.Duration(m) * time.Minute)
			got := r.OnCall(at)
			for _, id := range []contacts.ID{"a", "b", "c"} {
				if got.Has(id) != want[m][id] {
					t.Fatalf("OnCall(%s = %s).Has(%s) = %v, want %v", scene.zone, at.In(z), id, got.Has(id), want[m][id])
				}
			}
			if !slices.IsSorted(got.IDs()) || got.Len() != len(want[m]) {
				t.Fatalf("OnCall(%s).IDs() = %v, want the ids of %v in order", at, got.IDs(), want[m])
			}
			now := fmt.Sprint(got.IDs())
			if m > 0 && now != last && !changes[at] {
				t.Fatalf("OnCall changes from %s to %s at %s, which Changes does not list", last, now, at.In(z))
			}
			last = now
		}
	})
}
