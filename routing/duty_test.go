package routing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

// nights is a line whose three trusted addresses have a shift every day from 18:00 to 06:00, the police
// around noon. It is 20:00 on Tuesday, 3 March, when a story begins.
func nights() routingtest.Option {
	every := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	var shifts []roster.Shift
	for _, id := range []contacts.ID{lan, hung, mai} {
		shifts = append(shifts, roster.Shift{Contact: id, Days: every, From: 18 * 60, To: 6 * 60})
	}
	return routingtest.WithShifts(append(shifts, roster.Shift{Contact: officer, Days: every, From: 11 * 60, To: 13 * 60})...)
}

func TestDuty_OffUntilTheNextShift(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"NGHI", "nghỉ", "Nghỉ nha"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := story(t, nights())
			wantReason(t, word, w.From(lan, word), routing.ReasonOffDuty)
			wantList(t, "to Lan", w.Got(lan), "Ban da nghi truc. Truc lai: TRUC.")
			if want := (routing.Duty{Until: w.Now().Add(22 * time.Hour)}); w.Duty(lan) != want {
				t.Errorf("duty of Lan = %+v, want off until 18:00 tomorrow, %+v", w.Duty(lan), want)
			}
			w.Text(an(), urgent)
			wantList(t, "alerted tonight", w.Rang(), hung, mai)
			w.Advance(22*time.Hour - time.Millisecond)
			w.Forget()
			w.Text(binh(), "o to 1, "+urgent)
			wantList(t, "alerted just before the next shift", w.Rang())
			w.Advance(time.Millisecond)
			w.Forget()
			w.Text(chi(), "toi o to 1, "+urgent)
			if !slices.Contains(w.Rang(), lan) {
				t.Error("Lan was not alerted as her next shift began, want her on call again")
			}
		})
	}
}

func TestDuty_OnUntilTheShiftEndsOrForTwelveHours(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		id    contacts.ID
		given func(*routingtest.Ward)
		on    time.Duration
		said  string
	}{
		{"in a shift after NGHI", lan, func(w *routingtest.Ward) { w.From(lan, "nghi") }, 10 * time.Hour, "06:00 04/03"},
		{"in a shift, on call anyway", lan, func(*routingtest.Ward) {}, 10 * time.Hour, "06:00 04/03"},
		{"outside a shift", officer, func(*routingtest.Ward) {}, 12 * time.Hour, "08:00 04/03"},
		{"without any shift", duty, func(*routingtest.Ward) {}, 12 * time.Hour, "08:00 04/03"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t, nights())
			tt.given(w)
			w.Forget()
			wantReason(t, "TRUC", w.From(tt.id, "TRUC"), routing.ReasonOnDuty)
			wantList(t, "to them", w.Got(tt.id), "Ban dang truc toi "+tt.said+". Nghi: NGHI.")
			if want := (routing.Duty{On: true, Until: w.Now().Add(tt.on)}); w.Duty(tt.id) != want {
				t.Errorf("duty = %+v, want %+v", w.Duty(tt.id), want)
			}
			w.Quiet()
		})
	}
}

func TestDuty_OnCallByTheirOwnWord(t *testing.T) {
	t.Parallel()
	w := story(t, nights())
	w.Text(an(), danger)
	wantList(t, "alerted without the police", w.Rang(), lan, hung, mai)
	w.From(officer, "truc")
	w.Text(binh(), danger)
	w.Got(officer)
	if !slices.ContainsFunc(w.Messages(), func(m *routingtest.Message) bool {
		return m.Contact == officer && m.Purpose == routing.PurposeAlert
	}) {
		t.Error("the police, on call by their own word, were not alerted")
	}
	w.Jump(12 * time.Hour) // 08:00: their word no longer holds and no shift of theirs has begun
	w.Forget()
	w.Text(chi(), danger)
	wantList(t, "to the police after twelve hours", w.Got(officer))
}

func TestOnCall(t *testing.T) {
	t.Parallel()
	line := routingtest.Line(t, nights())
	now := routingtest.Start()
	tests := []struct {
		name string
		id   contacts.ID
		said map[contacts.ID]routing.Duty
		want bool
	}{
		{"by the roster", lan, nil, true},
		{"off by the roster", officer, nil, false},
		{"said off", lan, map[contacts.ID]routing.Duty{lan: {Until: now.Add(time.Millisecond)}}, false},
		{"said off, over at this instant", lan, map[contacts.ID]routing.Duty{lan: {Until: now}}, true},
		{"said on", officer, map[contacts.ID]routing.Duty{officer: {On: true, Until: now.Add(time.Millisecond)}}, true},
		{"said on, over at this instant", officer, map[contacts.ID]routing.Duty{officer: {On: true, Until: now}}, false},
		{"what another said", lan, map[contacts.ID]routing.Duty{hung: {Until: now.Add(time.Hour)}}, true},
		{"nobody of that name", "ai-do", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := routing.OnCall(line, tt.said, now)(tt.id); got != tt.want {
				t.Errorf("OnCall(%s) = %v, want %v", tt.id, got, tt.want)
			}
		})
	}
}

func TestDuty_TheLastOfAKindMakesTheSupervisorsBeTold(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.From(lan, "nghi")
	w.From(hung, "nghi")
	w.Forget()
	w.From(mai, "nghi")
	told := "PT: khong con dia chi tin cay nao truc. Xin xem bang truc."
	wantList(t, "to the supervisor on call", w.Got(duty), told)
	wantList(t, "to the supervisor off call", w.Got(lead), told)
	w.Got(mai)
	w.Quiet()
	w.From(mai, "nghi")
	w.Got(mai)
	w.Quiet() // who was off already leaves nobody behind
}

func TestDuty_TheLastSupervisorTellsTheOther(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.From(duty, "nghi")
	wantList(t, "to the one who leaves", w.Got(duty), "Ban da nghi truc. Truc lai: TRUC.")
	wantList(t, "to the other", w.Got(lead), "PT: khong con nguoi dieu phoi nao truc. Xin xem bang truc.")
}

// TestDuty_WhileHavingCases: what is held or waits is not touched, and nothing of it reaches the person.
func TestDuty_WhileHavingCases(t *testing.T) {
	t.Parallel()
	w := held(t, an(), binh())
	w.Text(chi(), danger)
	w.Forget()
	for word, want := range map[string]routing.Reason{
		"NGHI": routing.ReasonOffDuty, "TRUC": routing.ReasonOnDuty, "TRO GIUP": routing.ReasonHelpSent, "?": routing.ReasonHelpSent,
	} {
		wantReason(t, word, w.From(lan, word), want)
	}
	wantState(t, w.CaseOf(an()), "claimed", lan)
	wantState(t, w.CaseOf(binh()), "claimed", lan)
	wantList(t, "to the people", append(w.Sent(an()), w.Sent(binh())...))
	wantReason(t, "1 for what waited", w.From(lan, "1"), routing.ReasonClaimed)
}

func TestDuty_NextStepLeavesOutWhoWentOffCall(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.From(lan, "nghi")
	w.Forget()
	w.Advance(30 * time.Second)
	wantList(t, "alerted by step 2", w.Rang(), hung, mai, station)
	wantReason(t, "Lan's 1 to the alert she had", w.From(lan, "1"), routing.ReasonClaimed)
}

func TestHelp_OfAContactAtAnyTime(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]func(*routingtest.Ward){
		"with nothing":      func(*routingtest.Ward) {},
		"with one waiting":  func(w *routingtest.Ward) { w.Text(an(), urgent) },
		"holding one":       func(w *routingtest.Ward) { w.Text(an(), urgent); w.From(lan, "1") },
		"with one's own":    func(w *routingtest.Ward) { w.From(lan, danger) },
		"after closing one": func(w *routingtest.Ward) { w.Text(an(), urgent); w.From(lan, "1"); w.From(lan, "xong") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			given(w)
			w.Forget()
			cases := len(w.Cases())
			for _, word := range []string{"TRO GIUP", "trợ giúp ạ", "?", "??"} {
				wantReason(t, word, w.From(lan, word), routing.ReasonHelpSent)
				want, err := texts.Render(texts.Vietnamese, texts.Help, false, nil)
				if err != nil {
					t.Fatal(err)
				}
				wantList(t, "to Lan", w.Got(lan), want)
			}
			if len(w.Cases()) != cases {
				t.Errorf("%d cases, want still %d", len(w.Cases()), cases)
			}
			w.Quiet()
		})
	}
}

func TestSOS_OpensTheContactsOwnCaseWhateverTheyHold(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"SOS", "cứu", "CUU!!!", "sos em", "SOS"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			setApartFrom(t, w, hung, w.Phone(lan))
			wantReason(t, word, w.From(lan, word), routing.ReasonOpened)
			c := w.CaseOf(w.Phone(lan))
			if c.Urgency != "immediate_danger" {
				t.Errorf("urgency of Lan's own case = %s, want immediate_danger", c.Urgency)
			}
			wantList(t, "to the person she helps", w.Sent(an()))
			wantList(t, "to Hùng, kept apart from her", w.Got(hung))
			if got := w.Got(lan); len(got) != 1 {
				t.Errorf("Lan gets %q, want the first reply alone: she is never alerted to it", got)
			}
			wantState(t, w.CaseOf(an()), "claimed", lan)
		})
	}
}

// setApartFrom keeps a contact apart from one more number.
func setApartFrom(t *testing.T, w *routingtest.Ward, id contacts.ID, from ...phone.Number) {
	t.Helper()
	w.SetLine(routingtest.Line(t, routingtest.KeepApart(id, from...), routingtest.Generation(2)))
}

// TestRetired_WordsOfDutyAreNoWordsForThePerson: whoever left the line file but has a case is on call no
// more; what they write about it reaches nobody.
func TestRetired_WordsOfDutyAreNoWordsForThePerson(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]routing.Reason{
		"TRUC": routing.ReasonNotUnderstood, "nghỉ": routing.ReasonNotUnderstood, "TRO GIUP": routing.ReasonHelpSent,
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			w.SetLine(routingtest.Line(t, routingtest.Retire(lan), routingtest.Generation(2)))
			wantReason(t, word, w.From(lan, word), want)
			wantList(t, "to the person", w.Sent(an()))
			if w.Duty(lan) != (routing.Duty{}) {
				t.Errorf("duty of Lan = %+v, want nothing noted", w.Duty(lan))
			}
		})
	}
}
