package past

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
)

// stage is where a script is played.
type stage struct {
	store routing.Store
	line  *routing.Line
	key   func(phone.Number) phone.Key // the line's keyed look-up
	clock func(time.Time)              // sets the store's clock forward
}

// play lets the script happen. It is for one goroutine.
type play struct {
	stage
	service *routing.Service

	now     time.Time
	queue   queue
	planned int
	sids    int

	cases   map[routing.CaseID]*routing.Case // as they were stored last
	open    map[routing.CaseID]bool
	persons map[phone.Key]routing.Person
	out     map[routing.EntryID]bool // on the agenda
	of      map[routing.CaseID]*incident
	calls   map[routing.CallID]*call
	coming  *incident // whose case is about to open
}

func newPlay(on stage) *play {
	p := &play{
		stage: on, cases: map[routing.CaseID]*routing.Case{}, open: map[routing.CaseID]bool{}, persons: map[phone.Key]routing.Person{},
		out: map[routing.EntryID]bool{}, of: map[routing.CaseID]*incident{}, calls: map[routing.CallID]*call{},
	}
	p.service = routing.NewService(routing.Options{Store: on.store, Lines: p, Random: newRandom().IntN})
	return p
}

// Line returns the line of the past, as [routing.Lines] asks.
func (p *play) Line(id contacts.LineID) (*routing.Line, error) {
	if id != p.line.ID {
		return nil, routing.ErrUnknownLine
	}
	return p.line, nil
}

// Refresh does nothing: nobody changes the line while the past is made.
func (p *play) Refresh(context.Context, contacts.LineID) error { return nil }

// at plans something.
func (p *play) at(at time.Time, do func(context.Context) error) {
	p.planned++
	p.queue.plan(at, p.planned, do)
}

// after plans something for some time from now.
func (p *play) after(d time.Duration, do func(context.Context) error) { p.at(p.now.Add(d), do) }

// run lets the incidents happen, and all that follows from them, until nothing is planned or due any more. That must be
// before an instant.
func (p *play) run(ctx context.Context, incidents []*incident, until time.Time) error {
	for _, in := range incidents {
		p.at(in.at, func(ctx context.Context) error { return p.begin(ctx, in) })
	}
	for {
		id, due := p.nextDeadline()
		planned := len(p.queue) > 0
		next := happening{at: due, do: func(ctx context.Context) error { return p.handle(ctx, routing.DeadlineReached{Case: id}) }}
		switch {
		case !planned && id == "" && len(p.out) == 0:
			return nil
		case planned && (id == "" || !due.Before(p.queue[0].at)):
			next = p.queue.next()
		case id == "":
			return fmt.Errorf("%d messages are on nobody's mind: %w", len(p.out), errUnfinished)
		}
		if !next.at.Before(until) {
			return fmt.Errorf("%d cases are open: %w", len(p.open), errUnfinished)
		}
		p.forward(next.at)
		if err := next.do(ctx); err != nil {
			return err
		}
	}
}

// forward sets the clock forward.
func (p *play) forward(to time.Time) {
	if to.After(p.now) {
		p.now = to
	}
	p.clock(p.now)
}

// nextDeadline is the earliest of all open cases.
func (p *play) nextDeadline() (id routing.CaseID, at time.Time) {
	for open := range p.open {
		c := p.cases[open]
		next, ok := c.NextDeadline()
		if ok && (id == "" || next.At.Before(at) || next.At.Equal(at) && c.ID < id) {
			id, at = c.ID, next.At
		}
	}
	return id, at
}

// handle puts an event to the rules and plans what comes of it.
func (p *play) handle(ctx context.Context, e routing.Event) error {
	d, err := p.service.Handle(ctx, p.line.ID, e)
	if errors.Is(err, routing.ErrDuplicate) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("at %s: %w", p.now.Format(time.DateTime), err)
	}
	for _, ch := range d.Cases {
		c := ch.After
		if p.cases[c.ID] = c; c.Open() {
			p.open[c.ID] = true
		} else {
			delete(p.open, c.ID)
		}
	}
	for _, person := range d.Persons {
		p.persons[person.Key] = person
	}
	if d.Done != nil {
		delete(p.out, d.Done.ID)
	}
	for i, s := range d.Sends {
		p.out[s.ID] = true
		p.after(takes+time.Duration(i)*stagger, func(ctx context.Context) error { return p.carry(ctx, s) })
	}
	for _, n := range d.Notes {
		if n.Kind == routing.NoteOpened && p.coming != nil {
			p.coming.id, p.of[n.Case] = n.Case, p.coming
		}
		if in := p.of[n.Case]; in != nil {
			p.goOn(in, n)
		}
	}
	return nil
}

// What a carrier takes for a request, and how far apart those of one decision are.
const (
	takes   = 340 * time.Millisecond
	stagger = 90 * time.Millisecond
)

// carry does with a message what a worker and a carrier do, but for sending it.
func (p *play) carry(ctx context.Context, s routing.Send) error {
	c := p.cases[s.Case]
	person := s.Person
	if c != nil {
		person = c.Person
	}
	e := routing.SendFinished{Send: s, Result: routing.SendAccepted, NotFirst: c != nil && !c.FirstAlertAt.IsZero(), At: p.now}
	switch routing.Wanted(s, c, p.persons[person], routing.World{Now: p.now, Line: p.line}) {
	case routing.TooLate:
		e.Result = routing.SendExpired
	case routing.NotWanted:
		e.Result = routing.SendUnwanted
	case routing.StillWanted:
		if s.OfCall() {
			return p.carryCall(ctx, s, e)
		}
		e.SID = p.sid("SM")
	}
	return p.handle(ctx, e)
}

// sid is an id such as a carrier gives.
func (p *play) sid(kind string) string {
	p.sids++
	return fmt.Sprintf("%s%032x", kind, p.sids)
}

// text is a text to the line.
func (p *play) text(from phone.Number, words string) routing.Text {
	return routing.Text{
		SID: routing.EventID(p.sid("SM")), From: from, Key: p.key(from), To: p.support(),
		Body: contacts.Conceal(words), At: p.now,
	}
}

// support is the number everybody writes to.
func (p *play) support() phone.Number { return p.line.Numbers[0].Number }
