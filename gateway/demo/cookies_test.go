package demo

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing/texts"
)

// Browsers keep cookies by host, whatever the port: those of a real board at 127.0.0.1 lie beside the demo's.
func TestBoard_LeavesTheCookiesOfARealBoardAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		d := b.desk()
		held := map[string]string{
			account.SessionCookie: "a real session", account.DeviceCookie: "a real device", languageCookie: "en", "__Host-told": "done",
		}
		maps.Copy(d.cookies, held)
		untouched := func(after string) {
			t.Helper()
			for name, want := range held {
				if got, kept := d.cookies[name]; !kept || got != want {
					t.Errorf("after %s the real board's %s is %q, want %q", after, name, got, want)
				}
			}
		}
		says := func(what, path, want string) {
			t.Helper()
			if got := d.follow(path).Body.String(); !strings.Contains(got, want) {
				t.Errorf("%s: GET %s does not say %q:\n%s", what, path, want, got)
			}
		}
		says("with a real board's session only", "/", doorVI)
		says("by a click", b.click(), `data-page="now"`)
		untouched("coming in")
		says("signed in, whatever the real board speaks", "/", `<html lang="vi">`)
		if d.cookies[sessionCookie] == "" || d.cookies["__Host-demo-language"] != "vi" {
			t.Errorf("the demo's board set %v, want a session and a language of its own", d.cookies)
		}
		d.do(http.MethodPost, "/language", url.Values{"language": {"en"}, "next": {"/"}})
		says("after the change of language", "/", `<html lang="en">`)
		d.cookies[languageCookie], held[languageCookie] = "vi", "vi"
		says("when the real board speaks another", "/roster", `<html lang="en">`)
		untouched("a change of language")

		// The session is the demo's under the demo's name only.
		thief := b.desk()
		thief.cookies[account.SessionCookie] = d.cookies[sessionCookie]
		if got := thief.follow("/").Body.String(); !strings.Contains(got, doorVI) {
			t.Errorf("the demo's board lets in a cookie that has a real board's name:\n%s", got)
		}

		d.do(http.MethodPost, "/sign-out", nil)
		untouched("signing out")
		says("signed out", "/", doorVI)
		says("by a second click", b.click(), `data-page="now"`)
		if got := d.do(http.MethodPost, "/leave", nil).Header().Get("Location"); got != "/leave" {
			t.Errorf("POST /leave leads to %q, want /leave", got)
		}
		d.get("/leave")
		untouched("leaving in a hurry")
		if got := d.cookies[sessionCookie]; got != "" {
			t.Errorf("after leaving in a hurry the demo's session cookie is %q, want none", got)
		}
		says("gone", "/", doorVI)
	})
}

func TestOwnCookies_HaveOtherNamesInTheBrowser(t *testing.T) {
	t.Parallel()
	set := func(w http.ResponseWriter) {
		w.Header().Add("Set-Cookie", "__Host-a=__Host-b=1; Path=/; Secure")
		w.Header().Add("Set-Cookie", "__Secure-b=2; Secure")
		w.Header().Add("Set-Cookie", "c=3")
	}
	want := []string{"__Host-demo-a=__Host-b=1; Path=/; Secure", "__Secure-demo-b=2; Secure", "demo-c=3"}
	rows := []struct {
		name   string
		answer http.HandlerFunc
		want   []string
	}{
		{"a body", func(w http.ResponseWriter, _ *http.Request) {
			set(w)
			_, _ = w.Write([]byte("x"))
			_, _ = w.Write([]byte("y"))
		}, want},
		{"a status", func(w http.ResponseWriter, _ *http.Request) { set(w); w.WriteHeader(http.StatusNoContent) }, want},
		{"nothing but cookies", func(w http.ResponseWriter, _ *http.Request) { set(w) }, want},
		{"a stream", func(w http.ResponseWriter, _ *http.Request) { set(w); _ = http.NewResponseController(w).Flush() }, want},
		{"a status and a stream", func(w http.ResponseWriter, _ *http.Request) {
			set(w)
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
		}, want},
		{"none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, nil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			ownCookies(row.answer).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
			if diff := cmp.Diff(row.want, w.Result().Header.Values("Set-Cookie")); diff != "" {
				t.Errorf("Set-Cookie (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOwnCookies_OthersStayOutside(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name       string
		sent, want []string
	}{
		{"none", nil, nil},
		{"the demo's", []string{"__Host-demo-a=1; __Secure-demo-b=2; demo-c=3"}, []string{"__Host-a=1; __Secure-b=2; c=3"}},
		{"a real board's", []string{"__Host-a=1; __Secure-b=2; c=3"}, nil},
		{"both", []string{"__Host-a=real; __Host-demo-a=ours", "x=demo-y; demo-z"}, []string{"__Host-a=ours; z"}},
		{"a prefix in the wrong place", []string{"x__Host-demo-a=1; demo-__Host-a=2; __Host-demo-__Host-a=3"}, nil},
		{"a value that looks like one", []string{"__Host-a=1=__Host-demo-a"}, nil},
		{"rubbish", []string{";; =; demo", "\x00"}, nil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			for _, line := range row.sent {
				r.Header.Add("Cookie", line)
			}
			var got []string
			ownCookies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Values("Cookie") })).ServeHTTP(httptest.NewRecorder(), r)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("Cookie (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(row.sent, r.Header.Values("Cookie")); diff != "" {
				t.Errorf("the request itself was changed (-want +got):\n%s", diff)
			}
		})
	}
}
