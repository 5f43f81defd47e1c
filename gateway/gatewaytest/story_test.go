package gatewaytest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/routing/routingtest"
)

// inBubble tells a story in a bubble of its own: one gateway, Redis in memory, the test's own clock.
func inBubble(t *testing.T, story func(*testing.T, *gatewaytest.World)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		// One gateway needs no polling to find what another left behind; without it hours pass quickly.
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, Poll: time.Hour})
		w.Start()
		story(t, w)
	})
}

const (
	alert  = `^CT (\w+): khan. Tra loi 1 nhan, 0 tu choi. Nhieu ca cho: 1 \w+\.$`
	danger = `^CT (\w+): NGUY HIEM. Tra loi 1 nhan, 0 tu choi.$`
)

func TestStory_FromATextToAHuman(t *testing.T) {
	inBubble(t, func(_ *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "chồng em hay đánh em, em ở tổ 1")
		w.Expect(gatewaytest.Victim, `^Đã nhận tin\.$`)
		code := w.Expect(gatewaytest.Lan, alert)[1]
		w.Expect(gatewaytest.Hoa, `^CT `+code)

		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `^CT `+code+`: ban da nhan\. Can .*, khu To 1\.`)
		w.Expect(gatewaytest.Lan, `^`+code+`: chồng em hay đánh em, em ở tổ 1$`)
		w.Expect(gatewaytest.Hoa, `^CT `+code+` da co nguoi nhan\. Cam on ban\.$`)
		w.Expect(gatewaytest.Victim, `^Đã có người nhận, sẽ nhắn lại\.$`)

		w.Text(gatewaytest.Lan, "Em đang ở nhà à?")
		w.Expect(gatewaytest.Victim, `^Em đang ở nhà à\?$`)
		w.Text(gatewaytest.Victim, "da, em o nha")
		w.Expect(gatewaytest.Lan, `^`+code+`: da, em o nha$`)

		w.Text(gatewaytest.Lan, "xong roi")
		w.Expect(gatewaytest.Lan, `^CT `+code+` da dong\.`)
		time.Sleep(24 * time.Hour)
		w.Quiet()
	})
}

func TestStory_NobodyAnswers(t *testing.T) {
	inBubble(t, func(_ *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		w.Expect(gatewaytest.Lan, alert)
		w.Expect(gatewaytest.Hoa, alert)
		time.Sleep(61 * time.Second)
		w.Expect(gatewaytest.Police, alert)
		w.Expect(gatewaytest.Office, alert)
		time.Sleep(60 * time.Second)
		w.Expect(gatewaytest.Police, `^CT \w+ chua co nguoi nhan\. Tra loi 1 nhan, 0 tu choi\.$`)
		w.Expect(gatewaytest.Office, `^CT \w+ chua co nguoi nhan\. Tra loi 1 nhan, 0 tu choi\.$`)
		time.Sleep(61 * time.Second)
		w.Expect(gatewaytest.Office, `^CT \w+: 3 phut chua co nguoi nhan\.`)
		w.Expect(gatewaytest.Victim, `^Chua co ai ranh\. Khong nen cho\.$`)
		w.Quiet()
		time.Sleep(60 * time.Second)
		code := w.Expect(gatewaytest.Lan, alert)[1]
		w.Expect(gatewaytest.Hoa, alert)
		w.Text(gatewaytest.Hoa, "nhan "+code)
		w.Expect(gatewaytest.Hoa, `ban da nhan`)
		w.Expect(gatewaytest.Hoa, code+`: chong em hay danh em`)
		for _, told := range []string{gatewaytest.Lan, gatewaytest.Police, gatewaytest.Office} {
			w.Expect(told, `da co nguoi nhan`)
		}
		synctest.Wait()
		w.Quiet()
	})
}
