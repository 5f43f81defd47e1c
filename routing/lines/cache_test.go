package lines_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/lines"
)

const file = `
line: %s
tag: CT
name: Phường
timezone: Asia/Ho_Chi_Minh
language: vi
numbers: [{number: "%s", sms: true, voice: false}]
contacts: [{id: lan, name: Lan, kind: trusted_address, phone: "+84905000001", channels: [sms]}]
always: [lan]
policy:
  immediate_danger: [{notify: [trusted_address], wait: 60s}]
  urgent: [{notify: [trusted_address], wait: 60s}]
  information: [{notify: [trusted_address], wait: 60s}]
`

// stored is a store of line files that may fail.
type stored struct {
	files       map[contacts.LineID]string
	generations map[contacts.LineID]int64
	err         error
}

var errGone = errors.New("gone")

func (s *stored) Generations(context.Context) (map[contacts.LineID]int64, error) {
	return s.generations, s.err
}

func (s *stored) Get(_ context.Context, id contacts.LineID) ([]byte, int64, error) {
	content, ok := s.files[id]
	if !ok || s.err != nil {
		return nil, 0, errors.Join(errGone, s.err)
	}
	return []byte(content), s.generations[id], nil
}

func (s *stored) put(id contacts.LineID, number string, generation int64) {
	s.files[id], s.generations[id] = fmt.Sprintf(file, id, number), generation
}

func (s *stored) remove(id contacts.LineID) {
	delete(s.files, id)
	delete(s.generations, id)
}

func newCache(t *testing.T) (*lines.Cache, *stored) {
	t.Helper()
	s := &stored{files: map[contacts.LineID]string{}, generations: map[contacts.LineID]int64{}}
	s.put("a", "+842553800113", 1)
	s.put("b", "+842553800114", 1)
	c := lines.NewCache(s, func(_ contacts.LineID, n phone.Number) phone.Key { return phone.Key(n.E164()) }, slog.New(slog.DiscardHandler))
	if err := c.RefreshAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c, s
}

// wants checks the generation of a line, 0 for none, and that its number leads to it and nowhere else.
func wants(t *testing.T, c *lines.Cache, id contacts.LineID, number string, generation int64) {
	t.Helper()
	n, err := phone.ParseE164(number)
	if err != nil {
		t.Fatal(err)
	}
	l, err := c.Line(id)
	by, found := c.ByNumber(n)
	switch {
	case generation == 0 && (!errors.Is(err, routing.ErrUnknownLine) || found):
		t.Errorf("Line(%s) = %v, %v, found by its number: %v; want it gone", id, l, err, found)
	case generation != 0 && (err != nil || l.Generation != generation || !found || by.ID != id):
		t.Errorf("Line(%s) = %+v, %v, found by its number: %v; want generation %d", id, l, err, found, generation)
	}
}

func TestCache_FollowsChangesAndRemovals(t *testing.T) {
	t.Parallel()
	c, s := newCache(t)
	wants(t, c, "a", "+842553800113", 1)
	s.put("a", "+842553800115", 2)
	wants(t, c, "a", "+842553800113", 1)
	if err := c.RefreshAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	wants(t, c, "a", "+842553800115", 2)
	s.remove("a")
	if err := c.RefreshAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	wants(t, c, "a", "+842553800115", 0)
	wants(t, c, "b", "+842553800114", 1)
	if all := c.All(); len(all) != 1 || all[0].ID != "b" {
		t.Errorf("All = %v, want b only", all)
	}
}

// A commit that was refused asks for one line: it may have been changed or removed, or storage be away.
func TestCache_RefreshOfOneLine(t *testing.T) {
	t.Parallel()
	c, s := newCache(t)
	s.put("a", "+842553800113", 2)
	if err := c.Refresh(t.Context(), "a"); err != nil {
		t.Errorf("Refresh of a changed line = %v, want no error", err)
	}
	wants(t, c, "a", "+842553800113", 2)
	s.err = errors.New("away")
	if err := c.Refresh(t.Context(), "a"); !errors.Is(err, s.err) {
		t.Errorf("Refresh without storage = %v, want its error", err)
	}
	wants(t, c, "a", "+842553800113", 2)
	s.err = nil
	s.files["a"] = "of_the_future: 1"
	if err := c.Refresh(t.Context(), "a"); !errors.Is(err, lines.ErrUnusable) {
		t.Errorf("Refresh of an unusable file = %v, want ErrUnusable", err)
	}
	wants(t, c, "a", "+842553800113", 2)
	s.remove("a")
	if err := c.Refresh(t.Context(), "a"); err != nil {
		t.Errorf("Refresh of a line that was removed = %v, want no error", err)
	}
	wants(t, c, "a", "+842553800113", 0)
	wants(t, c, "b", "+842553800114", 1)
}
