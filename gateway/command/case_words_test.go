package command

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/tincay/hotline/routing"
)

// constants returns the string constants of a type of package routing.
func constants(t *testing.T, file, typeName string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../routing/"+file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if named, ok := spec.Type.(*ast.Ident); ok && named.Name == typeName {
				value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("no constants of type %s in %s", typeName, file)
	}
	return values
}

// Whatever the rules note has a name in Vietnamese.
func TestCaseWords_Complete(t *testing.T) {
	t.Parallel()
	for _, kind := range constants(t, "decision.go", "NoteKind") {
		if name := noteName(routing.NoteKind(kind)); !strings.Contains(name, " | ") {
			t.Errorf("noteName(%s) = %q, want it in Vietnamese too", kind, name)
		}
	}
	for _, kind := range constants(t, "case.go", "DeadlineKind") {
		if name := deadlineName(routing.DeadlineKind(kind)); !strings.Contains(name, " | ") {
			t.Errorf("deadlineName(%s) = %q, want it in Vietnamese too", kind, name)
		}
	}
	for _, state := range constants(t, "case.go", "CaseState") {
		if name := stateName(&routing.Case{State: routing.CaseState(state)}); !strings.Contains(name, " | ") {
			t.Errorf("stateName(%s) = %q, want it in Vietnamese too", state, name)
		}
	}
	for _, o := range constants(t, "desk.go", "Outcome") {
		if name := outcomeName(routing.Outcome(o)); !strings.Contains(name, " | ") {
			t.Errorf("outcomeName(%s) = %q, want it in Vietnamese too", o, name)
		}
	}
	if got, want := noteLine(routing.Note{Kind: routing.NoteClosed, Reason: routing.ReasonClosedByOffice, Outcome: routing.OutcomeReferred}),
		"đóng ca | closed (reason=closed_by_supervisor outcome=referred)"; got != want {
		t.Errorf("noteLine of a closing = %q, want %q", got, want)
	}
	for by, want := range map[routing.Reason]string{
		routing.ReasonClosedByHelper: "không ghi: người giúp đóng ca (XONG) | not said: closed by a helper (XONG)",
		routing.ReasonClosedByOffice: "không ghi: văn phòng đóng ca | not said: closed by the office", "of_the_future": "không ghi | not said: of_the_future",
	} {
		if got := unsaidName(by); got != want {
			t.Errorf("unsaidName(%s) = %q, want %q", by, got, want)
		}
	}
	// A kind that a later version noted is shown as it is.
	if got := noteLine(routing.Note{Kind: "of_the_future", Contact: "lan"}); got != "of the future: lan" {
		t.Errorf("noteLine of an unknown kind = %q", got)
	}
}
