package routing_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/triage"
)

// update makes TestVocabulary write the runbook's page instead of comparing it.
var update = flag.Bool("update", false, "write ops/runbook/words.md")

func TestVocabulary_TheRunbooksPageIsPrintedFromIt(t *testing.T) {
	t.Parallel()
	const page = "../ops/runbook/words.md"
	want := routing.VocabularyTable()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("%s (%v) is not what VocabularyTable() prints; write it anew with: go test ./routing -run TestVocabulary -update", page, err)
	}
}

func TestVocabulary_EveryWordIsReadAsWhatItSays(t *testing.T) {
	t.Parallel()
	seen := map[routing.Verb]bool{}
	for _, w := range routing.Vocabulary() {
		if seen[w.Verb] || w.VI == "" || w.EN == "" || len(w.Spellings) == 0 {
			t.Errorf("word %s: listed before = %v, spellings %v, %q, %q, want it once and complete", w.Verb, seen[w.Verb], w.Spellings, w.VI, w.EN)
		}
		seen[w.Verb] = true
		for _, s := range w.Spellings {
			if triage.FoldPlain(s) != s {
				t.Errorf("spelling %q of %s is not folded, so it is never read", s, w.Verb)
			}
			for _, written := range []string{s, strings.ToUpper(s), " " + s + ". ", s + " nha", s + " nhé em", "\"" + s + "\""} {
				asContact, asPerson := routing.ParseCommand(written), routing.ParsePersonWord(written)
				if w.From == routing.FromContact && asContact != (routing.Command{Verb: w.Verb}) {
					t.Errorf("ParseCommand(%q) = %+v, want %s", written, asContact, w.Verb)
				}
				if w.From == routing.FromPerson && asPerson != w.Verb {
					t.Errorf("ParsePersonWord(%q) = %q, want %s", written, asPerson, w.Verb)
				}
			}
			if got := routing.ParseCommand("K7 " + s); w.From == routing.FromContact && got != (routing.Command{Verb: w.Verb, Code: "K7"}) {
				t.Errorf("ParseCommand(K7 %s) = %+v, want %s of K7", s, got, w.Verb)
			}
		}
	}
	for _, from := range []routing.Sender{routing.FromPerson, routing.FromContact} {
		if !slices.ContainsFunc(routing.Vocabulary(), func(w routing.Word) bool { return w.From == from }) {
			t.Errorf("no word of a %s, want some", from)
		}
	}
}

func TestParseCommand_WordsOfTheSecondRow(t *testing.T) {
	t.Parallel()
	verb := func(v routing.Verb) routing.Command { return routing.Command{Verb: v} }
	coded := func(v routing.Verb) routing.Command { return routing.Command{Verb: v, Code: "K7"} }
	tests := []struct {
		text string
		want routing.Command
	}{
		{"THEM CA", verb(routing.VerbBringPolice)},
		{"thêm ca", verb(routing.VerbBringPolice)},
		{"Thêm  CA nhé chị", verb(routing.VerbBringPolice)},
		{"thêm công an", verb(routing.VerbBringPolice)},
		{"thêm ca K7", coded(routing.VerbBringPolice)},
		{"k7 thêm ca", coded(routing.VerbBringPolice)},
		{"K7: THEM CONG AN nha", coded(routing.VerbBringPolice)},
		{"THEM YT", verb(routing.VerbBringHealth)},
		{"Thêm Y tế", verb(routing.VerbBringHealth)},
		{"THEM Y TE K7", coded(routing.VerbBringHealth)},
		{"0 K7", coded(routing.VerbDecline)},
		{"K7 0", coded(routing.VerbDecline)},
		{"xong k7", coded(routing.VerbClose)},
		{"trợ giúp", verb(routing.VerbHelp)},
		{"TRO GIUP a", verb(routing.VerbHelp)},
		{"?", verb(routing.VerbHelp)},
		{" ?? ", verb(routing.VerbHelp)},
		{"Nghỉ ạ", verb(routing.VerbOffDuty)},
		{"trực", verb(routing.VerbOnDuty)},
		{"S.O.S", routing.Command{}}, // three letters to the parser; a cry to triage
		{"SOS!!!", verb(routing.VerbSOS)},
		{"cứu", verb(routing.VerbSOS)},
		{"Cứu em", verb(routing.VerbSOS)},
		{"sos K7", coded(routing.VerbSOS)},

		{"thêm", routing.Command{}},
		{"thêm ca nữa", routing.Command{}},
		{"thêm ca thêm yt", routing.Command{}},
		{"them ca K7 M4", routing.Command{}},
		{"ca", routing.Command{}},
		{"giúp", routing.Command{}},
		{"HELP", routing.Command{}},
		{"K7 ?", routing.Command{}},
		{"?!", routing.Command{}},
		{"nghỉ chút đi em nhé chị tới", routing.Command{}},
		{"trực tiếp", routing.Command{}},
		{"cứu hộ", routing.Command{}},
		{"công an", routing.Command{}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := routing.ParseCommand(tt.text); got != tt.want {
				t.Errorf("ParseCommand(%q) = %+v, want %+v", tt.text, got, tt.want)
			}
		})
	}
}

func TestParsePersonWord(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want routing.Verb
	}{
		{"1", routing.VerbPolice},
		{"1.", routing.VerbPolice},
		{"1️⃣", routing.VerbPolice},
		{"2 nha", routing.VerbHealth},
		{" 3 ", routing.VerbShelter},
		{"4 ạ", routing.VerbCounsel},
		{"0", routing.VerbOther},
		{"KHAC", routing.VerbOther},
		{"khác", routing.VerbOther},
		{"Khác nhé", routing.VerbOther},
		{"NGUNG", routing.VerbStop},
		{"ngừng", routing.VerbStop},
		{"ngưng nha", routing.VerbStop},
		{"Stop.", routing.VerbStop},
		{"STOP!", routing.VerbStop},

		{"0 K7", routing.VerbNone}, // a person has no codes
		{"1 K7", routing.VerbNone},
		{"1 2", routing.VerbNone},
		{"12", routing.VerbNone},
		{"10", routing.VerbNone},
		{"7", routing.VerbNone},
		{"5", routing.VerbTextOnly},
		{"6 nha", routing.VerbMayCall},
		{"HELP", routing.VerbNone},
		{"GIUP", routing.VerbNone},
		{"TRO GIUP", routing.VerbNone},
		{"CUU", routing.VerbNone},
		{"SOS", routing.VerbNone},
		{"?", routing.VerbNone},
		{"", routing.VerbNone},
		{"xong", routing.VerbNone},
		{"nhan", routing.VerbNone},
		{"nghi", routing.VerbNone},
		{"dung", routing.VerbNone}, // đừng, đúng, dùng
		{"stop it", routing.VerbNone},
		{"ngừng đánh em đi", routing.VerbNone},
		{"người khác", routing.VerbNone},
		{"0 biết", routing.VerbNone},
		{"1 mình em", routing.VerbNone},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := routing.ParsePersonWord(tt.text); got != tt.want {
				t.Errorf("ParsePersonWord(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func FuzzParsePersonWord(f *testing.F) {
	for _, s := range []string{"1", "Khác nhé", "ngừng", "Stop.", "0 K7", "1️⃣", "\xff1", "tro giup"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		verb := routing.ParsePersonWord(text)
		if verb == routing.VerbNone {
			return
		}
		if padded := routing.ParsePersonWord(" " + text + " "); padded != verb {
			t.Errorf("ParsePersonWord(%q with spaces around) = %q, want %q", text, padded, verb)
		}
		if again := routing.ParsePersonWord(triage.FoldPlain(text)); again != verb {
			t.Errorf("ParsePersonWord(%q folded) = %q, want %q", text, again, verb)
		}
		if words := strings.Fields(triage.FoldPlain(text)); len(words) == 0 {
			t.Errorf("ParsePersonWord(%q) = %q, want nothing of a text without words", text, verb)
		}
	})
}

// TestCries_OfPersonsAreNeverCommands: what is a command from a contact opens a case of danger for anyone
// else, and nothing is answered but the first reply.
func TestCries_OfPersonsAreNeverCommands(t *testing.T) {
	t.Parallel()
	for _, cry := range []string{"HELP", "giúp", "Trợ giúp", "TRO GIUP", "cứu", "CUU", "SOS", "help me"} {
		t.Run(cry, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			wantReason(t, cry, w.Text(an(), cry), routing.ReasonOpened)
			if c := w.CaseOf(an()); c.Urgency.Severity() < triage.Urgent.Severity() {
				t.Errorf("%q of a person opens %s, want urgent at least", cry, c.Urgency)
			}
			if got := w.Sent(an()); len(got) != 1 || triage.FoldPlain(got[0]) != "da nhan tin" {
				t.Errorf("the person gets %q, want the first reply alone", got)
			}
		})
	}
}

// TestCrossTalk_TwoHundredLinesOfAHelperWithTwoCases: whatever a helper of two cases types, words reach the
// person whose code is at its beginning or end, and nobody otherwise.
func TestCrossTalk_TwoHundredLinesOfAHelperWithTwoCases(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := routingtest.NewWard(t, routingtest.Line(t, routingtest.WithAfterClaim(1000*maxPause)))
		people := []int{0, 1}
		codes := make([]string, len(people))
		for _, i := range people {
			w.Text(routingtest.Person(i), urgent)
			w.From(lan, "1")
			codes[i] = string(w.CaseOf(routingtest.Person(i)).Code)
		}
		w.Forget()
		for range 200 {
			to := rapid.IntRange(-1, len(people)-1).Draw(t, "to")
			words := rapid.SampledFrom([]string{"chị tới đây", "ra cổng sau", "1 lát nữa", "bạn ơi", "nhắn lại nhé", "5 phút", "K là ai"}).Draw(t, "words")
			body := words
			if to >= 0 {
				written := rapid.SampledFrom([]string{codes[to], strings.ToLower(codes[to]), codes[to] + ":"}).Draw(t, "code")
				if body = written + " " + words; rapid.Bool().Draw(t, "code last") {
					body = words + " " + written
				}
			}
			w.From(lan, body)
			for _, i := range people {
				var want []string
				if i == to {
					want = []string{words}
				}
				if got := w.Sent(routingtest.Person(i)); !slices.Equal(got, want) {
					t.Fatalf("%q reaches person %d as %q, want %q", body, i, got, want)
				}
			}
		}
	})
}
