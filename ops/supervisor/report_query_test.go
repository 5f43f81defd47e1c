package supervisor

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

func TestTimes_Periods(t *testing.T) {
	t.Parallel()
	w, _ := atDesk(t)
	b := w.open("mai", account.Reader, here1)
	for _, tt := range []struct {
		name, query string
		status      int
		want        []string
	}{
		{"four weeks if none is asked for", "", 200, []string{`name="from" value="2026-10-29" type="date"`, `name="to" value="2026-11-25" type="date"`, "Có 6 ca tới,"}},
		{"from a day until today", "from=2026-11-24", 200, []string{`name="to" value="2026-11-25"`, "Có 5 ca tới,"}},
		{"the weeks up to a day", "to=2026-11-23", 200, []string{`name="from" value="2026-10-27"`, "Có 1 ca tới,"}},
		{"a day to come", "from=2027-01-01", 200, []string{`name="to" value="2027-01-01"`, "Không có ca nào tới"}},
		{"as it is written here", "from=24%2F11%2F2026&to=5/12/2026", 200, []string{`name="from" value="2026-11-24" type="date"`, `name="to" value="2026-12-05" type="date"`, "Có 5 ca tới,"}},
		{"month before day", "from=11/24/2026", 400, []string{`value="11/24/2026" type="text"`, "như 24/11/2026"}},
		{"no date", "from=h%C3%B4m+qua&to=2026-11-24", 400, []string{`value="hôm qua" type="text" aria-invalid="true" aria-describedby="from-problem"`, "Không phải là ngày", `value="2026-11-24" type="date"`}},
		{"a day that is not", "from=2026-11-01&to=2026-11-31", 400, []string{`value="2026-11-31" type="text"`, "Không phải là ngày"}},
		{"a script", "from=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", 400, []string{`value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`}},
		{"backwards", "from=2026-11-24&to=2026-11-23", 400, []string{`value="2026-11-24"`, `value="2026-11-23"`, "Ngày cuối phải bằng hoặc sau ngày đầu"}},
		{"last week", "from=2026-11-16&to=2026-11-22", 200, []string{`to=2026-11-22" aria-current="true">Tuần trước`, "Không có ca nào tới"}},
	} {
		answer := b.get("/times?" + tt.query)
		body := answer.Body.String()
		if answer.Code != tt.status {
			t.Errorf("%s: GET /times?%s = %d, want %d", tt.name, tt.query, answer.Code, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page has no %q", tt.name, want)
			}
		}
		if strings.Contains(body, "<script>alert") {
			t.Errorf("%s: what was typed runs", tt.name)
		}
		if tt.status != 200 && strings.Contains(body, "<table") {
			t.Errorf("%s: there are figures of no period", tt.name)
		}
	}
}

// A line is measured by what its own file says: the other line's case was taken after an hour.
func TestTimes_TargetsOfTheLine(t *testing.T) {
	t.Parallel()
	w, _ := atDesk(t)
	b := w.open("mai", account.Supervisor, there)
	page := english(t, b, "/times?line=nghia-lo&"+theDay+"&measure=claim")
	got := map[string][2]string{}
	for _, row := range rows(t, page, "The measures over all cases") {
		got[row[0]] = [2]string{strings.TrimSuffix(row[5], " none"), row[len(row)-1]}
	}
	want := map[string][2]string{
		"Measure": {"Within target", "Target"}, "Danger: taken": {"–", "100 % within 5 min"}, "Calls: joined": {"–", "80 % within 30 s"},
		"Taken": {"0/1 (0 %) target missed", "75 % within 10 min"}, "First alert": {"–", "–"}, "Closed": {"–", "–"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("targets of a line that sets its own (-want +got):\n%s", diff)
	}
	if !strings.Contains(readable(page), "Target: 75 % within 10 min.") || !strings.Contains(page, `&#34;target&#34;:600,`) {
		t.Error("tables and charts of the groups do not have the line's own target")
	}
	file := b.get("/times.csv?line=nghia-lo&table=all&" + theDay).Body.String()
	for _, row := range []string{",danger_claim,", ",talk,", ",claim,"} {
		end := map[string]string{",danger_claim,": ",300.000,1.0000,0,0,", ",talk,": ",30.000,0.8000,0,0,", ",claim,": ",600.000,0.7500,1,0,0.0000"}[row]
		if !regexp.MustCompile(`(?m)` + row + `.*` + regexp.QuoteMeta(end) + `\r$`).MatchString(file) {
			t.Errorf("the file has no row %s… that ends in %s:\n%s", row, end, file)
		}
	}
}

// Sunday 22 November 2026 and the first of a month are where weeks and months are counted wrong.
func TestPresets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		today day
		want  map[string]string
	}{
		{day{2026, time.November, 22}, map[string]string{
			"times.this_week": "2026-11-16 2026-11-22", "times.last_week": "2026-11-09 2026-11-15", "times.this_month": "2026-11-01 2026-11-22",
			"times.last_month": "2026-10-01 2026-10-31", "times.four_weeks": "2026-10-26 2026-11-22",
		}},
		{day{2026, time.March, 1}, map[string]string{
			"times.this_week": "2026-02-23 2026-03-01", "times.last_week": "2026-02-16 2026-02-22", "times.this_month": "2026-03-01 2026-03-01",
			"times.last_month": "2026-02-01 2026-02-28", "times.four_weeks": "2026-02-02 2026-03-01",
		}},
		{day{2027, time.January, 4}, map[string]string{
			"times.this_week": "2027-01-04 2027-01-04", "times.last_week": "2026-12-28 2027-01-03", "times.this_month": "2027-01-01 2027-01-04",
			"times.last_month": "2026-12-01 2026-12-31", "times.four_weeks": "2026-12-08 2027-01-04",
		}},
	} {
		ask := asked{line: &routing.Line{ID: "ward"}}
		got := map[string]string{}
		for _, p := range ask.presets(tt.today) {
			u, err := url.Parse(p.Path)
			if err != nil {
				t.Fatal(err)
			}
			got[p.Key] = u.Query().Get("from") + " " + u.Query().Get("to")
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("presets on %s (-want +got):\n%s", tt.today, diff)
		}
	}
}

func TestReportPages_RefuseWhatNoPageAsksFor(t *testing.T) {
	t.Parallel()
	w, _ := atDesk(t)
	b := w.open("mai", account.Supervisor, here1)
	for _, tt := range []struct {
		path string
		want int
	}{
		{"/times?measure=speed", 400},
		{"/times?from=2026-11-24&from=2026-11-23", 400},
		{"/times?from=%ff", 400},
		{"/times?from=%zz", 400},
		{"/times?x=" + strings.Repeat("a", 2000), 414},
		{"/times?line=" + string(there), 404},
		{"/times?line=nowhere", 404},
		{"/times?line=//evil.example", 404},
		{"/roster?line=" + string(there), 404},
		{"/roster?line=a&line=b", 400},
		{"/roster?x=" + strings.Repeat("a", 2000), 414},
		{"/audit?line=" + string(there), 404},
		{"/audit?action=steal", 400},
		{"/audit?before=0;DROP", 400},
		{"/audit?before=" + strings.Repeat("9", 30) + "-0", 400},
		{"/audit?x=" + strings.Repeat("a", 2000), 414},
		{"/times.csv?line=" + string(there) + "&table=week", 404},
		{"/times.csv?table=passwords", 400},
		{"/times.csv?table=week&from=yesterday", 400},
	} {
		answer := b.get(tt.path)
		if answer.Code != tt.want {
			t.Errorf("GET %.60s = %d, want %d", tt.path, answer.Code, tt.want)
		}
		if answer.Header().Get("Location") != "" || strings.Contains(answer.Body.String(), "evil") {
			t.Errorf("GET %.60s leads elsewhere", tt.path)
		}
	}
	if strings.Contains(w.logged.String(), "page failed") {
		t.Errorf("what was refused stands in the log as a failure:\n%s", w.logged)
	}
}

func TestReportPages_WhoMay(t *testing.T) {
	t.Parallel()
	w, _ := atDesk(t)
	people := map[string]*browser{
		"supervisor": w.open("an", account.Supervisor, here1), "coordinator": w.open("binh", account.Coordinator, here1),
		"reader": w.open("dao", account.Reader, here1), "elsewhere": w.open("dung", account.Supervisor, there), "stranger": w.stranger(),
	}
	get, post := http.MethodGet, http.MethodPost
	for _, tt := range []struct {
		method, path string
		want         map[string]int
	}{
		{get, "/times?line=cam-thanh", map[string]int{"supervisor": 200, "coordinator": 200, "reader": 200, "elsewhere": 404, "stranger": 303}},
		{get, "/roster?line=cam-thanh", map[string]int{"supervisor": 200, "coordinator": 200, "reader": 200, "elsewhere": 404, "stranger": 303}},
		{get, "/times.csv?line=cam-thanh&table=week", map[string]int{"supervisor": 200, "coordinator": 403, "reader": 403, "elsewhere": 404, "stranger": 303}},
		{get, "/audit", map[string]int{"supervisor": 200, "coordinator": 403, "reader": 403, "elsewhere": 200, "stranger": 303}},
		{get, "/audit?line=cam-thanh", map[string]int{"supervisor": 200, "coordinator": 403, "reader": 403, "elsewhere": 404, "stranger": 303}},
		{post, "/audit/reasons", map[string]int{"supervisor": 200, "coordinator": 403, "reader": 403, "elsewhere": 404, "stranger": 401}},
		{post, "/audit/verify", map[string]int{"supervisor": 303, "coordinator": 403, "reader": 403, "elsewhere": 303, "stranger": 401}},
	} {
		for who, want := range tt.want {
			b := people[who]
			var answer *httptest.ResponseRecorder
			if tt.method == get {
				answer = b.get(tt.path)
			} else {
				answer = b.post(tt.path, url.Values{"line": {"cam-thanh"}})
			}
			if answer.Code != want {
				t.Errorf("%s %s as %s = %d, want %d", tt.method, tt.path, who, answer.Code, want)
			}
			if to := answer.Header().Get("Location"); who == "stranger" && want == 303 && !strings.HasPrefix(to, "/sign-in") {
				t.Errorf("%s %s as a stranger leads to %q, want the sign-in", tt.method, tt.path, to)
			}
		}
	}
	for who, want := range map[string]bool{"supervisor": true, "coordinator": false, "reader": false} {
		page := people[who].page("/times?line=cam-thanh")
		if got := strings.Contains(page, `href="/audit"`); got != want {
			t.Errorf("navigation of a %s leads to the access log: %v, want %v", who, got, want)
		}
		if got := strings.Contains(page, "/times.csv"); got != want {
			t.Errorf("page of a %s offers files: %v, want %v", who, got, want)
		}
	}
}
