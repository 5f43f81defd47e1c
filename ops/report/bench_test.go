package report_test

import (
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// journal makes up entries of n closed cases over two years: a dozen notes each, in the order of time
// within a case, the cases one after the other.
func journal(n int) iter.Seq[report.Entry] {
	return func(yield func(report.Entry) bool) {
		rng := rand.New(rand.NewPCG(1, 2))
		start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		urgencies := []triage.Urgency{triage.ImmediateDanger, triage.Urgent, triage.Information}
		kinds := contacts.Kinds()
		serial := 0
		for i := range n {
			id := routing.CaseID(fmt.Sprintf("case%012d", i))
			at := start.Add(time.Duration(i) * 2 * 365 * 24 * time.Hour / time.Duration(n))
			arrived, u := at, urgencies[rng.IntN(len(urgencies))]
			put := func(after time.Duration, notes ...routing.Note) bool {
				at = at.Add(after)
				serial++
				for j := range notes {
					notes[j].Case, notes[j].Urgency = id, u
				}
				return yield(report.Entry{ID: fmt.Sprintf("%d-%d", serial, 0), At: at, Line: "ward", Notes: notes})
			}
			since := func(after time.Duration) time.Duration { return at.Add(after).Sub(arrived) }
			kind, channel := kinds[rng.IntN(3)], contacts.SMS
			opening := []routing.Note{{Kind: routing.NoteOpened, Channel: channel}}
			if rng.IntN(3) == 0 {
				channel = contacts.Voice
				opening = []routing.Note{{Kind: routing.NoteOpened, Channel: channel}, {Kind: routing.NoteRang, Channel: channel}}
			}
			alert := routing.Note{Kind: routing.NoteAlerted, Contact: "lan", Role: kind, Channel: contacts.SMS, Step: 1}
			over := routing.Note{Kind: routing.NoteAlertOver, Contact: "hoa", Role: kind, Channel: contacts.SMS, Step: 1, Result: routing.AlertLate}
			second, taken := alert, over
			second.Contact, taken.Contact, taken.Result = "hoa", "lan", routing.AlertTaken
			sent := time.Duration(200+rng.IntN(3000)) * time.Millisecond
			took := time.Duration(rng.ExpFloat64() * float64(2*time.Minute)).Truncate(time.Millisecond)
			closed := time.Duration(rng.ExpFloat64() * float64(6*time.Hour)).Truncate(time.Millisecond)
			claim := routing.Note{Kind: routing.NoteClaimed, Role: kind, Channel: channel, Step: 1 + rng.IntN(4)}
			ok := put(0, append(opening, routing.Note{Kind: routing.NoteStep, Step: 1}, alert, second)...) &&
				put(sent, routing.Note{Kind: routing.NoteFirstAlert, Channel: channel, Took: since(sent)})
			claim.Took = since(took)
			ok = ok && put(took, taken, over, claim)
			if channel == contacts.Voice {
				ok = ok && put(time.Second, routing.Note{Kind: routing.NoteTalking, Took: since(time.Second)}) && put(time.Minute, routing.Note{Kind: routing.NoteHungUp})
			}
			ok = ok && put(time.Minute, routing.Note{Kind: routing.NoteAdded}) && put(time.Minute, routing.Note{Kind: routing.NoteRelayed}) &&
				put(closed, routing.Note{Kind: routing.NoteClosed, Reason: routing.ReasonClosedByHelper, Took: since(closed)})
			if !ok {
				return
			}
		}
	}
}

func wholeTime(tb testing.TB) report.Options {
	tb.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		tb.Fatal(err)
	}
	return report.Options{
		Line: "ward", From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC),
		Now: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC), Zone: zone, Targets: routing.DefaultTargets(),
	}
}

func folded(n int) (f *report.Folder, notes int) {
	f = report.NewFolder()
	for e := range journal(n) {
		f.Add(e)
		notes += len(e.Notes)
	}
	return f, notes
}

// BenchmarkReport_100000Cases is one page's worth of figures.
func BenchmarkReport_100000Cases(b *testing.B) {
	f, notes := folded(100_000)
	o := wholeTime(b)
	b.ReportAllocs()
	b.ReportMetric(float64(notes), "notes")
	for b.Loop() {
		if r := f.Report(o); r.All.Cases != 100_000 || r.All.Claim.Done != 100_000 {
			b.Fatalf("Report = %d cases, want all", r.All.Cases)
		}
	}
}

func BenchmarkFolder_Add(b *testing.B) {
	entries := make([]report.Entry, 0, 800_000)
	for e := range journal(100_000) {
		entries = append(entries, e)
	}
	b.ReportAllocs()
	for b.Loop() {
		f := report.NewFolder()
		for _, e := range entries {
			f.Add(e)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(entries)), "ns/entry")
}

// BenchmarkFolder_Kept reports what a case takes of memory.
func BenchmarkFolder_Kept(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		f, _ := folded(100_000)
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(f)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/100_000, "B/case")
}

// BenchmarkWriteCasesCSV_25000Cases is the largest table: every case of a year of a busy line.
func BenchmarkWriteCasesCSV_25000Cases(b *testing.B) {
	f, _ := folded(25_000)
	o := wholeTime(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := report.WriteCasesCSV(io.Discard, f.Cases(o), o.Zone, report.CSV{BOM: true, Vietnamese: true}); err != nil {
			b.Fatal(err)
		}
	}
}
