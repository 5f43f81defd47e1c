// Package report computes how fast people were answered: exact figures for the ward's own office, from
// the journal of what happened and from nothing else.
//
// These are the official, restricted figures of domain.md §4: every case counts, nothing is sampled,
// rounded or hidden, and a cell may be one person. They are for those entitled to them, each export is
// to be recorded by whoever hands it out, and nothing of this is to be published: what is shared needs
// small cells taken out, which this package does not do. It knows no number, no name and no word.
//
// What counts is promised here and tested against a day counted by hand:
//   - A case belongs to a period by when the first text or call arrived, [From, To) in the line's zone,
//     with all that happened to it until now. A period that ends while a case waits does not cut it.
//   - A case nobody has answered never improves a figure. Within a target count only those that made it;
//     who has not been answered within the target by now has missed it, also if the case was closed
//     without being taken. Only who has waited for less than the target yet is left out, and counted as
//     pending.
//   - Percentiles are nearest-rank: the value at place ⌈p·n/100⌉ of n in ascending order. Who was not
//     answered stands behind everybody who was; a percentile that falls on them is not reached, rather
//     than that of the lucky ones. Mean and maximum are of those who were answered, and are not compared
//     with a target.
//   - A case is taken when it is first claimed. Taken again later, or by a holder who spoke again, is no
//     answer to the call for help.
//
// [Folder] takes in the journal entry by entry and keeps some hundred bytes a case, so that figures of
// any period are computed in milliseconds; [Compute] does both at once.
package report

import (
	"iter"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// Options say what to report on.
type Options struct {
	Line     contacts.LineID
	From, To time.Time       // cases that arrived from From on and before To
	Now      time.Time       // up to when those not yet answered have waited
	Zone     *time.Location  // of hours and weeks; nil is UTC
	Targets  routing.Targets // the line's own
	// Without says which cases are left out of everything, since whoever asks must not know of them; nil: none.
	Without func(routing.CaseID) bool
}

// has reports whether a case is of the period and may be known of.
func (o *Options) has(id routing.CaseID, arrived int64) bool {
	return arrived >= o.From.UnixMilli() && arrived < o.To.UnixMilli() && (o.Without == nil || !o.Without(id))
}

// Report is the figures of one line in one period.
type Report struct {
	Options
	All Figures
	// The same cases apart. Weeks are those of ISO 8601 from the first to the last with a case, and hours
	// all 24, so that a chart has no hole. Urgencies are those at arrival. Steps are those in which a case
	// was taken; the key "none" is of cases not taken.
	Weeks, Hours, Channels, Urgencies, Steps []Group
	Funnel                                   Funnel
	Outcomes                                 []OutcomeCount // Funnel.Closed is those together
	Alerts                                   []AlertCounts  // by kind of contact, in the order of contacts.Kinds
	Calls                                    Calls
}

// Figures are the response times of some cases.
type Figures struct {
	Cases  int
	Alert  Series // from arrival until the carrier accepted the first alert
	Claim  Series // from arrival until a contact took the case
	Danger Series // likewise, of cases in immediate danger before they were taken, since that was known
	Talk   Series // of persons who called: from their first call until they first talked with a human
	Close  Series // from arrival until the case was closed
}

// Of returns the series of a measure.
func (f *Figures) Of(m Measure) *Series {
	switch m {
	case Alert:
		return &f.Alert
	case Claim:
		return &f.Claim
	case Danger:
		return &f.Danger
	case Talk:
		return &f.Talk
	default:
		return &f.Close
	}
}

// Group is the figures of the cases that have something in common.
type Group struct {
	Key  string    // "2026-W48", "07", "sms", "urgent", "2", "none"
	From time.Time // of a week: its Monday's beginning in the line's zone; else zero
	Figures
}

// Series is how long one thing took.
type Series struct {
	Done    int // it has happened
	Pending int // not yet, and the target is not over (closing: the case is open); in no other figure
	Waiting int // not yet, too late for the target or without one
	Never   int // not, and the case is closed

	Median, P90, P99 Percentile    // of Done, Waiting and Never
	Mean, Max        time.Duration // of Done; the mean to the nearest millisecond

	Judged, Within int // how many are measured against the target, and how many of them met it
}

// Counted is how many the percentiles are of.
func (s *Series) Counted() int { return s.Done + s.Waiting + s.Never }

// Share is the part that met the target, from 0 to 1; ok is false if there is no target or nobody to judge.
func (s *Series) Share() (share float64, ok bool) {
	if s.Judged == 0 {
		return 0, false
	}
	return float64(s.Within) / float64(s.Judged), true
}

// Percentile is a time that so many waited no longer than. It is not reached if it falls on somebody who
// was not answered, and if there is nobody.
type Percentile struct {
	Value   time.Duration
	Reached bool
}

// Funnel is how far cases came. Arrived is Taken, Untaken and ClosedUntaken together, and likewise Open
// and Closed.
type Funnel struct {
	Arrived, Alerted, Taken, Talked, Closed int
	Untaken                                 int // open, and never taken
	ClosedUntaken                           int
	Open                                    int
	Unanswered                              int // at least one full round of the policy went by without anybody
}

// OutcomeCount is how many cases were closed in one way. A report has a count for every outcome that a desk can say, in
// the order of routing.Outcomes, then for those of which nobody said one: closed by a helper, and by the office. What
// else a journal holds comes last. A case that was opened again and not closed since is in none.
type OutcomeCount struct {
	Outcome routing.Outcome // as said from a desk; empty if nobody said
	By      routing.Reason  // why it was closed: by a helper's word, or by the office
	Cases   int
}

// AlertCounts are the alerts to one kind of contact, by what became of them. Sent is the others together.
type AlertCounts struct {
	Kind                                               contacts.Kind
	Sent, Taken, Declined, NoAnswer, Failed, Late, Out int
}

// Calls are the telephone calls of the persons.
type Calls struct {
	Came      int
	Abandoned int // ended before anybody talked to the person
	Waits     []WaitBand
	// GaveUp are, of the cases that missed the target of [Figures.Talk], those whose first call the person
	// ended before the target was over. They count as missed: who hangs up after five rings was not helped.
	GaveUp int
}

// WaitBand counts abandoned calls by how long the person had waited: at least From, less than To (zero: no
// limit). The bands are those of the metric of abandoned calls.
type WaitBand struct {
	From, To time.Duration
	Count    int
}

// Case is what happened to one case, for a table. Times are in UTC, zero if it has not happened.
type Case struct {
	ID                      routing.CaseID
	Channel                 contacts.Channel
	Urgency, UrgencyAtClaim triage.Urgency
	// Arrived is as exact as the journal is so far: of a text that was taken in late, such as after an
	// outage, the journal says so when the case is taken or closed.
	Arrived   time.Time
	Alerted   time.Time // the first alert was accepted
	Taken     time.Time
	TakenStep int           // counted from 1
	TakenBy   contacts.Kind // of contact
	RoundOver time.Time     // the first round without a human ended
	Called    time.Time     // the person's first call
	Talked    time.Time     // the person first talked with a human
	Calls     int
	Closed    time.Time
	ClosedBy  routing.Reason  // a helper's word, or the office
	Outcome   routing.Outcome // as said from a desk; empty if nobody said
}

// Compute reports on a journal, oldest entry first, in one go.
func Compute(entries iter.Seq[Entry], o Options) Report {
	f := NewFolder()
	for e := range entries {
		f.Add(e)
	}
	return f.Report(o)
}

// Measures lists what is measured, in the order in which it happens.
func Measures() []Measure { return []Measure{Alert, Claim, Danger, Talk, Close} }

// Measure is one of the times of [Figures].
type Measure int

// The measures.
const (
	Alert Measure = iota
	Claim
	Danger
	Talk
	Close
)

// String is the measure's name in exported files: it does not change.
func (m Measure) String() string {
	switch m {
	case Alert:
		return "first_alert"
	case Claim:
		return "claim"
	case Danger:
		return "danger_claim"
	case Talk:
		return "talk"
	case Close:
		return "close"
	}
	return "unknown"
}

// Target is what a line wants of a measure.
func (o *Options) Target(m Measure) routing.Target {
	switch m {
	case Alert:
		return o.Targets.Alert
	case Claim:
		return o.Targets.Claim
	case Danger:
		return o.Targets.Danger
	case Talk:
		return o.Targets.Talk
	default:
		return o.Targets.Close
	}
}

// Meets reports whether a series meets a target; ok is false if there is none or nobody to judge. A target that is
// missed by one case is missed: nothing is rounded.
func (s *Series) Meets(t routing.Target) (met, ok bool) {
	return s.Judged > 0 && s.Within*100 >= t.Share*s.Judged, s.Judged > 0 && t.Within > 0
}

// Yardstick is a published figure to be shown beside a line's own. It is not the same measure: those lines
// have people waiting at desks.
type Yardstick struct {
	Measure Measure // beside which it belongs
	Within  time.Duration
	Share   float64 // of how many; 0 if Within is a mean
	VI, EN  string
	Source  string
}

// Yardsticks lists the published figures.
func Yardsticks() []Yardstick {
	return []Yardstick{
		{
			Measure: Talk, Within: 15 * time.Second, Share: 0.9,
			VI:     "Hoa Kỳ, tổng đài khẩn cấp 9-1-1: 90 % cuộc gọi được trả lời trong 15 giây (95 % trong 20 giây)",
			EN:     "United States, 9-1-1: 90 % of calls answered within 15 seconds (95 % within 20 seconds)",
			Source: "NENA-STA-020.1-2020, NENA Standard for 9-1-1 Call Processing, 16 April 2020",
		},
		{
			Measure: Talk, Within: 44 * time.Second,
			VI:     "Hoa Kỳ, đường dây 988: trung bình 44 giây cho mọi cuộc gọi, trò chuyện và tin nhắn, tháng 12 năm 2022",
			EN:     "United States, 988 Lifeline: mean of 44 seconds over all calls, chats and texts, December 2022",
			Source: "SAMHSA, 988 Lifeline performance metrics, December 2022 (average speed to answer)",
		},
	}
}
