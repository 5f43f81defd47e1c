package supervisor

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/report"
)

const (
	// foldEvery is how far response times may fall behind the journal while nobody looks at them: who does
	// waits for the rest only.
	foldEvery = 10 * time.Second
	// firstReading is how long a page waits for a journal that was never read to its end: of 100,000 cases
	// that takes seconds, and a page answers at once.
	firstReading = 50 * time.Millisecond
)

// errNotRead is the answer until the journal was read to its end once.
var errNotRead = refusal{http.StatusServiceUnavailable, "error.figures_not_read"}

// folded keeps what response times are computed from, and keeps it up with the journal.
type folded struct {
	b      *Board
	folder *report.Folder

	mu     sync.Mutex
	shards map[string]*foldedShard
}

// foldedShard is how far the journal of one shard was read.
type foldedShard struct {
	turn   chan struct{} // of one place: who has put something in reads, the others wait
	cursor string        // of whoever has the turn
	whole  atomic.Bool   // it was read to its end once
}

func newFolded(b *Board) *folded {
	return &folded{b: b, folder: report.NewFolder(), shards: map[string]*foldedShard{}}
}

func (f *folded) shard(line contacts.LineID) *foldedShard {
	name := f.b.o.Cases.Shard(line)
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.shards[name]
	if s == nil {
		s = &foldedShard{turn: make(chan struct{}, 1)}
		f.shards[name] = s
	}
	return s
}

// follow takes in what was added to the journal of a line's shard since the last time.
func (f *folded) follow(ctx context.Context, line contacts.LineID) error {
	s := f.shard(line)
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	for h, err := range f.b.o.Cases.History(ctx, line, s.cursor) {
		if err != nil {
			return err
		}
		f.folder.Add(report.Entry{ID: h.ID, At: h.At, Line: h.Line, Notes: h.Notes})
		s.cursor = h.ID
	}
	s.whole.Store(true)
	return nil
}

// upTo returns the folder with all that happened to a line until now.
func (f *folded) upTo(ctx context.Context, line contacts.LineID) (*report.Folder, error) {
	s := f.shard(line)
	limit := answerTimeout
	if !s.whole.Load() {
		limit = firstReading
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := f.follow(within, line)
	// A read that is cut off by the limit may say so a moment before the context does.
	late := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
	switch {
	case late && !s.whole.Load() && ctx.Err() == nil:
		return nil, errNotRead
	case err != nil:
		return nil, err
	}
	return f.folder, nil
}

// run follows the journal of every shard until ctx ends.
func (f *folded) run(ctx context.Context) {
	tick := time.NewTicker(foldEvery)
	defer tick.Stop()
	failing := false
	for {
		err := f.all(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			f.b.o.Logger.Error("response times cannot be kept up to date", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// all follows each shard once. One that fails does not keep the others back.
func (f *folded) all(ctx context.Context) error {
	var failed error
	read := map[*foldedShard]bool{}
	for _, l := range f.b.o.Lines.All() {
		if s := f.shard(l.ID); !read[s] {
			read[s] = true
			if err := f.follow(ctx, l.ID); err != nil {
				failed = err
			}
		}
	}
	return failed
}
