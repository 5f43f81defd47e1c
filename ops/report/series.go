package report

import (
	"time"

	"github.com/tincay/hotline/routing/triage"
)

// severity orders urgencies by name.
func severity(key string) int { return triage.Urgency(key).Severity() }

// standing is how far a case is with what is measured.
type standing uint8

const (
	outside standing = iota // it is not about this case
	done
	pending
	waiting
	neverDone
)

// verdict is what one case adds to a series.
type verdict struct {
	standing       standing
	took           int64 // milliseconds, if done
	judged, within bool
}

// verdict measures a case. target is in milliseconds, 0 if there is none.
func (r *row) verdict(m Measure, now, target int64) verdict {
	start, end := r.arrived, int64(never)
	switch m {
	case Alert:
		if r.alertAfter != never {
			end = r.arrived + r.alertAfter
		}
	case Claim:
		end = r.taken
	case Danger:
		start, end = r.danger, r.taken
	case Talk:
		start, end = r.called, r.talked
	case Close:
		end = r.closed
	}
	v := verdict{judged: target > 0}
	switch {
	case start == never:
		return verdict{}
	case end != never:
		// Two machines' clocks may differ by a little.
		v.standing, v.took = done, max(end-start, 0)
		v.within = v.judged && v.took <= target
	case r.closed != never:
		v.standing = neverDone
	case target > 0 && now-start <= target, target == 0 && m == Close:
		// In time yet; and a case is not late because it is open.
		v.standing, v.judged = pending, false
	default:
		v.standing = waiting
	}
	return v
}

// percentiles are numbered in the order median, 90th, 99th.
const percentiles = 3

// places returns the place of each percentile among n in ascending order, counted from 1.
func places(n int) [percentiles]int {
	var at [percentiles]int
	for i, p := range [percentiles]int{50, 90, 99} {
		at[i] = (p*n + 99) / 100
	}
	return at
}

// walk is what is known of a series while its values come in ascending order.
type walk struct {
	place      [percentiles]int
	done, seen int
	sum        int64
}

// measure fills in one series of all figures. Values are sorted once, and every group takes its own from
// them in passing.
func (b *book) measure(m Measure, o Options, chosen []uint32, g groups, figures []Figures) {
	now, target := o.Now.UnixMilli(), o.Target(m).Within.Milliseconds()
	values := make([]value, 0, len(chosen))
	for i, at := range chosen {
		v := b.rows[at].verdict(m, now, target)
		if v.standing == outside {
			continue
		}
		if v.standing == done {
			values = append(values, value{v.took, uint32(i)})
		}
		for _, of := range g.of[i] {
			figures[of].Of(m).add(v)
		}
	}
	sortValues(values)
	walks := make([]walk, len(figures))
	for i := range figures {
		s := figures[i].Of(m)
		walks[i].place, walks[i].done = places(s.Counted()), s.Done
	}
	for _, v := range values {
		for _, of := range g.of[v.of] {
			w := &walks[of]
			w.seen++
			w.sum += v.took
			if w.seen >= w.place[0] || w.seen == w.done {
				w.reached(figures[of].Of(m), time.Duration(v.took)*time.Millisecond)
			}
		}
	}
	for i := range figures {
		if n := int64(walks[i].done); n > 0 {
			figures[i].Of(m).Mean = time.Duration((walks[i].sum+n/2)/n) * time.Millisecond
		}
	}
}

func (s *Series) add(v verdict) {
	switch v.standing {
	case done:
		s.Done++
	case pending:
		s.Pending++
	case waiting:
		s.Waiting++
	case neverDone:
		s.Never++
	case outside:
	}
	count(&s.Judged, v.judged)
	count(&s.Within, v.within)
}

// reached notes the percentiles whose place a value has, and the last value, which is the greatest.
func (w *walk) reached(s *Series, took time.Duration) {
	for i, p := range [percentiles]*Percentile{&s.Median, &s.P90, &s.P99} {
		if w.seen == w.place[i] {
			*p = Percentile{Value: took, Reached: true}
		}
	}
	if w.seen == w.done {
		s.Max = took
	}
}

// value is how long something took, of the chosen row of that place.
type value struct {
	took int64
	of   uint32
}

// sortValues sorts by how long it took: by 11 bits at a time, beginning with the lowest. None is negative.
func sortValues(values []value) {
	const bits = 11
	var most int64
	for _, v := range values {
		most = max(most, v.took)
	}
	from, to := values, make([]value, len(values))
	for shift := 0; most>>shift > 0; shift += bits {
		var at [1 << bits]int
		for _, v := range from {
			at[v.took>>shift&(1<<bits-1)]++
		}
		sum := 0
		for i, n := range at {
			at[i], sum = sum, sum+n
		}
		for _, v := range from {
			digit := v.took >> shift & (1<<bits - 1)
			to[at[digit]] = v
			at[digit]++
		}
		from, to = to, from
	}
	copy(values, from)
}
