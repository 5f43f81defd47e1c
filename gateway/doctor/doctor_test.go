package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/doctor"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

const (
	publicURL = gatewaytest.PublicURL
	elsewhere = "https://twimlets.example/forward?PhoneNumber=" + gatewaytest.Police
)

// ward takes calls, and has somebody to call.
var ward = strings.Replace(gatewaytest.Ward, "channels: [sms]", "channels: [sms, voice]", 1)

// wellConfigured is the support number as the runbook wants it.
func wellConfigured() simulator.Number {
	return simulator.Number{
		E164: gatewaytest.Support, SMSURL: publicURL + "/twilio/sms#rc=3&rp=all", SMSFallbackURL: elsewhere,
		VoiceURL: publicURL + "/twilio/voice#rc=3&rp=all", VoiceFallbackURL: elsewhere, StatusCallback: publicURL + "/twilio/voice/status",
	}
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
	shown  func(answer string) string // changes what the carrier's API says; nil: nothing
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
	i.apply(ward)
	i.user("an", "lan")
	return i
}

// user makes an account of somebody in the ward's directory.
func (i *installation) user(name string, who contacts.ID) {
	i.t.Helper()
	accounts, err := account.NewAccounts(account.Options{
		Redis: i.rdb, Keyset: i.keyset, Audit: audit.NewLog(i.rdb, i.keyset), Cost: password.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1},
	})
	if err != nil {
		i.t.Fatal(err)
	}
	_, _, err = accounts.Add(i.t.Context(), "test", account.New{
		Name: name, Role: account.Supervisor, Lines: account.Lines{IDs: []contacts.LineID{"cam-thanh"}},
		Contacts: []account.Contact{{Line: "cam-thanh", ID: who}}, Password: contacts.Conceal("gravel mitten oboe quartz"),
	})
	if err != nil {
		i.t.Fatal(err)
	}
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
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.shown == nil {
			sim.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		sim.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = w.Write([]byte(i.shown(answer.Body.String()))) // the client is the doctor: it notices
	}))
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
	i.apply(ward)
	i.user("an", "lan")
	healthy, findings := i.examine()
	if !healthy {
		t.Error("Examine = false, want nothing failed")
	}
	want := []struct{ subject, en string }{
		{"settings", "complete"}, {"Redis", "answers, version "}, {"Redis: ghi đĩa | persistence", "appendfsync always"},
		{"Redis: bộ nhớ đầy | eviction", "noeviction"}, {"Redis: số phần | shards", "4"}, {"cam-thanh", "opens it"},
		{"cam-thanh: lịch trực | roster", "no gap"}, {"cam-thanh: người liên hệ | contacts", "every kind"}, {"accounts", "1 enabled"}, {"carrier", "is active"},
		{"cam-thanh +…13 SMS", "texts come here"}, {"cam-thanh +…13 SMS", "fallback on another host"},
		{"cam-thanh +…13 voice", "calls come here"}, {"cam-thanh +…13 voice", "fallback on another host"}, {"carrier: STOP", "does not show"}, {"message files", "complete"},
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
	file := func(from, to string) func(*installation) {
		return func(i *installation) {
			if !strings.Contains(ward, from) {
				i.t.Fatalf("the ward has no %q", from)
			}
			i.apply(strings.Replace(ward, from, to, 1))
		}
	}
	shown := func(from, to string) func(*installation) {
		return func(i *installation) {
			i.shown = func(answer string) string { return strings.Replace(answer, from, to, 1) }
		}
	}
	recordings := t.TempDir()
	recorded(t, recordings, "vi/gret.mp3", "vi/greet.mp3")
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
		{"no account", func(i *installation) { i.rdb.Del(i.t.Context(), "{accounts}:all") }, doctor.Warning, "accounts", "nobody can open"},
		{"an account of nobody in the directory", func(i *installation) { i.user("ba", "nobody") }, doctor.Failed, "accounts", "1 accounts are somebody who is not in the directory"},
		{"accounts unreadable", func(i *installation) { i.rdb.Set(i.t.Context(), "{accounts}:all", "x", 0) }, doctor.Failed, "accounts", "WRONGTYPE"},
		{"no line", func(i *installation) { i.rdb.Del(i.t.Context(), "hotline:lines") }, doctor.Failed, "lines", "there is none yet"},
		{"lines unreadable", func(i *installation) { i.rdb.Set(i.t.Context(), "hotline:lines", "x", 0) }, doctor.Failed, "lines", "WRONGTYPE"},
		{"another keyset", func(i *installation) {
			i.env["HOTLINE_KEYSET"] = newInstallation(i.t, "redis://127.0.0.1:1").env["HOTLINE_KEYSET"]
		}, doctor.Failed, "cam-thanh", "HOTLINE_KEYSET does not open it"},
		{"a file of another version", func(i *installation) {
			file, _ := line.Parse([]byte(ward))
			i.put(file, []byte("line: cam-thanh\nof_the_future: 1\n"))
		}, doctor.Failed, "cam-thanh", "cannot use the stored file"},
		{"a gap in the roster", file("always: [lan, hoa,", "always: ["), doctor.Failed, "roster", "the first step of urgent, information alerts nobody: "},
		{"a kind nobody reaches", file("notify: [trusted_address], wait: 60s", "notify: [trusted_address, health_station], wait: 60s"), doctor.Warning, "contacts", "nobody of kind health_station can be"},
		{"a kind that takes calls only, of a line without", func(i *installation) {
			i.apply(strings.NewReplacer("phone: \"+84905000003\", channels: [sms]", "phone: \"+84905000003\", channels: [voice]", "voice: true", "voice: false").Replace(ward))
		}, doctor.Warning, "contacts", "nobody of kind police"},
		{"a kind that takes calls only", file("phone: \"+84905000003\", channels: [sms]", "phone: \"+84905000003\", channels: [voice]"), doctor.OK, "contacts", "somebody of every kind"},
		{"a step for nobody", file("notify: [supervisor], wait: 60s", "notify: [chair], wait: 60s"), doctor.Failed, "contacts", "a step of immediate_danger can never alert"},
		{"no supervisor", func(i *installation) { i.apply(strings.ReplaceAll(ward, "supervisor", "chair")) }, doctor.Warning, "contacts", "no supervisor can be texted"},
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
		{"no voice_url", number(func(n *simulator.Number) { n.VoiceURL = "" }), doctor.Failed, "cam-thanh +…13 voice", "voice_url is not set; it must be " + publicURL + "/twilio/voice"},
		{"voice_url elsewhere", number(func(n *simulator.Number) { n.VoiceURL = elsewhere }), doctor.Failed, "cam-thanh +…13 voice", "voice_url points elsewhere"},
		{"voice_url of another path", number(func(n *simulator.Number) { n.VoiceURL = publicURL + "/twilio/voice/status" }), doctor.Failed, "cam-thanh +…13 voice", "voice_url points elsewhere"},
		{"voice_method", shown(`"voice_method":"POST"`, `"voice_method":"GET"`), doctor.Failed, "cam-thanh +…13 voice", "voice_method must be POST"},
		{"no status_callback", number(func(n *simulator.Number) { n.StatusCallback = "" }), doctor.Failed, "cam-thanh +…13 voice", "status_callback is not set; it must be " + publicURL + "/twilio/voice/status"},
		{"status_callback elsewhere", number(func(n *simulator.Number) { n.StatusCallback = publicURL + "/twilio/voice" }), doctor.Failed, "cam-thanh +…13 voice", "status_callback points elsewhere"},
		{"status_callback_method", shown(`"status_callback_method":"POST"`, `"status_callback_method":"GET"`), doctor.Failed, "cam-thanh +…13 voice", "status_callback_method must be POST"},
		{"everything wrong with calls", func(i *installation) {
			i.number.VoiceURL, i.number.StatusCallback = "", elsewhere
		}, doctor.Failed, "cam-thanh +…13 voice", "voice_url is not set; it must be " + publicURL + "/twilio/voice; status_callback points elsewhere"},
		{"an application in between for calls", number(func(n *simulator.Number) { n.VoiceApplicationSID = "AP1" }), doctor.Failed, "cam-thanh +…13 voice", "voice_application_sid or trunk_sid is set"},
		{"a trunk in between", number(func(n *simulator.Number) { n.TrunkSID = "TK1" }), doctor.Failed, "cam-thanh +…13 voice", "voice_application_sid or trunk_sid is set"},
		{"no fallback for calls", number(func(n *simulator.Number) { n.VoiceFallbackURL = "" }), doctor.Warning, "cam-thanh +…13 voice", "voice_fallback_url is not set"},
		{"fallback for calls on our own host", number(func(n *simulator.Number) { n.VoiceFallbackURL = publicURL + "/f" }), doctor.Warning, "cam-thanh +…13 voice", "voice_fallback_url is on this very host"},
		{"calls that nobody promised", file("voice: true", "voice: false"), doctor.Warning, "cam-thanh +…13 voice", "the line file does not say voice: true"},
		{"recordings of unknown names", env("HOTLINE_RECORDINGS_DIR", recordings), doctor.Failed, "recordings", "vi/gret.mp3"},
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

// recorded puts recordings into a directory.
func recorded(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("ID3"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExamine_Recordings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorded(t, dir, "vi/greet.mp3", "7-hre/choose.mp3")
	i := inMemory(t)
	i.env["HOTLINE_RECORDINGS_DIR"] = dir
	healthy, findings := i.examine()
	if found := find(findings, "recordings", "are right"); !healthy || len(found) != 1 || found[0].Verdict != doctor.OK {
		t.Errorf("Examine with recordings = %v %+v, want them right", healthy, findings)
	}
	recorded(t, dir, "fr/greet.mp3", "vi/hallo.mp3", "vi/bye.mp3")
	i = inMemory(t)
	i.env["HOTLINE_RECORDINGS_DIR"] = dir
	healthy, findings = i.examine()
	if found := find(findings, "recordings", ""); healthy || len(found) != 3 {
		t.Errorf("Examine with three wrong names = %v %+v, want a finding for each", healthy, found)
	}
}

// Who takes no calls need not have anything set for them.
func TestExamine_NoCalls(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", elsewhere} {
		i := inMemory(t)
		i.apply(strings.Replace(ward, "voice: true", "voice: false", 1))
		i.number.VoiceURL, i.number.VoiceFallbackURL, i.number.StatusCallback = address, "", ""
		if healthy, findings := i.examine(); !healthy || len(find(findings, "voice", "")) > 0 {
			t.Errorf("Examine of a line without calls, voice_url %q = %v %+v, want nothing about calls", address, healthy, findings)
		}
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
