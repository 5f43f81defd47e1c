package supervisor

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tincay/hotline/ops/account"
)

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.text(here1, victim, danger), w.text(there, victim, danger)
	who := map[string]*browser{
		"nobody":      w.stranger(),
		"reader":      w.open("doc", account.Reader, here1),
		"coordinator": w.open("dieuphoi", account.Coordinator, here1),
		"supervisor":  w.open("giamsat", account.Supervisor, here1),
	}
	reason := url.Values{"reason": {"đang gọi 113 thay"}}
	order := func(with url.Values) url.Values {
		with.Set("token", strings.Repeat("A", 26))
		return with
	}
	const allow, deny, hide, door, out = http.StatusOK, http.StatusForbidden, http.StatusNotFound, http.StatusSeeOther, http.StatusUnauthorized
	tests := []struct {
		name, path string
		form       url.Values // nil: GET
		// of nobody, reader, coordinator, supervisor
		want [4]int
	}{
		{"the board", "/", nil, [4]int{door, allow, allow, allow}},
		{"its fragment", "/now/fragment", nil, [4]int{out, allow, allow, allow}},
		{"find", "/find?code=" + string(mine.Code), nil, [4]int{door, allow, allow, allow}},
		{"a case", casePath(mine), nil, [4]int{door, allow, allow, allow}},
		{"its fragment", casePath(mine) + "/fragment", nil, [4]int{out, allow, allow, allow}},
		{"its words", casePath(mine) + "/words", reason, [4]int{out, deny, allow, allow}},
		{"a note", casePath(mine) + "/orders/note", order(url.Values{"words": {"x"}}), [4]int{out, deny, door, door}},
		{"an alert", casePath(mine) + "/orders/alert", order(url.Values{"contact": {"van-phong"}}), [4]int{out, deny, door, door}},
		{"another line's case", casePath(theirs), nil, [4]int{door, hide, hide, hide}},
		{"its fragment", casePath(theirs) + "/fragment", nil, [4]int{out, hide, hide, hide}},
		{"its words", casePath(theirs) + "/words", reason, [4]int{out, hide, hide, hide}},
		{"an order in it", casePath(theirs) + "/orders/note", order(url.Values{"words": {"x"}}), [4]int{out, hide, hide, hide}},
		{"a case of no line", "/case/nowhere/" + string(mine.ID), nil, [4]int{door, hide, hide, hide}},
		{"no case", "/case/cam-thanh/" + strings.Repeat("a", 16), nil, [4]int{door, hide, hide, hide}},
		{"the other line's case under this line", "/case/cam-thanh/" + string(theirs.ID[:15]) + "2", nil, [4]int{door, hide, hide, hide}},
		{"not an id", "/case/cam-thanh/..%2f..", nil, [4]int{door, hide, hide, hide}},
		{"no such order", casePath(mine) + "/orders/erase", order(url.Values{}), [4]int{out, hide, hide, hide}},
		{"no such page", "/admin", nil, [4]int{hide, hide, hide, hide}},
	}
	for i, name := range []string{"nobody", "reader", "coordinator", "supervisor"} {
		for _, tt := range tests {
			var got *httptest.ResponseRecorder
			if tt.form == nil {
				got = who[name].get(tt.path)
			} else {
				got = who[name].post(tt.path, tt.form)
			}
			if got.Code != tt.want[i] {
				t.Errorf("%s: %s (%s) = %d, want %d", name, tt.name, tt.path, got.Code, tt.want[i])
			}
			if got.Code != allow && strings.Contains(got.Body.String(), string(theirs.Code)+"<") {
				t.Errorf("%s: the refusal of %s names a case", name, tt.name)
			}
		}
	}
	// Whether a case exists on another line cannot be told from the answer.
	unknown := who["supervisor"].get("/case/nghia-lo/" + strings.Repeat("a", 16)).Body.String()
	if known := who["supervisor"].get(casePath(theirs)).Body.String(); dated(strings.ReplaceAll(known, string(theirs.ID), strings.Repeat("a", 16))) != dated(unknown) {
		t.Errorf("the answer for another line's case differs from that for none:\n%s\n%s", known, unknown)
	}
}

func dated(page string) string {
	before, after, _ := strings.Cut(page, `data-now="`)
	_, after, _ = strings.Cut(after, `"`)
	return before + after
}

func TestSession_EndsForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ends := map[string]func(*browser, string){
		"sign out": func(b *browser, _ string) { b.post("/sign-out", nil) },
		"leave":    func(b *browser, _ string) { b.post("/leave", nil) },
		"disabled": func(_ *browser, name string) {
			if _, err := w.accounts.Disable(t.Context(), "test", name); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		login := strings.ReplaceAll(name, " ", "-")
		b := w.open(login, account.Supervisor, here1)
		kept := &browser{w: w, cookies: map[string]string{account.SessionCookie: b.cookies[account.SessionCookie]}}
		if got := kept.get("/"); got.Code != http.StatusOK {
			t.Fatalf("%s: before it GET / = %d, want 200", name, got.Code)
		}
		end(b, login)
		if got := kept.get("/"); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/sign-in" {
			t.Errorf("%s: GET / with the old cookie = %d to %q, want the sign-in page", name, got.Code, got.Header().Get("Location"))
		}
		if got := kept.get("/now/fragment"); got.Code != http.StatusUnauthorized {
			t.Errorf("%s: the fragment with the old cookie = %d, want 401", name, got.Code)
		}
	}
}

func TestSignIn_Refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open("mai", account.Supervisor, here1)
	bodies := map[string]bool{}
	for name, form := range map[string]url.Values{
		"wrong password": {"login": {"mai"}, "password": {"wrong"}, "code": {"123456"}},
		"unknown name":   {"login": {"mai"}, "password": {"wrong"}, "code": {"000000"}},
	} {
		b := w.stranger()
		got := b.post("/sign-in", form)
		if got.Code != http.StatusForbidden && got.Code != http.StatusTooManyRequests {
			t.Errorf("%s = %d, want 403 or 429", name, got.Code)
		}
		if strings.Contains(got.Body.String(), "wrong") {
			t.Errorf("%s: the page repeats the password", name)
		}
		bodies[dated(got.Body.String())] = true
		if got := b.get("/"); got.Code != http.StatusSeeOther {
			t.Errorf("%s: GET / afterwards = %d, want 303", name, got.Code)
		}
	}
	long := url.Values{"login": {strings.Repeat("a", maxLogin+1)}, "password": {"x"}, "code": {"1"}}
	if got := w.stranger().post("/sign-in", long); got.Code != http.StatusBadRequest {
		t.Errorf("a login of %d letters = %d, want 400", maxLogin+1, got.Code)
	}
}

func TestRedirects_StayHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open("mai", account.Supervisor, here1)
	for next, want := range map[string]string{
		"/":                                 "/",
		"/find":                             "/find",
		"/case/cam-thanh/abcdefghij234567":  "/case/cam-thanh/abcdefghij234567",
		"//evil.example":                    "/",
		"https://evil.example/":             "/",
		`/\evil.example`:                    "/",
		"/case/cam-thanh/../../evil":        "/",
		"/find\r\nSet-Cookie: a=b":          "/",
		"/case/cam-thanh/abcdefghij234567?": "/",
		"/times?line=cam-thanh&from=2026-11-01&to=2026-11-24": "/times?line=cam-thanh&from=2026-11-01&to=2026-11-24",
		"/audit?before=1764000000000-0&line=cam-thanh":        "/audit?before=1764000000000-0&line=cam-thanh",
		"/times?next=//evil.example":                          "/",
		"/times#//evil.example":                               "/",
		"/times.csv?table=all":                                "/",
		"/?a=b":                                               "/",
		"javascript:alert(1)":                                 "/",
	} {
		got := b.get("/sign-in?next=" + url.QueryEscape(next))
		if got.Code != http.StatusSeeOther || got.Header().Get("Location") != want {
			t.Errorf("sign-in with next %q = %d to %q, want 303 to %q", next, got.Code, got.Header().Get("Location"), want)
		}
		got = b.post("/language", url.Values{"language": {"vi"}, "next": {next}})
		if got.Code != http.StatusSeeOther || got.Header().Get("Location") != want {
			t.Errorf("language with next %q = %d to %q, want 303 to %q", next, got.Code, got.Header().Get("Location"), want)
		}
	}
	if got := w.stranger().get(`/case/cam-thanh/abcdefghij234567`); got.Header().Get("Location") != "/sign-in?next="+url.QueryEscape("/case/cam-thanh/abcdefghij234567") {
		t.Errorf("a case without a session leads to %q", got.Header().Get("Location"))
	}
}

// Who reads a page in another language goes on reading the same line and period.
func TestLanguage_KeepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open("mai", account.Supervisor, here1, there)
	for _, path := range []string{"/times?line=nghia-lo&from=2026-11-01&to=2026-11-07", "/roster?line=nghia-lo", "/audit?line=nghia-lo&action=note", "/find?code=K7", "/"} {
		if page := b.page(path); !strings.Contains(page, `name="next" value="`+html.EscapeString(path)+`"`) {
			t.Errorf("GET %s does not lead back to itself", path)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	b := newWorld(t).open("mai", account.Supervisor, here1)
	for _, tt := range []struct{ method, path, allow string }{
		{http.MethodDelete, "/", "GET, HEAD"},
		{http.MethodPut, "/times", "GET, HEAD"},
		{http.MethodGet, "/sign-out", "POST"},
		{http.MethodPatch, "/sign-in", "GET, HEAD, POST"},
		{http.MethodGet, "/case/cam-thanh/abcdefghij234567/words", "POST"},
	} {
		got := b.do(httptest.NewRequest(tt.method, tt.path, nil))
		if got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != tt.allow {
			t.Errorf("%s %s = %d, Allow %q, want 405 and %q", tt.method, tt.path, got.Code, got.Header().Get("Allow"), tt.allow)
		}
	}
	if got := b.do(httptest.NewRequest(http.MethodDelete, "/nothing", nil)); got.Code != http.StatusNotFound {
		t.Errorf("DELETE of what there is not = %d, want 404", got.Code)
	}
}

// Who follows an old address is still told where everything is, and a stranger nothing.
func TestPages_NotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mai, nobody := w.open("mai", account.Supervisor, here1), w.stranger()
	for who, b := range map[string]*browser{"mai": mai, "nobody": nobody} {
		got := b.get("/nothing")
		if nav := strings.Contains(got.Body.String(), `href="/times`); got.Code != http.StatusNotFound || nav != (who == "mai") {
			t.Errorf("GET /nothing by %s = %d, with the way to the pages: %v", who, got.Code, nav)
		}
	}
}

// Without storage a page says so in words, in the title too, and asks again by itself; what was to be done was not.
func TestPages_WithoutStorage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("mai", account.Supervisor, here1)
	w.redis.SetError("LOADING")
	for _, path := range []string{"/", casePath(c), "/find", "/times", "/roster", "/audit"} {
		got := b.get(path)
		page := got.Body.String()
		if got.Code != http.StatusServiceUnavailable || !strings.Contains(page, `<meta http-equiv="refresh" content="5">`) ||
			!strings.Contains(page, "<title>(!) ") || !strings.Contains(page, "không biết ai đang chờ") || got.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("GET %s without storage = %d, want 503 and a page that says so and asks again:\n%s", path, got.Code, page)
		}
	}
	if got := b.get("/now/fragment"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("the fragment without storage = %d, want 503", got.Code)
	}
	got := b.post(casePath(c)+"/orders/note", url.Values{"token": {strings.Repeat("A", 26)}, "words": {"x"}})
	if page := got.Body.String(); got.Code != http.StatusServiceUnavailable || strings.Contains(page, "refresh") || !strings.Contains(page, "chưa làm được") {
		t.Errorf("an order without storage = %d, want 503 and that nothing was done:\n%s", got.Code, page)
	}
	w.redis.SetError("")
	if page := b.page("/"); !strings.Contains(page, casePath(c)) {
		t.Error("with storage again the board does not show the case")
	}
}

func TestCrossOrigin_ChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("giamsat", account.Supervisor, here1)
	version := w.caseNow(c).Version
	for name, header := range map[string][2]string{
		"fetched across sites": {"Sec-Fetch-Site", "cross-site"},
		"from a sister site":   {"Sec-Fetch-Site", "same-site"},
		"from another origin":  {"Origin", "https://evil.example"},
	} {
		for _, path := range []string{casePath(c) + "/orders/clear", casePath(c) + "/words", "/sign-out", "/leave", "/language", "/sign-in", "/stay"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("token="+strings.Repeat("A", 26)+"&reason=x"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header[0], header[1])
			if got := b.do(r); got.Code != http.StatusForbidden {
				t.Errorf("%s: POST %s = %d, want 403", name, path, got.Code)
			}
		}
	}
	if got := b.get("/"); got.Code != http.StatusOK || w.caseNow(c).Version != version {
		t.Errorf("after requests of other sites GET / = %d and the case has changed: %v", got.Code, w.caseNow(c).Version != version)
	}
}

func TestHeaders_OnEveryAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open("mai", account.Reader, here1)
	for _, path := range []string{"/", "/sign-in", "/leave", "/nothing", "/static/nothing.js", "/find", "/now/fragment"} {
		h := b.get(path).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("GET %s has %s %q, want %q", path, name, got, want)
			}
		}
	}
	// What a proxy or a browser claims about who they are is not believed.
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("X-HTTP-Method-Override", "DELETE")
	if got := b.do(r); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "evil.example") {
		t.Errorf("a request with a made-up host = %d and repeats it: %v", got.Code, strings.Contains(got.Body.String(), "evil.example"))
	}
}

// Leaving blanks the page and has the browser forget the session even when what keeps sessions is away, and
// nobody can be signed out by a link on another site.
func TestLeave_WorksWithoutStorage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open("mai", account.Supervisor, here1)
	session := b.cookies[account.SessionCookie]
	elsewhere := httptest.NewRequest(http.MethodGet, "/leave", nil)
	elsewhere.Header.Set("Sec-Fetch-Site", "cross-site")
	if b.do(elsewhere); b.cookies[account.SessionCookie] != session {
		t.Error("a link on another site makes the browser forget the session")
	}
	w.redis.SetError("LOADING")
	r := httptest.NewRequest(http.MethodGet, "/leave", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if got := b.do(r); got.Code != http.StatusOK || b.cookies[account.SessionCookie] != "" {
		t.Errorf("GET /leave without storage = %d, and the session is kept: %v", got.Code, b.cookies[account.SessionCookie] != "")
	}
}
