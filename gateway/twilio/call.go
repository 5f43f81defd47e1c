package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"

	"github.com/tincay/hotline/gateway/carrier"
)

// largestAnswer and largestError bound what is read of an answer: a page of 200 messages is about 200 KB.
const (
	largestAnswer = 8 << 20
	largestError  = 64 << 10
)

// newTransport returns a pool for one host: a burst of alerts must find connections open, and an idle one
// must be dropped before the server drops it, since a POST that meets a closed connection has an unknown
// outcome.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   3 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// call is twilio-go's BaseClient for one call of ours. It exists because twilio-go's own client takes no
// context, leaves error bodies open, puts the server's text, which often quotes the number, into errors,
// and always calls api.twilio.com.
type call struct {
	ctx    context.Context // of this call only: the value lives no longer than it
	client *Client
	status int    // HTTP status of the last answer; 0 when there was none
	answer []byte // body of the last successful answer
}

var _ client.BaseClient = (*call)(nil)

// AccountSid returns the account, which stands in every path.
func (c *call) AccountSid() string { return c.client.account }

// SetTimeout does nothing: the timeout is the Client's.
func (c *call) SetTimeout(time.Duration) {}

// SetOauth does nothing: requests carry the account's token.
func (c *call) SetOauth(client.OAuth) {}

// OAuth returns nil.
func (c *call) OAuth() client.OAuth { return nil }

// SendRequest makes one request. A failure is a [carrier.Error].
func (c *call) SendRequest(method, rawURL string, data url.Values, _ map[string]any, _ ...byte) (*http.Response, error) {
	c.status, c.answer = 0, nil
	ctx, cancel := context.WithTimeout(c.ctx, c.client.timeout)
	defer cancel()
	var sent tracker
	req, err := c.request(httptrace.WithClientTrace(ctx, sent.trace()), method, rawURL, data)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, carrier.Fail(carrier.Retry, carrier.CauseOther, 0, 0, err)
	}
	res, err := c.client.http.Do(req)
	if err != nil {
		return nil, sent.failure(ctx, err)
	}
	defer res.Body.Close() //nolint:errcheck // nothing is lost by a body that does not close
	c.status = res.StatusCode
	if res.StatusCode < 200 || res.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(res.Body, largestError)) // the status says enough
		return nil, refused(errorCode(body), res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer))
	if err != nil {
		return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, res.StatusCode, plain(ctx))
	}
	c.answer = body
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// request builds the request that twilio-go asked for, at the server we call.
func (c *call) request(ctx context.Context, method, rawURL string, data url.Values) (*http.Request, error) {
	asked, err := url.Parse(rawURL)
	if err != nil {
		return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrUnreadable) // a bad next_page_uri
	}
	target := *c.client.api
	target.RawQuery = asked.RawQuery
	if base := target.Path; base == "" || !strings.HasPrefix(asked.Path, base+"/") {
		// A next_page_uri already holds the base path if the server writes it so.
		target.Path += asked.Path
	} else {
		target.Path = asked.Path
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(data.Encode())
	} else if data != nil {
		target.RawQuery = data.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrUnreadable)
	}
	if body != nil {
		req.Header.Set("Content-Type", formType)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "hotline")
	req.SetBasicAuth(c.client.account, c.client.token)
	return req, nil
}

// failure passes on the error of a request; any other error of twilio-go means that it could not decode
// the answer, and its text may quote that answer.
func (c *call) failure(err error) error {
	if _, ok := errors.AsType[*carrier.Error](err); ok {
		return err
	}
	return carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, c.status, ErrUnreadable)
}

// errorCode reads the code of Twilio's error document; 0 if there is none. The message in it is dropped:
// it often quotes the number.
func errorCode(body []byte) int {
	var doc struct{ Code int }
	if json.Unmarshal(body, &doc) != nil {
		return 0
	}
	return doc.Code
}

// tracker finds out whether a request can have left. Both events are needed: a transport that reports
// neither proves nothing, and then the outcome is unknown.
type tracker struct {
	sought, connected atomic.Bool
}

func (t *tracker) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.sought.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.connected.Store(true) },
	}
}

// failure classes a request without an answer. Without a connection it never left and may be repeated.
func (t *tracker) failure(ctx context.Context, err error) error {
	if !t.sought.Load() || t.connected.Load() {
		return carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, 0, plain(ctx))
	}
	// The URL, and with it the number in a query, is in the outer error only; what is below knows the
	// carrier's host and nothing of the request.
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	return carrier.Fail(carrier.Retry, carrier.CauseOther, 0, 0, err)
}

var errBroken = errors.New("connection broke")

// plain says why there was no answer without quoting what was received.
func plain(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errBroken
}
