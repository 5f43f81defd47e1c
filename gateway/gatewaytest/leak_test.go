package gatewaytest_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// markedWard is the ward with a marker in every field that holds personal data.
const markedWard = `
line: cam-thanh
tag: CT
name: Qzphuong
timezone: Asia/Ho_Chi_Minh
language: vi
numbers:
  - {number: "+842553800113", sms: true, voice: true}
contacts:
  - {id: lan, name: "Qztenlan", kind: trusted_address, phone: "+84905827431", channels: [sms], area: Qzkhu, keep_apart: ["+84905764913"]}
  - {id: hoa, name: "Qztenhoa", kind: trusted_address, phone: "+84905938652", channels: [sms], area: Qzkhu}
  - {id: ca-phuong, name: "Qztenca", kind: police, phone: "+84905649217", channels: [sms]}
  - {id: van-phong, name: "Qztenvp", kind: supervisor, phone: "+84905716384", channels: [sms]}
always: [lan, hoa, ca-phuong, van-phong]
areas:
  - {name: Qzkhu, words: ["qzxom"]}
code_words: {urgent: [qzmatma], immediate_danger: [qzmatdo]}
policy:
  immediate_danger:
    - {notify: [police, trusted_address], wait: 30s}
  urgent:
    - {notify: [trusted_address], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}
  information:
    - {notify: [trusted_address], at_once: 1, wait: 5m}
`

// The phones of the marked ward and of the people who write to it.
const (
	markedLan    = "+84905827431"
	markedHoa    = "+84905938652"
	markedPolice = "+84905649217"
	markedOffice = "+84905716384"
	markedApart  = "+84905764913"
	markedPerson = "+84935486279"
	markedOther  = "+84977395168"
)

// markers are everything that must not be found, each in every form in which it could be written.
func markers() []string {
	var all []string
	for _, number := range []string{markedLan, markedHoa, markedPolice, markedOffice, markedApart, markedPerson, markedOther} {
		digits := strings.TrimPrefix(number, "+")
		national := strings.TrimPrefix(digits, "84")
		for _, form := range []string{digits, "0" + national, national, national[len(national)-7:]} {
			all = append(all, form)
			all = append(all, encoded(form)...)
		}
		all = append(all, fmt.Sprintf("%s %s %s", "0"+national[:3], national[3:6], national[6:]))
	}
	for _, word := range []string{"Qzphuong", "Qztenlan", "Qztenhoa", "Qztenca", "Qztenvp", "Qzkhu", "qzxom", "qzmatma", "qzmatdo", "qzloi", "qzdap"} {
		all = append(all, strings.ToLower(word))
		all = append(all, encoded(word)...)
	}
	return all
}

// encoded are forms that hide a marker from a reader but not from a program: hexadecimal, and base64 in
// each of the three ways in which it can lie across the groups.
func encoded(s string) []string {
	all := []string{hex.EncodeToString([]byte(s))}
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + s + "xx"))
		first := []int{0, 2, 3}[shift] // the first characters mix in what stands before
		all = append(all, text[first:first+len(s)*4/3-1])
	}
	return all
}

// bubbleTime is a unix time in milliseconds on a bubble's clock, which begins with the year 2000. Any digits
// may stand at its end.
var bubbleTime = regexp.MustCompile(`9466[0-9]{8}`)

// findings lists where markers are. Text is compared without case.
func findings(places map[string]string) map[string][]string {
	found := map[string][]string{}
	for place, text := range places {
		text = bubbleTime.ReplaceAllString(text, "<time>")
		lower := strings.ToLower(text)
		for _, m := range markers() {
			if strings.Contains(text, m) || strings.Contains(lower, m) {
				found[place] = append(found[place], m)
			}
		}
	}
	return found
}

// collector gathers everything a gateway leaves behind, as often as it is asked to: what is on the agenda
// is gone a moment later.
type collector struct {
	t   testing.TB
	w   *gatewaytest.World
	app []*gatewaytest.Gateway

	mu     sync.Mutex
	places map[string]string
}

func (c *collector) add(place, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if have := c.places[place]; !strings.Contains(have, text) {
		c.places[place] = have + "\n" + text
	}
}

// called takes down a request to the carrier. What Twilio's list filters by has to stand in the query.
func (c *collector) called(r *http.Request) {
	u := *r.URL
	q := u.Query()
	q.Del("To")
	q.Del("From")
	u.RawQuery = q.Encode()
	c.add("URL called", r.Method+" "+u.String())
}

func (c *collector) collect() {
	c.t.Helper()
	ctx := context.Background()
	keys, err := c.w.Redis.Keys(ctx, "*").Result()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, key := range keys {
		c.add("key name", key)
		c.add("value of "+key, c.value(ctx, key))
	}
	c.add("log", c.w.Logs.String())
	for _, g := range c.app {
		page := httptest.NewRecorder()
		g.App.Metrics().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "hotline_") {
			c.t.Errorf("/metrics answers %d", page.Code)
		}
		c.add("metrics", page.Body.String())
	}
	for _, r := range c.w.Carrier.Requests() {
		c.add("URL handed out", r.StatusCallback)
		for name, values := range r.Form {
			if name != "To" && name != "From" && name != "Body" {
				c.add("parameter "+name, strings.Join(values, " "))
			}
		}
	}
	for _, r := range c.w.Carrier.CallRequests() {
		for name, values := range r.Form {
			if name != "To" && name != "From" {
				c.add("parameter of a call "+name, strings.Join(values, " "))
			}
		}
	}
	for _, e := range c.w.Carrier.Exchanges() {
		c.add("URL answered", e.URL)
		if e.Kind != simulator.PlayRequest { // what a person said is played to their helper
			c.add("answer", string(e.Body))
		}
	}
	for _, a := range c.w.Carrier.Alerts() {
		c.add("carrier's alert", fmt.Sprint(a.URL, " ", a.Detail))
	}
}

// value renders everything under a key.
func (c *collector) value(ctx context.Context, key string) string {
	c.t.Helper()
	rdb := c.w.Redis
	kind, err := rdb.Type(ctx, key).Result()
	if err != nil {
		c.t.Fatal(err)
	}
	switch kind {
	case "none":
		return "" // gone since the names were read
	case "string":
		return rdb.Get(ctx, key).Val()
	case "hash":
		return fmt.Sprint(rdb.HGetAll(ctx, key).Val())
	case "set":
		return fmt.Sprint(rdb.SMembers(ctx, key).Val())
	case "zset":
		return fmt.Sprint(rdb.ZRangeWithScores(ctx, key, 0, -1).Val())
	case "list":
		return fmt.Sprint(rdb.LRange(ctx, key, 0, -1).Val())
	case "stream":
		return fmt.Sprint(rdb.XRange(ctx, key, "-", "+").Val())
	}
	c.t.Fatalf("key of unknown type %s", kind)
	return ""
}

// TestLeak_NothingPersonalLeavesTheSeal tells a story in which much goes wrong and looks at everything it
// left in Redis, logs, metrics and URLs. Only the carrier may know numbers and words.
func TestLeak_NothingPersonalLeavesTheSeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb, memory := routingtest.NewRedis(t)
		c := &collector{t: t, places: map[string]string{}}
		c.w = gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: markedWard, Poll: time.Hour, Called: c.called})
		c.app = append(c.app, c.w.Start())
		w := c.w

		// Everything waits on the agenda at first, so that it can be seen there.
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: 429, On: simulator.Anything})
		w.Text(markedPerson, "qzloi mot, em o qzxom, chong em danh em, qzmatma")
		after(time.Second)
		c.collect()
		w.Carrier.Clear()
		w.Carrier.Inject(
			simulator.Fault{Kind: simulator.HangAccepted, Phone: markedLan, Times: 1},
			simulator.Fault{Kind: simulator.NoCallbacks, Phone: markedLan, Times: 1},
			simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500, On: simulator.Reading, Times: 1},
			simulator.Fault{Kind: simulator.EndUndelivered, Phone: markedHoa, Times: 1},
		)
		after(30 * time.Second)
		c.collect()
		w.Expect(markedLan, `Tra loi 1`)
		w.Text(markedLan, "1")
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseCode, Code: 21211, Phone: markedLan, Times: 1})
		w.Text(markedPerson, "qzloi hai")
		after(10 * time.Second)
		w.Text(markedLan, "qzdap mot, goi so 0905 827 431")
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseCode, Code: 21610, Phone: markedPerson})
		w.Text(markedLan, "qzdap hai")
		after(10 * time.Second)
		c.collect()

		// A second case; nobody answers. Then what no carrier should send, and Redis failing under it all.
		w.Text(markedOther, "qzmatdo qzloi ba, so cua em la 0977 395 168")
		after(5 * time.Minute)
		c.collect()
		w.Text(markedHoa, "0")
		w.Text("Qzphuong", "qzloi tu mot noi khong phai so")
		w.Text("Qzphuong", "qzloi: thue bao 0977 395 168 da goi cho ban")
		strange := url.Values{"MessageSid": {"SMqq1"}, "AccountSid": {gatewaytest.AccountSID}, "From": {markedPerson}, "To": {markedOther}, "Body": {"qzloi"}}
		for _, how := range []simulator.Signature{simulator.Signed, simulator.Unsigned} {
			w.Carrier.Post(t.Context(), gatewaytest.PublicURL+"/twilio/sms", strange, how)
		}
		strange.Set("MessageStatus", "failed")
		w.Carrier.Post(t.Context(), gatewaytest.PublicURL+"/twilio/sms/status/cam-thanh/none", strange, simulator.Signed)
		w.Carrier.Post(t.Context(), gatewaytest.PublicURL+"/twilio/sms", url.Values{"Body": {"qzloi"}, "From": {markedPerson}}, simulator.Signed)
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: 429, Phone: markedLan})
		w.Text(markedPerson, "qzloi sau")
		after(time.Second)
		c.collect()
		memory.SetError("ERR out of order")
		if _, err := w.Carrier.Phone(markedPerson).Text(t.Context(), gatewaytest.Support, "qzloi nam"); err == nil {
			t.Error("a text was taken in without storage")
		}
		after(3 * time.Second)
		memory.SetError("")
		for _, key := range rdb.Keys(t.Context(), "*:entries").Val() {
			for id := range rdb.HGetAll(t.Context(), key).Val() {
				rdb.HSet(t.Context(), key, id, "no entry") // cannot be read
			}
		}
		w.Carrier.Clear()
		after(2 * time.Minute)
		w.Text(markedLan, "xong")
		after(time.Minute)
		c.collect()

		for place, found := range findings(c.places) {
			t.Errorf("%s holds %q", place, found)
		}
		c.checkStory()
		c.checkSearch(rdb)
	})
}

// checkStory makes sure that the story came to what it is about: words and numbers went through the
// gateway, things failed, and each place has something in it.
func (c *collector) checkStory() {
	c.t.Helper()
	var sent strings.Builder
	for _, r := range c.w.Carrier.Requests() {
		sent.WriteString(r.To + " " + r.Body + "\n")
	}
	for _, want := range []string{"qzloi mot", "qzdap mot", markedLan, markedHoa, markedPolice, markedPerson, markedOther} {
		if !strings.Contains(sent.String(), want) {
			c.t.Errorf("the story sent nothing with %q", want)
		}
	}
	for _, want := range []string{"carrier did not take a message", "webhook not taken in", "event handled", "text of no person kept", "cannot be prepared", "agenda cannot be read"} {
		if len(c.w.Logs.Lines(want)) == 0 {
			c.t.Errorf("the story never logged %q", want)
		}
	}
	for _, place := range []string{"key name", "log", "metrics", "URL called", "URL handed out", "URL answered", "answer", "parameter ValidityPeriod"} {
		if c.places[place] == "" {
			c.t.Errorf("nothing was collected of: %s", place)
		}
	}
}

// checkSearch plants markers and makes sure that they are found: a test that cannot fail proves nothing.
func (c *collector) checkSearch(rdb redis.UniversalClient) {
	c.t.Helper()
	ctx := context.Background()
	plant := []struct {
		place string
		into  func(key, marker string) error
	}{
		{"string", func(key, m string) error { return rdb.Set(ctx, key, "x"+m+"x", 0).Err() }},
		{"hash value", func(key, m string) error { return rdb.HSet(ctx, key, "f", m).Err() }},
		{"hash field", func(key, m string) error { return rdb.HSet(ctx, key, m, "v").Err() }},
		{"set", func(key, m string) error { return rdb.SAdd(ctx, key, m).Err() }},
		{"sorted set", func(key, m string) error { return rdb.ZAdd(ctx, key, redis.Z{Score: 1, Member: m}).Err() }},
		{"list", func(key, m string) error { return rdb.RPush(ctx, key, m).Err() }},
		{"stream", func(key, m string) error {
			return rdb.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []string{"f", m}}).Err()
		}},
		{"key", func(_, m string) error { return rdb.Set(ctx, "x"+m, "v", 0).Err() }},
		{"called URL", func(_, m string) error { c.called(httptest.NewRequest(http.MethodGet, "/x?Body="+m, nil)); return nil }},
		{"log", func(_, m string) error { _, err := c.w.Logs.Write([]byte(`{"msg":"` + m + `"}`)); return err }}, // stays: last
	}
	for _, p := range plant {
		for _, marker := range []string{"+84935486279", "84935486279", "0935486279", "5486279", "QZTENLAN", "qzloi", "c" + base64.StdEncoding.EncodeToString([]byte("qzdap hai"))} {
			c.places = map[string]string{}
			if err := p.into("planted", marker); err != nil {
				c.t.Fatal(err)
			}
			c.collect()
			if len(findings(c.places)) == 0 {
				c.t.Errorf("a marker planted in a %s as %q is not found", p.place, marker)
			}
			rdb.Del(ctx, "planted", "x"+marker)
		}
	}
}
