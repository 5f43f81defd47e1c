package metrics

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/roster"
)

func TestDecision_TalkIsMeasuredOnceACall(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{})
	decide(m, routing.ReasonTalks, routing.Note{Kind: routing.NoteTalking, Channel: contacts.Voice, Took: 12 * time.Second})
	decide(m, routing.ReasonTalks, routing.Note{Kind: routing.NoteTalking, Channel: contacts.Voice, Took: 18 * time.Second})
	// None of these is a caller who was joined with a human.
	for _, kind := range []routing.NoteKind{
		routing.NoteRang, routing.NotePickedUp, routing.NoteCallOver, routing.NoteHungUp, routing.NoteAbandoned, routing.NoteVoicemail,
		routing.NoteCallBack, routing.NoteOthersRung,
	} {
		decide(m, routing.ReasonHungUp, routing.Note{Kind: kind, Channel: contacts.Voice, Took: time.Hour})
	}
	all := family(t, m, "hotline_talk_seconds")
	if len(all) != 1 || len(all[0].GetLabel()) != 0 {
		t.Fatalf("hotline_talk_seconds has %d series, want one without labels", len(all))
	}
	h := all[0].GetHistogram()
	if h.GetSampleCount() != 2 || h.GetSampleSum() != 30 {
		t.Errorf("hotline_talk_seconds counted %d, %v s together; want 2 and 30 s", h.GetSampleCount(), h.GetSampleSum())
	}
	// What emergency lines are held to can be read off: 15 s and 20 s are bounds.
	within := map[float64]uint64{}
	for _, b := range h.GetBucket() {
		within[b.GetUpperBound()] = b.GetCumulativeCount()
	}
	if got, want := [2]uint64{within[15], within[20]}, [2]uint64{1, 2}; got != want {
		t.Errorf("calls answered within 15 s and within 20 s = %v, want %v", got, want)
	}
}

// TestDecision_TalkIsNoClaim: who talks is measured apart from who takes a case.
func TestDecision_TalkIsNoClaim(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{})
	decide(m, routing.ReasonTalks, routing.Note{Kind: routing.NoteTalking, Channel: contacts.Voice, Took: time.Second})
	if got := seriesOf(t, m, "hotline_claim_seconds"); len(got) > 0 {
		t.Errorf("a caller joined with a human recorded %d series of hotline_claim_seconds, want none", len(got))
	}
}

func TestDecision_AbandonedByHowLongTheyWaited(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		waited time.Duration
		band   string
	}{
		{"clocks differ", -time.Second, "under_10s"},
		{"at once", 0, "under_10s"},
		{"a ring", 10*time.Second - 1, "under_10s"},
		{"ten seconds", 10 * time.Second, "10_30s"},
		{"almost half a minute", 30*time.Second - 1, "10_30s"},
		{"half a minute", 30 * time.Second, "30_60s"},
		{"almost a minute", time.Minute - 1, "30_60s"},
		{"a minute", time.Minute, "1_3m"},
		{"almost three", 3*time.Minute - 1, "1_3m"},
		{"three minutes", 3 * time.Minute, "3_10m"},
		{"almost ten", 10*time.Minute - 1, "3_10m"},
		{"ten minutes", 10 * time.Minute, "over_10m"},
		{"hours", 4 * time.Hour, "over_10m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMetrics(memory{})
			decide(m, routing.ReasonHungUp, routing.Note{Kind: routing.NoteAbandoned, Channel: contacts.Voice, Took: tt.waited})
			got := map[string]float64{}
			for _, s := range family(t, m, "hotline_calls_abandoned_total") {
				got[s.GetLabel()[0].GetValue()] = s.GetCounter().GetValue()
			}
			want := map[string]float64{"under_10s": 0, "10_30s": 0, "30_60s": 0, "1_3m": 0, "3_10m": 0, "over_10m": 0}
			want[tt.band] = 1
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("hotline_calls_abandoned_total after %v (-want +got):\n%s", tt.waited, diff)
			}
		})
	}
}

// TestDecision_NotEveryEndIsAbandonment: who talked, or was called back, has not given up.
func TestDecision_NotEveryEndIsAbandonment(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{})
	decide(m, routing.ReasonHungUp, routing.Note{Kind: routing.NoteHungUp, Channel: contacts.Voice, Took: time.Minute})
	for _, s := range family(t, m, "hotline_calls_abandoned_total") {
		if s.GetCounter().GetValue() != 0 {
			t.Errorf("a caller who talked counts as abandoned: %v", s)
		}
	}
}

func TestScrape_CallsUnderWay(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{persons: 3, helpers: 2}, testLine("hill", roster.Roster{}), testLine("river", roster.Roster{}))
	expect(t, m, `
# HELP hotline_calls Calls under way: with persons at risk, and with contacts; the same on every replica.
# TYPE hotline_calls gauge
hotline_calls{line="hill",with="contact"} 2
hotline_calls{line="hill",with="person"} 3
hotline_calls{line="river",with="contact"} 2
hotline_calls{line="river",with="person"} 3
`, "hotline_calls")
}

func TestScrape_CallsThatCannotBeReadAreLeftOut(t *testing.T) {
	t.Parallel()
	away := errors.New("connection refused")
	m := newMetrics(memory{callsErr: away, persons: 3}, testLine("hill", roster.Roster{}), testLine("river", roster.Roster{}))
	got := page(t, m)
	for _, want := range []string{
		`hotline_scrape_errors_total{metric="hotline_calls"} 2`,
		`hotline_scrape_errors_total{metric="hotline_cases"} 0`,
		`hotline_cases{line="hill",state="alerting"} 0`,
		`hotline_outbox_oldest_seconds{priority="call"} 0`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("GET /metrics lacks %s", want)
		}
	}
	for _, absent := range []string{"\nhotline_calls{", away.Error()} {
		if strings.Contains(got, absent) {
			t.Errorf("GET /metrics has %q, want nothing about what could not be read", strings.TrimSpace(absent))
		}
	}
}
