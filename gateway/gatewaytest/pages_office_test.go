package gatewaytest_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/supervisor"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// Accounts of the office in the busy and the quiet ward.
const (
	seesAll    = "mai"        // supervisor of both lines
	seesBusy   = "quoc.binh"  // supervisor of the busy line
	seesQuiet  = "thanh.thuy" // coordinator of the quiet line
	seesLittle = "an"         // reads the busy line
)

// pagesOffice is the board over a world with history, and who has signed in.
type pagesOffice struct {
	browser context.Context
	axe     string // source of axe-core
	url     string
	cookies map[string]string // session by account
	open    string            // path of the case in which most has happened
	waits   string            // of one that nobody has taken
	closed  string            // of one that is over
	code    string            // of the first
}

func newPagesOffice(t *testing.T) *pagesOffice {
	t.Helper()
	axe, err := os.ReadFile(tool(t, "axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	browser := newBrowser(t, 8*time.Minute)
	w, g, closed := pagesWorld(t)
	t.Cleanup(func() {
		for _, line := range w.Logs.Lines(`"ERROR"`) {
			t.Errorf("a page failed: %s", line)
		}
	})
	o := &pagesOffice{browser: browser, axe: string(axe), cookies: map[string]string{}, closed: "/case/" + string(busyLine) + "/" + string(closed)}
	var accounts *account.Accounts
	o.url, accounts = serveBoard(t, w, g)
	for _, n := range []account.New{
		{Name: seesAll, Role: account.Supervisor, Lines: account.Lines{All: true}},
		{Name: seesBusy, Role: account.Supervisor, Lines: account.Lines{IDs: []contacts.LineID{busyLine}}},
		{Name: seesQuiet, Role: account.Coordinator, Lines: account.Lines{IDs: []contacts.LineID{quietLine}}},
		{Name: seesLittle, Role: account.Reader, Lines: account.Lines{IDs: []contacts.LineID{busyLine}}},
	} {
		o.signIn(t, n.Name, addUser(t, accounts, n)())
	}
	shards, err := contactstore.CheckShards(t.Context(), w.Redis, 0)
	if err != nil {
		t.Fatal(err)
	}
	open, err := supervisor.NewReader(store.New(w.Redis, shards, w.Keyset), shards).OpenCases(t.Context(), busyLine)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range open {
		path := "/case/" + string(c.Line) + "/" + string(c.ID)
		switch {
		case c.Said > 5:
			o.open, o.code = path, string(c.Code)
		case c.Unanswered && c.State == routing.Alerting:
			o.waits = path
		}
	}
	if o.open == "" || o.waits == "" || len(open) < 25 {
		t.Fatalf("the made-up ward has %d open cases, want some 30, with one in which much was said (%q) and one unanswered (%q)", len(open), o.open, o.waits)
	}
	o.wait(t)
	return o
}

func (o *pagesOffice) signIn(t *testing.T, name, code string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(o.url+"/sign-in", url.Values{"login": {name}, "password": {deskPassword}, "code": {code}})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Name == account.SessionCookie {
			o.cookies[name] = c.Value
		}
	}
	if o.cookies[name] == "" {
		t.Fatalf("sign in as %s = %s, want a session", name, answer.Status)
	}
}

// wait waits until the board has read the journal from its beginning, as it does after it was started.
func (o *pagesOffice) wait(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 400 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.url+"/times", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: account.SessionCookie, Value: o.cookies[seesBusy]})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
		<-tick.C
	}
	t.Fatal("the board has not read its journal after 20 s")
}

// view is a page in a state that people meet.
type view struct {
	name string
	as   string // whose session; empty: nobody has signed in
	path string
	do   func(d *desk) // what to do on it; nil: nothing
}

// views lists every page, in every state that looks different.
func (o *pagesOffice) views() []view {
	month := "?from=" + time.Now().AddDate(0, 0, -27).Format(time.DateOnly) + "&to=" + time.Now().Format(time.DateOnly) + "&measure=claim"
	unfold := func(d *desk) { d.eval(`document.querySelectorAll("main details").forEach((d) => { d.open = true })`) }
	// A chart is drawn when a reader comes near it.
	draw := func(d *desk) {
		d.eval(`(async () => { for (const c of document.querySelectorAll(".chart")) { c.scrollIntoView(); await new Promise(requestAnimationFrame); } scrollTo(0, 0) })()`)
		d.sees("every chart", `document.querySelectorAll(".chart").length > 2 && document.querySelectorAll(".chart:empty").length === 0`, 10*time.Second)
	}
	return []view{
		{"sign-in", "", "/sign-in", nil},
		{"sign-in-refused", "", "/sign-in", func(d *desk) {
			d.do("sign in with a wrong password", chromedp.SendKeys(chromedp.CSS("input[name=login]"), "somebody"),
				chromedp.SendKeys(chromedp.CSS("input[name=password]"), "wrong"), chromedp.SendKeys(chromedp.CSS("input[name=code]"), "000000"),
				chromedp.Click(chromedp.CSS("main button")), chromedp.WaitVisible(chromedp.CSS("#failed")))
		}},
		{"sign-in-idle", "", "/sign-in?why=idle", nil},
		{"now-busy", seesAll, "/", nil},
		{"now-quiet-with-gap", seesQuiet, "/", nil},
		{"case-open", seesBusy, o.open, nil},
		{"case-all-forms", seesBusy, o.open, unfold},
		{"case-waiting", seesBusy, o.waits, nil},
		{"case-refused-order", seesBusy, o.open, func(d *desk) {
			unfold(d)
			d.eval(`document.querySelector("form[action$=alert] select").value = "lan"`)
			d.do("alert somebody who helps already", chromedp.Click(chromedp.CSS("form[action$=alert] button")), chromedp.WaitVisible(chromedp.CSS("main > .notice")))
		}},
		{"case-reader", seesLittle, o.open, nil},
		{"case-closed", seesBusy, o.closed, unfold},
		{"words", seesBusy, o.open, func(d *desk) {
			d.do("ask for the words", chromedp.SendKeys(chromedp.CSS("form[action$=words] input[name=reason]"), "chỉ đường cho công an"),
				chromedp.Click(chromedp.CSS("form[action$=words] button")), chromedp.WaitVisible(chromedp.CSS(".talk")))
		}},
		{"find-recent", seesAll, "/find", nil},
		{"find-results", seesBusy, "/find?code=" + o.code, nil},
		{"find-none", seesQuiet, "/find?code=A1B", nil},
		{"find-bad", seesBusy, "/find?code=-", nil},
		{"roster", seesBusy, "/roster", nil},
		{"roster-gaps", seesAll, "/roster?line=" + string(quietLine), nil},
		{"times", seesBusy, "/times" + month, draw},
		{"times-bad", seesBusy, "/times?from=2026-13-40&to=2026-01-01", nil},
		{"times-none", seesQuiet, "/times", nil},
		{"audit", seesAll, "/audit", nil},
		{"audit-reasons", seesBusy, "/audit?line=" + string(busyLine), func(d *desk) {
			d.do("show reasons", chromedp.Click(chromedp.CSS("form[action='/audit/reasons'] button")), chromedp.WaitVisible(chromedp.CSS("td [dir=auto]")))
		}},
		{"error-not-found", seesBusy, "/nowhere", nil},
		{"error-stranger", "", "/nowhere", nil},
		{"leave", "", "/leave", nil},
	}
}
