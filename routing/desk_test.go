package routing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/triage"
)

// order makes an order about a case; each of another form.
func order(t *testing.T, w *routingtest.Ward, c *routing.Case) routing.Order {
	t.Helper()
	w.Jump(time.Millisecond)
	return routing.Order{Token: routing.EventID(fmt.Sprintf("form:%d", w.Now().UnixMilli())), Case: c.ID}
}

func TestDesk_AlertsSomeoneNow(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.KeepApart(officer, an()))
	w.Text(an(), urgent)
	c := w.CaseOf(an())
	w.Rang()
	o := order(t, w, c)
	w.Handle(routing.AlertOrdered{Order: o, Contact: station})
	w.Handle(routing.AlertOrdered{Order: o, Contact: station}) // the form sent twice
	if got := w.Rang(); !slices.Equal(got, []contacts.ID{station}) {
		t.Fatalf("alerted %v, want the station once", got)
	}
	if d := w.Handle(routing.AlertOrdered{Order: order(t, w, c), Contact: officer}); d.Reason != routing.ReasonMayNotKnow || len(d.Sends) > 0 {
		t.Fatalf("a contact kept apart: %s with %d texts, want it refused", d.Reason, len(d.Sends))
	}
	w.From(station, "1")
	if c := w.CaseOf(an()); c.Holder != station {
		t.Fatalf("holder is %q, want the one asked from the desk", c.Holder)
	}
}

func TestDesk_HandsOn(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.From(lan, "1")
	c := w.CaseOf(an())
	w.Handle(routing.HandOrdered{Order: order(t, w, c), Contact: station})
	c = w.CaseOf(an())
	if c.State != routing.Alerting || c.Holder != "" || len(c.Deadlines) == 0 {
		t.Fatalf("after handing on the case is %s, held by %q, with %v", c.State, c.Holder, c.Deadlines)
	}
	if rang := w.Rang(); !slices.Contains(rang, station) || rang[len(rang)-1] == lan {
		t.Fatalf("alerted %v, want the station among them", rang)
	}
	w.From(station, "1")
	if c := w.CaseOf(an()); c.Holder != station {
		t.Fatalf("holder is %q", c.Holder)
	}
}

func TestDesk_CorrectsUrgencyBothWays(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	c := w.CaseOf(an())
	w.Handle(routing.CorrectOrdered{Order: order(t, w, c), Urgency: triage.Information, Need: triage.Counsel})
	if c := w.CaseOf(an()); c.Urgency != triage.Information || c.Need != triage.Counsel || c.State != routing.Alerting {
		t.Fatalf("corrected to %s, %s (%s)", c.Urgency, c.Need, c.State)
	}
	w.Handle(routing.CorrectOrdered{Order: order(t, w, c), Urgency: triage.ImmediateDanger})
	if c := w.CaseOf(an()); c.Urgency != triage.ImmediateDanger {
		t.Fatalf("corrected to %s", c.Urgency)
	}
}

// Whoever was asked from the desk goes on being asked when the case turns out to be less urgent.
func TestDesk_CalmingACaseAsksWhoWasChosen(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	c := w.CaseOf(an())
	w.Handle(routing.AlertOrdered{Order: order(t, w, c), Contact: lead})
	w.Got(lead)
	w.Handle(routing.CorrectOrdered{Order: order(t, w, c), Urgency: triage.Information})
	state := func() routing.AlertState {
		for _, a := range w.CaseOf(an()).Alerts {
			if a.Contact == lead {
				return a.State
			}
		}
		return ""
	}
	if got := state(); got != routing.AlertOut {
		t.Errorf("the alert from the desk is %q after the case was calmed, want it out", got)
	}
	wantList(t, "to whom the desk chose, once more", w.Got(lead))
	w.From(lead, "1")
	if got := w.CaseOf(an()); got.Holder != lead {
		t.Errorf("holder is %q, want %s", got.Holder, lead)
	}
}

func TestDesk_WritesUnderRestraint(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), hiding)
	c := w.CaseOf(an())
	w.Sent(an())
	if d := w.Handle(routing.WriteOrdered{Order: order(t, w, c), Words: contacts.Conceal("chị đây")}); d.Reason != routing.ReasonSilence {
		t.Fatalf("writing to who hides = %s, want it refused", d.Reason)
	}
	w.Handle(routing.ClearOrdered{Order: order(t, w, c)})
	w.Handle(routing.WriteOrdered{Order: order(t, w, c), Words: contacts.Conceal("chị đây")})
	if got := w.Sent(an()); !slices.Equal(got, []string{"chị đây"}) {
		t.Fatalf("the person gets %q", got)
	}
}

func TestDesk_NotesClosesAndReopens(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	c := w.CaseOf(an())
	o := order(t, w, c)
	w.Handle(routing.NoteOrdered{Order: o, Words: contacts.Conceal("đã gọi trạm")})
	if words, ok := w.Words(c.ID, routing.WordsRef("n"+string(o.Token))); !ok || words != "đã gọi trạm" {
		t.Fatalf("the note is kept as %q, %v", words, ok)
	}
	w.Handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Outcome: routing.OutcomeHelped})
	if c := w.CaseOf(an()); c.Open() || c.Outcome != routing.OutcomeHelped {
		t.Fatalf("closed: %v with outcome %q", !c.Open(), c.Outcome)
	}
	w.Advance(time.Hour)
	w.Handle(routing.ReopenOrdered{Order: order(t, w, c)})
	again := w.CaseOf(an())
	if !again.Open() || again.ID != c.ID || again.Code != c.Code || len(again.Deadlines) == 0 || again.Outcome != "" {
		t.Fatalf("opened again: %+v", again)
	}
	w.Handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}})
	// The journal has what was said each time: the first outcome, taken back, and none.
	var said []routing.Note
	for _, n := range w.Journal() {
		if n.Kind == routing.NoteClosed || n.Kind == routing.NoteReopened {
			said = append(said, routing.Note{Kind: n.Kind, Outcome: n.Outcome})
		}
	}
	want := []routing.Note{{Kind: routing.NoteClosed, Outcome: routing.OutcomeHelped}, {Kind: routing.NoteReopened}, {Kind: routing.NoteClosed}}
	if !slices.Equal(said, want) {
		t.Errorf("journal of the closings = %+v, want %+v", said, want)
	}
	w.Text(an(), question)
	if d := w.Handle(routing.ReopenOrdered{Order: order(t, w, c)}); d.Reason != routing.ReasonAnotherOpen {
		t.Fatalf("opening a case again beside another of the person = %s", d.Reason)
	}
}
