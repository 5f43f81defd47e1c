package store_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
)

// sharedCluster is one Redis Cluster for all tests of the package, because starting one takes seconds.
// Tests use it one after the other and find it empty.
type sharedCluster struct {
	start   func() (*routingtest.Cluster, error)
	turn    sync.Mutex
	started *routingtest.Cluster
}

var cluster = &sharedCluster{start: sync.OnceValues(routingtest.StartCluster)}

func TestMain(m *testing.M) {
	code := m.Run()
	if cluster.started != nil {
		cluster.started.Stop()
	}
	os.Exit(code)
}

// on runs a test on the cluster.
func (s *sharedCluster) on(t *testing.T, test func(*testing.T, redis.UniversalClient)) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a Redis Cluster; leave out -short to run it")
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	c, err := s.start()
	routingtest.Need(t, err)
	s.started = c
	rdb := c.Client(t)
	err = rdb.(*redis.ClusterClient).ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
		return node.FlushAll(ctx).Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	test(t, rdb)
}

// allKeys lists the keys of a Redis, of every node if it has several.
func allKeys(ctx context.Context, rdb redis.UniversalClient) ([]string, error) {
	nodes, ok := rdb.(*redis.ClusterClient)
	if !ok {
		return rdb.Keys(ctx, "*").Result()
	}
	var mu sync.Mutex
	var all []string
	err := nodes.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		keys, err := node.Keys(ctx, "*").Result()
		mu.Lock()
		defer mu.Unlock()
		all = append(all, keys...)
		return err
	})
	return all, err
}

// TestCluster_ShardsAreSpread makes sure that the cluster tests are about a cluster: every shard's keys
// are on one node, and not all shards on the same.
func TestCluster_ShardsAreSpread(t *testing.T) {
	t.Parallel()
	cluster.on(t, func(t *testing.T, rdb redis.UniversalClient) {
		f := newFixture(t, rdb)
		f.commit(f.text("+84935111222", "chồng em đánh em"))
		nodes := map[string]bool{}
		for _, sh := range f.store.Shards() {
			slot := rdb.ClusterKeySlot(t.Context(), string(sh)+":deadlines").Val()
			if other := rdb.ClusterKeySlot(t.Context(), string(sh)+":case:ward:x").Val(); other != slot {
				t.Errorf("keys of shard %s are in the slots %d and %d", sh, slot, other)
			}
			node, err := rdb.(*redis.ClusterClient).MasterForKey(t.Context(), string(sh)+":deadlines")
			if err != nil {
				t.Fatal(err)
			}
			nodes[node.Options().Addr] = true
		}
		if len(nodes) < 2 {
			t.Errorf("all shards are on %d node, want them spread", len(nodes))
		}
	})
}

// TestSentinel_Failover kills the master. What the replica had is there afterwards, and a store that was
// open all the time works on without a restart.
func TestSentinel_Failover(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a failover; leave out -short to run it")
	}
	redisServers := routingtest.NewSentinel(t)
	f := newFixture(t, redisServers.Client())
	f.put(f.alert("none.1.n1", "lan", routing.PriorityDanger))
	before := f.commit(f.text("+84935111222", "chồng em đánh em, em sợ quá"))
	repeated := f.text("+84935111223", "cứu em với")
	f.commit(repeated)
	redisServers.Synced()
	kept := f.dump()
	redisServers.KillMaster()

	// The client needs a moment to follow; until then it fails fast, and nothing is half done.
	var now time.Time
	for end := time.Now().Add(20 * time.Second); ; {
		var err error
		began := time.Now()
		if now, err = f.store.SyncClock(f.ctx, f.shard); err == nil {
			break
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("a command during the failover took %v, want it to fail fast", took)
		}
		if time.Now().After(end) {
			t.Fatalf("store does not follow the failover: %v", err)
		}
	}
	if time.Since(now).Abs() > time.Minute {
		t.Errorf("clock of the new master is read as %v", now)
	}
	if diff := cmp.Diff(kept, f.dump()); diff != "" {
		t.Errorf("after the failover (-before +after):\n%s", diff)
	}
	if l, err := f.store.Load(f.ctx, f.query(repeated)); err != nil || !l.Duplicate {
		t.Errorf("Load of a text taken in before the failover: duplicate %v, %v; want it known", l.Duplicate, err)
	}
	c := before.Cases[0].After
	if got, err := f.store.Words(f.ctx, ward, c.ID, c.Person, "p1"); err != nil || got.Reveal() == "" {
		t.Errorf("Words after the failover: %v, want them", err)
	}
	if d := f.commit(f.text("+84905000001", "1 "+string(c.Code))); d.Reason != routing.ReasonClaimed {
		t.Errorf("taking the case after the failover = %s, want %s", d.Reason, routing.ReasonClaimed)
	}
	if got := f.takeFor(1, time.Hour); len(got) != 1 || got[0].Err != nil {
		t.Errorf("Take after the failover = %v, want a message", got)
	}
}

// TestStore_ServerGone has every operation fail with an error, soon, when there is no Redis.
func TestStore_ServerGone(t *testing.T) {
	t.Parallel()
	server := routingtest.NewServer(t)
	f := newFixture(t, server.Client())
	d := f.commit(f.text("+84935111222", "chồng em đánh em"))
	c := d.Cases[0].After
	due := f.takeFor(1, time.Hour)[0]
	e := f.text("+84935111223", "cứu em với")
	l, decided := f.decide(e)
	server.Kill()
	for name, try := range map[string]func() error{
		"Load":          func() error { _, err := f.store.Load(f.ctx, f.query(e)); return err },
		"Commit":        func() error { return f.store.Commit(f.ctx, f.line, e.SID, l.Now, decided) },
		"Take":          func() error { _, err := f.store.Take(f.ctx, f.shard, store.Want{Sends: 1}); return err },
		"LaterSend":     func() error { return f.store.LaterSend(f.ctx, due, 0, true) },
		"DropCase":      func() error { return f.store.DropCase(f.ctx, store.DueCase{Line: ward, Case: c.ID}) },
		"Entry":         func() error { _, _, err := f.store.Entry(f.ctx, ward, "x"); return err },
		"Attributed":    func() error { _, err := f.store.Attributed(f.ctx, ward, []string{"x"}); return err },
		"Words":         func() error { _, err := f.store.Words(f.ctx, ward, c.ID, c.Person, "p1"); return err },
		"LoadCase":      func() error { _, _, _, err := f.store.LoadCase(f.ctx, ward, c.ID, c.Person); return err },
		"CaseCounts":    func() error { _, err := f.store.CaseCounts(f.ctx, ward); return err },
		"OpenCases":     func() error { _, err := f.store.OpenCases(f.ctx, ward); return err },
		"Cases":         func() error { _, err := f.store.Cases(f.ctx, ward, []routing.CaseID{c.ID}); return err },
		"Journal":       func() error { _, err := f.store.Journal(f.ctx, ward, "", 10); return err },
		"OldestWaiting": func() error { _, err := f.store.OldestWaiting(f.ctx); return err },
		"Oldest":        func() error { _, err := f.store.OldestUnclaimed(f.ctx, ward); return err },
		"Overdue":       func() error { _, err := f.store.DeadlineOverdue(f.ctx); return err },
		"SyncClock":     func() error { _, err := f.store.SyncClock(f.ctx, f.shard); return err },
	} {
		began := time.Now()
		err := try()
		if err == nil || errors.Is(err, routing.ErrStale) || errors.Is(err, routing.ErrDuplicate) || errors.Is(err, store.ErrNoWords) {
			t.Errorf("%s without Redis = %v, want an error that says so", name, err)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s without Redis took %v, want it to fail fast", name, took)
		}
	}
	server.Start()
	if got := f.commit(e); got.Reason != routing.ReasonOpened {
		t.Errorf("the text after Redis is back: %s, want %s", got.Reason, routing.ReasonOpened)
	}
	if _, err := f.store.Words(f.ctx, ward, c.ID, c.Person, "p1"); err != nil {
		t.Errorf("Words after the server was killed and started again: %v, want them", err)
	}
}
