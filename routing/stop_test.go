package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

func TestStop_WithoutACaseNoneOpens(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"NGUNG": "Da ngung. Can thi cu nhan lai.", "Stop.": "Da ngung. Can thi cu nhan lai.", "ngừng": "Đã ngừng. Cần thì cứ nhắn lại.",
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			wantReason(t, word, w.Text(an(), word), routing.ReasonMuted)
			wantList(t, "to the phone", w.Sent(an()), want)
			if len(w.Cases()) != 0 {
				t.Errorf("%d cases, want none", len(w.Cases()))
			}
			if p := w.Person(an()); !p.Muted || p.Number != an() {
				t.Errorf("person = %+v, want them known as muted", p)
			}
			w.Quiet()
		})
	}
}

func TestStop_AlertingGoesOnAndNothingMoreIsSentToThePhone(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Forget()
	wantReason(t, "NGUNG", w.Text(an(), "NGUNG"), routing.ReasonMuted)
	wantList(t, "to the person", w.Sent(an()), "Da ngung. Can thi cu nhan lai.")
	c := w.CaseOf(an())
	wantState(t, c, "alerting", "")
	if c.Said != 1 {
		t.Errorf("%d texts, want NGUNG not kept as words", c.Said)
	}
	w.Advance(time.Minute)
	wantList(t, "alerted by the next step", w.Rang(), lan, hung, mai, station)
	w.Advance(time.Hour)
	w.From(lan, "1")
	w.From(lan, "xong")
	wantList(t, "automatic texts to the person, to the end", w.Sent(an()))
}

func TestStop_HelpersAreToldThatWordsCannotBeDelivered(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	w.Text(an(), "STOP")
	cannot := render(t, texts.CannotReach, w.CaseOf(an()))
	wantList(t, "to Lan", w.Got(lan), cannot)
	wantList(t, "to the police", w.Got(officer), cannot)
	w.Sent(an())
	w.Quiet()

	wantReason(t, "Lan's words", w.From(lan, "chị ơi"), routing.ReasonRelayed)
	wantList(t, "to the person", w.Sent(an()))
	wantList(t, "to Lan again", w.Got(lan), cannot)
	wantList(t, "to the police again", w.Got(officer), cannot)
	w.Quiet()
	wantState(t, w.CaseOf(an()), "claimed", lan)
}

func TestStop_UntilThePhoneWritesAgain(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.Text(an(), "ngung")
	w.Forget()
	w.Text(an(), "chi con do khong")
	w.Forget()
	w.From(lan, "chị đây")
	wantList(t, "to the person", w.Sent(an()), "chị đây")
	w.Quiet()
}

func TestStop_ThenAnotherTextOpensACaseAsUsual(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), "stop")
	w.Forget()
	wantReason(t, "another text", w.Text(an(), urgent), routing.ReasonOpened)
	wantList(t, "to the person", w.Sent(an()), "Da nhan tin.")
}

// TestStop_AnsweredEvenAfterAnotherAutomaticText: stop_ok is besides the one in ten minutes, and does not
// use it up.
func TestStop_AnsweredEvenAfterAnotherAutomaticText(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Text(an(), "stop")
	w.Text(an(), "stop")
	wantList(t, "to the person", w.Sent(an()), "Da nhan tin.", "Da ngung. Can thi cu nhan lai.", "Da ngung. Can thi cu nhan lai.")
	w = story(t)
	w.Text(an(), "stop")
	w.Text(an(), urgent)
	wantList(t, "to the person", w.Sent(an()), "Da ngung. Can thi cu nhan lai.", "Da nhan tin.")
}

func TestStop_OfOneWhoHidesIsAnsweredByNothing(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"hides": hiding, "asked not to be written to": muted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), before)
			wantReason(t, "NGUNG", w.Text(an(), "NGUNG"), routing.ReasonMuted)
			wantList(t, "to the person", w.Sent(an()))
		})
	}
}

func TestStop_TheAnswerIsNeverLate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		given func(*routingtest.Ward) // before the word
		late  func(*routingtest.Ward) // between the decision and the carrier
		want  int
	}{
		{"at once", func(*routingtest.Ward) {}, func(*routingtest.Ward) {}, 1},
		{"at a minute", func(*routingtest.Ward) {}, func(w *routingtest.Ward) { w.Jump(time.Minute) }, 1},
		{"just after", func(*routingtest.Ward) {}, func(w *routingtest.Ward) { w.Jump(time.Minute + time.Millisecond) }, 0},
		{"just after, with a case", func(w *routingtest.Ward) { w.Text(an(), urgent) }, func(w *routingtest.Ward) { w.Jump(time.Minute + time.Millisecond) }, 0},
		{"they hide meanwhile", func(*routingtest.Ward) {}, func(w *routingtest.Ward) { w.Text(an(), hiding) }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			tt.given(w)
			w.Hold = true
			w.Text(an(), "NGUNG")
			tt.late(w)
			w.Hold = false
			w.Carry()
			got := 0
			for _, m := range w.Messages() {
				if m.Text == texts.StopOK {
					got++
					if m.Validity > time.Minute {
						t.Errorf("validity = %v, want a minute at most", m.Validity)
					}
				}
			}
			if got != tt.want {
				t.Errorf("%d stop_ok went out, want %d", got, tt.want)
			}
		})
	}
}

func TestStop_KeptElsewhereForMinutesIsObeyedAndNotAnswered(t *testing.T) {
	t.Parallel()
	w := story(t)
	e := w.NewText(an(), "STOP")
	w.Jump(2 * time.Minute)
	wantReason(t, "STOP", w.Handle(e), routing.ReasonMuted)
	wantList(t, "to the phone", w.Sent(an()))
	if !w.Person(an()).Muted {
		t.Error("the phone is not muted, want it to be")
	}
}

// TestStop_BetweenTheDecisionAndTheCarrier: what waits for the carrier does not go out any more.
func TestStop_BetweenTheDecisionAndTheCarrier(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.Hold = true
	w.From(lan, "chị ơi")
	w.Text(an(), "NGUNG")
	w.Hold = false
	w.Carry()
	wantList(t, "to the person", w.Sent(an()), "Da ngung. Can thi cu nhan lai.")
}

// TestStop_OfAHelperIsNoCommand: whoever holds a case and writes STOP writes it to the person.
func TestStop_OfAHelperIsNoCommand(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	wantReason(t, "STOP", w.From(lan, "ngừng"), routing.ReasonRelayed)
	wantList(t, "to the person", w.Sent(an()), "ngừng")
	if w.Person(w.Phone(lan)).Muted {
		t.Error("Lan's phone is muted, want it not to be")
	}
}
