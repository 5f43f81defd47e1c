package metrics

import (
	"cmp"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// Decision counts what a stored decision did; it is a [routing.Observer]. took is the time from taking
// up the event until the decision was stored.
func (m *Metrics) Decision(_ *routing.Line, e routing.Event, d routing.Decision, took time.Duration) {
	event := known(e.Name(), eventNames())
	m.decisions.WithLabelValues(event, known(d.Reason, reasons())).Inc()
	m.decisionTime.WithLabelValues(event).Observe(seconds(took))
	for _, n := range d.Notes {
		m.note(n)
	}
}

// note counts one thing that happened.
func (m *Metrics) note(n routing.Note) {
	urgency, channel := known(n.Urgency, urgencies()), known(n.Channel, channels())
	switch n.Kind {
	case routing.NoteFirstAlert:
		m.firstAlert.WithLabelValues(channel).Observe(seconds(n.Took))
	case routing.NoteClaimed:
		// Taken again after it was given back, or by a holder who had fallen silent: not an answer to
		// the call for help, and counting it would show a response time of an hour for a case that was
		// taken within a minute.
		if n.Reason != routing.ReasonResumed && n.Reason != routing.ReasonRetaken {
			m.claim.WithLabelValues(channel, urgency).Observe(seconds(n.Took))
		}
	case routing.NoteTalking:
		m.talk.Observe(seconds(n.Took))
	case routing.NoteAbandoned:
		m.abandoned.WithLabelValues(waitBand(n.Took)).Inc()
	case routing.NoteClosed:
		m.closing.WithLabelValues(urgency, known(n.Reason, outcomes())).Observe(seconds(n.Took))
		m.ended.WithLabelValues(known(cmp.Or(n.Outcome, unsaid), saidOutcomes())).Inc()
	case routing.NoteStep:
		// The first step is how every case begins. Steps count from 1; how many there are is up to the
		// line file, so the number is bounded here.
		if n.Step >= 2 {
			step := other
			if n.Step <= maxStep {
				step = strconv.Itoa(n.Step)
			}
			m.escalations.WithLabelValues(urgency, step).Inc()
		}
	case routing.NoteAlertOver:
		m.alerts.WithLabelValues(known(n.Role, contacts.Kinds()), channel, known(n.Result, alertResults())).Inc()
	}
}
