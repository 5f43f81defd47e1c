package gatewaytest_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/routing"
)

// spans are how long something took, every time it was done.
type spans []time.Duration

// at is the value that so many in a hundred do not exceed.
func (s spans) at(percent int) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// page is something the board answers.
type page struct {
	name, method, path string
	form               url.Values
	bare               bool // without a session
	relative           bool // as whoever is kept apart from somebody
}

// pageList asks for everything the board has.
type pageList struct {
	o    *office
	list []page
	kept map[string]int           // how long the answers are, in bytes
	cpu  map[string]time.Duration // how long the process worked for one, with nothing else to do
	bad  map[string]int           // how many were not what they are to be, by name and status
}

// everyPage lists the pages, with cases that stay as they are while it is measured.
func (o *office) everyPage() *pageList {
	o.t.Helper()
	l := o.past.lines.All()[0]
	var closed *routing.Case
	for h, err := range o.past.store.History(o.t.Context(), l.ID, "") {
		if err != nil {
			o.t.Fatal(err)
		}
		if h.Line != l.ID || len(h.Notes) == 0 || h.Notes[0].Case == "" {
			continue
		}
		found, err := o.past.store.Cases(o.t.Context(), l.ID, []routing.CaseID{h.Notes[0].Case})
		if err != nil {
			o.t.Fatal(err)
		}
		closed = found[0]
		break
	}
	open := o.openCases(0)[0]
	get := func(name, path string) page { return page{name: name, method: http.MethodGet, path: path} }
	year := "from=" + time.Now().AddDate(-1, 0, 0).Format(time.DateOnly) + "&to=" + time.Now().Format(time.DateOnly)
	p := &pageList{o: o, kept: map[string]int{}, cpu: map[string]time.Duration{}, bad: map[string]int{}, list: []page{
		get("now", "/"), get("now fragment", "/now/fragment"),
		get("case, open", casePage(open)), get("case fragment", casePage(open)+"/fragment"), get("case, closed", casePage(closed)),
		{name: "case, words", method: http.MethodPost, path: casePage(open) + "/words", form: url.Values{"reason": {"hỏi lại địa chỉ"}}},
		get("find", "/find"), get("find a code", "/find?code="+string(open.Code)), get("roster", "/roster"),
		get("times, 4 weeks", "/times"), get("times, year", "/times?"+year),
		get("times, other line", "/times?line="+string(o.past.lines.All()[1].ID)+"&measure=close&"+year),
		get("csv, year", "/times.csv?table=all&"+year), get("csv, cases of year", "/times.csv?table=cases&"+year),
		get("audit", "/audit"), get("audit, line and action", "/audit?action=reveal_words&line="+string(l.ID)),
		get("audit, matches nothing", "/audit?action=remove_line"),
		{name: "sign in", method: http.MethodGet, path: "/sign-in", bare: true}, {name: "leave", method: http.MethodGet, path: "/leave", bare: true},
	}}
	for _, path := range []string{"/", "/now/fragment", "/find", "/times?" + year, "/times.csv?table=all&" + year, "/audit", "/audit?action=remove_line"} {
		i := slices.IndexFunc(p.list, func(have page) bool { return have.path == path })
		p.list = append(p.list, page{name: "relative: " + p.list[i].name, method: http.MethodGet, path: path, relative: true})
	}
	for _, asset := range regexp.MustCompile(`/static/[a-z-]+\.[0-9a-f]+\.[a-z]+`).FindAllString(o.desks[0].get("/times").body+o.desks[0].get("/").body, -1) {
		if !slices.ContainsFunc(p.list, func(have page) bool { return have.path == asset }) {
			p.list = append(p.list, page{name: assetName(asset), method: http.MethodGet, path: asset, bare: true})
		}
	}
	return p
}

func assetName(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/static/"), ".")
	return parts[0] + "." + parts[2]
}

func casePage(c *routing.Case) string { return "/case/" + string(c.Line) + "/" + string(c.ID) }

func (o *office) openCases(at int) []*routing.Case {
	o.t.Helper()
	l := o.past.lines.All()[at]
	labels, err := o.past.store.OpenCases(o.t.Context(), l.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	found, err := o.past.store.Cases(o.t.Context(), l.ID, slices.Sorted(maps.Keys(labels)))
	if err != nil {
		o.t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(c *routing.Case) bool { return !c.Open() })
}

// ask asks for one page and counts it if it does not come.
func (l *pageList) ask(p page) time.Duration {
	s := l.o.desks[0]
	switch {
	case p.relative:
		s = l.o.relative
	case p.bare:
		s = &seat{t: s.t, addr: s.addr, client: s.client}
	}
	got := s.ask(p.method, p.path, p.form)
	early := got.status == http.StatusServiceUnavailable && strings.HasPrefix(p.path, "/times") // the journal is still being read
	if got.status != http.StatusOK && !early {
		l.bad[fmt.Sprintf("%s: %d", p.name, got.status)]++
	}
	l.kept[p.name] = len(got.body)
	return got.took
}

// once asks for every page once.
func (l *pageList) once() map[string]spans { return l.again(1) }

// again asks for every page so many times.
func (l *pageList) again(times int) map[string]spans {
	took := map[string]spans{}
	for _, p := range l.list {
		used := l.o.used()
		for range times {
			took[p.name] = append(took[p.name], l.ask(p))
		}
		l.cpu[p.name] = (l.o.used() - used) / time.Duration(times)
	}
	return took
}

// worst is the highest 99th percentile of all pages.
func worst(took map[string]spans) time.Duration {
	var high time.Duration
	for _, s := range took {
		high = max(high, s.at(99))
	}
	return high
}

// processState is how the process was at one time.
type processState struct {
	at         time.Duration
	kb         int
	goroutines int
	heapMB     float64
}

// watched is what was measured with pages open.
type watched struct {
	pages        map[string]spans
	taken        spans // until a webhook was answered: what was posted is committed then
	named, shown spans // after an event: on a stream, on a page
	fragments    spans
	bytes        int64 // of all fragments
	lost         int
	refused      int     // events that were not taken in
	cpu          float64 // processors in use, on average
	rss          []processState
}

// streamed opens the pages and has things happen.
func (o *office) streamed() *watched {
	o.t.Helper()
	ctx, stop := context.WithCancel(o.t.Context())
	defer stop()
	keep := o.openCases(0)[:4] // whose pages are open
	var watching sync.WaitGroup
	var pages []*watcher
	for n := range *boardPages {
		path := "/"
		if n%5 == 4 {
			path = casePage(keep[n/5%len(keep)])
		}
		w := newWatcher(o.desks[n/5%len(o.desks)], path)
		pages = append(pages, w)
		watching.Go(func() { w.run(ctx) })
	}
	o.eventually("every page shows something", func() bool {
		return !slices.ContainsFunc(pages, func(w *watcher) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return len(w.asked) == 0
		})
	})
	v := &watched{pages: map[string]spans{}}
	end := time.Now().Add(*boardFor)
	opened, closed := map[routing.CaseID]time.Time{}, map[routing.CaseID]time.Time{}
	var doing sync.WaitGroup
	doing.Go(func() { v.taken, v.refused = o.happen(end, keep, opened, closed) })
	doing.Go(func() { v.cpu, v.rss = o.observe(end) })
	doing.Go(func() {
		// One more at a desk, who looks at everything in turn.
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for n := 0; time.Now().Before(end); n++ {
			<-tick.C
			p := o.pages.list[n%len(o.pages.list)]
			v.pages[p.name] = append(v.pages[p.name], o.pages.ask(p))
		}
	})
	doing.Wait()
	time.Sleep(time.Second) // what happened last arrives
	stop()
	watching.Wait()
	for _, w := range pages {
		v.lost += w.lost
		v.bytes += w.bytes
		if w.only != "" {
			continue
		}
		v.fragments = append(v.fragments, w.asked...)
		for id, at := range opened {
			v.add(o, "named", &v.named, w.named[id], at)
			v.add(o, "shown", &v.shown, w.shown[id], at)
		}
		for id, at := range closed {
			v.add(o, "gone", &v.shown, w.gone[id], at)
		}
	}
	return v
}

// add adds how long after an event something came; what never came is a fault.
func (v *watched) add(o *office, what string, to *spans, came, posted time.Time) {
	if came.IsZero() {
		o.t.Errorf("an open page was never told of a case that is %s", what)
		return
	}
	*to = append(*to, came.Sub(posted))
}

// happen has a case be opened, another closed, and somebody write to three of those that are open, over and
// over. It notes which cases were opened and closed when, how long each text
// took, and how many were not taken in.
func (o *office) happen(end time.Time, keep []*routing.Case, opened, closed map[routing.CaseID]time.Time) (taken spans, refused int) {
	type place struct {
		line int
		c    *routing.Case
	}
	var open []place
	for n := range o.past.lines.All() {
		for _, c := range o.openCases(n) {
			if !slices.ContainsFunc(keep, func(k *routing.Case) bool { return k.ID == c.ID }) {
				open = append(open, place{n, c})
			}
		}
	}
	rng := rand.New(rand.NewPCG(7, 7))
	tick := time.NewTicker(*boardEvery)
	defer tick.Stop()
	for n := 0; time.Now().Before(end); n++ {
		<-tick.C
		posted := time.Now()
		var err error
		switch n % 5 {
		case 0:
			var c *routing.Case
			c, err = o.ask(n % 4)
			taken = append(taken, time.Since(posted))
			if err == nil {
				opened[c.ID] = posted
				open = append(open, place{n % 4, c})
			}
		case 2:
			p := open[0] // the oldest
			err = o.tell(p.line, gatewaytest.Office, "XONG "+string(p.c.Code))
			taken = append(taken, time.Since(posted))
			if err == nil {
				closed[p.c.ID], open = posted, open[1:]
			}
		default:
			p := open[rng.IntN(len(open))]
			err = o.tell(p.line, o.persons[p.c.ID], "em vẫn đang chờ đây")
			taken = append(taken, time.Since(posted))
		}
		if err != nil {
			refused++
		}
	}
	return taken, refused
}

var (
	routines  = regexp.MustCompile(`(?m)^go_goroutines (\S+)`)
	heapInUse = regexp.MustCompile(`(?m)^go_memstats_heap_inuse_bytes (\S+)`)
	resident  = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)
)

// observe looks at the process until the end: how much of the processors it uses, and at its memory.
func (o *office) observe(end time.Time) (cpu float64, all []processState) {
	began, used := time.Now(), o.used()
	tick := time.NewTicker(max(time.Second, time.Until(end)/60))
	defer tick.Stop()
	for time.Now().Before(end) {
		<-tick.C
		s := processState{at: time.Since(began), kb: o.memory()}
		metrics := get(o.replica.metrics, "/metrics")
		if m := routines.FindStringSubmatch(metrics); m != nil {
			n, _ := strconv.ParseFloat(m[1], 64)
			s.goroutines = int(n)
		}
		if m := heapInUse.FindStringSubmatch(metrics); m != nil {
			n, _ := strconv.ParseFloat(m[1], 64)
			s.heapMB = n / (1 << 20)
		}
		all = append(all, s)
	}
	return (o.used() - used).Seconds() / time.Since(began).Seconds(), all
}

// memory is what the process has in memory now, in kB.
func (o *office) memory() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.replica.cmd.Process.Pid))
	m := resident.FindSubmatch(status)
	if err != nil || m == nil {
		o.t.Errorf("memory of the process: %v", err)
		return 0
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return kb
}

// used is how long the process has been running on a processor.
func (o *office) used() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.replica.cmd.Process.Pid))
	_, after, ok := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if err != nil || !ok || len(fields) < 13 {
		o.t.Errorf("processor time of the process: %v", err)
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts hundredths here
}
