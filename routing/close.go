package routing

import (
	"slices"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

// closeByHelper closes a held case; any of its helpers may.
func (d *decider) closeByHelper(contact contacts.Contact, l caseList, code Code) {
	held, ok := d.pickHeld(contact, l, code)
	if !ok {
		return
	}
	d.closeCase(d.edit(held), contact.ID, ReasonClosedByHelper)
}

// closeBySupervisor closes any case of the line by its code. It reports false if the supervisor does not
// name one that is open, may not know of it, or helps in it: then their text is read as any contact's.
func (d *decider) closeBySupervisor(contact contacts.Contact, l caseList, code Code) bool {
	c := d.state.Coded
	if c == nil || c.Code != code || !c.Open() || !d.mayHear(c, contact.ID) || byCode(code, l.held) != nil {
		return false
	}
	d.closeCase(d.edit(c), contact.ID, ReasonClosedByOffice)
	return true
}

// closeOrdered closes a case from the ward office's desk.
func (d *decider) closeOrdered(c *Case, e CloseOrdered) {
	c.Outcome = e.Outcome
	if !e.Why.Empty() {
		d.keep(c, ClosingRef(d.world.Now), e.Why.Reveal())
	}
	d.closeCase(c, "", ReasonClosedByOffice)
}

// ClosingRef names the reason given at a desk for closing a case at an instant, kept like words. A case that was
// opened again keeps why it was closed before.
func ClosingRef(at time.Time) WordsRef {
	return WordsRef("closing-" + strconv.FormatInt(at.UnixMilli(), 10))
}

// closeCase closes a case. Whoever helped, waited for an answer or closed it is told, as far as they may
// know of it, and asked to delete its texts; the person gets nothing.
func (d *decider) closeCase(c *Case, by contacts.ID, why Reason) {
	told := map[contacts.ID]bool{}
	for _, id := range c.Helpers() {
		told[id] = d.world.Line.Directory.MayHold(id, c.Person) == contacts.Allowed
	}
	for i := range c.Alerts {
		a := &c.Alerts[i]
		asked := c.waitsFor(a.Contact) && !a.At.Before(c.AlertingSince) && !a.Declined && a.State != AlertFailed
		if asked && d.mayHear(c, a.Contact) {
			told[a.Contact] = true
		}
	}
	if by != "" {
		told[by] = true
	}
	d.endAlerts(c, AlertLate)
	for _, l := range slices.Clone(c.Legs) {
		if !l.Person() && l.State != LegJoined {
			d.stop(c, l.ID, texts.PromptHelperLate)
		}
	}
	c.State, c.ClosedAt, c.Deadlines = Closed, d.world.Now, nil
	for _, contact := range d.world.Line.Directory.All() {
		if told[contact.ID] {
			d.tell(c, contact.ID, texts.Closed)
		}
	}
	d.out.Reason = why
	d.note(c, NoteClosed, func(n *Note) {
		d.by(by)(n)
		n.Reason, n.Outcome, n.Took = why, c.Outcome, d.world.Now.Sub(c.ArrivedAt)
	})
}
