package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// Probe writes something of no consequence: it fails when nothing could be stored.
func (s *Store) Probe(ctx context.Context) error {
	if err := s.rdb.Set(ctx, probeKey(), "1", time.Minute).Err(); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	return nil
}

// CaseCounts counts a line's open cases by state: alerting, claimed, unanswered.
func (s *Store) CaseCounts(ctx context.Context, line contacts.LineID) (map[string]int, error) {
	labels, err := s.rdb.HVals(ctx, openCasesKey(s.shards.Of(line), line)).Result()
	if err != nil {
		return nil, fmt.Errorf("count cases: %w", err)
	}
	counts := map[string]int{}
	for _, l := range labels {
		counts[l]++
	}
	return counts, nil
}

// OldestWaiting returns, by priority, how long the oldest message on the agenda has been there; zero
// where there is none.
func (s *Store) OldestWaiting(ctx context.Context) (map[routing.Priority]time.Duration, error) {
	ages := map[routing.Priority]time.Duration{}
	for _, sh := range s.shards.All() {
		now, err := s.shardNow(ctx, sh)
		if err != nil {
			return nil, err
		}
		for _, p := range routing.Priorities() {
			first, err := s.rdb.ZRangeWithScores(ctx, waitingKey(sh, p), 0, 0).Result()
			if err != nil {
				return nil, fmt.Errorf("oldest waiting: %w", err)
			}
			if len(first) > 0 {
				ages[p] = max(ages[p], now.Sub(time.UnixMilli(int64(first[0].Score))))
			}
		}
	}
	return ages, nil
}

// OpenCases lists the ids of a line's open cases with the state they are counted in.
func (s *Store) OpenCases(ctx context.Context, line contacts.LineID) (map[routing.CaseID]string, error) {
	found, err := s.rdb.HGetAll(ctx, openCasesKey(s.shards.Of(line), line)).Result()
	if err != nil {
		return nil, fmt.Errorf("list open cases: %w", err)
	}
	cases := make(map[routing.CaseID]string, len(found))
	for id, label := range found {
		cases[routing.CaseID(id)] = label
	}
	return cases, nil
}

// Cases reads cases of a line; those that do not exist are left out.
func (s *Store) Cases(ctx context.Context, line contacts.LineID, ids []routing.CaseID) ([]*routing.Case, error) {
	sh := s.shards.Of(line)
	cmds := make([]*redis.SliceCmd, len(ids))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			cmds[i] = p.HMGet(ctx, caseKey(sh, line, id), "v", "d")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load cases: %w", err)
	}
	var cases []*routing.Case
	for i, cmd := range cmds {
		c, err := s.openCase(line, ids[i], cmd.Val())
		if err != nil {
			return nil, fmt.Errorf("load cases: %w", err)
		}
		if c != nil {
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// JournalEntry is one entry of the journal: what one commit did.
type JournalEntry struct {
	ID     string
	At     time.Time
	Line   contacts.LineID
	Event  routing.EventID
	Reason routing.Reason
	Notes  string // JSON, an array of objects
}

// Journal reads up to n entries of a line's shard after the entry with id after ("" for the beginning).
func (s *Store) Journal(ctx context.Context, line contacts.LineID, after string, n int64) ([]JournalEntry, error) {
	from := "-"
	if after != "" {
		from = "(" + after
	}
	found, err := s.rdb.XRangeN(ctx, journalKey(s.shards.Of(line)), from, "+", n).Result()
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	return s.journalEntries(found)
}

// journalEntries reads entries of the journal as they are stored.
func (s *Store) journalEntries(found []redis.XMessage) ([]JournalEntry, error) {
	entries := make([]JournalEntry, 0, len(found))
	for _, m := range found {
		field := func(name string) string { v, _ := m.Values[name].(string); return v }
		ms, err := strconv.ParseInt(field("at_unix_ms"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read journal: entry %s: %w", m.ID, errBadRecord)
		}
		of := contacts.LineID(field("line"))
		notes, err := s.names.reveal(of, field("notes"))
		if err != nil {
			return nil, fmt.Errorf("read journal: entry %s: %w", m.ID, err)
		}
		entries = append(entries, JournalEntry{
			ID: m.ID, At: time.UnixMilli(ms).UTC(), Line: of, Event: routing.EventID(field("event")),
			Reason: routing.Reason(field("reason")), Notes: notes,
		})
	}
	return entries, nil
}
