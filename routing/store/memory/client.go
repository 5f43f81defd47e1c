// Package memory is what the demo and tests need of a Redis in memory besides the Redis itself: a client that needs no
// network, and a copy of all that is in it.
//
// It promises that a client waits for answers only, never for its own requests to be read, and that a copy is whole or
// an error. It refuses kinds of values that nothing of ours is stored in.
package memory

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client makes a client of a Redis in memory that needs no network. It waits as long as its contexts let it: what takes
// long is a busy machine.
func Client(m *miniredis.Miniredis) *redis.Client {
	return redis.NewClient(&redis.Options{
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			pipe, err := m.Dial()
			if err != nil {
				return nil, err
			}
			return newConn(pipe), nil
		},
		ContextTimeoutEnabled:    true,
		ReadTimeout:              -1,
		WriteTimeout:             -1,
		MaxRetries:               -1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// conn takes what is written at once, as a network does. Over a pipe alone, a client that goes on asking and a server
// that goes on answering would wait for each other.
type conn struct {
	net.Conn // a pipe

	mu      sync.Mutex
	waiting []byte
	failed  error
	more    chan struct{} // of one place
	closed  chan struct{}
	close   func()
}

func newConn(pipe net.Conn) *conn {
	c := &conn{Conn: pipe, more: make(chan struct{}, 1), closed: make(chan struct{})}
	c.close = sync.OnceFunc(func() { close(c.closed) })
	go c.pass()
	return c
}

// pass writes what waits until the connection is closed.
func (c *conn) pass() {
	for {
		select {
		case <-c.closed:
			return
		case <-c.more:
		}
		c.mu.Lock()
		p := c.waiting
		c.waiting = nil
		c.mu.Unlock()
		if _, err := c.Conn.Write(p); err != nil {
			c.mu.Lock()
			c.failed = err
			c.mu.Unlock()
			return
		}
	}
}

// Write takes a copy. What became of what was written before is told by the next one, as by a network.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		return 0, c.failed
	}
	c.waiting = append(c.waiting, p...)
	select {
	case c.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

// Close ends both directions.
func (c *conn) Close() error {
	c.close()
	return c.Conn.Close()
}

// SetDeadline is for reading only: nobody waits while writing.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetWriteDeadline does nothing.
func (*conn) SetWriteDeadline(time.Time) error { return nil }
