package routing_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
)

// lines is a source of lines that is behind the stored one until it is refreshed.
type lines struct {
	mu        sync.Mutex
	now, next *routing.Line
	refreshed int
}

func (l *lines) Line(id contacts.LineID) (*routing.Line, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id != l.now.ID {
		return nil, routing.ErrUnknownLine
	}
	return l.now, nil
}

func (l *lines) Refresh(context.Context, contacts.LineID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now, l.refreshed = l.next, l.refreshed+1
	return nil
}

// service makes a service and counts the decisions it reports.
func service(store routing.Store, from routing.Lines) (*routing.Service, *[]routing.Decision) {
	var mu sync.Mutex
	decisions := &[]routing.Decision{}
	return routing.NewService(routing.Options{
		Store: store, Lines: from, Random: rand.IntN, Logger: slog.New(slog.DiscardHandler),
		Committed: []routing.Observer{func(_ *routing.Line, _ routing.Event, d routing.Decision, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			*decisions = append(*decisions, d)
		}},
	}), decisions
}

func text(sid routing.EventID, c contacts.Contact, body string) routing.Text {
	return routing.Text{SID: sid, From: c.Phone, Key: routingtest.PhoneKey(c.Phone), Body: contacts.Conceal(body), At: routingtest.Start()}
}

func personText(sid routing.EventID, body string) routing.Text {
	return routing.Text{SID: sid, From: an(), Key: routingtest.PhoneKey(an()), Body: contacts.Conceal(body), At: routingtest.Start()}
}

func TestService_TwoContactsAtTheSameInstant(t *testing.T) {
	t.Parallel()
	line := routingtest.Line(t)
	for range 20 {
		store := routingtest.NewMemory(routingtest.Start(), 1)
		s, decisions := service(store, &lines{now: line})
		if _, err := s.Handle(t.Context(), line.ID, personText("SM0", danger)); err != nil {
			t.Fatalf("Handle(text) = %v, want it to be stored", err)
		}
		var wg sync.WaitGroup
		for _, c := range line.Directory.All()[:3] {
			wg.Go(func() {
				if _, err := s.Handle(context.Background(), line.ID, text("SM-"+routing.EventID(c.ID), c, "1")); err != nil {
					t.Errorf("Handle(1 of %s) = %v, want it to be stored", c.ID, err)
				}
			})
		}
		wg.Wait()
		count := map[routing.Reason]int{}
		for _, d := range *decisions {
			count[d.Reason]++
		}
		if count[routing.ReasonClaimed] != 1 || count[routing.ReasonAlreadyTaken] != 2 {
			t.Fatalf("decisions = %v, want one claimed and two already taken", count)
		}
	}
}

func TestService_TheSameTextOnManyReplicas(t *testing.T) {
	t.Parallel()
	line := routingtest.Line(t)
	store := routingtest.NewMemory(routingtest.Start(), 1)
	s, decisions := service(store, &lines{now: line})
	var wg sync.WaitGroup
	var mu sync.Mutex
	stored, duplicates := 0, 0
	for range 20 {
		wg.Go(func() {
			_, err := s.Handle(context.Background(), line.ID, personText("SM0", urgent))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				stored++
			case errors.Is(err, routing.ErrDuplicate):
				duplicates++
			default:
				t.Errorf("Handle(text) = %v, want it to be stored or a duplicate", err)
			}
		})
	}
	wg.Wait()
	if stored != 1 || duplicates != 19 || len(*decisions) != 1 {
		t.Errorf("%d stored, %d duplicates, %d reported, want 1, 19, 1", stored, duplicates, len(*decisions))
	}
}

func TestService_TwoFirstTextsOfOnePhoneMakeOneCase(t *testing.T) {
	t.Parallel()
	line := routingtest.Line(t)
	store := routingtest.NewMemory(routingtest.Start(), 1)
	s, decisions := service(store, &lines{now: line})
	var wg sync.WaitGroup
	for _, sid := range []routing.EventID{"SM1", "SM2", "SM3", "SM4"} {
		wg.Go(func() {
			if _, err := s.Handle(context.Background(), line.ID, personText(sid, urgent)); err != nil {
				t.Errorf("Handle(%s) = %v, want it to be stored", sid, err)
			}
		})
	}
	wg.Wait()
	count := map[routing.Reason]int{}
	for _, d := range *decisions {
		count[d.Reason]++
	}
	if count[routing.ReasonOpened] != 1 || count[routing.ReasonAdded] != 3 {
		t.Errorf("decisions = %v, want one opened and three added", count)
	}
}

func TestService_DecidesAnewByAChangedLine(t *testing.T) {
	t.Parallel()
	was := routingtest.Line(t)
	is := routingtest.Line(t, routingtest.KeepApart(officer, an()), routingtest.Generation(2))
	from := &lines{now: was, next: is}
	s, _ := service(routingtest.NewMemory(routingtest.Start(), 2), from)
	d, err := s.Handle(t.Context(), was.ID, personText("SM0", danger))
	if err != nil || from.refreshed != 1 {
		t.Fatalf("Handle(text) = %v after %d refreshes, want it to be stored after one", err, from.refreshed)
	}
	for _, m := range d.Sends {
		if m.Contact == officer {
			t.Errorf("the police were alerted by the line as it was, want them kept apart")
		}
	}
}

// contested is a store in which somebody else is always quicker.
type contested struct {
	*routingtest.Memory
	commits int
	err     error
}

func (c *contested) Commit(context.Context, *routing.Line, routing.EventID, time.Time, routing.Decision) error {
	c.commits++
	return c.err
}

func TestService_GivesUpAndSaysSo(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection lost")
	tests := []struct {
		name string
		line contacts.LineID
		err  error // of every commit
		want error
		most int // commits
	}{
		{"always stale", "phuong-thu", routing.ErrStale, routing.ErrStale, 1000},
		{"store broken", "phuong-thu", broken, broken, 1},
		{"rules broken", "phuong-thu", routing.ErrNoDeadline, routing.ErrNoDeadline, 1},
		{"already handled elsewhere", "phuong-thu", routing.ErrDuplicate, routing.ErrDuplicate, 1},
		{"no such line", "phuong-khac", nil, routing.ErrUnknownLine, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &contested{Memory: routingtest.NewMemory(routingtest.Start(), 1), err: tt.err}
			s, decisions := service(store, &lines{now: routingtest.Line(t)})
			_, err := s.Handle(t.Context(), tt.line, personText("SM0", urgent))
			if !errors.Is(err, tt.want) || store.commits > tt.most {
				t.Errorf("Handle(text) = %v after %d commits, want %v after at most %d", err, store.commits, tt.want, tt.most)
			}
			if len(*decisions) != 0 {
				t.Errorf("%d decisions reported, want none: nothing was stored", len(*decisions))
			}
		})
	}
}

func TestService_StopsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store := &contested{Memory: routingtest.NewMemory(routingtest.Start(), 1), err: routing.ErrStale}
	s, _ := service(store, &lines{now: routingtest.Line(t)})
	if _, err := s.Handle(ctx, "phuong-thu", personText("SM0", urgent)); !errors.Is(err, context.Canceled) || store.commits != 1 {
		t.Errorf("Handle(text) = %v after %d commits, want %v after one", err, store.commits, context.Canceled)
	}
}
