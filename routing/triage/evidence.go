package triage

import (
	"slices"
	"strings"
)

// evidence is what was found in one message, before anything is decided.
type evidence struct {
	typed []word // as typed
	words []word // as meant
	hits  []hit  // what survived: unhidden, unnegated, plausible
	seen  kindSet
	// calmed holds the kinds that were said not to happen, or no longer.
	calmed kindSet
	// acute: harm that goes on at this moment, by the grammar of the sentence.
	acute bool
	// armed: something is in a hand and somebody is hit or threatened.
	armed bool
	// question: the message asks something.
	question bool
	// suffers: something is said to be done to somebody (bị), not as a case put.
	suffers bool
	link    bool
	spam    int // weight of the signs that this is no business of the line
}

// The kinds that rules speak of together.
var (
	// harms are acts against somebody.
	harms = setOf(violence, grave, kill, threat, breakIn, arson, confine, abduct, near, chase, rape, childSex,
		image, stalk, traffic, captive, broker, forcedMarriage, control, insult)
	// doubtful are those that a homograph must have company to count as.
	doubtful = setOf(violence, grave, kill, threat, weapon, tool, breakIn, arson, confine, rape, childSex,
		severe, injury, plea, insult, image, captive)
	// kept survive inside a longer phrase, unless that is harmless.
	kept = setOf(perp, self, me, child, ongoing, policeWord, third, womb, law, service, ask)
	// quietKinds say nothing by themselves and are no reasons.
	quietKinds = setOf(force, body, perp, self, me, benign, still, over, trade, wield, now, ongoing)
	// distressTopics win over an advertisement typed with the same letters.
	distressTopics = setOf(violence, abuseWord, shelter, control, rape, childSex, threat, confine, fear, distress, severe, injury, harmIdea)
	// harmless phrases hide what they contain.
	harmless = setOf(benign, everyday, ad, figurative)
)

// longestPhrase is more words than any phrase has.
const longestPhrase = 16

// longestRead is how many words are weighed. The longest message a carrier
// hands over, 1600 characters, has at most 800; of more, the beginning and the
// end are read, so that no text can make the webhook slow.
const longestRead = 800

// ends keeps the first and the last half of what is read.
func ends(words []word) []word {
	if len(words) <= longestRead {
		return words
	}
	tail := words[len(words)-longestRead/2:]
	for i := range tail {
		tail[i].clause++ // no phrase spans the gap
	}
	return append(words[:longestRead/2], tail...)
}

// gather finds the evidence in a text.
func (v *vocabulary) gather(text string) *evidence {
	e := &evidence{typed: split(text)}
	e.words = ends(v.abbreviations.expand(e.typed))
	found := make([]hit, 0, 2*len(e.words))
	for i := range e.words {
		found = v.root.find(e.words, i, found)
	}
	found = unhidden(found)

	for _, h := range found {
		e.seen.addAll(h.kinds)
	}
	e.link = hasLink(text)
	e.weighSpam(found)

	e.hits = found[:0]
	for _, h := range found {
		if h.ambiguous && h.kinds.meets(doubtful) && !e.plausible(h, found) {
			h.kinds = h.kinds.without(doubtful)
		}
		if h.kinds.meets(deniable) && e.denied(h) {
			e.calmed.addAll(h.kinds)
			h.kinds = h.kinds.without(deniable)
		}
		if !h.kinds.empty() {
			e.hits = append(e.hits, h)
		}
	}
	e.seen = kindSet{}
	for _, h := range e.hits {
		e.seen.addAll(h.kinds)
	}
	e.findForce()
	e.question = e.asks(text)
	e.acute = e.goesOn()
	e.armed = e.inHand()
	e.suffers = e.bears()
	return e
}

// has says whether any of the kinds was found.
func (e *evidence) has(ks ...kind) bool {
	return slices.ContainsFunc(ks, e.seen.has)
}

// count says how many phrases of a kind were found.
func (e *evidence) count(k kind) int {
	n := 0
	for _, h := range e.hits {
		if h.kinds.has(k) {
			n++
		}
	}
	return n
}

// unhidden drops every hit inside a longer one, except who and when. The hits
// come in the order in which they begin.
func unhidden(found []hit) []hit {
	out := make([]hit, 0, len(found))
	start := 0
	for _, h := range found {
		for found[start].from+longestPhrase <= h.from {
			start++
		}
		for _, o := range found[start:] {
			if o.from >= h.to {
				break
			}
			if o.from <= h.from && h.to <= o.to && o.to-o.from > h.to-h.from {
				if o.kinds.meets(harmless) || o.kinds.has(ask) {
					h.kinds = kindSet{}
				} else {
					h.kinds = kindSet{h.kinds[0] & kept[0], h.kinds[1] & kept[1]}
				}
			}
		}
		for _, o := range found {
			switch {
			case o.from == h.from && o.to == h.to && o.kinds.meets(distressTopics):
				// "bao hanh" is abuse and a warranty: the graver reading stays.
				h.kinds = h.kinds.without(setOf(everyday, ad, trade))
			case o.kinds.has(figurative) && o.from < h.to && h.from < o.to:
				h.kinds = h.kinds.without(setOf(kill, grave, violence))
			}
		}
		if !h.kinds.empty() {
			out = append(out, h)
		}
	}
	return out
}

// plausible says whether a homograph typed without accents has company that
// makes the harmful reading likely: somebody who does it, somebody it is done
// to, or the grammar of suffering (bị) or of going on (đang).
func (e *evidence) plausible(h hit, found []hit) bool {
	if h.kinds.has(plea) {
		// "cuu" is also a sheep and a veteran: alone it is a cry, in an
		// advertisement it needs somebody to save.
		return !e.surelySpam() || h.to < len(e.words) && companion(e.words[h.to].plain, " em toi con tui minh voi me ")
	}
	for i := max(0, h.from-3); i < h.from; i++ {
		if companion(e.words[i].plain, " bi dang cam doi lay vua bang hay hoai dung cu doa ") {
			return true
		}
	}
	if h.to < len(e.words) && companion(e.words[h.to].plain,
		" em toi con me tui minh vo chi chau no nhau dap hoai e chet mai suot dau toe gay bam be nguoi bo ") && !e.surelySpam() {
		return true
	}
	for _, o := range found {
		if o.from > h.to+2 {
			break
		}
		if o.kinds.has(perp) && o.to <= h.from && h.from-o.to <= 1 && !e.surelySpam() {
			return true
		}
		near := o.to <= h.from && h.from-o.to <= 6 || o.from >= h.to && o.from-h.to <= 2
		if near && (o.kinds.has(perp) || o.kinds.has(wield) || o.kinds.has(policeCall) || o.kinds.has(child)) && !e.spammy() {
			return true
		}
	}
	return h.kinds.has(weapon) && !e.spammy() && !e.question && e.seen.meets(setOf(policeCall, plea, violence, threat))
}

func companion(plain, of string) bool { return strings.Contains(of, " "+plain+" ") }

// asks says whether the message is a question: a question mark after words, or
// a sentence that ends in a question word.
func (e *evidence) asks(text string) bool {
	if len(e.words) == 0 {
		return false
	}
	if len(e.words) > 1 && strings.ContainsAny(text, "?？") {
		return true
	}
	for i := len(e.words) - 1; i > 0; i-- {
		switch e.words[i].plain {
		case "a", "anh", "chi", "em", "e", "c", "vay", "nhi", "ta", "ha", "the", "ban", "oi", "nha", "shop", "ad", "co", "bay", "z", "v", "ne":
			continue
		case "dau":
			// "… nữa đâu" denies.
			return e.words[i-1].plain != "nua"
		case "khong", "chua", "gi", "nao", "nhieu", "sao":
			return true
		}
		return false
	}
	return false
}

// goesOn says whether harm goes on now: đang a few words before it, or another
// word for this moment and none for the past or for a habit.
func (e *evidence) goesOn() bool {
	for _, h := range e.hits {
		if !h.kinds.meets(setOf(violence, grave, weapon, breakIn, arson, confine, abduct, rape, childSex, severe, chase, tool)) {
			continue
		}
		for _, o := range e.hits {
			if o.kinds.has(ongoing) && o.from <= h.from && h.from-o.to <= 4 && e.words[h.from].clause-e.words[o.from].clause <= 1 {
				return true
			}
		}
		if e.has(justNow) && !e.has(past) || e.has(now, present, soon) && !e.has(recent, past, habit) {
			return true
		}
		if e.has(ongoing) && h.kinds.meets(setOf(childSex, rape, confine)) && !e.has(recent, past, habit) {
			return true
		}
	}
	return false
}

// findForce turns a verb of force into violence where somebody before it does
// it to a person or a part of the body behind it.
func (e *evidence) findForce() {
	for i, h := range e.hits {
		if !h.kinds.has(force) {
			continue
		}
		doer, victim := false, false
		for _, o := range e.hits {
			doer = doer || (o.kinds.has(perp) || e.words[o.from].plain == "bi") && o.to <= h.from && h.from-o.to <= 6
			victim = victim || o.kinds.meets(setOf(me, self, child, body)) && o.from >= h.to && o.from-h.to <= 5
		}
		if i > 0 && h.from > 0 && e.words[h.from-1].plain == "bi" {
			doer = true
		}
		if doer && victim && !e.spammy() {
			e.hits[i].kinds.add(violence)
			e.seen.add(violence)
		}
	}
}

// inHand says whether a weapon or a thing used as one is held, or used to hit.
func (e *evidence) inHand() bool {
	for _, h := range e.hits {
		if h.kinds.has(wield) && companion(e.words[h.from].plain, " cam xach vac rut ") {
			for _, o := range e.hits {
				if o.from > h.to && o.from-h.to <= 3 && o.kinds.meets(setOf(violence, grave, threat, kill)) {
					return true
				}
			}
		}
		if !h.kinds.has(weapon) && !h.kinds.has(tool) {
			continue
		}
		if h.to-h.from > 1 && h.kinds.has(weapon) && companion(e.words[h.from].plain, " cam co rut chia vac xach ke di ") {
			return true
		}
		for _, o := range e.hits {
			gap := max(h.from-o.to, o.from-h.to)
			if gap > 4 {
				continue
			}
			if o.kinds.has(wield) && o.from < h.from && (h.kinds.has(weapon) || e.seen.meets(setOf(violence, grave, threat, kill))) {
				return true
			}
			if o.kinds.meets(setOf(violence, grave, threat, kill)) {
				return true
			}
		}
	}
	return false
}

// bears says whether harm follows the passive of suffering, and no "if".
func (e *evidence) bears() bool {
	bears := false
	for i, w := range e.words {
		if w.plain == "neu" || w.plain == "lo" && w.marked() {
			return false
		}
		if w.plain != "bi" {
			continue
		}
		for _, h := range e.hits {
			if h.from <= i+4 && h.to > i && (h.kinds.meets(harms) || h.kinds.has(abuseWord)) {
				bears = true
			}
		}
	}
	return bears
}

// stale says whether all that is told lies in the past.
func (e *evidence) stale() bool {
	return e.has(recent, past) && !e.acute && !e.has(present, near, chase, plea, policeCall, hide)
}

// reasons names every kind found, but for those that say nothing by themselves.
func (e *evidence) reasons(first Reason) []Reason {
	out := []Reason{first}
	names := kindNames()
	e.seen.without(quietKinds).each(func(k kind) {
		if r := Reason(names[k]); !slices.Contains(out, r) {
			out = append(out, r)
		}
	})
	return out
}
