package routing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
)

func TestCase_WaitsSince(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	c := w.CaseOf(an())
	arrived := c.ArrivedAt
	check := func(when string, want time.Time) {
		t.Helper()
		got, ok := w.Case(c.ID).WaitsSince()
		if !got.Equal(want) || ok != !want.IsZero() {
			t.Errorf("%s: WaitsSince() = %v, %v, want %v", when, got, ok, want)
		}
	}
	check("opened", arrived)
	w.Advance(5 * time.Minute) // a round goes by
	check("unanswered", arrived)
	w.Handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}})
	check("closed, never taken", time.Time{})
	w.Handle(routing.ReopenOrdered{Order: order(t, w, c)})
	check("opened again, never taken", arrived)
	w.From(lan, "1 "+string(c.Code))
	check("taken", time.Time{})
	w.Advance(time.Minute)
	w.From(lan, "0 "+string(c.Code))
	back := w.Now()
	check("given back", back)
	w.Advance(10 * time.Second)
	check("given back for a while", back)
	w.Handle(routing.CloseOrdered{Order: routing.Order{Case: c.ID}})
	w.Advance(time.Hour)
	w.Handle(routing.ReopenOrdered{Order: order(t, w, c)})
	check("opened again, taken before", w.Now())
}

// By what somebody was asked does not change when the call is over, or with how they answer.
func TestAlert_Channels(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.Text(an(), urgent)
	c := w.CaseOf(an())
	check := func(when string, id contacts.ID, want ...contacts.Channel) {
		t.Helper()
		for _, a := range w.Case(c.ID).Alerts {
			if a.Contact == id {
				if diff := cmp.Diff(want, a.Channels()); diff != "" {
					t.Errorf("%s: Channels() of %s (-want +got):\n%s", when, id, diff)
				}
				return
			}
		}
		t.Errorf("%s: %s is not asked", when, id)
	}
	check("asked", lan, contacts.SMS, contacts.Voice)
	answers(t, w, lan, "0")
	check("declined by call", lan, contacts.SMS, contacts.Voice)
	w.Handle(routing.HandOrdered{Order: order(t, w, c), Contact: mai})
	w.From(mai, "1")
	check("took it by text", mai, contacts.SMS, contacts.Voice)
	if got := (routing.Alert{Channel: contacts.SMS}).Channels(); !cmp.Equal(got, []contacts.Channel{contacts.SMS}) {
		t.Errorf("Channels() of who was not asked = %v, want the one noted", got)
	}
}
