package routing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

func TestClose_ASupervisorClosesAnyCaseByItsCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		given func(*routingtest.Ward)
		told  []contacts.ID
	}{
		{"alerting", func(*routingtest.Ward) {}, []contacts.ID{lan, hung}},
		{"alerting, one declined", func(w *routingtest.Ward) { w.From(lan, "0") }, []contacts.ID{hung, mai}},
		{"held", func(w *routingtest.Ward) { w.From(lan, "1") }, []contacts.ID{lan}},
		{"held, others invited", func(w *routingtest.Ward) { w.From(lan, "1"); w.From(lan, "them ca") }, []contacts.ID{lan, officer}},
		{"with several helpers", func(w *routingtest.Ward) { w.From(lan, "1"); w.From(lan, "them ca"); w.From(officer, "1") }, []contacts.ID{lan, officer}},
	}
	for _, tt := range tests {
		for _, supervisor := range []contacts.ID{duty, lead} {
			t.Run(tt.name+", by "+string(supervisor), func(t *testing.T) {
				t.Parallel()
				w := story(t)
				w.Text(an(), urgent)
				tt.given(w)
				w.Forget()
				c := w.CaseOf(an())
				wantReason(t, "XONG", w.From(supervisor, "Xong "+lower(c.Code)+" nhé"), routing.ReasonClosedByOffice)
				if w.CaseOf(an()).Open() {
					t.Fatal("the case is open, want it closed")
				}
				over := render(t, texts.Closed, c)
				for _, id := range append(tt.told, supervisor) {
					wantList(t, "to "+string(id), w.Got(id), over)
				}
				w.Quiet() // nobody else, and not the person
				w.Advance(time.Hour)
				w.Quiet()
			})
		}
	}
}

func TestClose_ASupervisorNamesACaseOrNothingIsClosed(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Advance(4 * time.Minute) // the supervisors were told
	w.Forget()
	for _, body := range []string{"xong", "xong W9", "xong rồi"} {
		wantReason(t, body, w.From(lead, body), routing.ReasonNotUnderstood)
		wantState(t, w.CaseOf(an()), "unanswered", "")
	}
}

func TestClose_OnlySupervisorsCloseWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	code := string(w.CaseOf(an()).Code)
	for _, id := range []contacts.ID{lan, officer} {
		wantReason(t, string(id), w.From(id, "xong "+code), routing.ReasonNotUnderstood)
	}
	w.From(station, "xong "+code) // asked about nothing: theirs to open a case of their own
	wantState(t, w.CaseOf(an()), "alerting", "")
}

func TestClose_ASupervisorWhoHelpsClosesLikeAnyHelper(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Advance(2 * time.Minute)
	w.From(duty, "1")
	w.Forget()
	wantReason(t, "XONG", w.From(duty, "xong "+string(w.CaseOf(an()).Code)), routing.ReasonClosedByHelper)
}

// TestClose_ASupervisorKeptApartSeesNothing: the answer to the code of a case of their household is the one
// to a code that no case has.
func TestClose_ASupervisorKeptApartSeesNothing(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]func(*routingtest.Ward){
		"with no case of their own to do": func(*routingtest.Ward) {},
		"with another case waiting":       func(w *routingtest.Ward) { w.Text(binh(), urgent); w.Advance(4 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := func(code func(*routing.Case) string) (routing.Reason, []string) {
				w := story(t, routingtest.KeepApart(lead, an()))
				w.Text(an(), urgent)
				given(w)
				w.Forget()
				d := w.From(lead, "xong "+code(w.CaseOf(an())))
				if !w.CaseOf(an()).Open() {
					t.Fatal("the case was closed by a supervisor kept apart")
				}
				return d.Reason, w.Got(lead)
			}
			reason, got := answers(func(c *routing.Case) string { return string(c.Code) })
			wantReason, want := answers(func(*routing.Case) string { return "W9" })
			if reason != wantReason {
				t.Errorf("reason = %s, want %s, as for a code that no case has", reason, wantReason)
			}
			wantList(t, "the answer", got, want...)
		})
	}
}

func TestClose_AtTheDesk(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	c := w.CaseOf(an())
	wantReason(t, "the order", w.Handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Why: contacts.Conceal("đã xong ở trạm")}), routing.ReasonClosedByOffice)
	over := render(t, texts.Closed, c)
	wantList(t, "to Lan", w.Got(lan), over)
	wantList(t, "to the police", w.Got(officer), over)
	w.Quiet()
	if got, ok := w.Words(c.ID, routing.ClosingRef(w.Now())); got != "đã xong ở trạm" || !ok {
		t.Errorf("reason kept = %q, %v, want what was given", got, ok)
	}
	for _, n := range w.Journal() {
		if n.Kind == routing.NoteClosed && (n.Contact != "" || n.Reason != routing.ReasonClosedByOffice) {
			t.Errorf("noted as closed by %q, %s, want by the desk", n.Contact, n.Reason)
		}
	}
	wantReason(t, "the order again", w.Handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}}), routing.ReasonCaseClosed)
	wantReason(t, "an order for no case", w.Handle(routing.CloseOrdered{Order: routing.Order{Case: "none-such"}}), routing.ReasonNoCase)
	w.Quiet()
}

// A helper who closes says no outcome, also after a desk did that was taken back.
func TestClose_ByHelperHasNoOutcome(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan)
	c := w.CaseOf(an())
	w.Handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Outcome: routing.OutcomeMistake})
	w.Handle(routing.ReopenOrdered{Order: order(t, w, c)})
	w.From(lan, "1 "+string(c.Code))
	wantReason(t, "XONG", w.From(lan, "XONG "+string(c.Code)), routing.ReasonClosedByHelper)
	notes := w.Journal()
	at := slices.IndexFunc(notes, func(n routing.Note) bool { return n.Kind == routing.NoteClosed && n.Contact == lan })
	if at < 0 {
		t.Fatal("the journal does not say that Lan closed the case")
	}
	if kept := w.CaseOf(an()).Outcome; notes[at].Outcome != "" || kept != "" {
		t.Errorf("closed by a helper with outcome %q in the journal, %q in the record; want none", notes[at].Outcome, kept)
	}
}

func TestClose_WhoIsSetApartIsNotTold(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	setApart(t, w, officer)
	w.Handle(routing.CloseOrdered{Order: routing.Order{Case: w.CaseOf(an()).ID}})
	wantList(t, "to the police, set apart", w.Got(officer))
	wantList(t, "to Lan", w.Got(lan), render(t, texts.Closed, w.CaseOf(an())))
}
