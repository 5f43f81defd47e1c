package metrics

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

var _ routing.Observer = (*Metrics)(nil).Decision

func decide(m *Metrics, reason routing.Reason, notes ...routing.Note) {
	m.Decision(&routing.Line{}, routing.Text{}, routing.Decision{Reason: reason, Notes: notes}, time.Millisecond)
}

// family returns the series of one metric; nil if it has none.
func family(t *testing.T, m *Metrics, name string) []*dto.Metric {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()
		}
	}
	return nil
}

// seriesOf returns the labels of each series of a metric.
func seriesOf(t *testing.T, m *Metrics, name string) []string {
	t.Helper()
	var all []string
	for _, s := range family(t, m, name) {
		if s.GetCounter().GetValue() == 0 && s.GetHistogram().GetSampleCount() == 0 {
			continue // there from the start, and nothing counted yet
		}
		var labels []string
		for _, l := range s.GetLabel() {
			labels = append(labels, l.GetName()+"="+strconv.Quote(l.GetValue()))
		}
		all = append(all, "{"+strings.Join(labels, ",")+"}")
	}
	return all
}

// sumOf returns the sum of everything a histogram has observed.
func sumOf(t *testing.T, m *Metrics, name string) float64 {
	t.Helper()
	var sum float64
	for _, s := range family(t, m, name) {
		sum += s.GetHistogram().GetSampleSum()
	}
	return sum
}

func TestDecision_NotesBecomeMetrics(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, metric string
		notes        []routing.Note
		want         []string // series
		sum          float64  // of histograms, in seconds
	}{
		{
			name: "first alert", metric: "hotline_first_alert_seconds",
			notes: []routing.Note{{Kind: routing.NoteFirstAlert, Channel: contacts.SMS, Took: 15 * time.Millisecond}},
			want:  []string{`{channel="sms"}`}, sum: .015,
		},
		{
			name: "claim", metric: "hotline_claim_seconds",
			notes: []routing.Note{{Kind: routing.NoteClaimed, Channel: contacts.SMS, Urgency: triage.ImmediateDanger, Took: 42 * time.Second}},
			want:  []string{`{channel="sms",urgency="immediate_danger"}`}, sum: 42,
		},
		{
			name: "a silent holder resuming is no claim", metric: "hotline_claim_seconds",
			notes: []routing.Note{{Kind: routing.NoteClaimed, Channel: contacts.SMS, Urgency: triage.Urgent, Reason: routing.ReasonResumed, Took: time.Hour}},
		},
		{
			name: "close", metric: "hotline_close_seconds",
			notes: []routing.Note{{Kind: routing.NoteClosed, Urgency: triage.Information, Reason: routing.ReasonClosedByHelper, Took: time.Hour}},
			want:  []string{`{outcome="closed_by_helper",urgency="information"}`}, sum: 3600,
		},
		{
			// What this label has meant since the first release: who closed, not how the case ended.
			name: "close from the desk", metric: "hotline_close_seconds",
			notes: []routing.Note{{Kind: routing.NoteClosed, Urgency: triage.Urgent, Reason: routing.ReasonClosedByOffice, Outcome: routing.OutcomeHelped, Took: time.Minute}},
			want:  []string{`{outcome="closed_by_supervisor",urgency="urgent"}`}, sum: 60,
		},
		{
			name: "how cases ended", metric: "hotline_outcomes_total",
			notes: []routing.Note{
				{Kind: routing.NoteClosed, Reason: routing.ReasonClosedByHelper},
				{Kind: routing.NoteClosed, Reason: routing.ReasonClosedByOffice, Outcome: routing.OutcomeNoContact},
				{Kind: routing.NoteReopened},
				{Kind: routing.NoteClosed, Reason: routing.ReasonClosedByOffice, Outcome: "adopted"},
			},
			want: []string{`{outcome="no_contact"}`, `{outcome="other"}`, `{outcome="unsaid"}`},
		},
		{
			name: "first step is no escalation", metric: "hotline_escalations_total",
			notes: []routing.Note{{Kind: routing.NoteStep, Urgency: triage.Urgent, Step: 1}},
		},
		{
			name: "an empty step alerts nobody", metric: "hotline_escalations_total",
			notes: []routing.Note{{Kind: routing.NoteStepEmpty, Urgency: triage.Urgent, Step: 2}},
		},
		{
			name: "later steps", metric: "hotline_escalations_total",
			notes: []routing.Note{
				{Kind: routing.NoteStep, Urgency: triage.Urgent, Step: 2},
				{Kind: routing.NoteStep, Urgency: triage.Urgent, Step: 20},
				{Kind: routing.NoteStep, Urgency: triage.Urgent, Step: 21},
			},
			want: []string{`{step="2",urgency="urgent"}`, `{step="20",urgency="urgent"}`, `{step="other",urgency="urgent"}`},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newMetrics(memory{})
			decide(m, routing.ReasonNothingToDo, row.notes...)
			if got := seriesOf(t, m, row.metric); !cmp.Equal(got, row.want) {
				t.Errorf("series of %s = %v, want %v", row.metric, got, row.want)
			}
			if got := sumOf(t, m, row.metric); got != row.sum {
				t.Errorf("sum of %s = %v, want %v", row.metric, got, row.sum)
			}
		})
	}
}

func TestDecision_AlertsCountOnceWhenOver(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{})
	over := func(role contacts.Kind, result routing.AlertState) routing.Note {
		return routing.Note{Kind: routing.NoteAlertOver, Role: role, Channel: contacts.SMS, Result: result}
	}
	decide(m, routing.ReasonOpened,
		routing.Note{Kind: routing.NoteAlerted, Role: contacts.Police, Channel: contacts.SMS},
		routing.Note{Kind: routing.NoteAlerted, Role: contacts.TrustedAddress, Channel: contacts.SMS})
	decide(m, routing.ReasonClaimed, over(contacts.Police, routing.AlertTaken), over(contacts.TrustedAddress, routing.AlertLate))

	got := map[string]float64{}
	for _, s := range family(t, m, "hotline_alerts_total") {
		if s.GetCounter().GetValue() == 0 {
			continue
		}
		var values []string
		for _, l := range s.GetLabel() {
			values = append(values, l.GetValue())
		}
		got[strings.Join(values, " ")] = s.GetCounter().GetValue()
	}
	want := map[string]float64{"sms police taken": 1, "sms trusted_address late": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hotline_alerts_total (-want +got):\n%s", diff)
	}
	if got, want := len(family(t, m, "hotline_alerts_total")), len(contacts.Kinds())*2*5; got != want {
		t.Errorf("hotline_alerts_total has %d series, want %d: one for each kind, channel and result from the start", got, want)
	}
}

func TestDecision_ReasonIsCounted(t *testing.T) {
	t.Parallel()
	m := newMetrics(memory{})
	decide(m, routing.ReasonAlreadyTaken)
	m.Decision(&routing.Line{}, routing.DeadlineReached{}, routing.Decision{Reason: routing.ReasonStepEnded}, 3*time.Millisecond)
	expect(t, m, `
# HELP hotline_decisions_total Stored decisions, by the event that led to them and the reason they name.
# TYPE hotline_decisions_total counter
hotline_decisions_total{event="deadline",reason="step_ended"} 1
hotline_decisions_total{event="text",reason="already_taken"} 1
`, "hotline_decisions_total")
	if got, want := sumOf(t, m, "hotline_decision_seconds"), .004; got != want {
		t.Errorf("sum of hotline_decision_seconds = %v, want %v", got, want)
	}
}

// Whatever a caller can bring into a decision, and values of every label type that should never occur,
// must not show on the page.
func TestMetrics_NothingACallerSentIsShown(t *testing.T) {
	t.Parallel()
	const marker, number = "MARKER-secret-words", "+84987654321"
	n, err := phone.ParseE164(number)
	if err != nil {
		t.Fatal(err)
	}
	m := newMetrics(memory{cases: map[contacts.LineID]map[string]int{"ward": {marker: 1}}}, testLine("ward", rosterOf(marker),
		contacts.Contact{ID: marker, Name: contacts.Conceal(marker), Kind: marker, Phone: n, Area: marker}))

	m.Inbound(marker, marker)
	m.Webhook(marker, 200, time.Millisecond)
	event := routing.Text{SID: marker, From: n, Key: marker, Body: contacts.Conceal(marker)}
	for _, kind := range []routing.NoteKind{
		routing.NoteStep, routing.NoteAlertOver, routing.NoteFirstAlert, routing.NoteClaimed, routing.NoteClosed, marker,
	} {
		m.Decision(&routing.Line{}, event, routing.Decision{
			Reason:  marker,
			Persons: []routing.Person{{Key: marker, Number: n}},
			Words:   []routing.Words{{Text: contacts.Conceal(marker)}},
			Notes: []routing.Note{{
				Kind: kind, Case: marker, Contact: marker, Role: marker, Channel: marker, Urgency: marker, Step: 2, Result: marker, Reason: marker, Outcome: marker,
			}},
		}, time.Millisecond)
	}

	got := page(t, m)
	for _, secret := range []string{marker, number, number[1:], n.Masked()} {
		if strings.Contains(got, secret) {
			t.Errorf("GET /metrics shows %q", secret)
		}
	}
	// The values did arrive: they were counted under "other".
	if want := `hotline_claim_seconds_count{channel="other",urgency="other"} 1`; !strings.Contains(got, want) {
		t.Errorf("GET /metrics lacks %s", want)
	}
}

// The sets in labels.go must know every reason and event of routing: one that is missing would be counted
// as "other".
func TestLabels_KnowEveryReasonAndEvent(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../routing/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("routing's source = %v, %v, want files", files, err)
	}
	var wantReasons, wantEvents []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			wantReasons = append(wantReasons, constantsOf(t, d, "Reason")...)
			wantEvents = append(wantEvents, namedBy(t, d)...)
		}
	}
	var gotReasons []string
	for _, r := range reasons() {
		gotReasons = append(gotReasons, string(r))
	}
	slices.Sort(wantReasons)
	slices.Sort(gotReasons)
	if diff := cmp.Diff(wantReasons, gotReasons); diff != "" {
		t.Errorf("reasons() (-routing's +ours):\n%s", diff)
	}
	gotEvents := eventNames()
	slices.Sort(wantEvents)
	slices.Sort(gotEvents)
	if diff := cmp.Diff(wantEvents, gotEvents); diff != "" {
		t.Errorf("eventNames() (-routing's +ours):\n%s", diff)
	}
}

// constantsOf returns the values of the string constants of a type.
func constantsOf(t *testing.T, d ast.Decl, typeName string) []string {
	t.Helper()
	gen, ok := d.(*ast.GenDecl)
	if !ok || gen.Tok != token.CONST {
		return nil
	}
	var values []string
	for _, spec := range gen.Specs {
		v := spec.(*ast.ValueSpec)
		if ident, ok := v.Type.(*ast.Ident); ok && ident.Name == typeName {
			values = append(values, literal(t, v.Values[0]))
		}
	}
	return values
}

// namedBy returns what a method Name() of an event returns.
func namedBy(t *testing.T, d ast.Decl) []string {
	t.Helper()
	f, ok := d.(*ast.FuncDecl)
	if !ok || f.Recv == nil || f.Name.Name != "Name" || len(f.Body.List) != 1 {
		return nil
	}
	return []string{literal(t, f.Body.List[0].(*ast.ReturnStmt).Results[0])}
}

func literal(t *testing.T, e ast.Expr) string {
	t.Helper()
	s, err := strconv.Unquote(e.(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
