// Package lines keeps the copy of all lines that a replica works with up to date with what is stored.
package lines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line"
)

// Source is where stored line files come from; contacts/store implements it.
type Source interface {
	// Generations returns the generation of every line.
	Generations(ctx context.Context) (map[contacts.LineID]int64, error)
	// Get returns a stored line file and its generation.
	Get(ctx context.Context, id contacts.LineID) ([]byte, int64, error)
}

// ErrUnusable means that a stored line file cannot be read by this program.
var ErrUnusable = errors.New("stored line file cannot be used by this version")

// Cache is the copy of all lines that a replica works with. It is brought up to date by [Cache.Run],
// and at once by [Cache.Refresh] when a commit finds that it was stale.
type Cache struct {
	source Source
	key    func(contacts.LineID, phone.Number) phone.Key
	logger *slog.Logger

	refreshing sync.Mutex // one refresh at a time
	mu         sync.RWMutex
	lines      map[contacts.LineID]*routing.Line
	byNumber   map[phone.Number]*routing.Line
}

// NewCache makes an empty cache; key is the keyed look-up for the numbers of a line.
func NewCache(source Source, key func(contacts.LineID, phone.Number) phone.Key, logger *slog.Logger) *Cache {
	return &Cache{source: source, key: key, logger: logger, lines: map[contacts.LineID]*routing.Line{}, byNumber: map[phone.Number]*routing.Line{}}
}

// Line returns a line as last seen, or routing.ErrUnknownLine.
func (c *Cache) Line(id contacts.LineID) (*routing.Line, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l, ok := c.lines[id]
	if !ok {
		return nil, routing.ErrUnknownLine
	}
	return l, nil
}

// ByNumber returns the line a support number belongs to.
func (c *Cache) ByNumber(n phone.Number) (*routing.Line, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l, ok := c.byNumber[n]
	return l, ok
}

// All returns every line, by id.
func (c *Cache) All() []*routing.Line {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]*routing.Line, 0, len(c.lines))
	for _, l := range c.lines {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *routing.Line) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return all
}

// Refresh makes sure that Line returns nothing older than what is stored now; of a line that was removed
// it returns routing.ErrUnknownLine from then on.
func (c *Cache) Refresh(ctx context.Context, id contacts.LineID) error {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	failed := c.load(ctx, id)
	if failed == nil {
		return nil
	}
	generations, err := c.source.Generations(ctx)
	if _, there := generations[id]; err != nil || there {
		return failed
	}
	c.replace(id, nil)
	return nil
}

// RefreshAll brings every line up to date and drops those that are gone. A line whose file this version
// cannot use stays as it was; the others are brought up to date all the same.
func (c *Cache) RefreshAll(ctx context.Context) error {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	generations, err := c.source.Generations(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for id, generation := range generations {
		if have, err := c.Line(id); err == nil && have.Generation == generation {
			continue
		}
		faults = append(faults, c.load(ctx, id))
	}
	for _, l := range c.All() {
		if _, ok := generations[l.ID]; !ok {
			c.replace(l.ID, nil)
		}
	}
	return errors.Join(faults...)
}

func (c *Cache) load(ctx context.Context, id contacts.LineID) error {
	stored, generation, err := c.source.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("line %s: %w", id, err)
	}
	file, _ := line.ParseStored(stored)
	if file == nil {
		return fmt.Errorf("line %s: %w", id, ErrUnusable)
	}
	loaded := file.Line(func(n phone.Number) phone.Key { return c.key(id, n) }, generation)
	c.replace(id, loaded)
	c.logger.Info("line loaded", slog.String("line", string(id)), slog.Int64("generation", generation))
	return nil
}

// replace puts a line in place of the one before; nil removes it.
func (c *Cache) replace(id contacts.LineID, l *routing.Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.lines, id)
	for n, of := range c.byNumber {
		if of.ID == id {
			delete(c.byNumber, n)
		}
	}
	if l == nil {
		return
	}
	c.lines[id] = l
	for _, n := range l.Numbers {
		c.byNumber[n.Number] = l
	}
}

// Run brings the cache up to date every so often until ctx ends.
func (c *Cache) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := c.RefreshAll(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			c.logger.Error("lines cannot be brought up to date", slog.Any("error", err))
		}
		failing = err != nil
	}
}
