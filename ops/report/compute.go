package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// notTaken is the key of the cases that no step took.
const notTaken = "none"

// hoursOfDay is how many groups there are by hour.
const hoursOfDay = 24

// Report computes the figures of a period.
func (f *Folder) Report(o Options) Report {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	b := f.lines[o.Line]
	if b == nil {
		b = &book{}
	}
	rep := Report{Options: o, Calls: Calls{Waits: waitBands()}}
	chosen, in := b.choose(o)
	g := b.group(chosen, o.Zone)
	figures := make([]Figures, g.total)
	for i := range chosen {
		for _, at := range g.of[i] {
			figures[at].Cases++
		}
	}
	var measured sync.WaitGroup // each fills in a series of its own
	for _, m := range Measures() {
		measured.Go(func() { b.measure(m, o, chosen, g, figures) })
	}
	measured.Wait()
	g.fill(&rep, b, figures, o.Zone)
	rep.Funnel = b.funnel(chosen)
	rep.Outcomes = b.outcomeCounts(chosen)
	rep.Alerts = b.alertCounts(in)
	b.countCalls(&rep, chosen, in)
	return rep
}

// choose returns the rows of a period, and for every row whether it is among them.
func (b *book) choose(o Options) (chosen []uint32, in []bool) {
	in = make([]bool, len(b.rows))
	chosen = make([]uint32, 0, len(b.rows))
	for i := range b.rows {
		if o.has(b.rows[i].id, b.rows[i].arrived) {
			in[i] = true
			chosen = append(chosen, uint32(i))
		}
	}
	return chosen, in
}

// groups are the places, in one list of figures, of every group that the chosen rows belong to.
type groups struct {
	of                                  [][6]uint32 // by chosen row
	weeks, hours, channels, urgs, steps int         // where each kind of group begins; all is at 0
	total                               int
	firstWeek                           int64
	maxStep                             int
}

func (b *book) group(chosen []uint32, zone *time.Location) groups {
	g := groups{of: make([][6]uint32, len(chosen)), weeks: 1}
	c := calendar{zone: zone}
	var lastWeek int64
	weekOf := make([]int64, len(chosen))
	for i, at := range chosen {
		r := &b.rows[at]
		week, hour := c.of(r.arrived)
		weekOf[i] = week
		g.of[i][2] = uint32(hour)
		if i == 0 {
			g.firstWeek, lastWeek = week, week
		}
		g.firstWeek, lastWeek = min(g.firstWeek, week), max(lastWeek, week)
		g.maxStep = max(g.maxStep, int(r.step))
	}
	g.hours = g.weeks
	if len(chosen) > 0 {
		g.hours += int(lastWeek-g.firstWeek) + 1
	}
	g.channels = g.hours + hoursOfDay
	g.urgs = g.channels + len(b.channels.list)
	g.steps = g.urgs + len(b.urgencies.list)
	g.total = g.steps + g.maxStep + 1
	for i, at := range chosen {
		r, of := &b.rows[at], &g.of[i]
		of[1] = uint32(g.weeks + int(weekOf[i]-g.firstWeek))
		of[2] += uint32(g.hours)
		of[3] = uint32(g.channels + int(r.channel))
		of[4] = uint32(g.urgs + int(r.urgency))
		of[5] = uint32(g.steps + int(r.step))
	}
	return g
}

// fill gives every group its name. Those of a set that is not an order of its own come in the set's order,
// without those that have no case.
func (g *groups) fill(rep *Report, b *book, figures []Figures, zone *time.Location) {
	rep.All = figures[0]
	for i, f := range figures[g.weeks:g.hours] {
		monday := mondayOf(g.firstWeek+int64(i), zone)
		year, week := monday.ISOWeek()
		rep.Weeks = append(rep.Weeks, Group{Key: fmt.Sprintf("%04d-W%02d", year, week), From: monday, Figures: f})
	}
	for i, f := range figures[g.hours:g.channels] {
		rep.Hours = append(rep.Hours, Group{Key: fmt.Sprintf("%02d", i), Figures: f})
	}
	add := func(to *[]Group, key string, f Figures) {
		if f.Cases > 0 {
			*to = append(*to, Group{Key: key, Figures: f})
		}
	}
	for i, f := range figures[g.channels:g.urgs] {
		add(&rep.Channels, string(b.channels.list[i]), f)
	}
	for i, f := range figures[g.urgs:g.steps] {
		add(&rep.Urgencies, string(b.urgencies.list[i]), f)
	}
	slices.SortFunc(rep.Channels, func(x, y Group) int { return cmp.Compare(x.Key, y.Key) })
	slices.SortFunc(rep.Urgencies, func(x, y Group) int {
		return cmp.Or(cmp.Compare(severity(y.Key), severity(x.Key)), cmp.Compare(x.Key, y.Key))
	})
	steps := figures[g.steps:g.total]
	for i, f := range steps[1:] {
		add(&rep.Steps, strconv.Itoa(i+1), f)
	}
	add(&rep.Steps, notTaken, steps[0])
}

// calendar says in which week and at what hour of the day instants are. Instants that follow each other
// mostly lie between the same two changes of the zone's clock, so that it is seldom asked.
type calendar struct {
	zone       *time.Location
	from, to   int64 // unix milliseconds between which offset holds
	offset     int64 // milliseconds
	everLooked bool
}

const (
	hourMS = int64(time.Hour / time.Millisecond)
	dayMS  = 24 * hourMS
	// The first day of unix time was a Thursday: three days into a week.
	epochIntoWeek = 3
)

// of returns the week, counted from that of 1970-01-01, and the hour of the day.
func (c *calendar) of(ms int64) (week int64, hour int) {
	if !c.everLooked || ms < c.from || ms >= c.to {
		t := time.UnixMilli(ms).In(c.zone)
		_, offset := t.Zone()
		start, end := t.ZoneBounds()
		c.offset, c.from, c.to, c.everLooked = int64(offset)*1000, -1<<62, 1<<62, true
		if !start.IsZero() {
			c.from = start.UnixMilli()
		}
		if !end.IsZero() {
			c.to = end.UnixMilli()
		}
	}
	local := ms + c.offset
	day := floorDiv(local, dayMS)
	return floorDiv(day+epochIntoWeek, 7), int((local - day*dayMS) / hourMS)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// mondayOf is when a week begins in a zone.
func mondayOf(week int64, zone *time.Location) time.Time {
	return time.Date(1970, time.January, 1-epochIntoWeek+7*int(week), 0, 0, 0, 0, zone)
}

func (b *book) funnel(chosen []uint32) Funnel {
	n := Funnel{Arrived: len(chosen)}
	for _, at := range chosen {
		r := &b.rows[at]
		taken, closed := r.taken != never, r.closed != never
		count(&n.Alerted, r.alertAfter != never)
		count(&n.Taken, taken)
		count(&n.Talked, r.talked != never)
		count(&n.Closed, closed)
		count(&n.Open, !closed)
		count(&n.Untaken, !taken && !closed)
		count(&n.ClosedUntaken, !taken && closed)
		count(&n.Unanswered, r.roundOver != never)
	}
	return n
}

func count(n *int, it bool) {
	if it {
		*n++
	}
}

// outcomeCounts counts the closed cases by how they were closed.
func (b *book) outcomeCounts(chosen []uint32) []OutcomeCount {
	var counts []OutcomeCount
	for _, o := range routing.Outcomes() {
		counts = append(counts, OutcomeCount{Outcome: o, By: routing.ReasonClosedByOffice})
	}
	counts = append(counts, OutcomeCount{By: routing.ReasonClosedByHelper}, OutcomeCount{By: routing.ReasonClosedByOffice})
	usual := len(counts)
	ways := len(b.closings.list)
	tally := make([]int, len(b.outcomes.list)*ways)
	for _, at := range chosen {
		if r := &b.rows[at]; r.closed != never {
			tally[int(r.outcome)*ways+int(r.closedBy)]++
		}
	}
	for i, n := range tally {
		if n == 0 {
			continue
		}
		way := OutcomeCount{Outcome: b.outcomes.list[i/ways], By: b.closings.list[i%ways]}
		at := slices.Index(counts, way)
		if at < 0 {
			at, counts = len(counts), append(counts, way)
		}
		counts[at].Cases = n
	}
	slices.SortFunc(counts[usual:], func(x, y OutcomeCount) int {
		return cmp.Or(cmp.Compare(x.Outcome, y.Outcome), cmp.Compare(x.By, y.By))
	})
	return counts
}

// alertCounts counts the alerts of the rows that are in.
func (b *book) alertCounts(in []bool) []AlertCounts {
	counts := make([]AlertCounts, len(b.kinds.list))
	for i, kind := range b.kinds.list {
		counts[i].Kind = kind
	}
	for _, a := range b.alerts {
		if !in[a.row] {
			continue
		}
		n := &counts[a.kind]
		n.Sent++
		switch b.results.name(a.result) {
		case routing.AlertTaken:
			n.Taken++
		case routing.AlertDeclined:
			n.Declined++
		case routing.AlertNoAnswer:
			n.NoAnswer++
		case routing.AlertFailed:
			n.Failed++
		case routing.AlertLate:
			n.Late++
		default:
			n.Out++
		}
	}
	counts = slices.DeleteFunc(counts, func(n AlertCounts) bool { return n.Sent == 0 })
	order := contacts.Kinds()
	slices.SortStableFunc(counts, func(x, y AlertCounts) int {
		return cmp.Compare(uint(slices.Index(order, x.Kind)), uint(slices.Index(order, y.Kind)))
	})
	return counts
}

// waitBands are those of the metric of abandoned calls (contract §7): a ring, the greeting, one step, two,
// a round, longer.
func waitBands() []WaitBand {
	limits := []time.Duration{0, 10 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute, 0}
	bands := make([]WaitBand, len(limits)-1)
	for i := range bands {
		bands[i] = WaitBand{From: limits[i], To: limits[i+1]}
	}
	return bands
}

func (b *book) countCalls(rep *Report, chosen []uint32, in []bool) {
	n := &rep.Calls
	target := rep.Targets.Talk.Within.Milliseconds()
	now := rep.Now.UnixMilli()
	for _, at := range chosen {
		r := &b.rows[at]
		n.Came += int(r.calls)
		if target > 0 && r.gaveUp != never && r.gaveUp < target {
			v := r.verdict(Talk, now, target)
			count(&n.GaveUp, v.judged && !v.within)
		}
	}
	for _, a := range b.abandoned {
		if !in[a.row] {
			continue
		}
		n.Abandoned++
		for i := range n.Waits {
			if to := n.Waits[i].To; to == 0 || a.wait < to.Milliseconds() {
				n.Waits[i].Count++
				break
			}
		}
	}
}
