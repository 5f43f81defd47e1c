// Package store keeps line files in Redis.
//
// A line file is stored whole and sealed: it holds numbers and names. Every change raises the line's
// generation, by which replicas and commits notice that what they hold is stale. A change made against
// an older generation than the stored one is refused.
package store

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
)

// Errors of this package.
var (
	// ErrNotFound means that there is no such line.
	ErrNotFound = errors.New("no such line")
	// ErrChanged means that the line was changed by somebody else meanwhile.
	ErrChanged = errors.New("line was changed by somebody else meanwhile")
	// ErrShards means that the store was made with another number of shards.
	ErrShards = errors.New("number of shards differs from the one this Redis was first used with")
)

//go:embed put.lua
var putSource string

// Store reads and writes line files.
type Store struct {
	rdb    redis.UniversalClient
	shards Shards
	keyset *seal.Keyset
	put    *redis.Script
}

// New makes a store; shards must be what [CheckShards] returned.
func New(rdb redis.UniversalClient, shards Shards, keyset *seal.Keyset) *Store {
	return &Store{rdb: rdb, shards: shards, keyset: keyset, put: redis.NewScript(putSource)}
}

// CheckShards records the number of shards at first start and returns the recorded one. want 0 takes
// whatever is recorded, or the default; any other number that differs from the recorded one is ErrShards.
func CheckShards(ctx context.Context, rdb redis.UniversalClient, want Shards) (Shards, error) {
	first := want
	if first == 0 {
		first = DefaultShards
	}
	if err := rdb.SetNX(ctx, shardsKey(), int(first), 0).Err(); err != nil {
		return 0, fmt.Errorf("record number of shards: %w", err)
	}
	n, err := rdb.Get(ctx, shardsKey()).Int()
	if err != nil {
		return 0, fmt.Errorf("read number of shards: %w", err)
	}
	if got := Shards(n); got < 1 || got > MaxShards || want != 0 && got != want {
		return 0, fmt.Errorf("%w: recorded %d, asked for %d", ErrShards, n, want)
	}
	return Shards(n), nil
}

// RecordedShards returns the number of shards this store was made with, without recording any; 0 if none
// is recorded yet, ErrShards if what is recorded is no such number.
func RecordedShards(ctx context.Context, rdb redis.UniversalClient) (Shards, error) {
	recorded, err := rdb.Get(ctx, shardsKey()).Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read number of shards: %w", err)
	}
	n, err := strconv.Atoi(recorded)
	if err != nil || n < 1 || Shards(n) > MaxShards {
		return 0, fmt.Errorf("%w: what is recorded is no number from 1 to %d", ErrShards, MaxShards)
	}
	return Shards(n), nil
}

// Shards returns how many shards there are.
func (s *Store) Shards() Shards { return s.shards }

// Put stores a line file if the stored generation is still expect (0: no such line yet), and returns the
// new generation; else ErrChanged.
func (s *Store) Put(ctx context.Context, line contacts.LineID, expect int64, file []byte) (int64, error) {
	sealed, err := s.keyset.Seal(line, "line-file", file)
	if err != nil {
		return 0, err
	}
	// The name goes into the list first: a listed line without a file is skipped by readers, a file
	// that is not listed would never be found.
	if err := s.rdb.SAdd(ctx, linesKey(), string(line)).Err(); err != nil {
		return 0, fmt.Errorf("list line: %w", err)
	}
	now, err := s.rdb.Time(ctx).Result()
	if err != nil {
		return 0, fmt.Errorf("store line: %w", err)
	}
	key := DirectoryKey(s.shards.Of(line), line)
	generation, err := s.put.Run(ctx, s.rdb, []string{key}, expect, sealed, now.UnixMilli()).Int64()
	if err != nil {
		return 0, fmt.Errorf("store line: %w", err)
	}
	if generation == 0 {
		return 0, ErrChanged
	}
	// Once more: whoever was removing the line may have taken its name off the list meanwhile.
	if err := s.rdb.SAdd(ctx, linesKey(), string(line)).Err(); err != nil {
		return 0, fmt.Errorf("list line: %w", err)
	}
	return generation, nil
}

// Unlist takes the name of a line that was removed off the list. A line that is there, because it was
// never removed or has come back, stays listed.
func (s *Store) Unlist(ctx context.Context, line contacts.LineID) error {
	if err := s.rdb.SRem(ctx, linesKey(), string(line)).Err(); err != nil {
		return fmt.Errorf("unlist line: %w", err)
	}
	// Looked at afterwards: with Put listing a line after storing it, one of the two lists it again.
	there, err := s.rdb.HExists(ctx, DirectoryKey(s.shards.Of(line), line), GenerationField).Result()
	if err == nil && there {
		err = s.rdb.SAdd(ctx, linesKey(), string(line)).Err()
	}
	if err != nil {
		return fmt.Errorf("unlist line: %w", err)
	}
	return nil
}

// Get returns a line file and its generation, or ErrNotFound.
func (s *Store) Get(ctx context.Context, line contacts.LineID) ([]byte, int64, error) {
	got, err := s.rdb.HMGet(ctx, DirectoryKey(s.shards.Of(line), line), GenerationField, "file").Result()
	if err != nil {
		return nil, 0, fmt.Errorf("load line: %w", err)
	}
	generation, ok1 := got[0].(string)
	sealed, ok2 := got[1].(string)
	if !ok1 || !ok2 {
		return nil, 0, ErrNotFound
	}
	n, err := strconv.ParseInt(generation, 10, 64)
	if err != nil {
		return nil, 0, fmt.Errorf("load line: generation: %w", err)
	}
	file, err := s.keyset.Open(line, "line-file", []byte(sealed))
	if err != nil {
		return nil, 0, fmt.Errorf("load line: %w", err)
	}
	return file, n, nil
}

// Generations returns the generation of every line.
func (s *Store) Generations(ctx context.Context) (map[contacts.LineID]int64, error) {
	ids, err := s.rdb.SMembers(ctx, linesKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("list lines: %w", err)
	}
	found := make([]*redis.StringCmd, len(ids))
	_, err = s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			line := contacts.LineID(id)
			found[i] = p.HGet(ctx, DirectoryKey(s.shards.Of(line), line), GenerationField)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("list lines: %w", err)
	}
	generations := make(map[contacts.LineID]int64, len(ids))
	for i, id := range ids {
		switch n, err := found[i].Int64(); {
		case errors.Is(err, redis.Nil): // listed, not written yet
		case err != nil:
			return nil, fmt.Errorf("list lines: %w", err)
		default:
			generations[contacts.LineID(id)] = n
		}
	}
	return generations, nil
}
