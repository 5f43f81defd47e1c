package simulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listed returns the words in a page of the list.
func listed(page map[string]any) []string {
	out := []string{}
	for _, m := range page["messages"].([]any) {
		out = append(out, m.(map[string]any)["body"].(string))
	}
	return out
}

func TestList_Filters(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		// A bubble begins at midnight GMT, 1 January 2000.
		w.send(lan, "day 1")
		time.Sleep(24*time.Hour - time.Second)
		w.send(minh, "day 1, last second")
		time.Sleep(time.Second)
		if _, err := w.Phone(lan).Text(t.Context(), line, "day 2, from lan"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(36 * time.Hour)
		w.send(lan, "day 3")
		synctest.Wait()

		all := []string{"day 3", "day 2, from lan", "day 1, last second", "day 1"}
		tests := []struct {
			name  string
			query url.Values
			want  []string
		}{
			{"everything, newest first", nil, all},
			{"To", url.Values{"To": {lan}}, []string{"day 3", "day 1"}},
			{"To the line: what came in", url.Values{"To": {line}}, []string{"day 2, from lan"}},
			{"From", url.Values{"From": {lan}}, []string{"day 2, from lan"}},
			{"DateSent is a day", url.Values{"DateSent": {"2000-01-01"}}, all[2:]},
			{"DateSent< includes the day", url.Values{"DateSent<": {"2000-01-01"}}, all[2:]},
			{"DateSent> includes the day", url.Values{"DateSent>": {"2000-01-02"}}, all[:2]},
			{"between two days", url.Values{"DateSent>": {"2000-01-02"}, "DateSent<": {"2000-01-02"}}, all[1:2]},
			{"DateSent> is an instant", url.Values{"DateSent>": {"2000-01-01T23:59:59Z"}}, all[:3]},
			{"DateSent> is an instant elsewhere", url.Values{"DateSent>": {"2000-01-02T07:00:00+07:00"}}, all[:2]},
			{"DateSent< is an instant", url.Values{"DateSent<": {"2000-01-01T23:59:58Z"}}, all[3:]},
			{"To and DateSent>", url.Values{"To": {lan}, "DateSent>": {"2000-01-03"}}, all[:1]},
			{"nothing", url.Values{"To": {clinic}}, []string{}},
		}
		for _, test := range tests {
			status, page, err := w.do(t.Context(), http.MethodGet, "Messages.json?"+test.query.Encode(), nil)
			if err != nil || status != http.StatusOK {
				t.Fatalf("%s: GET Messages.json = %d, %v", test.name, status, err)
			}
			if diff := cmp.Diff(test.want, listed(page)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	})
}

func TestList_MessageNotSentYetHasNoDate(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.Phone(minh) // nobody writes to it
		w.Inject(held(time.Hour))
		w.send(lan, "held")
		synctest.Wait()
		for query, want := range map[string]int{"": 1, "DateSent=2000-01-01": 0, "DateSent>=2000-01-01": 0, "DateSent<=2000-01-02": 0} {
			if _, page, _ := w.do(t.Context(), http.MethodGet, "Messages.json?"+query, nil); len(listed(page)) != want {
				t.Errorf("GET Messages.json?%s = %q, want %d messages", query, listed(page), want)
			}
		}
	})
}

func TestList_RefusesWhatItCannotRead(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		for _, query := range []string{
			"DateSent=yesterday", "PageSize=0", "PageSize=many", "Page=-1", "Page=x",
			"PageToken=P", "PageToken=PASM1", "PageToken=XX" + w.send(lan, "words"),
		} {
			status, v, err := w.do(t.Context(), http.MethodGet, "Messages.json?"+query, nil)
			if err != nil || status != http.StatusBadRequest || v["code"] != 20001.0 {
				t.Errorf("GET Messages.json?%s = %d %v, %v, want 400 with 20001", query, status, v, err)
			}
		}
	})
}

func TestList_PagesNeitherShiftNorRepeat(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		var sids []string
		for i := range 7 {
			sids = append(sids, w.send(lan, fmt.Sprint(i)))
		}
		w.send(minh, "filtered out")
		synctest.Wait()

		var got [][]string
		var previous []any
		path := "Messages.json?PageSize=3&To=" + url.QueryEscape(lan)
		for path != "" {
			status, page, err := w.do(t.Context(), http.MethodGet, path, nil)
			if err != nil || status != http.StatusOK {
				t.Fatalf("GET %s = %d, %v", path, status, err)
			}
			n := len(got)
			got = append(got, listed(page))
			previous = append(previous, page["previous_page_uri"])
			if page["page"] != float64(n) || page["page_size"] != 3.0 || page["start"] != float64(3*n) ||
				page["end"] != float64(3*n+len(got[n])-1) {
				t.Errorf("page %d says page %v, size %v, start %v, end %v", n, page["page"], page["page_size"], page["start"], page["end"])
			}
			path, _ = page["next_page_uri"].(string)
			// What arrives, and what is deleted, while pages are turned.
			w.send(lan, "late")
			if n == 0 {
				if status, _, err := w.do(t.Context(), http.MethodDelete, "Messages/"+sids[4]+".json", nil); status != 204 {
					t.Fatalf("DELETE = %d, %v", status, err)
				}
			}
			synctest.Wait()
		}
		want := [][]string{{"6", "5", "4"}, {"3", "2", "1"}, {"0"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
		if previous[0] != nil {
			t.Errorf("previous_page_uri of the first page = %v, want null", previous[0])
		}
		_, page, _ := w.do(t.Context(), http.MethodGet, previous[2].(string), nil)
		if diff := cmp.Diff(want[1], listed(page)); diff != "" {
			t.Errorf("page before the last (-want +got):\n%s", diff)
		}
		_, page, _ = w.do(t.Context(), http.MethodGet, page["first_page_uri"].(string), nil)
		if diff := cmp.Diff([]string{"late", "late", "late"}, listed(page)); diff != "" {
			t.Errorf("first page anew (-want +got):\n%s", diff)
		}
	})
}

func TestList_PageSizes(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		for range 51 {
			w.send(lan, "words")
		}
		synctest.Wait()
		for query, want := range map[string][2]int{
			"":              {50, 50},
			"PageSize=5000": {51, 1000},
			"Page=1":        {1, 50},
			"Page=2":        {0, 50},
		} {
			_, page, err := w.do(t.Context(), http.MethodGet, "Messages.json?"+query, nil)
			if err != nil || len(listed(page)) != want[0] || page["page_size"] != float64(want[1]) {
				t.Errorf("GET Messages.json?%s has %d messages, page_size %v, %v, want %v", query, len(listed(page)), page["page_size"], err, want)
			}
		}
	})
}
