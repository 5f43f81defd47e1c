package demo

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Paths of the demo's own on the board's listener. The board has none that begins like that.
const (
	enterPath   = "/demo/enter"
	enteredPath = "/demo/entered"
	stylePath   = "/demo/page.css"
)

// languageCookie holds the language of the board's pages: it opens in the one that the demo speaks.
const languageCookie = "__Host-language"

// doorPage is what is shown on the way to the board, or instead of it.
type doorPage struct {
	words
	Title, Text string // keys of the wording
	Link, Go    string // where to go on, and the key of what the link says
	Style       string
}

// openBoard gives a browser a ticket and sends it to the board. It is no redirect, because browsers do not let the
// answer to a form lead to another origin than the page's own (form-action).
func (d *demo) openBoard(w http.ResponseWriter, r *http.Request) error {
	at, ok := d.places.origins(r)
	if !ok {
		return errElsewhere
	}
	v, err := d.visit()
	if err != nil {
		return err
	}
	defer v.done()
	ticket, err := v.world.office.tickets.issue(time.Now())
	if err != nil {
		return err
	}
	target := at.board + enterPath + "?" + url.Values{"ticket": {ticket}}.Encode()
	if r.Header.Get("Accept") == "application/json" { // the page's script, which shows the board in a frame
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(struct {
			URL string `json:"url"`
		}{target})
	}
	w.Header().Set("Refresh", "0; url="+target)
	return d.door(w, http.StatusOK, doorPage{
		words: d.words[v.language], Title: "door.opening.title", Text: "door.opening.text", Link: target, Go: "door.opening.go", Style: "/page.css",
	})
}

// door answers with a page on the way to the board.
func (d *demo) door(w http.ResponseWriter, status int, page doorPage) error {
	var b bytes.Buffer
	if err := d.page.ExecuteTemplate(&b, "door.html", page); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // if the browser is gone there is nobody to tell
	return nil
}

// boardSite serves the board of the present world, with a door of the demo's own: whoever has a ticket is signed in,
// and whoever is not signed in is told where tickets are to be had. All its cookies have names of the demo's own.
func (d *demo) boardSite() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+enterPath, d.atBoard(d.enter))
	mux.HandleFunc("HEAD "+enterPath, d.atBoard(func(w http.ResponseWriter, _ *http.Request, _ visit) error {
		w.Header().Set("Allow", http.MethodGet)
		return errGetOnly
	}))
	mux.HandleFunc("GET "+enteredPath, d.atBoard(d.entered))
	mux.HandleFunc("GET "+stylePath, d.handle(file("page.css", "text/css; charset=utf-8")))
	mux.HandleFunc("GET /sign-in", d.atBoard(d.signIn))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v, err := d.visit()
		if err != nil {
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
			return
		}
		defer v.done()
		v.world.office.board.Handler().ServeHTTP(d.framed(w, r), r)
	})
	return ownCookies(mux)
}

// atBoard is handle for the demo's own pages on the board's listener.
func (d *demo) atBoard(do func(http.ResponseWriter, *http.Request, visit) error) http.HandlerFunc {
	return d.handle(func(w http.ResponseWriter, r *http.Request) error {
		v, err := d.visit()
		if err != nil {
			return err
		}
		defer v.done()
		h := w.Header()
		h.Set("Content-Security-Policy", doorPolicy+d.frameAncestors(r))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		return do(w, r, v)
	})
}

// doorPolicy allows the demo's own pages on the board's listener their sheet.
const doorPolicy = "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; "

// enter signs in whoever has a ticket and is at this machine.
func (d *demo) enter(w http.ResponseWriter, r *http.Request, v visit) error {
	if _, ok := d.places.origins(r); !ok {
		return errElsewhere
	}
	office := v.world.office
	if !office.tickets.take(r.URL.Query().Get("ticket"), time.Now()) {
		return d.turnAway(w, r, v, http.StatusForbidden, "door.used")
	}
	var failed error
	office.sessions.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failed = office.begin(r); failed != nil {
			return
		}
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: string(v.language), Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
		})
		http.Redirect(w, r, enteredPath, http.StatusSeeOther)
	}), unavailable()).ServeHTTP(w, r)
	return failed
}

// entered goes on to the board, if the browser kept the session: Safari keeps no such cookie without TLS.
func (d *demo) entered(w http.ResponseWriter, r *http.Request, v visit) error {
	return v.world.office.watch(w, r, func(signedIn bool) error {
		if !signedIn {
			return d.turnAway(w, r, v, http.StatusForbidden, "door.no_cookie")
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	})
}

// signIn says where tickets are to be had: nobody has a password for the form of the board. Whoever is signed in is
// sent on by it.
func (d *demo) signIn(w http.ResponseWriter, r *http.Request, v visit) error {
	return v.world.office.watch(w, r, func(signedIn bool) error {
		if !signedIn {
			return d.turnAway(w, r, v, http.StatusOK, "door.sign_in")
		}
		v.world.office.board.Handler().ServeHTTP(d.framed(w, r), r)
		return nil
	})
}

// turnAway shows the way to the demo's page.
func (d *demo) turnAway(w http.ResponseWriter, r *http.Request, v visit, status int, key string) error {
	page := doorPage{words: d.words[v.language], Title: key + ".title", Text: key + ".text", Go: "door.back", Style: stylePath}
	if at, ok := d.places.origins(r); ok {
		page.Link = at.page + "/#board"
	}
	return d.door(w, status, page)
}
