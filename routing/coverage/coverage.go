// Package coverage finds the hours in which a policy would alert nobody.
//
// It answers from the roster, what contacts said about being on call, and the directory, to the instant: whether
// anybody whom the first step of a policy names is on call and can be alerted. What depends on a case (numbers kept apart, contacts
// who declined) is left out, so no gap here does not mean that every case finds somebody.
package coverage

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// Gap is a stretch of time in which the first step of a policy would alert nobody.
type Gap struct {
	Policy      routing.PolicyKey
	From, Until time.Time
}

// FirstStepGaps returns the gaps that the plan has between from and from+d, by policy in the order of [Keys], then by
// time. Whoever asks whether somebody is there asks [GapsAsSaid].
func FirstStepGaps(l *routing.Line, from time.Time, d time.Duration) []Gap {
	return GapsAsSaid(l, nil, from, d)
}

// GapsAsSaid returns the gaps that there are after what contacts said (NGHI, TRUC), in the same order.
func GapsAsSaid(l *routing.Line, said map[contacts.ID]routing.Duty, from time.Time, d time.Duration) []Gap {
	until := from.Add(d)
	bounds := append([]time.Time{from}, l.Roster.Changes(from, until)...)
	for _, word := range said {
		if word.Until.After(from) && word.Until.Before(until) {
			bounds = append(bounds, word.Until)
		}
	}
	slices.SortFunc(bounds, time.Time.Compare)
	bounds = slices.CompactFunc(bounds, time.Time.Equal)
	alertable := make([]map[contacts.Kind]bool, len(bounds)) // from each bound to the next
	for i, at := range bounds {
		alertable[i] = kindsOnCall(l, said, at)
	}
	var gaps []Gap
	for _, key := range Keys(l.Policy) {
		var notify []contacts.Kind
		if steps := l.Policy.Steps[key]; len(steps) > 0 {
			notify = steps[0].Notify
		}
		open := false // whether the last gap reaches up to here
		for i, at := range bounds {
			end := until
			if i+1 < len(bounds) {
				end = bounds[i+1]
			}
			switch {
			case slices.ContainsFunc(notify, func(k contacts.Kind) bool { return alertable[i][k] }):
				open = false
			case open:
				gaps[len(gaps)-1].Until = end
			default:
				gaps = append(gaps, Gap{key, at, end})
				open = true
			}
		}
	}
	return gaps
}

// Week returns the gaps of seven calendar days from the local midnight before now, so that the same line
// has the same gaps at any hour of the day. A gap across the end of the week is put together with its
// rest at the beginning: weeks repeat.
func Week(l *routing.Line, now time.Time) []Gap {
	y, m, d := now.In(l.Roster.Zone).Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, l.Roster.Zone)
	end := time.Date(y, m, d+7, 0, 0, 0, 0, l.Roster.Zone)
	var week []Gap
	for _, gaps := range byPolicy(FirstStepGaps(l, start, end.Sub(start))) {
		last := len(gaps) - 1
		if last > 0 && gaps[0].From.Equal(start) && gaps[last].Until.Equal(end) {
			gaps[last].Until = end.Add(gaps[0].Until.Sub(start))
			gaps = gaps[1:]
		}
		week = append(week, gaps...)
	}
	return week
}

// kindsOnCall returns the kinds of which a contact can be alerted at an instant.
func kindsOnCall(l *routing.Line, said map[contacts.ID]routing.Duty, at time.Time) map[contacts.Kind]bool {
	kinds := make(map[contacts.Kind]bool)
	onCall := routing.OnCall(l, said, at)
	for _, c := range l.Directory.All() {
		if !c.Retired && l.Reaches(c) && onCall(c.ID) {
			kinds[c.Kind] = true
		}
	}
	return kinds
}

// byPolicy cuts a list of gaps into one for each policy.
func byPolicy(gaps []Gap) [][]Gap {
	var cut [][]Gap
	for len(gaps) > 0 {
		n := 1
		for n < len(gaps) && gaps[n].Policy == gaps[0].Policy {
			n++
		}
		cut = append(cut, gaps[:n:n])
		gaps = gaps[n:]
	}
	return cut
}

// Urgencies returns those a policy is made for, the most urgent first.
func Urgencies() []triage.Urgency {
	return []triage.Urgency{triage.ImmediateDanger, triage.Urgent, triage.Information}
}

// Needs returns those for which a policy can have an exception.
func Needs() []triage.Need {
	return []triage.Need{triage.Police, triage.Health, triage.Shelter, triage.Counsel, triage.Unknown}
}

// Keys returns the keys of a policy in a fixed order: by urgency, the general one before its exceptions.
func Keys(p routing.Policy) []routing.PolicyKey {
	var keys []routing.PolicyKey
	for _, u := range Urgencies() {
		for _, n := range append([]triage.Need{""}, Needs()...) {
			key := routing.PolicyKey{Urgency: u, Need: n}
			if _, ok := p.Steps[key]; ok {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// KeyName writes a key as line files have it: "urgent", "immediate_danger/health".
func KeyName(k routing.PolicyKey) string {
	if k.Need == "" {
		return string(k.Urgency)
	}
	return string(k.Urgency) + "/" + string(k.Need)
}
