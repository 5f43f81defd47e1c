package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/gateway/twilio"
)

func TestAccount_Good(t *testing.T) {
	t.Parallel()
	for answered, want := range map[string]twilio.Account{
		`{"status":"active","type":"Full"}`:     {Status: twilio.StatusActive},
		`{"status":"suspended","type":"Trial"}`: {Status: "suspended", Trial: true},
		`{}`:                                    {},
	} {
		c := server(t, nil, func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			if r.Method != http.MethodGet || r.URL.Path != "/2010-04-01/Accounts/"+account+".json" || user != account || password != token {
				t.Errorf("request: %s %s by %q", r.Method, r.URL.Path, user)
			}
			answer(w, http.StatusOK, answered)
		})
		if got, err := c.Account(t.Context()); err != nil || got != want {
			t.Errorf("Account = %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestNumber_Good(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{AccountSID: account, AuthToken: token, Numbers: []simulator.Number{
		{E164: line, SMSURL: "https://a.example/sms#rc=3", SMSMethod: "GET", SMSFallbackURL: "https://a.example/f", VoiceURL: "https://a.example/v",
			VoiceFallbackURL: "https://a.example/vf", StatusCallback: "https://a.example/s"},
		{E164: line + "0", NoSMS: true, SMSApplicationSID: "AP1", TrunkSID: "TK1"},
		{E164: line + "1", VoiceApplicationSID: "AP1"},
	}})
	t.Cleanup(sim.Close)
	s := httptest.NewServer(sim)
	t.Cleanup(s.Close)
	c := newClient(t, s.URL, nil)
	none := twilio.Webhook{Method: "POST"}
	for e164, want := range map[string]twilio.NumberConfig{
		line: {
			SMS: twilio.Webhook{URL: "https://a.example/sms#rc=3", Method: "GET"}, SMSFallback: twilio.Webhook{URL: "https://a.example/f", Method: "POST"},
			Voice: twilio.Webhook{URL: "https://a.example/v", Method: "POST"}, VoiceFallback: twilio.Webhook{URL: "https://a.example/vf", Method: "POST"},
			VoiceStatus: twilio.Webhook{URL: "https://a.example/s", Method: "POST"}, TakesSMS: true,
		},
		line + "0": {SMS: none, SMSFallback: none, Voice: none, VoiceFallback: none, VoiceStatus: none, SMSApplication: true, VoiceElsewhere: true},
		line + "1": {SMS: none, SMSFallback: none, Voice: none, VoiceFallback: none, VoiceStatus: none, VoiceElsewhere: true, TakesSMS: true},
	} {
		got, ok, err := c.Number(t.Context(), number(t, e164))
		if err != nil || !ok {
			t.Fatalf("Number = %v, %v; want it found", ok, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Number (-want +got):\n%s", diff)
		}
	}
	// Numbers that only begin with it are not it.
	if _, ok, err := c.Number(t.Context(), number(t, strings.TrimSuffix(line, "0"))); ok || err != nil {
		t.Errorf("Number of one that is not the account's = %v, %v; want it not found", ok, err)
	}
}

func TestAccount_FailuresTellNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		status     int
		want       carrier.Error
	}{
		{"credentials", `{"code":20003,"message":"` + token + ` of ` + line + `"}`, 401, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 20003, Status: 401}},
		{"no answer document", `<html>` + line, 502, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 502}},
		{"unreadable", `{"status":` + line, 200, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{"of another type", `{"status":1,"incoming_phone_numbers":"` + line + `"}`, 200, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{"redirect", ``, 302, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Status: 302}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := server(t, nil, func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.status, tt.body) })
			_, err := c.Account(t.Context())
			wantError(t, "Account", err, tt.want)
			_, ok, err := c.Number(t.Context(), number(t, line))
			wantError(t, "Number", err, tt.want)
			if ok {
				t.Error("Number found although nothing was answered")
			}
		})
	}
}
