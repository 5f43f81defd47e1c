package gatewaytest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// after lets so much time pass and everything that is due in it happen.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// requests counts the attempts to create a message for a phone.
func requests(w *gatewaytest.World, phone string) int {
	n := 0
	for _, r := range w.Carrier.Requests() {
		if r.To == phone {
			n++
		}
	}
	return n
}

// TestFaults_NobodyHearsTwice has the carrier fail towards one contact in every way that leaves open what
// became of the message, and in those that do not. Whatever it is, the contact gets the alert, once, and
// the story goes on.
func TestFaults_NobodyHearsTwice(t *testing.T) {
	tests := []struct {
		name   string
		faults []simulator.Fault
		// attempts is how often the alert is handed to the carrier.
		attempts int
	}{
		{"no fault", nil, 1},
		{"500 after accepting", []simulator.Fault{{Kind: simulator.ErrorAccepted, Times: 1}}, 1},
		{"503 after accepting, no callback", []simulator.Fault{{Kind: simulator.ErrorAccepted, Status: 503, Times: 1}, {Kind: simulator.NoCallbacks, Times: 1}}, 1},
		{"hang after accepting", []simulator.Fault{{Kind: simulator.HangAccepted, Times: 1}}, 1},
		{"hang after accepting, no callback", []simulator.Fault{{Kind: simulator.HangAccepted, Times: 1}, {Kind: simulator.NoCallbacks, Times: 1}}, 1},
		{"500 after accepting, list refuses at first", []simulator.Fault{
			{Kind: simulator.ErrorAccepted, Times: 1}, {Kind: simulator.NoCallbacks, Times: 1},
			{Kind: simulator.RefuseHTTP, Status: 500, On: simulator.Reading, Times: 2},
		}, 1},
		{"500 after accepting, still in the queue", []simulator.Fault{
			{Kind: simulator.ErrorAccepted, Times: 1}, {Kind: simulator.HoldInQueue, Delay: 3 * time.Second, Times: 1},
		}, 1},
		{"500 and not accepted", []simulator.Fault{{Kind: simulator.RefuseHTTP, Status: 500, Times: 2}}, 3},
		{"hang and not accepted", []simulator.Fault{{Kind: simulator.HangUnaccepted, Times: 1}}, 2},
		{"429", []simulator.Fault{{Kind: simulator.RefuseHTTP, Status: 429, Times: 3}}, 4},
		{"queue overflow", []simulator.Fault{{Kind: simulator.RefuseCode, Code: 21611, Times: 1}}, 2},
		{"wrong credentials", []simulator.Fault{{Kind: simulator.RefuseHTTP, Status: 401, Times: 3}}, 4},
		{"no permission for the country", []simulator.Fault{{Kind: simulator.RefuseCode, Code: 21408, Times: 2}}, 3},
		{"slow answer", []simulator.Fault{{Kind: simulator.SlowAnswer, Delay: 3 * time.Second, Times: 1}}, 1},
		{"duplicated callbacks", []simulator.Fault{{Kind: simulator.DuplicateCallbacks, Times: 1}}, 1},
		{"reordered callbacks", []simulator.Fault{{Kind: simulator.ReorderCallbacks, Times: 1}}, 1},
		{"reordered and duplicated callbacks after a hang", []simulator.Fault{
			{Kind: simulator.HangAccepted, Times: 1}, {Kind: simulator.ReorderCallbacks, Times: 1}, {Kind: simulator.DuplicateCallbacks, Times: 1},
		}, 1},
		{"no callbacks", []simulator.Fault{{Kind: simulator.NoCallbacks, Times: 1}}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *gatewaytest.World) {
				for _, f := range tt.faults {
					if f.On != simulator.Reading {
						f.Phone = gatewaytest.Lan
					}
					w.Carrier.Inject(f)
				}
				w.Text(gatewaytest.Victim, "chong em hay danh em")
				w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
				code := w.Expect(gatewaytest.Hoa, alert)[1]
				w.Expect(gatewaytest.Lan, alert)
				after(30 * time.Second)
				if got := requests(w, gatewaytest.Lan); got != tt.attempts {
					t.Errorf("alert was handed to the carrier %d times, want %d", got, tt.attempts)
				}
				w.Quiet() // nobody was counted as out of reach: the step still runs
				w.Text(gatewaytest.Lan, "1")
				w.Expect(gatewaytest.Lan, `ban da nhan`)
				w.Expect(gatewaytest.Lan, `^`+code+`: chong em hay danh em$`)
				w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
				w.Expect(gatewaytest.Victim, `^Da co nguoi nhan, se nhan lai\.$`)
				after(time.Minute)
				w.Quiet()
			})
		})
	}
}

// A contact whom the carrier cannot reach is out of the step; when all are, the next one runs at once.
func TestFaults_OutOfReachEndsTheStepEarly(t *testing.T) {
	tests := []struct {
		name  string
		fault simulator.Fault
	}{
		{"not a number", simulator.Fault{Kind: simulator.RefuseCode, Code: 21211}},
		{"opted out", simulator.Fault{Kind: simulator.RefuseCode, Code: 21610}},
		{"landline", simulator.Fault{Kind: simulator.RefuseCode, Code: 21614}},
		{"reported undelivered", simulator.Fault{Kind: simulator.EndUndelivered}},
		{"reported failed", simulator.Fault{Kind: simulator.EndFailed}},
		{"reported failed, twice", simulator.Fault{Kind: simulator.EndFailed}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *gatewaytest.World) {
				for _, phone := range []string{gatewaytest.Lan, gatewaytest.Hoa} {
					tt.fault.Phone = phone
					w.Carrier.Inject(tt.fault)
					if strings.HasSuffix(tt.name, "twice") {
						w.Carrier.Inject(simulator.Fault{Kind: simulator.DuplicateCallbacks, Phone: phone})
					}
				}
				began := time.Now()
				w.Text(gatewaytest.Victim, "chong em hay danh em")
				w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
				w.Expect(gatewaytest.Police, alert)
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("the next step ran after %v, want at once: nobody of the first could be reached", took)
				}
				code := w.Expect(gatewaytest.Office, alert)[1]
				w.Text(gatewaytest.Police, "1")
				w.Expect(gatewaytest.Police, `ban da nhan`)
				w.Expect(gatewaytest.Police, `^`+code)
				w.Expect(gatewaytest.Office, `da co nguoi nhan`)
				w.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
				after(time.Minute)
				w.Quiet()
			})
		})
	}
}

// One contact out of reach does not end the step for the other.
func TestFaults_OneOutOfReach(t *testing.T) {
	inBubble(t, func(t *testing.T, w *gatewaytest.World) {
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseCode, Code: 21614, Phone: gatewaytest.Lan})
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		w.Expect(gatewaytest.Hoa, alert)
		after(50 * time.Second)
		w.Quiet()
		after(20 * time.Second)
		w.Expect(gatewaytest.Police, alert)
		w.Expect(gatewaytest.Office, alert)
		w.Text(gatewaytest.Hoa, "1")
		w.Expect(gatewaytest.Hoa, `ban da nhan`)
		w.Expect(gatewaytest.Hoa, `chong em hay danh em`)
		for _, p := range []string{gatewaytest.Police, gatewaytest.Office} {
			w.Expect(p, `da co nguoi nhan`)
		}
		after(time.Minute)
		// Lan was alerted again with the second step (contract §4) and was out of reach again.
		w.Quiet()
		if got := requests(w, gatewaytest.Lan); got < 1 || got > 2 {
			t.Errorf("%d attempts to alert a contact who cannot be reached, want one a step", got)
		}
	})
}

// While the carrier refuses everything the deadlines go on, and what is too late by the time it is back
// never arrives.
func TestFaults_CarrierAwayForMinutes(t *testing.T) {
	inBubble(t, func(t *testing.T, w *gatewaytest.World) {
		began := time.Now()
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: http.StatusTooManyRequests, On: simulator.Anything})
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		after(90 * time.Second)
		w.Quiet()
		w.Carrier.Clear()
		after(20 * time.Second) // the longest wait of a message that has been tried for half a minute is 18 s
		w.Expect(gatewaytest.Police, alert)
		w.Expect(gatewaytest.Office, alert)
		for _, p := range []string{gatewaytest.Lan, gatewaytest.Hoa} {
			for _, m := range w.Carrier.Phone(p).Unread() {
				if m.CreatedAt.Sub(began) > 60*time.Second && m.ValidityPeriod > 2*time.Minute {
					t.Errorf("an alert of the second step lives %v, longer than the step", m.ValidityPeriod)
				}
			}
		}
		// "Đã nhận tin" a minute and a half after the text would ring the phone of someone who may hide.
		if got := w.Carrier.Phone(gatewaytest.Victim).Unread(); len(got) > 0 {
			t.Errorf("person got %q after the time for it was over", got[0].Body)
		}
		for _, r := range w.Carrier.Requests() {
			if r.To == gatewaytest.Victim && r.At.Sub(began)+r.ValidityPeriod > 61*time.Second {
				t.Errorf("automatic text handed over %v after the person's own, with validity %v: it may arrive later than a minute after", r.At.Sub(began), r.ValidityPeriod)
			}
		}
	})
}

// The case is taken while an alert to another contact waits for the carrier: it is not sent any more.
func TestFaults_TakenMeanwhileIsNotSent(t *testing.T) {
	inBubble(t, func(t *testing.T, w *gatewaytest.World) {
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: 429, Phone: gatewaytest.Hoa})
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		w.Expect(gatewaytest.Lan, alert)
		after(5 * time.Second)
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `chong em hay danh em`)
		w.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
		w.Carrier.Clear()
		after(2 * time.Minute)
		for _, m := range w.Carrier.Phone(gatewaytest.Hoa).Unread() {
			if strings.Contains(m.Body, "Tra loi 1") {
				t.Errorf("after the case was taken another contact was alerted: %q", m.Body)
			}
		}
	})
}

// A phone that opted out at the carrier gets nothing, and the helper whose words cannot be delivered is
// told so.
func TestFaults_PersonOptedOut(t *testing.T) {
	inBubble(t, func(t *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		code := w.Expect(gatewaytest.Lan, alert)[1]
		w.Expect(gatewaytest.Hoa, alert)
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `chong em hay danh em`)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		w.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseCode, Code: 21610, Phone: gatewaytest.Victim})
		w.Text(gatewaytest.Lan, "chi dang o dau?")
		w.Expect(gatewaytest.Lan, `^CT `+code+`: may ben kia khong nhan tin luc nay\.$`)
		w.Text(gatewaytest.Lan, "chi oi?")
		w.Expect(gatewaytest.Lan, `may ben kia khong nhan tin`)
		after(time.Minute)
		w.Quiet()
		if got := requests(w, gatewaytest.Victim); got > 4 {
			t.Errorf("%d attempts to a phone that opted out, want no more after the first refusal", got)
		}
	})
}

// Random latency everywhere, many texts: each phone gets its own in the order they were written.
func TestFaults_OrderUnderRandomLatency(t *testing.T) {
	inBubble(t, func(t *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		code := w.Expect(gatewaytest.Lan, alert)[1]
		w.Expect(gatewaytest.Hoa, alert)
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `chong em hay danh em`)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		w.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
		for i := range 30 {
			switch i % 5 {
			case 0:
				w.Carrier.Inject(simulator.Fault{Kind: simulator.SlowAnswer, Delay: time.Duration(i) * 50 * time.Millisecond, Phone: gatewaytest.Lan, Times: 1})
			case 1:
				w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: 429, Phone: gatewaytest.Lan, Times: 1})
			case 2:
				w.Carrier.Inject(simulator.Fault{Kind: simulator.ErrorAccepted, Phone: gatewaytest.Lan, Times: 1})
			}
			w.Text(gatewaytest.Victim, "tin thu "+string(rune('A'+i)))
		}
		after(10 * time.Minute)
		var got []string
		for _, m := range w.Carrier.Phone(gatewaytest.Lan).Unread() {
			got = append(got, m.Body)
		}
		var want []string
		for i := range 30 {
			want = append(want, code+": tin thu "+string(rune('A'+i)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("helper got %q, want %q", got, want)
		}
	})
}

// Two gateways on one Redis; the carrier posts every webhook twice, to both.
func TestFaults_TwoGatewaysAndEverythingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb})
		w.Start()
		w.Start()
		w.Carrier.Inject(simulator.Fault{Kind: simulator.DuplicateCallbacks})
		twice := func(from, body string) {
			t.Helper()
			w.Text(from, body)
			out := w.Carrier.Phone(from).Outbox()
			if _, err := w.Carrier.Phone(from).Resend(t.Context(), out[len(out)-1].SID); err != nil {
				t.Errorf("the same text again: %v, want it taken", err)
			}
		}
		twice(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		code := w.Expect(gatewaytest.Lan, alert)[1]
		w.Expect(gatewaytest.Hoa, alert)
		after(2 * time.Second)
		w.Quiet()
		twice(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `^`+code+`: chong em hay danh em$`)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		w.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
		twice(gatewaytest.Victim, "nhanh len")
		w.Expect(gatewaytest.Lan, `^`+code+`: nhanh len$`)
		twice(gatewaytest.Lan, "toi toi day")
		w.Expect(gatewaytest.Victim, `^toi toi day$`)
		twice(gatewaytest.Lan, "xong")
		w.Expect(gatewaytest.Lan, `da dong`)
		after(10 * time.Second)
		w.Quiet()
	})
}

// One gateway is stopped in the middle of a story; the other goes on with what it had in hand.
func TestFaults_GracefulStopHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb})
		first := w.Start()
		w.Carrier.Inject(simulator.Fault{Kind: simulator.HangUnaccepted, Phone: gatewaytest.Lan, Times: 1})
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		w.Expect(gatewaytest.Hoa, alert)
		w.Start()
		began := time.Now()
		w.Stop(first)
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("stopping took %v, want at most 8 s", took)
		}
		w.Expect(gatewaytest.Lan, alert)
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `chong em hay danh em`)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		w.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
		after(10 * time.Second)
		w.Quiet()
	})
}
