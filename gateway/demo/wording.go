package demo

import (
	"embed"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/ops/wording"
	"github.com/tincay/hotline/routing/texts"
)

//go:embed vi.yaml en.yaml
var wordingFiles embed.FS

// words are what the page says in one language, by key.
type words = wording.Words

func readWords() (map[texts.Language]words, error) { return wording.Read(wordingFiles, "%s.yaml") }

// teller says things while a page is put together, and keeps what went wrong for its end.
type teller struct {
	words
	err error
}

// say is T without the error, which is kept.
func (t *teller) say(key string, pairs ...any) string {
	s, err := t.T(key, pairs...)
	t.err = errors.Join(t.err, err)
	return s
}

// list joins names as a sentence does: A, B and C.
func (t *teller) list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return t.say("list.and", "some", strings.Join(names[:last], ", "), "last", names[last])
}

// span says a length of time as people do.
func (t *teller) span(d time.Duration) string {
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	switch seconds := int64(d.Round(time.Second) / time.Second); {
	case d < time.Second:
		return t.say("span.ms", "n", whole(max(1, d.Milliseconds())))
	case seconds < 60:
		return t.say("span.s", "n", whole(seconds))
	case seconds%60 == 0:
		return t.say("span.min", "n", whole(seconds/60))
	default:
		return t.say("span.min_s", "n", whole(seconds/60), "s", whole(seconds%60))
	}
}
