package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// longStep is a line whose urgent policy asks the trusted addresses and waits four minutes.
func longStep(wait time.Duration) routingtest.Option {
	return routingtest.WithSteps(routing.PolicyKey{Urgency: triage.Urgent},
		routing.Step{Notify: []contacts.Kind{contacts.TrustedAddress}, Wait: wait})
}

func TestRemind_HalfOfALongWaitAsksThoseWhoHaveNotAnswered(t *testing.T) {
	t.Parallel()
	w := story(t, longStep(4*time.Minute))
	w.Text(an(), urgent)
	w.From(lan, "0")
	c := w.CaseOf(an())
	w.Forget()
	w.Advance(2*time.Minute - time.Millisecond)
	w.Quiet()
	w.Advance(time.Millisecond)
	wantList(t, "to who has not answered", w.Got(hung), render(t, texts.Remind, c))
	wantList(t, "to another", w.Got(mai), render(t, texts.Remind, c))
	wantList(t, "to who declined", w.Got(lan))
	w.Quiet()
	w.Advance(2*time.Minute - time.Millisecond) // once only
	w.Quiet()
	wantDue(t, w, w.CaseOf(an()), routing.StepEnds, time.Millisecond)
}

func TestRemind_NotForAShortWaitNorOnceTaken(t *testing.T) {
	t.Parallel()
	short := story(t, longStep(2*time.Minute-time.Second))
	short.Text(an(), urgent)
	short.Forget()
	short.Advance(2*time.Minute - 2*time.Second)
	short.Quiet()

	taken := story(t, longStep(4*time.Minute))
	taken.Text(an(), urgent)
	taken.From(lan, "1")
	taken.Forget()
	taken.Advance(3 * time.Minute)
	taken.Quiet()
}

func TestRemind_IsNotSentToWhoAnsweredMeanwhile(t *testing.T) {
	t.Parallel()
	w := story(t, longStep(4*time.Minute))
	w.Text(an(), urgent)
	w.Hold = true
	w.Advance(2 * time.Minute)
	w.From(hung, "0")
	w.Forget()
	w.Carry()
	for _, m := range w.Got(hung) {
		if m == render(t, texts.Remind, w.CaseOf(an())) {
			t.Error("Hùng declined and is reminded")
		}
	}
}
