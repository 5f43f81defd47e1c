package coverage

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/triage"
)

const hour = roster.Clock(60)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// monday is the beginning of Monday, 2 March 2026.
func monday(z *time.Location) time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, z) }

func everyDay() []time.Weekday { return []time.Weekday{0, 1, 2, 3, 4, 5, 6} }

// testLine has a helper, a police officer, a station that only takes calls and somebody who has left.
// Danger goes to helper and police, urgent to the helper, information to the chair, whom nobody is.
func testLine(z *time.Location, shifts ...roster.Shift) *routing.Line {
	texts := []contacts.Channel{contacts.SMS}
	return &routing.Line{
		Directory: contacts.NewDirectory([]contacts.Contact{
			{ID: "helper", Kind: contacts.TrustedAddress, Channels: texts},
			{ID: "police", Kind: contacts.Police, Channels: texts},
			{ID: "station", Kind: contacts.HealthStation, Channels: []contacts.Channel{contacts.Voice}},
			{ID: "gone", Kind: contacts.Supervisor, Channels: texts, Retired: true},
		}, func(phone.Number) phone.Key { return "" }),
		Roster: roster.Roster{Zone: z, Shifts: shifts, Always: []contacts.ID{"station", "gone"}},
		Policy: routing.Policy{Steps: map[routing.PolicyKey][]routing.Step{
			{Urgency: triage.Information}: {{Notify: []contacts.Kind{contacts.Chair}}, {Notify: []contacts.Kind{contacts.TrustedAddress}}},
			{Urgency: triage.Urgent}:      {{Notify: []contacts.Kind{contacts.TrustedAddress, contacts.HealthStation, contacts.Supervisor}}},
			{Urgency: triage.Urgent, Need: triage.Police}: {
				{Notify: []contacts.Kind{contacts.Police}},
			},
			{Urgency: triage.ImmediateDanger}: {{Notify: []contacts.Kind{contacts.TrustedAddress, contacts.Police}}},
		}},
	}
}

func TestFirstStepGaps(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Ho_Chi_Minh")
	l := testLine(z,
		roster.Shift{Contact: "helper", Days: everyDay(), From: 18 * hour, To: 6 * hour},
		roster.Shift{Contact: "police", Days: everyDay(), From: 5 * hour, To: 12*hour + 30},
	)
	start := monday(z).Add(10*time.Hour + 7*time.Second)
	var got []string
	for _, g := range FirstStepGaps(l, start, 24*time.Hour) {
		got = append(got, fmt.Sprintf("%s %s–%s", KeyName(g.Policy), g.From.In(z).Format("02 15:04:05"), g.Until.In(z).Format("02 15:04:05")))
	}
	want := []string{
		"immediate_danger 02 12:30:00–02 18:00:00",
		"urgent 02 10:00:07–02 18:00:00",
		"urgent 03 06:00:00–03 10:00:07",
		"urgent/police 02 12:30:00–03 05:00:00",
		"information 02 10:00:07–03 10:00:07",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("FirstStepGaps (-want +got):\n%s", diff)
	}
}

// The helper has gone off call in the middle of the shift, and the police officer stays for longer than planned.
func TestGapsAsSaid(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Ho_Chi_Minh")
	l := testLine(z,
		roster.Shift{Contact: "helper", Days: everyDay(), From: 6 * hour, To: 5 * hour},
		roster.Shift{Contact: "police", Days: everyDay(), From: 5 * hour, To: 12 * hour},
	)
	start := monday(z).Add(10 * time.Hour)
	said := map[contacts.ID]routing.Duty{
		"helper": {Until: start.Add(8 * time.Hour)},
		"police": {On: true, Until: start.Add(3 * time.Hour)},
		"gone":   {On: true, Until: start.Add(12 * time.Hour)},
	}
	gaps := func(said map[contacts.ID]routing.Duty) map[string]string {
		got := map[string]string{}
		for _, g := range GapsAsSaid(l, said, start, 12*time.Hour) {
			got[KeyName(g.Policy)] += g.From.In(z).Format("15:04") + "–" + g.Until.In(z).Format("15:04") + " "
		}
		return got
	}
	want := map[string]string{"immediate_danger": "13:00–18:00 ", "urgent": "10:00–18:00 ", "urgent/police": "13:00–22:00 ", "information": "10:00–22:00 "}
	if diff := cmp.Diff(want, gaps(said)); diff != "" {
		t.Errorf("GapsAsSaid (-want +got):\n%s", diff)
	}
	want = map[string]string{"urgent/police": "12:00–22:00 ", "information": "10:00–22:00 "}
	if diff := cmp.Diff(want, gaps(nil)); diff != "" {
		t.Errorf("GapsAsSaid, nothing said (-want +got):\n%s", diff)
	}
}

func TestFirstStepGaps_AgreeWithEveryMinute(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	l := testLine(z,
		roster.Shift{Contact: "helper", Days: []time.Weekday{6, 0}, From: 22 * hour, To: 2*hour + 30},
		roster.Shift{Contact: "police", Days: []time.Weekday{0, 1}, From: 2*hour + 30, To: 2*hour + 15},
	)
	start := time.Date(2026, 10, 24, 12, 0, 0, 0, z) // clocks go back in the night
	const minutes = 3 * 24 * 60
	gaps := FirstStepGaps(l, start, minutes*time.Minute)
	for m := range minutes {
		at := start.Add(time.Duration(m) * time.Minute)
		onCall := l.Roster.OnCall(at)
		covered := map[triage.Urgency]bool{
			triage.ImmediateDanger: onCall.Has("helper") || onCall.Has("police"), triage.Urgent: onCall.Has("helper"),
		}
		for u, want := range covered {
			gap := false
			for _, g := range gaps {
				gap = gap || g.Policy == (routing.PolicyKey{Urgency: u}) && !at.Before(g.From) && at.Before(g.Until)
			}
			if gap == want {
				t.Fatalf("%s at %s: in a gap = %v, somebody alerted = %v", u, at, gap, want)
			}
		}
	}
}

func TestWeek_InWords(t *testing.T) {
	t.Parallel()
	shift := func(from, to roster.Clock, days ...time.Weekday) roster.Shift {
		return roster.Shift{Contact: "police", Days: days, From: from, To: to}
	}
	tests := []struct {
		name   string
		shifts []roster.Shift
		vi, en string // about urgent/police; empty when there is no gap
	}{
		{"nobody ever", nil, "cả tuần", "the whole week"},
		{"always somebody", []roster.Shift{shift(0, 0, everyDay()...)}, "", ""},
		{"days", []roster.Shift{shift(18*hour, 6*hour, everyDay()...)}, "hằng ngày 06:00–18:00", "every day 06:00–18:00"},
		{"nights, also across the week's end", []roster.Shift{shift(6*hour, 18*hour, everyDay()...)}, "hằng ngày 18:00–06:00", "every day 18:00–06:00"},
		{"until midnight", []roster.Shift{shift(0, 18*hour, everyDay()...)}, "hằng ngày 18:00–24:00", "every day 18:00–24:00"},
		{"from midnight", []roster.Shift{shift(6*hour, 0, everyDay()...)}, "hằng ngày 00:00–06:00", "every day 00:00–06:00"},
		{"one day", []roster.Shift{shift(0, 0, 0, 1, 2, 4, 5, 6)}, "T4 00:00–24:00", "Wed 00:00–24:00"},
		{
			"some days", []roster.Shift{shift(0, 0, 0, 2, 3, 6), shift(12*hour, 0, 1, 4, 5)},
			"T2, T5, T6 00:00–12:00", "Mon, Thu, Fri 00:00–12:00",
		},
		{
			"days in a row", []roster.Shift{shift(0, 0, 0, 6), shift(12*hour, 0, 1, 2, 3, 5), shift(13*hour, 0, 4)},
			"T2–T4, T6 00:00–12:00; T5 00:00–13:00", "Mon–Wed, Fri 00:00–12:00; Thu 00:00–13:00",
		},
		{"weekend", []roster.Shift{shift(0, 0, 1, 2, 3, 4), shift(0, 17*hour, 5)}, "T6 17:00 – CN 24:00", "Fri 17:00 – Sun 24:00"},
	}
	z := zone(t, "Asia/Ho_Chi_Minh")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for day := range 7 { // whatever the day, and late in it
				now := monday(z).AddDate(0, 0, day).Add(23 * time.Hour)
				var vi, en string
				for _, s := range Summarize(Week(testLine(z, tt.shifts...), now), z) {
					for _, k := range s.Policies {
						if KeyName(k) == "urgent/police" {
							vi, en = s.VI, s.EN
						}
					}
				}
				// The order of the items depends on the day from which the week is counted.
				if day == 0 && (vi != tt.vi || en != tt.en) || len(vi) != len(tt.vi) || len(en) != len(tt.en) {
					t.Errorf("Summarize(Week), day %d = %q, %q, want %q, %q", day, vi, en, tt.vi, tt.en)
				}
			}
		})
	}
}

func TestSummarize_PutsEqualPoliciesTogether(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Ho_Chi_Minh")
	got := Summarize(Week(testLine(z), monday(z)), z)
	if len(got) != 1 || got[0].Names() != "immediate_danger, urgent, urgent/police, information" {
		t.Errorf("Summarize(nobody on call) = %v, want one sentence about all policies", got)
	}
}

func TestWeek_ClockChange(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	for name, now := range map[string]time.Time{
		"clocks go forward": time.Date(2026, 3, 25, 12, 0, 0, 0, z), "clocks go back": time.Date(2026, 10, 21, 12, 0, 0, 0, z),
	} {
		for _, s := range Summarize(Week(testLine(z), now), z) {
			if s.EN != "the whole week" {
				t.Errorf("%s: Summarize(nobody on call) = %q, want the whole week", name, s.EN)
			}
		}
		l := testLine(z, roster.Shift{Contact: "police", Days: everyDay(), From: 18 * hour, To: 6 * hour})
		for _, s := range Summarize(Week(l, now), z) {
			if s.Names() == "urgent/police" && s.EN != "every day 06:00–18:00" {
				t.Errorf("%s: Summarize(nights) = %q, want every day 06:00–18:00", name, s.EN)
			}
		}
	}
}
