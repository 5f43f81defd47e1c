package memory

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func TestCopy_IsWholeOrFails(t *testing.T) {
	t.Parallel()
	m, to := miniredis.NewMiniRedis(), miniredis.NewMiniRedis()
	t.Cleanup(m.Close)
	t.Cleanup(to.Close)
	m.HSet("hash", "a", "1", "b", "\x00\xff")
	for _, err := range []error{m.Set("string", "x"), m.Set("ends", "y")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	m.SetTTL("ends", time.Minute)
	if _, err := m.Push("list", "1", "2", "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.SAdd("set", "x", "y"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.ZAdd("sorted", 1.5, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.XAdd("stream", "1-1", []string{"k", "v"}); err != nil {
		t.Fatal(err)
	}
	if err := Copy(to, m); err != nil || to.Dump() != m.Dump() || to.TTL("ends") != time.Minute {
		t.Errorf("Copy() = %v, copy:\n%s\nof:\n%s", err, to.Dump(), m.Dump())
	}
	if _, err := m.PfAdd("counter", "x"); err != nil {
		t.Fatal(err)
	}
	if err := Copy(to, m); !errors.Is(err, errKind) {
		t.Errorf("Copy() of a kind it does not know = %v, want %v", err, errKind)
	}
}

// A pipeline that is longer than what either side holds in hand: over a bare pipe both would wait for ever.
func TestClient_LongPipelinesComeThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		defer m.Close()
		rdb := Client(m)
		value := strings.Repeat("x", 1000)
		for range 2 { // the connection goes on being good
			cmds, err := rdb.Pipelined(t.Context(), func(p redis.Pipeliner) error {
				for range 500 {
					p.Set(t.Context(), "k", value, 0)
					p.Get(t.Context(), "k")
				}
				return nil
			})
			if err != nil || len(cmds) != 1000 || cmds[999].(*redis.StringCmd).Val() != value {
				t.Fatalf("a pipeline of %d commands = %v, want every answer", len(cmds), err)
			}
		}
		if err := rdb.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
}

func TestClient_SaysThatTheRedisIsGone(t *testing.T) {
	t.Parallel()
	m := miniredis.NewMiniRedis()
	rdb := Client(m)
	defer func() { _ = rdb.Close() }()
	if err := rdb.Set(t.Context(), "k", "v", time.Minute).Err(); err != nil {
		t.Fatalf("Set() = %v", err)
	}
	m.Close()
	if err := rdb.Get(t.Context(), "k").Err(); err == nil {
		t.Error("Get() of a Redis that is gone = nil, want an error")
	}
}
