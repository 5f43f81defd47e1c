package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

func TestOutcome_TheFirstAcceptedAlertIsNotedOnce(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Hold = true
	w.Text(an(), danger)
	w.Advance(2 * time.Second)
	w.Hold = false
	w.Carry()
	if got := notes(w, routing.NoteFirstAlert); got != 1 {
		t.Fatalf("first alert noted %d times, want once", got)
	}
	for _, n := range w.Journal() {
		if n.Kind == routing.NoteFirstAlert && n.Took != 2*time.Second {
			t.Errorf("first alert took %v, want 2s", n.Took)
		}
	}
	if got := w.CaseOf(an()).FirstAlertAt; !got.Equal(w.Now()) {
		t.Errorf("FirstAlertAt = %v, want %v", got, w.Now())
	}
}

func TestOutcome_AFailedAlertIsNotAnAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		then func(*routingtest.Ward)
		want []routing.AlertState
	}{
		{"reported while it runs", func(*routingtest.Ward) {}, []routing.AlertState{routing.AlertFailed}},
		{"reported after the step", func(w *routingtest.Ward) { w.Advance(30 * time.Second) }, []routing.AlertState{routing.AlertNoAnswer}},
		{"reported after another took it", func(w *routingtest.Ward) { w.From(hung, "1") }, []routing.AlertState{routing.AlertLate}},
		{"reported after they declined", func(w *routingtest.Ward) { w.From(lan, "0") }, []routing.AlertState{routing.AlertDeclined}},
		{"reported after they took it", func(w *routingtest.Ward) { w.From(lan, "1") }, []routing.AlertState{routing.AlertTaken}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), danger)
			alert := w.Last(w.Phone(lan))
			tt.then(w)
			state := w.CaseOf(an()).State
			w.Fail(alert, true)
			wantList(t, "Lan's results", results(w, lan), tt.want...)
			if got := w.CaseOf(an()).State; got != state {
				t.Errorf("state after the report = %s, want still %s", got, state)
			}
		})
	}
}

func TestOutcome_AFailureReportedTwiceHasTheEffectOfOnce(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "chị ơi")
	m := w.Last(an())
	w.Fail(m, false)
	w.Fail(m, false)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.CannotReach, w.CaseOf(an())))
}

func TestOutcome_AContactWhoFailedMayStillTakeIt(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Fail(w.Last(w.Phone(lan)), false)
	wantReason(t, "Lan's 1", w.From(lan, "1"), routing.ReasonClaimed)
	wantList(t, "Lan's results", results(w, lan), routing.AlertFailed)
}

func TestOutcome_WordsThatDoNotReachThePerson(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		then func(*routingtest.Ward)
	}{
		{"not delivered", func(w *routingtest.Ward) {
			w.From(lan, "chị ơi")
			w.Fail(w.Last(an()), false)
		}},
		{"refused", func(w *routingtest.Ward) {
			w.Refuses = func(s routing.Send) bool { return s.Person != "" }
			w.From(lan, "chị ơi")
		}},
		{"still on the agenda after ten minutes", func(w *routingtest.Ward) {
			w.Hold = true
			w.From(lan, "chị ơi")
			w.Jump(10*time.Minute + time.Millisecond)
			w.Hold = false
			w.Carry()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			tt.then(w)
			wantList(t, "to Lan", w.Got(lan), render(t, texts.CannotReach, w.CaseOf(an())))
			wantState(t, w.CaseOf(an()), "claimed", lan)
		})
	}
}

func TestOutcome_APhoneThatOptedOutIsNotTriedUntilItWrites(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "chị ơi")
	w.Fail(w.Last(an()), true)
	w.Forget()
	w.From(lan, "chị còn đó không")
	wantList(t, "to the person", w.Sent(an()))
	wantList(t, "to Lan", w.Got(lan), render(t, texts.CannotReach, w.CaseOf(an())))
	w.Text(an(), "con day")
	w.From(lan, "chị tới đây")
	wantList(t, "to the person once they wrote again", w.Sent(an()), "chị tới đây")
}

func TestOutcome_AnAutomaticTextThatFailsIsNobodysBusiness(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.From(lan, "1")
	matched := w.Last(an())
	w.Forget()
	w.Fail(matched, false)
	w.Quiet()
}

func TestOutcome_ReportsOfWhatIsUnknown(t *testing.T) {
	t.Parallel()
	w := story(t)
	for _, id := range []routing.EntryID{"", "none.SM1.n1", "nosuchcase.SM1.a1", "...", "a.b.x9"} {
		d := w.Handle(routing.DeliveryFailed{Entry: id})
		wantReason(t, string(id), d, routing.ReasonNoCase)
	}
	w.Quiet()
}

func TestWanted_AnAlertOnlyWhileItsCaseWaitsForIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		then func(*routingtest.Ward)
		want routing.WantedAnswer
	}{
		{"nothing happened", func(*routingtest.Ward) {}, routing.StillWanted},
		{"another took it", func(w *routingtest.Ward) { w.From(hung, "1") }, routing.NotWanted},
		{"another took it and closed it", func(w *routingtest.Ward) { w.From(hung, "1"); w.From(hung, "xong") }, routing.NotWanted},
		{"another took it and gave it back", func(w *routingtest.Ward) { w.From(hung, "1"); w.From(hung, "tra") }, routing.NotWanted},
		{"declined", func(w *routingtest.Ward) { w.From(lan, "0") }, routing.NotWanted},
		{"a graver alert replaced it", func(w *routingtest.Ward) { w.Text(an(), danger) }, routing.NotWanted},
		{"the step's wait is over", func(w *routingtest.Ward) { w.Jump(time.Minute + time.Millisecond) }, routing.TooLate},
		{"the next step alerted them anew", func(w *routingtest.Ward) { w.Advance(time.Minute) }, routing.NotWanted},
		{"retired", func(w *routingtest.Ward) {
			w.SetLine(routingtest.Line(t, routingtest.Retire(lan)))
		}, routing.NotWanted},
		{"removed", func(w *routingtest.Ward) {
			w.SetLine(routingtest.Line(t, routingtest.Remove(lan)))
		}, routing.NotWanted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Hold = true
			d := w.Text(an(), urgent)
			var alert routing.Send
			for _, s := range d.Sends {
				if s.Contact == lan && s.Purpose == routing.PurposeAlert {
					alert = s
				}
			}
			tt.then(w)
			if got := w.Wanted(alert); got != tt.want {
				t.Errorf("Wanted(alert to Lan) = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWanted_TheWordsOfAPersonOnlyWhileTheHelperHasTheCase(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		then func(*routingtest.Ward)
		want routing.WantedAnswer
	}{
		{"nothing happened", func(*routingtest.Ward) {}, routing.StillWanted},
		{"gave it back", func(w *routingtest.Ward) { w.From(lan, "tra") }, routing.NotWanted},
		{"closed it", func(w *routingtest.Ward) { w.From(lan, "xong") }, routing.NotWanted},
		{"fell silent and may still answer", func(w *routingtest.Ward) { w.Advance(30 * time.Minute) }, routing.StillWanted},
		{"set apart", func(w *routingtest.Ward) { setApart(t, w, lan) }, routing.NotWanted},
		{"hours went by", func(w *routingtest.Ward) { w.Jump(2*time.Hour + time.Second) }, routing.TooLate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			w.Hold = true
			d := w.Text(an(), "con ai do khong")
			if len(d.Sends) != 1 || d.Sends[0].Purpose != routing.PurposeRelayToHelper {
				t.Fatalf("%d texts, want one to Lan", len(d.Sends))
			}
			tt.then(w)
			if got := w.Wanted(d.Sends[0]); got != tt.want {
				t.Errorf("Wanted(words to Lan) = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWanted_ANoticeNotToWhoHasBeenSetApart(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Forget()
	w.Hold = true
	w.From(hung, "1") // the others are to be told
	setApart(t, w, lan)
	w.Hold = false
	w.Carry()
	wantList(t, "to Lan", w.Got(lan))
	wantList(t, "to Mai", w.Got(mai), render(t, texts.AlreadyTaken, w.CaseOf(an())))
}
