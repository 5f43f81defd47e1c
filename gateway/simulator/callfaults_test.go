package simulator_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestCallFaults_AnswersOfREST(t *testing.T) {
	tests := []struct {
		name   string
		fault  simulator.Fault
		update bool
		status int // of the answer; 0 for none
		code   float64
		placed bool
	}{
		{"refused with a code", simulator.Fault{Kind: simulator.RefuseCode, On: simulator.Calling, Code: 21215}, false, 400, 21215, false},
		{"too many", simulator.Fault{Kind: simulator.RefuseHTTP, On: simulator.Calling, Status: 429}, false, 429, 20429, false},
		{"500 and not placed", simulator.Fault{Kind: simulator.RefuseHTTP, On: simulator.Anything, Status: 500}, false, 500, 20500, false},
		{"500 and placed", simulator.Fault{Kind: simulator.ErrorAccepted, On: simulator.Calling}, false, 500, 20500, true},
		{"no answer, not placed", simulator.Fault{Kind: simulator.HangUnaccepted, On: simulator.Calling}, false, 0, 0, false},
		{"no answer, placed", simulator.Fault{Kind: simulator.HangAccepted, On: simulator.Calling}, false, 0, 0, true},
		{"of messages only", simulator.Fault{Kind: simulator.RefuseCode, Code: 21610}, false, 201, 0, true},
		{"of changes only", simulator.Fault{Kind: simulator.RefuseHTTP, On: simulator.Steering, Status: 500}, false, 201, 0, true},
		{"of another phone", simulator.Fault{Kind: simulator.RefuseCode, On: simulator.Calling, Phone: minh, Code: 21215}, false, 201, 0, true},
		{"change refused", simulator.Fault{Kind: simulator.RefuseHTTP, On: simulator.Steering, Status: 503}, true, 503, 20503, true},
		{"change refused with a code", simulator.Fault{Kind: simulator.RefuseCode, On: simulator.Steering, Phone: lan, Code: 21220}, true, 400, 21220, true},
		{"change carried out, unanswered", simulator.Fault{Kind: simulator.HangAccepted, On: simulator.Steering}, true, 0, 0, false},
		{"change unanswered", simulator.Fault{Kind: simulator.HangUnaccepted, On: simulator.Steering}, true, 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				path, form := "Calls.json", placeForm(lan)
				if test.update {
					path, form = "Calls/"+w.place(lan)+".json", url.Values{"Status": {"canceled"}}
					synctest.Wait()
				}
				w.Inject(test.fault)
				ctx, cancel := contextFor(t, 30*time.Second)
				defer cancel()
				status, v, err := w.do(ctx, http.MethodPost, path, form)
				code, _ := v["code"].(float64)
				if status != test.status || code != test.code || (err != nil) != (test.status == 0) {
					t.Errorf("POST %s = %d %v, %v, want %d with code %v", path, status, v, err, test.status, test.code)
				}
				synctest.Wait()
				if got := len(w.Phone(lan).Ringing()) == 1; got != test.placed {
					t.Errorf("the phone rings: %v, want %v", got, test.placed)
				}
				if requests := w.CallRequests(); requests[len(requests)-1].Status != test.status {
					t.Errorf("CallRequests() = %+v, want status %d last", requests, test.status)
				}
			})
		})
	}
}

func TestCallFaults_LostPush(t *testing.T) {
	for _, on := range []simulator.Operation{simulator.Creating, simulator.Steering, simulator.Anything} {
		bubble(t, voiced, func(t *testing.T, w *world) {
			w.says(map[string]string{"/twilio/voice": `<Say>Hello</Say><Pause length="600"/>`, "/out": `<Say>Out</Say>`})
			call := w.dial(lan)
			w.hears(call, "Hello")
			w.Inject(simulator.Fault{Kind: simulator.LosePush, On: on, Times: 1})
			w.update(call.SID, 200, 0, "Url", hooks+"/out")
			after(time.Minute)
			if got := w.gateway.last("/out"); got != nil || !w.CallRequests()[0].Lost {
				t.Errorf("a push lost on %d was carried out: %v, %+v", on, got, w.CallRequests())
			}
			w.update(call.SID, 200, 0, "Url", hooks+"/out")
			w.hears(call, "Out")
		})
	}
}

func TestCallFaults_StatusCallbacks(t *testing.T) {
	tests := []struct {
		name  string
		fault simulator.FaultKind
		want  []string
	}{
		{"lost", simulator.NoCallbacks, nil},
		{"twice", simulator.DuplicateCallbacks, []string{"initiated", "initiated", "ringing", "ringing", "busy", "busy"}},
		{"last one first", simulator.ReorderCallbacks, []string{"busy", "ringing", "initiated"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				w.Inject(simulator.Fault{Kind: test.fault, On: simulator.Calling, Times: 1})
				w.Phone(lan).SetAnswering(simulator.DeclineAfter(time.Second))
				w.place(lan, everyEvent...)
				after(time.Minute)
				if diff := cmp.Diff(test.want, w.gateway.callStatuses()); diff != "" {
					t.Errorf("status callbacks (-want +got):\n%s", diff)
				}
			})
		})
	}
	t.Run("late", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, w *world) {
			w.Inject(simulator.Fault{Kind: simulator.LateCallbacks, On: simulator.Calling, Delay: 5 * time.Second})
			w.Phone(lan).SetAnswering(simulator.Busy())
			w.place(lan, "StatusCallback", hooks+"/status")
			after(5*time.Second - time.Millisecond)
			early := len(w.gateway.callStatuses())
			after(time.Millisecond)
			if got := len(w.gateway.callStatuses()); early != 0 || got != 1 {
				t.Errorf("%d callbacks before their time, %d at it, want 0 and 1", early, got)
			}
		})
	})
	t.Run("before the answer", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, w *world) {
			w.Inject(simulator.Fault{Kind: simulator.LateAnswer, On: simulator.Calling, Delay: time.Second})
			start := time.Now()
			counts := make(chan int, 1)
			go func() {
				time.Sleep(time.Second - time.Millisecond)
				counts <- len(w.gateway.callStatuses())
			}()
			w.place(lan, everyEvent...)
			if seen := <-counts; seen != 2 || time.Since(start) != time.Second {
				t.Errorf("%d callbacks before the answer after %v, want 2 and 1 s", seen, time.Since(start))
			}
		})
	})
	t.Run("webhook lost", func(t *testing.T) {
		bubble(t, voiced, func(t *testing.T, w *world) {
			w.Inject(simulator.Fault{Kind: simulator.LoseWebhook, On: simulator.Calling, Phone: lan})
			call := w.dial(lan)
			if status, err := call.Wait(t.Context()); status != simulator.CallCompleted || err != nil {
				t.Errorf("Wait() = %v, %v, want completed", status, err)
			}
			if got := w.gateway.last("/twilio/voice"); got != nil {
				t.Errorf("the webhook was posted: %v", got)
			}
		})
	})
}
