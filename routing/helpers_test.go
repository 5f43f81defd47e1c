package routing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// Contacts of the made-up line.
const (
	lan     = routingtest.Lan
	hung    = routingtest.Hung
	mai     = routingtest.Mai
	station = routingtest.Station
	officer = routingtest.Officer
	duty    = routingtest.Duty
	lead    = routingtest.Lead
)

// What people at risk write in these tests, and what triage takes it for.
const (
	danger   = "Cứu tôi, nó đang cầm dao"         // immediate danger
	bleeding = "toi bi chay mau nhieu"            // immediate danger, health
	hiding   = "toi dang tron trong tu, dung goi" // immediate danger, hiding, no calls
	urgent   = "khong co cho ngu dem nay"         // urgent, shelter
	question = "cho hoi so dien thoai ubnd"       // information
	muted    = "dung nhan lai"                    // runs as information; asks not to be written to
	somehow  = "chi oi"                           // urgent: nothing recognised
)

// story starts a history with the made-up line.
func story(t *testing.T, options ...routingtest.Option) *routingtest.Ward {
	t.Helper()
	return routingtest.NewWard(t, routingtest.Line(t, options...))
}

// an, binh and chi are people at risk.
func an() phone.Number   { return routingtest.Person(0) }
func binh() phone.Number { return routingtest.Person(1) }
func chi() phone.Number  { return routingtest.Person(2) }

// render is a text to a contact of the made-up line about a case.
func render(t *testing.T, key texts.Key, c *routing.Case, values ...string) string {
	t.Helper()
	filled := map[string]string{"the": "PT", "ma": string(c.Code)}
	for i := 0; i+1 < len(values); i += 2 {
		filled[values[i]] = values[i+1]
	}
	s, err := texts.Render(texts.Vietnamese, key, false, filled)
	if err != nil {
		t.Fatalf("Render(%s) = %v, want a text", key, err)
	}
	return s
}

// wantList compares lists; nil and empty are the same.
func wantList[T any](t *testing.T, what string, got []T, want ...T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wantReason compares the reason of a decision.
func wantReason(t *testing.T, what string, d routing.Decision, want routing.Reason) {
	t.Helper()
	if d.Reason != want {
		t.Errorf("%s: reason = %s, want %s", what, d.Reason, want)
	}
}

// wantState compares a case's state and holder.
func wantState(t *testing.T, c *routing.Case, state string, holder contacts.ID) {
	t.Helper()
	if c.Label() != state || c.Holder != holder {
		t.Errorf("case %s is %s, held by %q, want %s, held by %q", c.Code, c.Label(), c.Holder, state, holder)
	}
}

// wantDue compares a case's next deadline, told as time from now.
func wantDue(t *testing.T, w *routingtest.Ward, c *routing.Case, kind routing.DeadlineKind, in time.Duration) {
	t.Helper()
	next, ok := c.NextDeadline()
	if next.Kind == routing.Remind && kind != routing.Remind {
		// A reminder on the way does not change when the step ends.
		next = slices.MinFunc(slices.DeleteFunc(slices.Clone(c.Deadlines), func(d routing.Deadline) bool { return d.Kind == routing.Remind }),
			func(a, b routing.Deadline) int { return a.At.Compare(b.At) })
	}
	if got := next.At.Sub(w.Now()); !ok || next.Kind != kind || got != in {
		t.Errorf("case %s: next deadline = %s in %v (%v), want %s in %v", c.Code, next.Kind, got, ok, kind, in)
	}
}

// notes counts the journal's notes of a kind.
func notes(w *routingtest.Ward, kind routing.NoteKind) int {
	n := 0
	for _, note := range w.Journal() {
		if note.Kind == kind {
			n++
		}
	}
	return n
}

// results are how a contact's alerts ended, in order.
func results(w *routingtest.Ward, id contacts.ID) []routing.AlertState {
	var states []routing.AlertState
	for _, note := range w.Journal() {
		if note.Kind == routing.NoteAlertOver && note.Contact == id {
			states = append(states, note.Result)
		}
	}
	return states
}

// oneStep is a policy for urgent cases of a single step that alerts everyone of some kinds.
func oneStep(wait time.Duration, kinds ...contacts.Kind) routingtest.Option {
	return routingtest.WithSteps(routing.PolicyKey{Urgency: triage.Urgent}, routing.Step{Notify: kinds, Wait: wait})
}
