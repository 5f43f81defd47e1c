package supervisor

import (
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// number writes a count as the reader's language groups it: 1.234 or 1,234.
func (q *query) number(n int) string {
	digits := strconv.Itoa(n)
	sign := ","
	if q.words.Language == texts.Vietnamese {
		sign = "."
	}
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + sign + digits[at:]
	}
	return digits
}

// decimal writes tenths with the reader's decimal sign.
func (q *query) decimal(tenths int64) string {
	s := strconv.FormatInt(tenths/10, 10)
	if tenths%10 == 0 {
		return s
	}
	sign := "."
	if q.words.Language == texts.Vietnamese {
		sign = ","
	}
	return s + sign + strconv.FormatInt(tenths%10, 10)
}

// percent writes a part of a whole in tenths of a percent, rounded down: 89.96 % is not 90 %.
func (q *query) percent(part, whole int) string {
	return q.decimal(int64(part)*1000/int64(whole)) + " %"
}

// took writes how long something took, rounded up, so that nothing looks faster than it was: to tenths under
// ten seconds, to seconds under an hour, to minutes under a day, else to hours.
func (q *query) took(d time.Duration) string {
	up := func(unit time.Duration) int64 { return int64((d + unit - 1) / unit) }
	if d <= 9900*time.Millisecond {
		return q.say("took.s", "s", q.decimal(up(100*time.Millisecond)))
	}
	if s := up(time.Second); s < 3600 {
		return q.two("took.m", "took.s", s/60, s%60)
	}
	if m := up(time.Minute); m < 24*60 {
		return q.two("took.h", "took.m", m/60, m%60)
	}
	h := up(time.Hour)
	return q.two("took.d", "took.h", h/24, h%24)
}

// two writes a length in two units, without the one that is nothing.
func (q *query) two(great, small string, n, m int64) string {
	var parts []string
	if n > 0 {
		parts = append(parts, q.say(great, great[len("took."):], n))
	}
	if m > 0 || n == 0 {
		parts = append(parts, q.say(small, small[len("took."):], m))
	}
	return strings.Join(parts, " ")
}

// cell is a figure of a table.
type cell struct {
	Text    string
	Seconds string // as a machine reads it; empty if it is no length of time
	Missed  bool   // it falls on somebody who was not answered
}

func (q *query) length(d time.Duration) cell {
	return cell{Text: q.took(d), Seconds: strconv.FormatFloat(d.Seconds(), 'f', 3, 64)}
}

// none is a figure that there is not.
func none() cell { return cell{Text: "–"} }

// percentile writes one of a series. Where it falls on somebody who was not answered, it says what that means: for
// fewer than so many it has happened at all. "Not yet", in red, was read as a figure that is still to come.
func (q *query) percentile(p report.Percentile, s *report.Series, fewer string) cell {
	switch {
	case p.Reached:
		return q.length(p.Value)
	case s.Counted() == 0:
		return none()
	}
	return cell{Text: q.say(fewer), Missed: true}
}

// ofDone writes a figure of those to whom it has happened.
func (q *query) ofDone(d time.Duration, s *report.Series) cell {
	if s.Done == 0 {
		return none()
	}
	return q.length(d)
}

// share writes how many were within the target.
func (q *query) share(s *report.Series) string {
	if s.Judged == 0 {
		return "–"
	}
	return q.number(s.Within) + "/" + q.number(s.Judged) + " (" + q.percent(s.Within, s.Judged) + ")"
}

// target writes a target.
func (q *query) target(t routing.Target) string {
	if t.Within == 0 {
		return "–"
	}
	return q.say("times.target", "share", strconv.Itoa(t.Share)+" %", "within", q.took(t.Within))
}

// weekday names a day of the week.
func (q *query) weekday(d time.Weekday) string {
	return q.say("weekday." + strconv.Itoa(int(d)))
}

// bandShort is a band's name on an axis: from when until when, and the unit on a line of its own, so that six of them
// have room on a telephone.
func (q *query) bandShort(b report.WaitBand) string {
	unit, each := "took.s", time.Second
	if max(b.From, b.To) > time.Minute {
		unit, each = "took.m", time.Minute
	}
	text := strconv.Itoa(int(b.From/each)) + "–" + strconv.Itoa(int(b.To/each))
	if b.To == 0 {
		text = "≥ " + strconv.Itoa(int(b.From/each))
	}
	text = q.say(unit, unit[len("took."):], text)
	at := strings.LastIndexByte(text, ' ')
	return text[:at] + "\n" + text[at+1:]
}
