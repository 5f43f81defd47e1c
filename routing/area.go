package routing

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tincay/hotline/routing/triage"
)

// Areas are a line's areas, read once so that every text can be compared with them quickly. The zero
// value has none.
type Areas struct{ places []place }

// place is one way to name an area.
type place struct {
	area string
	spelling
}

// NewAreas reads the names and words of areas.
func NewAreas(list []Area) Areas {
	var a Areas
	for _, area := range list {
		for _, w := range append([]string{area.Name}, area.Words...) {
			a.places = append(a.places, place{area.Name, readPlace(w)})
		}
	}
	return a
}

// Match returns the name of the area that a person's words name, "" when they name none. An area is
// named by its name or one of its words, as whole words anywhere in the text; of several the longest
// counts, then the one listed first. Case never matters. Accents do not matter if either the text or the
// area's word was written without any; otherwise all must agree ("tổ" is not "tơ"), wherever in the
// syllable they stand (hoà, hòa).
func (a Areas) Match(text string) string {
	if len(a.places) == 0 {
		return ""
	}
	said := readPlace(text)
	best, longest := "", 0
	for _, p := range a.places {
		if p.length > longest && said.names(p.spelling) {
			best, longest = p.area, p.length
		}
	}
	return best
}

// spelling is a text as the words in it, with and without what accents tell.
type spelling struct {
	plain    []string // folded
	full     []string // folded, then the word's accents in a fixed order
	accented bool
	length   int // letters of plain
}

func readPlace(text string) spelling {
	var s spelling
	invisible := func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}
	words := strings.FieldsFunc(norm.NFD.String(strings.ToLower(strings.Map(invisible, text))), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	})
	for _, w := range words {
		plain := triage.FoldPlain(w)
		if plain == "" {
			continue
		}
		var marks []rune
		for _, r := range w {
			if unicode.Is(unicode.Mn, r) || r == 'đ' {
				marks = append(marks, r)
			}
		}
		slices.Sort(marks)
		s.plain = append(s.plain, plain)
		s.full = append(s.full, plain+" "+string(marks))
		s.accented = s.accented || len(marks) > 0
		s.length += utf8.RuneCountInString(plain)
	}
	return s
}

// names reports whether the place's words stand one after the other in the text.
func (s spelling) names(place spelling) bool {
	text, words := s.full, place.full
	if !s.accented || !place.accented {
		text, words = s.plain, place.plain
	}
	if len(words) == 0 {
		return false
	}
	for i := 0; i+len(words) <= len(text); i++ {
		if slices.Equal(text[i:i+len(words)], words) {
			return true
		}
	}
	return false
}
