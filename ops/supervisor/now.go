package supervisor

import (
	"context"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// nowPage is what is going on.
type nowPage struct {
	frame
	Title string
	Live  template.HTML // a nowView
}

// nowView is the part of it that is kept up to date.
type nowView struct {
	asOf     time.Time // when the oldest of what is shown was read
	NowMS    int64
	Title    string // of the window
	Alarm    bool
	Spoken   string // what a screen reader says when it changes
	Alarms   []caseCard
	Cases    []caseCard
	Lines    []lineView
	Health   []healthRow
	Failed   bool // what is shown may be out of date
	Many     bool // more than one line
	Counts   []countView
	NoneOpen bool
}

// mostAlarms is how many unanswered cases are listed before the rest is folded: as many as leave, on the first screen of
// a telephone, room for a sign of what stands below.
const mostAlarms = 6

// First are the alarms that are listed at once.
func (v nowView) First() []caseCard { return v.Alarms[:v.shown()] }

// Rest are those that are folded; one alone is not, since what unfolds it would take its place.
func (v nowView) Rest() []caseCard { return v.Alarms[v.shown():] }

func (v nowView) shown() int {
	if len(v.Alarms) <= mostAlarms+1 {
		return len(v.Alarms)
	}
	return mostAlarms
}

type countView struct {
	Key string
	N   int
}

// caseCard is one case, as the board shows it.
type caseCard struct {
	ID, Path, Code, Line string
	Urgency, Need, Area  string // keys, and the area's name
	Channel              string
	Label                string // state, as a key
	Alarm                bool
	Since                template.HTML // since the first text or call
	Waits                template.HTML // since when nobody has had it; empty if somebody has
	Step                 string
	Next                 string
	NextIn               template.HTML
	Late                 bool
	Helpers              []string
	Asked                []askedRow
	Call                 string
	CallSince            template.HTML
	CallWaits            bool
}

// askedRow is one contact who was asked, and how they answered.
type askedRow struct {
	Name, Kind, Channels string
	Answer               string // what is said of it, as a key
	State                string // class of the answer: the state of the alert, or quiet of who has let the case go
	At                   string // time of day
}

type lineView struct {
	ID, Name string
	Kinds    []kindView
	Gaps     []gapView
}

type kindView struct {
	Kind   string
	People []personView
}

type personView struct {
	Name, Channels string
}

type gapView struct{ Policies, Hours string }

type healthRow struct {
	Key, Text string
	Bad       bool
}

// nowView puts together what a viewer sees at an instant.
func (b *Board) nowView(ctx context.Context, of viewer, now time.Time) (nowView, error) {
	q := of.query(now)
	v := nowView{asOf: now, NowMS: now.UnixMilli(), Many: len(of.lines) > 1}
	var open []seen
	for _, l := range of.lines {
		s, err := b.look(ctx, l)
		if err != nil {
			return v, err
		}
		if s.at.Before(v.asOf) {
			v.asOf = s.at
		}
		for _, c := range s.cases {
			if b.sees(q.who, l, c) {
				open = append(open, seen{l, c})
			}
		}
		v.Lines = append(v.Lines, q.line(l, s))
	}
	slices.SortFunc(open, byUrgency(q.now))
	waiting := 0
	var codes []string
	for _, s := range open {
		card := q.card(s.l, s.c)
		v.Cases = append(v.Cases, card)
		if s.c.State == routing.Alerting {
			waiting++
		}
		if card.Alarm {
			v.Alarms = append(v.Alarms, card)
			codes = append(codes, card.Code)
		}
	}
	v.Alarm, v.NoneOpen = len(v.Alarms) > 0, len(open) == 0
	v.Counts = []countView{{"count.alarm", len(v.Alarms)}, {"count.waiting", waiting - len(v.Alarms)}, {"count.taken", len(open) - waiting}}
	v.Title = q.title(len(v.Alarms), waiting)
	switch {
	case v.Alarm:
		v.Spoken = q.say("spoken.alarm", "n", len(codes), "codes", strings.Join(codes, ", "))
	case waiting > 0:
		v.Spoken = q.say("spoken.waiting", "n", waiting)
	default:
		v.Spoken = q.say("spoken.calm", "n", len(open))
	}
	h := b.health(ctx)
	if q.linked() && (h.Outbox < outboxLate || len(open) == 0) {
		h.Outbox = 0 // that somebody is being alerted, or cannot be, would give away a case that is not shown
	}
	v.Health = q.health(h, overdue(open, q.now))
	return v, nil
}

// title is what stands on the tab of a browser that shows something else.
func (q *query) title(alarms, waiting int) string {
	name := q.say("now.title")
	switch {
	case alarms > 0:
		return q.alarmed(alarms) + " · " + name
	case waiting > 0:
		return "(" + strconv.Itoa(waiting) + ") " + q.say("title.waiting") + " · " + name
	}
	return name
}

// alarmed begins the title of every page while there are cases that nobody may overlook.
func (q *query) alarmed(n int) string {
	return "(!) " + strconv.Itoa(n) + " " + q.say("title.unanswered")
}

func (q *query) health(h health, late bool) []healthRow {
	rows := []healthRow{{Key: "health.storage", Text: q.say("health.fine")}, {Key: "health.carrier", Text: q.say("health.outbox_empty")}, {Key: "health.clock", Text: q.say("health.fine")}}
	if h.StoredErr {
		rows[0].Text, rows[0].Bad = q.say("health.storage_down"), true
	}
	switch {
	case h.OutboxErr:
		rows[1].Text, rows[1].Bad = q.say("health.unknown"), true
	case h.Outbox >= outboxLate:
		rows[1].Text, rows[1].Bad = q.say("health.outbox_late", "span", span(h.Outbox)), true
	case h.Outbox > 0:
		rows[1].Text = q.say("health.outbox_moves")
	}
	if late {
		rows[2].Text, rows[2].Bad = q.say("health.late"), true
	}
	return rows
}

// line says who is on call, and when nobody is.
func (q *query) line(l *routing.Line, s *snapshot) lineView {
	v := lineView{ID: string(l.ID), Name: l.Name}
	for _, kind := range contacts.Kinds() {
		k := kindView{Kind: string(kind)}
		there := false
		for _, c := range l.Directory.All() {
			there = there || c.Kind == kind && !c.Retired
		}
		if !there {
			continue
		}
		for _, c := range s.onCall {
			if c.Kind == kind {
				k.People = append(k.People, personView{c.Name.Reveal(), q.channels(c.Channels)})
			}
		}
		v.Kinds = append(v.Kinds, k)
	}
	v.Gaps = q.gaps(s.gaps, l.Roster.Zone)
	return v
}

func (q *query) channels(list []contacts.Channel) string {
	var names []string
	for _, c := range list {
		names = append(names, q.say("channel."+string(c)))
	}
	return strings.Join(names, ", ")
}

// name is a contact's name, as far as the line still knows it.
func name(l *routing.Line, id contacts.ID) string {
	if c, ok := l.Directory.Contact(id); ok && !c.Name.Empty() {
		return c.Name.Reveal()
	}
	return string(id)
}

// card describes an open case. It holds no word of the person and no number.
func (q *query) card(l *routing.Line, c *routing.Case) caseCard {
	v := caseCard{
		ID: "case-" + string(c.ID), Path: casePath(c), Code: string(c.Code), Line: l.Name,
		Urgency: string(c.Urgency), Need: string(needOf(c)), Area: c.Area, Channel: string(c.Channel),
		Label: c.Label(), Alarm: alarms(l, c, q.now), Since: clock(q.now, c.ArrivedAt), Step: q.step(l, c),
	}
	if c.State == routing.Alerting {
		v.Waits = clock(q.now, waitsSince(c))
	}
	if d, ok := nextStep(c); ok {
		v.Next, v.NextIn, v.Late = q.next(l, c, d), countdown(q.now, d.At), q.now.Sub(d.At) >= overdueAfter
	}
	for _, id := range c.Helpers() {
		v.Helpers = append(v.Helpers, name(l, id))
	}
	for _, a := range slices.Backward(c.Alerts) {
		row := askedRow{
			Name: name(l, a.Contact), Kind: string(a.Kind), Channels: q.channels(a.Channels()),
			Answer: answer(c, a), State: string(a.State), At: a.At.In(l.Roster.Zone).Format(time.TimeOnly),
		}
		if row.Answer == askedLeft {
			row.State = "quiet"
		}
		v.Asked = append(v.Asked, row)
	}
	if leg := c.PersonLeg(); leg != nil {
		v.Call, v.CallWaits = "leg."+string(leg.State), leg.State != routing.LegJoined && leg.State != routing.LegEnding
		since := leg.At
		switch {
		case leg.State == routing.LegJoined && !leg.JoinedAt.IsZero():
			since = leg.JoinedAt
		case !leg.WaitsFrom.IsZero():
			since = leg.WaitsFrom
		}
		v.CallSince = clock(q.now, since)
	}
	return v
}

// askedLeft is the answer of who had the case and has let it go.
const askedLeft = "asked.left"

// answer names what is said of how a contact answered. A phone rings only once the call is with the carrier: nobody is
// called about two cases at once.
func answer(c *routing.Case, a routing.Alert) string {
	leg := c.Leg(a.Leg)
	switch {
	case a.State == routing.AlertTaken && !slices.Contains(c.Helpers(), a.Contact):
		return askedLeft
	case a.State != routing.AlertOut || a.Leg == "" || leg == nil:
	case leg.State == routing.LegPlacing:
		return "asked.queued"
	case leg.State == routing.LegRinging:
		return "asked.rings"
	}
	return "alert." + string(a.State)
}

// needOf is a case's need, which old records may lack.
func needOf(c *routing.Case) triage.Need {
	if c.Need == "" {
		return triage.Unknown
	}
	return c.Need
}

// nextStep is the next deadline that means something to whoever watches: that calls are compared with the
// carrier's list, or that somebody is reminded, is not what they wait for.
func nextStep(c *routing.Case) (routing.Deadline, bool) {
	var next routing.Deadline
	for _, d := range c.Deadlines {
		if d.Kind != routing.LookAtCalls && d.Kind != routing.Remind && (next.At.IsZero() || d.At.Before(next.At)) {
			next = d
		}
	}
	if next.At.IsZero() {
		return c.NextDeadline()
	}
	return next, true
}

// step says how far the policy is: step n of m, and in which round.
func (q *query) step(l *routing.Line, c *routing.Case) string {
	if c.State != routing.Alerting {
		return ""
	}
	steps := len(l.Policy.Steps[c.Plan])
	n := c.Step + 1
	if d, ok := nextStep(c); ok && d.Kind == routing.RoundStarts {
		return q.say("case.round_over", "round", max(c.Rounds, 1))
	}
	if steps == 0 || n > steps || n < 1 {
		return ""
	}
	if c.Rounds > 0 {
		return q.say("case.step_round", "n", n, "m", steps, "round", c.Rounds+1)
	}
	return q.say("case.step", "n", n, "m", steps)
}

// next says what the next deadline brings.
func (q *query) next(l *routing.Line, c *routing.Case, d routing.Deadline) string {
	holder := q.say("someone")
	if c.Holder != "" {
		holder = name(l, c.Holder)
	}
	if d.Kind != routing.StepEnds {
		return q.say("next."+string(d.Kind), "name", holder)
	}
	steps := l.Policy.Steps[c.Plan]
	if c.Step+1 >= len(steps) {
		return q.say("next.pause")
	}
	var kinds []string
	for _, k := range steps[c.Step+1].Notify {
		kinds = append(kinds, q.say("kind."+string(k)))
	}
	return q.say("next.step", "n", c.Step+2, "kinds", strings.Join(kinds, ", "))
}

func casePath(c *routing.Case) string { return "/case/" + string(c.Line) + "/" + string(c.ID) }
