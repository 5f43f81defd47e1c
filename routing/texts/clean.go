package texts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean makes a text fit for sending: NFC, and the punctuation that phones and word processors put in
// (curly quotes, long dashes, ellipses, special spaces, invisible characters) replaced by its plain
// equivalent, because one such character turns a whole GSM-7 message into UCS-2 and halves its room. It
// never changes a letter. Line ends stay; control characters and malformed UTF-8 do not.
func Clean(s string) string {
	if isPlain(s) {
		return s
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	var b strings.Builder
	b.Grow(len(s))
	var prev rune
	for _, r := range s {
		if r != zeroWidthJoiner && r != zeroWidthNonJoiner {
			b.WriteString(plainFor(r))
		} else if prev >= firstSymbol {
			b.WriteRune(r) // part of an emoji; between letters it is dirt
		}
		prev = r
	}
	// Dropping an invisible character may have brought a letter and its accent together.
	return norm.NFC.String(b.String())
}

const (
	zeroWidthNonJoiner = '\u200C'
	zeroWidthJoiner    = '\u200D'
	// firstSymbol is where Unicode's symbol blocks, and with them the emoji, begin.
	firstSymbol = '\u2190'
)

// isPlain reports whether s is printable ASCII and line feeds, without the grave accent, which GSM-7 lacks.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '\n' && (c < ' ' || c > '~' || c == '`') {
			return false
		}
	}
	return true
}

// plainFor returns the plain equivalent of a character, itself if there is none.
func plainFor(r rune) string {
	switch r {
	case '\u2018', '\u2019', '\u201A', '\u201B', '\u2032', '\u2035', '\u00B4', '`':
		return "'"
	case '\u201C', '\u201D', '\u201E', '\u201F', '\u2033', '\u2036', '\u00AB', '\u00BB':
		return `"`
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\uFE58', '\uFE63':
		return "-"
	case '\u2026':
		return "..."
	case '\t', '\u205F', '\u3000':
		return " "
	case '\u2028', '\u2029', '\u0085':
		return "\n"
	case '\n', '\r':
		return string(r)
	case '\u00AD', '\u2060', '\uFEFF':
		return "" // soft hyphen, word joiner, byte order mark
	}
	switch {
	case unicode.Is(unicode.Zs, r):
		return " " // the non-breaking and typographic spaces
	case r >= '\u200B' && r <= '\u200F', r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
		return "" // zero width and text direction
	case unicode.IsControl(r):
		return ""
	}
	return string(r)
}

// Unaccent strips Vietnamese diacritics: "Tổ 1, Đường" becomes "To 1, Duong". Other scripts' marks go
// too; base letters stay.
func Unaccent(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFD.String(s) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r == 'Đ':
			b.WriteByte('D')
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}
