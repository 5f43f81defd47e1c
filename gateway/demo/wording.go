package demo

import (
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/tincay/hotline/routing/texts"
)

// Errors of [words.T].
var (
	errNoWording = errors.New("no such wording")
	errUnfilled  = errors.New("placeholder has no value")
)

//go:embed vi.yaml en.yaml
var wordingFiles embed.FS

// words are what the page says in one language, by key.
type words struct {
	Language texts.Language
	said     map[string]string
}

// readWords reads the wording of every language.
func readWords() (map[texts.Language]words, error) {
	all := make(map[texts.Language]words)
	for _, language := range texts.Languages() {
		raw, err := wordingFiles.ReadFile(string(language) + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("read wording: %w", err)
		}
		w := words{Language: language}
		if err := yaml.Unmarshal(raw, &w.said); err != nil {
			return nil, fmt.Errorf("read wording %s: %w", language, err)
		}
		all[language] = w
	}
	return all, nil
}

// T says something. What stands in braces is filled in from pairs of names and values. A key that does
// not exist or a placeholder without a value is an error, which fails the page: no gap goes unnoticed.
func (w words) T(key string, pairs ...string) (string, error) {
	rest := w.said[key]
	if rest == "" {
		return "", fmt.Errorf("%s: %s: %w", w.Language, key, errNoWording)
	}
	values := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, _ := strings.Cut(after, "}")
		if values[name] == "" {
			return "", fmt.Errorf("%s: %s: %s: %w", w.Language, key, name, errUnfilled)
		}
		b.WriteString(values[name])
		rest = after
	}
}

// teller says things while a page is put together, and keeps what went wrong for its end.
type teller struct {
	words
	err error
}

// say is T without the error, which is kept.
func (t *teller) say(key string, pairs ...string) string {
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
