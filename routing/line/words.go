package line

import (
	"strings"
	"unicode/utf8"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/triage"
)

func (r *reader) areaList(f document.Field) {
	used := make(map[string]bool) // words of all areas
	for _, e := range f.List() {
		t, ok := e.Table("name", "words")
		if !ok {
			continue
		}
		name := t.Need("name")
		a := routing.Area{}
		a.Name, _ = name.Text()
		if r.areas[a.Name] && a.Name != "" {
			name.Fail("khu này đã có ở trên", "this area is listed above already")
		}
		r.areas[a.Name] = true
		list := t.Need("words")
		list.NeedEntries()
		a.Words = document.Each(list, func(f document.Field) string { return areaWord(f, used) })
		r.file.Areas = append(r.file.Areas, a)
	}
}

// areaWord reads a word by which people name an area. Words that differ only in accents are different:
// people who write accents tell them apart.
func areaWord(f document.Field, used map[string]bool) string {
	s, ok := f.Text()
	if !ok {
		return ""
	}
	spelled := strings.ToLower(s)
	switch {
	case triage.FoldPlain(s) == "":
		f.Fail("cách gọi khu phải có chữ hoặc số", "an area's word needs a letter or digit")
		return ""
	case used[spelled]:
		f.Fail("cách gọi này đã dùng ở trên", "this word names an area above already")
		return ""
	}
	used[spelled] = true
	return s
}

func (r *reader) codeWords(f document.Field) {
	if f.Absent() {
		return
	}
	t, ok := f.Table("urgent", "immediate_danger")
	if !ok {
		return
	}
	used := make(map[string]bool)
	read := func(f document.Field) string { return codeWord(f, used) }
	r.file.CodeWords = triage.CodeWords{
		Urgent:          document.Each(t.Get("urgent"), read),
		ImmediateDanger: document.Each(t.Get("immediate_danger"), read),
	}
}

// codeWord reads a code word. Triage compares code words without accents and case, so words that differ
// in nothing else are one.
func codeWord(f document.Field, used map[string]bool) string {
	s, ok := f.Text()
	if !ok {
		return ""
	}
	folded := triage.FoldPlain(s)
	const shortest = 2 // a single letter would be found in too many messages
	switch {
	case utf8.RuneCountInString(folded) < shortest:
		f.Fail("mật khẩu phải có ít nhất 2 chữ cái hoặc chữ số", "a code word needs at least 2 letters or digits")
		return ""
	case used[folded]:
		f.Fail("mật khẩu lặp lại (không kể dấu và chữ hoa)", "a code word is listed twice (accents and case ignored)")
		return ""
	}
	used[folded] = true
	return s
}
