package routing_test

import (
	"testing"
	"time"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

func TestRestraint_HidingOrMutedPhonesHearNothing(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"hiding": hiding, "asked not to be written to": muted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), text)
			w.Advance(time.Hour)
			w.Text(an(), urgent) // what was said before still holds
			w.From(lan, "1")
			wantList(t, "automatic texts", w.Sent(an()))
			if got := notes(w, routing.NoteWithheld); got != 3 {
				t.Errorf("%d texts noted as withheld, want 3: the first reply, that nobody is there, that somebody is", got)
			}
			w.From(lan, "xong")
			w.Advance(time.Hour)
			w.Text(an(), danger)
			wantList(t, "automatic texts in the next case", w.Sent(an()))
			w.From(lan, "1")
			w.Sent(an())
			w.From(lan, "chị đây")
			wantList(t, "a helper's own words", w.Sent(an()), "chị đây")
		})
	}
}

func TestRestraint_OneFirstReplyInTenMinutes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		after time.Duration
		want  []string
	}{
		{"just before", 10*time.Minute - time.Millisecond, nil},
		{"at ten minutes", 10 * time.Minute, []string{"Da nhan tin."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), urgent)
			w.From(lan, "1")
			w.From(lan, "xong")
			w.Advance(tt.after)
			w.Forget()
			w.Text(an(), urgent)
			wantList(t, "automatic texts", w.Sent(an()), tt.want...)
		})
	}
}

func TestRestraint_NothingLaterThanAMinuteAfterThePerson(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		after time.Duration
		want  []string
	}{
		{"at a minute", time.Minute, []string{"Da co nguoi nhan, se nhan lai."}},
		{"just after", time.Minute + time.Millisecond, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Text(an(), urgent)
			w.Forget()
			w.Advance(tt.after)
			w.From(lan, "1")
			wantList(t, "automatic texts", w.Sent(an()), tt.want...)
		})
	}
}

func TestRestraint_AMinuteCountsFromTheArrival(t *testing.T) {
	t.Parallel()
	w := story(t)
	e := w.NewText(an(), urgent)
	w.Jump(2 * time.Minute) // the text was kept elsewhere meanwhile
	w.Handle(e)
	wantList(t, "automatic texts", w.Sent(an()))
	wantList(t, "alerted", w.Rang(), lan, hung)
	wantDue(t, w, w.CaseOf(an()), routing.StepEnds, time.Minute)
}

func TestRestraint_AnOldTextDoesNotMakeTheLastOneOlder(t *testing.T) {
	t.Parallel()
	w := story(t)
	old := w.NewText(an(), "o to 1")
	w.Jump(2 * time.Minute)
	w.Text(an(), urgent)
	w.Handle(old)
	w.Forget()
	w.Advance(30 * time.Second)
	w.From(lan, "1")
	wantList(t, "automatic texts", w.Sent(an()), "Da co nguoi nhan, se nhan lai.")
}

func TestRestraint_MatchedOnceACase(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.From(lan, "1")
	w.From(lan, "tra")
	w.Forget()
	w.From(hung, "1")
	wantList(t, "automatic texts", w.Sent(an()))
}

func TestRestraint_IsAskedAgainJustBeforeSending(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		key  texts.Key
		then func(*routingtest.Ward)
		want []string
	}{
		{"first reply, nothing happens", texts.FirstReplyK, func(*routingtest.Ward) {}, []string{"Da nhan tin."}},
		{"first reply, then they hide", texts.FirstReplyK, func(w *routingtest.Ward) { w.Text(an(), hiding) }, nil},
		{"first reply, then they ask not to be written to", texts.FirstReplyK, func(w *routingtest.Ward) { w.Text(an(), muted) }, nil},
		{"first reply, a minute late", texts.FirstReplyK, func(w *routingtest.Ward) { w.Jump(time.Minute + time.Millisecond) }, nil},
		{"matched, nothing happens", texts.MatchedK, func(w *routingtest.Ward) { w.From(lan, "1") }, []string{"Da co nguoi nhan, se nhan lai."}},
		{"matched, then given back", texts.MatchedK, func(w *routingtest.Ward) {
			w.From(lan, "1")
			w.From(lan, "tra")
		}, nil},
		{"nobody, nothing happens", texts.NobodyK, func(w *routingtest.Ward) { w.Advance(4 * time.Minute) }, []string{"Chua co ai ranh. Khong nen cho."}},
		{"nobody, then taken", texts.NobodyK, func(w *routingtest.Ward) {
			w.Advance(4 * time.Minute)
			w.From(lan, "1")
		}, nil},
		{"nobody, a minute late", texts.NobodyK, func(w *routingtest.Ward) {
			w.Advance(4 * time.Minute)
			w.Jump(time.Minute + time.Millisecond)
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := story(t)
			w.Hold = true
			w.Text(an(), urgent)
			tt.then(w)
			w.Hold = false
			w.Carry()
			var got []string
			for _, m := range w.Messages() {
				if m.Text == tt.key {
					got = append(got, m.Body)
				}
			}
			wantList(t, string(tt.key), got, tt.want...)
		})
	}
}

func TestRestraint_AutomaticTextsDoNotOutliveAMinute(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), urgent)
	w.Advance(4 * time.Minute)
	n := 0
	for _, m := range w.Messages() {
		if m.Purpose == routing.PurposeAutomatic {
			n++
			if m.Validity > time.Minute || m.NotAfter.Sub(m.At) > time.Minute {
				t.Errorf("%s: valid for %v, not after %v, want a minute at most", m.Text, m.Validity, m.NotAfter.Sub(m.At))
			}
		}
	}
	if n != 2 {
		t.Errorf("%d automatic texts, want the first reply and that nobody is there", n)
	}
}

func TestRestraint_ThePhoneIsWrittenToInItsOwnAlphabet(t *testing.T) {
	t.Parallel()
	w := story(t)
	w.Text(an(), danger)
	wantList(t, "to a phone that shows accents", w.Sent(an()), "Đã nhận tin.")
	w.Text(an(), "cam on")
	w.From(hung, "1")
	wantList(t, "to one that does not any more", w.Sent(an()), "Da co nguoi nhan. Khong can tra loi.")
}
