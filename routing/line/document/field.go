package document

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Field is a value of a document with the key it stands under. An element of a list has the key of the
// list. A field that is not there, or has no value, is absent: reading it gives a zero value and no fault.
type Field struct {
	Key string

	doc   *Document
	keyAt Position // of the table when there is no such key
	at    Position // of the value as written, which may be an alias
	node  ast.Node // what it stands for; nil when absent
}

// Absent reports whether there is no value.
func (f Field) Absent() bool { return f.node == nil }

// At returns where the value stands.
func (f Field) At() Position { return f.at }

// KeyAt returns where the key stands.
func (f Field) KeyAt() Position { return f.keyAt }

// Fail reports an error at the value.
func (f Field) Fail(vi, en string) { f.doc.report(Error, f.at, vi, en) }

// FailKey reports an error at the key.
func (f Field) FailKey(vi, en string) { f.doc.report(Error, f.keyAt, vi, en) }

// Warn reports a warning at the value.
func (f Field) Warn(vi, en string) { f.doc.report(Warning, f.at, vi, en) }

// WarnKey reports a warning at the key.
func (f Field) WarnKey(vi, en string) { f.doc.report(Warning, f.keyAt, vi, en) }

// WarnAt reports a warning at the position of another value.
func (f Field) WarnAt(at Position, vi, en string) { f.doc.report(Warning, at, vi, en) }

// Table is a mapping whose keys are known.
type Table struct {
	doc    *Document
	at     Position
	fields map[string]Field
}

// Table reads a mapping and reports keys that are unknown or repeated. ok is false if it is no mapping.
func (f Field) Table(known ...string) (t Table, ok bool) {
	list, ok := f.Entries()
	t = Table{doc: f.doc, at: f.at, fields: make(map[string]Field, len(list))}
	for _, e := range list {
		if !slices.Contains(known, e.Key) {
			e.FailKey("khóa lạ"+shown(e.Key), "unknown key"+shown(e.Key))
			continue
		}
		t.fields[e.Key] = e
	}
	return t, ok
}

// Get returns the field of a key that may be absent.
func (t Table) Get(key string) Field {
	if f, ok := t.fields[key]; ok {
		return f
	}
	return Field{doc: t.doc, Key: key, keyAt: t.at, at: t.at}
}

// Need returns the field of a key, and reports an error if it is absent.
func (t Table) Need(key string) Field {
	f := t.Get(key)
	if f.Absent() {
		f.FailKey("thiếu khóa "+key, "missing key "+key)
	}
	return f
}

// Entries reads a mapping whose keys are not known beforehand: those of its own in their order, then
// those merged into it. ok is false if it is no mapping.
func (f Field) Entries() (list []Field, ok bool) { return f.doc.entries(f.node, f.at) }

// List reads a list. Elements may be absent.
func (f Field) List() []Field {
	if f.Absent() {
		return nil
	}
	seq, ok := f.node.(*ast.SequenceNode)
	if !ok {
		f.Fail(f.Key+" phải là một danh sách", f.Key+" must be a list")
		return nil
	}
	var items []Field
	for _, v := range seq.Values {
		if !f.doc.spend(f.at) {
			break
		}
		at := position(v)
		items = append(items, Field{doc: f.doc, Key: f.Key, keyAt: at, at: at, node: f.doc.resolve(v)})
	}
	return items
}

// NeedEntries reports an error if the field is an empty list.
func (f Field) NeedEntries() {
	if seq, ok := f.node.(*ast.SequenceNode); ok && len(seq.Values) == 0 {
		f.Fail(f.Key+" trống", f.Key+" is empty")
	}
}

// Each reads a list of different values. What read cannot make a value of, it reports, and returns the
// zero value; that element is left out.
func Each[T comparable](f Field, read func(Field) T) []T {
	var list []T
	var none T
	for _, e := range f.List() {
		if e.Absent() {
			e.Fail(f.Key+" có mục trống", f.Key+" has an empty entry")
			continue
		}
		v := read(e)
		switch {
		case v == none:
		case slices.Contains(list, v):
			e.Fail(f.Key+" có mục lặp lại", f.Key+" has an entry twice")
		default:
			list = append(list, v)
		}
	}
	return list
}

// shown quotes a key for a fault if it can be neither a number nor a person's name.
func shown(key string) string {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }
	if key == "" || len(key) > 30 || strings.ContainsFunc(key, odd) {
		return ""
	}
	return " " + strconv.Quote(key)
}
