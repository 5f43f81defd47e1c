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

func TestJoin_BringsInTheKindAndWhoeverComesGetsTheWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		word string
		id   contacts.ID
	}{
		{"THEM CA", officer},
		{"thêm công an nhé", officer},
		{"THEM YT", station},
		{"Thêm y tế", station},
	}
	for _, tt := range tests {
		t.Run(tt.word, func(t *testing.T) {
			t.Parallel()
			w := held(t, an())
			wantReason(t, tt.word, w.From(lan, tt.word), routing.ReasonInvited)
			c := w.CaseOf(an())
			wantList(t, "to those invited", w.Got(tt.id), render(t, texts.BroughtIn, c, "muc", "khan"))
			wantList(t, "to the person", w.Sent(an()))
			wantState(t, c, "claimed", lan)
			w.Quiet()

			wantReason(t, "their 1", w.From(tt.id, "1"), routing.ReasonJoined)
			c = w.CaseOf(an())
			wantState(t, c, "claimed", lan)
			wantList(t, "who joined", c.Joined, tt.id)
			wantList(t, "to who joined", w.Got(tt.id),
				render(t, texts.TakenByYou, c, "nhu_cau", "cho o", "khu", "chua ro"), string(c.Code)+": "+urgent)
			wantList(t, "results of who joined", results(w, tt.id), routing.AlertTaken)
			w.Quiet() // the person hears nothing of it

			w.Text(an(), "cam on")
			wantList(t, "later words to Lan", w.Got(lan), string(c.Code)+": cam on")
			wantList(t, "later words to who joined", w.Got(tt.id), string(c.Code)+": cam on")
			wantReason(t, "words of who joined", w.From(tt.id, "chúng tôi tới đây"), routing.ReasonRelayed)
			wantList(t, "to the person", w.Sent(an()), "chúng tôi tới đây")
			w.Quiet()
		})
	}
}

func TestJoin_WhoIsInvitedMayDecline(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "them ca")
	w.Forget()
	wantReason(t, "0", w.From(officer, "0"), routing.ReasonDeclined)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", lan)
	wantList(t, "to the police", w.Got(officer), render(t, texts.Declined, c))
	wantList(t, "alerted in their place", w.Rang())
	wantReason(t, "THEM CA again", w.From(lan, "them ca"), routing.ReasonNobodyOnCall)
	wantList(t, "to Lan: the only police declined", w.Got(lan), render(t, texts.NobodyOnCall, c))
	wantReason(t, "1 after 0", w.From(officer, "1"), routing.ReasonJoined)
}

func TestJoin_NobodyToInvite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		option routingtest.Option
	}{
		{"not on call", routingtest.OnCall(lan, hung, mai, station)},
		{"kept apart from the person", routingtest.KeepApart(officer, an())},
		{"cannot be written to", routingtest.Change(officer, func(c *contacts.Contact) { c.Channels = []contacts.Channel{contacts.Voice} })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t, tt.option)
			w.Text(an(), urgent)
			w.From(lan, "1")
			w.Forget()
			wantReason(t, "THEM CA", w.From(lan, "THEM CA"), routing.ReasonNobodyOnCall)
			wantList(t, "to Lan", w.Got(lan), render(t, texts.NobodyOnCall, w.CaseOf(an())))
			w.Quiet()
		})
	}
}

func TestJoin_TwiceAsksNobodyTwice(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "them ca")
	w.Forget()
	wantReason(t, "THEM CA again", w.From(lan, "them ca"), routing.ReasonInvited)
	w.Quiet()
}

// TestJoin_AnInvitationStandsTenMinutes: after that it counts as unanswered, and may still be accepted.
func TestJoin_AnInvitationStandsTenMinutes(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "them ca")
	if m := w.Last(w.Phone(officer)); m.Validity != 10*time.Minute {
		t.Errorf("validity of the invitation = %v, want 10m", m.Validity)
	}
	wantDue(t, w, w.CaseOf(an()), routing.BesideEnds, 10*time.Minute)
	w.Advance(10 * time.Minute)
	wantList(t, "results", results(w, officer), routing.AlertNoAnswer)
	wantDue(t, w, w.CaseOf(an()), routing.AskHolder, 5*time.Minute)
	w.Forget()
	wantReason(t, "a late 1", w.From(officer, "1"), routing.ReasonJoined)
}

func TestJoin_OthersOfTheKindAreToldThatSomebodyCame(t *testing.T) {
	t.Parallel()
	second := routingtest.Contact("ca-hai", contacts.Police, 20, "")
	w := story(t, routingtest.WithContacts(append(routingtest.Line(t).Directory.All()[:5:5], second)...))
	w.Text(an(), urgent)
	w.From(lan, "1")
	w.From(lan, "them ca")
	w.From(lan, "them yt")
	w.Forget()
	w.From(officer, "1")
	c := w.CaseOf(an())
	wantList(t, "to the other police", w.Got("ca-hai"), render(t, texts.AlreadyTaken, c))
	wantList(t, "to the health station, still asked", w.Got(station))
	wantReason(t, "the other's 1", w.From("ca-hai", "1"), routing.ReasonAlreadyTaken)
	wantReason(t, "the station's 1", w.From(station, "1"), routing.ReasonJoined)
	wantList(t, "who joined", w.CaseOf(an()).Joined, officer, station)
}

func TestJoin_CommandsNeedTheCodeWhenHoldingSeveral(t *testing.T) {
	t.Parallel()
	w := held(t, an(), binh())
	wantReason(t, "the bare THEM CA", w.From(lan, "them ca"), routing.ReasonWhichCase)
	wantList(t, "invited", w.Rang())
	w.Got(lan)
	code := w.CaseOf(binh()).Code
	wantReason(t, "THEM CA with the code", w.From(lan, string(code)+" thêm ca"), routing.ReasonInvited)
	wantList(t, "invited to Bình's", w.Rang(), officer)
	wantReason(t, "their bare 1", w.From(officer, "1"), routing.ReasonJoined)
	wantList(t, "helpers of Bình's case", w.CaseOf(binh()).Helpers(), lan, officer)
	wantList(t, "helpers of An's", w.CaseOf(an()).Helpers(), lan)
}

func TestJoin_OnlyAHelperInvites(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Forget()
	wantReason(t, "THEM CA of who was only asked", w.From(lan, "them ca"), routing.ReasonNotUnderstood)
	wantList(t, "invited", w.Rang())
	wantReason(t, "THEM CA of a contact without any case", w.From(mai, "them ca"), routing.ReasonOpened)
}

func TestJoin_AnyHelperClosesAndAllAreTold(t *testing.T) {
	t.Parallel()
	for _, id := range []contacts.ID{lan, officer} {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			w := helperOf(t, an(), lan, officer, station)
			wantReason(t, "XONG", w.From(id, "xong"), routing.ReasonClosedByHelper)
			over := render(t, texts.Closed, w.CaseOf(an()))
			for _, helper := range []contacts.ID{lan, officer, station} {
				wantList(t, "to "+string(helper), w.Got(helper), over)
			}
			w.Quiet()
		})
	}
}

func TestJoin_WhenTheHolderGivesBackWhoJoinedHasIt(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	wantReason(t, "0", w.From(lan, "0"), routing.ReasonGivenBack)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", officer)
	wantList(t, "alerted", w.Rang())
	wantDue(t, w, c, routing.AskHolder, 15*time.Minute)
	w.Got(lan)
	w.Text(an(), "con ai khong")
	wantList(t, "words to Lan, who is out of it", w.Got(lan))
	wantList(t, "words to the police", w.Got(officer), string(c.Code)+": con ai khong")
	wantReason(t, "the police give it back too", w.From(officer, "0"), routing.ReasonGivenBack)
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantList(t, "alerted as the policy starts over, so Lan as well", w.Rang(), mai, lan)
}

func TestJoin_WhoJoinedGivesBackAndTheHolderKeepsIt(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	wantReason(t, "0", w.From(officer, "0"), routing.ReasonGivenBack)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", lan)
	wantList(t, "who joined", c.Joined)
	wantList(t, "alerted", w.Rang())
	w.Forget()
	w.Text(an(), "chi oi")
	wantList(t, "words to the police", w.Got(officer))
	wantReason(t, "back after all", w.From(officer, "1"), routing.ReasonJoined)
}

func TestJoin_SilentHolderButOneWhoJoinedSpeaks(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	w.Advance(14 * time.Minute)
	w.From(officer, "chị ở đâu")
	w.Advance(14 * time.Minute)
	wantState(t, w.CaseOf(an()), "claimed", lan) // a helper was heard from
	w.Advance(17 * time.Minute)
	wantState(t, w.CaseOf(an()), "alerting", lan)
	w.Forget()
	wantReason(t, "the police's words", w.From(officer, "tôi tới rồi"), routing.ReasonResumed)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", officer)
	wantList(t, "helpers", c.Helpers(), officer, lan)
}

func TestJoin_SetApartAfterJoining(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	setApart(t, w, officer)
	w.Text(an(), "chi oi")
	wantList(t, "to the police", w.Got(officer))
	c := w.CaseOf(an())
	wantList(t, "helpers", c.Helpers(), lan)
	w.From(officer, "tôi đây")
	wantList(t, "to the person", w.Sent(an()))
	w.From(lan, "xong")
	wantList(t, "to the police at the end", w.Got(officer)[1:]) // but for the answer to their own text
}

// TestJoin_HolderSetApartBesideAnInvitation: the deadline that comes first is the invitation's, and what
// follows from losing the holder must not end with it.
func TestJoin_HolderSetApartBesideAnInvitation(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.From(lan, "them ca")
	setApart(t, w, lan)
	w.Forget()
	w.Advance(10 * time.Minute)
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantList(t, "alerted", w.Rang(), mai, hung)
	wantDue(t, w, w.CaseOf(an()), routing.StepEnds, time.Minute)
}

// TestJoin_BothSetApart: whoever joined does not become the holder if they may not be.
func TestJoin_BothSetApart(t *testing.T) {
	t.Parallel()
	w := helperOf(t, an(), lan, officer)
	setApart(t, w, officer)
	w.From(lan, "0")
	wantState(t, w.CaseOf(an()), "alerting", "")
	wantList(t, "alerted", w.Rang(), mai, hung)
}

// TestRaise_BesideAClaim: the graver policy's first step runs beside whoever has the case; who comes joins.
func TestRaise_BesideAClaim(t *testing.T) {
	t.Parallel()
	w := held(t, an())
	w.Text(an(), danger)
	wantList(t, "alerted", w.Rang(), officer, hung, mai)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", lan)
	wantReason(t, "the police's 1", w.From(officer, "1"), routing.ReasonJoined)
	wantReason(t, "Hùng's 1", w.From(hung, "1"), routing.ReasonJoined)
	wantList(t, "helpers", w.CaseOf(an()).Helpers(), lan, officer, hung)
	wantReason(t, "Mai's 1, of whose kind somebody came", w.From(mai, "1"), routing.ReasonAlreadyTaken)
}

func TestRaise_BesideAClaimAsksThoseWhoDeclinedTheLesserCase(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.From(lan, "0")
	w.From(hung, "0")
	w.From(mai, "1")
	w.Forget()
	w.Text(an(), danger)
	wantList(t, "alerted", w.Rang(), officer, lan, hung)
}

func TestRaise_BesideAClaimPassesStepsWithNobody(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithSteps(routing.PolicyKey{Urgency: triage.ImmediateDanger},
		routing.Step{Notify: []contacts.Kind{contacts.Chair}, Wait: time.Minute},
		routing.Step{Notify: []contacts.Kind{contacts.Police}, Wait: time.Minute}))
	w.Text(an(), urgent)
	w.From(lan, "1")
	w.Forget()
	w.Text(an(), danger)
	wantList(t, "alerted", w.Rang(), officer)
	wantDue(t, w, w.CaseOf(an()), routing.BesideEnds, time.Minute)
}

// TestRaise_HurriesTheHolderWhateverRunsBeside: an invitation that ends sooner is no answer of the holder.
func TestRaise_HurriesTheHolderWhateverRunsBeside(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), question)
	w.From(lan, "1")
	w.From(lan, "them yt")
	w.Advance(9 * time.Minute)
	w.Text(an(), danger)
	w.Forget()
	w.Advance(2 * time.Minute)
	wantList(t, "to Lan", w.Got(lan), render(t, texts.AskWord, w.CaseOf(an())))
}
