package demo

import (
	"slices"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// casePanel is what the page says of one open case.
type casePanel struct {
	words
	Code    string
	Urgency string // class of the mark
	Level   string // the urgency in words
	Need    string
	Area    string
	Label   string // class: alerting, unanswered or claimed
	State   string // the state in words
	Round   int
	Steps   []stepRow
	Alerts  []alertRow
	Calls   []alertRow // who rings, who talks
	Next    string     // what happens when the clock has run out
	Clock   clock
}

// stepRow is one step of the case's policy.
type stepRow struct {
	Kinds     string
	Wait      string
	Stage     string // class: past, now, ahead or spared
	StageText string
}

// alertRow is one contact who was asked, or somebody on the telephone.
type alertRow struct {
	Name, State, Text string
	IsPerson          bool
}

// clock runs towards a deadline.
type clock struct {
	At     string // time of day
	DueMS  int64  // unix ms
	SpanMS int64  // from the beginning to the deadline
}

// panel describes an open case.
func (t *teller) panel(w *ward, c *routing.Case, s *snapshot) casePanel {
	steps := s.Line.Policy.For(c.Urgency, c.Need)
	p := casePanel{
		words: t.words, Code: string(c.Code), Urgency: string(c.Urgency), Level: t.say("urgency." + string(c.Urgency)),
		Need: t.say("need." + string(c.Need)), Area: c.Area, Label: c.Label(), Round: c.Rounds + 1,
	}
	if p.Area == "" {
		p.Area = t.say("area.unknown")
	}
	p.State = t.say("state." + p.Label)
	if c.State == routing.Claimed {
		p.State = t.say("state.claimed_by", "name", w.nameOf(c.Holder))
	}
	due := nextDeadline(c)
	if due.Kind == routing.RoundStarts {
		p.Round = c.Rounds // the next one has not begun
	}
	for i, step := range steps {
		row := stepRow{Kinds: t.kinds(step.Notify), Wait: t.span(step.Wait), Stage: "ahead"}
		switch {
		case (due.Kind == routing.StepEnds || due.Kind == routing.Remind) && i == c.Step:
			row.Stage = "now"
		case i <= c.Step:
			row.Stage = "past"
		case c.State == routing.Claimed:
			row.Stage = "spared"
		}
		row.StageText = t.say("step." + row.Stage)
		p.Steps = append(p.Steps, row)
	}
	for _, a := range c.Alerts {
		p.Alerts = append(p.Alerts, alertRow{Name: w.nameOf(a.Contact), State: string(a.State), Text: t.say("alert." + string(a.State))})
	}
	for _, l := range c.Legs {
		row := alertRow{Name: t.say("person.name"), State: string(l.State), Text: t.say("leg." + string(l.State)), IsPerson: l.Person()}
		if !row.IsPerson {
			row.Name = w.nameOf(l.Contact)
		}
		p.Calls = append(p.Calls, row)
	}
	p.Next, p.Clock = t.next(w, c, due, steps)
	p.Clock.At = due.At.In(w.file.Zone).Format(time.TimeOnly)
	return p
}

// nextDeadline is what happens to a case next. That calls are compared with the carrier's list is told only
// if nothing else is to come: it happens all the time, and nearly always changes nothing.
func nextDeadline(c *routing.Case) routing.Deadline {
	seen := *c
	seen.Deadlines = slices.DeleteFunc(slices.Clone(c.Deadlines), func(d routing.Deadline) bool { return d.Kind == routing.LookAtCalls })
	if due, ok := seen.NextDeadline(); ok {
		return due
	}
	due, _ := c.NextDeadline()
	return due
}

// next says what a case's next deadline brings and how long it takes altogether.
func (t *teller) next(w *ward, c *routing.Case, due routing.Deadline, steps []routing.Step) (string, clock) {
	k := clock{DueMS: due.At.UnixMilli()}
	switch due.Kind {
	case routing.StepEnds, routing.Remind:
		if c.Step < len(steps) {
			k.SpanMS = steps[c.Step].Wait.Milliseconds()
		}
		if c.Step+1 < len(steps) {
			return t.say("next.step", "n", strconv.Itoa(c.Step+2), "kinds", t.kinds(steps[c.Step+1].Notify)), k
		}
		return t.say("next.pause"), k
	case routing.RoundStarts:
		k.SpanMS = time.Minute.Milliseconds() * int64(max(1, c.Rounds))
		return t.say("next.round"), k
	case routing.AskHolder:
		k.SpanMS = due.At.Sub(c.HolderHeardAt).Milliseconds()
		return t.say("next.ask", "name", w.nameOf(c.Holder)), k
	case routing.TakeBack:
		k.SpanMS = due.At.Sub(c.HolderHeardAt).Milliseconds()
		return t.say("next.take_back", "name", w.nameOf(c.Holder)), k
	case routing.BesideEnds:
		if c.Step < len(steps) {
			k.SpanMS = steps[c.Step].Wait.Milliseconds()
		}
		return t.say("next.beside"), k
	case routing.RingOthers:
		if p := c.PersonLeg(); p != nil {
			k.SpanMS = due.At.Sub(p.WaitsFrom).Milliseconds()
		}
		return t.say("next.others", "name", w.nameOf(c.Holder)), k
	case routing.LookAtCalls:
		return t.say("next.look"), k
	}
	return string(due.Kind), k
}

// kinds names kinds of contact.
func (t *teller) kinds(of []contacts.Kind) string {
	var names []string
	for _, k := range slices.Compact(slices.Clone(of)) {
		names = append(names, t.say("kind."+string(k)))
	}
	return t.list(names)
}
