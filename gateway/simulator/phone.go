package simulator

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Phone is somebody's telephone out in the world.
type Phone struct {
	carrier *Carrier
	number  string

	// Guarded by Carrier.mu.
	inbox   []Message // shown, oldest first
	read    int       // how many of them Next has returned
	outbox  []Message // written, oldest first
	off     bool
	waiting []*message // sent to it while it was off

	answering Answering
	onRing    func(*Call)
	many      bool    // it takes a second call while it has one
	calls     []*Call // all its calls, oldest first
	rung      int     // how many of them NextRing has passed over
}

// Phone returns the phone with the number, the same one each time. Any string
// will do, since texts also come from senders whose number is a word or a
// short code.
func (c *Carrier) Phone(number string) *Phone {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phone(number)
}

// phone is Phone for a caller who holds c.mu.
func (c *Carrier) phone(number string) *Phone {
	p := c.phones[number]
	if p == nil {
		p = &Phone{carrier: c, number: number}
		c.phones[number] = p
	}
	return p
}

// Number returns the phone's number.
func (p *Phone) Number() string { return p.number }

// Inbox returns every text the phone shows, oldest first.
func (p *Phone) Inbox() []Message {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	return slices.Clone(p.inbox)
}

// Outbox returns every text the phone sent, oldest first.
func (p *Phone) Outbox() []Message {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	return slices.Clone(p.outbox)
}

// Unread returns the texts that Next has not returned yet, and leaves them
// unread. A story ends by finding none.
func (p *Phone) Unread() []Message {
	p.carrier.mu.Lock()
	defer p.carrier.mu.Unlock()
	return slices.Clone(p.inbox[p.read:])
}

// Next returns the oldest text not read yet and marks it read. It waits for
// one until ctx ends, and then returns the context's error.
func (p *Phone) Next(ctx context.Context) (Message, error) {
	c := p.carrier
	for {
		c.mu.Lock()
		changed := c.changed
		if p.read < len(p.inbox) {
			m := p.inbox[p.read]
			p.read++
			c.mu.Unlock()
			return m, nil
		}
		c.mu.Unlock()
		if !c.wait(ctx, changed) {
			return Message{}, fmt.Errorf("wait for a text: %w", c.over(ctx))
		}
	}
}

// SwitchOff takes the phone off the network. What is sent to it waits until it
// is switched on or the message's validity is over.
func (p *Phone) SwitchOff() { p.turn(true) }

// SwitchOn brings the phone back; what is still valid is shown at once, in the
// order in which it was sent.
func (p *Phone) SwitchOn() { p.turn(false) }

func (p *Phone) turn(off bool) {
	c := p.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.off == off {
		return
	}
	p.off = off
	if off {
		c.publish(SwitchedOff, p.number, Message{})
		return
	}
	c.publish(SwitchedOn, p.number, Message{})
	waiting := p.waiting
	p.waiting = nil
	for _, m := range waiting {
		c.arrive(m)
	}
}

// Receipt is what became of a text from a phone.
type Receipt struct {
	SID      string
	Status   int       // HTTP status of the answer that counted; 0 if none was asked for
	Tries    int       // how often that address was asked
	Fallback bool      // whether that was the fallback address
	Replies  []Message // what the answer sent back, as accepted
}

// Text sends a text to one of the account's numbers. It posts the signed
// webhook, retries and falls back as Twilio does, carries out the TwiML that
// comes back, and returns once that is done. The error is a *WebhookError if
// the gateway did not take the text; the carrier's list has it even so.
func (p *Phone) Text(ctx context.Context, to, body string) (Receipt, error) {
	c := p.carrier
	c.mu.Lock()
	number, ok := c.numbers[to]
	if !ok {
		c.mu.Unlock()
		return Receipt{}, fmt.Errorf("simulator: text to a number that the account does not own")
	}
	m := &message{Message: Message{From: p.number, To: to, Body: body, Direction: Inbound, Status: Received}}
	c.add(m)
	m.SentAt = m.CreatedAt
	m.form = c.messageForm(m.Message)
	p.outbox = append(p.outbox, m.Message)
	c.publish(Wrote, p.number, m.Message)
	_, lost := c.happens(LoseWebhook, p.number, Anything)
	word := c.optOut(m.Message)
	c.mu.Unlock()

	if word != "" {
		c.accept(Message{From: to, To: p.number, Body: word, Direction: OutboundReply})
	}
	if lost || number.SMSURL == "" {
		return Receipt{SID: m.SID}, nil
	}
	return c.deliver(ctx, number, m)
}

// Resend posts the webhook of a text this phone sent once more, with the same
// parameters, as a carrier does that saw no answer.
func (p *Phone) Resend(ctx context.Context, sid string) (Receipt, error) {
	c := p.carrier
	c.mu.Lock()
	m := c.bySID[sid]
	c.mu.Unlock()
	if m == nil || m.form == nil || m.From != p.number {
		return Receipt{}, fmt.Errorf("simulator: this phone sent no text %s", sid)
	}
	number, _ := c.number(m.To)
	return c.deliver(ctx, number, m)
}

// messageForm is what the webhook of an inbound text says.
func (c *Carrier) messageForm(m Message) url.Values {
	form := url.Values{
		"ToCountry":     {country(m.To)},
		"FromCountry":   {country(m.From)},
		"SmsMessageSid": {m.SID},
		"SmsSid":        {m.SID},
		"MessageSid":    {m.SID},
		"SmsStatus":     {string(m.Status)},
		"AccountSid":    {c.opts.AccountSID},
		"From":          {m.From},
		"To":            {m.To},
		"Body":          {m.Body},
		"NumMedia":      {"0"},
		"NumSegments":   {strconv.Itoa(m.Segments)},
		"ApiVersion":    {apiVersion},
	}
	// Twilio guesses places from North American numbers only; the parameters
	// are sent, and signed, all the same.
	for _, name := range []string{"City", "State", "Zip"} {
		form.Set("From"+name, "")
		form.Set("To"+name, "")
	}
	return form
}

// country guesses the country of a number as far as this project needs it.
func country(number string) string {
	switch {
	case strings.HasPrefix(number, "+84"):
		return "VN"
	case strings.HasPrefix(number, "+1"):
		return "US"
	}
	return ""
}
