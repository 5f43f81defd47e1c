package simulator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/gateway/simulator/twiml"
)

// conference is a <Conference> that somebody is or was in. Its fields are
// guarded by Carrier.mu.
type conference struct {
	seq      int
	sid      string
	name     string
	seats    []*seat
	started  bool
	begun    chan struct{} // closed when it starts
	over     bool
	reason   string // why it is over, in Twilio's words
	endedBy  string // SID of the call
	created  time.Time
	updated  time.Time
	take     *take
	callback delivery
	events   []string
	number   int // callbacks so far
	courier  courier
}

// seat is a call's place in a conference.
type seat struct {
	call       *Call
	conference *conference
	left       chan struct{} // closed when the call is no longer in it
	muted      bool
	hold       bool
	starts     bool // startConferenceOnEnter
	ends       bool // endConferenceOnExit
	beep       string
	label      string
	created    time.Time
}

// join gives a call its place in the conference of that name, which begins
// with its first participant and starts once there are two, one of which may
// start it. The caller holds c.mu.
func (c *Carrier) join(l *Call, base string, noun twiml.Element) *seat {
	name := noun.Words()
	var conf *conference
	for _, one := range c.conferences {
		if one.name == name && !one.over {
			conf = one
		}
	}
	now := time.Now().UTC()
	if conf == nil {
		conf = &conference{seq: len(c.conferences), sid: newSID("CF"), name: name, begun: make(chan struct{}), created: now, updated: now}
		c.conferences = append(c.conferences, conf)
	}
	if callback, ok := resolve(base, noun.Attrs["statusCallback"]); ok && noun.Attrs["statusCallback"] != "" && conf.callback.url == "" {
		conf.callback = delivery{kind: ConferenceWebhook, url: callback, method: noun.Attr("statusCallbackMethod", http.MethodPost), sid: conf.sid}
		conf.events = strings.Fields(noun.Attrs["statusCallbackEvent"])
	}
	s := &seat{
		call: l, conference: conf, left: make(chan struct{}), created: now,
		muted: noun.Bool("muted", false), starts: noun.Bool("startConferenceOnEnter", true),
		ends: noun.Bool("endConferenceOnExit", false), beep: noun.Attr("beep", "true"), label: noun.Attrs["participantLabel"],
	}
	conf.seats = append(conf.seats, s)
	l.seat = s
	c.reportConference(conf, "join", s)
	if !conf.started && len(conf.seats) > 1 && slices.ContainsFunc(conf.seats, func(s *seat) bool { return s.starts }) {
		conf.started = true
		conf.updated = now
		close(conf.begun)
		c.reportConference(conf, "start", nil)
	}
	if record := noun.Attrs["record"]; (record == "record-from-start" || record == "true") && conf.take == nil {
		conf.take = c.startRecording(l, "Conference")
		conf.take.rec.Conference = conf.sid
	}
	if conf.started {
		for _, one := range conf.seats {
			if one != s && (s.beep == "true" || s.beep == "onEnter") {
				c.hear(one.call, "[beep]")
			}
			c.tell(Change{Kind: Joined}, one.call)
		}
	}
	return s
}

// leave takes a call out of its conference, and ends that if it must. The
// caller holds c.mu.
func (c *Carrier) leave(s *seat) {
	conf := s.conference
	if s.call.seat != s {
		return
	}
	c.unseat(s)
	switch {
	case s.ends:
		c.finish(conf, "participant-with-end-conference-on-exit-left", s.call)
	case len(conf.seats) == 0:
		c.finish(conf, "last-participant-left", s.call)
	case conf.started:
		for _, one := range conf.seats {
			if s.beep == "true" || s.beep == "onExit" {
				c.hear(one.call, "[beep]")
			}
			c.tell(Change{Kind: Parted}, one.call)
		}
	}
}

// unseat takes one call out. The caller holds c.mu.
func (c *Carrier) unseat(s *seat) {
	conf := s.conference
	conf.seats = slices.DeleteFunc(conf.seats, func(one *seat) bool { return one == s })
	s.call.seat = nil
	close(s.left)
	c.reportConference(conf, "leave", s)
	if conf.started {
		c.tell(Change{Kind: Parted}, s.call)
	}
}

// finish ends a conference and lets everybody in it go. The caller holds c.mu.
func (c *Carrier) finish(conf *conference, reason string, by *Call) {
	if conf.over {
		return
	}
	conf.over, conf.reason, conf.updated = true, reason, time.Now().UTC()
	if by != nil {
		conf.endedBy = by.SID
	}
	for len(conf.seats) > 0 {
		c.unseat(conf.seats[0])
	}
	if conf.take != nil {
		c.finishRecording(conf.take, "")
	}
	c.reportConference(conf, "end", nil)
}

// status is what REST says of the conference.
func (conf *conference) status() string {
	switch {
	case conf.over:
		return "completed"
	case conf.started:
		return "in-progress"
	}
	return "init"
}

// reportConference tells the conference's statusCallback of an event, if it
// wants to know. The caller holds c.mu.
func (c *Carrier) reportConference(conf *conference, event string, s *seat) {
	if conf.callback.url == "" || !slices.Contains(conf.events, strings.TrimPrefix(event, "un")) {
		return
	}
	conf.number++
	name := "participant-" + event
	form := url.Values{
		"ConferenceSid": {conf.sid}, "FriendlyName": {conf.name}, "AccountSid": {c.opts.AccountSID},
		"Timestamp": {rfc2822(time.Now())}, "SequenceNumber": {strconv.Itoa(conf.number)},
	}
	if s != nil {
		with(form, "CallSid", s.call.SID, "Muted", strconv.FormatBool(s.muted), "Hold", strconv.FormatBool(s.hold),
			"Coaching", "false", "EndConferenceOnExit", strconv.FormatBool(s.ends),
			"StartConferenceOnEnter", strconv.FormatBool(s.starts))
	} else {
		name = "conference-" + event
	}
	if event == "end" {
		with(form, "ReasonConferenceEnded", conf.reason, "CallSidEndingConference", conf.endedBy)
	}
	form.Set("StatusCallbackEvent", name)
	d := conf.callback
	d.form = form
	c.dispatch(&conf.courier, d)
}

// confer carries out a <Dial> of a <Conference>. It goes on when the
// conference ends, when * is pressed, or when REST takes the call out; not when
// REST redirects the call.
func (r *run) confer(e, noun twiml.Element, star <-chan struct{}) (next *source, done bool) {
	r.mu.Lock()
	if r.ctx.Err() != nil {
		r.mu.Unlock()
		return nil, true
	}
	s := r.join(r.call, r.base, noun)
	entered := time.Now()
	r.mu.Unlock()

	limit := time.NewTimer(e.Seconds("timeLimit", defaultTimeLimit))
	defer limit.Stop()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	r.mu.Lock()
	r.spawn(func() {
		defer cancel()
		select {
		case <-s.left:
		case <-star:
		case <-limit.C:
		case <-ctx.Done():
		}
	})
	r.mu.Unlock()
	r.holdOn(ctx, s, noun)
	<-ctx.Done()

	r.mu.Lock()
	r.leave(s)
	params := url.Values{"DialCallStatus": {"answered"}, "DialCallDuration": {strconv.Itoa(int(time.Since(entered) / time.Second))}}
	r.mu.Unlock()
	return r.afterDial(e, params)
}

// holdOn plays what is heard before a conference starts: music, nothing, or
// the document at waitUrl, again and again.
func (r *run) holdOn(ctx context.Context, s *seat, noun twiml.Element) {
	address, given := noun.Attrs["waitUrl"]
	select {
	case <-s.conference.begun:
		return
	default:
	}
	if !given {
		r.mu.Lock()
		r.hear(r.call, "[hold music]")
		r.mu.Unlock()
		return
	}
	target, ok := resolve(r.base, address)
	if address == "" || !ok {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	r.spawn(func() {
		defer cancel()
		select {
		case <-s.conference.begun:
		case <-ctx.Done():
		}
	})
	r.mu.Unlock()
	method := noun.Attr("waitMethod", http.MethodPost)
	for ctx.Err() == nil {
		waiting := &run{Carrier: r.Carrier, call: r.call, ctx: ctx}
		verbs, failed := waiting.ask(source{kind: WaitWebhook, url: target, method: method})
		if failed != nil {
			return
		}
		start := time.Now()
		for _, verb := range verbs {
			switch verb.Name {
			case "Say", "Play", "Pause":
				waiting.prompt(verb)
			case "Redirect":
				if u, ok := resolve(waiting.base, verb.Words()); ok {
					target, method = u, verb.Attr("method", http.MethodPost)
				}
			default:
				r.alert(Alert{Code: 13234, URL: waiting.base, SID: r.call.SID, Detail: "<" + verb.Name + "> in the document of a waitUrl"})
				return
			}
		}
		if time.Since(start) == 0 {
			waiting.sleep(time.Second) // a document that takes no time is not asked for in a loop
		}
	}
}
