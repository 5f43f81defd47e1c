package simulator_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

// statusHooks are the callbacks to /status, in order.
func (g *gateway) statusHooks() []hook {
	return slices.DeleteFunc(g.got(), func(h hook) bool { return h.path != "/status" })
}

// callStatuses lists the CallStatus of each callback to /status, in order.
func (g *gateway) callStatuses() []string {
	var out []string
	for _, h := range g.statusHooks() {
		out = append(out, h.form.Get("CallStatus"))
	}
	return out
}

// everyEvent asks for all status callbacks.
var everyEvent = []string{
	"StatusCallback", hooks + "/status", "StatusCallbackEvent", "initiated", "StatusCallbackEvent", "ringing",
	"StatusCallbackEvent", "answered", "StatusCallbackEvent", "completed", "Timeout", "25",
}

func TestPlace_PhonesAndTheirStatuses(t *testing.T) {
	tests := []struct {
		name      string
		answering simulator.Answering
		end       simulator.CallStatus
		at        time.Duration // when it is over
		events    []string
	}{
		{"never answers", simulator.RingOut(), simulator.CallNoAnswer, 25 * time.Second, []string{"initiated", "ringing", "no-answer"}},
		{"answers", simulator.AnswerAfter(3 * time.Second), simulator.CallCompleted, 4 * time.Second, []string{"initiated", "ringing", "in-progress", "completed"}},
		{"answers too late", simulator.AnswerAfter(26 * time.Second), simulator.CallNoAnswer, 25 * time.Second, []string{"initiated", "ringing", "no-answer"}},
		{"declines", simulator.DeclineAfter(time.Second), simulator.CallBusy, time.Second, []string{"initiated", "ringing", "busy"}},
		{"busy", simulator.Busy(), simulator.CallBusy, 0, []string{"initiated", "busy"}},
		{"unreachable", simulator.Unreachable(), simulator.CallFailed, 0, []string{"initiated", "failed"}},
		{"machine", simulator.MachineAfter(time.Second), simulator.CallCompleted, 2 * time.Second, []string{"initiated", "ringing", "in-progress", "completed"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				w.says(map[string]string{"/answered": `<Say>Hello</Say>`})
				w.Phone(lan).SetAnswering(test.answering)
				start := time.Now()
				call := w.Call(w.place(lan, everyEvent...))
				end, err := call.Wait(t.Context())
				if end != test.end || err != nil || time.Since(start) != test.at {
					t.Errorf("Wait() = %v, %v after %v, want %v after %v", end, err, time.Since(start), test.end, test.at)
				}
				synctest.Wait()
				if diff := cmp.Diff(test.events, w.gateway.callStatuses()); diff != "" {
					t.Errorf("status callbacks (-want +got):\n%s", diff)
				}
				for i, h := range w.gateway.statusHooks() {
					if got := h.form.Get("SequenceNumber"); got != strconv.Itoa(i) {
						t.Errorf("SequenceNumber of callback %d = %s", i, got)
					}
				}
				if got := w.get("Calls/" + call.SID + ".json"); got["status"] != string(test.end) || got["answered_by"] != nil {
					t.Errorf("GET of the call = %v", got)
				}
				w.noAlerts()
			})
		})
	}
}

func TestPlace_MachineDetection(t *testing.T) {
	slow := func(o *simulator.Options) { o.Latency.Detect = 4 * time.Second }
	tests := []struct {
		name      string
		answering simulator.Answering
		extra     []string
		want      string
		asked     time.Duration // when the document is asked for
	}{
		{"human", simulator.AnswerAfter(0), []string{"MachineDetection", "Enable"}, "human", 4 * time.Second},
		{"machine", simulator.MachineAfter(0), []string{"MachineDetection", "Enable"}, "machine_start", 4 * time.Second},
		{"end of the message", simulator.MachineAfter(0), []string{"MachineDetection", "DetectMessageEnd"}, "machine_end_beep", 4 * time.Second},
		{"beside the call", simulator.MachineAfter(0), []string{"MachineDetection", "Enable", "AsyncAmd", "true", "AsyncAmdStatusCallback", hooks + "/amd"}, "machine_start", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, slow, func(t *testing.T, w *world) {
				w.says(map[string]string{"/answered": `<Say>Hello</Say><Pause length="60"/>`})
				w.Phone(lan).SetAnswering(test.answering)
				start := time.Now()
				call := w.Call(w.place(lan, test.extra...))
				w.hears(call, "Hello")
				if got := time.Since(start); got != test.asked {
					t.Errorf("the document was asked for after %v, want %v", got, test.asked)
				}
				after(5 * time.Second)
				if got := call.Record().AnsweredBy; got != test.want {
					t.Errorf("AnsweredBy = %q, want %q", got, test.want)
				}
				path := "/answered"
				if test.asked == 0 {
					path = "/amd"
				}
				if got := w.gateway.last(path).Get("AnsweredBy"); got != test.want {
					t.Errorf("AnsweredBy posted to %s = %q, want %q", path, got, test.want)
				}
			})
		})
	}
}

func TestPlace_RefusesWhatTwilioRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(url.Values)
		want   int
	}{
		{"nothing wrong", func(url.Values) {}, 0},
		{"document in the request", func(f url.Values) { f.Del("Url"); f.Set("Twiml", "<Response/>") }, 0},
		{"no To", func(f url.Values) { f.Del("To") }, 21201},
		{"To without country", func(f url.Values) { f.Set("To", "0900000001") }, 21211},
		{"no From", func(f url.Values) { f.Del("From") }, 21213},
		{"From of another account", func(f url.Values) { f.Set("From", "+84900000199") }, 21210},
		{"no Url", func(f url.Values) { f.Del("Url") }, 21205},
		{"relative Url", func(f url.Values) { f.Set("Url", "/answered") }, 21205},
		{"relative StatusCallback", func(f url.Values) { f.Set("StatusCallback", "/status") }, 21502},
		{"Method PUT", func(f url.Values) { f.Set("Method", "PUT") }, 21203},
		{"Timeout of 601", func(f url.Values) { f.Set("Timeout", "601") }, 20001},
		{"unknown detection", func(f url.Values) { f.Set("MachineDetection", "true") }, 20001},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				form := placeForm(lan)
				test.change(form)
				status, v, err := w.do(t.Context(), http.MethodPost, "Calls.json", form)
				code, _ := v["code"].(float64)
				if err != nil || int(code) != test.want || (status == http.StatusCreated) != (test.want == 0) {
					t.Errorf("POST Calls.json = %d %v, %v, want code %d", status, v, err, test.want)
				}
				if got := len(w.Calls()); got != 0 && test.want != 0 {
					t.Errorf("a refused call was placed all the same")
				}
				if r := w.CallRequests(); len(r) != 1 || r[0].Code != test.want || r[0].Status != status {
					t.Errorf("CallRequests() = %+v, want one with code %d", r, test.want)
				}
			})
		})
	}
}

func TestPlace_AlertsAboutWhatIsIgnored(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.place(lan, "TimeOut", "25")
		w.place(minh, "StatusCallback", hooks+"/status", "StatusCallbackEvent", "completed,answered")
		after(2 * time.Minute)
		if got := w.Alerts(); len(got) != 2 || got[0].Code != 0 || got[1].Code != 21626 {
			t.Errorf("Alerts() = %+v, want one for TimeOut and 21626", got)
		}
		if got := w.gateway.asked(); len(got) != 0 {
			t.Errorf("asked %q: a bad StatusCallbackEvent is never told of anything", got)
		}
	})
}

func TestPlace_CallsPerSecond(t *testing.T) {
	one := func(o *simulator.Options) { o.CallsPerSecond = 1 }
	bubble(t, one, func(t *testing.T, w *world) {
		start := time.Now()
		w.place(lan)
		w.place(minh)
		for i, phone := range []string{lan, minh} {
			if _, err := w.Phone(phone).NextRing(t.Context()); err != nil || time.Since(start) != time.Duration(i)*time.Second {
				t.Errorf("call %d rang after %v, %v, want after %d s", i, time.Since(start), err, i)
			}
		}
		if got := w.get("Calls.json?To=" + url.QueryEscape(minh)); len(got["calls"].([]any)) != 1 {
			t.Errorf("GET Calls.json for one phone = %v", got)
		}
	})
}

func TestPlace_APhoneInACallIsBusy(t *testing.T) {
	for _, waiting := range []bool{false, true} {
		bubble(t, voiced, func(t *testing.T, w *world) {
			w.says(map[string]string{"/twilio/voice": `<Pause length="60"/>`})
			w.Phone(lan).SetCallWaiting(waiting)
			w.dial(lan)
			call := w.Call(w.place(lan))
			synctest.Wait()
			want := simulator.CallBusy
			if waiting {
				want = simulator.CallRinging
			}
			if got := call.Status(); got != want {
				t.Errorf("status of a second call, call waiting %v = %v, want %v", waiting, got, want)
			}
		})
	}
}

func TestUpdate_ByTheStateOfTheCall(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{"/answered": `<Say>Hello</Say><Pause length="600"/>`, "/other": `<Say>Other</Say><Pause length="600"/>`})
		w.update("CA0", 404, 20404, "Status", "canceled")

		ringing := w.Call(w.place(lan, everyEvent...))
		synctest.Wait()
		w.update(ringing.SID, 400, 21220, "Url", hooks+"/other")
		w.update(ringing.SID, 200, 0, "Status", "canceled")
		if got := ringing.Status(); got != simulator.CallCanceled || len(w.Phone(lan).Ringing()) != 0 {
			t.Errorf("after Status=canceled it is %v and rings at %v", got, w.Phone(lan).Ringing())
		}
		if err := ringing.Answer(); err == nil {
			t.Error("Answer() of a canceled call: no error")
		}
		w.update(ringing.SID, 400, 21220, "Status", "canceled")
		w.update(ringing.SID, 400, 21220, "Status", "completed")

		w.place(minh)
		talking := w.answered(minh)
		w.hears(talking, "Hello")
		w.update(talking.SID, 400, 21220, "Status", "canceled")
		w.update(talking.SID, 400, 21205, "Url", "/other")
		w.update(talking.SID, 400, 20001)
		w.update(talking.SID, 200, 0, "Url", hooks+"/other", "Method", "POST")
		w.hears(talking, "Other")
		w.update(talking.SID, 200, 0, "Twiml", "<Response><Say>Inline</Say><Pause length='60'/></Response>")
		w.hears(talking, "Inline")
		w.update(talking.SID, 200, 0, "Status", "completed")
		if !talking.Over() {
			t.Error("Status=completed did not end the call")
		}
		w.update(talking.SID, 400, 21220, "Url", hooks+"/other")
		synctest.Wait()
		if diff := cmp.Diff([]string{"initiated", "ringing", "canceled"}, w.gateway.callStatuses()); diff != "" {
			t.Errorf("status callbacks (-want +got):\n%s", diff)
		}
		w.noAlerts()
	})
}

func TestListCalls_FiltersAndPages(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Reject/>`})
		for range 3 {
			w.dial(lan)
			time.Sleep(time.Hour)
		}
		w.place(minh)
		synctest.Wait()
		tests := []struct {
			query string
			want  int
		}{
			{"", 4},
			{"?From=" + url.QueryEscape(lan), 3},
			{"?To=" + url.QueryEscape(minh), 1},
			{"?Status=no-answer", 3},
			{"?Status=ringing&From=" + url.QueryEscape(line), 1},
			{"?StartTime%3E=2000-01-01T01:00:00Z", 3},
			{"?StartTime%3C=2000-01-01T01:00:00Z", 2},
			{"?StartTime%3E=2000-01-02", 0},
			{"?ParentCallSid=CA1", 0},
		}
		for _, test := range tests {
			if got := w.get("Calls.json" + test.query)["calls"].([]any); len(got) != test.want {
				t.Errorf("GET Calls.json%s has %d calls, want %d", test.query, len(got), test.want)
			}
		}
		seen := map[any]bool{}
		pages := 0
		for next := any("Calls.json?PageSize=2"); next != nil; pages++ {
			v := w.get(next.(string))
			for _, call := range v["calls"].([]any) {
				seen[call.(map[string]any)["sid"]] = true
			}
			next = v["next_page_uri"]
		}
		if len(seen) != 4 || pages != 2 {
			t.Errorf("%d pages of two show %d calls, want 2 and 4", pages, len(seen))
		}
	})
}
