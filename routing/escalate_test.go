package routing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

func TestStep_AlertsThoseTheContractNamesAtTheirTimes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		steps      [][]contacts.ID
		waits      []time.Duration
		pause      time.Duration
	}{
		{
			"danger", danger,
			[][]contacts.ID{{officer, lan, hung, mai}, {lan, hung, mai, station}, {duty}},
			[]time.Duration{30 * time.Second, time.Minute, time.Minute}, time.Minute,
		},
		{
			"danger to health", bleeding,
			[][]contacts.ID{{station, lan, hung, mai}, {officer, duty}},
			[]time.Duration{30 * time.Second, time.Minute}, time.Minute,
		},
		{
			"urgent", urgent,
			[][]contacts.ID{{lan, hung}, {lan, hung, mai, station}, {officer, duty}},
			[]time.Duration{time.Minute, time.Minute, 2 * time.Minute}, time.Minute,
		},
		{
			"information", question,
			[][]contacts.ID{{lan}, {duty}},
			[]time.Duration{5 * time.Minute, 10 * time.Minute}, time.Minute,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), tt.text)
			for i, ids := range tt.steps {
				wantList(t, fmt.Sprintf("alerted by step %d", i+1), w.Rang(), ids...)
				wantDue(t, w, w.CaseOf(an()), routing.StepEnds, tt.waits[i])
				w.Advance(tt.waits[i] - time.Millisecond)
				wantList(t, fmt.Sprintf("alerted before step %d ends", i+1), w.Rang())
				w.Advance(time.Millisecond)
			}
			wantList(t, "alerted after the last step", w.Rang())
			wantDue(t, w, w.CaseOf(an()), routing.RoundStarts, tt.pause)
			w.Advance(tt.pause)
			first := tt.steps[0]
			if tt.text == question {
				first = []contacts.ID{hung} // Lan was woken last time
			}
			wantList(t, "alerted when the policy starts over", w.Rang(), first...)
		})
	}
}

func TestStep_AlertsLiveAsLongAsTheStep(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	for _, m := range w.Messages() {
		if m.Purpose == routing.PurposeAlert && (m.Validity != 30*time.Second || !m.NotAfter.Equal(w.Now().Add(30*time.Second))) {
			t.Errorf("alert to %s: validity %v, not after %v, want the step's 30s", m.Contact, m.Validity, m.NotAfter.Sub(w.Now()))
		}
	}
}

func TestStep_TakesTheNearestThenTheLeastRecentlyWoken(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		before []string // texts of others that wake contacts first, a second apart
		text   string
		want   []contacts.ID
	}{
		{"nobody was woken: as in the line file", nil, urgent, []contacts.ID{lan, hung}},
		{"nearest first", nil, "toi o to 1, " + urgent, []contacts.ID{lan, mai}},
		{"nearest first, then the line file", nil, "toi o to 2, " + urgent, []contacts.ID{hung, lan}},
		{"least recently woken", []string{urgent}, urgent, []contacts.ID{mai, lan}},
		{"all woken: the earliest", []string{"o to 1, " + question, "o to 1, " + question, "o to 2, " + question}, urgent, []contacts.ID{lan, mai}},
		{"near beats rested", []string{"o to 2, " + urgent}, "toi o to 2, " + urgent, []contacts.ID{hung, mai}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			for i, text := range tt.before {
				w.Text(routingtest.Person(5+i), text)
				w.Advance(time.Second)
			}
			w.Rang()
			w.Text(an(), tt.text)
			wantList(t, "alerted", w.Rang(), tt.want...)
		})
	}
}

func TestStep_OthersFollowAsTheFirstDeclineOrCannotBeReached(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	wantList(t, "alerted", w.Rang(), lan, hung)
	w.From(lan, "0")
	wantList(t, "alerted after one declined", w.Rang(), mai)
	w.Fail(w.Last(w.Phone(hung)), false)
	wantList(t, "alerted with nobody left to follow", w.Rang())
	wantDue(t, w, w.CaseOf(an()), routing.StepEnds, time.Minute)
	w.From(mai, "0")
	wantList(t, "alerted once all have declined or failed", w.Rang(), hung, station)
	wantDue(t, w, w.CaseOf(an()), routing.StepEnds, time.Minute)
	wantList(t, "Hùng's results", results(w, hung), routing.AlertFailed)
}

func TestStep_EndsEarlyWhenEveryoneHasDeclined(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Rang()
	w.Advance(5 * time.Second)
	for _, id := range []contacts.ID{officer, lan, hung} {
		w.From(id, "0")
	}
	wantList(t, "alerted before the last declined", w.Rang())
	w.From(mai, "ban")
	wantList(t, "alerted once all have declined", w.Rang(), station)
	wantDue(t, w, w.CaseOf(an()), routing.StepEnds, time.Minute)
}

func TestStep_EndsEarlyWhenTheCarrierRefusesEveryone(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Refuses = func(s routing.Send) bool { return s.Purpose == routing.PurposeAlert && s.Contact != duty }
	w.Text(an(), danger)
	wantList(t, "alerted", w.Rang(), duty)
	c := w.CaseOf(an())
	if c.Step != 2 {
		t.Errorf("step = %d, want 2: the carrier takes nothing for the others", c.Step)
	}
	wantDue(t, w, c, routing.StepEnds, time.Minute)
	wantList(t, "Lan's results", results(w, lan), routing.AlertFailed, routing.AlertFailed)
}

func TestStep_WithNobodyToAlertIsPassedAtOnce(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.OnCall(duty))
	w.Text(an(), danger)
	wantList(t, "alerted", w.Rang(), duty)
	if got := notes(w, routing.NoteStepEmpty); got != 2 {
		t.Errorf("%d empty steps noted, want 2", got)
	}
}

func TestStep_AlertsWhoIsOnCallAtThatMoment(t *testing.T) {
	t.Parallel()
	every := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	// It is 20:00 in the ward. Lan's shift ends, and Mai's begins, half a minute into the first step.
	w := story(t, routingtest.WithShifts(
		roster.Shift{Contact: lan, Days: every, From: 18 * 60, To: 20*60 + 1},
		roster.Shift{Contact: mai, Days: every, From: 20*60 + 1, To: 6 * 60},
	))
	w.Jump(30 * time.Second)
	w.Text(an(), urgent)
	wantList(t, "alerted at 20:00:30", w.Rang(), lan)
	w.Advance(time.Minute)
	wantList(t, "alerted at 20:01:30", w.Rang(), mai)
	d := w.From(lan, "1")
	wantReason(t, "Lan's 1 after her shift", d, routing.ReasonClaimed)
}

func TestStep_AChangedPolicyCountsFromTheNextStep(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Rang()
	w.SetLine(routingtest.Line(t, oneStep(time.Hour, contacts.Police)))
	w.Advance(59 * time.Second)
	wantList(t, "alerted while the old step's wait runs", w.Rang())
	w.Advance(time.Second)
	wantList(t, "alerted when the shorter policy is at its end", w.Rang())
	wantDue(t, w, w.CaseOf(an()), routing.RoundStarts, time.Minute)
	w.Advance(time.Minute)
	wantList(t, "alerted by the new policy", w.Rang(), officer)
}

func TestRound_PausesGrowToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		pauses     []int // minutes
	}{
		{"urgent", urgent, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15, 15}},
		{"danger", danger, []int{1, 1, 1, 1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), tt.text)
			for i, minutes := range tt.pauses {
				for {
					next, _ := w.CaseOf(an()).NextDeadline()
					if next.Kind == routing.RoundStarts {
						break
					}
					w.Advance(next.At.Sub(w.Now()))
				}
				c := w.CaseOf(an())
				wantState(t, c, "unanswered", "")
				if c.Rounds != i+1 {
					t.Errorf("rounds = %d, want %d", c.Rounds, i+1)
				}
				wantDue(t, w, c, routing.RoundStarts, time.Duration(minutes)*time.Minute)
				w.Advance(time.Duration(minutes) * time.Minute)
			}
		})
	}
}

func TestRound_WithoutAHumanEverySupervisorIsToldOnce(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Forget()
	w.Advance(4*time.Minute - time.Millisecond)
	wantState(t, w.CaseOf(an()), "alerting", "")
	w.Forget()
	w.Advance(time.Millisecond)
	c := w.CaseOf(an())
	wantState(t, c, "unanswered", "")
	told := render(t, texts.Unanswered, c, "phut", "4")
	wantList(t, "to the supervisor on call", w.Got(duty), told)
	wantList(t, "to the supervisor off call", w.Got(lead), told)
	wantList(t, "to the person", w.Sent(an()), "Chua co ai ranh. Khong nen cho.")
	w.Quiet()

	w.Advance(3 * time.Hour)
	wantList(t, "to the supervisor off call in the rounds after", w.Got(lead))
	wantList(t, "to the person in the rounds after", w.Sent(an()))
	if got := notes(w, routing.NoteUnanswered); got != 1 {
		t.Errorf("noted as unanswered %d times, want once", got)
	}
}

func TestRound_ASupervisorWhoWasOnlyToldTakesTheCase(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Advance(4 * time.Minute)
	w.Forget()
	d := w.From(lead, "1")
	wantReason(t, "the supervisor's 1", d, routing.ReasonClaimed)
	wantState(t, w.CaseOf(an()), "claimed", lead)
	wantList(t, "the supervisor's results", results(w, lead)) // they were told, not alerted
}

func TestRound_WithNobodyOnCallEndsAtOnceAndStartsOver(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.OnCall())
	w.Text(an(), urgent)
	c := w.CaseOf(an())
	wantState(t, c, "unanswered", "")
	wantDue(t, w, c, routing.RoundStarts, time.Minute)
	wantList(t, "to the person", w.Sent(an()), "Da nhan tin.", "Chua co ai ranh. Khong nen cho.")
	told := render(t, texts.Unanswered, c, "phut", "1")
	wantList(t, "to the supervisors", append(w.Got(duty), w.Got(lead)...), told, told)
	w.Quiet()
	w.SetLine(routingtest.Line(t))
	w.Advance(time.Minute)
	wantList(t, "alerted once somebody is on call", w.Rang(), lan, hung)
}

func TestRound_WhoCannotBeWrittenToIsNotTold(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.Change(lead, func(c *contacts.Contact) { c.Channels = []contacts.Channel{contacts.Voice} }))
	w.Text(an(), urgent)
	w.Advance(4 * time.Minute)
	if got := w.Listed(lead); got != 0 {
		t.Errorf("the case is on the list of a supervisor who was not told, want it not to be")
	}
	w.Text(w.Phone(lead), urgent)
	if c := w.CaseOf(w.Phone(lead)); !c.Open() {
		t.Error("the supervisor's own text opened no case")
	}
}

func TestRound_ADeclineCountsUntilThePolicyStartsOver(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.From(lan, "0")
	w.Rang()
	w.Advance(30 * time.Second)
	wantList(t, "alerted by step 2", w.Rang(), hung, mai, station)
	w.Advance(time.Minute)
	wantList(t, "alerted by step 3", w.Rang(), duty)
	w.Advance(2 * time.Minute)
	wantList(t, "alerted by the next round", w.Rang(), officer, lan, hung, mai)
}

func TestRound_FailingCountsForThatStepOnly(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Fail(w.Last(w.Phone(lan)), false)
	w.Rang()
	w.Advance(30 * time.Second)
	wantList(t, "alerted by step 2", w.Rang(), lan, hung, mai, station)
}

func TestDeadline_OverdueIsActedOnAtOnceAndCountsFromNow(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Rang()
	w.Jump(time.Hour)
	w.Advance(0)
	wantList(t, "alerted an hour late", w.Rang(), lan, hung, mai, station)
	wantDue(t, w, w.CaseOf(an()), routing.StepEnds, time.Minute)
}

func TestDeadline_ThatIsNotDueOrOfACaseThatIsOverDoesNothing(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Forget()
	id := w.CaseOf(an()).ID
	wantReason(t, "early", w.Handle(routing.DeadlineReached{Case: id}), routing.ReasonNotDue)
	wantReason(t, "unknown case", w.Handle(routing.DeadlineReached{Case: "none-such"}), routing.ReasonNoCase)
	w.From(lan, "1")
	w.From(lan, "xong")
	w.Forget()
	wantReason(t, "closed case", w.Handle(routing.DeadlineReached{Case: id}), routing.ReasonCaseClosed)
	w.Advance(24 * time.Hour)
	w.Quiet()
}

func TestPolicy_WithoutStepsStillHasADeadline(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithSteps(routing.PolicyKey{Urgency: triage.Urgent}))
	w.Text(an(), urgent)
	wantState(t, w.CaseOf(an()), "unanswered", "")
	wantDue(t, w, w.CaseOf(an()), routing.RoundStarts, time.Minute)
}
