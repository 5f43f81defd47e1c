// Package routingtest helps other packages' tests: Redis in memory and for real, and made-up wards.
package routingtest

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	contactstore "github.com/tincay/hotline/contacts/store"
)

// NewRedis starts a Redis in memory that touches no network, so that it can run in a synctest bubble and
// keep the bubble's time. Keys with a lifetime do not expire by themselves: call FastForward.
func NewRedis(t testing.TB) (redis.UniversalClient, *miniredis.Miniredis) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	rdb := redis.NewClient(&redis.Options{
		Dialer:                   func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
		ContextTimeoutEnabled:    true,
		MaxRetries:               -1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	t.Cleanup(func() {
		_ = rdb.Close() // the server goes away with it
		m.Close()
	})
	return rdb, m
}

// Server is a real redis-server of the test's own, with the durability production asks for.
type Server struct {
	t      testing.TB
	dir    string
	cmd    *exec.Cmd
	exited chan struct{}
	output bytes.Buffer
}

// NewServer starts redis-server. Where it is not installed the test is skipped, but in CI (CI=true) it
// fails: there it has to be.
func NewServer(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed, and in CI it has to be")
		}
		t.Skip("redis-server is not installed; this test needs the real one (Debian: apt-get install redis-server)")
	}
	// A socket's path is limited to about a hundred characters, which a test's own directory may exceed.
	dir, err := os.MkdirTemp("", "hotline-redis")
	if err != nil {
		t.Fatalf("make directory for redis-server: %v", err)
	}
	s := &Server{t: t, dir: dir}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
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
	s.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", filepath.Join(s.dir, "redis.sock"),
		"--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "")
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v", err)
	}
	s.exited = make(chan struct{})
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	rdb, err := contactstore.Connect(s.URL())
	if err != nil {
		s.t.Fatalf("connect to redis-server: %v", err)
	}
	defer func() { _ = rdb.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for rdb.Ping(ctx).Err() != nil {
		select {
		case <-s.exited:
			s.t.Fatalf("redis-server ended by itself: %s", s.output.String())
		case <-ctx.Done():
			s.t.Fatal("redis-server does not answer")
		case <-tick.C:
		}
	}
}

// Kill ends the server at once (SIGKILL), as a crash or a power cut of its process would.
func (s *Server) Kill() {
	select {
	case <-s.exited:
		return
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.exited
}
