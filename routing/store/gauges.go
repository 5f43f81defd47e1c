package store

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/triage"
)

//go:embed oldest.lua
var oldestSource string

var oldestScript = redis.NewScript(oldestSource)

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

// OldestUnclaimed returns, by urgency, for how long the person of a line's oldest case has waited that nobody has; no
// entry where there is none. It takes one round trip, however many cases are open.
func (s *Store) OldestUnclaimed(ctx context.Context, line contacts.LineID) (map[triage.Urgency]time.Duration, error) {
	sh := s.shards.Of(line)
	now, err := s.shardNow(ctx, sh)
	if err != nil {
		return nil, fmt.Errorf("oldest unclaimed: %w", err)
	}
	keys := []string{openCasesKey(sh, line)}
	for _, u := range coverage.Urgencies() {
		keys = append(keys, unclaimedKey(sh, line, u))
	}
	answer, err := oldestScript.Run(ctx, s.rdb, keys, string(routing.Claimed)).Slice()
	if err != nil {
		return nil, fmt.Errorf("oldest unclaimed: %w", err)
	}
	if len(answer) != len(coverage.Urgencies()) {
		return nil, fmt.Errorf("oldest unclaimed: %w", errBadRecord)
	}
	ages := map[triage.Urgency]time.Duration{}
	for i, u := range coverage.Urgencies() {
		if since := scoreTime(answer[i]); !since.IsZero() {
			ages[u] = now.Sub(since)
		}
	}
	return ages, nil
}

const (
	// leasedFor is longer than any worker leases a deadline for.
	leasedFor = 10 * time.Second
	// overdueLooks is how many deadlines of a shard are looked at, the earliest first, so that a scrape costs some
	// milliseconds at most. Of those that nobody takes the one that is overdue longest is always among them; one that is
	// taken again and again may be behind so many only where hundreds come due every second.
	overdueLooks = 1000
)

// DeadlineOverdue returns for how long the deadline has waited that is overdue longest; zero if none is. A deadline
// that a worker has taken is overdue until it is acted on: the agenda, where it is due when its lease ends, does not
// tell, and one that fails each time would never look late. So the cases' own records are asked. It takes two round
// trips a shard, whatever the number of open cases.
func (s *Store) DeadlineOverdue(ctx context.Context) (time.Duration, error) {
	var longest time.Duration
	for _, sh := range s.shards.All() {
		late, err := s.overdueOf(ctx, sh)
		if err != nil {
			return 0, fmt.Errorf("overdue deadlines: %w", err)
		}
		longest = max(longest, late)
	}
	return longest, nil
}

func (s *Store) overdueOf(ctx context.Context, sh shard) (time.Duration, error) {
	now, err := s.shardNow(ctx, sh)
	if err != nil {
		return 0, err
	}
	members, err := s.rdb.ZRangeByScore(ctx, deadlinesKey(sh), &redis.ZRangeBy{
		Min: "-inf", Max: strconv.FormatInt(now.Add(leasedFor).UnixMilli(), 10), Count: overdueLooks,
	}).Result()
	if err != nil || len(members) == 0 {
		return 0, err
	}
	due := make([]*redis.StringCmd, len(members))
	err = s.pipelined(ctx, func(p redis.Pipeliner) {
		for i, m := range members {
			line, id, _ := strings.Cut(m, "/")
			due[i] = p.HGet(ctx, caseKey(sh, contacts.LineID(line), routing.CaseID(id)), "due")
		}
	})
	if err != nil {
		return 0, err
	}
	var longest time.Duration
	for _, cmd := range due {
		// A case that was closed or erased meanwhile has none: nobody waits.
		if at := scoreTime(cmd.Val()); !at.IsZero() {
			longest = max(longest, now.Sub(at))
		}
	}
	return longest, nil
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
