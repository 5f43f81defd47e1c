package line

import (
	"slices"
	"strings"
)

// Action says what happened to a part of a line file.
type Action string

// The actions.
const (
	Added   Action = "added"
	Changed Action = "changed"
	Removed Action = "removed"
	Moved   Action = "moved" // only the order within the section is different
)

// Change is one difference between two line files. It holds no number and no name: a support number is
// shown masked, a contact by id.
type Change struct {
	Section string // the top-level key
	ID      string // what in the section; empty for a single setting and for a whole section
	Action  Action
}

// String puts the change into words, in both languages on one line.
func (c Change) String() string {
	subject := c.Section
	if c.ID != "" {
		subject += " " + c.ID
	}
	var vi string
	switch c.Action {
	case Added:
		vi = "thêm"
	case Changed:
		vi = "đổi"
	case Removed:
		vi = "bỏ"
	case Moved:
		vi = "đổi thứ tự"
	}
	return subject + ": " + vi + " | " + string(c.Action)
}

// Diff returns what must be done to one file to make it the other, in the order of the sections; nothing
// if they say the same. old may be nil. The generation and retired contacts do not count: they belong to
// the storage.
func Diff(old, next *File) []Change {
	before, after := byPart(old), byPart(next)
	var changes []Change
	for _, section := range sections() {
		was, is := before[section], after[section]
		var kept [2][]string // ids that are in both, in either order
		count := len(changes)
		for _, p := range is {
			q, ok := find(was, p.id)
			switch {
			case !ok:
				changes = append(changes, Change{section, p.id, Added})
				continue
			case p.yaml != q.yaml:
				changes = append(changes, Change{section, p.id, Changed})
			}
			kept[1] = append(kept[1], p.id)
		}
		for _, q := range was {
			if _, ok := find(is, q.id); !ok {
				changes = append(changes, Change{section, q.id, Removed})
				continue
			}
			kept[0] = append(kept[0], q.id)
		}
		if len(changes) == count && !slices.Equal(kept[0], kept[1]) {
			changes = append(changes, Change{section, "", Moved})
		}
	}
	return changes
}

// byPart groups a file's entries by section. Entries with one id (the shifts of one contact, numbers
// whose masked forms are equal) are one part.
func byPart(f *File) map[string][]entry {
	parts := make(map[string][]entry)
	if f == nil {
		return parts
	}
	for _, e := range (writer{reveal: true}).entries(f) {
		if e.section == "generation" {
			continue
		}
		list := parts[e.section]
		if i := slices.IndexFunc(list, func(o entry) bool { return o.id == e.id }); i >= 0 {
			list[i].yaml += e.yaml
			continue
		}
		parts[e.section] = append(list, e)
	}
	return parts
}

func find(list []entry, id string) (entry, bool) {
	i := slices.IndexFunc(list, func(e entry) bool { return e.id == id })
	if i < 0 {
		return entry{}, false
	}
	return list[i], true
}

// sections are the top-level keys of a file in the order in which they are written.
func sections() []string {
	return strings.Fields("line tag name timezone language numbers contacts shifts always areas code_words " +
		"policy after_claim targets texts send_rate call_rate voicemail missed_call_text")
}
