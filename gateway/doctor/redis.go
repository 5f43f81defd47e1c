package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/config"
)

// The oldest Redis whose commands the scripts and queries use.
const oldestMajor, oldestMinor = 6, 2

// redis looks at the servers, and then at what is stored there.
func (e *examination) redis(ctx context.Context, cfg *config.Config) {
	if err := cfg.Redis.Ping(ctx).Err(); err != nil {
		e.report(Failed, "Redis", "không dùng được", "cannot be used: "+err.Error())
		return
	}
	nodes, err := nodesOf(ctx, cfg.Redis)
	if err != nil {
		e.report(Failed, "Redis", "không dùng được hết các nút", "not every node can be used: "+err.Error())
	}
	for _, n := range nodes {
		n.info = info(ctx, n.client)
		e.version(n)
		e.persistence(ctx, n)
		e.eviction(ctx, n)
		if replicas := n.info["connected_slaves"]; !n.cluster && replicas != "" && replicas != "0" {
			e.report(Unknown, n.subject, "chưa xem "+replicas+" bản sao; đặt cấu hình như máy chính",
				replicas+" replicas were not looked at; configure them as this one")
		}
	}
	shards, ok := e.shards(ctx, cfg)
	if ok {
		e.storedLines(ctx, contactstore.New(cfg.Redis, shards, cfg.Keyset), cfg.Keyset)
		e.accounts(ctx, cfg)
	}
}

// node is one Redis server.
type node struct {
	subject string
	client  redis.Cmdable
	cluster bool
	info    map[string]string
}

// nodesOf returns the server, or every server of a cluster, replicas too: after a failure they serve.
func nodesOf(ctx context.Context, rdb redis.UniversalClient) ([]*node, error) {
	cluster, ok := rdb.(*redis.ClusterClient)
	if !ok {
		return []*node{{subject: "Redis", client: rdb}}, nil
	}
	var mu sync.Mutex // the function is called for several at once
	var nodes []*node
	err := cluster.ForEachShard(ctx, func(_ context.Context, c *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		nodes = append(nodes, &node{subject: "Redis " + c.Options().Addr, client: c, cluster: true})
		return nil
	})
	slices.SortFunc(nodes, func(a, b *node) int { return strings.Compare(a.subject, b.subject) })
	return nodes, err
}

// info reads what a server tells of itself; nothing if it is not allowed to be asked.
func info(ctx context.Context, c redis.Cmdable) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(c.Info(ctx).Val()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// setting reads one setting of a server; empty if it cannot be had.
func setting(ctx context.Context, c redis.Cmdable, name string) string {
	return c.ConfigGet(ctx, name).Val()[name]
}

func (e *examination) version(n *node) {
	told := n.info["redis_version"]
	parts := strings.SplitN(told, ".", 3)
	if len(parts) < 2 {
		e.report(Unknown, n.subject, "trả lời; không cho biết phiên bản, cần từ 6.2", "answers; does not tell its version, which must be 6.2 or later")
		return
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	switch {
	case err1 != nil || err2 != nil:
		e.report(Unknown, n.subject, "trả lời; phiên bản không đọc được, cần từ 6.2", "answers; its version cannot be read, and must be 6.2 or later")
	case major < oldestMajor || major == oldestMajor && minor < oldestMinor:
		e.report(Failed, n.subject, "phiên bản "+told+", cần từ 6.2", "version "+told+", must be 6.2 or later")
	default:
		e.report(OK, n.subject, "trả lời, phiên bản "+told, "answers, version "+told)
	}
}

// persistence looks whether what was taken in is on disk before the carrier hears that it was.
func (e *examination) persistence(ctx context.Context, n *node) {
	subject := n.subject + ": ghi đĩa | persistence"
	appendOnly, fsync := setting(ctx, n.client, "appendonly"), setting(ctx, n.client, "appendfsync")
	if appendOnly == "" {
		appendOnly = map[string]string{"0": "no", "1": "yes"}[n.info["aof_enabled"]]
	}
	switch {
	case appendOnly == "no":
		e.report(Failed, subject, "appendonly no: mất dữ liệu khi máy tắt; cần yes", "appendonly no: what was taken in is lost in a crash; set it to yes")
	case fsync != "" && fsync != "always":
		e.report(Failed, subject, "appendfsync "+fsync+": mất các tin cuối khi máy tắt; cần always",
			"appendfsync "+fsync+": the last messages are lost in a crash; set it to always")
	case n.info["aof_last_write_status"] == "err":
		e.report(Failed, subject, "lần ghi đĩa gần nhất bị lỗi; xem đĩa còn chỗ không", "the last write to disk failed; is the disk full?")
	case appendOnly == "" || fsync == "":
		e.report(Unknown, subject, "không kiểm tra được vì máy chủ không cho hỏi CONFIG; cần appendonly yes và appendfsync always",
			"cannot be checked, the server does not answer CONFIG; appendonly must be yes and appendfsync always")
	default:
		e.report(OK, subject, "appendonly yes, appendfsync always", "appendonly yes, appendfsync always")
	}
}

// eviction looks whether a full memory makes Redis refuse (and us answer 503) or forget open cases.
func (e *examination) eviction(ctx context.Context, n *node) {
	subject := n.subject + ": bộ nhớ đầy | eviction"
	policy := setting(ctx, n.client, "maxmemory-policy")
	if policy == "" {
		policy = n.info["maxmemory_policy"]
	}
	switch policy {
	case "noeviction":
		e.report(OK, subject, "noeviction", "noeviction")
	case "":
		e.report(Unknown, subject, "không kiểm tra được; cần maxmemory-policy noeviction", "cannot be checked; maxmemory-policy must be noeviction")
	default:
		e.report(Failed, subject, "maxmemory-policy "+policy+": ca đang mở có thể bị xóa; cần noeviction",
			"maxmemory-policy "+policy+": open cases may be forgotten; set it to noeviction")
	}
}

// shards looks how many shards the store was made with; ok is false if lines cannot be looked for.
func (e *examination) shards(ctx context.Context, cfg *config.Config) (n contactstore.Shards, ok bool) {
	const subject = "Redis: số phần | shards"
	recorded, err := contactstore.RecordedShards(ctx, cfg.Redis)
	switch {
	case errors.Is(err, contactstore.ErrShards):
		e.report(Failed, subject, "số đã ghi không dùng được", err.Error())
	case err != nil:
		e.report(Failed, subject, "không đọc được", err.Error())
	case recorded == 0:
		e.report(Failed, subject, "chưa có: chưa từng chạy line apply hay serve", "none recorded: neither line apply nor serve has been run yet")
	case cfg.Shards != 0 && cfg.Shards != recorded:
		e.report(Failed, subject, fmt.Sprintf("đã ghi %d, HOTLINE_SHARDS là %d; số này không đổi được", recorded, cfg.Shards),
			fmt.Sprintf("%d recorded, HOTLINE_SHARDS is %d; the number cannot change", recorded, cfg.Shards))
	default:
		e.report(OK, subject, strconv.Itoa(int(recorded)), strconv.Itoa(int(recorded)))
		return recorded, true
	}
	return 0, false
}
