package gatewaytest_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/ops/supervisor"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
)

const (
	busyLine  = contacts.LineID("cam-thanh")
	quietLine = contacts.LineID("nghia-lo")
	clinic    = "+84905000004"
)

// busyWard is a ward as large as one that works: everybody who answers is always on call, so that its state does not
// depend on the hour at which the test runs.
const busyWard = `
line: cam-thanh
tag: CT
name: Phường Cẩm Thành
timezone: Asia/Ho_Chi_Minh
language: vi
numbers:
  - {number: "+842553800113", sms: true, voice: true}
contacts:
  - {id: lan, name: "Nguyễn Thị Lan", kind: trusted_address, phone: "+84905000001", channels: [sms], area: Tổ 1}
  - {id: hoa, name: "Trần Văn Hòa", kind: trusted_address, phone: "+84905000002", channels: [sms, voice], area: Tổ dân phố Đông Nam}
  - {id: ca-phuong, name: "Công an phường", kind: police, phone: "+84905000003", channels: [sms]}
  - {id: tram-y-te, name: "Trạm Y tế phường Cẩm Thành", kind: health_station, phone: "+84905000004", channels: [sms]}
  - {id: chu-tich, name: "Huỳnh Công Tằng Tôn Nữ Diễm Phương", kind: chair, phone: "+84905000005", channels: [voice, sms]}
  - {id: van-phong, name: "Lê Thị Mai", kind: supervisor, phone: "+84905000009", channels: [sms]}
shifts:
  - {contact: chu-tich, days: [mon, tue, wed, thu, fri], from: "07:30", to: "17:00"}
always: [lan, hoa, ca-phuong, tram-y-te, van-phong]
areas:
  - {name: Tổ 1, words: ["tổ 1", "tổ một"]}
  - {name: Tổ dân phố Đông Nam, words: ["đông nam"]}
policy:
  immediate_danger:
    - {notify: [police, trusted_address], wait: 30s}
    - {notify: [supervisor], wait: 60s}
  immediate_danger/health:
    - {notify: [health_station, trusted_address], wait: 60s}
    - {notify: [police, supervisor], wait: 60s}
  urgent:
    - {notify: [trusted_address], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}
  information:
    - {notify: [trusted_address], at_once: 1, wait: 5m}
    - {notify: [supervisor], wait: 10m}
`

// quietWard is a ward where nothing has happened yet and nobody is on call by day.
const quietWard = `
line: nghia-lo
tag: NL
name: Phường Nghĩa Lộ
timezone: Asia/Ho_Chi_Minh
language: vi
numbers:
  - {number: "+842553800114", sms: true, voice: true}
contacts:
  - {id: bay, name: "Phạm Thị Bảy", kind: trusted_address, phone: "+84905000011", channels: [sms]}
  - {id: truong, name: "Công an phường Nghĩa Lộ", kind: police, phone: "+84905000013", channels: [voice]}
shifts:
  - {contact: bay, days: [mon, tue, wed, thu, fri, sat, sun], from: "18:00", to: "06:00"}
  - {contact: truong, days: [sat, sun], from: "00:00", to: "12:00"}
policy:
  immediate_danger:
    - {notify: [police, trusted_address], wait: 60s}
  urgent:
    - {notify: [trusted_address], wait: 60s}
  information:
    - {notify: [trusted_address], wait: 5m}
`

// pagesWorld is a world after four weeks of work in the busy ward, at an hour with some thirty open cases: people who
// wait, two whom nobody has answered, a caller on hold, and many that somebody has taken. Its gateway takes in what
// arrives and does nothing by itself, so that what the pages show stays as it is while they are looked at.
//
// Its phones told all of it, in a bubble that ended just now: the numbers, words and times are made up, how they came
// into Redis is not.
func pagesWorld(t *testing.T) (w *gatewaytest.World, g *gatewaytest.Gateway, closed routing.CaseID) {
	t.Helper()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	after := miniredis.RunT(t) // on a socket: what the board reads at once is more than a pipe can hold
	rdb, err := contactstore.Connect("redis://" + after.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	now := time.Now().Round(0) // without the reading of a clock that no bubble has
	synctest.Test(t, func(t *testing.T) {
		rdb, m := routingtest.NewRedis(t)
		time.Sleep(time.Until(now.AddDate(0, 0, -28)))
		w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, Keyset: keyset, LineFile: busyWard, Poll: time.Hour})
		w.Apply(quietWard)
		shards, err := contactstore.CheckShards(t.Context(), rdb, 0)
		if err != nil {
			t.Fatal(err)
		}
		c := &chronicle{t: t, w: w, reader: supervisor.NewReader(store.New(rdb, shards, keyset), shards), random: rand.New(rand.NewPCG(28, 5))}
		// Between two cases nothing runs that would have to be woken every few seconds of all these weeks.
		for time.Until(now) > 26*time.Hour {
			g := w.Start()
			c.past()
			w.Stop(g)
			time.Sleep(time.Duration(3+c.random.IntN(7)) * time.Hour)
		}
		c.audited(audit.NewLog(rdb, keyset))
		time.Sleep(time.Until(now.Add(-55 * time.Minute)))
		w.Start()
		c.tonight(now)
		closed = c.cases[len(c.cases)-1]
		copyRedis(t, m, after)
	})
	w = gatewaytest.New(t, gatewaytest.Options{Redis: rdb, Keyset: keyset, LineFile: busyWard})
	return w, w.Open(), closed
}

// copyRedis copies everything that one Redis in memory holds to another. A server that was used in a bubble cannot be
// used outside of it.
func copyRedis(t *testing.T, from, to *miniredis.Miniredis) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatalf("copy Redis: %v", err)
		}
	}
	for _, key := range from.Keys() {
		switch kind := from.Type(key); kind {
		case "string":
			v, err := from.Get(key)
			must(err)
			must(to.Set(key, v))
		case "hash":
			fields, err := from.HKeys(key)
			must(err)
			for _, f := range fields {
				to.HSet(key, f, from.HGet(key, f))
			}
		case "list":
			items, err := from.List(key)
			must(err)
			_, err = to.Push(key, items...)
			must(err)
		case "set":
			members, err := from.SMembers(key)
			must(err)
			_, err = to.SAdd(key, members...)
			must(err)
		case "zset":
			scores, err := from.SortedSet(key)
			must(err)
			for member, score := range scores {
				_, err := to.ZAdd(key, score, member)
				must(err)
			}
		case "stream":
			entries, err := from.Stream(key)
			must(err)
			for _, e := range entries {
				_, err := to.XAdd(key, e.ID, e.Values)
				must(err)
			}
		default:
			t.Fatalf("copy Redis: %s is a %s", key, kind)
		}
		if ttl := from.TTL(key); ttl > 0 {
			to.SetTTL(key, ttl)
		}
	}
}
