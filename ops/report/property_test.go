package report_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/triage"
)

// drawn is a journal of made-up cases, most of them without this or that, each as one entry a happening.
func drawn(t *rapid.T, start time.Time) []report.Entry {
	var entries []report.Entry
	long := rapid.Custom(func(t *rapid.T) time.Duration {
		most := rapid.SampledFrom([]int64{0, 20, 40_000, 400_000, 90_000_000, 10_000_000_000}).Draw(t, "most")
		return time.Duration(rapid.Int64Range(0, most).Draw(t, "ms")) * time.Millisecond
	})
	for i := range rapid.IntRange(0, 40).Draw(t, "cases") {
		id := routing.CaseID(fmt.Sprint("c", i))
		arrived := start.Add(long.Draw(t, "arrives"))
		u := rapid.SampledFrom([]triage.Urgency{triage.ImmediateDanger, triage.Urgent, triage.Information}).Draw(t, "urgency")
		put := func(at time.Time, n routing.Note) {
			n.Case, n.Urgency = id, u
			entries = append(entries, report.Entry{At: at, Line: "ward", Notes: []routing.Note{n}})
		}
		put(arrived, routing.Note{Kind: routing.NoteOpened, Channel: rapid.SampledFrom([]contacts.Channel{sms, voice}).Draw(t, "channel")})
		maybe := func(name string, n routing.Note, from time.Time) {
			if rapid.Bool().Draw(t, name) {
				took := long.Draw(t, name+" after")
				n.Took = took
				put(from.Add(took), n)
			}
		}
		maybe("alerted", routing.Note{Kind: routing.NoteFirstAlert}, arrived)
		if rapid.Bool().Draw(t, "calls") {
			came := arrived.Add(long.Draw(t, "calls after"))
			put(came, routing.Note{Kind: routing.NoteRang})
			maybe("hangs up", routing.Note{Kind: routing.NoteAbandoned}, came)
			maybe("talks", routing.Note{Kind: routing.NoteTalking}, came)
		}
		maybe("taken", routing.Note{Kind: routing.NoteClaimed, Step: rapid.IntRange(1, 4).Draw(t, "step")}, arrived)
		maybe("closed", routing.Note{
			Kind: routing.NoteClosed, Reason: rapid.SampledFrom([]routing.Reason{routing.ReasonClosedByHelper, routing.ReasonClosedByOffice}).Draw(t, "closed by"),
			Outcome: rapid.SampledFrom(append(routing.Outcomes(), "")).Draw(t, "outcome"),
		}, arrived)
	}
	return entries
}

// naive is a series counted the long way round.
func naive(cases []report.Case, m report.Measure, now time.Time, target time.Duration) report.Series {
	var s report.Series
	var all []time.Duration // who was not answered as the longest there is
	var sum time.Duration
	for _, c := range cases {
		start, end := c.Arrived, map[report.Measure]time.Time{report.Alert: c.Alerted, report.Claim: c.Taken, report.Danger: c.Taken, report.Talk: c.Talked, report.Close: c.Closed}[m]
		if m == report.Danger && c.Urgency != triage.ImmediateDanger || m == report.Talk && c.Called.IsZero() {
			continue
		}
		if m == report.Talk {
			start = c.Called
		}
		open := c.Closed.IsZero()
		if end.IsZero() && open && (target > 0 && now.Sub(start) <= target || target == 0 && m == report.Close) {
			s.Pending++
			continue
		}
		if target > 0 {
			s.Judged++
		}
		switch {
		case !end.IsZero():
			s.Done++
			all, sum, s.Max = append(all, end.Sub(start)), sum+end.Sub(start), max(s.Max, end.Sub(start))
			if target > 0 && end.Sub(start) <= target {
				s.Within++
			}
		case open:
			s.Waiting++
			all = append(all, math.MaxInt64)
		default:
			s.Never++
			all = append(all, math.MaxInt64)
		}
	}
	slices.Sort(all)
	rank := func(p float64) report.Percentile {
		if len(all) == 0 {
			return report.Percentile{}
		}
		if v := all[int(math.Ceil(p*float64(len(all))/100))-1]; v != math.MaxInt64 {
			return reached(v)
		}
		return report.Percentile{}
	}
	s.Median, s.P90, s.P99 = rank(50), rank(90), rank(99)
	if s.Done > 0 {
		s.Mean = (sum / time.Duration(s.Done)).Round(time.Millisecond)
	}
	return s
}

func TestReport_AgreesWithTheLongWayRound(t *testing.T) {
	t.Parallel()
	vn := zone(t, "Asia/Ho_Chi_Minh")
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, vn)
	rapid.Check(t, func(t *rapid.T) {
		f := report.NewFolder()
		for _, e := range drawn(t, start) {
			f.Add(e)
		}
		second := func(name string) time.Duration {
			return time.Duration(rapid.SampledFrom([]int{0, 1, 15, 180, 3600}).Draw(t, name)) * time.Second
		}
		o := report.Options{
			Line: "ward", Zone: vn, Now: start.Add(time.Duration(rapid.Int64Range(0, 200_000).Draw(t, "now")) * time.Second),
			From: start.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "from")) * time.Second), To: start.Add(time.Duration(rapid.IntRange(0, 20_000_000).Draw(t, "to")) * time.Second),
			Targets: routing.Targets{
				Alert: routing.Target{Within: second("alert")}, Claim: routing.Target{Within: second("claim")}, Danger: routing.Target{Within: second("danger")},
				Talk: routing.Target{Within: second("talk")}, Close: routing.Target{Within: second("close")},
			},
		}
		cases, r := f.Cases(o), f.Report(o)
		agrees := func(what string, got *report.Figures, of []report.Case) {
			if got.Cases != len(of) {
				t.Fatalf("%s: %d cases, want %d", what, got.Cases, len(of))
			}
			for _, m := range report.Measures() {
				if diff := cmp.Diff(naive(of, m, o.Now, o.Target(m).Within), *got.Of(m)); diff != "" {
					t.Fatalf("%s, %v (-want +got):\n%s", what, m, diff)
				}
			}
		}
		agrees("all", &r.All, cases)
		for _, set := range []struct {
			by     string
			groups []report.Group
			key    func(report.Case) string
		}{
			{"week", r.Weeks, func(c report.Case) string {
				y, w := c.Arrived.In(vn).ISOWeek()
				return fmt.Sprintf("%d-W%02d", y, w)
			}},
			{"hour", r.Hours, func(c report.Case) string { return c.Arrived.In(vn).Format("15") }},
			{"channel", r.Channels, func(c report.Case) string { return string(c.Channel) }},
			{"urgency", r.Urgencies, func(c report.Case) string { return string(c.Urgency) }},
			{"step", r.Steps, func(c report.Case) string {
				if c.Taken.IsZero() {
					return "none"
				}
				return fmt.Sprint(c.TakenStep)
			}},
		} {
			sum := 0
			for i := range set.groups {
				g := &set.groups[i]
				var own []report.Case
				for _, c := range cases {
					if set.key(c) == g.Key {
						own = append(own, c)
					}
				}
				agrees(set.by+" "+g.Key, &g.Figures, own)
				sum += g.Cases
			}
			if sum != len(cases) {
				t.Fatalf("by %s there are %d cases, want all %d", set.by, sum, len(cases))
			}
		}
		n := r.Funnel
		if n.Arrived != n.Taken+n.Untaken+n.ClosedUntaken || n.Arrived != n.Open+n.Closed || n.Arrived != len(cases) {
			t.Fatalf("funnel %+v does not add up", n)
		}
		counted := 0
		for _, o := range r.Outcomes {
			own := 0
			for _, c := range cases {
				if !c.Closed.IsZero() && c.Outcome == o.Outcome && c.ClosedBy == o.By {
					own++
				}
			}
			if o.Cases != own {
				t.Fatalf("%d cases were closed as %q, %s; want %d", o.Cases, o.Outcome, o.By, own)
			}
			counted += o.Cases
		}
		if counted != n.Closed {
			t.Fatalf("%d closed cases by outcome, want all %d", counted, n.Closed)
		}
		inBands := 0
		for _, band := range r.Calls.Waits {
			inBands += band.Count
		}
		if inBands != r.Calls.Abandoned {
			t.Fatalf("%d calls in bands, want the %d abandoned", inBands, r.Calls.Abandoned)
		}
		// Two periods that meet are the period of both.
		middle := o.From.Add(o.To.Sub(o.From) / 2)
		left, right := o, o
		left.To, right.From = middle, middle
		if o.From.Before(o.To) && f.Report(left).All.Cases+f.Report(right).All.Cases != len(cases) {
			t.Fatalf("the halves of a period have other cases than the whole")
		}
	})
}

// What the folder makes of the notes of the real rules is what their cases say of themselves.
func TestFolder_AgreesWithTheCases(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ward := routingtest.Line(t, routingtest.WithCalls())
		w := routingtest.NewWard(t, ward)
		f := report.NewFolder()
		sent, over, orders := 0, map[routing.AlertState]int{}, 0
		w.Decided = func(p routingtest.Played) {
			f.Add(report.Entry{At: p.World.Now, Line: p.World.Line.ID, Notes: p.Decision.Notes})
			for _, n := range p.Decision.Notes {
				switch n.Kind {
				case routing.NoteAlerted:
					sent++
				case routing.NoteAlertOver:
					over[n.Result]++
				}
			}
		}
		people := []contacts.ID{routingtest.Lan, routingtest.Hung, routingtest.Mai, routingtest.Officer, routingtest.Duty}
		t.Repeat(map[string]func(*rapid.T){
			"a person writes": func(t *rapid.T) {
				w.Text(routingtest.Person(rapid.IntRange(0, 3).Draw(t, "person")), rapid.SampledFrom([]string{
					"cuu toi voi, no dang cam dao", "chong em hay danh em", "cho hoi gio lam viec", "em so lam",
				}).Draw(t, "words"))
			},
			"a person calls": func(t *rapid.T) {
				from := routingtest.Person(rapid.IntRange(0, 3).Draw(t, "person"))
				for _, c := range w.Calls() {
					if c.Came && c.Phone == from && !c.Status.Over() {
						t.Skip("is on the phone")
					}
				}
				w.Dial(from)
			},
			"a contact answers": func(t *rapid.T) {
				w.From(rapid.SampledFrom(people).Draw(t, "contact"), rapid.SampledFrom([]string{"1", "0", "BO", "XONG"}).Draw(t, "word"))
			},
			"a call asks": func(t *rapid.T) {
				if c := liveCall(t, w); c.Came || c.Status == routing.CallUp {
					w.Ask(c.ID, rapid.SampledFrom([]string{"", "1", "2", "9"}).Draw(t, "key"))
				}
			},
			"a phone says 1": func(t *rapid.T) {
				c := liveCall(t, w)
				if !c.Came {
					w.Ask(c.ID, "")
					if !c.Status.Over() {
						w.Ask(c.ID, "1")
					}
				}
			},
			"a desk closes": func(t *rapid.T) {
				o := rapid.SampledFrom(append(routing.Outcomes(), "")).Draw(t, "outcome")
				w.Handle(routing.CloseOrdered{Order: routing.Order{Case: anyCase(t, w).ID}, Outcome: o})
			},
			"a desk opens again": func(t *rapid.T) {
				orders++
				w.Handle(routing.ReopenOrdered{Order: routing.Order{Token: routing.EventID(fmt.Sprint("form", orders)), Case: anyCase(t, w).ID}})
			},
			"a call ends":   func(t *rapid.T) { w.Hang(liveCall(t, w).ID, routing.CallOver) },
			"pushes arrive": func(*rapid.T) { w.Pushed() },
			"time passes": func(t *rapid.T) {
				w.Advance(time.Duration(rapid.SampledFrom([]int{1, 7, 40, 300}).Draw(t, "s")) * time.Second)
			},
			"": func(t *rapid.T) {
				records := map[routing.CaseID]report.Case{}
				unanswered := 0
				for _, c := range w.Cases() {
					records[c.ID] = report.Case{ID: c.ID, Channel: c.Channel, Arrived: c.ArrivedAt, Alerted: c.FirstAlertAt, Talked: c.TalkedAt, Closed: c.ClosedAt, Outcome: c.Outcome}
					for _, a := range c.Alerts {
						if a.State == routing.AlertOut {
							unanswered++
						}
					}
				}
				o := report.Options{Line: ward.ID, From: routingtest.Start(), To: w.Now().Add(time.Hour), Now: w.Now(), Targets: routing.DefaultTargets()}
				got := map[routing.CaseID]report.Case{}
				for _, c := range f.Cases(o) {
					taken := !c.Taken.IsZero()
					if record := w.Case(c.ID); taken != !record.TakenAt.IsZero() || c.Taken.After(record.TakenAt) {
						t.Fatalf("case %s: first taken %v, its record says last %v", c.ID, c.Taken, record.TakenAt)
					}
					if c.Channel == voice && c.Calls > 0 && !c.Called.Equal(c.Arrived) {
						t.Fatalf("case %s: called %v, want when it arrived, %v", c.ID, c.Called, c.Arrived)
					}
					got[c.ID] = report.Case{ID: c.ID, Channel: c.Channel, Arrived: c.Arrived, Alerted: c.Alerted, Talked: c.Talked, Closed: c.Closed, Outcome: c.Outcome}
				}
				if diff := cmp.Diff(records, got); diff != "" {
					t.Fatalf("cases (-want +got):\n%s", diff)
				}
				var counts report.AlertCounts
				for _, a := range f.Report(o).Alerts {
					counts.Sent, counts.Out = counts.Sent+a.Sent, counts.Out+a.Out
					counts.Taken, counts.Declined = counts.Taken+a.Taken, counts.Declined+a.Declined
					counts.Late, counts.Failed = counts.Late+a.Late, counts.Failed+a.Failed
				}
				want := report.AlertCounts{Sent: sent, Out: unanswered, Taken: over[routing.AlertTaken], Declined: over[routing.AlertDeclined], Late: over[routing.AlertLate], Failed: over[routing.AlertFailed]}
				if diff := cmp.Diff(want, counts); diff != "" {
					t.Fatalf("alerts (-want +got):\n%s", diff)
				}
			},
		})
	})
}

func anyCase(t *rapid.T, w *routingtest.Ward) *routing.Case {
	all := w.Cases()
	if len(all) == 0 {
		t.Skip("no case")
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "case")]
}

func liveCall(t *rapid.T, w *routingtest.Ward) *routingtest.Call {
	var live []*routingtest.Call
	for _, c := range w.Calls() {
		if !c.Status.Over() {
			live = append(live, c)
		}
	}
	if len(live) == 0 {
		t.Skip("no call")
	}
	return live[rapid.IntRange(0, len(live)-1).Draw(t, "call")]
}
