package store

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// Happened is one entry of the journal, read: what one commit did to a line.
type Happened struct {
	ID     string // place in the journal
	At     time.Time
	Line   contacts.LineID
	Reason routing.Reason
	Notes  []routing.Note
}

// History reads the journal of a line's shard, oldest first, after the entry with id after ("" for the
// beginning) until its present end. Entries of other lines of the shard are among them. It reads page by
// page, so a journal of any length takes no more memory than a page; who stops early reads no further. The
// first error ends it.
func (s *Store) History(ctx context.Context, line contacts.LineID, after string) iter.Seq2[Happened, error] {
	return func(yield func(Happened, error) bool) {
		for {
			from := "-"
			if after != "" {
				from = "(" + after
			}
			page, err := s.rdb.XRangeN(ctx, journalKey(s.shards.Of(line)), from, "+", journalPage).Result()
			if err != nil {
				yield(Happened{}, fmt.Errorf("read journal: %w", err))
				return
			}
			for _, m := range page {
				h, err := s.happened(m)
				if !yield(h, err) || err != nil {
					return
				}
				after = m.ID
			}
			if len(page) < journalPage {
				return
			}
		}
	}
}

// JournalBefore is the id after which [Store.History] and [Store.Journal] give what was committed at an
// instant or later.
func JournalBefore(t time.Time) string {
	ms := t.UnixMilli()
	if ms <= 0 {
		return ""
	}
	return strconv.FormatInt(ms-1, 10) + "-18446744073709551615"
}

// happened reads an entry as Redis has it.
func (s *Store) happened(m redis.XMessage) (Happened, error) {
	field := func(name string) string { v, _ := m.Values[name].(string); return v }
	ms, err := strconv.ParseInt(field("at_unix_ms"), 10, 64)
	if err != nil {
		return Happened{}, fmt.Errorf("read journal: entry %s: %w", m.ID, errBadRecord)
	}
	h := Happened{ID: m.ID, At: time.UnixMilli(ms).UTC(), Line: contacts.LineID(field("line")), Reason: routing.Reason(field("reason"))}
	if h.Notes, err = (JournalEntry{ID: m.ID, Notes: field("notes")}).decode(); err != nil {
		return Happened{}, err
	}
	for i := range h.Notes {
		if key := string(h.Notes[i].Contact); key != "" {
			if h.Notes[i].Contact, err = s.names.id(h.Line, key); err != nil {
				return Happened{}, fmt.Errorf("read journal: entry %s: %w", m.ID, err)
			}
		}
	}
	return h, nil
}
