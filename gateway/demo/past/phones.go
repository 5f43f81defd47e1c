package past

import (
	"context"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
)

// How long things take on a telephone.
const (
	greeting  = 9 * time.Second  // until a caller has heard which key is for what
	holdTurn  = 10 * time.Second // between two questions of a call that waits what is to be heard
	question  = 5 * time.Second  // until a contact has heard what they are asked
	farewell  = 2 * time.Second
	signal    = 250 * time.Millisecond // for the carrier to say that a call has ended, or has been pushed
	comesOver = 6 * time.Second        // until a helper picks up who is to talk with the person
)

// call is a telephone call as the carrier knows it.
type call struct {
	id      routing.CallID
	leg     routing.EntryID
	about   routing.CaseID
	from    phone.Number // of a call of a person; zero of one with a contact
	contact contacts.ID
	status  routing.CallStatus
	inside  bool // in the conference
}

// legOf is the leg of a call as the case has it now; nil if it has none any more.
func (p *play) legOf(c *call) *routing.Leg {
	about := p.cases[c.about]
	if about == nil {
		return nil
	}
	for i := range about.Legs {
		if about.Legs[i].Call == c.id {
			return &about.Legs[i]
		}
	}
	return nil
}

// dial lets a person call the line.
func (p *play) dial(ctx context.Context, in *incident) error {
	c := &call{id: routing.CallID(p.sid("CA")), from: in.from, status: routing.CallUp}
	p.calls[c.id], in.own = c, c
	err := p.handle(ctx, routing.CallCame{
		Call: c.id, From: c.from, Key: p.key(c.from), To: p.support(), At: p.now,
	})
	if err != nil {
		return err
	}
	c.about = in.id
	if l := p.legOf(c); l != nil {
		c.leg = l.ID
	}
	p.after(greeting, func(ctx context.Context) error { return p.ask(ctx, c, in.key) })
	if in.patience > 0 {
		p.after(in.patience, func(ctx context.Context) error {
			if l := p.legOf(c); l == nil || l.State == routing.LegJoined {
				return nil
			}
			return p.hang(ctx, c, routing.CallOver)
		})
	}
	return nil
}

// carryCall does what an entry about calls asks for.
func (p *play) carryCall(ctx context.Context, s routing.Send, e routing.SendFinished) error {
	switch s.Purpose {
	case routing.PurposeCall:
		c := &call{id: routing.CallID(p.sid("CA")), leg: s.ID, about: s.Case, contact: s.Contact, status: routing.CallQueued}
		p.calls[c.id] = c
		e.SID = string(c.id)
		p.after(s.Ring, func(ctx context.Context) error {
			if c.status != routing.CallQueued {
				return nil
			}
			return p.hang(ctx, c, routing.CallNoAnswer)
		})
		if err := p.handle(ctx, e); err != nil {
			return err
		}
		if l := p.legOf(c); l != nil && l.Ask == routing.AskJoin {
			p.after(comesOver, func(ctx context.Context) error { return p.pickUp(ctx, c, "1") })
		}
		return nil
	case routing.PurposePush:
		c := p.calls[s.Call]
		if c.status.Over() {
			e.Result = routing.SendRefused
		} else {
			p.after(signal, func(ctx context.Context) error { return p.ask(ctx, c, "") })
		}
	case routing.PurposeCancel:
		c := p.calls[s.Call]
		if c.status != routing.CallQueued {
			e.Result = routing.SendRefused
		} else {
			p.after(signal, func(ctx context.Context) error { return p.hang(ctx, c, routing.CallCanceled) })
		}
	case routing.PurposeLook:
		seen := routing.CallsSeen{Send: s, Calls: map[routing.CallID]routing.CallStatus{}, Inside: map[routing.CallID]bool{}}
		for _, l := range p.cases[s.Case].Legs {
			if c := p.calls[l.Call]; c != nil {
				seen.Calls[c.id], seen.Inside[c.id] = c.status, c.inside
			}
		}
		return p.handle(ctx, seen)
	}
	return p.handle(ctx, e)
}

// pickUp lets a contact answer the telephone and press a key once they know what it is about.
func (p *play) pickUp(ctx context.Context, c *call, key string) error {
	if c.status != routing.CallQueued {
		return nil
	}
	p.after(question, func(ctx context.Context) error { return p.ask(ctx, c, key) })
	return p.ask(ctx, c, "")
}

// ask lets a call ask what is to be heard next, with a key that was pressed or none.
func (p *play) ask(ctx context.Context, c *call, key string) error {
	l := p.legOf(c)
	if c.status.Over() || l == nil {
		return nil
	}
	left := c.inside
	c.status, c.inside = routing.CallUp, false
	err := p.handle(ctx, routing.CallTurn{Leg: c.leg, Call: c.id, Turn: l.Turn, Key: key, Left: left})
	if err != nil {
		return err
	}
	switch l = p.legOf(c); {
	case l == nil:
		c.status = routing.CallOver
	case l.State == routing.LegEnding:
		p.after(farewell, func(ctx context.Context) error { return p.hang(ctx, c, routing.CallOver) })
	case l.State == routing.LegJoined:
		c.inside = !l.Back
	case l.State == routing.LegWaiting:
		turn := l.Turn
		p.after(holdTurn, func(ctx context.Context) error {
			if l := p.legOf(c); l == nil || l.Turn != turn || l.State != routing.LegWaiting {
				return nil
			}
			return p.ask(ctx, c, "")
		})
	case l.Ask == routing.AskStillOn: // the person has hung up, and the helper is asked what is to become of the case
		if p.of[c.about].outcome != "" {
			p.after(farewell, func(ctx context.Context) error { return p.hang(ctx, c, routing.CallOver) })
		} else {
			p.after(question, func(ctx context.Context) error { return p.ask(ctx, c, "9") })
		}
	}
	return nil
}

// hang ends a call, and with it the conference that it is in.
func (p *play) hang(ctx context.Context, c *call, status routing.CallStatus) error {
	if c.status.Over() {
		return nil
	}
	inside := c.inside
	c.status, c.inside = status, false
	e := routing.CallChanged{Leg: c.leg, Call: c.id, Status: status, At: p.now}
	if c.contact == "" {
		e.Leg, e.Incoming, e.From, e.Key, e.To = "", true, c.from, p.key(c.from), p.support()
	}
	if err := p.handle(ctx, e); err != nil || !inside {
		return err
	}
	for _, l := range p.cases[c.about].Legs {
		if other := p.calls[l.Call]; other != nil && other.inside {
			p.after(signal, func(ctx context.Context) error { return p.ask(ctx, other, "") })
		}
	}
	return nil
}
