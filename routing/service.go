package routing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
)

// Errors of [Service.Handle] and of the [Store] it uses.
var (
	// ErrStale means that a record or an index entry changed between loading and committing: load and
	// decide again.
	ErrStale = errors.New("changed since it was loaded")
	// ErrStaleLine means that the line file was changed: get the line anew, then load and decide again.
	ErrStaleLine = errors.New("line changed since the decision")
	// ErrDuplicate means that the event has had its effect already.
	ErrDuplicate = errors.New("event already handled")
	// ErrNoDeadline means that a commit would leave an open case without a deadline. It is a fault of the
	// rules; nothing was written.
	ErrNoDeadline = errors.New("open case without a deadline")
	// ErrUnknownLine means that there is no such line.
	ErrUnknownLine = errors.New("unknown line")
)

// Query says what to load for an event.
type Query struct {
	Line    contacts.LineID
	Event   EventID     // empty: cannot be a duplicate
	Sender  phone.Key   // of a text; empty: none
	Contact contacts.ID // the sender as a contact; empty: they are none
	Case    CaseID      // the case concerned, with its person; empty: none
	Call    CallID      // the case that this call belongs to; empty: none
	Coded   Code        // the case that has this code, whoever knows of it; empty: none
	Codes   []Code      // candidates for the code of a new case
}

// Loaded is what was found.
type Loaded struct {
	Now       time.Time // the store's clock
	Duplicate bool      // the event has had its effect already; nothing else is filled in
	State     State
	Code      Code // the first candidate that is free
	Woken     map[contacts.ID]time.Time
	Duty      map[contacts.ID]Duty
}

// Store is what the service needs of the storage.
type Store interface {
	// Load reads what a query asks for.
	Load(ctx context.Context, q Query) (Loaded, error)
	// Commit stores a decision in one atomic step, or nothing of it. now is the Loaded.Now it was decided
	// at; zero if nothing was loaded. It fails with ErrStale,
	// ErrStaleLine, ErrDuplicate or ErrNoDeadline; after any other error it may have been stored.
	Commit(ctx context.Context, line *Line, event EventID, now time.Time, d Decision) error
}

// Lines is where the service gets the lines from.
type Lines interface {
	// Line returns the line as last seen, or ErrUnknownLine.
	Line(id contacts.LineID) (*Line, error)
	// Refresh makes sure that Line returns nothing older than what is stored now.
	Refresh(ctx context.Context, id contacts.LineID) error
}

// Observer hears of every decision that was stored: for the log, the metrics and the worker that
// carries it out. It must not block.
type Observer func(line *Line, e Event, d Decision, took time.Duration)

// Options are what a [Service] is made of.
type Options struct {
	Store  Store
	Lines  Lines
	Random func(below int) int // for case codes
	Logger *slog.Logger
	// Committed hears of every stored decision, in the order of the list.
	Committed []Observer
}

// Service handles events: load, decide, commit. It holds no state of its own; any number of them may
// run beside each other.
type Service struct {
	o Options
}

// NewService makes a service.
func NewService(o Options) *Service { return &Service{o: o} }

// attempts bounds how often an event is decided anew because others were quicker. Each conflict means
// that somebody else's commit went through, so the loop makes progress as a whole; a flood of texts
// from one phone is the worst case.
const attempts = 100

// Handle carries an event through. It returns the decision that was stored; for a duplicate the zero
// Decision and ErrDuplicate. After any other error it is not known whether the event had its effect,
// and it can be handled again.
func (s *Service) Handle(ctx context.Context, line contacts.LineID, e Event) (Decision, error) {
	start := time.Now()
	for range attempts {
		l, err := s.o.Lines.Line(line)
		if err != nil {
			return Decision{}, fmt.Errorf("handle %s: %w", e.Name(), err)
		}
		d, err := s.try(ctx, l, e)
		switch {
		case err == nil:
			took := time.Since(start)
			for _, observe := range s.o.Committed {
				observe(l, e, d, took)
			}
			return d, nil
		case errors.Is(err, ErrStale):
		case errors.Is(err, ErrStaleLine):
			if err := s.o.Lines.Refresh(ctx, line); err != nil {
				return Decision{}, fmt.Errorf("handle %s: %w", e.Name(), err)
			}
		default:
			return Decision{}, fmt.Errorf("handle %s: %w", e.Name(), err)
		}
		if err := ctx.Err(); err != nil {
			return Decision{}, fmt.Errorf("handle %s: %w", e.Name(), err)
		}
	}
	return Decision{}, fmt.Errorf("handle %s: %w %d times", e.Name(), ErrStale, attempts)
}

func (s *Service) try(ctx context.Context, l *Line, e Event) (Decision, error) {
	if done, ok := e.(SendFinished); ok && !done.concernsCase() {
		// Nothing stored is needed to take it off the agenda.
		d := Decide(State{}, e, World{Line: l})
		return d, s.o.Store.Commit(ctx, l, e.ID(), time.Time{}, d)
	}
	q := s.query(l, e)
	loaded, err := s.o.Store.Load(ctx, q)
	if err != nil {
		return Decision{}, err
	}
	if loaded.Duplicate {
		return Decision{}, ErrDuplicate
	}
	if more := s.more(q, l, e, loaded.State); more.Sender != q.Sender {
		q = more
		if loaded, err = s.o.Store.Load(ctx, q); err != nil {
			return Decision{}, err
		}
	}
	if len(q.Codes) > 0 && loaded.Code == "" {
		return Decision{}, ErrStale // every candidate is in use: try others
	}
	d := Decide(loaded.State, e, World{Now: loaded.Now, Line: l, Code: loaded.Code, Woken: loaded.Woken, Duty: loaded.Duty})
	if d.empty() && e.ID() == "" {
		return d, nil
	}
	return d, s.o.Store.Commit(ctx, l, e.ID(), loaded.Now, d)
}

// query says what an event concerns.
func (s *Service) query(l *Line, e Event) Query {
	q := Query{Line: l.ID, Event: e.ID()}
	switch e := e.(type) {
	case Text:
		q.Sender, q.Codes = e.Key, NewCodes(s.o.Random)
		if c, ok := l.Directory.ByPhone(e.Key); ok {
			q.Contact = c.ID
			if cmd := ParseCommand(e.Body.Reveal()); c.Kind == contacts.Supervisor && cmd.Verb == VerbClose {
				q.Coded = cmd.Code
			}
		}
	case ReopenOrdered:
		q.Case, q.Codes = e.Case, NewCodes(s.o.Random)
	case orderEvent:
		q.Case = e.given().Case
	case CallCame:
		q.Sender, q.Call, q.Codes = e.Key, e.Call, NewCodes(s.o.Random)
		q.Contact = contactOf(l, e.Key)
	case CallChanged:
		q.Case, q.Call = e.Leg.Case(), e.Call
		if e.Incoming {
			q.Sender, q.Codes, q.Contact = e.Key, NewCodes(s.o.Random), contactOf(l, e.Key)
		}
	case CallTurn:
		q.Case, q.Call = e.Leg.Case(), e.Call
	case CallsSeen:
		q.Case = e.Send.Case
	case Recorded:
		q.Case, q.Call = e.Leg.Case(), e.Call
	case RecordingFetched:
		q.Case = e.Send.Case
	case Called:
		q.Sender, q.Codes = e.Key, NewCodes(s.o.Random)
	case DeadlineReached:
		q.Case = e.Case
	case SendFinished:
		q.Case = e.Send.Case
	case DeliveryFailed:
		q.Case = e.Entry.Case()
	case LineChanged:
		q.Case = e.Case
	}
	return q
}

// contactOf is the contact whose phone has a key; empty if it is nobody's.
func contactOf(l *Line, key phone.Key) contacts.ID {
	c, _ := l.Directory.ByPhone(key)
	return c.ID
}

// more says what else an event concerns, now that the case is known that it is about: the open case of whoever
// asks for help of their own on a call, or whose closed case is to be opened again.
func (s *Service) more(q Query, l *Line, e Event, st State) Query {
	if order, ok := e.(ReopenOrdered); ok {
		for _, c := range st.Cases {
			if c.ID == order.Case {
				q.Sender = c.Person
			}
		}
		return q
	}
	turn, ok := e.(CallTurn)
	if !ok {
		return q
	}
	c, leg := LegOf(st, Decision{}, turn.Leg, turn.Call)
	switch {
	case leg == nil:
	case leg.Person() && !c.Open():
		q.Sender, q.Codes = c.Person, NewCodes(s.o.Random)
	case !leg.Person() && turn.Key == "5":
		q.Sender, q.Codes = l.Directory.KeyOf(leg.Contact), NewCodes(s.o.Random)
	}
	return q
}

func (d Decision) empty() bool {
	return len(d.Cases) == 0 && len(d.Persons) == 0 && len(d.Words) == 0 && len(d.Sends) == 0 &&
		d.Done == nil && len(d.Forget) == 0 && len(d.Duty) == 0 && len(d.Also) == 0 && len(d.Notes) == 0
}
