// Package audit records who saw or took out personal data, and who closed or removed something from a desk.
//
// Whoever does such a thing records it first, and does nothing if that fails. Entries hold who, what
// kind of access, to which line or case, and when; no number, name or word. They are kept five years
// (domain.md §5) in Redis, beside what they are about.
package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Action is a kind of access or of order.
type Action string

// The actions that are audited.
const (
	RevealLine Action = "reveal_line" // a line file with numbers was printed
	RemoveLine Action = "remove_line" // a line was taken out of service
	CloseCase  Action = "close_case"  // a case was closed from a desk; its reason is kept with the case's words
)

// Entry is one access.
type Entry struct {
	Actor  string // account on the machine, or name of a supervisor's login
	Action Action
	Line   string
	Case   string // empty if no case was concerned
}

// ErrIncomplete means that an entry does not say who did what.
var ErrIncomplete = errors.New("audit entry without actor, action or line")

// Log writes audit entries to Redis.
type Log struct{ rdb redis.UniversalClient }

// NewLog makes a log.
func NewLog(rdb redis.UniversalClient) *Log { return &Log{rdb} }

// logKey: stream of every access, kept until the purge of entries older than five years.
func logKey() string { return "hotline:audit" }

// Record writes an entry. After an error nothing may be revealed.
func (l *Log) Record(ctx context.Context, e Entry) error {
	if e.Actor == "" || e.Action == "" || e.Line == "" {
		return ErrIncomplete
	}
	err := l.rdb.XAdd(ctx, &redis.XAddArgs{Stream: logKey(), Values: []any{
		"actor", e.Actor, "action", string(e.Action), "line", e.Line, "case", e.Case,
		"at_unix_ms", time.Now().UnixMilli(),
	}}).Err()
	if err != nil {
		return fmt.Errorf("record access: %w", err)
	}
	return nil
}
