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

func TestFolder_Cases(t *testing.T) {
	t.Parallel()
	f, o := report.NewFolder(), theDay(t)
	for _, e := range scriptedDay(t) {
		f.Add(e)
	}
	at := func(hour, minute, second int) time.Time {
		return time.Date(2026, 11, 24, hour, minute, second, 0, o.Zone).UTC()
	}
	got := f.Cases(o)
	want := []report.Case{
		{
			ID: "b", Channel: voice, Urgency: triage.Urgent, UrgencyAtClaim: triage.Urgent, Arrived: at(9, 0, 0), Alerted: at(9, 0, 2),
			Taken: at(9, 1, 5), TakenStep: 1, TakenBy: contacts.TrustedAddress, Called: at(9, 0, 0), Talked: at(9, 1, 10), Calls: 2,
			Closed: at(11, 0, 0), ClosedBy: routing.ReasonClosedByOffice, Outcome: routing.OutcomeHelped,
		},
		{
			ID: "c", Channel: sms, Urgency: triage.Urgent, UrgencyAtClaim: triage.ImmediateDanger, Arrived: at(12, 0, 0), Alerted: at(12, 0, 3),
			Taken: at(12, 7, 0), TakenStep: 2, TakenBy: contacts.Police, RoundOver: at(12, 4, 0),
		},
		{
			ID: "d", Channel: sms, Urgency: triage.Information, UrgencyAtClaim: triage.Information, Arrived: at(13, 0, 0),
			Alerted: at(13, 10, 0).Add(500 * time.Millisecond), Taken: at(13, 12, 0), TakenStep: 1, TakenBy: contacts.TrustedAddress,
		},
	}
	if diff := cmp.Diff(want, got[1:4]); diff != "" {
		t.Errorf("Cases (-want +got):\n%s", diff)
	}
}

// A reader who lost its place begins again anywhere; other lines of the shard are apart.
func TestFolder_RepeatedEntriesAndOtherLines(t *testing.T) {
	t.Parallel()
	entries, o := scriptedDay(t), theDay(t)
	want := report.Compute(slices.Values(entries), o)
	f := report.NewFolder()
	if got := f.Last("ward"); got != "" {
		t.Errorf("Last of nothing = %q, want none", got)
	}
	for i, e := range entries {
		f.Add(e)
		f.Add(e)
		other := e
		other.Line, other.Notes = "other", slices.Repeat(e.Notes, 2)
		f.Add(other)
		if i%10 == 9 {
			for _, again := range entries[i-9 : i+1] {
				f.Add(again)
			}
		}
	}
	if diff := cmp.Diff(want, f.Report(o), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("figures after repeats (-want +got):\n%s", diff)
	}
	if got, want := f.Last("ward"), entries[len(entries)-1].ID; got != want {
		t.Errorf("Last = %q, want %q", got, want)
	}
	o.Line = "nowhere"
	if r := f.Report(o); r.All.Cases != 0 || len(r.Weeks) != 0 || f.Cases(o) != nil {
		t.Errorf("Report of a line nothing is known of = %+v, want nothing", r.All)
	}
}

// Ids are ordered as numbers: "…-10" comes after "…-9", and more digits after fewer.
func TestFolder_OrderOfIDs(t *testing.T) {
	t.Parallel()
	f, o := report.NewFolder(), theDay(t)
	for i, id := range []string{"999-0", "1000-9", "1000-10", "1000-9"} {
		f.Add(report.Entry{ID: id, At: o.From, Line: "ward", Notes: []routing.Note{{Kind: routing.NoteOpened, Case: routing.CaseID(strconv.Itoa(i)), Channel: sms, Urgency: triage.Urgent}}})
	}
	if got := f.Report(o).All.Cases; got != 3 || f.Last("ward") != "1000-10" {
		t.Errorf("%d cases, last %q; want three and 1000-10", got, f.Last("ward"))
	}
}
