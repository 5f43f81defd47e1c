package triage

import (
	"bytes"
	"strings"
)

// What thumbs do to a syllable: raw Telex keystrokes, a g for a final ng, z for
// v, f for ph. A form that is a Vietnamese syllable as it stands is never
// touched, so the rules can only turn nonsense into sense.

// onsets are the consonants a Vietnamese syllable may begin with, longest first.
const onsets = "ngh ng nh gh gi kh ph qu th tr ch b c d g h k l m n p r s t v x"

// rimes are the folded rimes of Vietnamese. "oong" and "eng" (xoong, leng
// keng) are left out: in a text message they are Telex for ông and êng.
const rimes = "a ac ach ai am an ang anh ao ap at au ay e ec em en eng eo ep et eu " +
	"i ia ich iec iem ien ieng iep iet ieu im in inh ip it iu " +
	"o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oen oeo oet oi om on ong op ot " +
	"u ua uan uang uat uay uc ue uech uen uenh ui um un ung uoc uoi uom uon uong uop uot uou uu up ut " +
	"uo uu uy uya uych uyen uyet uyn uynh uyt uyu " +
	"y yem yen yeng yet yeu"

// typing undoes habits of typing.
type typing struct {
	rime   map[string]bool
	onset  []string
	exempt map[string]bool
}

// newTyping lists what the rules must leave alone: English words that read as
// Telex ("has" would become há) or end in a g, and the given abbreviations.
func newTyping(abbreviations []string) *typing {
	t := &typing{rime: map[string]bool{}, onset: strings.Fields(onsets), exempt: map[string]bool{}}
	for r := range strings.FieldsSeq(rimes) {
		t.rime[r] = true
	}
	for w := range strings.FieldsSeq("is as has was his this us yes of if for or her far car bar gas bus los plus " +
		"max fax box sex tax fix mix six off see too need feel keep been free week room door took good boss kiss " +
		"miss pass class look food cool school soon week deep sleep meet feet foot well tell kill call will all " +
		"big bag dog log gym blog vlog flag bug tag kg ag web www my me he she we app pass wifi facebook google " +
		"help police house phone please are over our your hour hours husband father mother wife him them their " +
		"after before years mins test best rest just must first last west host post part start sort port short " +
		"girl bird work word park dark card hard next text sms hes shes its lets ours yours") {
		t.exempt[w] = true
	}
	for _, a := range abbreviations {
		t.exempt[a] = true
	}
	return t
}

// spare leaves alone the words of a phrase that are no Vietnamese syllables:
// "sos" is a cry, not só in Telex.
func (t *typing) spare(surface string) {
	for _, w := range split(surface) {
		if !w.marked() && !t.syllable(w.plain) {
			t.exempt[w.plain] = true
		}
	}
}

// syllable says whether a folded form is a Vietnamese syllable.
func (t *typing) syllable(plain string) bool {
	if t.rime[plain] {
		return true
	}
	for _, on := range t.onset {
		if rest, ok := strings.CutPrefix(plain, on); ok && t.rime[rest] {
			return true
		}
	}
	// gi carries its own vowel: gi, gin, giet.
	rest, ok := strings.CutPrefix(plain, "g")
	return ok && strings.HasPrefix(rest, "i") && t.rime[rest]
}

// undo gives the word that was meant, or the word itself.
func (t *typing) undo(w word) word {
	if w.symbol || len(w.plain) < 2 || len(w.plain) > 9 || t.exempt[w.plain] || !ascii(w.plain) || t.syllable(w.plain) {
		return w
	}
	if !w.marked() {
		if d, ok := t.telex(w.plain); ok {
			d.clause = w.clause
			return d
		}
	}
	if n := len(w.plain); n >= 3 && w.plain[n-1] == 'g' && strings.IndexByte("aeiouy", w.plain[n-2]) >= 0 && t.syllable(w.plain[:n-1]+"ng") {
		w.plain = w.plain[:n-1] + "ng"
		if w.marks != "" {
			w.marks = w.marks[:n-1] + ".."
		}
		return w
	}
	if w.plain[0] == 'z' && t.syllable("v"+w.plain[1:]) {
		w.plain = "v" + w.plain[1:]
		return w
	}
	if w.plain[0] == 'f' && t.syllable("ph"+w.plain[1:]) {
		w.plain = "ph" + w.plain[1:]
		if w.marks != "" {
			w.marks = "." + w.marks
		}
		return w
	}
	return w
}

// telex decodes keystrokes: a doubled a, e, o or d, w for the hook, and s f r x
// j for the tone, which may be typed anywhere after the vowel.
func (t *typing) telex(keys string) (word, bool) {
	plain := make([]byte, 0, len(keys))
	marks := make([]byte, 0, len(keys))
	var tone byte
	accent, vowel := false, false
	for i := range len(keys) {
		k := keys[i]
		if vowel {
			if s := toneOf(k); s != 0 {
				// r begins no coda; x, s, f and j neither: after a vowel each is a tone.
				tone = s
				continue
			}
		}
		switch k {
		case 'w':
			// The hook falls on the last a, o or u; on both of uo.
			hooked := false
			for j := len(plain) - 1; j >= 0; j-- {
				if plain[j] == 'a' && !hooked {
					marks[j], hooked = '(', true
					break
				}
				if plain[j] == 'o' || plain[j] == 'u' {
					marks[j], hooked = '+', true
				} else if hooked {
					break
				}
			}
			if !hooked {
				plain, marks, vowel = append(plain, 'u'), append(marks, '+'), true
			}
			accent = true
			continue
		case 'a', 'e', 'o', 'd':
			// The second of a pair may come late: "danhd" is đánh without its tone.
			if j := bytes.LastIndexByte(plain, k); j >= 0 && marks[j] == '.' && (j == len(plain)-1 || k != 'd' && !anyVowel(plain[j+1:]) || k == 'd' && j == 0) {
				marks[j], accent = '^', true
				if k == 'd' {
					marks[j] = '-'
				}
				continue
			}
		}
		if strings.IndexByte("aeiouy", k) >= 0 {
			vowel = true
		}
		plain, marks = append(plain, k), append(marks, '.')
	}
	w := word{plain: string(plain), tone: tone}
	if accent {
		w.marks = string(marks)
	}
	return w, vowel && (accent || tone != 0) && t.syllable(w.plain)
}

func toneOf(key byte) byte {
	switch key {
	case 'f':
		return '`'
	case 's':
		return '\''
	case 'r':
		return '?'
	case 'x':
		return '~'
	case 'j':
		return '.'
	default:
		return 0
	}
}

func anyVowel(b []byte) bool {
	for _, c := range b {
		if strings.IndexByte("aeiouy", c) >= 0 {
			return true
		}
	}
	return false
}
