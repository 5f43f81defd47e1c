package simulator_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestDialNumber_Outcomes(t *testing.T) {
	const dialled = `<Dial action="/after" timeout="20"><Number>` + minh + `</Number></Dial>`
	const screened = `<Dial action="/after" timeout="20"><Number url="/screen">` + minh + `</Number></Dial>`
	tests := []struct {
		name, dial string
		answering  simulator.Answering
		keys       string // pressed by who is dialled on hearing the screening
		status     string
		bridged    string
		at         time.Duration // when the action is asked
	}{
		{"no answer", dialled, simulator.RingOut(), "", "no-answer", "false", 20 * time.Second},
		{"busy", dialled, simulator.Busy(), "", "busy", "false", 0},
		{"unreachable", dialled, simulator.Unreachable(), "", "failed", "false", 0},
		{"declined", dialled, simulator.DeclineAfter(time.Second), "", "busy", "false", time.Second},
		{"screened and taken", screened, simulator.AnswerAfter(time.Second), "1", "completed", "true", 31 * time.Second},
		{"screened, nothing pressed", screened, simulator.AnswerAfter(time.Second), "", "completed", "false", 7 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.says(map[string]string{
					"/twilio/voice": test.dial,
					"/screen":       `<Gather numDigits="1" action="/taken"><Say>Press 1</Say></Gather><Hangup/>`,
					"/taken":        `<Say>Joining</Say>`,
					"/after":        `<Say>After</Say>`,
				})
				w.Phone(minh).SetAnswering(test.answering)
				w.Phone(minh).OnRing(func(call *simulator.Call) {
					if _, err := call.Hears(t.Context(), "Press 1"); err != nil || test.keys == "" {
						return
					}
					if err := call.Press(test.keys); err != nil {
						t.Error(err)
					}
					if err := call.Talks(t.Context(), lan); err != nil {
						t.Error(err)
					}
					time.Sleep(29 * time.Second)
					call.HangUp()
				})
				start := time.Now()
				caller := w.dial(lan)
				w.hears(caller, "After")
				if got := time.Since(start); got != test.at {
					t.Errorf("the action was asked after %v, want %v", got, test.at)
				}
				form := w.gateway.last("/after")
				if form.Get("DialCallStatus") != test.status || form.Get("DialBridged") != test.bridged {
					t.Errorf("the action was told %q, bridged %q, want %q, %q", form.Get("DialCallStatus"), form.Get("DialBridged"), test.status, test.bridged)
				}
				child := w.Call(form.Get("DialCallSid")).Record()
				if child.ParentSID != caller.SID || child.From != lan || child.Direction != simulator.OutboundDial {
					t.Errorf("the call it placed = %+v", child)
				}
				if screen := w.gateway.last("/screen"); screen != nil && (screen.Get("CallSid") != child.SID || screen.Get("ParentCallSid") != caller.SID) {
					t.Errorf("the screening was told %v", screen)
				}
				w.noAlerts()
			})
		})
	}
}

func TestDialNumber_FirstToPickUpStopsTheOthers(t *testing.T) {
	for _, test := range []struct{ name, attribute, wantFirst, wantSecond string }{
		{"all at once", "", "canceled", "in-progress"},
		{"one after the other", `sequential="true"`, "no-answer", "in-progress"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.says(map[string]string{"/twilio/voice": `<Dial callerId="` + line + `" timeout="20" ` + test.attribute + `><Number>` + minh + `</Number><Number>` + clinic + `</Number></Dial>`})
				w.Phone(clinic).SetAnswering(simulator.AnswerAfter(2 * time.Second))
				caller := w.dial(lan)
				after(30 * time.Second)
				calls := w.Calls()
				if len(calls) != 3 || string(calls[1].Status) != test.wantFirst || string(calls[2].Status) != test.wantSecond || calls[2].From != line {
					t.Fatalf("Calls() = %+v, want %s and %s", calls, test.wantFirst, test.wantSecond)
				}
				if diff := cmp.Diff([]string{clinic}, caller.TalkingWith()); diff != "" {
					t.Errorf("TalkingWith() (-want +got):\n%s", diff)
				}
				caller.HangUp()
				if got := w.Call(calls[2].SID).Status(); got != simulator.CallCompleted {
					t.Errorf("who was dialled is %v when the caller has gone, want completed", got)
				}
			})
		})
	}
}

func TestDialNumber_Edges(t *testing.T) {
	const document = `<Dial action="/after" timeLimit="60" hangupOnStar="true">` + minh + `</Dial>`
	tests := []struct {
		name string
		act  func(w *world, caller, child *simulator.Call)
		want simulator.CallStatus // of the caller
		next bool                 // the caller goes on at the action
	}{
		{"who was dialled hangs up", func(_ *world, _, child *simulator.Call) { child.HangUp() }, simulator.CallInProgress, true},
		{"star", func(_ *world, caller, _ *simulator.Call) { _ = caller.Press("*") }, simulator.CallInProgress, true},
		{"another key", func(_ *world, caller, _ *simulator.Call) { _ = caller.Press("1") }, simulator.CallInProgress, false},
		{"time limit", func(*world, *simulator.Call, *simulator.Call) { after(61 * time.Second) }, simulator.CallInProgress, true},
		{"who was dialled is redirected", func(w *world, _, child *simulator.Call) {
			w.update(child.SID, 200, 0, "Url", hooks+"/other")
			w.hears(child, "Other")
		}, simulator.CallInProgress, true},
		{"the caller hangs up", func(_ *world, caller, _ *simulator.Call) { caller.HangUp() }, simulator.CallCompleted, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.says(map[string]string{
					"/twilio/voice": document,
					"/after":        `<Say>After</Say><Pause length="600"/>`,
					"/other":        `<Say>Other</Say><Pause length="600"/>`,
				})
				w.Phone(minh).SetAnswering(simulator.AnswerAfter(0))
				caller := w.dial(lan)
				if err := caller.Talks(t.Context(), minh); err != nil {
					t.Fatal(err)
				}
				test.act(w, caller, w.Phone(minh).Calls()[0])
				synctest.Wait()
				heard := caller.Heard()
				if went := heard[len(heard)-1] == "After"; caller.Status() != test.want || went != test.next {
					t.Errorf("the caller is %v and heard %q, want %v, on at the action %v", caller.Status(), heard, test.want, test.next)
				}
				if test.want == simulator.CallCompleted && w.gateway.last("/after").Get("CallStatus") != "completed" {
					t.Error("the action was not told that the caller has hung up")
				}
				w.noAlerts()
			})
		})
	}
}

func TestDialNumber_WhatCannotBeDialled(t *testing.T) {
	tests := []struct {
		name, document string
		code           int
	}{
		{"caller id of somebody else", `<Dial callerId="` + clinic + `">` + minh + `</Dial>`, 13214},
		{"no number", `<Dial>minh</Dial>`, 13223},
		{"dial while screening", `<Dial><Number url="/screen">` + minh + `</Number></Dial>`, 13201},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, voiced, func(t *testing.T, w *world) {
				w.says(map[string]string{"/twilio/voice": test.document + `<Say>On</Say>`, "/screen": `<Dial>` + clinic + `</Dial>`})
				w.Phone(minh).SetAnswering(simulator.AnswerAfter(0))
				call := w.dial(lan)
				after(time.Minute)
				if got := w.Alerts(); len(got) == 0 || got[0].Code != test.code {
					t.Errorf("Alerts() = %+v, want %d; heard %q", got, test.code, call.Heard())
				}
			})
		})
	}
}
