package routing

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

// dutyOutside is how long TRUC holds outside a shift, and NGHI for who has no shift to come (contract §5).
const dutyOutside = 12 * time.Hour

// onCall returns a function that says who is on call now: by their own word where it still holds, else
// by the roster.
func (d *decider) onCall() func(contacts.ID) bool {
	return OnCall(d.world.Line, d.world.Duty, d.world.Now)
}

// OnCall returns a function that says which contacts of a line are on call at an instant: by their own
// word (NGHI, TRUC) where it still holds, else by the roster.
func OnCall(l *Line, duty map[contacts.ID]Duty, at time.Time) func(contacts.ID) bool {
	planned := l.Roster.OnCall(at)
	return func(id contacts.ID) bool {
		if said, ok := duty[id]; ok && at.Before(said.Until) {
			return said.On
		}
		return planned.Has(id)
	}
}

// ofDuty does what NGHI, TRUC and TRO GIUP ask for, whether or not the contact has a case. It reports
// false for any other word.
func (d *decider) ofDuty(contact contacts.Contact, verb Verb) bool {
	switch verb {
	case VerbHelp:
		d.toContact(nil, contact.ID, PurposeNotice, texts.Help, nil)
		d.out.Reason = ReasonHelpSent
	case VerbOffDuty:
		d.offDuty(contact)
	case VerbOnDuty:
		d.onDuty(contact)
	default:
		return false
	}
	return true
}

// offDuty takes a contact off call until their next shift begins. If they were the last of their kind,
// the supervisors are told.
func (d *decider) offDuty(contact contacts.Contact) {
	until, ok := d.world.Line.Roster.NextStart(contact.ID, d.world.Now)
	if !ok {
		until = d.world.Now.Add(dutyOutside)
	}
	onCall := d.onCall()
	d.setDuty(contact, Duty{Until: until}, NoteOffDuty, ReasonOffDuty)
	d.toContact(nil, contact.ID, PurposeNotice, texts.DutyOff, nil)
	another := slices.ContainsFunc(d.world.Line.Directory.All(), func(c contacts.Contact) bool {
		return c.Kind == contact.Kind && c.ID != contact.ID && !c.Retired && onCall(c.ID)
	})
	if another || !onCall(contact.ID) {
		return
	}
	for _, c := range d.world.Line.Directory.All() {
		if c.Kind == contacts.Supervisor && c.ID != contact.ID && !c.Retired {
			values := map[string]string{"the": d.world.Line.Tag}
			s := d.toContact(nil, c.ID, PurposeNotice, texts.KindEmpty, values)
			values["loai"] = texts.Kind(s.Language, s.Accented, string(contact.Kind))
		}
	}
}

// onDuty puts a contact on call until the end of the shift they are in, or for twelve hours.
func (d *decider) onDuty(contact contacts.Contact) {
	now := d.world.Now
	until, ok := d.world.Line.Roster.EndOf(contact.ID, now)
	if !ok {
		until = now.Add(dutyOutside)
	}
	d.setDuty(contact, Duty{On: true, Until: until}, NoteOnDuty, ReasonOnDuty)
	d.toContact(nil, contact.ID, PurposeNotice, texts.DutyOn, map[string]string{
		"gio": until.In(d.world.Line.Roster.Zone).Format("15:04 02/01"),
	})
}

func (d *decider) setDuty(contact contacts.Contact, said Duty, kind NoteKind, why Reason) {
	d.out.Duty = append(d.out.Duty, DutyChange{Contact: contact.ID, Duty: said})
	d.out.Reason = why
	d.note(nil, kind, d.by(contact.ID))
}
