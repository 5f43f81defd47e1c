package supervisor

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// mostPieces bounds the pieces looked for of what one helper wrote at once: the carrier passes 1600 characters
// on, a piece holds 1500, and a decision numbers what it sends from 1.
const mostPieces = 8

// Reader reads what the board shows from the storage.
type Reader struct {
	store  *store.Store
	shards contactstore.Shards
}

// NewReader makes a reader; shards is what contacts/store.CheckShards returned.
func NewReader(st *store.Store, shards contactstore.Shards) *Reader { return &Reader{st, shards} }

// Shard names the part of the journal that a line's entries are in.
func (r *Reader) Shard(line contacts.LineID) string { return string(r.shards.Of(line)) }

// OpenCases returns a line's open cases.
func (r *Reader) OpenCases(ctx context.Context, line contacts.LineID) ([]*routing.Case, error) {
	labels, err := r.store.OpenCases(ctx, line)
	if err != nil || len(labels) == 0 {
		return nil, err
	}
	cases, err := r.store.Cases(ctx, line, slices.Collect(maps.Keys(labels)))
	// One that was closed between the two reads is not open any more.
	return slices.DeleteFunc(cases, func(c *routing.Case) bool { return !c.Open() }), err
}

// Cases returns cases by id; those that do not exist are left out.
func (r *Reader) Cases(ctx context.Context, line contacts.LineID, ids ...routing.CaseID) ([]*routing.Case, error) {
	return r.store.Cases(ctx, line, ids)
}

// Timeline returns what the last so many events led to in a case, oldest first, and whether there are earlier ones.
func (r *Reader) Timeline(ctx context.Context, c *routing.Case, events int64) ([]store.Happening, bool, error) {
	return r.store.TimelineOfLast(ctx, c, events)
}

// Duty returns what a line's contacts said about being on call.
func (r *Reader) Duty(ctx context.Context, line contacts.LineID) (map[contacts.ID]routing.Duty, error) {
	return r.store.Duty(ctx, line)
}

// History reads the journal of a line's shard from after the place on.
func (r *Reader) History(ctx context.Context, line contacts.LineID, after string) iter.Seq2[store.Happened, error] {
	return r.store.History(ctx, line, after)
}

// OldestWaiting returns, by priority, how long the oldest message to the carrier has waited.
func (r *Reader) OldestWaiting(ctx context.Context) (map[routing.Priority]time.Duration, error) {
	return r.store.OldestWaiting(ctx)
}

// Probe fails when nothing could be stored.
func (r *Reader) Probe(ctx context.Context) error { return r.store.Probe(ctx) }

// Words returns what is kept of what was written in a case: the person's texts and messages, what helpers and
// the desk wrote to them, notes, and why it was closed. What has expired is left out.
func (r *Reader) Words(ctx context.Context, c *routing.Case) ([]Said, error) {
	var all []Said
	add := func(s Said, ref string) error {
		words, err := r.store.Words(ctx, c.Line, c.ID, c.Person, routing.WordsRef(ref))
		if errors.Is(err, store.ErrNoWords) || errors.Is(err, store.ErrNoPerson) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.From == SpeakerVoice {
			s.Sound = words
		} else {
			s.Words = words
		}
		all = append(all, s)
		return nil
	}
	happened, err := r.store.Timeline(ctx, c)
	if err != nil {
		return nil, err
	}
	said, voice := 0, 0
	for _, h := range happened {
		switch h.Note.Kind {
		case routing.NoteOpened, routing.NoteAdded:
			// A call opens a case without a word. A long text is kept in pieces, of which the journal does not speak; they
			// follow at the end.
			if said < c.Said && (h.Note.Kind == routing.NoteAdded || h.Note.Channel != contacts.Voice) {
				said++
				err = add(Said{From: SpeakerPerson, At: h.At}, "p"+strconv.Itoa(said))
			}
		case routing.NoteVoicemail:
			voice++
			err = add(Said{From: SpeakerVoice, At: h.At}, "v"+strconv.Itoa(voice))
		case routing.NoteRelayed:
			from := Said{From: SpeakerHelper, Contact: h.Note.Contact, At: h.At}
			if h.Note.Contact == "" {
				from = Said{From: SpeakerDesk, Desk: h.Note.Desk, At: h.At}
			}
			for n := 1; n <= mostPieces && err == nil; n++ {
				err = add(from, "h"+string(c.ID)+"."+string(h.Event)+".p"+strconv.Itoa(n))
			}
		case routing.NoteNoted:
			err = add(Said{From: SpeakerNote, Desk: h.Note.Desk, At: h.At}, "n"+string(h.Event))
		case routing.NoteClosed:
			err = add(Said{From: SpeakerClosing, Desk: h.Note.Desk, At: h.At}, string(routing.ClosingRef(h.At)))
			if err == nil && h.At.Equal(c.ClosedAt) {
				err = add(Said{From: SpeakerClosing, Desk: h.Note.Desk, At: h.At}, "closing") // as it was kept before a case could be closed twice
			}
		}
		if err != nil {
			return nil, err
		}
	}
	for said++; said <= c.Said; said++ {
		if err := add(Said{From: SpeakerPerson}, "p"+strconv.Itoa(said)); err != nil {
			return nil, err
		}
	}
	return all, nil
}
