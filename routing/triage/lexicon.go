package triage

import (
	"embed"
	"fmt"
	"strings"
	"sync"
)

// lexiconTSV is the project's shared lexicon, compiled for this project from
// general knowledge of Vietnamese text messages: kind, surface, folded form,
// meaning, note. It is kept here unchanged, so that the two can be compared.
//
//go:embed lexicon.tsv
var lexiconTSV string

// phraseFiles hold the phrases added beside the lexicon: what surrounds its
// words in danger, in everyday talk, in questions.
//
//go:embed phrases/*.tsv
var phraseFiles embed.FS

// lexiconKinds says what the lexicon's kinds are evidence of. Its kinds abbr
// (see abbreviations), dialect, negation_danger and collision (notes on
// readings that the phrase files decide) and codeword (examples that no line
// may have by default) are absent.
func lexiconKinds() map[string]kind {
	return map[string]kind{
		"person": perp, "act_violence": violence, "weapon": weapon, "confine": confine, "injury": injury,
		"sexual": rape, "selfharm": harmIdea, "economic_psych": control, "traffic": traffic,
		"shelter": shelter, "plea": plea, "negation_safe": over,
	}
}

// vocabulary is the compiled lexicon: the same for every line, so it is built
// once a process and never changed.
type vocabulary struct {
	abbreviations *abbreviations
	root          *node
}

// sharedVocabulary builds the vocabulary on first use: a memoised pure function
// of the embedded files, never assigned again.
var sharedVocabulary = sync.OnceValue(newVocabulary)

// newVocabulary panics if an embedded file is malformed; the tests load all.
func newVocabulary() *vocabulary {
	v := &vocabulary{abbreviations: newAbbreviations(), root: &node{}}
	byName := map[string]kind{}
	for k, name := range kindNames() {
		byName[name] = kind(k)
	}

	decided := map[string]bool{}
	files, err := phraseFiles.ReadDir("phrases")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		text, err := phraseFiles.ReadFile("phrases/" + f.Name())
		if err != nil {
			panic(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "# ") {
				continue
			}
			name, list, ok := strings.Cut(line, "\t")
			k, known := byName[name]
			if !ok || !known {
				panic(fmt.Sprintf("triage: %s: no kind %q", f.Name(), name))
			}
			for pattern := range strings.SplitSeq(list, ",") {
				pattern, strict := strings.CutPrefix(strings.TrimSpace(pattern), "!")
				for _, surface := range alternatives(pattern) {
					decided[surface] = true
					v.root.insert(surface, k, strict)
					v.abbreviations.typing.spare(surface)
				}
			}
		}
	}

	kindOf := lexiconKinds()
	for _, row := range lexiconRows() {
		if k, ok := kindOf[row.kind]; ok && !decided[row.surface] {
			v.root.insert(row.surface, k, false)
		}
	}
	return v
}

type lexiconRow struct{ kind, surface, meaning string }

func lexiconRows() []lexiconRow {
	var rows []lexiconRow
	for line := range strings.Lines(lexiconTSV) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(f) < 4 || f[0] == "kind" {
			continue
		}
		rows = append(rows, lexiconRow{kind: f[0], surface: strings.ToLower(f[1]), meaning: f[3]})
	}
	return rows
}

// alternatives writes out a pattern: "(a|b) c" is "a c" and "b c". An empty
// side stands for nothing.
func alternatives(pattern string) []string {
	before, rest, found := strings.Cut(pattern, "(")
	if !found {
		return []string{strings.Join(strings.Fields(pattern), " ")}
	}
	group, after, closed := strings.Cut(rest, ")")
	if !closed {
		panic("triage: no ) in " + pattern)
	}
	var all []string
	for side := range strings.SplitSeq(group, "|") {
		all = append(all, alternatives(before+" "+side+" "+after)...)
	}
	return all
}

// node is one step of the phrase tree: its edges are folded words.
type node struct {
	next    map[string]*node
	number  *node // any word that begins with a digit, "#" in the files
	entries []entry
}

// entry is a phrase that ends at a node.
type entry struct {
	words  []word
	kinds  kindSet
	strict bool // counts only with its accents typed
}

func (n *node) insert(surface string, k kind, strict bool) {
	var words []word
	at := n
	for field := range strings.FieldsSeq(surface) {
		if field == "#" {
			if at.number == nil {
				at.number = &node{}
			}
			at = at.number
			words = append(words, word{plain: "#"})
			continue
		}
		for _, w := range split(field) {
			w.clause = 0
			words = append(words, w)
			if at.next == nil {
				at.next = map[string]*node{}
			}
			child := at.next[w.plain]
			if child == nil {
				child = &node{}
				at.next[w.plain] = child
			}
			at = child
		}
	}
	if at == n || len(words) >= longestPhrase {
		panic("triage: empty or too long a phrase: " + surface)
	}
	for i := range at.entries {
		if e := &at.entries[i]; e.strict == strict && sameWords(e.words, words) {
			e.kinds.add(k)
			return
		}
	}
	at.entries = append(at.entries, entry{words: words, kinds: setOf(k), strict: strict})
}

func sameWords(a, b []word) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// hit is a phrase found in a text.
type hit struct {
	from, to  int // words[from:to]
	kinds     kindSet
	ambiguous bool // one word typed without the accents that would tell it from others
}

// find appends the phrases that begin at words[from].
func (n *node) find(words []word, from int, hits []hit) []hit {
	return n.walk(words, from, from, hits)
}

func (n *node) walk(words []word, from, at int, hits []hit) []hit {
	for _, e := range n.entries {
		if h, ok := e.at(words, from); ok {
			hits = append(hits, h)
		}
	}
	if at == len(words) || words[at].clause != words[from].clause {
		return hits
	}
	if child := n.next[words[at].plain]; child != nil {
		hits = child.walk(words, from, at+1, hits)
	}
	if n.number != nil && isDigit(words[at].plain[0]) {
		hits = n.number.walk(words, from, at+1, hits)
	}
	return hits
}

// at says whether the accents typed agree with the phrase.
func (e *entry) at(words []word, from int) (hit, bool) {
	typed, want := false, false
	for i, w := range e.words {
		if w.plain == "#" {
			continue
		}
		t := words[from+i]
		if !t.fits(w) || t.careful && t.marks != "" && t.tone != w.tone {
			return hit{}, false
		}
		typed = typed || t.marked()
		want = want || w.marked()
	}
	if e.strict && !typed {
		return hit{}, false
	}
	return hit{from: from, to: from + len(e.words), kinds: e.kinds,
		ambiguous: len(e.words) == 1 && want && !typed}, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
