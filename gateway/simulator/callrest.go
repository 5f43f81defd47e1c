package simulator

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// CallRequest is an attempt to create or to change a call, or a participant of
// a conference, as it reached the carrier.
type CallRequest struct {
	At         time.Time
	Form       url.Values
	SID        string // of the call that was created, or that is to change
	Update     bool   // it is to change, not new
	Conference string // SID of the conference whose participant is to change
	Status     int    // of the HTTP answer; 0 if the client gave up before one
	Code       int    // Twilio's error code; 0 if it was accepted
	Lost       bool   // a fault let it have no effect
}

// CallRequests returns each attempt to create or change a call that reached
// the carrier, accepted or not, oldest first.
func (c *Carrier) CallRequests() []CallRequest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.callRequests)
}

// recordCall files the request and returns a function that amends it later.
func (c *Carrier) recordCall(req CallRequest) func(func(*CallRequest)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	req.At = time.Now().UTC()
	i := len(c.callRequests)
	c.callRequests = append(c.callRequests, req)
	return func(amend func(*CallRequest)) {
		c.mu.Lock()
		defer c.mu.Unlock()
		amend(&c.callRequests[i])
	}
}

// Parameters that Twilio's OpenAPI document lists for creating and for
// changing a call. Twilio ignores any other in silence; we file an alert.
var (
	callParameters = []string{
		"ApplicationSid", "AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod", "Byoc", "CallReason",
		"CallToken", "CallerId", "ClientNotificationUrl", "FallbackMethod", "FallbackUrl", "From", "MachineDetection",
		"MachineDetectionSilenceTimeout", "MachineDetectionSpeechEndThreshold", "MachineDetectionSpeechThreshold",
		"MachineDetectionTimeout", "Method", "Passports", "Record", "RecordingChannels", "RecordingConfigurationId",
		"RecordingStatusCallback", "RecordingStatusCallbackEvent", "RecordingStatusCallbackMethod", "RecordingTrack",
		"SendDigits", "SipAuthPassword", "SipAuthUsername", "StatusCallback", "StatusCallbackEvent",
		"StatusCallbackMethod", "TimeLimit", "Timeout", "To", "Trim", "Twiml", "Url",
	}
	callChanges = []string{
		"FallbackMethod", "FallbackUrl", "Method", "Status", "StatusCallback", "StatusCallbackMethod", "TimeLimit",
		"Twiml", "Url",
	}
)

// alertUnknown files an alert for each parameter that Twilio does not know.
func (c *Carrier) alertUnknown(resource string, form url.Values, known []string) {
	for _, name := range unknownParameters(form, known) {
		c.alert(Alert{Detail: resource + " was posted with an unknown parameter: " + name})
	}
}

// refuseOrNil turns the code of a check into a refusal.
func refuseOrNil(code int) *apiError {
	if code == 0 {
		return nil
	}
	return refusal(http.StatusBadRequest, code)
}

// createCall is POST Calls.json.
func (c *Carrier) createCall(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	to := form.Get("To")
	log := c.recordCall(CallRequest{Form: form})
	c.alertUnknown("Calls.json", form, callParameters)
	gone, refused := c.spoil(r, to, Calling)
	if gone {
		return
	}
	if refused == nil {
		refused = refuseOrNil(c.checkCall(form))
	}
	if refused == nil {
		if f, ok := c.strike(RefuseCode, to, Calling); ok {
			refused = refusal(http.StatusBadRequest, f.Code)
		}
	}
	if refused != nil {
		log(func(req *CallRequest) { req.Status, req.Code = refused.Status, refused.Code })
		refused.write(w)
		return
	}
	l := &Call{From: form.Get("From"), To: to, Direction: OutboundAPI, order: c.orderOf(form)}
	c.mu.Lock()
	c.place(l)
	if form.Get("Record") == "true" {
		l.taped = c.startRecording(l, "OutboundAPI")
	}
	resource := c.callResource(l)
	c.mu.Unlock()
	log(func(req *CallRequest) { req.SID = l.SID })
	if c.spoilAnswer(w, r, to, Calling, func(status, code int) {
		log(func(req *CallRequest) { req.Status, req.Code = status, code })
	}) {
		return
	}
	log(func(req *CallRequest) { req.Status = http.StatusCreated })
	writeJSON(w, http.StatusCreated, resource)
}

// spoilAnswer applies the faults that come once a request has been accepted.
// It reports whether nothing more is to be answered.
func (c *Carrier) spoilAnswer(w http.ResponseWriter, r *http.Request, phone string, op Operation, log func(status, code int)) bool {
	if f, ok := c.strike(LateAnswer, phone, op); ok && pause(r.Context(), f.Delay) != nil {
		return true
	}
	if _, ok := c.strike(HangAccepted, phone, op); ok {
		c.hang(r)
	}
	if f, ok := c.strike(ErrorAccepted, phone, op); ok {
		e := httpRefusal(max(f.Status, http.StatusInternalServerError))
		log(e.Status, e.Code)
		e.write(w)
		return true
	}
	return false
}

// checkCall returns the code of what Twilio would refuse, or 0.
func (c *Carrier) checkCall(form url.Values) int {
	to, from := form.Get("To"), form.Get("From")
	switch {
	case to == "":
		return 21201
	case from == "":
		return 21213
	case !e164.MatchString(to):
		return 21211
	case !e164.MatchString(from):
		return 21212
	case !c.owns(from):
		return 21210
	case form.Has("Twiml") && utf8.RuneCountInString(form.Get("Twiml")) > maxInline,
		!form.Has("Twiml") && !validURL(form.Get("Url")):
		return 21205
	case form.Has("StatusCallback") && !validURL(form.Get("StatusCallback")),
		form.Has("FallbackUrl") && !validURL(form.Get("FallbackUrl")):
		return 21502
	case !validMethod(form.Get("Method")), !validMethod(form.Get("StatusCallbackMethod")), !validMethod(form.Get("FallbackMethod")):
		return 21203
	case form.Has("Timeout") && !validNumber(form.Get("Timeout"), 1, 600),
		form.Has("TimeLimit") && !validNumber(form.Get("TimeLimit"), 1, 86400),
		form.Has("MachineDetection") && !slices.Contains([]string{"Enable", "DetectMessageEnd"}, form.Get("MachineDetection")):
		return 20001
	}
	return 0
}

// maxInline is the longest Twiml parameter in characters.
const maxInline = 4000

func validMethod(s string) bool { return s == "" || s == http.MethodGet || s == http.MethodPost }

func validNumber(s string, least, most int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && least <= n && n <= most
}

// orderOf reads a form that checkCall has passed.
func (c *Carrier) orderOf(form url.Values) order {
	seconds := func(name string, fallback time.Duration) time.Duration {
		if n, err := strconv.Atoi(form.Get(name)); err == nil {
			return time.Duration(n) * time.Second
		}
		return fallback
	}
	o := order{
		document:       source{kind: VoiceWebhook, url: form.Get("Url"), method: form.Get("Method"), inline: form.Get("Twiml")},
		fallback:       source{kind: FallbackWebhook, url: form.Get("FallbackUrl"), method: form.Get("FallbackMethod")},
		callback:       form.Get("StatusCallback"),
		callbackMethod: cmp.Or(form.Get("StatusCallbackMethod"), http.MethodPost),
		events:         form["StatusCallbackEvent"],
		timeout:        seconds("Timeout", time.Minute) + c.opts.RingBuffer,
		timeLimit:      seconds("TimeLimit", defaultTimeLimit),
		detection:      form.Get("MachineDetection"),
		detectAsync:    form.Get("AsyncAmd") == "true",
		detected:       form.Get("AsyncAmdStatusCallback"),
		detectedMethod: cmp.Or(form.Get("AsyncAmdStatusCallbackMethod"), http.MethodPost),
	}
	if len(o.events) == 0 {
		o.events = []string{"completed"}
	}
	// Twilio accepts the call all the same and then reports nothing at all.
	if slices.ContainsFunc(o.events, func(e string) bool { return !slices.Contains(callEvents, e) }) {
		c.alert(Alert{Code: 21626, Detail: "a StatusCallbackEvent is none: " + strings.Join(o.events, ", ")})
		o.events = nil
	}
	return o
}

// updateCall is POST Calls/{Sid}.json: a redirect, or an end.
func (c *Carrier) updateCall(w http.ResponseWriter, r *http.Request, sid string) {
	form := r.PostForm
	log := c.recordCall(CallRequest{Form: form, SID: sid, Update: true})
	c.alertUnknown("A call", form, callChanges)
	phone := c.phoneOf(sid)
	gone, refused := c.spoil(r, phone, Steering)
	if gone {
		return
	}
	if refused == nil {
		if f, ok := c.strike(RefuseCode, phone, Steering); ok {
			refused = refusal(http.StatusBadRequest, f.Code)
		}
	}
	var resource callResource
	if refused == nil {
		c.mu.Lock()
		lost := c.losesPush(phone)
		if refused = c.change(c.callBySID[sid], form, lost); refused == nil {
			resource = c.callResource(c.callBySID[sid])
		}
		c.mu.Unlock()
		log(func(req *CallRequest) { req.Lost = lost })
	}
	if refused != nil {
		log(func(req *CallRequest) { req.Status, req.Code = refused.Status, refused.Code })
		refused.write(w)
		return
	}
	if c.spoilAnswer(w, r, phone, Steering, func(status, code int) {
		log(func(req *CallRequest) { req.Status, req.Code = status, code })
	}) {
		return
	}
	log(func(req *CallRequest) { req.Status = http.StatusOK })
	writeJSON(w, http.StatusOK, resource)
}

// losesPush uses up a LosePush that fits, whatever its On. The caller holds
// c.mu.
func (c *Carrier) losesPush(phone string) bool {
	for _, op := range []Operation{Steering, Anything} {
		if _, lost := c.happens(LosePush, phone, op); lost {
			return true
		}
	}
	return false
}

// phoneOf is the number of the phone at the end of a call; empty if there is no
// such call.
func (c *Carrier) phoneOf(sid string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.callBySID[sid]; l != nil {
		return l.phone.number
	}
	return ""
}

// change carries out what is asked of a call, unless it is lost, or refuses
// it. The caller holds c.mu.
func (c *Carrier) change(l *Call, form url.Values, lost bool) *apiError {
	if l == nil {
		return httpRefusal(http.StatusNotFound)
	}
	status, document := form.Get("Status"), form.Get("Url") != "" || form.Get("Twiml") != ""
	early := l.status == CallQueued || l.status == CallRinging
	var do func()
	switch {
	case form.Has("Url") && !validURL(form.Get("Url")), utf8.RuneCountInString(form.Get("Twiml")) > maxInline:
		return refusal(http.StatusBadRequest, 21205)
	case !validMethod(form.Get("Method")):
		return refusal(http.StatusBadRequest, 21203)
	case l.status.Final(),
		status == "canceled" && !early,
		status == "" && document && l.status != CallInProgress:
		return refusal(http.StatusBadRequest, 21220)
	case status == "canceled", status == "completed" && early:
		do = func() { c.end(l, CallCanceled) }
	case status == "completed":
		do = func() { c.end(l, CallCompleted) }
	case status == "" && document:
		do = func() {
			c.redirect(l, source{kind: ActionWebhook, url: form.Get("Url"), method: form.Get("Method"), inline: form.Get("Twiml")})
		}
	default:
		return refusal(http.StatusBadRequest, 20001)
	}
	if lost {
		return nil
	}
	if form.Has("StatusCallback") {
		l.order.callback = form.Get("StatusCallback")
		l.order.callbackMethod = cmp.Or(form.Get("StatusCallbackMethod"), http.MethodPost)
	}
	do()
	return nil
}

// redirect has a call in progress leave whatever it is in, at once, and ask
// for another document. The caller holds c.mu.
func (c *Carrier) redirect(l *Call, to source) {
	l.redirect = &to
	l.gather = nil
	if l.seat != nil {
		c.leave(l.seat)
	}
	c.letGo(l)
	if d := l.dialledBy; d != nil { // whoever dialled it goes on without it
		l.dialledBy, d.gone = nil, true
		d.calls = slices.DeleteFunc(d.calls, func(one *Call) bool { return one == l })
	}
	if l.interrupt != nil {
		l.interrupt(errRedirected)
	}
	if !l.running { // it was dialled by another, and only listened
		l.running = true
		c.spawn(func() { c.run(l, to) })
	}
}
