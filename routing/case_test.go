package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/routing"
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
