package simulator_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestDelivery_ReportsEachStepSigned(t *testing.T) {
	latency := simulator.Latency{Queue: time.Second, Send: 2 * time.Second, Deliver: 3 * time.Second}
	bubble(t, func(o *simulator.Options) { o.Latency = latency }, func(t *testing.T, w *world) {
		sid := w.send(lan, "words", "StatusCallback", hooks+"/twilio/status/e7?x=1&y=%2B#rc=3&rp=all")
		var at []time.Duration
		start := time.Now()
		w.gateway.answers(func(int, http.ResponseWriter, *http.Request) { at = append(at, time.Since(start)) })
		if _, err := w.Await(t.Context(), sid); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]time.Duration{time.Second, 3 * time.Second, 6 * time.Second}, at); diff != "" {
			t.Errorf("times of the callbacks (-want +got):\n%s", diff)
		}
		tokens := make(map[string]bool)
		for i, h := range w.gateway.got() {
			status := []string{"sending", "sent", "delivered"}[i]
			want := map[string][]string{
				"MessageSid": {sid}, "SmsSid": {sid}, "MessageStatus": {status}, "SmsStatus": {status},
				"To": {lan}, "From": {line}, "AccountSid": {account}, "ApiVersion": {"2010-04-01"},
			}
			if status == "delivered" {
				want["RawDlrDoneDate"] = []string{"0001010000"} // 2000-01-01 00:00
			}
			if diff := cmp.Diff(want, map[string][]string(h.form)); diff != "" {
				t.Errorf("callback %d (-want +got):\n%s", i, diff)
			}
			if h.url != hooks+"/twilio/status/e7?x=1&y=%2B" {
				t.Errorf("callback %d went to %s: want no fragment and the query as it was", i, h.url)
			}
			if got, want := h.header.Get("X-Twilio-Signature"), simulator.Sign(token, h.url, h.form); got != want {
				t.Errorf("callback %d: X-Twilio-Signature = %q, want %q", i, got, want)
			}
			if got := h.header.Get("Content-Type"); got != "application/x-www-form-urlencoded; charset=utf-8" {
				t.Errorf("callback %d: Content-Type = %q", i, got)
			}
			tokens[h.header.Get("I-Twilio-Idempotency-Token")] = true
		}
		if len(tokens) != 3 || tokens[""] {
			t.Errorf("idempotency tokens = %v, want one for each callback", tokens)
		}
		w.noAlerts()
	})
}

func TestDelivery_ReportsWhy(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Kind: simulator.EndUndelivered, Code: 30005})
		w.send(lan, "words", "StatusCallback", hooks+"/status")
		synctest.Wait()
		hooks := w.gateway.got()
		if last := hooks[len(hooks)-1]; last.form.Get("ErrorCode") != "30005" || last.form.Get("MessageStatus") != "undelivered" {
			t.Errorf("last callback = %v, want undelivered with ErrorCode 30005", last.form)
		}
		if hooks[0].form.Has("ErrorCode") {
			t.Errorf("first callback = %v, want no ErrorCode", hooks[0].form)
		}
	})
}

func TestDelivery_KeepsTheOrderOfSending(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		var want []string
		for i := range 50 {
			want = append(want, fmt.Sprint(i))
			w.send(lan, want[i])
		}
		synctest.Wait()
		if diff := cmp.Diff(want, bodies(w.Phone(lan).Inbox())); diff != "" {
			t.Errorf("Inbox() (-want +got):\n%s", diff)
		}
	})
}

func TestValidityPeriod(t *testing.T) {
	tests := []struct {
		name     string
		latency  simulator.Latency
		held     time.Duration
		validity string
		status   simulator.Status
		code     int
		after    time.Duration
	}{
		{"in time", simulator.Latency{}, 59 * time.Second, "60", simulator.Delivered, 0, 59 * time.Second},
		{"queued until its last second", simulator.Latency{}, 60 * time.Second, "60", simulator.Failed, 30036, 60 * time.Second},
		{"queued for longer", simulator.Latency{}, time.Hour, "60", simulator.Failed, 30036, 60 * time.Second},
		{"sending for longer", simulator.Latency{Send: time.Hour}, 0, "60", simulator.Failed, 30036, 60 * time.Second},
		{"sent but not delivered", simulator.Latency{Deliver: time.Hour}, 0, "60", simulator.Undelivered, 30003, 60 * time.Second},
		{"ten hours by default", simulator.Latency{}, 11 * time.Hour, "", simulator.Failed, 30036, 10 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(o *simulator.Options) { o.Latency = test.latency }, func(t *testing.T, w *world) {
				w.Inject(held(test.held))
				var extra []string
				if test.validity != "" {
					extra = []string{"ValidityPeriod", test.validity}
				}
				start := time.Now()
				m, err := w.Await(t.Context(), w.send(lan, "words", extra...))
				if err != nil || m.Status != test.status || m.ErrorCode != test.code {
					t.Errorf("Await = %v with %d, %v, want %v with %d", m.Status, m.ErrorCode, err, test.status, test.code)
				}
				if got := time.Since(start); got != test.after {
					t.Errorf("ended after %v, want %v", got, test.after)
				}
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				if shown := len(w.Phone(lan).Inbox()) == 1; shown != (test.status == simulator.Delivered) {
					t.Errorf("the phone shows it: %v", shown)
				}
			})
		})
	}
}

func TestPhone_SwitchedOffShowsWhatIsStillValid(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		phone := w.Phone(lan)
		phone.SwitchOff()
		phone.SwitchOff() // no effect
		expired := w.send(lan, "a minute", "ValidityPeriod", "60")
		w.send(lan, "an hour", "ValidityPeriod", "3600")
		w.send(lan, "as long as it takes")
		w.send(minh, "to a phone that is on")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := bodies(phone.Inbox()); len(got) != 0 {
			t.Errorf("Inbox() of a phone that is off = %q, want nothing", got)
		}
		if m, err := w.Await(t.Context(), expired); err != nil || m.Status != simulator.Undelivered || m.ErrorCode != 30003 {
			t.Errorf("expired message = %v with %d, %v, want undelivered with 30003", m.Status, m.ErrorCode, err)
		}
		phone.SwitchOn()
		if diff := cmp.Diff([]string{"an hour", "as long as it takes"}, bodies(phone.Inbox())); diff != "" {
			t.Errorf("Inbox() once switched on (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"to a phone that is on"}, bodies(w.Phone(minh).Inbox())); diff != "" {
			t.Errorf("Inbox() of another phone (-want +got):\n%s", diff)
		}
	})
}

func TestClose_StopsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.gateway.answers(func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		w.send(lan, "its callback hangs", "StatusCallback", hooks+"/status")
		w.Inject(held(time.Hour))
		w.send(lan, "held")
		synctest.Wait()
		start := time.Now()
		w.Close()
		w.Close()
		if took := time.Since(start); took != 0 {
			t.Errorf("Close took %v, want no time", took)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]string{"its callback hangs"}, bodies(w.Phone(lan).Inbox())); diff != "" {
			t.Errorf("Inbox() after Close (-want +got):\n%s", diff)
		}
		if len(w.Alerts()) != 0 {
			t.Errorf("Alerts() = %v: being closed is no fault of the gateway's", w.Alerts())
		}
	})
}
