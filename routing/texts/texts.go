// Package texts holds every text the program sends, in each language, and what is needed to send one.
//
// The wording lives in one file per language (vi.yaml, en.yaml), embedded in the program; the rules about
// each text (to whom it goes, whether it is sent before a human has taken the case, what is filled into
// it) live in one table, [RuleOf]. [Render] promises that a text is complete, in NFC and free of
// characters that would turn a GSM-7 message into UCS-2; it refuses to return a text with a gap. A line may
// have wording of its own, which a [Catalog] holds; [Faults] has the rules that it must keep, as ours does.
//
// What is said on calls is here too: a [Prompt] has wording in each language, which [Spoken] returns, and
// nothing is ever filled into it.
//
// The package decides nothing: whether a text may be sent, and in which form, is the caller's rule. It is
// pure and knows neither cases nor people.
package texts

import (
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

// Language is a language the program writes in.
type Language string

// The languages every text exists in.
const (
	Vietnamese Language = "vi"
	English    Language = "en"
)

// Languages returns the languages every text exists in, the first being the default.
func Languages() []Language { return []Language{Vietnamese, English} }

// Errors of [Render]. What wraps them names the key and the placeholder, never a value.
var (
	ErrUnknownKey      = errors.New("no such text")
	ErrUnknownLanguage = errors.New("no such language")
	ErrUnfilled        = errors.New("placeholder has no value")
)

// Names of the placeholders, for the values given to [Render].
const (
	Tag     = "the"     // the line's tag, which begins every alert
	Code    = "ma"      // a case code, for example K7
	Level   = "muc"     // how urgent a case is, from [Urgency]
	Needed  = "nhu_cau" // what a person needs, from [Need]
	Area    = "khu"     // the area's name, or [AreaUnknown]
	Cases   = "ds"      // the codes of the cases a helper holds
	Minutes = "phut"    // whole minutes
	Until   = "gio"     // a time of day
	Role    = "loai"    // a kind of contact, from [Kind]
	Partner = "don_vi"  // an authority or service outside the ward's team
	Phone   = "dt"      // the health station's telephone number, as people write it
)

// Wording is one text in one language. Placeholders stand in it in braces.
type Wording struct {
	Accented string `yaml:"accented"` // with Vietnamese diacritics; empty where the language has a single form
	Plain    string `yaml:"plain"`    // without them; left empty, it is Accented stripped of them
}

// in returns the form asked for, or the only one there is.
func (w Wording) in(accented bool) string {
	switch {
	case w.Accented != "" && accented:
		return w.Accented
	case w.Plain == "":
		return Unaccent(Clean(w.Accented))
	}
	return w.Plain
}

// edition is one language's message file.
type edition struct {
	Texts   map[Key]Wording    `yaml:"texts"`
	Words   map[string]Wording `yaml:"words"`
	Prompts map[Prompt]speech  `yaml:"prompts"`
}

//go:embed vi.yaml en.yaml
var files embed.FS

// editions reads the message files once. They are part of the program, so an error here is a fault of the
// build; every exported function that can report one does.
var editions = sync.OnceValues(func() (map[Language]edition, error) {
	out := make(map[Language]edition)
	for _, lang := range Languages() {
		name := string(lang) + ".yaml"
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read message file: %w", err)
		}
		var e edition
		if err := yaml.UnmarshalWithOptions(raw, &e, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("read message file %s: %w", name, err)
		}
		out[lang] = e
	}
	return out, nil
})

// Render returns a text of ours as [Catalog.Render] does, whatever a line would say in its place.
func Render(lang Language, key Key, accented bool, values map[string]string) (string, error) {
	return (*Catalog)(nil).Render(lang, key, accented, values)
}

// fill puts values in the place of the placeholders of one form of a text.
func fill(form string, accented bool, values map[string]string) (string, error) {
	var b strings.Builder
	rest := form
	for {
		before, name, after, found := nextPlaceholder(rest)
		b.WriteString(before)
		if !found {
			return Clean(b.String()), nil
		}
		// A value is one line: a stray newline would let it imitate a text of its own.
		value := strings.Join(strings.Fields(Clean(values[name])), " ")
		if value == "" {
			return "", fmt.Errorf("%s: %w", name, ErrUnfilled)
		}
		if !accented {
			value = Unaccent(value)
		}
		b.WriteString(value)
		rest = after
	}
}

// nextPlaceholder splits a text at its first {name}.
func nextPlaceholder(text string) (before, name, after string, found bool) {
	before, rest, ok := strings.Cut(text, "{")
	if !ok {
		return text, "", "", false
	}
	name, after, ok = strings.Cut(rest, "}")
	if !ok {
		return text, "", "", false
	}
	return before, name, after, true
}

// placeholdersOf returns the names in braces in the order of their first appearance.
func placeholdersOf(text string) []string {
	var names []string
	seen := make(map[string]bool)
	for {
		_, name, after, found := nextPlaceholder(text)
		if !found {
			return names
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		text = after
	}
}
