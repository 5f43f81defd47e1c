package doctor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/gateway/doctor"
	"github.com/tincay/hotline/routing/routingtest"
)

// A real Redis that is configured otherwise than the runbook wants it.
func TestExamine_RedisConfiguredOtherwise(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		set     []any // arguments of CONFIG SET
		subject string
		en      string
	}{
		{"no append-only file", []any{"appendonly", "no"}, "persistence", "appendonly no"},
		{"synced every second", []any{"appendfsync", "everysec"}, "persistence", "appendfsync everysec"},
		{"never synced", []any{"appendfsync", "no"}, "persistence", "appendfsync no"},
		{"evicts", []any{"maxmemory-policy", "allkeys-lru"}, "eviction", "maxmemory-policy allkeys-lru"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t, routingtest.NewServer(t).URL())
			i.apply(ward)
			if err := i.rdb.Do(t.Context(), append([]any{"CONFIG", "SET"}, tt.set...)...).Err(); err != nil {
				t.Fatal(err)
			}
			healthy, findings := i.examine()
			if f := find(findings, tt.subject, tt.en); healthy || len(f) != 1 || f[0].Verdict != doctor.Failed {
				t.Errorf("Examine = %v %+v, want it failed with %q", healthy, findings, tt.en)
			}
		})
	}
}

// A server that does not let itself be asked is not called well, nor broken for what cannot be seen.
func TestExamine_RedisMayNotBeAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		forbidden  string
		appendOnly string
		want       map[string]string // subject to verdict and text
	}{
		{"CONFIG", "-config", "yes", map[string]string{"persistence": "unknown cannot be checked", "eviction": "ok noeviction"}},
		{"CONFIG, no append-only file", "-config", "no", map[string]string{"persistence": "failed appendonly no", "eviction": "ok noeviction"}},
		{"INFO", "-info", "yes", map[string]string{"persistence": "ok appendonly yes", "eviction": "ok noeviction"}},
		{"either", "-config -info", "yes", map[string]string{"persistence": "unknown cannot be checked", "eviction": "unknown cannot be checked"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t, routingtest.NewServer(t).URL())
			i.apply(ward)
			if err := i.rdb.ConfigSet(t.Context(), "appendonly", tt.appendOnly).Err(); err != nil {
				t.Fatal(err)
			}
			rules := []any{"ACL", "SETUSER", "hotline", "on", ">s3cret", "~*", "&*", "+@all"}
			for rule := range strings.FieldsSeq(tt.forbidden) {
				rules = append(rules, rule)
			}
			if err := i.rdb.Do(t.Context(), rules...).Err(); err != nil {
				t.Fatal(err)
			}
			i.env["REDIS_URL"] = strings.Replace(i.env["REDIS_URL"], "unix://", "unix://hotline:s3cret@", 1)
			healthy, findings := i.examine()
			if failed := strings.HasPrefix(tt.want["persistence"], "failed"); healthy == failed {
				t.Errorf("Examine = %v: %+v", healthy, findings)
			}
			for subject, want := range tt.want {
				if f := find(findings, subject, ""); len(f) != 1 || !strings.HasPrefix(string(f[0].Verdict)+" "+f[0].EN, want) {
					t.Errorf("%s = %+v, want %s", subject, f, want)
				}
			}
			version := find(findings, "Redis", "answers")
			if told := !strings.Contains(tt.forbidden, "info"); len(version) != 1 || told != (version[0].Verdict == doctor.OK) {
				t.Errorf("version = %+v, want it ok only if it is told", version)
			}
		})
	}
}

// What other servers say of themselves.
func TestExamine_RedisSays(t *testing.T) {
	t.Parallel()
	good := map[string]string{"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
	for _, tt := range []struct {
		name, info  string
		config      map[string]string
		want        doctor.Verdict
		subject, en string
	}{
		{"6.2", "redis_version:6.2.0\r\n", good, doctor.OK, "Redis", "version 6.2.0"},
		{"a later one", "redis_version:10.0.1\r\n", good, doctor.OK, "Redis", "version 10.0.1"},
		{"6.0", "redis_version:6.0.20\r\n", good, doctor.Failed, "Redis", "version 6.0.20, must be 6.2 or later"},
		{"5", "redis_version:5.9.9\r\n", good, doctor.Failed, "Redis", "must be 6.2 or later"},
		{"an odd version", "redis_version:x.y\r\n", good, doctor.Unknown, "Redis", "its version cannot be read"},
		{"no version", "", good, doctor.Unknown, "Redis", "does not tell its version"},
		{"a full disk", "redis_version:7.0.0\r\naof_last_write_status:err\r\n", good, doctor.Failed, "persistence", "the last write to disk failed"},
		{"replicas", "redis_version:7.0.0\r\nconnected_slaves:2\r\n", good, doctor.Unknown, "Redis", "2 replicas were not looked at"},
		{"no replicas", "redis_version:7.0.0\r\nconnected_slaves:0\r\n", good, doctor.OK, "Redis", "answers, version 7.0.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := miniredis.RunT(t)
			i := newInstallation(t, "redis://"+m.Addr())
			i.apply(ward)
			m.Server().SetPreHook(func(c *server.Peer, cmd string, args ...string) bool {
				switch {
				case strings.EqualFold(cmd, "INFO"):
					c.WriteBulk(tt.info)
				case strings.EqualFold(cmd, "CONFIG"):
					c.WriteLen(2)
					c.WriteBulk(args[1])
					c.WriteBulk(tt.config[args[1]])
				default:
					return false
				}
				return true
			})
			healthy, findings := i.examine()
			if f := find(findings, tt.subject, tt.en); len(f) != 1 || f[0].Verdict != tt.want || healthy != (tt.want != doctor.Failed) {
				t.Errorf("Examine = %v %+v, want %s with %q", healthy, findings, tt.want, tt.en)
			}
		})
	}
}

// Every node of a cluster is looked at: after a failure any of them may be the one that counts.
func TestExamine_EveryNodeOfACluster(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, routingtest.NewCluster(t).URL())
	i.apply(ward)
	if healthy, findings := i.examine(); !healthy || len(find(findings, "persistence", "appendfsync always")) != 3 || len(find(findings, "Redis 127.0.0.1:", "answers")) != 3 {
		t.Fatalf("Examine of a cluster = %v %+v, want three nodes that are well", healthy, findings)
	}
	once := make(chan struct{}, 1)
	once <- struct{}{}
	err := i.rdb.(*redis.ClusterClient).ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
		select {
		case <-once:
			return node.ConfigSet(ctx, "appendfsync", "everysec").Err()
		default:
			return nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if healthy, findings := i.examine(); healthy || len(find(findings, "persistence", "appendfsync everysec")) != 1 || len(find(findings, "persistence", "appendfsync always")) != 2 {
		t.Errorf("Examine of a cluster with one node configured otherwise = %v %+v, want that one failed", healthy, findings)
	}
}
