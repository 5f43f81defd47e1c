package supervisor

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing/texts"
)

const (
	// maxForm bounds what a page may post, in bytes: the longest text is some thousand characters.
	maxForm = 32 << 10
	// answerTimeout bounds how long an answer may take, the storage included.
	answerTimeout = 8 * time.Second
)

// policy allows pages what they are made of and nothing from anywhere else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

//go:embed templates/*.html
var templateFiles embed.FS

// pageNames are the templates that are pages of their own; each must be there.
func pageNames() []string {
	return []string{"now", "case", "words", "find", "report", "roster", "audit", "signin", "leave", "error"}
}

// parsePages parses every page in every language.
func (b *Board) parsePages() (map[texts.Language]map[string]*template.Template, error) {
	all := map[texts.Language]map[string]*template.Template{}
	for language, w := range b.words {
		all[language] = map[string]*template.Template{}
		for _, name := range pageNames() {
			t := template.New("layout.html").Option("missingkey=error").Funcs(template.FuncMap{
				"t": w.T, "asset": b.assets.path, "lang": func() string { return string(language) },
			})
			t, err := t.ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", "templates/"+name+".html")
			if err != nil {
				return nil, fmt.Errorf("page %s: %w", name, err)
			}
			if t.Lookup("main") == nil || t.Lookup("title") == nil {
				return nil, fmt.Errorf("page %s: %w", name, errNoPage)
			}
			all[language][name] = t
		}
	}
	return all, nil
}

var errNoPage = errors.New("template without title or main")

// query is a request together with who makes it and in which language they read.
type query struct {
	*http.Request
	who   *account.User // nil where nobody need be signed in
	words words
	now   time.Time
}

// handler answers a request or says why it cannot.
type handler func(w http.ResponseWriter, q *query) error

// refusal is a request that cannot be done. The key names the text for whoever made it.
type refusal struct {
	status int
	key    string
}

func (r refusal) Error() string { return r.key }

// What is refused.
var (
	errNotFound   = refusal{http.StatusNotFound, "error.not_found"}
	errMethod     = refusal{http.StatusMethodNotAllowed, "error.bad_form"}
	errForbidden  = refusal{http.StatusForbidden, "error.forbidden"}
	errBadForm    = refusal{http.StatusBadRequest, "error.bad_form"}
	errTooLarge   = refusal{http.StatusRequestEntityTooLarge, "error.too_large"}
	errNotAudited = refusal{http.StatusServiceUnavailable, "error.not_audited"}
	errBusy       = refusal{http.StatusTooManyRequests, "error.too_many_streams"}
	errFailed     = refusal{http.StatusServiceUnavailable, "error.failed"}
	errUnreadable = refusal{http.StatusServiceUnavailable, "error.unreadable"}
	errSignedOut  = refusal{http.StatusUnauthorized, "error.signed_out"}
)

// guarded puts around everything what every answer and every request has in common.
func (b *Board) guarded(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(b.anyone(func(http.ResponseWriter, *query) error { return errForbidden }))
	checked := guard.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		checked.ServeHTTP(w, r)
	})
}

// anyone lets everybody in.
func (b *Board) anyone(do handler) http.Handler {
	return b.o.Sessions.Wrap(b.bounded(func(w http.ResponseWriter, r *http.Request) { b.answer(w, r, nil, do) }), b.failed())
}

// known lets everybody in, too, and shows who has a session the way on.
func (b *Board) known(do handler) http.Handler {
	return b.o.Sessions.Wrap(b.bounded(func(w http.ResponseWriter, r *http.Request) {
		who, err := b.o.Sessions.User(r.Context())
		if err != nil {
			b.answer(w, r, nil, do)
			return
		}
		b.answer(w, r, &who, do)
	}), b.failed())
}

// outside is for what must be shown whatever has happened to the session, or to what keeps it.
func (b *Board) outside(do handler) http.Handler {
	return b.bounded(func(w http.ResponseWriter, r *http.Request) { b.answer(w, r, nil, do) })
}

// signedIn lets in who has a session, and has it go on.
func (b *Board) signedIn(do handler) http.Handler {
	return b.o.Sessions.Wrap(b.withSession(do), b.failed())
}

func (b *Board) withSession(do handler) http.Handler {
	return b.bounded(func(w http.ResponseWriter, r *http.Request) {
		who, err := b.o.Sessions.User(r.Context())
		if err != nil {
			b.answer(w, r, nil, func(w http.ResponseWriter, q *query) error { return away(w, q, err) })
			return
		}
		b.answer(w, r, &who, do)
	})
}

// again is the query of a page without JavaScript that loads itself anew.
const again = "again"

// signedInOrAgain is signedIn, but what loads itself is no sign of life: an open page would keep its session all night.
func (b *Board) signedInOrAgain(do handler) http.Handler {
	opened, itself := b.signedIn(do), b.o.Sessions.Watch(b.withSession(do), b.failed())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == again {
			itself.ServeHTTP(w, r)
			return
		}
		opened.ServeHTTP(w, r)
	})
}

// watching lets in who has a session, for what a page asks for by itself: nobody is there because of it, so
// the session does not go on by it. The handler bounds its own time.
func (b *Board) watching(do handler) http.Handler {
	return b.o.Sessions.Watch(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := b.o.Sessions.User(r.Context())
		if errors.Is(err, account.ErrNoSession) {
			err = errSignedOut
		}
		if err != nil {
			b.answer(w, r, nil, func(http.ResponseWriter, *query) error { return err })
			return
		}
		b.answer(w, r, &who, do)
	}), b.failed())
}

// failed answers when not even the session can be read.
func (b *Board) failed() http.Handler {
	return b.outside(func(_ http.ResponseWriter, q *query) error {
		if q.Method == http.MethodGet {
			return errUnreadable
		}
		return errFailed
	})
}

// bounded gives an answer a time within which it must be there.
func (b *Board) bounded(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		next(w, r.WithContext(ctx))
	})
}

// answer turns what a handler returns into an answer. Causes go to the log, never to the browser.
func (b *Board) answer(w http.ResponseWriter, r *http.Request, who *account.User, do handler) {
	q := &query{Request: r, who: who, words: b.words[languageOf(r)], now: b.o.Now()}
	err := do(w, q)
	if err == nil || r.Context().Err() != nil && !errors.Is(err, context.DeadlineExceeded) { // done, or nobody waits for the answer
		return
	}
	refused, ok := errors.AsType[refusal](err)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		refused, ok = errTooLarge, true
	}
	if !ok {
		b.o.Logger.Error("page failed", slog.String("route", r.Pattern), slog.Any("error", err))
		if refused = errFailed; r.Method == http.MethodGet {
			refused = errUnreadable
		}
	}
	err = b.render(w, q, refused.status, "error", func(f frame) any {
		p := errorPage{frame: f, Text: q.say(refused.key), Again: refused == errUnreadable}
		if back := here(r); back != "/" && refused.status == http.StatusBadRequest {
			p.Back = back
		}
		return p
	})
	if err != nil {
		b.o.Logger.Error("page failed", slog.String("route", r.Pattern), slog.Any("error", err))
		http.Error(w, http.StatusText(refused.status), refused.status)
	}
}

type errorPage struct {
	frame
	Text  string
	Back  string // the page whose form was not filled in as it must be
	Again bool   // the page asks again by itself: whoever watches must not sit before a page that has given up
}

// frame is what every page has.
type frame struct {
	Page     string // name of the template
	Login    string // empty while nobody is signed in
	Nav      []navItem
	Here     string // where to come back to after changing the language
	Other    string // the language to change to
	NowMS    int64
	IdleMS   int64 // how long a session lasts without a sign of life
	Notice   string
	Linked   bool // the account is somebody in a directory: there may be cases that are not shown
	Unlisted bool // no case is shown, because the directory does not know who the account is
	Told     string
	ToldWell bool
	Strip    *strip // nil where there is none
}

type navItem struct {
	Path, Key string
	Here      bool
}

// nav lists the pages that are there for somebody.
func (b *Board) nav(q *query, page string) []navItem {
	items := []navItem{
		{"/", "nav.now", page == "now" || page == "case"},
		{"/roster", "nav.roster", page == "roster"},
		{"/times", "nav.times", page == "report"},
	}
	if len(b.linesFor(q, account.SeeAudit)) > 0 {
		items = append(items, navItem{"/audit", "nav.audit", page == "audit"})
	}
	return items
}

// render answers with a page. It is put together first, so that a page that fails is not sent in part.
func (b *Board) render(w http.ResponseWriter, q *query, status int, page string, view func(frame) any) error {
	f := frame{
		Page: page, Here: here(q.Request), NowMS: q.now.UnixMilli(), IdleMS: account.IdleTimeout.Milliseconds(),
		Other: string(texts.English), Notice: b.o.Notice[q.words.Language],
	}
	if q.words.Language == texts.English {
		f.Other = string(texts.Vietnamese)
	}
	if q.who != nil {
		f.Login, f.Nav, f.Linked, f.Unlisted = q.who.Name, b.nav(q, page), q.linked(), b.unlisted(q.who)
		f.Told, f.ToldWell = b.told(w, q)
		if stripped(page) {
			ctx, cancel := context.WithTimeout(q.Context(), stripWithin)
			f.Strip = b.strip(ctx, q)
			cancel()
		}
	}
	return b.write(w, q, status, page, "layout.html", view(f))
}

// write answers with one template of a page.
func (b *Board) write(w http.ResponseWriter, q *query, status int, page, name string, view any) error {
	var out bytes.Buffer
	if err := b.pages[q.words.Language][page].ExecuteTemplate(&out, name, view); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	var packed func() []byte
	if packs(page) {
		packed = func() []byte { return b.packer.pack(out.Bytes()) }
	}
	b.send(w, q, status, out.Bytes(), packed)
	return nil
}

// send answers with a page or a part of one, packed if it may be and the browser can take that.
func (b *Board) send(w http.ResponseWriter, q *query, status int, body []byte, packed func() []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(q.words.Language))
	if packed != nil && unpacks(q.Request) {
		h.Set("Content-Encoding", "gzip")
		body = packed()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // if the browser is gone there is nobody to tell
}

// local is where a page may send somebody: our own pages, and nothing that a browser could take for another
// site.
var local = regexp.MustCompile(`^/(?:case/[a-z0-9-]{1,64}/[a-z2-7]{16}|(?:times|roster|audit|find)(?:\?[A-Za-z0-9=&%+._-]{1,300})?)?$`)

// localPath returns a path if it is one of ours, else the first page.
func localPath(path string) string {
	if local.MatchString(path) {
		return path
	}
	return "/"
}

// formOf is where forms of a page go: what answers them leads back to that page.
var formOf = regexp.MustCompile(`^(/case/[^/]+/[^/]+|/audit)/(?:words|reasons|orders/[a-z]+)$`)

// here is the page a request is about, as far as one can come back to it.
func here(r *http.Request) string {
	if r.Method == http.MethodGet && r.URL.RawQuery != "" {
		if path := r.URL.Path + "?" + r.URL.RawQuery; local.MatchString(path) {
			return path
		}
	}
	if of := formOf.FindStringSubmatch(r.URL.Path); of != nil {
		return localPath(of[1])
	}
	return localPath(r.URL.Path)
}

// say says something in the reader's language. A key that is missing is noticed when the program is tested;
// a page that must be shown now is shown with the key.
func (q *query) say(key string, pairs ...any) string {
	s, err := q.words.T(key, pairs...)
	if err != nil {
		return key
	}
	return s
}

// clock is a running clock: how long ago something was. Without JavaScript it shows how long ago it was when
// the page was made.
func clock(now, since time.Time) template.HTML {
	if since.IsZero() {
		return ""
	}
	return template.HTML(`<time class="clock" data-since="` + strconv.FormatInt(since.UnixMilli(), 10) + `">` + span(now.Sub(since)) + `</time>`)
}

// countdown is a running clock towards an instant.
func countdown(now, at time.Time) template.HTML {
	return template.HTML(`<time class="clock" data-until="` + strconv.FormatInt(at.UnixMilli(), 10) + `">` + span(at.Sub(now)) + `</time>`)
}

// span writes a length of time as clocks do: 0:07, 12:30, 1:02:03, and from two days on 3 × 24 h as 72:00:00.
func span(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
