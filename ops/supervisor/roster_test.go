package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/routingtest"
)

// onDuty has what contacts said about being on call in place of what is stored.
type onDuty struct {
	stored
	said map[contacts.ID]routing.Duty
	err  error
}

func (d *onDuty) Duty(context.Context, contacts.LineID) (map[contacts.ID]routing.Duty, error) {
	return d.said, d.err
}

// shiftLines has one line whose people have shifts.
type shiftLines struct{ line *routing.Line }

func (s shiftLines) All() []*routing.Line { return []*routing.Line{s.line} }

func (s shiftLines) Line(id contacts.LineID) (*routing.Line, error) {
	if id != s.line.ID {
		return nil, routing.ErrUnknownLine
	}
	return s.line, nil
}

func everyDay() []time.Weekday { return []time.Weekday{0, 1, 2, 3, 4, 5, 6} }

// shifts is a line with Lan from 06:00 to 18:00 every day, Hung from 18:00 to 06:00 but on Saturdays, and the
// officer around the clock.
func shifts(t testing.TB) *routing.Line {
	t.Helper()
	const hour = roster.Clock(60)
	nights := slices.DeleteFunc(everyDay(), func(d time.Weekday) bool { return d == time.Saturday })
	return routingtest.Line(t,
		routingtest.WithShifts(
			roster.Shift{Contact: routingtest.Lan, Days: everyDay(), From: 6 * hour, To: 18 * hour},
			roster.Shift{Contact: routingtest.Hung, Days: nights, From: 18 * hour, To: 6 * hour},
			roster.Shift{Contact: routingtest.Officer, Days: everyDay(), From: 0, To: 0},
		),
		routingtest.With(func(l *routing.Line) { l.ID, l.Name = here1, "Phường Cẩm Thành" }),
	)
}

func shiftWorld(t *testing.T, now time.Time, said map[contacts.ID]routing.Duty) (*browser, *onDuty) {
	t.Helper()
	duty := &onDuty{said: said}
	w := newWorld(t, func(o *Options) {
		duty.stored = o.Cases
		o.Cases, o.Lines, o.Now = duty, shiftLines{shifts(t)}, func() time.Time { return now }
	})
	return w.open("mai", account.Reader, here1), duty
}

// week is as far as the command looks.
const week = 7 * 24 * time.Hour

// wednesday is 25 November 2026.
func wednesday(t testing.TB, hour, minute int) time.Time {
	return time.Date(2026, time.November, 25, hour, minute, 0, 0, wardZone(t))
}

// The page answers what the command does, at the instants at which the command was tested and others.
func TestRoster_AnswersAsTheCommandDoes(t *testing.T) {
	t.Parallel()
	l := shifts(t)
	for _, now := range []time.Time{
		wednesday(t, 22, 0), wednesday(t, 5, 59), wednesday(t, 6, 0), wednesday(t, 18, 0).AddDate(0, 0, 3), wednesday(t, 0, 0),
	} {
		said := map[contacts.ID]routing.Duty{
			routingtest.Mai:  {On: true, Until: now.Add(5 * time.Hour)},
			routingtest.Duty: {On: true, Until: now}, // over
			routingtest.Hung: {On: false, Until: now.Add(30 * time.Minute)},
		}
		list := bands(l, said, now, week)
		if !list[0].from.Equal(now) || !list[len(list)-1].until.Equal(now.Add(week)) {
			t.Fatalf("bands at %v run from %v to %v, want seven days from then", now, list[0].from, list[len(list)-1].until)
		}
		i := 0
		for m := time.Duration(0); m < week; m += time.Minute {
			at := now.Add(m)
			for !at.Before(list[i].until) {
				if i++; !list[i].from.Equal(list[i-1].until) {
					t.Fatalf("band %d begins at %v, want where the one before ended", i, list[i].from)
				}
			}
			on := routing.OnCall(l, said, at)
			var want []contacts.ID
			for _, c := range l.Directory.All() {
				if on(c.ID) && !c.Retired {
					want = append(want, c.ID)
				}
			}
			var got []contacts.ID
			for _, c := range list[i].onCall {
				got = append(got, c.ID)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("on call at %v = %v, want %v", at, got, want)
			}
		}
		// Gaps by the plan are the command's own.
		var want, got []string
		for _, g := range coverage.FirstStepGaps(l, now, week) {
			for at := g.From; at.Before(g.Until); at = at.Add(time.Minute) {
				want = append(want, fmt.Sprint(coverage.KeyName(g.Policy), at.Unix()))
			}
		}
		for _, key := range coverage.Keys(l.Policy) {
			for _, b := range list {
				for at := b.from; slices.Contains(b.planned, key) && at.Before(b.until); at = at.Add(time.Minute) {
					got = append(got, fmt.Sprint(coverage.KeyName(key), at.Unix()))
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("minutes in gaps at %v (-want +got):\n%s", now, diff)
		}
	}
}

func TestRoster_Page(t *testing.T) {
	t.Parallel()
	now := wednesday(t, 17, 0)
	b, _ := shiftWorld(t, now, map[contacts.ID]routing.Duty{
		routingtest.Lan: {On: false, Until: wednesday(t, 17, 30)},
		routingtest.Mai: {On: true, Until: wednesday(t, 20, 0)},
	})
	page := english(t, b, "/roster")
	l := shifts(t)
	lan, mai, hung := name(l, routingtest.Lan), name(l, routingtest.Mai), name(l, routingtest.Hung)
	first := rows(t, page, "Wednesday 25 Nov 2026 today")
	for i, want := range []struct {
		hours string
		has   []string
		not   []string
	}{
		{"17:00–17:30 Now", []string{mai, "texted TRUC"}, []string{lan, hung}},
		{"17:30–18:00", []string{lan, mai}, []string{hung}},
		{"18:00–20:00", []string{mai, hung}, []string{lan}},
		{"20:00–24:00", []string{hung}, []string{lan, mai}},
	} {
		row := first[i+1]
		if row[0] != want.hours {
			t.Errorf("band %d = %q, want %q", i, row[0], want.hours)
		}
		for _, who := range want.has {
			if !strings.Contains(row[1], who) {
				t.Errorf("%s has %q, want %s in it", row[0], row[1], who)
			}
		}
		for _, who := range want.not {
			if strings.Contains(row[1], who) {
				t.Errorf("%s has %q, want no %s", row[0], row[1], who)
			}
		}
	}
	if len(first) != 5 {
		t.Errorf("Wednesday has %d bands, want 4", len(first)-1)
	}
	saturday := rows(t, page, "Saturday 28 Nov 2026")
	if last := saturday[len(saturday)-1]; last[0] != "18:00–24:00" || strings.Contains(last[1], hung) || !strings.Contains(last[1], "The first step alerts nobody:") {
		t.Errorf("Saturday night = %q, want a gap", last)
	}
	text := readable(page)
	for _, want := range []string{
		"NGHI " + lan, "Off call until Wednesday 25 Nov 2026 17:30", "TRUC " + mai, "On call until Wednesday 25 Nov 2026 20:00", "Sat 18:00 – Sun 06:00",
	} {
		if want == "Sat 18:00 – Sun 06:00" {
			want = "Sat 18:00–06:00"
		}
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, c := range l.Directory.All() {
		if digits := c.Phone.E164(); strings.Contains(page, digits[len(digits)-9:]) {
			t.Errorf("the page shows the number of %s", c.ID)
		}
	}
}

// Who texts NGHI may leave a gap that the plan does not have; it is said, and apart from the plan's.
func TestRoster_AGapBecauseOfWhatWasSaid(t *testing.T) {
	t.Parallel()
	l := shifts(t)
	now := wednesday(t, 12, 0)
	said := map[contacts.ID]routing.Duty{routingtest.Lan: {Until: wednesday(t, 15, 0)}}
	list := bands(l, said, now, week)
	var got []string
	for _, g := range gapsBySaying(l, list) {
		got = append(got, fmt.Sprintf("%s %s–%s", coverage.KeyName(g.Policy), g.From.In(wardZone(t)).Format("15:04"), g.Until.In(wardZone(t)).Format("15:04")))
	}
	var want []string
	for _, key := range coverage.Keys(l.Policy) { // those whose first step has trusted addresses and neither police
		steps := l.Policy.Steps[key]
		if slices.Contains(steps[0].Notify, contacts.TrustedAddress) && !slices.Contains(steps[0].Notify, contacts.Police) {
			want = append(want, coverage.KeyName(key)+" 12:00–15:00")
		}
	}
	if len(want) == 0 {
		t.Fatal("the line of the test has no policy that begins with trusted addresses alone")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gaps by saying (-want +got):\n%s", diff)
	}
	if got := gapsBySaying(l, bands(l, nil, now, week)); len(got) != 0 {
		t.Errorf("gaps by saying with nobody having said anything = %v, want none", got)
	}
}

func TestRoster_StorageIsDown(t *testing.T) {
	t.Parallel()
	b, duty := shiftWorld(t, wednesday(t, 12, 0), nil)
	duty.err = errors.New("0905030001 is not to be seen")
	if answer := b.get("/roster"); answer.Code != 503 || strings.Contains(answer.Body.String(), "0905") {
		t.Errorf("GET /roster = %d, want 503 and no cause", answer.Code)
	}
}

// Of two trusted addresses who are always on call one is off for some hours, as is the other, who said so half a minute
// later: between their ends there is a moment in which there is one.
func TestRoster_WhatStaysTheSameIsSaidOnce(t *testing.T) {
	t.Parallel()
	now := wednesday(t, 22, 11)
	w := newWorld(t, func(o *Options) {
		until := wednesday(t, 34, 11) // on Thursday
		o.Cases = &onDuty{stored: o.Cases, said: map[contacts.ID]routing.Duty{"lan": {Until: until.Add(11 * time.Second)}, "hoa": {Until: until.Add(40 * time.Second)}}}
		o.Now = func() time.Time { return now }
	})
	page := english(t, w.open("mai", account.Reader, here1), "/roster")
	hours := map[string][]string{}
	for _, day := range []string{"Wednesday 25 Nov 2026 today", "Thursday 26 Nov 2026", "Friday 27 Nov 2026 – Wednesday 2 Dec 2026"} {
		for _, row := range rows(t, page, day)[1:] {
			hours[day] = append(hours[day], row[0])
		}
	}
	want := map[string][]string{
		"Wednesday 25 Nov 2026 today": {"22:11–24:00 Now"}, "Thursday 26 Nov 2026": {"00:00–10:11", "10:11–24:00"},
		"Friday 27 Nov 2026 – Wednesday 2 Dec 2026": {"all day"},
	}
	if diff := cmp.Diff(want, hours); diff != "" {
		t.Errorf("hours of the days (-want +got):\n%s", diff)
	}
	text := readable(page)
	for _, want := range []string{"Because somebody texted NGHI (off call) Wednesday 25 Nov 2026 22:11 – Thursday 26 Nov 2026 10:11 for"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
	for _, not := range []string{"somebody is always there", "10:11–10:11"} {
		if strings.Contains(text, not) {
			t.Errorf("the page says %q beside a gap", not)
		}
	}
}

// Who is always on call stands above the days and in none of them.
func TestRoster_AlwaysOnCall(t *testing.T) {
	t.Parallel()
	b, _ := shiftWorld(t, wednesday(t, 17, 0), nil)
	page := english(t, b, "/roster")
	officer := name(shifts(t), routingtest.Officer)
	if got := readable(page); !strings.Contains(got, "Always on call, at any hour of any day police: "+officer) {
		t.Errorf("the page does not say that %s is always on call: %s", officer, got)
	}
	for _, row := range rows(t, page, "Thursday 26 Nov 2026 – Friday 27 Nov 2026") {
		if strings.Contains(row[1], officer) || strings.Contains(row[1], "police") {
			t.Errorf("%q has %s once more", row, officer)
		}
	}
}
