package routing

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

const (
	// besideWait is how long those asked by the person's own 1 or 2 are waited for beside a holder.
	besideWait = time.Minute
	// inviteWait is how long an invitation by THEM stands: the case has a holder meanwhile.
	inviteWait = 10 * time.Minute
)

// bring invites every contact of a kind on call to join a held case (THEM CA, THEM YT).
func (d *decider) bring(contact contacts.Contact, l caseList, code Code, kind contacts.Kind) {
	held, ok := d.pickHeld(contact, l, code)
	if !ok {
		return
	}
	c := d.edit(held)
	d.holderSpoke(c, contact)
	d.out.Reason = ReasonInvited
	if !d.invite(c, kind, texts.BroughtIn, inviteWait) {
		d.tell(c, contact.ID, texts.NobodyOnCall)
		d.out.Reason = ReasonNobodyOnCall
	}
}

// invite alerts every contact of a kind on call at once, beside whatever runs. It reports false if there
// is none who can be asked and is not being asked already.
func (d *decider) invite(c *Case, kind contacts.Kind, key texts.Key, wait time.Duration) bool {
	all := d.candidates(c, Step{Notify: []contacts.Kind{kind}})
	ids := slices.DeleteFunc(slices.Clone(all), func(id contacts.ID) bool {
		a := c.alert(id)
		return a != nil && a.State == AlertOut
	})
	if len(ids) > 0 {
		d.note(c, NoteInvited, func(n *Note) { n.Role = kind })
		d.alertBeside(c, ids, key, wait)
	}
	return len(all) > 0
}

// stepBeside runs the first step of the policy that has somebody to alert beside a claim, after the case
// has become graver. Whoever declined the lesser case is asked about the graver one.
func (d *decider) stepBeside(c *Case) {
	d.endAlerts(c, AlertNoAnswer)
	for i := range c.Alerts {
		c.Alerts[i].Declined = false
	}
	for i, step := range d.world.Line.Policy.For(c.Urgency, c.Need) {
		c.Step, c.Run = i, c.Run+1
		ids := d.candidates(c, step)
		if len(ids) == 0 {
			d.note(c, NoteStepEmpty, func(n *Note) { n.Step = i + 1 })
			continue
		}
		if step.AtOnce > 0 {
			ids = ids[:min(len(ids), step.AtOnce)]
		}
		d.note(c, NoteStep, func(n *Note) { n.Step = i + 1 })
		d.alertBeside(c, ids, alertText(c), step.Wait)
		return
	}
}

// alertBeside alerts contacts for a time of their own if the case has a holder, else for as long as the
// running step or pause lasts.
func (d *decider) alertBeside(c *Case, ids []contacts.ID, key texts.Key, wait time.Duration) {
	if c.State == Claimed {
		until := d.world.Now.Add(wait)
		for _, due := range c.Deadlines {
			if due.Kind == BesideEnds && due.At.After(until) {
				until = due.At
			}
		}
		c.setDeadline(BesideEnds, until)
	}
	for _, id := range ids {
		d.alertContact(c, id, key)
	}
}

// join makes a contact one more helper of a case that somebody has: they get the person's words and may
// write. Others of their kind who were asked with them are told that somebody came.
func (d *decider) join(c *Case, contact contacts.Contact) {
	d.answered(c, contact.ID)
	c.Joined = append(c.Joined, contact.ID)
	for i := range c.Alerts {
		a := &c.Alerts[i]
		if !a.Beside || a.Kind != contact.Kind || c.helps(a.Contact) {
			continue
		}
		a.Beside = false
		if a.State == AlertOut {
			d.endAlert(c, a, AlertLate)
		}
		d.stopOf(c, a.Contact, texts.PromptHelperLate)
		if !a.Declined && d.mayHear(c, a.Contact) {
			d.tell(c, a.Contact, texts.AlreadyTaken)
		}
	}
	if c.outstanding() == 0 {
		c.clearDeadline(BesideEnds)
	}
	d.out.Reason = ReasonJoined
	d.note(c, NoteJoined, d.by(contact.ID))
	d.brief(c, contact.ID)
	if p := c.PersonLeg(); p != nil && p.State != LegAnother {
		d.ring(c, contact.ID, AskJoin)
	} else {
		d.noNeedToRing(c, contact.ID)
	}
}
