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
	}
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
