package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
)

// Load reads what a query asks for, in one round trip, or two when cases are found by it.
func (s *Store) Load(ctx context.Context, q routing.Query) (routing.Loaded, error) {
	l := &loading{store: s, shard: s.shards.Of(q.Line), query: q, persons: map[phone.Key]*redis.SliceCmd{}, cases: map[routing.CaseID]*redis.SliceCmd{}}
	if err := l.first(ctx); err != nil {
		return routing.Loaded{}, fmt.Errorf("load: %w", err)
	}
	if l.out.Duplicate {
		return l.out, nil
	}
	if err := l.second(ctx); err != nil {
		return routing.Loaded{}, fmt.Errorf("load: %w", err)
	}
	if err := l.decode(); err != nil {
		return routing.Loaded{}, fmt.Errorf("load: %w", err)
	}
	return l.out, nil
}

// loading is one Load under way.
type loading struct {
	store *Store
	shard shard
	query routing.Query
	out   routing.Loaded

	cases   map[routing.CaseID]*redis.SliceCmd
	named   *routing.Case // the case the query names, once read
	persons map[phone.Key]*redis.SliceCmd
	own     routing.CaseID
	coded   routing.CaseID
	called  routing.CaseID
	listed  map[string]string // the contact's list: case id to person
}

// first reads everything that can be named from the query alone.
func (l *loading) first(ctx context.Context) error {
	q, line := l.query, l.query.Line
	var (
		clockCmd *redis.Cmd
		seen     *redis.IntCmd
		own      *redis.StringCmd
		list     *redis.MapStringStringCmd
		coded    *redis.StringCmd
		called   *redis.StringCmd
		codes    *redis.SliceCmd
		woken    *redis.MapStringStringCmd
		duty     *redis.MapStringStringCmd
	)
	err := l.store.pipelined(ctx, func(p redis.Pipeliner) {
		clockCmd = readClock(ctx, p, l.shard)
		if q.Event != "" {
			seen = p.Exists(ctx, seenKey(l.shard, line, q.Event))
		}
		if q.Sender != "" {
			own = p.HGet(ctx, openByPhoneKey(l.shard, line), string(q.Sender))
			l.wantPerson(ctx, p, q.Sender)
		}
		if q.Contact != "" {
			list = p.HGetAll(ctx, contactCasesKey(l.shard, line, l.store.names.key(line, q.Contact)))
		}
		if q.Case != "" {
			l.wantCase(ctx, p, q.Case)
		}
		if len(q.Codes) > 0 {
			keys := make([]string, len(q.Codes))
			for i, code := range q.Codes {
				keys[i] = codeKey(l.shard, line, code)
			}
			codes = p.MGet(ctx, keys...)
		}
		if q.Coded != "" {
			coded = p.Get(ctx, codeKey(l.shard, line, q.Coded))
		}
		if q.Call != "" {
			called = p.Get(ctx, callKey(l.shard, line, q.Call))
		}
		woken = p.HGetAll(ctx, wokenKey(l.shard, line))
		duty = p.HGetAll(ctx, dutyKey(l.shard, line))
	})
	if err != nil {
		return err
	}
	now, err := clockTime(clockCmd)
	if err != nil {
		return err
	}
	l.store.clocks[l.shard].observe(now)
	l.out.Now = truncate(now)
	l.out.Duplicate = seen != nil && seen.Val() > 0
	if own != nil {
		l.own = routing.CaseID(own.Val())
	}
	if list != nil {
		l.listed = list.Val()
	}
	if coded != nil {
		l.coded = routing.CaseID(coded.Val())
	}
	if called != nil {
		l.called = routing.EntryID(called.Val()).Case()
	}
	if codes != nil {
		if free := slices.Index(codes.Val(), nil); free >= 0 {
			l.out.Code = q.Codes[free]
		}
	}
	l.out.Woken = make(map[contacts.ID]time.Time, len(woken.Val()))
	for key, at := range woken.Val() {
		id, err := l.store.names.id(line, key)
		if err != nil {
			return err
		}
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return errBadRecord
		}
		l.out.Woken[id] = time.UnixMilli(ms)
	}
	l.out.Duty, err = l.store.parseDuty(line, duty.Val())
	return err
}

// parseDuty reads what contacts said about being on call.
func (s *Store) parseDuty(line contacts.LineID, stored map[string]string) (map[contacts.ID]routing.Duty, error) {
	duty := make(map[contacts.ID]routing.Duty, len(stored))
	for key, said := range stored {
		id, err := s.names.id(line, key)
		if err != nil {
			return nil, fmt.Errorf("duty: %w", err)
		}
		on, until, ok := strings.Cut(said, " ")
		ms, err := strconv.ParseInt(until, 10, 64)
		if !ok || err != nil || on != "on" && on != "off" {
			return nil, fmt.Errorf("duty: %w", errBadRecord)
		}
		duty[id] = routing.Duty{On: on == "on", Until: time.UnixMilli(ms).UTC()}
	}
	return duty, nil
}

// Duty returns what a line's contacts said about being on call.
func (s *Store) Duty(ctx context.Context, line contacts.LineID) (map[contacts.ID]routing.Duty, error) {
	stored, err := s.rdb.HGetAll(ctx, dutyKey(s.shards.Of(line), line)).Result()
	if err != nil {
		return nil, fmt.Errorf("load duty: %w", err)
	}
	return s.parseDuty(line, stored)
}

// second reads the cases the first round trip led to, and the persons of all cases.
func (l *loading) second(ctx context.Context) error {
	if l.own == "" && l.coded == "" && l.called == "" && len(l.listed) == 0 && len(l.cases) == 0 {
		return nil
	}
	person, err := l.personOfCase()
	if err != nil {
		return err
	}
	if person == "" && l.own == "" && l.coded == "" && l.called == "" && len(l.listed) == 0 {
		return nil
	}
	_, err = l.store.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		if l.own != "" {
			l.wantCase(ctx, p, l.own)
		}
		for _, id := range []routing.CaseID{l.coded, l.called} {
			if id != "" {
				l.wantCase(ctx, p, id)
			}
		}
		for id, key := range l.listed {
			l.wantCase(ctx, p, routing.CaseID(id))
			l.wantPerson(ctx, p, phone.Key(key))
		}
		if person != "" {
			l.wantPerson(ctx, p, person)
		}
		return nil
	})
	if err != nil || l.called == "" || l.called == l.query.Case {
		return err
	}
	// A call that is about another case than its first: that one's person, too.
	c, err := l.store.openCase(l.query.Line, l.called, l.cases[l.called].Val())
	if err != nil || c == nil || l.persons[c.Person] != nil {
		return err
	}
	return l.store.pipelined(ctx, func(p redis.Pipeliner) { l.wantPerson(ctx, p, c.Person) })
}

// personOfCase is the person of the case the query names, if that case exists.
func (l *loading) personOfCase() (phone.Key, error) {
	cmd := l.cases[l.query.Case]
	if cmd == nil {
		return "", nil
	}
	c, err := l.store.openCase(l.query.Line, l.query.Case, cmd.Val())
	if err != nil || c == nil {
		return "", err
	}
	l.named = c
	return c.Person, nil
}

func (l *loading) wantCase(ctx context.Context, p redis.Pipeliner, id routing.CaseID) {
	if _, ok := l.cases[id]; !ok {
		l.cases[id] = p.HMGet(ctx, caseKey(l.shard, l.query.Line, id), "v", "d")
	}
}

func (l *loading) wantPerson(ctx context.Context, p redis.Pipeliner, key phone.Key) {
	if _, ok := l.persons[key]; !ok {
		l.persons[key] = p.HMGet(ctx, personKey(l.shard, l.query.Line, key), "v", "k", "d")
	}
}

func (l *loading) decode() error {
	st := &l.out.State
	for _, id := range slices.Sorted(maps.Keys(l.cases)) {
		c, err := l.named, error(nil)
		if c == nil || c.ID != id {
			c, err = l.store.openCase(l.query.Line, id, l.cases[id].Val())
		}
		switch {
		case err != nil:
			return err
		case c == nil: // erased, but still on a contact's list
			continue
		}
		if id == l.own {
			st.Own = c
		}
		if id == l.coded {
			st.Coded = c
		}
		if id == l.called {
			st.Called = c
		}
		if _, listed := l.listed[string(id)]; listed || id == l.query.Case {
			st.Cases = append(st.Cases, c)
		}
	}
	st.Persons = make(map[phone.Key]routing.Person, len(l.persons))
	for key, cmd := range l.persons {
		p, err := l.store.openPerson(l.query.Line, key, cmd.Val())
		switch {
		case errors.Is(err, ErrNoPerson):
		case err != nil:
			return err
		default:
			st.Persons[key] = p
		}
	}
	return nil
}

// openCase unseals a case from an HMGET of v and d; nil if there is none.
func (s *Store) openCase(line contacts.LineID, id routing.CaseID, got []any) (*routing.Case, error) {
	if len(got) != 2 || got[0] == nil {
		return nil, nil
	}
	version, err := number(got[0])
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", id, err)
	}
	data, err := s.keyset.Open(line, caseField(id), text(got[1]))
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", id, err)
	}
	return decodeCase(line, id, version, data)
}

// openPerson unseals a person from an HMGET of v, k and d; ErrNoPerson if there is none.
func (s *Store) openPerson(line contacts.LineID, key phone.Key, got []any) (routing.Person, error) {
	if len(got) != 3 || got[0] == nil || got[1] == nil {
		return routing.Person{}, ErrNoPerson
	}
	version, err := number(got[0])
	if err != nil {
		return routing.Person{}, fmt.Errorf("person: %w", err)
	}
	wrapped := text(got[1])
	own, err := s.keyset.PersonKey(line, key, wrapped)
	if err != nil {
		return routing.Person{}, fmt.Errorf("person: %w", err)
	}
	data, err := own.Open(personField, text(got[2]))
	if err != nil {
		return routing.Person{}, fmt.Errorf("person: %w", err)
	}
	return decodePerson(key, version, wrapped, data)
}

// What sealed values are bound to.
const personField = "person"

func caseField(id routing.CaseID) string   { return "case/" + string(id) }
func entryField(id routing.EntryID) string { return "entry/" + string(id) }
func wordsField(id routing.CaseID, ref routing.WordsRef) string {
	return "words/" + string(id) + "/" + string(ref)
}

// LoadCase reads one case (nil if there is none) and, unless person is empty, that person (the zero
// Person if nothing is kept), with the store's clock, in one round trip.
func (s *Store) LoadCase(ctx context.Context, line contacts.LineID, id routing.CaseID, person phone.Key) (now time.Time, c *routing.Case, p routing.Person, err error) {
	sh := s.shards.Of(line)
	var clockCmd *redis.Cmd
	var caseCmd, personCmd *redis.SliceCmd
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		clockCmd = readClock(ctx, pipe, sh)
		caseCmd = pipe.HMGet(ctx, caseKey(sh, line, id), "v", "d")
		if person != "" {
			personCmd = pipe.HMGet(ctx, personKey(sh, line, person), "v", "k", "d")
		}
		return nil
	})
	if err == nil {
		now, err = clockTime(clockCmd)
	}
	if err == nil {
		s.clocks[sh].observe(now)
		c, err = s.openCase(line, id, caseCmd.Val())
	}
	if err == nil && personCmd != nil {
		if p, err = s.openPerson(line, person, personCmd.Val()); errors.Is(err, ErrNoPerson) {
			err = nil
		}
	}
	if err != nil {
		return time.Time{}, nil, routing.Person{}, fmt.Errorf("load case: %w", err)
	}
	return truncate(now), c, p, nil
}
