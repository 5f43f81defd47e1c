package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestRecord_WhatEndsIt(t *testing.T) {
	const words = "tôi ở tổ 1, nhà màu xanh" // takes 2 s to say
	tests := []struct {
		name, attributes string
		act              func(*simulator.Call)
		words, digits    string
		duration         string // empty: nothing was recorded
		next             string // what the caller hears next
	}{
		{"silence", `timeout="3"`, func(*simulator.Call) {}, "", "", "", "On"},
		{"silence after words", `timeout="3"`, speak(words), words, "", "5", "Thanks"},
		{"a key", ``, func(c *simulator.Call) { _ = c.Speak(words); after(time.Second); _ = c.Press("#") }, words, "#", "1", "Thanks"},
		{"another key than finishOnKey", `finishOnKey="#" timeout="3"`, func(c *simulator.Call) { _ = c.Speak(words); _ = c.Press("1") }, words, "", "5", "Thanks"},
		{"maxLength", `maxLength="4" timeout="60"`, speak(words), words, "", "4", "Thanks"},
		{"hang-up", ``, func(c *simulator.Call) { _ = c.Speak(words); after(2 * time.Second); c.HangUp() }, words, "hangup", "2", ""},
		{"hang-up without a word", ``, func(c *simulator.Call) { after(time.Second); c.HangUp() }, "", "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.says(map[string]string{
					"/twilio/voice": `<Say>Speak</Say><Record action="/done" recordingStatusCallback="/recorded" recordingStatusCallbackEvent="completed absent" ` + test.attributes + `/><Say>On</Say><Pause length="60"/>`,
					"/done":         `<Say>Thanks</Say><Pause length="60"/>`,
				})
				call := w.dial(lan)
				w.hears(call, "[tone]")
				synctest.Wait()
				test.act(call)
				after(10 * time.Second)
				done, recorded := w.gateway.last("/done"), w.gateway.last("/recorded")
				status := "completed"
				if test.duration == "" {
					status = "absent"
				}
				if got := recorded.Get("RecordingStatus"); got != status || recorded.Get("CallSid") != call.SID {
					t.Errorf("the recording callback was told %q, want %q: %v", got, status, recorded)
				}
				if (done != nil) != (test.duration != "") || done.Get("RecordingDuration") != test.duration || done.Get("Digits") != test.digits {
					t.Errorf("the action was told %v, want %q with Digits %q", done, test.duration, test.digits)
				}
				if all := w.Recordings(); len(all) != 1 || all[0].Words != test.words || all[0].Source != "RecordVerb" {
					t.Errorf("Recordings() = %+v, want one of %q", all, test.words)
				}
				if heard := call.Heard(); test.next != "" && heard[len(heard)-1] != test.next {
					t.Errorf("Heard() = %q, want %q last", heard, test.next)
				}
				w.noAlerts()
			})
		})
	}
}

func TestRecordings_FetchedAndDeleted(t *testing.T) {
	slow := voicedWith(func(o *simulator.Options) { o.Latency.Record = 3 * time.Second })
	bubble(t, slow, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Record playBeep="false"/>`})
		call := w.dial(lan)
		synctest.Wait()
		if err := call.Speak("help"); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		call.HangUp()
		sid := w.Recordings()[0].SID
		fetch := func(ending string) (int, string, string) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example/2010-04-01/Accounts/"+account+"/Recordings/"+sid+ending, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth(account, token)
			resp, err := w.rest.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			var body strings.Builder
			if err := resp.Write(&body); err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, resp.Header.Get("Content-Type"), body.String()
		}
		if status, _, _ := fetch(".mp3"); status != http.StatusNotFound {
			t.Errorf("GET of the sound before it can be had = %d, want 404", status)
		}
		if got := w.get("Recordings/" + sid + ".json"); got["status"] != "processing" || got["duration"] != "1" || got["call_sid"] != call.SID {
			t.Errorf("GET of the recording = %v", got)
		}
		after(3 * time.Second)
		for ending, want := range map[string]string{".mp3": "audio/mpeg", ".wav": "audio/x-wav", "": "audio/x-wav"} {
			if status, kind, body := fetch(ending); status != 200 || kind != want || !strings.Contains(body, "help") {
				t.Errorf("GET of the sound%s = %d %s %q, want 200, %s and the words", ending, status, kind, body, want)
			}
		}
		if status, _, _ := fetch(".ogg"); status != http.StatusNotFound {
			t.Errorf("GET of another kind of sound = %d, want 404", status)
		}
		if got := w.get("Recordings.json?CallSid=" + call.SID)["recordings"].([]any); len(got) != 1 {
			t.Errorf("recordings of the call = %v, want one", got)
		}
		if status, _, _ := w.do(t.Context(), http.MethodDelete, "Recordings/"+sid+".json", nil); status != 204 {
			t.Errorf("DELETE = %d, want 204", status)
		}
		if status, _, _ := fetch(".mp3"); status != http.StatusNotFound || !w.Recordings()[0].Deleted {
			t.Errorf("GET of the sound after DELETE = %d, want 404", status)
		}
		if status, _, _ := w.do(t.Context(), http.MethodDelete, "Recordings/"+sid+".json", nil); status != 404 {
			t.Errorf("DELETE once more = %d, want 404", status)
		}
	})
}

func TestRecordings_OfBridgedCallsAreSeen(t *testing.T) {
	tests := []struct {
		name, document string
		extra          []string
		want           string
	}{
		{"none", `<Dial><Conference>room</Conference></Dial>`, nil, ""},
		{"conference", `<Dial><Conference record="record-from-start">room</Conference></Dial>`, nil, "Conference"},
		{"dial", `<Dial record="record-from-answer">` + minh + `</Dial>`, nil, "DialVerb"},
		{"call", `<Pause length="60"/>`, []string{"Record", "true"}, "OutboundAPI"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				w.says(map[string]string{"/answered": test.document})
				w.Phone(minh).SetAnswering(simulator.AnswerAfter(0))
				w.place(lan, test.extra...)
				call := w.answered(lan)
				after(time.Second)
				if err := call.Speak("secret"); err != nil {
					t.Fatal(err)
				}
				call.HangUp()
				synctest.Wait()
				var got []string
				for _, r := range w.Recordings() {
					got = append(got, r.Source+" "+r.Words+" "+string(r.Status))
				}
				var want []string
				if test.want != "" {
					want = []string{test.want + " secret completed"}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("Recordings() (-want +got):\n%s", diff)
				}
			})
		})
	}
}
