package store_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/contacts/store"
)

// newRedis starts a Redis in memory.
func newRedis(t *testing.T) (redis.UniversalClient, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.RunT(t)
	rdb, err := store.Connect("redis://" + m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb, m
}

func newKeyset(t *testing.T) *seal.Keyset {
	t.Helper()
	k, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestStore_PutGetGenerations(t *testing.T) {
	t.Parallel()
	rdb, _ := newRedis(t)
	ctx := context.Background()
	keyset := newKeyset(t)
	s := store.New(rdb, store.DefaultShards, keyset)
	if got, err := s.Generations(ctx); err != nil || len(got) > 0 {
		t.Errorf("Generations of an empty store = %v, %v; want none", got, err)
	}
	if _, _, err := s.Get(ctx, "ward"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get of no line = %v, want ErrNotFound", err)
	}
	put := func(line contacts.LineID, expect int64, file string, want int64, wantErr error) {
		t.Helper()
		if got, err := s.Put(ctx, line, expect, []byte(file)); got != want || !errors.Is(err, wantErr) {
			t.Errorf("Put(%s, %d) = %d, %v; want %d, %v", line, expect, got, err, want, wantErr)
		}
	}
	put("ward", 1, "too early", 0, store.ErrChanged)
	if got, err := s.Generations(ctx); err != nil || len(got) > 0 {
		t.Errorf("Generations after a refused first Put = %v, %v; want none", got, err)
	}
	put("ward", 0, "first", 1, nil)
	put("ward", 0, "somebody else's first", 0, store.ErrChanged)
	put("ward", 1, "second", 2, nil)
	put("ward", 1, "stale", 0, store.ErrChanged)
	put("ward", 3, "from the future", 0, store.ErrChanged)
	for _, other := range []contacts.LineID{"a", "b", "c", "d", "e", "f"} { // on all shards
		put(other, 0, "file of "+string(other), 1, nil)
	}
	file, generation, err := s.Get(ctx, "ward")
	if err != nil || string(file) != "second" || generation != 2 {
		t.Errorf("Get = %q, %d, %v; want the second file", file, generation, err)
	}
	want := map[contacts.LineID]int64{"ward": 2, "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}
	if got, err := s.Generations(ctx); err != nil || !cmp.Equal(got, want) {
		t.Errorf("Generations = %v, %v; want %v", got, err, want)
	}

	sealed, err := rdb.HGet(ctx, store.DirectoryKey(s.Shards().Of("ward"), "ward"), "file").Bytes()
	if err != nil || bytes.Contains(sealed, []byte("second")) {
		t.Errorf("a stored file is readable without the keyset (%v)", err)
	}
	stranger := store.New(rdb, store.DefaultShards, newKeyset(t))
	if _, _, err := stranger.Get(ctx, "ward"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("Get with another keyset = %v, want ErrSealed", err)
	}
	if err := rdb.HSet(ctx, store.DirectoryKey(s.Shards().Of("a"), "a"), "file", sealed).Err(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get(ctx, "a"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("Get of a file moved to another line = %v, want ErrSealed", err)
	}
}

func TestCheckShards(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		recorded string // empty: none
		want     store.Shards
		got      store.Shards
		err      error
	}{
		{"first start, default", "", 0, store.DefaultShards, nil},
		{"first start, chosen", "", 16, 16, nil},
		{"later, unsaid", "7", 0, 7, nil},
		{"later, the same", "7", 7, 7, nil},
		{"later, another", "7", 4, 0, store.ErrShards},
		{"later, the default said", "7", store.DefaultShards, 0, store.ErrShards},
		{"recorded more than there may be", "17", 0, 0, store.ErrShards},
		{"recorded none", "0", 0, 0, store.ErrShards},
		{"recorded a negative number", "-1", 0, 0, store.ErrShards},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rdb, m := newRedis(t)
			if tt.recorded != "" {
				if err := m.Set("hotline:shards", tt.recorded); err != nil {
					t.Fatal(err)
				}
			}
			got, err := store.CheckShards(context.Background(), rdb, tt.want)
			if got != tt.got || !errors.Is(err, tt.err) {
				t.Errorf("CheckShards(%d) = %d, %v; want %d, %v", tt.want, got, err, tt.got, tt.err)
			}
			if kept, _ := m.Get("hotline:shards"); tt.recorded != "" && kept != tt.recorded {
				t.Errorf("CheckShards changed what was recorded from %s to %s", tt.recorded, kept)
			}
			if again, err := store.CheckShards(context.Background(), rdb, 0); tt.err == nil && (err != nil || again != tt.got) {
				t.Errorf("CheckShards(0) afterwards = %d, %v; want %d", again, err, tt.got)
			}
		})
	}
	t.Run("recorded nonsense", func(t *testing.T) {
		t.Parallel()
		rdb, m := newRedis(t)
		if err := m.Set("hotline:shards", "many"); err != nil {
			t.Fatal(err)
		}
		if got, err := store.CheckShards(context.Background(), rdb, 0); err == nil {
			t.Errorf("CheckShards = %d, want an error", got)
		}
	})
}

// TestShards_OfNeverChanges pins where lines are: a line that moved would not be found any more.
func TestShards_OfNeverChanges(t *testing.T) {
	t.Parallel()
	for line, want := range map[contacts.LineID]store.Shard{"ward": "{s03}", "cam-thanh": "{s00}", "phuong-mau": "{s02}", "a": "{s00}"} {
		if got := store.Shards(4).Of(line); got != want {
			t.Errorf("Of(%s) = %s, want %s", line, got, want)
		}
	}
	for n := store.Shards(1); n <= store.MaxShards; n++ {
		all := map[store.Shard]bool{}
		for _, sh := range n.All() {
			all[sh] = true
		}
		if len(all) != int(n) || !all[n.Of("ward")] {
			t.Errorf("%d shards: All = %v, Of = %s", n, n.All(), n.Of("ward"))
		}
	}
}
