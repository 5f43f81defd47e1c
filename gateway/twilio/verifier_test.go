package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tincay/hotline/gateway/twilio"
)

// sign computes a signature by Twilio's description of it, independently of the code under test.
func sign(key, signedURL string, form url.Values) string {
	keys := make([]string, 0, len(form))
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(key))
	mac.Write([]byte(signedURL))
	for _, k := range keys {
		values := slices.Clone(form[k])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			mac.Write([]byte(k + v))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func verifier(t testing.TB, public string, tokens ...string) *twilio.Verifier {
	t.Helper()
	v, err := twilio.NewVerifier(public, tokens...)
	if err != nil {
		t.Fatalf("NewVerifier = %v", err)
	}
	return v
}

// TestSign checks the test's own signer against the example that Twilio publishes
// (docs: usage/security, "Validating signatures from Twilio").
func TestSign(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
		"From": {"+14158675309"}, "To": {"+18005551212"},
	}
	got := sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form)
	if want := "RSOYDt4T1cUTdK1PDd93/VVr8B8="; got != want {
		t.Errorf("sign = %s, want %s", got, want)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	form := url.Values{"Body": {"Cứu với"}, "From": {helper}, "MediaUrl": {"b", "a", "b"}, "Empty": {""}}
	const path = "/twilio/sms?x=%2Fa&y=+"
	for _, tt := range []struct {
		name      string
		public    string
		tokens    []string
		signature string
		want      error
	}{
		{"valid", "https://h.vn", []string{token}, sign(token, "https://h.vn"+path, form), nil},
		{"first of two tokens", "https://h.vn", []string{token, "new"}, sign(token, "https://h.vn"+path, form), nil},
		{"second of two tokens", "https://h.vn", []string{token, "new"}, sign("new", "https://h.vn"+path, form), nil},
		{"third token", "https://h.vn", []string{token, "new"}, sign("other", "https://h.vn"+path, form), twilio.ErrBadSignature},
		{"port added by the carrier", "https://h.vn", []string{token}, sign(token, "https://h.vn:443"+path, form), nil},
		{"port added by the carrier, http", "http://h.vn", []string{token}, sign(token, "http://h.vn:80"+path, form), nil},
		{"port ours", "https://h.vn:8443", []string{token}, sign(token, "https://h.vn:8443"+path, form), nil},
		{"port left out by the carrier", "https://h.vn:8443", []string{token}, sign(token, "https://h.vn"+path, form), nil},
		{"another port", "https://h.vn:8443", []string{token}, sign(token, "https://h.vn:8444"+path, form), twilio.ErrBadSignature},
		{"base path", "https://h.vn/line/", []string{token}, sign(token, "https://h.vn/line"+path, form), nil},
		{"another host", "https://h.vn", []string{token}, sign(token, "https://h.example"+path, form), twilio.ErrBadSignature},
		{"another scheme", "https://h.vn", []string{token}, sign(token, "http://h.vn"+path, form), twilio.ErrBadSignature},
		{"query unescaped", "https://h.vn", []string{token}, sign(token, "https://h.vn/twilio/sms?x=/a&y= ", form), twilio.ErrBadSignature},
		{"signed with the empty token", "https://h.vn", []string{token}, sign("", "https://h.vn"+path, form), twilio.ErrBadSignature},
		{"nothing", "https://h.vn", []string{token}, "", twilio.ErrNoSignature},
		{"rubbish", "https://h.vn", []string{token}, "rubbish", twilio.ErrBadSignature},
		{"with a space behind", "https://h.vn", []string{token}, sign(token, "https://h.vn"+path, form) + " ", twilio.ErrBadSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := verifier(t, tt.public, tt.tokens...).Verify(path, form, tt.signature); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestNewVerifier_FailsClosed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		public string
		tokens []string
	}{
		{"no token", "https://h.vn", nil},
		{"empty token", "https://h.vn", []string{""}},
		{"an empty one beside a good one", "https://h.vn", []string{token, ""}},
		{"no URL", "", []string{token}},
		{"URL with a fragment", "https://h.vn/#rc=3", []string{token}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if v, err := twilio.NewVerifier(tt.public, tt.tokens...); err == nil || v != nil {
				t.Errorf("NewVerifier = %v, %v, want an error", v, err)
			}
		})
	}
}

// forms draws form parameters, some repeated, with keys that contain each other.
func forms() *rapid.Generator[url.Values] {
	key := rapid.OneOf(rapid.SampledFrom([]string{"Body", "Bod", "From", "To", "ToCity", "A", "AA"}), rapid.StringN(0, 6, -1))
	return rapid.Custom(func(t *rapid.T) url.Values {
		return rapid.MapOfN(key, rapid.SliceOfN(rapid.StringN(0, 12, -1), 1, 4), 0, 12).Draw(t, "form")
	})
}

func TestVerify_AcceptsWhatTwilioSignsAndNothingElse(t *testing.T) {
	t.Parallel()
	v := verifier(t, "https://h.vn", token)
	rapid.Check(t, func(t *rapid.T) {
		form := forms().Draw(t, "form")
		path := "/twilio/sms?" + url.QueryEscape(rapid.String().Draw(t, "query"))
		signature := sign(token, "https://h.vn"+path, form)
		if err := v.Verify(path, form, signature); err != nil {
			t.Fatalf("Verify(%q, %v) = %v, want nil", path, form, err)
		}
		if err := v.Verify(path+"x", form, signature); err == nil {
			t.Fatalf("Verify accepted another path than the one signed: %q", path)
		}
		form["Added"] = []string{"1"}
		if err := v.Verify(path, form, signature); err == nil {
			t.Fatalf("Verify accepted a parameter that was not signed: %v", form)
		}
		delete(form, "Added")
		for k := range form {
			form[k] = append(slices.Clone(form[k]), strings.Join(form[k], "")+"x")
			if err := v.Verify(path, form, signature); err == nil {
				t.Fatalf("Verify accepted a value that was not signed: %v", form)
			}
			break
		}
	})
}
