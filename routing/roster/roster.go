// Package roster says who is on call at an instant.
//
// Shifts are weekly, in the line's own time zone, and may cross midnight. A shift begins and ends at its
// times of day as the clocks on the wall show them, also in the night of a clock change: 22:00 to 06:00
// is then seven or nine hours long. Where the wall clock is ambiguous, people overlap rather than leave
// a gap:
//
//   - a time that is skipped because clocks go forward (02:30 where 02:00 becomes 03:00) means the
//     instant of the change, as a beginning and as an end;
//   - a time that comes twice because clocks go back begins a shift the first time and ends one the
//     second time.
//
// The package is pure: the instant is given, the answer depends on nothing else.
package roster

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
)

// Shift is a weekly stretch of hours in which a contact is on call. It begins on each of Days at From
// and ends at the next To: on the following day when To is not later than From, so that equal times
// mean 24 hours.
type Shift struct {
	Contact  contacts.ID
	Days     []time.Weekday
	From, To Clock
}

// Roster is the on-call plan of one line. The zero value has nobody on call.
type Roster struct {
	Zone   *time.Location // nil means UTC
	Shifts []Shift
	Always []contacts.ID // on call around the clock
}

// Set is the contacts who are on call at one instant. It does not change once made.
type Set struct {
	ids []contacts.ID // sorted, no duplicates
}

// Has reports whether the contact is on call.
func (s Set) Has(id contacts.ID) bool {
	_, found := slices.BinarySearch(s.ids, id)
	return found
}

// IDs returns the contacts in ascending order of id. The slice must not be changed.
func (s Set) IDs() []contacts.ID { return s.ids }

// Len returns how many contacts are on call.
func (s Set) Len() int { return len(s.ids) }

// OnCall returns who is on call at t. A shift includes its first instant and not its last.
func (r Roster) OnCall(t time.Time) Set {
	ids := slices.Clone(r.Always)
	zone := r.zone()
	today := dateOf(t, zone)
	for _, s := range r.Shifts {
		for n := -daysBefore; n <= daysAfter; n++ {
			d := today.add(n)
			if !slices.Contains(s.Days, d.weekday()) {
				continue
			}
			from, to := s.span(d, zone)
			if !t.Before(from) && t.Before(to) {
				ids = append(ids, s.Contact)
				break
			}
		}
	}
	slices.Sort(ids)
	return Set{ids: slices.Compact(ids)}
}

// Changes returns the instants after from and before until at which a shift begins or ends, which are
// the only ones at which [Roster.OnCall] can change: ascending, without duplicates, in UTC.
func (r Roster) Changes(from, until time.Time) []time.Time {
	var at []time.Time
	add := func(t time.Time) {
		if t.After(from) && t.Before(until) {
			at = append(at, t)
		}
	}
	zone := r.zone()
	last := dateOf(until, zone).add(daysAfter)
	for _, s := range r.Shifts {
		for d := dateOf(from, zone).add(-daysBefore); !d.after(last); d = d.add(1) {
			if !slices.Contains(s.Days, d.weekday()) {
				continue
			}
			begin, end := s.span(d, zone)
			if begin.Before(end) { // a shift within a skipped hour does not take place
				add(begin)
				add(end)
			}
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return slices.CompactFunc(at, time.Time.Equal)
}

// How many days around the local date of an instant can hold the beginning of a shift that covers it.
// Yesterday's shift lasts until today at the latest and today's begins today, but where clocks go back
// across midnight (Newfoundland did at 00:01 until 2011) one more day on either side can.
const (
	daysBefore = 2
	daysAfter  = 1
)

func (r Roster) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// span returns when the shift that begins on d starts and ends, in UTC.
func (s Shift) span(d date, zone *time.Location) (from, to time.Time) {
	end := d
	if s.To <= s.From {
		end = d.add(1)
	}
	return firstAtOrAfter(d.at(s.From), zone), allAtOrAfter(end.at(s.To), zone)
}
