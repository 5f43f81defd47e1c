package demo

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/texts"
)

// visitor is somebody with a real browser at a demo that is served.
type visitor struct {
	t    *testing.T
	ctx  context.Context
	page string // address of the demo's page
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed")
	}
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	out, in := io.Pipe()
	go func() {
		ended <- Run(running, Addresses{Page: "127.0.0.1:0", Board: "127.0.0.1:0"}, in, Options{
			Language: texts.Vietnamese, Logger: slog.New(slog.DiscardHandler),
		})
		_ = in.Close()
	}()
	welcome := make([]byte, 4096)
	n, err := out.Read(welcome)
	if err != nil {
		t.Fatalf("Run() printed nothing: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	// Chromium's sandbox needs a user of its own, which CI does not give it.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
	ctx, closeBrowser := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	ctx, cancel := context.WithTimeout(ctx, 100*time.Second)
	t.Cleanup(func() {
		cancel()
		closeTab()
		closeBrowser()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the first context it is used with
		t.Fatalf("start chromium: %v", err)
	}
	return &visitor{t, ctx, regexp.MustCompile(`open this page: +(http://\S+)`).FindStringSubmatch(string(welcome[:n]))[1]}
}

func (v *visitor) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
}

// eval runs an expression of the page's own.
func (v *visitor) eval(js string) string {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil {
		v.t.Fatalf("%s: %v", js, err)
	}
	return got
}

// onBoard runs an expression in the frame in which the board is; empty if there is none, or it is just loading.
func (v *visitor) onBoard(js string) string {
	v.t.Helper()
	tree, err := chromedp.Call(v.ctx, page.GetFrameTree, struct{}{})
	if err != nil {
		v.t.Fatal(err)
	}
	if len(tree.FrameTree.ChildFrames) == 0 {
		return ""
	}
	world, err := chromedp.Call(v.ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.ChildFrames[0].Frame.ID})
	if err != nil {
		return ""
	}
	byValue := true
	got, err := chromedp.Call(v.ctx, runtime.Evaluate, runtime.EvaluateParams{
		Expression: "String(" + js + ")", ContextID: world.ExecutionContextID, ReturnByValue: &byValue,
	})
	if err != nil || got.ExceptionDetails != nil {
		return ""
	}
	var value string
	if err := json.Unmarshal(got.Result.Value, &value); err != nil {
		v.t.Fatal(err)
	}
	return value
}

// sees waits until an expression is true, without loading anything, and says how long it took.
func (v *visitor) sees(what string, where func(string) string, js string) time.Duration {
	v.t.Helper()
	const within = 15 * time.Second
	began := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for where(js) != "true" {
		if time.Since(began) > within {
			v.t.Fatalf("after %s there is not %s; the page says %q, the board %q", within, what,
				v.eval("document.body.innerText"), v.onBoard("document.body.innerText"))
		}
		<-tick.C
	}
	return time.Since(began)
}

// looks keeps pictures of the page. They are artifacts for people to look at; what is checked is that nothing sticks
// out at the side.
func (v *visitor) looks(name string, widths ...int64) {
	v.t.Helper()
	for _, width := range widths {
		for _, scheme := range []string{"light", "dark"} {
			_, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			if err != nil {
				v.t.Fatal(err)
			}
			v.do("resize", chromedp.EmulateViewport(width, 900))
			if over := v.eval("Math.max(0, document.documentElement.scrollWidth - innerWidth)"); over != "0" {
				v.t.Errorf("%s at %d px sticks out by %s px", name, width, over)
			}
			if over := v.onBoard("Math.max(0, document.documentElement.scrollWidth - innerWidth)"); over != "0" && over != "" {
				v.t.Errorf("%s at %d px: the board sticks out by %s px", name, width, over)
			}
			picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				v.t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(v.t.ArtifactDir(), fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), picture, 0o600); err != nil {
				v.t.Fatal(err)
			}
		}
	}
}

const live = `document.body.dataset.page === "now" && !document.getElementById("livestate").hidden`

// The visitor's story in a real browser, in real time: one click, and what happens on the phones moves on the board.
func TestBoard_StandsBesideThePhones(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	v.do("open the page", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(v.page), chromedp.WaitVisible(chromedp.CSS("#beside")))
	v.do("one click", chromedp.Click(chromedp.CSS("#beside")))
	v.sees("the board", v.onBoard, live)
	if got := v.onBoard(`document.querySelector(".standing").innerText`); got != boardVI {
		t.Errorf("the board is labelled %q, want %q", got, boardVI)
	}
	v.onBoard(`document.body.dataset.mark = "same"`) // gone if the board were loaded anew

	v.do("text from the person's phone", chromedp.Click(chromedp.CSS("#phone-person .samples button:first-child")))
	arrived := v.sees("the case", v.onBoard, `document.querySelectorAll("article.case.immediate_danger").length === 1`)
	t.Logf("the case is on the board %s after the click on the phone", arrived)
	v.sees("the alert on the neighbour's phone", v.eval, `document.querySelector("#keys-to1-lan button:enabled") !== null`)
	v.looks("alerting", 1440, 1920)
	v.do("answer 1", chromedp.EmulateViewport(1440, 900))
	v.eval(`document.querySelector('#keys-to1-lan button[value="1"]').click()`) // where it is may change while a mouse moves there
	v.sees("that it is taken", v.onBoard, `document.querySelector("article.case .tag.claimed") !== null && document.querySelector("article.case").innerText.includes("Cô Lan")`)
	if got := v.onBoard("document.body.dataset.mark"); got != "same" {
		t.Error("the board was loaded anew; it is to keep itself up to date")
	}
	v.looks("taken", 360, 1440, 1920)

	v.do("the other language", chromedp.EmulateViewport(1440, 900), chromedp.Click(chromedp.CSS(`.languages button[value="en"]`)))
	v.sees("the board in English", v.onBoard, `document.documentElement.lang === "en" && `+live)
	v.looks("english", 1440)
	v.do("start again", chromedp.EmulateViewport(1440, 900), chromedp.Click(chromedp.CSS(".again")))
	v.sees("the board of the new world", v.onBoard, `document.querySelector("article.case") === null && `+live)
	v.do("close the board", chromedp.Click(chromedp.CSS("#beside")))
	if got := v.eval(`document.querySelector("iframe") === null && !document.body.classList.contains("beside")`); got != "true" {
		t.Error("the board is still beside the phones after it was closed")
	}
}

// Where there is no room the board has a tab of its own, and without JavaScript, too.
func TestBoard_HasATabOfItsOwn(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	v.do("open the page", chromedp.EmulateViewport(360, 740), chromedp.Navigate(v.page), chromedp.WaitVisible(chromedp.CSS(".office button:last-child")))
	if got := v.eval(`getComputedStyle(document.getElementById("beside")).display`); got != "none" {
		t.Errorf("the button for the board beside the phones is %s at 360 px, want none", got)
	}
	v.eval(`document.querySelector(".office form").removeAttribute("target")`) // so that this tab is the one
	v.do("one click", chromedp.Click(chromedp.CSS(".office button:last-child")), chromedp.WaitVisible(chromedp.CSS("#live .counts")))
	v.sees("the board", v.eval, live)
	if got := v.eval(`location.origin + "/" === ` + "`" + v.page + "`"); got != "false" {
		t.Error("the board is on the page's own address")
	}
	v.looks("tab", 360, 1440)
	v.do("leave in a hurry", chromedp.Navigate(v.eval("location.origin")+"/leave"), chromedp.Navigate(v.eval("location.origin")+"/"), chromedp.WaitVisible(chromedp.CSS(".door a")))
	v.looks("door", 360, 1440)
	v.do("back to the demo's page", chromedp.Click(chromedp.CSS(".door a")), chromedp.WaitVisible(chromedp.CSS("#board")))
}

// A message that was left on the line can be opened on the board like any other: silence, about as long as the message.
func TestRecordings_PlayInABrowser(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	v.do("an empty page", chromedp.Navigate("about:blank"))
	for _, lasts := range []time.Duration{0, 7 * time.Second, 2 * time.Minute} {
		media := simulator.Recording{Duration: lasts, Words: "Em trốn trong bếp"}.Media()
		v.eval(`window.sound = new Audio("data:audio/mpeg;base64,` + base64.StdEncoding.EncodeToString(media) + `")`)
		v.sees("a sound", v.eval, `sound.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA || sound.error !== null`)
		got, err := strconv.ParseFloat(v.eval("sound.duration"), 64)
		if err != nil || math.Abs(got-lasts.Seconds()) > 0.2+lasts.Seconds()/100 {
			t.Errorf("a recording of %s lasts %s s in a browser (error %s)", lasts, v.eval("sound.duration"), v.eval("sound.error && sound.error.message"))
		}
		v.eval(`void (window.loudest = "", fetch(sound.src).then(r => r.arrayBuffer()).then(b => new OfflineAudioContext(1, 1, 44100).decodeAudioData(b)).
			then(b => loudest = b.getChannelData(0).reduce((a, x) => Math.max(a, Math.abs(x)), 0), why => loudest = why))`)
		v.sees("what is in it", v.eval, `loudest !== ""`)
		if got := v.eval("loudest"); got != "0" {
			t.Errorf("the loudest of a recording of %s is %s, want silence", lasts, got)
		}
	}
}
