// Package routingtest helps other packages' tests: Redis in memory and for real, and made-up wards.
package routingtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing/store/memory"
)

// NewRedis starts a Redis in memory that touches no network, so that it can run in a synctest bubble and
// keep the bubble's time. Keys with a lifetime do not expire by themselves: call FastForward.
func NewRedis(t testing.TB) (redis.UniversalClient, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	rdb := memory.Client(m)
	t.Cleanup(func() {
		_ = rdb.Close() // the server goes away with it
		m.Close()
	})
	return rdb, m
}

// Server is a real redis-server of the test's own, with the durability production asks for.
type Server struct {
	t       testing.TB
	dir     string
	process *process
}

// NewServer starts redis-server. Where it is not installed the test is skipped, but in CI (CI=true) it
// fails: there it has to be.
func NewServer(t testing.TB) *Server {
	t.Helper()
	Need(t, installed("redis-server"))
	// A socket's path is limited to about a hundred characters, which a test's own directory may exceed.
	dir, err := os.MkdirTemp("", "hotline-redis")
	if err != nil {
		t.Fatalf("make directory for redis-server: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return NewServerIn(t, dir)
}

// NewServerIn starts redis-server with what is kept in a directory, and leaves it there. The directory's path
// has to be short, as a socket's has.
func NewServerIn(t testing.TB, dir string) *Server {
	t.Helper()
	Need(t, installed("redis-server"))
	s := &Server{t: t, dir: dir}
	t.Cleanup(func() {
		if s.process != nil {
			s.process.kill()
		}
	})
	s.Start()
	return s
}

// URL is where the server listens.
func (s *Server) URL() string { return "unix://" + filepath.Join(s.dir, "redis.sock") }

// Client connects as production does.
func (s *Server) Client() redis.UniversalClient {
	s.t.Helper()
	rdb, err := contactstore.Connect(s.URL())
	if err != nil {
		s.t.Fatalf("connect to redis-server: %v", err)
	}
	s.t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// Start starts the server, after Kill with the data it had on disk, and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	p, err := startProcess(func() (redis.UniversalClient, error) { return contactstore.Connect(s.URL()) },
		"--port", "0", "--unixsocket", filepath.Join(s.dir, "redis.sock"),
		"--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = p
}

// Kill ends the server at once (SIGKILL), as a crash or a power cut of its process would.
func (s *Server) Kill() { s.process.kill() }
