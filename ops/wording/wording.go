// Package wording reads what pages say, in every language, and says it.
//
// It promises that no gap goes unnoticed: a text that is missing or empty, one that is given twice, and a
// placeholder without a value are errors, never a blank on a page. What it says is plain text; whoever puts it into
// a page escapes it.
package wording

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/tincay/hotline/routing/texts"
)

// What can be wrong with a wording.
var (
	ErrMissing  = errors.New("no such wording")
	ErrUnfilled = errors.New("placeholder has no value")
	ErrTwice    = errors.New("wording given twice")
	ErrNoFile   = errors.New("no wording in this language")
)

// Words are texts in one language, by key. They do not change.
type Words struct {
	Language texts.Language
	said     map[string]string
}

// Read reads the texts of every language from YAML files of keys and texts. The pattern says which, as [fs.Glob]
// does, with the language in the place of %s.
func Read(files fs.FS, pattern string) (map[texts.Language]Words, error) {
	all := make(map[texts.Language]Words)
	for _, language := range texts.Languages() {
		w := Words{Language: language, said: map[string]string{}}
		names, err := fs.Glob(files, fmt.Sprintf(pattern, language))
		if err != nil {
			return nil, fmt.Errorf("read wording: %w", err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("read wording: %s: %w", language, ErrNoFile)
		}
		for _, name := range names {
			if err := w.read(files, name); err != nil {
				return nil, fmt.Errorf("read wording %s: %w", name, err)
			}
		}
		all[language] = w
	}
	return all, nil
}

func (w Words) read(files fs.FS, name string) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	var said map[string]string
	if err := yaml.Unmarshal(raw, &said); err != nil {
		return err
	}
	for key, text := range said {
		if _, there := w.said[key]; there {
			return fmt.Errorf("%s: %w", key, ErrTwice)
		}
		w.said[key] = text
	}
	return nil
}

// Has reports whether there is a text for a key.
func (w Words) Has(key string) bool { return w.said[key] != "" }

// All gives every key with its text as it was written, in no order.
func (w Words) All() iter.Seq2[string, string] { return maps.All(w.said) }

// T says something. What stands in braces is filled in from pairs of names and values. It fails with [ErrMissing]
// or [ErrUnfilled].
func (w Words) T(key string, pairs ...any) (string, error) {
	rest := w.said[key]
	if rest == "" {
		return "", fmt.Errorf("%s: %s: %w", w.Language, key, ErrMissing)
	}
	values := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
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
			return "", fmt.Errorf("%s: %s: %s: %w", w.Language, key, name, ErrUnfilled)
		}
		b.WriteString(values[name])
		rest = after
	}
}
