package gatewaytest_test

import (
	"fmt"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

// table puts everything that was measured into words.
func (o *office) table(cold, alone map[string]spans, busy *watched) string {
	var out strings.Builder
	for _, n := range o.notes {
		fmt.Fprintln(&out, n)
	}
	fmt.Fprintf(&out, "\nms, of %d requests each alone\n", len(alone["now"]))
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "page\tkB\tfirst\tp50\tp99\tmax\tcpu\t%d pages open: p50\tp99\tmax\tn\t\n", *boardPages)
	for _, p := range o.pages.list {
		a, y := alone[p.name], busy.pages[p.name]
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n", p.name, float64(o.pages.kept[p.name])/1024, ms(cold[p.name].at(0)),
			ms(a.at(50)), ms(a.at(99)), ms(a.at(100)), ms(o.pages.cpu[p.name]), ms(y.at(50)), ms(y.at(99)), ms(y.at(100)), len(y))
	}
	_ = w.Flush()
	fmt.Fprintf(&out, "\n%d events in %v, %d not taken in; answers that failed: %v\n", len(busy.taken), *boardFor, busy.refused, o.pages.bad)
	for _, s := range []struct {
		name string
		s    spans
	}{{"text taken in", busy.taken}, {"named on a stream", busy.named}, {"shown on a page", busy.shown}, {"fragment", busy.fragments}} {
		fmt.Fprintf(&out, "%s: p50 %.0f, p99 %.0f, max %.0f ms (%d)\n", s.name, ms(s.s.at(50)), ms(s.s.at(99)), ms(s.s.at(100)), len(s.s))
	}
	fmt.Fprintf(&out, "%d fragments and streams lost; %.1f MB/s of fragments; %.2f processors in use\n\n", busy.lost, float64(busy.bytes)/1e6/boardFor.Seconds(), busy.cpu)
	w = tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "after\tresident MiB\theap in use MiB\tgoroutines\t\n")
	for i, s := range busy.rss {
		if i%6 == 5 || i == 0 || i == len(busy.rss)-1 {
			fmt.Fprintf(w, "%v\t%.1f\t%.1f\t%d\t\n", s.at.Round(time.Second), float64(s.kb)/1024, s.heapMB, s.goroutines)
		}
	}
	_ = w.Flush()
	failed := map[string]int{}
	for _, line := range o.replica.output.Lines(`"level":"ERROR"`) {
		failed[what.ReplaceAllString(strings.TrimSpace(line), "")]++
	}
	for line, n := range failed {
		fmt.Fprintf(&out, "%d × %s\n", n, line)
	}
	return out.String()
}

// what is left out of a line of the log, so that lines of the same fault are the same.
var what = regexp.MustCompile(`"time":"[^"]*",|unix @->\S*|"(?:took|case|event|entry)":[^,}]*,?`)
