package supervisor

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
)

// The board with 200 open cases: what a page asks for after an event, and what all the others do that may see the
// same. Putting it together takes some forty times as long as the rest of an answer.
func BenchmarkNow_With200OpenCases(b *testing.B) {
	w := newWorldOn(b, routingtest.NewServer(b).Client())
	to, err := phone.ParseE164("+842553800113")
	if err != nil {
		b.Fatal(err)
	}
	for n := range 200 {
		from, err := phone.ParseE164(fmt.Sprintf("+84935%06d", n))
		if err != nil {
			b.Fatal(err)
		}
		_, err = w.service.Handle(context.Background(), here1, routing.Text{
			SID: routing.EventID(fmt.Sprintf("SM%d", n)), From: from, Key: w.keyset.PhoneKey(here1, from), To: to, Body: contacts.Conceal(danger), At: time.Now(),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	user := w.open("mai", account.Supervisor, here1)
	for name, first := range map[string]bool{"first_after_an_event": true, "all_others": false} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if first {
					w.board.forget(here1)
				}
				if got := user.get("/now/fragment"); got.Code != http.StatusOK {
					b.Fatalf("GET /now/fragment = %d; log:\n%s", got.Code, w.logged)
				}
			}
		})
	}
}

// The cases that were closed last, of 100,000 that were closed in thirty days.
func BenchmarkFind_With100000ClosedCases(b *testing.B) {
	w := newWorldOn(b, routingtest.NewServer(b).Client())
	in := &indexed{ready: true}
	for n := range 100_000 {
		in.newest = append(in.newest, closedCase{routing.CaseID(fmt.Sprintf("a%015d", n)), "K7", time.Now().Add(-time.Duration(n) * 20 * time.Second)})
	}
	w.board.found.lines[here1] = in
	user := w.open("mai", account.Supervisor, here1)
	for b.Loop() {
		if got := user.get("/find"); got.Code != http.StatusOK {
			b.Fatalf("GET /find = %d; log:\n%s", got.Code, w.logged)
		}
	}
}
