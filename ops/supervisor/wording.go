package supervisor

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/tincay/hotline/routing/texts"
)

// Errors of the wording.
var (
	errNoWording = errors.New("no such wording")
	errUnfilled  = errors.New("placeholder has no value")
	errTwice     = errors.New("wording given twice")
)

//go:embed wording/*.yaml
var wordingFiles embed.FS

// words are what the pages say in one language, by key.
type words struct {
	Language texts.Language
	said     map[string]string
}

// readWords reads the wording of every language: all files named after it.
func readWords() (map[texts.Language]words, error) {
	all := make(map[texts.Language]words)
	for _, language := range texts.Languages() {
		w := words{Language: language, said: map[string]string{}}
		files, err := fs.Glob(wordingFiles, "wording/*."+string(language)+".yaml")
		if err != nil {
			return nil, fmt.Errorf("read wording: %w", err)
		}
		for _, name := range files {
			raw, err := wordingFiles.ReadFile(name)
			if err != nil {
				return nil, fmt.Errorf("read wording: %w", err)
			}
			var said map[string]string
			if err := yaml.Unmarshal(raw, &said); err != nil {
				return nil, fmt.Errorf("read wording %s: %w", name, err)
			}
			for key, text := range said {
				if _, there := w.said[key]; there {
					return nil, fmt.Errorf("read wording %s: %s: %w", name, key, errTwice)
				}
				w.said[key] = text
			}
		}
		all[language] = w
	}
	return all, nil
}

// T says something. What stands in braces is filled in from pairs of names and values. A key that does not
// exist or a placeholder without a value is an error, which fails the page: no gap goes unnoticed.
func (w words) T(key string, pairs ...any) (string, error) {
	rest := w.said[key]
	if rest == "" {
		return "", fmt.Errorf("%s: %s: %w", w.Language, key, errNoWording)
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
			return "", fmt.Errorf("%s: %s: %s: %w", w.Language, key, name, errUnfilled)
		}
		b.WriteString(values[name])
		rest = after
	}
}
