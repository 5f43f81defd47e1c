package twilio

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/twilio/twilio-go/client"
)

// Errors of [Verifier.Verify].
var (
	ErrNoSignature  = errors.New("request without a signature")
	ErrBadSignature = errors.New("signature does not fit the request")
)

// Verifier checks the signature of a webhook: base64 of HMAC-SHA1, keyed with the account's auth token,
// over the exact URL and the sorted form parameters (docs: usage/webhooks/webhooks-security). The URL is
// our configured public one, never taken from request headers. There is no way to switch it off.
type Verifier struct {
	base   string
	tokens []client.RequestValidator
}

// NewVerifier makes a verifier for webhooks under publicURL. While a token is being replaced both may be
// given; a signature by either is valid. Without a token, or with an empty one, it fails.
func NewVerifier(publicURL string, tokens ...string) (*Verifier, error) {
	base, err := baseURL(publicURL)
	if err != nil {
		return nil, fmt.Errorf("twilio verifier: public URL: %w", err)
	}
	if len(tokens) == 0 || slices.Contains(tokens, "") {
		return nil, errors.New("twilio verifier: auth token: none given, or an empty one")
	}
	v := &Verifier{base: base.String()}
	for _, token := range tokens {
		v.tokens = append(v.tokens, client.NewRequestValidator(token))
	}
	return v, nil
}

// Verify checks a request with the given path and query, byte for byte as received, the parameters of its
// body and its X-Twilio-Signature. The port may or may not have been part of the signed URL. The
// comparison takes constant time.
func (v *Verifier) Verify(requestURI string, form url.Values, signature string) error {
	if signature == "" {
		return ErrNoSignature
	}
	params := signedParams(form)
	for i := range v.tokens {
		if v.tokens[i].Validate(v.base+requestURI, params, signature) {
			return nil
		}
	}
	return ErrBadSignature
}

// signedParams prepares the parameters for twilio-go's validator, which takes one value a key and signs
// key and value one after the other, in order of the keys. Twilio signs a repeated key once with each of
// its different values, sorted: key, first, key, second. Joining the values with the key in between makes
// the validator write just that.
func signedParams(form url.Values) map[string]string {
	params := make(map[string]string, len(form))
	for key, values := range form {
		if len(values) == 1 {
			params[key] = values[0]
			continue
		}
		sorted := slices.Compact(slices.Sorted(slices.Values(values)))
		params[key] = strings.Join(sorted, key)
	}
	return params
}
