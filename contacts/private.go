package contacts

import (
	"log/slog"
	"unique"
)

// concealed is what a Private shows wherever it is printed, logged or encoded.
const concealed = "[private]"

// Private is text about a person that must never be printed: what they wrote, their name, where they
// are. Every way of formatting it gives the same mark; only [Private.Reveal] returns the text, so that
// reveals can be searched for. The zero value is the empty text.
//
// It wraps a handle rather than a string because fmt prints a plain string in full when the struct
// holding it sits in another struct's unexported field, whatever methods it has.
type Private struct {
	h unique.Handle[string]
}

// Conceal wraps a text.
func Conceal(text string) Private {
	return Private{h: unique.Make(text)}
}

// Reveal returns the text.
func (p Private) Reveal() string {
	if p == (Private{}) {
		return ""
	}
	return p.h.Value()
}

// Empty reports whether there is no text.
func (p Private) Empty() bool { return p.Reveal() == "" }

// String returns a mark in place of the text.
func (p Private) String() string { return concealed }

// GoString returns a mark in place of the text.
func (p Private) GoString() string { return concealed }

// LogValue returns a mark in place of the text.
func (p Private) LogValue() slog.Value { return slog.StringValue(concealed) }

// MarshalText returns a mark in place of the text.
func (p Private) MarshalText() ([]byte, error) { return []byte(concealed), nil }
