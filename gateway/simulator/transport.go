package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
)

// InMemory returns a transport that hands every request to the handler without
// a network, whatever its host. It serves both ways: the carrier's webhooks to
// the gateway, the gateway's requests to the carrier.
//
// As on a network, a request ends when its context does, which the handler
// sees as its own context ending; a handler that panics with
// http.ErrAbortHandler looks like a broken connection, and any other panic
// breaks the program. The answer comes whole, when the handler returns.
func InMemory(h http.Handler) http.RoundTripper { return inMemory{h} }

type inMemory struct{ handler http.Handler }

// errBroken is what a client sees of a handler that gave up.
var errBroken = errors.New("simulator: the connection broke before the answer")

// RoundTrip serves the request in a goroutine of its own.
func (t inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	// The handler's context ends with the client's but carries none of its
	// values: nothing but bytes crosses a network.
	ctx, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(r.Context(), cancel)
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close() // it was read, or reading it failed: that says more
		if err != nil {
			stop()
			cancel()
			return nil, fmt.Errorf("read the request's body: %w", err)
		}
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	served := r.Clone(ctx)
	served.RequestURI = r.URL.RequestURI()
	served.URL.Fragment, served.URL.RawFragment = "", "" // never on the wire
	served.Host = r.Host
	if served.Host == "" {
		served.Host = r.URL.Host
	}
	served.RemoteAddr = "192.0.2.1:1234" // an address for documentation
	served.Body = io.NopCloser(bytes.NewReader(body))
	served.ContentLength = int64(len(body))

	answers := make(chan *http.Response, 1) // holds the answer nobody waits for
	go func() {
		defer cancel() // as a server does when the handler returns
		defer stop()
		w := &responseBuffer{header: make(http.Header)}
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				close(answers)
			}
		}()
		t.handler.ServeHTTP(w, served)
		answers <- w.response(r)
	}()
	select {
	case resp, ok := <-answers:
		if !ok {
			return nil, errBroken
		}
		return resp, nil
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// responseBuffer is a ResponseWriter that keeps the answer.
type responseBuffer struct {
	header http.Header
	sent   http.Header // the header as it was when the status was written
	status int
	body   bytes.Buffer
}

// Header returns the header to be sent.
func (b *responseBuffer) Header() http.Header { return b.header }

// WriteHeader fixes status and header; a second call has no effect.
func (b *responseBuffer) WriteHeader(status int) {
	if b.status == 0 {
		b.status, b.sent = status, b.header.Clone()
	}
}

// Write appends to the body.
func (b *responseBuffer) Write(p []byte) (int, error) {
	if b.status == 0 {
		if b.header.Get("Content-Type") == "" {
			b.header.Set("Content-Type", http.DetectContentType(p))
		}
		b.WriteHeader(http.StatusOK)
	}
	return b.body.Write(p)
}

func (b *responseBuffer) response(r *http.Request) *http.Response {
	b.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", b.status, http.StatusText(b.status)),
		StatusCode:    b.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        b.sent,
		Body:          io.NopCloser(&b.body),
		ContentLength: int64(b.body.Len()),
		Request:       r,
	}
}
