package supervisor

import (
	"bytes"
	"hash/fnv"
	"slices"
	"strconv"
)

// haveHeader lists the marks of the cards that a page shows already, one after the other. With two hundred open cases
// a page would spend more time on reading all of them anew after every event than on everything else, and the network
// likewise.
const haveHeader = "Hotline-Have"

const (
	// markLength is how long a mark is, in characters.
	markLength = 12
	// mostHave bounds how many marks are looked at.
	mostHave = 5000
)

// cards is a fragment in pieces: what is before the cards of cases, the cards, and what is after them.
type cards struct {
	head, tail []byte
	list       []piece
}

// piece is the card of one case. Its mark stands for its case and all that it shows but for the clocks, which a page
// runs by itself.
type piece struct {
	key, mark string
	html      []byte
}

// Where the template of a card begins and ends, and what its clocks and its key begin with.
const (
	cardBegins  = "<article "
	cardEnds    = "</article>"
	clockBegins = `<time class="clock" `
	keyBegins   = `data-key="`
)

// cut takes a fragment apart and marks its cards.
func cut(body []byte) cards {
	var c cards
	begin := bytes.Index(body, []byte(cardBegins))
	end := bytes.LastIndex(body, []byte(cardEnds))
	if begin < 0 || end < begin {
		c.head = body
		return c
	}
	end += len(cardEnds)
	c.head, c.tail = body[:begin], body[end:]
	for card := range bytes.SplitAfterSeq(body[begin:end], []byte(cardEnds)) {
		at := bytes.Index(card, []byte(cardBegins))
		if at < 0 {
			continue // what is left after the last
		}
		card = card[at:] // without the space between cards
		_, key, _ := bytes.Cut(card, []byte(keyBegins))
		key, _, _ = bytes.Cut(key, []byte(`"`))
		p := piece{key: string(key), mark: markOf(card)}
		p.html = slices.Concat([]byte(cardBegins+`data-mark="`+p.mark+`" `), card[len(cardBegins):])
		c.list = append(c.list, p)
	}
	return c
}

// markOf is the mark of a card.
func markOf(card []byte) string {
	h := fnv.New64a()
	for {
		before, clock, more := bytes.Cut(card, []byte(clockBegins))
		_, _ = h.Write(before)
		if !more {
			break
		}
		since, rest, _ := bytes.Cut(clock, []byte(">")) // an instant, which the page counts from
		_, _ = h.Write(since)
		_, card, _ = bytes.Cut(rest, []byte("</time>"))
	}
	text := strconv.FormatUint(h.Sum64(), 32)
	return "0000000000000"[:max(0, markLength-len(text))] + text[max(0, len(text)-markLength):]
}

// whole is the fragment with every card.
func (c *cards) whole() []byte {
	var out bytes.Buffer
	out.Write(c.head)
	for _, p := range c.list {
		out.Write(p.html)
	}
	out.Write(c.tail)
	return out.Bytes()
}

// news is the fragment for a page that shows cards with these marks already: of those it has only the keys.
func (c *cards) news(have string) []byte {
	known := map[string]bool{}
	for ; len(have) >= markLength && len(known) < mostHave; have = have[markLength:] {
		known[have[:markLength]] = true
	}
	var out bytes.Buffer
	out.Write(c.head)
	for _, p := range c.list {
		if known[p.mark] {
			out.WriteString(`<article data-key="` + p.key + `" data-same></article>`)
		} else {
			out.Write(p.html)
		}
	}
	out.Write(c.tail)
	return out.Bytes()
}
