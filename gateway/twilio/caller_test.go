package twilio_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
	"github.com/tincay/hotline/gateway/twilio/twiliotest"
)

const (
	resources = "/2010-04-01/Accounts/" + account
	callsAt   = resources + "/Calls.json"
	callSID   = "CA00000000000000000000000000000001"
	callAt    = resources + "/Calls/" + callSID + ".json"
)

// checked starts a stand-in whose requests are checked against the description of Twilio's API.
func checked(t testing.TB, serve http.HandlerFunc) *twilio.Client {
	t.Helper()
	return server(t, func(o *twilio.Options) { o.Transport = twiliotest.Check(t, http.DefaultTransport) }, serve)
}

func aCall(t testing.TB) carrier.Call {
	return carrier.Call{From: number(t, line), To: number(t, helper), Ring: 25 * time.Second, Ref: "q1/l7", Turn: 2}
}

func TestPlace_Request(t *testing.T) {
	t.Parallel()
	var form url.Values
	c := checked(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != callsAt {
			t.Errorf("request %s %s, want POST %s", r.Method, r.URL.Path, callsAt)
		}
		_ = r.ParseForm()
		form = r.PostForm
		answer(w, http.StatusCreated, `{"sid":"`+callSID+`","status":"queued","price":1}`)
	})
	id, err := c.Place(t.Context(), aCall(t))
	if id != callSID || err != nil {
		t.Fatalf("Place = %q, %v, want %s", id, err, callSID)
	}
	want := url.Values{
		"To": {helper}, "From": {line}, "Timeout": {"25"},
		"Url": {"https://hotline.example.vn/twilio/voice/turn/q1/l7/2"}, "Method": {"POST"},
		"StatusCallback": {"https://hotline.example.vn/twilio/voice/status/q1/l7"}, "StatusCallbackMethod": {"POST"},
		"StatusCallbackEvent": {"ringing", "answered", "completed"},
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestPlace_ConnectionOverrides(t *testing.T) {
	t.Parallel()
	var seen capture
	c := newClient(t, "", func(o *twilio.Options) { o.Transport = twiliotest.Check(t, &seen) })
	if _, err := c.Place(t.Context(), aCall(t)); err != nil {
		t.Fatalf("Place = %v", err)
	}
	for field, want := range map[string]string{"Url": c.URLs().Turn("q1/l7", 2), "StatusCallback": "https://hotline.example.vn/twilio/voice/status/q1/l7#rc=3&rp=all"} {
		if got := seen.form.Get(field); got != want {
			t.Errorf("%s = %s, want %s", field, got, want)
		}
	}
}

func TestPlace_Ring(t *testing.T) {
	t.Parallel()
	for ring, want := range map[time.Duration]string{
		time.Second: "5", 24499 * time.Millisecond: "24", 24500 * time.Millisecond: "25", time.Hour: "600",
	} {
		var seen capture
		p := aCall(t)
		p.Ring = ring
		if _, err := newClient(t, "", func(o *twilio.Options) { o.Transport = &seen }).Place(t.Context(), p); err != nil {
			t.Fatalf("Place = %v", err)
		}
		if got := seen.form.Get("Timeout"); got != want {
			t.Errorf("Timeout for %v = %s, want %s", ring, got, want)
		}
	}
}

func TestPlace_RefusedHere(t *testing.T) {
	t.Parallel()
	c := server(t, nil, func(http.ResponseWriter, *http.Request) { t.Error("a call refused here was placed") })
	for name, tt := range map[string]struct {
		change func(*carrier.Call)
		want   error
	}{
		"no recipient":     {func(p *carrier.Call) { p.To = phone.Number{} }, twilio.ErrNoNumber},
		"no caller":        {func(p *carrier.Call) { p.From = phone.Number{} }, twilio.ErrNoNumber},
		"no ring":          {func(p *carrier.Call) { p.Ring = 0 }, twilio.ErrNoRing},
		"no reference":     {func(p *carrier.Call) { p.Ref = "" }, twilio.ErrBadRef},
		"no line":          {func(p *carrier.Call) { p.Ref = "l7" }, twilio.ErrBadRef},
		"one part more":    {func(p *carrier.Call) { p.Ref = "q1/l7/3" }, twilio.ErrBadRef},
		"climbing":         {func(p *carrier.Call) { p.Ref = "../l7" }, twilio.ErrBadRef},
		"a query":          {func(p *carrier.Call) { p.Ref = "q1/l?" }, twilio.ErrBadRef},
		"a turn before 0":  {func(p *carrier.Call) { p.Turn = -1 }, twilio.ErrBadRef},
		"a turn too large": {func(p *carrier.Call) { p.Turn = 1_000_000_000 }, twilio.ErrBadRef},
	} {
		p := aCall(t)
		tt.change(&p)
		_, err := c.Place(t.Context(), p)
		wantError(t, name, err, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther})
		if !errors.Is(err, tt.want) {
			t.Errorf("Place with %s = %v, want %v", name, err, tt.want)
		}
	}
	wantError(t, "Push", c.Push(t.Context(), callSID, "q1", 1), carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther})
	for _, bad := range []string{"", "../x", "CA1?x", "CA1/y"} {
		want := carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther}
		wantError(t, "Push", c.Push(t.Context(), bad, "q1/l7", 1), want)
		wantError(t, "Cancel", c.Cancel(t.Context(), bad), want)
		wantError(t, "KeepConference", c.KeepConference(t.Context(), "case-1", bad), want)
		wantError(t, "DeleteRecording", c.DeleteRecording(t.Context(), bad), want)
		_, err := c.Look(t.Context(), bad)
		wantError(t, "Look", err, want)
		_, err = c.Recording(t.Context(), bad)
		wantError(t, "Recording", err, want)
	}
}

func TestPlace_Answers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		want   carrier.Error
	}{
		{201, `{"status":"queued"}`, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 201}},
		{201, `<html>` + helper, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 201}},
		{201, `{"sid":"CA1","status":"failed"}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Status: 201}},
		{302, ``, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Status: 302}},
		{429, `{"code":20429}`, carrier.Error{Class: carrier.Retry, Cause: carrier.CauseOther, Code: 20429, Status: 429}},
		{503, ``, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 503}},
		{400, `{"code":10004}`, carrier.Error{Class: carrier.Retry, Cause: carrier.CauseAccount, Code: 10004, Status: 400}},
		{400, `{"code":22005}`, carrier.Error{Class: carrier.Retry, Cause: carrier.CauseAccount, Code: 22005, Status: 400}},
		{400, `{"code":13223}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseBadNumber, Code: 13223, Status: 400}},
		{400, `{"code":13224}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseBadNumber, Code: 13224, Status: 400}},
		{400, `{"code":13225}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Code: 13225, Status: 400}},
		{400, `{"code":21201}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Code: 21201, Status: 400}},
		{400, `{"code":21203}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 21203, Status: 400}},
		{400, `{"code":21205}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 21205, Status: 400}},
		{400, `{"code":21210}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseSender, Code: 21210, Status: 400}},
		{400, `{"code":21212}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseSender, Code: 21212, Status: 400}},
		{400, `{"code":21213}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseSender, Code: 21213, Status: 400}},
		{400, `{"code":21216}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Code: 21216, Status: 400}},
		{400, `{"code":21219}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 21219, Status: 400}},
		{401, `{"code":10001}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 10001, Status: 401}},
	} {
		c := server(t, nil, func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.status, tt.body) })
		_, err := c.Place(t.Context(), aCall(t))
		wantError(t, fmt.Sprintf("Place answered %d %s", tt.status, tt.body), err, tt.want)
	}
}

func TestFindCalls(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 24, 3, 0, 0, 400_000_000, time.UTC)
	second := func(n int) *string { return at(since.Add(time.Duration(n) * time.Second)) }
	entry := func(sid, direction string, created, started *string) map[string]any {
		return map[string]any{"sid": sid, "to": helper, "from": line, "direction": direction, "date_created": created, "start_time": started}
	}
	all := []map[string]any{ // newest first
		entry("CA9", "outbound-dial", second(9), second(9)),
		entry("CA8", "outbound-api", second(8), nil),
		entry("CA3", "outbound-api", second(3), second(4)),
		entry("CA2", "outbound-api", second(-1), second(2)),
		entry("CA1", "outbound-api", second(-60), second(1)),
	}
	var filters []url.Values
	c := checked(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		filters = append(filters, maps.Clone(q))
		var fit []map[string]any
		for _, l := range all {
			if started, _ := l["start_time"].(*string); q.Get("StartTime>") == "" || started != nil {
				fit = append(fit, l)
			}
		}
		page := 0
		_, _ = fmt.Sscan(q.Get("Page"), &page)
		doc := map[string]any{"calls": fit[min(2*page, len(fit)):min(2*page+2, len(fit))], "next_page_uri": nil}
		if 2*page+2 < len(fit) {
			q.Set("Page", fmt.Sprint(page+1))
			doc["next_page_uri"] = callsAt + "?" + q.Encode()
		}
		body, _ := json.Marshal(doc)
		answer(w, 200, string(body))
	})
	got, err := c.FindCalls(t.Context(), aCall(t), since)
	if err != nil {
		t.Fatalf("FindCalls = %v", err)
	}
	if diff := cmp.Diff([]string{"CA2", "CA3", "CA8"}, got); diff != "" {
		t.Errorf("FindCalls (-want +got):\n%s", diff)
	}
	want := url.Values{"To": {helper}, "From": {line}, "StartTime>": {"2026-11-24T02:59:59Z"}, "PageSize": {"200"}}
	if diff := cmp.Diff(want, filters[0]); diff != "" {
		t.Errorf("filter (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		status int
		body   string
	}{{500, ``}, {200, `<html>` + helper}, {200, `{"calls":[{"sid":"CA1","to":"` + helper + `","from":"` + line + `"}]}`}} {
		c := server(t, nil, func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.status, tt.body) })
		_, err := c.FindCalls(t.Context(), aCall(t), since)
		wantError(t, "FindCalls", err, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: tt.status})
	}
}

func TestPushAndCancel(t *testing.T) {
	t.Parallel()
	over := func(code, status int) *carrier.Error {
		return &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOver, Code: code, Status: status}
	}
	unknown := &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 500}
	for _, tt := range []struct {
		name         string
		status       int
		body         string
		push, cancel *carrier.Error
	}{
		{"in progress", 200, `{"sid":"CA1","status":"in-progress","price":1}`, nil, over(0, 200)},
		{"ringing", 200, `{"sid":"CA1","status":"ringing"}`, nil, nil},
		{"canceled", 200, `{"sid":"CA1","status":"canceled"}`, over(0, 200), nil},
		{"completed", 200, `{"sid":"CA1","status":"completed"}`, over(0, 200), over(0, 200)},
		{"a word of tomorrow", 200, `{"status":"levitating"}`, nil, nil},
		{"in another state", 400, `{"code":21220,"message":"Call is not in-progress. Cannot redirect."}`, over(21220, 400), over(21220, 400)},
		{"not there", 404, `{"code":20404,"message":"` + helper + `"}`, over(20404, 404), over(20404, 404)},
		{"no more", 410, ``, over(0, 410), over(0, 410)},
		{"bad URL", 400, `{"code":21205}`, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 21205, Status: 400}, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 21205, Status: 400}},
		{"broken", 500, ``, unknown, unknown},
		{"unreadable", 200, `<html>`, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var forms []url.Values
			c := checked(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || r.URL.Path != callAt {
					t.Errorf("request %s %s, want POST %s", r.Method, r.URL.Path, callAt)
				}
				_ = r.ParseForm()
				forms = append(forms, r.PostForm)
				answer(w, tt.status, tt.body)
			})
			for what, got := range map[string]struct {
				err  error
				want *carrier.Error
			}{"Push": {c.Push(t.Context(), callSID, "q1/l7", 3), tt.push}, "Cancel": {c.Cancel(t.Context(), callSID), tt.cancel}} {
				if got.want != nil {
					wantError(t, what, got.err, *got.want)
				} else if got.err != nil {
					t.Errorf("%s = %v, want nil", what, got.err)
				}
			}
			if len(forms) != 2 {
				t.Fatalf("%d requests, want one each", len(forms))
			}
			seen := map[string]bool{forms[0].Encode(): true, forms[1].Encode(): true}
			want := map[string]bool{"Status=canceled": true, "Method=POST&Url=https%3A%2F%2Fhotline.example.vn%2Ftwilio%2Fvoice%2Fturn%2Fq1%2Fl7%2F3": true}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Errorf("forms (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]carrier.CallStatus{
		"queued": carrier.CallQueued, "initiated": carrier.CallQueued, "ringing": carrier.CallRinging,
		"in-progress": carrier.CallInProgress, "completed": carrier.CallCompleted, "busy": carrier.CallBusy,
		"no-answer": carrier.CallNoAnswer, "failed": carrier.CallFailed, "canceled": carrier.CallCanceled,
	} {
		c := checked(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.URL.Path != callAt {
				t.Errorf("request %s %s, want GET %s", r.Method, r.URL.Path, callAt)
			}
			answer(w, 200, `{"sid":"`+callSID+`","duration":3,"status":"`+word+`"}`)
		})
		if got, err := c.Look(t.Context(), callSID); got != want || err != nil {
			t.Errorf("Look at %s = %q, %v, want %q", word, got, err, want)
		}
	}
	for _, tt := range []struct {
		status int
		body   string
		want   *carrier.Error // nil: gone
	}{
		{404, `{"code":20404}`, nil},
		{200, `{"status":"levitating"}`, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{200, `<html>`, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{502, ``, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 502}},
		{401, `{"code":20003}`, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 20003, Status: 401}},
	} {
		c := server(t, nil, func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.status, tt.body) })
		got, err := c.Look(t.Context(), callSID)
		if tt.want != nil {
			wantError(t, "Look", err, *tt.want)
		} else if got != carrier.CallGone || err != nil {
			t.Errorf("Look = %q, %v, want gone", got, err)
		}
	}
}
