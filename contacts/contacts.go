// Package contacts knows who can be asked for help and who may be told what.
//
// A [Directory] holds the contacts of one line in memory. Its most important promise is
// [Directory.MayBeTold]: a contact whose household or kin a person belongs to never learns of that
// person's case, on any path. The package is pure: no clock, no storage, no network.
package contacts

import (
	"slices"

	"github.com/tincay/hotline/contacts/phone"
)

// LineID names a support line: one ward's service. It matches [a-z0-9-] and never changes.
type LineID string

// ID names a contact within its line. It is chosen by the operator in the line file.
type ID string

// Kind says what a contact is to the ward.
type Kind string

// The kinds of contact a policy can notify.
const (
	TrustedAddress Kind = "trusted_address"
	HealthStation  Kind = "health_station"
	Police         Kind = "police"
	Chair          Kind = "chair"
	Supervisor     Kind = "supervisor"
	Outside        Kind = "outside" // beyond the ward
)

// Kinds lists every kind, in the order in which pages and messages name them.
func Kinds() []Kind {
	return []Kind{TrustedAddress, HealthStation, Police, Chair, Supervisor, Outside}
}

// Channel is a way to reach somebody.
type Channel string

// The channels.
const (
	SMS   Channel = "sms"
	Voice Channel = "voice"
)

// Contact is somebody who can be asked for help.
type Contact struct {
	ID        ID
	Name      Private
	Kind      Kind
	Phone     phone.Number
	Channels  []Channel // in order of preference
	Area      string    // name of the area they live in; empty when not given
	Gender    string    // "female", "male" or empty
	Languages []string  // ISO 639-1, in order of preference; empty means the line's
	// KeepApart are numbers of the contact's own household and kin: their cases never reach the contact.
	KeepApart []phone.Number
	// Retired contacts are no longer in the line file but still hold a case: they keep it until it
	// closes, and are asked for nothing new.
	Retired bool
}

// Reachable reports whether the contact can be reached by the channel.
func (c Contact) Reachable(by Channel) bool { return slices.Contains(c.Channels, by) }

// Directory is the contacts of one line. It does not change once made and may be shared.
type Directory struct {
	list    []Contact
	byID    map[ID]int
	byPhone map[phone.Key]int
	keys    []phone.Key              // per contact: of their own number
	apart   []map[phone.Key]struct{} // per contact: their own number and those kept apart from them
	key     func(phone.Number) phone.Key
}

// NewDirectory makes a directory. key is the line's keyed look-up for numbers; it is how people at risk,
// whose numbers the directory must compare with but never hold, are named everywhere.
func NewDirectory(list []Contact, key func(phone.Number) phone.Key) *Directory {
	d := &Directory{
		list:    slices.Clone(list),
		byID:    make(map[ID]int, len(list)),
		byPhone: make(map[phone.Key]int, len(list)),
		apart:   make([]map[phone.Key]struct{}, len(list)),
		key:     key,
	}
	for i, c := range d.list {
		own := key(c.Phone)
		d.keys = append(d.keys, own)
		if at, taken := d.byID[c.ID]; !taken || d.list[at].Retired {
			d.byID[c.ID] = i
		}
		if at, taken := d.byPhone[own]; !taken || d.list[at].Retired {
			d.byPhone[own] = i // a retired contact does not stand in the way of one who came after them
		}
		d.apart[i] = map[phone.Key]struct{}{own: {}}
		for _, n := range c.KeepApart {
			d.apart[i][key(n)] = struct{}{}
		}
	}
	return d
}

// All returns the contacts in the order of the line file. The slice must not be changed.
func (d *Directory) All() []Contact { return d.list }

// Contact returns the contact with this id.
func (d *Directory) Contact(id ID) (Contact, bool) {
	i, ok := d.byID[id]
	if !ok {
		return Contact{}, false
	}
	return d.list[i], true
}

// ByPhone returns the contact whose own number has this key.
func (d *Directory) ByPhone(k phone.Key) (Contact, bool) {
	i, ok := d.byPhone[k]
	if !ok {
		return Contact{}, false
	}
	return d.list[i], true
}

// KeyOf returns the keyed look-up of a contact's own number; empty if there is no such contact.
func (d *Directory) KeyOf(id ID) phone.Key {
	i, ok := d.byID[id]
	if !ok {
		return ""
	}
	return d.keys[i]
}

// Consent is the answer to "may this contact be told of this person's case", with its reason.
type Consent string

// The answers of [Directory.MayBeTold].
const (
	Allowed       Consent = "allowed"
	DeniedApart   Consent = "kept_apart"      // the person's own number, household or kin
	DeniedUnknown Consent = "unknown_contact" // not in the directory
	DeniedRetired Consent = "retired"         // asked for nothing new
)

// MayBeTold says whether a contact may be asked about, told of or shown the case of the person whose
// number has this key. Everything that could reach a contact asks here first.
func (d *Directory) MayBeTold(id ID, person phone.Key) Consent {
	i, ok := d.byID[id]
	if !ok {
		return DeniedUnknown
	}
	if _, apart := d.apart[i][person]; apart {
		return DeniedApart
	}
	if d.list[i].Retired {
		return DeniedRetired
	}
	return Allowed
}

// Apart reports whether a contact, of whatever line, is kept apart from the person whose number has this key on this
// line: numbers have another key on each.
func (d *Directory) Apart(c Contact, person phone.Key) bool {
	return d.key(c.Phone) == person || slices.ContainsFunc(c.KeepApart, func(n phone.Number) bool { return d.key(n) == person })
}

// MayHold says whether a contact who has a case may keep it and go on exchanging words: as
// [Directory.MayBeTold], but a retired contact keeps what they hold.
func (d *Directory) MayHold(id ID, person phone.Key) Consent {
	if c := d.MayBeTold(id, person); c != DeniedRetired {
		return c
	}
	return Allowed
}
