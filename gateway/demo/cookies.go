package demo

import (
	"net/http"
	"strings"
)

// demosCookie marks the names of the demo's cookies. A browser keeps cookies by host, whatever the port, so that to
// it the board of the demo and a real one at 127.0.0.1 are the same site: with the board's own names either would
// sign the other out.
const demosCookie = "demo-"

// cookiePrefix returns the beginning of a cookie's name that has a meaning to browsers, and must stay where it is.
func cookiePrefix(name string) string {
	for _, prefix := range []string{"__Host-", "__Secure-"} {
		if strings.HasPrefix(name, prefix) {
			return prefix
		}
	}
	return ""
}

// abroad is the name that a cookie of the board has in the browser. Like atHome it takes the name alone or with all
// that follows.
func abroad(name string) string {
	prefix := cookiePrefix(name)
	return prefix + demosCookie + strings.TrimPrefix(name, prefix)
}

// atHome is the name that a cookie in the browser has for the board; false if it is not the demo's. None gets a
// prefix here that the browser has not vouched for.
func atHome(name string) (string, bool) {
	prefix := cookiePrefix(name)
	rest, ours := strings.CutPrefix(strings.TrimPrefix(name, prefix), demosCookie)
	return prefix + rest, ours && cookiePrefix(rest) == ""
}

// ownCookies serves h with cookies of its own: those that it sets have another name in the browser, and of those
// that come back it sees only these, under the names that it knows.
func ownCookies(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &amending{ResponseWriter: w, amend: func(header http.Header) {
			set := header.Values("Set-Cookie") // its array is the header's
			for i, cookie := range set {
				set[i] = abroad(cookie)
			}
		}}
		defer out.finish() // an answer without a body may never have been begun
		h.ServeHTTP(out, homeward(r))
	})
}

// homeward returns a request with the demo's cookies only, as the board calls them.
func homeward(r *http.Request) *http.Request {
	var ours []string
	for _, line := range r.Header.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie, ok := atHome(strings.TrimSpace(cookie)); ok {
				ours = append(ours, cookie)
			}
		}
	}
	in := new(http.Request)
	*in = *r
	in.Header = r.Header.Clone()
	in.Header.Del("Cookie")
	if len(ours) > 0 {
		in.Header.Set("Cookie", strings.Join(ours, "; "))
	}
	return in
}
