package report_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// One case each, told short.
func TestFolder_Edges(t *testing.T) {
	t.Parallel()
	const danger, urgent, house = triage.ImmediateDanger, triage.Urgent, contacts.TrustedAddress
	rang := routing.Note{Kind: routing.NoteRang}
	type figures struct {
		Arrived                string // in the ward
		Taken, Open, Talked    int
		Danger, InTime, GaveUp int // judged as danger; calls joined in time; hung up too soon
		Claim, DangerFor, Talk time.Duration
		Steps                  string
	}
	for _, tt := range []struct {
		name  string
		table []happening
		want  figures
	}{
		{"spoke again, though nobody had taken it: not taken", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:01:00", "x", claimed(0, 1, urgent, house, routing.ReasonResumed)},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
		{"taken again, though the first time is not in the journal: not an answer", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:01:00", "x", claimed(0, 1, urgent, house, routing.ReasonRetaken)},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
		{"raised after it was taken: was no danger to be answered", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:01:00", "x", claimed(time.Minute, 1, urgent, house, "")},
			{"10:30:00", "x", routing.Note{Kind: routing.NoteRaised, Urgency: danger}},
		}, figures{Arrived: "10:00:00", Taken: 1, Open: 1, Claim: time.Minute, Steps: "1"}},
		{"written down late, told by the first alert at the earliest", []happening{
			{"10:10:00", "x", opened(sms, danger)}, {"10:10:02", "x", after(routing.NoteFirstAlert, 10*time.Minute+time.Second)},
		}, figures{Arrived: "10:00:01", Open: 1, Danger: 1, Steps: "none"}},
		{"an acceptance that took long to be written down does not make the arrival later", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:00:30", "x", after(routing.NoteFirstAlert, time.Second)},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
		{"an opening that says how late it is", []happening{
			{"10:10:00", "x", routing.Note{Kind: routing.NoteOpened, Channel: sms, Urgency: urgent, Took: 10 * time.Minute}},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
		{"danger that was written down late has been danger since it arrived", []happening{
			{"10:10:00", "x", opened(sms, danger)}, {"10:10:01", "x", claimed(10*time.Minute+time.Second, 1, danger, house, "")},
		}, figures{Arrived: "10:00:00", Taken: 1, Open: 1, Danger: 1, Claim: 10*time.Minute + time.Second, DangerFor: 10*time.Minute + time.Second, Steps: "1"}},
		{"opened again and not closed: open", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:05:00", "x", closed(5*time.Minute, routing.ReasonClosedByOffice)},
			{"10:06:00", "x", routing.Note{Kind: routing.NoteReopened}},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
		{"a late report of a closed case does not open it", []happening{
			{"10:00:00", "x", opened(voice, urgent)}, {"10:00:00", "x", rang}, {"10:05:00", "x", closed(5*time.Minute, routing.ReasonClosedByOffice)},
			{"10:05:01", "x", after(routing.NoteAbandoned, 5*time.Minute+time.Second)},
		}, figures{Arrived: "10:00:00", Steps: "none"}},
		{"joined on the very second", []happening{
			{"10:00:00", "x", opened(voice, urgent)}, {"10:00:00", "x", rang}, {"10:00:15", "x", after(routing.NoteTalking, 15*time.Second)},
		}, figures{Arrived: "10:00:00", Open: 1, Talked: 1, InTime: 1, Talk: 15 * time.Second, Steps: "none"}},
		{"a call that was written down late was waiting since it came", []happening{
			{"10:00:10", "x", opened(voice, urgent)}, {"10:00:10", "x", rang}, {"10:00:20", "x", after(routing.NoteTalking, 20*time.Second)},
		}, figures{Arrived: "10:00:10", Open: 1, Talked: 1, Talk: 20 * time.Second, Steps: "none"}},
		{"hung up before the target", []happening{
			{"10:00:00", "x", opened(voice, urgent)}, {"10:00:00", "x", rang}, {"10:00:14", "x", after(routing.NoteAbandoned, 14*time.Second)},
		}, figures{Arrived: "10:00:00", Open: 1, GaveUp: 1, Steps: "none"}},
		{"hung up after the target", []happening{
			{"10:00:00", "x", opened(voice, urgent)}, {"10:00:00", "x", rang}, {"10:00:16", "x", after(routing.NoteAbandoned, 16*time.Second)},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
		{"only the first call shows who gave up before the target", []happening{
			{"10:00:00", "x", opened(voice, urgent)}, {"10:00:00", "x", rang}, {"10:05:00", "x", rang}, {"10:05:03", "x", after(routing.NoteAbandoned, 3*time.Second)},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
		{"called by us: has not waited on the phone", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:10:00", "x", routing.Note{Kind: routing.NoteCallBack}}, {"10:10:09", "x", after(routing.NoteTalking, 9*time.Second)},
		}, figures{Arrived: "10:00:00", Open: 1, Talked: 1, Steps: "none"}},
		{"a clock that is ahead makes no time negative", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:00:01", "x", claimed(-2*time.Second, 1, urgent, house, "")},
		}, figures{Arrived: "10:00:03", Taken: 1, Open: 1, Steps: "1"}},
		{"steps that no policy has", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:00:01", "x", claimed(time.Second, 70_000, urgent, house, "")},
		}, figures{Arrived: "10:00:00", Taken: 1, Open: 1, Claim: time.Second, Steps: "255"}},
		{"a step that is none", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"10:00:01", "x", claimed(time.Second, -1, urgent, house, "")},
		}, figures{Arrived: "10:00:00", Taken: 1, Open: 1, Claim: time.Second, Steps: "none"}},
		{"an opening that was repeated is taken in once", []happening{
			{"10:00:00", "x", opened(sms, urgent)}, {"11:00:00", "x", opened(sms, danger)},
		}, figures{Arrived: "10:00:00", Open: 1, Steps: "none"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, o := report.NewFolder(), theDay(t)
			for _, e := range script(t, "2026-11-24", tt.table) {
				f.Add(e)
			}
			cases, r := f.Cases(o), f.Report(o)
			if len(cases) != 1 || len(r.Steps) != 1 {
				t.Fatalf("%d cases, %d steps; want one", len(cases), len(r.Steps))
			}
			got := figures{
				Arrived: cases[0].Arrived.In(o.Zone).Format(time.TimeOnly), Taken: r.Funnel.Taken, Open: r.Funnel.Open, Talked: r.Funnel.Talked,
				Danger: r.All.Danger.Judged, InTime: r.All.Talk.Within, GaveUp: r.Calls.GaveUp,
				Claim: r.All.Claim.Max, DangerFor: r.All.Danger.Max, Talk: r.All.Talk.Max, Steps: r.Steps[0].Key,
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("case (-want +got):\n%s", diff)
			}
			if r.Funnel.Arrived != r.Funnel.Open+r.Funnel.Closed {
				t.Errorf("funnel %+v does not add up", r.Funnel)
			}
		})
	}
}

// What a journal holds besides what this program knows is counted as it is, behind the rest, in order.
func TestReport_OutcomesOfAnotherRelease(t *testing.T) {
	t.Parallel()
	o := theDay(t)
	var entries []report.Entry
	for i, n := range []routing.Note{
		{Reason: "closed_by_storm", Outcome: "zz"}, {Reason: "closed_by_storm", Outcome: "adopted"}, {Reason: routing.ReasonClosedByOffice, Outcome: "adopted"},
		{Reason: "closed_by_storm"}, {Reason: routing.ReasonClosedByHelper, Outcome: routing.OutcomeHelped}, said(0, routing.OutcomeHelped), {Reason: "closed_by_storm", Outcome: "zz"},
	} {
		open := opened(sms, triage.Urgent)
		open.Case = routing.CaseID(strconv.Itoa(i))
		n.Kind, n.Case = routing.NoteClosed, open.Case
		entries = append(entries, report.Entry{At: o.From, Line: "ward", Notes: []routing.Note{open, n}})
	}
	r := report.Compute(slices.Values(entries), o)
	const storm, helper, office = "closed_by_storm", routing.ReasonClosedByHelper, routing.ReasonClosedByOffice
	want := []report.OutcomeCount{
		{routing.OutcomeHelped, office, 1},
		{routing.OutcomeReferred, office, 0}, {routing.OutcomeNoContact, office, 0}, {routing.OutcomeWithdrawn, office, 0}, {routing.OutcomeMistake, office, 0},
		{"", helper, 0}, {"", office, 0},
		{"", storm, 1}, {"adopted", storm, 1}, {"adopted", office, 1}, {routing.OutcomeHelped, helper, 1}, {"zz", storm, 2},
	}
	if diff := cmp.Diff(want, r.Outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// A journal may hold more names than there are codes for; no case is lost by it.
func TestFolder_ManyNames(t *testing.T) {
	t.Parallel()
	f, o := report.NewFolder(), theDay(t)
	for i := range 400 {
		n := opened(contacts.Channel(rune('a'+i%26))+contacts.Channel(rune('a'+i/26)), "")
		n.Case = routing.CaseID(n.Channel)
		f.Add(report.Entry{At: o.From, Line: "ward", Notes: []routing.Note{n}})
	}
	r, sum := f.Report(o), 0
	for _, g := range r.Channels {
		sum += g.Cases
	}
	if r.All.Cases != 400 || sum != 400 || len(r.Channels) != 256 {
		t.Errorf("%d cases, %d by %d channels; want 400, 400 by 256", r.All.Cases, sum, len(r.Channels))
	}
}

// The folder is fed while pages ask.
func TestFolder_FedAndAskedAtOnce(t *testing.T) {
	t.Parallel()
	f, o, fed := report.NewFolder(), theDay(t), make(chan struct{})
	entries := scriptedDay(t)
	go func() {
		defer close(fed)
		for _, e := range entries {
			f.Add(e)
		}
	}()
	for range 50 {
		if r := f.Report(o); r.Funnel.Arrived != r.Funnel.Open+r.Funnel.Closed || r.All.Cases > 8 {
			t.Errorf("funnel %+v does not add up", r.Funnel)
		}
		f.Cases(o)
		f.Last(o.Line)
	}
	<-fed
	if diff := cmp.Diff(report.Compute(slices.Values(entries), o).All, f.Report(o).All); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}

// Before 1970 days are counted downwards, and weeks begin on Mondays all the same.
func TestReport_LongAgo(t *testing.T) {
	t.Parallel()
	at := time.Date(1969, 12, 21, 23, 30, 0, 0, time.UTC) // a Sunday
	n := opened(sms, triage.Urgent)
	n.Case = "x"
	r := report.Compute(slices.Values([]report.Entry{{At: at, Line: "ward", Notes: []routing.Note{n}}}), report.Options{Line: "ward", From: at.AddDate(-1, 0, 0), To: at.AddDate(1, 0, 0), Now: at})
	if len(r.Weeks) != 1 || r.Weeks[0].Key != "1969-W51" || r.Hours[23].Cases != 1 {
		t.Errorf("weeks %+v, at 23 h %d; want 1969-W51 and one", r.Weeks, r.Hours[23].Cases)
	}
}
