package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// conferenceResource is a conference as REST shows it.
func (c *Carrier) conferenceResource(conf *conference) map[string]any {
	base := "/" + apiVersion + "/Accounts/" + c.opts.AccountSID + "/Conferences/" + conf.sid
	v := map[string]any{
		"sid": conf.sid, "account_sid": c.opts.AccountSID, "friendly_name": conf.name, "status": conf.status(),
		"date_created": rfc2822(conf.created), "date_updated": rfc2822(conf.updated), "api_version": apiVersion,
		"region": "us1", "uri": base + ".json", "reason_conference_ended": nil, "call_sid_ending_conference": nil,
		"subresource_uris": map[string]string{"participants": base + "/Participants.json", "recordings": base + "/Recordings.json"},
	}
	if conf.over {
		v["reason_conference_ended"], v["call_sid_ending_conference"] = conf.reason, conf.endedBy
	}
	return v
}

func (c *Carrier) participantResource(s *seat) map[string]any {
	label := any(nil)
	if s.label != "" {
		label = s.label
	}
	return map[string]any{
		"account_sid": c.opts.AccountSID, "call_sid": s.call.SID, "conference_sid": s.conference.sid, "label": label,
		"call_sid_to_coach": nil, "coaching": false, "date_created": rfc2822(s.created), "date_updated": rfc2822(s.created),
		"end_conference_on_exit": s.ends, "start_conference_on_enter": s.starts, "muted": s.muted, "hold": s.hold,
		"status": "connected", "queue_time": "0", "api_version": apiVersion,
		"uri": "/" + apiVersion + "/Accounts/" + c.opts.AccountSID + "/Conferences/" + s.conference.sid + "/Participants/" + s.call.SID + ".json",
	}
}

// listConferences is GET Conferences.json: newest first, filtered by
// FriendlyName and Status, in pages.
func (c *Carrier) listConferences(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var rows []row
	c.mu.Lock()
	for _, conf := range slices.Backward(c.conferences) {
		if (query.Get("FriendlyName") == "" || query.Get("FriendlyName") == conf.name) &&
			(query.Get("Status") == "" || query.Get("Status") == conf.status()) {
			rows = append(rows, row{conf.seq, conf.sid, c.conferenceResource(conf)})
		}
	}
	c.mu.Unlock()
	writePage(w, r, "conferences", rows, func(sid string) (int, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		conf := c.conferenceBy(sid)
		if conf == nil {
			return 0, false
		}
		return conf.seq, true
	})
}

// conferenceBy finds a conference by its SID. The caller holds c.mu.
func (c *Carrier) conferenceBy(sid string) *conference {
	for _, conf := range c.conferences {
		if conf.sid == sid {
			return conf
		}
	}
	return nil
}

// Conference is what is known of a conference at one moment. It is a copy.
type Conference struct {
	SID, Name string
	Status    string   // init, in-progress or completed
	Phones    []string // those in it now, in the order in which they joined
	Recorded  bool     // somebody asked for it to be recorded
	CreatedAt time.Time
	Reason    string // why it is over, in Twilio's words
}

// Conferences returns every conference there ever was, oldest first.
func (c *Carrier) Conferences() []Conference {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Conference
	for _, conf := range c.conferences {
		one := Conference{SID: conf.sid, Name: conf.name, Status: conf.status(), Recorded: conf.take != nil,
			CreatedAt: conf.created, Reason: conf.reason}
		for _, s := range conf.seats {
			one.Phones = append(one.Phones, s.call.phone.number)
		}
		out = append(out, one)
	}
	return out
}

// serveConference serves what is below Conferences/. It reports whether the
// path is one of its own.
func (c *Carrier) serveConference(w http.ResponseWriter, r *http.Request, path string) bool {
	rest, ok := strings.CutPrefix(path, "Conferences/")
	rest, json := strings.CutSuffix(rest, ".json")
	if !ok || !json {
		return false
	}
	sid, rest, _ := strings.Cut(rest, "/")
	kind, participant, _ := strings.Cut(rest, "/")
	switch {
	case rest == "" && (r.Method == http.MethodGet || r.Method == http.MethodPost):
		c.oneConference(w, r, sid)
	case rest == "Participants" && r.Method == http.MethodGet:
		c.listParticipants(w, r, sid)
	case kind == "Participants" && participant != "" && r.Method != http.MethodPut:
		c.oneParticipant(w, r, sid, participant)
	case rest == "" || kind == "Participants":
		httpRefusal(http.StatusMethodNotAllowed).write(w)
	default:
		return false
	}
	return true
}

// oneConference is GET, or POST with Status=completed, of a conference.
func (c *Carrier) oneConference(w http.ResponseWriter, r *http.Request, sid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conf := c.conferenceBy(sid)
	switch {
	case conf == nil:
		httpRefusal(http.StatusNotFound).write(w)
		return
	case r.Method == http.MethodPost && r.PostForm.Get("Status") != "completed":
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	case r.Method == http.MethodPost:
		c.finish(conf, "conference-ended-via-api", nil)
	}
	writeJSON(w, http.StatusOK, c.conferenceResource(conf))
}

// listParticipants is GET Participants.json of a conference: those in it now.
func (c *Carrier) listParticipants(w http.ResponseWriter, r *http.Request, sid string) {
	var rows []row
	c.mu.Lock()
	conf := c.conferenceBy(sid)
	if conf != nil {
		for i, s := range slices.Backward(conf.seats) {
			rows = append(rows, row{i, s.call.SID, c.participantResource(s)})
		}
	}
	c.mu.Unlock()
	if conf == nil {
		httpRefusal(http.StatusNotFound).write(w)
		return
	}
	writePage(w, r, "participants", rows, func(sid string) (int, bool) {
		for _, row := range rows {
			if row.sid == sid {
				return row.seq, true
			}
		}
		return 0, false
	})
}

// participantChanges are what a participant can be changed by.
var participantChanges = []string{
	"AnnounceMethod", "AnnounceUrl", "BeepOnExit", "CallSidToCoach", "Coaching", "EndConferenceOnExit", "Hold",
	"HoldMethod", "HoldUrl", "Muted", "WaitMethod", "WaitUrl",
}

// oneParticipant is GET, POST or DELETE of a participant, by the SID of the
// call or its label.
func (c *Carrier) oneParticipant(w http.ResponseWriter, r *http.Request, sid, who string) {
	if r.Method == http.MethodPost {
		c.updateParticipant(w, r, sid, who)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.participant(sid, who)
	switch {
	case s == nil:
		httpRefusal(http.StatusNotFound).write(w)
	case r.Method == http.MethodDelete:
		c.leave(s)
		w.WriteHeader(http.StatusNoContent)
	default:
		writeJSON(w, http.StatusOK, c.participantResource(s))
	}
}

// participant finds who is in a conference now, or nil. The caller holds c.mu.
func (c *Carrier) participant(sid, who string) *seat {
	conf := c.conferenceBy(sid)
	if conf == nil {
		return nil
	}
	i := slices.IndexFunc(conf.seats, func(s *seat) bool { return s.call.SID == who || s.label != "" && s.label == who })
	if i < 0 {
		return nil
	}
	return conf.seats[i]
}

// updateParticipant is POST of a participant.
func (c *Carrier) updateParticipant(w http.ResponseWriter, r *http.Request, sid, who string) {
	log := c.recordCall(CallRequest{Form: r.PostForm, SID: who, Update: true, Conference: sid})
	c.alertUnknown("A participant", r.PostForm, participantChanges)
	phone := c.phoneOf(who)
	gone, refused := c.spoil(r, phone, Steering)
	if gone {
		return
	}
	if refused == nil {
		if f, ok := c.strike(RefuseCode, phone, Steering); ok {
			refused = refusal(http.StatusBadRequest, f.Code)
		}
	}
	var resource map[string]any
	lost := false
	if refused == nil {
		c.mu.Lock()
		if s := c.participant(sid, who); s == nil {
			refused = httpRefusal(http.StatusNotFound)
		} else {
			if lost = c.losesPush(phone); !lost {
				c.alter(s, r.PostForm)
			}
			resource = c.participantResource(s)
		}
		c.mu.Unlock()
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
	log(func(req *CallRequest) { req.Status, req.Lost = http.StatusOK, lost })
	writeJSON(w, http.StatusOK, resource)
}

// alter changes a participant. As with Twilio anything but true is false. The
// caller holds c.mu.
func (c *Carrier) alter(s *seat, form url.Values) {
	set := func(name, on, off string, field *bool) {
		if !form.Has(name) {
			return
		}
		value, _ := strconv.ParseBool(form.Get(name))
		if *field != value && on != "" {
			*field = value
			event := off
			if value {
				event = on
			}
			c.reportConference(s.conference, event, s)
		}
		*field = value
	}
	set("Muted", "mute", "unmute", &s.muted)
	held := s.hold
	set("Hold", "hold", "unhold", &s.hold)
	if held != s.hold && s.conference.started {
		kind := Joined
		if s.hold {
			kind = Parted
		}
		for _, one := range s.conference.seats {
			c.tell(Change{Kind: kind}, one.call)
		}
	}
	set("EndConferenceOnExit", "", "", &s.ends)
}
