package supervisor

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/triage"
)

const (
	// snapshotLasts is how long what was read is good for although nothing is known to have changed: calls
	// move without an entry in the journal.
	snapshotLasts = time.Second
	// ahead is how far the board looks for hours that nobody covers.
	ahead = 24 * time.Hour
	// overdueAfter is how late a deadline may be before the board says so; workers look every 100 ms.
	overdueAfter = 10 * time.Second
	// outboxLate is how long a message may wait for the carrier before the board says so: the carrier takes
	// one a second and number, so a burst of alerts is out in less.
	outboxLate = 30 * time.Second
)

// snapshot is a line as it was read last. Many pages ask at once and get one reading.
type snapshot struct {
	mu     sync.Mutex
	at     time.Time // zero: to be read
	cases  []*routing.Case
	onCall []contacts.Contact
	gaps   []coverage.Gap
	err    error
}

// forget has a line read anew by whoever asks next. One that is being read is read again, since the reading
// may be from before the change.
func (b *Board) forget(id contacts.LineID) {
	b.mu.Lock()
	delete(b.views, id)
	b.mu.Unlock()
	b.fragments.forget()
}

// look returns a line as it is now, or was a moment ago with nothing known to have changed since.
func (b *Board) look(ctx context.Context, l *routing.Line) (*snapshot, error) {
	b.mu.Lock()
	s := b.views[l.ID]
	if s == nil {
		s = &snapshot{}
		b.views[l.ID] = s
	}
	b.mu.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	if now := b.o.Now(); s.at.IsZero() || now.Sub(s.at) >= snapshotLasts || now.Before(s.at) || s.err != nil {
		s.err = s.read(ctx, b, l, now)
		s.at = now
	}
	if s.err != nil {
		return nil, s.err
	}
	return &snapshot{at: s.at, cases: s.cases, onCall: s.onCall, gaps: s.gaps}, nil
}

func (s *snapshot) read(ctx context.Context, b *Board, l *routing.Line, now time.Time) error {
	cases, err := b.o.Cases.OpenCases(ctx, l.ID)
	if err != nil {
		return err
	}
	said, err := b.o.Cases.Duty(ctx, l.ID)
	if err != nil {
		return err
	}
	s.cases, s.onCall = cases, nil
	onCall := routing.OnCall(l, said, now)
	for _, c := range l.Directory.All() {
		if !c.Retired && onCall(c.ID) {
			s.onCall = append(s.onCall, c)
		}
	}
	s.gaps = coverage.GapsAsSaid(l, said, now, ahead)
	return nil
}

// alarms reports whether a case of a line is one that nobody may overlook: nobody has taken it in a full round, or
// it is danger and has waited for as long as the line's target allows.
func alarms(l *routing.Line, c *routing.Case, now time.Time) bool {
	since, waits := c.WaitsSince()
	if !waits {
		return false
	}
	return c.Unanswered || c.Urgency == triage.ImmediateDanger && now.Sub(since) >= l.Targets.Danger.Within
}

// waitsSince is since when a person has waited for a human: since they first wrote, or since whoever had the
// case was out of it.
func waitsSince(c *routing.Case) time.Time {
	since, _ := c.WaitsSince()
	return since
}

// byUrgency puts cases in the order in which they are to be looked at: by urgency, then those nobody has first, then by
// age.
func byUrgency(now time.Time) func(x, y seen) int {
	rank := func(s seen) int {
		switch {
		case alarms(s.l, s.c, now):
			return 0
		case s.c.State == routing.Alerting:
			return 1
		}
		return 2
	}
	return func(x, y seen) int {
		return cmp.Or(
			y.c.Urgency.Severity()-x.c.Urgency.Severity(), rank(x)-rank(y), x.c.ArrivedAt.Compare(y.c.ArrivedAt), cmp.Compare(x.c.ID, y.c.ID),
		)
	}
}

// seen is a case with its line.
type seen struct {
	l *routing.Line
	c *routing.Case
}

// health is what is known of the parts that the board itself cannot see on its pages.
type health struct {
	StoredErr bool // nothing could be stored
	Outbox    time.Duration
	OutboxErr bool
}

// Whether something can be stored is found out by storing something, so all pages get one answer.
func (b *Board) health(ctx context.Context) health {
	b.healthy.Lock()
	defer b.healthy.Unlock()
	now := b.o.Now()
	if old(b.healthy.at, now) {
		b.healthy.health, b.healthy.at = b.readHealth(ctx), now
	}
	return b.healthy.health
}

// healthSeen is health as it was last.
type healthSeen struct {
	sync.Mutex
	at time.Time
	health
}

func (b *Board) readHealth(ctx context.Context) health {
	var h health
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	h.StoredErr = b.o.Cases.Probe(ctx) != nil
	waiting, err := b.o.Cases.OldestWaiting(ctx)
	h.OutboxErr = err != nil
	for _, d := range waiting {
		h.Outbox = max(h.Outbox, d)
	}
	return h
}

// overdue reports whether a deadline of a case should have been acted on.
func overdue(cases []seen, now time.Time) bool {
	return slices.ContainsFunc(cases, func(s seen) bool {
		d, ok := s.c.NextDeadline()
		return ok && now.Sub(d.At) >= overdueAfter
	})
}
