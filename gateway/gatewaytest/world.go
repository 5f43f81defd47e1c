// Package gatewaytest tells stories with phones: the whole gateway between a simulated carrier and Redis.
//
// In a synctest bubble with Redis in memory the clock is the test's own, so hours pass in an instant. The
// same world runs against a real Redis in real time.
package gatewaytest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway"
	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/gateway/twilio/twiliotest"
	"github.com/tincay/hotline/routing/line"
)

// The made-up world: a ward's support number and who lives there.
const (
	Support = "+842553800113"
	Lan     = "+84905000001" // trusted address, tổ 1
	Hoa     = "+84905000002" // trusted address, tổ 2
	Police  = "+84905000003"
	Office  = "+84905000009" // supervisor
	Victim  = "+84935111222"
	Other   = "+84935111333"
)

// Settings of the carrier's account.
const (
	AccountSID = "AC0123456789abcdef0123456789abcdef"
	AuthToken  = "0123456789abcdef0123456789abcdef"
	PublicURL  = "https://hotline.example.vn"
)

// Ward is the line file of the world.
const Ward = `
line: cam-thanh
tag: CT
name: Phường Cẩm Thành
timezone: Asia/Ho_Chi_Minh
language: vi
numbers:
  - {number: "+842553800113", sms: true, voice: true}
contacts:
  - {id: lan, name: "Nguyễn Thị Lan", kind: trusted_address, phone: "+84905000001", channels: [sms], area: Tổ 1}
  - {id: hoa, name: "Trần Văn Hòa", kind: trusted_address, phone: "+84905000002", channels: [sms], area: Tổ 2}
  - {id: ca-phuong, name: "Công an phường", kind: police, phone: "+84905000003", channels: [sms]}
  - {id: van-phong, name: "Lê Thị Mai", kind: supervisor, phone: "+84905000009", channels: [sms]}
always: [lan, hoa, ca-phuong, van-phong]
areas:
  - {name: Tổ 1, words: ["tổ 1", "tổ một"]}
  - {name: Tổ 2, words: ["tổ 2", "tổ hai"]}
policy:
  immediate_danger:
    - {notify: [police, trusted_address], wait: 30s}
    - {notify: [supervisor], wait: 60s}
  urgent:
    - {notify: [trusted_address], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}
  information:
    - {notify: [trusted_address], at_once: 1, wait: 5m}
    - {notify: [supervisor], wait: 10m}
`

// CallWard is Ward with contacts who take calls as well as texts.
func CallWard() string { return strings.ReplaceAll(Ward, "channels: [sms]", "channels: [sms, voice]") }

// Options says what a [World] is made of.
type Options struct {
	Redis    redis.UniversalClient
	LineFile string // Ward if empty
	// Keyset is what Redis has been written with, if something is in it already; nil: a new one.
	Keyset *seal.Keyset
	// Poll is how often a gateway looks at the agenda besides when something is due; 0 means the default.
	Poll time.Duration
	// Carrier's own latency; zero delivers at once.
	Latency simulator.Latency
	// Recordings is a directory with the ward's own recordings; empty: everything is spoken.
	Recordings string
	// ActionOnRedirect makes the carrier ask a Dial's action also when a push takes the call out of it.
	ActionOnRedirect bool
	// Called hears of every request of a gateway to the carrier; it may be nil.
	Called func(*http.Request)
}

// World is a gateway, or several, between a carrier and Redis.
type World struct {
	t       testing.TB
	Carrier *simulator.Carrier
	Redis   redis.UniversalClient
	Keyset  *seal.Keyset
	Logs    *Log

	cfg    *config.Config
	poll   time.Duration
	called func(*http.Request)
	gate   *gate
}

// Gateway is one running replica.
type Gateway struct {
	App  *gateway.App
	stop context.CancelFunc
	done chan struct{}
}

// New makes a world with its line file applied and no gateway running yet.
func New(t testing.TB, o Options) *World {
	t.Helper()
	keyset := o.Keyset
	if keyset == nil {
		var err error
		if keyset, err = seal.NewKeyset(); err != nil {
			t.Fatal(err)
		}
	}
	w := &World{t: t, Redis: o.Redis, Keyset: keyset, Logs: &Log{}, poll: o.Poll, called: o.Called, gate: &gate{}}
	w.Carrier = simulator.New(simulator.Options{
		AccountSID: AccountSID, AuthToken: AuthToken, Latency: o.Latency, ActionOnRedirect: o.ActionOnRedirect,
		Numbers: []simulator.Number{{E164: Support, SMSURL: PublicURL + "/twilio/sms#rc=3&rp=all",
			VoiceURL: PublicURL + "/twilio/voice#rc=3&rp=all", StatusCallback: PublicURL + "/twilio/voice/status#rc=3&rp=all"}},
		Client: &http.Client{Transport: simulator.InMemory(w.gate)},
	})
	t.Cleanup(w.Carrier.Close)
	w.cfg = &config.Config{
		PublicURL: PublicURL, Redis: o.Redis, AccountSID: AccountSID, AuthTokens: []config.Secret{config.NewSecret(AuthToken)},
		APIURL: "https://api.carrier.example", Keyset: keyset,
		VoiceVI: "Google.vi-VN-Standard-A", VoiceEN: "Google.en-US-Standard-C", RecordingsDir: o.Recordings,
	}
	if o.LineFile == "" {
		o.LineFile = Ward
	}
	w.Apply(o.LineFile)
	return w
}

// Apply stores a line file in place of the one before.
func (w *World) Apply(lineFile string) {
	w.t.Helper()
	file, faults := line.Parse([]byte(lineFile))
	if file == nil {
		w.t.Fatalf("line file of the test: %v", faults)
	}
	ctx := context.Background()
	shards, err := contactstore.CheckShards(ctx, w.Redis, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	lines := contactstore.New(w.Redis, shards, w.Keyset)
	generations, err := lines.Generations(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := lines.Put(ctx, file.ID, generations[file.ID], file.MarshalStored()); err != nil {
		w.t.Fatal(err)
	}
}

// Open makes one more gateway that takes in what arrives but does not work on the agenda.
func (w *World) Open() *Gateway {
	w.t.Helper()
	cfg := *w.cfg
	app, err := gateway.Open(context.Background(), &cfg, gateway.Options{
		Logger:    slog.New(slog.NewJSONHandler(w.Logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Transport: twiliotest.Check(w.t, simulator.InMemory(http.HandlerFunc(w.api))), Poll: w.poll,
	})
	if err != nil {
		w.t.Fatalf("open gateway: %v", err)
	}
	g := &Gateway{App: app, stop: func() {}, done: make(chan struct{})}
	w.gate.add(g)
	return g
}

// api is the carrier's REST interface.
func (w *World) api(answer http.ResponseWriter, r *http.Request) {
	if w.called != nil {
		w.called(r)
	}
	w.Carrier.ServeHTTP(answer, r)
}

// Start runs one more gateway.
func (w *World) Start() *Gateway {
	w.t.Helper()
	g := w.Open()
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	go func() {
		defer close(g.done)
		g.App.Run(ctx)
	}()
	w.t.Cleanup(func() { w.Stop(g) })
	return g
}

// Stop ends a gateway as SIGTERM does: no new webhooks, work in hand finished.
func (w *World) Stop(g *Gateway) {
	w.gate.remove(g)
	g.stop()
	<-g.done
}

// Text lets a phone text the line, which must take it in.
func (w *World) Text(from, body string) {
	w.t.Helper()
	if _, err := w.Carrier.Phone(from).Text(context.Background(), Support, body); err != nil {
		w.t.Fatalf("text to the line: %v", err)
	}
}

// Dial lets a phone call the line.
func (w *World) Dial(from string) *simulator.Call {
	w.t.Helper()
	call, err := w.Carrier.Phone(from).Dial(context.Background(), Support)
	if err != nil {
		w.t.Fatalf("call the line: %v", err)
	}
	return call
}

// Ring waits until a phone rings and returns the call. Whoever looks sees the line's number.
func (w *World) Ring(phone string) *simulator.Call {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	call, err := w.Carrier.Phone(phone).NextRing(ctx)
	if err != nil {
		w.t.Fatalf("phone …%s does not ring", phone[len(phone)-3:])
	}
	if call.From != Support {
		w.t.Errorf("phone …%s is called from %s, want the line's number", phone[len(phone)-3:], call.From)
	}
	return call
}

// Hears waits until a call hears something.
func (w *World) Hears(call *simulator.Call, words string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := call.Hears(ctx, words); err != nil {
		w.t.Fatalf("call of …%s heard %q, want %q: %v", call.From[max(0, len(call.From)-3):], call.Heard(), words, err)
	}
}

// Talk waits until a call is in conversation with exactly these phones.
func (w *World) Talk(call *simulator.Call, with ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := call.Talks(ctx, with...); err != nil {
		w.t.Fatalf("call talks with %v and heard %q, want it to talk with %v: %v", call.TalkingWith(), call.Heard(), with, err)
	}
}

// Answer picks up a call that rings.
func (w *World) Answer(call *simulator.Call) {
	w.t.Helper()
	if err := call.Answer(); err != nil {
		w.t.Fatalf("pick up: %v", err)
	}
}

// Press presses keys on a call.
func (w *World) Press(call *simulator.Call, keys string) {
	w.t.Helper()
	if err := call.Press(keys); err != nil {
		w.t.Fatalf("press %s: %v", keys, err)
	}
}

// Expect waits for the next text on a phone and checks that it matches a regular expression. It returns
// the match and its groups.
func (w *World) Expect(phone, pattern string) []string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	m, err := w.Carrier.Phone(phone).Next(ctx)
	if err != nil {
		w.t.Fatalf("phone …%s got nothing, want %q", phone[len(phone)-3:], pattern)
	}
	if m.From != Support {
		w.t.Errorf("phone …%s got a text from %s, want it from the line's number", phone[len(phone)-3:], m.From)
	}
	got := regexp.MustCompile(pattern).FindStringSubmatch(m.Body)
	if got == nil {
		w.t.Fatalf("phone …%s got %q, want %q", phone[len(phone)-3:], m.Body, pattern)
	}
	return got
}

// Quiet checks that nothing unread is on any of the phones, and that the gateway made no mistake towards
// the carrier. Stories end with it.
func (w *World) Quiet(phones ...string) {
	w.t.Helper()
	if len(phones) == 0 {
		phones = []string{Lan, Hoa, Police, Office, Victim, Other}
	}
	for _, p := range phones {
		for _, m := range w.Carrier.Phone(p).Unread() {
			w.t.Errorf("phone …%s also got %q", p[len(p)-3:], m.Body)
		}
	}
	for _, a := range w.Carrier.Alerts() {
		w.t.Errorf("carrier complained: %+v", a)
	}
}

// gate is where the carrier's webhooks arrive: each goes to the next gateway in turn.
type gate struct {
	mu   sync.Mutex
	open []*Gateway
	turn int
}

func (g *gate) add(to *Gateway) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = append(g.open, to)
}

func (g *gate) remove(gone *Gateway) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = slices.DeleteFunc(g.open, func(have *Gateway) bool { return have == gone })
}

// ServeHTTP answers 503 while no gateway runs.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	var h http.Handler
	if len(g.open) > 0 {
		h = g.open[g.turn%len(g.open)].App.Webhooks()
		g.turn++
	}
	g.mu.Unlock()
	if h == nil {
		http.Error(w, "no gateway", http.StatusServiceUnavailable)
		return
	}
	h.ServeHTTP(w, r)
}

// Log collects what the gateways log.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends a line.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String returns everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Lines returns the lines that contain a text.
func (l *Log) Lines(containing string) []string {
	var found []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, containing) {
			found = append(found, line)
		}
	}
	return found
}
