package routing

import (
	"slices"
	"strings"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

// relayToPerson passes what a helper wrote to the person, without either number. Who holds several cases
// must say which; until they do, nothing is passed on. Nor are words that name a case they do not hold:
// those are for another person's eyes.
func (d *decider) relayToPerson(contact contacts.Contact, l caseList, e Text) {
	held, words := addressed(e.Body.Reveal(), slices.Concat(l.held, l.waiting, l.over))
	if held == nil && len(l.held) == 1 && !d.justOver(contact, l.over) {
		held = l.held[0]
	}
	if other, _ := addressed(words, slices.Concat(l.held, l.waiting, l.over)); other != nil {
		held = nil // names two cases
	}
	if !slices.Contains(l.held, held) || strings.TrimSpace(texts.Clean(words)) == "" {
		d.askWhich(contact, l.held)
		return
	}
	c := d.edit(held)
	d.out.Reason = ReasonRelayed
	d.holderSpoke(c, contact)
	if d.person(c.Person).Withheld {
		d.cannotReach(c) // a caller without a number
		return
	}
	d.sendWords(c, words)
	d.note(c, NoteRelayed, d.by(contact.ID))
}

// sendWords keeps words and puts them on their way to the person, in pieces that each fit one message.
func (d *decider) sendWords(c *Case, words string) {
	for _, piece := range texts.Split(words, maxWords) {
		id := d.entryID(c, PurposeRelayToPerson)
		ref := WordsRef("h" + id)
		d.keep(c, ref, piece)
		d.out.Sends = append(d.out.Sends, Send{
			ID: id, Case: c.ID, Person: c.Person, Via: c.Via, Purpose: PurposeRelayToPerson, Words: ref,
			Priority: priorityOf(c.Urgency), At: d.world.Now,
			NotAfter: d.world.Now.Add(relayValidity), Validity: relayValidity,
		})
	}
}

// askWhich asks a contact which of the cases they hold they mean.
func (d *decider) askWhich(contact contacts.Contact, held []*Case) {
	var codes []string
	for _, c := range held {
		codes = append(codes, string(c.Code))
	}
	d.toContact(nil, contact.ID, PurposeNotice, texts.WhichCase, map[string]string{
		"ds": strings.Join(codes, ", "), "ma": codes[0],
	})
	d.out.Reason = ReasonWhichCase
}

func (d *decider) notUnderstood(contact contacts.Contact) {
	d.toContact(nil, contact.ID, PurposeNotice, texts.BadCmd, nil)
	d.out.Reason = ReasonNotUnderstood
}
