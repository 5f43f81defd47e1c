package simulator

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Page sizes of the list: what Twilio gives unasked, and the most it gives.
const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// page is a page of the list as REST shows it.
type page struct {
	FirstPageURI    string     `json:"first_page_uri"`
	End             int        `json:"end"`
	PreviousPageURI *string    `json:"previous_page_uri"`
	Messages        []resource `json:"messages"`
	URI             string     `json:"uri"`
	PageSize        int        `json:"page_size"`
	Start           int        `json:"start"`
	NextPageURI     *string    `json:"next_page_uri"`
	Page            int        `json:"page"`
}

// list is GET Messages.json: newest first, filtered by To, From, DateSent,
// DateSent< and DateSent>, in pages. A page is found by the PageToken, which
// names the message at its border, so messages that arrive while a client
// turns pages neither shift nor repeat any.
func (c *Carrier) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	match, ok := parseFilter(query)
	if !ok {
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	}
	size, errSize := strconv.Atoi(cmp.Or(query.Get("PageSize"), strconv.Itoa(defaultPageSize)))
	number, errNumber := strconv.Atoi(cmp.Or(query.Get("Page"), "0"))
	if errSize != nil || errNumber != nil || size < 1 || number < 0 {
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	}
	size = min(size, maxPageSize)

	all, start, ok := c.newestFirst(match, query.Get("PageToken"), number, size)
	if !ok {
		refusal(http.StatusBadRequest, 20001).write(w)
		return
	}
	start = min(start, len(all))
	end := min(start+size, len(all))

	uri := func(number int, token string) string {
		q := maps.Clone(query)
		q.Set("PageSize", strconv.Itoa(size))
		q.Set("Page", strconv.Itoa(number))
		q.Del("PageToken")
		if token != "" {
			q.Set("PageToken", token)
		}
		return r.URL.Path + "?" + q.Encode()
	}
	p := page{
		FirstPageURI: uri(0, ""),
		Messages:     []resource{},
		URI:          r.URL.RequestURI(),
		PageSize:     size,
		Page:         number,
		Start:        number * size,
		End:          number*size + max(end-start-1, 0),
	}
	for _, m := range all[start:end] {
		p.Messages = append(p.Messages, c.resource(m))
	}
	if end < len(all) && end > start {
		p.NextPageURI = new(uri(number+1, "PA"+all[end-1].SID))
	}
	if number > 0 && start > 0 && start < len(all) {
		p.PreviousPageURI = new(uri(number-1, "PB"+all[start].SID))
	}
	writeJSON(w, http.StatusOK, p)
}

// newestFirst returns the messages that match and were not deleted, and where
// among them the page begins. A token of PA and a SID stands for the page
// after that message, PB for the one before; the message itself may have been
// deleted meanwhile. Without a token the page's number counts.
func (c *Carrier) newestFirst(match func(Message) bool, token string, number, size int) (all []Message, start int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	side, border := "", -1
	if token != "" {
		side = token[:min(2, len(token))]
		m := c.bySID[token[len(side):]]
		if m == nil || side != "PA" && side != "PB" {
			return nil, 0, false
		}
		border = m.seq
	}
	newer, reached := 0, 0 // how many are newer than the border; the same with it
	for _, m := range slices.Backward(c.messages) {
		if m.deleted || !match(m.Message) {
			continue
		}
		all = append(all, m.Message)
		if m.seq > border {
			newer++
		}
		if m.seq >= border {
			reached++
		}
	}
	switch side {
	case "PA":
		start = reached
	case "PB":
		start = max(newer-size, 0)
	default:
		start = number * size
	}
	return all, start, true
}

// parseFilter reads the filters of the list, or reports that one cannot be
// read. A message that was not sent yet matches no date.
func parseFilter(query url.Values) (match func(Message) bool, ok bool) {
	on, ok1 := parseDay(query.Get("DateSent"))
	before, ok2 := parseDay(query.Get("DateSent<"))
	after, ok3 := parseDay(query.Get("DateSent>"))
	to, from := query.Get("To"), query.Get("From")
	return func(m Message) bool {
		sent := m.SentAt.Truncate(time.Second)
		switch {
		case to != "" && m.To != to, from != "" && m.From != from:
			return false
		case on.given() && (m.SentAt.IsZero() || sent.Before(on.first) || sent.After(on.last)):
			return false
		case before.given() && (m.SentAt.IsZero() || sent.After(before.last)):
			return false
		case after.given() && (m.SentAt.IsZero() || sent.Before(after.first)):
			return false
		}
		return true
	}, ok1 && ok2 && ok3
}

// span is the first and last second a date filter covers. Both comparisons
// include it.
type span struct{ first, last time.Time }

func (s span) given() bool { return !s.first.IsZero() }

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
