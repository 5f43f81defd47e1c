package supervisor

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
)

// Files are recorded first, and none goes out that was not.
func TestTimesCSV(t *testing.T) {
	t.Parallel()
	w, _ := atDesk(t)
	b := w.open("an", account.Supervisor, here1)
	read := func(table string) [][]string {
		t.Helper()
		answer := b.get("/times.csv?line=cam-thanh&table=" + table + "&" + theDay)
		if answer.Code != 200 || answer.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Fatalf("GET %s = %d %s, want a file", table, answer.Code, answer.Header().Get("Content-Type"))
		}
		if got, want := answer.Header().Get("Content-Disposition"), `attachment; filename=hotline-cam-thanh-2026-11-24-2026-11-24-`+table+`.csv`; got != want {
			t.Errorf("%s is %q, want %q", table, got, want)
		}
		list, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(answer.Body.String(), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatalf("%s is no CSV: %v", table, err)
		}
		for _, row := range list {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("%s: a spreadsheet would run %q", table, cell)
				}
			}
		}
		return list
	}
	tables := []string{"all", "week", "hour", "urgency", "channel", "step", "funnel", "outcomes", "alerts", "waits", "cases"}
	page := b.page("/times?line=cam-thanh&" + theDay)
	for _, table := range tables {
		read(table)
		if !strings.Contains(page, "&amp;table="+table+"&amp;to=") {
			t.Errorf("the page does not offer the table %s", table)
		}
	}
	// The head in two languages, then five measures of all cases and of each of three steps.
	if got := len(read("step")); got != 2+5+3*5 {
		t.Errorf("the file by step has %d lines, want 22", got)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, column(read("cases")[2:], 0)); diff != "" {
		t.Errorf("cases in the file (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{
		{"outcome", "closed_by", "cases"}, {"kết quả", "đóng bởi", "số ca"}, {"helped", "closed_by_supervisor", "0"}, {"referred", "closed_by_supervisor", "0"},
		{"no_contact", "closed_by_supervisor", "0"}, {"withdrawn", "closed_by_supervisor", "0"}, {"mistake", "closed_by_supervisor", "1"},
		{"", "closed_by_helper", "1"}, {"", "closed_by_supervisor", "0"}, {"", `'=HYPERLINK("http://evil")`, "1"},
	}, read("outcomes")); diff != "" {
		t.Errorf("outcomes in the file (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"5", "1", "3", "2", "3", "2", "1", "1", "1"}, column(read("funnel")[2:], 1)); diff != "" {
		t.Errorf("stages in the file (-want +got):\n%s", diff)
	}
	records := w.audited()
	if got := records[0]; got.Actor != "an" || got.Action != audit.Export || got.Line != "cam-thanh" || got.Detail != "response_times/funnel 2026-11-24 2026-11-24" {
		t.Errorf("recorded %+v, want the export", got.Entry)
	}
	if got := len(slices.DeleteFunc(records, func(r audit.Record) bool { return r.Action != audit.Export })); got != len(tables)+4 {
		t.Errorf("%d exports are recorded, want %d", got, len(tables)+4)
	}

	other := httptest.NewRequest(http.MethodGet, "/times.csv?line=cam-thanh&table=week", nil)
	other.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := b.do(other).Code; got != 403 {
		t.Errorf("a file that another site asks for = %d, want 403", got)
	}
	w.refuse = errDown
	answer := b.get("/times.csv?line=cam-thanh&table=week&" + theDay)
	if answer.Code != 503 || strings.Contains(answer.Body.String(), "median_s") {
		t.Errorf("a file that cannot be recorded = %d, want 503 and no figure", answer.Code)
	}
}

// slow is a browser behind a slow network: it says until when a write may take.
type slow struct {
	*httptest.ResponseRecorder
	until []time.Time
}

func (s *slow) SetWriteDeadline(t time.Time) error {
	s.until = append(s.until, t)
	return nil
}

// A file may take longer than the server lets an answer take, as long as it is being read.
func TestTimesCSV_IsNotCutOffWhileItIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{ResponseRecorder: httptest.NewRecorder()}
		out := &patient{s, http.NewResponseController(s)}
		for range 3 {
			if _, err := out.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if got := time.Until(s.until[len(s.until)-1]); got != writeTimeout {
				t.Errorf("a write may take %v, want %v", got, writeTimeout)
			}
			time.Sleep(writeTimeout - time.Second)
		}
		if got := s.Body.String(); got != "xxx" {
			t.Errorf("wrote %q, want xxx", got)
		}
		w := newWorld(t)
		b := w.open("an", account.Supervisor, here1)
		r := httptest.NewRequest(http.MethodGet, "/times.csv?table=cases", nil)
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		s = &slow{ResponseRecorder: httptest.NewRecorder()}
		if w.board.Handler().ServeHTTP(s, r); s.Code != http.StatusOK || len(s.until) == 0 {
			t.Errorf("a file = %d, written with %d limits; want 200 and at least one", s.Code, len(s.until))
		}
	})
}

func column(list [][]string, i int) []string {
	var cells []string
	for _, row := range list {
		cells = append(cells, row[i])
	}
	return cells
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{"": "", "5": "5", "=1+1": "'=1+1", "+84": "'+84", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "＝1": "'＝1", "a=b": "a=b"} {
		if got := harmless(cell); got != want {
			t.Errorf("harmless(%q) = %q, want %q", cell, got, want)
		}
	}
}
