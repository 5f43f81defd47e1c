package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/doctor"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

const (
	publicURL = gatewaytest.PublicURL
	elsewhere = "https://twimlets.example/forward?PhoneNumber=" + gatewaytest.Police
)

// quietWard is a ward that takes no calls, which is all that this version promises.
var quietWard = strings.Replace(gatewaytest.Ward, "voice: true", "voice: false", 1)

// wellConfigured is the support number as the runbook wants it.
func wellConfigured() simulator.Number {
	return simulator.Number{E164: gatewaytest.Support, SMSURL: publicURL + "/twilio/sms#rc=3&rp=all", SMSFallbackURL: elsewhere}
}

// installation is what doctor looks at.
type installation struct {
	t      *testing.T
	env    map[string]string
	keyset *seal.Keyset
	rdb    redis.UniversalClient
	number simulator.Number
	sim    simulator.Options
	fault  simulator.Fault
	texts  func() error
}

// newInstallation makes one without fault, on a Redis.
func newInstallation(t *testing.T, redisURL string) *installation {
	t.Helper()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := keyset.Secret()
	if err != nil {
		t.Fatal(err)
	}
	rdb, err := contactstore.Connect(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	i := &installation{
		t: t, keyset: keyset, rdb: rdb, number: wellConfigured(), texts: texts.Check,
		sim: simulator.Options{AccountSID: gatewaytest.AccountSID, AuthToken: gatewaytest.AuthToken},
		env: map[string]string{
			"HOTLINE_PUBLIC_URL": publicURL, "REDIS_URL": redisURL, "HOTLINE_KEYSET": secret,
			"TWILIO_ACCOUNT_SID": gatewaytest.AccountSID, "TWILIO_AUTH_TOKEN": gatewaytest.AuthToken,
		},
	}
	return i
}

// inMemory makes one on a Redis in memory, which tells nothing of version, persistence and eviction.
func inMemory(t *testing.T) *installation {
	i := newInstallation(t, "redis://"+miniredis.RunT(t).Addr())
	i.apply(quietWard)
	return i
}

// apply stores a line file.
func (i *installation) apply(content string) {
	i.t.Helper()
	file, faults := line.Parse([]byte(content))
	if file == nil {
		i.t.Fatalf("line file of the test: %v", faults)
	}
	i.put(file, file.MarshalStored())
}

func (i *installation) put(file *line.File, stored []byte) {
	i.t.Helper()
	shards, err := contactstore.CheckShards(i.t.Context(), i.rdb, 0)
	if err != nil {
		i.t.Fatal(err)
	}
	lines := contactstore.New(i.rdb, shards, i.keyset)
	generations, err := lines.Generations(i.t.Context())
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := lines.Put(i.t.Context(), file.ID, generations[file.ID], stored); err != nil {
		i.t.Fatal(err)
	}
}

// examine runs doctor against a carrier over HTTP.
func (i *installation) examine() (bool, []doctor.Finding) {
	i.t.Helper()
	i.sim.Numbers = append(i.sim.Numbers, i.number)
	sim := simulator.New(i.sim)
	defer sim.Close()
	if i.fault.Kind != 0 {
		sim.Inject(i.fault)
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	if _, set := i.env["TWILIO_API_URL"]; !set {
		i.env["TWILIO_API_URL"] = server.URL
	}
	var findings []doctor.Finding
	healthy := doctor.Examine(context.Background(), doctor.Options{
		Lookup: func(name string) (string, bool) { v, ok := i.env[name]; return v, ok },
		Texts:  i.texts, Report: func(f doctor.Finding) { findings = append(findings, f) },
	})
	for _, f := range findings {
		printed := f.Subject + f.VI + f.EN
		for _, secret := range []string{"905000", "2553800", gatewaytest.AuthToken, gatewaytest.AccountSID, i.env["HOTLINE_KEYSET"], "Nguyễn", "twimlets", "s3cret"} {
			if secret != "" && strings.Contains(printed, secret) {
				i.t.Errorf("finding %+v holds %q", f, secret)
			}
		}
		if f.VI == "" || f.EN == "" || f.Subject == "" || strings.Contains(printed, "\n") {
			i.t.Errorf("finding %+v is not one line in both languages", f)
		}
	}
	return healthy, findings
}

// find returns the findings whose subject and English text contain something.
func find(findings []doctor.Finding, subject, en string) []doctor.Finding {
	var found []doctor.Finding
	for _, f := range findings {
		if strings.Contains(f.Subject, subject) && strings.Contains(f.EN, en) {
			found = append(found, f)
		}
	}
	return found
}

func TestExamine_NothingWrong(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, routingtest.NewServer(t).URL())
	i.apply(quietWard)
	healthy, findings := i.examine()
	if !healthy {
		t.Error("Examine = false, want nothing failed")
	}
	want := []struct{ subject, en string }{
		{"settings", "complete"}, {"Redis", "answers, version "}, {"Redis: ghi đĩa | persistence", "appendfsync always"},
		{"Redis: bộ nhớ đầy | eviction", "noeviction"}, {"Redis: số phần | shards", "4"}, {"cam-thanh", "opens it"},
		{"cam-thanh: lịch trực | roster", "no gap"}, {"cam-thanh: người liên hệ | contacts", "every kind"}, {"carrier", "is active"},
		{"cam-thanh +…13 SMS", "texts come here"}, {"cam-thanh +…13 SMS", "fallback on another host"}, {"carrier: STOP", "does not show"}, {"message files", "complete"},
	}
	for n, w := range want {
		if n >= len(findings) || !strings.HasSuffix(findings[n].Subject, w.subject) || !strings.Contains(findings[n].EN, w.en) {
			t.Fatalf("finding %d of %+v: want %s: %s", n+1, findings, w.subject, w.en)
		}
		if v := findings[n].Verdict; v != doctor.OK && !(w.subject == "carrier: STOP" && v == doctor.Unknown) {
			t.Errorf("%s: %s, want it ok", w.subject, v)
		}
	}
	if len(findings) != len(want) {
		t.Errorf("%d findings, want %d: %+v", len(findings), len(want), findings)
	}
}

// Each thing that can be wrong, once, in an installation that is otherwise well.
func TestExamine_EachFault(t *testing.T) {
	t.Parallel()
	number := func(change func(*simulator.Number)) func(*installation) {
		return func(i *installation) { change(&i.number) }
	}
	env := func(name, value string) func(*installation) {
		return func(i *installation) { i.env[name] = value }
	}
	ward := func(from, to string) func(*installation) {
		return func(i *installation) {
			if !strings.Contains(quietWard, from) {
				i.t.Fatalf("the ward has no %q", from)
			}
			i.apply(strings.Replace(quietWard, from, to, 1))
		}
	}
	tests := []struct {
		name        string
		change      func(*installation)
		want        doctor.Verdict
		subject, en string
	}{
		{"a setting missing", env("HOTLINE_PUBLIC_URL", ""), doctor.Failed, "settings", "HOTLINE_PUBLIC_URL is not set"},
		{"a setting malformed", env("TWILIO_AUTH_TOKEN", "s3cret !"), doctor.Failed, "settings", "TWILIO_AUTH_TOKEN must be"},
		{"Redis away", env("REDIS_URL", "redis://:s3cret@127.0.0.1:1"), doctor.Failed, "Redis", "cannot be used"},
		{"another number of shards", env("HOTLINE_SHARDS", "8"), doctor.Failed, "shards", "4 recorded, HOTLINE_SHARDS is 8"},
		{"no usable number of shards", func(i *installation) { i.rdb.Set(i.t.Context(), "hotline:shards", "99", 0) }, doctor.Failed, "shards", "recorded is no number"},
		{"no shards", func(i *installation) { i.rdb.Del(i.t.Context(), "hotline:shards") }, doctor.Failed, "shards", "none recorded"},
		{"no line", func(i *installation) { i.rdb.Del(i.t.Context(), "hotline:lines") }, doctor.Failed, "lines", "there is none yet"},
		{"lines unreadable", func(i *installation) { i.rdb.Set(i.t.Context(), "hotline:lines", "x", 0) }, doctor.Failed, "lines", "WRONGTYPE"},
		{"another keyset", func(i *installation) {
			i.env["HOTLINE_KEYSET"] = newInstallation(i.t, "redis://127.0.0.1:1").env["HOTLINE_KEYSET"]
		}, doctor.Failed, "cam-thanh", "HOTLINE_KEYSET does not open it"},
		{"a file of another version", func(i *installation) {
			file, _ := line.Parse([]byte(quietWard))
			i.put(file, []byte("line: cam-thanh\nof_the_future: 1\n"))
		}, doctor.Failed, "cam-thanh", "cannot use the stored file"},
		{"a gap in the roster", ward("always: [lan, hoa,", "always: ["), doctor.Failed, "roster", "the first step of urgent, information alerts nobody: "},
		{"a kind nobody reaches", ward("notify: [trusted_address], wait: 60s", "notify: [trusted_address, health_station], wait: 60s"), doctor.Warning, "contacts", "nobody of kind health_station"},
		{"a kind that takes calls only", ward("phone: \"+84905000003\", channels: [sms]", "phone: \"+84905000003\", channels: [voice]"), doctor.Warning, "contacts", "nobody of kind police"},
		{"a step for nobody", ward("notify: [supervisor], wait: 60s", "notify: [chair], wait: 60s"), doctor.Failed, "contacts", "a step of immediate_danger can never alert"},
		{"no supervisor", func(i *installation) { i.apply(strings.ReplaceAll(quietWard, "supervisor", "chair")) }, doctor.Warning, "contacts", "no supervisor takes texts"},
		{"carrier away", env("TWILIO_API_URL", "http://127.0.0.1:1"), doctor.Failed, "carrier", "the account cannot be asked for"},
		{"wrong token", env("TWILIO_AUTH_TOKEN", "another"), doctor.Failed, "carrier", "code 20003 status 401"},
		{"carrier broken", func(i *installation) {
			i.fault = simulator.Fault{Kind: simulator.RefuseHTTP, On: simulator.Reading, Status: http.StatusServiceUnavailable}
		}, doctor.Failed, "carrier", "status 503"},
		{"account suspended", func(i *installation) { i.sim.AccountStatus = "suspended" }, doctor.Failed, "carrier", "not active: suspended"},
		{"account of an odd status", func(i *installation) { i.sim.AccountStatus = gatewaytest.Police }, doctor.Failed, "carrier", "not active: ?"},
		{"trial account", func(i *installation) { i.sim.AccountType = "Trial" }, doctor.Warning, "carrier", "trial"},
		{"not our number", number(func(n *simulator.Number) { n.E164 = gatewaytest.Other }), doctor.Failed, "cam-thanh +…13", "no such number"},
		{"a longer number", number(func(n *simulator.Number) { n.E164 += "0" }), doctor.Failed, "cam-thanh +…13", "no such number"},
		{"a number that takes no texts", number(func(n *simulator.Number) { n.NoSMS = true }), doctor.Failed, "cam-thanh +…13 SMS", "cannot take texts"},
		{"no sms_url", number(func(n *simulator.Number) { n.SMSURL = "" }), doctor.Failed, "cam-thanh +…13 SMS", "sms_url is not set; it must be " + publicURL + "/twilio/sms"},
		{"sms_url elsewhere", number(func(n *simulator.Number) { n.SMSURL = elsewhere }), doctor.Failed, "cam-thanh +…13 SMS", "sms_url points elsewhere"},
		{"sms_url of another path", number(func(n *simulator.Number) { n.SMSURL = publicURL + "/twilio/sms/" }), doctor.Failed, "cam-thanh +…13 SMS", "sms_url points elsewhere"},
		{"sms_url with a query", number(func(n *simulator.Number) { n.SMSURL = publicURL + "/twilio/sms?x=1" }), doctor.Failed, "cam-thanh +…13 SMS", "sms_url points elsewhere"},
		{"sms_url without TLS", number(func(n *simulator.Number) { n.SMSURL = "http" + strings.TrimPrefix(n.SMSURL, "https") }), doctor.Failed, "cam-thanh +…13 SMS", "sms_url points elsewhere"},
		{"sms_method", number(func(n *simulator.Number) { n.SMSMethod = "GET" }), doctor.Failed, "cam-thanh +…13 SMS", "sms_method must be POST"},
		{"an application in between", number(func(n *simulator.Number) { n.SMSApplicationSID = "AP1" }), doctor.Failed, "cam-thanh +…13 SMS", "sms_application_sid is set"},
		{"no fallback", number(func(n *simulator.Number) { n.SMSFallbackURL = "" }), doctor.Warning, "cam-thanh +…13 SMS", "sms_fallback_url is not set"},
		{"fallback on our own host", number(func(n *simulator.Number) { n.SMSFallbackURL = "https://HOTLINE.example.vn:8443/f" }), doctor.Warning, "cam-thanh +…13 SMS", "on this very host"},
		{"calls promised", func(i *installation) { i.apply(gatewaytest.Ward) }, doctor.Warning, "cam-thanh +…13 voice", "voice_url: not set, status_callback: not set, voice_fallback_url: not set; set voice_url to where"},
		{"calls that come here", number(func(n *simulator.Number) {
			n.VoiceURL, n.StatusCallback, n.VoiceFallbackURL = publicURL+"/twilio/voice", publicURL+"/twilio/voice/status", elsewhere
		}), doctor.Warning, "cam-thanh +…13 voice", "voice_url: this host, status_callback: this host, voice_fallback_url: elsewhere; set"},
		{"calls promised that go elsewhere", func(i *installation) { i.apply(gatewaytest.Ward); i.number.TrunkSID = "TK1" }, doctor.Warning, "cam-thanh +…13 voice", "voice_url: elsewhere"},
		{"message files", func(i *installation) { i.texts = func() error { return errors.Join(errors.New("vi: alert: gone")) } }, doctor.Failed, "message files", "vi: alert: gone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := inMemory(t)
			tt.change(i)
			healthy, findings := i.examine()
			if healthy != (tt.want != doctor.Failed) {
				t.Errorf("Examine = %v: %+v", healthy, findings)
			}
			found := find(findings, tt.subject, tt.en)
			if len(found) != 1 || found[0].Verdict != tt.want {
				t.Errorf("findings about %s = %+v\nof %+v\nwant one, %s, saying %q", tt.subject, found, findings, tt.want, tt.en)
			}
			if len(find(findings, "message files", "")) != 1 || len(find(findings, "settings", "")) == 0 {
				t.Errorf("the examination did not go on after the fault: %+v", findings)
			}
		})
	}
}

// Without some settings the rest is looked at all the same.
func TestExamine_GoesOn(t *testing.T) {
	t.Parallel()
	i := inMemory(t)
	delete(i.env, "TWILIO_ACCOUNT_SID")
	delete(i.env, "HOTLINE_PUBLIC_URL")
	healthy, findings := i.examine()
	if healthy || len(find(findings, "settings", "")) != 2 || len(find(findings, "cam-thanh: lịch trực", "no gap")) != 1 {
		t.Errorf("without settings of the carrier: %v %+v, want both named, and the roster looked at", healthy, findings)
	}
	if f := find(findings, "carrier", "not checked"); len(f) != 1 || f[0].Verdict != doctor.Unknown {
		t.Errorf("carrier without its settings = %+v, want it unknown", f)
	}
	i = inMemory(t)
	delete(i.env, "REDIS_URL")
	if _, findings := i.examine(); len(find(findings, "Redis", "not checked")) != 1 {
		t.Errorf("without REDIS_URL: %+v, want Redis unknown", findings)
	}
	i = inMemory(t)
	i.env["REDIS_URL"] = "redis://127.0.0.1:1"
	if _, findings := i.examine(); len(find(findings, "carrier", "is active")) != 1 || len(find(findings, "numbers", "no line could be read")) != 1 {
		t.Errorf("without Redis: %+v, want the account looked at, and said that the numbers are not", findings)
	}
}

func TestExamine_WritesNothing(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	i := newInstallation(t, "redis://"+m.Addr())
	i.examine()
	if keys := m.Keys(); len(keys) > 0 {
		t.Errorf("doctor wrote %v", keys)
	}
}
