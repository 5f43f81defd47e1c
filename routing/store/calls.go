package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// OnPhone reports whether a contact is on the telephone with this line already, or being rung by it, by
// another leg than the one given.
func (s *Store) OnPhone(ctx context.Context, line contacts.LineID, id contacts.ID, but routing.EntryID) (bool, error) {
	live, err := s.rdb.HGetAll(ctx, callsKey(s.shards.Of(line), line)).Result()
	if err != nil {
		return false, fmt.Errorf("calls under way: %w", err)
	}
	key := s.names.key(line, id)
	for leg, who := range live {
		if strings.TrimPrefix(who, livePerson+" ") == key && routing.EntryID(leg) != but {
			return true, nil
		}
	}
	return false, nil
}

// KnownCalls reports which of the carrier's ids are known to be calls of ours: because the carrier's answer
// said so, or the call itself has been heard of.
func (s *Store) KnownCalls(ctx context.Context, line contacts.LineID, ids []string) (map[string]bool, error) {
	known, err := s.Attributed(ctx, line, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		n, err := s.rdb.Exists(ctx, callKey(s.shards.Of(line), line, routing.CallID(id))).Result()
		if err != nil {
			return nil, fmt.Errorf("look up call: %w", err)
		}
		known[id] = known[id] || n > 0
	}
	return known, nil
}

// LiveCalls counts the calls under way of a line: those of persons and those with contacts.
func (s *Store) LiveCalls(ctx context.Context, line contacts.LineID) (persons, helpers int, err error) {
	live, err := s.rdb.HVals(ctx, callsKey(s.shards.Of(line), line)).Result()
	if err != nil {
		return 0, 0, fmt.Errorf("calls under way: %w", err)
	}
	for _, who := range live {
		if who == livePerson || strings.HasPrefix(who, livePerson+" ") {
			persons++
		} else {
			helpers++
		}
	}
	return persons, helpers, nil
}

// Leg finds a call by the carrier's id, else by ours, and the case it belongs to. The leg is nil if it is
// known no more, the case if that is not known either.
func (s *Store) Leg(ctx context.Context, line contacts.LineID, id routing.EntryID, call routing.CallID) (*routing.Case, *routing.Leg, error) {
	sh := s.shards.Of(line)
	if call != "" {
		known, err := s.rdb.Get(ctx, callKey(sh, line, call)).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, nil, fmt.Errorf("look up call: %w", err)
		}
		if known != "" {
			id = routing.EntryID(known)
		}
	}
	if id.Case() == "" {
		return nil, nil, nil
	}
	_, c, _, err := s.LoadCase(ctx, line, id.Case(), "")
	if err != nil || c == nil {
		return nil, nil, err
	}
	_, l := routing.LegOf(routing.State{Cases: []*routing.Case{c}}, routing.Decision{}, id, call)
	return c, l, nil
}
