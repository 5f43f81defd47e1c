package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/gateway/simulator/twiml"
)

// dialling is a <Dial> of numbers under way. Its fields are guarded by
// Carrier.mu.
type dialling struct {
	by       *Call
	calls    []*Call // those that ring, or did
	picked   *Call   // the first to pick up
	talked   time.Time
	duration time.Duration
	gone     bool // the one that picked up was redirected by REST
	record   bool
	take     *take
}

// over reports whether nothing more will come of it. The caller holds c.mu.
func (d *dialling) over() bool {
	if d.picked != nil {
		return d.gone || d.picked.status.Final()
	}
	for _, l := range d.calls {
		if !l.status.Final() {
			return false
		}
	}
	return true
}

// cancel ends every call of it that is not connected. The caller holds c.mu.
func (c *Carrier) cancelDialling(d *dialling, but *Call) {
	for _, l := range d.calls {
		switch {
		case l == but:
		case l.status == CallInProgress:
			c.end(l, CallCompleted)
		default:
			c.end(l, CallCanceled)
		}
	}
}

// connect lets two calls hear each other. The caller holds c.mu.
func (c *Carrier) connect(d *dialling, child *Call) {
	if d.by.status != CallInProgress || child.status != CallInProgress || d.by.dialling != d || child.dialledBy != d {
		return
	}
	d.talked = time.Now()
	d.by.peer, child.peer = child, d.by
	if d.record {
		d.take = c.startRecording(d.by, "DialVerb")
	}
	c.tell(Change{Kind: Joined}, d.by)
	c.tell(Change{Kind: Joined}, child)
}

// dial carries out a <Dial>.
func (r *run) dial(e twiml.Element) (next *source, done bool) {
	star := make(chan struct{})
	r.mu.Lock()
	if r.ctx.Err() == nil && e.Bool("hangupOnStar", false) {
		r.call.leaving = star
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		if r.call.leaving == star {
			r.call.leaving = nil
		}
		r.mu.Unlock()
	}()
	if len(e.Children) == 1 && e.Children[0].Name == "Conference" {
		return r.confer(e, e.Children[0], star)
	}
	return r.dialNumbers(e, star)
}

// dialNumbers dials numbers, all at once or one after the other, connects the
// call with the first that picks up, and goes on once that is over.
func (r *run) dialNumbers(e twiml.Element, star <-chan struct{}) (next *source, done bool) {
	nouns := e.Children
	if len(nouns) == 0 {
		nouns = []twiml.Element{{Name: "Number", Text: e.Text}}
	}
	groups := [][]twiml.Element{nouns}
	if e.Bool("sequential", false) {
		groups = slices.Collect(slices.Chunk(nouns, 1))
	}
	var d *dialling
	for _, group := range groups {
		d = r.dialGroup(e, group, star)
		r.mu.Lock()
		picked := d.picked != nil
		r.mu.Unlock()
		if picked || r.ctx.Err() != nil {
			break
		}
	}
	return r.afterDial(e, r.dialParams(d))
}

// dialGroup dials some numbers at once and returns when that is over.
func (r *run) dialGroup(e twiml.Element, nouns []twiml.Element, star <-chan struct{}) *dialling {
	l := r.call
	d := &dialling{by: l, record: !slices.Contains([]string{"", "do-not-record", "false"}, e.Attrs["record"])}
	from := e.Attr("callerId", l.From)
	r.mu.Lock()
	if _, owned := r.numbers[from]; e.Attrs["callerId"] != "" && !owned && from != l.From {
		r.fileAlert(Alert{Code: 13214, URL: r.base, SID: l.SID, Detail: "the callerId of <Dial> is neither the account's nor the caller's"})
		r.mu.Unlock()
		return d
	}
	if r.ctx.Err() == nil {
		l.dialling = d
		r.hear(l, "[ringing]")
		for _, noun := range nouns {
			r.placeChild(d, from, noun, e.Seconds("timeout", 30*time.Second))
		}
	}
	r.mu.Unlock()

	limit := time.NewTimer(e.Seconds("timeLimit", defaultTimeLimit))
	defer limit.Stop()
	r.mu.Lock()
	for !d.over() && r.ctx.Err() == nil {
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-star:
			r.endDialling(d)
		case <-limit.C:
			r.endDialling(d)
		case <-r.ctx.Done():
		}
		r.mu.Lock()
	}
	defer r.mu.Unlock()
	if !d.talked.IsZero() {
		d.duration = time.Since(d.talked)
	}
	if d.take != nil {
		r.finishRecording(d.take, "")
	}
	if l.dialling == d {
		l.dialling = nil
	}
	return d
}

func (r *run) endDialling(d *dialling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancelDialling(d, nil)
}

// placeChild dials one number of a <Dial>. The caller holds c.mu.
func (r *run) placeChild(d *dialling, from string, noun twiml.Element, timeout time.Duration) {
	to := noun.Words()
	if !e164.MatchString(to) {
		r.fileAlert(Alert{Code: 13223, URL: r.base, SID: d.by.SID, Detail: "a number of <Dial> is not one"})
		return
	}
	child := &Call{From: from, To: to, Direction: OutboundDial, parent: d.by, dialledBy: d}
	child.order = order{
		timeout: timeout, timeLimit: defaultTimeLimit,
		events:          strings.Fields(noun.Attr("statusCallbackEvent", "completed")),
		callbackMethod:  noun.Attr("statusCallbackMethod", http.MethodPost),
		answeredWebhook: func(child *Call) { r.picked(d, child, noun) },
	}
	if callback, ok := resolve(r.base, noun.Attrs["statusCallback"]); ok && noun.Attrs["statusCallback"] != "" {
		child.order.callback = callback
	}
	d.calls = append(d.calls, child)
	r.place(child)
}

// picked takes the first call that is picked up, lets all others go, and
// connects it, after the document of its noun if there is one. The caller
// holds c.mu.
func (r *run) picked(d *dialling, child *Call, noun twiml.Element) {
	d.picked = child
	r.cancelDialling(d, child)
	address := noun.Attrs["url"]
	if address == "" {
		r.connect(d, child)
		return
	}
	target, ok := resolve(r.base, address)
	if !ok {
		r.fileAlert(Alert{Code: 11100, URL: r.base, SID: child.SID, Detail: "the url of <Number> is not one"})
		r.end(child, CallCompleted)
		return
	}
	first := source{kind: ScreenWebhook, url: target, method: noun.Attr("method", http.MethodPost)}
	c := r.Carrier
	ctx, cancel := context.WithCancelCause(child.ctx)
	child.interrupt, child.running = cancel, true
	c.spawn(func() {
		defer cancel(nil)
		refused := false
		for next := &first; next != nil && !refused; {
			screening := &run{Carrier: c, call: child, ctx: ctx, screen: true}
			next = screening.document(*next)
			refused = screening.refused
		}
		c.mu.Lock()
		child.running = false
		if to := child.redirect; to != nil {
			child.running = true
			c.mu.Unlock()
			c.run(child, *to)
			return
		}
		defer c.mu.Unlock()
		switch {
		case ctx.Err() != nil: // it is over
		case refused:
			c.end(child, CallCompleted)
		default:
			c.connect(d, child)
		}
	})
}

// dialParams is what the action of a <Dial> of numbers is told. As with Twilio
// a call that was picked up is completed, even if it was never connected:
// DialBridged says which.
func (r *run) dialParams(d *dialling) url.Values {
	r.mu.Lock()
	defer r.mu.Unlock()
	params := url.Values{"DialCallStatus": {string(CallFailed)}}
	child := d.picked
	switch {
	case child != nil:
	case len(d.calls) == 0:
		return params
	default:
		child = d.calls[len(d.calls)-1]
	}
	status := child.status
	if !status.Final() {
		status = CallCompleted // it was redirected
	}
	with(params, "DialCallStatus", string(status), "DialCallSid", child.SID,
		"DialBridged", strconv.FormatBool(!d.talked.IsZero()))
	if d.picked != nil {
		params.Set("DialCallDuration", strconv.Itoa(int(d.duration/time.Second)))
	}
	if d.take != nil {
		params.Set("RecordingUrl", r.recordingURL(d.take))
	}
	return params
}

// afterDial goes on after a <Dial>: at its action, or else with the next verb.
// The action is told, and its answer ignored, when the caller has hung up.
func (r *run) afterDial(e twiml.Element, params url.Values) (next *source, done bool) {
	method := e.Attr("method", http.MethodPost)
	if r.ctx.Err() != nil {
		cause := context.Cause(r.ctx)
		r.mu.Lock()
		defer r.mu.Unlock()
		if errors.Is(cause, errOver) || r.opts.ActionOnRedirect && errors.Is(cause, errRedirected) {
			r.notify(e.Attrs["action"], method, params)
		}
		return nil, true
	}
	if e.Attrs["action"] == "" {
		return nil, false
	}
	return r.action(e.Attrs["action"], method, params), true
}
