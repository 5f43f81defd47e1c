package demo

import (
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

const (
	// ticketLifetime is how long a ticket to the board is good: the browser goes there at once.
	ticketLifetime = 30 * time.Second
	// mostTickets bounds the tickets that nobody has used yet.
	mostTickets = 100
)

var errTickets = errors.New("too many tickets that nobody uses")

// tickets let the browsers that ask for one on the demo's page into the board, each once.
type tickets struct {
	mu   sync.Mutex
	good map[string]time.Time // until when, by ticket
}

// issue makes a ticket.
func (t *tickets) issue(now time.Time) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ticket, until := range t.good {
		if !now.Before(until) {
			delete(t.good, ticket)
		}
	}
	if len(t.good) >= mostTickets {
		return "", errTickets
	}
	if t.good == nil {
		t.good = map[string]time.Time{}
	}
	ticket := rand.Text()
	t.good[ticket] = now.Add(ticketLifetime)
	return ticket, nil
}

// take reports whether a ticket is good, which it is no more after that.
func (t *tickets) take(ticket string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	until, issued := t.good[ticket]
	delete(t.good, ticket)
	return issued && now.Before(until)
}
