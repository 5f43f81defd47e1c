package store

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
)

//go:embed commit.lua
var commitSource string

var commitScript = redis.NewScript(commitSource)

// Commit stores a decision in one atomic step, or nothing of it; see routing.Store.
func (s *Store) Commit(ctx context.Context, line *routing.Line, event routing.EventID, now time.Time, d routing.Decision) error {
	c := &commit{store: s, shard: s.shards.Of(line.ID), line: line.ID, directory: line.Directory, now: now, keyAt: map[string]int{}, personKeys: map[phone.Key]*seal.PersonKey{}}
	if now.IsZero() {
		var err error
		if c.now, err = s.shardNow(ctx, c.shard); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	if err := c.build(line, event, d); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	answer, err := commitScript.Run(ctx, s.rdb, c.keys, c.args...).Text()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	switch answer {
	case "ok":
		return nil
	case "stale":
		return routing.ErrStale
	case "stale_line":
		return routing.ErrStaleLine
	case "duplicate":
		return routing.ErrDuplicate
	case "no_deadline":
		return routing.ErrNoDeadline
	}
	return fmt.Errorf("commit: unknown answer %q", answer)
}

// commit is the list of operations of one run of the script.
type commit struct {
	store      *Store
	shard      shard
	line       contacts.LineID
	directory  *contacts.Directory
	now        time.Time
	keys       []string
	keyAt      map[string]int
	args       []any
	personKeys map[phone.Key]*seal.PersonKey
}

// key returns the position of a key in KEYS.
func (c *commit) key(name string) int {
	at, ok := c.keyAt[name]
	if !ok {
		c.keys = append(c.keys, name)
		at = len(c.keys)
		c.keyAt[name] = at
	}
	return at
}

func (c *commit) op(name string, args ...any) {
	c.args = append(append(c.args, name), args...)
}

func (c *commit) build(line *routing.Line, event routing.EventID, d routing.Decision) error {
	if event != "" {
		c.op("seen", c.key(seenKey(c.shard, c.line, event)), seenKept.Milliseconds())
	}
	for _, id := range d.Also {
		c.op("put", c.key(seenKey(c.shard, c.line, id)), "1", seenKept.Milliseconds())
	}
	// What is sent needs the line as much as a case does: nobody could send for one that was removed.
	if len(d.Cases) > 0 || len(d.Sends) > 0 {
		c.op("check", c.key(contactstore.DirectoryKey(c.shard, c.line)), contactstore.GenerationField, line.Generation)
	}
	for _, p := range d.Persons {
		if err := c.person(p); err != nil {
			return err
		}
	}
	for _, ch := range d.Cases {
		if err := c.change(ch); err != nil {
			return err
		}
	}
	for _, f := range d.Forget {
		c.op("set", c.key(c.listKey(f.Contact)), string(f.Case), "")
	}
	for _, ch := range d.Duty {
		said := "off "
		if ch.Duty.On {
			said = "on "
		}
		c.op("set", c.key(dutyKey(c.shard, c.line)), c.contactKey(ch.Contact), said+strconv.FormatInt(ch.Duty.Until.UnixMilli(), 10))
	}
	if err := c.words(d); err != nil {
		return err
	}
	for _, s := range d.Sends {
		if err := c.send(s); err != nil {
			return err
		}
	}
	if d.Done != nil {
		c.done(*d.Done)
	}
	return c.journal(event, d)
}

// contactKey is what stands for a contact, or for who sits at a desk, in storage; empty for nobody.
func (c *commit) contactKey(id contacts.ID) string {
	if id == "" {
		return ""
	}
	return c.store.names.key(c.line, id)
}

func (c *commit) listKey(id contacts.ID) string {
	return contactCasesKey(c.shard, c.line, c.contactKey(id))
}

// change stores a case and keeps every index that leads to it.
func (c *commit) change(ch routing.Change) error {
	after := ch.After
	data, err := encodeCase(after)
	if err != nil {
		return err
	}
	sealed, err := c.store.keyset.Seal(c.line, caseField(after.ID), data)
	if err != nil {
		return err
	}
	open, due := "0", ""
	if after.Open() {
		open = "1"
		if next, ok := after.NextDeadline(); ok {
			due = strconv.FormatInt(next.At.UnixMilli(), 10)
		}
	}
	c.op("case", c.key(caseKey(c.shard, c.line, after.ID)), c.key(deadlinesKey(c.shard)), deadlineMember(c.line, after.ID),
		after.Version, after.Version+1, open, due, sealed)

	byPhone, byCode := openByPhoneKey(c.shard, c.line), codeKey(c.shard, c.line, after.Code)
	label := ""
	switch {
	case ch.Before == nil:
		c.op("index", c.key(byPhone), string(after.Person), "", string(after.ID))
		c.op("fresh", c.key(byCode), string(after.ID))
		label = after.Label()
	case !after.Open() && ch.Before.Open():
		c.op("index", c.key(byPhone), string(after.Person), string(after.ID), "")
		c.op("expire", c.key(byCode), codeRest.Milliseconds())
		c.said(after, wordsKept)
	case after.Open() && !ch.Before.Open(): // opened again
		c.op("index", c.key(byPhone), string(after.Person), "", string(after.ID))
		if after.Code == ch.Before.Code {
			c.op("put", c.key(byCode), string(after.ID), 0)
		} else {
			c.op("fresh", c.key(byCode), string(after.ID))
		}
		c.said(after, 0)
		label = after.Label()
	case after.Open():
		label = after.Label()
	}
	c.op("set", c.key(openCasesKey(c.shard, c.line)), string(after.ID), label)
	c.unclaimed(after)
	c.lists(ch)
	c.calls(ch)
	return nil
}

// said has what the person wrote so far expire; 0 is not any more.
func (c *commit) said(after *routing.Case, in time.Duration) {
	for n := 1; n <= after.Said; n++ {
		ref := routing.WordsRef("p" + strconv.Itoa(n))
		c.op("expire", c.key(wordsKey(c.shard, c.line, after.ID, ref)), in.Milliseconds())
	}
}

// unclaimed keeps the index of cases that nobody has. Every change of a case says all of it: a case from before there
// was this index, or that was changed by a program that does not know of it, is in its place with its next step.
func (c *commit) unclaimed(after *routing.Case) {
	since, waits := after.WaitsSince()
	for _, u := range coverage.Urgencies() {
		score := ""
		if waits && u == after.Urgency {
			score = strconv.FormatInt(since.UnixMilli(), 10)
		}
		c.op("score", c.key(unclaimedKey(c.shard, c.line, u)), string(after.ID), score)
	}
}

// lists puts the case on the list of every contact who has come to know of it, and notes who was woken.
func (c *commit) lists(ch routing.Change) {
	known := map[contacts.ID]time.Time{}
	if ch.Before != nil {
		for _, id := range ch.Before.Knows() {
			known[id] = time.Time{}
		}
		for _, a := range ch.Before.Alerts {
			known[a.Contact] = a.At
		}
	}
	for _, id := range ch.After.Knows() {
		if _, ok := known[id]; !ok {
			c.op("set", c.key(c.listKey(id)), string(ch.After.ID), string(ch.After.Person))
		}
	}
	for _, a := range ch.After.Alerts {
		if a.State == routing.AlertOut && !a.At.Equal(known[a.Contact]) {
			c.op("set", c.key(wokenKey(c.shard, c.line)), c.contactKey(a.Contact), strconv.FormatInt(a.At.UnixMilli(), 10))
		}
	}
}

// calls keeps the index of calls: which leg each is, and who is on the telephone now. Those of a closed
// case are nobody's any more: nobody looks after them, and whoever talks on may be called again.
func (c *commit) calls(ch routing.Change) {
	live := map[routing.EntryID]bool{}
	for _, l := range ch.After.Legs {
		before := routing.Leg{}
		if ch.Before != nil {
			if was := ch.Before.Leg(l.ID); was != nil {
				before = *was
			}
		}
		if l.Call != "" && l.Call != before.Call {
			c.op("put", c.key(callKey(c.shard, c.line, l.Call)), string(l.ID), seenKept.Milliseconds())
		}
		if !ch.After.Open() || l.State == routing.LegPlacing || l.State == routing.LegEnding && l.Call == "" {
			continue
		}
		live[l.ID] = true
		if before.ID == "" || before.State == routing.LegPlacing || before.State == routing.LegEnding && before.Call == "" {
			who := c.contactKey(l.Contact)
			if l.Person() {
				who = livePerson
				if contact, ok := c.directory.ByPhone(ch.After.Person); ok { // a contact who needs help themselves
					who += " " + c.contactKey(contact.ID)
				}
			}
			c.op("set", c.key(callsKey(c.shard, c.line)), string(l.ID), who)
		}
	}
	if ch.Before == nil {
		return
	}
	for _, l := range ch.Before.Legs {
		if !live[l.ID] {
			c.op("set", c.key(callsKey(c.shard, c.line)), string(l.ID), "")
		}
	}
}

// livePerson stands for the person among the calls under way.
const livePerson = "person"

// person stores what is kept of a phone, under a key of its own made at the first time.
func (c *commit) person(p routing.Person) error {
	wrapped := p.WrappedKey
	if len(wrapped) == 0 {
		own, fresh, err := c.store.keyset.NewPersonKey(c.line, p.Key)
		if err != nil {
			return err
		}
		c.personKeys[p.Key], wrapped = own, fresh
	}
	own, err := c.ownKey(p)
	if err != nil {
		return err
	}
	data, err := encodePerson(p)
	if err != nil {
		return err
	}
	sealed, err := own.Seal(personField, data)
	if err != nil {
		return err
	}
	c.op("person", c.key(personKey(c.shard, c.line, p.Key)), p.Version, p.Version+1, wrapped, sealed)
	return nil
}

// words seals what was written with the key of the person whose case it belongs to.
func (c *commit) words(d routing.Decision) error {
	for _, w := range d.Words {
		own, err := c.ownKey(w.Owner)
		if err != nil {
			return err
		}
		sealed, err := own.Seal(wordsField(w.Case, w.Ref), []byte(w.Text.Reveal()))
		if err != nil {
			return err
		}
		ttl := int64(0) // the person's own words stay as long as the case is open
		if !strings.HasPrefix(string(w.Ref), "p") {
			ttl = wordsKept.Milliseconds()
		}
		c.op("put", c.key(wordsKey(c.shard, c.line, w.Case, w.Ref)), sealed, ttl)
	}
	return nil
}

// ownKey returns a person's key: the one made in this commit, or the stored one.
func (c *commit) ownKey(p routing.Person) (*seal.PersonKey, error) {
	own, ok := c.personKeys[p.Key]
	if ok {
		return own, nil
	}
	if len(p.WrappedKey) == 0 {
		return nil, ErrNoPerson
	}
	own, err := c.store.keyset.PersonKey(c.line, p.Key, p.WrappedKey)
	if err != nil {
		return nil, err
	}
	c.personKeys[p.Key] = own
	return own, nil
}

func (c *commit) send(s routing.Send) error {
	data, err := encodeSend(s)
	if err != nil {
		return err
	}
	sealed, err := c.store.keyset.Seal(c.line, entryField(s.ID), data)
	if err != nil {
		return err
	}
	p := s.Priority
	c.op("send", c.key(lanesKey(c.shard, p)), c.key(queuesKey(c.shard, p)), c.key(waitingKey(c.shard, p)), c.key(entriesKey(c.shard)),
		c.key(sequenceKey(c.shard)), c.store.lane(c.line, s), string(s.ID), s.At.UnixMilli(), sealed, int(s.Rank))
	return nil
}

func (c *commit) done(s routing.Send) {
	p := s.Priority
	c.op("done", c.key(lanesKey(c.shard, p)), c.key(queuesKey(c.shard, p)), c.key(waitingKey(c.shard, p)), c.key(entriesKey(c.shard)),
		c.store.lane(c.line, s), string(s.ID), c.now.UnixMilli())
}

// noteRecord is a note as the journal holds it.
type noteRecord struct {
	Kind    string `json:"kind"`
	Case    string `json:"case,omitempty"`
	Contact string `json:"contact,omitempty"`
	Role    string `json:"role,omitempty"`
	Channel string `json:"channel,omitempty"`
	Urgency string `json:"urgency,omitempty"`
	Step    int    `json:"step,omitempty"`
	Result  string `json:"result,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	Desk    string `json:"desk,omitempty"`
	TookMS  int64  `json:"took_ms,omitempty"`
}

func (c *commit) journal(event routing.EventID, d routing.Decision) error {
	if len(d.Notes) == 0 {
		return nil
	}
	notes := make([]noteRecord, len(d.Notes))
	for i, n := range d.Notes {
		notes[i] = noteRecord{
			Kind: string(n.Kind), Case: string(n.Case), Contact: c.contactKey(n.Contact), Role: string(n.Role), Channel: string(n.Channel),
			Urgency: string(n.Urgency), Step: n.Step, Result: string(n.Result), Reason: string(n.Reason), Outcome: string(n.Outcome),
			Desk: c.contactKey(contacts.ID(n.Desk)), TookMS: n.Took.Milliseconds(),
		}
	}
	encoded, err := json.Marshal(notes)
	if err != nil {
		return err
	}
	c.op("journal", c.key(journalKey(c.shard)), c.now.UnixMilli(), string(c.line), string(event), string(d.Reason), encoded)
	traced := map[routing.CaseID]bool{}
	for _, n := range d.Notes {
		if n.Case != "" && !traced[n.Case] {
			traced[n.Case] = true
			c.op("trace", c.key(traceKey(c.shard, c.line, n.Case)))
		}
	}
	return nil
}
