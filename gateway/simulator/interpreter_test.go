package simulator_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestGather_WhatIsPostedWhen(t *testing.T) {
	tests := []struct {
		name, attributes string
		act              func(*simulator.Call) // at once after the first prompt began
		posted           bool
		digits           string
		at               time.Duration // when the call goes on
	}{
		{"no key: timeout after the prompts", `timeout="3"`, nil, false, "", 5 * time.Second},
		{"no key, and the action wants to know", `timeout="3" actionOnEmptyResult="true"`, nil, true, "", 5 * time.Second},
		{"one key of one interrupts", `numDigits="1"`, press("7"), true, "7", 0},
		{"keys beyond numDigits are lost", `numDigits="1"`, press("78"), true, "7", 0},
		{"one key of two waits for the timeout", `numDigits="2" timeout="3"`, press("7"), true, "7", 3 * time.Second},
		{"each key has the timeout", `numDigits="4" timeout="3"`, func(c *simulator.Call) {
			for range 3 {
				_ = c.Press("7")
				after(2 * time.Second)
			}
		}, true, "777", 7 * time.Second},
		{"# ends", ``, press("12#3"), true, "12", 0},
		{"# is a key", `numDigits="1" finishOnKey=""`, press("#"), true, "#", 0},
		{"another key ends", `finishOnKey="*"`, press("1#*"), true, "1#", 0},
		{"only the key that ends", ``, press("#"), true, "", 0},
		{"keys when only speech is wanted", `input="speech" timeout="3"`, press("1"), false, "", 5 * time.Second},
		{"words when only keys are wanted", `timeout="3"`, speak("help"), false, "", 5 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.says(map[string]string{
					"/twilio/voice": `<Gather action="/key" ` + test.attributes + `><Say>One</Say><Pause/></Gather><Say>On</Say><Pause length="60"/>`,
					"/key":          `<Say>On</Say><Pause length="60"/>`,
				})
				start := time.Now()
				call := w.dial(lan)
				w.hears(call, "One")
				if test.act != nil {
					test.act(call)
				}
				w.hears(call, "On")
				if got := time.Since(start); got != test.at {
					t.Errorf("the call went on after %v, want %v", got, test.at)
				}
				form := w.gateway.last("/key")
				if (form != nil) != test.posted || form.Get("Digits") != test.digits {
					t.Errorf("posted %v, want posted %v with Digits %q", form, test.posted, test.digits)
				}
				w.noAlerts()
			})
		})
	}
}

func press(keys string) func(*simulator.Call) {
	return func(call *simulator.Call) { _ = call.Press(keys) }
}

func speak(words string) func(*simulator.Call) {
	return func(call *simulator.Call) { _ = call.Speak(words) }
}

func TestGather_Speech(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Gather input="dtmf speech"><Say>Say it</Say></Gather>`})
		call := w.dial(lan)
		w.hears(call, "Say it")
		if err := call.Speak("cứu tôi"); err != nil {
			t.Fatal(err)
		}
		after(6 * time.Second)
		if got := w.gateway.last("/twilio/voice").Get("SpeechResult"); got != "cứu tôi" {
			t.Errorf("SpeechResult = %q; without action the document's own address is asked again", got)
		}
	})
}

func TestPress_IsLostWhenNothingWaits(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Say>One</Say><Gather timeout="2"/><Say>Two</Say>`})
		call := w.dial(lan)
		w.hears(call, "One")
		if err := call.Press("1"); err != nil {
			t.Fatal(err)
		}
		w.hears(call, "Two")
		if got := call.Record().Pressed; got != "1" {
			t.Errorf("Pressed = %q, want 1", got)
		}
		if err := call.Press("a"); err == nil {
			t.Error("Press(a): no error")
		}
		call.HangUp()
		if err := call.Press("1"); !errors.Is(err, simulator.ErrCallOver) {
			t.Errorf("Press on a call that is over: %v, want ErrCallOver", err)
		}
		if err := call.Speak("a"); !errors.Is(err, simulator.ErrCallOver) {
			t.Errorf("Speak on a call that is over: %v, want ErrCallOver", err)
		}
	})
}

func TestReject_OnlyBeforeTheAnswer(t *testing.T) {
	tests := []struct {
		name, document string
		want           simulator.CallStatus
		heard          []string
	}{
		{"rejected", `<Reject/>`, simulator.CallNoAnswer, []string{"[ringing]"}},
		{"busy", `<Reject reason="busy"/>`, simulator.CallBusy, []string{"[ringing]"}},
		{"after a word", `<Say>A</Say><Reject/>`, simulator.CallCompleted, []string{"[ringing]", "A"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.says(map[string]string{"/twilio/voice": test.document})
				call := w.dial(lan)
				if status, err := call.Wait(t.Context()); status != test.want || err != nil {
					t.Errorf("Wait() = %v, %v, want %v", status, err, test.want)
				}
				if diff := cmp.Diff(test.heard, call.Heard()); diff != "" {
					t.Errorf("Heard() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestDocuments_ThatFail(t *testing.T) {
	tests := []struct {
		name  string
		serve http.HandlerFunc
		code  int
	}{
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 11200},
		{"not XML", func(w http.ResponseWriter, _ *http.Request) { twiml(w, "no") }, 12100},
		{"no document", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 12100},
		{"unknown verb", func(w http.ResponseWriter, _ *http.Request) { twiml(w, "<Response><Shout/></Response>") }, 12200},
		{"unknown attribute", func(w http.ResponseWriter, _ *http.Request) { twiml(w, `<Response><Say loud="1">a</Say></Response>`) }, 12200},
		{"nothing at all", nil, 11200},
		{"another type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{}")
		}, 12300},
	}
	for _, test := range tests {
		for _, fallback := range []bool{false, true} {
			name := test.name + ", no fallback"
			change := voiced
			if fallback {
				name = test.name + ", fallback"
				change = voicedWith(func(o *simulator.Options) { o.Numbers[0].VoiceFallbackURL = hooks + "/fallback" })
			}
			t.Run(name, func(t *testing.T) {
				bubble(t, change, func(t *testing.T, w *world) {
					w.gateway.answers(func(_ int, rw http.ResponseWriter, r *http.Request) {
						switch r.URL.Path {
						case "/twilio/voice":
							if test.serve == nil {
								panic(http.ErrAbortHandler)
							}
							test.serve(rw, r)
						case "/fallback":
							twiml(rw, "<Response><Say>Police</Say></Response>")
						}
					})
					call := w.dial(lan)
					want := "an application error has occurred"
					if fallback {
						want = "Police"
					}
					w.hears(call, want)
					if status, _ := call.Wait(t.Context()); status != simulator.CallCompleted {
						t.Errorf("Wait() = %v, want completed", status)
					}
					if got := w.Alerts(); len(got) != 1 || got[0].Code != test.code || got[0].SID != call.SID {
						t.Errorf("Alerts() = %+v, want one with %d", got, test.code)
					}
					form := w.gateway.last("/fallback")
					if fallback && (form.Get("ErrorCode") == "" || form.Get("ErrorUrl") != hooks+"/twilio/voice" || form.Get("CallSid") != call.SID) {
						t.Errorf("the fallback was told %v", form)
					}
				})
			})
		}
	}
}

func TestDocuments_FallbackThatFailsToo(t *testing.T) {
	change := voicedWith(func(o *simulator.Options) { o.Numbers[0].VoiceFallbackURL = hooks + "/fallback" })
	bubble(t, change, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Say>Hello</Say><Redirect>/later</Redirect>`})
		call := w.dial(lan)
		w.hears(call, "Hello")
		w.hears(call, "an application error has occurred")
		if got := w.Alerts(); len(got) != 2 {
			t.Errorf("Alerts() = %+v, want one for /later and one for the fallback", got)
		}
		if diff := cmp.Diff([]string{"/twilio/voice", "/later", "/fallback"}, w.gateway.asked()); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

func TestPlay_FetchesTheSound(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.gateway.answers(func(_ int, rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/twilio/voice":
				twiml(rw, `<Response><Play>greet.mp3?v=1</Play><Play>/gone.mp3</Play><Play>/page</Play><Play digits="12"/></Response>`)
			case "/twilio/greet.mp3":
				if r.Method != http.MethodGet || r.Header.Get("X-Twilio-Signature") != simulator.Sign(token, hooks+"/twilio/greet.mp3?v=1", nil) {
					t.Errorf("%s of a sound with signature %q", r.Method, r.Header.Get("X-Twilio-Signature"))
				}
				rw.Header().Set("Content-Type", "audio/mpeg")
				_, _ = io.WriteString(rw, "ID3")
			case "/page":
				_, _ = io.WriteString(rw, "<html>")
			case "/gone.mp3":
				rw.WriteHeader(404)
			}
		})
		start := time.Now()
		call := w.dial(lan)
		_, _ = call.Wait(t.Context())
		if diff := cmp.Diff([]string{"[ringing]", "[play " + hooks + "/twilio/greet.mp3?v=1]", "[tones 12]"}, call.Heard()); diff != "" {
			t.Errorf("Heard() (-want +got):\n%s", diff)
		}
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("the call took %v, want 2 s: one for the sound, half for each tone", got)
		}
		if got := w.Alerts(); len(got) != 2 || got[0].Code != 11200 || got[1].Code != 12300 {
			t.Errorf("Alerts() = %+v, want 11200 and 12300", got)
		}
	})
}

func TestHangUp_WhileTheGatewayThinks(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		finished := false
		w.gateway.answers(func(_ int, rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/twilio/voice" {
				time.Sleep(2 * time.Second)
				finished = r.Context().Err() == nil
				twiml(rw, `<Response><Say>Hello</Say></Response>`)
			}
		})
		call := w.dial("anonymous")
		after(time.Second)
		call.HangUp()
		synctest.Wait()
		if got := call.Status(); got != simulator.CallNoAnswer {
			t.Errorf("status of a call that was hung up while it rang = %v, want no-answer", got)
		}
		after(2 * time.Second)
		if !finished || len(call.Heard()) != 1 {
			t.Errorf("the webhook was finished: %v; heard %q", finished, call.Heard())
		}
		form := w.gateway.last("/twilio/voice/status")
		if form.Get("CallStatus") != "no-answer" || form.Get("CallDuration") != "0" || form.Get("From") != "anonymous" {
			t.Errorf("status callback = %v", form)
		}
		w.noAlerts()
	})
}

func TestRedirect_InterruptsEveryVerb(t *testing.T) {
	for _, verb := range []string{
		`<Say>` + strings.Repeat("long ", 400) + `</Say>`, `<Pause length="600"/>`, `<Gather timeout="600"/>`,
		`<Record timeout="600"/>`, `<Dial><Conference>room</Conference></Dial>`, `<Dial timeout="600">+84900000002</Dial>`,
		`<Redirect>/slow</Redirect>`,
	} {
		t.Run(verb[:8], func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.gateway.answers(func(_ int, rw http.ResponseWriter, r *http.Request) {
					switch r.URL.Path {
					case "/slow":
						time.Sleep(10 * time.Second)
						fallthrough
					case "/twilio/voice":
						twiml(rw, "<Response><Say>Hello</Say>"+verb+"</Response>")
					case "/pushed":
						twiml(rw, `<Response><Say>Pushed</Say><Pause length="60"/></Response>`)
					}
				})
				call := w.dial(lan)
				after(2 * time.Second)
				start := time.Now()
				w.update(call.SID, 200, 0, "Url", hooks+"/pushed")
				if got := call.Record(); got.Conference != "" || len(w.Phone(minh).Ringing()) != 0 {
					t.Errorf("as soon as REST has answered the call is in conference %q and %v rings", got.Conference, w.Phone(minh).Ringing())
				}
				w.hears(call, "Pushed")
				if got := time.Since(start); got != 0 {
					t.Errorf("the redirect took effect after %v", got)
				}
				after(20 * time.Second) // what the slow document says is for nobody
				if got := call.Heard(); got[len(got)-1] != "Pushed" {
					t.Errorf("Heard() = %q", got)
				}
				w.noAlerts()
			})
		})
	}
}

func TestResend_PostsTheSameWebhook(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Pause length="60"/>`})
		call := w.dial("+266696687")
		synctest.Wait()
		again, err := call.Resend(t.Context())
		if err != nil || again.Status != http.StatusOK || len(again.Body) == 0 {
			t.Fatalf("Resend() = %+v, %v, want 200 and a document", again, err)
		}
		hooks := w.gateway.got()
		if diff := cmp.Diff(hooks[0].form, hooks[len(hooks)-1].form); diff != "" {
			t.Errorf("the second webhook (-first +second):\n%s", diff)
		}
		if got := hooks[0].form; got.Get("From") != "+266696687" || got.Get("CallStatus") != "ringing" || got.Get("Direction") != "inbound" || got.Get("Caller") != "+266696687" {
			t.Errorf("the webhook = %v", got)
		}
	})
}

func TestDial_OtherNumbers(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		if _, err := w.Phone(lan).Dial(t.Context(), minh); err == nil {
			t.Error("Dial of a number that is not the account's: no error")
		}
		if call := w.dial(lan); call.Status() != simulator.CallFailed {
			t.Errorf("a call to a number without VoiceURL is %v, want failed", call.Status())
		}
	})
}
