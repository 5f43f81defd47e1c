package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
)

func TestSend_Answers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   *carrier.Error // nil: sent as SM1
	}{
		{"numbers where Twilio writes text", 201, `{"sid":"SM1","num_segments":1,"error_code":"","price":0.1}`, nil},
		{"created with 200", 200, `{"sid":"SM1"}`, nil},
		{"not JSON", 201, `<html>` + helper, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 201}},
		{"cut off", 201, `{"sid":"SM1","bod`, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 201}},
		{"empty", 201, ``, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 201}},
		{"without an id", 201, `{"status":"queued"}`, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 201}},
		{"failed from the start", 201, `{"sid":"SM1","status":"failed","error_code":30006}`, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseBadNumber, Code: 30006, Status: 201}},
		{"redirect is not followed", 307, ``, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Status: 307}},
		{"error page of a proxy", 502, `<html>` + helper, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 502}},
		{"error without a document", 400, ``, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Status: 400}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := server(t, nil, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != listAt {
					t.Errorf("redirect was followed to %s", r.URL.Path)
				}
				w.Header().Set("Location", "/elsewhere")
				answer(w, tt.status, tt.body)
			})
			id, err := c.Send(t.Context(), message(t))
			if tt.want == nil {
				if id != "SM1" || err != nil {
					t.Errorf("Send = %q, %v, want SM1", id, err)
				}
				return
			}
			wantError(t, "Send", err, *tt.want)
		})
	}
}

// TestSend_Codes is the table of the contract with Twilio, written out once more by hand.
func TestSend_Codes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status, code int
		class        carrier.Class
		cause        carrier.Cause
	}{
		{429, 20429, carrier.Retry, carrier.CauseOther},
		{429, 0, carrier.Retry, carrier.CauseOther},
		{429, 99999, carrier.Retry, carrier.CauseOther},
		{500, 0, carrier.Unknown, carrier.CauseOther},
		{503, 20503, carrier.Unknown, carrier.CauseOther},
		{504, 0, carrier.Unknown, carrier.CauseOther},
		{500, 21610, carrier.Unknown, carrier.CauseOptedOut},
		{408, 0, carrier.Unknown, carrier.CauseOther},
		{400, 21610, carrier.Refuse, carrier.CauseOptedOut},
		{400, 21211, carrier.Refuse, carrier.CauseBadNumber},
		{400, 21214, carrier.Refuse, carrier.CauseBadNumber},
		{400, 21217, carrier.Refuse, carrier.CauseBadNumber},
		{400, 21614, carrier.Refuse, carrier.CauseBadNumber},
		{400, 21635, carrier.Refuse, carrier.CauseBadNumber},
		{400, 21408, carrier.Refuse, carrier.CauseAccount},
		{400, 21215, carrier.Refuse, carrier.CauseAccount},
		{400, 13227, carrier.Refuse, carrier.CauseAccount},
		{400, 21606, carrier.Refuse, carrier.CauseSender},
		{400, 21612, carrier.Refuse, carrier.CauseSender},
		{400, 21611, carrier.Retry, carrier.CauseSender},
		{400, 30001, carrier.Retry, carrier.CauseSender},
		{400, 30410, carrier.Retry, carrier.CauseSender},
		{400, 30003, carrier.Retry, carrier.CauseOther},
		{400, 30005, carrier.Refuse, carrier.CauseBadNumber},
		{400, 30006, carrier.Refuse, carrier.CauseBadNumber},
		{400, 30004, carrier.Refuse, carrier.CauseOther},
		{400, 30007, carrier.Refuse, carrier.CauseOther},
		{403, 30002, carrier.Refuse, carrier.CauseAccount},
		{401, 20003, carrier.Refuse, carrier.CauseAccount},
		{400, 10004, carrier.Retry, carrier.CauseAccount},
		{400, 22005, carrier.Retry, carrier.CauseAccount},
		{400, 11200, carrier.Refuse, carrier.CauseAccount},
		{400, 12100, carrier.Refuse, carrier.CauseAccount},
		{400, 12300, carrier.Refuse, carrier.CauseAccount},
		{400, 99999, carrier.Refuse, carrier.CauseOther},
		{404, 20404, carrier.Refuse, carrier.CauseOther},
		{401, 0, carrier.Refuse, carrier.CauseAccount},
		{403, 0, carrier.Refuse, carrier.CauseAccount},
		{422, 0, carrier.Refuse, carrier.CauseOther},
	} {
		t.Run(fmt.Sprintf("%d with %d", tt.status, tt.code), func(t *testing.T) {
			t.Parallel()
			c := server(t, nil, func(w http.ResponseWriter, _ *http.Request) {
				answer(w, tt.status, fmt.Sprintf(`{"code":%d,"message":"%s is not reachable: %s","more_info":"https://x/%s","status":%d}`, tt.code, helper, words, helper, tt.status))
			})
			_, err := c.Send(t.Context(), message(t))
			wantError(t, "Send", err, carrier.Error{Class: tt.class, Cause: tt.cause, Code: tt.code, Status: tt.status})
		})
	}
}

func TestSend_NoAnswer(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains about the handshake we break off
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	release := make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-release
		answer(w, 201, `{"sid":"SM1"}`)
	}))
	t.Cleanup(hang.Close)
	t.Cleanup(func() { close(release) })
	drop := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(drop.Close)
	truncate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		answer(w, 201, `{"sid":"SM1"}`)
	}))
	t.Cleanup(truncate.Close)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()

	for _, tt := range []struct {
		name   string
		api    string
		ctx    context.Context
		change func(*twilio.Options)
		class  carrier.Class
		status int
		under  error // found under the error, if set
	}{
		{"connection refused", closed.URL, nil, nil, carrier.Retry, 0, nil},
		{"no such host", "http://carrier.invalid", nil, nil, carrier.Retry, 0, nil},
		{"certificate not trusted", untrusted.URL, nil, nil, carrier.Retry, 0, nil},
		{"context over before the call", closed.URL, cancelled, nil, carrier.Retry, 0, context.Canceled},
		{"no answer in time", hang.URL, nil, func(o *twilio.Options) { o.Timeout = 50 * time.Millisecond }, carrier.Unknown, 0, context.DeadlineExceeded},
		{"connection dropped after the request", drop.URL, nil, nil, carrier.Unknown, 0, nil},
		{"answer cut off", truncate.URL, nil, nil, carrier.Unknown, 201, nil},
		{"a transport that proves nothing", closed.URL, nil, func(o *twilio.Options) { o.Transport = broken{} }, carrier.Unknown, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := tt.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			_, err := newClient(t, tt.api, tt.change).Send(ctx, message(t))
			wantError(t, "Send", err, carrier.Error{Class: tt.class, Cause: carrier.CauseOther, Status: tt.status})
			if tt.under != nil && !errors.Is(err, tt.under) {
				t.Errorf("Send = %v, want %v under it", err, tt.under)
			}
		})
	}
}

type broken struct{}

func (broken) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("cannot reach %s for %s", r.URL, helper)
}

// TestSend_ContextEndsTheCall: twilio-go has no context; ours must reach the wire.
func TestSend_ContextEndsTheCall(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	c := server(t, nil, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-release
	})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := c.Send(ctx, message(t))
	wantError(t, "Send", err, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Send = %v, want context.Canceled under it", err)
	}
}

// TestSend_ReusesConnections also after errors, whose bodies must be read and closed.
func TestSend_ReusesConnections(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	var requests atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1)%2 == 0 {
			answer(w, 400, `{"code":21211,"filler":"`+strings.Repeat("x", 5000)+`"}`)
			return
		}
		answer(w, 201, `{"sid":"SM1"}`)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, s.URL, nil)
	for range 20 {
		_, _ = c.Send(t.Context(), message(t))
	}
	if got := connections.Load(); got != 1 {
		t.Errorf("20 messages one after the other took %d connections, want 1", got)
	}
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() { _, _ = c.Send(context.Background(), message(t)) })
	}
	all.Wait()
	before := connections.Load()
	for range 30 {
		all.Go(func() { _, _ = c.Send(context.Background(), message(t)) })
	}
	all.Wait()
	if got := connections.Load(); got > max(before, 30)+5 {
		t.Errorf("a second burst of 30 brought the connections from %d to %d, want the idle ones reused", before, got)
	}
}
