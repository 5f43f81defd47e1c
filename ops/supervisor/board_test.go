package supervisor

import (
	"cmp"
	"crypto/rand"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

const (
	victim = "+84935111222"
	other  = "+84935111333"
	danger = "Chồng em cầm dao đang đập cửa, cứu em với, tổ 1 <script>alert(2)</script>"
)

// dated takes the time out of a page.

func TestNow_ShowsWhoWaitsAndNothingPersonal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, hers := w.text(here1, victim, danger), w.text(there, other, danger)
	b := w.open("doc", account.Reader, here1)
	page := b.page("/")
	got := readable(page)
	for _, want := range []string{string(c.Code), "nguy hiểm", "Cần công an · Tổ <b>1</b> · tới bằng tin nhắn", "đang báo", "Bước 1 trên 2", "Nguyễn Thị Lan", "chờ trả lời", "Bước 2: báo giám sát", "công an không có ai", "(1) đang chờ"} {
		if !strings.Contains(got, want) {
			t.Errorf("the board does not say %q:\n%s", want, got)
		}
	}
	for _, no := range []string{victim, victim[3:], "935111", "0935", "905000", "Chồng em", "dao", "<script>alert", "<b>1</b>", "nghia-lo", string(hers.ID)} {
		if strings.Contains(page, no) {
			t.Errorf("the board holds %q", no)
		}
	}
	if !strings.Contains(page, `http-equiv="refresh"`) {
		t.Error("the board does not reload itself without JavaScript")
	}
}

func TestNow_AnUnansweredCaseCannotBeOverlooked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("doc", account.Reader, here1)
	if page := b.page("/"); strings.Contains(page, `class="alarms"`) {
		t.Error("a case that has just come is shown as unanswered")
	}
	for range 2 {
		w.redis.SetTime(time.Now().Add(10 * time.Minute))
		if _, err := w.service.Handle(t.Context(), here1, routing.DeadlineReached{Case: c.ID}); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.caseNow(c); !got.Unanswered {
		t.Fatalf("case after a round = %+v, want it unanswered", got)
	}
	w.board.forget(here1)
	page := b.page("/")
	for _, want := range []string{`class="alarms"`, "<title>(!) 1 chưa ai nhận", `data-alarm="1"`, `data-spoken="1 ca chưa ai nhận: ` + string(c.Code)} {
		if !strings.Contains(page, want) {
			t.Errorf("the board of an unanswered case lacks %q", want)
		}
	}
}

// Many unanswered cases are all there, but leave room for the rest of the page.
func TestNow_ManyAlarmsAreFolded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ alarms, first, rest int }{{1, 1, 0}, {6, 6, 0}, {7, 7, 0}, {8, 6, 2}, {40, 6, 34}} {
		v := nowView{Alarms: make([]caseCard, tt.alarms)}
		if len(v.First()) != tt.first || len(v.Rest()) != tt.rest {
			t.Errorf("of %d alarms %d are shown and %d folded, want %d and %d", tt.alarms, len(v.First()), len(v.Rest()), tt.first, tt.rest)
		}
	}
	w := newWorld(t)
	var cases []*routing.Case
	for n := range 8 {
		cases = append(cases, w.text(here1, "+8493511122"+strconv.Itoa(n), danger))
	}
	w.board.o.Now = func() time.Time { return time.Now().Add(10 * time.Minute) } // longer than danger may wait
	page := w.open("doc", account.Reader, here1).page("/now/fragment")
	alarms, _, _ := strings.Cut(page, `data-key="counts"`)
	shown, folded, _ := strings.Cut(alarms, "<details>")
	for _, want := range []string{"Chưa ai nhận: 8 ca", "Còn 2 ca nữa chưa ai nhận"} {
		if !strings.Contains(alarms, want) {
			t.Errorf("the alarms do not say %q:\n%s", want, readable(alarms))
		}
	}
	if a, b := strings.Count(shown, "<li>"), strings.Count(folded, "<li>"); a != 6 || b != 2 {
		t.Errorf("%d alarms are shown and %d folded, want 6 and 2", a, b)
	}
	for _, c := range cases {
		if strings.Count(alarms, casePath(c)) != 1 {
			t.Errorf("the alarms lead to case %s %d times, want once", c.Code, strings.Count(alarms, casePath(c)))
		}
	}
}

// A token of the browser's own must not be able to pass for another event.

func TestAssets_AreKeptForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := w.stranger().page("/sign-in")
	_, rest, ok := strings.Cut(page, `href="/static/board.`)
	name, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal("the page has no style sheet")
	}
	got := w.stranger().get("/static/board." + name)
	if got.Code != http.StatusOK || !strings.Contains(got.Header().Get("Cache-Control"), "immutable") || got.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("style sheet = %d with %v", got.Code, got.Header())
	}
	if strings.Contains(page, "<script>") || strings.Contains(page, " style=") || strings.Contains(page, "onclick") {
		t.Error("the page holds scripts or styles that its own policy forbids")
	}
}

func TestFind_ClosedCasesOfThirtyDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, closed, hers := w.text(here1, victim, danger), w.text(here1, other, danger), w.text(there, other, danger)
	for _, c := range []*routing.Case{closed, hers} {
		if _, err := w.service.Handle(t.Context(), c.Line, routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Why: contacts.Conceal("x"), Outcome: routing.OutcomeHelped}); err != nil {
			t.Fatal(err)
		}
		if err := w.board.found.follow(t.Context(), c.Line); err != nil {
			t.Fatal(err)
		}
	}
	b := w.open("doc", account.Reader, here1)
	tests := []struct {
		name, code string
		want       *routing.Case
	}{
		{"open", string(open.Code), open}, {"closed", strings.ToLower(string(closed.Code)), closed}, {"all closed", "", closed},
	}
	for _, tt := range tests {
		page := b.page("/find?code=" + tt.code)
		if !strings.Contains(page, casePath(tt.want)) {
			t.Errorf("find %s does not lead to %s", tt.name, casePath(tt.want))
		}
		if strings.Contains(page, string(hers.ID)) {
			t.Errorf("find %s leads to another line's case", tt.name)
		}
	}
	if page := readable(b.page("/find")); !strings.Contains(page, "đã đóng: đã được giúp") {
		t.Errorf("the list of closed cases does not say how urgent they were and how they ended: %s", page)
	}
	if page := b.page("/find?code=" + url.QueryEscape(`"><script>`)); strings.Contains(page, "<script>") {
		t.Error("what was looked for stands in the page as a script")
	}
	// Opened again, it is not a closed case any more.
	if _, err := w.service.Handle(t.Context(), here1, routing.ReopenOrdered{Order: routing.Order{Token: "desk-x", Case: closed.ID}}); err != nil {
		t.Fatal(err)
	}
	if err := w.board.found.follow(t.Context(), here1); err != nil {
		t.Fatal(err)
	}
	if found, _ := w.board.found.closed(here1, ""); len(found) != 0 {
		t.Errorf("closed() = %v after the case was opened again, want none", found)
	}
}

func TestPages_InEveryLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("giamsat", account.Supervisor, here1, there)
	for _, language := range texts.Languages() {
		b.post("/language", url.Values{"language": {string(language)}, "next": {"/"}})
		for _, path := range []string{"/", casePath(c), "/find", "/find?code=K7", "/sign-in?why=idle", "/nothing"} {
			got := b.get(path)
			if got.Code >= 500 {
				t.Errorf("%s: GET %s = %d; log:\n%s", language, path, got.Code, w.logged)
			}
			if body := got.Body.String(); body != "" && got.Code != http.StatusSeeOther && !strings.Contains(body, `<html lang="`+string(language)+`">`) {
				t.Errorf("GET %s is not in %s", path, language)
			}
		}
	}
	if got := b.post("/language", url.Values{"language": {"fr"}}); got.Code != http.StatusBadRequest {
		t.Errorf("a language that is not there = %d, want 400", got.Code)
	}
}

// Whoever is signed in sees as whom; what belongs to the account is folded away, the language for everybody else is not.
func TestPages_SayWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const signOut, language = `action="/sign-out"`, `action="/language"`
	page := w.open("mai", account.Reader, here1).page("/")
	_, menu, _ := strings.Cut(page, `<details class="account"><summary aria-label="Đang dùng: mai"><span>mai</span></summary>`)
	if menu, _, _ = strings.Cut(menu, "</details>"); !strings.Contains(menu, signOut) || !strings.Contains(menu, language) {
		t.Errorf("the account's menu is %q, want to sign out and the other language", menu)
	}
	if page := w.stranger().page("/sign-in"); strings.Contains(page, "<details") || strings.Contains(page, signOut) || !strings.Contains(page, language) {
		t.Error("who is not signed in is to find the other language at once, and nothing of an account")
	}
}

func TestNew_NeedsEverything(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}); err == nil {
		t.Error("New() without options = nil, want an error")
	}
}

// Without JavaScript the first page loads itself every few seconds. That is no sign of life.
func TestNow_LoadingItselfDoesNotKeepASessionAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		b := w.open("mai", account.Reader, here1)
		found := regexp.MustCompile(`http-equiv="refresh" content="(\d+)(?:; url=([^"]+))?"`).FindStringSubmatch(b.page("/"))
		if found == nil {
			t.Fatal("the page does not load itself without JavaScript")
		}
		path := cmp.Or(html.UnescapeString(found[2]), "/")
		time.Sleep(account.IdleTimeout / 2)
		if got := b.get(path); got.Code != http.StatusOK {
			t.Fatalf("GET %s = %d, want 200", path, got.Code)
		}
		time.Sleep(account.IdleTimeout/2 + time.Second)
		if got := b.get(path); got.Code != http.StatusSeeOther || !strings.HasPrefix(got.Header().Get("Location"), "/sign-in") {
			t.Errorf("GET %s when nobody was there for long = %d to %q, want 303 to sign in", path, got.Code, got.Header().Get("Location"))
		}
	})
}

// The form takes every password that an account can be given.
func TestSignIn_TheLongestPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var long strings.Builder
	for long.Len() < password.MaxBytes {
		long.WriteString(rand.Text())
	}
	// A password must not contain the login; this one cannot.
	secret := long.String()[:password.MaxBytes]
	_, enrolment, err := w.accounts.Add(t.Context(), "test", account.New{
		Name: "thanh.mai", Role: account.Reader, Lines: account.Lines{IDs: []contacts.LineID{here1}}, Password: contacts.Conceal(secret),
	})
	if err != nil {
		t.Fatalf("Add() = %v, want an account", err)
	}
	w.enrolled["thanh.mai"] = enrolment
	if got := w.stranger().signIn("thanh.mai", secret, w.code("thanh.mai")); got.Code != http.StatusSeeOther {
		t.Errorf("sign in with the longest password = %d, want 303", got.Code)
	}
}
