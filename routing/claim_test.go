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

func TestClaim_TheHelperGetsNeedAreaAndWordsInOrder(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), "toi o to 1, "+urgent)
	w.Text(an(), "con nho 2 tuoi")
	w.Forget()
	w.Advance(30 * time.Second)
	d := w.From(lan, "1")
	wantReason(t, "Lan's 1", d, routing.ReasonClaimed)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", lan)
	wantDue(t, w, c, routing.AskHolder, 15*time.Minute)
	code := string(c.Code)
	wantList(t, "to Lan", w.Got(lan),
		render(t, texts.TakenByYou, c, "nhu_cau", "cho o", "khu", "To 1"),
		code+": toi o to 1, "+urgent, code+": con nho 2 tuoi")
	wantList(t, "to Mai, who was alerted", w.Got(mai), render(t, texts.AlreadyTaken, c))
	wantList(t, "to Hùng, who was not", w.Got(hung))
	wantList(t, "to the person", w.Sent(an()), "Da co nguoi nhan, se nhan lai.")
	w.Quiet()
	wantList(t, "Lan's results", results(w, lan), routing.AlertTaken)
	wantList(t, "Mai's results", results(w, mai), routing.AlertLate)

	w.Text(an(), "nhanh len")
	wantList(t, "to Lan, words later", w.Got(lan), code+": nhanh len")
	w.Quiet()
}

func TestClaim_OfDangerTellsThePersonDiscreetly(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Forget()
	w.From(officer, "nhận")
	wantList(t, "to the person", w.Sent(an()), "Đã có người nhận. Không cần trả lời.")
	wantDue(t, w, w.CaseOf(an()), routing.AskHolder, 2*time.Minute)
}

func TestClaim_TellsTheHelperNotToCall(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), hiding)
	w.Forget()
	w.From(officer, "1")
	c := w.CaseOf(an())
	wantList(t, "to the police", w.Got(officer),
		render(t, texts.TakenByYou, c, "nhu_cau", "cong an", "khu", "chua ro"),
		render(t, texts.ContactRule, c), string(c.Code)+": "+hiding)
	wantList(t, "to the person, who hides", w.Sent(an()))
}

func TestClaim_SecondResponderIsRefused(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.From(hung, "1")
	w.Forget()
	d := w.From(lan, "1")
	wantReason(t, "Lan's 1", d, routing.ReasonAlreadyTaken)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", hung)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.AlreadyTaken, c))
	w.Quiet()
}

func TestClaim_TheMostUrgentThenTheOldest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		texts []string // of An, Bình and Chi, a minute apart
		reply func(cases []*routing.Case) string
		want  int // which of them is taken
	}{
		{"oldest of equals", []string{urgent, urgent, urgent}, bare, 0},
		{"danger before an older urgent case", []string{urgent, danger, danger}, bare, 1},
		{"urgent before an older question", []string{question, question, urgent}, bare, 2},
		{"the one named", []string{danger, urgent, question}, func(c []*routing.Case) string { return "1 " + string(c[2].Code) }, 2},
		{"named in lower case before the command", []string{danger, urgent, question}, func(c []*routing.Case) string { return lower(c[1].Code) + " nhận nhé" }, 1},
		{"named without a space", []string{danger, urgent, question}, func(c []*routing.Case) string { return "1" + lower(c[1].Code) }, 1},
	}
	everyone := routing.Step{Notify: []contacts.Kind{contacts.TrustedAddress}, Wait: time.Hour}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t, oneStep(time.Hour, contacts.TrustedAddress),
				routingtest.WithSteps(routing.PolicyKey{Urgency: triage.Information}, everyone),
				routingtest.WithSteps(routing.PolicyKey{Urgency: triage.ImmediateDanger}, everyone))
			for i, text := range tt.texts {
				w.Text(routingtest.Person(i), text)
				w.Advance(time.Minute)
			}
			w.Forget()
			d := w.From(lan, tt.reply(w.Cases()))
			wantReason(t, "Lan's answer", d, routing.ReasonClaimed)
			for i := range tt.texts {
				holder, state := contacts.ID(""), "alerting"
				if i == tt.want {
					holder, state = lan, "claimed"
				}
				wantState(t, w.CaseOf(routingtest.Person(i)), state, holder)
			}
			c := w.CaseOf(routingtest.Person(tt.want))
			if got := w.Got(lan); len(got) == 0 || got[0] != render(t, texts.TakenByYou, c, "nhu_cau", needWord(c), "khu", "chua ro") {
				t.Errorf("to Lan: %q, want the case named", got)
			}
		})
	}
}

func TestClaim_ByATextOfTheStepBefore(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Advance(2 * time.Minute) // the supervisor's step runs
	wantReason(t, "the police's late 1", w.From(officer, "1"), routing.ReasonClaimed)
	wantList(t, "the police's results", results(w, officer), routing.AlertNoAnswer)
	wantList(t, "the supervisor's results", results(w, duty), routing.AlertLate)
}

func TestClaim_DuringThePauseBetweenRounds(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Advance(3 * time.Minute)
	w.Forget()
	wantState(t, w.CaseOf(an()), "unanswered", "")
	wantReason(t, "Lan's late 1", w.From(lan, "1"), routing.ReasonClaimed)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", lan)
	wantList(t, "to the supervisor who was only told", w.Got(lead), render(t, texts.AlreadyTaken, c))
	w.Advance(time.Minute)
	wantState(t, w.CaseOf(an()), "claimed", lan)
}

func TestClaim_OneAfterZero(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.From(lan, "0")
	wantReason(t, "1 after 0", w.From(lan, "1"), routing.ReasonClaimed)
	wantState(t, w.CaseOf(an()), "claimed", lan)
	wantList(t, "Lan's results", results(w, lan), routing.AlertDeclined)
}

func TestClaim_OneAfterZeroWhileSomethingElseWaits(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.From(lan, "0")
	w.Text(binh(), question)
	wantReason(t, "1", w.From(lan, "1"), routing.ReasonClaimed)
	wantState(t, w.CaseOf(binh()), "claimed", lan)
	wantState(t, w.CaseOf(an()), "alerting", "")
	// Nothing else waits now, so the declined case is meant.
	wantReason(t, "another 1", w.From(lan, "1"), routing.ReasonClaimed)
	wantState(t, w.CaseOf(an()), "claimed", lan)
}

func TestClaim_NamingACaseNobodyAskedAbout(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Text(binh(), danger)
	w.Forget()
	code := w.CaseOf(an()).Code
	wantReason(t, "the police's 1 for a case of others", w.From(officer, "1 "+string(code)), routing.ReasonNotUnderstood)
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantState(t, w.CaseOf(binh()), "alerting", "")
}

func TestClaim_OfACaseThatIsOver(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.From(hung, "1")
	w.From(hung, "xong")
	w.Forget()
	wantReason(t, "Lan's 1", w.From(lan, "1"), routing.ReasonAlreadyTaken)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.AlreadyTaken, w.CaseOf(an())))
	w.Quiet()
}

func TestDecline_AllThatWaitOrTheOneNamed(t *testing.T) {
	t.Parallel()
	w := story(t, oneStep(time.Hour, contacts.TrustedAddress))
	for i := range 3 {
		w.Text(routingtest.Person(i), urgent)
		w.Advance(time.Second)
	}
	w.Forget()
	codeOf := func(i int) string { return string(w.CaseOf(routingtest.Person(i)).Code) }
	wantReason(t, "0 and a code", w.From(lan, "0 "+codeOf(1)), routing.ReasonDeclined)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.Declined, w.CaseOf(binh())))
	wantList(t, "Lan's results", results(w, lan), routing.AlertDeclined)

	w.From(hung, "bận")
	wantList(t, "to Hùng", w.Got(hung), "PT "+codeOf(0)+", "+codeOf(1)+", "+codeOf(2)+": da ghi nhan, dang bao nguoi khac.")
	wantList(t, "Hùng's results", results(w, hung), routing.AlertDeclined, routing.AlertDeclined, routing.AlertDeclined)
	w.Quiet()
	for i := range 3 {
		wantDue(t, w, w.CaseOf(routingtest.Person(i)), routing.StepEnds, time.Hour-time.Duration(3-i)*time.Second)
	}
}

func TestDecline_OfACaseSomebodyElseHasMeansNothing(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.From(hung, "1")
	w.Forget()
	wantReason(t, "Lan's 0", w.From(lan, "0"), routing.ReasonNotUnderstood)
	wantState(t, w.CaseOf(an()), "claimed", hung)
	wantList(t, "alerted", w.Rang())
}

// bare is the shortest answer.
func bare([]*routing.Case) string { return "1" }

func lower(c routing.Code) string {
	b := []byte(c)
	for i := range b {
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

func needWord(c *routing.Case) string { return texts.Need(texts.Vietnamese, false, string(c.Need)) }
