package supervisor

import (
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
)

const (
	// maxQuery bounds what stands behind the question mark of an address, in bytes: ours are some hundred.
	maxQuery = 1 << 10
	// defaultDays is the period that is shown when none was asked for: four weeks with today.
	defaultDays = 28
)

// errLongQuery is the answer to an address that is none of ours.
var errLongQuery = refusal{http.StatusRequestURITooLong, "error.bad_form"}

// params reads what a page is asked for. What is given twice, is too long or is no text is refused.
func (q *query) params() (map[string]string, error) {
	if len(q.URL.RawQuery) > maxQuery {
		return nil, errLongQuery
	}
	given, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return nil, errBadForm
	}
	one := make(map[string]string, len(given))
	for name, values := range given {
		if len(values) != 1 || !utf8.ValidString(values[0]) {
			return nil, errBadForm
		}
		one[name] = values[0]
	}
	return one, nil
}

// chosenLine returns the line that is asked for, or the first of those on which somebody may do something.
func (b *Board) chosenLine(q *query, id string, a account.Action) (*routing.Line, error) {
	if id != "" {
		return b.lineFor(q, contacts.LineID(id), a)
	}
	if may := b.linesFor(q, a); len(may) > 0 {
		return may[0], nil
	}
	return nil, errForbidden
}

// option is one choice of a list.
type option struct {
	Value, Name string
	Chosen      bool
}

// lineOptions lists the lines on which somebody may do something.
func (b *Board) lineOptions(q *query, a account.Action, chosen contacts.LineID) []option {
	var list []option
	for _, l := range b.linesFor(q, a) {
		list = append(list, option{string(l.ID), l.Name, l.ID == chosen})
	}
	return list
}

// asked is of which line and period response times are asked for.
type asked struct {
	line     *routing.Line
	measure  report.Measure
	from, to day       // the last day is part of the period
	typed    [2]string // as they were typed
	problems [2]string // what is wrong with each, as a key
}

// day is a day of the calendar. It is not an instant, so that a day is a day also where clocks change.
type day struct {
	year  int
	month time.Month
	day   int
}

func dayOf(t time.Time, zone *time.Location) day {
	y, m, d := t.In(zone).Date()
	return day{y, m, d}
}

// add returns the day so many days later; days outside of a month are carried over.
func (d day) add(days int) day {
	return dayOf(time.Date(d.year, d.month, d.day+days, 12, 0, 0, 0, time.UTC), time.UTC)
}

// begins is when a day begins.
func (d day) begins(zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, zone)
}

func (d day) weekday() time.Weekday { return d.begins(time.UTC).Weekday() }
func (d day) after(e day) bool      { return d.begins(time.UTC).After(e.begins(time.UTC)) }
func (d day) String() string        { return d.begins(time.UTC).Format(time.DateOnly) }

// asks reads of what response times are asked for. A period that cannot be is no error: it is shown as it was
// typed with what is wrong with it.
func (b *Board) asks(q *query, a account.Action) (asked, error) {
	given, err := q.params()
	if err != nil {
		return asked{}, err
	}
	ask := asked{measure: report.Claim, typed: [2]string{given["from"], given["to"]}}
	if ask.line, err = b.chosenLine(q, given["line"], a); err != nil {
		return asked{}, err
	}
	if m, ok := given["measure"]; ok {
		if ask.measure, ok = measureNamed(m); !ok {
			return asked{}, errBadForm
		}
	}
	ask.period(dayOf(q.now, ask.line.Roster.Zone))
	return ask, nil
}

func measureNamed(name string) (report.Measure, bool) {
	for _, m := range report.Measures() {
		if m.String() == name {
			return m, true
		}
	}
	return 0, false
}

// period reads the days. One that is left out follows from the other, and both from today.
func (a *asked) period(today day) {
	for i, at := range []*day{&a.from, &a.to} {
		if a.typed[i] == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, a.typed[i])
		if err != nil {
			t, err = time.Parse("2/1/2006", a.typed[i]) // as it is written here, where a browser has no field for dates
		}
		if err != nil {
			a.problems[i] = "times.bad_date"
			continue
		}
		*at = dayOf(t, time.UTC)
	}
	if a.bad() {
		return
	}
	if a.typed[1] == "" {
		a.to = today
		if a.typed[0] != "" && a.from.after(today) {
			a.to = a.from
		}
	}
	if a.typed[0] == "" {
		a.from = a.to.add(1 - defaultDays)
	}
	a.typed = [2]string{a.from.String(), a.to.String()}
	if a.from.after(a.to) {
		a.problems[1] = "times.backwards"
	}
}

// bad reports whether there is no such period.
func (a *asked) bad() bool { return a.problems != [2]string{} }

// options are what the figures are to be of.
func (a *asked) options(now time.Time) report.Options {
	zone := a.line.Roster.Zone
	return report.Options{
		Line: a.line.ID, Zone: zone, Now: now, Targets: a.line.Targets,
		From: a.from.begins(zone), To: a.to.add(1).begins(zone),
	}
}

// address is where the figures of a period are, or with a table the file with it.
func (a *asked) address(from, to day, table string) string {
	v := url.Values{"line": {string(a.line.ID)}, "from": {from.String()}, "to": {to.String()}}
	if table != "" {
		v.Set("table", table)
		return "/times.csv?" + v.Encode()
	}
	v.Set("measure", a.measure.String())
	return "/times?" + v.Encode()
}

// preset is a period that is often asked for.
type preset struct {
	Key, Path string
	Chosen    bool
}

func (a *asked) presets(today day) []preset {
	monday := today.add(-(int(today.weekday()) + 6) % 7)
	first := today.add(1 - today.day)
	before := first.add(-1)
	var list []preset
	for _, p := range []struct {
		key      string
		from, to day
	}{
		{"times.this_week", monday, today},
		{"times.last_week", monday.add(-7), monday.add(-1)},
		{"times.this_month", first, today},
		{"times.last_month", before.add(1 - before.day), before},
		{"times.four_weeks", today.add(1 - defaultDays), today},
	} {
		list = append(list, preset{p.key, a.address(p.from, p.to, ""), !a.bad() && p.from == a.from && p.to == a.to})
	}
	return list
}
