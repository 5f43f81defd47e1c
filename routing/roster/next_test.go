package roster_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/roster"
)

func TestNextStartAndEndOf(t *testing.T) {
	t.Parallel()
	vn := time.FixedZone("ICT", 7*3600)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, vn) } // 2 March is a Monday
	r := roster.Roster{Zone: vn, Always: []contacts.ID{"tram"}, Shifts: []roster.Shift{
		{Contact: "lan", Days: []time.Weekday{time.Monday, time.Wednesday}, From: 18 * 60, To: 6 * 60},
		{Contact: "hoa", Days: []time.Weekday{time.Monday}, From: 8 * 60, To: 12 * 60},
		{Contact: "hoa", Days: []time.Weekday{time.Monday}, From: 12 * 60, To: 17 * 60},
	}}
	tests := []struct {
		name       string
		id         contacts.ID
		now        time.Time
		start, end time.Time // zero: none
	}{
		{"before a shift", "lan", at(2, 9, 0), at(2, 18, 0), time.Time{}},
		{"in a shift before midnight", "lan", at(2, 23, 0), at(4, 18, 0), at(3, 6, 0)},
		{"in a shift after midnight", "lan", at(3, 5, 59), at(4, 18, 0), at(3, 6, 0)},
		{"at the end of a shift", "lan", at(3, 6, 0), at(4, 18, 0), time.Time{}},
		{"at the beginning of a shift", "lan", at(2, 18, 0), at(4, 18, 0), at(3, 6, 0)},
		{"after the last of the week", "lan", at(5, 7, 0), at(9, 18, 0), time.Time{}},
		{"two shifts without a gap", "hoa", at(2, 9, 0), at(2, 12, 0), at(2, 17, 0)},
		{"around the clock", "tram", at(2, 9, 0), time.Time{}, time.Time{}},
		{"nobody", "ai", at(2, 9, 0), time.Time{}, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := r.NextStart(tt.id, tt.now); !got.Equal(tt.start) || ok == tt.start.IsZero() {
				t.Errorf("NextStart(%s) = %v, %v, want %v", tt.id, got, ok, tt.start)
			}
			if got, ok := r.EndOf(tt.id, tt.now); !got.Equal(tt.end) || ok == tt.end.IsZero() {
				t.Errorf("EndOf(%s) = %v, %v, want %v", tt.id, got, ok, tt.end)
			}
		})
	}
}
