package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// Stored is what the replicas share and metrics are read from.
type Stored interface {
	// CaseCounts counts a line's open cases by state; states without cases may be missing.
	CaseCounts(ctx context.Context, line contacts.LineID) (map[string]int, error)
	// OldestWaiting returns, by priority, for how long the oldest message has waited to be handed to
	// the carrier; priorities with nothing waiting may be missing.
	OldestWaiting(ctx context.Context) (map[routing.Priority]time.Duration, error)
	// OldestUnclaimed returns, by urgency, for how long the person of a line's oldest case has waited that nobody has;
	// urgencies without one may be missing.
	OldestUnclaimed(ctx context.Context, line contacts.LineID) (map[triage.Urgency]time.Duration, error)
	// DeadlineOverdue returns for how long the deadline has waited to be acted on that is overdue longest; zero if none
	// is.
	DeadlineOverdue(ctx context.Context) (time.Duration, error)
	// LiveCalls counts the calls of a line that are under way: those of persons and those with contacts.
	LiveCalls(ctx context.Context, line contacts.LineID) (persons, helpers int, err error)
	// Duty returns what a line's contacts said about being on call (NGHI, TRUC).
	Duty(ctx context.Context, line contacts.LineID) (map[contacts.ID]routing.Duty, error)
}

// scrapeTime is how long storage may take in one scrape, well below Prometheus' default limit of 10 s: a
// storage that hangs then costs its own series and not all of them.
const scrapeTime = 2 * time.Second

// scrape gathers what is not counted as it happens but read when asked for.
type scrape struct {
	stored Stored
	lines  func() []*routing.Line

	cases     *prometheus.Desc
	unclaimed *prometheus.Desc
	overdue   *prometheus.Desc
	outbox    *prometheus.Desc
	onCall    *prometheus.Desc
	calls     *prometheus.Desc
	errors    *prometheus.CounterVec
}

func newScrape(stored Stored, lines func() []*routing.Line) *scrape {
	s := &scrape{
		stored: stored,
		lines:  lines,
		cases: prometheus.NewDesc("hotline_cases",
			"Open cases, by state; the same on every replica.", []string{"line", "state"}, nil),
		// 0 where there is none, so that each series is there from the start and a dashboard has no hole: an age of 0 is
		// below every threshold. A series is absent where storage cannot be read, and only there.
		unclaimed: prometheus.NewDesc("hotline_oldest_unclaimed_seconds",
			"How long the oldest open case that nobody has taken has waited for somebody, 0 if there is none; the same on every replica.",
			[]string{"line", "urgency"}, nil),
		overdue: prometheus.NewDesc("hotline_deadline_overdue_seconds",
			"How long the most overdue deadline has waited to be acted on, 0 if none is overdue; the same on every replica.", nil, nil),
		outbox: prometheus.NewDesc("hotline_outbox_oldest_seconds",
			"For how long the oldest message that waits for the carrier has waited, 0 if none does; the same on every replica.",
			[]string{"priority"}, nil),
		onCall: prometheus.NewDesc("hotline_oncall_contacts",
			"Contacts on call now.", []string{"line", "kind"}, nil),
		calls: prometheus.NewDesc("hotline_calls",
			"Calls under way: with persons at risk, and with contacts; the same on every replica.", []string{"line", "with"}, nil),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_scrape_errors_total",
			Help: "Reads of storage for a scrape that failed, by the metric that was left out.",
		}, []string{"metric"}),
	}
	for _, metric := range []string{metricCases, metricUnclaimed, metricOverdue, metricOutbox, metricCalls} {
		s.errors.WithLabelValues(metric)
	}
	return s
}

// What a scrape reads from storage.
const (
	metricCases     = "hotline_cases"
	metricUnclaimed = "hotline_oldest_unclaimed_seconds"
	metricOverdue   = "hotline_deadline_overdue_seconds"
	metricOutbox    = "hotline_outbox_oldest_seconds"
	metricOnCall    = "hotline_oncall_contacts"
	metricCalls     = "hotline_calls"
)

// Describe implements [prometheus.Collector].
func (s *scrape) Describe(ch chan<- *prometheus.Desc) {
	ch <- s.cases
	ch <- s.unclaimed
	ch <- s.overdue
	ch <- s.outbox
	ch <- s.onCall
	ch <- s.calls
	s.errors.Describe(ch)
}

// Collect implements [prometheus.Collector].
func (s *scrape) Collect(ch chan<- prometheus.Metric) {
	lines := s.lines()
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	s.collectOnCall(ctx, ch, lines)
	s.collectOutbox(ctx, ch)
	s.collectOverdue(ctx, ch)
	s.collectUnclaimed(ctx, ch, lines)
	s.collectCases(ctx, ch, lines)
	s.collectCalls(ctx, ch, lines)
	// Last, so that the failures of this very scrape are in it.
	s.errors.Collect(ch)
}

func (s *scrape) collectOnCall(ctx context.Context, ch chan<- prometheus.Metric, lines []*routing.Line) {
	now := time.Now()
	for _, line := range lines {
		duty, err := s.stored.Duty(ctx, line.ID)
		if err != nil {
			// The roster alone is still worth knowing while storage is away.
			s.errors.WithLabelValues(metricOnCall).Inc()
		}
		count := map[contacts.Kind]int{}
		onCall := routing.OnCall(line, duty, now)
		for _, c := range line.Directory.All() {
			if !c.Retired && onCall(c.ID) {
				count[c.Kind]++
			}
		}
		for _, kind := range contacts.Kinds() {
			gauge(ch, s.onCall, float64(count[kind]), string(line.ID), string(kind))
		}
	}
}

func (s *scrape) collectOutbox(ctx context.Context, ch chan<- prometheus.Metric) {
	ages, err := s.stored.OldestWaiting(ctx)
	if err != nil {
		s.errors.WithLabelValues(metricOutbox).Inc()
		return
	}
	for _, p := range routing.Priorities() {
		gauge(ch, s.outbox, seconds(ages[p]), p.String())
	}
}

func (s *scrape) collectOverdue(ctx context.Context, ch chan<- prometheus.Metric) {
	late, err := s.stored.DeadlineOverdue(ctx)
	if err != nil {
		s.errors.WithLabelValues(metricOverdue).Inc()
		return
	}
	gauge(ch, s.overdue, seconds(late))
}

func (s *scrape) collectUnclaimed(ctx context.Context, ch chan<- prometheus.Metric, lines []*routing.Line) {
	for _, line := range lines {
		ages, err := s.stored.OldestUnclaimed(ctx, line.ID)
		if err != nil {
			s.errors.WithLabelValues(metricUnclaimed).Inc()
			continue
		}
		for _, u := range urgencies() {
			gauge(ch, s.unclaimed, seconds(ages[u]), string(line.ID), string(u))
		}
	}
}

func (s *scrape) collectCases(ctx context.Context, ch chan<- prometheus.Metric, lines []*routing.Line) {
	for _, line := range lines {
		counts, err := s.stored.CaseCounts(ctx, line.ID)
		if err != nil {
			s.errors.WithLabelValues(metricCases).Inc()
			continue
		}
		for _, state := range caseStates() {
			gauge(ch, s.cases, float64(counts[state]), string(line.ID), state)
		}
	}
}

func (s *scrape) collectCalls(ctx context.Context, ch chan<- prometheus.Metric, lines []*routing.Line) {
	for _, line := range lines {
		persons, helpers, err := s.stored.LiveCalls(ctx, line.ID)
		if err != nil {
			s.errors.WithLabelValues(metricCalls).Inc()
			continue
		}
		gauge(ch, s.calls, float64(persons), string(line.ID), "person")
		gauge(ch, s.calls, float64(helpers), string(line.ID), "contact")
	}
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}
