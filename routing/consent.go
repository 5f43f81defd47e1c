package routing

import (
	"slices"

	"github.com/tincay/hotline/contacts"
)

// MayWatch says whether a case may be shown to somebody who looks on and is a contact of a line, their home: not to who
// is kept apart from the person, on whichever line that person asked for help, and never again to who lost the case
// because the person asked for somebody else. Who is retired may look on; who is not in the directory any more may
// not, since nobody knows from whom they would have to be kept apart.
func MayWatch(l *Line, c *Case, home *Line, id contacts.ID) bool {
	if home.ID == l.ID {
		return !slices.Contains(c.Barred, id) && l.Directory.MayHold(id, c.Person) == contacts.Allowed
	}
	contact, ok := home.Directory.Contact(id)
	return ok && !l.Directory.Apart(contact, c.Person)
}

// mayHear says whether a contact may hear anything of a case: not those kept apart from the person, and
// never again who lost the case because the person asked for somebody else.
func (d *decider) mayHear(c *Case, id contacts.ID) bool {
	return !slices.Contains(c.Barred, id) && d.world.Line.Directory.MayBeTold(id, c.Person) == contacts.Allowed
}
