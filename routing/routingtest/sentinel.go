package routingtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	contactstore "github.com/tincay/hotline/contacts/store"
)

// Sentinel is a real Redis master, its replica, and a sentinel that puts the replica in the master's
// place when the master is gone. All are on loopback ports chosen free.
type Sentinel struct {
	t               testing.TB
	dir             string
	port            int
	master, replica int // ports
	masterProcess   *process
	rest            []*process
}

// masterName is what the sentinel calls the master.
const masterName = "hotline"

// NewSentinel starts the three. Where redis-server is not installed the test is skipped, but in CI
// (CI=true) it fails.
func NewSentinel(t testing.TB) *Sentinel {
	t.Helper()
	Need(t, installed("redis-server"))
	dir, err := os.MkdirTemp("", "hotline-sentinel")
	Need(t, err)
	s := &Sentinel{t: t, dir: dir}
	t.Cleanup(s.stop)
	Need(t, s.start())
	return s
}

func (s *Sentinel) start() error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	s.master, s.replica, s.port = ports[0], ports[1], ports[2]
	if s.masterProcess, err = s.server(s.master); err != nil {
		return err
	}
	replica, err := s.server(s.replica, "--replicaof", "127.0.0.1", strconv.Itoa(s.master))
	if err != nil {
		return err
	}
	s.rest = append(s.rest, replica)
	// One sentinel decides alone (quorum 1); production has three on three machines.
	config := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nsentinel monitor %s 127.0.0.1 %d 1\n"+
		"sentinel down-after-milliseconds %s 1000\nsentinel failover-timeout %s 5000\n",
		s.port, s.dir, masterName, s.master, masterName, masterName)
	file := filepath.Join(s.dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return fmt.Errorf("write sentinel's settings: %w", err)
	}
	sentinel, err := startProcess(func() (redis.UniversalClient, error) { return dial(s.port) }, file, "--sentinel")
	if err != nil {
		return err
	}
	s.rest = append(s.rest, sentinel)
	// A failover is possible once the sentinel has heard of the replica from the master.
	return eventually(func(ctx context.Context) error {
		watch := redis.NewSentinelClient(&redis.Options{Addr: loopback(s.port)})
		replicas, err := watch.Replicas(ctx, masterName).Result()
		if err := errors.Join(err, watch.Close()); err != nil {
			return err
		}
		for _, r := range replicas {
			if r["port"] == strconv.Itoa(s.replica) && r["master-link-status"] == "ok" {
				return nil
			}
		}
		return errors.New("sentinel does not know the replica yet")
	})
}

func dial(port int) (redis.UniversalClient, error) {
	return contactstore.Connect("redis://" + loopback(port))
}

func (s *Sentinel) server(port int, more ...string) (*process, error) {
	dir := filepath.Join(s.dir, strconv.Itoa(port))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make directory for a server: %w", err)
	}
	args := append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--appendonly", "yes",
		"--appendfsync", "always", "--save", "", "--repl-diskless-sync-delay", "0"}, more...)
	return startProcess(func() (redis.UniversalClient, error) { return dial(port) }, args...)
}

// URL is where the sentinel is, as a setting says it.
func (s *Sentinel) URL() string {
	return "redis+sentinel://" + loopback(s.port) + "?master_name=" + masterName
}

// Client connects as production does.
func (s *Sentinel) Client() redis.UniversalClient {
	s.t.Helper()
	rdb, err := contactstore.Connect(s.URL())
	if err != nil {
		s.t.Fatalf("connect to the sentinel: %v", err)
	}
	s.t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

var replicationOffset = regexp.MustCompile(`(?m)^(master_repl_offset:|slave0:.*,offset=)([0-9]+)`)

// Synced waits until the replica has everything that was written before the call.
func (s *Sentinel) Synced() {
	s.t.Helper()
	rdb, err := dial(s.master)
	Need(s.t, err)
	defer func() { _ = rdb.Close() }()
	goal := -1
	Need(s.t, eventually(func(ctx context.Context) error {
		info, err := rdb.Info(ctx, "replication").Result()
		if err != nil {
			return err
		}
		found := replicationOffset.FindAllStringSubmatch(info, -1)
		if len(found) != 2 {
			return errors.New("master has no replica")
		}
		replica, err1 := strconv.Atoi(found[0][2])
		master, err2 := strconv.Atoi(found[1][2])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if goal < 0 {
			goal = master
		}
		if replica < goal {
			return errors.New("replica is behind")
		}
		return nil
	}))
}

// KillMaster ends the master at once (SIGKILL) and waits until the sentinel has put the replica in its
// place.
func (s *Sentinel) KillMaster() {
	s.t.Helper()
	s.masterProcess.kill()
	Need(s.t, eventually(func(ctx context.Context) error {
		watch := redis.NewSentinelClient(&redis.Options{Addr: loopback(s.port)})
		at, err := watch.GetMasterAddrByName(ctx, masterName).Result()
		if err := errors.Join(err, watch.Close()); err != nil {
			return err
		}
		if len(at) != 2 || at[1] != strconv.Itoa(s.replica) {
			return errors.New("sentinel has not replaced the master yet")
		}
		return nil
	}))
}

func (s *Sentinel) stop() {
	if s.masterProcess != nil {
		s.masterProcess.kill()
	}
	for _, p := range s.rest {
		p.kill()
	}
	_ = os.RemoveAll(s.dir)
}
