package demo

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/routing/texts"
)

const (
	danger = "Chồng em cầm dao đang đập cửa, cứu em với"
	silent = "Máy im."
)

func TestDemo_FromATextToAHumanAndBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.wants("cases", "Không có ca nào đang mở")
		b.wants("thread-to1-lan", silent)

		b.text("person", danger)
		b.wants("thread-person", danger, "Đã nhận tin.")
		for _, phone := range []string{"to1-lan", "to2-hoa"} {
			b.wants("thread-"+phone, "NGUY HIEM", "Tra loi 1 nhan")
			b.wants("badge-"+phone, "1 tin mới")
			b.wantsNone("thread-"+phone, "Chồng em") // no word before the case is taken
		}
		b.wants("thread-cong-an", silent)
		b.wants("cases", "nguy hiểm", "Đang báo, chưa có người nhận", "Bước 2: báo công an và địa chỉ tin cậy", "Cô Lan chờ trả lời")
		b.wants("log", "Bước 1: báo Cô Lan và Chú Hòa.", "Tin báo đầu tiên tới nhà mạng")

		b.text("to1-lan", "1")
		b.wants("thread-to1-lan", "ban da nhan", danger)
		b.wants("thread-to2-hoa", "da co nguoi nhan")
		b.wants("thread-person", "Đã có người nhận.")
		b.wants("cases", "Cô Lan đã nhận", "Nếu Cô Lan im lặng")

		b.text("to1-lan", "Em có ra cửa sau được không?")
		b.text("person", "Dạ được")
		b.wants("thread-person", "Em có ra cửa sau được không?")
		b.wants("thread-to1-lan", "Dạ được")
		b.wantsNone("thread-to2-hoa", "cửa sau", "Dạ được")
		for _, digits := range []string{"0000050", "000 050"} {
			b.wantsNone("thread-to1-lan", digits)
		}
		for _, digits := range []string{"0000001", "000 001"} {
			b.wantsNone("thread-person", digits)
		}

		b.text("to1-lan", "XONG")
		b.wants("thread-to1-lan", "da dong")
		b.wants("cases", "Không có ca nào đang mở")
		b.wants("log", "Cô Lan nhắn cho người cần giúp", "Cô Lan đóng ca")
		before := b.part("thread-person")
		b.pass(3 * time.Minute)
		if after := b.part("thread-person"); after != before {
			t.Errorf("after the case was closed the person's phone went from %q to %q, want nothing more", before, after)
		}
		if alerts := b.demo.world.carrier.Alerts(); len(alerts) != 0 {
			t.Errorf("the carrier found fault with the gateway: %v, want nothing", alerts)
		}
		b.leaks()
	})
}

func TestDemo_EscalatesWithinHalfAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.text("person", danger)
		b.wants("thread-cong-an", silent)
		b.pass(10 * time.Second)
		b.wants("thread-cong-an", "NGUY HIEM")
		b.wants("thread-tram-y-te", silent)
		b.wants("cases", "Bước 3")
		b.wants("log", "Cô Lan và Chú Hòa chưa trả lời.", "Bước 2: báo Công an phường, Cô Lan và Chú Hòa.")
		b.pass(10 * time.Second)
		b.wants("thread-tram-y-te", "NGUY HIEM")
		b.wants("cases", "nghỉ một chút rồi báo lại từ bước 1")

		b.pass(16 * time.Second)
		b.wants("cases", "Hết một vòng chưa có người nhận", "Báo lại từ bước 1")
		b.wants("thread-person", "Chưa có ai rảnh.")
		b.pass(time.Minute)
		b.wants("cases", "Bước 2")
		b.wants("log", "Hết một vòng.")

		b.text("to2-hoa", "0")
		b.wants("log", "Chú Hòa từ chối.")
		b.wants("cases", "Chú Hòa từ chối")
		b.text("to2-hoa", "1") // changed their mind
		b.wants("cases", "Chú Hòa đã nhận")
		b.leaks()
	})
}

func TestDemo_PhoneOfSomebodyHidingStaysSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.text("person", "Em đang trốn trong tủ, đừng nhắn lại")
		b.pass(3 * time.Minute)
		if got := b.demo.world.carrier.Phone(personNumber).Inbox(); len(got) != 0 {
			t.Errorf("the phone of somebody hiding got %v, want nothing", got)
		}
		b.wants("log", "Không tự động nhắn cho người cần giúp: người đó đang trốn, máy phải im.")
	})
}

func TestDemo_EverySampleIsTriagedAsItSays(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"danger": "nguy hiểm", "plain": "nguy hiểm", "hiding": "nguy hiểm",
		"urgent": "khẩn", "question": "thông tin", "ad": "thông tin",
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		for _, s := range samples() {
			b.text("person", s.Body)
			if b.wants("log", "mức: "+want[s.Kind]+"."); want[s.Kind] == "" {
				t.Errorf("sample %s has no level that it should be triaged as", s.Kind)
			}
			b.post("/again", nil)
		}
	})
}

func TestDemo_StartsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.text("person", danger)
		if w := b.post("/again", nil); w.Code != http.StatusSeeOther {
			t.Fatalf("POST /again = %d, want 303", w.Code)
		}
		b.wants("thread-to1-lan", silent)
		b.wants("log", "Mọi việc xảy ra")
		b.wantsNone("thread-person", danger)
		b.pass(time.Minute) // what was under way before does not come any more
		b.wants("thread-cong-an", silent)

		b.text("person", danger)
		b.wants("thread-person", "Đã nhận tin.") // restraint of the former world is over with it
		b.wants("thread-to1-lan", "NGUY HIEM")
	})
}

func TestDemo_SpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		if page := b.page(); !strings.Contains(page, `<html lang="vi">`) || !strings.Contains(page, "Không tin nhắn thật nào rời khỏi máy này") {
			t.Errorf("the page is not in Vietnamese or does not say that it is simulated")
		}
		if w := b.post("/language", url.Values{"language": {"en"}}); w.Code != http.StatusSeeOther {
			t.Fatalf("POST /language = %d, want 303", w.Code)
		}
		if page := b.page(); !strings.Contains(page, `<html lang="en">`) || !strings.Contains(page, "No real message leaves this machine") {
			t.Errorf("the page is not in English or does not say that it is simulated")
		}
		b.text("person", danger)
		b.wants("thread-to1-lan", "Reply 1 to take it")
		b.wants("cases", "immediate danger", "Step 2: alert police and trusted address")
		b.wants("log", "Step 1: Cô Lan and Chú Hòa alerted.")
		b.post("/language", url.Values{"language": {"vi"}})
		b.text("to1-lan", "1")
		b.wants("thread-to1-lan", "ban da nhan") // from now on, in the language of now
	})
}

func TestDemo_ReadingClearsTheBadge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.text("person", danger)
		b.wants("badge-to1-lan", "1 tin mới")
		b.post("/phones/to1-lan/read", nil)
		if got := b.part("badge-to1-lan"); got != "" {
			t.Errorf("badge after reading = %q, want none", got)
		}
		b.text("to2-hoa", "0") // whoever writes has looked
		b.wants("badge-to2-hoa", "1 tin mới")
		b.wants("thread-to2-hoa", "da ghi nhan")
	})
}
