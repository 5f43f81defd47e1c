package supervisor

import (
	"strconv"

	"github.com/tincay/hotline/ops/report"
)

// summary says in a few sentences what somebody wants to know who has half a minute: how many came, how long they
// waited for a human, and whether danger was taken in time. Each figure stands in the tables, too.
func (q *query) summary(r *report.Report) []string {
	n, claim := &r.Funnel, r.All.Of(report.Claim)
	lines := []string{q.say("sum.came", "n", q.number(n.Arrived), "taken", q.number(n.Taken))}
	if n.Untaken > 0 {
		lines = append(lines, q.say("sum.untaken", "n", q.number(n.Untaken)))
	}
	if n.ClosedUntaken > 0 {
		lines = append(lines, q.say("sum.closed_untaken", "n", q.number(n.ClosedUntaken)))
	}
	switch {
	case claim.P90.Reached:
		lines = append(lines, q.say("sum.half_and_most", "median", q.took(claim.Median.Value), "p90", q.took(claim.P90.Value)))
	case claim.Median.Reached:
		lines = append(lines, q.say("sum.half_only", "median", q.took(claim.Median.Value)))
	case claim.Counted() > 0:
		lines = append(lines, q.say("sum.not_half"))
	}
	target, danger := r.Target(report.Danger), r.All.Of(report.Danger)
	if met, judged := danger.Meets(target); judged {
		key := "sum.danger_missed"
		if met {
			key = "sum.danger_met"
		}
		lines = append(lines, q.say(key, "n", q.number(danger.Within), "of", q.number(danger.Judged), "within", q.took(target.Within), "share", strconv.Itoa(target.Share)+" %"))
	}
	return lines
}
