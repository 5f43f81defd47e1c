package texts

import (
	"fmt"
	"maps"
	"slices"
)

// Catalog is the wording that a line uses: its own where it has one, ours everywhere else. It does not
// change once made. The nil and the zero Catalog have our wording only.
type Catalog struct {
	own map[Key]map[Language]Wording
}

// NewCatalog makes the catalog of a line from its own wording, and returns what is wrong with it, in the
// order of [Keys]. Wording with a fault is left out: that text stays ours, so that nothing is sent which
// the rules forbid. A text of the line's in one language leaves ours in the other.
func NewCatalog(own map[Key]map[Language]Wording) (*Catalog, []Fault) {
	c := &Catalog{own: make(map[Key]map[Language]Wording)}
	var all []Fault
	for _, key := range inOrder(own) {
		for _, lang := range slices.Sorted(maps.Keys(own[key])) {
			w := own[key][lang]
			faults := Faults(key, lang, w)
			all = append(all, faults...)
			if len(faults) > 0 {
				continue
			}
			if c.own[key] == nil {
				c.own[key] = make(map[Language]Wording)
			}
			c.own[key][lang] = Wording{Accented: w.Accented, Plain: w.in(false)}
		}
	}
	return c, all
}

// inOrder returns the keys of a line's own wording in the order of [Keys], then those we do not know.
func inOrder(own map[Key]map[Language]Wording) []Key {
	var keys []Key
	for _, key := range Keys() {
		if _, ok := own[key]; ok {
			keys = append(keys, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// wording returns the line's own wording of a text, else ours.
func (c *Catalog) wording(lang Language, key Key) (Wording, error) {
	all, err := editions()
	if err != nil {
		return Wording{}, err
	}
	e, ok := all[lang]
	if !ok {
		return Wording{}, ErrUnknownLanguage
	}
	w, ok := e.Texts[key]
	if !ok {
		return Wording{}, ErrUnknownKey
	}
	if c != nil {
		if own, ok := c.own[key][lang]; ok {
			return own, nil
		}
	}
	return w, nil
}

// Render returns a text with its placeholders filled in, cleaned as [Clean] does. Accented asks for the
// form with Vietnamese diacritics; the form without, which is the default for what the program sends,
// also strips them from the values, because one accented area name would make the whole text UCS-2.
// English has one form. Values the text does not ask for are ignored.
//
// It fails with [ErrUnknownKey], [ErrUnknownLanguage] or [ErrUnfilled]; a value that is empty or blank
// does not fill its placeholder.
func (c *Catalog) Render(lang Language, key Key, accented bool, values map[string]string) (string, error) {
	w, err := c.wording(lang, key)
	if err != nil {
		return "", fmt.Errorf("text %s: %w", key, err)
	}
	s, err := fill(w.in(accented), accented, values)
	if err != nil {
		return "", fmt.Errorf("text %s: %w", key, err)
	}
	return s, nil
}
