package twilio_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
	"github.com/tincay/hotline/gateway/twilio/twiliotest"
)

// comeBack is the document that makes a call ask again.
type comeBack struct {
	XMLName xml.Name `xml:"Response"`
	Verbs   []struct {
		XMLName xml.Name
		Length  string `xml:"length,attr"`
		Method  string `xml:"method,attr"`
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

// wantComeBack checks the document, and returns path and query that the call comes back to.
func wantComeBack(t *testing.T, res *http.Response) string {
	t.Helper()
	body := text(t, res)
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || !strings.HasPrefix(got, "text/xml") {
		t.Fatalf("answer = %d %s, want 200 text/xml", res.StatusCode, got)
	}
	var doc comeBack
	if err := xml.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("document %q: %v", body, err)
	}
	if len(doc.Verbs) != 2 || doc.Verbs[0].XMLName.Local != "Pause" || doc.Verbs[0].Length != "1" ||
		doc.Verbs[1].XMLName.Local != "Redirect" || doc.Verbs[1].Method != "POST" {
		t.Fatalf("document = %s, want a pause of 1 s and a redirect by POST", body)
	}
	path, ok := strings.CutPrefix(doc.Verbs[1].Text, public)
	path, overrides, _ := strings.Cut(path, "#")
	if !ok || overrides != "rc=3&rp=all" {
		t.Fatalf("redirect = %q, want our URL with its overrides", doc.Verbs[1].Text)
	}
	return path
}

// TestTurn_FailureKeepsTheCaller, and what was said is said again when they are back.
func TestTurn_FailureKeepsTheCaller(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path  string
		form  url.Values
		query string
	}{
		{turnPath, legForm("in-progress"), ""},
		{turnPath, with(legForm("in-progress"), "Digits", "1"), "?key=1"},
		{turnPath, with(legForm("in-progress"), "Digits", "*"), "?key=star"},
		{turnPath, with(legForm("in-progress"), "Digits", "#"), "?key=pound"},
		{turnPath, with(legForm("in-progress"), "DialCallStatus", "completed"), "?left=1"},
		{turnPath, with(legForm("in-progress"), "AnsweredBy", "machine_start"), "?machine=1"},
		{turnPath + "?key=9&left=1", legForm("in-progress"), "?key=9&left=1"},
		{turnPath + "?key=x&evil=<x>", with(legForm("in-progress"), "Digits", "hangup"), ""},
	} {
		broken := errors.New("store away: " + helper)
		s := switchboard{desk: desk{err: broken}}
		m := mux(t, s.options(t))
		back := wantComeBack(t, serve(m, signed(tt.path, tt.form)))
		if want := turnPath + tt.query; back != want {
			t.Errorf("comes back to %s, want %s", back, want)
		}
		if diff := cmp.Diff([]error{broken}, s.failed, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("failed (-want +got):\n%s", diff)
		}
		s.err = nil
		wantDocument(t, serve(m, signed(back, legForm("in-progress"))), voiceDoc)
		if diff := cmp.Diff(s.turns[0], s.turns[1]); diff != "" {
			t.Errorf("turn once back (-first +second):\n%s", diff)
		}
	}
}

func TestVoice_FailureIsA503(t *testing.T) {
	t.Parallel()
	for path, form := range map[string]url.Values{"/twilio/voice": callForm(), "/twilio/voice/status": with(callForm(), "CallStatus", "completed"),
		legPath: legForm("busy"), recordedPath: recordedForm()} {
		broken := errors.New("store away: " + helper)
		s := switchboard{desk: desk{err: broken}}
		res := serve(mux(t, s.options(t)), signed(path, form))
		if got := text(t, res); res.StatusCode != 503 || strings.Contains(got, helper) {
			t.Errorf("%s: answer = %d %q, want 503 and no cause", path, res.StatusCode, got)
		}
		if diff := cmp.Diff([]error{broken}, s.failed, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("%s: failed (-want +got):\n%s", path, diff)
		}
	}
}

func TestVoice_NoDocumentAndPanics(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		work func() ([]byte, error)
		is   func(error) bool
	}{
		"no document": {func() ([]byte, error) { return nil, nil }, func(err error) bool { return errors.Is(err, twilio.ErrNoDocument) }},
		"a panic": {func() ([]byte, error) { panic("cannot answer " + helper) }, func(err error) bool {
			thrown, ok := errors.AsType[*twilio.PanicError](err)
			return ok && !strings.Contains(thrown.Error(), helper)
		}},
	} {
		var s switchboard
		o := s.options(t)
		o.Call = func(context.Context, carrier.IncomingCall) ([]byte, error) { return tt.work() }
		o.Turn = func(context.Context, carrier.Turn) ([]byte, error) { return tt.work() }
		m := mux(t, o)
		if res := serve(m, signed("/twilio/voice", callForm())); res.StatusCode != 503 {
			t.Errorf("call, %s: answer = %d, want 503", name, res.StatusCode)
		}
		if back := wantComeBack(t, serve(m, signed(turnPath, legForm("in-progress")))); back != turnPath {
			t.Errorf("turn, %s: comes back to %s, want %s", name, back, turnPath)
		}
		if len(s.failed) != 2 || !tt.is(s.failed[0]) || !tt.is(s.failed[1]) {
			t.Errorf("%s: failed = %v, want it twice", name, s.failed)
		}
	}
}

// TestVoice_AnswerInTime: nothing behind the webhooks listens to its context, and each is answered in time.
func TestVoice_AnswerInTime(t *testing.T) {
	t.Parallel()
	for path, form := range map[string]url.Values{"/twilio/voice": callForm(), turnPath: legForm("in-progress"),
		legPath: legForm("busy"), recordedPath: recordedForm()} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s switchboard
				o := s.options(t)
				deaf := func() error { time.Sleep(5 * time.Second); return nil }
				o.Call = func(context.Context, carrier.IncomingCall) ([]byte, error) { return []byte(voiceDoc), deaf() }
				o.Turn = func(context.Context, carrier.Turn) ([]byte, error) { return []byte(voiceDoc), deaf() }
				o.CallReport = func(context.Context, carrier.CallReport) error { return deaf() }
				o.Recorded = func(context.Context, carrier.Recorded) error { return deaf() }
				begun := time.Now()
				res := serve(mux(t, o), signed(path, form))
				if took := time.Since(begun); took > 900*time.Millisecond {
					t.Errorf("answer after %v, want it within 900ms", took)
				}
				if path == turnPath {
					wantComeBack(t, res)
				} else if res.StatusCode != 503 {
					t.Errorf("answer = %d, want 503", res.StatusCode)
				}
				if diff := cmp.Diff([]error{twilio.ErrTooLate}, s.failed, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("failed (-want +got):\n%s", diff)
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
			})
		})
	}
}

// TestTexts_AreAsTwilioTakesThem: what is sent for texts and for looking at the account.
func TestTexts_AreAsTwilioTakesThem(t *testing.T) {
	t.Parallel()
	c := newClient(t, "", func(o *twilio.Options) {
		o.Transport = twiliotest.Check(t, answering(func(r *http.Request) *http.Response {
			w := httptest.NewRecorder()
			answer(w, 200, `{"sid":"SM1","messages":[],"incoming_phone_numbers":[]}`)
			res := w.Result()
			res.Request = r
			return res
		}))
	})
	_, sent := c.Send(t.Context(), message(t))
	_, found := c.Find(t.Context(), message(t), time.Now())
	_, looked := c.Account(t.Context())
	_, _, numbered := c.Number(t.Context(), number(t, line))
	if err := errors.Join(sent, found, looked, numbered); err != nil {
		t.Errorf("requests = %v", err)
	}
}

// FuzzTurn: whatever stands in a signed turn, it is refused, or understood as it would be understood once
// more after a failure.
func FuzzTurn(f *testing.F) {
	f.Add("q1/l7/3", "key=1", "1", "", "")
	f.Add("q1/l7/3", "key=star&left=1", "", "completed", "machine_start")
	f.Add("q1%2Fl7/x/3", "key=%23", "hangup", "", "fax")
	f.Add("q1/../03", "%zz;", "đ", "x", "human")
	f.Fuzz(func(t *testing.T, rest, query, digits, dial, by string) {
		path := "/twilio/voice/turn/" + rest
		if query != "" {
			path += "?" + query
		}
		target, err := url.ParseRequestURI(path)
		if err != nil || strings.ContainsAny(path, " \t\r\n#") {
			t.Skip("not a request line")
		}
		form := with(with(with(legForm("in-progress"), "Digits", digits), "DialCallStatus", dial), "AnsweredBy", by)
		s := switchboard{desk: desk{err: errors.New("store away")}}
		m := mux(t, s.options(t))
		r := signed(turnPath, form)
		r.URL, r.RequestURI = target, path
		r.Header.Set("X-Twilio-Signature", sign(token, public+path, form))
		res := serve(m, r)
		if len(s.turns) == 0 {
			if res.StatusCode == 200 {
				t.Errorf("%q was answered and asked of nobody", path)
			}
			return
		}
		got := s.turns[0]
		if !strings.Contains("0123456789*#", got.Key) || len(got.Key) > 1 || got.Turn < 0 || strings.Count(got.Ref, "/") != 1 {
			t.Errorf("turn of %q = %+v", path, got)
		}
		back := wantComeBack(t, res)
		if want := fmt.Sprintf("/twilio/voice/turn/%s/%d", got.Ref, got.Turn); back != want && !strings.HasPrefix(back, want+"?") {
			t.Errorf("%q comes back to %q, want %q", path, back, want)
		}
		serve(m, signed(back, legForm("in-progress")))
		if diff := cmp.Diff([]carrier.Turn{got, got}, s.turns); diff != "" {
			t.Errorf("once back (-want +got):\n%s", diff)
		}
	})
}
