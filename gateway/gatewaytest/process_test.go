package gatewaytest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// town is the real thing: `hotline serve` processes on real ports, a real redis-server, and the simulated
// carrier behind HTTP. Time is real too.
type town struct {
	t       testing.TB
	redis   *routingtest.Server
	carrier *simulator.Carrier
	public  *httptest.Server // where the carrier's webhooks arrive; hands them to the replicas in turn
	api     *httptest.Server
	binary  string
	keyset  string

	mu       sync.Mutex
	replicas []*replica
	turn     atomic.Int64
}

// replica is one `hotline serve`.
type replica struct {
	cmd     *exec.Cmd
	hooks   string
	pages   string
	metrics string
	output  *gatewaytest.Log
	exited  chan struct{}
}

func newTown(t *testing.T) *town {
	t.Helper()
	if testing.Short() {
		t.Skip("runs real processes in real time; leave out -short to run it")
	}
	tn := &town{t: t, redis: routingtest.NewServer(t), binary: buildHotline(t)}
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	if tn.keyset, err = keyset.Secret(); err != nil {
		t.Fatal(err)
	}
	tn.public = httptest.NewServer(http.HandlerFunc(tn.route))
	t.Cleanup(tn.public.Close)
	tn.carrier = simulator.New(simulator.Options{
		AccountSID: gatewaytest.AccountSID, AuthToken: gatewaytest.AuthToken, Client: &http.Client{},
		Numbers: []simulator.Number{{E164: gatewaytest.Support, SMSURL: tn.public.URL + "/twilio/sms#rc=3&rp=all"}},
	})
	t.Cleanup(tn.carrier.Close)
	tn.api = httptest.NewServer(tn.carrier)
	t.Cleanup(tn.api.Close)
	file := filepath.Join(t.TempDir(), "ward.yaml")
	if err := os.WriteFile(file, []byte(gatewaytest.Ward), 0o600); err != nil {
		t.Fatal(err)
	}
	tn.run("line", "apply", file)
	return tn
}

var (
	buildOnce sync.Once
	built     string
	buildErr  error
)

// buildHotline builds the program once for all tests of this package.
func buildHotline(t testing.TB) string {
	t.Helper()
	buildOnce.Do(func() {
		dir, err := os.MkdirTemp("", "hotline-test")
		if err != nil {
			buildErr = err
			return
		}
		built = filepath.Join(dir, "hotline")
		out, err := exec.Command("go", "build", "-o", built, "github.com/tincay/hotline/gateway/cmd/hotline").CombinedOutput()
		if err != nil {
			buildErr = fmt.Errorf("%w: %s", err, out)
		}
	})
	if buildErr != nil {
		t.Fatalf("build hotline: %v", buildErr)
	}
	return built
}

func (tn *town) env(more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
		"HOTLINE_PUBLIC_URL=" + tn.public.URL, "REDIS_URL=" + tn.redis.URL(), "HOTLINE_KEYSET=" + tn.keyset,
		"TWILIO_ACCOUNT_SID=" + gatewaytest.AccountSID, "TWILIO_AUTH_TOKEN=" + gatewaytest.AuthToken, "TWILIO_API_URL=" + tn.apiURL(),
	}, more...)
}

func (tn *town) apiURL() string {
	if tn.api == nil {
		return "http://127.0.0.1:1"
	}
	return tn.api.URL
}

// run runs a command of the program, which must succeed, and returns what it printed.
func (tn *town) run(args ...string) string {
	tn.t.Helper()
	cmd := exec.Command(tn.binary, args...)
	cmd.Env = tn.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		tn.t.Fatalf("hotline %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// serve starts a replica and waits until it is ready.
func (tn *town) serve() *replica {
	tn.t.Helper()
	r := &replica{hooks: freeAddr(tn.t), pages: freeAddr(tn.t), metrics: freeAddr(tn.t), output: &gatewaytest.Log{}, exited: make(chan struct{})}
	r.cmd = exec.Command(tn.binary, "serve")
	r.cmd.Env = tn.env("HOTLINE_LISTEN="+r.hooks, "HOTLINE_METRICS_LISTEN="+r.metrics, "HOTLINE_OPS_LISTEN="+r.pages)
	r.cmd.Stdout, r.cmd.Stderr = r.output, r.output
	if err := r.cmd.Start(); err != nil {
		tn.t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait()
		close(r.exited)
	}()
	tn.t.Cleanup(func() { tn.kill(r) })
	tn.eventually("replica is ready", func() bool { return get(r.metrics, "/readyz") == "200 ok\n" })
	tn.mu.Lock()
	tn.replicas = append(tn.replicas, r)
	tn.mu.Unlock()
	return r
}

// kill ends a replica at once, as a crash would.
func (tn *town) kill(r *replica) {
	tn.leave(r)
	_ = r.cmd.Process.Kill()
	<-r.exited
}

// leave takes a replica out of the carrier's sight.
func (tn *town) leave(gone *replica) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	for i, r := range tn.replicas {
		if r == gone {
			tn.replicas = append(tn.replicas[:i:i], tn.replicas[i+1:]...)
			return
		}
	}
}

func (tn *town) route(w http.ResponseWriter, r *http.Request) {
	tn.mu.Lock()
	replicas := tn.replicas
	tn.mu.Unlock()
	if len(replicas) == 0 {
		http.Error(w, "no replica", http.StatusBadGateway)
		return
	}
	to := replicas[int(tn.turn.Add(1))%len(replicas)]
	(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(&url.URL{Scheme: "http", Host: to.hooks})
	}}).ServeHTTP(w, r)
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// get returns status and body of a page; empty if there is none.
func get(addr, path string) string {
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}

// eventually waits for something that happens in another process.
func (tn *town) eventually(what string, ok func() bool) {
	tn.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			var logs bytes.Buffer
			for _, r := range tn.replicas {
				logs.WriteString(r.output.String())
			}
			tn.t.Fatalf("never happened: %s\n%s", what, logs.String())
		}
	}
}

// texts are the bodies a phone got that contain something.
func (tn *town) texts(phone, containing string) []string {
	var found []string
	for _, m := range tn.carrier.Phone(phone).Inbox() {
		if strings.Contains(m.Body, containing) {
			found = append(found, m.Body)
		}
	}
	return found
}

// post posts a text webhook, signed, to one replica past the router, and returns the status.
func (tn *town) post(r *replica, form url.Values) int {
	signature := simulator.Sign(gatewaytest.AuthToken, tn.public.URL+"/twilio/sms", form)
	req, err := http.NewRequest(http.MethodPost, "http://"+r.hooks+"/twilio/sms", strings.NewReader(form.Encode()))
	if err != nil {
		tn.t.Error(err)
		return 0
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", signature)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func inbound(sid, from, body string) url.Values {
	return url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {gatewaytest.AccountSID}, "From": {from}, "To": {gatewaytest.Support},
		"Body": {body}, "NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
}

func TestProcess_TwentyPostsOfOneTextAreOne(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	a, b := tn.serve(), tn.serve()
	form := inbound("SM00000000000000000000000000000020", gatewaytest.Victim, "cuu em voi, no cam dao")
	var posting sync.WaitGroup
	var refused atomic.Int64
	for i := range 20 {
		posting.Go(func() {
			if tn.post([]*replica{a, b}[i%2], form) != http.StatusOK {
				refused.Add(1)
			}
		})
	}
	posting.Wait()
	if n := refused.Load(); n > 0 {
		t.Errorf("%d of 20 posts were not taken, want none", n)
	}
	tn.eventually("alerts and reply arrive", func() bool {
		return len(tn.texts(gatewaytest.Lan, "NGUY HIEM")) > 0 && len(tn.texts(gatewaytest.Police, "NGUY HIEM")) > 0 && len(tn.texts(gatewaytest.Victim, "Da nhan tin.")) > 0
	})
	for _, phone := range []string{gatewaytest.Lan, gatewaytest.Hoa, gatewaytest.Police, gatewaytest.Victim} {
		if got := tn.carrier.Phone(phone).Inbox(); len(got) != 1 {
			t.Errorf("phone …%s got %d texts, want 1", phone[len(phone)-3:], len(got))
		}
	}
}

func TestProcess_TwoAnswersAtOnceGiveOneHolder(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	a, b := tn.serve(), tn.serve()
	for round := range 10 {
		victim := fmt.Sprintf("+8493511%04d", round)
		tn.post(a, inbound(fmt.Sprintf("SMround%d", round), victim, "chong em danh em"))
		tn.eventually("both are alerted", func() bool {
			return len(tn.texts(gatewaytest.Lan, "Tra loi 1")) > round && len(tn.texts(gatewaytest.Hoa, "Tra loi 1")) > round
		})
		var answering sync.WaitGroup
		answering.Go(func() { tn.post(a, inbound(fmt.Sprintf("SMlan%d", round), gatewaytest.Lan, "1")) })
		answering.Go(func() { tn.post(b, inbound(fmt.Sprintf("SMhoa%d", round), gatewaytest.Hoa, "1")) })
		answering.Wait()
		tn.eventually("one has it and the other is told", func() bool {
			holders := len(tn.texts(gatewaytest.Lan, "ban da nhan")) + len(tn.texts(gatewaytest.Hoa, "ban da nhan"))
			told := len(tn.texts(gatewaytest.Lan, "da co nguoi nhan")) + len(tn.texts(gatewaytest.Hoa, "da co nguoi nhan"))
			return holders == round+1 && told >= round+1
		})
	}
	if holders := len(tn.texts(gatewaytest.Lan, "ban da nhan")) + len(tn.texts(gatewaytest.Hoa, "ban da nhan")); holders != 10 {
		t.Errorf("10 cases have %d holders, want 10", holders)
	}
}

func TestProcess_KilledAfterAnsweringLosesNothing(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	const cases = 8
	for i := range cases {
		r := tn.serve()
		body := fmt.Sprintf("em bi danh, chuyen thu %d", i)
		if code := tn.post(r, inbound(fmt.Sprintf("SMkill%d", i), fmt.Sprintf("+8493522%04d", i), body)); code != http.StatusOK {
			t.Fatalf("webhook answered %d, want 200", code)
		}
		tn.kill(r)
	}
	tn.serve()
	tn.eventually("every case alerts a contact", func() bool { return len(distinct(tn.texts(gatewaytest.Lan, "Tra loi 1"))) == cases })
	if got := len(tn.texts(gatewaytest.Lan, "Tra loi 1")); got > 2*cases {
		t.Errorf("%d alerts for %d cases, want at most one repeat each", got, cases)
	}
}

func distinct(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}

func TestProcess_RedisKilledAndRestartedLosesNothing(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	r := tn.serve()
	for i := range 5 {
		if code := tn.post(r, inbound(fmt.Sprintf("SMbefore%d", i), fmt.Sprintf("+8493533%04d", i), "em bi danh")); code != http.StatusOK {
			t.Fatalf("webhook answered %d, want 200", code)
		}
	}
	tn.redis.Kill()
	began := time.Now()
	if code := tn.post(r, inbound("SMduring", "+84935330099", "em bi danh")); code != http.StatusServiceUnavailable {
		t.Errorf("webhook without Redis answered %d, want 503 so that the carrier repeats it", code)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("webhook without Redis took %v", took)
	}
	if got := get(r.metrics, "/readyz"); !strings.HasPrefix(got, "503 ") {
		t.Errorf("/readyz without Redis = %q, want 503", got)
	}
	tn.redis.Start()
	tn.eventually("what was stored goes out", func() bool { return len(distinct(tn.texts(gatewaytest.Lan, "Tra loi 1"))) >= 5 })
	tn.eventually("the repeated webhook is taken", func() bool {
		return tn.post(r, inbound("SMduring", "+84935330099", "em bi danh")) == http.StatusOK
	})
	tn.eventually("its case alerts too", func() bool { return len(distinct(tn.texts(gatewaytest.Lan, "Tra loi 1"))) == 6 })
	if got := len(tn.texts(gatewaytest.Lan, "Tra loi 1")); got > 12 {
		t.Errorf("%d alerts for 6 cases, want at most one repeat each", got)
	}
}

func TestProcess_TermDrainsAndExitsZero(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	r := tn.serve()
	tn.carrier.Inject(simulator.Fault{Kind: simulator.SlowAnswer, Delay: time.Second})
	tn.post(r, inbound("SMterm", gatewaytest.Victim, "em bi danh"))
	tn.eventually("a message is in hand", func() bool { return len(r.output.Lines("event handled")) > 0 })
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.exited:
	case <-time.After(10 * time.Second):
		t.Fatal("still running 10 s after SIGTERM")
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0\n%s", code, r.output)
	}
	tn.carrier.Clear()
	tn.serve()
	tn.eventually("everything went out", func() bool {
		return len(tn.texts(gatewaytest.Lan, "Tra loi 1")) > 0 && len(tn.texts(gatewaytest.Hoa, "Tra loi 1")) > 0 && len(tn.texts(gatewaytest.Victim, "Da nhan tin.")) > 0
	})
	if got := len(tn.texts(gatewaytest.Lan, "Tra loi 1")); got != 1 {
		t.Errorf("%d alerts after an orderly stop, want 1", got)
	}
}

func TestProcess_RefusesToStartAndListsEveryFault(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(buildHotline(t), "serve")
	cmd.Env = []string{"HOTLINE_LISTEN=nonsense", "TWILIO_AUTH_TOKEN=sec ret"}
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("serve without settings: %v, want exit code 1", err)
	}
	for _, name := range []string{"HOTLINE_PUBLIC_URL", "HOTLINE_LISTEN", "REDIS_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "HOTLINE_KEYSET"} {
		if !strings.Contains(string(out), name) {
			t.Errorf("serve does not name %s among the faults:\n%s", name, out)
		}
	}
	if strings.Contains(string(out), "sec ret") {
		t.Errorf("serve prints a secret:\n%s", out)
	}
}

func TestProcess_SaysWhenRedisIsMissingAtStart(t *testing.T) {
	t.Parallel()
	tn := newTown(t)
	tn.redis.Kill()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	metrics, pages := freeAddr(t), freeAddr(t)
	cmd := exec.CommandContext(ctx, tn.binary, "serve")
	cmd.Env = tn.env("HOTLINE_LISTEN="+freeAddr(t), "HOTLINE_METRICS_LISTEN="+metrics, "HOTLINE_OPS_LISTEN="+pages)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	tn.eventually("it lives and says why it is not ready", func() bool {
		return get(metrics, "/healthz") == "200 ok\n" && strings.HasPrefix(get(metrics, "/readyz"), "503 starting")
	})
	if got := get(pages, "/"); !strings.HasPrefix(got, "503 Đang khởi động") {
		t.Errorf("the supervisor's page says %q, want that it is starting", got)
	}
	tn.redis.Start()
	tn.eventually("it is ready once Redis is", func() bool { return get(metrics, "/readyz") == "200 ok\n" })
}
