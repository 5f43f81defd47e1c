package roster

import (
	"time"

	"github.com/tincay/hotline/contacts"
)

// lookAhead is how far the next beginning of a weekly shift can be: a week, and a day for clock changes.
const lookAhead = 8 * 24 * time.Hour

// NextStart returns when a contact's next shift begins after t; ok is false if they have none. Being on
// call around the clock has no beginning.
func (r Roster) NextStart(id contacts.ID, t time.Time) (start time.Time, ok bool) {
	r.eachSpan(id, t, func(from, _ time.Time) {
		if from.After(t) && (!ok || from.Before(start)) {
			start, ok = from, true
		}
	})
	return start, ok
}

// EndOf returns when the stretch of shifts that a contact is in at t ends; ok is false if they are in
// none or on call around the clock. Shifts that follow each other without a gap are one stretch.
func (r Roster) EndOf(id contacts.ID, t time.Time) (end time.Time, ok bool) {
	for grew := true; grew; {
		grew = false
		r.eachSpan(id, t, func(from, to time.Time) {
			inside := !from.After(t) && to.After(t)
			follows := ok && !from.After(end)
			if (inside || follows) && to.After(t) && (!ok || to.After(end)) && to.Sub(t) < lookAhead {
				end, ok, grew = to, true, true
			}
		})
	}
	return end, ok
}

// eachSpan calls do for every shift of a contact that ends after t and begins within lookAhead of it.
func (r Roster) eachSpan(id contacts.ID, t time.Time, do func(from, to time.Time)) {
	zone := r.zone()
	first, last := dateOf(t, zone).add(-daysBefore), dateOf(t.Add(lookAhead), zone)
	for _, s := range r.Shifts {
		if s.Contact != id {
			continue
		}
		for d := first; !d.after(last); d = d.add(1) {
			for _, day := range s.Days {
				if day != d.weekday() {
					continue
				}
				if from, to := s.span(d, zone); from.Before(to) && to.After(t) {
					do(from, to)
				}
			}
		}
	}
}
