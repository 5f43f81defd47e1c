package gatewaytest_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/routing/routingtest"
)

// BenchmarkCallUntilCarrier measures an idle system: from a call's arrival until the carrier is asked to ring
// the first contact. It reports the median and the 99th percentile.
func BenchmarkCallUntilCarrier(b *testing.B) {
	ward := strings.Replace(gatewaytest.CallWard(), "language: vi\n", "language: vi\ncall_rate: 1000\n", 1)
	server := routingtest.NewServer(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		// A ward of its own for every call: a contact is rung for one case at a time, the oldest first.
		ward := strings.Replace(ward, "line: cam-thanh", fmt.Sprintf("line: ward-%d", i), 1)
		if err := server.Client().FlushAll(b.Context()).Err(); err != nil {
			b.Fatal(err)
		}
		w := gatewaytest.New(b, gatewaytest.Options{Redis: server.Client(), LineFile: ward})
		g := w.Start()
		time.Sleep(20 * time.Millisecond)
		r := webhook("/twilio/voice", url.Values{
			"CallSid": {fmt.Sprintf("CA%032x", i)}, "AccountSid": {gatewaytest.AccountSID}, "From": {fmt.Sprintf("+84936%06d", i)},
			"To": {gatewaytest.Support}, "CallStatus": {"ringing"}, "Direction": {"inbound"},
		})
		seen := len(w.Carrier.CallRequests())
		b.StartTimer()
		began := time.Now()
		g.App.Webhooks().ServeHTTP(httptest.NewRecorder(), r)
		for len(w.Carrier.CallRequests()) == seen {
			if time.Since(began) > 5*time.Second {
				b.Fatal("nobody is called")
			}
			time.Sleep(50 * time.Microsecond)
		}
		took = append(took, w.Carrier.CallRequests()[seen].At.Sub(began))
		b.StopTimer()
		w.Stop(g)
		b.StartTimer()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
