package gatewaytest_test

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/tincay/hotline/routing"
)

// smoothFor is how long a real browser is watched.
const smoothFor = 20 * time.Second

// counting counts what a reader would notice: tasks of more than 50 ms, during which a page does not answer to
// touch, and frames that came late. It counts what is asked for because of events, too.
const counting = `(() => {
  window.counted = { long: 0, late: 0, frames: 0, asked: 0 };
  new PerformanceObserver((list) => { counted.long += list.getEntries().length; }).observe({ entryTypes: ["longtask"] });
  const ask = window.fetch;
  window.fetch = (...of) => { counted.asked++; return ask(...of); };
  let last = performance.now();
  const frame = (now) => { counted.frames++; if (now - last > 100) counted.late++; last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  return 1;
})()`

// smooth opens the first page in a real browser while things happen, and says how much of its main thread that
// takes. How many tasks are long depends on what else the machine does; what the thread itself works does not.
func (o *office) smooth() string {
	o.t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return "no chromium: the page in a browser is not measured"
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox)
	ctx, closeBrowser := chromedp.NewExecAllocator(o.t.Context(), options...)
	defer closeBrowser()
	ctx, closeTab := chromedp.NewContext(ctx)
	defer closeTab()
	must := func(what string, err error) {
		o.t.Helper()
		if err != nil {
			o.t.Fatalf("%s: %v", what, err)
		}
	}
	must("start chromium", chromedp.Do(ctx))
	url := "http://" + o.replica.pages + "/"
	for name, value := range o.desks[0].cookies {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url, Path: "/", Secure: new(true), HTTPOnly: new(true)})
		must("set a cookie", err)
	}
	_, err = chromedp.Call(ctx, performance.Enable, performance.EnableParams{TimeDomain: "threadTicks"})
	must("measure", err)
	must("open the board", chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS("#live .counts"))))
	eval := func(js string) string {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+js+")"))
		must(js, err)
		return got
	}
	time.Sleep(2 * time.Second) // what belongs to opening it
	eval(counting)
	before := o.worked(ctx)
	texts, refused := o.happen(time.Now().Add(smoothFor), nil, map[routing.CaseID]time.Time{}, map[routing.CaseID]time.Time{})
	worked := o.worked(ctx) - before
	counts := strings.Split(eval(`[counted.asked, counted.long, counted.late, counted.frames].join(" ")`), " ")
	asked, _ := strconv.Atoi(counts[0])
	if asked == 0 {
		o.t.Error("the page in the browser asked for nothing")
	}
	return fmt.Sprintf("in chromium, %v: %d events (%d not taken in), asked %s times, %.1f ms of its main thread each; %s tasks over 50 ms, %s of %s frames over 100 ms",
		smoothFor, len(texts), refused, counts[0], worked*1000/float64(max(asked, 1)), counts[1], counts[2], counts[3])
}

// worked is how many seconds the main thread of a page has worked.
func (o *office) worked(ctx context.Context) float64 {
	o.t.Helper()
	got, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		o.t.Fatalf("measure: %v", err)
	}
	for _, m := range got.Metrics {
		if m.Name == "TaskDuration" {
			return m.Value
		}
	}
	o.t.Error("chromium does not say how much the page works")
	return 0
}
