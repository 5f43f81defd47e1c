package triage

import "strings"

// codeWords are a line's code words, folded and framed by spaces, so that they
// match whole words only.
type codeWords struct {
	danger, urgent []string
}

func newCodeWords(words CodeWords) codeWords {
	return codeWords{danger: framed(words.ImmediateDanger), urgent: framed(words.Urgent)}
}

func framed(phrases []string) []string {
	var out []string
	for _, p := range phrases {
		if f := FoldPlain(p); f != "" {
			out = append(out, " "+f+" ")
		}
	}
	return out
}

// find gives the urgency of the longest code word in the text; of two of one
// length, danger.
func (c codeWords) find(typed []word) (Urgency, bool) {
	if len(c.danger) == 0 && len(c.urgent) == 0 {
		return "", false
	}
	var b strings.Builder
	b.WriteByte(' ')
	for _, w := range typed {
		if !w.symbol {
			b.WriteString(w.plain)
			b.WriteByte(' ')
		}
	}
	text := b.String()
	danger, urgent := longest(text, c.danger), longest(text, c.urgent)
	switch {
	case danger > 0 && danger >= urgent:
		return ImmediateDanger, true
	case urgent > 0:
		return Urgent, true
	default:
		return "", false
	}
}

func longest(text string, phrases []string) int {
	n := 0
	for _, p := range phrases {
		if len(p) > n && strings.Contains(text, p) {
			n = len(p)
		}
	}
	return n
}
