package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/store"
)

func TestConnect_Good(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url        string
		addr, user string
		password   string
		db         int
		tls        bool
	}{
		{url: "redis://127.0.0.1:6400", addr: "127.0.0.1:6400"},
		{url: "redis://redis", addr: "redis:6379"},
		{url: "redis://hotline:s3cret@redis:6400/2", addr: "redis:6400", user: "hotline", password: "s3cret", db: 2},
		{url: "redis://:p%2Fa%3Fs@redis", addr: "redis:6379", password: "p/a?s"},
		{url: "rediss://redis", addr: "redis:6379", tls: true},
		{url: "unix:///run/redis.sock", addr: "/run/redis.sock"},
		{url: "unix://hotline:s3cret@/run/redis.sock?db=3", addr: "/run/redis.sock", user: "hotline", password: "s3cret", db: 3},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			t.Parallel()
			rdb, err := store.Connect(tt.url)
			if err != nil {
				t.Fatalf("Connect = %v, want a client", err)
			}
			defer func() { _ = rdb.Close() }()
			o := rdb.(*redis.Client).Options()
			if o.Addr != tt.addr || o.Username != tt.user || o.Password != tt.password || o.DB != tt.db || (o.TLSConfig != nil) != tt.tls {
				t.Errorf("Connect: address %q, user %q, database %d, TLS %v", o.Addr, o.Username, o.DB, o.TLSConfig != nil)
			}
			if o.MaxRetries > 0 || o.DialerRetries != 1 || !o.ContextTimeoutEnabled || o.PoolSize < 64 {
				t.Errorf("Connect: retries %d, dials %d, heeds contexts %v, pool %d; want it to fail fast", o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled, o.PoolSize)
			}
		})
	}
}

func TestConnect_ClusterAndSentinel(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis+cluster://:s3cret@a:7000?addr=b:7001&addr=c:7002",
		"rediss+cluster://a:7000",
	} {
		rdb, err := store.Connect(url)
		if err != nil {
			t.Errorf("Connect(%s) = %v, want a client", url, err)
			continue
		}
		c, ok := rdb.(*redis.ClusterClient)
		if !ok {
			t.Fatalf("Connect(%s) is a %T, want a cluster's client", url, rdb)
		}
		o := c.Options()
		if strings.HasPrefix(url, "rediss") != (o.TLSConfig != nil) || len(o.Addrs) != 1+strings.Count(url, "addr=") {
			t.Errorf("Connect(%s): addresses %v, TLS %v", url, o.Addrs, o.TLSConfig != nil)
		}
		_ = rdb.Close()
	}
	for _, url := range []string{
		"redis+sentinel://a:26379?master_name=hotline&addr=b:26379",
		"rediss+sentinel://a:26379/1?master_name=hotline",
	} {
		rdb, err := store.Connect(url)
		if err != nil {
			t.Errorf("Connect(%s) = %v, want a client", url, err)
			continue
		}
		o := rdb.(*redis.Client).Options()
		if o.Addr != "FailoverClient" || strings.HasPrefix(url, "rediss") != (o.TLSConfig != nil) {
			t.Errorf("Connect(%s): address %q, TLS %v; want whatever the sentinel says", url, o.Addr, o.TLSConfig != nil)
		}
		_ = rdb.Close()
	}
}

func TestConnect_BadNeverEchoes(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	for _, url := range []string{
		"", secret, "127.0.0.1:6379", "http://:" + secret + "@redis", "redis", "redis:" + secret,
		"redis+other://:" + secret + "@redis", "unix+cluster:///run/" + secret, "+cluster://" + secret,
		"redis://:" + secret + "@redis/x", "redis://:" + secret + "@redis/1/2", "redis://:" + secret + "@redis?nonsense=1",
		"redis://:" + secret + "@redis?db=x", "redis://:" + secret + "@redis?read_timeout=" + secret, "redis://:" + secret + "@redis:port",
		"redis://:" + secret + "%zz@redis", "redis://:" + secret + "\x7f@redis", "unix://",
		// Passwords that were not escaped.
		"redis://:12/" + secret + "@redis:6379", "redis://:12?" + secret + "@redis", "redis://user/" + secret + "/x@redis",
		"redis://:a/" + secret + "@redis", "redis://:a#" + secret + "@redis/x", "redis://u:12/" + secret + "/@redis",
		"redis+cluster://:12?" + secret + "@redis", "redis+cluster://a:1?addr=" + secret, "redis+cluster://:" + secret + "@a:x",
		"redis+sentinel://:12/" + secret + "@a:1?master_name=x", "redis+sentinel://a:1?addr=" + secret + "&master_name=x",
		"redis+sentinel://a:1?db=" + secret, "redis+sentinel://:" + secret + "@a:1", // without master_name
	} {
		rdb, err := store.Connect(url)
		if err == nil {
			_ = rdb.Close()
			t.Errorf("Connect(%q) = a client, want an error", url)
			continue
		}
		if !errors.Is(err, store.ErrRedisURL) {
			t.Errorf("Connect(%q) = %v, want ErrRedisURL", url, err)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("Connect(%q) = %v, which holds what may be a password", url, err)
		}
	}
}
