package metrics

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// other stands for every label value outside the closed set.
const other = "other"

// maxStep is the last step of a policy that escalations are counted for by number.
const maxStep = 20

// usualSteps is how many steps a policy rarely has more of; their counters begin at zero.
const usualSteps = 6

// The closed sets of label values. A reason or event that routing adds belongs here too; a test compares.

func channels() []contacts.Channel { return []contacts.Channel{contacts.SMS, contacts.Voice} }

func inboundResults() []InboundResult {
	return []InboundResult{InboundAccepted, InboundDuplicate, InboundIgnored, InboundRefused}
}

func urgencies() []triage.Urgency {
	return []triage.Urgency{triage.ImmediateDanger, triage.Urgent, triage.Information}
}

// outcomes are the reasons for which a case is closed.
func outcomes() []routing.Reason {
	return []routing.Reason{routing.ReasonClosedByHelper, routing.ReasonClosedByOffice}
}

// unsaid stands for the outcome of a case that was closed without one.
const unsaid = "unsaid"

// saidOutcomes are how a case can end, as a desk says on closing it, and unsaid. What is none of them comes from a
// later release.
func saidOutcomes() []routing.Outcome { return append(routing.Outcomes(), unsaid) }

// alertResults are the states of an alert that is over.
func alertResults() []routing.AlertState {
	return []routing.AlertState{
		routing.AlertTaken, routing.AlertDeclined, routing.AlertNoAnswer, routing.AlertFailed, routing.AlertLate,
	}
}

// caseStates are what routing.Case.Label says of open cases.
func caseStates() []string {
	return []string{string(routing.Alerting), string(routing.Claimed), "unanswered"}
}

func eventNames() []string {
	return []string{
		routing.Text{}.Name(), routing.DeadlineReached{}.Name(), routing.SendFinished{}.Name(), routing.DeliveryFailed{}.Name(),
		routing.CloseOrdered{}.Name(), routing.Called{}.Name(), routing.LineChanged{}.Name(),
		routing.CallCame{}.Name(), routing.CallTurn{}.Name(), routing.CallChanged{}.Name(), routing.CallsSeen{}.Name(),
		routing.Recorded{}.Name(), routing.RecordingFetched{}.Name(),
		routing.AlertOrdered{}.Name(), routing.HandOrdered{}.Name(), routing.CorrectOrdered{}.Name(), routing.WriteOrdered{}.Name(),
		routing.NoteOrdered{}.Name(), routing.ReopenOrdered{}.Name(), routing.ClearOrdered{}.Name(),
	}
}

func reasons() []routing.Reason {
	return []routing.Reason{
		routing.ReasonOpened, routing.ReasonAdded, routing.ReasonRaised, routing.ReasonClaimed, routing.ReasonResumed,
		routing.ReasonAlreadyTaken, routing.ReasonAlreadyHeld, routing.ReasonDeclined, routing.ReasonGivenBack,
		routing.ReasonRelayed, routing.ReasonWhichCase, routing.ReasonNotUnderstood, routing.ReasonClosedByHelper,
		routing.ReasonStepEnded, routing.ReasonRoundStarted, routing.ReasonHolderAsked, routing.ReasonTakenBack,
		routing.ReasonNotDue, routing.ReasonCaseClosed, routing.ReasonNoCase, routing.ReasonSent, routing.ReasonNotSent,
		routing.ReasonUnreachable, routing.ReasonNotDelivered, routing.ReasonNothingToDo,
		routing.ReasonRetaken, routing.ReasonReminded, routing.ReasonJoined, routing.ReasonInvited, routing.ReasonNobodyOnCall, routing.ReasonChosen, routing.ReasonSomebodyElse,
		routing.ReasonMuted, routing.ReasonHelpSent, routing.ReasonOffDuty, routing.ReasonOnDuty, routing.ReasonClosedByOffice,
		routing.ReasonRepeated, routing.ReasonNoLeg, routing.ReasonHolds, routing.ReasonAsked, routing.ReasonWrongKey, routing.ReasonTalks,
		routing.ReasonLeft, routing.ReasonHungUp, routing.ReasonPickedUp, routing.ReasonNoAnswer, routing.ReasonLate, routing.ReasonOwnHelp,
		routing.ReasonVoicemail, routing.ReasonCalledBack, routing.ReasonMayNotCall, routing.ReasonOthersRung, routing.ReasonLooked,
		routing.ReasonSilent, routing.ReasonMissedAgain,
		routing.ReasonNoted, routing.ReasonMoved, routing.ReasonCorrected, routing.ReasonCleared, routing.ReasonReopened,
		routing.ReasonAnotherOpen, routing.ReasonMayNotKnow, routing.ReasonSilence,
	}
}

// waitBands are the bands in which callers are counted who hung up before anybody talked to them, by how
// long they had waited: a ring, the greeting, one step, two, a round, longer.
func waitBands() []string {
	return []string{"under_10s", "10_30s", "30_60s", "1_3m", "3_10m", "over_10m"}
}

func waitBand(d time.Duration) string {
	for i, limit := range []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute} {
		if d < limit {
			return waitBands()[i]
		}
	}
	return waitBands()[len(waitBands())-1]
}

// known returns v as a label value if it is in the set.
func known[T ~string](v T, set []T) string {
	if slices.Contains(set, v) {
		return string(v)
	}
	return other
}

// seconds is a duration as metrics have it. Two machines' clocks may differ by a little, and a negative
// time would spoil a histogram's sum.
func seconds(d time.Duration) float64 { return max(d, 0).Seconds() }
