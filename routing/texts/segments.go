package texts

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Room in one SMS and in one part of a longer one, whose header takes the rest (3GPP TS 23.040, 9.2.3.24;
// GSM-7 in septets, UCS-2 in UTF-16 code units).
const (
	gsmSingle, gsmPart = 160, 153
	ucsSingle, ucsPart = 70, 67
)

// gsmBasic and gsmExtended are the default alphabet of GSM 03.38 (3GPP TS 23.038, 6.2.1); a character of
// the extension table takes two septets. Form feed is in the table but is no character anyone sends.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "^{}\\[~]|€"
)

// septets returns the room a character takes in GSM-7; 0 if GSM-7 has no such character.
func septets(r rune) int {
	switch {
	case strings.ContainsRune(gsmBasic, r):
		return 1
	case strings.ContainsRune(gsmExtended, r):
		return 2
	}
	return 0
}

// units returns the UTF-16 code units a character takes.
func units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// Segments returns how many SMS a text takes, which is what a carrier charges and paces by, and whether
// it fits the GSM-7 alphabet. A text that does not is sent as UCS-2. The empty text takes none.
func Segments(s string) (n int, gsm7 bool) {
	gsm7 = true
	for _, r := range s {
		if septets(r) == 0 {
			gsm7 = false
			break
		}
	}
	if gsm7 {
		return count(s, septets, gsmSingle, gsmPart), true
	}
	return count(s, units, ucsSingle, ucsPart), false
}

// count packs characters into parts, none of them split between two.
func count(s string, size func(rune) int, single, part int) int {
	total, parts, used := 0, 0, 0
	for _, r := range s {
		n := size(r)
		total += n
		if parts == 0 || used+n > part {
			parts++
			used = 0
		}
		used += n
	}
	if total <= single {
		return min(parts, 1)
	}
	return parts
}

// Split cuts a text into pieces of at most limit UTF-16 code units (a carrier's own unit of length): at
// white space where there is some, which is dropped, else between characters as people see them, so that
// no letter loses its accent and no emoji breaks. Only a single visible character longer than the limit
// is cut inside, at a code point. A limit below 2 is taken for 2. A blank text has no pieces.
func Split(s string, limit int) []string {
	limit = max(limit, 2)
	var pieces []string
	rest := strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD"))
	for rest != "" {
		cut := cutAt(rest, limit)
		pieces = append(pieces, strings.TrimRightFunc(rest[:cut], unicode.IsSpace))
		rest = strings.TrimLeftFunc(rest[cut:], unicode.IsSpace)
	}
	return pieces
}

// cutAt returns the length in bytes of the first piece of s, which begins with no white space.
func cutAt(s string, limit int) int {
	used, space, whole := 0, 0, 0 // whole: end of the last visible character that fits
	for i := 0; i < len(s); {
		n, size := cluster(s[i:])
		if r, _ := utf8.DecodeRuneInString(s[i:]); unicode.IsSpace(r) {
			space = i // the piece may end here even if the space itself no longer fits
		}
		if used+size > limit {
			switch {
			case space > 0:
				return space
			case whole > 0:
				return whole
			default:
				return cutInside(s, limit)
			}
		}
		used += size
		i += n
		whole = i
	}
	return len(s)
}

// cutInside returns the bytes of as many code points as fit.
func cutInside(s string, limit int) int {
	used := 0
	for i, r := range s {
		if used += units(r); used > limit {
			return i
		}
	}
	return len(s)
}

// cluster returns the length in bytes and in UTF-16 code units of the first character as people see it:
// a base with what joins it (combining marks, variation selectors, skin tones, tags), emoji joined by a
// zero-width joiner, a pair of regional indicators, CR LF. That is what Unicode's extended grapheme
// clusters (UAX 29) come to for Vietnamese, the languages of its highlands and emoji; Hangul and Indic
// syllables may be cut between letters.
func cluster(s string) (n, size int) {
	r, w := utf8.DecodeRuneInString(s)
	n, size = w, units(r)
	first, joined := r, false
	for n < len(s) {
		next, w := utf8.DecodeRuneInString(s[n:])
		switch {
		case first == '\r' && next == '\n' && n == 1:
		case unicode.IsControl(first):
			return n, size
		case next == zeroWidthJoiner || extends(next):
		case joined && next >= firstSymbol:
		case isRegional(first) && isRegional(next) && n == utf8.RuneLen(first):
		default:
			return n, size
		}
		joined = next == zeroWidthJoiner
		n += w
		size += units(next)
	}
	return n, size
}

// extends reports whether r belongs to the character before it.
func extends(r rune) bool {
	return unicode.Is(unicode.M, r) || r == zeroWidthNonJoiner ||
		(r >= 0x1F3FB && r <= 0x1F3FF) || (r >= 0xE0020 && r <= 0xE007F)
}

func isRegional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
