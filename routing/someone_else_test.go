package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

func TestSomebodyElse_TheHolderLosesTheCaseForGoodAndTheNextIsAlerted(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"0", "KHAC", "khác", "Khác nhé.", "0 nha"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			wantReason(t, word, w.Text(an(), word), routing.ReasonSomebodyElse)
			c := w.CaseOf(an())
			wantState(t, c, "alerting", "")
			wantList(t, "to Lan, without a reason", w.Got(lan), render(t, texts.LostCase, c))
			wantList(t, "alerted", w.Rang(), mai, hung)
			wantList(t, "to the person", w.Sent(an()))
			w.Quiet()

			w.Advance(time.Hour)
			w.From(hung, "1")
			wantList(t, "to Lan ever after", w.Got(lan))
			w.Forget()
			wantReason(t, "Lan's words", w.From(lan, "chị đây mà"), routing.ReasonNotUnderstood)
			wantList(t, "to the person", w.Sent(an()))
			wantReason(t, "Lan's 1", w.From(lan, "1 "+string(c.Code)), routing.ReasonAlreadyTaken)
			w.Forget()
			w.From(hung, "xong")
			wantList(t, "to Lan when it is closed", w.Got(lan))
		})
	}
}

func TestSomebodyElse_OnlyChangesWhatSomebodyHolds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		given func(*routingtest.Ward)
		state string
	}{
		{"alerting", func(w *routingtest.Ward) { w.Text(an(), urgent) }, "alerting"},
		{"unanswered", func(w *routingtest.Ward) {
			w.Text(an(), urgent)
			w.Advance(4 * time.Minute)
		}, "unanswered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			tt.given(w)
			w.Forget()
			due, _ := w.CaseOf(an()).NextDeadline()
			wantReason(t, "0", w.Text(an(), "0"), routing.ReasonSomebodyElse)
			c := w.CaseOf(an())
			wantState(t, c, tt.state, "")
			if next, _ := c.NextDeadline(); next != due || c.Said != 1 {
				t.Errorf("next deadline %v, %d texts, want %v and the 0 not kept as words", next, c.Said, due)
			}
			w.Quiet()
		})
	}
}

func TestSomebodyElse_WithoutACaseIsAFirstTextLikeAnyOther(t *testing.T) {
	t.Parallel()
	w := story(t)
	wantReason(t, "0", w.Text(an(), "0"), routing.ReasonOpened)
	wantList(t, "alerted", w.Rang(), lan)
}

func TestSomebodyElse_ASilentHolderIsOutOfItToo(t *testing.T) {
	t.Parallel()
	w := silent(t)
	wantReason(t, "khac", w.Text(an(), "khac"), routing.ReasonSomebodyElse)
	c := w.CaseOf(an())
	wantState(t, c, "alerting", "")
	wantList(t, "to Lan", w.Got(lan), render(t, texts.LostCase, c))
	wantList(t, "alerted, those being alerted already", w.Rang())
	wantReason(t, "Lan's words", w.From(lan, "chị tới rồi"), routing.ReasonNotUnderstood)
	wantList(t, "to the person", w.Sent(an()))
	wantState(t, w.CaseOf(an()), "alerting", "")
}

// TestSomebodyElse_TheWrongOneIsASupervisor: they are told nothing more either, however long nobody has it,
// and cannot close it.
func TestSomebodyElse_TheWrongOneIsASupervisor(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Advance(2 * time.Minute)
	w.From(duty, "1")
	w.Text(an(), "0")
	w.Forget()
	w.Advance(3 * time.Hour)
	wantState(t, w.CaseOf(an()), "unanswered", "")
	wantList(t, "to the supervisor who lost it", w.Got(duty))
	if len(w.Got(lead)) == 0 {
		t.Error("the other supervisor was not told that nobody has it")
	}
	w.From(duty, "xong "+string(w.CaseOf(an()).Code))
	if !w.CaseOf(an()).Open() {
		t.Error("the supervisor whom the person did not want closed the case, want it open")
	}
}

// TestSomebodyElse_InTheSameInstantAsTheAlert: a helper who lost a case is not told that it is taken,
// however little time has passed.
func TestSomebodyElse_InTheSameInstantAsTheAlert(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.From(lan, "1")
	w.Text(an(), "0")
	w.Forget()
	w.From(mai, "1")
	wantList(t, "to Lan", w.Got(lan))
	wantState(t, w.CaseOf(an()), "claimed", mai)
}

// TestSomebodyElse_WordsADayAfterOpenNothing: what a helper writes is read as being about the case for a
// day after they lost it, not after they took it.
func TestSomebodyElse_WordsADayAfterOpenNothing(t *testing.T) {
	t.Parallel()
	lose := map[string]func(*routingtest.Ward){
		"the person wanted somebody else": func(w *routingtest.Ward) { w.Text(an(), "0") },
		"who joined gave it back":         func(w *routingtest.Ward) { w.From(lan, "0") },
	}
	for name, then := range lose {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := story(t, routingtest.WithAfterClaim(100*time.Hour))
			w.Text(an(), urgent)
			w.From(lan, "1")
			w.From(lan, "them ca")
			w.From(officer, "1")
			w.Advance(30 * time.Hour)
			then(w)
			w.From(officer, "1")
			w.Advance(23 * time.Hour)
			w.Forget()
			wantReason(t, "Lan's words an hour before a day", w.From(lan, "em ra cổng nhé"), routing.ReasonNotUnderstood)
			if len(w.Cases()) != 1 {
				t.Errorf("%d cases, want no new one", len(w.Cases()))
			}
			w.Advance(2 * time.Hour)
			wantReason(t, "Lan's words an hour after a day", w.From(lan, somehow), routing.ReasonOpened)
		})
	}
}

func TestSomebodyElse_TwiceThroughEveryHelper(t *testing.T) {
	t.Parallel()
	w := story(t, oneStep(time.Minute, contacts.TrustedAddress))
	w.Text(an(), urgent)
	for i, id := range []contacts.ID{lan, hung, mai} {
		wantReason(t, "1", w.From(id, "1"), routing.ReasonClaimed)
		w.Text(an(), "0")
		if got := len(w.CaseOf(an()).Barred); got != i+1 {
			t.Fatalf("%d lost the case, want %d", got, i+1)
		}
	}
	wantState(t, w.CaseOf(an()), "unanswered", "") // nobody is left to alert: supervisors are told
	if len(w.Got(duty)) == 0 || len(w.Got(lead)) == 0 {
		t.Error("supervisors were not told that nobody is left")
	}
}

// TestChoice_AlertsEveryoneOfTheKindAtOnce: 1 and 2 whatever the policy says, 3 and 4 tell what is needed.
func TestChoice_AlertsEveryoneOfTheKindAtOnce(t *testing.T) {
	t.Parallel()
	second := routingtest.Contact("ca-hai", contacts.Police, 20, "")
	tests := []struct {
		word string
		want []contacts.ID
	}{
		{"1", []contacts.ID{officer, "ca-hai"}},
		{"2 nha", []contacts.ID{station}},
		{"3", nil},
		{"4", nil},
	}
	for _, tt := range tests {
		t.Run(tt.word, func(t *testing.T) {
			t.Parallel()
			line := routingtest.Line(t)
			list := append(line.Directory.All()[:6:6], second)
			for _, state := range []string{"alerting", "claimed"} {
				w := story(t, routingtest.WithContacts(list...))
				w.Text(an(), urgent)
				if state == "claimed" {
					w.From(lan, "1")
				}
				w.Advance(11 * time.Minute) // past the ten minutes in which no other automatic text goes
				w.Forget()
				said := w.CaseOf(an()).Said
				wantReason(t, tt.word, w.Text(an(), tt.word), routing.ReasonChosen)
				wantList(t, "alerted while "+state, w.Rang(), tt.want...)
				wantList(t, "to the person", w.Sent(an()), "Da ro.")
				if c := w.CaseOf(an()); c.Said != said+1 {
					t.Errorf("%d texts, want the choice kept as well", c.Said)
				}
				w.Got(lan)
				w.Quiet()
			}
		})
	}
}

func TestChoice_AskedAsTheFirstText(t *testing.T) {
	t.Parallel()
	w := story(t)
	wantReason(t, "1", w.Text(an(), "1"), routing.ReasonOpened)
	wantList(t, "to the person, one text", w.Sent(an()), "Da nhan tin.")
	wantList(t, "alerted: the policy's first step and the police", w.Rang(), lan, hung, officer)
	wantReason(t, "the police's 1", w.From(officer, "1"), routing.ReasonClaimed)
	wantState(t, w.CaseOf(an()), "claimed", officer)
}

func TestChoice_RaisesAQuestion(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), question)
	w.Rang()
	w.Text(an(), "3")
	if c := w.CaseOf(an()); c.Urgency != "urgent" || c.Need != "shelter" {
		t.Errorf("case = %s, %s, want urgent, shelter", c.Urgency, c.Need)
	}
	wantList(t, "alerted by the graver policy", w.Rang(), hung, mai)
}

// TestChoice_TakesNobodysPlaceInAStep: the police asked for by the person do not count for at_once.
func TestChoice_TakesNobodysPlaceInAStep(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Text(an(), "1")
	w.Rang()
	w.From(lan, "0")
	wantList(t, "alerted in Lan's place", w.Rang(), mai)
}

// TestChoice_DuringAPauseDoesNotLengthenIt: who is asked between rounds and declines ends no step.
func TestChoice_DuringAPauseDoesNotLengthenIt(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(*routingtest.Ward){
		"declines":          func(w *routingtest.Ward) { w.From(officer, "0") },
		"cannot be reached": func(w *routingtest.Ward) { w.Fail(w.Last(w.Phone(officer)), false) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), urgent)
			w.Advance(4*time.Minute + 30*time.Second)
			w.Forget()
			w.Text(an(), "1")
			wantList(t, "alerted", w.Rang(), officer)
			then(w)
			c := w.CaseOf(an())
			wantDue(t, w, c, routing.RoundStarts, 30*time.Second)
			if c.Rounds != 1 {
				t.Errorf("rounds = %d, want 1", c.Rounds)
			}
		})
	}
}

func TestChoice_KeptApartStaysApart(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.KeepApart(officer, an()))
	w.Text(an(), urgent)
	w.Forget()
	w.Text(an(), "1")
	wantList(t, "alerted", w.Rang())
	wantList(t, "to the police kept apart", w.Got(officer))
}

// helperOf plays a person whose case some contacts help in: the first holds it, the others were invited.
func helperOf(t *testing.T, person phone.Number, ids ...contacts.ID) *routingtest.Ward {
	t.Helper()
	w := story(t)
	w.Text(person, urgent)
	w.From(ids[0], "1")
	for _, id := range ids[1:] {
		switch id {
		case officer:
			w.From(ids[0], "them ca")
		case station:
			w.From(ids[0], "them yt")
		}
		w.From(id, "1")
	}
	w.Forget()
	return w
}
