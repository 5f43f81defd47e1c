package line

import (
	"regexp"
	"slices"

	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/texts"
)

// Keys of one text's wording.
const (
	accentedKey = "vi"
	plainKey    = "vi_plain" // left out, it is vi without accents
	englishKey  = "en"
)

// wordings reads the line's own wording. It must keep the rules that ours keeps.
//
// Those rules, and the texts there are, may change with the program. In a stored file a fault is therefore
// a warning: the text stays ours then, as [texts.NewCatalog] has it, and the line stays usable.
func (r *reader) wordings(f document.Field) {
	if f.Absent() {
		return
	}
	entries, ok := f.Entries()
	if !ok {
		return
	}
	own := make(map[texts.Key]map[texts.Language]texts.Wording)
	for _, e := range entries {
		key := texts.Key(e.Key)
		if _, ok := texts.RuleOf(key); !ok {
			report := e.FailKey
			if r.stored {
				report = e.WarnKey
			}
			report("không có tin nào mang tên này", "there is no text of this name")
			continue
		}
		if w := r.wording(e, key); len(w) > 0 {
			own[key] = w
		}
	}
	if len(own) > 0 {
		r.file.Texts = own
	}
}

// wording reads one text in the languages that are there.
func (r *reader) wording(f document.Field, key texts.Key) map[texts.Language]texts.Wording {
	if f.Absent() {
		f.FailKey("không có lời văn nào", "there is no wording")
		return nil
	}
	t, ok := f.Table(accentedKey, plainKey, englishKey)
	if !ok {
		return nil
	}
	accented, plain, english := t.Get(accentedKey), t.Get(plainKey), t.Get(englishKey)
	own := make(map[texts.Language]texts.Wording)
	switch {
	case !accented.Absent():
		var w texts.Wording
		w.Accented, ok = accented.Text()
		at := accented
		if !plain.Absent() {
			var fine bool
			w.Plain, fine = plain.Text()
			ok, at = ok && fine, plain
		}
		if ok {
			own[texts.Vietnamese] = w
			r.wordingFaults(texts.Faults(key, texts.Vietnamese, w), accented, at)
		}
	case !plain.Absent():
		plain.FailKey(plainKey+" cần có "+accentedKey, plainKey+" needs "+accentedKey)
	case english.Absent():
		f.Fail("không có lời văn nào", "there is no wording")
	}
	if s, ok := english.Text(); ok {
		w := texts.Wording{Plain: s}
		own[texts.English] = w
		r.wordingFaults(texts.Faults(key, texts.English, w), english, english)
	}
	return own
}

// wordingFaults reports faults of the form with accents and of the one without where they stand, which may
// be the same place: what is wrong with both is said once there.
func (r *reader) wordingFaults(faults []texts.Fault, accented, plain document.Field) {
	said := make(map[string]bool)
	for _, fault := range faults {
		at := plain
		if fault.Accented {
			at = accented
		}
		if accented.At() == plain.At() && said[fault.EN] {
			continue
		}
		said[fault.EN] = true
		if r.stored {
			at.Warn(fault.VI, fault.EN)
		} else {
			at.Fail(fault.VI, fault.EN)
		}
	}
}

// wording writes a text in the languages in which the line has its own.
func (w writer) wording(own map[texts.Language]texts.Wording) string {
	yaml := ""
	value := func(key, form string) {
		if form == "" {
			return
		}
		if !w.reveal {
			form = maskNumbers(form)
		}
		if yaml != "" {
			yaml += ", "
		}
		yaml += key + ": " + document.Quote(form)
	}
	value(accentedKey, own[texts.Vietnamese].Accented)
	value(plainKey, own[texts.Vietnamese].Plain)
	value(englishKey, own[texts.English].Plain)
	return "{" + yaml + "}"
}

// maskNumbers hides digits enough for a telephone number. Other hotlines' go with them: whose a number is
// cannot be told from its digits.
func maskNumbers(s string) string {
	return regexp.MustCompile(`\+?\d([ .-]?\d){6,}`).ReplaceAllString(s, "+…")
}

// textKeys returns the keys of the texts for which the line has its own wording, in the order of the
// style guide.
func (f *File) textKeys() []texts.Key {
	return slices.DeleteFunc(texts.Keys(), func(key texts.Key) bool { return len(f.Texts[key]) == 0 })
}

// catalog makes the catalog of the line. What is wrong with the wording was said when it was read.
func (f *File) catalog() *texts.Catalog {
	c, _ := texts.NewCatalog(f.Texts)
	return c
}
