package gatewaytest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
)

// A message the carrier does not take now must not hold up an alert of another case to the same phone.
func TestStory_ARefusedRelayDoesNotDelayAnotherCasesAlert(t *testing.T) {
	inBubble(t, func(t *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "cuu em voi, no cam dao")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		code := w.Expect(gatewaytest.Lan, danger)[1]
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, code+`: cuu em voi, no cam dao`)

		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Phone: gatewaytest.Lan, Status: http.StatusTooManyRequests, Times: 1})
		w.Text(gatewaytest.Victim, "nhanh len")
		synctest.Wait() // the relay was refused and waits for its next try
		began := time.Now()
		w.Text(gatewaytest.Other, "chong dang danh toi, cuu")
		w.Expect(gatewaytest.Lan, danger)
		if waited := time.Since(began); waited > 100*time.Millisecond {
			t.Errorf("the alert of another case waited %v behind a refused relay", waited)
		}
		w.Expect(gatewaytest.Lan, code+`: nhanh len`) // and the relay is not lost
	})
}

// One relay that fails is told to the helper once, however often the carrier says so.
func TestStory_AFailedRelayIsToldOnce(t *testing.T) {
	inBubble(t, func(_ *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Lan, alert)
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `chong em hay danh em`)
		w.Carrier.Inject(
			simulator.Fault{Kind: simulator.EndFailed, Phone: gatewaytest.Victim, Code: 30005},
			simulator.Fault{Kind: simulator.DuplicateCallbacks, Phone: gatewaytest.Victim},
		)
		w.Text(gatewaytest.Lan, "em o dau")
		w.Expect(gatewaytest.Lan, `may ben kia khong nhan tin luc nay`)
		time.Sleep(time.Minute)
		w.Quiet(gatewaytest.Lan)
	})
}

// A holder whom the line file now keeps apart from the person is out of the case at once.
func TestStory_AHolderSetApartLosesTheCase(t *testing.T) {
	inBubble(t, func(_ *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Hoa, alert)
		w.Expect(gatewaytest.Lan, alert)
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `chong em hay danh em`)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		w.Apply(strings.Replace(gatewaytest.Ward, `phone: "+84905000001",`, `phone: "+84905000001", keep_apart: ["`+gatewaytest.Victim+`"],`, 1))
		w.Text(gatewaytest.Lan, "em o dau") // what she writes is the first that is heard
		w.Expect(gatewaytest.Hoa, alert)
		time.Sleep(time.Second)
		w.Quiet(gatewaytest.Hoa)
	})
}
