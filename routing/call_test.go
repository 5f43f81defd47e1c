package routing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// ringing are the contacts whose phones ring or have been picked up, in the order of the directory.
func ringing(w *routingtest.Ward) []contacts.ID {
	var ids []contacts.ID
	for _, id := range []contacts.ID{lan, hung, mai, station, officer, duty, lead} {
		if w.Ringing(id) != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// hears checks what a call is told.
func hears(t *testing.T, w *routingtest.Ward, call *routingtest.Call, want ...texts.Prompt) {
	t.Helper()
	if diff := cmp.Diff(want, w.Hears(call.ID)); diff != "" {
		t.Fatalf("call hears (-want +got):\n%s", diff)
	}
}

// answers lets a contact pick up and press a key.
func answers(t *testing.T, w *routingtest.Ward, id contacts.ID, key string) *routingtest.Call {
	t.Helper()
	call := w.Ringing(id)
	if call == nil {
		t.Fatalf("nobody calls %s", id)
	}
	w.Ask(call.ID, "")
	if key != "" {
		w.Ask(call.ID, key)
	}
	return call
}

func TestCall_IsHeldWhileContactsAreCalledAndTexted(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	c, l := w.LegOf(call.ID)
	if !l.Pause || l.State != routing.LegRinging || c.Urgency != triage.Urgent || c.Channel != contacts.Voice {
		t.Fatalf("a call makes %+v in %+v, want it to ring first", l, c)
	}
	hears(t, w, call, texts.PromptGreet, texts.PromptKeys)
	if got := ringing(w); !slices.Equal(got, []contacts.ID{lan, hung}) {
		t.Fatalf("calls go to %v, want those of the first step", got)
	}
	if got := w.Rang(); !slices.Equal(got, []contacts.ID{lan, hung}) {
		t.Fatalf("texts go to %v, want those of the first step", got)
	}
	// Nothing is pressed: they may be unable to speak.
	w.Advance(14 * time.Second)
	w.Ask(call.ID, "")
	if c := w.CaseOf(an()); c.Urgency != triage.ImmediateDanger {
		t.Fatalf("a silent caller is %s, want immediate danger", c.Urgency)
	}
	hears(t, w, call, texts.PromptHold)
	if got := ringing(w); !slices.Equal(got, []contacts.ID{lan, hung, mai, officer}) {
		t.Fatalf("calls go to %v, want those of the graver policy, and nobody twice", got)
	}
	w.Advance(10 * time.Second)
	w.Ask(call.ID, "")
	hears(t, w, call)
	w.Advance(10 * time.Second)
	w.Ask(call.ID, "")
	hears(t, w, call, texts.PromptHold)
	w.Advance(10 * time.Second)
	w.Ask(call.ID, "")
	hears(t, w, call, texts.PromptHoldQuiet)
}

func TestCall_TakenByKeyJoinsTheTwoAndStopsTheRest(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Advance(5 * time.Second)
	w.Ask(call.ID, "3")
	lanCall := answers(t, w, lan, "")
	hears(t, w, lanCall, texts.PromptHelperCall)
	if c := w.CaseOf(an()); c.State != routing.Alerting {
		t.Fatalf("picking up makes the case %s, want a key to count only", c.State)
	}
	hungCall := w.Ringing(hung)
	w.Ask(lanCall.ID, "1")
	if c := w.CaseOf(an()); c.Holder != lan || c.State != routing.Claimed {
		t.Fatalf("1 makes %q the holder (%s), want lan", c.Holder, c.State)
	}
	hears(t, w, lanCall, texts.PromptHelperJoined)
	if !call.Pushed {
		t.Fatal("the caller is not pushed")
	}
	w.Pushed()
	hears(t, w, call, texts.PromptJoined)
	if !call.Inside || !lanCall.Inside {
		t.Fatalf("in the conference: caller %v, helper %v, want both", call.Inside, lanCall.Inside)
	}
	if hungCall.Status != routing.CallCanceled {
		t.Fatalf("the other phone is %s, want its call cancelled", hungCall.Status)
	}
	// The helper leaves: the person is asked.
	w.Hang(lanCall.ID, routing.CallOver)
	hears(t, w, call, texts.PromptAnother)
	w.Ask(call.ID, "1")
	if got := ringing(w); !slices.Contains(got, hung) || slices.Contains(got, lan) {
		t.Fatalf("after 1 calls go to %v, want others than who has just left", got)
	}
	w.Hang(call.ID, routing.CallOver)
	if c := w.CaseOf(an()); !c.Open() || len(c.Deadlines) == 0 {
		t.Fatalf("after the call the case is %s with %v, want it open with a deadline", c.State, c.Deadlines)
	}
}

func TestCall_LostPushesCostOneTurn(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.LosesPushes = true
	call := w.Dial(an())
	w.Ask(call.ID, "")
	hungCall := w.Ringing(hung)
	lanCall := answers(t, w, lan, "1")
	w.Ask(call.ID, "")
	if !call.Inside || !lanCall.Inside {
		t.Fatal("the caller's next turn does not lead into the conference")
	}
	// The other phone was not stopped; whoever picks it up hears that it is taken.
	if l := w.Ask(hungCall.ID, ""); l != nil && !slices.Equal(l.Say, []texts.Prompt{texts.PromptHelperLate}) {
		t.Fatalf("who answers late hears %v", l.Say)
	}
	w.Hang(lanCall.ID, routing.CallOver)
	hears(t, w, call, texts.PromptAnother)
}

func TestCall_BusyAndUnansweredCountAtOnce(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls(),
		routingtest.Change(lan, onlyCalls), routingtest.Change(hung, onlyCalls), routingtest.Change(mai, onlyCalls))
	w.Dial(an())
	w.Hang(w.Ringing(lan).ID, routing.CallBusy)
	w.Hang(w.Ringing(hung).ID, routing.CallNoAnswer)
	if got := w.CaseOf(an()); got.Step == 0 && w.Ringing(mai) == nil {
		t.Fatalf("step %d and nobody new is called after busy and no answer", got.Step)
	}
	for _, a := range w.CaseOf(an()).Alerts {
		if a.Contact == lan && a.State == routing.AlertOut && a.Run == 1 {
			t.Errorf("the busy contact's first alert is still out")
		}
	}
}

func onlyCalls(c *contacts.Contact) { c.Channels = []contacts.Channel{contacts.Voice} }
func onlyTexts(c *contacts.Contact) { c.Channels = []contacts.Channel{contacts.SMS} }

func TestCall_WithheldNumbersAreTwoCases(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	first, second := w.Dial(phone.Number{}), w.Dial(phone.Number{})
	a, _ := w.LegOf(first.ID)
	b, _ := w.LegOf(second.ID)
	if a.ID == b.ID {
		t.Fatal("two callers without a number share a case")
	}
	for _, call := range []*routingtest.Call{first, second} {
		for range 8 {
			w.Advance(10 * time.Second)
			if l := w.Ask(call.ID, ""); slices.Contains(l.Say, texts.PromptHoldQuiet) {
				t.Fatal("who cannot be written to is promised a text")
			}
		}
		w.Hang(call.ID, routing.CallOver)
	}
	for _, m := range w.Messages() {
		if m.Person != "" {
			t.Fatalf("a text %q to a caller without a number", m.Body)
		}
	}
}

func TestCall_TakenByTextWhileTheCallerHolds(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "4")
	w.Hang(w.Ringing(lan).ID, routing.CallNoAnswer)
	w.From(lan, "1")
	if c := w.CaseOf(an()); c.Holder != lan {
		t.Fatalf("holder is %q, want lan", c.Holder)
	}
	lanCall := answers(t, w, lan, "1")
	w.Pushed()
	if !call.Inside || !lanCall.Inside {
		t.Fatal("who took it by text is not joined on pressing 1")
	}
}

func TestCall_HolderDoesNotCome(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "4")
	w.From(lan, "1")
	if got := ringing(w); !slices.Equal(got, []contacts.ID{lan}) {
		t.Fatalf("calls go to %v, want the holder only", got)
	}
	w.Advance(21 * time.Second)
	if got := ringing(w); !slices.Contains(got, hung) {
		t.Fatalf("after 20 s calls go to %v, want others too", got)
	}
	hungCall := answers(t, w, hung, "1")
	w.Pushed()
	if c := w.CaseOf(an()); !call.Inside || !hungCall.Inside || !slices.Equal(c.Joined, []contacts.ID{hung}) {
		t.Fatalf("who came in the holder's stead is not joined: %+v", c)
	}
}

func TestCall_OnlyWhoCanUseTheChannelHoldsAlone(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls(), routingtest.Change(lan, onlyCalls), routingtest.Change(hung, onlyTexts))
	w.Text(an(), urgent)
	answers(t, w, lan, "1")
	c := w.CaseOf(an())
	if c.State != routing.Alerting || !slices.Contains(c.Joined, lan) {
		t.Fatalf("a voice-only taker of a texted case: %s, joined %v; want it alerted on, with lan helping", c.State, c.Joined)
	}
	w.From(hung, "1")
	if c := w.CaseOf(an()); c.Holder != hung || !slices.Contains(c.Joined, lan) {
		t.Fatalf("holder %q, joined %v, want hung and lan", c.Holder, c.Joined)
	}
	for _, call := range w.Calls() {
		if call.Phone == an() {
			t.Fatal("a person who only ever wrote is called")
		}
	}
}

func TestCall_ContactRingsIn(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.Text(an(), urgent)
	w.Hang(w.Ringing(lan).ID, routing.CallNoAnswer)
	in := w.Dial(w.Phone(lan))
	hears(t, w, in, texts.PromptHelperCall)
	w.Forget()
	w.Hang(in.ID, routing.CallOver)
	if got := w.Got(lan); !slices.Equal(got, []string{render(t, texts.CallBackCase, w.CaseOf(an()))}) {
		t.Fatalf("who rings in and hangs up gets %q", got)
	}
	in = w.Dial(w.Phone(lan))
	w.Ask(in.ID, "")
	w.Ask(in.ID, "1")
	if c := w.CaseOf(an()); c.Holder != lan {
		t.Fatalf("holder is %q, want lan", c.Holder)
	}
	// Rings in again while holding: the keypad.
	in = w.Dial(w.Phone(lan))
	hears(t, w, in, texts.PromptHelperMenu)
	w.Ask(in.ID, "")
	w.Ask(in.ID, "9")
	if c := w.CaseOf(an()); c.Open() {
		t.Fatal("9 does not close the case")
	}
}

func TestCall_ContactNeedsHelpThemselves(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.Text(an(), urgent)
	call := answers(t, w, lan, "5")
	own := w.CaseOf(w.Phone(lan))
	if own.Person != routingtest.PhoneKey(w.Phone(lan)) || !own.Open() || own.PersonLeg() == nil || own.PersonLeg().Call != call.ID {
		t.Fatalf("5 makes %+v, want the contact's own case with this call", own)
	}
	for _, l := range own.Legs {
		if l.Contact == lan {
			t.Fatal("the contact is called about their own case")
		}
	}
	w.Advance(10 * time.Second)
	if l := w.Ask(call.ID, ""); l == nil || l.State != routing.LegWaiting {
		t.Fatalf("the contact's call goes on as %+v, want it held", l)
	}
}

func TestCall_BackOnlyIfAsked(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.Text(an(), urgent)
	w.From(lan, "1")
	w.Forget()
	w.From(lan, "goi")
	if got := w.Got(lan); !slices.Equal(got, []string{render(t, texts.ContactRule, w.CaseOf(an()))}) {
		t.Fatalf("GOI unasked answers %q, want the rule", got)
	}
	w.Text(an(), "gọi lại cho em đi")
	w.From(lan, "GOI")
	calls := w.Calls()
	back := calls[len(calls)-1]
	if back.Phone != an() || back.Ring != 15 {
		t.Fatalf("GOI calls %v for %d s, want the person for 15 s", back.Phone, back.Ring)
	}
	w.Ask(back.ID, "")
	hears(t, w, back, texts.PromptOutNeutral)
	if w.Ringing(lan) != nil {
		t.Fatal("the helper is rung before the person has pressed a key")
	}
	w.Ask(back.ID, "1")
	lanCall := answers(t, w, lan, "1")
	w.Pushed()
	if !back.Inside || !lanCall.Inside {
		t.Fatal("the two are not joined")
	}
	w.Hang(back.ID, routing.CallOver)
	w.Forget()
	w.From(lan, "goi")
	if got := w.Got(lan); len(got) != 1 {
		t.Fatalf("a second attempt answers %q, want the rule: one attempt", got)
	}
}

func TestCall_MissedTwiceIsMoreUrgentAndMayBeCalledBack(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls(), routingtest.With(func(l *routing.Line) { l.MissedCallText = true }))
	for range 2 {
		call := w.Dial(an())
		w.Advance(2 * time.Second)
		w.Hang(call.ID, routing.CallNoAnswer)
		w.Advance(time.Minute)
	}
	c := w.CaseOf(an())
	if c.Urgency != triage.ImmediateDanger || !c.Open() {
		t.Fatalf("two missed calls make %s, want immediate danger", c.Urgency)
	}
	if got := w.Sent(an()); len(got) != 1 {
		t.Fatalf("a phone whose call was missed gets %q, want one text a day", got)
	}
	w.From(lan, "1")
	w.From(lan, "goi")
	calls := w.Calls()
	if back := calls[len(calls)-1]; back.Phone != an() {
		t.Fatal("who rang twice may be called back")
	}
}

func TestCall_Voicemail(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "3")
	w.Ask(call.ID, "6")
	hears(t, w, call, texts.PromptRetry)
	for w.CaseOf(an()).Rounds == 0 {
		w.Advance(10 * time.Second)
		w.Ask(call.ID, "")
	}
	if l := w.Ask(call.ID, "6"); l.State != routing.LegRecording {
		t.Fatalf("6 after a full round makes the call %s, want a message recorded", l.State)
	}
	w.Handle(routing.Recorded{Leg: call.Leg, Call: call.ID, Recording: "RE1"})
	w.Hang(call.ID, routing.CallOver)
	c := w.CaseOf(an())
	if words, ok := w.Words(c.ID, "v1"); !ok || words != "audio of RE1" {
		t.Fatalf("the message is kept as %q, %v", words, ok)
	}
	for _, rung := range ringing(w) {
		w.Hang(w.Ringing(rung).ID, routing.CallNoAnswer)
	}
	w.From(lan, "1")
	lanCall := answers(t, w, lan, "1")
	if _, l := w.LegOf(lanCall.ID); l.State != routing.LegPlaying || l.Voicemail != "v1" {
		t.Fatalf("who took it hears %+v, want the message", l)
	}
}

func TestCall_SomebodyElse(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "3")
	lanCall := answers(t, w, lan, "1")
	w.Pushed()
	w.Text(an(), "0")
	w.Pushed()
	c, l := w.LegOf(call.ID)
	if l == nil || l.State != routing.LegWaiting || c.State != routing.Alerting || !slices.Contains(c.Barred, lan) {
		t.Fatalf("0 leaves %+v in %s", l, c.State)
	}
	if !lanCall.Status.Over() {
		t.Fatal("the helper who was replaced is still on the phone")
	}
	if slices.Contains(ringing(w), lan) {
		t.Fatal("who was replaced is called again")
	}
}

func TestCall_ClosedWhileTheCallerHolds(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "3")
	old := w.CaseOf(an())
	w.Handle(routing.CloseOrdered{Order: routing.Order{Case: old.ID}})
	w.Advance(10 * time.Second)
	if l := w.Ask(call.ID, ""); l == nil || l.State != routing.LegWaiting {
		t.Fatalf("the call goes on as %+v, want it held", l)
	}
	c := w.CaseOf(an())
	if c.ID == old.ID || !c.Open() || c.State != routing.Alerting {
		t.Fatalf("a caller who holds is in case %s (%s), want a new one", c.ID, c.State)
	}
}

func TestCall_LookBringsBackWhatWasLost(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "3")
	lanCall := answers(t, w, lan, "1")
	w.Pushed()
	// Both reports of the helper's leaving are lost.
	lanCall.Status, lanCall.Inside = routing.CallOver, false
	w.Advance(90 * time.Second)
	w.Pushed()
	hears(t, w, call, texts.PromptAnother)
	// And now the caller's.
	call.Status = routing.CallOver
	w.Advance(90 * time.Second)
	if _, l := w.LegOf(call.ID); l != nil {
		t.Fatalf("a call that is over is still %s", l.State)
	}
}

func TestCall_TwiceAndUnknown(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	again := routing.CallCame{Call: call.ID, From: an(), Key: routingtest.PhoneKey(an()), To: routingtest.LineNumber(), At: w.Now()}
	if d := w.Handle(again); d.Reason != routing.ReasonRepeated || len(d.Cases) > 0 {
		t.Fatalf("the same call again = %s with %d changes", d.Reason, len(d.Cases))
	}
	w.Ask(call.ID, "")
	turn := routing.CallTurn{Leg: call.Leg, Call: call.ID, Turn: call.Turn, Key: "0"}
	w.Handle(turn)
	if d := w.Handle(turn); d.Reason != routing.ReasonRepeated {
		t.Fatalf("the same key again = %s, want it to have no effect", d.Reason)
	}
	if d := w.Handle(routing.CallTurn{Leg: "nobody.v1.c1", Call: "CA0"}); d.Reason != routing.ReasonNoLeg {
		t.Fatalf("an unknown leg = %s", d.Reason)
	}
	if d := w.Handle(routing.CallChanged{Call: "CAmissed", Incoming: true, Status: routing.CallNoAnswer, From: binh(), Key: routingtest.PhoneKey(binh()), To: routingtest.LineNumber(), At: w.Now()}); d.Reason != routing.ReasonOpened {
		t.Fatalf("a call that is over before we heard of it = %s, want a case", d.Reason)
	}
}

func TestCall_CallerLeavesTwoHelpers(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "3")
	lanCall := answers(t, w, lan, "1")
	w.Pushed()
	w.From(lan, "them ca")
	officerCall := answers(t, w, officer, "1")
	// The carrier lets the helpers ask before it says that the caller has hung up.
	call.Inside = false
	for _, helper := range []*routingtest.Call{lanCall, officerCall} {
		if l := w.Ask(helper.ID, ""); !l.Back {
			t.Fatalf("a helper out of the conference is %+v, want a moment's pause", l)
		}
	}
	w.Hang(call.ID, routing.CallOver)
	w.Pushed()
	for _, helper := range []*routingtest.Call{lanCall, officerCall} {
		hears(t, w, helper, texts.PromptCallerLeft, texts.PromptHelperMenu)
	}
}

func TestCall_AgainWhileTheHolderHearsTheMenu(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Ask(call.ID, "3")
	lanCall := answers(t, w, lan, "1")
	w.Pushed()
	w.Hang(call.ID, routing.CallOver)
	hears(t, w, lanCall, texts.PromptCallerLeft, texts.PromptHelperMenu)
	again := w.Dial(an())
	w.Pushed()
	hears(t, w, lanCall, texts.PromptHelperCall)
	w.Ask(lanCall.ID, "1")
	w.Pushed()
	if !again.Inside || !lanCall.Inside {
		t.Fatal("a holder who is on the line is not joined with a person who calls again")
	}
}

func TestCall_NothingAutomaticToWhoOnlyCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		from phone.Number
		hang bool
	}{
		{"on the phone", an(), false},
		{"a landline", landline(t), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t, routingtest.WithCalls())
			call := w.Dial(tt.from)
			w.Ask(call.ID, "1")
			if tt.hang {
				w.Hang(call.ID, routing.CallOver)
			}
			w.Advance(10 * time.Minute)
			w.From(lan, "1")
			if got := w.Sent(tt.from); len(got) > 0 {
				t.Errorf("a phone that has only called gets %q", got)
			}
		})
	}
}

func landline(t *testing.T) phone.Number {
	t.Helper()
	n, err := phone.ParseE164("+842553812345")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCall_AGraverCaseRingsAnewWhenTheOlderRingEnds(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	call := w.Dial(an())
	w.Advance(18 * time.Second)
	older := w.Ringing(lan)
	w.Ask(call.ID, "") // silent: the graver policy alerts lan anew while the phone still rings
	w.Advance(7 * time.Second)
	w.Hang(older.ID, routing.CallNoAnswer)
	anew := w.Ringing(lan)
	if anew == nil || anew == older {
		t.Fatal("the phone of an alerted contact is silent while the caller holds")
	}
	w.Advance(4 * time.Second)
	w.Hang(anew.ID, routing.CallNoAnswer)
	if w.Ringing(lan) != nil {
		t.Fatal("one alert rings a phone over and over")
	}
}

func TestCall_ABusyHolderCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.Text(an(), urgent)
	w.From(lan, "1")
	w.Dial(an())
	w.Hang(w.Ringing(lan).ID, routing.CallBusy)
	if got := ringing(w); !slices.Contains(got, hung) {
		t.Fatalf("the holder is busy, and calls go to %v, want others at once", got)
	}
}

func TestCall_AnswersCountForTheChannelUsed(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.Dial(an())
	answers(t, w, lan, "1")
	for _, n := range w.Journal() {
		if n.Kind == routing.NoteAlertOver && n.Contact == lan && n.Channel != contacts.Voice {
			t.Fatalf("an alert answered on the phone counts for %s", n.Channel)
		}
	}
}

func TestCall_ARefusedPushIsNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	w := story(t, routingtest.WithCalls())
	w.LosesPushes = true
	call := w.Dial(an())
	w.Ask(call.ID, "3")
	pushes := 0
	w.Decided = func(p routingtest.Played) {
		for _, s := range p.Decision.Sends {
			if s.Purpose == routing.PurposePush {
				if pushes++; pushes > 50 {
					t.Fatal("pushes without end")
				}
				w.Handle(routing.SendFinished{Send: s, Result: routing.SendRefused, At: w.Now()})
			}
		}
	}
	w.Advance(2 * time.Minute) // the carrier lets the call ask no more, and refuses every push
	if pushes == 0 || pushes > 8 {
		t.Fatalf("%d pushes in two minutes, want one every 15 s at most", pushes)
	}
}
