package simulator

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxForm bounds what a client may post: far above the longest message.
const maxForm = 1 << 20

// ServeHTTP serves the REST interface: GET of the account itself, at
// /2010-04-01/Accounts/{AccountSid}.json, and under
// /2010-04-01/Accounts/{AccountSid}
//
//   - POST and GET Messages.json, GET and DELETE Messages/{Sid}.json
//   - POST and GET Calls.json and Calls/{Sid}.json
//   - GET Conferences.json, GET and POST Conferences/{Sid}.json,
//     GET Conferences/{Sid}/Participants.json, and GET, POST and DELETE
//     Conferences/{Sid}/Participants/{CallSid}.json
//   - GET Recordings.json, GET and DELETE Recordings/{Sid}.json, and the sound
//     at Recordings/{Sid}.mp3 and .wav
//   - GET IncomingPhoneNumbers.json
//
// all with HTTP basic authentication by account SID and auth token. Anything
// else is answered as Twilio does, 404 with code 20404 or 405 with 20004.
func (c *Carrier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	// Read the form before anything else: net/http notices that a client
	// has gone only once its request was read to the end.
	if err := r.ParseForm(); err != nil {
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	}
	if err := pause(r.Context(), c.opts.Latency.Answer); err != nil {
		return
	}
	user, password, _ := r.BasicAuth()
	if !equal(user, c.opts.AccountSID) || !equal(password, c.opts.AuthToken) {
		httpRefusal(http.StatusUnauthorized).write(w)
		return
	}
	base := "/" + apiVersion + "/Accounts/" + c.opts.AccountSID
	path, ok := strings.CutPrefix(r.URL.Path, base+"/")
	if r.URL.Path == base+".json" {
		path, ok = ".json", true
	}
	if !ok {
		httpRefusal(http.StatusNotFound).write(w)
		return
	}
	if r.Method == http.MethodPost {
		c.posted(w, r, path)
		return
	}
	switch gone, refused := c.spoil(r, r.Form.Get("To"), Reading); {
	case gone:
		return
	case refused != nil:
		refused.write(w)
		return
	}
	c.serve(w, r, path)
}

// posted serves POST. The faults of these requests come with their own phone.
func (c *Carrier) posted(w http.ResponseWriter, r *http.Request, path string) {
	switch path {
	case "Messages.json":
		c.create(w, r)
	case "Calls.json":
		c.createCall(w, r)
	default:
		c.serve(w, r, path)
	}
}

// serve serves everything but the creation of messages and calls.
func (c *Carrier) serve(w http.ResponseWriter, r *http.Request, path string) {
	if list := c.lists()[path]; list != nil {
		if r.Method != http.MethodGet {
			httpRefusal(http.StatusMethodNotAllowed).write(w)
			return
		}
		list(w, r)
		return
	}
	if c.serveCall(w, r, path) || c.serveConference(w, r, path) || c.serveRecording(w, r, path) {
		return
	}
	sid, ok := strings.CutPrefix(path, "Messages/")
	if sid, json := strings.CutSuffix(sid, ".json"); ok && json {
		c.one(w, r, sid)
		return
	}
	httpRefusal(http.StatusNotFound).write(w)
}

// lists are the resources that can only be read, but for messages and calls,
// by their path below the account's.
func (c *Carrier) lists() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		".json":                     c.account,
		"Messages.json":             c.list,
		"IncomingPhoneNumbers.json": c.listNumbers,
		"Calls.json":                c.listCalls,
		"Conferences.json":          c.listConferences,
		"Recordings.json":           c.listRecordings,
	}
}

func equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// spoil applies the faults that come before a request is looked at. It reports
// whether the client is gone meanwhile, and the refusal to answer with, if any.
func (c *Carrier) spoil(r *http.Request, phone string, op Operation) (gone bool, refused *apiError) {
	if f, ok := c.strike(SlowAnswer, phone, op); ok && pause(r.Context(), f.Delay) != nil {
		return true, nil
	}
	if _, ok := c.strike(HangUnaccepted, phone, op); ok {
		c.hang(r)
	}
	if f, ok := c.strike(RefuseHTTP, phone, op); ok {
		return false, httpRefusal(f.Status)
	}
	return false, nil
}

// hang waits until the client gives up or the carrier closes, then breaks the
// connection. It does not return.
func (c *Carrier) hang(r *http.Request) {
	ctx, cancel := c.bind(r.Context())
	defer cancel()
	<-ctx.Done()
	panic(http.ErrAbortHandler)
}

// create is POST Messages.json.
func (c *Carrier) create(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	to := form.Get("To")
	req := &Request{
		At:             time.Now().UTC(),
		To:             to,
		From:           form.Get("From"),
		Body:           form.Get("Body"),
		StatusCallback: form.Get("StatusCallback"),
		Form:           form,
	}
	if seconds, err := strconv.Atoi(form.Get("ValidityPeriod")); err == nil {
		req.ValidityPeriod = time.Duration(seconds) * time.Second
	}
	log := c.record(req)
	c.alertUnknown("Messages.json", form, createParameters)

	spoiled, refused := c.spoil(r, to, Creating)
	if spoiled {
		return
	}
	if refused == nil {
		refused = c.check(form)
	}
	if refused == nil {
		if f, ok := c.strike(RefuseCode, to, Anything); ok {
			refused = refusal(http.StatusBadRequest, f.Code)
		}
	}
	if refused != nil {
		log(func(req *Request) { req.Status, req.Code = refused.Status, refused.Code })
		refused.write(w)
		return
	}

	m := c.accept(Message{
		From: req.From, To: to, Body: req.Body, Direction: OutboundAPI,
		ValidityPeriod: req.ValidityPeriod, StatusCallback: req.StatusCallback,
	})
	log(func(req *Request) { req.SID = m.SID })
	if c.spoilAnswer(w, r, to, Anything, func(status, code int) {
		log(func(req *Request) { req.Status, req.Code = status, code })
	}) {
		return
	}
	log(func(req *Request) { req.Status = http.StatusCreated })
	writeJSON(w, http.StatusCreated, c.resource(m))
}

// record files the request and returns a function that amends it later.
func (c *Carrier) record(req *Request) func(func(*Request)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := len(c.requests)
	c.requests = append(c.requests, *req)
	return func(amend func(*Request)) {
		c.mu.Lock()
		defer c.mu.Unlock()
		amend(&c.requests[i])
	}
}

var (
	e164         = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	alphanumeric = regexp.MustCompile(`^[A-Za-z0-9 ]{1,11}$`)
)

// maxBody is the longest message in characters that Twilio accepts.
const maxBody = 1600

// check refuses what Twilio would refuse, or returns nil.
func (c *Carrier) check(form url.Values) *apiError {
	to, from, body := form.Get("To"), form.Get("From"), form.Get("Body")
	code := 0
	switch {
	case to == "":
		code = 21604
	case !e164.MatchString(to):
		code = 21211
	case form.Get("MessagingServiceSid") != "":
		code = 21701 // this account has none
	case from == "":
		code = 21603
	case !e164.MatchString(from) && !alphanumeric.MatchString(from):
		code = 21212
	case !c.owns(from):
		code = 21606
	case to == from:
		code = 21266
	case body == "":
		code = 21602
	case utf8.RuneCountInString(body) > maxBody:
		code = 21617
	case form.Has("StatusCallback") && !validURL(form.Get("StatusCallback")):
		code = 21609
	case form.Has("ValidityPeriod") && !validValidity(form.Get("ValidityPeriod")):
		// The documentation gives the range, and this code for a value
		// outside it, but not the answer's HTTP status.
		code = 30045
	case c.isLandline(to):
		code = 21614
	case c.hasOptedOut(from, to):
		code = 21610
	default:
		return nil
	}
	return refusal(http.StatusBadRequest, code)
}

func validURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func validValidity(s string) bool {
	seconds, err := strconv.Atoi(s)
	return err == nil && 1 <= seconds && time.Duration(seconds)*time.Second <= defaultValidity
}

// one is GET or DELETE Messages/{Sid}.json.
func (c *Carrier) one(w http.ResponseWriter, r *http.Request, sid string) {
	if r.Method != http.MethodGet && r.Method != http.MethodDelete {
		httpRefusal(http.StatusMethodNotAllowed).write(w)
		return
	}
	m, refused := c.find(sid, r.Method == http.MethodDelete)
	switch {
	case refused != nil:
		refused.write(w)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default:
		writeJSON(w, http.StatusOK, c.resource(m))
	}
}

// find returns the message, and deletes it from what REST shows if asked to.
// Only a message that has come to its end can be deleted.
func (c *Carrier) find(sid string, remove bool) (Message, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.bySID[sid]
	if m == nil || m.deleted {
		return Message{}, httpRefusal(http.StatusNotFound)
	}
	if remove && !m.Status.Final() {
		return Message{}, refusal(http.StatusConflict, 20009)
	}
	m.deleted = remove
	return m.Message, nil
}
