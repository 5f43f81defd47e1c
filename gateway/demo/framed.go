package demo

import (
	"net/http"
	"strings"
)

// noAncestors is what the board says of frames: no page may show it in one.
const noAncestors = "frame-ancestors 'none'"

// frameAncestors lets the demo's page, and no other, show something in a frame.
func (d *demo) frameAncestors(r *http.Request) string {
	if at, ok := d.places.origins(r); ok {
		return "frame-ancestors " + at.page
	}
	return noAncestors
}

// framed returns a writer that changes what the board says of frames, and nothing else.
func (d *demo) framed(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	ancestors := d.frameAncestors(r)
	return &amending{ResponseWriter: w, amend: func(h http.Header) {
		h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), noAncestors, ancestors, 1))
	}}
}

// amending is a writer that changes the header of an answer just before it is sent.
type amending struct {
	http.ResponseWriter
	amend   func(http.Header)
	amended bool
}

// finish changes the header, once.
func (w *amending) finish() {
	if !w.amended {
		w.amended = true
		w.amend(w.Header())
	}
}

// WriteHeader changes the header before it is sent.
func (w *amending) WriteHeader(code int) {
	w.finish()
	w.ResponseWriter.WriteHeader(code)
}

// Write sends the header first, if that has not been done.
func (w *amending) Write(p []byte) (int, error) {
	w.finish()
	return w.ResponseWriter.Write(p)
}

// FlushError sends the header first, if that has not been done, for the streams of open pages.
func (w *amending) FlushError() error {
	w.finish()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the writer underneath for the rest.
func (w *amending) Unwrap() http.ResponseWriter { return w.ResponseWriter }
