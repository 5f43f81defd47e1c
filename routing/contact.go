package routing

import (
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// recent is how long after losing or closing a case, or after one they were asked about was closed, a
// contact's texts are still read as being about it (contract §5).
const recent = 24 * time.Hour

// handOver is how long after losing or closing one of several cases a helper has to name the one they hold.
const handOver = 2 * time.Minute

// contactText handles a text of a contact. It reports false if the contact has nothing waiting, held or
// recent, or is in danger themselves: then they are a person at risk like anyone.
func (d *decider) contactText(contact contacts.Contact, e Text) bool {
	l := d.listOf(contact)
	cmd := ParseCommand(e.Body.Reveal())
	if d.state.Own != nil && !l.names(cmd.Code, e.Body.Reveal()) && !cmd.ofDuty() {
		// Whoever is in need themselves speaks for themselves, unless they name another's case: their plea
		// must not reach the person they are helping, and their 1 asks for the police.
		return false
	}
	switch {
	case cmd.Verb == VerbSOS:
		return false // whatever they hold
	case !contact.Retired && d.ofDuty(contact, cmd.Verb):
	case cmd.Verb == VerbClose && contact.Kind == contacts.Supervisor && d.closeBySupervisor(contact, l, cmd.Code):
	case len(l.waiting)+len(l.held)+len(l.over) == 0:
		return false
	case cmd.Verb == VerbHelp: // of one who is retired and still has a case
		d.ofDuty(contact, cmd.Verb)
	case cmd.Verb == VerbOffDuty, cmd.Verb == VerbOnDuty: // likewise: they are on call no more, and it is no word for the person
		d.notUnderstood(contact)
	case cmd.Verb == VerbBringPolice:
		d.bring(contact, l, cmd.Code, contacts.Police)
	case cmd.Verb == VerbBringHealth:
		d.bring(contact, l, cmd.Code, contacts.HealthStation)
	case cmd.Verb == VerbTake:
		d.take(contact, l, cmd.Code)
	case cmd.Verb == VerbDecline && l.declines(contact.ID, cmd.Code):
		d.decline(contact, l, cmd.Code)
	case cmd.Verb == VerbDecline, cmd.Verb == VerbGiveBack:
		d.giveBack(contact, l, cmd.Code)
	case cmd.Verb == VerbCall:
		d.callPerson(contact, l, cmd.Code)
	case cmd.Verb == VerbClose:
		d.closeByHelper(contact, l, cmd.Code)
	case len(l.held) > 0:
		d.relayToPerson(contact, l, e)
	case d.inDanger(e):
		return false
	case len(l.waiting) == 0 && !d.lostLately(contact, l.over):
		return false
	default:
		d.notUnderstood(contact)
	}
	return true
}

// lostLately reports whether a contact closed one of these cases, was last asked about it, or lost it to
// somebody else so recently that what they write may still be about it.
func (d *decider) lostLately(contact contacts.Contact, over []*Case) bool {
	return slices.ContainsFunc(over, func(c *Case) bool {
		lost := c.TakenAt
		if a := c.alert(contact.ID); a != nil {
			lost = slices.MaxFunc([]time.Time{lost, a.At, a.LostAt}, time.Time.Compare)
		}
		return !c.Open() || d.world.Now.Sub(lost) <= recent
	})
}

// justOver reports whether a contact lost or closed another case so lately that words without a code may
// be meant for that one.
func (d *decider) justOver(contact contacts.Contact, over []*Case) bool {
	return slices.ContainsFunc(over, func(c *Case) bool {
		a := c.alert(contact.ID)
		lost := a != nil && d.world.Now.Sub(a.LostAt) < handOver
		return lost || !c.Open() && c.helps(contact.ID) && d.world.Now.Sub(c.ClosedAt) < handOver
	})
}

// inDanger reports whether triage takes a contact's own words for danger.
func (d *decider) inDanger(e Text) bool {
	return d.world.Line.Triage.Classify(e.Body.Reveal()).Urgency == triage.ImmediateDanger
}

// caseList is a contact's cases by what the contact can do with them.
type caseList struct {
	waiting []*Case // wait for this contact's answer, most urgent first
	held    []*Case // the contact has them, or had them until they fell silent
	over    []*Case // asked about or held by them, now somebody else's, closed, or of a person kept apart
}

// names reports whether a text names one of these cases, as a command or in words.
func (l caseList) names(code Code, text string) bool {
	all := slices.Concat(l.waiting, l.held, l.over)
	c, _ := addressed(text, all)
	return c != nil || byCode(code, all) != nil
}

// listOf sorts a contact's cases. One of a person the contact was set apart from after being asked is
// over for them, as if somebody else had been quicker: nothing shows that there is another reason.
func (d *decider) listOf(contact contacts.Contact) caseList {
	var l caseList
	for _, c := range d.state.Cases {
		switch {
		case c.State == Closed && d.world.Now.Sub(c.ClosedAt) > recent:
			d.out.Forget = append(d.out.Forget, Forgotten{Contact: contact.ID, Case: c.ID})
		case d.world.Line.Directory.MayHold(contact.ID, c.Person) != contacts.Allowed:
			if c.Open() && c.helps(contact.ID) {
				d.dropHolder(d.edit(c)) // what they write is the first we hear since they were set apart
			}
			l.over = append(l.over, c)
		case c.Open() && c.helps(contact.ID):
			l.held = append(l.held, c)
		case c.waitsFor(contact.ID) && !contact.Retired:
			l.waiting = append(l.waiting, c)
		default:
			l.over = append(l.over, c)
		}
	}
	l.waiting, l.held = mostUrgent(l.waiting), mostUrgent(l.held)
	slices.SortStableFunc(l.over, func(a, b *Case) int { return b.OpenedAt.Compare(a.OpenedAt) })
	return l
}

// declines reports whether a 0 is about a case that waits: the one named, or a bare one as long as there
// is a case this contact has not declined yet. After that it is about the case they hold, if any.
func (l caseList) declines(id contacts.ID, code Code) bool {
	if code != "" {
		return byCode(code, l.waiting) != nil
	}
	fresh := slices.ContainsFunc(l.waiting, func(c *Case) bool { return !c.alert(id).Declined })
	return fresh || len(l.waiting) > 0 && len(l.held) == 0
}

// take gives a case to a contact: the one named, else the most urgent that waits, then the oldest. One
// they declined is taken only when nothing else waits.
func (d *decider) take(contact contacts.Contact, l caseList, code Code) {
	var c *Case
	if code != "" {
		c = byCode(code, slices.Concat(l.waiting, l.held, l.over))
	} else {
		c = firstToTake(contact.ID, l)
	}
	switch {
	case c == nil:
		d.notUnderstood(contact)
	case slices.Contains(l.waiting, c):
		d.takeCase(d.edit(c), contact)
	case slices.Contains(l.held, c) && code == "" && len(l.held) > 1:
		d.askWhich(contact, l.held)
	case slices.Contains(l.held, c):
		d.holderSpoke(d.edit(c), contact)
		if c.State == Claimed || d.out.Reason == "" {
			d.out.Reason = ReasonAlreadyHeld
		}
	default:
		// The answer belongs to no case, so that whoever was set apart gets the same one as whoever was
		// too late.
		d.toContact(nil, contact.ID, PurposeNotice, texts.AlreadyTaken, d.caseValues(c))
		d.out.Reason = ReasonAlreadyTaken
	}
}

func firstToTake(id contacts.ID, l caseList) *Case {
	for _, c := range l.waiting {
		if !c.alert(id).Declined {
			return c
		}
	}
	for _, c := range l.held {
		if c.asksHolder() {
			return c
		}
	}
	for _, list := range [][]*Case{l.waiting, l.held, l.over} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return nil
}

// decline takes a contact out of the cases that wait for them, or out of the one named, until the policy
// starts over.
func (d *decider) decline(contact contacts.Contact, l caseList, code Code) {
	var codes []string
	for _, waiting := range l.waiting {
		if code != "" && waiting.Code != code {
			continue
		}
		c := d.edit(waiting)
		codes = append(codes, string(c.Code))
		d.declineCase(c, contact.ID)
	}
	values := map[string]string{"the": d.world.Line.Tag, "ma": strings.Join(codes, ", ")}
	d.toContact(nil, contact.ID, PurposeNotice, texts.Declined, values)
	d.out.Reason = ReasonDeclined
}

// declineCase takes a contact out of one case that waits for them.
func (d *decider) declineCase(c *Case, id contacts.ID) {
	a := c.alert(id)
	d.answeredBy(a)
	wasOut := a.State == AlertOut
	if wasOut {
		d.endAlert(c, a, AlertDeclined)
	}
	a.Declined = true
	d.stopOf(c, id, texts.PromptHelperDeclined)
	if wasOut && a.Run == c.Run {
		d.refill(c)
	}
}

// giveBack returns a held case to alerting; its holder counts as having declined.
func (d *decider) giveBack(contact contacts.Contact, l caseList, code Code) {
	held, ok := d.pickHeld(contact, l, code)
	if !ok {
		return
	}
	d.giveBackCase(d.edit(held), contact)
}

// giveBackCase takes a helper out of a case because they say so.
func (d *decider) giveBackCase(c *Case, contact contacts.Contact) {
	d.lost(c, contact.ID).Declined = true
	d.note(c, NoteGivenBack, d.by(contact.ID))
	d.tell(c, contact.ID, texts.Declined)
	d.out.Reason = ReasonGivenBack
	if c.Holder == contact.ID {
		d.withoutHolder(c, contact.ID)
		return
	}
	c.Joined = slices.DeleteFunc(c.Joined, func(id contacts.ID) bool { return id == contact.ID })
}

// pickHeld finds the held case a command is about. Where there is a doubt nothing is done and the
// contact is asked.
func (d *decider) pickHeld(contact contacts.Contact, l caseList, code Code) (*Case, bool) {
	switch c := byCode(code, l.held); {
	case c != nil:
		return c, true
	case code == "" && len(l.held) == 1:
		return l.held[0], true
	case len(l.held) > 0:
		d.askWhich(contact, l.held)
	default:
		d.notUnderstood(contact)
	}
	return nil, false
}
