package gateway

import (
	"context"
	"maps"
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// Line returns a line as this replica last saw it, or routing.ErrUnknownLine.
func (a *App) Line(id contacts.LineID) (*routing.Line, error) { return a.lines.Line(id) }

// OpenCases returns the open cases of a line, oldest first, for pages that show them. They hold no words
// and no number; they are copies and must not be expected to change.
func (a *App) OpenCases(ctx context.Context, id contacts.LineID) ([]*routing.Case, error) {
	labels, err := a.store.OpenCases(ctx, id)
	if err != nil {
		return nil, err
	}
	cases, err := a.store.Cases(ctx, id, slices.Sorted(maps.Keys(labels)))
	if err != nil {
		return nil, err
	}
	// One that was closed between the two reads is not open any more.
	cases = slices.DeleteFunc(cases, func(c *routing.Case) bool { return !c.Open() })
	slices.SortStableFunc(cases, func(x, y *routing.Case) int { return x.OpenedAt.Compare(y.OpenedAt) })
	return cases, nil
}

// Cases returns cases of a line by id, open or closed; those that do not exist are left out.
func (a *App) Cases(ctx context.Context, id contacts.LineID, ids ...routing.CaseID) ([]*routing.Case, error) {
	return a.store.Cases(ctx, id, ids)
}

// Journal returns up to n entries of what happened to a line and to those that share its shard, oldest
// first, after the entry with the id after; empty is the beginning.
func (a *App) Journal(ctx context.Context, id contacts.LineID, after string, n int64) ([]store.JournalEntry, error) {
	return a.store.Journal(ctx, id, after, n)
}
