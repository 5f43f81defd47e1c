package gatewaytest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
)

// What operators are given, seen from this package.
const (
	rulesDir  = "../../ops/deploy/prometheus"
	dashboard = "../../ops/grafana/hotline.json"
	alertsDoc = "../../ops/runbook/alerts.md"
)

// watchedWard takes calls, and goes on to the second step so soon that a test can wait for it.
func watchedWard() string {
	return strings.Replace(gatewaytest.CallWard(), "{notify: [police, trusted_address], wait: 30s}",
		"{notify: [police, trusted_address], wait: 2s}", 1)
}

// TestMonitoring_NoPanelIsEmpty has a real Prometheus, with the configuration and the rules that operators are
// given, watch a real hotline that handles texts and calls, and looks at everything the dashboard asks for.
func TestMonitoring_NoPanelIsEmpty(t *testing.T) {
	t.Parallel()
	needPrometheus(t)
	tn := newTown(t)
	tn.carrier.Configure(simulator.Number{
		E164: gatewaytest.Support, SMSURL: tn.public.URL + "/twilio/sms#rc=3&rp=all",
		VoiceURL: tn.public.URL + "/twilio/voice#rc=3&rp=all", StatusCallback: tn.public.URL + "/twilio/voice/status#rc=3&rp=all",
	})
	file := filepath.Join(t.TempDir(), "ward.yaml")
	if err := os.WriteFile(file, []byte(watchedWard()), 0o600); err != nil {
		t.Fatal(err)
	}
	tn.run("line", "apply", "--force", file)
	r := tn.serve()
	p := startPrometheus(t, r)
	tn.eventually("Prometheus has seen it", func() bool { return p.number(t, `sum(up{job="hotline"})`) == 1 })

	// Twice, and with one replica, because an increase needs a before and an after of the same series.
	tn.tellDanger("+84935660001")
	tn.eventually("the first case is seen", func() bool { return p.number(t, `sum(hotline_close_seconds_count)`) == 1 })
	tn.tellCall("+84935660002")
	tn.tellAbandoned("+84935660003")
	tn.tellDanger("+84935660004")
	tn.eventually("the last case is seen", func() bool { return p.number(t, `sum(hotline_close_seconds_count)`) == 3 })
	tn.eventually("the objectives are worked out", func() bool {
		return len(p.query(t, `hotline:late_answers:burn_rate28d > -1`)) == 2
	})

	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			expr := asGrafana(target.Expr)
			if got := p.query(t, expr); !slices.ContainsFunc(got, sample.real) {
				t.Errorf("panel %q is empty: %s = %v", panel.Title, expr, got)
			}
		}
	}
	// The story in figures: what is drawn is also true.
	for expr, want := range map[string]float64{
		`sum(hotline_claim_seconds_count{urgency="immediate_danger"})`:                                 2,
		`sum(hotline_talk_seconds_count)`:                                                              1,
		`sum(hotline_calls_abandoned_total)`:                                                           1,
		`sum(hotline_alerts_total{result="declined"})`:                                                 2,
		`sum(hotline_escalations_total{urgency="immediate_danger"})`:                                   2,
		`sum(hotline_inbound_total{result="refused"})`:                                                 4,
		`sum(hotline_outcomes_total{outcome="unsaid"})`:                                                3,
		`sum(max by (line, state) (hotline_cases{state="alerting"}))`:                                  1,
		`count(hotline_oldest_unclaimed_seconds > 0)`:                                                  1,
		`count(hotline_oldest_unclaimed_seconds == 0)`:                                                 2,
		`max(hotline_deadline_overdue_seconds) < bool 2`:                                               1,
		`round(1 - hotline:late_answers:ratio_rate28d{objective="danger"})`:                            1,
		`count(ALERTS{alertname="HotlineWatchdog", alertstate="firing"})`:                              1,
		`sum(max by (line, kind) (hotline_oncall_contacts{kind="trusted_address"}))`:                   2,
		`count(ALERTS{alertname=~"HotlineDown|HotlineReplicaDown|HotlineCannotStore"}) or 0*vector(1)`: 0,
	} {
		tn.eventually(fmt.Sprintf("%s = %v", expr, want), func() bool { return p.number(t, expr) == want })
	}
	if lines := p.labelValues(t, "line", "hotline_cases"); !slices.Equal(lines, []string{"cam-thanh"}) {
		t.Errorf("the dashboard's choice of lines is %v, want [cam-thanh]", lines)
	}
	checkMetrics(t, r)

	// Redis goes away: what arrives is refused with 503, and the alarm is raised.
	tn.redis.Kill()
	for i := range 2 {
		if code := tn.post(r, inbound(fmt.Sprintf("SMaway%d", i), gatewaytest.Other, "em bi danh")); code != http.StatusServiceUnavailable {
			t.Errorf("webhook without Redis answered %d, want 503", code)
		}
		tn.eventually("the refusal is seen", func() bool {
			return p.number(t, `sum(hotline_webhook_seconds_count{route="POST /twilio/sms", code="503"})`) == float64(i+1)
		})
	}
	tn.eventually("HotlineCannotStore fires", func() bool {
		return p.number(t, `count(ALERTS{alertname="HotlineCannotStore", alertstate="firing"})`) == 1
	})
	p.checkRules(t)
}

// tellDanger lets a person text; one contact declines, a step passes, the police take the case, write, and close it.
func (tn *town) tellDanger(person string) {
	tn.t.Helper()
	before := len(tn.texts(gatewaytest.Lan, "NGUY HIEM"))
	tn.text(person, "cuu em voi, no cam dao")
	tn.eventually("Lan is alerted", func() bool { return len(tn.texts(gatewaytest.Lan, "NGUY HIEM")) > before })
	code := codeOf(tn.t, tn.texts(gatewaytest.Lan, "NGUY HIEM")[before])
	tn.text(gatewaytest.Lan, "0 "+code)
	tn.eventually("the second step begins", func() bool { return len(tn.texts(gatewaytest.Office, code)) > 0 })
	tn.text(gatewaytest.Police, "1 "+code)
	tn.eventually("the police have it", func() bool { return len(tn.texts(gatewaytest.Police, code+": ban da nhan")) > 0 })
	tn.text(gatewaytest.Police, code+" chung toi dang den")
	tn.eventually("words reach the person", func() bool { return len(tn.texts(person, "chung toi dang den")) > 0 })
	tn.text(gatewaytest.Police, "XONG "+code)
	tn.eventually("it is closed", func() bool { return len(tn.texts(gatewaytest.Police, code+" da dong")) > 0 })
	form := inbound("SM"+person[1:], person, "em bi danh")
	for _, route := range []string{"/twilio/sms", "/twilio/voice"} {
		if got := tn.carrier.Post(tn.t.Context(), tn.public.URL+route, form, simulator.WrongToken); got.Status != http.StatusForbidden {
			tn.t.Errorf("%s with a bad signature answered %d, want 403", route, got.Status)
		}
	}
}

// tellCall lets a person call; a contact picks up, takes the case, talks and closes it.
func (tn *town) tellCall(person string) {
	tn.t.Helper()
	ctx, cancel := context.WithTimeout(tn.t.Context(), time.Minute)
	defer cancel()
	caller, err := tn.carrier.Phone(person).Dial(ctx, gatewaytest.Support)
	tn.must("call the line", err)
	_, err = caller.Hears(ctx, greeting)
	tn.must("the call is answered", err)
	lan, err := tn.carrier.Phone(gatewaytest.Lan).NextRing(ctx)
	tn.must("Lan's phone rings", err)
	for lan.Answer() != nil { // it rang for the case before, and no longer does
		lan, err = tn.carrier.Phone(gatewaytest.Lan).NextRing(ctx)
		tn.must("Lan's phone rings", err)
	}
	_, err = lan.Hears(ctx, asksLan)
	tn.must("Lan is asked", err)
	tn.must("Lan presses 1", lan.Press("1"))
	tn.must("the caller talks with Lan", caller.Talks(ctx, gatewaytest.Lan))
	caller.HangUp()
	lan.HangUp()
	tn.eventually("the call is over", func() bool { return lan.Over() && caller.Over() })
	tn.text(gatewaytest.Lan, "XONG")
	tn.eventually("it is closed", func() bool { return len(tn.texts(gatewaytest.Lan, "da dong")) > 0 })
}

// tellAbandoned lets a person call and hang up before anybody took the case, which stays open.
func (tn *town) tellAbandoned(person string) {
	tn.t.Helper()
	ctx, cancel := context.WithTimeout(tn.t.Context(), time.Minute)
	defer cancel()
	caller, err := tn.carrier.Phone(person).Dial(ctx, gatewaytest.Support)
	tn.must("call the line", err)
	_, err = caller.Hears(ctx, greeting)
	tn.must("the call is answered", err)
	caller.HangUp()
}

func (tn *town) must(what string, err error) {
	tn.t.Helper()
	if err != nil {
		tn.t.Fatalf("%s: %v", what, err)
	}
}

// text lets a phone text the line, which must take it in.
func (tn *town) text(from, body string) {
	tn.t.Helper()
	_, err := tn.carrier.Phone(from).Text(tn.t.Context(), gatewaytest.Support, body)
	tn.must("text to the line", err)
}

// codeOf is the case code in an alert.
func codeOf(t testing.TB, alert string) string {
	t.Helper()
	found := regexp.MustCompile(`^CT (\w+)`).FindStringSubmatch(alert)
	if found == nil {
		t.Fatalf("alert %q names no case", alert)
	}
	return found[1]
}

// needPrometheus skips where Prometheus is not installed; in CI (CI=true) it has to be.
func needPrometheus(t *testing.T) {
	t.Helper()
	for _, program := range []string{"prometheus", "promtool"} {
		_, err := exec.LookPath(program)
		switch {
		case err == nil:
		case os.Getenv("CI") == "true":
			t.Fatalf("%v; this test needs the real one", err)
		default:
			t.Skipf("%v; this test needs the real one (Debian: apt-get install prometheus)", err)
		}
	}
}

// prometheus is a Prometheus of the test's own.
type prometheus struct {
	addr string
}

// startPrometheus runs Prometheus with the configuration that operators are given, changed only in where it
// looks and in how often.
func startPrometheus(t *testing.T, watched *replica) *prometheus {
	t.Helper()
	p := &prometheus{addr: freeAddr(t)}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "alertmanagers"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"prometheus.yml", "rules.yml", "objectives.yml"} {
		content, err := os.ReadFile(filepath.Join(rulesDir, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		change := func(from, to string) {
			if strings.Count(text, from) != 1 {
				t.Fatalf("%s has %q %d times, want it once", name, from, strings.Count(text, from))
			}
			text = strings.Replace(text, from, to, 1)
		}
		switch name {
		case "prometheus.yml":
			change("scrape_interval: 15s", "scrape_interval: 500ms")
			change("scrape_timeout: 10s", "scrape_timeout: 500ms")
			change("evaluation_interval: 15s", "evaluation_interval: 500ms")
			change(`["hotline-a:9090", "hotline-b:9090"]`, fmt.Sprintf("[%q]", watched.metrics))
			change(`"localhost:9090"`, strconv.Quote(p.addr))
			change(`"redis-exporter:9121"`, `"127.0.0.1:1"`) // nobody is there
		case "objectives.yml":
			change("interval: 1m", "interval: 500ms")
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output := &gatewaytest.Log{}
	cmd := exec.Command("prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.addr, "--log.level=warn")
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-exited
		if t.Failed() {
			t.Logf("prometheus said:\n%s", output)
		}
	})
	return p
}

// get asks Prometheus' API and decodes what it answers. It reports whether there was an answer.
func (p *prometheus) get(t *testing.T, path string, form url.Values, data any) bool {
	t.Helper()
	resp, err := http.Get("http://" + p.addr + path + "?" + form.Encode())
	if err != nil {
		return false // it has not started yet
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusServiceUnavailable {
		return false // it is starting
	}
	answer := struct {
		Status string
		Error  string
		Data   any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatalf("Prometheus answers %s with status %d and no JSON: %v", path, resp.StatusCode, err)
	}
	if answer.Status != "success" {
		t.Fatalf("Prometheus answers %s %v: %s", path, form, answer.Error)
	}
	return true
}

// sample is one series of an answer.
type sample struct {
	Metric map[string]string
	Value  [2]any // time and value
}

func (s sample) number() string { return fmt.Sprint(s.Value[1]) }

// real reports whether the sample shows anything: NaN is what an average of nothing is.
func (s sample) real() bool { return s.number() != "NaN" }

func (p *prometheus) query(t *testing.T, expr string) []sample {
	t.Helper()
	var answer struct{ Result []sample }
	p.get(t, "/api/v1/query", url.Values{"query": {expr}}, &answer)
	return answer.Result
}

// number is the value of the first series, or -1.
func (p *prometheus) number(t *testing.T, expr string) float64 {
	t.Helper()
	got := p.query(t, expr)
	if len(got) == 0 {
		return -1
	}
	n, err := strconv.ParseFloat(got[0].number(), 64)
	if err != nil {
		t.Fatalf("%s = %v, want a number", expr, got)
	}
	return n
}

func (p *prometheus) labelValues(t *testing.T, label, metric string) []string {
	t.Helper()
	var values []string
	p.get(t, "/api/v1/label/"+label+"/values", url.Values{"match[]": {metric}}, &values)
	return values
}

// checkRules looks whether all rules could be worked out, and whether whatever they select exists: a rule with
// a slip in a name or a label never fires, and nothing else would tell.
func (p *prometheus) checkRules(t *testing.T) {
	t.Helper()
	var answer struct {
		Groups []struct {
			Name  string
			Rules []struct{ Name, Query, Health, LastError string }
		}
	}
	p.get(t, "/api/v1/rules", nil, &answer)
	if len(answer.Groups) < 2 {
		t.Fatalf("Prometheus has %d groups of rules, want those of both files", len(answer.Groups))
	}
	selectors := map[string]string{}
	for _, group := range answer.Groups {
		for _, rule := range group.Rules {
			if rule.Health != "ok" {
				t.Errorf("rule %s is %s: %s", rule.Name, rule.Health, rule.LastError)
			}
			for _, selector := range ownSelectors(rule.Query) {
				selectors[selector] = rule.Name
			}
		}
	}
	for _, selector := range slices.Sorted(maps.Keys(selectors)) {
		if got := p.query(t, "count(last_over_time("+selector+"[10m]))"); len(got) == 0 {
			t.Errorf("rule %s looks at %s, which does not exist", selectors[selector], selector)
		}
	}
}

// ownSelectors are the hotline's own series that an expression selects, with their labels.
func ownSelectors(expr string) []string {
	var found []string
	for _, m := range regexp.MustCompile(`(?:^|[^"\w:])((?:\w+:)?hotline[_:][\w:]+(?:\{[^}]*\})?)`).FindAllStringSubmatch(expr, -1) {
		found = append(found, m[1])
	}
	return found
}

// checkMetrics has promtool look at a page of metrics.
func checkMetrics(t *testing.T, r *replica) {
	t.Helper()
	page := strings.TrimPrefix(get(r.metrics, "/metrics"), "200 ")
	cmd := exec.Command("promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}
