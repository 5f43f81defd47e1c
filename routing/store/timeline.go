package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	At    time.Time
	Event routing.EventID // that led to it; empty if it has no id
	Note  routing.Note
}

// journalPage is how many entries of the journal are read at a time.
const journalPage = 1000

// Timeline returns what the journal says of a case, oldest first.
func (s *Store) Timeline(ctx context.Context, c *routing.Case) ([]Happening, error) {
	happened, _, err := s.TimelineOfLast(ctx, c, 0)
	return happened, err
}

// TimelineOfLast returns what the journal says of the last so many events of a case (0: of all), oldest first, and
// whether there are earlier ones. Of a case from before there were traces it returns all.
func (s *Store) TimelineOfLast(ctx context.Context, c *routing.Case, events int64) (happened []Happening, earlier bool, err error) {
	sh := s.shards.Of(c.Line)
	from := int64(0)
	if events > 0 {
		from = -events - 1 // one more tells whether there are more
	}
	ids, err := s.rdb.LRange(ctx, traceKey(sh, c.Line, c.ID), from, -1).Result()
	if err != nil {
		return nil, false, fmt.Errorf("trace of a case: %w", err)
	}
	if earlier = events > 0 && int64(len(ids)) > events; earlier {
		ids = ids[1:]
	}
	for page := range slices.Chunk(ids, journalPage) {
		found := make([]*redis.XMessageSliceCmd, len(page))
		_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, id := range page {
				found[i] = p.XRangeN(ctx, journalKey(sh), id, id, 1)
			}
			return nil
		})
		if err != nil {
			return nil, false, fmt.Errorf("read journal: %w", err)
		}
		for _, cmd := range found {
			entries, err := s.journalEntries(cmd.Val())
			if err != nil {
				return nil, false, err
			}
			if happened, err = about(c, entries, happened); err != nil {
				return nil, false, err
			}
		}
	}
	// A case that was open when traces came has one that begins in the middle.
	if !earlier && (len(happened) == 0 || happened[0].Note.Kind != routing.NoteOpened) {
		happened, err = s.untraced(ctx, c)
	}
	return happened, earlier, err
}

// untraced is Timeline of a case from before there were traces: it reads all that happened to the lines of the
// shard since the case was opened.
func (s *Store) untraced(ctx context.Context, c *routing.Case) ([]Happening, error) {
	var happened []Happening
	// The journal's ids begin with the clock that the case was opened by.
	after := strconv.FormatInt(c.OpenedAt.UnixMilli()-1, 10) + "-0"
	for {
		page, err := s.Journal(ctx, c.Line, after, journalPage)
		if err != nil {
			return nil, err
		}
		if happened, err = about(c, page, happened); err != nil {
			return nil, err
		}
		if len(page) < journalPage {
			return happened, nil
		}
		after = page[len(page)-1].ID
	}
}

// about adds what entries of the journal say of a case.
func about(c *routing.Case, entries []JournalEntry, happened []Happening) ([]Happening, error) {
	for _, e := range entries {
		if e.Line != c.Line {
			continue
		}
		notes, err := e.decode()
		if err != nil {
			return nil, err
		}
		for _, n := range notes {
			if n.Case == c.ID {
				happened = append(happened, Happening{At: e.At, Event: e.Event, Note: n})
			}
		}
	}
	return happened, nil
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
			Reason: routing.Reason(r.Reason), Outcome: routing.Outcome(r.Outcome),
			Desk: routing.Desk(r.Desk), Took: time.Duration(r.TookMS) * time.Millisecond,
		}
	}
	return notes, nil
}
