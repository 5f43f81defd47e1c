package gatewaytest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// twoSteps is the ward with a policy that asks the same contacts twice.
func twoSteps() string {
	return strings.Replace(gatewaytest.Ward, `
    - {notify: [trusted_address], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}`, `
    - {notify: [trusted_address], wait: 60s}
    - {notify: [trusted_address], wait: 60s}`, 1)
}

// An alert is reported failed before the carrier's answer about it came, and the next step asks the same
// contact with the same words. If the outcome of that one is unknown, the failed one on the carrier's list
// must not be taken for it.
func TestReport_AFailedMessageIsNotTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: twoSteps(), Poll: time.Hour})
		w.Start()
		for _, phone := range []string{gatewaytest.Lan, gatewaytest.Hoa} {
			w.Carrier.Inject(
				simulator.Fault{Kind: simulator.HangAccepted, Phone: phone, Times: 1},
				simulator.Fault{Kind: simulator.HoldInQueue, Delay: 500 * time.Millisecond, Phone: phone, Times: 1},
				simulator.Fault{Kind: simulator.EndFailed, Phone: phone, Times: 1},
				simulator.Fault{Kind: simulator.ReorderCallbacks, Phone: phone, Times: 1}, // "failed" comes first
			)
		}
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		after(200 * time.Millisecond)
		w.Carrier.Inject(simulator.Fault{Kind: simulator.HangUnaccepted, Phone: gatewaytest.Lan, Times: 1})
		w.Expect(gatewaytest.Hoa, alert) // the second step
		code := w.Expect(gatewaytest.Lan, alert)[1]
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `^`+code)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		w.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
		after(time.Minute)
		w.Quiet()
	})
}
