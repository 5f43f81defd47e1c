package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

// kin is somebody of Lan's household.
var kin = routingtest.Kin

// setApart changes the line file so that a contact is kept apart from An.
func setApart(t *testing.T, w *routingtest.Ward, ids ...contacts.ID) {
	t.Helper()
	var options []routingtest.Option
	for _, id := range ids {
		options = append(options, routingtest.KeepApart(id, an()))
	}
	w.SetLine(routingtest.Line(t, append(options, routingtest.Generation(2))...))
}

func TestApart_AHouseholdsCaseNeverReachesTheContact(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.KeepApart(duty, routingtest.Kin()), routingtest.KeepApart(lead, routingtest.Kin()))
	w.Text(kin(), danger)
	w.Text(kin(), "o to 1")
	w.Advance(time.Hour)
	wantList(t, "to Lan, on call the whole time", w.Got(lan))
	wantList(t, "to the supervisor on call", w.Got(duty))
	wantList(t, "to the supervisor off call, when unanswered", w.Got(lead))
	w.From(hung, "1")
	w.From(hung, "chị tới đây")
	w.From(hung, "xong")
	wantList(t, "to Lan at the end", w.Got(lan))
	for _, id := range []contacts.ID{lan, duty, lead} {
		if got := w.Listed(id); got != 0 {
			t.Errorf("%d cases on the list of %s, want none", got, id)
		}
	}
}

func TestApart_TheContactCannotTakeItByItsCode(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(kin(), danger)
	w.Text(an(), danger)
	w.Forget()
	code := w.CaseOf(kin()).Code
	wantReason(t, "1 and the code", w.From(lan, "1 "+string(code)), routing.ReasonNotUnderstood)
	wantState(t, w.CaseOf(kin()), "alerting", "")
}

func TestMayWatch(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	c := w.CaseOf(an())
	own := *c
	own.Person = routingtest.Line(t).Directory.KeyOf(lan)
	barred := *c
	barred.Barred = []contacts.ID{lan}
	for _, tt := range []struct {
		name    string
		options []routingtest.Option
		c       *routing.Case
		id      contacts.ID
		want    bool
	}{
		{"a contact", nil, c, lan, true},
		{"kept apart", []routingtest.Option{routingtest.KeepApart(lan, an())}, c, lan, false},
		{"another is kept apart", []routingtest.Option{routingtest.KeepApart(hung, an())}, c, lan, true},
		{"their own case", nil, &own, lan, false},
		{"not wanted", nil, &barred, lan, false},
		{"another is not wanted", nil, &barred, hung, true},
		{"retired", []routingtest.Option{routingtest.Retire(lan)}, c, lan, true},
		{"retired and kept apart", []routingtest.Option{routingtest.Retire(lan), routingtest.KeepApart(lan, an())}, c, lan, false},
		{"not in the directory", nil, c, "nobody", false},
	} {
		l := routingtest.Line(t, tt.options...)
		if got := routing.MayWatch(l, tt.c, l, tt.id); got != tt.want {
			t.Errorf("%s: MayWatch() = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestApart_AContactsOwnCaseNeverReachesThem(t *testing.T) {
	t.Parallel()
	w := story(t)
	wantReason(t, "Lan's own text", w.From(lan, danger), routing.ReasonOpened)
	c := w.CaseOf(w.Phone(lan))
	wantList(t, "to Lan", w.Got(lan), "Đã nhận tin.")
	w.Advance(time.Hour)
	wantList(t, "to Lan, later", w.Got(lan), "Chưa có ai rảnh. Không nên chờ.")
	w.From(hung, "1 "+string(c.Code))
	w.Forget()
	wantReason(t, "Lan's words", w.From(lan, "nhanh lên"), routing.ReasonAdded)
	wantList(t, "to Hùng", w.Got(hung), string(c.Code)+": nhanh lên")
	wantReason(t, "a bare 1 of hers, who needs the police", w.From(lan, "1"), routing.ReasonChosen)
}

func TestApart_AfterBeingAlerted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		opens      bool // a case of her own
	}{
		{"takes it", "1", false},
		{"declines it", "0", false},
		{"closes it", "xong", false},
		{"gives it back", "tra", false},
		{"writes words", "có chuyện gì vậy", false},
		{"needs help herself", danger, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, other := story(t), story(t)
			for _, ward := range []*routingtest.Ward{w, other} {
				ward.Text(an(), danger)
			}
			setApart(t, w, lan)
			other.From(hung, "1") // there the case was simply taken by somebody else
			w.Forget()
			other.Forget()
			w.From(lan, tt.body)
			other.From(lan, tt.body)
			wantList(t, "to Lan, as if Hùng had been quicker", w.Got(lan), other.Got(lan)...)
			wantState(t, w.CaseOf(an()), "alerting", "")
			if opened := len(w.Cases()) == 2; opened != tt.opens {
				t.Errorf("opened a case of her own = %v, want %v", opened, tt.opens)
			}
		})
	}
}

func TestApart_OneOfSeveralLooksTaken(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Text(binh(), danger)
	setApart(t, w, lan)
	w.Forget()
	first := w.CaseOf(an())
	wantReason(t, "1 and the code", w.From(lan, "1 "+string(first.Code)), routing.ReasonAlreadyTaken)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.AlreadyTaken, first))
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantReason(t, "a bare 1", w.From(lan, "1"), routing.ReasonClaimed)
	wantState(t, w.CaseOf(binh()), "claimed", lan)
}

func TestApart_AfterBeingAlertedNothingMoreIsSaid(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	setApart(t, w, lan)
	w.Forget()
	w.Advance(10 * time.Minute)
	wantList(t, "to Lan by the steps after", w.Got(lan))
	w.From(hung, "1")
	wantList(t, "to Lan when it is taken", w.Got(lan))
}

func TestApart_BetweenTheDecisionAndTheCarrier(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Hold = true
	w.Text(an(), urgent)
	setApart(t, w, lan)
	w.Hold = false
	w.Carry()
	wantList(t, "to Lan", w.Got(lan))
	wantList(t, "alerted, the next one in her place", w.Rang(), hung, mai)
}

func TestApart_TheHolderLosesTheCaseInSilence(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		then func(*routingtest.Ward)
	}{
		{"at their deadline", func(w *routingtest.Ward) { w.Advance(15 * time.Minute) }},
		{"at the person's next text", func(w *routingtest.Ward) { w.Text(an(), "chi oi") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			setApart(t, w, lan)
			tt.then(w)
			wantState(t, w.CaseOf(an()), "alerting", "")
			wantList(t, "to Lan", w.Got(lan))
			wantList(t, "alerted", w.Rang(), mai, hung)
			w.Forget()
			w.From(lan, "chị tới đây")
			wantList(t, "to the person from Lan", w.Sent(an()))
			w.From(mai, "1")
			wantList(t, "to Lan, but for the answer to her text", w.Got(lan)[1:])
		})
	}
}

func TestApart_TheHolderBeforeAnyDeadline(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"1", "0", "xong", "chị tới đây", "tra"} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			setApart(t, w, lan)
			w.From(lan, body)
			wantList(t, "to the person", w.Sent(an()))
			if c := w.CaseOf(an()); !c.Open() {
				t.Error("the case was closed by a contact kept apart, want it open")
			}
		})
	}
}

func TestApart_ASilentHolderWhenAnotherTakesIt(t *testing.T) {
	t.Parallel()
	w := silent(t)
	setApart(t, w, lan)
	d := w.From(mai, "1")
	wantState(t, w.CaseOf(an()), "claimed", mai)
	for _, s := range d.Sends {
		if s.Contact == lan {
			t.Errorf("the decision has a text (%s) to Lan, who is kept apart", s.Text)
		}
	}
	wantList(t, "to Lan", w.Got(lan))
}

func TestApart_AHolderWhoseWordsCannotBeDelivered(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "chị ơi")
	setApart(t, w, lan)
	d := w.Fail(w.Last(an()), false)
	if len(d.Sends) != 0 {
		t.Errorf("%d texts about it to Lan, who is kept apart, want none", len(d.Sends))
	}
}

func TestRetired_KeepsWhatTheyHoldAndIsAskedForNothingNew(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.Text(binh(), urgent)
	w.SetLine(routingtest.Line(t, routingtest.Retire(lan), routingtest.Generation(2)))
	w.Forget()
	w.Text(an(), "chi oi")
	wantList(t, "to Lan, words of the case she holds", w.Got(lan), string(w.CaseOf(an()).Code)+": chi oi")
	wantReason(t, "Lan's words", w.From(lan, "chị tới đây"), routing.ReasonRelayed)
	wantReason(t, "1 for what waited", w.From(lan, "1 "+string(w.CaseOf(binh()).Code)), routing.ReasonAlreadyTaken)
	w.Forget()
	w.Text(chi(), danger)
	w.Advance(10 * time.Minute)
	for _, m := range w.Messages() {
		if m.Contact == lan && m.Purpose == routing.PurposeAlert && m.Taken.After(w.CaseOf(chi()).OpenedAt) {
			t.Errorf("Lan was alerted although retired")
		}
	}
	wantReason(t, "XONG", w.From(lan, "xong"), routing.ReasonClosedByHelper)
}

func TestRemoved_HolderLosesTheCase(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.SetLine(routingtest.Line(t, routingtest.Remove(lan), routingtest.Generation(2)))
	w.Text(an(), "chi oi")
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantList(t, "alerted", w.Rang(), mai, hung)
}

func TestContact_AsAPersonAtRisk(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		given func(*routingtest.Ward)
		body  string
		want  routing.Reason
	}{
		{"nothing waiting, held or recent", func(*routingtest.Ward) {}, somehow, routing.ReasonOpened},
		{"a bare command with nothing waiting", func(*routingtest.Ward) {}, "1", routing.ReasonOpened},
		{"a case waits: not understood", func(w *routingtest.Ward) { w.Text(an(), urgent) }, somehow, routing.ReasonNotUnderstood},
		{"a case waits: danger", func(w *routingtest.Ward) { w.Text(an(), urgent) }, danger, routing.ReasonOpened},
		{"a case waits: a cry for help", func(w *routingtest.Ward) { w.Text(an(), urgent) }, "CUU", routing.ReasonOpened},
		{"a case was lost an hour ago", func(w *routingtest.Ward) {
			w.Text(an(), urgent)
			w.From(hung, "1")
			w.Advance(time.Hour)
		}, somehow, routing.ReasonNotUnderstood},
		{"a case was lost two days ago and is still open", func(w *routingtest.Ward) {
			w.Text(an(), urgent)
			w.From(hung, "1")
			for range 200 {
				w.Advance(15 * time.Minute)
				w.From(hung, "chị khỏe không")
			}
		}, somehow, routing.ReasonOpened},
		{"1 for a case lost two days ago", func(w *routingtest.Ward) {
			w.Text(an(), urgent)
			w.From(hung, "1")
			for range 200 {
				w.Advance(15 * time.Minute)
				w.From(hung, "chị khỏe không")
			}
		}, "1", routing.ReasonAlreadyTaken},
		{"their own case is open and another waits", func(w *routingtest.Ward) {
			w.From(lan, danger)
			w.Text(an(), urgent)
		}, somehow, routing.ReasonAdded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			tt.given(w)
			wantReason(t, "Lan's text", w.From(lan, tt.body), tt.want)
		})
	}
}
