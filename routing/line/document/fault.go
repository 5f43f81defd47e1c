package document

import (
	"cmp"
	"slices"
	"strconv"
)

// Severity says whether a fault keeps a file from being used.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the file cannot be used
	Warning Severity = "warning" // it can, but somebody should know
)

// Position is where something stands in a file, in characters from 1. The zero Position is nowhere: a
// value that was not read from text.
type Position struct{ Line, Column int }

// Fault is one thing wrong with a file, said in both languages. Its text must hold nothing that was read
// from the file, unless that can be neither a phone number nor a person's name, so that it can be shown
// and logged anywhere.
type Fault struct {
	Position
	Severity Severity
	VI, EN   string
}

// String gives position, severity and both texts on one line, for example
// "12:5: lỗi: thiếu khóa phone | error: missing key phone".
func (f Fault) String() string {
	vi := "lỗi: "
	if f.Severity == Warning {
		vi = "cảnh báo: "
	}
	s := vi + f.VI + " | " + string(f.Severity) + ": " + f.EN
	if f.Position == (Position{}) {
		return s
	}
	return strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Column) + ": " + s
}

// Faults are all that is wrong with one file.
type Faults []Fault

// HasErrors reports whether the file cannot be used.
func (fs Faults) HasErrors() bool {
	return slices.ContainsFunc(fs, func(f Fault) bool { return f.Severity == Error })
}

// Sort orders faults by position; those at one position keep the order in which they were found.
func (fs Faults) Sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
