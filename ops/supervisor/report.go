package supervisor

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// timesPage is how fast people were answered.
type timesPage struct {
	frame
	Lines     []option
	Measures  []option
	Presets   []preset
	From, To  field
	Bad       bool // there is no such period; there are no figures then
	Times     timesView
	MayExport bool
	Heading   string // line and period
	LineID    string
}

// field is a day that is asked for.
type field struct {
	Value   string
	Problem string // in words; what was typed is kept then
}

// timesView is the figures of a period.
type timesView struct {
	Summary      []string
	None         bool // nobody asked for help in this period
	AsOf         string
	Cards        []seriesView
	Measure      string // name of what the groups are about
	Target       string // of it
	HasTarget    bool
	Groups       []groupsView
	Funnel       []stageView // how far cases came
	Among        []stageView // of the same, what is no stage on the way
	FunnelFile   string
	Outcomes     []stageView // of those that were closed
	OutcomesFile string
	File         string // of the table of all measures
	CasesFile    string
	Alerts       []alertsView
	AlertsFile   string
	Waits        waitsView
	Yardsticks   []yardstickView
}

// seriesView is how long one thing took.
type seriesView struct {
	Name, About                   string
	Cases                         string
	Done, Pending, Waiting, Never string
	Median, P90, P99, Mean, Max   cell
	Share, Target                 string
	Judged, Met, HasTarget        bool
	Empty                         bool
	MissedNow                     bool // somebody waits for longer than the target
}

type groupsView struct {
	Key   string // of the texts: week, hour, channel, urgency, step
	Rows  []seriesView
	Chart string // what a chart is made of, as JSON; empty if there is none
	About string // what the chart shows, in words
	File  string
}

type stageView struct {
	Name, N, Share string
	Hint           string // what else there is to know; empty mostly
	Count, Of      int
}

type alertsView struct {
	Kind                                               string
	Sent, Taken, Declined, NoAnswer, Failed, Late, Out string
}

type waitsView struct {
	Came, Abandoned, GaveUp string
	Rows                    []stageView
	Chart, About, File      string
}

type yardstickView struct{ Measure, Text, Source string }

// showTimes shows the response times of a period.
func (b *Board) showTimes(w http.ResponseWriter, q *query) error {
	ask, err := b.asks(q, account.SeeReports)
	if err != nil {
		return err
	}
	today := dayOf(q.now, ask.line.Roster.Zone)
	p := timesPage{
		Lines: b.lineOptions(q, account.SeeReports, ask.line.ID), LineID: string(ask.line.ID), Presets: ask.presets(today), Bad: ask.bad(),
		MayExport: q.may(account.Export, ask.line.ID),
	}
	for i, f := range []*field{&p.From, &p.To} {
		f.Value = ask.typed[i]
		if key := ask.problems[i]; key != "" {
			f.Problem = q.say(key)
		}
	}
	for _, m := range report.Measures() {
		p.Measures = append(p.Measures, option{m.String(), q.say("measure." + m.String()), m == ask.measure})
	}
	status := http.StatusBadRequest
	if !p.Bad {
		status = http.StatusOK
		folder, err := b.folded.upTo(q.Context(), ask.line.ID)
		if err != nil {
			return err
		}
		o, err := b.figuresOf(q, folder, ask.options(q.now))
		if err != nil {
			return err
		}
		r := folder.Report(o)
		p.Heading = q.say("times.of", "line", ask.line.Name, "from", q.date(r.From, r.Zone), "to", q.date(r.To.Add(-time.Millisecond), r.Zone))
		if p.Times, err = q.times(&ask, &r); err != nil {
			return err
		}
	}
	return b.render(w, q, status, "report", func(f frame) any {
		p.frame = f
		return p
	})
}

// times puts figures into words.
func (q *query) times(ask *asked, r *report.Report) (timesView, error) {
	file := func(table string) string { return ask.address(ask.from, ask.to, table) }
	v := timesView{
		Summary: q.summary(r), None: r.All.Cases == 0, AsOf: q.instant(r.Now, r.Zone),
		Measure: q.say("measure." + ask.measure.String()), Target: q.target(r.Target(ask.measure)), HasTarget: r.Target(ask.measure).Within > 0,
		FunnelFile: file("funnel"), Outcomes: q.outcomes(r), OutcomesFile: file("outcomes"), File: file("all"), CasesFile: file("cases"), AlertsFile: file("alerts"),
	}
	v.Funnel, v.Among = q.funnel(r)
	// What a supervisor asks for first comes first.
	for _, m := range []report.Measure{report.Danger, report.Talk, report.Claim, report.Alert, report.Close} {
		card := q.series(q.say("measure."+m.String()), &r.All, m, r.Target(m))
		card.About = q.say("measure." + m.String() + ".about")
		v.Cards = append(v.Cards, card)
	}
	for _, y := range report.Yardsticks() {
		text := y.VI
		if q.words.Language == texts.English {
			text = y.EN
		}
		v.Yardsticks = append(v.Yardsticks, yardstickView{q.say("measure." + y.Measure.String()), text, y.Source})
	}
	for _, set := range groupSets(r) {
		g := groupsView{Key: set.key, File: file(set.key)}
		for i := range set.groups {
			g.Rows = append(g.Rows, q.series(q.group(set.key, &set.groups[i]), &set.groups[i].Figures, ask.measure, r.Target(ask.measure)))
		}
		if err := q.groupChart(&g, set.groups, ask.measure, r.Target(ask.measure)); err != nil {
			return v, err
		}
		v.Groups = append(v.Groups, g)
	}
	for _, a := range r.Alerts {
		v.Alerts = append(v.Alerts, alertsView{
			q.known("kind.", string(a.Kind)), q.number(a.Sent), q.number(a.Taken), q.number(a.Declined), q.number(a.NoAnswer),
			q.number(a.Failed), q.number(a.Late), q.number(a.Out),
		})
	}
	var err error
	v.Waits, err = q.waits(&r.Calls)
	v.Waits.File = file("waits")
	return v, err
}

// groupSet is the groups by one thing.
type groupSet struct {
	key    string
	groups []report.Group
}

func groupSets(r *report.Report) []groupSet {
	return []groupSet{{"week", r.Weeks}, {"hour", r.Hours}, {"urgency", r.Urgencies}, {"channel", r.Channels}, {"step", r.Steps}}
}

// series puts one series into words.
func (q *query) series(name string, f *report.Figures, m report.Measure, target routing.Target) seriesView {
	s := f.Of(m)
	v := seriesView{
		Name: name, Cases: q.number(f.Cases), Done: q.number(s.Done), Pending: q.number(s.Pending), Waiting: q.number(s.Waiting), Never: q.number(s.Never),
		Median: q.percentile(s.Median, s, "times.under_half"), P90: q.percentile(s.P90, s, "times.under_90"), P99: q.percentile(s.P99, s, "times.under_99"),
		Mean: q.ofDone(s.Mean, s), Max: q.ofDone(s.Max, s), Share: q.share(s), Target: q.target(target),
		HasTarget: target.Within > 0, Empty: s.Counted()+s.Pending == 0, MissedNow: s.Waiting > 0,
	}
	v.Met, v.Judged = s.Meets(target)
	return v
}

// known is the text for a name that a journal holds; one that this program does not know is shown as it is.
func (q *query) known(prefix, name string) string {
	if text, err := q.words.T(prefix + name); err == nil {
		return text
	}
	return name
}

// group names a group.
func (q *query) group(by string, g *report.Group) string {
	switch by {
	case "week":
		_, week := g.From.ISOWeek()
		return q.say("times.week", "n", week, "from", q.date(g.From, g.From.Location()))
	case "hour":
		return g.Key + ":00–" + g.Key + ":59"
	case "channel":
		return q.known("channel.", g.Key)
	case "urgency":
		return q.known("urgency.", g.Key)
	}
	if _, err := strconv.Atoi(g.Key); err != nil {
		return q.say("times.not_taken")
	}
	return q.say("times.step", "n", g.Key)
}

// funnel lists how far cases came, and apart from that what among them is no stage on the way. Only who calls can talk with
// somebody: of how many that is, is said there.
func (q *query) funnel(r *report.Report) (stages, among []stageView) {
	n := &r.Funnel
	stage := func(key string, cases int) stageView {
		v := stageView{Name: q.say("funnel." + key), N: q.number(cases), Share: "–", Count: cases, Of: max(n.Arrived, 1)}
		if n.Arrived > 0 {
			v.Share = q.percent(cases, n.Arrived)
		}
		return v
	}
	talked := stage("talked", n.Talked)
	talk := r.All.Of(report.Talk)
	if called := talk.Counted() + talk.Pending; called > 0 {
		talked.Hint = q.say("funnel.of_callers", "n", q.number(talk.Done), "of", q.number(called))
	}
	stages = []stageView{stage("arrived", n.Arrived), stage("alerted", n.Alerted), stage("taken", n.Taken), talked, stage("closed", n.Closed)}
	among = []stageView{stage("open", n.Open), stage("untaken", n.Untaken), stage("closed_untaken", n.ClosedUntaken), stage("unanswered", n.Unanswered)}
	return stages, among
}

// outcomes says how cases were closed. Who closes by XONG says no outcome.
func (q *query) outcomes(r *report.Report) []stageView {
	var rows []stageView
	for _, o := range r.Outcomes {
		row := stageView{Name: q.known("outcome.", string(o.Outcome)), N: q.number(o.Cases), Share: "–", Count: o.Cases, Of: max(r.Funnel.Closed, 1)}
		if o.Outcome == "" {
			row.Name = q.known("outcomes.unsaid.", string(o.By))
		}
		if r.Funnel.Closed > 0 {
			row.Share = q.percent(o.Cases, r.Funnel.Closed)
		}
		rows = append(rows, row)
	}
	return rows
}

func (q *query) waits(c *report.Calls) (waitsView, error) {
	v := waitsView{Came: q.number(c.Came), Abandoned: q.number(c.Abandoned), GaveUp: q.number(c.GaveUp), About: q.say("chart.waits")}
	ch := chart{Words: []string{"", "", q.say("waits.waited")}, Series: []chartSeries{{Name: q.say("times.calls_abandoned"), Kind: "bar", Color: 3}}}
	for _, band := range c.Waits {
		row := stageView{N: q.number(band.Count), Count: band.Count, Of: max(c.Abandoned, 1), Share: "–"}
		switch {
		case band.To == 0:
			row.Name = q.say("times.wait_from", "from", q.took(band.From))
		case band.From == 0:
			row.Name = q.say("times.wait_under", "to", q.took(band.To))
		default:
			row.Name = q.say("times.wait", "from", q.took(band.From), "to", q.took(band.To))
		}
		if c.Abandoned > 0 {
			row.Share = q.percent(band.Count, c.Abandoned)
		}
		v.Rows = append(v.Rows, row)
		ch.Labels = append(ch.Labels, row.Name)
		ch.Short = append(ch.Short, q.bandShort(band))
		n := float64(band.Count)
		ch.Series[0].Values = append(ch.Series[0].Values, &n)
	}
	if c.Abandoned == 0 {
		return v, nil
	}
	var err error
	v.Chart, err = ch.json()
	return v, err
}

// chart is what static/report.js draws from.
type chart struct {
	Labels []string      `json:"labels"`
	Short  []string      `json:"short,omitempty"` // for the axis, where Labels are long; each may have two lines
	Unit   string        `json:"unit"`            // "s", or empty for a count
	Target float64       `json:"target,omitempty"`
	Words  []string      `json:"words"` // for the target, how long it is, and for what the labels are
	Series []chartSeries `json:"series"`
}

type chartSeries struct {
	Name   string     `json:"name"`
	Kind   string     `json:"kind"` // "bar", "line", or "missed": bars as high as the chart
	Color  int        `json:"color,omitempty"`
	Values []*float64 `json:"values"`
	Texts  []string   `json:"texts,omitempty"` // of the values, as the table has them
}

func (c *chart) json() (string, error) {
	data, err := json.Marshal(c)
	return string(data), err
}

// groupChart makes the chart of groups that follow each other: over the weeks and the day how long it took,
// over the steps how many cases each took. Percentiles that fall on somebody who was not answered have no
// value and would look like none: they stand as high as the chart.
func (q *query) groupChart(g *groupsView, groups []report.Group, m report.Measure, target routing.Target) error {
	if len(groups) == 0 || g.Key == "channel" || g.Key == "urgency" {
		return nil
	}
	c := chart{Words: []string{q.say("times.target_name"), q.took(target.Within), q.say("times.group_" + g.Key)}}
	g.About = q.say("chart."+g.Key, "measure", q.say("measure."+m.String()))
	median := chartSeries{Name: q.say("times.median"), Kind: "line", Color: 1}
	p90 := chartSeries{Name: q.say("times.p90"), Kind: "line", Color: 2}
	missed := chartSeries{Name: q.say("times.under_90"), Kind: "missed"}
	cases := chartSeries{Name: q.say("times.cases"), Kind: "bar", Color: 1}
	for i, row := range g.Rows {
		s := groups[i].Of(m)
		c.Labels = append(c.Labels, row.Name)
		c.Short = append(c.Short, q.short(g.Key, &groups[i], row.Name))
		n := float64(groups[i].Cases)
		cases.Values = append(cases.Values, &n)
		median.add(s.Median, row.Median)
		p90.add(s.P90, row.P90)
		var one *float64
		if row.P90.Missed {
			n := 1.0
			one = &n
		}
		missed.Values = append(missed.Values, one)
	}
	switch g.Key {
	case "step":
		c.Series = []chartSeries{cases}
	case "hour":
		p90.Kind = "bar"
		c.Unit, c.Target, c.Series = "s", target.Within.Seconds(), []chartSeries{p90, missed}
	default:
		c.Unit, c.Target, c.Series = "s", target.Within.Seconds(), []chartSeries{median, p90, missed}
	}
	var err error
	g.Chart, err = c.json()
	return err
}

func (s *chartSeries) add(p report.Percentile, shown cell) {
	var v *float64
	if p.Reached {
		seconds := p.Value.Seconds()
		v = &seconds
	}
	s.Values = append(s.Values, v)
	s.Texts = append(s.Texts, shown.Text)
}

// short is a group's name on an axis.
func (q *query) short(by string, g *report.Group, name string) string {
	switch by {
	case "week":
		if q.words.Language == texts.Vietnamese {
			return g.From.Format("02/01")
		}
		return g.From.Format("2 Jan")
	case "hour":
		return g.Key
	}
	return name
}
