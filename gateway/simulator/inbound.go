package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tincay/hotline/gateway/simulator/twiml"
)

// WebhookError is a text, or a call's document, that the gateway did not take or
// give: its addresses could not be reached, refused, or answered what cannot be
// carried out.
type WebhookError struct {
	Code   int    // Twilio's error code
	URL    string // the address asked last
	Status int    // its HTTP status, 0 without an answer
	Err    error  // the cause, nil if the status says it all
}

// Error says which Twilio error it was and with which HTTP status. It holds
// nothing of the text.
func (e *WebhookError) Error() string {
	s := fmt.Sprintf("webhook failed: error %d (%s), status %d", e.Code, errorText(e.Code), e.Status)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *WebhookError) Unwrap() error { return e.Err }

// deliver posts the webhook of an inbound text and carries out the answer. If
// the first address fails, or its answer cannot be read, the fallback address
// is asked with the error added to the parameters.
func (c *Carrier) deliver(ctx context.Context, number Number, m *message) (Receipt, error) {
	form := m.form
	receipt := Receipt{SID: m.SID}
	a, replies, err := c.ask(ctx, MessageWebhook, number.SMSURL, form, m.SID)
	if failed := (*WebhookError)(nil); errors.As(err, &failed) && number.SMSFallbackURL != "" && ctx.Err() == nil {
		receipt.Fallback = true
		form = maps.Clone(form)
		form.Set("ErrorCode", strconv.Itoa(failed.Code))
		form.Set("ErrorUrl", failed.URL)
		a, replies, err = c.ask(ctx, FallbackWebhook, number.SMSFallbackURL, form, m.SID)
	}
	receipt.Status, receipt.Tries = a.status, a.tries
	if err != nil {
		return receipt, err
	}
	for _, r := range replies {
		if sent, ok := c.reply(m, a.url, r); ok {
			receipt.Replies = append(receipt.Replies, sent)
		}
	}
	return receipt, nil
}

// ask posts a form and reads the replies in the answer. A failure is filed as
// an alert and returned as a *WebhookError.
func (c *Carrier) ask(ctx context.Context, kind ExchangeKind, rawURL string, form url.Values, sid string) (answer, []twiml.Reply, error) {
	a := c.post(ctx, kind, rawURL, form, Signed)
	failed := &WebhookError{Code: a.code(), URL: a.url, Status: a.status, Err: a.err}
	var replies []twiml.Reply
	if failed.Code == 0 {
		var err error
		replies, err = twiml.Replies(a.contentType, a.body)
		if err == nil {
			return a, replies, nil
		}
		failed.Err = err
		if bad, ok := errors.AsType[*twiml.Error](err); ok {
			failed.Code = bad.Code
		}
	}
	// What the phone or Close cut off is no fault of the gateway's.
	if ctx.Err() == nil && c.ctx.Err() == nil {
		c.alert(Alert{Code: failed.Code, URL: a.url, SID: sid, Detail: failed.Error()})
	}
	return a, nil, failed
}

// reply sends what a <Message> asks for, or files an alert.
func (c *Carrier) reply(m *message, documentURL string, r twiml.Reply) (Message, bool) {
	out := Message{
		From:      cmp.Or(r.From, m.To),
		To:        cmp.Or(r.To, m.From),
		Body:      r.Body,
		Direction: OutboundReply,
	}
	code := 0
	switch {
	case !e164.MatchString(out.To):
		code = 14101
	case !c.owns(out.From):
		code = 14102
	case utf8.RuneCountInString(out.Body) > maxBody:
		code = 21617
	case c.isLandline(out.To):
		code = 21614
	case c.hasOptedOut(out.From, out.To):
		code = 21610
	}
	if r.StatusCallback != "" {
		callback, ok := resolve(documentURL, r.StatusCallback)
		if !ok {
			code = cmp.Or(code, 21609)
		}
		out.StatusCallback = callback
	}
	if code != 0 {
		c.alert(Alert{Code: code, URL: documentURL, SID: m.SID, Detail: "reply not sent: " + errorText(code)})
		return Message{}, false
	}
	return c.accept(out), true
}

// resolve makes an address in a document absolute.
func resolve(documentURL, address string) (string, bool) {
	base, err := url.Parse(documentURL)
	if err != nil {
		return "", false
	}
	u, err := base.Parse(address)
	if err != nil {
		return "", false
	}
	return u.String(), validURL(u.String())
}

// Words that Twilio answers by itself, and what it answers. They count only
// as a whole message, whatever their case.
var (
	stopWords  = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
	startWords = []string{"START", "YES", "UNSTOP"}
	helpWords  = []string{"HELP", "INFO"}
)

const (
	stopAnswer  = "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
	startAnswer = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
	helpAnswer  = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)

// optOut carries out STOP and START if the carrier was told to, and returns
// what it answers by itself, or nothing. The caller holds c.mu.
func (c *Carrier) optOut(m Message) string {
	if !c.opts.OptOut {
		return ""
	}
	word, pair := strings.ToUpper(strings.TrimSpace(m.Body)), route{number: m.To, phone: m.From}
	switch {
	case slices.Contains(stopWords, word) && !c.optedOut[pair]:
		c.optedOut[pair] = true
		return stopAnswer
	case slices.Contains(startWords, word) && c.optedOut[pair]:
		delete(c.optedOut, pair)
		return startAnswer
	case slices.Contains(helpWords, word):
		return helpAnswer
	}
	return ""
}

// hasOptedOut reports whether the phone has asked for no more texts from the
// number.
func (c *Carrier) hasOptedOut(number, phone string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.optedOut[route{number: number, phone: phone}]
}
