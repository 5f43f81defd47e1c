package store

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
)

//go:embed remove.lua
var removeSource string

var removeScript = redis.NewScript(removeSource)

// Removal is what became of the wish to remove a line.
type Removal struct {
	// Open is how many cases of the line are open. The line was removed if there are none.
	Open int
	// Dropped is how many messages were still to be sent for the line and now never will be.
	Dropped int
}

// RemoveLine takes a line out of service, unless a case of it is open. That is looked at and the line
// removed in one step: a case that is about to be opened meanwhile fails with routing.ErrStaleLine. What
// closed cases left behind is kept as long as it would have been. The line's name stays on the list of
// lines until contacts/store.Store.Unlist. A line that is not there is contacts/store.ErrNotFound.
func (s *Store) RemoveLine(ctx context.Context, line contacts.LineID) (Removal, error) {
	sh := s.shards.Of(line)
	keys := []string{contactstore.DirectoryKey(sh, line), openCasesKey(sh, line), entriesKey(sh)}
	for _, p := range routing.Priorities() {
		keys = append(keys, lanesKey(sh, p), queuesKey(sh, p), waitingKey(sh, p))
	}
	first, behind := lanesOf(line)
	answer, err := removeScript.Run(ctx, s.rdb, keys, first, behind).Int64Slice()
	if err != nil {
		return Removal{}, fmt.Errorf("remove line: %w", err)
	}
	if len(answer) != 3 {
		return Removal{}, fmt.Errorf("remove line: %w", errBadRecord)
	}
	if answer[0] == 0 {
		return Removal{}, contactstore.ErrNotFound
	}
	return Removal{Open: int(answer[1]), Dropped: int(answer[2])}, nil
}

// ToSend counts the messages of a line that are still on the agenda.
func (s *Store) ToSend(ctx context.Context, line contacts.LineID) (int, error) {
	sh := s.shards.Of(line)
	first, behind := lanesOf(line)
	var counts []*redis.IntCmd
	err := s.pipelined(ctx, func(p redis.Pipeliner) {
		for _, priority := range routing.Priorities() {
			counts = append(counts, p.ZLexCount(ctx, queuesKey(sh, priority), "["+first, "("+behind))
		}
	})
	if err != nil {
		return 0, fmt.Errorf("count messages to send: %w", err)
	}
	total := 0
	for _, n := range counts {
		total += int(n.Val())
	}
	return total, nil
}

// lanesOf returns what every lane of a line begins with, and the first string that sorts behind all those.
func lanesOf(line contacts.LineID) (first, behind string) {
	return string(line) + "/", string(line) + string('/'+1)
}
