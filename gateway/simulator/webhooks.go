package simulator

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tincay/hotline/gateway/simulator/twiml"
)

// ExchangeKind says what a webhook was about.
type ExchangeKind string

// The kinds of webhook.
const (
	MessageWebhook  ExchangeKind = "message"  // a text came in
	FallbackWebhook ExchangeKind = "fallback" // the same, after the first URL failed
	StatusWebhook   ExchangeKind = "status"   // how far a message has come
	TestWebhook     ExchangeKind = "test"     // posted by Carrier.Post

	VoiceWebhook      ExchangeKind = "voice"       // a call came in, or one that was placed was answered
	ActionWebhook     ExchangeKind = "action"      // a call's next document, asked for by TwiML or REST
	ScreenWebhook     ExchangeKind = "screen"      // the document of <Number url>
	WaitWebhook       ExchangeKind = "wait"        // what is heard before a conference starts
	PlayRequest       ExchangeKind = "play"        // the sound of a <Play>, with GET
	CallStatusWebhook ExchangeKind = "call status" // how far a call has come
	ConferenceWebhook ExchangeKind = "conference"  // what happens in a conference
	RecordingWebhook  ExchangeKind = "recording"   // a recording is complete, or there is none
	MachineWebhook    ExchangeKind = "machine"     // what answered a call
)

// Exchange is a webhook that was posted and what came of it, after the last
// retry.
type Exchange struct {
	At     time.Time // when it was first posted
	Took   time.Duration
	Kind   ExchangeKind
	URL    string // as it was requested, without fragment
	Form   url.Values
	Tries  int
	Status int    // of the last answer; 0 if there was none
	Body   []byte // of the last answer
	Err    error  // why there was no answer
}

// answer is what came of a webhook.
type answer struct {
	url         string
	tries       int
	status      int
	contentType string
	body        []byte
	failure     failure
	err         error
}

// failure is why a try failed, in the words of the retry policy (rp).
type failure string

const (
	succeeded     failure = ""
	connectFailed failure = "ct" // no connection, or not in time
	readFailed    failure = "rt" // no answer, or not in time
	clientError   failure = "4xx"
	serverError   failure = "5xx"
	unexpected    failure = "other" // an answer that no policy retries
)

// code is Twilio's error for the answer, or 0.
func (a answer) code() int {
	switch a.failure {
	case succeeded:
		return 0
	case connectFailed:
		return 11205
	default:
		return 11200
	}
}

func (a answer) detail() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprintf("answered %d after %d tries", a.status, a.tries)
}

// Post posts any form to any address as the carrier would, signed as asked,
// with the overrides of the address's fragment, and returns what came of it.
// It is for tests of what real phones never do.
func (c *Carrier) Post(ctx context.Context, rawURL string, form url.Values, how Signature) Exchange {
	start := time.Now()
	a := c.post(ctx, TestWebhook, rawURL, form, how)
	return a.exchange(TestWebhook, form, start)
}

func (a answer) exchange(kind ExchangeKind, form url.Values, start time.Time) Exchange {
	return Exchange{
		At: start.UTC(), Took: time.Since(start), Kind: kind, URL: a.url, Form: form,
		Tries: a.tries, Status: a.status, Body: a.body, Err: a.err,
	}
}

// post is request with POST.
func (c *Carrier) post(ctx context.Context, kind ExchangeKind, rawURL string, form url.Values, how Signature) answer {
	return c.request(ctx, http.MethodPost, kind, rawURL, form, how)
}

// request sends the form until it is answered or the overrides allow no more
// tries, and files the exchange. With GET, the form goes into the query.
func (c *Carrier) request(ctx context.Context, method string, kind ExchangeKind, rawURL string, form url.Values, how Signature) answer {
	start := time.Now()
	requestURL, fragment, _ := strings.Cut(rawURL, "#")
	filed := form
	if method == http.MethodGet && len(form) > 0 {
		separator := "?"
		if strings.Contains(requestURL, "?") {
			separator = "&"
		}
		requestURL += separator + form.Encode()
		form = nil
	}
	o, faults := parseOverrides(fragment)
	for _, detail := range faults {
		c.alert(Alert{Code: 11243, URL: requestURL, Detail: detail})
	}
	ctx, cancel := c.bind(ctx)
	defer cancel()
	ctx, cancelTotal := context.WithTimeout(ctx, o.total)
	defer cancelTotal()

	header := http.Header{
		"Accept":                     {"*/*"},
		"User-Agent":                 {"TwilioProxy/1.1"},
		"I-Twilio-Idempotency-Token": {rand.Text()}, // the same for each retry
	}
	if method == http.MethodPost {
		header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	if signature, ok := c.sign(how, requestURL, form); ok {
		header.Set("X-Twilio-Signature", signature)
	}
	var a answer
	for tries := 1; ; tries++ {
		a = c.try(ctx, o, method, requestURL, header, form)
		a.url, a.tries = requestURL, tries
		if tries > o.retries || !o.retry(a.failure) || ctx.Err() != nil {
			break
		}
	}
	if a.failure != succeeded {
		c.log.Warn("webhook failed", slog.String("kind", string(kind)),
			slog.Int("status", a.status), slog.Int("tries", a.tries))
	}
	c.mu.Lock()
	c.exchanges = append(c.exchanges, a.exchange(kind, filed, start))
	c.mu.Unlock()
	return a
}

// try asks once. The connection has o.connect to come about, the answer
// o.read from then until its last byte.
func (c *Carrier) try(ctx context.Context, o overrides, method, requestURL string, header http.Header, form url.Values) answer {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var connected atomic.Bool
	timeout := time.AfterFunc(o.connect, func() { cancel(context.DeadlineExceeded) })
	defer timeout.Stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			connected.Store(true)
			timeout.Reset(o.read)
		},
	})
	failed := func(err error) answer {
		if !connected.Load() {
			return answer{failure: connectFailed, err: err}
		}
		return answer{failure: readFailed, err: err}
	}

	req, err := http.NewRequestWithContext(ctx, method, requestURL, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{failure: unexpected, err: err}
	}
	req.Header = header.Clone()
	resp, err := c.client.Do(req)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, twiml.MaxSize+1))
	if err != nil {
		return failed(err)
	}
	a := answer{status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), body: body}
	switch a.status / 100 {
	case 2:
		a.failure = succeeded
	case 4:
		a.failure = clientError
	case 5:
		a.failure = serverError
	default:
		a.failure = unexpected
	}
	return a
}
