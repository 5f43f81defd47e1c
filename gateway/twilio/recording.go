package twilio

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"

	"github.com/tincay/hotline/gateway/carrier"
)

const (
	// largestRecording bounds a recording: the longest we ask for is two minutes, which as MP3 is about
	// 1 MB at 64 kbit/s.
	largestRecording = 4 << 20

	// patience is how many times longer than a request a recording may take: it is a file.
	patience = 4

	// mostRedirects bounds the way to where a recording is stored. Twilio goes one step.
	mostRedirects = 3
)

// Errors under a [carrier.Error] for recordings.
var (
	ErrTooLarge    = errors.New("recording too large")
	ErrBadRedirect = errors.New("redirected where recordings are not fetched")
)

// Recording fetches a recording as MP3, by its SID: never from a URL that somebody posted. A redirect to
// where the carrier stores its files is followed without our credentials, and never from HTTPS to
// anything else. [carrier.ErrNotReady], under an error that may be retried, says that the carrier has the
// recording and not yet the file.
func (c *Client) Recording(ctx context.Context, id string) ([]byte, error) {
	if !isSID(id) {
		return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadID)
	}
	file := *c.api
	file.Path += "/2010-04-01/Accounts/" + c.account + "/Recordings/" + id + ".mp3"
	timed, cancel := context.WithTimeout(ctx, patience*c.timeout)
	defer cancel()
	audio, err := c.fetch(timed, &file)
	if e, ok := errors.AsType[*carrier.Error](err); ok && (gone(e) || e.Code == codeNotAvailable) {
		return nil, c.missing(ctx, id, e)
	}
	return audio, err
}

// fetch gets a file from the REST API, or from where that redirects.
func (c *Client) fetch(ctx context.Context, at *url.URL) ([]byte, error) {
	for step := 0; ; step++ {
		var sent tracker
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, sent.trace()), http.MethodGet, at.String(), nil)
		if err != nil {
			return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadRedirect)
		}
		req.Header.Set("Accept", "audio/mpeg")
		req.Header.Set("User-Agent", "hotline")
		if step == 0 {
			req.SetBasicAuth(c.account, c.token)
		}
		res, err := c.http.Do(req)
		if err != nil {
			return nil, sent.failure(ctx, err)
		}
		if next := redirect(res); next != "" {
			_ = res.Body.Close()
			target, err := at.Parse(next)
			if err != nil || step == mostRedirects || target.Host == "" || target.User != nil || (target.Scheme != "https" && target.Scheme != c.api.Scheme) {
				return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, res.StatusCode, ErrBadRedirect)
			}
			at = target
			continue
		}
		return readFile(ctx, res, step > 0)
	}
}

// redirect returns where an answer points to; nothing if it does not.
func redirect(res *http.Response) string {
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return res.Header.Get("Location")
	}
	return ""
}

// readFile reads an answer that should be audio, and closes it. What a store says that is not the REST API
// says nothing about our account.
func readFile(ctx context.Context, res *http.Response, elsewhere bool) ([]byte, error) {
	defer res.Body.Close() //nolint:errcheck // nothing is lost by a body that does not close
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(res.Body, largestError)) // the status says enough
		if elsewhere {
			return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, res.StatusCode, nil)
		}
		return nil, refused(errorCode(body), res.StatusCode)
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(media, "audio/") && media != "application/octet-stream" {
		return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, res.StatusCode, ErrUnreadable)
	}
	audio, err := io.ReadAll(io.LimitReader(res.Body, largestRecording+1))
	switch {
	case err != nil:
		return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, res.StatusCode, plain(ctx))
	case len(audio) > largestRecording:
		return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, res.StatusCode, ErrTooLarge)
	case len(audio) == 0:
		return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, res.StatusCode, ErrUnreadable)
	}
	return audio, nil
}

// missing finds out why there is no file. A recording that is complete has one sooner or later, so that
// what a person said is not given up for a file that comes late.
func (c *Client) missing(ctx context.Context, id string, why *carrier.Error) error {
	if why.Code == codeNotAvailable {
		return carrier.Fail(carrier.Retry, carrier.CauseOther, why.Code, why.Status, carrier.ErrNotReady)
	}
	call, api := c.newCall(ctx)
	_, err := api.FetchRecording(id, nil)
	got, err := call.described(err)
	if e, ok := errors.AsType[*carrier.Error](err); ok && gone(e) {
		return carrier.Fail(carrier.Refuse, carrier.CauseOther, e.Code, e.Status, nil)
	}
	if err != nil {
		return err
	}
	switch got.Status {
	case "in-progress", "paused", "stopped", "processing", "completed":
		return carrier.Fail(carrier.Retry, carrier.CauseOther, why.Code, why.Status, carrier.ErrNotReady)
	}
	return carrier.Fail(carrier.Refuse, carrier.CauseOther, why.Code, why.Status, nil) // absent or deleted
}

// DeleteRecording removes a recording at Twilio; one that is not there is no error. Errors are classed as
// those of [Client.Send]; an unknown outcome may be answered by doing it again.
func (c *Client) DeleteRecording(ctx context.Context, id string) error {
	if !isSID(id) {
		return carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadID)
	}
	call, api := c.newCall(ctx)
	err := api.DeleteRecording(id, nil)
	if err == nil {
		return nil
	}
	err = call.failure(err)
	if e, ok := errors.AsType[*carrier.Error](err); ok && gone(e) {
		return nil
	}
	return err
}
