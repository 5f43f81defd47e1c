package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
)

// The routes of [Webhooks.Routes], as they appear in metrics and in hooks.
const (
	RouteSMS    = "/twilio/sms"
	RouteStatus = statusPath + "{ref...}"
)

// Time a webhook may take: what arrived is given workTime to be stored, and the answer goes out at
// answerTime whatever happens, inside the second that the contract promises.
const (
	workTime   = 800 * time.Millisecond
	answerTime = 860 * time.Millisecond
)

const (
	formType    = "application/x-www-form-urlencoded"
	largestForm = 64 << 10 // 40 times the longest text, escaped, with all parameters

	// emptyResponse is TwiML that does nothing: texts are sent through the REST API, never as an answer.
	emptyResponse = "<Response/>"
)

// Refusal says why a webhook was refused.
type Refusal string

// The reasons for refusing a webhook.
const (
	RefusedMethod    Refusal = "method"    // not a POST
	RefusedSignature Refusal = "signature" // none, or one that does not fit
	RefusedAccount   Refusal = "account"   // signed, but of another account
	RefusedForm      Refusal = "form"      // cannot be read, too long, or without an id; a malformed path
	RefusedNumber    Refusal = "number"    // To is no number of ours
)

// ErrTooLate is told to the Failed hook when what arrived was not stored in time. It may be stored yet;
// the carrier was asked to try again, and the same id is the same text.
var ErrTooLate = errors.New("not done in time")

// PanicError is told to the Failed hook when what stands behind a webhook panicked. It holds the type of what was
// thrown and the stack, but not its text, which may quote the message.
type PanicError struct {
	Type  string
	Stack []byte
}

// Error names the type of what was thrown.
func (e *PanicError) Error() string { return "panic with a " + e.Type }

// WebhookOptions configures [Webhooks]. Verifier, AccountSID, Receive and Report are required; so are URLs
// once Turn is set. The routes of the callbacks about calls that are nil are not registered.
type WebhookOptions struct {
	Verifier   *Verifier
	AccountSID string
	// Receive stores a text that came in; nil means that it is safe, and the carrier is told so. It
	// answers [carrier.ErrUnknownNumber] for a To of no line; any other error makes the carrier try
	// again. Its context ends after 800 ms, but not when the carrier hangs up: the text arrived.
	Receive func(ctx context.Context, in carrier.Inbound) error
	// Report takes in a delivery report, under the same terms.
	Report func(ctx context.Context, report carrier.Report) error

	// URLs are those that the callbacks about calls hand out, under the public URL of Verifier.
	URLs URLs
	// Call takes in a call that rings at a number of ours and answers with the TwiML document that it is
	// to hear. Errors are as those of Receive: the carrier goes to its fallback. The same call may come in
	// twice.
	Call func(ctx context.Context, in carrier.IncomingCall) (document []byte, err error)
	// Turn answers a call that asks what it is to hear next. After an error, other than
	// [carrier.ErrUnknownNumber], the caller stays and asks again a second later. The same turn may be
	// asked for many times.
	Turn func(ctx context.Context, turn carrier.Turn) (document []byte, err error)
	// CallReport takes in how far a call has come, of ours or one that came in; terms as for Report.
	CallReport func(ctx context.Context, report carrier.CallReport) error
	// Recorded takes in that a recording is complete; terms as for Report.
	Recorded func(ctx context.Context, recorded carrier.Recorded) error

	// Refused is told of every refused webhook, for a counter. Optional.
	Refused func(route string, why Refusal)
	// Failed is told of every webhook that could not be taken in or answered, and why, once. Optional.
	Failed func(route string, err error)
}

// Webhooks are the HTTP handlers for what Twilio tells and asks us. Every answer of its own is a fixed text:
// nothing that was received is ever part of it, but for the turn's own URL and words of a closed set when a
// call is asked to come back.
type Webhooks struct {
	o WebhookOptions
}

// NewWebhooks makes the handlers. It fails if something required is missing.
func NewWebhooks(o WebhookOptions) (*Webhooks, error) {
	if o.Verifier == nil || o.AccountSID == "" || o.Receive == nil || o.Report == nil {
		return nil, errors.New("twilio webhooks: verifier, account SID, Receive and Report are required")
	}
	if o.Turn != nil && o.URLs.base == "" {
		return nil, errors.New("twilio webhooks: Turn without URLs")
	}
	if o.Refused == nil {
		o.Refused = func(string, Refusal) {}
	}
	if o.Failed == nil {
		o.Failed = func(string, error) {}
	}
	return &Webhooks{o: o}, nil
}

// handler answers a webhook whose form was verified.
type handler func(w http.ResponseWriter, r *http.Request, form url.Values, begun time.Time)

// handlers returns what is answered, by route.
func (h *Webhooks) handlers() map[string]handler {
	all := map[string]handler{RouteSMS: h.sms, RouteStatus: h.status}
	if h.o.Call != nil {
		all[RouteVoice] = h.call
	}
	if h.o.Turn != nil {
		all[RouteTurn] = h.turn
	}
	if h.o.CallReport != nil {
		all[RouteVoiceStatus] = h.callReport(RouteVoiceStatus)
		all[RouteLegStatus] = h.callReport(RouteLegStatus)
	}
	if h.o.Recorded != nil {
		all[RouteRecorded] = h.recorded
	}
	return all
}

// Routes registers the handlers: POST on [RouteSMS], [RouteStatus] and the routes of calls whose callbacks
// are set; any other method gets 405.
func (h *Webhooks) Routes(mux *http.ServeMux) {
	for route, serve := range h.handlers() {
		mux.HandleFunc("POST "+route, func(w http.ResponseWriter, r *http.Request) {
			begun := time.Now()
			if form, ok := h.verified(w, r, route, begun); ok {
				serve(w, r, form, begun)
			}
		})
		// Without it a catch-all route of the listener would answer other methods.
		mux.HandleFunc(route, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", http.MethodPost)
			h.refuse(w, route, RefusedMethod, http.StatusMethodNotAllowed)
		})
	}
}

// verified reads the form and checks that the carrier sent it; if not, it has answered. The order leaves
// as little as possible to whoever is not the carrier: no signature, no reading.
func (h *Webhooks) verified(w http.ResponseWriter, r *http.Request, route string, begun time.Time) (url.Values, bool) {
	signature := r.Header.Get("X-Twilio-Signature")
	if signature == "" {
		h.refuse(w, route, RefusedSignature, http.StatusForbidden)
		return nil, false
	}
	form, status := readForm(w, r, begun.Add(workTime))
	if status != 0 {
		h.refuse(w, route, RefusedForm, status)
		return nil, false
	}
	if h.o.Verifier.Verify(requestURI(r), form, signature) != nil {
		h.refuse(w, route, RefusedSignature, http.StatusForbidden)
		return nil, false
	}
	if form.Get("AccountSid") != h.o.AccountSID {
		h.refuse(w, route, RefusedAccount, http.StatusForbidden)
		return nil, false
	}
	return form, true
}

// requestURI returns path and query as they stood in the request line.
func requestURI(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // absolute form, as sent to proxies
}

// readForm reads a form body within its size and time; the status is 0 or the answer for a bad one.
func readForm(w http.ResponseWriter, r *http.Request, deadline time.Time) (form url.Values, status int) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != formType {
		return nil, http.StatusBadRequest
	}
	control := http.NewResponseController(w)
	// A recorder in a test has no deadline to set, and needs none.
	timed := control.SetReadDeadline(deadline) == nil
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestForm))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, http.StatusBadRequest
	}
	if err != nil {
		// The deadline stays, or the server would wait for the rest of the body before it answers.
		return nil, http.StatusBadRequest
	}
	if timed {
		if err := control.SetReadDeadline(time.Time{}); err != nil {
			return nil, http.StatusBadRequest // the connection is gone
		}
	}
	// url.ParseQuery fails on a bare semicolon; a person's words must not be lost for one.
	form, err = url.ParseQuery(strings.ReplaceAll(string(body), ";", "%3B"))
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return form, 0
}

// sms takes in a text.
func (h *Webhooks) sms(w http.ResponseWriter, r *http.Request, form url.Values, begun time.Time) {
	in := carrier.Inbound{ID: form.Get("MessageSid"), From: form.Get("From"), Body: form.Get("Body")}
	if in.ID == "" {
		h.refuse(w, RouteSMS, RefusedForm, http.StatusBadRequest)
		return
	}
	to, err := phone.ParseE164(form.Get("To"))
	if err != nil {
		h.refuse(w, RouteSMS, RefusedNumber, http.StatusNotFound)
		return
	}
	in.To = to
	err = within(r.Context(), begun, func(ctx context.Context) error { return h.o.Receive(ctx, in) })
	if errors.Is(err, carrier.ErrUnknownNumber) {
		h.refuse(w, RouteSMS, RefusedNumber, http.StatusNotFound)
		return
	}
	if err != nil {
		h.fail(w, RouteSMS, err)
		return
	}
	document(w, []byte(emptyResponse))
}

// document answers with TwiML.
func document(w http.ResponseWriter, twiML []byte) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(twiML) // if the carrier is gone it will ask again
}

// status takes in a delivery report.
func (h *Webhooks) status(w http.ResponseWriter, r *http.Request, form url.Values, begun time.Time) {
	report := carrier.Report{ID: form.Get("MessageSid"), Ref: r.PathValue("ref")}
	if report.ID == "" {
		h.refuse(w, RouteStatus, RefusedForm, http.StatusBadRequest)
		return
	}
	var known bool
	if report.Status, known = StatusOf(form.Get("MessageStatus")); !known {
		w.WriteHeader(http.StatusNoContent) // a word of tomorrow: repeating it would not help
		return
	}
	if report.Status == carrier.StatusFailed {
		report.Code, _ = strconv.Atoi(form.Get("ErrorCode")) // absent or not a number: no code
		report.Cause = causeOf(report.Code)
	}
	err := within(r.Context(), begun, func(ctx context.Context) error { return h.o.Report(ctx, report) })
	if err != nil {
		h.fail(w, RouteStatus, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// within runs work under a context of its own and returns its error, or [ErrTooLate] when it is not done
// by the time the answer is due; the work then goes on.
func within(parent context.Context, begun time.Time, work func(context.Context) error) error {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(parent), begun.Add(workTime))
	done := make(chan error, 1)
	go func() {
		defer cancel()
		defer func() {
			// Nothing above this goroutine would recover: the process would die.
			if thrown := recover(); thrown != nil {
				done <- &PanicError{Type: fmt.Sprintf("%T", thrown), Stack: debug.Stack()}
			}
		}()
		done <- work(ctx)
	}()
	late := time.NewTimer(time.Until(begun.Add(answerTime)))
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		return ErrTooLate
	}
}

// refuse answers a webhook that is not taken in.
func (h *Webhooks) refuse(w http.ResponseWriter, route string, why Refusal, status int) {
	h.o.Refused(route, why)
	http.Error(w, http.StatusText(status), status)
}

// fail answers a webhook that could not be stored, so that the carrier tries again.
func (h *Webhooks) fail(w http.ResponseWriter, route string, err error) {
	h.o.Failed(route, err)
	http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
}
