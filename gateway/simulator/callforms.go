package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// callForm is what every webhook about a call says. The caller holds c.mu.
func (c *Carrier) callForm(l *Call) url.Values {
	form := url.Values{
		"CallSid":     {l.SID},
		"AccountSid":  {c.opts.AccountSID},
		"From":        {l.From},
		"To":          {l.To},
		"Caller":      {l.From},
		"Called":      {l.To},
		"CallStatus":  {string(l.status)},
		"Direction":   {string(l.Direction)},
		"ApiVersion":  {apiVersion},
		"FromCountry": {country(l.From)},
		"ToCountry":   {country(l.To)},
	}
	form.Set("CallerCountry", country(l.From))
	form.Set("CalledCountry", country(l.To))
	for _, who := range []string{"From", "To", "Caller", "Called"} {
		for _, name := range []string{"City", "State", "Zip"} {
			form.Set(who+name, "")
		}
	}
	if l.parent != nil {
		form.Set("ParentCallSid", l.parent.SID)
	}
	if l.answeredBy != "" && !l.order.detectAsync {
		form.Set("AnsweredBy", l.answeredBy)
	}
	return form
}

// with returns form with more parameters, in pairs.
func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// courier posts callbacks about one thing one after the other. Those of
// different things are in no order. Its fields are guarded by Carrier.mu.
type courier struct {
	pending []delivery
	posting bool
}

// delivery is a callback to be posted.
type delivery struct {
	kind   ExchangeKind
	url    string
	method string
	form   url.Values
	sid    string
	delay  time.Duration // it is posted so much late
}

// dispatch queues a callback. The caller holds c.mu.
func (c *Carrier) dispatch(q *courier, d delivery) {
	if d.url == "" {
		return
	}
	q.pending = append(q.pending, d)
	if !q.posting {
		q.posting = true
		c.spawn(func() { c.carry(q) })
	}
}

// carry posts what is pending, until nothing is.
func (c *Carrier) carry(q *courier) {
	for {
		c.mu.Lock()
		if len(q.pending) == 0 || c.closed {
			q.posting = false
			c.mu.Unlock()
			return
		}
		d := q.pending[0]
		q.pending = q.pending[1:]
		c.mu.Unlock()
		if pause(c.ctx, d.delay) != nil {
			continue
		}
		a := c.request(c.ctx, d.method, d.kind, d.url, d.form, Signed)
		if code := a.code(); code != 0 && c.ctx.Err() == nil {
			c.alert(Alert{Code: code, URL: a.url, SID: d.sid, Detail: a.detail()})
		}
	}
}

// callEvents are what a StatusCallback can be told of.
var callEvents = []string{"initiated", "ringing", "answered", "completed"}

// reportCall tells the StatusCallback of an event, if it wants to know. The
// caller holds c.mu.
func (c *Carrier) reportCall(l *Call, event string) {
	if l.order.callback == "" || l.plan.silent || !slices.Contains(l.order.events, event) {
		return
	}
	now := time.Now().UTC()
	form := with(c.callForm(l),
		"Timestamp", rfc2822(now),
		"SequenceNumber", strconv.Itoa(l.events),
		"CallbackSource", "call-progress-events")
	l.events++
	if event == "initiated" {
		form.Set("CallStatus", event)
	}
	if event == "completed" {
		seconds := l.seconds()
		with(form, "CallDuration", strconv.Itoa(seconds), "Duration", strconv.Itoa((seconds+59)/60))
		if code := sipCode(l.status); code != 0 {
			form.Set("SipResponseCode", strconv.Itoa(code))
		}
		if l.answeredBy != "" {
			form.Set("AnsweredBy", l.answeredBy)
		}
	}
	d := delivery{kind: CallStatusWebhook, url: l.order.callback, method: l.order.callbackMethod,
		form: form, sid: l.SID, delay: l.plan.late}
	held := []delivery{d}
	if l.plan.duplicate {
		held = append(held, d)
	}
	if l.plan.reverse {
		l.plan.held = append(held, l.plan.held...)
		if event != "completed" {
			return
		}
		held, l.plan.held = l.plan.held, nil
	}
	for _, d := range held {
		c.dispatch(&l.callbacks, d)
	}
}

// seconds is how long a call was answered, rounded up as it is billed.
func (l *Call) seconds() int {
	if l.answered.IsZero() {
		return 0
	}
	end := l.ended
	if end.IsZero() {
		end = time.Now()
	}
	return int((end.Sub(l.answered) + time.Second - 1) / time.Second)
}

// sipCode is the answer in the telephone network's own protocol that goes with
// a final status.
func sipCode(status CallStatus) int {
	switch status {
	case CallCompleted:
		return http.StatusOK
	case CallBusy:
		return 486
	case CallNoAnswer, CallCanceled:
		return 487
	case CallFailed:
		return http.StatusNotFound
	}
	return 0
}
