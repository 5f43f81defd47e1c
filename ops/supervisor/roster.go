package supervisor

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/texts"
)

// rosterDays is how many days after today the page shows, to their end: as far as `hotline oncall`, and to the end of
// that day.
const rosterDays = 7

// rosterPage is who is on call in the days to come.
type rosterPage struct {
	frame
	Lines   []option
	Line    string
	AsOf    string
	Kinds   []kindView // now
	Plan    []gapView  // hours in which the first step alerts nobody, by the plan
	Said    []gapView  // likewise, only because of who has said that they are off call
	Always  []kindView // who is on call all the time that is shown; in none of the days
	Days    []rosterDay
	OffDuty []saidView // who said something else than the plan
	OnDuty  []saidView
}

// saidView is a contact's own word about being on call.
type saidView struct{ Name, Kind, Until string }

// rosterDay is a day, or several in a row that look the same.
type rosterDay struct {
	Name  string
	Last  string // of several
	Today bool
	Gap   bool
	Bands []rosterBand
}

// rosterBand is a stretch of a day in which nothing changes.
type rosterBand struct {
	From, Until string
	Now         bool
	Kinds       []kindView
	Gaps        string // for which cases the first step alerts nobody; empty if for none
	Noted       bool   // only because of what somebody said
}

// AllDay reports whether nothing changes from midnight to midnight.
func (b rosterBand) AllDay() bool { return b.From == "00:00" && b.Until == "24:00" }

// same reports whether two bands show the same people.
func (b rosterBand) same(c rosterBand) bool {
	return b.Gaps == c.Gaps && b.Noted == c.Noted && slices.EqualFunc(b.Kinds, c.Kinds, func(x, y kindView) bool {
		return x.Kind == y.Kind && slices.Equal(x.People, y.People)
	})
}

// showRoster shows who is on call now, today and in the seven days to come.
func (b *Board) showRoster(w http.ResponseWriter, q *query) error {
	given, err := q.params()
	if err != nil {
		return err
	}
	l, err := b.chosenLine(q, given["line"], account.SeeRoster)
	if err != nil {
		return err
	}
	said, err := b.o.Cases.Duty(q.Context(), l.ID)
	if err != nil {
		return err
	}
	zone := l.Roster.Zone
	ahead := dayOf(q.now, zone).add(rosterDays + 1).begins(zone).Sub(q.now)
	plan := bands(l, said, q.now, ahead)
	always := throughout(plan)
	p := rosterPage{
		Lines: b.lineOptions(q, account.SeeRoster, l.ID), Line: l.Name, AsOf: q.instant(q.now, zone),
		Kinds: q.kinds(l, plan[0].onCall, said, q.now), Plan: q.gaps(coverage.FirstStepGaps(l, q.now, ahead), zone),
		Said: q.dated(gapsBySaying(l, plan), zone), Days: q.days(l, said, plan, always),
	}
	p.Always = slices.DeleteFunc(q.kinds(l, always, said, q.now), func(k kindView) bool { return len(k.People) == 0 })
	for _, c := range l.Directory.All() {
		word, ok := said[c.ID]
		if !ok || c.Retired || !q.now.Before(word.Until) {
			continue
		}
		v := saidView{name(l, c.ID), q.say("kind." + string(c.Kind)), q.dayName(word.Until, zone) + " " + word.Until.In(zone).Format("15:04")}
		if word.On {
			p.OnDuty = append(p.OnDuty, v)
		} else {
			p.OffDuty = append(p.OffDuty, v)
		}
	}
	return b.render(w, q, http.StatusOK, "roster", func(f frame) any {
		p.frame = f
		return p
	})
}

// band is a stretch of time in which the same contacts are on call.
type band struct {
	from, until time.Time
	onCall      []contacts.Contact
	planned     []routing.PolicyKey // whose first step alerts nobody, by the plan
	uncovered   []routing.PolicyKey // likewise, with what contacts said
}

// bands cuts the time from an instant on where somebody's being on call may change, by the plan or by their
// own word. None is empty.
func bands(l *routing.Line, said map[contacts.ID]routing.Duty, from time.Time, d time.Duration) []band {
	until := from.Add(d)
	bounds := append([]time.Time{from, until}, l.Roster.Changes(from, until)...)
	for _, word := range said {
		if word.Until.After(from) && word.Until.Before(until) {
			bounds = append(bounds, word.Until)
		}
	}
	slices.SortFunc(bounds, time.Time.Compare)
	bounds = slices.CompactFunc(bounds, time.Time.Equal)
	list := make([]band, 0, len(bounds))
	for i, at := range bounds[:len(bounds)-1] {
		onCall, planned := routing.OnCall(l, said, at), l.Roster.OnCall(at)
		b := band{from: at, until: bounds[i+1]}
		now, byPlan := map[contacts.Kind]bool{}, map[contacts.Kind]bool{}
		for _, c := range l.Directory.All() {
			if c.Retired {
				continue
			}
			if onCall(c.ID) {
				b.onCall = append(b.onCall, c)
			}
			now[c.Kind] = now[c.Kind] || onCall(c.ID) && l.Reaches(c)
			byPlan[c.Kind] = byPlan[c.Kind] || planned.Has(c.ID) && l.Reaches(c)
		}
		for _, key := range coverage.Keys(l.Policy) {
			if !alerts(l, key, now) {
				b.uncovered = append(b.uncovered, key)
			}
			if !alerts(l, key, byPlan) {
				b.planned = append(b.planned, key)
			}
		}
		list = append(list, b)
	}
	return list
}

// throughout returns who is on call in all of the bands.
func throughout(list []band) []contacts.Contact {
	always := slices.Clone(list[0].onCall)
	for _, b := range list[1:] {
		always = without(always, func(c contacts.Contact) bool { return !has(b.onCall, c.ID) })
	}
	return always
}

func has(list []contacts.Contact, id contacts.ID) bool {
	return slices.ContainsFunc(list, func(c contacts.Contact) bool { return c.ID == id })
}

// without returns a list without some.
func without(list []contacts.Contact, these func(contacts.Contact) bool) []contacts.Contact {
	return slices.DeleteFunc(slices.Clone(list), these)
}

// alerts reports whether the first step of a policy alerts anybody of these kinds.
func alerts(l *routing.Line, key routing.PolicyKey, there map[contacts.Kind]bool) bool {
	steps := l.Policy.Steps[key]
	return len(steps) > 0 && slices.ContainsFunc(steps[0].Notify, func(k contacts.Kind) bool { return there[k] })
}

// gapsBySaying returns the gaps that there are only because somebody said that they are off call: the plan
// has none there.
func gapsBySaying(l *routing.Line, list []band) []coverage.Gap {
	var gaps []coverage.Gap
	for _, key := range coverage.Keys(l.Policy) {
		open := false
		for _, b := range list {
			if !slices.Contains(b.uncovered, key) || slices.Contains(b.planned, key) {
				open = false
				continue
			}
			if open {
				gaps[len(gaps)-1].Until = b.until
				continue
			}
			gaps = append(gaps, coverage.Gap{Policy: key, From: b.from, Until: b.until})
			open = true
		}
	}
	return gaps
}

// gaps puts gaps into words, those of the same hours together.
func (q *query) gaps(list []coverage.Gap, zone *time.Location) []gapView {
	var views []gapView
	for _, g := range coverage.Summarize(list, zone) {
		hours := g.VI
		if q.words.Language == texts.English {
			hours = g.EN
		}
		views = append(views, gapView{q.policies(g.Policies), hours})
	}
	return views
}

// dated puts gaps of certain days into words, those of the same hours together. That of the plan comes every week; what
// somebody said is once, and its end may be on the next day.
func (q *query) dated(list []coverage.Gap, zone *time.Location) []gapView {
	var hours []string
	policies := map[string][]routing.PolicyKey{}
	for _, g := range list {
		from, until := q.dayName(g.From, zone), q.dayName(g.Until, zone)
		text := from + " " + g.From.In(zone).Format("15:04") + " – "
		if until != from {
			text += until + " "
		}
		text += g.Until.In(zone).Format("15:04")
		if !slices.Contains(hours, text) {
			hours = append(hours, text)
		}
		policies[text] = append(policies[text], g.Policy)
	}
	var views []gapView
	for _, text := range hours {
		views = append(views, gapView{q.policies(policies[text]), text})
	}
	return views
}

// dayName names a day with its date.
func (q *query) dayName(t time.Time, zone *time.Location) string {
	return q.weekday(t.In(zone).Weekday()) + " " + q.date(t, zone)
}

// policies names the cases that lists of steps are for.
func (q *query) policies(keys []routing.PolicyKey) string {
	var names []string
	for _, k := range keys {
		name := q.say("urgency." + string(k.Urgency))
		if k.Need != "" {
			name += " (" + q.say("need."+string(k.Need)) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// kinds lists who is on call, by kind; a kind that the line has and nobody of is on call comes with nobody.
func (q *query) kinds(l *routing.Line, onCall []contacts.Contact, said map[contacts.ID]routing.Duty, at time.Time) []kindView {
	var list []kindView
	for _, kind := range contacts.Kinds() {
		if !slices.ContainsFunc(l.Directory.All(), func(c contacts.Contact) bool { return c.Kind == kind && !c.Retired }) {
			continue
		}
		k := kindView{Kind: string(kind)}
		planned := l.Roster.OnCall(at)
		for _, c := range onCall {
			if c.Kind != kind {
				continue
			}
			p := personView{Name: name(l, c.ID), Channels: q.channels(c.Channels)}
			if !planned.Has(c.ID) && said[c.ID].On {
				p.Name += " (" + q.say("roster.by_word") + ")"
			}
			k.People = append(k.People, p)
		}
		list = append(list, k)
	}
	return list
}

// days puts bands into the days of the calendar that they are in. Bands that look the same are one, and so are days in
// a row after today. Who is always on call is in none, nor is a kind of which there is nobody else.
func (q *query) days(l *routing.Line, said map[contacts.ID]routing.Duty, list []band, always []contacts.Contact) []rosterDay {
	zone := l.Roster.Zone
	var days []rosterDay
	var in day
	for _, b := range list {
		others := without(b.onCall, func(c contacts.Contact) bool { return has(always, c.ID) })
		for from := b.from; from.Before(b.until); {
			d := dayOf(from, zone)
			until := d.add(1).begins(zone)
			if !until.After(from) || until.After(b.until) {
				until = b.until
			}
			one := rosterBand{From: from.In(zone).Format("15:04"), Until: endOfBand(until, zone), Now: len(days) == 0, Gaps: q.policies(b.uncovered)}
			// Two whose word ends in the same minute leave some seconds, which would stand there as 11:11–11:11.
			if one.From == one.Until && until.Sub(from) < time.Minute {
				from = until
				continue
			}
			one.Noted = !slices.Equal(b.uncovered, b.planned)
			one.Kinds = slices.DeleteFunc(q.kinds(l, others, said, from), func(k kindView) bool {
				return len(k.People) == 0 && slices.ContainsFunc(always, func(c contacts.Contact) bool { return string(c.Kind) == k.Kind })
			})
			if len(days) == 0 || d != in {
				in = d
				days = append(days, rosterDay{Name: q.dayName(d.begins(zone), zone), Today: d == dayOf(q.now, zone)})
			}
			days[len(days)-1].add(one)
			from = until
		}
	}
	return alike(days)
}

// alike makes one of days in a row that look the same, but today.
func alike(days []rosterDay) []rosterDay {
	var list []rosterDay
	for _, d := range days {
		if n := len(list) - 1; n >= 0 && !list[n].Today && slices.EqualFunc(list[n].Bands, d.Bands, func(x, y rosterBand) bool {
			return x.From == y.From && x.Until == y.Until && x.same(y)
		}) {
			list[n].Last = d.Name
			continue
		}
		list = append(list, d)
	}
	return list
}

// endOfBand writes when a band ends; midnight as the end of the day.
func endOfBand(t time.Time, zone *time.Location) string {
	if s := t.In(zone).Format("15:04"); s != "00:00" {
		return s
	}
	return "24:00"
}

// add appends a band to a day, or makes the last one longer if nothing changes.
func (d *rosterDay) add(b rosterBand) {
	d.Gap = d.Gap || b.Gaps != ""
	if n := len(d.Bands) - 1; n >= 0 && d.Bands[n].same(b) {
		d.Bands[n].Until = b.Until
		return
	}
	d.Bands = append(d.Bands, b)
}
