package gatewaytest_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/ops/account"
)

const (
	// wantScore is what Lighthouse must give each page, of 100.
	wantScore = 95
	// measuredAtMost is how often a page is measured before it has failed. What Lighthouse calls the time of a page is
	// that of its own work and of everything else this machine did meanwhile, which is never less than nothing: of
	// several runs the quickest is nearest to the page, and none makes a page quicker than it is.
	measuredAtMost = 8
	// askedAtMost is how often Lighthouse is asked until it gives an answer at all: about one time in twenty this
	// version gets no usable trace from this Chromium (NO_NAVSTART), which says nothing of the page.
	askedAtMost = 5
)

// lighthouse is Lighthouse, which starts a Chromium for each page.
type lighthouse struct {
	t    *testing.T
	ask  *json.Encoder
	says *json.Decoder
}

// report is what Lighthouse says of a page.
type report struct {
	Trouble                    string // why it could say nothing
	At                         string
	Performance, Accessibility int
	Speed                      int      // of the machine meanwhile, by Lighthouse's benchmark
	Slowdown                   float64  // by which it was made a telephone
	Findings                   []string // what cost points
}

func newLighthouse(t *testing.T) *lighthouse {
	t.Helper()
	tool(t, "lighthouse")
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("node is not installed")
		}
		t.Skip("node is not installed")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(node, filepath.Join(pagesTools, "lighthouse.mjs"), chromium)
	process.Stderr = t.Output()
	in, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(9*time.Minute, func() { _ = process.Process.Kill() })
	t.Cleanup(func() {
		_ = in.Close() // it ends with its input
		if err := process.Wait(); err != nil {
			t.Errorf("lighthouse.mjs: %v", err)
		}
		late.Stop()
	})
	return &lighthouse{t: t, ask: json.NewEncoder(in), says: json.NewDecoder(bufio.NewReader(out))}
}

// measure has a page measured once, on a form of "mobile" (360 px wide) or "desktop" (1440 px).
func (l *lighthouse) measure(url, cookie, form string) report {
	l.t.Helper()
	var r report
	for range askedAtMost {
		if err := l.ask.Encode(map[string]string{"url": url, "cookie": cookie, "form": form}); err != nil {
			l.t.Fatal(err)
		}
		r = report{}
		if err := l.says.Decode(&r); err != nil {
			l.t.Fatalf("Lighthouse says nothing of %s: %v", url, err)
		}
		if r.Trouble == "" {
			break
		}
		l.t.Logf("%s on %s: %s", url, form, r.Trouble)
	}
	if r.Trouble != "" || r.At != url {
		l.t.Fatalf("Lighthouse has measured %q (%s), want %s", r.At, r.Trouble, url)
	}
	return r
}

// measured has the pages that people spend their time on measured by Lighthouse, on a telephone and on a desk.
// The others are made of the same parts and of less of them.
func (o *pagesOffice) measured(t *testing.T) {
	t.Helper()
	l := newLighthouse(t)
	measured := []string{"sign-in", "now-busy", "case-open", "times", "roster"}
	views := slices.DeleteFunc(o.views(), func(v view) bool { return !slices.Contains(measured, v.name) })
	for _, v := range views {
		cookie := ""
		if v.as != "" {
			cookie = account.SessionCookie + "=" + o.cookies[v.as]
		}
		for _, form := range []string{"mobile", "desktop"} {
			var r report
			for range measuredAtMost {
				r = l.measure(o.url+v.path, cookie, form)
				t.Logf("%s on %s: performance %d, accessibility %d; machine %d, slowed down %g times; %s", v.name, form, r.Performance, r.Accessibility, r.Speed, r.Slowdown, strings.Join(r.Findings, ", "))
				if r.Performance >= wantScore {
					break
				}
			}
			if r.Performance < wantScore || r.Accessibility < wantScore {
				t.Errorf("Lighthouse gives %s on %s %d for performance and %d for accessibility, want %d: %s",
					v.name, form, r.Performance, r.Accessibility, wantScore, strings.Join(r.Findings, ", "))
			}
		}
	}
}
