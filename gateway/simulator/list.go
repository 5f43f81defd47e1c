package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Page sizes of the list: what Twilio gives unasked, and the most it gives.
const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// list is GET Messages.json: newest first, filtered by To, From, DateSent,
// DateSent< and DateSent>, in pages.
func (c *Carrier) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	match, ok := parseFilter(query)
	if !ok {
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	}
	var rows []row
	c.mu.Lock()
	for _, m := range slices.Backward(c.messages) {
		if !m.deleted && match(m.Message) {
			rows = append(rows, row{m.seq, m.SID, c.resource(m.Message)})
		}
	}
	c.mu.Unlock()
	writePage(w, r, "messages", rows, func(sid string) (int, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		m := c.bySID[sid] // it may have been deleted meanwhile
		if m == nil {
			return 0, false
		}
		return m.seq, true
	})
}

// parseFilter reads the filters of the list, or reports that one cannot be
// read. A message that was not sent yet matches no date.
func parseFilter(query url.Values) (match func(Message) bool, ok bool) {
	on, ok1 := parseDay(query.Get("DateSent"))
	before, ok2 := parseDay(query.Get("DateSent<"))
	after, ok3 := parseDay(query.Get("DateSent>"))
	to, from := query.Get("To"), query.Get("From")
	return func(m Message) bool {
		return (to == "" || m.To == to) && (from == "" || m.From == from) &&
			on.holds(m.SentAt, true, true) && before.holds(m.SentAt, false, true) && after.holds(m.SentAt, true, false)
	}, ok1 && ok2 && ok3
}

// span is the first and last second a date filter covers. Both comparisons
// include it.
type span struct{ first, last time.Time }

func (s span) given() bool { return !s.first.IsZero() }

// holds reports whether an instant is not before and not after the span, as
// far as these are asked. The zero span holds everything; no span holds an
// instant that has not come.
func (s span) holds(at time.Time, notBefore, notAfter bool) bool {
	if !s.given() {
		return true
	}
	second := at.Truncate(time.Second)
	return !at.IsZero() && (!notBefore || !second.Before(s.first)) && (!notAfter || !second.After(s.last))
}

// parseDay reads a day in GMT, or the instants in RFC 3339 that Twilio's
// libraries send. The zero span stands for no filter.
func parseDay(s string) (span, bool) {
	if s == "" {
		return span{}, true
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return span{day, day.AddDate(0, 0, 1).Add(-time.Second)}, true
	}
	at, err := time.Parse(time.RFC3339, s)
	at = at.UTC().Truncate(time.Second)
	return span{at, at}, err == nil
}
