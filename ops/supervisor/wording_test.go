package supervisor

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/texts"
)

var placeholder = regexp.MustCompile(`{[a-z_]+}`)

func TestWording_LanguagesMatch(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	vi, en := maps.Collect(all[texts.Vietnamese].All()), maps.Collect(all[texts.English].All())
	if diff := cmp.Diff(slices.Sorted(maps.Keys(vi)), slices.Sorted(maps.Keys(en))); diff != "" {
		t.Errorf("keys of the languages differ (-vi +en):\n%s", diff)
	}
	for key, text := range vi {
		want, got := placeholder.FindAllString(text, -1), placeholder.FindAllString(en[key], -1)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(slices.Compact(want), slices.Compact(got)) {
			t.Errorf("%s has placeholders %v in Vietnamese and %v in English", key, want, got)
		}
		if strings.TrimSpace(text) == "" || strings.TrimSpace(en[key]) == "" {
			t.Errorf("%s is empty in a language", key)
		}
	}
}

// literal is a key as a template or the program names it in full.
var literal = regexp.MustCompile(`(?:{{|\()t "([a-z0-9_.]+)"|q\.say\("([a-z0-9_.]+[a-z0-9])"|refusal{[A-Za-z.]+, "([a-z0-9_.]+)"}`)

func TestWording_EveryKeyUsedIsThere(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	used := 0
	err = fs.WalkDir(templateFiles, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := templateFiles.ReadFile(path)
		for _, m := range literal.FindAllStringSubmatch(string(raw), -1) {
			used++
			if key := m[1]; !all[texts.English].Has(key) {
				t.Errorf("%s says %q, which has no wording", path, key)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if used < 100 {
		t.Errorf("found %d uses of wording in the templates, want more: is the pattern still right?", used)
	}
}

// What comes out of records is said by keys that are put together.
func TestWording_EveryNameOfARecordIsThere(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	var keys []string
	add := func(prefix string, values ...string) {
		for _, v := range values {
			keys = append(keys, prefix+v)
		}
	}
	for _, u := range coverage.Urgencies() {
		add("urgency.", string(u))
	}
	for _, n := range coverage.Needs() {
		add("need.", string(n))
	}
	for _, k := range contacts.Kinds() {
		add("kind.", string(k))
	}
	for _, o := range routing.Outcomes() {
		add("outcome.", string(o))
	}
	add("channel.", string(contacts.SMS), string(contacts.Voice))
	add("came.", string(contacts.SMS), string(contacts.Voice))
	add("state.", "alerting", "claimed", "unanswered", "closed")
	for _, s := range constants[routing.AlertState](t, "../../routing", "AlertState") {
		add("alert.", string(s))
	}
	for _, s := range constants[routing.LegState](t, "../../routing", "LegState") {
		add("leg.", string(s))
	}
	for _, d := range []routing.DeadlineKind{
		routing.Remind, routing.RoundStarts, routing.AskHolder, routing.TakeBack, routing.BesideEnds, routing.RingOthers, routing.LookAtCalls,
	} {
		add("next.", string(d))
	}
	for _, s := range constants[Speaker](t, ".", "Speaker") {
		add("speaker.", string(s))
	}
	for _, r := range constants[routing.Restraint](t, "../../routing", "Restraint") {
		if r != routing.RestraintNone {
			add("why.", string(r))
		}
	}
	for _, key := range keys {
		for language, w := range all {
			if !w.Has(key) {
				t.Errorf("%s: %s has no wording", language, key)
			}
		}
	}
}

// constants returns the constants of a type of string that a package declares, so that none that is added there can be
// forgotten here.
func constants[T ~string](t *testing.T, dir, of string) []T {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var found []T
	for _, path := range files {
		file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for node := range ast.Preorder(file) {
			spec, ok := node.(*ast.ValueSpec)
			if !ok {
				continue
			}
			if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != of {
				continue
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok {
					text, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					found = append(found, T(text))
				}
			}
		}
	}
	if len(found) < 2 {
		t.Fatalf("found %d constants of type %s in %s, want all of them", len(found), of, dir)
	}
	return found
}

func TestNote_EveryKindIsSaidInEveryLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := w.board.o.Lines.Line(here1)
	if err != nil {
		t.Fatal(err)
	}
	results := slices.DeleteFunc(constants[routing.AlertState](t, "../../routing", "AlertState"), func(s routing.AlertState) bool {
		return s == routing.AlertOut // not over
	})
	for language, said := range w.board.words {
		q := &query{words: said}
		for _, kind := range constants[routing.NoteKind](t, "../../routing", "NoteKind") {
			for _, full := range []bool{false, true} {
				for _, result := range results {
					n := routing.Note{Kind: kind, Result: result}
					if full {
						n = routing.Note{
							Kind: kind, Contact: "lan", Role: contacts.Police, Channel: contacts.Voice, Urgency: "urgent", Step: 2, Result: result,
							Reason: routing.Reason(routing.RestraintHiding), Took: 90e9,
						}
					}
					got := q.note(l, n)
					if strings.HasPrefix(got, "note.") || got == "" || strings.ContainsAny(got, "{}") {
						t.Errorf("%s: note(%+v) = %q, want a sentence", language, n, got)
					}
				}
			}
		}
	}
}

// Who takes a case that another had is not said to have it again.
func TestNote_Claimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := w.board.o.Lines.Line(here1)
	if err != nil {
		t.Fatal(err)
	}
	q := &query{words: w.board.words[texts.Vietnamese]}
	for _, tt := range []struct {
		name string
		note routing.Note
		want string
	}{
		{"for the first time", routing.Note{Took: 90 * time.Second}, "Nguyễn Thị Lan nhận ca sau 1 phút 30 giây."},
		{"after somebody else", routing.Note{Took: time.Hour, Reason: routing.ReasonRetaken}, "Nguyễn Thị Lan nhận ca."},
		{"after silence", routing.Note{Reason: routing.ReasonResumed}, "Nguyễn Thị Lan lên tiếng: ca lại có người giữ."},
	} {
		tt.note.Kind, tt.note.Contact = routing.NoteClaimed, "lan"
		if got := q.note(l, tt.note); got != tt.want {
			t.Errorf("%s: note = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// How a case was closed is told as far as it is known: by whom, or with which outcome from the desk.
func TestNote_Closed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := w.board.o.Lines.Line(here1)
	if err != nil {
		t.Fatal(err)
	}
	q := &query{words: w.board.words[texts.English]}
	for _, tt := range []struct {
		name string
		note routing.Note
		want string
	}{
		{"by a helper", routing.Note{Contact: "lan", Reason: routing.ReasonClosedByHelper}, "Nguyễn Thị Lan closed the case after 1 min 30 s."},
		{"from the desk, outcome said", routing.Note{Reason: routing.ReasonClosedByOffice, Outcome: routing.OutcomeReferred}, "Closed from the desk after 1 min 30 s: handed on to another service."},
		{"from the desk, before outcomes were noted", routing.Note{Reason: routing.ReasonClosedByOffice}, "Closed from the desk after 1 min 30 s."},
		{"with an outcome of a later release", routing.Note{Reason: routing.ReasonClosedByOffice, Outcome: "<b>adopted</b>"}, "Closed from the desk after 1 min 30 s."},
	} {
		tt.note.Kind, tt.note.Took = routing.NoteClosed, 90*time.Second
		if got := q.note(l, tt.note); got != tt.want {
			t.Errorf("%s: note = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Every order can be answered with any of these reasons, and each is told.
func TestOutcome_EveryReasonIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	well := map[routing.Reason]bool{
		routing.ReasonInvited: true, routing.ReasonMoved: true, routing.ReasonCorrected: true, routing.ReasonRelayed: true, routing.ReasonNoted: true,
		routing.ReasonCleared: true, routing.ReasonReopened: true, routing.ReasonClosedByOffice: true,
		routing.ReasonMayNotKnow: false, routing.ReasonUnreachable: false, routing.ReasonAlreadyHeld: false, routing.ReasonAsked: false,
		routing.ReasonNotDelivered: false, routing.ReasonSilence: false, routing.ReasonCaseClosed: false, routing.ReasonNoCase: false,
		routing.ReasonNothingToDo: false, routing.ReasonAnotherOpen: false, repeatedOrder: false, failedOrder: false, "<b>made up</b>": false,
	}
	for language, said := range w.board.words {
		q := &query{words: said}
		for why, want := range well {
			text, got := q.outcome(why)
			if got != want || strings.HasPrefix(text, "told.") || strings.Contains(text, "<b>") {
				t.Errorf("%s: outcome(%s) = %q, %v, want a sentence and %v", language, why, text, got, want)
			}
		}
	}
}
