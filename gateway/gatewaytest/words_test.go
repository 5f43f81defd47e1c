package gatewaytest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
)

func TestStory_ThePoliceAreBroughtInAndThePersonAsksForSilence(t *testing.T) {
	inBubble(t, func(_ *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Victim, "chong em hay danh em")
		w.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
		code := w.Expect(gatewaytest.Lan, alert)[1]
		w.Expect(gatewaytest.Hoa, alert)
		w.Text(gatewaytest.Lan, "1")
		w.Expect(gatewaytest.Lan, `ban da nhan`)
		w.Expect(gatewaytest.Lan, code+`: chong em hay danh em`)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		w.Expect(gatewaytest.Victim, `^Da co nguoi nhan, se nhan lai\.$`)

		w.Text(gatewaytest.Lan, "Thêm công an")
		w.Expect(gatewaytest.Police, `^CT `+code+`: khan\. Nguoi dang giup moi ban cung tham gia\.`)
		w.Text(gatewaytest.Police, "1")
		w.Expect(gatewaytest.Police, `ban da nhan`)
		w.Expect(gatewaytest.Police, code+`: chong em hay danh em`)
		w.Text(gatewaytest.Police, "Chung toi dang toi")
		w.Expect(gatewaytest.Victim, `^Chung toi dang toi$`)

		w.Text(gatewaytest.Victim, "NGUNG")
		w.Expect(gatewaytest.Victim, `^Da ngung\. Can thi cu nhan lai\.$`)
		w.Expect(gatewaytest.Lan, `may ben kia khong nhan tin`)
		w.Expect(gatewaytest.Police, `may ben kia khong nhan tin`)
		w.Text(gatewaytest.Lan, "em co sao khong")
		w.Expect(gatewaytest.Lan, `may ben kia khong nhan tin`)
		w.Expect(gatewaytest.Police, `may ben kia khong nhan tin`)

		w.Text(gatewaytest.Office, "XONG "+code)
		for _, phone := range []string{gatewaytest.Lan, gatewaytest.Police, gatewaytest.Office} {
			w.Expect(phone, `^CT `+code+` da dong\.`)
		}
		time.Sleep(time.Hour)
		w.Quiet()
	})
}

func TestStory_OffDutyAndTheCarriersWordThatSomebodyCalled(t *testing.T) {
	inBubble(t, func(t *testing.T, w *gatewaytest.World) {
		w.Text(gatewaytest.Police, "NGHI")
		w.Expect(gatewaytest.Police, `^Ban da nghi truc\. Truc lai: TRUC\.$`)
		w.Expect(gatewaytest.Office, `^CT: khong con cong an nao truc\.`)
		w.Text(gatewaytest.Hoa, "?")
		w.Expect(gatewaytest.Hoa, `^1 nhan, 0 tu choi`)

		if _, err := w.Carrier.Phone("VIETTEL").Text(context.Background(), gatewaytest.Support, "Thue bao 0935111222 da goi cho ban luc 02:14"); err != nil {
			t.Fatal(err)
		}
		w.Expect(gatewaytest.Lan, alert)
		w.Expect(gatewaytest.Hoa, alert)
		time.Sleep(61 * time.Second)
		w.Expect(gatewaytest.Office, alert) // the police are off duty
		w.Text(gatewaytest.Office, "1")
		w.Expect(gatewaytest.Office, `ban da nhan`)
		w.Expect(gatewaytest.Lan, `da co nguoi nhan`)
		w.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
		synctest.Wait()
		w.Quiet() // and nothing went to the phone that called
	})
}
