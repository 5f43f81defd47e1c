package supervisor

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

const (
	// foundFor is how long a closed case is found by its code.
	foundFor = 30 * 24 * time.Hour
	// indexEvery is how often the index follows the journal.
	indexEvery = 5 * time.Second
	// indexBatch is how many cases are read at once.
	indexBatch = 500
	// mostFound bounds what one page lists.
	mostFound = 50
)

// codePattern is what a code looks like, as people type it.
var codePattern = regexp.MustCompile(`^[A-Z0-9]{1,8}$`)

// closedCase is what is kept of a closed case to find it.
type closedCase struct {
	id     routing.CaseID
	code   routing.Code
	closed time.Time
}

// index finds closed cases by their codes. The store forgets who had a code once it may be given anew; this
// follows the journal for the closed cases of the last thirty days.
type index struct {
	b *Board

	mu    sync.Mutex
	lines map[contacts.LineID]*indexed
}

type indexed struct {
	after  string
	newest []closedCase // newest first; never changed, but replaced
	ready  bool         // read up to the present at least once
}

func newIndex(b *Board) *index { return &index{b: b, lines: map[contacts.LineID]*indexed{}} }

// run follows the journal until ctx ends.
func (x *index) run(ctx context.Context) {
	tick := time.NewTicker(indexEvery)
	defer tick.Stop()
	failing := false
	for {
		var err error
		for _, l := range x.b.o.Lines.All() {
			err = errors.Join(err, x.follow(ctx, l.ID))
		}
		if err != nil && !failing && ctx.Err() == nil {
			x.b.o.Logger.Error("closed cases cannot be indexed", slog.Any("error", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (x *index) line(id contacts.LineID) *indexed {
	in := x.lines[id]
	if in == nil {
		in = &indexed{after: store.JournalBefore(x.b.o.Now().Add(-foundFor))}
		x.lines[id] = in
	}
	return in
}

// follow reads on from where it was. Only run calls it, so that one place is read once.
func (x *index) follow(ctx context.Context, id contacts.LineID) error {
	x.mu.Lock()
	after := x.line(id).after
	x.mu.Unlock()
	touched := map[routing.CaseID]bool{}
	for h, err := range x.b.o.Cases.History(ctx, id, after) {
		if err != nil {
			return err
		}
		after = h.ID
		if h.Line != id {
			continue
		}
		for _, n := range h.Notes {
			if n.Kind == routing.NoteClosed || n.Kind == routing.NoteReopened {
				touched[n.Case] = true
			}
		}
		if len(touched) >= indexBatch {
			if err := x.take(ctx, id, touched, after, false); err != nil {
				return err
			}
			touched = map[routing.CaseID]bool{}
		}
	}
	return x.take(ctx, id, touched, after, true)
}

// take reads the cases that were closed or opened again and keeps where to go on.
func (x *index) take(ctx context.Context, line contacts.LineID, touched map[routing.CaseID]bool, after string, ready bool) error {
	var cases []*routing.Case
	if len(touched) > 0 {
		var err error
		if cases, err = x.b.o.Cases.Cases(ctx, line, slices.Collect(maps.Keys(touched))...); err != nil {
			return err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	in := x.line(line)
	in.after, in.ready = after, in.ready || ready
	for id := range touched {
		x.b.people.forget(change{line, id})
	}
	oldest := x.b.o.Now().Add(-foundFor)
	var newest []closedCase
	for _, c := range cases {
		if !c.Open() && !c.ClosedAt.Before(oldest) {
			newest = append(newest, closedCase{c.ID, c.Code, c.ClosedAt})
		}
	}
	kept, _ := slices.BinarySearchFunc(in.newest, oldest, func(c closedCase, at time.Time) int {
		if c.closed.Before(at) {
			return 0
		}
		return -1
	})
	if len(touched) == 0 {
		in.newest = in.newest[:kept]
		return nil
	}
	for _, c := range in.newest[:kept] {
		if !touched[c.id] {
			newest = append(newest, c)
		}
	}
	slices.SortStableFunc(newest, func(a, b closedCase) int { return b.closed.Compare(a.closed) })
	in.newest = newest
	return nil
}

// closed returns the closed cases of a line with a code, or all if the code is empty, newest first, to be read only;
// ready is false while not all are known yet. They are in order already: sorting 100,000 takes longer than a page may.
func (x *index) closed(line contacts.LineID, code routing.Code) (found []closedCase, ready bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	in := x.line(line)
	if code == "" {
		return in.newest, in.ready
	}
	for _, c := range in.newest {
		if c.code == code {
			found = append(found, c)
		}
	}
	return found, in.ready
}

// mostSeen returns those of a list of closed cases that may be shown to whoever asks, as many as one page lists.
func (b *Board) mostSeen(q *query, l *routing.Line, list []closedCase) ([]*routing.Case, error) {
	var may []*routing.Case
	for batch := range slices.Chunk(list, mostFound) {
		ids := make([]routing.CaseID, len(batch))
		for i, c := range batch {
			ids[i] = c.id
		}
		cases, err := b.o.Cases.Cases(q.Context(), l.ID, ids...)
		if err != nil {
			return nil, err
		}
		for _, c := range batch {
			at := slices.IndexFunc(cases, func(r *routing.Case) bool { return r.ID == c.id && !r.Open() && b.sees(q.who, l, r) })
			if len(may) < mostFound && at >= 0 {
				may = append(may, cases[at])
			}
		}
		if len(may) == mostFound {
			break
		}
	}
	return may, nil
}

type findPage struct {
	frame
	Code    string
	Bad     bool // what was typed cannot be a code
	Found   []foundRow
	Reading bool
	Many    bool
}

type foundRow struct {
	Path, Code, Line, Closed string
	Urgency, Outcome         string // how urgent, as a key, and how it ended in words, if that was said
	Open                     bool
}

// find lists the cases with a code, open ones first, or without a code those that were closed last.
func (b *Board) find(w http.ResponseWriter, q *query) error {
	typed := strings.ToUpper(strings.TrimSpace(q.URL.Query().Get("code")))
	page := findPage{Code: typed}
	if typed != "" && !codePattern.MatchString(typed) {
		page.Code, page.Bad = "", true
	}
	code := routing.Code(page.Code)
	lines := b.linesFor(q, account.SeeBoard)
	page.Many = len(lines) > 1
	type dated struct {
		row foundRow
		at  time.Time
	}
	var closed []dated
	for _, l := range lines {
		if page.Bad {
			break
		}
		if code != "" {
			s, err := b.look(q.Context(), l)
			if err != nil {
				return err
			}
			for _, c := range s.cases {
				if c.Code == code && b.sees(q.who, l, c) {
					page.Found = append(page.Found, foundRow{Path: casePath(c), Code: string(c.Code), Line: l.Name, Urgency: string(c.Urgency), Open: true})
				}
			}
		}
		all, ready := b.found.closed(l.ID, code)
		page.Reading = page.Reading || !ready
		found, err := b.mostSeen(q, l, all)
		if err != nil {
			return err
		}
		for _, c := range found {
			row := foundRow{Path: casePath(c), Code: string(c.Code), Line: l.Name, Urgency: string(c.Urgency), Closed: q.instant(c.ClosedAt, l.Roster.Zone)}
			if c.Outcome != "" {
				row.Outcome = q.known("outcome.", string(c.Outcome))
			}
			closed = append(closed, dated{row, c.ClosedAt})
		}
	}
	slices.SortFunc(closed, func(x, y dated) int { return y.at.Compare(x.at) })
	for _, c := range closed[:min(len(closed), mostFound)] {
		page.Found = append(page.Found, c.row)
	}
	return b.render(w, q, http.StatusOK, "find", func(f frame) any {
		page.frame = f
		return page
	})
}
