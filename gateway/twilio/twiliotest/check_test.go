package twiliotest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tincay/hotline/gateway/twilio/twiliotest"
)

const (
	account = "AC00000000000000000000000000000001"
	call    = "CA00000000000000000000000000000002"
	base    = "https://api.twilio.com/2010-04-01/Accounts/" + account
)

// witness is a test that keeps the errors it is told.
type witness struct {
	testing.TB
	errors []string
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

// sink takes requests and keeps the body of the last one.
type sink struct{ body string }

func (s *sink) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		s.body = string(b)
	}
	return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const (
		text   = "To=%2B84900000001&From=%2B84900000100&Body=xin+chao"
		placed = "To=%2B84900000001&From=%2B84900000100&Url=https%3A%2F%2Fh.vn%2Fa%23rc%3D3%26rp%3Dall"
	)
	for _, tt := range []struct {
		name, method, url, body string
		want                    string // in the error; empty: none
	}{
		{"a text", "POST", base + "/Messages.json", text + "&ValidityPeriod=30&StatusCallback=https%3A%2F%2Fh.vn%2Fs", ""},
		{"a text, at another server", "POST", "http://sms.example/api/2010-04-01/Accounts/" + account + "/Messages.json", text, ""},
		{"a call", "POST", base + "/Calls.json", placed + "&Method=POST&Timeout=25&StatusCallback=https%3A%2F%2Fh.vn%2Fs&StatusCallbackMethod=POST&StatusCallbackEvent=ringing&StatusCallbackEvent=answered", ""},
		{"one event", "POST", base + "/Calls.json", placed + "&StatusCallback=https%3A%2F%2Fh.vn%2Fs&StatusCallbackEvent=completed", ""},
		{"a list", "GET", base + "/Calls.json?To=%2B84900000001&StartTime%3E=2026-11-24T02%3A59%3A59Z&PageSize=200", "", ""},
		{"a push", "POST", base + "/Calls/" + call + ".json", "Url=https%3A%2F%2Fh.vn%2Fa&Method=POST", ""},
		{"a cancel", "POST", base + "/Calls/" + call + ".json", "Status=canceled", ""},
		{"a removal", "DELETE", base + "/Recordings/RE00000000000000000000000000000002.json", "", ""},

		{"misspelt field", "POST", base + "/Calls.json", placed + "&StatusCallBack=https%3A%2F%2Fh.vn", "StatusCallBack: no such field"},
		{"misspelt filter", "GET", base + "/Calls.json?StartTime%3E%3D=2026-11-24T02%3A59%3A59Z", "", "no such parameter"},
		{"no body", "POST", base + "/Messages.json", "To=%2B84900000001&From=%2B84900000100", "required"},
		{"empty body", "POST", base + "/Messages.json", "To=%2B84900000001&From=%2B84900000100&Body=", "Body: empty"},
		{"body too long", "POST", base + "/Messages.json", text + strings.Repeat("a", 1600), "maxLength"},
		{"no URL", "POST", base + "/Calls.json", "To=%2B84900000001&From=%2B84900000100", "required"},
		{"relative URL", "POST", base + "/Calls.json", "To=%2B84900000001&From=%2B84900000100&Url=%2Fa", "pattern"},
		{"URL of a host with an underscore", "POST", base + "/Calls.json", "To=%2B84900000001&From=%2B84900000100&Url=https%3A%2F%2Fh_1.vn%2Fa", "pattern"},
		{"not E.164", "POST", base + "/Calls.json", strings.Replace(placed, "%2B84900000001", "0900000001", 1), "pattern"},
		{"filter not E.164", "GET", base + "/Messages.json?To=0900000001", "", "To : pattern"},
		{"an event that is none", "POST", base + "/Calls.json", placed + "&StatusCallback=https%3A%2F%2Fh.vn%2Fs&StatusCallbackEvent=hangup", "enum"},
		{"events in one word", "POST", base + "/Calls.json", placed + "&StatusCallback=https%3A%2F%2Fh.vn%2Fs&StatusCallbackEvent=ringing+answered", "enum"},
		{"events to nowhere", "POST", base + "/Calls.json", placed + "&StatusCallbackEvent=ringing", "without StatusCallback"},
		{"a method for no URL", "POST", base + "/Calls/" + call + ".json", "Status=canceled&Method=POST", "Method without Url"},
		{"rings too long", "POST", base + "/Calls.json", placed + "&Timeout=601", "maximum"},
		{"rings for a fraction", "POST", base + "/Calls.json", placed + "&Timeout=2.5", "body"},
		{"recorded", "POST", base + "/Calls.json", placed + "&Record=true", "Record: no such field"},
		{"a field twice", "POST", base + "/Calls.json", placed + "&Timeout=25&Timeout=30", "more than once"},
		{"nothing changed", "POST", base + "/Calls/" + call + ".json", "Method=POST", "either Url or Status"},
		{"hung up", "POST", base + "/Calls/" + call + ".json", "Status=completed", "enum"},
		{"an id that is none", "GET", base + "/Calls/CA2.json", "", "Sid : pattern"},
		{"a time that is a day", "GET", base + "/Messages.json?DateSent%3E=2026-11-24", "", "pattern"},
		{"another resource", "GET", base + "/Queues.json", "", "no such request"},
		{"another method", "PUT", base + "/Calls.json", "", "no such request"},
		{"another version", "GET", "https://api.twilio.com/2008-08-01/Accounts/" + account + ".json", "", "version"},
		{"another account", "GET", strings.TrimSuffix(base, "1") + "2.json", "", "credentials"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, next := &witness{TB: t}, &sink{}
			r, err := http.NewRequest(tt.method, tt.url, strings.NewReader(tt.body))
			if err != nil {
				t.Fatalf("NewRequest = %v", err)
			}
			if tt.method == http.MethodPost {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			r.SetBasicAuth(account, "token")
			if _, err := twiliotest.Check(w, next).RoundTrip(r); err != nil {
				t.Fatalf("RoundTrip = %v", err)
			}
			got := strings.Join(w.errors, "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("Check(%s) = %q, want %q in it", tt.name, got, tt.want)
			}
			if next.body != tt.body {
				t.Errorf("body carried = %q, want it as it was: %q", next.body, tt.body)
			}
			for _, secret := range []string{"900000001", "xin", account, "h.vn"} {
				if strings.Contains(got, secret) {
					t.Errorf("Check(%s) = %q, which holds %q", tt.name, got, secret)
				}
			}
		})
	}
}

func TestCheck_Transport(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"no credentials": func(r *http.Request) { r.Header.Del("Authorization") },
		"not a form":     func(r *http.Request) { r.Header.Set("Content-Type", "application/json") },
		"broken escape":  func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("Body=%zz")) },
	} {
		w := &witness{TB: t}
		r, _ := http.NewRequest(http.MethodPost, base+"/Calls/"+call+".json", strings.NewReader("Status=canceled"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(account, "token")
		change(r)
		if _, err := twiliotest.Check(w, &sink{}).RoundTrip(r); err != nil {
			t.Fatalf("RoundTrip = %v", err)
		}
		if len(w.errors) != 1 {
			t.Errorf("Check with %s = %q, want one error", name, w.errors)
		}
	}
}
