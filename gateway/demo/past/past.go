// Package past makes up the two weeks before a demo begins: a ward's nights and weekends, its quick answers and its
// slow ones, so that the supervisor's board has something to show.
//
// The persons, their words and what everybody does are made up, by a script that is the same every time. What comes
// of it is not: every entry of the journal, every case and every response time is decided by the rules of package
// routing and written by routing/store, with the clock of a Redis in memory set back and going forward. Messages and
// calls of the past are handed to nobody; the rules are told that a carrier has taken them.
//
// The package promises that nothing of the past is open, on the agenda or in anybody's hands when it has been made;
// else [Make] fails. It refuses to make up what was done at desks: the access log knows the real time only, and what
// it says must be true. Orders from a desk are in the journal, where the rules put them, and not in the log.
package past

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/store/memory"
	"github.com/tincay/hotline/routing/triage"
)

// Days is how many days before the present one the past begins. It ends with the day before.
const Days = 14

// Past is what has happened in a ward. It does not change once made and can be copied into any number of Redises.
type Past struct {
	// Keyset is what everything in the past is sealed with: whoever goes on from it must use the same.
	Keyset *seal.Keyset
	// Generation is that of the line file of the past, [Before]. The line file of the present follows it.
	Generation int64
	Count      Count

	today  time.Time // the beginning of the day it is the past of
	memory *miniredis.Miniredis
}

// Count is what the script asks for, counted by itself and not by what came of it.
type Count struct {
	Cases      int
	Calls      int                    // of Cases, those that began with a call
	Urgencies  map[triage.Urgency]int // of Cases, as they arrived
	Taken      int
	Unanswered int // of Cases, those that nobody answered for a whole round of the policy
	FromDesk   int // closed from a desk
}

// errUnfinished means that the script leaves something open: it must not be shown as the past.
var errUnfinished = errors.New("the made-up past has not come to an end")

// Make makes the past of the day of an instant, for a ward with the line file that it has in the present. It takes
// about a second or two.
func Make(ctx context.Context, ward *line.File, now time.Time) (*Past, error) {
	keyset, err := seal.NewKeyset()
	if err != nil {
		return nil, fmt.Errorf("past: %w", err)
	}
	past := &Past{Keyset: keyset, today: midnight(now.In(ward.Zone)), memory: miniredis.NewMiniRedis()}
	if err := past.make(ctx, ward); err != nil {
		past.Close()
		return nil, fmt.Errorf("past: %w", err)
	}
	return past, nil
}

func (past *Past) make(ctx context.Context, ward *line.File) (err error) {
	rdb := memory.Client(past.memory)
	defer func() { err = errors.Join(err, rdb.Close()) }()
	shards, err := contactstore.CheckShards(ctx, rdb, 1)
	if err != nil {
		return err
	}
	before := Before(ward)
	past.Generation, err = contactstore.New(rdb, shards, past.Keyset).Put(ctx, before.ID, 0, before.MarshalStored())
	if err != nil {
		return err
	}
	incidents, err := script(past.today)
	if err != nil {
		return err
	}
	key := func(n phone.Number) phone.Key { return past.Keyset.PhoneKey(before.ID, n) }
	on := stage{store: store.New(rdb, shards, past.Keyset), line: before.Line(key, past.Generation), key: key, clock: past.clock()}
	if err := newPlay(on).run(ctx, incidents, past.today); err != nil {
		return err
	}
	past.Count = count(incidents)
	return nil
}

// ttlEvery is how often lifetimes are let pass: a Redis in memory has no clock for them.
const ttlEvery = time.Hour

// clock sets the clock of the past forward.
func (past *Past) clock() func(time.Time) {
	var aged time.Time
	return func(now time.Time) {
		past.memory.SetTime(now)
		if aged.IsZero() {
			aged = now
		}
		if passed := now.Sub(aged); passed >= ttlEvery {
			past.memory.FastForward(passed)
			aged = now
		}
	}
}

// Of reports whether it is the past of the day of an instant: tomorrow two weeks ago is another day.
func (past *Past) Of(now time.Time) bool {
	return midnight(now.In(past.today.Location())).Equal(past.today)
}

// CopyTo puts everything that has happened into a Redis in memory that is empty.
func (past *Past) CopyTo(to *miniredis.Miniredis) error { return memory.Copy(to, past.memory) }

// Close lets go of it.
func (past *Past) Close() { past.memory.Close() }

func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}

// count counts a script.
func count(incidents []*incident) Count {
	n := Count{Cases: len(incidents), Urgencies: map[triage.Urgency]int{}}
	for _, in := range incidents {
		n.Urgencies[in.urgency]++
		for _, of := range []struct {
			n  *int
			is bool
		}{{&n.Calls, in.call}, {&n.Taken, in.step > 0}, {&n.Unanswered, in.unanswered}, {&n.FromDesk, in.outcome != ""}} {
			if of.is {
				*of.n++
			}
		}
	}
	return n
}
