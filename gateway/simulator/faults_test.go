package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func held(d time.Duration) simulator.Fault {
	return simulator.Fault{Kind: simulator.HoldInQueue, Delay: d}
}

func TestFault_SpoilsTheAnswer(t *testing.T) {
	tests := []struct {
		name     string
		fault    simulator.Fault
		status   int // 0: the client gave up
		code     float64
		accepted bool
		after    time.Duration
	}{
		{"slow", simulator.Fault{Kind: simulator.SlowAnswer, Delay: 3 * time.Second}, 201, 0, true, 3 * time.Second},
		{"too slow", simulator.Fault{Kind: simulator.SlowAnswer, Delay: time.Minute}, 0, 0, false, 10 * time.Second},
		{"500", simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500}, 500, 20500, false, 0},
		{"503", simulator.Fault{Kind: simulator.RefuseHTTP, Status: 503}, 503, 20503, false, 0},
		{"429", simulator.Fault{Kind: simulator.RefuseHTTP, Status: 429}, 429, 20429, false, 0},
		{"any code", simulator.Fault{Kind: simulator.RefuseCode, Code: 21408}, 400, 21408, false, 0},
		{"code while reading is ignored", simulator.Fault{Kind: simulator.RefuseCode, Code: 21408, On: simulator.Reading}, 400, 21408, false, 0},
		{"hang", simulator.Fault{Kind: simulator.HangUnaccepted}, 0, 0, false, 10 * time.Second},
		{"accept and hang", simulator.Fault{Kind: simulator.HangAccepted}, 0, 0, true, 10 * time.Second},
		{"accept and answer 500", simulator.Fault{Kind: simulator.ErrorAccepted}, 500, 20500, true, 0},
		{"accept and answer 502", simulator.Fault{Kind: simulator.ErrorAccepted, Status: 502}, 502, 20502, true, 0},
		{"another phone", simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500, Phone: minh}, 201, 0, true, 0},
		{"this phone", simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500, Phone: lan}, 500, 20500, false, 0},
		{"reading only", simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500, On: simulator.Reading}, 201, 0, true, 0},
		{"anything", simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500, On: simulator.Anything}, 500, 20500, false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				w.Inject(test.fault)
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				status, v, err := w.do(ctx, http.MethodPost, "Messages.json", textForm(lan, "words"))
				if status != test.status || test.code != 0 && v["code"] != test.code {
					t.Errorf("POST Messages.json = %d %v, want %d with code %v", status, v, test.status, test.code)
				}
				if test.status == 0 && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("POST Messages.json: %v, want a deadline exceeded", err)
				}
				if took := time.Since(start); took != test.after {
					t.Errorf("POST Messages.json took %v, want %v", took, test.after)
				}
				synctest.Wait()
				r := w.Requests()[0]
				if r.Status != test.status || (r.SID != "") != test.accepted {
					t.Errorf("Requests()[0] = status %d, SID %q, want %d and accepted %v", r.Status, r.SID, test.status, test.accepted)
				}
				if got := len(w.Phone(lan).Inbox()) == 1; got != test.accepted {
					t.Errorf("the phone shows it: %v, want %v", got, test.accepted)
				}
			})
		})
	}
}

func TestFault_CountsAndClears(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		post := func() int {
			status, _, err := w.do(t.Context(), http.MethodPost, "Messages.json", textForm(lan, "words"))
			if err != nil {
				t.Fatal(err)
			}
			return status
		}
		w.Inject(
			simulator.Fault{Kind: simulator.RefuseHTTP, Status: 429, Times: 2},
			simulator.Fault{Kind: simulator.RefuseHTTP, Status: 503},
		)
		got := []int{post(), post(), post(), post()}
		w.Clear()
		got = append(got, post())
		if diff := cmp.Diff([]int{429, 429, 503, 503, 201}, got); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
}

func TestFault_ReadingCanFailToo(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: 503, On: simulator.Reading, Times: 1})
		w.send(lan, "words")
		for _, want := range []int{503, 200} {
			if status, _, err := w.do(t.Context(), http.MethodGet, "Messages.json", nil); status != want {
				t.Errorf("GET Messages.json = %d, %v, want %d", status, err, want)
			}
		}
	})
}

func TestFault_AcceptedThenCutOffStandsInTheList(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Kind: simulator.HangAccepted, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := w.do(ctx, http.MethodPost, "Messages.json", textForm(lan, "words")); err == nil {
			t.Fatal("POST Messages.json was answered, want a timeout")
		}
		_, page, err := w.do(t.Context(), http.MethodGet, "Messages.json?DateSent>=2000-01-01", nil)
		if diff := cmp.Diff([]string{"words"}, listed(page)); diff != "" || err != nil {
			t.Errorf("list after the timeout: %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestFault_EndsOfAMessage(t *testing.T) {
	tests := []struct {
		name   string
		fault  simulator.Fault
		status simulator.Status
		code   int
		want   []string // statuses reported
	}{
		{"undelivered", simulator.Fault{Kind: simulator.EndUndelivered}, simulator.Undelivered, 30003, []string{"sending", "sent", "undelivered"}},
		{"undelivered, landline", simulator.Fault{Kind: simulator.EndUndelivered, Code: 30006}, simulator.Undelivered, 30006, []string{"sending", "sent", "undelivered"}},
		{"failed", simulator.Fault{Kind: simulator.EndFailed}, simulator.Failed, 30008, []string{"sending", "failed"}},
		{"failed, filtered", simulator.Fault{Kind: simulator.EndFailed, Code: 30007}, simulator.Failed, 30007, []string{"sending", "failed"}},
		{"no callbacks", simulator.Fault{Kind: simulator.NoCallbacks}, simulator.Delivered, 0, nil},
		{"duplicated", simulator.Fault{Kind: simulator.DuplicateCallbacks}, simulator.Delivered, 0,
			[]string{"sending", "sending", "sent", "sent", "delivered", "delivered"}},
		{"reordered", simulator.Fault{Kind: simulator.ReorderCallbacks}, simulator.Delivered, 0, []string{"delivered", "sent", "sending"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				test.fault.Times = 1
				w.Inject(test.fault)
				sid := w.send(lan, "words", "StatusCallback", hooks+"/status")
				m, err := w.Await(t.Context(), sid)
				if err != nil || m.Status != test.status || m.ErrorCode != test.code {
					t.Errorf("Await = %v with %d, %v, want %v with %d", m.Status, m.ErrorCode, err, test.status, test.code)
				}
				synctest.Wait()
				if diff := cmp.Diff(test.want, w.gateway.statuses()); diff != "" {
					t.Errorf("callbacks (-want +got):\n%s", diff)
				}
				if shown := len(w.Phone(lan).Inbox()) == 1; shown != (test.status == simulator.Delivered) {
					t.Errorf("the phone shows it: %v", shown)
				}
				_, v, err := w.do(t.Context(), http.MethodGet, "Messages/"+sid+".json", nil)
				if err != nil {
					t.Fatal(err)
				}
				if code, _ := v["error_code"].(float64); int(code) != test.code || (v["error_message"] != nil) != (test.code != 0) {
					t.Errorf("GET Messages/%s.json: error_code %v, error_message %v, want %d", sid, v["error_code"], v["error_message"], test.code)
				}

				// The fault is used up.
				if m, err := w.Await(t.Context(), w.send(lan, "again")); err != nil || m.Status != simulator.Delivered {
					t.Errorf("the message after the fault ended %v, %v, want delivered", m.Status, err)
				}
			})
		})
	}
}
