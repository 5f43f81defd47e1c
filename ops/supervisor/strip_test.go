package supervisor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
)

// Whoever looks at one case, or at figures, is told of the others that nobody has taken; and of none that they must not
// know of.
func TestStrip(t *testing.T) {
	t.Parallel()
	var ahead time.Duration
	w := newWorld(t, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(ahead) } })
	mai, elsewhere := w.open("mai", account.Supervisor, here1), w.open("nam", account.Supervisor, there)
	hoa := w.openAs(account.New{Name: "hoa", Role: account.Supervisor, Lines: account.Lines{IDs: []contacts.LineID{here1}}, Contacts: []account.Contact{{Line: here1, ID: "hoa"}}})
	kin := w.text(here1, "+84935111999", danger) // kept apart from hoa
	pages := []string{"/times", "/roster", "/audit", "/find", casePath(kin), "/nothing"}
	says := func(b *browser, path string) string {
		t.Helper()
		body := b.get(path).Body.String()
		_, after, found := strings.Cut(body, `<section id="strip"`)
		if path == "/strip" {
			after, found = body, true
		}
		if !found {
			return "no strip"
		}
		strip, _, _ := strings.Cut(after, `<p id="trouble"`)
		return readable(strip)
	}
	for _, path := range pages[:5] {
		if got := says(mai, path); strings.Contains(got, "chưa ai nhận") {
			t.Errorf("%s says %q while nobody has waited too long", path, got)
		}
	}
	ahead = 4 * time.Minute
	for _, path := range append(pages[:5], "/strip") {
		if got := says(mai, path); !strings.Contains(got, "1 ca chưa ai nhận") || !strings.Contains(got, "4:0") {
			t.Errorf("%s says %q, want that one waits, and for how long", path, got)
		}
		if body := mai.get(path).Body.String(); path != "/strip" && !strings.Contains(body, "<title>(!) 1 chưa ai nhận · ") || !strings.Contains(body, `data-alarm="1"`) || !strings.Contains(body, `class="strip"><a href="`+casePath(kin)+`"`) {
			t.Errorf("%s: neither its title nor the strip leads to who waits", path)
		}
		for name, b := range map[string]*browser{"nam": elsewhere, "hoa": hoa} {
			if got := says(b, path); strings.Contains(got, "chưa ai nhận") {
				t.Errorf("%s says %q to %s, who must not know", path, got, name)
			}
		}
	}
	w.text(here1, victim, danger)
	ahead = 8 * time.Minute
	w.board.forget(here1)
	if got := says(mai, "/times"); !strings.Contains(got, "2 ca chưa ai nhận") || !strings.Contains(got, "8:0") {
		t.Errorf("/times says %q, want that two wait, and how long the first has", got)
	}
	if got := says(hoa, "/times"); !strings.Contains(got, "1 ca chưa ai nhận") {
		t.Errorf("/times says %q to hoa, want the one that they may know of", got)
	}
	for _, path := range []string{"/", "/nothing"} {
		if got := says(mai, path); got != "no strip" {
			t.Errorf("%s says %q in a strip, want none: it says so itself, or must not wait", path, got)
		}
	}
	if got := w.stranger().get("/strip"); got.Code != http.StatusUnauthorized {
		t.Errorf("GET /strip by a stranger = %d, want 401", got.Code)
	}
	w.redis.SetError("LOADING")
	if got := mai.get("/strip"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("GET /strip without storage = %d, want 503", got.Code)
	}
}
