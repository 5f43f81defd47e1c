package demo

import (
	"bytes"
	"html"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/routing/texts"
)

// browser is a visitor without JavaScript: forms and reloading.
type browser struct {
	t    *testing.T
	demo *demo
	log  *bytes.Buffer // everything the demo logged
	h    http.Handler
}

// thisMachine is where a browser of the tests connects from.
const thisMachine = "127.0.0.1:50000"

// served is where a demo of the tests would be served.
func served() places {
	return places{
		page:  &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8088},
		board: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8089},
	}
}

// newBrowser starts a demo in the test's bubble.
func newBrowser(t *testing.T, language texts.Language) *browser {
	t.Helper()
	return newBrowserAt(t, Options{Language: language, Empty: true})
}

func newBrowserAt(t *testing.T, o Options) *browser {
	t.Helper()
	b := &browser{t: t, log: &bytes.Buffer{}}
	o.places = served()
	o.Logger = slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d, err := newDemo(t.Context(), o)
	if err != nil {
		t.Fatalf("newDemo() = %v, want a demo", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	b.demo, b.h = d, d.pageSite()
	return b
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, path, nil)
	r.Host, r.RemoteAddr = b.demo.places.page.String(), thisMachine
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

func (b *browser) post(path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Host, r.RemoteAddr = b.demo.places.page.String(), thisMachine
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

// text writes a text on a phone and gives everything a second to happen.
func (b *browser) text(phone, body string) {
	b.t.Helper()
	w := b.post("/phones/"+phone+"/texts", url.Values{"body": {body}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/#phone-"+phone {
		b.t.Fatalf("text from %s = %d to %q, want 303 back to the phone", phone, w.Code, w.Header().Get("Location"))
	}
	b.pass(time.Second)
}

// dial calls the line from a phone.
func (b *browser) dial(phone string) {
	b.t.Helper()
	b.submit(phone, "/phones/"+phone+"/calls", nil)
}

// do does something with the call that a phone shows: answer, decline, hangup, keys or words. The page must
// offer it.
func (b *browser) do(phone, deed string, form url.Values) {
	b.t.Helper()
	offered := regexp.MustCompile(`action="(/phones/` + phone + `/calls/CA[0-9a-f]+/` + deed + `)"`).FindStringSubmatch(b.page())
	if offered == nil {
		b.t.Fatalf("the page does not offer to %s on the phone %s, which says %q", deed, phone, b.part("state-"+phone))
	}
	b.submit(phone, offered[1], form)
}

// press presses a key on a phone.
func (b *browser) press(phone, key string) {
	b.t.Helper()
	b.do(phone, "keys", url.Values{"key": {key}})
}

// submit posts a form of a phone and gives everything a second to happen.
func (b *browser) submit(phone, path string, form url.Values) {
	b.t.Helper()
	if w := b.post(path, form); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/#phone-"+phone {
		b.t.Fatalf("POST %s = %d to %q, want 303 back to the phone", path, w.Code, w.Header().Get("Location"))
	}
	b.pass(time.Second)
}

// pass lets time pass. In a bubble that takes none.
func (b *browser) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// page loads the page.
func (b *browser) page() string {
	b.t.Helper()
	w := b.get("/")
	if w.Code != http.StatusOK {
		b.t.Fatalf("GET / = %d, want 200; log:\n%s", w.Code, b.log)
	}
	return w.Body.String()
}

// part is what stands in the element with an id, as text.
func (b *browser) part(id string) string {
	b.t.Helper()
	_, rest, ok := strings.Cut(b.page(), `id="`+id+`"`)
	if !ok {
		b.t.Fatalf("the page has no element %q", id)
	}
	_, rest, _ = strings.Cut(rest, ">")
	inside, depth := rest, 1
	for at := 0; depth > 0; {
		next := strings.Index(rest[at:], "div")
		if next < 0 {
			break
		}
		at += next
		switch {
		case strings.HasSuffix(rest[:at], "</"):
			depth--
			inside = rest[:at-2]
		case strings.HasSuffix(rest[:at], "<"):
			depth++
		}
		at += len("div")
	}
	var text strings.Builder
	for i, piece := range strings.Split(inside, "<") {
		if i > 0 {
			_, piece, _ = strings.Cut(piece, ">")
		}
		text.WriteString(piece)
	}
	return strings.Join(strings.Fields(html.UnescapeString(text.String())), " ")
}

// wants checks that an element says some things.
func (b *browser) wants(id string, phrases ...string) {
	b.t.Helper()
	got := b.part(id)
	for _, want := range phrases {
		if !strings.Contains(got, want) {
			b.t.Errorf("%s says %q, want it to contain %q", id, got, want)
		}
	}
}

// wantsNone checks that an element does not say some things.
func (b *browser) wantsNone(id string, phrases ...string) {
	b.t.Helper()
	got := b.part(id)
	for _, no := range phrases {
		if strings.Contains(got, no) {
			b.t.Errorf("%s says %q, want nothing of %q", id, got, no)
		}
	}
}

// leaks checks that nothing personal was logged.
func (b *browser) leaks() {
	b.t.Helper()
	if !strings.Contains(b.log.String(), "event handled") {
		b.t.Errorf("the log has no event line, so nothing can be said of it: %q", b.log)
	}
	for _, private := range []string{"+849", "8490000", "Chồng", "Dạ được", "cửa sau", "trong bếp", "Lan", "Hòa"} {
		if strings.Contains(b.log.String(), private) {
			b.t.Errorf("the log holds %q:\n%s", private, b.log)
		}
	}
}
