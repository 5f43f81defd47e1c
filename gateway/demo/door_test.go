package demo

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing/texts"
)

// sessionCookie is what the board's session cookie is called in the browser.
const sessionCookie = "__Host-demo-hotline"

// desk is a visitor's browser at the board.
type desk struct {
	b       *browser
	h       http.Handler
	host    string
	from    string // its side of the connection
	cookies map[string]string
}

func (b *browser) desk() *desk {
	return &desk{b, b.demo.boardSite(), b.demo.places.board.String(), thisMachine, map[string]string{}}
}

// request is one with the browser's cookies.
func (d *desk) request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequestWithContext(d.b.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Host, r.RemoteAddr = d.host, d.from
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range d.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// do keeps the cookies that come back.
func (d *desk) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, d.request(method, path, form))
	for _, c := range w.Result().Cookies() {
		d.cookies[c.Name] = c.Value
	}
	return w
}

func (d *desk) get(path string) *httptest.ResponseRecorder { return d.do(http.MethodGet, path, nil) }

// follow loads a page through its redirects.
func (d *desk) follow(path string) *httptest.ResponseRecorder {
	d.b.t.Helper()
	for range 5 {
		w := d.get(path)
		if w.Code != http.StatusSeeOther {
			return w
		}
		path = w.Header().Get("Location")
	}
	d.b.t.Fatal("the board sends a browser on and on")
	return nil
}

// click asks the demo's page for the way to the board, as its script does.
func (b *browser) click() (path string) {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "/board", nil)
	r.Host, r.RemoteAddr = b.demo.places.page.String(), thisMachine
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	var way struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &way); err != nil || w.Code != http.StatusOK {
		b.t.Fatalf("POST /board = %d %q, want the way to the board", w.Code, w.Body)
	}
	path, ok := strings.CutPrefix(way.URL, "http://"+b.demo.places.board.String())
	if !ok {
		b.t.Fatalf("the way to the board is %q, want it on %s", way.URL, b.demo.places.board)
	}
	return path
}

const (
	boardVI = "Bản chạy thử: người, số điện thoại và ca ở đây đều không có thật."
	boardEN = "Demo: the people, numbers and cases here are made up."
	doorVI  = "Vào bàn trực bằng một lần bấm"
)

// The visitor's story: click, and what happens on the phones moves on the board.
func TestBoard_OneClickShowsWhatHappensOnThePhones(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		d := b.desk()
		page := d.follow(b.click())
		if got := page.Body.String(); page.Code != http.StatusOK || !strings.Contains(got, `data-page="now"`) || !strings.Contains(got, boardVI) {
			t.Fatalf("the board after a click = %d, want the first page, labelled:\n%s", page.Code, got)
		}
		stream := &openPage{ResponseWriter: httptest.NewRecorder()}
		go d.h.ServeHTTP(stream, d.request(http.MethodGet, "/events", nil))
		synctest.Wait()

		b.text("person", danger)
		stream.mu.Lock()
		if got := strings.Join(stream.events, ""); !strings.Contains(got, "event: changed") || !strings.Contains(got, "phuong-mau/") {
			t.Errorf("the board's open page was told %q, want that a case has changed", got)
		}
		stream.mu.Unlock()
		if got := d.get("/now/fragment").Body.String(); !strings.Contains(got, "nguy hiểm") || !strings.Contains(got, "Cô Lan") {
			t.Errorf("the board after a text does not show the case:\n%s", got)
		}
		b.text("to1-lan", "1")
		if got := d.get("/now/fragment").Body.String(); !strings.Contains(got, "đã nhận") {
			t.Errorf("the board after a helper's 1 does not show that the case is taken:\n%s", got)
		}
		records, _, err := b.demo.world.office.log.Newest(t.Context(), "", 10, nil)
		if err != nil || len(records) == 0 || records[0].Action != audit.SignIn || records[0].Actor != deskLogin {
			t.Errorf("the newest of the access log is %v, %v, want that %s signed in", records, err, deskLogin)
		}
	})
}

func TestBoard_OpensInTheLanguageOfThePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.English)
		if got := b.desk().follow(b.click()).Body.String(); !strings.Contains(got, `<html lang="en">`) || !strings.Contains(got, boardEN) {
			t.Errorf("the board opened from the English page says:\n%s", got)
		}
	})
}

// Without JavaScript the answer to the button leads on by itself, and says where to.
func TestBoard_ButtonWorksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		if page := b.page(); !strings.Contains(page, `<form method="post" action="/board" target="_blank" rel="noopener">`) {
			t.Error("the page has no form that opens the board")
		}
		w := b.post("/board", nil)
		_, to, ok := strings.Cut(w.Header().Get("Refresh"), "0; url=")
		path, ours := strings.CutPrefix(to, "http://127.0.0.1:8089")
		if w.Code != http.StatusOK || !ok || !ours || !strings.Contains(w.Body.String(), html.EscapeString(to)) {
			t.Fatalf("POST /board = %d, refresh %q, want a page that leads to the board:\n%s", w.Code, w.Header().Get("Refresh"), w.Body)
		}
		if got := b.desk().follow(path); !strings.Contains(got.Body.String(), `data-page="now"`) {
			t.Errorf("that way leads to %d:\n%s", got.Code, got.Body)
		}
	})
}

func TestBoard_TicketsAreGoodOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		used, old := b.click(), b.click()
		b.desk().follow(used)
		refused := func(name, path string) {
			t.Helper()
			d := b.desk()
			got := d.get(path)
			if got.Code != http.StatusForbidden || d.cookies[sessionCookie] != "" || !strings.Contains(got.Body.String(), "http://127.0.0.1:8088/#board") {
				t.Errorf("%s: ticket = %d with cookies %v, want 403, none, and the way to the demo's page", name, got.Code, d.cookies)
			}
		}
		refused("used", used)
		b.pass(ticketLifetime - time.Second)
		if got := b.desk().follow(old); got.Code != http.StatusOK {
			t.Errorf("a ticket just before its end = %d, want the board", got.Code)
		}
		old = b.click()
		b.pass(ticketLifetime)
		refused("late", old)
		refused("made up", enterPath+"?ticket="+strings.Repeat("A", 26))
		refused("empty", enterPath+"?ticket=")
		refused("none", enterPath)
		looked := b.click()
		if got := b.desk().do(http.MethodHead, looked, nil); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Set-Cookie") != "" {
			t.Errorf("HEAD with a ticket = %d, %v, want 405 and no cookie", got.Code, got.Header())
		}
		if got := b.desk().follow(looked); got.Code != http.StatusOK {
			t.Errorf("a ticket after HEAD = %d, want the board", got.Code)
		}
		old = b.click()
		b.post("/again", nil)
		refused("of the world before", old)
		for range mostTickets {
			b.click()
		}
		if got := b.post("/board", nil).Code; got != http.StatusInternalServerError {
			t.Errorf("POST /board after %d tickets that nobody used = %d, want 500", mostTickets, got)
		}
		b.pass(ticketLifetime)
		b.click()
	})
}

func TestBoard_HasNoOtherWayIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		for path, want := range map[string]string{
			"/": doorVI, "/roster": doorVI, "/times": doorVI, "/audit": doorVI, "/find?code=K7": doorVI, "/sign-in": doorVI, "/sign-in?next=/audit": doorVI,
			"/now/fragment": "401", "/events": "401",
		} {
			d := b.desk()
			got := d.follow(path)
			if want == "401" && got.Code != http.StatusUnauthorized || want != "401" && !strings.Contains(got.Body.String(), want) {
				t.Errorf("GET %s of a stranger = %d, want %s", path, got.Code, want)
			}
		}
		for _, secret := range []string{"", deskLogin, "demo"} {
			d := b.desk()
			got := d.do(http.MethodPost, "/sign-in", url.Values{"login": {deskLogin}, "password": {secret}, "code": {""}})
			if got.Code != http.StatusForbidden || d.cookies[sessionCookie] != "" {
				t.Errorf("sign-in with the password %q = %d, want 403", secret, got.Code)
			}
			b.pass(time.Minute) // attempts are slowed down
		}
		// A cookie that the browser did not keep, as Safari does.
		d := b.desk()
		got := d.get(b.click())
		delete(d.cookies, sessionCookie)
		if got = d.follow(got.Header().Get("Location")); got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), "Safari") {
			t.Errorf("coming in without a cookie = %d, want 403 and what to do about it:\n%s", got.Code, got.Body)
		}
		// Whoever has signed out is out.
		d.follow(b.click())
		d.do(http.MethodPost, "/sign-out", nil)
		if got := d.follow("/"); !strings.Contains(got.Body.String(), doorVI) {
			t.Errorf("the board after signing out = %d, want the door:\n%s", got.Code, got.Body)
		}
	})
}

func TestBoard_StartingAgainMakesANewOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		d := b.desk()
		d.follow(b.click())
		b.text("person", danger)
		stream, ended := &openPage{ResponseWriter: httptest.NewRecorder()}, make(chan struct{})
		go func() {
			defer close(ended)
			d.h.ServeHTTP(stream, d.request(http.MethodGet, "/events", nil))
		}()
		synctest.Wait()
		began := time.Now()
		if got := b.post("/again", nil); got.Code != http.StatusSeeOther {
			t.Fatalf("POST /again = %d, want 303", got.Code)
		}
		<-ended
		if took := time.Since(began); took > time.Second {
			t.Errorf("starting again took %s, want that open pages do not hold it up", took)
		}
		if got := d.get("/now/fragment").Code; got != http.StatusUnauthorized {
			t.Errorf("an open page asks the new board = %d, want 401", got)
		}
		if got := d.follow("/sign-in?why=idle").Body.String(); !strings.Contains(got, doorVI) || !strings.Contains(got, "http://127.0.0.1:8088/#board") {
			t.Errorf("an open page ends up at:\n%s", got)
		}
		if got := d.follow(b.click()).Body.String(); !strings.Contains(got, `data-page="now"`) || strings.Contains(got, "nguy hiểm") {
			t.Errorf("the board after starting again is not that of the new world:\n%s", got)
		}
	})
}

func TestBoard_MayBeFramedByThePageOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		for host, want := range map[string]string{
			"127.0.0.1:8089": "frame-ancestors http://127.0.0.1:8088", "localhost:8089": "frame-ancestors http://localhost:8088",
			"192.168.1.5:8089": noAncestors, "evil.example:8089": noAncestors, "127.0.0.1.evil.example:8089": noAncestors, "": noAncestors,
		} {
			d := b.desk()
			d.host = "127.0.0.1:8089"
			d.follow(b.click())
			d.host = host
			for path, rest := range map[string]string{
				"/":        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src data:; connect-src 'self'; form-action 'self'; ",
				"/nothing": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src data:; connect-src 'self'; form-action 'self'; ",
				enterPath:  "default-src 'none'; style-src 'self'; form-action 'none'; ",
			} {
				h := d.get(path).Header()
				got := map[string]bool{}
				for part := range strings.SplitSeq(h.Get("Content-Security-Policy"), "; ") {
					got[part] = true
				}
				expect := map[string]bool{"base-uri 'none'": true, want: true}
				for part := range strings.SplitSeq(strings.TrimSuffix(rest, "; "), "; ") {
					expect[part] = true
				}
				if diff := cmp.Diff(expect, got); diff != "" {
					t.Errorf("%s on %q: policy (-want +got):\n%s", path, host, diff)
				}
			}
		}
	})
}

// The name in a request proves nothing: where the demo listens on the network, anybody there can claim any.
func TestBoard_OpensOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		rows := []struct{ name, page, board, from string }{
			{"a browser on the network", "192.168.1.5:8088", "192.168.1.5:8089", "192.168.1.7:50000"},
			{"a liar on the network", "127.0.0.1:8088", "127.0.0.1:8089", "192.168.1.7:50000"},
			{"a liar on IPv6", "localhost:8088", "localhost:8089", "[2001:db8::7]:50000"},
			{"this machine by its name on the network", "192.168.1.5:8088", "192.168.1.5:8089", thisMachine},
		}
		for _, row := range rows {
			ask := func(method, path string) *httptest.ResponseRecorder {
				r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
				r.Host, r.RemoteAddr = row.page, row.from
				w := httptest.NewRecorder()
				b.h.ServeHTTP(w, r)
				return w
			}
			page := ask(http.MethodGet, "/")
			if got := page.Body.String(); strings.Contains(got, `action="/board"`) || !strings.Contains(got, "chỉ mở được trong trình duyệt trên chính máy") {
				t.Errorf("%s: the page offers the board, or does not say why not", row.name)
			}
			if got := page.Header().Get("Content-Security-Policy"); got != policy {
				t.Errorf("%s: policy = %q, want %q", row.name, got, policy)
			}
			if got := ask(http.MethodPost, "/board"); got.Code != http.StatusForbidden || strings.Contains(got.Body.String(), "ticket") {
				t.Errorf("%s: POST /board = %d %q, want 403", row.name, got.Code, got.Body)
			}
			way, d := b.click(), b.desk()
			d.host, d.from = row.board, row.from
			if got := d.get(way); got.Code != http.StatusForbidden || len(d.cookies) > 0 {
				t.Errorf("%s: coming in with a ticket of this machine = %d with cookies %v, want 403 and none", row.name, got.Code, d.cookies)
			}
			if got := b.desk().follow(way); got.Code != http.StatusOK {
				t.Errorf("%s: that ticket on this machine afterwards = %d, want the board", row.name, got.Code)
			}
		}
	})
}
