// Package twilio is the Twilio carrier, or any server that speaks as Twilio does.
//
// [Client] sends texts, places and steers calls, and looks for what was already sent or placed; [Webhooks]
// takes in texts, calls and reports after [Verifier] has checked their signature. What is said on a call is
// not decided here. The package promises that every failure is classed as
// retry, refuse or unknown outcome (a request that may have been processed is never called a failure),
// that no webhook is believed without a valid signature, that every webhook is answered within 900 ms,
// that a caller is never dropped because a turn of their call could not be answered, and that no number,
// word or URL gets into an error. It never repeats a request on its own, keeps no state and logs nothing:
// errors are returned, refusals are told to a hook.
//
// Of twilio-go it imports client, rest/api/v2010 and twiml only; the root package costs a minute of
// compiling.
package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/tincay/hotline/gateway/carrier"
)

const (
	// DefaultAPIURL is Twilio's own REST API.
	DefaultAPIURL = "https://api.twilio.com"

	// DefaultTimeout limits one request. Twilio answers in a fraction of a second; a request without an
	// answer has to be looked up, so waiting longer only delays the look.
	DefaultTimeout = 5 * time.Second

	// NoFragment as [Options.CallbackFragment] leaves status callbacks without connection overrides.
	NoFragment = "none"

	// retryCallbacks makes Twilio repeat a status callback up to three times on any failure; by default
	// a 5xx is final (docs: usage/webhooks/webhooks-connection-overrides).
	retryCallbacks = "#rc=3&rp=all"

	// statusPath is where delivery reports come in; the reference of the message follows.
	statusPath = "/twilio/sms/status/"

	// shortest and longest are the limits of ValidityPeriod (docs: messaging/api/message-resource).
	shortest, longest = 1, 36000

	// pageSize and mostListed bound what one Find reads: the texts of a few minutes to one phone.
	pageSize, mostListed = 200, 2000
)

// Options configures a [Client].
type Options struct {
	AccountSID string
	// AuthTokens are the account's tokens; the first signs our requests, the others are for [Verifier].
	AuthTokens []string
	// APIURL is the base of the REST API; empty means [DefaultAPIURL].
	APIURL string
	// PublicURL is the base under which the carrier reaches our webhooks.
	PublicURL string
	// CallbackFragment is appended to the URLs of webhooks that we hand out: Twilio reads connection
	// overrides from it.
	// Empty means "#rc=3&rp=all" if APIURL is Twilio's and nothing otherwise, because other servers are
	// known to sign the fragment as part of the URL; [NoFragment] means nothing anywhere.
	CallbackFragment string
	// Transport carries the requests; nil means a pool of its own, meant for one host. It must not retry.
	Transport http.RoundTripper
	// Timeout limits each request, beside the context of the call; 0 means [DefaultTimeout].
	Timeout time.Duration
}

// Client sends texts and places calls through Twilio. It implements [carrier.Sender] and [carrier.Caller]
// and may be used by many goroutines.
type Client struct {
	account, token string
	api            *url.URL
	callback       string // status callback URL up to the reference
	fragment       string
	urls           URLs
	http           *http.Client
	timeout        time.Duration
}

var _ carrier.Sender = (*Client)(nil)

// NewClient makes a client; every fault of the options is reported, none with a secret in it.
func NewClient(o Options) (*Client, error) {
	var faults []error
	if !isSID(o.AccountSID) {
		faults = append(faults, errors.New("account SID: want letters and digits"))
	}
	if len(o.AuthTokens) == 0 || o.AuthTokens[0] == "" {
		faults = append(faults, errors.New("auth token: none given"))
	}
	if o.APIURL == "" {
		o.APIURL = DefaultAPIURL
	}
	api, err := baseURL(o.APIURL)
	if err != nil {
		faults = append(faults, fmt.Errorf("API URL: %w", err))
	}
	public, err := baseURL(o.PublicURL)
	if err != nil {
		faults = append(faults, fmt.Errorf("public URL: %w", err))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("twilio client: %w", errors.Join(faults...))
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	overrides := fragment(o.CallbackFragment, api.Hostname())
	return &Client{
		account:  o.AccountSID,
		token:    o.AuthTokens[0],
		api:      api,
		callback: public.String() + statusPath,
		fragment: overrides,
		urls:     URLs{base: public.String(), fragment: overrides},
		http:     &http.Client{Transport: o.Transport, CheckRedirect: noRedirect},
		timeout:  o.Timeout,
	}, nil
}

// noRedirect keeps credentials from being sent where a redirect points.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func fragment(setting, apiHost string) string {
	switch {
	case setting == NoFragment:
		return ""
	case setting != "":
		return hashed(setting)
	case apiHost == "twilio.com" || strings.HasSuffix(apiHost, ".twilio.com"):
		return retryCallbacks
	}
	return ""
}

// isSID accepts what may stand in a URL's path as it is; other servers' ids look unlike Twilio's.
func isSID(s string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(s)
}

// baseURL reads a base URL: scheme and host, perhaps a path, nothing else; no slash at its end. Errors do
// not show it, because it may hold a password.
func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("want http:// or https:// and a host")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return nil, errors.New("want no user, query or fragment")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	return u, nil
}

// Errors under a [carrier.Error] for messages and calls that are not sent at all, and for answers.
var (
	ErrNoNumber   = errors.New("sender or recipient missing")
	ErrBadRef     = errors.New("reference is not safe in a URL")
	ErrOutOfDate  = errors.New("no validity left")
	ErrNoID       = errors.New("answer without an id")
	ErrUnreadable = errors.New("answer cannot be read")
)

// Send creates a message at Twilio and returns its SID. ValidityPeriod is always set: the validity in
// whole seconds, rounded to the nearest (so at most half a second late) and at least 1. A message without
// validity, number or URL-safe reference is refused here. An answer that cannot be read is an unknown
// outcome, and so is every failure after the request may have left; see [Codes] for the others.
func (c *Client) Send(ctx context.Context, m carrier.Message) (string, error) {
	switch {
	case m.From.IsZero() || m.To.IsZero():
		return "", carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrNoNumber)
	case m.Validity <= 0:
		return "", carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrOutOfDate)
	case !isRef(m.Ref):
		return "", carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrBadRef)
	}
	params := &openapi.CreateMessageParams{}
	params.SetTo(m.To.E164())
	params.SetFrom(m.From.E164())
	params.SetBody(m.Body)
	params.SetValidityPeriod(min(max(int(m.Validity.Round(time.Second)/time.Second), shortest), longest))
	params.SetStatusCallback(c.callback + m.Ref + c.fragment)

	call, api := c.newCall(ctx)
	created, err := api.CreateMessage(params)
	if err != nil {
		if call.answer == nil {
			return "", call.failure(err)
		}
		// twilio-go rejects a whole answer for one field of another type than Twilio's, which some
		// servers write; the message exists all the same.
		created = &openapi.ApiV2010Message{}
		var rescued struct{ SID string }
		if json.Unmarshal(call.answer, &rescued) != nil {
			return "", carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, call.status, ErrUnreadable)
		}
		created.Sid = &rescued.SID
	}
	if value(created.Sid) == "" {
		return "", carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, call.status, ErrNoID)
	}
	if s, known := StatusOf(value(created.Status)); known && s == carrier.StatusFailed {
		// There is no status callback for the state a message begins in.
		return "", refused(value(created.ErrorCode), call.status)
	}
	return *created.Sid, nil
}

// isRef reports whether a reference can stand in a URL's path as it is and come back unchanged: segments
// of unreserved characters and ":", none of them empty or of dots only, which a server would clean away.
func isRef(ref string) bool {
	for segment := range strings.SplitSeq(ref, "/") {
		if strings.Trim(segment, ".") == "" {
			return false
		}
		for i := range len(segment) {
			c := segment[i]
			if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && !strings.ContainsRune("-._~:", rune(c)) {
				return false
			}
		}
	}
	return true
}

// Find lists the messages to m.To with m's sender and body that Twilio accepted at or after since, oldest
// first; a second is allowed for the difference of clocks. It reads Twilio's list twice: from since on,
// and the newest page without that filter, because the filter is on the time a message was sent and a
// message still in Twilio's queue has none. It changes nothing at Twilio, but its errors are classed as
// those of Send, so that no error of a look is ever taken for leave to send again.
func (c *Client) Find(ctx context.Context, m carrier.Message, since time.Time) ([]string, error) {
	if m.From.IsZero() || m.To.IsZero() {
		return nil, carrier.Fail(carrier.Refuse, carrier.CauseOther, 0, 0, ErrNoNumber)
	}
	from := since.UTC().Truncate(time.Second).Add(-time.Second)

	call, api := c.newCall(ctx)
	listed, err := api.ListMessage(listParams(m).SetDateSentAfter(from).SetLimit(mostListed))
	if err != nil {
		return nil, call.failure(err)
	}
	newest, err := api.PageMessage(listParams(m), "", "")
	if err != nil {
		return nil, call.failure(err)
	}
	return matching(append(newest.Messages, listed...), m, from)
}

func listParams(m carrier.Message) *openapi.ListMessageParams {
	return (&openapi.ListMessageParams{}).SetTo(m.To.E164()).SetFrom(m.From.E164()).SetPageSize(pageSize)
}

// found is something on one of Twilio's lists, and when it was accepted.
type found struct {
	id string
	at time.Time
}

// oldestFirst returns the ids, each once.
func oldestFirst(all []found) []string {
	slices.SortStableFunc(all, func(a, b found) int { return a.at.Compare(b.at) })
	var ids []string
	for _, f := range all {
		if !slices.Contains(ids, f.id) {
			ids = append(ids, f.id)
		}
	}
	return ids
}

// matching returns the ids of the messages that are m and were accepted at or after from, oldest first.
func matching(listed []openapi.ApiV2010Message, m carrier.Message, from time.Time) ([]string, error) {
	var all []found
	for _, l := range listed {
		if value(l.To) != m.To.E164() || value(l.From) != m.From.E164() ||
			strings.TrimSpace(value(l.Body)) != strings.TrimSpace(m.Body) {
			continue
		}
		at, ok := firstTime(value(l.DateCreated), value(l.DateSent))
		if !ok || value(l.Sid) == "" {
			return nil, carrier.Fail(carrier.Unknown, carrier.CauseOther, 0, http.StatusOK, ErrUnreadable)
		}
		if !at.Before(from) {
			all = append(all, found{value(l.Sid), at})
		}
	}
	return oldestFirst(all), nil
}

// firstTime reads the first of the times that is one. Twilio's v2010 API writes RFC 2822.
func firstTime(written ...string) (time.Time, bool) {
	for _, w := range written {
		for _, layout := range []string{time.RFC1123Z, time.RFC1123, time.RFC3339} {
			if t, err := time.Parse(layout, w); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// value reads one of twilio-go's optional fields.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// newCall makes twilio-go's service for one call under one context.
func (c *Client) newCall(ctx context.Context) (*call, *openapi.ApiService) {
	call := &call{ctx: ctx, client: c}
	// Not NewRequestHandler: it reads TWILIO_EDGE and TWILIO_REGION from the environment.
	return call, openapi.NewApiService(&client.RequestHandler{Client: call})
}
