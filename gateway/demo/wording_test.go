package demo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/texts"
)

func TestWording_LanguagesHaveTheSameKeysAndPlaceholders(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	holes := regexp.MustCompile(`\{\w*\}`)
	shape := func(w words) map[string][]string {
		m := map[string][]string{}
		for key, said := range w.All() {
			if said == "" {
				t.Errorf("%s: %s is empty", w.Language, key)
			}
			m[key] = slices.Sorted(slices.Values(holes.FindAllString(said, -1)))
		}
		return m
	}
	if diff := cmp.Diff(shape(all[texts.Vietnamese]), shape(all[texts.English])); diff != "" {
		t.Errorf("keys and placeholders (-vi +en):\n%s", diff)
	}
}

// Whatever a case can come to has words, even if no story of these tests comes to it.
func TestWording_NothingThatCanHappenIsWithoutWords(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	var keys []string
	family := func(prefix string, names ...string) {
		for _, n := range names {
			keys = append(keys, prefix+n)
		}
	}
	for _, u := range coverage.Urgencies() {
		family("urgency.", string(u))
	}
	for _, n := range coverage.Needs() {
		family("need.", string(n))
	}
	for _, k := range contacts.Kinds() {
		family("kind.", string(k))
	}
	family("alert.", declared(t, "AlertState")...)
	family("leg.", declared(t, "LegState")...)
	for _, why := range declared(t, "Restraint") {
		if why != string(routing.RestraintNone) {
			family("why.", why)
		}
	}
	for _, s := range samples() {
		family("sample.", s.Kind)
	}
	family("key.", answers()...)
	for language, w := range all {
		for _, key := range keys {
			if !w.Has(key) {
				t.Errorf("%s: %s has no words", language, key)
			}
		}
	}
}

// declared lists the values of the constants of a type of package routing. The package has no list of its
// own of most of them, and one kept here would not know of what is new.
func declared(t *testing.T, typeName string) []string {
	t.Helper()
	files, err := filepath.Glob("../../routing/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("read package routing: %v", err)
		}
		for spec := range ast.Preorder(file) {
			v, ok := spec.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				continue
			}
			named, _ := v.Type.(*ast.Ident)
			literal, _ := v.Values[0].(*ast.BasicLit)
			if named == nil || named.Name != typeName || literal == nil {
				continue
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatalf("read package routing: %s: %v", literal.Value, err)
			}
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		t.Fatalf("package routing has no constants of type %s", typeName)
	}
	return values
}

func TestStory_EveryKindOfNoteIsTold(t *testing.T) {
	t.Parallel()
	w, err := newWard()
	if err != nil {
		t.Fatalf("newWard() = %v", err)
	}
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	for language, said := range all {
		for _, name := range declared(t, "NoteKind") {
			kind := routing.NoteKind(name)
			tell := &teller{words: said}
			n := note{Kind: kind, Contact: "to1-lan", Role: contacts.Police, Urgency: "urgent", Step: 1, Result: routing.AlertNoAnswer, TookMS: 61_000}
			if kind == routing.NoteWithheld {
				n.Reason = string(routing.RestraintLate)
			}
			notes := []note{n}
			if kind == routing.NoteStep {
				notes = append(notes, note{Kind: routing.NoteAlerted, Contact: "to1-lan"})
			}
			text, took := tell.sentence(w, &snapshot{}, 0, notes)
			if tell.err != nil || text == "" || text == string(kind) || took != len(notes) {
				t.Errorf("%s: sentence(%s) = %q, %d, error %v; want a sentence about all %d", language, kind, text, took, tell.err, len(notes))
			}
		}
	}
}

func TestStory_WhatTheDeskDoesIsTold(t *testing.T) {
	t.Parallel()
	w, err := newWard()
	if err != nil {
		t.Fatalf("newWard() = %v", err)
	}
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	tell := &teller{words: all[texts.English]}
	for kind, want := range map[routing.NoteKind]string{
		routing.NoteRelayed: "The desk wrote to the person at risk, without seeing the number.",
		routing.NoteClosed:  "The desk closed the case after 2 s.",
	} {
		if got, _ := tell.sentence(w, &snapshot{}, 0, []note{{Kind: kind, TookMS: 2000}}); got != want || tell.err != nil {
			t.Errorf("sentence(%s) = %q, error %v, want %q", kind, got, tell.err, want)
		}
	}
}

func TestPanel_EveryDeadlineIsTold(t *testing.T) {
	t.Parallel()
	w, err := newWard()
	if err != nil {
		t.Fatalf("newWard() = %v", err)
	}
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	for language, said := range all {
		for _, name := range declared(t, "DeadlineKind") {
			tell := &teller{words: said}
			c := &routing.Case{Holder: "to1-lan", Deadlines: []routing.Deadline{{Kind: routing.DeadlineKind(name), At: time.Now()}}}
			text, _ := tell.next(w, c, nextDeadline(c), nil)
			if tell.err != nil || text == "" || text == name {
				t.Errorf("%s: next(%s) = %q, error %v; want a sentence", language, name, text, tell.err)
			}
		}
	}
}
