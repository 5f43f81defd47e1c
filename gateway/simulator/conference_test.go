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

// room is a document that joins a conference.
func room(attributes string) string {
	return `<Dial action="/after" hangupOnStar="true"><Conference ` + attributes + `>room</Conference></Dial>`
}

// joined connects a caller and two phones called, with attributes of their own,
// in one conference.
func joined(t *testing.T, w *world, caller, first, second string) (a, b, c *simulator.Call) {
	t.Helper()
	w.says(map[string]string{
		"/twilio/voice": room(caller), "/first": room(first), "/second": room(second),
		"/after": `<Say>After</Say><Pause length="600"/>`, "/out": `<Say>Out</Say><Pause length="600"/>`,
	})
	for _, phone := range []string{minh, clinic} {
		w.Phone(phone).SetAnswering(simulator.AnswerAfter(0))
	}
	a = w.dial(lan)
	synctest.Wait()
	for _, one := range [][2]string{{minh, "/first"}, {clinic, "/second"}} {
		form := placeForm(one[0])
		form.Set("Url", hooks+one[1])
		if status, v, err := w.do(t.Context(), http.MethodPost, "Calls.json", form); status != http.StatusCreated {
			t.Fatalf("POST Calls.json = %d %v, %v", status, v, err)
		}
		synctest.Wait()
	}
	return a, w.Phone(minh).Calls()[0], w.Phone(clinic).Calls()[0]
}

const quiet = `beep="false" waitUrl="" `

func TestConference_WhoStaysWhenOneLeaves(t *testing.T) {
	ends := quiet + `endConferenceOnExit="true"`
	hangUp := func(_ *world, c *simulator.Call) { c.HangUp() }
	push := func(w *world, c *simulator.Call) { w.update(c.SID, 200, 0, "Url", hooks+"/out") }
	star := func(_ *world, c *simulator.Call) { _ = c.Press("*") }
	tests := []struct {
		name   string
		helper string // attributes of the one that leaves
		leave  func(*world, *simulator.Call)
		ended  bool
		helped string // what the one that left hears last
	}{
		{"hangs up", quiet, hangUp, false, ""},
		{"hangs up and ends it", ends, hangUp, true, ""},
		{"is redirected", quiet, push, false, "Out"},
		{"is redirected and ends it", ends, push, true, "Out"},
		{"presses star", quiet, star, false, "After"},
		{"presses star and ends it", ends, star, true, "After"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				caller, helper, third := joined(t, w, quiet, test.helper, quiet)
				if diff := cmp.Diff([]string{clinic, minh}, caller.TalkingWith()); diff != "" {
					t.Fatalf("TalkingWith() (-want +got):\n%s", diff)
				}
				test.leave(w, helper)
				synctest.Wait()
				want, heard := []string{clinic}, "[ringing]"
				if test.ended {
					want, heard = nil, "After"
				}
				if diff := cmp.Diff(want, caller.TalkingWith()); diff != "" {
					t.Errorf("the caller talks with (-want +got):\n%s", diff)
				}
				if got := caller.Heard(); got[len(got)-1] != heard {
					t.Errorf("the caller heard %q, want %q last", got, heard)
				}
				if got := third.Record().Conference == ""; got != test.ended {
					t.Errorf("the third is out of it: %v, want %v", got, test.ended)
				}
				if got := helper.Heard(); test.helped != "" && got[len(got)-1] != test.helped {
					t.Errorf("the one that left heard %q, want %q", got, test.helped)
				}
				asked := 0
				for _, h := range w.gateway.got() {
					if h.path == "/after" && h.form.Get("CallSid") == helper.SID {
						asked++
						if h.form.Get("DialCallStatus") != "answered" {
							t.Errorf("the action was told %v", h.form)
						}
					}
				}
				if wanted := test.helped != "Out"; (asked == 1) != wanted || asked > 1 {
					t.Errorf("the action of the one that left was asked %d times, wanted %v", asked, wanted)
				}
				w.noAlerts()
			})
		})
	}
}

func TestConference_StartsWithTwo(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{
			"/twilio/voice": room(`waitUrl="wait" startConferenceOnEnter="false"`),
			"/twilio/wait":  `<Say>Hold</Say><Pause length="9"/>`,
			"/answered":     room(``),
		})
		w.Phone(minh).SetAnswering(simulator.AnswerAfter(0))
		call := w.dial(lan)
		after(25 * time.Second)
		status := func() any {
			return w.get("Conferences.json?FriendlyName=room")["conferences"].([]any)[0].(map[string]any)["status"]
		}
		if got := status(); got != "init" {
			t.Errorf("status with one participant = %v, want init", got)
		}
		if diff := cmp.Diff([]string{"[ringing]", "Hold", "Hold", "Hold"}, call.Heard()); diff != "" {
			t.Errorf("Heard() (-want +got):\n%s", diff)
		}
		w.place(minh)
		after(time.Minute)
		if got := status(); got != "in-progress" || len(call.Heard()) != 5 || call.Heard()[4] != "[beep]" {
			t.Errorf("status with two = %v, heard %q", got, call.Heard())
		}
		// An empty name list, and the next conference of that name.
		if got := w.get("Conferences.json?FriendlyName=room&Status=completed")["conferences"].([]any); len(got) != 0 {
			t.Errorf("completed conferences = %v, want none", got)
		}
		call.HangUp()
		w.Phone(minh).Calls()[0].HangUp()
		w.dial(lan)
		synctest.Wait()
		all := w.Conferences()
		if len(all) != 2 || all[0].Status != "completed" || all[1].Status != "init" || all[0].SID == all[1].SID || all[0].Recorded {
			t.Errorf("Conferences() = %+v, want one completed and a new one", all)
		}
	})
}

func TestParticipants_ReadAndChange(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		caller, helper, _ := joined(t, w, quiet, quiet+`endConferenceOnExit="true"`, quiet)
		sid := w.Conferences()[0].SID
		path := "Conferences/" + sid + "/Participants"
		list := w.get(path + ".json")["participants"].([]any)
		if len(list) != 3 || list[1].(map[string]any)["call_sid"] != helper.SID || list[1].(map[string]any)["end_conference_on_exit"] != true {
			t.Fatalf("participants = %v", list)
		}
		one := path + "/" + helper.SID + ".json"
		change := func(parameters url.Values) (int, map[string]any) {
			status, v, err := w.do(t.Context(), http.MethodPost, one, parameters)
			if err != nil {
				t.Fatal(err)
			}
			return status, v
		}
		if status, v := change(url.Values{"EndConferenceOnExit": {"false"}, "Muted": {"true"}}); status != 200 || v["end_conference_on_exit"] != false || v["muted"] != true {
			t.Errorf("POST of the participant = %d %v", status, v)
		}
		before := len(caller.Heard())
		if err := helper.Speak("nobody hears this"); err != nil || len(caller.Heard()) != before {
			t.Errorf("Speak of a muted participant: %v, heard %q", err, caller.Heard())
		}
		helper.HangUp()
		if diff := cmp.Diff([]string{clinic}, caller.TalkingWith()); diff != "" {
			t.Errorf("the conference did not outlive the helper (-want +got):\n%s", diff)
		}
		if status, _ := change(url.Values{"Muted": {"true"}}); status != 404 {
			t.Errorf("POST of a participant that has left = %d, want 404", status)
		}
		if status, _, _ := w.do(t.Context(), http.MethodDelete, path+"/"+caller.SID+".json", nil); status != 204 || caller.Record().Conference != "" {
			t.Errorf("DELETE of a participant = %d, want 204", status)
		}
		if status, _, _ := w.do(t.Context(), http.MethodGet, "Conferences/CF1/Participants.json", nil); status != 404 {
			t.Errorf("GET of an unknown conference's participants = %d, want 404", status)
		}
		w.noAlerts()
	})
}

func TestParticipants_OnHold(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		caller, helper, third := joined(t, w, quiet, quiet, quiet)
		path := "Conferences/" + w.Conferences()[0].SID
		for _, test := range []struct {
			hold string
			want []string
		}{{"true", []string{clinic}}, {"false", []string{clinic, minh}}} {
			if status, v, err := w.do(t.Context(), http.MethodPost, path+"/Participants/"+helper.SID+".json", url.Values{"Hold": {test.hold}}); status != 200 {
				t.Fatalf("POST with Hold=%s = %d %v, %v", test.hold, status, v, err)
			}
			if diff := cmp.Diff(test.want, caller.TalkingWith()); diff != "" {
				t.Errorf("with Hold=%s the caller talks with (-want +got):\n%s", test.hold, diff)
			}
		}
		if got := w.CallRequests(); len(got) != 4 || got[3].SID != helper.SID || got[3].Conference == "" || got[3].Status != 200 {
			t.Errorf("CallRequests() = %+v, want two calls and two changes of a participant", got)
		}
		w.Inject(simulator.Fault{Kind: simulator.RefuseCode, On: simulator.Steering, Code: 20001, Times: 1})
		if status, _, _ := w.do(t.Context(), http.MethodPost, path+"/Participants/"+helper.SID+".json", url.Values{"Hold": {"true"}}); status != 400 {
			t.Errorf("POST of a participant with a fault = %d, want 400", status)
		}

		if status, _, _ := w.do(t.Context(), http.MethodPost, path+".json", url.Values{"Status": {"over"}}); status != 400 {
			t.Errorf("POST of a conference with an unknown status = %d, want 400", status)
		}
		status, v, err := w.do(t.Context(), http.MethodPost, path+".json", url.Values{"Status": {"completed"}})
		if status != 200 || v["reason_conference_ended"] != "conference-ended-via-api" {
			t.Errorf("POST with Status=completed = %d %v, %v", status, v, err)
		}
		for _, call := range []*simulator.Call{caller, helper, third} {
			w.hears(call, "After")
		}
		if got := w.get(path + "/Participants.json")["participants"].([]any); len(got) != 0 {
			t.Errorf("participants of a conference that is over = %v, want none", got)
		}
	})
}

func TestConference_TellsItsCallback(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		caller, helper, _ := joined(t, w, quiet+`statusCallback="/conference" statusCallbackEvent="start end join leave"`, quiet, quiet+`endConferenceOnExit="true"`)
		helper.HangUp()
		w.Phone(clinic).Calls()[0].HangUp()
		synctest.Wait()
		var got []string
		for _, h := range w.gateway.got() {
			if h.path == "/conference" {
				got = append(got, h.form.Get("StatusCallbackEvent"))
			}
		}
		want := []string{"participant-join", "participant-join", "conference-start", "participant-join",
			"participant-leave", "participant-leave", "participant-leave", "conference-end"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("conference callbacks (-want +got):\n%s", diff)
		}
		if got := w.gateway.last("/conference").Get("ReasonConferenceEnded"); got != "participant-with-end-conference-on-exit-left" {
			t.Errorf("ReasonConferenceEnded = %q", got)
		}
		if caller.Over() {
			t.Error("the caller's call ended with the conference, and it has an action")
		}
	})
}

func TestConference_ActionOnRedirect(t *testing.T) {
	noisy := voicedWith(func(o *simulator.Options) { o.ActionOnRedirect = true })
	bubble(t, noisy, func(t *testing.T, w *world) {
		_, helper, _ := joined(t, w, quiet, quiet, quiet)
		w.update(helper.SID, 200, 0, "Url", hooks+"/out")
		after(time.Second)
		if got := helper.Heard(); got[len(got)-1] != "Out" {
			t.Errorf("Heard() = %q, want the redirect's document last", got)
		}
		if got := w.gateway.last("/after").Get("CallSid"); got != helper.SID {
			t.Errorf("the action was told of %q, want %q", got, helper.SID)
		}
	})
}
