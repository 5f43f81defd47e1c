package supervisor

import (
	"net/http"
	"strings"
)

// route is what is done at a pattern, and by whom.
type route struct {
	pattern string
	access  func(handler) http.Handler
	do      handler
}

// routes lists everything this board answers.
func (b *Board) routes() []route {
	return []route{
		{"GET /{$}", b.signedInOrAgain, b.showNow},
		{"GET /now/fragment", b.watching, b.showNowFragment},
		{"GET /strip", b.watching, b.showStrip},
		{"GET /events", b.watching, b.events},
		{"GET /find", b.signedIn, b.find},
		{"GET /case/{line}/{id}", b.signedIn, b.showCase},
		{"GET /case/{line}/{id}/fragment", b.watching, b.showCaseFragment},
		{"POST /case/{line}/{id}/words", b.signedIn, b.revealWords},
		{"POST /case/{line}/{id}/orders/{order}", b.signedIn, b.giveOrder},

		// Response times, roster and audit.
		{"GET /times", b.signedIn, b.showTimes},
		{"GET /times.csv", b.signedIn, b.exportTimes},
		{"GET /roster", b.signedIn, b.showRoster},
		{"GET /audit", b.signedIn, b.showAudit},
		{"POST /audit/reasons", b.signedIn, b.showReasons},
		{"POST /audit/verify", b.signedIn, b.verifyAudit},

		{"GET /sign-in", b.anyone, b.showSignIn},
		{"POST /sign-in", b.anyone, b.signIn},
		{"POST /sign-out", b.anyone, b.signOut},
		{"POST /stay", b.signedIn, b.stay},
		{"GET /leave", b.outside, b.showLeave},
		{"POST /leave", b.anyone, b.leave},
		{"POST /language", b.anyone, b.changeLanguage},
	}
}

// mux puts the routes together with what needs no session.
func (b *Board) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range b.routes() {
		mux.Handle(r.pattern, r.access(r.do))
	}
	mux.Handle("GET /static/{name}", b.assets)
	mux.Handle("/", b.known(func(w http.ResponseWriter, q *query) error {
		if allowed := methods(mux, q.Request); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			return errMethod
		}
		return errNotFound
	}))
	return mux
}

// methods lists the methods for which there is something where a request is addressed to. A pattern for everything
// else keeps the mux from finding out by itself.
func methods(mux *http.ServeMux, r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
