package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

// held is a ward in which Lan holds the cases of some people, oldest first, and everything sent is read.
func held(t *testing.T, people ...phone.Number) *routingtest.Ward {
	t.Helper()
	w := story(t)
	for _, p := range people {
		w.Text(p, urgent)
		w.From(lan, "1")
		wantState(t, w.CaseOf(p), "claimed", lan)
		w.Advance(time.Second)
	}
	w.Forget()
	return w
}

func TestRelay_WordsGoBothWaysWithoutEitherNumber(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	code := string(w.CaseOf(an()).Code)
	d := w.From(lan, "Bạn ơi, bạn ở đâu?")
	wantReason(t, "Lan's words", d, routing.ReasonRelayed)
	wantList(t, "to the person", w.Sent(an()), "Bạn ơi, bạn ở đâu?")
	if m := w.Last(an()); m.Validity != 10*time.Minute {
		t.Errorf("validity of relayed words = %v, want 10m", m.Validity)
	}
	w.Text(an(), "o to 2")
	wantList(t, "to Lan", w.Got(lan), code+": o to 2")
	w.Quiet()
}

func TestRelay_WordsThatOnlyBeginLikeACommand(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"Bạn ơi, bạn đang ở đâu?", "Nhắn chị ra cổng sau", "Xong việc này em sẽ...", "1 lát nữa tới", "0 có gì đâu", "trả lời giùm"} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			wantReason(t, "Lan's words", w.From(lan, body), routing.ReasonRelayed)
			wantList(t, "to the person", w.Sent(an()), body)
			wantState(t, w.CaseOf(an()), "claimed", lan)
			w.Quiet()
		})
	}
}

func TestRelay_HoldingSeveralNeedsTheCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body func(an, binh string) string
		an   []string
		binh []string
	}{
		{"code first", func(_, b string) string { return b + " chị ra cổng sau" }, nil, []string{"chị ra cổng sau"}},
		{"code last", func(_, b string) string { return "chị ra cổng sau " + b }, nil, []string{"chị ra cổng sau"}},
		{"code and colon", func(a, _ string) string { return a + ": ra cổng" }, []string{"ra cổng"}, nil},
		{"code in lower case on a line of its own", func(a, _ string) string { return lower(routing.Code(a)) + "\nra cổng\nsau" }, []string{"ra cổng\nsau"}, nil},
		{"code last on a line of its own", func(a, _ string) string { return "ra cổng\n" + a }, []string{"ra cổng"}, nil},
		{"code and a space that does not break", func(a, _ string) string { return a + "\u00a0ra cổng" }, []string{"ra cổng"}, nil},
		{"code in the middle", func(a, _ string) string { return "ra " + a + " cổng" }, nil, nil},
		{"no code", func(_, _ string) string { return "chị ra cổng sau" }, nil, nil},
		{"code alone", func(a, _ string) string { return a }, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := held(t, an(), binh())
			first, second := string(w.CaseOf(an()).Code), string(w.CaseOf(binh()).Code)
			d := w.From(lan, tt.body(first, second))
			wantList(t, "to An", w.Sent(an()), tt.an...)
			wantList(t, "to Bình", w.Sent(binh()), tt.binh...)
			if len(tt.an)+len(tt.binh) > 0 {
				wantReason(t, "Lan's words", d, routing.ReasonRelayed)
				w.Quiet()
				return
			}
			wantReason(t, "Lan's words", d, routing.ReasonWhichCase)
			wantList(t, "to Lan", w.Got(lan), "Ban dang giu "+first+", "+second+". Nhan lai kem ma, vi du: "+first+" noi dung.")
			w.Quiet()
		})
	}
}

func TestRelay_WordsForACaseTheyNoLongerHoldReachNobody(t *testing.T) {
	t.Parallel()
	w := held(t, an(), binh())
	lost := string(w.CaseOf(an()).Code)
	w.From(lan, "0 "+lost)
	w.From(hung, "1")
	wantState(t, w.CaseOf(an()), "claimed", hung)
	w.Forget()
	for _, body := range []string{lost + " địa chỉ là số 5", "địa chỉ là số 5 " + lost} {
		wantReason(t, "Lan's words", w.From(lan, body), routing.ReasonWhichCase)
		wantList(t, "to An", w.Sent(an()))
		wantList(t, "to Bình, whom they are not for", w.Sent(binh()))
	}
}

func TestHolder_CommandsNeedTheCodeWhenHoldingSeveral(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"xong", "0", "tra", "1"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			w := held(t, an(), binh())
			wantReason(t, "the bare command", w.From(lan, command), routing.ReasonWhichCase)
			wantState(t, w.CaseOf(an()), "claimed", lan)
			wantState(t, w.CaseOf(binh()), "claimed", lan)
			wantList(t, "to the people", append(w.Sent(an()), w.Sent(binh())...))
			w.Got(lan)
			w.Quiet()
		})
	}
}

func TestClose_ByTheHolder(t *testing.T) {
	t.Parallel()
	w := held(t, an(), binh())
	c := w.CaseOf(binh())
	d := w.From(lan, "Xong "+string(c.Code)+" rồi")
	wantReason(t, "XONG", d, routing.ReasonClosedByHelper)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.Closed, c))
	wantState(t, w.CaseOf(binh()), "closed", lan)
	wantState(t, w.CaseOf(an()), "claimed", lan)
	if _, ok := w.CaseOf(binh()).NextDeadline(); ok {
		t.Error("the closed case has a deadline, want none")
	}
	w.Quiet() // the person hears nothing: their phone may be in other hands
}

func TestClose_WithoutHolding(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Forget()
	wantReason(t, "XONG of a case that waits", w.From(lan, "xong"), routing.ReasonNotUnderstood)
	wantState(t, w.CaseOf(an()), "alerting", "")
}

func TestClose_ATextWithinADayOpensNothing(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "xong")
	w.Forget()
	w.Advance(24 * time.Hour)
	wantReason(t, "Lan's words", w.From(lan, "chị về tới nhà chưa"), routing.ReasonNotUnderstood)
	if len(w.Got(lan)) != 1 || len(w.Cases()) != 1 {
		t.Errorf("%d cases, want no new one and an answer", len(w.Cases()))
	}
	w.Quiet()
	w.Advance(time.Second)
	wantReason(t, "Lan's words a day later", w.From(lan, urgent), routing.ReasonOpened)
	if got := w.Listed(lan); got != 0 {
		t.Errorf("%d cases on Lan's list, want the old one forgotten", got)
	}
}

func TestGiveBack_AlertsTheOthersAtOnce(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"tra", "0", "BAN", "trả nhé"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			d := w.From(lan, command)
			wantReason(t, command, d, routing.ReasonGivenBack)
			c := w.CaseOf(an())
			wantState(t, c, "alerting", "")
			wantList(t, "to Lan", w.Got(lan), render(t, texts.Declined, c))
			// Lan counts as having declined; of the others the least recently woken come first.
			wantList(t, "alerted", w.Rang(), mai, hung)
			wantDue(t, w, c, routing.StepEnds, time.Minute)
			w.Quiet()
			wantReason(t, "1 after giving back", w.From(lan, "1"), routing.ReasonClaimed)
		})
	}
}

func TestGiveBack_TheCaseHeldWhenTheOthersWereDeclined(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.Text(binh(), danger)
	w.Forget()
	wantReason(t, "first 0", w.From(lan, "0"), routing.ReasonDeclined)
	wantState(t, w.CaseOf(an()), "claimed", lan)
	wantReason(t, "second 0", w.From(lan, "0"), routing.ReasonGivenBack)
	wantState(t, w.CaseOf(an()), "alerting", "")
}

func TestSilence_IsAskedOnceThenAlertedAgain(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.Advance(15*time.Minute - 2*time.Second)
	w.Quiet()
	w.Advance(time.Second)
	c := w.CaseOf(an())
	wantList(t, "to Lan", w.Got(lan), render(t, texts.AskWord, c))
	wantDue(t, w, c, routing.TakeBack, 15*time.Minute)
	w.Advance(15 * time.Minute)
	c = w.CaseOf(an())
	wantState(t, c, "alerting", lan)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.GoneBack, c))
	wantList(t, "alerted", w.Rang(), mai, hung)
	w.Quiet()
}

func TestSilence_EndsWithAWordOrACommand(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"chị ơi", "1"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			w.Advance(20 * time.Minute) // Lan was asked five minutes ago
			w.From(lan, word)
			wantDue(t, w, w.CaseOf(an()), routing.AskHolder, 15*time.Minute)
			w.Advance(15*time.Minute - time.Second)
			wantState(t, w.CaseOf(an()), "claimed", lan)
		})
	}
}

func TestSilence_ThePersonsWordsDoNotCount(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.Advance(14 * time.Minute)
	w.Text(an(), "chi oi")
	w.Advance(16 * time.Minute)
	wantState(t, w.CaseOf(an()), "alerting", lan)
}

// silent is a ward in which Lan's case is alerted again because she was silent, and everything is read.
func silent(t *testing.T) *routingtest.Ward {
	t.Helper()
	w := held(t, an())
	w.Advance(30 * time.Minute)
	wantState(t, w.CaseOf(an()), "alerting", lan)
	w.Forget()
	return w
}

func TestSilence_TheHolderSpeaksAgain(t *testing.T) {
	t.Parallel()
	w := silent(t)
	d := w.From(lan, "chị tới rồi")
	wantReason(t, "Lan's words", d, routing.ReasonResumed)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", lan)
	wantDue(t, w, c, routing.AskHolder, 15*time.Minute)
	wantList(t, "to the person", w.Sent(an()), "chị tới rồi")
	taken := render(t, texts.AlreadyTaken, c)
	wantList(t, "to those alerted meanwhile", append(w.Got(mai), w.Got(hung)...), taken, taken)
	w.Quiet()
}

func TestSilence_TheHolderSays1Again(t *testing.T) {
	t.Parallel()
	w := silent(t)
	wantReason(t, "Lan's 1", w.From(lan, "1"), routing.ReasonResumed)
	wantState(t, w.CaseOf(an()), "claimed", lan)
}

func TestSilence_AnotherTakesItAndTheHolderIsTold(t *testing.T) {
	t.Parallel()
	w := silent(t)
	w.Text(an(), "con ai do khong")
	code := string(w.CaseOf(an()).Code)
	wantList(t, "to Lan, who may still answer", w.Got(lan), code+": con ai do khong")
	w.Forget()
	wantReason(t, "Mai's 1", w.From(mai, "1"), routing.ReasonClaimed)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", mai)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.AlreadyTaken, c))
	wantList(t, "to Mai", w.Got(mai), render(t, texts.TakenByYou, c, "nhu_cau", "cho o", "khu", "chua ro"), code+": "+urgent, code+": con ai do khong")
	w.Forget()
	w.Text(an(), "cam on")
	wantList(t, "to Lan, who lost it", w.Got(lan))
	wantReason(t, "Lan's words", w.From(lan, "chị tới rồi"), routing.ReasonNotUnderstood)
	wantList(t, "to the person", w.Sent(an()))
}

func TestSilence_TheHolderClosesAfterAll(t *testing.T) {
	t.Parallel()
	w := silent(t)
	wantReason(t, "XONG", w.From(lan, "xong"), routing.ReasonClosedByHelper)
	c := w.CaseOf(an())
	wantState(t, c, "closed", lan)
	over := render(t, texts.Closed, c)
	wantList(t, "to those alerted meanwhile", append(w.Got(mai), w.Got(hung)...), over, over)
}

func TestSilence_TheHolderGivesBackAfterAll(t *testing.T) {
	t.Parallel()
	w := silent(t)
	wantReason(t, "TRA", w.From(lan, "tra"), routing.ReasonGivenBack)
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantList(t, "alerted again", w.Rang())
	w.Advance(time.Minute)
	wantList(t, "alerted by the next step, without Lan", w.Rang(), hung, mai, station)
}

func TestSilence_AFullRoundMakesItUnansweredAgain(t *testing.T) {
	t.Parallel()
	w := silent(t)
	w.Advance(4 * time.Minute)
	c := w.CaseOf(an())
	wantState(t, c, "unanswered", lan)
	wantList(t, "to the supervisor off call", w.Got(lead), render(t, texts.Unanswered, c, "phut", "4"))
	wantList(t, "to the person", w.Sent(an()), "Chua co ai ranh. Khong nen cho.")
	w.Forget()
	w.From(mai, "1")
	w.Forget()
	w.Advance(30 * time.Minute)
	w.Forget()
	w.Advance(4 * time.Minute)
	wantList(t, "to the supervisor, told in both rounds", w.Got(lead), render(t, texts.Unanswered, c, "phut", "4"))
	wantList(t, "to the person, once a case", w.Sent(an()))
	wantDue(t, w, w.CaseOf(an()), routing.RoundStarts, time.Minute) // pauses begin small again
	w.From(hung, "1")
	wantList(t, "to the supervisor when it is taken", w.Got(lead), render(t, texts.AlreadyTaken, c))
}
