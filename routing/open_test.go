package routing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

func TestOpen_FirstTextAlertsAndAnswersDiscreetly(t *testing.T) {
	t.Parallel()
	w := story(t)
	d := w.Text(an(), danger)
	wantReason(t, "Text", d, routing.ReasonOpened)
	c := w.CaseOf(an())
	wantState(t, c, "alerting", "")
	wantDue(t, w, c, routing.StepEnds, 30*time.Second)
	if c.Urgency != triage.ImmediateDanger || c.Need != triage.Police || c.Said != 1 || !c.Accented {
		t.Errorf("case = %s, %s, %d texts, accented %v, want immediate_danger, police, 1, true", c.Urgency, c.Need, c.Said, c.Accented)
	}
	wantList(t, "to the person", w.Sent(an()), "Đã nhận tin.")
	alert := render(t, texts.AlertDanger, c)
	wantList(t, "to the police", w.Got(officer), alert)
	for _, id := range []contacts.ID{lan, hung, mai} {
		wantList(t, "to "+string(id), w.Got(id), alert)
	}
	w.Quiet()
}

func TestOpen_WhatTheFirstTextSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		urgency    triage.Urgency
		need       triage.Need
		area       string
	}{
		{"danger", danger, triage.ImmediateDanger, triage.Police, ""},
		{"health", bleeding, triage.ImmediateDanger, triage.Health, ""},
		{"nothing recognised is urgent", somehow, triage.Urgent, triage.Unknown, ""},
		{"empty", "", triage.Urgent, triage.Unknown, ""},
		{"question", question, triage.Information, triage.Unknown, ""},
		{"advertisement runs as information", "khuyen mai 50% hom nay", triage.Information, triage.Unknown, ""},
		{"test runs as information", "test", triage.Information, triage.Unknown, ""},
		{"1 asks for the police", "1", triage.Urgent, triage.Police, ""},
		{"2 asks for the health station", "2 nha", triage.Urgent, triage.Health, ""},
		{"3 asks for a place to stay", "3.", triage.Urgent, triage.Shelter, ""},
		{"4 asks for someone to talk to", "4", triage.Urgent, triage.Counsel, ""},
		{"0 with nobody to be replaced", "0", triage.Information, triage.Unknown, ""},
		{"a contact's command", "nhan", triage.Information, triage.Unknown, ""},
		{"close word of somebody at risk", "xong", triage.Information, triage.Unknown, ""},
		{"area", "toi o to 2, " + urgent, triage.Urgent, triage.Shelter, "Tổ 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), tt.text)
			c := w.CaseOf(an())
			if c.Urgency != tt.urgency || c.Need != tt.need || c.Area != tt.area {
				t.Errorf("Text(%q) opens %s, %s, %q, want %s, %s, %q", tt.text, c.Urgency, c.Need, c.Area, tt.urgency, tt.need, tt.area)
			}
		})
	}
}

func TestOpen_ASecondTextIsAddedAndAlertsNobody(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Forget()
	w.Advance(10 * time.Second)
	d := w.Text(an(), "o to 1")
	wantReason(t, "Text", d, routing.ReasonAdded)
	c := w.CaseOf(an())
	if len(w.Cases()) != 1 || c.Said != 2 || c.Area != "Tổ 1" {
		t.Errorf("%d cases, %d texts, area %q, want 1, 2, Tổ 1", len(w.Cases()), c.Said, c.Area)
	}
	wantDue(t, w, c, routing.StepEnds, 50*time.Second)
	w.Quiet()
}

func TestOpen_WhatIsKnownIsNotForgotten(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), "toi o to 1, "+urgent)
	w.Text(an(), "hoi ve cong an o to 2")
	if c := w.CaseOf(an()); c.Area != "Tổ 1" || c.Need != triage.Shelter || c.Urgency != triage.Urgent {
		t.Errorf("case = %q, %s, %s, want what the first text said", c.Area, c.Need, c.Urgency)
	}
}

func TestOpen_TheSameTextTwiceHasTheEffectOfOnce(t *testing.T) {
	t.Parallel()
	w := story(t)
	e := w.NewText(an(), urgent)
	w.Handle(e)
	w.Forget()
	d := w.Handle(e)
	wantReason(t, "second Text", d, "")
	if c := w.CaseOf(an()); c.Said != 1 || len(w.Cases()) != 1 {
		t.Errorf("%d cases, %d texts, want 1, 1", len(w.Cases()), c.Said)
	}
	w.Quiet()
}

func TestOpen_AnotherCaseAfterTheFirstIsClosed(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	first := w.CaseOf(an())
	w.From(lan, "1")
	w.From(lan, "xong")
	w.Advance(time.Minute)
	d := w.Text(an(), urgent)
	wantReason(t, "Text", d, routing.ReasonOpened)
	if c := w.CaseOf(an()); c.ID == first.ID || c.Code == first.Code || c.Said != 1 {
		t.Errorf("case %s %s with %d texts, want a new one with 1", c.ID, c.Code, c.Said)
	}
}

func TestRaise_StartsTheGraverPolicyAtItsFirstStep(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), question)
	wantList(t, "alerted", w.Rang(), lan)
	w.From(lan, "0")
	wantList(t, "alerted after the decline", w.Rang(), hung)
	w.Forget()
	w.Advance(time.Minute)
	d := w.Text(an(), danger)
	wantReason(t, "Text", d, routing.ReasonRaised)
	wantList(t, "alerted after the rise", w.Rang(), officer, lan, hung, mai)
	wantList(t, "Hùng's alerts", results(w, hung), routing.AlertNoAnswer)
	c := w.CaseOf(an())
	wantDue(t, w, c, routing.StepEnds, 30*time.Second)
	if c.Step != 0 || c.Urgency != triage.ImmediateDanger {
		t.Errorf("step %d of %s, want 0 of immediate_danger", c.Step, c.Urgency)
	}
	w.Quiet()
}

func TestRaise_NeverLowers(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	w.Forget()
	for _, text := range []string{question, urgent, "test", "1", "da het roi"} {
		w.Text(an(), text)
		if c := w.CaseOf(an()); c.Urgency != triage.ImmediateDanger {
			t.Errorf("urgency after %q = %s, want immediate_danger", text, c.Urgency)
		}
	}
	w.Quiet()
}

func TestRaise_LeavesAClaimAndHurriesTheHolder(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.From(lan, "1")
	w.Forget()
	w.Advance(time.Minute)
	d := w.Text(an(), danger)
	wantReason(t, "Text", d, routing.ReasonRaised)
	c := w.CaseOf(an())
	wantState(t, c, "claimed", lan)
	wantList(t, "to Lan", w.Got(lan), string(c.Code)+": "+danger)
	wantList(t, "alerted beside the claim", w.Rang(), officer, hung, mai)
	wantDue(t, w, c, routing.BesideEnds, 30*time.Second)
	w.Advance(30 * time.Second)
	wantDue(t, w, w.CaseOf(an()), routing.AskHolder, 90*time.Second)
	w.Advance(time.Minute)
	w.Quiet() // only the first step runs beside a claim
}

func TestOpen_LongWordsAreKeptInPiecesThatFitAMessage(t *testing.T) {
	t.Parallel()
	w := story(t)
	long := strings.TrimSpace(strings.Repeat("cứu tôi với ", 300))
	w.Text(an(), long)
	w.Forget()
	w.From(lan, "1")
	c := w.CaseOf(an())
	got := w.Got(lan)
	if len(got) != c.Said+1 || c.Said < 3 {
		t.Fatalf("Lan got %d texts of %d pieces, want the confirmation and every piece", len(got), c.Said)
	}
	var whole []string
	for _, body := range got[1:] {
		piece, ok := strings.CutPrefix(body, string(c.Code)+": ")
		if n := len([]rune(body)); !ok || n > 1600 {
			t.Errorf("piece of %d characters without the code or too long for the carrier", n)
		}
		whole = append(whole, piece)
	}
	if strings.Join(whole, " ") != long {
		t.Error("the pieces do not make up what was written")
	}
}

func TestOpen_AnEmptyTextIsShownAsSuch(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), " \n")
	w.Forget()
	w.From(lan, "1")
	c := w.CaseOf(an())
	wantList(t, "to Lan", w.Got(lan)[1:], string(c.Code)+": ...")
}
