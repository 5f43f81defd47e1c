package supervisor

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

func TestAlarms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 3, 13, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	usual, own := &routing.Line{Targets: routing.DefaultTargets()}, &routing.Line{Targets: routing.Targets{Danger: routing.Target{Within: 5 * time.Minute, Share: 100}}.OrDefault()}
	danger := routing.Case{State: routing.Alerting, Urgency: triage.ImmediateDanger}
	with := func(c routing.Case, change func(*routing.Case)) routing.Case {
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name string
		line *routing.Line
		c    routing.Case
		want bool
	}{
		{"danger, just in time", usual, with(danger, func(c *routing.Case) { c.ArrivedAt = ago(3*time.Minute - 1) }), false},
		{"danger, the target is over", usual, with(danger, func(c *routing.Case) { c.ArrivedAt = ago(3 * time.Minute) }), true},
		{"danger, the line's own target is not over", own, with(danger, func(c *routing.Case) { c.ArrivedAt = ago(4 * time.Minute) }), false},
		{"danger, the line's own target is over", own, with(danger, func(c *routing.Case) { c.ArrivedAt = ago(5 * time.Minute) }), true},
		{"danger that somebody has", usual, with(danger, func(c *routing.Case) { c.ArrivedAt, c.State = ago(time.Hour), routing.Claimed }), false},
		{"danger given back a minute ago", usual, with(danger, func(c *routing.Case) {
			c.ArrivedAt, c.TakenAt, c.AlertingSince = ago(time.Hour), ago(time.Hour), ago(time.Minute)
		}), false},
		{"urgent, for long", usual, with(danger, func(c *routing.Case) { c.ArrivedAt, c.Urgency = ago(time.Hour), triage.Urgent }), false},
		{"urgent, a round went by", own, with(danger, func(c *routing.Case) { c.ArrivedAt, c.Urgency, c.Unanswered = ago(time.Second), triage.Urgent, true }), true},
	} {
		if got := alarms(tt.line, &tt.c, now); got != tt.want {
			t.Errorf("%s: alarms = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The two lines of the test have danger targets of three and of five minutes.
func TestNow_AlarmByTheLinesTarget(t *testing.T) {
	t.Parallel()
	var ahead time.Duration
	w := newWorld(t, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(ahead) } })
	near := w.text(here1, "+84935000001", "cuu toi voi, no dang cam dao")
	w.text(there, "+84935000002", "cuu toi voi, no dang cam dao")
	b := w.open("mai", account.Supervisor, here1, there)
	for _, tt := range []struct {
		waited time.Duration
		want   string
	}{
		{2 * time.Minute, "2 ca đang chờ người nhận"},
		{4 * time.Minute, "1 ca chưa ai nhận: " + string(near.Code)},
		{6 * time.Minute, "2 ca chưa ai nhận: "},
	} {
		ahead = tt.waited
		if page := b.page("/now/fragment"); !strings.Contains(page, `data-spoken="`+tt.want) {
			t.Errorf("after %v the board does not say %q:\n%s", tt.waited, tt.want, strings.Join(regexp.MustCompile(`data-spoken="[^"]*"`).FindAllString(page, -1), "\n"))
		}
	}
}

// Who texts NGHI is not there, whatever the plan says; the board must not say that somebody is.
func TestNow_NobodyIsThereAfterNGHI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open("mai", account.Supervisor, here1)
	const covered, nobody = "24 giờ tới lúc nào cũng có người trực bước đầu", "24 giờ tới không ai trực bước đầu"
	if page := b.page("/"); !strings.Contains(page, covered) || strings.Contains(page, nobody) {
		t.Fatal("the board does not say that somebody is there, as planned")
	}
	for _, helper := range []string{"+84905000001", "+84905000002"} {
		w.text(here1, helper, "NGHI")
	}
	w.board.forget(here1) // as what follows the journal does
	if page := b.page("/"); strings.Contains(page, covered) || !strings.Contains(page, nobody) {
		t.Error("after everybody has gone off call the board says that somebody is there, or does not say that nobody is")
	}
}
