package store

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
)

//go:embed take.lua
var takeSource string

//go:embed later.lua
var laterSource string

var (
	takeScript  = redis.NewScript(takeSource)
	laterScript = redis.NewScript(laterSource)
)

// placeDigits is how long an entry's place in its queue is, before the sealed entry.
const placeDigits = 16

// Want says how much to take from a shard's agenda.
type Want struct {
	Deadlines     int
	DeadlineLease time.Duration
	Sends         int // all together
	ForDanger     int // how many of Sends are kept free for calls and danger
	SendLease     time.Duration
}

// Taken is what was due.
type Taken struct {
	Now       time.Time // by the shard's clock
	Next      time.Time // when the next thing is due; zero if nothing is
	Deadlines []DueCase
	Sends     []DueSend
}

// DueCase is a case whose deadline has come.
type DueCase struct {
	Line contacts.LineID
	Case routing.CaseID
	Due  time.Time     // may be the end of an earlier lease
	Late time.Duration // how long after that it was taken
}

// DueSend is a message whose turn has come.
type DueSend struct {
	Line contacts.LineID
	Send routing.Send
	// FirstTried is when it was handed to a worker before without the outcome becoming known: it may
	// have reached the carrier since then. Zero if it certainly has not.
	FirstTried time.Time
	Age        time.Duration // since it was decided on
	// Err is set if the entry cannot be read; then Send has only id, lane and priority.
	Err    error
	lane   string
	leased time.Time
}

// Take takes what is due from a shard's agenda, danger first, one message a recipient and case: the next
// one of the same recipient, case and priority follows when this one is done. What is taken comes due again when
// its lease ends, unless it is done or put back before.
func (s *Store) Take(ctx context.Context, sh shard, w Want) (Taken, error) {
	now, err := s.shardNow(ctx, sh)
	if err != nil {
		return Taken{}, fmt.Errorf("take: %w", err)
	}
	keys := []string{deadlinesKey(sh), entriesKey(sh)}
	for _, p := range routing.Priorities() {
		keys = append(keys, lanesKey(sh, p), queuesKey(sh, p))
	}
	dueLease, sendLease := now.Add(w.DeadlineLease), now.Add(w.SendLease)
	answer, err := takeScript.Run(ctx, s.rdb, keys,
		now.UnixMilli(), dueLease.UnixMilli(), w.Deadlines, sendLease.UnixMilli(), w.Sends, w.ForDanger).Slice()
	if err != nil {
		return Taken{}, fmt.Errorf("take: %w", err)
	}
	if len(answer) != 3 {
		return Taken{}, fmt.Errorf("take: %w", errBadRecord)
	}
	t := Taken{Now: now, Next: scoreTime(answer[0])}
	deadlines, _ := answer[1].([]any)
	for i := 0; i+1 < len(deadlines); i += 2 {
		// What is no "<line>/<case>" is of no line that exists, and reported as such. An error here would
		// keep everything else that was taken from being carried out.
		line, id, _ := strings.Cut(fmt.Sprint(deadlines[i]), "/")
		t.Deadlines = append(t.Deadlines, DueCase{
			Line: contacts.LineID(line), Case: routing.CaseID(id), Due: scoreTime(deadlines[i+1]),
			Late: now.Sub(scoreTime(deadlines[i+1])),
		})
	}
	entries, _ := answer[2].([]any)
	for i := 0; i+4 < len(entries); i += 5 {
		d := s.dueSend(entries[i:i+5], sendLease)
		d.Age = now.Sub(d.Send.At)
		t.Sends = append(t.Sends, d)
	}
	return t, nil
}

func (s *Store) dueSend(v []any, lease time.Time) DueSend {
	lane, id := fmt.Sprint(v[0]), routing.EntryID(fmt.Sprint(v[1]))
	line, _, _ := strings.Cut(lane, "/")
	d := DueSend{Line: contacts.LineID(line), FirstTried: scoreTime(v[3]), lane: lane, leased: lease}
	priority, _ := v[4].(int64)
	data, err := s.keyset.Open(d.Line, entryField(id), text(v[2]))
	if err == nil {
		d.Send, err = decodeSend(id, data)
	}
	d.Send.ID, d.Send.Priority, d.Err = id, routing.Priorities()[priority], err
	return d
}

// scoreTime reads a score in unix ms; zero if there is none.
func scoreTime(v any) time.Time {
	ms, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if err != nil || ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// shardNow is the time by the clock of the shard's node.
func (s *Store) shardNow(ctx context.Context, sh shard) (time.Time, error) {
	c := s.clocks[sh]
	if now, ok := c.now(); ok {
		return now, nil
	}
	return s.SyncClock(ctx, sh)
}

// SyncClock reads the clock of the shard's node and returns its time. Everything that reads from the
// shard does so too; an idle worker calls it now and then.
func (s *Store) SyncClock(ctx context.Context, sh shard) (time.Time, error) {
	now, err := clockTime(readClock(ctx, s.rdb, sh))
	if err != nil {
		return time.Time{}, fmt.Errorf("read clock: %w", err)
	}
	s.clocks[sh].observe(now)
	return now, nil
}

// readClock asks the node a shard lives on for its time. The command TIME alone has no key, so a cluster
// would send it to any node.
func readClock(ctx context.Context, c redis.Cmdable, sh shard) *redis.Cmd {
	return c.Eval(ctx, "return redis.call('TIME')", []string{deadlinesKey(sh)})
}

func clockTime(cmd *redis.Cmd) (time.Time, error) {
	parts, err := cmd.StringSlice()
	if err != nil {
		return time.Time{}, err
	}
	if len(parts) != 2 {
		return time.Time{}, errBadRecord
	}
	sec, err1 := strconv.ParseInt(parts[0], 10, 64)
	usec, err2 := strconv.ParseInt(parts[1], 10, 64)
	if err1 != nil || err2 != nil {
		return time.Time{}, errBadRecord
	}
	return time.Unix(sec, usec*1000).UTC(), nil
}

// DropCase takes a case off the agenda that is closed or gone.
func (s *Store) DropCase(ctx context.Context, d DueCase) error {
	if err := s.rdb.ZRem(ctx, deadlinesKey(s.shards.Of(d.Line)), deadlineMember(d.Line, d.Case)).Err(); err != nil {
		return fmt.Errorf("drop deadline: %w", err)
	}
	return nil
}

// LaterSend puts a taken message back, to be due again after some time. untried says that it certainly
// did not reach the carrier, so that trying again needs no look at the carrier's list.
func (s *Store) LaterSend(ctx context.Context, d DueSend, after time.Duration, untried bool) error {
	sh := s.shards.Of(d.Line)
	now, err := s.shardNow(ctx, sh)
	if err != nil {
		return err
	}
	id := ""
	if untried {
		id = string(d.Send.ID)
	}
	err = laterScript.Run(ctx, s.rdb, []string{lanesKey(sh, d.Send.Priority), entriesKey(sh)},
		d.lane, d.leased.UnixMilli(), now.Add(after).UnixMilli(), id).Err()
	if err != nil {
		return fmt.Errorf("put back: %w", err)
	}
	return nil
}

// Entry returns a message that is still on the agenda; ok is false if it is not.
func (s *Store) Entry(ctx context.Context, line contacts.LineID, id routing.EntryID) (send routing.Send, ok bool, err error) {
	sealed, err := s.rdb.HGet(ctx, entriesKey(s.shards.Of(line)), string(id)).Bytes()
	if errors.Is(err, redis.Nil) {
		return routing.Send{}, false, nil
	}
	if err != nil {
		return routing.Send{}, false, fmt.Errorf("load entry: %w", err)
	}
	if len(sealed) < placeDigits {
		return routing.Send{}, false, fmt.Errorf("load entry: %w", errBadRecord)
	}
	data, err := s.keyset.Open(line, entryField(id), sealed[placeDigits:])
	if err != nil {
		return routing.Send{}, false, fmt.Errorf("load entry: %w", err)
	}
	send, err = decodeSend(id, data)
	return send, err == nil, err
}

// Unknown returns for how long the outcome of a message has been unknown since a worker first took it; 0
// if it has left the agenda or was not taken yet.
func (s *Store) Unknown(ctx context.Context, line contacts.LineID, id routing.EntryID) (time.Duration, error) {
	sh := s.shards.Of(line)
	at, err := s.rdb.HGet(ctx, entriesKey(sh), string(id)+":tried").Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("load entry: %w", err)
	}
	now, err := s.shardNow(ctx, sh)
	if err != nil {
		return 0, fmt.Errorf("load entry: %w", err)
	}
	return now.Sub(scoreTime(at)), nil
}

// Attributed reports which of the carrier's message ids are known to belong to messages of ours.
func (s *Store) Attributed(ctx context.Context, line contacts.LineID, ids []string) (map[string]bool, error) {
	known := make(map[string]bool, len(ids))
	for _, id := range ids {
		n, err := s.rdb.Exists(ctx, seenKey(s.shards.Of(line), line, routing.SentID(id))).Result()
		if err != nil {
			return nil, fmt.Errorf("look up sent message: %w", err)
		}
		known[id] = n > 0
	}
	return known, nil
}

// Words returns what was written, and the person whose case it belongs to; ErrNoWords or ErrNoPerson if
// it is gone.
func (s *Store) Words(ctx context.Context, line contacts.LineID, id routing.CaseID, person phone.Key, ref routing.WordsRef) (contacts.Private, error) {
	sh := s.shards.Of(line)
	var sealed *redis.StringCmd
	var record *redis.SliceCmd
	err := s.pipelined(ctx, func(p redis.Pipeliner) {
		sealed = p.Get(ctx, wordsKey(sh, line, id, ref))
		record = p.HMGet(ctx, personKey(sh, line, person), "k")
	})
	if err != nil {
		return contacts.Private{}, fmt.Errorf("load words: %w", err)
	}
	if errors.Is(sealed.Err(), redis.Nil) {
		return contacts.Private{}, ErrNoWords
	}
	wrapped := text(record.Val()[0])
	if wrapped == nil {
		return contacts.Private{}, ErrNoPerson
	}
	own, err := s.keyset.PersonKey(line, person, wrapped)
	if err != nil {
		return contacts.Private{}, fmt.Errorf("load words: %w", err)
	}
	data, err := own.Open(wordsField(id, ref), []byte(sealed.Val()))
	if err != nil {
		// The person was erased and has written again since, with a new key: nobody can read these.
		return contacts.Private{}, fmt.Errorf("load words: %w: %w", ErrNoWords, err)
	}
	return contacts.Conceal(string(data)), nil
}

func deadlineMember(line contacts.LineID, id routing.CaseID) string {
	return string(line) + "/" + string(id)
}

// lane is the queue of one recipient in one case. Entries of one lane go one after the other, because
// words must not change places; those of another case do not wait for them, least of all an alert for a
// message that the carrier will not take.
func (s *Store) lane(line contacts.LineID, send routing.Send) string {
	switch {
	case send.Purpose == routing.PurposeCall && send.Contact != "":
		// One telephone rings once: calls to one contact go one after the other, whichever case they are about.
		return string(line) + "/v/" + s.names.key(line, send.Contact)
	case send.OfCall():
		return string(line) + "/l/" + string(cmp.Or(send.Leg, send.ID))
	}
	if send.Person != "" {
		return string(line) + "/p/" + string(send.Person) + "/" + string(send.Case)
	}
	return string(line) + "/c/" + s.names.key(line, send.Contact) + "/" + string(send.Case)
}
