package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/triage"
)

// A helper who needs help themselves writes for themselves: no word of theirs reaches the person they are
// helping unless they name that case.
func TestContact_InNeedSpeaksForThemselves(t *testing.T) {
	t.Parallel()
	w := held(t, an()) // Lan holds An's case
	theirs := w.CaseOf(an()).Code
	w.From(lan, "SOS")
	w.Forget()
	for _, said := range []string{"nha 12 duong Le Loi, anh ay dang dap cua", "2", "1", "khac", "0", "STOP"} {
		w.From(lan, said)
		wantList(t, "to the person Lan helps after "+said, w.Sent(an()))
	}
	wantState(t, w.CaseOf(an()), "claimed", lan)
	if own := w.CaseOf(w.Phone(lan)); own == nil || own.Need != triage.Police || own.Said < 2 {
		t.Errorf("Lan's own case = %+v, want her words in it and her 1", own)
	}
	wantReason(t, "words that name the case", w.From(lan, string(theirs)+" chi cho em chut"), routing.ReasonRelayed)
	wantList(t, "to the person", w.Sent(an()), "chi cho em chut")
	wantReason(t, "XONG with the code", w.From(lan, "XONG "+string(theirs)), routing.ReasonClosedByHelper)
}

func TestContact_InNeedDoesNotTakeACaseByTheir1(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.From(hung, "cứu với, chồng tôi cầm dao")
	w.Text(an(), urgent) // waits for Hung too
	waiting := w.CaseOf(an())
	w.Forget()
	wantReason(t, "her bare 1", w.From(hung, "1"), routing.ReasonChosen)
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantReason(t, "1 with the code", w.From(hung, "1 "+string(waiting.Code)), routing.ReasonClaimed)
}

func TestRelay_WordsThatNameTwoCasesReachNobody(t *testing.T) {
	t.Parallel()
	w := held(t, an(), binh())
	a, b := string(w.CaseOf(an()).Code), string(w.CaseOf(binh()).Code)
	for _, said := range []string{"XONG " + a + " " + b, a + " chuyen loi " + b, a + " " + b + " alo"} {
		wantReason(t, said, w.From(lan, said), routing.ReasonWhichCase)
		wantList(t, "to An", w.Sent(an()))
		wantList(t, "to Binh", w.Sent(binh()))
	}
	wantState(t, w.CaseOf(an()), "claimed", lan)
	wantState(t, w.CaseOf(binh()), "claimed", lan)
}

func TestRelay_ACodeIsNeverPartOfTheWords(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "ra cua sau "+string(w.CaseOf(an()).Code))
	wantList(t, "to the person", w.Sent(an()), "ra cua sau")
}

func TestRelay_RightAfterClosingOneOfTwoTheOtherIsNamed(t *testing.T) {
	t.Parallel()
	w := held(t, an(), binh())
	w.From(lan, "XONG "+string(w.CaseOf(an()).Code))
	w.Forget()
	wantReason(t, "words at once", w.From(lan, "em doi chut"), routing.ReasonWhichCase)
	wantList(t, "to Binh", w.Sent(binh()))
	w.Advance(2 * time.Minute)
	wantReason(t, "words later", w.From(lan, "em doi chut"), routing.ReasonRelayed)
	wantList(t, "to Binh", w.Sent(binh()), "em doi chut")
}

func TestStep_ANeedLearnedOnTheWaySkipsNothing(t *testing.T) {
	t.Parallel()
	exception := routing.PolicyKey{Urgency: triage.Urgent, Need: triage.Shelter}
	step := func(kind contacts.Kind) routing.Step {
		return routing.Step{Notify: []contacts.Kind{kind}, Wait: time.Minute}
	}
	w := story(t, routingtest.WithSteps(routing.PolicyKey{Urgency: triage.Urgent}, step(contacts.TrustedAddress), step(contacts.Police)),
		routingtest.WithSteps(exception, step(contacts.HealthStation)))
	w.Text(an(), somehow)
	w.Forget()
	w.Text(an(), "3")
	w.Advance(time.Minute)
	if c := w.CaseOf(an()); c.Unanswered {
		t.Error("the round is over although the steps for shelter never ran")
	}
	if got := w.Got(station); len(got) != 1 {
		t.Errorf("the station got %q, want the alert of the exception's step", got)
	}
}

func TestSilence_WhoeverFearsARingIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	w := story(t)
	d := w.Text(an(), "đừng gọi")
	wantReason(t, "first text", d, routing.ReasonOpened)
	if u := w.CaseOf(an()).Urgency; u != triage.Urgent {
		t.Errorf("urgency = %s, want urgent", u)
	}
	wantList(t, "to the person", w.Sent(an()))
}

func TestOther_TakesTheCaseFromEveryHelper(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "THEM CA")
	w.From(officer, "1")
	w.Forget()
	w.Text(an(), "0")
	c := w.CaseOf(an())
	wantState(t, c, "alerting", "")
	wantList(t, "who joined", c.Joined)
	wantList(t, "who lost it", c.Barred, lan, officer)
	w.Forget()
	w.Text(an(), "em khong muon cong an biet")
	wantList(t, "to who lost it", append(w.Got(lan), w.Got(officer)...))
}
