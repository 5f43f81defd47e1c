package triage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// FoldPlain reduces a text to what two people would agree was typed whatever
// their keyboards: lower case, no accents, đ as d, everything that is neither a
// letter nor a digit a single space, no space at either end. It undoes no
// typing habit, so it is what commands and code words are compared by. A text
// of punctuation or emoji only folds to the empty string.
func FoldPlain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, w := range split(text) {
		if w.symbol {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.plain)
	}
	return b.String()
}

// Fold is [FoldPlain] with typing habits undone, as the lexicon is matched:
// repeated letters collapsed ("cuuuuu"), raw Telex keystrokes decoded
// ("ddungf"), teencode spelled out ("ck" is chong). Emoji stay, as words.
func Fold(text string) string {
	words := sharedVocabulary().abbreviations.read(text)
	var b strings.Builder
	b.Grow(len(text) + len(text)/2)
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.plain)
	}
	return b.String()
}

// word is one syllable, number or emoji of a text. What its letters are and
// which accents were typed on them are kept apart, because people leave
// accents out one by one.
type word struct {
	// plain is the folded form.
	plain string
	// marks has a byte for each letter of plain: '^' for â ê ô, '(' for ă, '+'
	// for ơ ư, '-' for đ, '.' for none. Empty if no letter has a mark.
	marks string
	// tone is one of `'?~. for huyền, sắc, hỏi, ngã, nặng, 0 if none was typed.
	// A syllable has one, so where in it the tone was typed (hoà, hòa) is moot.
	tone byte
	// clause counts the punctuation marks before the word; no phrase and no
	// negation reaches across one.
	clause int
	// careful: the text is typed with its accents, so that a letter with a mark
	// and no tone has none.
	careful bool
	// symbol: an emoji, which is a word of its own.
	symbol bool
}

// marked says whether any accent was typed.
func (w word) marked() bool { return w.tone != 0 || w.marks != "" }

// fits says whether w may be meant as want: the letters are the same, and each
// accent typed agrees. An accent not typed is forgiven.
func (w word) fits(want word) bool {
	if w.plain != want.plain || (w.tone != 0 && w.tone != want.tone) {
		return false
	}
	if w.marks == "" || w.marks == want.marks {
		return true
	}
	if want.marks == "" {
		return false
	}
	for i := range len(w.marks) {
		if w.marks[i] != '.' && w.marks[i] != want.marks[i] {
			return false
		}
	}
	return true
}

// split cuts a text into words: lower case, accents set apart from letters.
func split(text string) []word {
	s := splitter{words: make([]word, 0, len(text)/4+1)}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, " ")
	}
	// Lower case comes before decomposition: the lower form of a few letters
	// decomposes although the upper form does not.
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		s.take(r)
	}
	s.end()
	return s.words
}

// splitter is the state of split.
type splitter struct {
	words  []word
	plain  []byte
	marks  []byte
	tone   byte
	any    bool
	clause int
}

func (s *splitter) take(r rune) {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		s.plain = append(s.plain, byte(r))
		s.marks = append(s.marks, '.')
	case r == ' ':
		s.end()
	case r == 'đ':
		s.plain = append(s.plain, 'd')
		s.marks = append(s.marks, '-')
		s.any = true
	case r == '\u0300':
		s.setTone('`')
	case r == '\u0301':
		s.setTone('\'')
	case r == '\u0309':
		s.setTone('?')
	case r == '\u0303':
		s.setTone('~')
	case r == '\u0323':
		s.setTone('.')
	case r == '\u0302':
		s.setMark('^')
	case r == '\u0306':
		s.setMark('(')
	case r == '\u031b':
		s.setMark('+')
	case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Sk, r):
		// Other accents, variation selectors, joiners, skin tones.
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		s.plain = utf8.AppendRune(s.plain, r)
		s.marks = append(s.marks, '.')
	case unicode.Is(unicode.So, r):
		s.end()
		s.words = append(s.words, word{plain: string(r), clause: s.clause, symbol: true})
	case (r == '\'' || r == '’') && len(s.plain) > 0:
		// "don't" is one word.
	case strings.ContainsRune(".,;:!?…()[]\n\r", r):
		s.end()
		s.clause++
	default:
		s.end()
	}
}

func (s *splitter) setTone(t byte) {
	if len(s.plain) > 0 {
		s.tone = t
	}
}

func (s *splitter) setMark(m byte) {
	if n := len(s.marks); n > 0 {
		s.marks[n-1] = m
		s.any = true
	}
}

func (s *splitter) end() {
	if len(s.plain) == 0 {
		return
	}
	w := word{plain: string(s.plain), tone: s.tone, clause: s.clause}
	if s.any {
		w.marks = string(s.marks)
	}
	s.words = append(s.words, w)
	s.plain, s.marks, s.tone, s.any = s.plain[:0], s.marks[:0], 0, false
}

// collapse shortens a letter held down ("giúppppp", "cuuuuu") to what was
// meant. A run of u keeps two, since "ưu" is a rime (cứu, lưu, hưu); a run of k
// is laughter and stays as it is. Digits mean what they say.
func collapse(w word) word {
	run, long := 1, false
	for i := 1; i < len(w.plain); i++ {
		if w.plain[i] != w.plain[i-1] {
			run = 1
			continue
		}
		if run++; run >= 3 && w.plain[i] >= 'a' && w.plain[i] <= 'z' {
			long = true
			break
		}
	}
	if !long || strings.Trim(w.plain, "k") == "" || !ascii(w.plain) {
		return w
	}
	plain := make([]byte, 0, len(w.plain))
	var marks []byte
	for i := 0; i < len(w.plain); {
		j := i
		for j < len(w.plain) && w.plain[j] == w.plain[i] {
			j++
		}
		keep := j - i
		switch {
		case keep < 3 || w.plain[i] < 'a':
		case w.plain[i] == 'u':
			keep = 2
		default:
			keep = 1
		}
		plain = append(plain, w.plain[i:i+keep]...)
		if w.marks != "" {
			marks = append(marks, w.marks[i:i+keep]...)
		}
		i = j
	}
	w.plain, w.marks = string(plain), string(marks)
	return w
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
