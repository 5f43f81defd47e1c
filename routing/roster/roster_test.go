package roster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatalf("zone data: %v", err)
	}
	return z
}

func clock(t testing.TB, s string) Clock {
	t.Helper()
	c, err := ParseEnd(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var everyDay = []time.Weekday{0, 1, 2, 3, 4, 5, 6}

func TestOnCall(t *testing.T) {
	t.Parallel()
	weekdays := everyDay[1:6]
	r := Roster{
		Zone: zone(t, "Asia/Ho_Chi_Minh"),
		Shifts: []Shift{
			{Contact: "night", Days: everyDay, From: clock(t, "18:00"), To: clock(t, "06:00")},
			{Contact: "twice", Days: weekdays, From: clock(t, "08:00"), To: clock(t, "11:30")},
			{Contact: "twice", Days: weekdays, From: clock(t, "13:30"), To: clock(t, "17:00")},
			{Contact: "sunday", Days: []time.Weekday{time.Sunday}, From: clock(t, "20:00"), To: clock(t, "20:00")},
			{Contact: "evening", Days: []time.Weekday{time.Friday}, From: clock(t, "18:00"), To: clock(t, "24:00")},
		},
		Always: []contacts.ID{"station"},
	}
	// 2 March 2026 is a Monday.
	tests := []struct {
		name, at string
		want     []contacts.ID
	}{
		{"between shifts", "2026-03-03T12:00:00+07:00", []contacts.ID{"station"}},
		{"first instant is included", "2026-03-03T08:00:00+07:00", []contacts.ID{"station", "twice"}},
		{"last minute", "2026-03-03T11:29:59+07:00", []contacts.ID{"station", "twice"}},
		{"last instant is not included", "2026-03-03T11:30:00+07:00", []contacts.ID{"station"}},
		{"second shift of the day", "2026-03-03T13:30:00+07:00", []contacts.ID{"station", "twice"}},
		{"not on this day of the week", "2026-03-07T09:00:00+07:00", []contacts.ID{"station"}},
		{"before midnight", "2026-03-03T23:59:59+07:00", []contacts.ID{"night", "station"}},
		{"after midnight", "2026-03-04T00:00:00+07:00", []contacts.ID{"night", "station"}},
		{"end after midnight", "2026-03-04T06:00:00+07:00", []contacts.ID{"station"}},
		{"24 hours begin", "2026-03-01T20:00:00+07:00", []contacts.ID{"night", "station", "sunday"}},
		{"24 hours, next day", "2026-03-02T19:59:00+07:00", []contacts.ID{"night", "station", "sunday"}},
		{"24 hours end", "2026-03-02T20:00:00+07:00", []contacts.ID{"night", "station"}},
		{"until 24:00", "2026-03-06T23:59:00+07:00", []contacts.ID{"evening", "night", "station"}},
		{"from 24:00", "2026-03-07T00:00:00+07:00", []contacts.ID{"night", "station"}},
		{"instant given in another zone", "2026-03-03T01:00:00Z", []contacts.ID{"station", "twice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := r.OnCall(instant(t, tt.at))
			if diff := cmp.Diff(tt.want, got.IDs()); diff != "" {
				t.Errorf("OnCall(%s) (-want +got):\n%s", tt.at, diff)
			}
		})
	}
}

func TestOnCall_ClockChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		zone         string
		day          string // the shift's local date
		from, to     string
		starts, ends string // instants; equal means that there is no shift
	}{
		{"Berlin, night without change", "Europe/Berlin", "2026-03-21", "22:00", "06:00", "2026-03-21T21:00:00Z", "2026-03-22T05:00:00Z"},
		{"Berlin, spring night is an hour shorter", "Europe/Berlin", "2026-03-28", "22:00", "06:00", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"},
		{"Berlin, autumn night is an hour longer", "Europe/Berlin", "2026-10-24", "22:00", "06:00", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"},
		{"Berlin, 24 hours in spring are 23", "Europe/Berlin", "2026-03-28", "12:00", "12:00", "2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z"},
		{"Berlin, begins in the skipped hour", "Europe/Berlin", "2026-03-29", "02:30", "06:00", "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z"},
		{"Berlin, ends in the skipped hour", "Europe/Berlin", "2026-03-28", "22:00", "02:30", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"},
		{"Berlin, all in the skipped hour", "Europe/Berlin", "2026-03-29", "02:15", "02:45", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
		{"Berlin, ends when clocks go forward", "Europe/Berlin", "2026-03-28", "22:00", "02:00", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"},
		{"Berlin, begins in the repeated hour: the first time", "Europe/Berlin", "2026-10-25", "02:30", "06:00", "2026-10-25T00:30:00Z", "2026-10-25T05:00:00Z"},
		{"Berlin, ends in the repeated hour: the second time", "Europe/Berlin", "2026-10-24", "22:00", "02:30", "2026-10-24T20:00:00Z", "2026-10-25T01:30:00Z"},
		{"Berlin, ends where the repeated hour begins", "Europe/Berlin", "2026-10-24", "22:00", "02:00", "2026-10-24T20:00:00Z", "2026-10-25T00:00:00Z"},
		{"Berlin, ends where the repeated hour ends", "Europe/Berlin", "2026-10-24", "22:00", "03:00", "2026-10-24T20:00:00Z", "2026-10-25T02:00:00Z"},
		{"Lord Howe, half an hour forward", "Australia/Lord_Howe", "2026-10-03", "22:00", "06:00", "2026-10-03T11:30:00Z", "2026-10-03T19:00:00Z"},
		{"Lord Howe, half an hour back", "Australia/Lord_Howe", "2026-04-04", "22:00", "06:00", "2026-04-04T11:00:00Z", "2026-04-04T19:30:00Z"},
		{"Lord Howe, begins in the repeated half hour", "Australia/Lord_Howe", "2026-04-05", "01:45", "03:00", "2026-04-04T14:45:00Z", "2026-04-04T16:30:00Z"},
		// Newfoundland changed at 00:01 until 2011: back across midnight, into the day before.
		{"St John's, back across midnight, ends at midnight", "America/St_Johns", "2010-11-06", "18:00", "00:00", "2010-11-06T20:30:00Z", "2010-11-07T03:30:00Z"},
		{"St John's, back across midnight, begins at midnight", "America/St_Johns", "2010-11-07", "00:00", "06:00", "2010-11-07T02:30:00Z", "2010-11-07T09:30:00Z"},
		// Samoa left out 30 December 2011.
		{"Samoa, day that never was", "Pacific/Apia", "2011-12-30", "08:00", "17:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"Samoa, night into the next day", "Pacific/Apia", "2011-12-29", "18:00", "06:00", "2011-12-30T04:00:00Z", "2011-12-30T10:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			day, err := time.Parse(time.DateOnly, tt.day)
			if err != nil {
				t.Fatal(err)
			}
			r := Roster{Zone: zone(t, tt.zone), Shifts: []Shift{{
				Contact: "a", Days: []time.Weekday{day.Weekday()}, From: clock(t, tt.from), To: clock(t, tt.to),
			}}}
			starts, ends := instant(t, tt.starts), instant(t, tt.ends)
			var want []time.Time
			if starts.Before(ends) {
				want = []time.Time{starts, ends}
			}
			got := r.Changes(starts.AddDate(0, 0, -3), ends.AddDate(0, 0, 3))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Changes around the shift of %s (-want +got):\n%s", tt.day, diff)
			}
			for _, c := range []struct {
				at   time.Time
				want bool
			}{
				{starts.Add(-time.Second), false},
				{starts, starts.Before(ends)},
				{ends.Add(-time.Second), starts.Before(ends)},
				{ends, false},
			} {
				if got := r.OnCall(c.at).Has("a"); got != c.want {
					t.Errorf("OnCall(%s).Has(a) = %v, want %v", c.at.Format(time.RFC3339), got, c.want)
				}
			}
		})
	}
}

func TestOnCall_RepeatedHourHandsOverWithoutGap(t *testing.T) {
	t.Parallel()
	r := Roster{Zone: zone(t, "Europe/Berlin"), Shifts: []Shift{
		{Contact: "first", Days: everyDay, From: clock(t, "14:30"), To: clock(t, "02:30")},
		{Contact: "second", Days: everyDay, From: clock(t, "02:30"), To: clock(t, "14:30")},
	}}
	for _, start := range []string{"2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z"} {
		for m := range 3 * 24 * 60 {
			at := instant(t, start).Add(time.Duration(m) * time.Minute)
			if r.OnCall(at).Len() == 0 {
				t.Fatalf("OnCall(%s) is empty, want somebody at every minute", at.Format(time.RFC3339))
			}
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	r := Roster{
		Zone: zone(t, "Asia/Ho_Chi_Minh"),
		Shifts: []Shift{
			{Contact: "a", Days: everyDay, From: clock(t, "18:00"), To: clock(t, "06:00")},
			{Contact: "b", Days: everyDay, From: clock(t, "06:00"), To: clock(t, "18:00")},
		},
		Always: []contacts.ID{"c"},
	}
	got := r.Changes(instant(t, "2026-03-02T18:00:00+07:00"), instant(t, "2026-03-04T06:00:00+07:00"))
	want := []time.Time{instant(t, "2026-03-02T23:00:00Z"), instant(t, "2026-03-03T11:00:00Z")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Changes, both bounds excluded (-want +got):\n%s", diff)
	}
	if got := r.Changes(want[1], want[0]); got != nil {
		t.Errorf("Changes of a span that ends before it begins = %v, want none", got)
	}
}

func TestRoster_ZeroValueHasNobody(t *testing.T) {
	t.Parallel()
	var r Roster
	if got := r.OnCall(instant(t, "2026-03-02T18:00:00Z")); got.Len() != 0 || got.Has("a") {
		t.Errorf("OnCall of the zero Roster = %v, want nobody", got.IDs())
	}
}

func TestParseClock(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		clock string // as printed; empty means refused
		end   string
	}{
		{"00:00", "00:00", "00:00"},
		{"06:30", "06:30", "06:30"},
		{"6:30", "06:30", "06:30"},
		{"23:59", "23:59", "23:59"},
		{"24:00", "", "00:00"},
		{"24:01", "", ""},
		{"18:60", "", ""},
		{"25:00", "", ""},
		{"18", "", ""},
		{"18h00", "", ""},
		{"-1:00", "", ""},
		{"+6:00", "", ""},
		{" 6:00", "", ""},
		{"18:0", "", ""},
		{"18:00 ", "", ""},
		{"18:000", "", ""},
		{"", "", ""},
		{"１８:00", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			for name, c := range map[string]struct {
				parse func(string) (Clock, error)
				want  string
			}{"ParseClock": {ParseClock, tt.clock}, "ParseEnd": {ParseEnd, tt.end}} {
				got, err := c.parse(tt.in)
				switch {
				case c.want == "" && err == nil:
					t.Errorf("%s(%q) = %v, want an error", name, tt.in, got)
				case c.want != "" && (err != nil || got.String() != c.want):
					t.Errorf("%s(%q) = %v, %v, want %s", name, tt.in, got, err, c.want)
				}
			}
		})
	}
}
