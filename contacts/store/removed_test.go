package store_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/store"
)

// remove leaves of a line what its removal leaves; the script that does so is routing/store's.
func remove(t *testing.T, rdb redis.UniversalClient, line contacts.LineID) {
	t.Helper()
	key := store.DirectoryKey(store.DefaultShards.Of(line), line)
	generation := rdb.HGet(t.Context(), key, store.GenerationField).Val()
	if err := rdb.HSet(t.Context(), key, "removed_generation", generation).Err(); err != nil {
		t.Fatal(err)
	}
	if err := rdb.HDel(t.Context(), key, store.GenerationField, "file", "changed_unix_ms").Err(); err != nil {
		t.Fatal(err)
	}
}

func TestStore_RemovedLineComesBackWithAHigherGeneration(t *testing.T) {
	t.Parallel()
	rdb, _ := newRedis(t)
	s := store.New(rdb, store.DefaultShards, newKeyset(t))
	for generation := range int64(3) {
		if _, err := s.Put(t.Context(), "ward", generation, []byte("old")); err != nil {
			t.Fatal(err)
		}
	}
	remove(t, rdb, "ward")
	if got, err := s.Generations(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("Generations after the removal = %v, %v; want none", got, err)
	}
	if _, _, err := s.Get(t.Context(), "ward"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get after the removal = %v, want ErrNotFound", err)
	}
	if _, err := s.Put(t.Context(), "ward", 3, []byte("a change of what was there")); !errors.Is(err, store.ErrChanged) {
		t.Errorf("Put over the old generation = %v, want ErrChanged", err)
	}
	for want := int64(4); want < 6; want++ {
		expect := want - 1
		if want == 4 {
			expect = 0
		}
		if got, err := s.Put(t.Context(), "ward", expect, []byte("new")); err != nil || got != want {
			t.Errorf("Put(%d) = %d, %v; want %d, above all of the old line's", expect, got, err, want)
		}
	}
}

func TestStore_Unlist(t *testing.T) {
	t.Parallel()
	rdb, _ := newRedis(t)
	s := store.New(rdb, store.DefaultShards, newKeyset(t))
	for _, line := range []contacts.LineID{"gone", "there"} {
		if _, err := s.Put(t.Context(), line, 0, []byte("file")); err != nil {
			t.Fatal(err)
		}
	}
	remove(t, rdb, "gone")
	for _, line := range []contacts.LineID{"gone", "there", "never"} {
		if err := s.Unlist(t.Context(), line); err != nil {
			t.Errorf("Unlist(%s) = %v, want no error", line, err)
		}
	}
	if got := rdb.SMembers(t.Context(), "hotline:lines").Val(); !cmp.Equal(got, []string{"there"}) {
		t.Errorf("listed after Unlist = %v, want only the line that is there", got)
	}
}

// A line comes back just while its name is taken off the list.
func TestStore_UnlistWhileTheLineComesBack(t *testing.T) {
	t.Parallel()
	rdb, m := newRedis(t)
	keyset := newKeyset(t)
	s := store.New(rdb, store.DefaultShards, keyset)
	slow, err := store.Connect("redis://" + m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	slow.AddHook(&before{command: "evalsha", do: sync.OnceFunc(func() {
		if err := s.Unlist(t.Context(), "ward"); err != nil {
			t.Error(err)
		}
	})})
	if _, err := store.New(slow, store.DefaultShards, keyset).Put(t.Context(), "ward", 0, []byte("file")); err != nil {
		t.Fatal(err)
	}
	if listed := rdb.SIsMember(t.Context(), "hotline:lines", "ward").Val(); !listed {
		t.Error("a line that came back is not listed, so nobody would find it")
	}
}

// before runs something before a command.
type before struct {
	command string
	do      func()
}

// DialHook changes nothing.
func (*before) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook runs it.
func (b *before) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.EqualFold(cmd.Name(), b.command) {
			b.do()
		}
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook changes nothing.
func (*before) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestRecordedShards(t *testing.T) {
	t.Parallel()
	for recorded, want := range map[string]struct {
		n   store.Shards
		err error
	}{
		"": {0, nil}, "1": {1, nil}, "16": {16, nil},
		"0": {0, store.ErrShards}, "17": {0, store.ErrShards}, "many": {0, store.ErrShards},
	} {
		t.Run("recorded "+recorded, func(t *testing.T) {
			t.Parallel()
			rdb, m := newRedis(t)
			if recorded != "" {
				if err := m.Set("hotline:shards", recorded); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := store.RecordedShards(t.Context(), rdb); got != want.n || !errors.Is(err, want.err) {
				t.Errorf("RecordedShards = %d, %v; want %d, %v", got, err, want.n, want.err)
			}
			if now := m.Exists("hotline:shards"); now != (recorded != "") {
				t.Error("RecordedShards recorded something")
			}
		})
	}
	t.Run("Redis is away", func(t *testing.T) {
		t.Parallel()
		rdb, m := newRedis(t)
		m.Close()
		if got, err := store.RecordedShards(t.Context(), rdb); err == nil {
			t.Errorf("RecordedShards = %d, want an error", got)
		}
	})
}
