// Package phone holds telephone numbers without letting them slip out.
//
// A [Number] is a number in E.164 form. However it is printed, logged or encoded it shows its masked
// form; only [Number.E164] reveals it, so that reveals can be searched for. Numbers are read either
// strictly, as a carrier writes them ([ParseE164]), or as people in Vietnam write them ([Parse]).
package phone

import (
	"errors"
	"log/slog"
	"unique"
)

// Key is the keyed look-up hash of a number (see contacts/seal): equal numbers of one line have equal
// keys, and nobody without the keyset can get from the key to the number. The zero Key is nobody.
type Key string

// ErrNotE164 means that a string is not "+" and 7 to 15 digits (ITU-T E.164).
var ErrNotE164 = errors.New("not a number in E.164 form")

// Number is a telephone number in E.164 form. It wraps a handle because fmt would print a plain string
// in full when the struct sits in another struct's unexported field. Numbers can be compared with ==.
// The zero value is no number.
type Number struct {
	h unique.Handle[string]
}

// ParseE164 reads a number as carriers write it. It checks the form only, so that no call for help is
// refused because a numbering plan is newer than this program.
func ParseE164(s string) (Number, error) {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return Number{}, ErrNotE164
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return Number{}, ErrNotE164
		}
	}
	return Number{h: unique.Make(s)}, nil
}

// IsZero reports whether this is no number.
func (n Number) IsZero() bool { return n == Number{} }

// E164 reveals the number, for example "+84905000001". The zero Number gives "".
func (n Number) E164() string {
	if n.IsZero() {
		return ""
	}
	return n.h.Value()
}

// Masked shows only that there is a number and its last two digits: enough to tell two contacts of one
// ward apart, too little to ring either.
func (n Number) Masked() string {
	s := n.E164()
	if s == "" {
		return "[no number]"
	}
	return "+…" + s[len(s)-2:]
}

// String returns the masked form.
func (n Number) String() string { return n.Masked() }

// GoString returns the masked form.
func (n Number) GoString() string { return n.Masked() }

// LogValue returns the masked form.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.Masked()) }

// MarshalText returns the masked form.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.Masked()), nil }
