package past

import (
	"context"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// incident is one request for help of the script, and what everybody does about it.
type incident struct {
	at      time.Time
	from    phone.Number
	urgency triage.Urgency // as it arrives
	words   []string       // what the person writes; the first opens the case, unless they call
	helper  []string       // what the helper writes, in turn with the person

	call     bool
	key      string        // what a caller presses after the greeting
	patience time.Duration // a caller hangs up then, unless they talk with somebody; 0: holds on
	talk     time.Duration // for how long they talk

	step       int           // of the steps begun, the one in which somebody says yes; 0: nobody does
	wait       time.Duration // from that step's beginning
	pick       int           // which of those who are asked
	byPhone    bool          // says yes by picking up and pressing a key
	decline    bool          // somebody says no first
	unanswered bool          // a whole round goes by before; the police are asked from a desk then
	silent     bool          // whoever has the case writes nothing until asked
	gone       bool          // nor then

	lasts   time.Duration   // from the yes to the end; of a case that nobody takes, from its beginning
	outcome routing.Outcome // closed from a desk with it; empty: by whoever helps
	why     string

	progress
}

// progress is how far an incident is.
type progress struct {
	id        routing.CaseID
	begun     int   // steps
	own       *call // of the person
	said      int   // of words
	told      int   // of helper
	taken     bool
	takenBack bool
}

// When people write.
const (
	firstWords = 25 * time.Second // of a helper who has just taken a case
	nextWords  = 7 * time.Minute
	thinking   = 55 * time.Second // until somebody answers
	askAgain   = 10 * time.Second
)

// begin lets an incident begin.
func (p *play) begin(ctx context.Context, in *incident) error {
	if in.step == 0 {
		p.after(in.lasts, func(ctx context.Context) error { return p.close(ctx, in) })
	}
	p.coming = in
	defer func() { p.coming = nil }()
	in.said = 1
	if in.call {
		return p.dial(ctx, in)
	}
	return p.handle(ctx, p.text(in.from, in.words[0]))
}

// goOn lets people act on what has happened in their case.
func (p *play) goOn(in *incident, n routing.Note) {
	switch n.Kind {
	case routing.NoteStep:
		in.begun++
		if in.decline && in.begun == 1 {
			p.after(in.wait/3, func(ctx context.Context) error { return p.answer(ctx, in, "0") })
		}
		if in.begun == in.step {
			p.after(in.wait, func(ctx context.Context) error { return p.answer(ctx, in, "1") })
		}
	case routing.NoteUnanswered:
		p.after(thinking, func(ctx context.Context) error {
			order := routing.Order{Token: routing.EventID(p.sid("FM")), Case: in.id}
			return p.handle(ctx, routing.AlertOrdered{Order: order, Contact: p.police()})
		})
	case routing.NoteClaimed:
		if in.taken {
			return
		}
		in.taken = true
		if !in.silent {
			p.after(firstWords, func(ctx context.Context) error { return p.converse(ctx, in) })
		}
		p.after(in.lasts, func(ctx context.Context) error { return p.close(ctx, in) })
	case routing.NoteHolderAsked:
		if !in.gone || in.takenBack {
			p.after(thinking, func(ctx context.Context) error { return p.stillOn(ctx, in) })
		}
	case routing.NoteTakenBack:
		in.takenBack = true
		p.after(in.wait, func(ctx context.Context) error { return p.answer(ctx, in, "1") })
	case routing.NoteTalking:
		p.after(in.talk, func(ctx context.Context) error { return p.hang(ctx, in.own, routing.CallOver) })
	}
}

// answer lets one of those who are asked say yes (1) or no (0).
func (p *play) answer(ctx context.Context, in *incident, key string) error {
	c := p.cases[in.id]
	if c.State != routing.Alerting {
		return nil
	}
	var asked []routing.Alert
	for _, a := range c.Alerts {
		if a.State == routing.AlertOut {
			asked = append(asked, a)
		}
	}
	if len(asked) == 0 { // between two rounds
		p.after(askAgain, func(ctx context.Context) error { return p.answer(ctx, in, key) })
		return nil
	}
	a := asked[in.pick%len(asked)]
	if in.byPhone {
		for _, l := range c.Legs {
			if ringing := p.calls[l.Call]; l.ID == a.Leg && ringing != nil && ringing.status == routing.CallQueued {
				return p.pickUp(ctx, ringing, key)
			}
		}
	}
	return p.handle(ctx, p.text(p.phoneOf(a.Contact), key+" "+string(c.Code)))
}

// converse lets the helper write, and the person answer, as long as they have something to say.
func (p *play) converse(ctx context.Context, in *incident) error {
	c := p.cases[in.id]
	if c.State != routing.Claimed || in.told >= len(in.helper) {
		return nil
	}
	words := in.helper[in.told]
	in.told++
	if p.helpsIn(c.Holder) > 1 {
		words = string(c.Code) + " " + words
	}
	if in.said < len(in.words) {
		answer := in.words[in.said]
		in.said++
		p.after(thinking, func(ctx context.Context) error {
			if !p.open[in.id] { // a text now would be a new case
				return nil
			}
			return p.handle(ctx, p.text(in.from, answer))
		})
	}
	p.after(nextWords, func(ctx context.Context) error { return p.converse(ctx, in) })
	return p.handle(ctx, p.text(p.phoneOf(c.Holder), words))
}

// stillOn lets a helper who was asked say that they are still there.
func (p *play) stillOn(ctx context.Context, in *incident) error {
	c := p.cases[in.id]
	switch {
	case c.State != routing.Claimed:
		return nil
	case in.told < len(in.helper):
		return p.converse(ctx, in)
	}
	return p.handle(ctx, p.text(p.phoneOf(c.Holder), "1 "+string(c.Code)))
}

// close lets whoever helps, or a desk, end a case.
func (p *play) close(ctx context.Context, in *incident) error {
	c := p.cases[in.id]
	switch {
	case !c.Open():
		return nil
	case in.outcome != "":
		return p.handle(ctx, routing.CloseOrdered{Order: routing.Order{Case: in.id}, Why: contacts.Conceal(in.why), Outcome: in.outcome})
	case c.State != routing.Claimed: // taken back meanwhile
		p.after(time.Minute, func(ctx context.Context) error { return p.close(ctx, in) })
		return nil
	}
	return p.handle(ctx, p.text(p.phoneOf(c.Holder), "XONG "+string(c.Code)))
}

// helpsIn counts the open cases that a contact has.
func (p *play) helpsIn(id contacts.ID) int {
	n := 0
	for open := range p.open {
		if p.cases[open].Holder == id {
			n++
		}
	}
	return n
}

// police is the first contact who is police.
func (p *play) police() contacts.ID {
	for _, c := range p.line.Directory.All() {
		if c.Kind == contacts.Police {
			return c.ID
		}
	}
	return ""
}

// phoneOf is the phone of a contact.
func (p *play) phoneOf(id contacts.ID) phone.Number {
	c, _ := p.line.Directory.Contact(id)
	return c.Phone
}
