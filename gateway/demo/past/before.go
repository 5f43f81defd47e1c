package past

import (
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/triage"
)

// Before is the line file of a ward as it was in the past. In the demo's present a step lasts seconds, so that a
// visitor sees a case escalate, and everybody is always on call. In the past people were given the minutes that a
// ward gives them: the police are asked at once in danger, one neighbour has the days and the other the nights, both
// have the weekends, and the health station has its opening hours.
func Before(present *line.File) *line.File {
	const minute = time.Minute
	neighbours, health, police := contacts.TrustedAddress, contacts.HealthStation, contacts.Police
	before := *present
	before.Policy = routing.Policy{
		Steps: map[routing.PolicyKey][]routing.Step{
			{Urgency: triage.ImmediateDanger}: {
				{Notify: []contacts.Kind{police, neighbours}, Wait: 90 * time.Second},
				{Notify: []contacts.Kind{police, neighbours, health}, Wait: 2 * minute},
			},
			{Urgency: triage.Urgent}: {
				{Notify: []contacts.Kind{neighbours}, Wait: 2 * minute},
				{Notify: []contacts.Kind{neighbours, health}, Wait: 2 * minute},
				{Notify: []contacts.Kind{police, neighbours, health}, Wait: 3 * minute},
			},
			{Urgency: triage.Information}: {
				{Notify: []contacts.Kind{neighbours}, AtOnce: 1, Wait: 5 * minute},
				{Notify: []contacts.Kind{neighbours, health}, Wait: 10 * minute},
			},
		},
		AfterClaim: map[triage.Urgency]time.Duration{
			triage.ImmediateDanger: 10 * minute, triage.Urgent: 20 * minute, triage.Information: time.Hour,
		},
	}
	weekdays := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	weekend := []time.Weekday{time.Saturday, time.Sunday}
	const morning, opens, closes, evening = 6 * 60, 7 * 60, 17 * 60, 18 * 60 // minutes, as roster.Clock
	from, to := roster.Clock(evening), roster.Clock(morning)
	before.Always, before.Shifts = nil, nil
	for _, c := range present.Contacts {
		switch c.Kind {
		case neighbours:
			before.Shifts = append(before.Shifts,
				roster.Shift{Contact: c.ID, Days: weekdays, From: from, To: to},
				roster.Shift{Contact: c.ID, Days: weekend, From: morning, To: morning}) // 24 hours
			from, to = to, from // the next one has the other half of the day
		case health:
			before.Shifts = append(before.Shifts, roster.Shift{Contact: c.ID, Days: weekdays, From: opens, To: closes})
		default:
			before.Always = append(before.Always, c.ID)
		}
	}
	return &before
}
