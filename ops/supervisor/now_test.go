package supervisor

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// Who was asked, by what, and how they answered, is said as it is: no phone rings before its call is with the carrier,
// what was tried stays on the list, and who has let a case go does not look like who has it.
func TestCard_Asked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := w.board.o.Lines.Line(here1)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, time.March, 3, 13, 0, 0, 0, time.UTC)
	alert := func(state routing.AlertState, text, call routing.EntryID) []routing.Alert {
		return []routing.Alert{{Contact: "lan", Kind: contacts.TrustedAddress, Channel: contacts.SMS, Entry: text, Leg: call, At: at, State: state}}
	}
	leg := func(state routing.LegState) []routing.Leg {
		return []routing.Leg{{ID: "x.e.c1", Contact: "lan", Ask: routing.AskTake, State: state}}
	}
	for _, tt := range []struct {
		name             string
		c                routing.Case
		channels, answer string
	}{
		{"by text", routing.Case{State: routing.Alerting, Alerts: alert(routing.AlertOut, "x.e.a1", "")}, "tin nhắn", "chờ trả lời"},
		{"the call waits behind others", routing.Case{
			State: routing.Alerting, Alerts: alert(routing.AlertOut, "x.e.a1", "x.e.c1"), Legs: leg(routing.LegPlacing),
		}, "tin nhắn, điện thoại", "chờ gọi"},
		{"the phone rings", routing.Case{
			State: routing.Alerting, Alerts: alert(routing.AlertOut, "", "x.e.c1"), Legs: leg(routing.LegRinging),
		}, "điện thoại", "đang reo"},
		{"it has stopped ringing", routing.Case{State: routing.Alerting, Alerts: alert(routing.AlertOut, "x.e.a1", "x.e.c1")}, "tin nhắn, điện thoại", "chờ trả lời"},
		{"no answer", routing.Case{State: routing.Alerting, Alerts: alert(routing.AlertNoAnswer, "x.e.a1", "x.e.c1")}, "tin nhắn, điện thoại", "không trả lời"},
		{"has it", routing.Case{State: routing.Claimed, Holder: "lan", Alerts: alert(routing.AlertTaken, "x.e.a1", "")}, "tin nhắn", "đã nhận"},
		{"helps beside", routing.Case{State: routing.Claimed, Holder: "hoa", Joined: []contacts.ID{"lan"}, Alerts: alert(routing.AlertTaken, "x.e.a1", "")}, "tin nhắn", "đã nhận"},
		{"had it", routing.Case{State: routing.Claimed, Holder: "hoa", Alerts: alert(routing.AlertTaken, "x.e.a1", "")}, "tin nhắn", "đã thôi giữ ca"},
		{"had it without having been asked", routing.Case{State: routing.Alerting, Alerts: alert(routing.AlertTaken, "", "")}, "tin nhắn", "đã thôi giữ ca"},
		{"had it at the end", routing.Case{State: routing.Closed, Holder: "lan", Alerts: alert(routing.AlertTaken, "x.e.a1", "")}, "tin nhắn", "đã nhận"},
	} {
		q := &query{words: w.board.words[texts.Vietnamese], now: at}
		rows := q.card(l, &tt.c).Asked
		if len(rows) != 1 {
			t.Fatalf("%s: %d rows, want one", tt.name, len(rows))
		}
		if diff := cmp.Diff([]string{tt.channels, tt.answer}, []string{rows[0].Channels, q.say(rows[0].Answer)}); diff != "" {
			t.Errorf("%s: channels and answer (-want +got):\n%s", tt.name, diff)
		}
		if got, want := rows[0].State == "taken", tt.answer == "đã nhận"; got != want {
			t.Errorf("%s: looks like who has the case: %v, want %v", tt.name, got, want)
		}
	}
}
