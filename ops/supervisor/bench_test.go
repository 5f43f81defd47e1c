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

// The board with 200 open cases. Half the iterations find a copy of them, half have to read all anew, as after
// an event.
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
	for b.Loop() {
		w.board.forget(here1)
		for range 2 {
			if got := user.get("/now/fragment"); got.Code != http.StatusOK {
				b.Fatalf("GET /now/fragment = %d; log:\n%s", got.Code, w.logged)
			}
		}
	}
}
