package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
)

// The store of line files is tested in contacts/store; here on every kind of Redis there is.

func TestLineFiles_OnEveryShard(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		s := contactstore.New(rdb, contactstore.DefaultShards, f.keyset)
		want := map[contacts.LineID]int64{ward: 1}
		for _, line := range []contacts.LineID{"a", "b", "c", "d", "e", "f", "g", "h"} {
			want[line] = 1
			if _, err := s.Put(f.ctx, line, 0, []byte("file of "+string(line))); err != nil {
				t.Fatalf("Put(%s) = %v, want no error", line, err)
			}
			if file, generation, err := s.Get(f.ctx, line); err != nil || string(file) != "file of "+string(line) || generation != 1 {
				t.Errorf("Get(%s) = %q, %d, %v", line, file, generation, err)
			}
		}
		if got, err := s.Generations(f.ctx); err != nil || !cmp.Equal(got, want) {
			t.Errorf("Generations = %v, %v; want %v", got, err, want)
		}
	})
}

func TestLineFiles_RacingPutsHaveOneWinner(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		s := contactstore.New(rdb, contactstore.DefaultShards, f.keyset)
		for generation := range int64(10) {
			var won, refused atomic.Int64
			var racing sync.WaitGroup
			for range 8 {
				racing.Go(func() {
					switch got, err := s.Put(f.ctx, "raced", generation, []byte("file")); {
					case err == nil && got == generation+1:
						won.Add(1)
					case errors.Is(err, contactstore.ErrChanged):
						refused.Add(1)
					}
				})
			}
			racing.Wait()
			if won.Load() != 1 || refused.Load() != 7 {
				t.Fatalf("generation %d: %d puts won and %d were refused, want 1 and 7", generation, won.Load(), refused.Load())
			}
		}
	})
}
