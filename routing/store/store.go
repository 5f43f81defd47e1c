// Package store keeps cases, persons, words and the agenda in Redis.
//
// [Store.Commit] is one Lua script and the only writer of case state: it stores all of a decision or
// nothing. It refuses a change based on a record, an index entry or a line file that has changed since,
// an event that had its effect already, and an open case without a deadline. Everything one commit
// touches lives in one hash slot.
//
// Round trips to Redis for one inbound text: two when it opens a case (load; commit), three when it
// concerns cases that exist (load what the sender's number leads to; load those cases; commit).
//
// Case records and agenda entries are sealed with the keyset, what people wrote and their numbers with
// the person's own key; key names, scores and the journal hold nothing personal.
package store

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
)

const (
	// seenKept is how long an event is known to have had its effect: longer than any carrier repeats.
	seenKept = 48 * time.Hour
	// codeRest is how long the code of a closed case is not used again (contract §5).
	codeRest = 7 * 24 * time.Hour
	// wordsKept is how long words are kept after their case is closed (domain.md §5, retention).
	wordsKept = 90 * 24 * time.Hour
)

// Errors of this package beyond those of routing.
var (
	errBadRecord = errors.New("stored record cannot be read")
	// ErrNoWords means that words have expired or their person was erased.
	ErrNoWords = errors.New("words are gone")
	// ErrNoPerson means that nothing is kept of this person (any more).
	ErrNoPerson = errors.New("person is not known")
)

// Store implements routing.Store, and the agenda for the workers.
type Store struct {
	rdb    redis.UniversalClient
	shards contactstore.Shards
	keyset *seal.Keyset
	names  *names
	clocks map[shard]*clock
}

// New makes a store; shards must be what contacts/store.CheckShards returned.
func New(rdb redis.UniversalClient, shards contactstore.Shards, keyset *seal.Keyset) *Store {
	s := &Store{rdb: rdb, shards: shards, keyset: keyset, names: &names{keyset: keyset}, clocks: make(map[shard]*clock, shards)}
	for _, sh := range shards.All() {
		s.clocks[sh] = &clock{}
	}
	return s
}

// Shards returns every shard, to run a worker on each.
func (s *Store) Shards() []contactstore.Shard { return s.shards.All() }

// clock follows the clock of the Redis node a shard lives on, so that scores of the agenda mean the same
// to every replica whatever their own clocks say.
type clock struct {
	seen atomic.Pointer[reading]
}

type reading struct {
	redis time.Time
	local time.Time // with a monotonic part
}

// observe takes a reading. A reading is late by the answer's way back, so the clock is never ahead.
func (c *clock) observe(redisTime time.Time) {
	c.seen.Store(&reading{redis: redisTime.UTC(), local: time.Now()})
}

// now is the node's time as far as known; ok is false before the first reading.
func (c *clock) now() (t time.Time, ok bool) {
	r := c.seen.Load()
	if r == nil {
		return time.Time{}, false
	}
	return r.redis.Add(time.Since(r.local)), true
}

// truncate drops what records do not keep, so that a decision sees the same before and after storing.
func truncate(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// pipelined runs commands in one round trip. A value that is absent (redis.Nil) is not an error; go-redis
// returns the first error of all commands, and would return that one in place of a real one behind it.
func (s *Store) pipelined(ctx context.Context, add func(redis.Pipeliner)) error {
	cmds, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		add(p)
		return nil
	})
	for _, c := range cmds {
		if e := c.Err(); e != nil && !errors.Is(e, redis.Nil) {
			return e
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// text returns an answer of HMGET as bytes; nil if the field is absent.
func text(v any) []byte {
	if s, ok := v.(string); ok {
		return []byte(s)
	}
	return nil
}

// number returns an answer of HMGET as an integer.
func number(v any) (int64, error) {
	s, ok := v.(string)
	if !ok {
		return 0, errBadRecord
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errBadRecord
	}
	return n, nil
}
