// Package line reads and writes line files: everything an operator says about one support line, from its
// numbers and contacts to the policy, in one YAML file.
//
// [Parse] finds every fault of a file at once, each with line and column, and gives a [File] only if none
// of them is an error: what has been read can be used. It accepts numbers as people write them and keeps
// them as phone.Number. Nothing the package says about a file holds a number or a person's name, except
// [File.Marshal] when asked to reveal them. Reading and writing are pure apart from zone data: no
// storage, no clock.
package line

import (
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// Fault is one thing wrong with a line file.
type Fault = document.Fault

// Faults are all that is wrong with a line file, by position.
type Faults = document.Faults

// File is the content of a line file.
type File struct {
	ID        contacts.LineID
	Tag       string
	Name      string
	Zone      *time.Location
	Language  texts.Language
	Numbers   []routing.SupportNumber
	Contacts  []contacts.Contact // retired ones only in what [ParseStored] read
	Shifts    []roster.Shift
	Always    []contacts.ID
	Areas     []routing.Area
	CodeWords triage.CodeWords
	Policy    routing.Policy
	// Targets are as written: what is not given is zero, and stands for [routing.DefaultTargets].
	Targets routing.Targets
	// Texts is the line's own wording, as written; nil if it has none.
	Texts map[texts.Key]map[texts.Language]texts.Wording
	Calls Calls
	Later Later
	// Generation is that of the stored line from which the file was written; 0 when it was not. Whoever
	// stores the file refuses it if the stored line has moved on since.
	Generation int64

	at places
}

// Later is what a file may already say although this version does nothing with it. It is kept, so that
// storing and showing a line loses nothing.
type Later struct {
	SendRate float64 // segments a second; 0 when not given
}

// places are the positions of what later checks may complain about.
type places struct {
	line     document.Position
	numbers  []document.Position
	contacts []document.Position
	phones   []document.Position // one per contact
	apart    [][]document.Position
	policy   map[routing.PolicyKey]document.Position
}

// Line makes the value the rules work with. key is the line's keyed look-up for numbers; generation is
// that of the stored line.
func (f *File) Line(key func(phone.Number) phone.Key, generation int64) *routing.Line {
	return &routing.Line{
		ID:         f.ID,
		Tag:        f.Tag,
		Name:       f.Name,
		Language:   f.Language,
		Numbers:    f.Numbers,
		Directory:  contacts.NewDirectory(f.Contacts, key),
		Roster:     roster.Roster{Zone: f.Zone, Shifts: f.Shifts, Always: f.Always},
		Areas:      routing.NewAreas(f.Areas),
		Triage:     triage.New(f.CodeWords),
		Policy:     f.Policy,
		Targets:    f.Targets.OrDefault(),
		Texts:      f.catalog(),
		Generation: generation,

		CallRate:       f.Calls.Rate,
		NoVoicemail:    f.Calls.Voicemail == VoicemailOff,
		MissedCallText: f.Calls.MissedCall == MissedCallDiscreet,
	}
}

// demoLine is the made-up ward of the demo.
const demoLine contacts.LineID = "phuong-mau"

// RefusedForApply returns what keeps a file that can be read from being stored for real use: the demo's
// ward and the numbers reserved for it, +84 900 000 0xx and +84 900 000 1xx. Somebody who copied the
// example must not find out during an emergency that nobody's phone rings.
func RefusedForApply(f *File) Faults {
	var fs Faults
	fail := func(at document.Position, vi, en string) {
		fs = append(fs, Fault{Position: at, Severity: document.Error, VI: vi, EN: en})
	}
	if f.ID == demoLine {
		fail(f.at.line, "phuong-mau là phường mẫu của bản demo: hãy đặt tên khác", "phuong-mau is the demo's ward: choose another name")
	}
	refuse := func(n phone.Number, at document.Position) {
		if isDemo(n) {
			fail(at, "số này dành cho bản demo, không phải số thật", "this number is reserved for the demo; it is not a real one")
		}
	}
	for i, n := range f.Numbers {
		refuse(n.Number, place(f.at.numbers, i))
	}
	for i, c := range f.Contacts {
		refuse(c.Phone, place(f.at.phones, i))
		for j, n := range c.KeepApart {
			refuse(n, place(place(f.at.apart, i), j))
		}
	}
	fs.Sort()
	return fs
}

// place returns the i-th place, or no place for a file that was not read from text.
func place[T any](list []T, i int) (p T) {
	if i < len(list) {
		return list[i]
	}
	return p
}

func isDemo(n phone.Number) bool {
	s := n.E164()
	const reserved, length = "+84900000", len("+84900000000")
	return len(s) == length && s[:len(reserved)] == reserved && (s[len(reserved)] == '0' || s[len(reserved)] == '1')
}
