package supervisor

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/texts"
)

// What one event led to is told in few sentences; what another led to is not mixed with it.
func TestStory_OneEventInFewSentences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := w.board.o.Lines.Line(here1)
	if err != nil {
		t.Fatal(err)
	}
	of := func(kind routing.NoteKind, who contacts.ID) routing.Note {
		return routing.Note{Kind: kind, Contact: who, Step: 1}
	}
	over := func(result routing.AlertState, who contacts.ID) routing.Note {
		return routing.Note{Kind: routing.NoteAlertOver, Contact: who, Result: result}
	}
	type entry struct{ Mark, Text string }
	for _, tt := range []struct {
		name   string
		events [][]routing.Note
		want   []entry
	}{
		{"a step", [][]routing.Note{{of(routing.NoteStep, ""), of(routing.NoteAlerted, "ca-phuong"), of(routing.NoteAlerted, "lan")}}, []entry{
			{"", "Bước 1: báo Công an phường, Nguyễn Thị Lan."},
		}},
		{"nobody answers, the round is over", [][]routing.Note{{
			over(routing.AlertNoAnswer, "ca-phuong"), over(routing.AlertNoAnswer, "lan"), over(routing.AlertFailed, "van-phong"), of(routing.NoteRoundOver, ""), of(routing.NoteUnanswered, ""),
		}}, []entry{
			{"minor", "Công an phường, Nguyễn Thị Lan không trả lời."}, {"bad", "Không liên lạc được Lê Thị Mai."},
			{"bad", "Hết một vòng, chưa ai nhận. Sẽ báo lại từ bước 1."},
		}},
		{"a later round is over", [][]routing.Note{{of(routing.NoteRoundOver, "")}}, []entry{{"minor", "Hết một vòng. Sẽ báo lại từ bước 1."}}},
		{"somebody takes it", [][]routing.Note{{over(routing.AlertTaken, "lan"), over(routing.AlertLate, "ca-phuong"), of(routing.NoteClaimed, "lan")}}, []entry{
			{"minor", "Thôi hỏi Công an phường."}, {"key good", "Nguyễn Thị Lan nhận ca."},
		}},
		{"the desk has one asked", [][]routing.Note{{of(routing.NoteInvited, "lan"), of(routing.NoteAlerted, "lan")}}, []entry{{"key", "Bàn trực báo riêng cho Nguyễn Thị Lan."}}},
		{"a call is over, and with it the alert", [][]routing.Note{{of(routing.NoteCallOver, "lan"), over(routing.AlertNoAnswer, "lan")}}, []entry{
			{"minor", "Nguyễn Thị Lan không trả lời."},
		}},
		{"two events of the same instant", [][]routing.Note{{of(routing.NoteAlerted, "lan")}, {of(routing.NoteAlerted, "ca-phuong")}}, []entry{
			{"", "Báo cho Nguyễn Thị Lan."}, {"", "Báo cho Công an phường."},
		}},
	} {
		var happened []store.Happening
		for i, notes := range tt.events {
			for _, n := range notes {
				happened = append(happened, store.Happening{At: time.Unix(1e9, 0), Event: routing.EventID(rune('a' + i)), Note: n})
			}
		}
		q := &query{words: w.board.words[texts.Vietnamese]}
		var got []entry
		for _, e := range q.story(l, happened) {
			got = append(got, entry{e.mark, e.text})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
