package demo

import (
	_ "embed"
	"fmt"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/texts"
)

//go:embed ward.yaml
var wardFile []byte

// personNumber is the phone of the person at risk. Like the ward's numbers it is of the range that no
// network assigns and that `hotline line apply` refuses.
const personNumber = "+84900000050"

// personID names the phone of the person at risk in URLs; the contacts' phones go by their contact ids.
const personID = "person"

// handset is one of the phones on the page.
type handset struct {
	ID      string
	Number  phone.Number
	Contact contacts.Contact // zero for the person at risk
}

// isPerson reports whether this is the phone of the person at risk.
func (h handset) isPerson() bool { return h.ID == personID }

// ward is the made-up ward and everybody's phones.
type ward struct {
	file     *line.File
	handsets []handset // the person's first, then the contacts' in the order of the file
}

// newWard reads the embedded line file. The file is part of the program, so an error is a fault of the
// build.
func newWard() (*ward, error) {
	file, faults := line.Parse(wardFile)
	if file == nil {
		return nil, fmt.Errorf("the demo's line file: %v", faults)
	}
	number, err := phone.ParseE164(personNumber)
	if err != nil {
		return nil, fmt.Errorf("the demo's person: %w", err)
	}
	w := &ward{file: file, handsets: []handset{{ID: personID, Number: number}}}
	for _, c := range file.Contacts {
		w.handsets = append(w.handsets, handset{ID: string(c.ID), Number: c.Phone, Contact: c})
	}
	return w, nil
}

// in is the line file in a language: what the hotline writes by itself follows it.
func (w *ward) in(language texts.Language) *line.File {
	file := *w.file
	file.Language = language
	return &file
}

// support is the number everybody writes to.
func (w *ward) support() phone.Number { return w.file.Numbers[0].Number }

// handset finds a phone by its id.
func (w *ward) handset(id string) (handset, bool) {
	for _, h := range w.handsets {
		if h.ID == id {
			return h, true
		}
	}
	return handset{}, false
}

// nameOf is what the page calls a contact.
func (w *ward) nameOf(id contacts.ID) string {
	h, _ := w.handset(string(id))
	return h.Contact.Name.Reveal()
}

// spaced writes a number in groups, as people read it: +84 900 000 001.
func spaced(n phone.Number) string {
	e164 := n.E164()
	if len(e164) != len(personNumber) {
		return e164
	}
	return e164[:3] + " " + e164[3:6] + " " + e164[6:9] + " " + e164[9:]
}
