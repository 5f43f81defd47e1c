package twilio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/twilio/twilio-go/twiml"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
)

// The routes of [Webhooks.Routes] for calls, as they appear in metrics and in hooks.
const (
	RouteVoice       = voicePath                            // a call comes in
	RouteVoiceStatus = voicePath + "/status"                // how far a call that came in is
	RouteLegStatus   = callPath + "{ref...}"                // how far a call that we placed is
	RouteTurn        = turnPath + "{line}/{leg}/{turn}"     // a call asks what it is to hear
	RouteRecorded    = recordedPath + "{line}/{leg}/{turn}" // a recording is complete
	RouteSound       = soundPath + "{name...}"              // reserved: sounds are served elsewhere
	RouteMessage     = messagePath + "{line}/{leg}/{token}" // reserved: messages are served elsewhere
)

// ErrNoDocument is told to the Failed hook when there was neither a document nor an error: an empty answer
// would end the call.
var ErrNoDocument = errors.New("no document")

// call takes in a call that rings at a number of ours.
func (h *Webhooks) call(w http.ResponseWriter, r *http.Request, form url.Values, begun time.Time) {
	in := carrier.IncomingCall{ID: form.Get("CallSid"), From: strings.TrimSpace(form.Get("From"))}
	if in.ID == "" {
		h.refuse(w, RouteVoice, RefusedForm, http.StatusBadRequest)
		return
	}
	to, err := phone.ParseE164(strings.TrimSpace(form.Get("To")))
	if err != nil {
		h.refuse(w, RouteVoice, RefusedNumber, http.StatusNotFound)
		return
	}
	in.To = to
	answer, err := answered(r, begun, func(ctx context.Context) ([]byte, error) { return h.o.Call(ctx, in) })
	if errors.Is(err, carrier.ErrUnknownNumber) {
		h.refuse(w, RouteVoice, RefusedNumber, http.StatusNotFound)
		return
	}
	if err != nil {
		h.fail(w, RouteVoice, err)
		return
	}
	document(w, answer)
}

// turn answers a call that asks what it is to hear. An error status would make the carrier play a sentence
// of its own and hang up; so whoever cannot be answered is asked to come back, with what they said.
func (h *Webhooks) turn(w http.ResponseWriter, r *http.Request, form url.Values, begun time.Time) {
	asked, ok := turnOf(r, form)
	if !ok {
		h.refuse(w, RouteTurn, RefusedForm, http.StatusBadRequest)
		return
	}
	answer, err := answered(r, begun, func(ctx context.Context) ([]byte, error) { return h.o.Turn(ctx, asked) })
	if errors.Is(err, carrier.ErrUnknownNumber) {
		h.refuse(w, RouteTurn, RefusedNumber, http.StatusNotFound)
		return
	}
	if err == nil {
		document(w, answer)
		return
	}
	back, unwritten := twiml.Voice([]twiml.Element{
		twiml.VoicePause{Length: "1"},
		twiml.VoiceRedirect{Method: http.MethodPost, Url: h.o.URLs.again(asked.Ref, asked.Turn, saidIn(asked))},
	})
	if unwritten != nil {
		h.fail(w, RouteTurn, errors.Join(err, unwritten))
		return
	}
	h.o.Failed(RouteTurn, err)
	document(w, []byte(back))
}

// answered is [within] for work that makes a document.
func answered(r *http.Request, begun time.Time, work func(context.Context) ([]byte, error)) (answer []byte, err error) {
	var made []byte // read only once the work is done
	err = within(r.Context(), begun, func(ctx context.Context) error {
		var err error
		if made, err = work(ctx); err == nil && len(made) == 0 {
			return ErrNoDocument
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// turnOf reads a turn; false if its path is none that we handed out, or there is no call.
func turnOf(r *http.Request, form url.Values) (carrier.Turn, bool) {
	ref, n, ok := refAndTurn(r)
	if !ok || form.Get("CallSid") == "" {
		return carrier.Turn{}, false
	}
	before := saidBefore(r.URL.RawQuery)
	asked := carrier.Turn{
		ID:      form.Get("CallSid"),
		Ref:     ref,
		Turn:    n,
		Key:     keyIn(form.Get("Digits")),
		Left:    form.Get("DialCallStatus") != "" || before.left,
		Machine: isMachine(form) || before.machine,
	}
	if asked.Key == "" {
		asked.Key = before.key
	}
	if status, known := CallStatusOf(form.Get("CallStatus")); known {
		asked.Over = status.Final()
	}
	return asked, true
}

// refAndTurn reads the reference and the turn in the path of [RouteTurn] and [RouteRecorded].
func refAndTurn(r *http.Request) (ref string, turn int, ok bool) {
	ref = r.PathValue("line") + "/" + r.PathValue("leg")
	turn, ok = parseTurn(r.PathValue("turn"))
	return ref, turn, ok && isLegRef(ref)
}

// keyIn returns the key that was pressed first; none if the digits are a word, as "hangup" is when a
// recording ended so.
func keyIn(digits string) string {
	if digits != "" && strings.Contains("0123456789*#", digits[:1]) {
		return digits[:1]
	}
	return ""
}

// isMachine reports whether the carrier says that a machine answered: "machine_start" and the like, or
// "fax" (docs: voice/answering-machine-detection).
func isMachine(form url.Values) bool {
	by := form.Get("AnsweredBy")
	return by == "fax" || strings.HasPrefix(by, "machine")
}

// said is what the carrier says of a turn once and not again when it comes back.
type said struct {
	key           string
	left, machine bool
}

func saidIn(t carrier.Turn) said { return said{key: t.Key, left: t.Left, machine: t.Machine} }

// The keys that would have to be escaped in a URL go by name: an escape may come back written in another
// way, and then the signature would not fit.
const star, pound = "star", "pound"

// encode writes it as the query of a turn URL, in characters that need no escape.
func (s said) encode() string {
	query := url.Values{}
	switch s.key {
	case "":
	case "*":
		query.Set("key", star)
	case "#":
		query.Set("key", pound)
	default:
		query.Set("key", s.key)
	}
	if s.left {
		query.Set("left", "1")
	}
	if s.machine {
		query.Set("machine", "1")
	}
	return query.Encode()
}

// saidBefore reads the query of a turn URL; what [said.encode] does not write says nothing.
func saidBefore(query string) said {
	values, err := url.ParseQuery(query)
	if err != nil {
		return said{}
	}
	s := said{left: values.Get("left") == "1", machine: values.Get("machine") == "1"}
	switch key := values.Get("key"); {
	case key == star:
		s.key = "*"
	case key == pound:
		s.key = "#"
	case len(key) == 1 && key >= "0" && key <= "9":
		s.key = key
	}
	return s
}

// callReport takes in how far a call has come, on either route.
func (h *Webhooks) callReport(route string) handler {
	return func(w http.ResponseWriter, r *http.Request, form url.Values, begun time.Time) {
		report := carrier.CallReport{
			ID:      form.Get("CallSid"),
			Ref:     r.PathValue("ref"), // none on the route of calls that came in
			From:    strings.TrimSpace(form.Get("From")),
			To:      form.Get("To"),
			Machine: isMachine(form),
		}
		if report.ID == "" || report.Ref != "" && !isLegRef(report.Ref) {
			h.refuse(w, route, RefusedForm, http.StatusBadRequest)
			return
		}
		report.Inbound = form.Get("Direction") == "inbound" || report.Ref == ""
		var known bool
		if report.Status, known = CallStatusOf(form.Get("CallStatus")); !known {
			w.WriteHeader(http.StatusNoContent) // a word of tomorrow: repeating it would not help
			return
		}
		h.taken(w, r, route, begun, func(ctx context.Context) error { return h.o.CallReport(ctx, report) })
	}
}

// recorded takes in that a recording is complete. Its RecordingUrl is not looked at: what is fetched is
// fetched by id.
func (h *Webhooks) recorded(w http.ResponseWriter, r *http.Request, form url.Values, begun time.Time) {
	ref, _, ok := refAndTurn(r)
	done := carrier.Recorded{ID: form.Get("CallSid"), Ref: ref, Recording: form.Get("RecordingSid")}
	if !ok || done.ID == "" || !isSID(done.Recording) {
		h.refuse(w, RouteRecorded, RefusedForm, http.StatusBadRequest)
		return
	}
	if form.Get("RecordingStatus") != "completed" {
		w.WriteHeader(http.StatusNoContent) // begun, or silence: there is nothing to fetch
		return
	}
	h.taken(w, r, RouteRecorded, begun, func(ctx context.Context) error { return h.o.Recorded(ctx, done) })
}

// taken answers a report once it is stored.
func (h *Webhooks) taken(w http.ResponseWriter, r *http.Request, route string, begun time.Time, store func(context.Context) error) {
	if err := within(r.Context(), begun, store); err != nil {
		h.fail(w, route, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
