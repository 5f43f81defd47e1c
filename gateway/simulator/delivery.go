package simulator

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// accept takes a message that goes out and sets it on its way: queued,
// sending, sent, delivered and shown on the phone. It returns the message as
// it was accepted.
func (c *Carrier) accept(msg Message) Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &message{Message: msg}
	m.Status = Queued
	c.add(m)
	m.plan = c.planFor(m.To)
	// The end of its validity is entered first: at the same instant it wins.
	c.later(cmp.Or(m.ValidityPeriod, defaultValidity), func() { c.expire(m) })
	c.later(c.opts.Latency.Queue+m.plan.hold, func() { c.leaveQueue(m) })
	return m.Message
}

// later has step run after d with c.mu held.
func (c *Carrier) later(d time.Duration, step func()) {
	c.queue.after(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		step()
	})
}

// leaveQueue is the first step out of the queue. Like all steps it is called
// with c.mu held, and does nothing if the message has ended meanwhile.
func (c *Carrier) leaveQueue(m *message) {
	if m.Status != Queued {
		return
	}
	c.move(m, Sending, 0)
	c.later(c.opts.Latency.Send, func() { c.send(m) })
}

// send hands the message to the network of the phone.
func (c *Carrier) send(m *message) {
	if m.Status != Sending {
		return
	}
	if m.plan.end == Failed {
		c.move(m, Failed, m.plan.code)
		return
	}
	m.SentAt = time.Now().UTC()
	c.move(m, Sent, 0)
	c.later(c.opts.Latency.Deliver, func() { c.arrive(m) })
}

// arrive brings the message to the phone. One that is switched off gets it
// when it is switched on, unless it has expired by then.
func (c *Carrier) arrive(m *message) {
	if m.Status != Sent {
		return
	}
	if m.plan.end == Undelivered {
		c.move(m, Undelivered, m.plan.code)
		return
	}
	p := c.phone(m.To)
	if p.off {
		p.waiting = append(p.waiting, m)
		return
	}
	c.move(m, Delivered, 0)
	p.inbox = append(p.inbox, m.Message)
	c.publish(Shown, m.To, m.Message)
}

// expire ends a message whose ValidityPeriod is over. While it was queued that
// is Twilio's own error 30036; once sent it is the network that gives up, and
// reports the handset as unreachable.
func (c *Carrier) expire(m *message) {
	switch m.Status {
	case Queued, Sending:
		c.move(m, Failed, 30036)
	case Sent:
		c.move(m, Undelivered, 30003)
	}
}

// move brings the message to a status, reports it to the StatusCallback and,
// if it will never be shown, to the subscribers. The caller holds c.mu.
func (c *Carrier) move(m *message, status Status, code int) {
	m.Status, m.ErrorCode = status, code
	m.UpdatedAt = time.Now().UTC()
	c.report(m)
	if status == Failed || status == Undelivered {
		c.publish(Lost, m.To, m.Message)
	} else {
		c.broadcast()
	}
}

// report queues a status callback. One message's callbacks are posted one
// after the other by one goroutine; those of different messages are not in any
// order. As with Twilio, the status in which a message begins is not reported.
// The caller holds c.mu.
func (c *Carrier) report(m *message) {
	if m.StatusCallback == "" || m.plan.silent {
		return
	}
	form := c.statusForm(m)
	m.pending = append(m.pending, form)
	if m.plan.duplicate {
		m.pending = append(m.pending, form)
	}
	if m.plan.reverse {
		if !m.Status.Final() {
			return
		}
		slices.Reverse(m.pending)
	}
	if !m.posting {
		m.posting = true
		c.spawn(func() { c.postReports(m) })
	}
}

// postReports posts the callbacks that are pending, until none is.
func (c *Carrier) postReports(m *message) {
	for {
		c.mu.Lock()
		if len(m.pending) == 0 || c.closed {
			m.posting = false
			c.mu.Unlock()
			return
		}
		form := m.pending[0]
		m.pending = m.pending[1:]
		c.mu.Unlock()

		answer := c.post(c.ctx, StatusWebhook, m.StatusCallback, form, Signed)
		if code := answer.code(); code != 0 && c.ctx.Err() == nil {
			c.alert(Alert{Code: code, URL: answer.url, SID: m.SID, Detail: answer.detail()})
		}
	}
}

// statusForm is what a status callback says.
func (c *Carrier) statusForm(m *message) url.Values {
	form := url.Values{
		"MessageSid":    {m.SID},
		"SmsSid":        {m.SID},
		"MessageStatus": {string(m.Status)},
		"SmsStatus":     {string(m.Status)},
		"To":            {m.To},
		"From":          {m.From},
		"AccountSid":    {c.opts.AccountSID},
		"ApiVersion":    {apiVersion},
	}
	if m.ErrorCode != 0 {
		form.Set("ErrorCode", strconv.Itoa(m.ErrorCode))
	}
	if m.Status == Delivered || m.Status == Undelivered {
		// The network's own time of delivery, passed on as it came.
		form.Set("RawDlrDoneDate", m.UpdatedAt.Format("0601021504"))
	}
	return form
}
