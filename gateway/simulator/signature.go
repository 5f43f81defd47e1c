package simulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Signature says how a webhook is signed. Tests post with a bad one to see it
// refused.
type Signature uint8

// The ways to sign.
const (
	Signed      Signature = iota // as Twilio does
	Unsigned                     // no X-Twilio-Signature at all
	WrongToken                   // a true signature under some other account's token
	OtherParams                  // a true signature over other parameters
)

// Sign returns what Twilio puts in X-Twilio-Signature: the HMAC-SHA1 under the
// account's auth token, in base64, of the URL as it was configured, without
// its fragment, followed by each parameter's name and value in the order of
// the names. A name that occurs several times is followed by its distinct
// values, sorted, the name before each.
func Sign(authToken, rawURL string, form url.Values) string {
	var s strings.Builder
	requestURL, _, _ := strings.Cut(rawURL, "#")
	s.WriteString(requestURL)
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			s.WriteString(name)
			s.WriteString(value)
		}
	}
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(s.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// sign returns the header's value, or none.
func (c *Carrier) sign(how Signature, rawURL string, form url.Values) (string, bool) {
	switch how {
	case Unsigned:
		return "", false
	case WrongToken:
		return Sign("not "+c.opts.AuthToken, rawURL, form), true
	case OtherParams:
		return Sign(c.opts.AuthToken, rawURL, url.Values{"Body": {"other"}}), true
	default:
		return Sign(c.opts.AuthToken, rawURL, form), true
	}
}
