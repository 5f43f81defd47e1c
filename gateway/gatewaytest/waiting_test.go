package gatewaytest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// Ten people call and three contacts are on call: everybody is held, nobody is sent away, and whoever
// becomes free gets who is in danger first, then who came first.
func TestCalls_TenCallersThreeContacts(t *testing.T) {
	ward := strings.NewReplacer("always: [lan, hoa, ca-phuong, van-phong]", "always: [lan, hoa, ca-phuong]",
		"language: vi\n", "language: vi\ncall_rate: 50\n").Replace(gatewaytest.CallWard())
	ward = strings.Replace(ward, `    - {notify: [trusted_address], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}`, `    - {notify: [trusted_address, police], wait: 60s}`, 1)
	calling(t, ward, func(t *testing.T, w *gatewaytest.World) {
		var callers []*simulator.Call
		number := func(n int) string { return fmt.Sprintf("+8493511100%d", n) }
		for n := range 10 {
			call := w.Dial(number(n))
			callers = append(callers, call)
			time.Sleep(time.Second)
		}
		for n, call := range callers {
			w.Hears(call, greeting)
			if n != 9 { // who presses nothing counts as in danger
				w.Press(call, "4")
			}
		}
		// The three take whoever is rung for them; nobody's phone rings twice at once.
		free := []string{gatewaytest.Lan, gatewaytest.Hoa, gatewaytest.Police}
		var order []string
		for len(order) < 10 {
			for _, phone := range free {
				if len(order) == 10 {
					break
				}
				rings := w.Carrier.Phone(phone).Ringing()
				for range 600 {
					if len(rings) > 0 {
						break
					}
					time.Sleep(100 * time.Millisecond)
					rings = w.Carrier.Phone(phone).Ringing()
				}
				if len(rings) != 1 {
					t.Fatalf("a contact's phone rings %d times at once, after %d were answered", len(rings), len(order))
				}
				ring := rings[0]
				w.Answer(ring)
				w.Hears(ring, asksLan)
				w.Press(ring, "1")
				w.Hears(ring, connects)
				time.Sleep(8 * time.Second)
				with := ring.TalkingWith()
				if len(with) != 1 {
					t.Fatalf("a helper talks with %v after pressing 1", with)
				}
				order = append(order, with[0])
				ring.HangUp()
				for n, call := range callers {
					if number(n) == with[0] {
						w.Hears(call, another)
						call.HangUp()
					}
				}
				time.Sleep(2 * time.Second)
			}
		}
		danger := -1
		for i, n := range order {
			if n == number(9) {
				danger = i
			}
		}
		if danger > 4 {
			t.Errorf("the caller in danger was answered as number %d of %v", danger+1, order)
		}
	})
}

// Nobody answers: the caller hears so after a round, leaves a message on 6, and who takes the case later
// hears it on the phone.
func TestCalls_Voicemail(t *testing.T) {
	calling(t, gatewaytest.CallWard(), func(t *testing.T, w *gatewaytest.World) {
		caller := w.Dial(gatewaytest.Victim)
		w.Hears(caller, greeting)
		w.Press(caller, "4")
		for range 5 {
			time.Sleep(time.Minute)
		}
		w.Hears(caller, "Chưa có người nghe. Nếu nguy hiểm, xin gọi 113. Vẫn đang gọi tiếp.")
		w.Press(caller, "6")
		w.Hears(caller, "Sau tiếng bíp")
		w.Hears(caller, "[tone]")
		if err := caller.Speak("em ở nhà sau chợ"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		caller.HangUp()
		time.Sleep(10 * time.Second)
		recordings := w.Carrier.Recordings()
		if len(recordings) != 1 || !recordings[0].Deleted {
			t.Fatalf("recordings at the carrier: %+v, want one, deleted", recordings)
		}
		for len(w.Carrier.Phone(gatewaytest.Hoa).Ringing()) > 0 {
			time.Sleep(5 * time.Second)
		}
		w.Text(gatewaytest.Hoa, "1")
		time.Sleep(5 * time.Second)
		calls := w.Carrier.Phone(gatewaytest.Hoa).Ringing()
		if len(calls) != 1 {
			t.Fatalf("who took the case is called %d times, want once: to hear the message", len(calls))
		}
		w.Answer(calls[0])
		w.Hears(calls[0], asksLan)
		w.Press(calls[0], "1")
		w.Hears(calls[0], "[play https://hotline.example.vn/twilio/voice/message/")
		calls[0].HangUp()
	})
}

// A voice-only holder who falls silent is asked by call, and can say by keypad that it is over.
func TestCalls_VoiceOnlyHolderIsAskedByCall(t *testing.T) {
	ward := strings.Replace(gatewaytest.CallWard(), `phone: "+84905000001", channels: [sms, voice]`, `phone: "+84905000001", channels: [voice]`, 1)
	calling(t, ward, func(_ *testing.T, w *gatewaytest.World) {
		caller := w.Dial(gatewaytest.Victim)
		lan := w.Ring(gatewaytest.Lan)
		w.Answer(lan)
		w.Hears(lan, asksLan)
		w.Hears(caller, greeting)
		w.Press(caller, "4")
		w.Press(lan, "1")
		w.Talk(caller, gatewaytest.Lan)
		caller.HangUp()
		w.Hears(lan, "gác máy")
		lan.HangUp()
		time.Sleep(15*time.Minute - 5*time.Second)
		asked := w.Ring(gatewaytest.Lan)
		w.Answer(asked)
		w.Hears(asked, "Bạn còn đang giúp?")
		w.Press(asked, "9")
		w.Hears(asked, "đóng")
		synctest.Wait()
	})
}

// A request that placed a call hangs, though the carrier took it: the phone rings once.
func TestCalls_AnAnswerThatNeverComes(t *testing.T) {
	calling(t, gatewaytest.CallWard(), func(t *testing.T, w *gatewaytest.World) {
		w.Carrier.Inject(simulator.Fault{Kind: simulator.HangAccepted, On: simulator.Calling, Phone: gatewaytest.Lan, Times: 1})
		caller := w.Dial(gatewaytest.Victim)
		lan := w.Ring(gatewaytest.Lan)
		time.Sleep(8 * time.Second)
		w.Answer(lan)
		w.Hears(lan, asksLan)
		w.Press(lan, "1")
		w.Talk(caller, gatewaytest.Lan)
		if n := len(w.Carrier.Phone(gatewaytest.Lan).Calls()); n != 1 {
			t.Errorf("the phone was called %d times, want once", n)
		}
		caller.HangUp()
		w.Hears(lan, "gác máy")
		lan.HangUp()
	})
}

// Status reports before the answer, twice, late: nothing changes for the two.
func TestCalls_ReportsInAnyOrder(t *testing.T) {
	calling(t, gatewaytest.CallWard(), func(_ *testing.T, w *gatewaytest.World) {
		w.Carrier.Inject(
			simulator.Fault{Kind: simulator.LateAnswer, On: simulator.Calling, Delay: 2 * time.Second, Times: 100},
			simulator.Fault{Kind: simulator.DuplicateCallbacks, On: simulator.Calling, Times: 100},
		)
		caller := w.Dial(gatewaytest.Victim)
		lan := w.Ring(gatewaytest.Lan)
		w.Answer(lan)
		w.Hears(lan, asksLan)
		w.Press(lan, "1")
		w.Talk(caller, gatewaytest.Lan)
		lan.HangUp()
		w.Hears(caller, another)
		caller.HangUp()
	})
}

// Redis is away while somebody holds, and while a helper presses 1: nobody is dropped, and the key counts.
func TestCalls_StorageAwayDropsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb, redis := routingtest.NewRedis(t)
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: gatewaytest.CallWard(), Poll: time.Hour})
		w.Start()
		caller := w.Dial(gatewaytest.Victim)
		lan := w.Ring(gatewaytest.Lan)
		w.Hears(caller, greeting)
		w.Press(caller, "4")
		w.Hears(caller, hold)
		w.Answer(lan)
		w.Hears(lan, asksLan)
		redis.SetError("LOADING Redis is loading the dataset in memory")
		w.Press(lan, "1")
		time.Sleep(20 * time.Second)
		if caller.Over() || lan.Over() {
			t.Fatalf("calls are over while storage is away: caller %v, helper %v", caller.Over(), lan.Over())
		}
		redis.SetError("")
		w.Talk(caller, gatewaytest.Lan)
		caller.HangUp()
		w.Hears(lan, "gác máy")
		lan.HangUp()
		synctest.Wait()
	})
}

// One replica takes the call in and dies while the caller holds: the other goes on.
func TestCalls_AReplicaDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: gatewaytest.CallWard()})
		first := w.Start()
		w.Start()
		caller := w.Dial(gatewaytest.Victim)
		lan := w.Ring(gatewaytest.Lan)
		w.Hears(caller, greeting)
		w.Stop(first)
		w.Press(caller, "4")
		w.Answer(lan)
		w.Hears(lan, asksLan)
		w.Press(lan, "1")
		w.Talk(caller, gatewaytest.Lan)
		lan.HangUp()
		w.Hears(caller, another)
		caller.HangUp()
		synctest.Wait()
	})
}

// The ward's own recordings are played, in a language of its own by key 7; what is missing is spoken.
func TestCalls_Recordings(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"vi/greet.mp3", "7-hre/hold.mp3"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("ID3\x04\x00\x00\x00\x00\x00\x00"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: gatewaytest.CallWard(), Poll: time.Hour, Recordings: dir})
		w.Start()
		caller := w.Dial(gatewaytest.Victim)
		w.Hears(caller, "/twilio/voice/sounds/vi/greet.mp3]")
		w.Hears(caller, "Nếu muốn, bấm 1")
		w.Press(caller, "7")
		w.Hears(caller, "/twilio/voice/sounds/7-hre/hold.mp3]")
		w.Press(caller, "9")
		w.Hears(caller, "Please hold, we are ringing the person on duty.")
		caller.HangUp()
		synctest.Wait()
		for _, a := range w.Carrier.Alerts() {
			t.Errorf("carrier complained: %+v", a)
		}
	})
}

// A contact who says on a call that they need help themselves is not rung for other people meanwhile.
func TestCalls_AContactInNeedIsLeftAlone(t *testing.T) {
	calling(t, gatewaytest.CallWard(), func(t *testing.T, w *gatewaytest.World) {
		caller := w.Dial(gatewaytest.Victim)
		lan := w.Ring(gatewaytest.Lan)
		w.Answer(lan)
		w.Hears(lan, asksLan)
		w.Press(lan, "5")
		w.Hears(lan, hold)
		other := w.Dial(gatewaytest.Other)
		time.Sleep(90 * time.Second)
		if n := len(w.Carrier.Phone(gatewaytest.Lan).Calls()); n != 1 {
			t.Errorf("a contact in need was called %d times, want only the call they are on", n)
		}
		for _, call := range []*simulator.Call{caller, lan, other} {
			if call.Over() {
				t.Errorf("a call is over after %q", call.Heard())
			}
			call.HangUp()
		}
		time.Sleep(time.Minute)
	})
}
