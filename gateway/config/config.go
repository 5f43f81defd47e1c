// Package config reads the settings of `hotline serve` from the environment, once, into a value that
// does not change.
//
// Every missing or malformed setting is reported, all together and by name. A malformed value is an
// error, never the default. Faults hold nothing of a secret.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unique"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/contacts/store"
)

// Secret is a value that does not print itself. Only [Secret.Reveal] gives it.
type Secret struct{ value unique.Handle[string] }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value: unique.Make(value)} }

// Reveal gives the value.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.value.Value()
}

// String hides the value.
func (s Secret) String() string { return "[secret]" }

// GoString hides the value.
func (s Secret) GoString() string { return "[secret]" }

// MarshalText hides the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// Config is every setting (contract §2).
type Config struct {
	PublicURL     string // without a slash at the end
	Listen        string
	MetricsListen string
	OpsListen     string
	Redis         redis.UniversalClient
	Shards        store.Shards // 0: as recorded, or the default
	AccountSID    string
	AuthTokens    []Secret // one, or two during a rotation: either verifies, the first calls
	APIURL        string
	// CallbackOverrides is what the carrier is told about repeating callbacks; see twilio.Options.
	CallbackOverrides string
	Keyset            *seal.Keyset
	SpoolDir          string
	// VoiceVI and VoiceEN are the voices, as the carrier names them, that say what is not recorded.
	VoiceVI, VoiceEN string
	// TrustedProxies are whose X-Forwarded-For is believed on the supervisor's pages.
	TrustedProxies []netip.Prefix
	RecordingsDir  string // of the line's own recordings; empty: everything is spoken
}

// The voices that speak unless others are set: of those Twilio lists for the language, the plain ones, which
// need no model of their own and cost least (docs: voice/twiml/say/text-speech).
const (
	defaultVoiceVI = "Google.vi-VN-Standard-A"
	defaultVoiceEN = "Google.en-US-Standard-C"
)

// Faults of a single setting.
var (
	errMissing   = errors.New("is not set")
	errBoth      = errors.New("is set, and so is the variable with _FILE; set one of them")
	errURL       = errors.New("must be an absolute http or https URL without query, fragment and user, such as https://hotline.example.vn")
	errListen    = errors.New("must be host:port or :port, such as :8080")
	errSID       = errors.New("must be letters and digits, as the carrier shows it (AC…)")
	errTokens    = errors.New("must be one token, or two separated by a comma, each of letters and digits")
	errOverrides = errors.New("must be connection overrides such as rc=3&rp=all, or none")
	errShards    = fmt.Errorf("must be a whole number from 1 to %d", store.MaxShards)
	errDir       = errors.New("must be a directory that this process can write to")
	errReadable  = errors.New("must be a directory that this process can read")
	errVoice     = errors.New("must be the name of a voice as the carrier writes it, such as " + defaultVoiceVI)
	errPrefixes  = errors.New("must be addresses or networks of proxies, separated by commas, such as 127.0.0.1,10.0.0.0/8")
	errTongue    = errors.New("names a voice of another language")
)

// Load reads the settings; lookup is os.LookupEnv. The error joins one fault for each bad setting.
func Load(lookup func(string) (string, bool)) (*Config, error) {
	l := &loader{lookup: lookup}
	c := &Config{
		PublicURL:         strings.TrimRight(l.parsed("HOTLINE_PUBLIC_URL", l.required("HOTLINE_PUBLIC_URL"), checkURL), "/"),
		Listen:            l.parsed("HOTLINE_LISTEN", l.optional("HOTLINE_LISTEN", ":8080"), checkListen),
		OpsListen:         l.parsed("HOTLINE_OPS_LISTEN", l.optional("HOTLINE_OPS_LISTEN", "127.0.0.1:8081"), checkListen),
		MetricsListen:     l.parsed("HOTLINE_METRICS_LISTEN", l.optional("HOTLINE_METRICS_LISTEN", "127.0.0.1:9090"), checkListen),
		AccountSID:        l.parsed("TWILIO_ACCOUNT_SID", l.secret("TWILIO_ACCOUNT_SID").Reveal(), checkSID),
		APIURL:            strings.TrimRight(l.parsed("TWILIO_API_URL", l.optional("TWILIO_API_URL", "https://api.twilio.com"), checkURL), "/"),
		CallbackOverrides: l.parsed("HOTLINE_CALLBACK_OVERRIDES", l.optional("HOTLINE_CALLBACK_OVERRIDES", ""), checkOverrides),
		SpoolDir:          l.parsed("HOTLINE_SPOOL_DIR", l.optional("HOTLINE_SPOOL_DIR", ""), checkDir),
		VoiceVI:           l.parsed("HOTLINE_VOICE", l.optional("HOTLINE_VOICE", defaultVoiceVI), checkVoice("vi")),
		VoiceEN:           l.parsed("HOTLINE_VOICE_EN", l.optional("HOTLINE_VOICE_EN", defaultVoiceEN), checkVoice("en")),
		RecordingsDir:     l.parsed("HOTLINE_RECORDINGS_DIR", l.optional("HOTLINE_RECORDINGS_DIR", ""), checkReadable),
	}
	c.TrustedProxies = l.prefixes("HOTLINE_TRUSTED_PROXIES")
	c.AuthTokens = l.tokens("TWILIO_AUTH_TOKEN")
	c.Shards = l.shards("HOTLINE_SHARDS")
	c.Redis = l.redis("REDIS_URL")
	c.Keyset = l.keyset("HOTLINE_KEYSET")
	if len(l.faults) > 0 {
		return nil, errors.Join(l.faults...)
	}
	return c, nil
}

// LoadStorage reads only what a command needs that works on the storage beside a running gateway.
func LoadStorage(lookup func(string) (string, bool)) (*Config, error) {
	l := &loader{lookup: lookup}
	c := &Config{Shards: l.shards("HOTLINE_SHARDS"), Redis: l.redis("REDIS_URL"), Keyset: l.keyset("HOTLINE_KEYSET")}
	if len(l.faults) > 0 {
		return nil, errors.Join(l.faults...)
	}
	return c, nil
}

// LoadKeyset reads only the keyset.
func LoadKeyset(lookup func(string) (string, bool)) (*seal.Keyset, error) {
	l := &loader{lookup: lookup}
	k := l.keyset("HOTLINE_KEYSET")
	return k, errors.Join(l.faults...)
}

// loader collects faults while settings are read.
type loader struct {
	lookup func(string) (string, bool)
	faults []error
}

func (l *loader) fault(name string, err error) {
	l.faults = append(l.faults, fmt.Errorf("%s %w", name, err))
}

func (l *loader) optional(name, otherwise string) string {
	if v, ok := l.lookup(name); ok && v != "" {
		return v
	}
	return otherwise
}

func (l *loader) required(name string) string {
	v := l.optional(name, "")
	if v == "" {
		l.fault(name, errMissing)
	}
	return v
}

// secret reads a setting that may be given in a file, whose path is in the variable with _FILE.
func (l *loader) secret(name string) Secret {
	value := l.optional(name, "")
	path := l.optional(name+"_FILE", "")
	switch {
	case value != "" && path != "":
		l.fault(name, errBoth)
	case path != "":
		content, err := os.ReadFile(path)
		value = strings.TrimSpace(string(content))
		switch {
		case err != nil:
			l.fault(name+"_FILE", fmt.Errorf("names a file that cannot be read: %w", errors.Unwrap(err)))
		case value == "":
			l.fault(name+"_FILE", errors.New("names an empty file"))
		}
	case value == "":
		l.fault(name, errMissing)
	}
	return NewSecret(value)
}

// parsed checks a value that is there; one that is missing has been reported.
func (l *loader) parsed(name, value string, check func(string) error) string {
	if value == "" {
		return ""
	}
	if err := check(value); err != nil {
		l.fault(name, err)
	}
	return value
}

// prefixes reads addresses and networks; an address is a network of one.
func (l *loader) prefixes(name string) []netip.Prefix {
	value := l.optional(name, "")
	if value == "" {
		return nil
	}
	var all []netip.Prefix
	for text := range strings.SplitSeq(value, ",") {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if at, isAddress := netip.ParseAddr(text); isAddress == nil {
			p, err = netip.PrefixFrom(at, at.BitLen()), nil
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96) // as addresses are compared
		}
		if err != nil || p.Bits() == 0 { // everybody is no proxy
			l.fault(name, errPrefixes)
			return nil
		}
		all = append(all, p.Masked())
	}
	return all
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errURL
	}
	return nil
}

func checkListen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return errListen
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return errListen
	}
	return nil
}

func checkSID(s string) error {
	if strings.ContainsFunc(s, notAlphanumeric) {
		return errSID
	}
	return nil
}

// checkOverrides accepts what Twilio calls connection overrides, as they stand in a URL; the # may be left
// out, since it begins a comment in some files of settings.
func checkOverrides(s string) error {
	if s == "none" {
		return nil
	}
	for setting := range strings.SplitSeq(strings.TrimPrefix(s, "#"), "&") {
		name, value, found := strings.Cut(setting, "=")
		if !found || name == "" || value == "" || strings.ContainsAny(setting, " #?/") {
			return errOverrides
		}
	}
	return nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// checkDir makes sure now, not during an outage, that the directory can be written to.
func checkDir(s string) error {
	f, err := os.CreateTemp(s, ".probe-")
	if err != nil {
		return errDir
	}
	name := f.Name()
	if err := errors.Join(f.Close(), os.Remove(name)); err != nil {
		return errDir
	}
	return nil
}

// checkReadable makes sure that the directory is there and can be listed: what is missing would be spoken
// without anybody noticing.
func checkReadable(s string) error {
	if _, err := os.ReadDir(s); err != nil {
		return errReadable
	}
	return nil
}

// checkVoice accepts names of voices: "alice", or a provider, a locale and the voice's own name, such as
// Google.vi-VN-Standard-A. Names that hold a locale must be of the language: text read out by the rules of
// another language is noise to whoever listens.
func checkVoice(language string) func(string) error {
	form := regexp.MustCompile(`^[A-Za-z0-9]+([.-][A-Za-z0-9]+)*$`)
	locale := regexp.MustCompile(`^[A-Za-z0-9]+\.([a-z]{2,3})-[A-Z]{2}(-|$)`)
	const longest = 100
	return func(s string) error {
		if len(s) > longest || !form.MatchString(s) {
			return errVoice
		}
		if found := locale.FindStringSubmatch(s); found != nil && found[1] != language {
			return errTongue
		}
		return nil
	}
}

func (l *loader) tokens(name string) []Secret {
	value := l.secret(name).Reveal()
	if value == "" {
		return nil
	}
	parts := strings.Split(value, ",")
	tokens := make([]Secret, 0, len(parts))
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" || strings.ContainsFunc(part, notAlphanumeric) {
			l.fault(name, errTokens)
			return nil
		}
		tokens = append(tokens, NewSecret(part))
	}
	if len(tokens) > 2 {
		l.fault(name, errTokens)
	}
	return tokens
}

func (l *loader) shards(name string) store.Shards {
	value := l.optional(name, "")
	if value == "" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > int(store.MaxShards) {
		l.fault(name, errShards)
	}
	return store.Shards(n)
}

func (l *loader) redis(name string) redis.UniversalClient {
	value := l.secret(name).Reveal()
	if value == "" {
		return nil
	}
	rdb, err := store.Connect(value)
	if err != nil {
		l.fault(name, err)
		return nil
	}
	return rdb
}

func (l *loader) keyset(name string) *seal.Keyset {
	value := l.secret(name).Reveal()
	if value == "" {
		return nil
	}
	k, err := seal.ParseKeyset(value)
	if err != nil {
		l.fault(name, fmt.Errorf("is %w", err))
		return nil
	}
	return k
}

// Reveal gives the tokens in order.
func Reveal(tokens []Secret) []string {
	out := make([]string, 0, len(tokens))
	for _, t := range tokens {
		out = append(out, t.Reveal())
	}
	return out
}
