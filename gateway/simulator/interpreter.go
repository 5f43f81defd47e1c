package simulator

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tincay/hotline/gateway/simulator/twiml"
)

// source is where a call's next document comes from.
type source struct {
	kind   ExchangeKind
	url    string // with its fragment
	method string
	params url.Values // beside those every webhook has
	inline string     // a document that came with a REST request
	lost   bool       // a fault keeps it from being asked for
}

// apology is what Twilio says when a document cannot be had or carried out.
const apology = "We are sorry, an application error has occurred. Goodbye."

// charactersPerSecond is how fast words are said: Vietnamese at a calm pace,
// about 3.6 syllables of three to four characters a second.
const charactersPerSecond = 12

// SayTime returns how long saying the words takes: a second for each 12
// characters, at least one.
func SayTime(words string) time.Duration {
	return max(time.Second, time.Duration(utf8.RuneCountInString(words))*time.Second/charactersPerSecond)
}

// run carries out a call's documents until the call is over: it falls off the
// end of one, or somebody hangs up. A redirect by REST interrupts whatever is
// being done.
func (c *Carrier) run(l *Call, first source) {
	next := &first
	for {
		ctx, cancel := context.WithCancelCause(l.ctx)
		c.mu.Lock()
		if l.redirect != nil {
			next, l.redirect = l.redirect, nil
		}
		if next == nil || l.status.Final() {
			cancel(nil)
			l.running = false
			if c.ctx.Err() == nil { // with Close a call stays as it is
				c.end(l, CallCompleted)
			}
			c.mu.Unlock()
			return
		}
		l.interrupt, l.running = cancel, true
		c.mu.Unlock()
		next = (&run{Carrier: c, call: l, ctx: ctx}).document(*next)
		cancel(nil)
	}
}

// run is the carrying out of one document.
type run struct {
	*Carrier
	call   *Call
	ctx    context.Context // ends when the document is interrupted
	base   string          // the document's address
	screen bool            // it is the document of a <Number url>

	refused bool // the document hung up, or could not be had
}

// document fetches a document and carries it out. It returns where to go on,
// or nil at its end, and when it was interrupted.
func (r *run) document(s source) *source {
	verbs, ok := r.fetch(s)
	if !ok {
		return nil
	}
	for i, verb := range verbs {
		if r.ctx.Err() != nil {
			return nil
		}
		switch {
		case verb.Name == "Reject" && i == 0 && r.reject(verb):
			return nil
		case verb.Name != "Pause":
			r.pickUp()
		}
		if next, done := r.verb(verb); done {
			return next
		}
	}
	return nil
}

// pickUp answers a call that came in: its first verb runs that is no <Pause>.
func (r *run) pickUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.call.Direction == Inbound {
		r.Carrier.pickUp(r.call)
	}
}

// fetch gets a document, from the fallback address if the first one fails.
// Without any the caller hears an apology.
func (r *run) fetch(s source) ([]twiml.Element, bool) {
	verbs, failed := r.ask(s)
	if failed == nil {
		return verbs, verbs != nil
	}
	fallback := r.call.order.fallback
	if fallback.url != "" && s.kind != ScreenWebhook {
		fallback.params = url.Values{"ErrorCode": {strconv.Itoa(failed.Code)}, "ErrorUrl": {failed.URL}}
		if verbs, failed = r.ask(fallback); failed == nil {
			return verbs, verbs != nil
		}
	}
	r.refused = true
	if s.kind != ScreenWebhook {
		r.pickUp()
		r.say(apology)
	}
	return nil, false
}

// ask gets a document and reads it. A failure is filed as an alert. When the
// run is interrupted it returns nothing at all; the request goes on.
func (r *run) ask(s source) ([]twiml.Element, *WebhookError) {
	if s.lost {
		return nil, &WebhookError{Code: 11200}
	}
	var a answer
	if s.inline != "" {
		a = answer{contentType: "text/xml", body: []byte(s.inline)}
	} else {
		r.mu.Lock()
		form := r.callForm(r.call)
		r.mu.Unlock()
		maps.Copy(form, s.params)
		if s.kind == VoiceWebhook {
			r.mu.Lock()
			r.call.webhook = form
			r.mu.Unlock()
		}
		got, ok := r.await(func() answer {
			return r.request(r.Carrier.ctx, cmp.Or(s.method, http.MethodPost), s.kind, s.url, form, Signed)
		})
		if !ok {
			return nil, nil
		}
		a = got
	}
	failed := &WebhookError{Code: a.code(), URL: a.url, Status: a.status, Err: a.err}
	if failed.Code == 0 {
		verbs, err := twiml.Voice(a.contentType, a.body)
		if err == nil {
			r.base = a.url
			if verbs == nil {
				verbs = []twiml.Element{} // an empty document is one
			}
			return verbs, nil
		}
		failed.Err = err
		if bad, ok := errors.AsType[*twiml.Error](err); ok {
			failed.Code = bad.Code
		}
	}
	if r.Carrier.ctx.Err() == nil {
		r.alert(Alert{Code: failed.Code, URL: a.url, SID: r.call.SID, Detail: failed.Error()})
	}
	return nil, failed
}

// await runs f beside the interpreter, so that an interruption does not wait
// for it nor cut it off. It reports whether f came to its end first.
func (r *run) await(f func() answer) (answer, bool) {
	answers := make(chan answer, 1)
	r.mu.Lock()
	r.spawn(func() { answers <- f() })
	r.mu.Unlock()
	select {
	case a := <-answers:
		return a, r.ctx.Err() == nil
	case <-r.ctx.Done():
		return answer{}, false
	}
}

// sleep waits and reports whether it was not interrupted.
func (r *run) sleep(d time.Duration) bool { return pause(r.ctx, d) == nil }

// verb carries out one verb. If done, the document is at its end and goes on
// at next; nil hangs up.
func (r *run) verb(e twiml.Element) (next *source, done bool) {
	switch e.Name {
	case "Say", "Play", "Pause":
		return nil, !r.prompt(e)
	case "Gather":
		return r.gather(e)
	case "Redirect":
		return r.action(e.Words(), e.Attr("method", http.MethodPost), nil), true
	case "Record":
		return r.record(e)
	case "Dial":
		if r.screen {
			r.alert(Alert{Code: 13201, URL: r.base, SID: r.call.SID, Detail: "<Dial> in the document of a <Number url>"})
			return nil, true
		}
		return r.dial(e)
	case "Reject":
		r.alert(Alert{Code: 12200, URL: r.base, SID: r.call.SID, Detail: "<Reject> of a call that was answered"})
	}
	r.refused = true
	return nil, true // Hangup
}

// reject refuses a call that was not answered yet.
func (r *run) reject(e twiml.Element) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.call
	if l.status != CallRinging {
		return false
	}
	if e.Attr("reason", "rejected") == "busy" {
		r.end(l, CallBusy)
	} else {
		r.end(l, CallNoAnswer)
	}
	return true
}

// prompt carries out what can also stand in a <Gather>. It reports whether it
// was not interrupted.
func (r *run) prompt(e twiml.Element) bool {
	times := e.Int("loop", 1)
	if times == 0 {
		times = 1000 // as Twilio has it
	}
	switch e.Name {
	case "Pause":
		return r.sleep(e.Seconds("length", time.Second))
	case "Say":
		for ; times > 0; times-- {
			if !r.say(e.Words()) {
				return false
			}
		}
	case "Play":
		return r.play(e, times)
	}
	return r.ctx.Err() == nil
}

// say lets the phone hear words and waits until they are said.
func (r *run) say(words string) bool { return r.sound(words, SayTime(words)) }

// sound lets the phone hear something that takes so long.
func (r *run) sound(text string, d time.Duration) bool {
	r.mu.Lock()
	if r.ctx.Err() == nil {
		r.hear(r.call, text)
	}
	r.mu.Unlock()
	return r.sleep(d)
}

// play fetches a sound and plays it; one that cannot be had is passed over.
func (r *run) play(e twiml.Element, times int) bool {
	if digits := e.Attrs["digits"]; digits != "" {
		return r.sound("[tones "+digits+"]", time.Duration(len(digits))*500*time.Millisecond)
	}
	name := r.base // a sound that came in place of a document
	if address := e.Words(); address != "" {
		u, ok := resolve(r.base, address)
		if !ok {
			r.alert(Alert{Code: 11100, URL: r.base, SID: r.call.SID, Detail: "the address of <Play> is not one"})
			return true
		}
		name = u
		a, ok := r.await(func() answer {
			return r.request(r.Carrier.ctx, http.MethodGet, PlayRequest, u, nil, Signed)
		})
		if !ok {
			return false
		}
		code, detail := a.code(), a.detail()
		if code == 0 && !strings.HasPrefix(a.contentType, "audio/") {
			code, detail = 12300, "<Play> got no sound"
		}
		if code != 0 {
			r.alert(Alert{Code: code, URL: a.url, SID: r.call.SID, Detail: detail})
			return true
		}
	}
	for ; times > 0; times-- {
		if !r.sound("[play "+name+"]", cmp.Or(r.opts.PlayTime, time.Second)) {
			return false
		}
	}
	return true
}

// action is the source at an address in the document; the document's own if it
// is empty. One that is no address ends the call with an alert and an apology.
func (r *run) action(address, method string, params url.Values) *source {
	target := r.base
	if address != "" || target == "" {
		u, ok := resolve(r.base, address)
		if !ok || !validURL(u) {
			r.alert(Alert{Code: 11100, URL: r.base, SID: r.call.SID, Detail: "an address in the document is not one"})
			r.say(apology)
			return nil
		}
		target = u
	}
	kind := ActionWebhook
	if r.screen {
		kind = ScreenWebhook
	}
	return &source{kind: kind, url: target, method: method, params: params}
}

// notify asks for the action of a verb that nobody waits for any more: the
// answer is ignored. The caller holds c.mu.
func (r *run) notify(address, method string, params url.Values) {
	target, ok := resolve(r.base, address)
	if address == "" || !ok {
		return
	}
	form := r.callForm(r.call)
	maps.Copy(form, params)
	r.dispatch(&r.call.callbacks, delivery{kind: ActionWebhook, url: target, method: method, form: form, sid: r.call.SID})
}
