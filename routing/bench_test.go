package routing_test

import (
	"testing"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
)

// benchmarkDecide decides over and over on the last event of a story in a ward of thirty contacts.
func benchmarkDecide(b *testing.B, want routing.Reason, tell func(*routingtest.Ward)) {
	b.Helper()
	w := routingtest.NewWard(b, routingtest.Line(b, routingtest.WithContacts(routingtest.ManyContacts(30)...)))
	var last routingtest.Played
	w.Decided = func(p routingtest.Played) {
		if _, ok := p.Event.(routing.Text); ok {
			last = p
		}
	}
	tell(w)
	b.ReportAllocs()
	for b.Loop() {
		if d := routing.Decide(last.State, last.Event, last.World); d.Reason != want {
			b.Fatalf("Decide = %s, want %s", d.Reason, want)
		}
	}
}

func BenchmarkDecide_OpenCase(b *testing.B) {
	benchmarkDecide(b, routing.ReasonOpened, func(w *routingtest.Ward) { w.Text(an(), danger) })
}

func BenchmarkDecide_AddWords(b *testing.B) {
	benchmarkDecide(b, routing.ReasonAdded, func(w *routingtest.Ward) {
		w.Text(an(), danger)
		w.Text(an(), "nha toi o gan cho, cua sau")
	})
}

func BenchmarkDecide_Claim(b *testing.B) {
	benchmarkDecide(b, routing.ReasonClaimed, func(w *routingtest.Ward) {
		w.Text(an(), danger)
		w.From(contacts.ID("c1"), "1")
	})
}
