package gatewaytest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

// seat is one account's browser, without the browser.
type seat struct {
	t       testing.TB
	addr    func() string // where the pages are now
	client  *http.Client
	cookies map[string]string
}

// reply is what came back, and how long it took until all of it was there.
type reply struct {
	status int
	body   string
	took   time.Duration
}

// do sends a request with headers of its own, names and values in turn; an empty value is left out.
func (s *seat) do(ctx context.Context, method, path string, form url.Values, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range s.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return s.client.Do(r)
}

func (s *seat) ask(method, path string, form url.Values) reply {
	began := time.Now()
	resp, err := s.do(s.t.Context(), method, path, form)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
		return reply{}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	return reply{resp.StatusCode, string(body), time.Since(began)}
}

func (s *seat) get(path string) reply { return s.ask(http.MethodGet, path, nil) }

// signIn signs in. The cookies are for TLS only, which browsers do not ask of the machine itself.
func (s *seat) signIn(name, password, code string) {
	s.t.Helper()
	resp, err := s.do(s.t.Context(), http.MethodPost, "/sign-in", url.Values{"login": {name}, "password": {password}, "code": {code}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("sign in = %d, want 303", resp.StatusCode)
	}
	for _, c := range resp.Cookies() {
		s.cookies[c.Name] = c.Value
	}
}

// cardOf finds the cards of a fragment, whole or as they were: their marks, if any, and cases.
var cardOf = regexp.MustCompile(`<article (?:data-mark="([^"]*)" [^>]*)?data-key="case-([a-z2-7]{16})"`)

// watcher is an open page: it does what static/board.js does, but shows nothing to anybody.
type watcher struct {
	*seat
	path string // of the page
	only string // "<line>/<case>" on the page of a case; empty: concerned by everything

	mu    sync.Mutex
	named map[routing.CaseID]time.Time // when the stream named a case first
	shown map[routing.CaseID]time.Time // when a fragment with it had arrived
	gone  map[routing.CaseID]time.Time // when one without it had, that had been there before
	there map[routing.CaseID]string    // the cards that are shown, and their marks
	asked []time.Duration
	bytes int64
	lost  int // streams and fragments that failed
}

func newWatcher(s *seat, path string) *watcher {
	w := &watcher{
		seat: s, path: path, named: map[routing.CaseID]time.Time{}, shown: map[routing.CaseID]time.Time{}, gone: map[routing.CaseID]time.Time{},
		there: map[routing.CaseID]string{},
	}
	if id, ok := strings.CutPrefix(path, "/case/"); ok {
		w.only = id
	}
	return w
}

// run keeps the page open until ctx ends.
func (w *watcher) run(ctx context.Context) {
	if got := w.get(w.path); got.status != http.StatusOK {
		w.t.Errorf("GET %s = %d, want 200", w.path, got.status)
	}
	changed := make(chan struct{}, 1) // of one place, as askAgain is one bit
	var streaming sync.WaitGroup
	streaming.Go(func() { w.stream(ctx, changed) })
	every := 5 * time.Second
	if w.only != "" {
		every = 10 * time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	touched := time.NewTicker(account.IdleTimeout / 6)
	defer touched.Stop()
	for {
		select {
		case <-ctx.Done():
			streaming.Wait()
			return
		case <-touched.C: // somebody is there, or the session would end
			if resp, err := w.do(ctx, http.MethodPost, "/stay", nil); err != nil {
				w.fails(ctx)
			} else if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusNoContent {
				w.t.Errorf("POST /stay = %d, %v, want 204", resp.StatusCode, err)
			}
			continue
		case <-tick.C:
		case <-changed:
		}
		w.refresh(ctx)
	}
}

// stream reads events, and connects anew when the stream ends.
func (w *watcher) stream(ctx context.Context, changed chan<- struct{}) {
	for first := true; ctx.Err() == nil; first = false {
		if !first {
			w.fails(ctx)
			select {
			case <-ctx.Done():
				return
			case <-time.After(2 * time.Second):
			}
		}
		resp, err := w.do(ctx, http.MethodGet, "/events", nil)
		if err != nil {
			continue
		}
		if resp.StatusCode != http.StatusOK {
			w.t.Errorf("GET /events = %d, want 200", resp.StatusCode)
		}
		lines := bufio.NewScanner(resp.Body)
		kind := ""
		for lines.Scan() {
			if k, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				kind = k
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if ok && (kind == "hello" || kind == "changed" && w.concerns(data)) {
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}
		_ = resp.Body.Close()
	}
}

// fails counts what went wrong while the page was still wanted.
func (w *watcher) fails(ctx context.Context) {
	if ctx.Err() == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.lost++
	}
}

func (w *watcher) concerns(data string) bool {
	var news struct {
		All   bool
		Cases []string
	}
	if err := json.Unmarshal([]byte(data), &news); err != nil {
		w.t.Errorf("event %q: %v", data, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	mine := w.only == "" || news.All
	for _, c := range news.Cases {
		_, id, _ := strings.Cut(c, "/")
		if _, before := w.named[routing.CaseID(id)]; !before {
			w.named[routing.CaseID(id)] = time.Now()
		}
		mine = mine || c == w.only
	}
	return mine
}

func (w *watcher) refresh(ctx context.Context) {
	from := "/now/fragment"
	if w.only != "" {
		from = w.path + "/fragment"
	}
	w.mu.Lock()
	have := strings.Join(slices.Collect(maps.Values(w.there)), "")
	w.mu.Unlock()
	began := time.Now()
	resp, err := w.do(ctx, http.MethodGet, from, nil, "Hotline-Have", have)
	if err != nil {
		w.fails(ctx)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	at := time.Now()
	if err != nil || resp.StatusCode != http.StatusOK {
		if ctx.Err() == nil {
			w.t.Errorf("GET %s = %d, %v", from, resp.StatusCode, err)
		}
		w.fails(ctx)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked, w.bytes = append(w.asked, at.Sub(began)), w.bytes+int64(len(body))
	if w.only != "" {
		return
	}
	there := make(map[routing.CaseID]string, len(w.there))
	for _, card := range cardOf.FindAllSubmatch(body, -1) {
		id := routing.CaseID(card[2])
		before, was := w.there[id]
		if there[id] = string(card[1]); there[id] == "" { // as it was
			there[id] = before
		}
		if _, first := w.shown[id]; !was && !first {
			w.shown[id] = at
		}
	}
	for id := range w.there {
		if _, still := there[id]; !still {
			w.gone[id] = at
		}
	}
	w.there = there
}
