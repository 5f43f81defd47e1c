package password

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrBusy means that too many wait for a hash already. Trying again after a moment is right.
var ErrBusy = errors.New("too many passwords are being compared")

// Lane is who waits together.
type Lane int

// The lanes.
const (
	// Strangers have one hash at a time, and at most five a second: trying passwords never takes more than a
	// fraction of one core from the gateway.
	Strangers Lane = iota
	// Known have been here before and prove it. They have two at once.
	Known
)

const (
	// strangerTime is how long at least a stranger keeps the lane. The answer does not wait for it.
	strangerTime = 200 * time.Millisecond
	// maxWaiting bounds how many wait in a lane: at five a second the last of them waits six seconds.
	maxWaiting = 30
)

// Hasher hashes and compares passwords, a few at once. It is safe for concurrent use.
type Hasher struct {
	cost  Cost
	lanes [2]lane
}

type lane struct {
	slots   chan struct{}
	waiting atomic.Int64
	least   time.Duration
}

// NewHasher makes a hasher; new hashes have the cost.
func NewHasher(cost Cost) *Hasher {
	h := &Hasher{cost: cost}
	h.lanes[Strangers].slots, h.lanes[Strangers].least = make(chan struct{}, 1), strangerTime
	h.lanes[Known].slots = make(chan struct{}, 2)
	return h
}

// Hash hashes a password. It does not ask whether it is a good one: see [Check].
func (h *Hasher) Hash(ctx context.Context, password string) (Hash, error) {
	done, err := h.lanes[Known].enter(ctx)
	if err != nil {
		return Hash{}, err
	}
	defer done()
	return h.cost.hash(password)
}

// Matches compares a password with a hash. It returns [ErrBusy] at once if too many wait in the lane.
func (h *Hasher) Matches(ctx context.Context, who Lane, hash Hash, password string) (bool, error) {
	done, err := h.lanes[who].enter(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return hash.matches(password), nil
}

// Outdated reports whether a hash was made with another cost than new ones are.
func (h *Hasher) Outdated(hash Hash) bool {
	return hash.cost != h.cost || len(hash.salt) != saltBytes || len(hash.sum) != sumBytes
}

// enter waits for a slot; the function it returns gives it back.
func (l *lane) enter(ctx context.Context) (func(), error) {
	if l.waiting.Add(1) > maxWaiting {
		l.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer l.waiting.Add(-1)
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a hash: %w", ctx.Err())
	}
	began := time.Now()
	return func() {
		if rest := l.least - time.Since(began); rest > 0 {
			time.AfterFunc(rest, func() { <-l.slots })
			return
		}
		<-l.slots
	}, nil
}
