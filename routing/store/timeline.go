package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// CaseByCode finds a case by its code: one that is open, or was closed so short a time ago that the code
// is not used again yet. It returns nil if there is none.
func (s *Store) CaseByCode(ctx context.Context, line contacts.LineID, code routing.Code) (*routing.Case, error) {
	id, err := s.rdb.Get(ctx, codeKey(s.shards.Of(line), line, code)).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find case by code: %w", err)
	}
	found, err := s.Cases(ctx, line, []routing.CaseID{routing.CaseID(id)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Now is the time by the clock that a line's deadlines are measured with.
func (s *Store) Now(ctx context.Context, line contacts.LineID) (time.Time, error) {
	return s.SyncClock(ctx, s.shards.Of(line))
}

// Happening is one thing that happened to a case. It holds no words and no number.
type Happening struct {
	At   time.Time
	Note routing.Note
}

// journalPage is how many entries of the journal are read at a time.
const journalPage = 1000

// Timeline returns what the journal says of a case, oldest first. It reads all that happened to the
// lines of the shard since the case was opened: for a person who looks, not for anything done often.
func (s *Store) Timeline(ctx context.Context, c *routing.Case) ([]Happening, error) {
	var happened []Happening
	// The journal's ids begin with the clock that the case was opened by.
	after := strconv.FormatInt(c.OpenedAt.UnixMilli()-1, 10) + "-0"
	for {
		page, err := s.Journal(ctx, c.Line, after, journalPage)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			after = e.ID
			if e.Line != c.Line {
				continue
			}
			notes, err := e.decode()
			if err != nil {
				return nil, err
			}
			for _, n := range notes {
				if n.Case == c.ID {
					happened = append(happened, Happening{At: e.At, Note: n})
				}
			}
		}
		if len(page) < journalPage {
			return happened, nil
		}
	}
}

// decode reads the notes of an entry.
func (e JournalEntry) decode() ([]routing.Note, error) {
	var records []noteRecord
	if err := json.Unmarshal([]byte(e.Notes), &records); err != nil {
		return nil, fmt.Errorf("read journal: entry %s: %w", e.ID, errBadRecord)
	}
	notes := make([]routing.Note, len(records))
	for i, r := range records {
		notes[i] = routing.Note{
			Kind: routing.NoteKind(r.Kind), Case: routing.CaseID(r.Case), Contact: contacts.ID(r.Contact), Role: contacts.Kind(r.Role),
			Channel: contacts.Channel(r.Channel), Urgency: triage.Urgency(r.Urgency), Step: r.Step, Result: routing.AlertState(r.Result),
			Reason: routing.Reason(r.Reason), Took: time.Duration(r.TookMS) * time.Millisecond,
		}
	}
	return notes, nil
}
