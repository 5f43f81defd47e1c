package command

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
)

// The checks themselves are tested in gateway/doctor.
func TestDoctor(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{AccountSID: gatewaytest.AccountSID, AuthToken: gatewaytest.AuthToken, Numbers: []simulator.Number{
		{
			E164: gatewaytest.Support, SMSURL: gatewaytest.PublicURL + "/twilio/sms#rc=3&rp=all",
			VoiceURL: gatewaytest.PublicURL + "/twilio/voice", StatusCallback: gatewaytest.PublicURL + "/twilio/voice/status",
		},
	}})
	t.Cleanup(sim.Close)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	s := newShell(t)
	s.env["HOTLINE_PUBLIC_URL"], s.env["TWILIO_API_URL"] = gatewaytest.PublicURL, server.URL
	s.env["TWILIO_ACCOUNT_SID"], s.env["TWILIO_AUTH_TOKEN"] = gatewaytest.AccountSID, gatewaytest.AuthToken
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))

	row := regexp.MustCompile(`^(tốt \| ok|lưu ý \| warning|hỏng \| failed|chưa rõ \| unknown)\t[^\t]+\t.+ \| .+\n$`)
	check := func(code int, want ...string) {
		t.Helper()
		out, errs := s.run(code, "doctor")
		if errs != "" {
			t.Errorf("doctor says %q besides", errs)
		}
		personal(t, "doctor", out)
		for line := range strings.Lines(out) {
			if !row.MatchString(line) {
				t.Errorf("doctor prints %q, want verdict, subject, and what was found in both languages", line)
			}
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("doctor prints no %q:\n%s", w, out)
			}
		}
	}
	check(exitDone, "tốt | ok\tnhà mạng | carrier\ttài khoản hoạt động | the account is active\n", "lưu ý | warning\tcam-thanh +…13 voice\t", "chưa rõ | unknown\tRedis\t")
	s.env["HOTLINE_PUBLIC_URL"] = "https://other.example"
	check(exitFailed, "hỏng | failed\tcam-thanh +…13 SMS\tsms_url trỏ nơi khác")
	delete(s.env, "TWILIO_AUTH_TOKEN")
	check(exitFailed, "hỏng | failed\tcài đặt | settings\tthiếu hoặc sai | TWILIO_AUTH_TOKEN is not set\n")
}
