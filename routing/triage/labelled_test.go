package triage

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// labelled is a message with the labels a reader gave it; the first of each is
// the one meant, the others are accepted too.
type labelled struct {
	id, text  string
	urgencies []Urgency
	needs     []Need
	codeWord  bool
}

func readLabelled(t testing.TB, path string) []labelled {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []labelled
	for line := range strings.Lines(string(text)) {
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if c[0] == "id" {
			continue
		}
		if len(c) != 5 {
			t.Fatalf("%s: row %q has %d columns, want 5", path, c[0], len(c))
		}
		l := labelled{id: c[0], text: c[1], urgencies: []Urgency{Urgency(c[2])}, needs: []Need{Need(c[3])}}
		for part := range strings.SplitSeq(c[4], ";") {
			k, v, _ := strings.Cut(part, "=")
			for alt := range strings.SplitSeq(v, ",") {
				switch k {
				case "alt_urgency":
					l.urgencies = append(l.urgencies, Urgency(alt))
				case "alt_need":
					l.needs = append(l.needs, Need(alt))
				case "topic":
					l.codeWord = v == "codeword"
				}
			}
		}
		rows = append(rows, l)
	}
	return rows
}

// TestLabelled holds the rules to what they reach on the project's labelled
// messages and on a second set written against the rules' blind spots. No rule
// knows a message; the floors lie a little under the present rates (all of the
// first set, 99 % of the second) so that a better rule may cost a stray one.
func TestLabelled(t *testing.T) {
	t.Parallel()
	for _, set := range []struct {
		path                  string
		danger, urgency, need float64
	}{
		{"testdata/triage-dev.tsv", 1, 0.97, 0.96},
		{"testdata/triage-more.tsv", 0.98, 0.97, 0.96},
	} {
		t.Run(set.path, func(t *testing.T) {
			t.Parallel()
			plain := New(CodeWords{})
			coded := New(CodeWords{Urgent: []string{"hoa cúc"}, ImmediateDanger: []string{"hoa cúc đỏ"}})
			rows := readLabelled(t, set.path)
			confusion := map[Urgency]map[Urgency]int{}
			var urgency, need, dangers, found int
			for _, l := range rows {
				c := plain
				if l.codeWord {
					c = coded
				}
				v := c.Classify(l.text)
				want := l.urgencies[0]
				if confusion[want] == nil {
					confusion[want] = map[Urgency]int{}
				}
				confusion[want][v.Urgency]++
				if slices.Contains(l.urgencies, v.Urgency) {
					urgency++
				} else {
					t.Logf("%s: urgency %v (%v), want %v", l.id, v.Urgency, v.Reasons, l.urgencies)
				}
				if slices.Contains(l.needs, v.Need) {
					need++
				} else {
					t.Logf("%s: need %v (%v), want %v", l.id, v.Need, v.Reasons, l.needs)
				}
				if want == ImmediateDanger {
					dangers++
					if slices.Contains(l.urgencies, v.Urgency) {
						found++
					}
				}
				// The errors that must not happen at all.
				if want.Severity() >= Urgent.Severity() && (v.Urgency == TestOrSpam || v.Urgency == ReplyCommand) && !slices.Contains(l.urgencies, v.Urgency) {
					t.Errorf("%s: Classify() = %v (%v), a person who needs help was set aside", l.id, v.Urgency, v.Reasons)
				}
			}
			t.Log(table(confusion))
			floor := func(what string, got, of int, least float64) {
				if rate := float64(got) / float64(of); rate < least {
					t.Errorf("%s: %d of %d (%.1f %%), want at least %.1f %%", what, got, of, 100*rate, 100*least)
				} else {
					t.Logf("%s: %d of %d (%.1f %%)", what, got, of, 100*rate)
				}
			}
			floor("danger recall", found, dangers, set.danger)
			floor("urgency", urgency, len(rows), set.urgency)
			floor("need", need, len(rows), set.need)
		})
	}
}

// table prints which label was taken for which.
func table(confusion map[Urgency]map[Urgency]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%18s", "label \\ verdict")
	for _, u := range urgencies() {
		fmt.Fprintf(&b, "%18s", u)
	}
	for _, want := range urgencies() {
		fmt.Fprintf(&b, "\n%18s", want)
		for _, got := range urgencies() {
			fmt.Fprintf(&b, "%18d", confusion[want][got])
		}
	}
	return b.String()
}

func urgencies() []Urgency {
	return []Urgency{ImmediateDanger, Urgent, Information, TestOrSpam, ReplyCommand}
}

func needs() []Need { return []Need{Police, Health, Shelter, Counsel, Unknown} }
