package simulator_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

// telling is what the feed says of a call.
type telling struct {
	Kind  simulator.ChangeKind
	Phone string
	Text  string
	With  []string
}

func TestChanges_TellACall(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Gather numDigits="1" action="/key"><Say>Press</Say></Gather>`, "/key": `<Dial>` + minh + `</Dial>`})
		caller := w.dial(lan)
		w.hears(caller, "Press")
		_ = caller.Press("1")
		helper := w.answered(minh)
		if err := helper.Talks(t.Context(), lan); err != nil {
			t.Fatal(err)
		}
		_ = helper.Speak("hello")
		helper.HangUp()
		if _, err := caller.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []telling
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		for change := range w.Changes(ctx, 0) {
			if change.Call == nil || change.Call.Phone != change.Phone || change.Call.Heard != nil {
				t.Errorf("change without its call: %+v", change)
			}
			got = append(got, telling{change.Kind, change.Phone, change.Text, change.Call.TalkingWith})
		}
		want := []telling{
			{simulator.Dialled, lan, "", nil},
			{simulator.Hears, lan, "[ringing]", nil},
			{simulator.Answered, lan, "", nil},
			{simulator.Hears, lan, "Press", nil},
			{simulator.Pressed, lan, "1", nil},
			{simulator.Hears, lan, "[ringing]", nil},
			{simulator.RingsNow, minh, "", nil},
			{simulator.Answered, minh, "", nil},
			{simulator.Joined, lan, "", []string{minh}},
			{simulator.Joined, minh, "", []string{lan}},
			{simulator.Spoke, minh, "hello", []string{lan}},
			{simulator.Hears, lan, "hello", []string{minh}},
			{simulator.HungUp, minh, "", []string{lan}},
			{simulator.Parted, minh, "", nil},
			{simulator.Parted, lan, "", nil},
			{simulator.HungUp, lan, "", nil},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Changes (-want +got):\n%s", diff)
		}
	})
}

func TestCall_WaitsThatEndEarly(t *testing.T) {
	bubble(t, voiced, func(t *testing.T, w *world) {
		w.says(map[string]string{"/twilio/voice": `<Say>Hello</Say><Pause length="60"/>`})
		call := w.dial(lan)
		ctx, cancel := contextFor(t, time.Second)
		defer cancel()
		if _, err := call.Hears(ctx, "Never"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Hears = %v, want a deadline exceeded", err)
		}
		if _, err := call.Hears(t.Context(), "Never"); !errors.Is(err, simulator.ErrCallOver) {
			t.Errorf("Hears to the end of the call = %v, want ErrCallOver", err)
		}
		if err := call.Talks(t.Context(), minh); !errors.Is(err, simulator.ErrCallOver) {
			t.Errorf("Talks on a call that is over = %v, want ErrCallOver", err)
		}
		if err := call.Answer(); err == nil {
			t.Error("Answer of a call the phone made itself: no error")
		}
		if err := call.Decline(); err == nil {
			t.Error("Decline of a call the phone made itself: no error")
		}
		ctx, cancel = contextFor(t, time.Second)
		defer cancel()
		if _, err := w.Phone(minh).NextRing(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("NextRing = %v, want a deadline exceeded", err)
		}
	})
}

func TestPhone_SwitchedOffOrDeclining(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.Phone(lan).SwitchOff()
		off := w.Call(w.place(lan))
		w.place(minh)
		call, err := w.Phone(minh).NextRing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Decline(); err != nil {
			t.Error(err)
		}
		w.place(clinic)
		ring, err := w.Phone(clinic).NextRing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ring.HangUp() // to hang up a call that rings is to decline it
		if off.Status() != simulator.CallNoAnswer || call.Status() != simulator.CallBusy || ring.Status() != simulator.CallBusy {
			t.Errorf("switched off %v, declined %v and %v, want no-answer, busy and busy", off.Status(), call.Status(), ring.Status())
		}
	})
}

func TestClose_WithCallsInEveryState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, voicedWith(func(o *simulator.Options) { o.Latency.Detect = time.Minute }))
		w.says(map[string]string{
			"/twilio/voice": `<Dial><Conference waitUrl="/wait">room</Conference></Dial>`, "/wait": `<Pause length="60"/>`,
			"/answered": `<Gather timeout="60"><Say>Hello</Say></Gather>`, "/record": `<Record timeout="60"/>`,
		})
		waiting := w.dial(lan)
		w.place(minh)
		w.place(clinic, "MachineDetection", "Enable")
		w.answered(minh)
		w.answered(clinic)
		w.place("+84900000003")
		dialling, err := w.Phone("+84900000004").Dial(t.Context(), line)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.Close()
		if waiting.Over() || dialling.Over() {
			t.Error("Close ended a call: it stays as it is")
		}
		if err := waiting.Speak("a"); err != nil {
			t.Errorf("Speak after Close: %v", err)
		}
	})
}
