package routingtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
)

// Errors of [Memory] that no history may lead to; the real store fails likewise.
var (
	ErrNoPerson = errors.New("words of a person nothing is stored of")
	ErrEntry    = errors.New("entry id used before")
)

const (
	seenKept = 48 * time.Hour     // how long an event's id is remembered
	codeRest = 7 * 24 * time.Hour // how long a closed case's code is not used again
	endless  = 100 * 365 * 24 * time.Hour
)

// Memory is a [routing.Store] of one line in maps, with the indexes and refusals of the real one:
// versions, one open case a phone, fresh codes, seen events, the line's generation, a deadline for every
// open case. It hands out copies only. Its clock stands still until it is set.
type Memory struct {
	mu         sync.Mutex
	now        time.Time
	generation int64

	cases   map[routing.CaseID]*routing.Case
	persons map[phone.Key]routing.Person
	open    map[phone.Key]routing.CaseID
	lists   map[contacts.ID]map[routing.CaseID]phone.Key
	codes   map[routing.Code]time.Time // when the code is free again
	coded   map[routing.Code]routing.CaseID
	calls   map[routing.CallID]routing.CaseID
	seen    map[routing.EventID]time.Time
	woken   map[contacts.ID]time.Time
	duty    map[contacts.ID]routing.Duty
	words   map[routing.CaseID]map[routing.WordsRef]string
	agenda  []routing.Send
	entries map[routing.EntryID]bool // every id ever used

	journal []routing.Note
	last    routing.Loaded // what was loaded last, as a copy nobody else has
}

// NewMemory makes an empty store whose line has the generation given.
func NewMemory(now time.Time, generation int64) *Memory {
	return &Memory{
		now: now, generation: generation,
		cases: map[routing.CaseID]*routing.Case{}, persons: map[phone.Key]routing.Person{},
		open: map[phone.Key]routing.CaseID{}, lists: map[contacts.ID]map[routing.CaseID]phone.Key{},
		codes: map[routing.Code]time.Time{}, coded: map[routing.Code]routing.CaseID{}, seen: map[routing.EventID]time.Time{},
		woken: map[contacts.ID]time.Time{}, duty: map[contacts.ID]routing.Duty{}, words: map[routing.CaseID]map[routing.WordsRef]string{},
		entries: map[routing.EntryID]bool{}, calls: map[routing.CallID]routing.CaseID{},
	}
}

// Load reads what a query asks for.
func (m *Memory) Load(_ context.Context, q routing.Query) (routing.Loaded, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := routing.Loaded{
		Now: m.now, State: routing.State{Persons: map[phone.Key]routing.Person{}},
		Woken: maps.Clone(m.woken), Duty: maps.Clone(m.duty),
	}
	if until, ok := m.seen[q.Event]; ok && q.Event != "" && m.now.Before(until) {
		l.Duplicate = true
		return l, nil
	}
	want := func(key phone.Key) {
		if p, ok := m.persons[key]; ok {
			l.State.Persons[key] = p
		}
	}
	got := map[routing.CaseID]*routing.Case{} // a case that is found in several ways is loaded once
	read := func(id routing.CaseID) *routing.Case {
		if _, ok := got[id]; !ok {
			got[id] = copyCase(m.cases[id])
		}
		return got[id]
	}
	if q.Sender != "" {
		want(q.Sender)
		l.State.Own = read(m.open[q.Sender])
	}
	if until := m.codes[q.Coded]; m.now.Before(until) {
		l.State.Coded = read(m.coded[q.Coded])
	}
	if q.Call != "" {
		if l.State.Called = read(m.calls[q.Call]); l.State.Called != nil {
			want(l.State.Called.Person)
		}
	}
	listed := maps.Clone(m.lists[q.Contact])
	if q.Case != "" {
		listed = map[routing.CaseID]phone.Key{q.Case: ""}
	}
	for _, id := range slices.Sorted(maps.Keys(listed)) {
		if c := read(id); c != nil {
			l.State.Cases = append(l.State.Cases, c)
			want(c.Person)
		}
	}
	for _, code := range q.Codes {
		if until, taken := m.codes[code]; !taken || !m.now.Before(until) {
			l.Code = code
			break
		}
	}
	m.last = routing.Loaded{Now: l.Now, Code: l.Code, State: CopyState(l.State), Woken: maps.Clone(l.Woken), Duty: maps.Clone(l.Duty)}
	return l, nil
}

// Commit stores a decision, or nothing of it.
func (m *Memory) Commit(_ context.Context, line *routing.Line, event routing.EventID, now time.Time, d routing.Decision) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refuses(line, event, d); err != nil {
		return err
	}
	if event != "" {
		m.seen[event] = now.Add(seenKept)
	}
	for _, p := range d.Persons {
		p.Version++
		p.WrappedKey = []byte("key of " + p.Key)
		m.persons[p.Key] = p
	}
	for _, ch := range d.Cases {
		m.change(ch, now)
	}
	for _, f := range d.Forget {
		delete(m.lists[f.Contact], f.Case)
	}
	for _, ch := range d.Duty {
		m.duty[ch.Contact] = ch.Duty
	}
	for _, w := range d.Words {
		if m.words[w.Case] == nil {
			m.words[w.Case] = map[routing.WordsRef]string{}
		}
		m.words[w.Case][w.Ref] = w.Text.Reveal()
	}
	for _, s := range d.Sends {
		m.agenda, m.entries[s.ID] = append(m.agenda, s), true
	}
	if d.Done != nil {
		m.agenda = slices.DeleteFunc(m.agenda, func(s routing.Send) bool { return s.ID == d.Done.ID })
	}
	m.journal = append(m.journal, d.Notes...)
	return nil
}

// refuses checks everything before anything is written, as the commit script does.
func (m *Memory) refuses(line *routing.Line, event routing.EventID, d routing.Decision) error {
	if until, ok := m.seen[event]; ok && event != "" && m.now.Before(until) {
		return routing.ErrDuplicate
	}
	if len(d.Cases) > 0 && line.Generation != m.generation {
		return routing.ErrStaleLine
	}
	fresh := map[phone.Key]bool{}
	for _, p := range d.Persons {
		if m.persons[p.Key].Version != p.Version {
			return routing.ErrStale
		}
		fresh[p.Key] = true
	}
	for _, ch := range d.Cases {
		if err := m.refusesCase(ch); err != nil {
			return err
		}
	}
	for _, w := range d.Words {
		if len(w.Owner.WrappedKey) == 0 && !fresh[w.Owner.Key] {
			return fmt.Errorf("commit: %w", ErrNoPerson)
		}
	}
	ids := map[routing.EntryID]bool{}
	for _, s := range d.Sends {
		if m.entries[s.ID] || ids[s.ID] || !strings.Contains(string(s.ID), ".") {
			return fmt.Errorf("commit: %w: %s", ErrEntry, s.ID)
		}
		ids[s.ID] = true
	}
	return nil
}

func (m *Memory) refusesCase(ch routing.Change) error {
	after, version := ch.After, int64(0)
	if stored, ok := m.cases[after.ID]; ok {
		version = stored.Version
	}
	if version != after.Version {
		return routing.ErrStale
	}
	if next, ok := after.NextDeadline(); after.Open() && (!ok || next.At.UnixMilli() <= 0) {
		return routing.ErrNoDeadline
	}
	switch {
	case ch.Before == nil:
		if until, taken := m.codes[after.Code]; m.open[after.Person] != "" || taken && m.now.Before(until) {
			return routing.ErrStale
		}
	case after.Open() && !ch.Before.Open() && m.open[after.Person] != "":
		return routing.ErrStale
	case ch.Before.Open() && !after.Open() && m.open[after.Person] != after.ID:
		return routing.ErrStale
	}
	return nil
}

// change stores a case and keeps the indexes.
func (m *Memory) change(ch routing.Change, now time.Time) {
	after := copyCase(ch.After)
	after.Version++
	m.cases[after.ID] = after
	for _, l := range after.Legs {
		if l.Call != "" {
			m.calls[l.Call] = after.ID
		}
	}
	switch {
	case ch.Before == nil:
		m.open[after.Person], m.codes[after.Code], m.coded[after.Code] = after.ID, now.Add(endless), after.ID
	case after.Open() && !ch.Before.Open():
		m.open[after.Person], m.codes[after.Code], m.coded[after.Code] = after.ID, now.Add(endless), after.ID
	case ch.Before.Open() && !after.Open():
		delete(m.open, after.Person)
		m.codes[after.Code] = now.Add(codeRest)
	}
	known, alerted := map[contacts.ID]bool{}, map[contacts.ID]time.Time{}
	if ch.Before != nil {
		for _, id := range ch.Before.Knows() {
			known[id] = true
		}
		for _, a := range ch.Before.Alerts {
			alerted[a.Contact] = a.At
		}
	}
	for _, id := range after.Knows() {
		if !known[id] {
			if m.lists[id] == nil {
				m.lists[id] = map[routing.CaseID]phone.Key{}
			}
			m.lists[id][after.ID] = after.Person
		}
	}
	for _, a := range after.Alerts {
		if a.State == routing.AlertOut && !a.At.Equal(alerted[a.Contact]) {
			m.woken[a.Contact] = a.At
		}
	}
}

// copyCase copies a case as if it had been stored and read: nothing is shared.
func copyCase(c *routing.Case) *routing.Case {
	if c == nil {
		return nil
	}
	n := *c
	n.Alerts, n.Deadlines = slices.Clone(c.Alerts), slices.Clone(c.Deadlines)
	n.Joined, n.Barred = slices.Clone(c.Joined), slices.Clone(c.Barred)
	n.Legs, n.Rings = slices.Clone(c.Legs), slices.Clone(c.Rings)
	return &n
}

// CopyState copies a state; a case that is in it twice stays one case.
func CopyState(s routing.State) routing.State {
	copies := map[*routing.Case]*routing.Case{nil: nil}
	once := func(c *routing.Case) *routing.Case {
		if _, ok := copies[c]; !ok {
			copies[c] = copyCase(c)
		}
		return copies[c]
	}
	n := routing.State{Persons: maps.Clone(s.Persons), Own: once(s.Own), Coded: once(s.Coded), Called: once(s.Called)}
	for _, c := range s.Cases {
		n.Cases = append(n.Cases, once(c))
	}
	return n
}
