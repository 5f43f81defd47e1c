package demo

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/texts"
)

func TestWard_CannotBeAppliedForReal(t *testing.T) {
	t.Parallel()
	w, err := newWard()
	if err != nil {
		t.Fatalf("newWard() = %v", err)
	}
	refused := map[int]bool{}
	for _, f := range line.RefusedForApply(w.file) {
		refused[f.Line] = true
	}
	if want := 1 + len(w.file.Numbers) + len(w.file.Contacts); len(refused) != want {
		t.Errorf("apply refuses %d lines of the demo's file, want %d: the name, its numbers, every contact", len(refused), want)
	}
	// With four phones to show there is no supervisor among them; that is all there is to warn of.
	_, faults := line.Check(wardFile, time.Now())
	if len(faults) != 1 || faults.HasErrors() || !strings.Contains(faults[0].EN, "no supervisor") {
		t.Errorf("Check(ward.yaml) = %v, want only the warning that there is no supervisor", faults)
	}
}

func TestPage_LoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.English)
		b.text("person", danger)
		outside := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]|@import|url\(`)
		for _, path := range []string{"/", "/page.css", "/page.js", "/icon.svg"} {
			w := b.get(path)
			body := w.Body.String()
			if path == "/icon.svg" {
				body = strings.Replace(body, `xmlns="http://www.w3.org/2000/svg"`, "", 1) // a name, not an address
			}
			if found := outside.FindString(body); w.Code != http.StatusOK || found != "" {
				t.Errorf("GET %s = %d with %q in it, want 200 without any address", path, w.Code, found)
			}
			if got := w.Header().Get("Content-Security-Policy"); got != policy+"; frame-src http://127.0.0.1:8089" {
				t.Errorf("GET %s: Content-Security-Policy = %q, want %q and the board in frames", path, got, policy)
			}
		}
		// The policy would keep these from working.
		inline := regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=|<script(?: [^>]*)?>[^<]`)
		if found := inline.FindString(b.page()); found != "" {
			t.Errorf("the page has %q inline, want scripts and styles in files only", found)
		}
	})
}

func TestPage_WhatIsWrittenIsNoMarkup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.text("person", `<script>alert(1)</script>`)
		if page := b.page(); strings.Contains(page, "<script>alert") {
			t.Error("a text became part of the page's markup, want it escaped")
		}
		b.wants("thread-person", "<script>alert(1)</script>")
	})
}

func TestHandler_Refuses(t *testing.T) {
	t.Parallel()
	form := func(name, value string) url.Values { return url.Values{name: {value}} }
	rows := []struct {
		name, method, path string
		form               url.Values
		site               string // Sec-Fetch-Site
		want               int
	}{
		{"another site's form", http.MethodPost, "/phones/person/texts", form("body", "x"), "cross-site", http.StatusForbidden},
		{"another site's language", http.MethodPost, "/language", form("language", "en"), "cross-site", http.StatusForbidden},
		{"another site's way to the board", http.MethodPost, "/board", nil, "cross-site", http.StatusForbidden},
		{"the board's own way to the board", http.MethodPost, "/board", nil, "same-site", http.StatusForbidden},
		{"a way to the board by a link", http.MethodGet, "/board", nil, "same-origin", http.StatusMethodNotAllowed},
		{"another site's start", http.MethodPost, "/again", nil, "cross-site", http.StatusForbidden},
		{"no such phone", http.MethodPost, "/phones/nobody/texts", form("body", "x"), "same-origin", http.StatusNotFound},
		{"no such phone read", http.MethodPost, "/phones/nobody/read", nil, "same-origin", http.StatusNotFound},
		{"an empty text", http.MethodPost, "/phones/person/texts", form("body", " \n"), "same-origin", http.StatusBadRequest},
		{"a text too long", http.MethodPost, "/phones/person/texts", form("body", strings.Repeat("ă", maxText+1)), "same-origin", http.StatusBadRequest},
		{"a form too long", http.MethodPost, "/phones/person/texts", form("body", strings.Repeat("x", maxForm+1)), "same-origin", http.StatusBadRequest},
		{"no such language", http.MethodPost, "/language", form("language", "fr"), "same-origin", http.StatusBadRequest},
		{"sending by a link", http.MethodGet, "/phones/person/texts", nil, "same-origin", http.StatusMethodNotAllowed},
		{"no such page", http.MethodGet, "/x", nil, "none", http.StatusNotFound},
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		for _, row := range rows {
			r := httptest.NewRequestWithContext(t.Context(), row.method, row.path, strings.NewReader(row.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", row.site)
			w := httptest.NewRecorder()
			b.h.ServeHTTP(w, r)
			if w.Code != row.want {
				t.Errorf("%s: %s %s = %d, want %d", row.name, row.method, row.path, w.Code, row.want)
			}
		}
		if got := b.demo.world.carrier.Messages(); len(got) != 0 {
			t.Errorf("after refused requests the carrier has %d messages, want none", len(got))
		}
	})
}

// openPage is a page with JavaScript: it collects server-sent events.
type openPage struct {
	http.ResponseWriter // never called for a body; headers only
	mu                  sync.Mutex
	events              []string
}

// Write takes one event: the handler writes each at once.
func (p *openPage) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, string(data))
	return len(data), nil
}

// take returns the events since the last time, by name, with the ids of the fragments in them.
func (p *openPage) take(t *testing.T) (names, ids []string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]bool{}
	for _, e := range p.events {
		head, data, _ := strings.Cut(e, "\n")
		names = append(names, strings.TrimPrefix(head, "event: "))
		var body struct {
			Fragments map[string]string `json:"fragments"`
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(data), "data: ")), &body); err != nil {
			t.Errorf("event %q: %v", e, err)
		}
		for id := range body.Fragments {
			all[id] = true
		}
	}
	p.events = nil
	return names, slices.Sorted(maps.Keys(all))
}

// open opens a page; ended is closed when its updates end.
func (b *browser) open(query string) (page *openPage, ended chan struct{}) {
	page, ended = &openPage{ResponseWriter: httptest.NewRecorder()}, make(chan struct{})
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, "/events?"+query, nil)
	go func() {
		defer close(ended)
		b.h.ServeHTTP(page, r)
	}()
	synctest.Wait()
	return page, ended
}

func TestEvents_KeepAPageUpToDate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		page, ended := b.open("language=vi&world=" + b.demo.world.id)
		names, ids := page.take(t)
		if len(names) != 1 || names[0] != "update" || !slices.Contains(ids, "thread-person") || !slices.Contains(ids, "cases") {
			t.Fatalf("first event = %v with %v, want one update with everything", names, ids)
		}
		for _, id := range ids {
			if b.part(id); !strings.Contains(b.page(), `id="`+id+`"`) {
				t.Errorf("fragment %s has no place on the page", id)
			}
		}

		b.text("person", danger)
		_, ids = page.take(t)
		want := []string{
			"badge-person", "badge-to1-lan", "badge-to2-hoa", "call-to1-lan", "call-to2-hoa", "cases", "keys-to1-lan", "keys-to2-hoa", "log", "nav",
			"state-to1-lan", "state-to2-hoa", "thread-person", "thread-to1-lan", "thread-to2-hoa", "try",
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("fragments after a text (-want +got):\n%s", diff)
		}
		b.pass(11 * time.Second)
		if _, ids = page.take(t); !slices.Contains(ids, "thread-cong-an") || !slices.Contains(ids, "log") {
			t.Errorf("fragments after a step has ended = %v, want the police's phone and the log among them", ids)
		}

		b.post("/language", url.Values{"language": {"en"}})
		<-ended
		if names, _ = page.take(t); !slices.Equal(names, []string{"reload"}) {
			t.Errorf("events after a change of language = %v, want a reload", names)
		}
	})
}

func TestEvents_EndWithTheirWorld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		page, ended := b.open("language=vi&world=" + b.demo.world.id)
		page.take(t)
		b.post("/again", nil)
		<-ended
		if names, _ := page.take(t); !slices.Equal(names, []string{"reload"}) {
			t.Errorf("events after starting again = %v, want a reload", names)
		}
		// A page of a demo that was stopped and started again finds another world.
		page, ended = b.open("language=vi&world=another")
		<-ended
		if names, _ := page.take(t); !slices.Equal(names, []string{"reload"}) {
			t.Errorf("events for a page of another world = %v, want a reload", names)
		}
	})
}
