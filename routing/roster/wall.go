package roster

import "time"

// date is a day of the calendar, kept as its midnight in UTC so that adding days never meets a clock
// change.
type date struct{ midnight time.Time }

func dateOf(t time.Time, zone *time.Location) date {
	y, m, d := t.In(zone).Date()
	return date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

func (d date) add(days int) date     { return date{d.midnight.AddDate(0, 0, days)} }
func (d date) weekday() time.Weekday { return d.midnight.Weekday() }
func (d date) after(e date) bool     { return d.midnight.After(e.midnight) }

// at returns the reading of a wall clock: what it shows, as if the place kept UTC. Readings can be
// compared and subtracted; they are no instants.
func (d date) at(c Clock) time.Time { return d.midnight.Add(time.Duration(c) * time.Minute) }

// horizon is more than any zone has ever differed from UTC, so that so long before (after) a reading
// taken as UTC every clock shows less (more).
const horizon = 48 * time.Hour

// firstAtOrAfter returns the first instant, in UTC, at which the wall clocks of the zone show the reading
// or more.
func firstAtOrAfter(reading time.Time, zone *time.Location) time.Time {
	t := reading.Add(-horizon)
	for {
		start, end, offset := period(t, zone)
		u := later(reading.Add(-offset), start)
		if end.IsZero() || u.Before(end) {
			return u
		}
		t = end
	}
}

// allAtOrAfter returns the first instant, in UTC, from which on the wall clocks of the zone show the
// reading or more and never less again. It differs from [firstAtOrAfter] only where clocks go back.
func allAtOrAfter(reading time.Time, zone *time.Location) time.Time {
	var found time.Time
	for t := reading.Add(-horizon); ; {
		start, end, offset := period(t, zone)
		u := reading.Add(-offset)
		if !end.IsZero() && end.Before(u) {
			u = end
		}
		if start.Before(u) { // clocks show less than the reading until u
			found = u
		}
		if end.IsZero() || end.After(reading.Add(horizon)) {
			return found
		}
		t = end
	}
}

// period returns the stretch around t in which the zone keeps one offset from UTC. A zero end means that
// it never changes again; a start without bound is far enough in the past for a comparison.
func period(t time.Time, zone *time.Location) (start, end time.Time, offset time.Duration) {
	local := t.In(zone)
	_, seconds := local.Zone()
	start, end = local.ZoneBounds()
	if !end.IsZero() {
		end = end.UTC()
	}
	return start.UTC(), end, time.Duration(seconds) * time.Second
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
