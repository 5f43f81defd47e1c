package twilio_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
)

const (
	voiceDoc     = `<Response><Say>xin chào</Say></Response>`
	turnPath     = "/twilio/voice/turn/q1/l7/3"
	legPath      = "/twilio/voice/status/q1/l7"
	recordedPath = "/twilio/voice/recorded/q1/l7/3"
)

// switchboard is what stands behind the webhooks for calls in a test.
type switchboard struct {
	desk
	calls    []carrier.IncomingCall
	turns    []carrier.Turn
	reported []carrier.CallReport
	recorded []carrier.Recorded
}

func (s *switchboard) options(t testing.TB) twilio.WebhookOptions {
	t.Helper()
	urls, err := twilio.NewURLs(public, "rc=3&rp=all")
	if err != nil {
		t.Fatalf("NewURLs = %v", err)
	}
	o := s.desk.options(t)
	o.URLs = urls
	o.Call = func(_ context.Context, in carrier.IncomingCall) ([]byte, error) {
		s.calls = append(s.calls, in)
		return []byte(voiceDoc), s.err
	}
	o.Turn = func(_ context.Context, turn carrier.Turn) ([]byte, error) {
		s.turns = append(s.turns, turn)
		return []byte(voiceDoc), s.err
	}
	o.CallReport = func(_ context.Context, r carrier.CallReport) error { s.reported = append(s.reported, r); return s.err }
	o.Recorded = func(_ context.Context, r carrier.Recorded) error { s.recorded = append(s.recorded, r); return s.err }
	return o
}

// callForm is what Twilio posts about a call that came in.
func callForm() url.Values {
	return url.Values{
		"CallSid": {"CA1"}, "AccountSid": {account}, "From": {helper}, "To": {line}, "CallStatus": {"ringing"},
		"Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}, "CallToken": {`{"x":"y"}`},
	}
}

// legForm is what Twilio posts about a call that we placed.
func legForm(status string) url.Values {
	return url.Values{
		"CallSid": {"CA1"}, "AccountSid": {account}, "From": {line}, "To": {helper}, "CallStatus": {status},
		"Direction": {"outbound-api"}, "CallbackSource": {"call-progress-events"}, "SequenceNumber": {"2"},
	}
}

func recordedForm() url.Values {
	return url.Values{
		"CallSid": {"CA1"}, "AccountSid": {account}, "RecordingSid": {"RE1"}, "RecordingStatus": {"completed"},
		"RecordingUrl": {"https://evil.example/RE2"}, "RecordingDuration": {"12"},
	}
}

func wantDocument(t *testing.T, res *http.Response, want string) {
	t.Helper()
	if got := text(t, res); res.StatusCode != 200 || got != want {
		t.Errorf("answer = %d %q, want 200 %q", res.StatusCode, got, want)
	}
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/xml") {
		t.Errorf("Content-Type = %q, want text/xml", got)
	}
}

func TestVoice_TakesInACall(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		form url.Values
		from string
	}{
		"as it came":            {callForm(), helper},
		"withheld":              {with(callForm(), "From"), ""},
		"a word for a number":   {with(callForm(), "From", " anonymous "), "anonymous"},
		"To with a space":       {with(callForm(), "To", " "+line), helper},
		"more than we know yet": {with(callForm(), "StirVerstat", "b", "a"), helper},
	} {
		var s switchboard
		wantDocument(t, serve(mux(t, s.options(t)), signed("/twilio/voice", tt.form)), voiceDoc)
		want := []carrier.IncomingCall{{ID: "CA1", From: tt.from, To: number(t, line)}}
		if diff := cmp.Diff(want, s.calls, samePhone); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTurn(t *testing.T) {
	t.Parallel()
	plain := carrier.Turn{ID: "CA1", Ref: "q1/l7", Turn: 3}
	changed := func(change func(*carrier.Turn)) carrier.Turn { t := plain; change(&t); return t }
	for _, tt := range []struct {
		name, path string
		form       url.Values
		want       carrier.Turn
	}{
		{"nothing said", turnPath, legForm("in-progress"), plain},
		{"a key", turnPath, with(legForm("in-progress"), "Digits", "1"), changed(func(t *carrier.Turn) { t.Key = "1" })},
		{"several keys", turnPath, with(legForm("in-progress"), "Digits", "#12"), changed(func(t *carrier.Turn) { t.Key = "#" })},
		{"star", turnPath, with(legForm("in-progress"), "Digits", "*"), changed(func(t *carrier.Turn) { t.Key = "*" })},
		{"hung up while recording", turnPath, with(legForm("completed"), "Digits", "hangup"), changed(func(t *carrier.Turn) { t.Over = true })},
		{"no digits", turnPath, with(legForm("in-progress"), "Digits", ""), plain},
		{"a letter beyond ASCII", turnPath, with(legForm("in-progress"), "Digits", "đ1"), plain},
		{"out of the conference", turnPath, with(legForm("in-progress"), "DialCallStatus", "completed"), changed(func(t *carrier.Turn) { t.Left = true })},
		{"a machine", turnPath, with(legForm("in-progress"), "AnsweredBy", "machine_start"), changed(func(t *carrier.Turn) { t.Machine = true })},
		{"a fax", turnPath, with(legForm("in-progress"), "AnsweredBy", "fax"), changed(func(t *carrier.Turn) { t.Machine = true })},
		{"a human", turnPath, with(legForm("in-progress"), "AnsweredBy", "human"), plain},
		{"back with a key", turnPath + "?key=9", legForm("in-progress"), changed(func(t *carrier.Turn) { t.Key = "9" })},
		{"back with star", turnPath + "?key=star", legForm("in-progress"), changed(func(t *carrier.Turn) { t.Key = "*" })},
		{"back with pound", turnPath + "?key=pound&left=1&machine=1", legForm("in-progress"), changed(func(t *carrier.Turn) { t.Key, t.Left, t.Machine = "#", true, true })},
		{"back, and another key", turnPath + "?key=9", with(legForm("in-progress"), "Digits", "1"), changed(func(t *carrier.Turn) { t.Key = "1" })},
		{"back with what is no key", turnPath + "?key=12&left=yes", legForm("in-progress"), plain},
		{"a query that cannot be read", turnPath + "?key=%zz", legForm("in-progress"), plain},
		{"the first turn", "/twilio/voice/turn/q1/l7/0", legForm("in-progress"), changed(func(t *carrier.Turn) { t.Turn = 0 })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s switchboard
			m := mux(t, s.options(t))
			for range 2 { // the carrier may ask twice
				wantDocument(t, serve(m, signed(tt.path, tt.form)), voiceDoc)
			}
			if diff := cmp.Diff([]carrier.Turn{tt.want, tt.want}, s.turns); diff != "" {
				t.Errorf("turns (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCallReports(t *testing.T) {
	t.Parallel()
	inbound := carrier.CallReport{ID: "CA1", From: helper, To: line, Inbound: true, Status: carrier.CallCompleted}
	leg := func(s carrier.CallStatus) []carrier.CallReport {
		return []carrier.CallReport{{ID: "CA1", Ref: "q1/l7", From: line, To: helper, Status: s}}
	}
	machine := leg(carrier.CallInProgress)
	machine[0].Machine = true
	for _, tt := range []struct {
		name, path string
		form       url.Values
		want       []carrier.CallReport
	}{
		{"one that came in", "/twilio/voice/status", with(callForm(), "CallStatus", "completed"), []carrier.CallReport{inbound}},
		{"one that came in, unknown direction", "/twilio/voice/status", with(with(callForm(), "CallStatus", "completed"), "Direction"), []carrier.CallReport{inbound}},
		{"nobody's leg", "/twilio/voice/status/", with(callForm(), "CallStatus", "completed"), []carrier.CallReport{inbound}},
		{"initiated", legPath, legForm("initiated"), leg(carrier.CallQueued)},
		{"ringing", legPath, legForm("ringing"), leg(carrier.CallRinging)},
		{"picked up", legPath, legForm("in-progress"), leg(carrier.CallInProgress)},
		{"picked up by a machine", legPath, with(legForm("in-progress"), "AnsweredBy", "machine_end_beep"), machine},
		{"busy", legPath, legForm("busy"), leg(carrier.CallBusy)},
		{"no answer", legPath, legForm("no-answer"), leg(carrier.CallNoAnswer)},
		{"failed", legPath, legForm("failed"), leg(carrier.CallFailed)},
		{"canceled", legPath, legForm("canceled"), leg(carrier.CallCanceled)},
		{"a word of tomorrow", legPath, legForm("levitating"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s switchboard
			res := serve(mux(t, s.options(t)), signed(tt.path, tt.form))
			if got := text(t, res); res.StatusCode != 204 || got != "" {
				t.Errorf("answer = %d %q, want 204 and nothing", res.StatusCode, got)
			}
			if diff := cmp.Diff(tt.want, s.reported); diff != "" {
				t.Errorf("reported (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	for status, want := range map[string][]carrier.Recorded{
		"completed":   {{ID: "CA1", Ref: "q1/l7", Recording: "RE1"}},
		"in-progress": nil, "absent": nil, "failed": nil, "": nil,
	} {
		var s switchboard
		res := serve(mux(t, s.options(t)), signed(recordedPath, with(recordedForm(), "RecordingStatus", status)))
		if got := text(t, res); res.StatusCode != 204 || got != "" {
			t.Errorf("answer to %q = %d %q, want 204 and nothing", status, res.StatusCode, got)
		}
		if diff := cmp.Diff(want, s.recorded); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	}
}

func TestVoice_Refusals(t *testing.T) {
	t.Parallel()
	unknown := fmt.Errorf("look up: %w", carrier.ErrUnknownNumber)
	turnAt := func(path string) *http.Request { return signed("/twilio/voice/turn/"+path, legForm("in-progress")) }
	for _, tt := range []struct {
		name   string
		r      *http.Request
		err    error
		status int
		hook   string
	}{
		{"call, no signature", post("/twilio/voice", callForm(), ""), nil, 403, twilio.RouteVoice + " signature"},
		{"call, no id", signed("/twilio/voice", with(callForm(), "CallSid")), nil, 400, twilio.RouteVoice + " form"},
		{"call, To is no number", signed("/twilio/voice", with(callForm(), "To", "sip:a@h.vn")), nil, 404, twilio.RouteVoice + " number"},
		{"call, To of no line", signed("/twilio/voice", callForm()), unknown, 404, twilio.RouteVoice + " number"},
		{"call, GET", httptest.NewRequest(http.MethodGet, "/twilio/voice", nil), nil, 405, twilio.RouteVoice + " method"},
		{"call of another account", signed("/twilio/voice", with(callForm(), "AccountSid", "AC9")), nil, 403, twilio.RouteVoice + " account"},
		{"turn, no signature", post(turnPath, legForm("in-progress"), ""), nil, 403, twilio.RouteTurn + " signature"},
		{"turn, a key that was not signed", post(turnPath+"?key=1", legForm("in-progress"), sign(token, public+turnPath, legForm("in-progress"))), nil, 403, twilio.RouteTurn + " signature"},
		{"turn, no id", signed(turnPath, with(legForm("in-progress"), "CallSid")), nil, 400, twilio.RouteTurn + " form"},
		{"turn of no number", turnAt("q1/l7/x"), nil, 400, twilio.RouteTurn + " form"},
		{"turn of a number before 0", turnAt("q1/l7/-1"), nil, 400, twilio.RouteTurn + " form"},
		{"turn of a number written otherwise", turnAt("q1/l7/03"), nil, 400, twilio.RouteTurn + " form"},
		{"turn of a number too large", turnAt("q1/l7/99999999999999999999"), nil, 400, twilio.RouteTurn + " form"},
		{"turn of a line with a slash", turnAt("q1%2Fl7/x/3"), nil, 400, twilio.RouteTurn + " form"},
		{"turn of a line beyond ASCII", turnAt("%C4%91/l7/3"), nil, 400, twilio.RouteTurn + " form"},
		{"turn, To of no line", signed(turnPath, legForm("in-progress")), unknown, 404, twilio.RouteTurn + " number"},
		{"turn, DELETE", httptest.NewRequest(http.MethodDelete, turnPath, nil), nil, 405, twilio.RouteTurn + " method"},
		{"report, no signature", post(legPath, legForm("busy"), ""), nil, 403, twilio.RouteLegStatus + " signature"},
		{"report, no id", signed(legPath, with(legForm("busy"), "CallSid")), nil, 400, twilio.RouteLegStatus + " form"},
		{"report about half a leg", signed("/twilio/voice/status/q1", legForm("busy")), nil, 400, twilio.RouteLegStatus + " form"},
		{"report about one that came in, no id", signed("/twilio/voice/status", with(callForm(), "CallSid")), nil, 400, twilio.RouteVoiceStatus + " form"},
		{"report, GET", httptest.NewRequest(http.MethodGet, "/twilio/voice/status", nil), nil, 405, twilio.RouteVoiceStatus + " method"},
		{"recorded, no signature", post(recordedPath, recordedForm(), ""), nil, 403, twilio.RouteRecorded + " signature"},
		{"recorded, no recording", signed(recordedPath, with(recordedForm(), "RecordingSid")), nil, 400, twilio.RouteRecorded + " form"},
		{"recorded, an id that climbs", signed(recordedPath, with(recordedForm(), "RecordingSid", "../Calls")), nil, 400, twilio.RouteRecorded + " form"},
		{"recorded, no call", signed(recordedPath, with(recordedForm(), "CallSid")), nil, 400, twilio.RouteRecorded + " form"},
		{"recorded at no turn", signed("/twilio/voice/recorded/q1/l7/x", recordedForm()), nil, 400, twilio.RouteRecorded + " form"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := switchboard{desk: desk{err: tt.err}}
			m := mux(t, s.options(t))
			m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
			res := serve(m, tt.r)
			if body := text(t, res); res.StatusCode != tt.status || strings.TrimSpace(body) != http.StatusText(tt.status) {
				t.Errorf("answer = %d %q, want %d and no more than its name", res.StatusCode, body, tt.status)
			}
			if diff := cmp.Diff([]string{tt.hook}, s.refused); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if tt.err == nil && len(s.calls)+len(s.turns)+len(s.reported)+len(s.recorded) != 0 {
				t.Errorf("taken in: %v %v %v %v, want nothing", s.calls, s.turns, s.reported, s.recorded)
			}
		})
	}
}

func TestVoice_RoutesOnlyWhatIsSet(t *testing.T) {
	t.Parallel()
	var d desk
	m := mux(t, d.options(t))
	for path, form := range map[string]url.Values{"/twilio/voice": callForm(), turnPath: legForm("in-progress"), legPath: legForm("busy"),
		"/twilio/voice/status": callForm(), recordedPath: recordedForm()} {
		if res := serve(m, signed(path, form)); res.StatusCode != 404 || len(d.refused) != 0 {
			t.Errorf("%s without its callback = %d, %v, want 404 by nobody", path, res.StatusCode, d.refused)
		}
	}
	var s switchboard
	o := s.options(t)
	o.URLs = twilio.URLs{}
	if _, err := twilio.NewWebhooks(o); err == nil {
		t.Error("NewWebhooks with Turn and without URLs = nil, want an error")
	}
}
