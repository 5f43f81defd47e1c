package simulator_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tincay/hotline/gateway/simulator"
)

const (
	account = "AC00000000000000000000000000000001"
	token   = "secret"
	line    = "+84900000100"
	lan     = "+84900000001"
	minh    = "+84900000002"
	clinic  = "+842559999115"
	hooks   = "https://hotline.example.vn"
)

// world is a carrier, and a gateway that answers as a test tells it to.
type world struct {
	*simulator.Carrier
	t       testing.TB
	gateway *gateway
	rest    *http.Client
}

// newWorld connects the two in memory. It is called inside a synctest bubble;
// the carrier closes before the bubble ends.
func newWorld(t testing.TB, change func(*simulator.Options)) *world {
	t.Helper()
	g := &gateway{t: t}
	opts := simulator.Options{
		AccountSID: account,
		AuthToken:  token,
		Numbers:    []simulator.Number{{E164: line, SMSURL: hooks + "/twilio/sms"}},
		Landlines:  []string{clinic},
		Client:     &http.Client{Transport: simulator.InMemory(g)},
	}
	if change != nil {
		change(&opts)
	}
	c := simulator.New(opts)
	t.Cleanup(c.Close)
	return &world{Carrier: c, t: t, gateway: g, rest: &http.Client{Transport: simulator.InMemory(c)}}
}

// bubble runs a test in a synctest bubble with a world in it.
func bubble(t *testing.T, change func(*simulator.Options), f func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t, change)) })
}

// hook is a webhook as the gateway got it.
type hook struct {
	path   string
	header http.Header
	form   url.Values
	url    string
}

// gateway is the far end of the webhooks.
type gateway struct {
	t      testing.TB
	mu     sync.Mutex
	hooks  []hook
	answer func(n int, w http.ResponseWriter, r *http.Request) // n counts from 1; nil answers <Response/>
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		g.t.Errorf("webhook to %s: cannot parse the form: %v", r.URL.Path, err)
	}
	h := hook{path: r.URL.Path, header: r.Header.Clone(), form: r.PostForm, url: hooks + r.URL.RequestURI()}
	g.mu.Lock()
	g.hooks = append(g.hooks, h)
	n, answer := len(g.hooks), g.answer
	g.mu.Unlock()
	if answer != nil {
		answer(n, w, r)
		return
	}
	twiml(w, `<?xml version="1.0" encoding="UTF-8"?><Response/>`)
}

func (g *gateway) answers(f func(n int, w http.ResponseWriter, r *http.Request)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = f
}

func (g *gateway) got() []hook {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]hook(nil), g.hooks...)
}

// statuses lists the MessageStatus of each status callback, in order.
func (g *gateway) statuses() []string {
	var out []string
	for _, h := range g.got() {
		if s := h.form.Get("MessageStatus"); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func twiml(w http.ResponseWriter, doc string) {
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, doc)
}

// do makes a REST request and returns the status and the JSON answer.
func (w *world) do(ctx context.Context, method, path string, form url.Values) (int, map[string]any, error) {
	w.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/2010-04-01/Accounts/" + account + "/" + path
	}
	req, err := http.NewRequestWithContext(ctx, method, "https://api.example"+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth(account, token)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := w.rest.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var v map[string]any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &v); err != nil {
			w.t.Fatalf("%s %s answered %d with %q, not JSON: %v", method, path, resp.StatusCode, body, err)
		}
	}
	return resp.StatusCode, v, nil
}

// send posts a message from the line and expects it to be accepted.
func (w *world) send(to, body string, extra ...string) string {
	w.t.Helper()
	status, v, err := w.do(w.t.Context(), http.MethodPost, "Messages.json", textForm(to, body, extra...))
	if err != nil || status != http.StatusCreated {
		w.t.Fatalf("POST Messages.json = %d %v, %v, want 201", status, v, err)
	}
	return v["sid"].(string)
}

// textForm is the form that sends a text, with extra parameters in pairs.
func textForm(to, body string, extra ...string) url.Values {
	form := url.Values{"To": {to}, "From": {line}, "Body": {body}}
	for i := 0; i < len(extra); i += 2 {
		form.Set(extra[i], extra[i+1])
	}
	return form
}

// bodies lists the words of messages.
func bodies(messages []simulator.Message) []string {
	out := []string{}
	for _, m := range messages {
		out = append(out, m.Body)
	}
	return out
}

// noAlerts fails if the carrier found something wrong.
func (w *world) noAlerts() {
	w.t.Helper()
	for _, a := range w.Alerts() {
		w.t.Errorf("alert %d: %s", a.Code, a.Detail)
	}
}
