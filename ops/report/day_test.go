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

// happening is one line of a scripted day: the time in Việt Nam, the case, and what happened.
type happening struct {
	at   string
	id   routing.CaseID
	note routing.Note
}

const (
	sms   = contacts.SMS
	voice = contacts.Voice
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// script turns a table of happenings into the journal.
func script(tb testing.TB, day string, table []happening) []report.Entry {
	tb.Helper()
	entries := make([]report.Entry, len(table))
	for i, h := range table {
		at, err := time.ParseInLocation("2006-01-02 15:04:05.999", day+" "+h.at, zone(tb, "Asia/Ho_Chi_Minh"))
		if err != nil {
			tb.Fatal(err)
		}
		h.note.Case = h.id
		entries[i] = report.Entry{ID: strconv.FormatInt(at.UnixMilli(), 10) + "-" + strconv.Itoa(i), At: at.UTC(), Line: "ward", Notes: []routing.Note{h.note}}
	}
	if !slices.IsSortedFunc(entries, func(a, b report.Entry) int { return a.At.Compare(b.At) }) {
		tb.Fatal("the scripted day is not in order")
	}
	return entries
}

func opened(c contacts.Channel, u triage.Urgency) routing.Note {
	return routing.Note{Kind: routing.NoteOpened, Channel: c, Urgency: u}
}

// alert is one to the first contact of a kind.
func alert(k contacts.Kind) routing.Note { return alertTo(k, "1") }

func alertTo(k contacts.Kind, which contacts.ID) routing.Note {
	return routing.Note{Kind: routing.NoteAlerted, Role: k, Contact: contacts.ID(k) + which}
}

func over(k contacts.Kind, result routing.AlertState) routing.Note { return overOf(k, "1", result) }

func overOf(k contacts.Kind, which contacts.ID, result routing.AlertState) routing.Note {
	return routing.Note{Kind: routing.NoteAlertOver, Role: k, Contact: contacts.ID(k) + which, Result: result}
}

func after(kind routing.NoteKind, took time.Duration) routing.Note {
	return routing.Note{Kind: kind, Took: took}
}

func claimed(took time.Duration, step int, u triage.Urgency, k contacts.Kind, why routing.Reason) routing.Note {
	return routing.Note{Kind: routing.NoteClaimed, Took: took, Step: step, Urgency: u, Role: k, Reason: why}
}

func closed(took time.Duration, why routing.Reason) routing.Note {
	return routing.Note{Kind: routing.NoteClosed, Took: took, Reason: why}
}

// said is a closing from a desk that says how the case ended.
func said(took time.Duration, o routing.Outcome) routing.Note {
	return routing.Note{Kind: routing.NoteClosed, Took: took, Reason: routing.ReasonClosedByOffice, Outcome: o}
}

// scriptedDay is Tuesday, 24 November 2026 (week 48), in eight cases:
//
//	old  opened the day before, taken on the day: not of this day
//	a    danger, text; taken in step 1 after 40 s, given back and taken again; closed by its helper after 1 h
//	b    urgent, call; abandoned after 8 s, called again, joined 70 s after the first call; closed as a mistake, opened again, closed as helped after 2 h
//	c    urgent, text; a round goes by; raised to danger after 5 min; taken 2 min after that in step 2
//	d    information, text written down 10 min late; taken 12 min after it arrived; open
//	e    danger, call; joined after 12 s; taken after 10 s; closed by its helper after 30 min
//	f    urgent, text; closed by the office after 20 min, never taken, no outcome said
//	g    danger, text; nobody, a round goes by; waiting still
//	h    danger, call, 5 s before the report; ringing still
func scriptedDay(tb testing.TB) []report.Entry {
	const (
		danger, urgent, info = triage.ImmediateDanger, triage.Urgent, triage.Information
		house, police        = contacts.TrustedAddress, contacts.Police
		helper, office       = routing.ReasonClosedByHelper, routing.ReasonClosedByOffice
	)
	return script(tb, "2026-11-24", []happening{
		{"00:10:00", "old", alert(house)}, // its opening is on another page of the journal
		{"00:10:30", "old", claimed(11*time.Minute, 1, urgent, house, "")},
		{"07:00:00", "a", opened(sms, danger)},
		{"07:00:00", "a", alert(house)},
		{"07:00:00", "a", alertTo(house, "2")},
		{"07:00:01.3", "a", after(routing.NoteFirstAlert, 1200*time.Millisecond)},
		{"07:00:40", "a", over(house, routing.AlertTaken)},
		{"07:00:40", "a", overOf(house, "2", routing.AlertLate)},
		{"07:00:40", "a", claimed(40*time.Second, 1, danger, house, "")},
		{"07:10:00", "a", routing.Note{Kind: routing.NoteGivenBack}},
		{"07:10:00", "a", alert(police)},
		{"07:20:00", "a", over(police, routing.AlertTaken)},
		{"07:20:00", "a", claimed(20*time.Minute, 2, danger, police, routing.ReasonRetaken)},
		{"07:40:00", "a", claimed(0, 0, danger, police, routing.ReasonResumed)},
		{"08:00:00", "a", closed(time.Hour, helper)},
		{"09:00:00", "b", opened(voice, urgent)},
		{"09:00:00", "b", routing.Note{Kind: routing.NoteRang}},
		{"09:00:00", "b", alert(house)},
		{"09:00:02", "b", after(routing.NoteFirstAlert, 2*time.Second)},
		{"09:00:08", "b", after(routing.NoteAbandoned, 8*time.Second)},
		{"09:01:00", "b", routing.Note{Kind: routing.NoteRang}},
		{"09:01:05", "b", over(house, routing.AlertTaken)},
		{"09:01:05", "b", claimed(65*time.Second, 1, urgent, house, "")},
		{"09:01:10", "b", after(routing.NoteTalking, 10*time.Second)},
		{"09:05:00", "b", routing.Note{Kind: routing.NoteHungUp}},
		{"09:06:00", "b", said(6*time.Minute, routing.OutcomeMistake)},
		{"09:30:00", "b", routing.Note{Kind: routing.NoteReopened}},
		{"11:00:00", "b", said(2*time.Hour, routing.OutcomeHelped)},
		{"12:00:00", "c", opened(sms, urgent)},
		{"12:00:00", "c", alert(house)},
		{"12:00:03", "c", after(routing.NoteFirstAlert, 3*time.Second)},
		{"12:02:00", "c", over(house, routing.AlertNoAnswer)},
		{"12:02:00", "c", alert(police)},
		{"12:04:00", "c", over(police, routing.AlertDeclined)},
		{"12:04:00", "c", routing.Note{Kind: routing.NoteRoundOver}},
		{"12:05:00", "c", routing.Note{Kind: routing.NoteRaised, Urgency: danger}},
		{"12:05:00", "c", alert(police)},
		{"12:07:00", "c", over(police, routing.AlertTaken)},
		{"12:07:00", "c", claimed(7*time.Minute, 2, danger, police, "")},
		{"12:08:00", "c", routing.Note{Kind: routing.NoteRoundOver}},
		{"13:10:00", "d", opened(sms, info)}, // arrived at 13:00, while nothing could be written down
		{"13:10:00", "d", alert(house)},
		{"13:10:01", "d", after(routing.NoteFirstAlert, 10*time.Minute+500*time.Millisecond)},
		{"13:12:00", "d", over(house, routing.AlertTaken)},
		{"13:12:00", "d", claimed(12*time.Minute, 1, info, house, "")},
		{"13:30:00", "e", opened(voice, danger)},
		{"13:30:00", "e", routing.Note{Kind: routing.NoteRang}},
		{"13:30:00", "e", alert(police)},
		{"13:30:01", "e", after(routing.NoteFirstAlert, time.Second)},
		{"13:30:10", "e", over(police, routing.AlertTaken)},
		{"13:30:10", "e", claimed(10*time.Second, 1, danger, police, "")},
		{"13:30:12", "e", after(routing.NoteTalking, 12*time.Second)},
		{"14:00:00", "e", closed(30*time.Minute, helper)},
		{"15:00:00", "f", opened(sms, urgent)},
		{"15:00:00", "f", alert(house)},
		{"15:00:01", "f", over(house, routing.AlertFailed)},
		{"15:20:00", "f", closed(20*time.Minute, office)},
		{"16:00:00", "g", opened(sms, danger)},
		{"16:00:00", "g", alert(house)},
		{"16:00:02", "g", after(routing.NoteFirstAlert, 2*time.Second)},
		{"16:02:00", "g", over(house, routing.AlertNoAnswer)},
		{"16:02:00", "g", routing.Note{Kind: routing.NoteRoundOver}},
		{"16:03:00", "g", alert(police)},
		{"16:04:00", "g", alert(police)}, // once more, while they are asked
		{"16:59:55", "h", opened(voice, danger)},
		{"16:59:55", "h", routing.Note{Kind: routing.NoteRang}},
		{"16:59:55", "h", alert(police)},
	})
}

func theDay(tb testing.TB) report.Options {
	vn := zone(tb, "Asia/Ho_Chi_Minh")
	return report.Options{
		Line: "ward", Zone: vn, Targets: routing.DefaultTargets(),
		From: time.Date(2026, 11, 24, 0, 0, 0, 0, vn), To: time.Date(2026, 11, 25, 0, 0, 0, 0, vn), Now: time.Date(2026, 11, 24, 17, 0, 0, 0, vn),
	}
}

func reached(d time.Duration) report.Percentile { return report.Percentile{Value: d, Reached: true} }

// Counted by hand from the table above.
func TestReport_ADayCountedByHand(t *testing.T) {
	t.Parallel()
	r := report.Compute(slices.Values(scriptedDay(t)), theDay(t))
	s, m, h := time.Second, time.Minute, time.Hour

	want := report.Figures{
		Cases: 8,
		// 1, 1.2, 2, 2, 3 s and 10 min 0.5 s; h has none yet, f never. Places 4, 8 and 8 of 8.
		Alert: report.Series{
			Done: 6, Waiting: 1, Never: 1, Median: reached(2 * s), Mean: 101617 * time.Millisecond, Max: 10*m + 500*time.Millisecond,
		},
		// 10, 40, 65 s, 7 and 12 min; g and h have nobody, f never had. Places 4, 8 and 8 of 8.
		Claim: report.Series{Done: 5, Waiting: 2, Never: 1, Median: reached(7 * m), Mean: 251 * s, Max: 12 * m},
		// e 10 s, a 40 s, c 2 min; g has missed it; h may be in time yet. Places 2, 4 and 4 of 4.
		Danger: report.Series{Done: 3, Pending: 1, Waiting: 1, Median: reached(40 * s), Mean: 56667 * time.Millisecond, Max: 2 * m, Judged: 4, Within: 3},
		// e 12 s, b 70 s; h may be in time yet. Places 1, 2 and 2 of 2.
		Talk: report.Series{Done: 2, Pending: 1, Median: reached(12 * s), P90: reached(70 * s), P99: reached(70 * s), Mean: 41 * s, Max: 70 * s, Judged: 2, Within: 1},
		// f 20, e 30 min, a 1 h, b 2 h; the others are open. Places 2, 4 and 4 of 4.
		Close: report.Series{Done: 4, Pending: 4, Median: reached(30 * m), P90: reached(2 * h), P99: reached(2 * h), Mean: 57*m + 30*s, Max: 2 * h},
	}
	if diff := cmp.Diff(want, r.All); diff != "" {
		t.Errorf("figures of the day (-want +got):\n%s", diff)
	}
	// Talked: b and e. A full round went by in c (once, though two did) and g.
	if diff := cmp.Diff(report.Funnel{Arrived: 8, Alerted: 6, Taken: 5, Talked: 2, Closed: 4, Untaken: 2, ClosedUntaken: 1, Open: 4, Unanswered: 2}, r.Funnel); diff != "" {
		t.Errorf("funnel (-want +got):\n%s", diff)
	}
	// The mistake in b was taken back. a and e were closed by helpers, f from the office without a word.
	if diff := cmp.Diff([]report.OutcomeCount{
		{Outcome: routing.OutcomeHelped, By: routing.ReasonClosedByOffice, Cases: 1},
		{Outcome: routing.OutcomeReferred, By: routing.ReasonClosedByOffice},
		{Outcome: routing.OutcomeNoContact, By: routing.ReasonClosedByOffice},
		{Outcome: routing.OutcomeWithdrawn, By: routing.ReasonClosedByOffice},
		{Outcome: routing.OutcomeMistake, By: routing.ReasonClosedByOffice},
		{By: routing.ReasonClosedByHelper, Cases: 2},
		{By: routing.ReasonClosedByOffice, Cases: 1},
	}, r.Outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]report.AlertCounts{
		// a, a, b, c, d, f, g; c's and g's no answer
		{Kind: contacts.TrustedAddress, Sent: 7, Taken: 3, NoAnswer: 2, Failed: 1, Late: 1},
		// a, c, c, e, g, g, h
		{Kind: contacts.Police, Sent: 7, Taken: 3, Declined: 1, NoAnswer: 1, Out: 2},
	}, r.Alerts); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	calls := report.Calls{Came: 4, Abandoned: 1, GaveUp: 1, Waits: []report.WaitBand{
		{From: 0, To: 10 * s, Count: 1}, {From: 10 * s, To: 30 * s}, {From: 30 * s, To: m}, {From: m, To: 3 * m}, {From: 3 * m, To: 10 * m}, {From: 10 * m},
	}}
	if diff := cmp.Diff(calls, r.Calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name   string
		groups []report.Group
		want   map[string]int
	}{
		{"weeks", r.Weeks, map[string]int{"2026-W48": 8}},
		{"hours", r.Hours, map[string]int{"07": 1, "09": 1, "12": 1, "13": 2, "15": 1, "16": 2}},
		{"channels", r.Channels, map[string]int{"sms": 5, "voice": 3}},
		{"urgencies", r.Urgencies, map[string]int{"immediate_danger": 4, "urgent": 3, "information": 1}},
		{"steps", r.Steps, map[string]int{"1": 4, "2": 1, "none": 3}},
	} {
		got := map[string]int{}
		for _, g := range tt.groups {
			if g.Cases > 0 {
				got[g.Key] = g.Cases
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	// Of urgent cases at arrival: b 65 s, c 7 min, f never. Places 2, 3 and 3 of 3.
	if diff := cmp.Diff(report.Series{Done: 2, Never: 1, Median: reached(7 * m), Mean: 242500 * time.Millisecond, Max: 7 * m}, r.Urgencies[1].Claim); diff != "" {
		t.Errorf("time to claim of urgent cases (-want +got):\n%s", diff)
	}
	if len(r.Hours) != 24 || !r.Weeks[0].From.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, r.Zone)) {
		t.Errorf("%d hours, week from %v; want 24, and Monday", len(r.Hours), r.Weeks[0].From)
	}
	// Three of four in three minutes is not all of them; half of the callers is not 90 %.
	for _, measure := range []report.Measure{report.Danger, report.Talk} {
		if met, ok := r.All.Of(measure).Meets(r.Target(measure)); met || !ok {
			t.Errorf("target of %v met = %v, %v; want it missed", measure, met, ok)
		}
	}
}

// What was in time yet is judged once the target is over, and nobody's hanging up takes it away.
func TestReport_LaterTheSameDay(t *testing.T) {
	t.Parallel()
	o := theDay(t)
	o.Now = o.Now.Add(3 * time.Minute) // h: 3 min 5 s
	r := report.Compute(slices.Values(scriptedDay(t)), o)
	if got := r.All.Danger; got.Judged != 5 || got.Within != 3 || got.Pending != 0 || got.Waiting != 2 || got.P90.Reached {
		t.Errorf("danger after the target is over = %+v, want g and h to have missed it", got)
	}
	if got := r.All.Talk; got.Judged != 3 || got.Within != 1 || got.Pending != 0 || got.Waiting != 1 || got.P90.Reached || !got.Median.Reached {
		t.Errorf("calls after the target is over = %+v, want h to have missed it", got)
	}
	// On the very millisecond it is in time yet.
	o.Now = theDay(t).Now.Add(3*time.Minute - 5*time.Second)
	if got := report.Compute(slices.Values(scriptedDay(t)), o).All.Danger; got.Pending != 1 {
		t.Errorf("danger when the target ends = %+v, want h pending", got)
	}
}

// A case belongs to a period by its arrival, whatever happens to it after.
func TestReport_PeriodCutsACase(t *testing.T) {
	t.Parallel()
	entries, o := scriptedDay(t), theDay(t)
	at := func(hour, minute, second int) time.Time {
		return time.Date(2026, 11, 24, hour, minute, second, 0, o.Zone)
	}
	for _, tt := range []struct {
		name     string
		from, to time.Time
		want     []routing.CaseID
	}{
		{"ends between arrival and claim", at(7, 0, 0), at(7, 0, 20), []routing.CaseID{"a"}},
		{"ends at an arrival", at(0, 0, 0), at(7, 0, 0), nil},
		{"begins after an arrival", at(7, 0, 1), at(9, 0, 1), []routing.CaseID{"b"}},
		{"ends before a late one was written down", at(13, 0, 0), at(13, 5, 0), []routing.CaseID{"d"}},
		{"begins after a late one arrived", at(13, 5, 0), at(13, 20, 0), nil},
		{"is empty", at(12, 0, 0), at(12, 0, 0), nil},
		{"is backwards", at(17, 0, 0), at(7, 0, 0), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := report.NewFolder()
			for _, e := range entries {
				f.Add(e)
			}
			o := o
			o.From, o.To = tt.from, tt.to
			var got []routing.CaseID
			for _, c := range f.Cases(o) {
				got = append(got, c.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("cases (-want +got):\n%s", diff)
			}
			r := f.Report(o)
			if r.All.Cases != len(tt.want) || r.Funnel.Arrived != len(tt.want) {
				t.Errorf("Report = %d cases, want %d", r.All.Cases, len(tt.want))
			}
			if len(tt.want) == 1 && r.All.Claim.Done != 1 {
				t.Errorf("Claim = %+v, want the claim after the period", r.All.Claim)
			}
		})
	}
}

// A case of which somebody must not know is left out of every figure, as if it had never been.
func TestReport_WithoutACase(t *testing.T) {
	t.Parallel()
	entries, o := scriptedDay(t), theDay(t)
	for _, id := range []routing.CaseID{"a", "b", "c", "d", "e", "f", "g", "h"} {
		all, never := report.NewFolder(), report.NewFolder()
		for _, e := range entries {
			all.Add(e)
			e.Notes = slices.DeleteFunc(slices.Clone(e.Notes), func(n routing.Note) bool { return n.Case == id })
			never.Add(e)
		}
		without := o
		without.Without = func(c routing.CaseID) bool { return c == id }
		got, want := all.Report(without), never.Report(o)
		if got.Options, want.Options = (report.Options{}), (report.Options{}); got.All.Cases != 7 {
			t.Errorf("Report without %s = %d cases, want 7", id, got.All.Cases)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Report without %s (-never +without):\n%s", id, diff)
		}
		if diff := cmp.Diff(never.Cases(o), all.Cases(without)); diff != "" {
			t.Errorf("Cases without %s (-never +without):\n%s", id, diff)
		}
	}
}
