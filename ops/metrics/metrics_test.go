package metrics

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/triage"
)

// memory is a Stored whose answers are given.
type memory struct {
	duty      map[contacts.ID]routing.Duty
	cases     map[contacts.LineID]map[string]int
	ages      map[routing.Priority]time.Duration
	unclaimed map[contacts.LineID]map[triage.Urgency]time.Duration
	overdue   time.Duration
	caseErr   error
	outboxErr error
	persons   int
	helpers   int
	callsErr  error
	hang      bool
}

func (m memory) CaseCounts(ctx context.Context, line contacts.LineID) (map[string]int, error) {
	if m.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return m.cases[line], m.caseErr
}

func (m memory) OldestUnclaimed(_ context.Context, line contacts.LineID) (map[triage.Urgency]time.Duration, error) {
	return m.unclaimed[line], m.caseErr
}

func (m memory) DeadlineOverdue(context.Context) (time.Duration, error) {
	return m.overdue, m.outboxErr
}

func (m memory) Duty(context.Context, contacts.LineID) (map[contacts.ID]routing.Duty, error) {
	return m.duty, nil
}

func (m memory) LiveCalls(context.Context, contacts.LineID) (persons, helpers int, err error) {
	return m.persons, m.helpers, m.callsErr
}

func (m memory) OldestWaiting(context.Context) (map[routing.Priority]time.Duration, error) {
	return m.ages, m.outboxErr
}

func newMetrics(stored Stored, lines ...*routing.Line) *Metrics {
	return New(Options{
		Stored: stored,
		Lines:  func() []*routing.Line { return lines },
		Routes: []string{"/twilio/sms"},
	})
}

func testLine(id contacts.LineID, r roster.Roster, list ...contacts.Contact) *routing.Line {
	d := contacts.NewDirectory(list, func(n phone.Number) phone.Key { return phone.Key(n.String()) })
	return &routing.Line{ID: id, Directory: d, Roster: r}
}

// expect compares whole metrics, all their series included.
func expect(t *testing.T, m *Metrics, want string, names ...string) {
	t.Helper()
	if err := testutil.GatherAndCompare(m.registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

// page is what a scraper gets.
func page(t *testing.T, m *Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("GET /metrics = %d, want %d", rec.Code, http.StatusOK)
	}
	body, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// contract is every metric that texts and calls touch, with its labels, as operators were promised them.
func contract() map[string][]string {
	return map[string][]string{
		"hotline_inbound_total":            {"channel", "result"},
		"hotline_first_alert_seconds":      {"channel"},
		"hotline_claim_seconds":            {"channel", "urgency"},
		"hotline_close_seconds":            {"outcome", "urgency"},
		"hotline_outcomes_total":           {"outcome"},
		"hotline_cases":                    {"line", "state"},
		"hotline_oldest_unclaimed_seconds": {"line", "urgency"},
		"hotline_deadline_overdue_seconds": nil,
		"hotline_escalations_total":        {"step", "urgency"},
		"hotline_alerts_total":             {"channel", "kind", "result"},
		"hotline_oncall_contacts":          {"kind", "line"},
		"hotline_deadline_lag_seconds":     nil,
		"hotline_outbox_oldest_seconds":    {"priority"},
		"hotline_webhook_seconds":          {"code", "route"},
		"hotline_talk_seconds":             nil,
		"hotline_calls_abandoned_total":    {"waited"},
		"hotline_calls":                    {"line", "with"},
	}
}

func TestMetrics_NamesAndLabelsAreTheContracts(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{}, testLine("ward", roster.Roster{}))
	m.Webhook("/twilio/sms", 200, time.Millisecond)
	decide(m, routing.ReasonClaimed,
		routing.Note{Kind: routing.NoteFirstAlert, Channel: contacts.SMS},
		routing.Note{Kind: routing.NoteClaimed, Channel: contacts.SMS, Urgency: triage.Urgent},
		routing.Note{Kind: routing.NoteClosed, Urgency: triage.Urgent, Reason: routing.ReasonClosedByHelper},
		routing.Note{Kind: routing.NoteStep, Urgency: triage.Urgent, Step: 2})

	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, f := range families {
		if _, promised := contract()[f.GetName()]; !promised {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		got[f.GetName()] = labels
	}
	if diff := cmp.Diff(contract(), got); diff != "" {
		t.Errorf("metrics and labels (-want +got):\n%s", diff)
	}
}

func TestMetrics_PassPrometheusLint(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{}, testLine("ward", roster.Roster{}))
	m.Webhook("/twilio/sms", 200, time.Millisecond)
	decide(m, routing.ReasonSent)
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestMetrics_RuntimeProcessAndBuildAreThere(t *testing.T) {
	t.Parallel()
	got := page(t, newMetrics(memory{}))
	for _, want := range []string{"\ngo_goroutines ", "\nprocess_start_time_seconds ", "\nhotline_build_info{goversion=\"go"} {
		if !strings.Contains(got, want) {
			t.Errorf("GET /metrics has no line that begins with %q", strings.TrimSpace(want))
		}
	}
}

func TestInbound_CountsByChannelAndResult(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{})
	m.Inbound(contacts.SMS, InboundAccepted)
	m.Inbound(contacts.SMS, InboundAccepted)
	m.Inbound(contacts.SMS, InboundDuplicate)
	m.Inbound(contacts.Voice, InboundRefused)
	expect(t, m, `
# HELP hotline_inbound_total Texts and calls that arrived, by what became of them.
# TYPE hotline_inbound_total counter
hotline_inbound_total{channel="sms",result="accepted"} 2
hotline_inbound_total{channel="sms",result="duplicate"} 1
hotline_inbound_total{channel="sms",result="ignored"} 0
hotline_inbound_total{channel="sms",result="refused"} 0
hotline_inbound_total{channel="voice",result="accepted"} 0
hotline_inbound_total{channel="voice",result="duplicate"} 0
hotline_inbound_total{channel="voice",result="ignored"} 0
hotline_inbound_total{channel="voice",result="refused"} 1
`, "hotline_inbound_total")
}

func TestWebhook_LabelsAreBounded(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, route string
		code        int
		want        string
	}{
		{"known route", "/twilio/sms", 200, `{code="200",route="/twilio/sms"}`},
		{"no route matched", "", 404, `{code="404",route="unmatched"}`},
		{"a path instead of a pattern", "/twilio/../etc/passwd", 404, `{code="404",route="other"}`},
		{"no HTTP status", "/twilio/sms", 0, `{code="other",route="/twilio/sms"}`},
		{"beyond HTTP", "/twilio/sms", 600, `{code="other",route="/twilio/sms"}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newMetrics(memory{})
			m.Webhook(row.route, row.code, time.Millisecond)
			if got := seriesOf(t, m, "hotline_webhook_seconds"); !cmp.Equal(got, []string{row.want}) {
				t.Errorf("Webhook(%q, %d) recorded %v, want [%v]", row.route, row.code, got, row.want)
			}
		})
	}
}

func TestDeadlineLag_EarlyCountsAsInTime(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{})
	m.DeadlineLag(-time.Second)
	m.DeadlineLag(50 * time.Millisecond)
	if got, want := sumOf(t, m, "hotline_deadline_lag_seconds"), 0.05; got != want {
		t.Errorf("sum of hotline_deadline_lag_seconds = %v, want %v", got, want)
	}
}

func TestScrape_EveryStateAndPriorityIsReported(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{
		cases: map[contacts.LineID]map[string]int{"hill": {"alerting": 2, "unanswered": 1}},
		ages:  map[routing.Priority]time.Duration{routing.PriorityUrgent: 1500 * time.Millisecond},
	}, testLine("hill", roster.Roster{}), testLine("river", roster.Roster{}))
	expect(t, m, `
# HELP hotline_cases Open cases, by state; the same on every replica.
# TYPE hotline_cases gauge
hotline_cases{line="hill",state="alerting"} 2
hotline_cases{line="hill",state="claimed"} 0
hotline_cases{line="hill",state="unanswered"} 1
hotline_cases{line="river",state="alerting"} 0
hotline_cases{line="river",state="claimed"} 0
hotline_cases{line="river",state="unanswered"} 0
# HELP hotline_outbox_oldest_seconds For how long the oldest message that waits for the carrier has waited, 0 if none does; the same on every replica.
# TYPE hotline_outbox_oldest_seconds gauge
hotline_outbox_oldest_seconds{priority="call"} 0
hotline_outbox_oldest_seconds{priority="danger"} 0
hotline_outbox_oldest_seconds{priority="normal"} 0
hotline_outbox_oldest_seconds{priority="urgent"} 1.5
`, "hotline_cases", "hotline_outbox_oldest_seconds")
}

func TestScrape_WhoWaitsLongest(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{
		unclaimed: map[contacts.LineID]map[triage.Urgency]time.Duration{
			"hill":  {triage.ImmediateDanger: 181500 * time.Millisecond, triage.Information: time.Hour},
			"river": {triage.Urgent: -time.Millisecond}, // clocks differ
		},
		overdue: 12500 * time.Millisecond,
	}, testLine("hill", roster.Roster{}), testLine("river", roster.Roster{}))
	expect(t, m, `
# HELP hotline_deadline_overdue_seconds How long the most overdue deadline has waited to be acted on, 0 if none is overdue; the same on every replica.
# TYPE hotline_deadline_overdue_seconds gauge
hotline_deadline_overdue_seconds 12.5
# HELP hotline_oldest_unclaimed_seconds How long the oldest open case that nobody has taken has waited for somebody, 0 if there is none; the same on every replica.
# TYPE hotline_oldest_unclaimed_seconds gauge
hotline_oldest_unclaimed_seconds{line="hill",urgency="immediate_danger"} 181.5
hotline_oldest_unclaimed_seconds{line="hill",urgency="information"} 3600
hotline_oldest_unclaimed_seconds{line="hill",urgency="urgent"} 0
hotline_oldest_unclaimed_seconds{line="river",urgency="immediate_danger"} 0
hotline_oldest_unclaimed_seconds{line="river",urgency="information"} 0
hotline_oldest_unclaimed_seconds{line="river",urgency="urgent"} 0
`, "hotline_oldest_unclaimed_seconds", "hotline_deadline_overdue_seconds")
}

func TestScrape_StorageThatFailsCostsOnlyItsOwnSeries(t *testing.T) {
	t.Parallel()
	away := errors.New("connection refused")
	m := newMetrics(memory{caseErr: away, outboxErr: away}, testLine("hill", roster.Roster{}), testLine("river", roster.Roster{}))
	m.Inbound(contacts.SMS, InboundAccepted)
	got := page(t, m)
	for _, want := range []string{
		`hotline_inbound_total{channel="sms",result="accepted"} 1`,
		`hotline_oncall_contacts{kind="police",line="hill"} 0`,
		`hotline_scrape_errors_total{metric="hotline_cases"} 2`,
		`hotline_scrape_errors_total{metric="hotline_outbox_oldest_seconds"} 1`,
		`hotline_scrape_errors_total{metric="hotline_oldest_unclaimed_seconds"} 2`,
		`hotline_scrape_errors_total{metric="hotline_deadline_overdue_seconds"} 1`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("GET /metrics lacks %s", want)
		}
	}
	for _, absent := range []string{"\nhotline_cases{", "\nhotline_outbox_oldest_seconds{", "\nhotline_oldest_unclaimed_seconds{", "\nhotline_deadline_overdue_seconds ", away.Error()} {
		if strings.Contains(got, absent) {
			t.Errorf("GET /metrics has %q, want nothing about what could not be read", strings.TrimSpace(absent))
		}
	}
}

// What one collector got wrong must not cost the page: here a line that is listed twice.
func TestHandler_ServesWhatCanBeGathered(t *testing.T) {
	t.Parallel()
	twice := testLine("hill", roster.Roster{})
	m := newMetrics(memory{}, twice, twice)
	m.Inbound(contacts.SMS, InboundAccepted)
	if got, want := page(t, m), `hotline_inbound_total{channel="sms",result="accepted"} 1`; !strings.Contains(got, want) {
		t.Errorf("GET /metrics lacks %s", want)
	}
}

func TestScrape_StorageThatHangsIsLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMetrics(memory{hang: true}, testLine("hill", roster.Roster{}), testLine("river", roster.Roster{}))
		start := time.Now()
		got := page(t, m)
		if took := time.Since(start); took != scrapeTime {
			t.Errorf("GET /metrics took %v with storage hanging, want %v", took, scrapeTime)
		}
		if want := `hotline_scrape_errors_total{metric="hotline_cases"} 2`; !strings.Contains(got, want) {
			t.Errorf("GET /metrics lacks %s", want)
		}
		if want := `hotline_outbox_oldest_seconds{priority="danger"} 0`; !strings.Contains(got, want) {
			t.Errorf("GET /metrics lacks %s", want)
		}
	})
}

func TestScrape_OnCallFollowsTheRoster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // begins on Saturday 2000-01-01 at 00:00 UTC
		line := testLine("ward",
			roster.Roster{
				Shifts: []roster.Shift{{Contact: "lan", Days: []time.Weekday{time.Saturday}, From: 60, To: 120}},
				Always: []contacts.ID{"station", "moved-away"},
			},
			contacts.Contact{ID: "lan", Kind: contacts.TrustedAddress},
			contacts.Contact{ID: "station", Kind: contacts.HealthStation},
			contacts.Contact{ID: "moved-away", Kind: contacts.Police, Retired: true},
		)
		m := newMetrics(memory{}, line)
		page := func(trusted string) string {
			return `
# HELP hotline_oncall_contacts Contacts on call now.
# TYPE hotline_oncall_contacts gauge
hotline_oncall_contacts{kind="chair",line="ward"} 0
hotline_oncall_contacts{kind="health_station",line="ward"} 1
hotline_oncall_contacts{kind="outside",line="ward"} 0
hotline_oncall_contacts{kind="police",line="ward"} 0
hotline_oncall_contacts{kind="supervisor",line="ward"} 0
hotline_oncall_contacts{kind="trusted_address",line="ward"} ` + trusted + "\n"
		}
		expect(t, m, page("0"), "hotline_oncall_contacts")
		time.Sleep(time.Hour)
		expect(t, m, page("1"), "hotline_oncall_contacts")
		time.Sleep(time.Hour)
		expect(t, m, page("0"), "hotline_oncall_contacts")
	})
}

func rosterOf(always ...contacts.ID) roster.Roster { return roster.Roster{Always: always} }
