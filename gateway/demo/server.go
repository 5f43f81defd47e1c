package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/texts"
)

const (
	// maxForm bounds what a page may post, in bytes.
	maxForm = 64 << 10
	// maxText is the longest text a carrier passes on, in characters.
	maxText = 1600
	// textTimeout bounds how long sending a text may take, its webhook included.
	textTimeout = 20 * time.Second
	// aliveEvery is how often an open page is told that the connection still stands.
	aliveEvery = 15 * time.Second
	// writeTimeout bounds one write to an open page.
	writeTimeout = 10 * time.Second
)

// policy allows the page what it is made of and nothing from anywhere else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// pageSite serves the page, what it posts, its live updates and the gateway's metrics.
func (d *demo) pageSite() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", d.handle(d.showPage))
	mux.HandleFunc("GET /events", d.handle(d.events))
	for name, contentType := range map[string]string{
		"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		mux.HandleFunc("GET /"+name, d.handle(file(name, contentType)))
	}
	mux.HandleFunc("GET /metrics", d.handle(func(w http.ResponseWriter, r *http.Request) error {
		v, err := d.visit()
		if err != nil {
			return err
		}
		defer v.done()
		v.world.app.Metrics().ServeHTTP(w, r)
		return nil
	}))
	mux.HandleFunc("POST /phones/{phone}/texts", d.handle(d.writeText))
	mux.HandleFunc("POST /phones/{phone}/read", d.handle(d.markRead))
	mux.HandleFunc("POST /phones/{phone}/calls", d.handle(d.dial))
	for name, do := range deeds() {
		mux.HandleFunc("POST /phones/{phone}/calls/{call}/"+name, d.handle(d.onCall(do)))
	}
	mux.HandleFunc("POST /language", d.handle(d.changeLanguage))
	mux.HandleFunc("POST /board", d.handle(d.openBoard))
	mux.HandleFunc("POST /again", d.handle(func(w http.ResponseWriter, r *http.Request) error {
		if err := d.startAgain(r.Context()); err != nil {
			return err
		}
		return back(w, r, "")
	}))
	guard := http.NewCrossOriginProtection()
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy+d.frames(r))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		mux.ServeHTTP(w, r)
	}))
}

// frames lets the page show the board in a frame, and nothing else.
func (d *demo) frames(r *http.Request) string {
	if at, ok := d.places.origins(r); ok {
		return "; frame-src " + at.board
	}
	return ""
}

// refusal is a request that cannot be done; the text is for the person who made it.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

// What is refused.
var (
	errNoPhone   = refusal{http.StatusNotFound, "Không có máy này | no such phone"}
	errEmpty     = refusal{http.StatusBadRequest, "Tin trống | the text is empty"}
	errLong      = refusal{http.StatusBadRequest, "Tin dài quá 1600 ký tự | the text is longer than 1600 characters"}
	errElsewhere = refusal{http.StatusForbidden, "Bàn trực chỉ mở được trên chính máy chạy bản thử này | the duty desk opens only on the machine that runs this demo"}
	errGetOnly   = refusal{http.StatusMethodNotAllowed, "Lối này chỉ vào được bằng GET | this way is taken with GET only"}
	errTongue    = refusal{http.StatusBadRequest, "Chỉ có tiếng Việt và tiếng Anh | only Vietnamese and English"}
)

// handle turns what a handler returns into an answer. Causes go to the log, never to the browser.
func (d *demo) handle(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := do(w, r)
		refused, isRefusal := errors.AsType[refusal](err)
		switch {
		case err == nil || r.Context().Err() != nil: // done, or nobody waits for the answer
		case isRefusal:
			http.Error(w, refused.text, refused.status)
		default:
			d.logger.Error("request failed", slog.String("route", r.Pattern), slog.Any("error", err))
			http.Error(w, "Có lỗi, hãy thử lại | something went wrong, please try again", http.StatusInternalServerError)
		}
	}
}

// back sends a browser without JavaScript back to the page, to the part it came from.
func back(w http.ResponseWriter, r *http.Request, part string) error {
	http.Redirect(w, r, "/"+part, http.StatusSeeOther)
	return nil
}

func file(name, contentType string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		content, err := fs.ReadFile(pageFiles, name)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", contentType)
		_, err = w.Write(content)
		return err
	}
}

func (d *demo) showPage(w http.ResponseWriter, r *http.Request) error {
	v, _, err := d.view(r.Context())
	if err != nil {
		return err
	}
	_, v.Board = d.places.origins(r)
	v.Past = !d.empty
	var b bytes.Buffer // whole, or not at all
	if err := d.page.ExecuteTemplate(&b, "page.html", v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = b.WriteTo(w)
	return err
}

// writeText sends a text from a phone.
func (d *demo) writeText(w http.ResponseWriter, r *http.Request) error {
	h, ok := d.ward.handset(r.PathValue("phone"))
	if !ok {
		return errNoPhone
	}
	body := strings.TrimSpace(r.PostFormValue("body"))
	switch {
	case body == "":
		return errEmpty
	case utf8.RuneCountInString(body) > maxText:
		return errLong
	}
	v, err := d.visit()
	if err != nil {
		return err
	}
	defer v.done()
	ctx, cancel := context.WithTimeout(r.Context(), textTimeout)
	defer cancel()
	if err := v.world.text(ctx, h, body); err != nil {
		if failed, ok := errors.AsType[*simulator.WebhookError](err); ok {
			return fmt.Errorf("text not taken by the gateway: error %d, status %d", failed.Code, failed.Status)
		}
		return err
	}
	return back(w, r, "#phone-"+h.ID)
}

func (d *demo) markRead(w http.ResponseWriter, r *http.Request) error {
	h, ok := d.ward.handset(r.PathValue("phone"))
	if !ok {
		return errNoPhone
	}
	v, err := d.visit()
	if err != nil {
		return err
	}
	defer v.done()
	v.world.markRead(h)
	return back(w, r, "#phone-"+h.ID)
}

func (d *demo) changeLanguage(w http.ResponseWriter, r *http.Request) error {
	err := d.speak(r.Context(), texts.Language(r.PostFormValue("language")))
	if errors.Is(err, errLanguage) {
		return errTongue
	}
	if err != nil {
		return err
	}
	return back(w, r, "")
}

// events keeps a page up to date: each fragment that has changed, as soon as it has. A page that shows
// another world or language than the present one is told to load itself anew.
func (d *demo) events(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/event-stream")
	out := &stream{w: w, control: http.NewResponseController(w)}
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	sent := map[string]string{}
	for {
		v, changed, err := d.view(r.Context())
		if err != nil {
			return d.lost(r, err)
		}
		if v.World != r.FormValue("world") || string(v.Language) != r.FormValue("language") {
			return d.lost(r, out.send("reload", "{}"))
		}
		all, err := d.fragments(v)
		if err != nil {
			return d.lost(r, err)
		}
		fresh := maps.Clone(all)
		maps.DeleteFunc(fresh, func(id, html string) bool { return sent[id] == html })
		sent = all
		if err := out.update(fresh); err != nil {
			return d.lost(r, err)
		}
		select {
		case <-changed:
		case <-alive.C:
		case <-r.Context().Done():
			return nil
		case <-d.stopping.Done():
			return nil
		}
	}
}

// lost ends a page's updates. It is too late for an answer that says so; the page connects anew.
func (d *demo) lost(r *http.Request, err error) error {
	if err != nil && r.Context().Err() == nil && !errors.Is(err, errClosed) {
		d.logger.Warn("live updates ended", slog.Any("error", err))
	}
	return nil
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// update sends fragments, with the time by which the page's clocks are to run. With none it shows that
// the connection stands.
func (s *stream) update(fragments map[string]string) error {
	data, err := json.Marshal(struct {
		NowMS     int64             `json:"now_ms"`
		Fragments map[string]string `json:"fragments"`
	}{time.Now().UnixMilli(), fragments})
	if err != nil {
		return err
	}
	return s.send("update", string(data))
}

// send writes one event; data holds no line break.
func (s *stream) send(event, data string) error {
	// The server's own limit on writing would end the stream.
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, data); err != nil {
		return err
	}
	if err := s.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
