package routing

import (
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// answeredBy notes by which channel an alert was answered.
func (d *decider) answeredBy(a *Alert) {
	switch {
	case a == nil:
	case d.turning != "":
		a.Channel = contacts.Voice
	case a.Entry != "":
		a.Channel = contacts.SMS
	}
}

// takeCase makes a contact a helper of a case that waits for them: beside whoever has it, or as its holder.
// Who cannot use the person's channel helps too, but does not hold the case alone: it goes on being alerted
// for somebody who can write to them, or talk to them.
func (d *decider) takeCase(c *Case, contact contacts.Contact) {
	switch {
	case c.State == Claimed:
		d.join(c, contact)
	case !d.canUse(c, contact):
		d.answered(c, contact.ID)
		c.Joined = append(c.Joined, contact.ID)
		d.out.Reason = ReasonJoined
		d.note(c, NoteJoined, d.by(contact.ID))
		d.brief(c, contact.ID)
		d.refill(c)
	default:
		d.claim(c, contact)
	}
}

// answered ends the alert of a contact who said yes.
func (d *decider) answered(c *Case, id contacts.ID) {
	a := c.alert(id)
	d.answeredBy(a)
	switch {
	case a == nil:
	case a.State == AlertOut:
		d.endAlert(c, a, AlertTaken)
	default: // the step had ended, or they had declined: counted already
		a.State = AlertTaken
	}
}

// claim makes a contact the holder of a case. They get what the case needs and the person's texts so
// far; the others are told that it is taken; the person is told that there is somebody.
func (d *decider) claim(c *Case, contact contacts.Contact) {
	now := d.world.Now
	d.answered(c, contact.ID)
	formerHolder, first := c.Holder, c.TakenAt.IsZero()
	d.settle(c, contact.ID)
	c.State, c.Holder, c.TakenAt = Claimed, contact.ID, now
	c.Unanswered = false
	d.heardHolder(c)
	d.out.Reason = ReasonClaimed
	d.note(c, NoteClaimed, func(n *Note) {
		d.by(contact.ID)(n)
		n.Channel, n.Took, n.Step = c.Channel, now.Sub(c.ArrivedAt), c.Step+1
		if !first {
			n.Reason = ReasonRetaken
		}
	})
	d.brief(c, contact.ID)
	if formerHolder != "" && formerHolder != contact.ID {
		d.tell(c, formerHolder, texts.AlreadyTaken)
	}
	if c.Urgency == triage.ImmediateDanger {
		d.automatic(c, texts.DangerAckK)
	} else {
		d.automatic(c, texts.MatchedK)
	}
	switch {
	case c.PersonLeg() != nil:
		d.ringHelpers(c)
	case c.Voicemails > 0:
		d.ring(c, contact.ID, AskJoin) // to hear the message that the person has left
	default:
		d.noNeedToRing(c, contact.ID)
	}
}

// brief gives a new helper what the case needs, how the person may be reached, and their texts so far.
func (d *decider) brief(c *Case, id contacts.ID) {
	values := d.caseValues(c)
	s := d.toContact(c, id, PurposeRelayToHelper, texts.TakenByYou, values)
	values["nhu_cau"] = texts.Need(s.Language, s.Accented, string(c.Need))
	values["khu"] = c.Area
	if c.Area == "" {
		values["khu"] = texts.AreaUnknown(s.Language, s.Accented)
	}
	if c.NoCalls {
		d.tell(c, id, texts.ContactRule)
	}
	d.relayToHelper(c, id, 1, c.Said)
}

// settle ends the alerting of a case that somebody has: everyone else who was asked since it began, did
// not decline and may still know is told.
func (d *decider) settle(c *Case, holder contacts.ID) {
	for i := range c.Alerts {
		a := &c.Alerts[i]
		if c.helps(a.Contact) || a.Contact == holder {
			continue
		}
		if a.State == AlertOut {
			d.endAlert(c, a, AlertLate)
		}
		d.stopOf(c, a.Contact, texts.PromptHelperLate)
		asked := !a.At.Before(c.AlertingSince) && !a.Declined && a.State != AlertFailed
		if asked && d.mayHear(c, a.Contact) {
			d.tell(c, a.Contact, texts.AlreadyTaken)
		}
	}
}

// holderSpoke notes that the holder is still there. If the case was being alerted again because they had
// been silent, it is theirs once more.
func (d *decider) holderSpoke(c *Case, contact contacts.Contact) {
	if c.State == Alerting && c.Holder == "" && !d.canUse(c, contact) {
		return // helps beside the alerting, which goes on
	}
	if c.State == Alerting {
		d.settle(c, contact.ID)
		c.State, c.Unanswered = Claimed, false
		d.lead(c, contact.ID)
		d.out.Reason = ReasonResumed
		first := c.TakenAt.IsZero() // who helped beside the alerting has the case now
		if first {
			c.TakenAt = d.world.Now
		}
		d.note(c, NoteClaimed, func(n *Note) {
			d.by(contact.ID)(n)
			n.Reason = ReasonResumed
			if first {
				n.Reason, n.Channel, n.Took, n.Step = "", c.Channel, d.world.Now.Sub(c.ArrivedAt), c.Step+1
			}
		})
		d.ringHelpers(c)
	}
	d.heardHolder(c)
}

// lead makes a helper the holder; whoever was stays as one who joined.
func (d *decider) lead(c *Case, id contacts.ID) {
	if c.Holder == id {
		return
	}
	c.Joined = slices.DeleteFunc(c.Joined, func(joined contacts.ID) bool { return joined == id })
	if c.Holder != "" {
		c.Joined = append(c.Joined, c.Holder)
	}
	c.Holder = id
}

func (d *decider) heardHolder(c *Case) {
	c.HolderHeardAt = d.world.Now
	d.listenForHolder(c)
}
