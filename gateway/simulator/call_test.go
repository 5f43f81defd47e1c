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

// voiced configures the line for calls.
func voiced(o *simulator.Options) {
	o.Numbers[0].VoiceURL = hooks + "/twilio/voice"
	o.Numbers[0].StatusCallback = hooks + "/twilio/voice/status"
}

// voicedWith is voiced with more.
func voicedWith(change func(*simulator.Options)) func(*simulator.Options) {
	return func(o *simulator.Options) {
		voiced(o)
		change(o)
	}
}

// says has the gateway answer each path with verbs; others get 204.
func (w *world) says(documents map[string]string) {
	w.gateway.answers(func(_ int, rw http.ResponseWriter, r *http.Request) {
		verbs, known := documents[r.URL.Path]
		if !known {
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		twiml(rw, "<Response>"+verbs+"</Response>")
	})
}

// dial calls the line.
func (w *world) dial(phone string) *simulator.Call {
	w.t.Helper()
	call, err := w.Phone(phone).Dial(w.t.Context(), line)
	if err != nil {
		w.t.Fatal(err)
	}
	return call
}

// place posts a call and expects it to be accepted.
func (w *world) place(to string, extra ...string) string {
	w.t.Helper()
	status, v, err := w.do(w.t.Context(), http.MethodPost, "Calls.json", placeForm(to, extra...))
	if err != nil || status != http.StatusCreated {
		w.t.Fatalf("POST Calls.json = %d %v, %v, want 201", status, v, err)
	}
	return v["sid"].(string)
}

// hears waits until a call hears something.
func (w *world) hears(call *simulator.Call, part string) {
	w.t.Helper()
	if _, err := call.Hears(w.t.Context(), part); err != nil {
		w.t.Fatalf("%v; heard %q", err, call.Heard())
	}
}

// update changes a call and expects a status and Twilio's code, 0 for none.
func (w *world) update(sid string, status, code int, parameters ...string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	got, v, err := w.do(w.t.Context(), http.MethodPost, "Calls/"+sid+".json", form)
	if number, _ := v["code"].(float64); err != nil || got != status || int(number) != code {
		w.t.Fatalf("POST of call with %q = %d %v, %v, want %d with code %d", parameters, got, v, err, status, code)
	}
}

// get reads a resource and expects it to be there.
func (w *world) get(path string) map[string]any {
	w.t.Helper()
	status, v, err := w.do(w.t.Context(), http.MethodGet, path, nil)
	if err != nil || status != http.StatusOK {
		w.t.Fatalf("GET %s = %d %v, %v, want 200", path, status, v, err)
	}
	return v
}

// answered has a phone answer the call that rings at it next.
func (w *world) answered(phone string) *simulator.Call {
	w.t.Helper()
	call, err := w.Phone(phone).NextRing(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := call.Answer(); err != nil {
		w.t.Fatal(err)
	}
	return call
}

func placeForm(to string, extra ...string) url.Values {
	form := url.Values{"To": {to}, "From": {line}, "Url": {hooks + "/answered"}}
	for i := 0; i < len(extra); i += 2 {
		form.Add(extra[i], extra[i+1])
	}
	return form
}

// asked lists the paths the gateway was asked, in order.
func (g *gateway) asked() []string {
	out := []string{}
	for _, h := range g.got() {
		out = append(out, h.path)
	}
	return out
}

// last is the form of the last request to a path.
func (g *gateway) last(path string) url.Values {
	var form url.Values
	for _, h := range g.got() {
		if h.path == path {
			form = h.form
		}
	}
	return form
}

// after lets so much time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestDial_RingsForALeadingPause(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{
			"/twilio/voice": `<Pause length="4"/><Gather numDigits="1" action="key"><Say>One</Say><Say>Two</Say></Gather><Redirect>wait</Redirect>`,
			"/twilio/key":   `<Say>Thanks</Say>`,
			"/twilio/wait":  `<Say>Waiting</Say><Pause length="3600"/>`,
		})
		call := w.dial(lan)
		after(3999 * time.Millisecond)
		if got := call.Status(); got != simulator.CallRinging {
			t.Errorf("Status() during the pause = %v, want ringing", got)
		}
		after(time.Millisecond)
		if got := call.Status(); got != simulator.CallInProgress {
			t.Errorf("Status() after the pause = %v, want in-progress", got)
		}
		after(2*time.Second + 5*time.Second)
		if diff := cmp.Diff([]string{"[ringing]", "One", "Two", "Waiting"}, call.Heard()); diff != "" {
			t.Errorf("Heard() (-want +got):\n%s", diff)
		}
		call.HangUp()
		synctest.Wait()
		if diff := cmp.Diff([]string{"/twilio/voice", "/twilio/wait", "/twilio/voice/status"}, w.gateway.asked()); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		form := w.gateway.last("/twilio/voice/status")
		if form.Get("CallStatus") != "completed" || form.Get("CallDuration") != "7" || form.Get("CallbackSource") != "call-progress-events" {
			t.Errorf("status callback = %v", form)
		}
		w.noAlerts()
	})
}

func TestConference_JoinsByRedirect(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{
			"/twilio/voice": `<Say>Hello</Say><Pause length="600"/>`,
			"/answered":     `<Gather numDigits="1" timeout="10" action="/key"><Say>Press 1</Say></Gather>`,
			"/key":          `<Dial action="/after"><Conference waitUrl="" beep="false" endConferenceOnExit="true">room</Conference></Dial>`,
			"/caller":       `<Dial action="/after"><Conference waitUrl="" beep="false">room</Conference></Dial>`,
			"/after":        `<Say>Bye</Say>`,
		})
		caller := w.dial(lan)
		w.hears(caller, "Hello")
		w.place(minh)
		helper, err := w.Phone(minh).NextRing(t.Context())
		if err != nil || helper.From != line {
			t.Fatalf("NextRing() = %+v, %v, want a call from the line", helper, err)
		}
		if err := helper.Answer(); err != nil {
			t.Fatal(err)
		}
		w.hears(helper, "Press 1")
		if err := helper.Press("1"); err != nil {
			t.Fatal(err)
		}
		w.update(caller.SID, 200, 0, "Url", hooks+"/caller")
		if err := caller.Talks(t.Context(), minh); err != nil {
			t.Fatal(err)
		}
		if err := caller.Speak("help"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Press 1", "help"}, helper.Heard()); diff != "" {
			t.Errorf("helper.Heard() (-want +got):\n%s", diff)
		}
		helper.HangUp()
		w.hears(caller, "Bye")
		if status, err := caller.Wait(t.Context()); status != simulator.CallCompleted || err != nil {
			t.Errorf("Wait() = %v, %v", status, err)
		}
		w.noAlerts()
	})
}
