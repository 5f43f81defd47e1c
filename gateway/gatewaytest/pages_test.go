package gatewaytest_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/tincay/hotline/ops/account"
)

// pagesTools is where npm ci puts axe-core and Lighthouse: see .ci/pages/package.json.
const pagesTools = "../../.ci/pages"

// tool returns the path of a file of what pages are measured with. Where it is not installed the test is skipped, but in
// CI (CI=true) it fails: there it has to be.
func tool(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(pagesTools, "node_modules", name)
	switch _, err := os.Stat(path); {
	case err == nil:
		return path
	case errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true":
		t.Skipf("%s is not installed: run npm ci in .ci/pages", name)
	default:
		t.Fatal(err)
	}
	return ""
}

// found is one thing that axe-core says about a page.
type found struct {
	ID, Impact, Help string
	Nodes            []struct{ Target, FailureSummary string }
}

// check has axe-core look at a page: all its rules for WCAG 2.2 up to AA, and those of its makers' experience, but on
// the page that is blank on purpose.
const check = `(async () => {
  const said = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"].concat(location.pathname === "/leave" ? [] : ["best-practice"]),
    rules: { "target-size": { enabled: true } }, resultTypes: ["violations"],
  });
  return JSON.stringify(said.violations.map((v) => ({ ...v, nodes: v.nodes.map((n) => ({ target: n.target.join(" "), failureSummary: n.failureSummary })) })));
})()`

// small lists what can be pressed and is smaller than 24 by 24 CSS pixels, which is more than the standard asks: it
// leaves out what stands far enough from everything else. What stands in a sentence is as high as its line.
const small = `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((e) => {
  const box = e.getBoundingClientRect(), within = getComputedStyle(e).display === "inline" && e.parentElement.matches("p, li, span");
  return box.width > 0 && !e.classList.contains("skip") && !within && (box.width < 24 || box.height < 24);
}).slice(0, 5).map((e) => e.outerHTML.slice(0, 120) + " " + e.getBoundingClientRect().width + "x" + e.getBoundingClientRect().height).join("\n")`

// unmarked lists what shows no mark when the keyboard has come to it.
const unmarked = `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter((e) => {
  if (!e.checkVisibility() || e.disabled) return false;
  e.focus({ focusVisible: true, preventScroll: true });
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 1;
  e.blur();
  return !marked;
}).slice(0, 5).map((e) => e.outerHTML.slice(0, 120)).join("\n")`

// whole has all of a page laid out: what is far out of sight is not, and would not be looked at.
const whole = `const all = new CSSStyleSheet(); all.replaceSync("* { content-visibility: visible !important }"); document.adoptedStyleSheets.push(all)`

// moves lists what moves for longer than five seconds, which nobody can stop (WCAG 2.2.2), or at all where somebody has
// asked for nothing to move.
const moves = `document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime > (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 5000)).map((a) => a.animationName).join()`

const sticksOut = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"

// look is one way to look at a page.
type look struct {
	name    string
	width   int64
	media   map[string]string
	zoomed  bool // the browser's text is twice as large
	measure bool // axe-core looks too
}

// looks lists the ways. Besides phone and office screen, by day and by night: the narrowest page that has to work, text
// twice as large, and the colours of a system that allows no others and wants nothing to move.
func looks() []look {
	return []look{
		{"narrow-light", 360, map[string]string{"prefers-color-scheme": "light"}, false, true},
		{"narrow-dark", 360, map[string]string{"prefers-color-scheme": "dark"}, false, true},
		{"wide-light", 1440, map[string]string{"prefers-color-scheme": "light"}, false, true},
		{"wide-dark", 1440, map[string]string{"prefers-color-scheme": "dark"}, false, true},
		{"least", 320, map[string]string{"prefers-color-scheme": "light"}, false, false},
		{"zoomed", 1280, map[string]string{"prefers-color-scheme": "light"}, true, false},
		{"forced", 360, map[string]string{"forced-colors": "active", "prefers-color-scheme": "dark", "prefers-reduced-motion": "reduce"}, false, false},
	}
}

// Every page in every state, in both languages, narrow and wide, light and dark: axe-core finds nothing, nothing sticks
// out at the side, everything that can be pressed is large enough and shows when the keyboard has come to it.
// With -artifacts pictures of all of it are kept for people to look at.
//
// Not beside other tests: Lighthouse measures time.
func TestPages(t *testing.T) {
	o := newPagesOffice(t)
	t.Run("lighthouse", o.measured)
	t.Run("on call within reach", o.reach)
	t.Run("axe", func(t *testing.T) {
		for _, v := range o.views() {
			for _, language := range []string{"vi", "en"} {
				t.Run(v.name+"/"+language, func(t *testing.T) {
					t.Parallel()
					o.show(t, v, language)
				})
			}
		}
	})
}

// reach checks that on a telephone who is on call, which stands below all cases, is one touch away, and that what stands
// above every page takes two lines, with everything as large as a finger.
func (o *pagesOffice) reach(t *testing.T) {
	t.Parallel()
	d := o.tab(t, view{name: "now-busy", as: seesAll, path: "/"}, "vi")
	const link, gap, seen = `.pagehead a[href="#side"]`, `a.gap`, `(() => { const box = document.querySelector(%q).getBoundingClientRect(); return box.height > 0 && box.top >= 0 && box.top < innerHeight })()`
	d.looksAs(looks()[0])
	if d.eval(fmt.Sprintf(seen, link)) != "true" || d.eval(fmt.Sprintf(seen, "#side h2")) == "true" {
		t.Fatalf("at 360 px the first screen of Now has no link to who is on call, or all of it")
	}
	if got := d.eval(`[...document.querySelectorAll(".top :is(a, button, summary)")].filter((e) => e.checkVisibility() && e.offsetHeight < 44).length + " " + (document.querySelector(".top").offsetHeight > 100)`); got != "0 false" {
		t.Errorf("at 360 px, what is smaller than a finger above the page, and whether that takes more than two lines = %s, want 0 false", got)
	}
	d.do("open what belongs to the account", chromedp.Click(chromedp.CSS(".account summary")), chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-out"] button`)))
	if _, err := chromedp.Run(d.ctx, chromedp.Evaluate[chromedp.Void](o.axe)); err != nil {
		t.Fatalf("axe-core does not run: %v", err)
	}
	d.measure("the account's menu")
	d.do("go to who is on call", chromedp.Click(chromedp.CSS(link)))
	d.sees("who is on call", fmt.Sprintf(seen, "#side h2"), 5*time.Second)
	d.do("go to the hours that nobody covers", chromedp.Click(chromedp.CSS(gap)))
	d.sees("the hours that nobody covers", fmt.Sprintf(seen, "#line-"+string(quietLine)+" .gaps"), 5*time.Second)
	d.looksAs(looks()[2])
	if d.eval(fmt.Sprintf(seen, link)) == "true" {
		t.Error("at 1440 px Now has a link to what stands beside it")
	}
}

// tab opens a page in a tab of its own, as somebody.
func (o *pagesOffice) tab(t *testing.T, v view, language string) *desk {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(o.browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	d := &desk{t: t, ctx: ctx, url: o.url}
	yes := true
	for name, value := range map[string]string{account.SessionCookie: o.cookies[v.as], "__Host-language": language} {
		if value == "" {
			continue
		}
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{
			Name: name, Value: value, URL: o.url, Path: "/", Secure: &yes, HTTPOnly: &yes, SameSite: network.CookieSameSiteLax,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	d.do("open "+v.path, chromedp.Navigate(o.url+v.path))
	if v.do != nil {
		v.do(d)
	}
	if got := d.eval("document.documentElement.lang"); got != language {
		t.Fatalf("%s is in language %q, want %q", v.path, got, language)
	}
	return d
}

func (o *pagesOffice) show(t *testing.T, v view, language string) {
	t.Helper()
	d := o.tab(t, v, language)
	if _, err := chromedp.Run(d.ctx, chromedp.Evaluate[chromedp.Void](whole+";"+o.axe)); err != nil {
		t.Fatalf("axe-core does not run: %v", err)
	}
	for _, l := range looks() {
		d.looksAs(l)
		if over := d.eval(sticksOut); over != "0" {
			t.Errorf("%s sticks out by %s px", l.name, over)
		}
		if got := d.eval(moves); got != "" {
			t.Errorf("%s: %s goes on moving", l.name, got)
		}
		if l.measure {
			d.measure(l.name)
		}
		if flag.Lookup("test.artifacts").Value.String() == "true" {
			d.keep(strings.ReplaceAll(t.Name()[len("TestPages/axe/"):], "/", "-") + "-" + l.name)
		}
	}
	if got := d.eval(unmarked); got != "" {
		t.Errorf("nothing shows that the keyboard is at\n%s", got)
	}
}

// looksAs makes a tab look as l says.
func (d *desk) looksAs(l look) {
	d.t.Helper()
	var features []*emulation.MediaFeature
	for name, value := range l.media {
		features = append(features, &emulation.MediaFeature{Name: name, Value: value})
	}
	if _, err := chromedp.Call(d.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		d.t.Fatal(err)
	}
	d.do("resize", chromedp.EmulateViewport(l.width, 900))
	size := ""
	if l.zoomed {
		size = "200%"
	}
	d.eval("document.documentElement.style.fontSize = " + fmt.Sprintf("%q", size))
}

// measure has axe-core look at the page, and looks for what is too small to be pressed.
func (d *desk) measure(name string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.ctx, 60*time.Second)
	defer cancel()
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](check, chromedp.EvalAwaitPromise))
	if err != nil {
		d.t.Fatalf("axe: %v", err)
	}
	var all []found
	if err := json.Unmarshal([]byte(said), &all); err != nil {
		d.t.Fatalf("axe said %q: %v", said, err)
	}
	for _, f := range all {
		d.t.Errorf("%s: %s (%s): %s: %v", name, f.ID, f.Impact, f.Help, f.Nodes[:min(3, len(f.Nodes))])
	}
	if got := d.eval(small); got != "" {
		d.t.Errorf("%s: smaller than 24 by 24 px:\n%s", name, got)
	}
}

// keep keeps a picture of the whole page.
func (d *desk) keep(name string) {
	d.t.Helper()
	picture, err := chromedp.Run(d.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.t.ArtifactDir(), name+".png"), picture, 0o600); err != nil {
		d.t.Fatal(err)
	}
}
