package twilio_test

import (
	"testing"

	"github.com/tincay/hotline/gateway/twilio"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, fragment := range []string{"rc=3&rp=all", "#rc=3&rp=all"} {
		u, err := twilio.NewURLs("https://h.vn/line/", fragment)
		if err != nil {
			t.Fatalf("NewURLs = %v", err)
		}
		for got, want := range map[string]string{
			u.Turn("q1/l7", 3):       "https://h.vn/line/twilio/voice/turn/q1/l7/3#rc=3&rp=all",
			u.Status("q1/l7"):        "https://h.vn/line/twilio/voice/status/q1/l7#rc=3&rp=all",
			u.Recorded("q1/l7", 3):   "https://h.vn/line/twilio/voice/recorded/q1/l7/3#rc=3&rp=all",
			u.Sound("hold.vi.mp3"):   "https://h.vn/line/twilio/voice/sounds/hold.vi.mp3",
			u.Message("q1/l7", "tk"): "https://h.vn/line/twilio/voice/message/q1/l7/tk",
		} {
			if got != want {
				t.Errorf("URL = %s, want %s", got, want)
			}
		}
	}
	for _, none := range []string{"", twilio.NoFragment} {
		u, err := twilio.NewURLs("https://h.vn", none)
		if got, want := u.Turn("a/b", 0), "https://h.vn/twilio/voice/turn/a/b/0"; err != nil || got != want {
			t.Errorf("Turn with fragment %q = %s, %v, want %s", none, got, err, want)
		}
	}
	if _, err := twilio.NewURLs("h.vn", ""); err == nil {
		t.Error("NewURLs of no URL = nil, want an error")
	}
}
