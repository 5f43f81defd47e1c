package twilio_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
)

const (
	public     = "https://hotline.example.vn"
	statusPath = "/twilio/sms/status/s07/a1"
)

var samePhone = cmp.Comparer(func(a, b phone.Number) bool { return a == b })

// desk is what stands behind the webhooks in a test: it keeps what it was given.
type desk struct {
	inbound []carrier.Inbound
	reports []carrier.Report
	refused []string
	failed  []error
	err     error // what Receive and Report answer
}

func (d *desk) options(t testing.TB) twilio.WebhookOptions {
	return twilio.WebhookOptions{
		Verifier:   verifier(t, public, token),
		AccountSID: account,
		Receive:    func(_ context.Context, in carrier.Inbound) error { d.inbound = append(d.inbound, in); return d.err },
		Report:     func(_ context.Context, r carrier.Report) error { d.reports = append(d.reports, r); return d.err },
		Refused:    func(route string, why twilio.Refusal) { d.refused = append(d.refused, route+" "+string(why)) },
		Failed:     func(_ string, err error) { d.failed = append(d.failed, err) },
	}
}

func mux(t testing.TB, o twilio.WebhookOptions) *http.ServeMux {
	t.Helper()
	h, err := twilio.NewWebhooks(o)
	if err != nil {
		t.Fatalf("NewWebhooks = %v", err)
	}
	m := http.NewServeMux()
	h.Routes(m)
	return m
}

// inboundForm is a text as Twilio posts it.
func inboundForm() url.Values {
	return url.Values{
		"ToCountry": {"VN"}, "SmsMessageSid": {"SM1"}, "NumMedia": {"0"}, "FromZip": {""}, "SmsSid": {"SM1"},
		"SmsStatus": {"received"}, "Body": {"  Cứu em; nó về rồi\r\n"}, "To": {line}, "NumSegments": {"1"},
		"MessageSid": {"SM1"}, "AccountSid": {account}, "From": {helper}, "ApiVersion": {"2010-04-01"},
	}
}

func reportForm(status string) url.Values {
	return url.Values{
		"MessageSid": {"SM1"}, "SmsSid": {"SM1"}, "AccountSid": {account}, "From": {line}, "To": {helper},
		"MessageStatus": {status}, "SmsStatus": {status}, "ApiVersion": {"2010-04-01"},
	}
}

func post(path string, form url.Values, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	if signature != "" {
		r.Header.Set("X-Twilio-Signature", signature)
	}
	return r
}

func signed(path string, form url.Values) *http.Request {
	return post(path, form, sign(token, public+path, form))
}

func with(form url.Values, key string, values ...string) url.Values {
	form = maps.Clone(form)
	if form[key] = values; values == nil {
		delete(form, key)
	}
	return form
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t testing.TB, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	return string(b)
}

func TestSMS_TakesInAText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		form url.Values
		want carrier.Inbound
	}{
		{"as it came", inboundForm(), carrier.Inbound{ID: "SM1", From: helper, Body: "  Cứu em; nó về rồi\r\n"}},
		{"empty body", with(inboundForm(), "Body", ""), carrier.Inbound{ID: "SM1", From: helper}},
		{"no body", with(inboundForm(), "Body"), carrier.Inbound{ID: "SM1", From: helper}},
		{"letters as sender", with(inboundForm(), "From", "Viettel"), carrier.Inbound{ID: "SM1", From: "Viettel", Body: "  Cứu em; nó về rồi\r\n"}},
		{"a parameter of tomorrow, repeated", with(inboundForm(), "New", "b", "a", "b"), carrier.Inbound{ID: "SM1", From: helper, Body: "  Cứu em; nó về rồi\r\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d desk
			res := serve(mux(t, d.options(t)), signed("/twilio/sms", tt.form))
			if got := text(t, res); res.StatusCode != 200 || got != "<Response/>" {
				t.Errorf("answer = %d %q, want 200 <Response/>", res.StatusCode, got)
			}
			if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/xml") {
				t.Errorf("Content-Type = %q, want text/xml", got)
			}
			tt.want.To = number(t, line)
			if diff := cmp.Diff([]carrier.Inbound{tt.want}, d.inbound, samePhone); diff != "" {
				t.Errorf("taken in (-want +got):\n%s", diff)
			}
			if len(d.refused)+len(d.failed) != 0 {
				t.Errorf("hooks told of %v, %v, want nothing", d.refused, d.failed)
			}
		})
	}
}

func TestSMS_QueryIsSigned(t *testing.T) {
	t.Parallel()
	var d desk
	if res := serve(mux(t, d.options(t)), signed("/twilio/sms?k=%2F", inboundForm())); res.StatusCode != 200 {
		t.Errorf("answer = %d, want 200", res.StatusCode)
	}
	if res := serve(mux(t, d.options(t)), post("/twilio/sms?k=%2E", inboundForm(), sign(token, public+"/twilio/sms?k=%2F", inboundForm()))); res.StatusCode != 403 {
		t.Errorf("answer to another query = %d, want 403", res.StatusCode)
	}
	// A parameter in the query is not one of the body.
	if res := serve(mux(t, d.options(t)), signed("/twilio/sms?MessageSid=SM2", with(inboundForm(), "MessageSid"))); res.StatusCode != 400 {
		t.Errorf("answer to an id in the query = %d, want 400", res.StatusCode)
	}
}

// TestSMS_BareSemicolon: url.ParseQuery alone would lose the text.
func TestSMS_BareSemicolon(t *testing.T) {
	t.Parallel()
	var d desk
	form := with(inboundForm(), "Body", "em o nha; cua khoa")
	r := httptest.NewRequest(http.MethodPost, "/twilio/sms", strings.NewReader(strings.ReplaceAll(form.Encode(), "%3B", ";")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", sign(token, public+"/twilio/sms", form))
	if res := serve(mux(t, d.options(t)), r); res.StatusCode != 200 {
		t.Fatalf("answer = %d, want 200", res.StatusCode)
	}
	if got := d.inbound[0].Body; got != "em o nha; cua khoa" {
		t.Errorf("Body = %q, want it as sent", got)
	}
}

func TestWebhooks_Refusals(t *testing.T) {
	t.Parallel()
	raw := func(path, contentType, body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Twilio-Signature", sign(token, public+path, nil))
		return r
	}
	const formType = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name   string
		r      *http.Request
		err    error
		status int
		hook   string // told to Refused; the status pattern is written <status>
	}{
		{"no signature", post("/twilio/sms", inboundForm(), ""), nil, 403, "/twilio/sms signature"},
		{"wrong signature", post("/twilio/sms", inboundForm(), sign("x", public+"/twilio/sms", inboundForm())), nil, 403, "/twilio/sms signature"},
		{"signed for another route", post("/twilio/sms", inboundForm(), sign(token, public+statusPath, inboundForm())), nil, 403, "/twilio/sms signature"},
		{"no signature, unreadable form", func() *http.Request {
			r := raw("/twilio/sms", formType, "a=%zz")
			r.Header.Del("X-Twilio-Signature")
			return r
		}(), nil, 403, "/twilio/sms signature"},
		{"another account", signed("/twilio/sms", with(inboundForm(), "AccountSid", "AC9")), nil, 403, "/twilio/sms account"},
		{"no account", signed("/twilio/sms", with(inboundForm(), "AccountSid")), nil, 403, "/twilio/sms account"},
		{"broken escape", raw("/twilio/sms", formType, "Body=%zz"), nil, 400, "/twilio/sms form"},
		{"JSON", raw("/twilio/sms", "application/json", "{}"), nil, 400, "/twilio/sms form"},
		{"no content type", raw("/twilio/sms", "", "a=b"), nil, 400, "/twilio/sms form"},
		{"too long", raw("/twilio/sms", formType, "Body="+strings.Repeat("a", 65<<10)), nil, 400, "/twilio/sms form"},
		{"no message id", signed("/twilio/sms", with(inboundForm(), "MessageSid")), nil, 400, "/twilio/sms form"},
		{"To is no number", signed("/twilio/sms", with(inboundForm(), "To", "TinCay")), nil, 404, "/twilio/sms number"},
		{"no To", signed("/twilio/sms", with(inboundForm(), "To")), nil, 404, "/twilio/sms number"},
		{"To of no line", signed("/twilio/sms", inboundForm()), fmt.Errorf("look up: %w", carrier.ErrUnknownNumber), 404, "/twilio/sms number"},
		{"GET", httptest.NewRequest(http.MethodGet, "/twilio/sms", nil), nil, 405, "/twilio/sms method"},
		{"PUT of a report", httptest.NewRequest(http.MethodPut, statusPath, nil), nil, 405, "<status> method"},
		{"report without a signature", post(statusPath, reportForm("sent"), ""), nil, 403, "<status> signature"},
		{"report signed for another message", post(statusPath, reportForm("sent"), sign(token, public+statusPath+"2", reportForm("sent"))), nil, 403, "<status> signature"},
		{"report without an id", signed(statusPath, with(reportForm("sent"), "MessageSid")), nil, 400, "<status> form"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := desk{err: tt.err}
			m := mux(t, d.options(t))
			// A page for everything else must not answer in our place.
			m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
			res := serve(m, tt.r)
			body := text(t, res)
			if res.StatusCode != tt.status || strings.TrimSpace(body) != http.StatusText(tt.status) {
				t.Errorf("answer = %d %q, want %d and no more than its name", res.StatusCode, body, tt.status)
			}
			if tt.status == 405 && res.Header.Get("Allow") != "POST" {
				t.Errorf("Allow = %q, want POST", res.Header.Get("Allow"))
			}
			hook := strings.Replace(tt.hook, "<status>", twilio.RouteStatus, 1)
			if diff := cmp.Diff([]string{hook}, d.refused); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if tt.err == nil && len(d.inbound)+len(d.reports) != 0 {
				t.Errorf("taken in: %v, %v, want nothing", d.inbound, d.reports)
			}
		})
	}
}

func TestStatus_Reports(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		path string
		form url.Values
		want []carrier.Report
	}{
		{"on the way", statusPath, reportForm("sent"), []carrier.Report{{ID: "SM1", Ref: "s07/a1", Status: carrier.StatusOnTheWay}}},
		{"delivered", statusPath, reportForm("delivered"), []carrier.Report{{ID: "SM1", Ref: "s07/a1", Status: carrier.StatusDelivered}}},
		{"undelivered", statusPath, with(reportForm("undelivered"), "ErrorCode", "30005"), []carrier.Report{{ID: "SM1", Ref: "s07/a1", Status: carrier.StatusFailed, Code: 30005, Cause: carrier.CauseBadNumber}}},
		{"opted out", statusPath, with(reportForm("failed"), "ErrorCode", "21610"), []carrier.Report{{ID: "SM1", Ref: "s07/a1", Status: carrier.StatusFailed, Code: 21610, Cause: carrier.CauseOptedOut}}},
		{"failed for an unknown reason", statusPath, with(reportForm("failed"), "ErrorCode", "39999"), []carrier.Report{{ID: "SM1", Ref: "s07/a1", Status: carrier.StatusFailed, Code: 39999, Cause: carrier.CauseOther}}},
		{"failed without a reason", statusPath, reportForm("canceled"), []carrier.Report{{ID: "SM1", Ref: "s07/a1", Status: carrier.StatusFailed, Cause: carrier.CauseOther}}},
		{"code of a message that is not lost", statusPath, with(reportForm("sent"), "ErrorCode", "30005"), []carrier.Report{{ID: "SM1", Ref: "s07/a1", Status: carrier.StatusOnTheWay}}},
		{"a word of tomorrow", statusPath, reportForm("levitating"), nil},
		{"long reference", "/twilio/sms/status/a/b:c/d~e", reportForm("sent"), []carrier.Report{{ID: "SM1", Ref: "a/b:c/d~e", Status: carrier.StatusOnTheWay}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d desk
			res := serve(mux(t, d.options(t)), signed(tt.path, tt.form))
			if got := text(t, res); res.StatusCode != 204 || got != "" {
				t.Errorf("answer = %d %q, want 204 and nothing", res.StatusCode, got)
			}
			if diff := cmp.Diff(tt.want, d.reports); diff != "" {
				t.Errorf("reported (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewWebhooks_RequiresItsParts(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*twilio.WebhookOptions){
		"verifier": func(o *twilio.WebhookOptions) { o.Verifier = nil },
		"account":  func(o *twilio.WebhookOptions) { o.AccountSID = "" },
		"receive":  func(o *twilio.WebhookOptions) { o.Receive = nil },
		"report":   func(o *twilio.WebhookOptions) { o.Report = nil },
	} {
		var d desk
		o := d.options(t)
		take(&o)
		if _, err := twilio.NewWebhooks(o); err == nil {
			t.Errorf("NewWebhooks without %s = nil, want an error", name)
		}
	}
	var d desk
	o := d.options(t)
	o.Refused, o.Failed = nil, nil
	if res := serve(mux(t, o), post("/twilio/sms", inboundForm(), "")); res.StatusCode != 403 {
		t.Errorf("answer without hooks = %d, want 403", res.StatusCode)
	}
}

// TestSMS_AnyFormTwilioSigns is taken in, whatever else it holds, with the text byte for byte.
func TestSMS_AnyFormTwilioSigns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		form := forms().Draw(rt, "form")
		body := rapid.String().Draw(rt, "body")
		maps.Copy(form, url.Values{"MessageSid": {"SM1"}, "AccountSid": {account}, "To": {line}, "Body": {body}})
		form.Del("From")
		var d desk
		if res := serve(mux(t, d.options(t)), signed("/twilio/sms", form)); res.StatusCode != 200 {
			rt.Fatalf("answer to %v = %d, want 200", form, res.StatusCode)
		}
		want := []carrier.Inbound{{ID: "SM1", To: number(t, line), Body: body}}
		if diff := cmp.Diff(want, d.inbound, samePhone); diff != "" {
			rt.Fatalf("taken in (-want +got):\n%s", diff)
		}
	})
}

// FuzzWebhooks throws bytes at the handler: it must neither panic nor take in anything that is not signed.
func FuzzWebhooks(f *testing.F) {
	f.Add("/twilio/sms", inboundForm().Encode(), sign(token, public+"/twilio/sms", inboundForm()), "application/x-www-form-urlencoded")
	f.Add(statusPath, "MessageSid=SM1&MessageSid=SM2&a;b", "x", "application/x-www-form-urlencoded;x=y")
	f.Add("/twilio/sms?%zz", "%", "=", "")
	f.Fuzz(func(t *testing.T, path, body, signature, contentType string) {
		target, err := url.ParseRequestURI(path)
		if err != nil || target.Host != "" || !strings.HasPrefix(path, "/") {
			t.Skip("not a request line")
		}
		var d desk
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL, r.RequestURI = target, path
		r.Header.Set("X-Twilio-Signature", signature)
		r.Header.Set("Content-Type", contentType)
		res := serve(mux(t, d.options(t)), r)
		form, _ := url.ParseQuery(strings.ReplaceAll(body, ";", "%3B"))
		valid := signature == sign(token, public+path, form) || signature == sign(token, public+":443"+path, form)
		if !valid && len(d.inbound)+len(d.reports) > 0 {
			t.Errorf("POST %q %q was taken in unsigned", path, body)
		}
		if got := text(t, res); len(body) > 20 && strings.Contains(got, body) {
			t.Errorf("answer %q holds what was received", got)
		}
	})
}

func BenchmarkSMS(b *testing.B) {
	var d desk
	o := d.options(b)
	o.Receive = func(context.Context, carrier.Inbound) error { return nil }
	m := mux(b, o)
	form := inboundForm()
	for _, k := range []string{"FromCity", "FromState", "FromCountry", "ToCity", "ToState", "ToZip"} {
		form.Set(k, "x") // with them, as many parameters as Twilio sends
	}
	encoded, signature := form.Encode(), sign(token, public+"/twilio/sms", form)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/twilio/sms", strings.NewReader(encoded))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Twilio-Signature", signature)
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("answer = %d, want 200", w.Code)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
}
