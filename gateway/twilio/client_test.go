package twilio_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
)

const (
	account = "AC00000000000000000000000000000001"
	token   = "0123456789abcdef0123456789abcdef"
	line    = "+84900000100"
	helper  = "+84900000001"
	words   = "Đừng gọi, nó đang ở nhà"
	listAt  = "/2010-04-01/Accounts/" + account + "/Messages.json"
)

func number(t testing.TB, s string) phone.Number {
	t.Helper()
	n, err := phone.ParseE164(s)
	if err != nil {
		t.Fatalf("ParseE164(%q) = %v", s, err)
	}
	return n
}

func message(t testing.TB) carrier.Message {
	return carrier.Message{From: number(t, line), To: number(t, helper), Body: words, Validity: 30 * time.Second, Ref: "s07/a1"}
}

// server starts a stand-in for the REST API and a client that calls it.
func server(t testing.TB, change func(*twilio.Options), serve http.HandlerFunc) *twilio.Client {
	t.Helper()
	s := httptest.NewServer(serve)
	t.Cleanup(s.Close)
	return newClient(t, s.URL, change)
}

func newClient(t testing.TB, api string, change func(*twilio.Options)) *twilio.Client {
	t.Helper()
	o := twilio.Options{AccountSID: account, AuthTokens: []string{token, "old"}, APIURL: api, PublicURL: "https://hotline.example.vn"}
	if change != nil {
		change(&o)
	}
	c, err := twilio.NewClient(o)
	if err != nil {
		t.Fatalf("NewClient = %v", err)
	}
	return c
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// wantError checks class, cause, code and status, and that the text tells nothing it must not.
func wantError(t *testing.T, what string, err error, want carrier.Error) {
	t.Helper()
	got, ok := errors.AsType[*carrier.Error](err)
	if !ok {
		t.Fatalf("%s = %v, want a carrier error", what, err)
	}
	if got.Class != want.Class || got.Cause != want.Cause || got.Code != want.Code || got.Status != want.Status {
		t.Errorf("%s = %v, want class %s, cause %s, code %d, status %d", what, got, want.Class, want.Cause, want.Code, want.Status)
	}
	for _, secret := range []string{helper[1:], line[1:], words, "Messages.json", token, account, "hotline.example"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: error text %q holds %q", what, err, secret)
		}
	}
}

func TestSend_Request(t *testing.T) {
	t.Parallel()
	type seen struct{ Method, Path, User, Password, ContentType string }
	var got seen
	var form url.Values
	c := server(t, nil, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got = seen{r.Method, r.URL.Path, user, password, r.Header.Get("Content-Type")}
		_ = r.ParseForm()
		form = r.PostForm
		answer(w, http.StatusCreated, `{"sid":"SM1","status":"queued"}`)
	})
	id, err := c.Send(t.Context(), message(t))
	if id != "SM1" || err != nil {
		t.Fatalf("Send = %q, %v, want SM1", id, err)
	}
	if diff := cmp.Diff(seen{"POST", listAt, account, token, "application/x-www-form-urlencoded"}, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	want := url.Values{
		"To": {helper}, "From": {line}, "Body": {words}, "ValidityPeriod": {"30"},
		"StatusCallback": {"https://hotline.example.vn/twilio/sms/status/s07/a1"},
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

// capture is a transport that answers by itself, to see requests meant for hosts that are not here.
type capture struct {
	url  string
	form url.Values
}

func (c *capture) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	c.url = r.URL.String()
	c.form, _ = url.ParseQuery(string(body))
	return &http.Response{StatusCode: 201, Body: io.NopCloser(strings.NewReader(`{"sid":"SM1"}`)), Request: r}, nil
}

func TestSend_AddressesAndCallback(t *testing.T) {
	t.Parallel()
	const twilioAPI = "https://api.twilio.com"
	for _, tt := range []struct {
		name, api, public, fragment, ref string
		wantURL, wantCallback            string
	}{
		{"Twilio", "", "https://h.vn", "", "a1", twilioAPI + listAt, "https://h.vn/twilio/sms/status/a1#rc=3&rp=all"},
		{"Twilio in a region", "https://api.dublin.ie1.twilio.com/", "https://h.vn/", "", "a1", "https://api.dublin.ie1.twilio.com" + listAt, "https://h.vn/twilio/sms/status/a1#rc=3&rp=all"},
		{"another server", "http://sms.example:4000", "https://h.vn", "", "a1", "http://sms.example:4000" + listAt, "https://h.vn/twilio/sms/status/a1"},
		{"a name that only ends alike", "https://nottwilio.com", "https://h.vn", "", "a1", "https://nottwilio.com" + listAt, "https://h.vn/twilio/sms/status/a1"},
		{"base paths", "http://sms.example/api/v1", "https://h.vn/line", "", "a/b/c", "http://sms.example/api/v1" + listAt, "https://h.vn/line/twilio/sms/status/a/b/c"},
		{"setting for another server", "http://sms.example", "https://h.vn", "#rc=1", "a1", "http://sms.example" + listAt, "https://h.vn/twilio/sms/status/a1#rc=1"},
		{"setting without its mark", "", "https://h.vn", "rc=5", "a1", twilioAPI + listAt, "https://h.vn/twilio/sms/status/a1#rc=5"},
		{"switched off", "", "https://h.vn", twilio.NoFragment, "a1", twilioAPI + listAt, "https://h.vn/twilio/sms/status/a1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen capture
			c := newClient(t, tt.api, func(o *twilio.Options) {
				o.PublicURL, o.CallbackFragment, o.Transport = tt.public, tt.fragment, &seen
			})
			m := message(t)
			m.Ref = tt.ref
			if _, err := c.Send(t.Context(), m); err != nil {
				t.Fatalf("Send = %v", err)
			}
			if seen.url != tt.wantURL {
				t.Errorf("Send called %s, want %s", seen.url, tt.wantURL)
			}
			if got := seen.form.Get("StatusCallback"); got != tt.wantCallback {
				t.Errorf("StatusCallback = %s, want %s", got, tt.wantCallback)
			}
		})
	}
}

func TestSend_ValidityPeriod(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		validity time.Duration
		want     string
	}{
		{time.Millisecond, "1"}, {1499 * time.Millisecond, "1"}, {1500 * time.Millisecond, "2"},
		{29980 * time.Millisecond, "30"}, {time.Minute, "60"}, {48 * time.Hour, "36000"},
	} {
		t.Run(tt.validity.String(), func(t *testing.T) {
			t.Parallel()
			var seen capture
			m := message(t)
			m.Validity = tt.validity
			if _, err := newClient(t, "", func(o *twilio.Options) { o.Transport = &seen }).Send(t.Context(), m); err != nil {
				t.Fatalf("Send = %v", err)
			}
			if got := seen.form.Get("ValidityPeriod"); got != tt.want {
				t.Errorf("ValidityPeriod for %v = %s, want %s", tt.validity, got, tt.want)
			}
		})
	}
}

func TestSend_RefusedHere(t *testing.T) {
	t.Parallel()
	var called atomic.Bool
	c := server(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		called.Store(true)
		answer(w, 201, `{"sid":"SM1"}`)
	})
	for _, tt := range []struct {
		name   string
		change func(*carrier.Message)
		want   error
	}{
		{"no recipient", func(m *carrier.Message) { m.To = phone.Number{} }, twilio.ErrNoNumber},
		{"no sender", func(m *carrier.Message) { m.From = phone.Number{} }, twilio.ErrNoNumber},
		{"no validity", func(m *carrier.Message) { m.Validity = 0 }, twilio.ErrOutOfDate},
		{"validity over", func(m *carrier.Message) { m.Validity = -time.Second }, twilio.ErrOutOfDate},
		{"no reference", func(m *carrier.Message) { m.Ref = "" }, twilio.ErrBadRef},
		{"reference with a query", func(m *carrier.Message) { m.Ref = "a?b" }, twilio.ErrBadRef},
		{"reference with a fragment", func(m *carrier.Message) { m.Ref = "a#b" }, twilio.ErrBadRef},
		{"reference to be unescaped", func(m *carrier.Message) { m.Ref = "a%20b" }, twilio.ErrBadRef},
		{"reference climbing", func(m *carrier.Message) { m.Ref = "a/../b" }, twilio.ErrBadRef},
		{"reference with a gap", func(m *carrier.Message) { m.Ref = "a//b" }, twilio.ErrBadRef},
		{"reference with a letter beyond ASCII", func(m *carrier.Message) { m.Ref = "đ" }, twilio.ErrBadRef},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := message(t)
			tt.change(&m)
			_, err := c.Send(t.Context(), m)
			wantError(t, "Send", err, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther})
			if !errors.Is(err, tt.want) {
				t.Errorf("Send = %v, want %v", err, tt.want)
			}
		})
	}
	if called.Load() {
		t.Error("a message refused here was sent")
	}
}

func TestNewClient_ReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := twilio.NewClient(twilio.Options{AccountSID: "AC/1", AuthTokens: []string{""}, APIURL: "ftp://x", PublicURL: "https://u:geheim@h.vn"})
	if err == nil {
		t.Fatal("NewClient = nil, want an error")
	}
	for _, want := range []string{"account SID", "auth token", "API URL", "public URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("NewClient = %v, want it to name the %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("NewClient = %v, want no password", err)
	}
	for _, bad := range []string{"", "h.vn", "https://", "https://h.vn?a=b", "https://h.vn#x", "https://h.vn/#", "://"} {
		if _, err := twilio.NewClient(twilio.Options{AccountSID: account, AuthTokens: []string{token}, PublicURL: bad}); err == nil {
			t.Errorf("NewClient with public URL %q = nil, want an error", bad)
		}
	}
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]carrier.Status{
		"accepted": carrier.StatusOnTheWay, "scheduled": carrier.StatusOnTheWay, "queued": carrier.StatusOnTheWay,
		"sending": carrier.StatusOnTheWay, "sent": carrier.StatusOnTheWay, "partially_delivered": carrier.StatusOnTheWay,
		"delivered": carrier.StatusDelivered, "read": carrier.StatusDelivered,
		"undelivered": carrier.StatusFailed, "failed": carrier.StatusFailed, "canceled": carrier.StatusFailed,
		"received": "", "DELIVERED": "", "": "",
	} {
		if got, known := twilio.StatusOf(word); got != want || known != (want != "") {
			t.Errorf("StatusOf(%q) = %q, %v, want %q", word, got, known, want)
		}
	}
}
