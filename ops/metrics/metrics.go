// Package metrics is what the hotline tells Prometheus.
//
// It promises the names, labels and units of the contract with operators, and that each thing that
// happened is counted once: case counters are derived from the notes of stored decisions
// ([Metrics.Decision]), never from attempts. What is shared between replicas (open cases, who waits longest, what waits to
// be sent or acted on) is read from storage at every scrape, so that each replica reports the same and a restart
// forgets nothing. When storage cannot be read those series are left out, because a stale or zero value
// would be believed, and hotline_scrape_errors_total grows; everything else is reported all the same.
//
// It refuses to let anything into a label that is not from a closed set: values outside of it become
// "other". Line ids, chosen by operators, are the only exception. There is no global registry and no
// metric of the package's own outside the [Metrics] that [New] returns.
package metrics

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// Options are what [Metrics] are made of.
type Options struct {
	// Stored is read at every scrape.
	Stored Stored
	// Lines returns the lines as this replica holds them in memory. It must not block and not name a
	// line twice.
	Lines func() []*routing.Line
	// Routes are the patterns that [Metrics.Webhook] may be told, as they are registered with the mux.
	Routes []string
}

// Metrics holds everything that is measured. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	routes   []string

	inbound      *prometheus.CounterVec
	decisions    *prometheus.CounterVec
	escalations  *prometheus.CounterVec
	alerts       *prometheus.CounterVec
	firstAlert   *prometheus.HistogramVec
	claim        *prometheus.HistogramVec
	talk         prometheus.Histogram
	abandoned    *prometheus.CounterVec
	closing      *prometheus.HistogramVec
	ended        *prometheus.CounterVec
	deadlineLag  prometheus.Histogram
	decisionTime *prometheus.HistogramVec
	webhook      *prometheus.HistogramVec
}

// New makes the metrics and their registry, with those of the Go runtime, the process and the build.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), routes: slices.Clone(o.Routes)}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(h)
		return h
	}

	m.inbound = counter("hotline_inbound_total",
		"Texts and calls that arrived, by what became of them.", "channel", "result")
	m.decisions = counter("hotline_decisions_total",
		"Stored decisions, by the event that led to them and the reason they name.", "event", "reason")
	m.escalations = counter("hotline_escalations_total",
		"Steps of a policy, from the second on, that began because nobody had taken the case.", "urgency", "step")
	m.alerts = counter("hotline_alerts_total",
		"Alerts that are over, each counted once, by the kind of contact asked and what came of it.", "kind", "channel", "result")

	m.abandoned = counter("hotline_calls_abandoned_total",
		"Callers who hung up before anybody talked to them, by how long they had waited.", "waited")
	m.ended = counter("hotline_outcomes_total",
		"Closings of cases, by how the case ended as said from the desk; unsaid where nobody said, as when a helper closes.", "outcome")

	// Buckets are dense where the answer to "is this good enough?" is decided, and reach far enough that
	// a bad day is not all in the last one.

	// First alerts are on their way within milliseconds unless the carrier is slow or away; the burst of
	// a bad night is to be out within a second; a step rarely waits for less than 30 s.
	m.firstAlert = histogram("hotline_first_alert_seconds",
		"From a case's arrival until the carrier accepted its first alert.",
		[]float64{.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600}, "channel")
	// Humans answer within seconds to minutes. The bounds include the usual waits of steps (30 s, 60 s,
	// 2 min, 5 min), so that claims within the first step can be told from those after it.
	m.claim = histogram("hotline_claim_seconds",
		"From a case's arrival until a human took it.",
		[]float64{1, 5, 10, 15, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600, 7200}, "channel", "urgency")
	// 90 % of emergency calls are to be answered within 15 s and 95 % within 20 s (NENA-STA-020.1); a contact's
	// phone rings for 25 s, a step takes 30 s or more, a caller holds for some minutes at most.
	m.talk = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "hotline_talk_seconds",
		Help:    "From a call's arrival until the caller was joined with a human.",
		Buckets: []float64{5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600},
	})
	// Cases stay open for minutes to days: 1, 5, 15 and 30 minutes, 1, 2, 4, 8 and 24 hours, 3 and 7 days.
	m.closing = histogram("hotline_close_seconds",
		"From a case's arrival until it was closed.",
		[]float64{60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200, 604800}, "urgency", "outcome")
	// A deadline is to be acted on within 100 ms; after an outage it is late by as long as that lasted.
	m.deadlineLag = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "hotline_deadline_lag_seconds",
		Help:    "From when a deadline was due until it was acted on.",
		Buckets: []float64{.005, .01, .025, .05, .1, .2, .5, 1, 5, 30, 60, 300, 1800, 3600},
	})
	// A webhook takes a few milliseconds and is answered within one second whatever else is broken.
	m.webhook = histogram("hotline_webhook_seconds",
		"Time taken to answer the carrier.",
		[]float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .3, .5, .8, .9, 1, 2}, "route", "code")
	// A decision is two or three round trips to storage, more when others were quicker.
	m.decisionTime = histogram("hotline_decision_seconds",
		"From taking up an event until its decision was stored.",
		[]float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1}, "event")

	m.registry.MustRegister(
		m.deadlineLag,
		m.talk,
		newScrape(o.Stored, o.Lines),
		buildInfo(),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.startAtZero()
	return m
}

// startAtZero makes counters whose labels are all known visible before they first count: the first
// failed alert is then an increase, which a series that appears at 1 is not.
func (m *Metrics) startAtZero() {
	for _, band := range waitBands() {
		m.abandoned.WithLabelValues(band)
	}
	for _, outcome := range saidOutcomes() {
		m.ended.WithLabelValues(string(outcome))
	}
	for _, urgency := range urgencies() {
		for _, outcome := range outcomes() {
			m.closing.WithLabelValues(string(urgency), string(outcome))
		}
		for step := 2; step <= usualSteps; step++ {
			m.escalations.WithLabelValues(string(urgency), strconv.Itoa(step))
		}
	}
	for _, channel := range channels() {
		m.firstAlert.WithLabelValues(string(channel))
		for _, urgency := range urgencies() {
			m.claim.WithLabelValues(string(channel), string(urgency))
		}
		for _, result := range inboundResults() {
			m.inbound.WithLabelValues(string(channel), string(result))
		}
		for _, kind := range contacts.Kinds() {
			for _, result := range alertResults() {
				m.alerts.WithLabelValues(string(kind), string(channel), string(result))
			}
		}
	}
}

// InboundResult is what became of something that arrived.
type InboundResult string

// The results of what arrives.
const (
	InboundAccepted  InboundResult = "accepted"  // safe in storage
	InboundDuplicate InboundResult = "duplicate" // had its effect already
	InboundIgnored   InboundResult = "ignored"   // opens no case: letters, a short code, our own line
	InboundRefused   InboundResult = "refused"   // not taken in and not to be repeated: bad signature, unreadable, not for us
)

// Inbound counts a text or call that arrived.
func (m *Metrics) Inbound(channel contacts.Channel, result InboundResult) {
	m.inbound.WithLabelValues(known(channel, channels()), known(result, inboundResults())).Inc()
}

// Webhook records how long a webhook took to answer. route is the pattern the mux matched, empty if it
// matched none; code is the HTTP status.
func (m *Metrics) Webhook(route string, code int, took time.Duration) {
	label := known(route, m.routes)
	if route == "" {
		label = "unmatched"
	}
	status := other
	if code >= 100 && code < 600 {
		status = strconv.Itoa(code)
	}
	m.webhook.WithLabelValues(label, status).Observe(seconds(took))
}

// DeadlineLag records how late a deadline was acted on.
func (m *Metrics) DeadlineLag(late time.Duration) { m.deadlineLag.Observe(seconds(late)) }

// Handler serves the metrics in the form the scraper asks for. If something cannot be gathered, it
// serves the rest.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// buildInfo says which build is running: the module's version, the commit and the Go release, as the Go
// tool stamps them into the binary.
func buildInfo() prometheus.Collector {
	version, revision := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "hotline_build_info",
		Help:        "Always 1; its labels say which build is running.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": runtime.Version()},
	})
	g.Set(1)
	return g
}
