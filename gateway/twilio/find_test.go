package twilio_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/carrier"
)

// listed is one message of the stand-in's list.
type listed struct {
	SID         string  `json:"sid"`
	To          string  `json:"to"`
	From        string  `json:"from"`
	Body        string  `json:"body"`
	DateCreated *string `json:"date_created"`
	DateSent    *string `json:"date_sent"`
}

func at(t time.Time) *string { s := t.UTC().Format(time.RFC1123Z); return &s }

// listing serves a list, newest first, in pages of two, filtered as Twilio does: a date filter leaves out
// what has not been sent.
func listing(t *testing.T, base string, all []listed, filters *[]url.Values) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != base+listAt {
			t.Errorf("request %s %s, want GET %s", r.Method, r.URL.Path, base+listAt)
		}
		q := r.URL.Query()
		*filters = append(*filters, maps.Clone(q))
		var fit []listed
		for _, l := range all {
			if after := q.Get("DateSent>"); after != "" {
				from, err := time.Parse(time.RFC3339, after)
				if err != nil {
					t.Errorf("DateSent> = %q: %v", after, err)
				}
				if l.DateSent == nil {
					continue
				}
				if sent, _ := time.Parse(time.RFC1123Z, *l.DateSent); sent.Before(from) {
					continue
				}
			}
			fit = append(fit, l)
		}
		page := 0
		_, _ = fmt.Sscan(q.Get("Page"), &page)
		doc := map[string]any{"messages": fit[min(2*page, len(fit)):min(2*page+2, len(fit))], "page": page, "next_page_uri": nil}
		if 2*page+2 < len(fit) {
			q.Set("Page", fmt.Sprint(page+1))
			doc["next_page_uri"] = base + listAt + "?" + q.Encode()
		}
		body, _ := json.Marshal(doc)
		answer(w, 200, string(body))
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 24, 3, 0, 0, 400_000_000, time.UTC)
	second := func(n int) *string { return at(since.Add(time.Duration(n) * time.Second)) }
	own := func(sid string, created, sent *string) listed {
		return listed{sid, helper, line, words, created, sent}
	}
	for _, tt := range []struct {
		name string
		base string
		all  []listed // newest first
		want []string
	}{
		{"nothing", "", nil, nil},
		{"sent", "", []listed{own("SM1", second(1), second(2))}, []string{"SM1"}},
		{"still in the queue", "", []listed{own("SM1", second(1), nil)}, []string{"SM1"}},
		{"clocks a second apart", "", []listed{own("SM1", second(-1), second(-1))}, []string{"SM1"}},
		{"an earlier one", "", []listed{own("SM1", second(-3), second(-3))}, nil},
		{"an earlier one sent late", "", []listed{own("SM1", second(-60), second(5))}, nil},
		{"other words", "", []listed{{"SM1", helper, line, words + "!", second(1), nil}}, nil},
		{"another phone, from a server that does not filter", "", []listed{{"SM1", "+84900000002", line, words, second(1), nil}}, nil},
		{"another line", "", []listed{{"SM1", helper, "+84900000101", words, second(1), nil}}, nil},
		{"a text that came in", "", []listed{{"SM1", line, helper, words, second(1), nil}}, nil},
		{"several, over pages, oldest first", "", []listed{own("SM5", second(9), second(9)), own("SM4", second(8), second(8)), own("SM3", second(7), nil), own("SM2", second(3), second(3)), own("SM1", second(1), second(1))}, []string{"SM1", "SM2", "SM4", "SM5"}},
		{"pages under a base path", "/api", []listed{own("SM3", second(9), second(9)), own("SM2", second(3), second(3)), own("SM1", second(1), second(1))}, []string{"SM1", "SM2", "SM3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var filters []url.Values
			s := httptest.NewServer(listing(t, tt.base, tt.all, &filters))
			t.Cleanup(s.Close)
			got, err := newClient(t, s.URL+tt.base, nil).Find(t.Context(), message(t), since)
			if err != nil {
				t.Fatalf("Find = %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Find (-want +got):\n%s", diff)
			}
			first := filters[0]
			want := url.Values{"To": {helper}, "From": {line}, "DateSent>": {"2026-11-24T02:59:59Z"}, "PageSize": {"200"}}
			if diff := cmp.Diff(want, first); diff != "" {
				t.Errorf("filter (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFind_Errors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   carrier.Error
	}{
		{"overloaded", 503, `{"code":20503,"message":"` + helper + `"}`, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Code: 20503, Status: 503}},
		{"too many requests", 429, `{"code":20429}`, carrier.Error{Class: carrier.Retry, Cause: carrier.CauseOther, Code: 20429, Status: 429}},
		{"credentials", 401, `{"code":20003}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 20003, Status: 401}},
		{"not JSON", 200, `<html>` + helper, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{"a number in the wrong place", 200, `{"page":"` + helper + `"}`, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{"ours, but without a time", 200, `{"messages":[{"sid":"SM1","to":"` + helper + `","from":"` + line + `","body":"` + words + `"}]}`, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := server(t, nil, func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.status, tt.body) })
			ids, err := c.Find(t.Context(), message(t), time.Now())
			if ids != nil {
				t.Errorf("Find = %v, want none", ids)
			}
			wantError(t, "Find", err, tt.want)
		})
	}
}

func TestFind_FailureOnALaterPage(t *testing.T) {
	t.Parallel()
	c := server(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("Page") != "" {
			answer(w, 500, `{}`)
			return
		}
		answer(w, 200, `{"messages":[],"next_page_uri":"`+listAt+`?Page=1"}`)
	})
	_, err := c.Find(t.Context(), message(t), time.Now())
	wantError(t, "Find", err, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 500})
}
