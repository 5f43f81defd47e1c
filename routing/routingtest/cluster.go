package routingtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	contactstore "github.com/tincay/hotline/contacts/store"
)

// Cluster is a real Redis Cluster of three masters, on loopback ports chosen free.
type Cluster struct {
	dir   string
	ports []int
	nodes []*process
}

// NewCluster starts a cluster for one test. Where redis-server or redis-cli is not installed the test is
// skipped, but in CI (CI=true) it fails.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c, err := StartCluster()
	Need(t, err)
	t.Cleanup(c.Stop)
	return c
}

// StartCluster starts a cluster that several tests share; whoever started it stops it. Hand its error to
// [Need].
func StartCluster() (*Cluster, error) {
	if err := installed("redis-server", "redis-cli"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hotline-cluster")
	if err != nil {
		return nil, fmt.Errorf("make directory for a cluster: %w", err)
	}
	c := &Cluster{dir: dir}
	if err := c.start(); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) start() error {
	const masters = 3
	ports, err := freePorts(2 * masters) // each needs a second one, for the cluster's own traffic
	if err != nil {
		return err
	}
	c.ports = ports[:masters]
	create := []string{"--cluster", "create"}
	for i, port := range c.ports {
		dir := filepath.Join(c.dir, strconv.Itoa(port))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return fmt.Errorf("make directory for a node: %w", err)
		}
		connect := func() (redis.UniversalClient, error) { return contactstore.Connect("redis://" + loopback(port)) }
		node, err := startProcess(connect, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--cluster-enabled", "yes",
			"--cluster-port", strconv.Itoa(ports[masters+i]), "--dir", dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "")
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, node)
		create = append(create, loopback(port))
	}
	if out, err := exec.Command("redis-cli", append(create, "--cluster-yes")...).CombinedOutput(); err != nil {
		return fmt.Errorf("create cluster: %w: %s", err, out)
	}
	return eventually(c.ready)
}

// ready says why the cluster cannot be used yet.
func (c *Cluster) ready(ctx context.Context) error {
	for _, port := range c.ports {
		rdb, err := contactstore.Connect("redis://" + loopback(port))
		if err != nil {
			return err
		}
		info, err := rdb.ClusterInfo(ctx).Result()
		if err := errors.Join(err, rdb.Close()); err != nil {
			return err
		}
		if !strings.Contains(info, "cluster_state:ok") {
			return errors.New("a node does not see the whole cluster")
		}
	}
	return nil
}

// URL is where the cluster is, as a setting says it.
func (c *Cluster) URL() string {
	return fmt.Sprintf("redis+cluster://%s?addr=%s&addr=%s", loopback(c.ports[0]), loopback(c.ports[1]), loopback(c.ports[2]))
}

// Client connects as production does; the client is closed at the end of the test.
func (c *Cluster) Client(t testing.TB) redis.UniversalClient {
	t.Helper()
	rdb, err := contactstore.Connect(c.URL())
	if err != nil {
		t.Fatalf("connect to the cluster: %v", err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// Stop ends every node.
func (c *Cluster) Stop() {
	for _, n := range c.nodes {
		n.kill()
	}
	_ = os.RemoveAll(c.dir)
}
