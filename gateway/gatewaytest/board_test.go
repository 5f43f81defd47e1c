package gatewaytest_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing/routingtest"
)

const (
	deskLogin    = "mai"
	deskPassword = "chiếc nón lá bay qua cầu"
)

// desk is somebody at the ward's office with a real browser.
type desk struct {
	t   *testing.T
	ctx context.Context
	url string
}

// newDesk serves the board of a gateway, makes an account and opens a browser.
func newDesk(t *testing.T, w *gatewaytest.World, g *gatewaytest.Gateway) (d *desk, code func() string) {
	t.Helper()
	browser := newBrowser(t, 100*time.Second)
	url, accounts := serveBoard(t, w, g)
	code = addUser(t, accounts, account.New{Name: deskLogin, Role: account.Supervisor, Lines: account.Lines{All: true}})
	return &desk{t: t, ctx: browser, url: url}, code
}

// newBrowser starts Chromium for as long as the test lasts, or so long at most. Where it is not installed the test is
// skipped, but in CI (CI=true) it fails: there it has to be.
func newBrowser(t *testing.T, lasts time.Duration) context.Context {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed")
	}
	// Chromium's sandbox needs a user of its own, which CI does not give it.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
	ctx, closeBrowser := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	ctx, cancel := context.WithTimeout(ctx, lasts)
	t.Cleanup(func() {
		cancel()
		closeTab()
		closeBrowser()
	})
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the first context it is used with
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// serveBoard serves the board of a gateway until the test ends.
func serveBoard(t *testing.T, w *gatewaytest.World, g *gatewaytest.Gateway) (url string, accounts *account.Accounts) {
	t.Helper()
	board, err := g.App.Board(t.Context())
	if err != nil {
		t.Fatalf("Board() = %v", err)
	}
	running, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		board.Run(running)
	}()
	server := httptest.NewServer(board.Handler())
	t.Cleanup(func() {
		stop() // ends the streams, which the server would wait for
		<-done
		server.Close()
	})
	accounts, err = account.NewAccounts(account.Options{Redis: w.Redis, Keyset: w.Keyset, Audit: audit.NewLog(w.Redis, w.Keyset)})
	if err != nil {
		t.Fatal(err)
	}
	return server.URL, accounts
}

// addUser makes an account with the password of all of them; code is what its authenticator shows.
func addUser(t *testing.T, accounts *account.Accounts, n account.New) (code func() string) {
	t.Helper()
	n.Password = contacts.Conceal(deskPassword)
	_, enrolment, err := accounts.Add(t.Context(), "test", n)
	if err != nil {
		t.Fatalf("Add(%s) = %v", n.Name, err)
	}
	return func() string {
		code, err := totp.GenerateCode(strings.ReplaceAll(enrolment.Secret.Reveal(), " ", ""), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
}

func (d *desk) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		d.t.Fatalf("%s: %v; the page says %q", what, err, d.eval("document.body.innerText"))
	}
}

// eval runs an expression of the page's own.
func (d *desk) eval(js string) string {
	d.t.Helper()
	got, err := chromedp.Run(d.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil {
		d.t.Fatalf("%s: %v", js, err)
	}
	return got
}

// sees waits until an expression is true, without loading anything, and says how long it took.
func (d *desk) sees(what, js string, within time.Duration) time.Duration {
	d.t.Helper()
	began := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for d.eval(js) != "true" {
		if time.Since(began) > within {
			d.t.Fatalf("after %s the page does not show %s: title %q, text %q", within, what, d.eval("document.title"), d.eval("document.body.innerText"))
		}
		<-tick.C
	}
	return time.Since(began)
}

// looks keeps pictures of the page: narrow and wide, light and dark. They are artifacts for people to look at;
// what is checked is that nothing sticks out at the side.
func (d *desk) looks(name string) {
	d.t.Helper()
	for _, width := range []int64{360, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			_, err := chromedp.Call(d.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			if err != nil {
				d.t.Fatal(err)
			}
			d.do("resize", chromedp.EmulateViewport(width, 900))
			if over := d.eval("Math.max(0, document.documentElement.scrollWidth - innerWidth)"); over != "0" {
				d.t.Errorf("%s at %d px sticks out by %s px", name, width, over)
			}
			picture, err := chromedp.Run(d.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				d.t.Fatal(err)
			}
			file := filepath.Join(d.t.ArtifactDir(), strings.Join([]string{name, scheme, map[int64]string{360: "narrow", 1440: "wide"}[width]}, "-")+".png")
			if err := os.WriteFile(file, picture, 0o600); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}

// The story a supervisor lives through on the board, in a real browser, in real time.
func TestBoard_StepsInWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	quick := strings.NewReplacer("wait: 30s", "wait: 3s", "wait: 60s", "wait: 3s", "always: [lan, hoa, ca-phuong, van-phong]", "always: [lan, van-phong]").Replace(gatewaytest.Ward)
	w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: quick})
	g := w.Start()
	d, code := newDesk(t, w, g)

	d.do("open the board", chromedp.Navigate(d.url+"/"), chromedp.WaitVisible(chromedp.CSS("input[name=login]")))
	d.do("sign in",
		chromedp.SendKeys(chromedp.CSS("input[name=login]"), deskLogin), chromedp.SendKeys(chromedp.CSS("input[name=password]"), deskPassword),
		chromedp.SendKeys(chromedp.CSS("input[name=code]"), code()), chromedp.Click(chromedp.CSS("main button")), chromedp.WaitVisible(chromedp.CSS("#live .counts")))
	d.sees("that it is live", `!document.getElementById("livestate").hidden`, 5*time.Second)
	d.eval(`window.mark = 1`) // gone if the page were loaded anew

	w.Text(gatewaytest.Victim, "Chồng em cầm dao đang đập cửa, cứu em với, tổ 1")
	arrived := d.sees("the case", `document.querySelectorAll("article.case.immediate_danger").length === 1`, 5*time.Second)
	t.Logf("a case shows %s after its text was answered", arrived)
	if arrived > time.Second { // half a second is the promise; the rest is a machine that builds other things
		t.Errorf("the case shows after %s, want half a second", arrived)
	}
	w.Expect(gatewaytest.Lan, `NGUY HIEM`)
	d.sees("the second step", `document.querySelector("article.case .step").innerText.includes("2")`, 15*time.Second)
	w.Expect(gatewaytest.Office, `NGUY HIEM`)
	d.sees("that nobody answers", `document.title.startsWith("(!) 1") && document.querySelector(".alarms") !== null`, 20*time.Second)
	if got := d.eval("window.mark"); got != "1" {
		t.Error("the page was loaded anew; it is to keep itself up to date")
	}
	d.looks("unanswered")
	if got := d.eval(`document.documentElement.outerHTML`); strings.Contains(got, "935111") || strings.Contains(got, "905000") || strings.Contains(got, "Chồng em") {
		t.Error("the board holds a number or words")
	}

	d.do("go to the case", chromedp.Click(chromedp.CSS(".alarms a")), chromedp.WaitVisible(chromedp.CSS(".timeline")))
	d.sees("here, too, that somebody waits", `document.querySelector(".strip") !== null && document.title.startsWith("(!) 1")`, time.Second)
	d.looks("case")
	const alert = "form[action$=alert] "
	d.do("step in", chromedp.WaitVisible(chromedp.CSS(alert+"select"))) // it is open: nobody has taken the case
	d.eval(`document.querySelector("` + alert + `select").value = "ca-phuong"`)
	d.do("alert the police, who are off call", chromedp.Click(chromedp.CSS(alert+"button")), chromedp.WaitVisible(chromedp.CSS(".notice.good")))
	taken := w.Expect(gatewaytest.Police, `CT (\w+): NGUY HIEM`)
	if _, err := w.Carrier.Phone(gatewaytest.Police).Text(t.Context(), gatewaytest.Support, "1 "+taken[1]); err != nil {
		t.Fatal(err)
	}
	d.sees("who has taken it", `document.querySelector(".pagehead .tag.claimed") !== null && document.querySelector(".timeline").innerText.includes("Công an phường")`, 5*time.Second)

	d.sees("that nobody waits any more", `document.querySelector(".strip") === null && !document.title.startsWith("(!)")`, 15*time.Second)

	d.do("ask for the words", chromedp.SendKeys(chromedp.CSS("form[action$=words] input[name=reason]"), "chỉ đường cho công an"),
		chromedp.Click(chromedp.CSS("form[action$=words] button")), chromedp.WaitVisible(chromedp.CSS(".talk")))
	if got := d.eval(`document.querySelector(".talk").innerText`); !strings.Contains(got, "Chồng em cầm dao") {
		t.Errorf("the words are %q, want what the person wrote", got)
	}

	d.do("leave in a hurry", chromedp.KeyEvent("\u001b"), chromedp.KeyEvent("\u001b"))
	d.sees("a blank page", `location.pathname === "/leave" && document.body !== null && document.body.innerText.trim() === ""`, 5*time.Second)
	d.do("come back", chromedp.Navigate(d.url+"/"), chromedp.WaitVisible(chromedp.CSS("input[name=login]")))
}
