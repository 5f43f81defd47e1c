package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/gateway/config"
)

const (
	token  = "s3cretTokenOne"
	second = "s3cretTokenTwo"
)

// newKeyset prints a keyset.
func newKeyset(t *testing.T) string {
	t.Helper()
	k, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	s, err := k.Secret()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// env is an environment; it is complete and right until a test changes it.
type env map[string]string

func complete(t *testing.T) env {
	t.Helper()
	return env{
		"HOTLINE_PUBLIC_URL": "https://hotline.example.vn/",
		"REDIS_URL":          "redis://:s3cretRedis@redis:6379/1",
		"TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
		"TWILIO_AUTH_TOKEN":  token,
		"HOTLINE_KEYSET":     newKeyset(t),
	}
}

func (e env) lookup(name string) (string, bool) {
	v, ok := e[name]
	return v, ok
}

// with is a copy with changes; an empty value removes the setting.
func (e env) with(change env) env {
	n := maps.Clone(e)
	for name, v := range change {
		if v == "" {
			delete(n, name)
			continue
		}
		n[name] = v
	}
	return n
}

// plain are the settings that are no secrets.
type plain struct {
	PublicURL, Listen, OpsListen, MetricsListen, SID, APIURL, Overrides, Spool string
	VoiceVI, VoiceEN, Recordings                                               string
	Tokens, Proxies                                                            []string
	Shards                                                                     int
}

func load(t *testing.T, e env) plain {
	t.Helper()
	c, err := config.Load(e.lookup)
	if err != nil {
		t.Fatalf("Load = %v, want the settings", err)
	}
	t.Cleanup(func() { _ = c.Redis.Close() })
	if c.Keyset == nil {
		t.Error("Load gave no keyset")
	}
	var proxies []string
	for _, p := range c.TrustedProxies {
		proxies = append(proxies, p.String())
	}
	return plain{
		c.PublicURL, c.Listen, c.OpsListen, c.MetricsListen, c.AccountSID, c.APIURL, c.CallbackOverrides, c.SpoolDir,
		c.VoiceVI, c.VoiceEN, c.RecordingsDir, config.Reveal(c.AuthTokens), proxies, int(c.Shards),
	}
}

func TestLoad_Defaults(t *testing.T) {
	t.Parallel()
	want := plain{
		PublicURL: "https://hotline.example.vn", Listen: ":8080", OpsListen: "127.0.0.1:8081", MetricsListen: "127.0.0.1:9090",
		SID: "AC0123456789abcdef0123456789abcdef", APIURL: "https://api.twilio.com", Tokens: []string{token},
		VoiceVI: "Google.vi-VN-Standard-A", VoiceEN: "Google.en-US-Standard-C",
	}
	if diff := cmp.Diff(want, load(t, complete(t))); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestLoad_EverySetting(t *testing.T) {
	t.Parallel()
	dir, recordings := t.TempDir(), t.TempDir()
	e := complete(t).with(env{
		"HOTLINE_PUBLIC_URL": "http://127.0.0.1:8080/base", "HOTLINE_LISTEN": "0.0.0.0:80", "HOTLINE_OPS_LISTEN": "[::1]:81",
		"HOTLINE_METRICS_LISTEN": "localhost:0", "TWILIO_AUTH_TOKEN": token + ", " + second, "TWILIO_API_URL": "http://carrier:3000/",
		"HOTLINE_CALLBACK_OVERRIDES": "rc=2", "HOTLINE_SPOOL_DIR": dir, "HOTLINE_SHARDS": "16",
		"HOTLINE_VOICE": "Google.vi-VN-Chirp3-HD-Aoede", "HOTLINE_VOICE_EN": "Polly.Amy-Neural", "HOTLINE_RECORDINGS_DIR": recordings,
		"HOTLINE_TRUSTED_PROXIES": "127.0.0.1, 10.1.2.3/8,fd00::1,::ffff:192.0.2.1",
	})
	want := plain{
		PublicURL: "http://127.0.0.1:8080/base", Listen: "0.0.0.0:80", OpsListen: "[::1]:81", MetricsListen: "localhost:0",
		SID: "AC0123456789abcdef0123456789abcdef", APIURL: "http://carrier:3000", Overrides: "rc=2", Spool: dir,
		VoiceVI: "Google.vi-VN-Chirp3-HD-Aoede", VoiceEN: "Polly.Amy-Neural", Recordings: recordings,
		Proxies: []string{"127.0.0.1/32", "10.0.0.0/8", "fd00::1/128", "192.0.2.1/32"},
		Tokens:  []string{token, second}, Shards: 16,
	}
	if diff := cmp.Diff(want, load(t, e)); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("checking the spool directory left %d files (%v)", len(left), err)
	}
}

func TestLoad_RedisURLReachesTheClient(t *testing.T) {
	t.Parallel()
	c, err := config.Load(complete(t).lookup)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Redis.Close() }()
	if o := c.Redis.(*redis.Client).Options(); o.Addr != "redis:6379" || o.Password != "s3cretRedis" || o.DB != 1 {
		t.Errorf("Load: Redis at %s, database %d", o.Addr, o.DB)
	}
}

func TestLoad_Missing(t *testing.T) {
	t.Parallel()
	required := []string{"HOTLINE_PUBLIC_URL", "REDIS_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "HOTLINE_KEYSET"}
	for _, name := range required {
		wantFaults(t, complete(t).with(env{name: ""}), name)
	}
	wantFaults(t, env{}, required...)
	wantFaults(t, env{"REDIS_URL": "", "HOTLINE_KEYSET": ""}, required...)
}

// wantFaults checks that loading fails with one line for each of the settings and no other, and that
// nothing secret is said.
func wantFaults(t *testing.T, e env, names ...string) {
	t.Helper()
	c, err := config.Load(e.lookup)
	if err == nil {
		_ = c.Redis.Close()
		t.Errorf("Load with a fault in %v = no error", names)
		return
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(names) {
		t.Errorf("Load: %d faults, want %d, one for each of %v:\n%v", len(lines), len(names), names, err)
	}
	for _, name := range names {
		found := false
		for _, l := range lines {
			found = found || strings.HasPrefix(l, name+" ")
		}
		if !found {
			t.Errorf("Load does not name %s:\n%v", name, err)
		}
	}
	for _, secret := range []string{"s3cret", e["HOTLINE_KEYSET"]} {
		if secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("Load: fault of %v holds a secret: %v", names, err)
		}
	}
}

func TestLoad_Malformed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := map[string][]string{
		"HOTLINE_PUBLIC_URL":      {"hotline.example.vn", "/", "ftp://x", "https://", "https://u:s3cret@x", "https://x?s3cret=1", "https://x#f", "https://x y", "://"},
		"HOTLINE_LISTEN":          {"8080", "x", ":", ":x", ":-1", ":65536", "a:b:c", "::1:80"},
		"HOTLINE_OPS_LISTEN":      {"nonsense"},
		"HOTLINE_METRICS_LISTEN":  {"127.0.0.1"},
		"TWILIO_API_URL":          {"api.twilio.com", "https://AC:s3cret@api.twilio.com", "https://x?y"},
		"TWILIO_ACCOUNT_SID":      {"AC/../s3cret", "AC s3cret", "AC?s3cret"},
		"TWILIO_AUTH_TOKEN":       {"s3cret token", "s3cret,", ",s3cret", ",", "s3cretA,s3cretB,s3cretC", "s3cretá"},
		"REDIS_URL":               {"redis", "s3cret", "http://:s3cret@x", "redis://:s3cret@x/y", "redis://:12/s3cret@x", "redis+sentinel://:s3cret@x"},
		"HOTLINE_KEYSET":          {"s3cret", "hotline-keyset-1:", "hotline-keyset-1:s3cret", "hotline-keyset-1:eyJzM2NyZXQiOjF9"},
		"HOTLINE_SHARDS":          {"0", "17", "-1", "four", "4.0", " 4"},
		"HOTLINE_SPOOL_DIR":       {file, filepath.Join(file, "below"), "/nonexistent/s3cret"},
		"HOTLINE_VOICE":           {"s3cret voice", "Google.", ".vi-VN", "Google..vi-VN", "a<b", "giọng", strings.Repeat("a", 101), "Google.en-US-Standard-C", "Google.vie-VN-Standard-A", "Google.en-US"},
		"HOTLINE_VOICE_EN":        {"Google.vi-VN-Standard-A", "<Say>"},
		"HOTLINE_TRUSTED_PROXIES": {"proxy", "0.0.0.0/0", "::/0", "10.0.0.0/33", "10.0.0.1,", "10.0.0.1 10.0.0.2", "10.0.0.1:80"},
		"HOTLINE_RECORDINGS_DIR":  {file, filepath.Join(file, "below"), "/nonexistent/s3cret"},
	}
	for name, values := range bad {
		for _, value := range values {
			t.Run(name+"="+value, func(t *testing.T) {
				t.Parallel()
				wantFaults(t, complete(t).with(env{name: value}), name)
			})
		}
	}
	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		e, names := complete(t), []string{}
		for name, values := range bad {
			e[name] = values[0]
			names = append(names, name)
		}
		wantFaults(t, e, names...)
	})
}

var secrets = []string{"REDIS_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "HOTLINE_KEYSET"}

func TestLoad_SecretsFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	direct := complete(t)
	want := load(t, direct)
	e := maps.Clone(direct)
	for _, name := range secrets {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(direct[name]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		delete(e, name)
		e[name+"_FILE"] = path
	}
	if diff := cmp.Diff(want, load(t, e)); diff != "" {
		t.Errorf("Load with secrets in files (-want +got):\n%s", diff)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong, []byte("s3cret !"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range secrets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFaults(t, e.with(env{name: direct[name]}), name)                                   // both
			wantFaults(t, e.with(env{name + "_FILE": filepath.Join(dir, "absent")}), name+"_FILE") // no such file
			wantFaults(t, e.with(env{name + "_FILE": dir}), name+"_FILE")                          // a directory
			wantFaults(t, e.with(env{name + "_FILE": empty}), name+"_FILE")                        // nothing in it
			wantFaults(t, e.with(env{name + "_FILE": wrong}), name)                                // malformed inside
		})
	}
	// The path is not said: it is the operator's business, and may stand where the secret should.
	_, err := config.Load(e.with(env{"HOTLINE_KEYSET_FILE": direct["HOTLINE_KEYSET"]}).lookup)
	if err == nil || strings.Contains(err.Error(), direct["HOTLINE_KEYSET"]) {
		t.Errorf("Load with the keyset where its path should be: error says so: %v, and repeats it", err != nil)
	}
}

func TestLoadStorage_NeedsOnlyStorage(t *testing.T) {
	t.Parallel()
	e := complete(t)
	c, err := config.LoadStorage(env{"REDIS_URL": e["REDIS_URL"], "HOTLINE_KEYSET": e["HOTLINE_KEYSET"]}.lookup)
	if err != nil {
		t.Fatalf("LoadStorage = %v, want no error", err)
	}
	_ = c.Redis.Close()
	_, err = config.LoadStorage(env{"HOTLINE_SHARDS": "x"}.lookup)
	for _, name := range []string{"REDIS_URL", "HOTLINE_KEYSET", "HOTLINE_SHARDS"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("LoadStorage without settings = %v, want %s named", err, name)
		}
	}
	if k, err := config.LoadKeyset(env{"HOTLINE_KEYSET": e["HOTLINE_KEYSET"]}.lookup); err != nil || k == nil {
		t.Errorf("LoadKeyset = %v, want the keyset", err)
	}
	if _, err := config.LoadKeyset(env{}.lookup); err == nil || !strings.Contains(err.Error(), "HOTLINE_KEYSET") {
		t.Errorf("LoadKeyset without one = %v, want it named", err)
	}
}

func TestSecret_DoesNotPrintItself(t *testing.T) {
	t.Parallel()
	s := config.NewSecret("s3cret")
	type holder struct {
		Public config.Secret
		hidden config.Secret
	}
	h := holder{s, s}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{s, &s, h, &h, []config.Secret{s}, map[string]config.Secret{"k": s}} {
			fmt.Fprintf(&printed, verb, v)
		}
	}
	encoded, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(encoded)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", slog.Any("secret", s), slog.Any("holder", h))
	slog.New(slog.NewTextHandler(&printed, nil)).Info("x", slog.Any("secret", s), slog.Any("holder", h))
	for _, form := range []string{"s3cret", "733363726574"} {
		if strings.Contains(printed.String(), form) {
			t.Errorf("a secret prints itself: %s", printed.String())
		}
	}
	if got := s.Reveal(); got != "s3cret" || h.hidden.Reveal() != got {
		t.Errorf("Reveal = %q, want the secret", got)
	}
	if got := (config.Secret{}).Reveal(); got != "" {
		t.Errorf("Reveal of the zero Secret = %q, want nothing", got)
	}
}
