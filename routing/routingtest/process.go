package routingtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// errNotInstalled means that this machine has no redis-server.
var errNotInstalled = errors.New("redis-server is not installed; this test needs the real one (Debian: apt-get install redis-server)")

// installed reports a program that is missing.
func installed(programs ...string) error {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return errNotInstalled
		}
	}
	return nil
}

// Need ends a test whose Redis could not be started: where redis-server is not installed it is skipped,
// but in CI (CI=true) it fails, because there it has to be.
func Need(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNotInstalled) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// process is one redis-server.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	output output
}

// output is what a process printed; it may be read while the process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String returns all of it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// startProcess starts redis-server and waits until it answers to a client made by connect.
func startProcess(connect func() (redis.UniversalClient, error), args ...string) (*process, error) {
	p := &process{cmd: exec.Command("redis-server", args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	rdb, err := connect()
	if err != nil {
		p.kill()
		return nil, err
	}
	defer func() { _ = rdb.Close() }()
	err = eventually(func(ctx context.Context) error {
		select {
		case <-p.exited:
			return fmt.Errorf("%w: %s", errEnded, p.output.String())
		default:
			return rdb.Ping(ctx).Err()
		}
	})
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("redis-server does not answer: %w", err)
	}
	return p, nil
}

// errEnded means that a process ended by itself.
var errEnded = errors.New("redis-server ended by itself")

// kill ends the process at once (SIGKILL).
func (p *process) kill() {
	select {
	case <-p.exited:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.exited
}

// patience is how long something may take that happens in another process.
const patience = 30 * time.Second

// eventually repeats until there is no error, up to patience; a process that ended is not waited for.
func eventually(try func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try(ctx)
		if err == nil || errors.Is(err, errEnded) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not within %v: %w", patience, err)
		}
	}
}

// freePorts returns ports of the loopback interface that nobody listens on now.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// loopback is the address of a port.
func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
