package gatewaytest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// calling tells a story of calls in a bubble of its own.
func calling(t *testing.T, lineFile string, story func(*testing.T, *gatewaytest.World)) {
	t.Helper()
	// Carriers differ in whether a push out of a conference also asks the Dial's action.
	for name, asks := range map[string]bool{"quiet push": false, "push asks the action": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rdb, _ := routingtest.NewRedis(t)
				w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: lineFile, Poll: time.Hour, ActionOnRedirect: asks})
				w.Start()
				story(t, w)
				synctest.Wait()
				for _, a := range w.Carrier.Alerts() {
					t.Errorf("carrier complained: %+v", a)
				}
			})
		})
	}
}

const (
	greeting = "Xin chào, số trực của phường."
	hold     = "Xin giữ máy, đang gọi người trực."
	joined   = "Đã có người, mời bạn nói chuyện."
	another  = "Người giúp đã gác máy. Bấm 1 nếu bạn cần gặp người khác."
	asksLan  = "Bấm 1 để nhận, bấm 0 nếu không nhận được."
	connects = "Đang nối máy. Số của bạn không hiện ra."
	late     = "Ca này đã có người nhận. Cảm ơn bạn."
)

func TestCalls_FromARingToAHuman(t *testing.T) {
	calling(t, gatewaytest.CallWard(), func(t *testing.T, w *gatewaytest.World) {
		began := time.Now()
		caller := w.Dial(gatewaytest.Victim)
		lan, hoa := w.Ring(gatewaytest.Lan), w.Ring(gatewaytest.Hoa)
		if took := w.Carrier.CallRequests()[0].At.Sub(began); took > 100*time.Millisecond {
			t.Errorf("the first call is asked for after %v", took)
		}
		w.Hears(caller, greeting)
		if took := time.Since(began); took < 4*time.Second {
			t.Errorf("the call was answered after %v, want it to ring for 4 s", took)
		}
		w.Press(caller, "4")
		w.Hears(caller, hold)
		w.Answer(lan)
		w.Hears(lan, "mức khẩn")
		pressed := time.Now()
		w.Press(lan, "1")
		w.Hears(lan, connects)
		w.Hears(caller, joined)
		if took := time.Since(pressed); took > 300*time.Millisecond {
			t.Errorf("the caller is on the way %v after the key, want 300 ms at most", took)
		}
		w.Talk(caller, gatewaytest.Lan)
		w.Talk(lan, gatewaytest.Victim)
		synctest.Wait()
		if got := hoa.Status(); got != simulator.CallCanceled {
			t.Errorf("the other phone's call is %s, want it canceled", got)
		}
		lan.HangUp()
		w.Hears(caller, another)
		caller.HangUp()
		synctest.Wait()
		for _, a := range w.Carrier.Alerts() {
			t.Errorf("carrier complained: %+v", a)
		}
	})
}

func TestCalls_EveryPushLost(t *testing.T) {
	calling(t, gatewaytest.CallWard(), func(t *testing.T, w *gatewaytest.World) {
		w.Carrier.Inject(simulator.Fault{Kind: simulator.LosePush, Times: 1000})
		caller := w.Dial(gatewaytest.Victim)
		lan, hoa := w.Ring(gatewaytest.Lan), w.Ring(gatewaytest.Hoa)
		w.Hears(caller, greeting)
		w.Press(caller, "4")
		w.Hears(caller, hold)
		w.Answer(lan)
		w.Hears(lan, asksLan)
		w.Press(lan, "1")
		pressed := time.Now()
		w.Talk(caller, gatewaytest.Lan)
		if took := time.Since(pressed); took > 15*time.Second {
			t.Errorf("joined %v after the key with every push lost, want one waiting turn", took)
		}
		w.Answer(hoa)
		w.Hears(hoa, late)
		lan.HangUp()
		w.Hears(caller, another)
		caller.HangUp()
		synctest.Wait()
	})
}

func TestCalls_TwoHelpersAndOneLeaves(t *testing.T) {
	calling(t, gatewaytest.CallWard(), func(t *testing.T, w *gatewaytest.World) {
		caller := w.Dial(gatewaytest.Victim)
		lan := w.Ring(gatewaytest.Lan)
		w.Hears(caller, greeting)
		w.Press(caller, "4")
		w.Answer(lan)
		w.Hears(lan, asksLan)
		w.Press(lan, "1")
		w.Talk(caller, gatewaytest.Lan)
		w.Text(gatewaytest.Lan, "THEM CA")
		police := w.Ring(gatewaytest.Police)
		w.Answer(police)
		w.Hears(police, asksLan)
		w.Press(police, "1")
		w.Talk(caller, gatewaytest.Lan, gatewaytest.Police)
		lan.HangUp()
		w.Talk(caller, gatewaytest.Police)
		time.Sleep(5 * time.Minute)
		w.Talk(caller, gatewaytest.Police)
		caller.HangUp()
		w.Hears(police, "gác máy")
		police.HangUp()
		synctest.Wait()
		for _, c := range w.Carrier.Conferences() {
			if c.Recorded {
				t.Error("a conference was recorded")
			}
		}
		for _, r := range w.Carrier.CallRequests() {
			for name := range r.Form {
				if strings.Contains(strings.ToLower(name), "record") {
					t.Errorf("a call is asked for with %s", name)
				}
			}
		}
	})
}
