package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"image"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/tincay/hotline/contacts"
)

const (
	issuer = "Tin Cậy"
	// step and skew: RFC 6238 recommends 30 s, and to accept one step of delay. Phones' clocks may also be fast.
	step = 30
	skew = 1
	// recoveryCodes is how many times somebody may lose the phone before asking for a reset.
	recoveryCodes = 10
	// recoveryLength is of base32 characters: 50 bits.
	recoveryLength = 10
)

// Enrolment is what a person needs to set up the second factor. It is shown once and never stored in this form.
type Enrolment struct {
	URL      contacts.Private // otpauth://, for an authenticator
	Secret   contacts.Private // the same to be typed, in groups of four
	Recovery []contacts.Private
}

var errNoImage = errors.New("the code cannot be drawn")

// Image is the URL as a QR code of one pixel a module, without the quiet zone of four modules around it.
func (e Enrolment) Image() (image.Image, error) {
	key, err := otp.NewKeyFromURL(e.URL.Reveal())
	if err != nil {
		return nil, errNoImage // its own error repeats the URL
	}
	// A QR code has 17 + 4*version modules a side; what is too small for it is refused.
	for side := 21; side <= 177; side += 4 {
		if img, err := key.Image(side, side); err == nil {
			return img, nil
		}
	}
	return nil, errNoImage
}

// credentials gives a record a password, a new second factor and new recovery codes.
func (a *Accounts) credentials(ctx context.Context, r record, secret contacts.Private) (record, Enrolment, error) {
	hash, err := a.hasher.Hash(ctx, secret.Reveal())
	if err != nil {
		return record{}, Enrolment{}, err
	}
	name := r.Name
	if name == "" {
		name = "nobody"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: name, Period: step})
	if err != nil {
		return record{}, Enrolment{}, fmt.Errorf("make second factor: %w", err)
	}
	r.Hash, r.Secret, r.LastStep, r.Salt, r.Recovery = hash.Encode(), key.Secret(), 0, rand.Text(), nil
	e := Enrolment{URL: contacts.Conceal(key.URL()), Secret: contacts.Conceal(groups(key.Secret(), 4, " "))}
	for range recoveryCodes {
		code := newRecoveryCode()
		r.Recovery = append(r.Recovery, a.recoveryHash(r, code))
		e.Recovery = append(e.Recovery, contacts.Conceal(groups(code, recoveryLength/2, "-")))
	}
	return r, e, nil
}

func newRecoveryCode() string { return strings.ToLower(rand.Text()[:recoveryLength]) }

// recoveryHash is what is kept of a recovery code. Codes are random, so a keyed hash is enough.
func (a *Accounts) recoveryHash(r record, code string) string {
	return a.keyset.Token("", "recovery code", r.Salt, code)
}

func groups(s string, size int, between string) string {
	var b strings.Builder
	for i, c := range s {
		if i > 0 && i%size == 0 {
			b.WriteString(between)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// use checks a code of the authenticator or a recovery code, and marks it as used in the record. Everything is compared whatever
// was typed, so that the time it takes says nothing.
func (a *Accounts) use(r *record, typed string, now time.Time) bool {
	typed = strings.NewReplacer(" ", "", "\u00a0", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(typed)))
	// Base32 has neither 0 nor 1.
	recoveryCode := strings.NewReplacer("0", "o", "1", "l").Replace(typed)
	current := now.Unix() / step
	used := int64(0)
	for at := current - skew; at <= current+skew; at++ {
		code, err := hotp.GenerateCode(r.Secret, uint64(at))
		if err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 && at > r.LastStep {
			used = at
		}
	}
	recovery := -1
	hash := a.recoveryHash(*r, recoveryCode)
	for i, kept := range r.Recovery {
		if subtle.ConstantTimeCompare([]byte(kept), []byte(hash)) == 1 {
			recovery = i
		}
	}
	switch {
	case used > 0:
		r.LastStep = used
	case recovery >= 0:
		r.Recovery = append(append([]string(nil), r.Recovery[:recovery]...), r.Recovery[recovery+1:]...)
	default:
		return false
	}
	return true
}
