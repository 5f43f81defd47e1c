package supervisor

import (
	"bytes"
	"context"
	"errors"
	"html"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/lines"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
)

const (
	here1 = contacts.LineID("cam-thanh")
	there = contacts.LineID("nghia-lo")
	pass  = "chiếc nón lá bay qua cầu"
)

// ward is a line file; the support number and the name of the line are filled in.
const wardFile = `
line: LINE
tag: CT
name: Phường NAME
timezone: Asia/Ho_Chi_Minh
language: vi
numbers:
  - {number: "NUMBER", sms: true, voice: true}
contacts:
  - {id: lan, name: "Nguyễn Thị Lan", kind: trusted_address, phone: "+84905000001", channels: [sms, voice], area: Tổ 1}
  - {id: hoa, name: "<script>alert(1)</script>", kind: trusted_address, phone: "+84905000002", channels: [sms], area: Tổ 2, keep_apart: ["+84935111999"]}
  - {id: ca-phuong, name: "Công an phường", kind: police, phone: "+84905000003", channels: [sms]}
  - {id: van-phong, name: "Lê Thị Mai", kind: supervisor, phone: "+84905000009", channels: [sms]}
always: [lan, hoa]
areas:
  - {name: "Tổ <b>1</b>", words: ["tổ 1", "tổ một"]}
policy:
  immediate_danger:
    - {notify: [police, trusted_address], wait: 30s}
    - {notify: [supervisor], wait: 60s}
  urgent:
    - {notify: [trusted_address], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}
  information:
    - {notify: [trusted_address], at_once: 1, wait: 5m}
TARGETS
`

// world is a board over a real store in memory, with real accounts.
type world struct {
	t        testing.TB
	board    *Board
	redis    *miniredis.Miniredis
	store    *store.Store
	reader   *Reader
	service  *routing.Service
	keyset   *seal.Keyset
	log      *audit.Log
	accounts *account.Accounts
	sessions *account.Sessions
	enrolled map[string]account.Enrolment
	logged   *safeBuffer
	texts    int
	refuse   error // what recording in the audit log fails with
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Record lets the board's entries through to the log, unless the test says no.
func (w *world) Record(ctx context.Context, e audit.Entry) error {
	if w.refuse != nil {
		return w.refuse
	}
	return w.log.Record(ctx, e)
}

func newWorld(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	rdb, m := routingtest.NewRedis(t)
	w := newWorldOn(t, rdb, change...)
	w.redis = m
	return w
}

// newWorldOn makes a world on a Redis of the test's own.
func newWorldOn(t testing.TB, rdb redis.UniversalClient, change ...func(*Options)) *world {
	t.Helper()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	shards, err := contactstore.CheckShards(ctx, rdb, 4)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, keyset: keyset, logged: &safeBuffer{}, enrolled: map[string]account.Enrolment{}}
	logger := slog.New(slog.NewJSONHandler(w.logged, nil))
	files := contactstore.New(rdb, shards, keyset)
	// The second line has targets of its own.
	targets := map[contacts.LineID]string{there: "targets: {talk: {within: 30s, share: 80%}, danger: {within: 5m}, claim: {within: 10m, share: 75%}}"}
	for id, number := range map[contacts.LineID]string{here1: "+842553800113", there: "+842553800114"} {
		raw := strings.NewReplacer("LINE", string(id), "NUMBER", number, "NAME", string(id), "TARGETS", targets[id]).Replace(wardFile)
		file, faults := line.Parse([]byte(raw))
		if file == nil {
			t.Fatalf("line file of the test: %v", faults)
		}
		if _, err := files.Put(ctx, id, 0, file.MarshalStored()); err != nil {
			t.Fatal(err)
		}
	}
	cache := lines.NewCache(files, keyset.PhoneKey, logger)
	if err := cache.RefreshAll(ctx); err != nil {
		t.Fatal(err)
	}
	w.store = store.New(rdb, shards, keyset)
	w.reader = NewReader(w.store, shards)
	w.service = routing.NewService(routing.Options{Store: w.store, Lines: cache, Random: rand.IntN})
	w.log = audit.NewLog(rdb, keyset)
	w.accounts, err = account.NewAccounts(account.Options{Redis: rdb, Keyset: keyset, Audit: w.log, Cost: password.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	w.sessions = account.NewSessions(w.accounts, logger)
	o := Options{
		Lines: cache, Cases: w.reader, Orders: w.service.Handle, Accounts: w.accounts, Sessions: w.sessions, Audit: w, AuditLog: w.log, Logger: logger,
	}
	for _, c := range change {
		c(&o)
	}
	if w.board, err = New(o); err != nil {
		t.Fatalf("New() = %v, want a board", err)
	}
	return w
}

// run follows the journal until the test ends.
func (w *world) run() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.board.Run(ctx)
	}()
	w.t.Cleanup(func() {
		stop()
		<-done
	})
}

// text lets somebody write to a line and returns their case.
func (w *world) text(id contacts.LineID, from, body string) *routing.Case {
	w.t.Helper()
	n, err := phone.ParseE164(from)
	if err != nil {
		w.t.Fatal(err)
	}
	to, err := phone.ParseE164(map[contacts.LineID]string{here1: "+842553800113", there: "+842553800114"}[id])
	if err != nil {
		w.t.Fatal(err)
	}
	w.texts++
	d, err := w.service.Handle(context.Background(), id, routing.Text{
		SID: routing.EventID("SM" + strings.Repeat("0", 20) + string(rune('a'+w.texts))), From: n, Key: w.keyset.PhoneKey(id, n), To: to,
		Body: contacts.Conceal(body), At: time.Now(),
	})
	if err != nil {
		w.t.Fatalf("text to %s: %v", id, err)
	}
	if len(d.Cases) == 0 {
		return nil
	}
	return d.Cases[0].After
}

// caseNow reads a case.
func (w *world) caseNow(c *routing.Case) *routing.Case {
	w.t.Helper()
	found, err := w.store.Cases(context.Background(), c.Line, []routing.CaseID{c.ID})
	if err != nil || len(found) != 1 {
		w.t.Fatalf("Cases(%s) = %v, %v, want one", c.ID, found, err)
	}
	return found[0]
}

// audited returns the actions recorded of late, newest first, with whoever and why.
func (w *world) audited() []audit.Record {
	w.t.Helper()
	records, _, err := w.log.Newest(context.Background(), "", 100, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return records
}

// browser is one user's browser without JavaScript.
type browser struct {
	w       *world
	cookies map[string]string
}

// open makes an account of a role on lines and signs it in.
func (w *world) open(name string, role account.Role, ids ...contacts.LineID) *browser {
	w.t.Helper()
	return w.openAs(account.New{Name: name, Role: role, Lines: account.Lines{IDs: ids}})
}

// openAs makes an account and signs it in.
func (w *world) openAs(n account.New) *browser {
	w.t.Helper()
	n.Password = contacts.Conceal(pass)
	_, enrolment, err := w.accounts.Add(context.Background(), "test", n)
	if err != nil {
		w.t.Fatalf("Add(%s) = %v", n.Name, err)
	}
	w.enrolled[n.Name] = enrolment
	b := w.stranger()
	if got := b.signIn(n.Name, pass, w.code(n.Name)); got.Code != http.StatusSeeOther {
		w.t.Fatalf("sign in as %s = %d, want 303; log:\n%s", n.Name, got.Code, w.logged)
	}
	return b
}

// code is what the authenticator of an account shows now.
func (w *world) code(name string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(w.enrolled[name].Secret.Reveal(), " ", ""), time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// stranger is a browser in which nobody is signed in.
func (w *world) stranger() *browser { return &browser{w: w, cookies: map[string]string{}} }

func (b *browser) signIn(name, secret, code string) *httptest.ResponseRecorder {
	return b.post("/sign-in", url.Values{"login": {name}, "password": {secret}, "code": {code}})
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (b *browser) post(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// do sends a request with the browser's cookies and keeps those that come back.
func (b *browser) do(r *http.Request) *httptest.ResponseRecorder {
	b.w.t.Helper()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	answer := httptest.NewRecorder()
	b.w.board.Handler().ServeHTTP(answer, r)
	for _, c := range answer.Result().Cookies() {
		if !c.Secure || !c.HttpOnly || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") {
			b.w.t.Errorf("cookie %s is not bound to this host: %+v", c.Name, c)
		}
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return answer
}

// page loads a page and returns it as text that stands in it.
func (b *browser) page(path string) string {
	b.w.t.Helper()
	answer := b.get(path)
	if answer.Code != http.StatusOK {
		b.w.t.Fatalf("GET %s = %d, want 200; log:\n%s", path, answer.Code, b.w.logged)
	}
	return answer.Body.String()
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// readable is the text of a page.
func readable(page string) string {
	return spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(page, " ")), " ")
}

// token is the token of a form on a page.
func token(t testing.TB, page, path, order string) string {
	t.Helper()
	found := regexp.MustCompile(`action="` + regexp.QuoteMeta(path+"/orders/"+order) + `">.*?name="token" value="([A-Z2-7]+)"`).FindStringSubmatch(strings.ReplaceAll(page, "\n", " "))
	if found == nil {
		t.Fatalf("the page offers no form for %s", order)
	}
	return found[1]
}

var errDown = errors.New("down")
