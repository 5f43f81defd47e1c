package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// callResource is a call as REST shows it.
type callResource struct {
	SID             string            `json:"sid"`
	DateCreated     string            `json:"date_created"`
	DateUpdated     string            `json:"date_updated"`
	ParentCallSID   *string           `json:"parent_call_sid"`
	AccountSID      string            `json:"account_sid"`
	To              string            `json:"to"`
	ToFormatted     string            `json:"to_formatted"`
	From            string            `json:"from"`
	FromFormatted   string            `json:"from_formatted"`
	PhoneNumberSID  *string           `json:"phone_number_sid"`
	Status          CallStatus        `json:"status"`
	StartTime       *string           `json:"start_time"`
	EndTime         *string           `json:"end_time"`
	Duration        *string           `json:"duration"`
	Price           *string           `json:"price"`
	PriceUnit       string            `json:"price_unit"`
	Direction       Direction         `json:"direction"`
	AnsweredBy      *string           `json:"answered_by"`
	APIVersion      string            `json:"api_version"`
	ForwardedFrom   *string           `json:"forwarded_from"`
	GroupSID        *string           `json:"group_sid"`
	CallerName      *string           `json:"caller_name"`
	QueueTime       string            `json:"queue_time"`
	TrunkSID        *string           `json:"trunk_sid"`
	URI             string            `json:"uri"`
	SubresourceURIs map[string]string `json:"subresource_uris"`
}

// callResource shows a call. The caller holds c.mu.
func (c *Carrier) callResource(l *Call) callResource {
	base := "/" + apiVersion + "/Accounts/" + c.opts.AccountSID + "/Calls/" + l.SID
	queued := time.Duration(0)
	if !l.started.IsZero() {
		queued = l.started.Sub(l.created)
	}
	r := callResource{
		SID: l.SID, DateCreated: rfc2822(l.created), DateUpdated: rfc2822(slices.MaxFunc([]time.Time{l.created, l.started, l.answered, l.ended}, time.Time.Compare)),
		AccountSID: c.opts.AccountSID, To: l.To, ToFormatted: l.To, From: l.From, FromFormatted: l.From,
		Status: l.status, PriceUnit: "USD", Direction: l.Direction, APIVersion: apiVersion,
		QueueTime: milliseconds(queued), URI: base + ".json",
		SubresourceURIs: map[string]string{"recordings": base + "/Recordings.json"},
	}
	if l.parent != nil {
		r.ParentCallSID = new(l.parent.SID)
	}
	if !l.started.IsZero() {
		r.StartTime = new(rfc2822(l.started))
	}
	if l.answeredBy != "" {
		r.AnsweredBy = new(l.answeredBy)
	}
	if !l.ended.IsZero() {
		r.EndTime = new(rfc2822(l.ended))
		r.Duration = new(strconv.Itoa(l.seconds()))
	}
	return r
}

// listCalls is GET Calls.json: newest first, filtered by To, From, Status,
// ParentCallSid, StartTime, StartTime< and StartTime>, in pages.
func (c *Carrier) listCalls(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	on, ok1 := parseDay(query.Get("StartTime"))
	before, ok2 := parseDay(query.Get("StartTime<"))
	after, ok3 := parseDay(query.Get("StartTime>"))
	if !ok1 || !ok2 || !ok3 {
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	}
	is := func(name, value string) bool { return query.Get(name) == "" || query.Get(name) == value }
	c.mu.Lock()
	var rows []row
	for _, l := range slices.Backward(c.calls) {
		parent := ""
		if l.parent != nil {
			parent = l.parent.SID
		}
		if is("To", l.To) && is("From", l.From) && is("Status", string(l.status)) && is("ParentCallSid", parent) &&
			on.holds(l.started, true, true) && before.holds(l.started, false, true) && after.holds(l.started, true, false) {
			rows = append(rows, row{l.seq, l.SID, c.callResource(l)})
		}
	}
	c.mu.Unlock()
	writePage(w, r, "calls", rows, func(sid string) (int, bool) {
		l := c.Call(sid)
		if l == nil {
			return 0, false
		}
		return l.seq, true
	})
}

// serveCall serves what is below Calls/ but for POST of the list. It reports
// whether the path is one of its own.
func (c *Carrier) serveCall(w http.ResponseWriter, r *http.Request, path string) bool {
	sid, ok := strings.CutPrefix(path, "Calls/")
	sid, json := strings.CutSuffix(sid, ".json")
	if !ok || !json || strings.Contains(sid, "/") {
		return false
	}
	switch l := c.Call(sid); {
	case r.Method == http.MethodPost:
		c.updateCall(w, r, sid)
	case r.Method != http.MethodGet:
		httpRefusal(http.StatusMethodNotAllowed).write(w)
	case l == nil:
		httpRefusal(http.StatusNotFound).write(w)
	default:
		c.mu.Lock()
		resource := c.callResource(l)
		c.mu.Unlock()
		writeJSON(w, http.StatusOK, resource)
	}
	return true
}
