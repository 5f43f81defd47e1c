package store

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/routing"
)

//go:embed pace.lua
var paceSource string

var paceScript = redis.NewScript(paceSource)

const (
	// paceAskAgain is after what time whoever waits has to ask again, however long the queue is. Most who
	// leave it do so together and without a word, when somebody takes their case; until they are found
	// missing they keep others, who may be in danger, from slots that nobody uses.
	paceAskAgain = time.Second
	// paceGrace is how much later than promised one may ask without being forgotten.
	paceGrace = 500 * time.Millisecond
	// paceKept is how long everything about the pace is kept when nobody asks. It only has to be longer than
	// paceAskAgain and paceGrace.
	paceKept = time.Minute
	// longestGap keeps the arithmetic within its bounds: a rate of less than a call a day is as good as one.
	longestGap = 24 * time.Hour
)

// Pace asks for the slot of a call, of which the whole account has rate a second (0 or less, or no number,
// stands for [routing.DefaultCallRate]). A wait of 0 means that the slot is the call's: place it now. Else
// ask again after the wait, at least a millisecond and at most a second.
//
// The slot goes to the most urgent of those who wait, of these to who asked first; asking again, also with
// another priority, keeps the time of first asking. Whoever has not asked again half a second after the end
// of their wait is forgotten: their call may have been dropped. Until then a free slot is kept for them. A
// slot that was given and not used, or whose answer was lost, is gone, and asking again is asking for another.
// A slot lasts as long as the rate of the call that took it says, so that lines of one account with
// different rates each keep their own.
//
// The only errors are Redis' own.
func (s *Store) Pace(ctx context.Context, id routing.EntryID, p routing.Priority, rate float64) (wait time.Duration, err error) {
	us, err := paceScript.Run(ctx, s.rdb, []string{callsSlotKey(), callsWaitingKey(), callsUntilKey()},
		string(id), int(p), callGap(rate).Microseconds(),
		paceAskAgain.Microseconds(), paceGrace.Microseconds(), paceKept.Milliseconds()).Int64()
	if err != nil {
		return 0, fmt.Errorf("pace call: %w", err)
	}
	return time.Duration(us) * time.Microsecond, nil
}

// callGap is the time between two calls at a rate, rounded up to microseconds so that there are never more than so many.
func callGap(rate float64) time.Duration {
	if !(rate > 0) { // so that NaN is among them
		rate = routing.DefaultCallRate
	}
	us := min(max(math.Ceil(1e6/rate), 1), float64(longestGap.Microseconds()))
	return time.Duration(us) * time.Microsecond
}
