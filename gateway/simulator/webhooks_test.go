package simulator_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestSign(t *testing.T) {
	t.Parallel()
	// The example that Twilio's own libraries are tested with.
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
		"From": {"+14158675309"}, "To": {"+18005551212"},
	}
	const address = "https://mycompany.com/myapp.php?foo=1&bar=2"
	tests := []struct {
		name, address string
		form          url.Values
		want          string
	}{
		{"form", address, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"fragment is not signed", address + "#rc=3&rp=all", form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
	}
	for _, test := range tests {
		if got := simulator.Sign("12345", test.address, test.form); got != test.want {
			t.Errorf("%s: Sign = %q, want %q", test.name, got, test.want)
		}
	}

	repeated := simulator.Sign("12345", address, url.Values{"A": {"2", "1", "2"}, "B": {"3"}})
	if want := simulator.Sign("12345", address+"A1A2B3", nil); repeated != want {
		t.Errorf("Sign of a repeated parameter = %q, want its distinct values in order, %q", repeated, want)
	}
}

// flaky is a transport that fails to connect a number of times.
type flaky struct {
	http.RoundTripper
	failures int
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.failures > 0 {
		f.failures--
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	return f.RoundTripper.RoundTrip(r)
}

func TestPost_Retries(t *testing.T) {
	answer := func(status int) func(int, http.ResponseWriter, *http.Request) {
		return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	hang := func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	tests := []struct {
		name     string
		fragment string
		refused  int // connections refused before one is taken
		answer   func(int, http.ResponseWriter, *http.Request)
		tries    int
		status   int
		took     time.Duration
	}{
		{"fine", "", 0, answer(204), 1, 204, 0},
		{"default: one retry on a refused connection", "", 1, answer(200), 2, 200, 0},
		{"default: no second retry", "", 2, answer(200), 2, 0, 0},
		{"default: none on 500", "", 0, answer(500), 1, 500, 0},
		{"default: none on a timeout", "", 0, hang, 1, 0, 15 * time.Second},
		{"rc=0", "rc=0", 1, answer(200), 1, 0, 0},
		{"rc=5", "rc=5", 5, answer(200), 6, 200, 0},
		{"rp=5xx on 503", "rc=3&rp=5xx", 0, answer(503), 4, 503, 0},
		{"rp=5xx on 404", "rc=3&rp=5xx", 0, answer(404), 1, 404, 0},
		{"rp=5xx replaces ct", "rc=3&rp=5xx", 1, answer(200), 1, 0, 0},
		{"rp=4xx on 403", "rc=2&rp=4xx", 0, answer(403), 3, 403, 0},
		{"rp is a list", "rc=2&rp=4xx,ct", 1, answer(404), 3, 404, 0},
		{"rp=rt within the total", "rc=3&rp=rt&rt=4000", 0, hang, 4, 0, 15 * time.Second},
		{"rt alone", "rt=1000", 0, hang, 1, 0, time.Second},
		{"tt bounds all tries", "rc=5&rp=all&rt=1000&tt=2500", 0, hang, 3, 0, 2500 * time.Millisecond},
		{"all: retried until it works", "rc=3&rp=all", 1, func(n int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(map[int]int{1: 500, 2: 404, 3: 200}[n])
		}, 4, 200, 0},
		{"other overrides", "e=singapore,tokyo&sni=y&ct=2000", 0, answer(200), 1, 200, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dialer := &flaky{failures: test.refused}
			bubble(t, func(o *simulator.Options) {
				dialer.RoundTripper = o.Client.Transport
				o.Client = &http.Client{Transport: dialer}
			}, func(t *testing.T, w *world) {
				w.gateway.answers(test.answer)
				got := w.Post(t.Context(), hooks+"/x#"+test.fragment, url.Values{"A": {"1"}}, simulator.Signed)
				if got.Tries != test.tries || got.Status != test.status || got.Took != test.took || got.URL != hooks+"/x" {
					t.Errorf("Post = %d tries, status %d, took %v (%v), want %d, %d, %v",
						got.Tries, got.Status, got.Took, got.Err, test.tries, test.status, test.took)
				}
				if (got.Err == nil) != (test.status != 0) {
					t.Errorf("Post: Err = %v with status %d", got.Err, got.Status)
				}
				ids := make(map[string]bool)
				for _, h := range w.gateway.got() {
					ids[h.header.Get("I-Twilio-Idempotency-Token")] = true
				}
				if len(ids) > 1 {
					t.Errorf("retries carry %d idempotency tokens, want the same one", len(ids))
				}
				w.noAlerts()
				if diff := cmp.Diff([]simulator.Exchange{got}, w.Exchanges(), cmp.Comparer(sameError)); diff != "" {
					t.Errorf("Exchanges() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func sameError(a, b error) bool { return errors.Is(a, b) }

func TestPost_ConnectTimeout(t *testing.T) {
	stuck := func(o *simulator.Options) {
		o.Client = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done() // never connects
			return nil, r.Context().Err()
		})}
	}
	bubble(t, stuck, func(t *testing.T, w *world) {
		for fragment, want := range map[string]time.Duration{
			"":        10 * time.Second, // twice 5 s
			"ct=2000": 4 * time.Second,
			"rp=rt":   5 * time.Second, // no connection is no read timeout
		} {
			if got := w.Post(t.Context(), hooks+"/x#"+fragment, nil, simulator.Signed); got.Took != want {
				t.Errorf("Post with #%s took %v, want %v", fragment, got.Took, want)
			}
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPost_UnreadableOverridesAreAlerts(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		bad := []string{"rc=6", "rc=-1", "rc=x", "rp=3xx", "rp=", "ct=99", "ct=10001", "rt=15001", "tt=0", "retries=3"}
		for _, fragment := range bad {
			w.gateway.answers(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
			if got := w.Post(t.Context(), hooks+"/x#"+fragment, nil, simulator.Signed); got.Tries != 1 {
				t.Errorf("Post with #%s took %d tries, want the default", fragment, got.Tries)
			}
		}
		if got := len(w.Alerts()); got != len(bad) {
			t.Errorf("%d alerts, want one for each of %d overrides: %v", got, len(bad), w.Alerts())
		}
	})
}

func TestPost_Signatures(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		form := url.Values{"MessageSid": {"SM1"}, "Body": {"words"}}
		want := simulator.Sign(token, hooks+"/x", form)
		seen := make(map[string]bool)
		for _, how := range []simulator.Signature{simulator.Signed, simulator.Unsigned, simulator.WrongToken, simulator.OtherParams} {
			w.Post(t.Context(), hooks+"/x", form, how)
			h := w.gateway.got()[len(w.gateway.got())-1]
			got, present := h.header.Get("X-Twilio-Signature"), len(h.header.Values("X-Twilio-Signature")) > 0
			if (got == want) != (how == simulator.Signed) || present != (how != simulator.Unsigned) || seen[got] {
				t.Errorf("Post signed %d: X-Twilio-Signature = %q; the true one is %q", how, got, want)
			}
			seen[got] = true
			if diff := cmp.Diff(form, h.form); diff != "" {
				t.Errorf("Post signed %d (-want +got):\n%s", how, diff)
			}
		}
	})
}

func TestCallback_FailureIsAnAlertAndStopsNothing(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.gateway.answers(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		sid := w.send(lan, "words", "StatusCallback", hooks+"/status#rc=1&rp=5xx")
		synctest.Wait()
		if diff := cmp.Diff([]string{"sending", "sending", "sent", "sent", "delivered", "delivered"}, w.gateway.statuses()); diff != "" {
			t.Errorf("callbacks (-want +got):\n%s", diff)
		}
		for _, a := range w.Alerts() {
			if a.Code != 11200 || a.SID != sid || a.URL != hooks+"/status" {
				t.Errorf("alert = %+v, want 11200 about %s", a, sid)
			}
		}
		if got := len(w.Alerts()); got != 3 {
			t.Errorf("%d alerts, want one for each callback", got)
		}
	})
}

// TestRealServers puts both ends behind real HTTP servers, in real time.
func TestRealServers(t *testing.T) {
	t.Parallel()
	g := &gateway{t: t}
	gatewayServer := httptest.NewServer(g)
	t.Cleanup(gatewayServer.Close)
	c := simulator.New(simulator.Options{AccountSID: account, AuthToken: token, Client: gatewayServer.Client()})
	t.Cleanup(c.Close)
	c.Configure(simulator.Number{E164: line, SMSURL: gatewayServer.URL + "/twilio/sms"})
	carrierServer := httptest.NewServer(c)
	t.Cleanup(carrierServer.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()

	post := func(form url.Values) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost,
			carrierServer.URL+"/2010-04-01/Accounts/"+account+"/Messages.json", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(account, token)
		return carrierServer.Client().Do(r)
	}
	resp, err := post(textForm(lan, "out", "StatusCallback", gatewayServer.URL+"/status"))
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("POST Messages.json = %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	if m, err := c.Phone(lan).Next(ctx); err != nil || m.Body != "out" {
		t.Errorf("Next = %q, %v, want the text", m.Body, err)
	}
	if r, err := c.Phone(lan).Text(ctx, line, "in"); err != nil || r.Status != http.StatusOK {
		t.Errorf("Text = %+v, %v, want 200", r, err)
	}

	// A client that gives up frees the handler.
	c.Inject(simulator.Fault{Kind: simulator.HangAccepted, Times: 1})
	hanging := carrierServer.Client()
	hanging.Timeout = 50 * time.Millisecond
	if resp, err := post(textForm(lan, "hangs")); err == nil {
		_ = resp.Body.Close()
		t.Errorf("POST with HangAccepted was answered %d, want a timeout", resp.StatusCode)
	}
	if m, err := c.Phone(lan).Next(ctx); err != nil || m.Body != "hangs" {
		t.Errorf("Next = %q, %v, want the accepted text", m.Body, err)
	}

	// An address where nobody listens.
	gatewayServer.Close()
	_, err = c.Phone(lan).Text(ctx, line, "lost")
	if failed, ok := errors.AsType[*simulator.WebhookError](err); !ok || failed.Code != 11205 {
		t.Errorf("Text to a server that is down: %v, want error 11205", err)
	}
}
