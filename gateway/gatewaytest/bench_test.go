package gatewaytest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// realWorld runs one gateway on a real redis-server with appendfsync always, in real time.
func realWorld(b *testing.B) (*gatewaytest.World, *gatewaytest.Gateway) {
	b.Helper()
	w := gatewaytest.New(b, gatewaytest.Options{Redis: routingtest.NewServer(b).Client()})
	return w, w.Start()
}

// webhook makes a signed request as the carrier would post it.
func webhook(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", simulator.Sign(gatewaytest.AuthToken, gatewaytest.PublicURL+path, form))
	return r
}

// BenchmarkWebhookUntilCarrier measures an idle system: from a first text's arrival until the carrier
// has the first alert. It reports the median and the 99th percentile.
func BenchmarkWebhookUntilCarrier(b *testing.B) {
	w, g := realWorld(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		r := webhook("/twilio/sms", inbound(fmt.Sprintf("SMbench%d", i), fmt.Sprintf("+84936%06d", i), "chong em danh em"))
		seen := len(w.Carrier.Requests())
		began := time.Now()
		g.App.Webhooks().ServeHTTP(httptest.NewRecorder(), r)
		took = append(took, firstAlert(b, w, seen).Sub(began))
		b.StopTimer()
		waitQuiet(w)
		b.StartTimer()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// firstAlert waits for the first request at the carrier after those seen, and returns when it came.
func firstAlert(b *testing.B, w *gatewaytest.World, seen int) time.Time {
	b.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if all := w.Carrier.Requests(); len(all) > seen {
			return all[seen].At
		}
		time.Sleep(50 * time.Microsecond)
	}
	b.Fatal("no request at the carrier")
	return time.Time{}
}

// waitQuiet waits until nothing more arrives at the carrier.
func waitQuiet(w *gatewaytest.World) {
	for n := -1; n != len(w.Carrier.Requests()); {
		n = len(w.Carrier.Requests())
		time.Sleep(3 * time.Millisecond)
	}
}

// BenchmarkWebhook measures taking texts in: signed, deduplicated, decided on and stored, from phones
// that open a case and from phones that have one.
func BenchmarkWebhook(b *testing.B) {
	for name, phones := range map[string]int64{"new_phones": 1 << 40, "known_phones": 2000} {
		b.Run(name, func(b *testing.B) {
			w := gatewaytest.New(b, gatewaytest.Options{Redis: routingtest.NewServer(b).Client()})
			g := w.Open() // nothing is sent meanwhile: this measures taking texts in
			hooks := g.App.Webhooks()
			var n, failed atomic.Int64
			requests := make(chan *http.Request, 4096)
			go func() {
				for i := range int64(b.N) {
					requests <- webhook("/twilio/sms", inbound(fmt.Sprintf("SMload%d", i), fmt.Sprintf("+84937%06d", i%phones), "em o nha, chong em danh em"))
				}
				close(requests)
			}()
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					answer := httptest.NewRecorder()
					hooks.ServeHTTP(answer, <-requests)
					n.Add(1)
					if answer.Code != http.StatusOK {
						failed.Add(1)
					}
				}
			})
			b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "webhooks/s")
			b.ReportMetric(float64(failed.Load()), "failed")
		})
	}
}

// burstLine is a ward with 30 trusted addresses who are all alerted at once.
func burstLine() string {
	var people, ids strings.Builder
	for i := range 30 {
		fmt.Fprintf(&people, "  - {id: to%d, name: Người %d, kind: trusted_address, phone: \"+849050000%02d\", channels: [sms]}\n", i, i, i)
		fmt.Fprintf(&ids, "to%d, ", i)
	}
	const step = "\n    - {notify: [trusted_address], wait: 60s}\n"
	return "line: burst\ntag: BU\nname: Ward\ntimezone: Asia/Ho_Chi_Minh\nlanguage: vi\nnumbers:\n" +
		"  - {number: \"" + gatewaytest.Support + "\", sms: true}\ncontacts:\n" + people.String() +
		"always: [" + strings.TrimSuffix(ids.String(), ", ") + "]\npolicy:\n" +
		"  immediate_danger:" + step + "  urgent:" + step + "  information:" + step
}

// BenchmarkBurst measures thirty cases for thirty contacts: from the first text's arrival until the
// carrier has the last of the 900 alerts. A real carrier takes about 100 ms for each.
func BenchmarkBurst(b *testing.B) {
	for name, latency := range map[string]time.Duration{"carrier_at_once": 0, "carrier_100ms": 100 * time.Millisecond} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				w := gatewaytest.New(b, gatewaytest.Options{
					Redis: routingtest.NewServer(b).Client(), LineFile: burstLine(), Latency: simulator.Latency{Answer: latency},
				})
				g := w.Start()
				var texts []*http.Request
				for i := range 30 {
					texts = append(texts, webhook("/twilio/sms", inbound(fmt.Sprintf("SMburst%d", i), fmt.Sprintf("+84936%06d", i), "cuu em voi, no cam dao")))
				}
				b.StartTimer()
				for _, r := range texts {
					go g.App.Webhooks().ServeHTTP(httptest.NewRecorder(), r)
				}
				for alerts := 0; alerts < 30*30; {
					time.Sleep(time.Millisecond)
					alerts = 0
					for _, r := range w.Carrier.Requests() {
						if strings.Contains(r.Body, "NGUY HIEM") {
							alerts++
						}
					}
				}
				b.StopTimer()
				w.Stop(g)
				b.StartTimer()
			}
		})
	}
}

// shortLine is a ward whose first step waits a tenth of a second.
func shortLine() string {
	line := strings.Replace(gatewaytest.Ward, "{notify: [trusted_address], wait: 60s}", "{notify: [trusted_address], wait: 100ms}", 1)
	return strings.Replace(line, "{notify: [police, supervisor], wait: 120s}", "{notify: [police, supervisor], wait: 10m}", 1)
}

// BenchmarkDeadlineLag measures how late the next step's alert is at the carrier, counted from when the
// step before it ends, with 100,000 deadlines waiting behind it. It reports the median and the 99th
// percentile.
func BenchmarkDeadlineLag(b *testing.B) {
	rdb := routingtest.NewServer(b).Client()
	w := gatewaytest.New(b, gatewaytest.Options{Redis: rdb, LineFile: shortLine()})
	g := w.Start()
	later := time.Now().Add(24 * time.Hour).UnixMilli()
	for shard := range 4 {
		var waiting []redis.Z
		for i := range 25_000 {
			waiting = append(waiting, redis.Z{Score: float64(later + int64(i)), Member: fmt.Sprintf("elsewhere/case%d", i)})
		}
		if err := rdb.ZAdd(b.Context(), fmt.Sprintf("{s%02d}:deadlines", shard), waiting...).Err(); err != nil {
			b.Fatal(err)
		}
	}
	var late []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		g.App.Webhooks().ServeHTTP(httptest.NewRecorder(), webhook("/twilio/sms", inbound(fmt.Sprintf("SMlag%d", i), fmt.Sprintf("+84937%06d", i), "chong em danh em")))
		late = append(late, policeAlerted(b, w, i+1).Sub(began.Add(100*time.Millisecond)))
	}
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "p99-ms")
}

// policeAlerted waits until the police have been sent so many alerts, and returns when the last went out.
func policeAlerted(b *testing.B, w *gatewaytest.World, n int) time.Time {
	b.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		seen := 0
		for _, r := range w.Carrier.Requests() {
			if r.To == gatewaytest.Police {
				if seen++; seen == n {
					return r.At
				}
			}
		}
	}
	b.Fatal("the police were not alerted")
	return time.Time{}
}
