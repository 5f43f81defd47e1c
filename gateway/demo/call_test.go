package demo

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

func saying(said string) url.Values { return url.Values{"words": {said}} }

// What the newcomer of the story sees: calls, reads what is heard, sees three phones ring, answers one, and
// understands why the others stopped.
func TestDemo_FromACallToAHumanAndBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.wants("call-person", "Gọi đường dây")

		b.dial("person")
		b.wants("state-person", "Đang gọi đường dây, chuông đổ")
		b.wants("heard-person", "chuông đổ")
		for _, phone := range []string{"to1-lan", "to2-hoa", "tram-y-te"} {
			b.wants("state-"+phone, "+84 900 000 100 gọi tới")
			b.wants("call-"+phone, "Nghe máy", "Từ chối")
		}
		if got := b.part("state-cong-an"); got != "" {
			t.Errorf("the police's phone says %q, want it silent in the first step", got)
		}
		b.wants("log", "Có người gọi điện. Mở ca, mức: khẩn.", "Bước 1: báo Cô Lan, Chú Hòa và Trạm Y tế.")
		b.wantsNone("log", "nhắn tin. Mở ca", "Người cần giúp gọi tới.") // it is told once
		b.wants("cases", "Người cần giúp chuông đổ", "Bước 2: báo")

		b.pass(6 * time.Second)
		b.wants("state-person", "Đang nghe đường dây")
		b.wants("heard-person", "Xin chào, số trực của phường.", "bấm 1: công an")
		b.press("person", "4")
		b.wants("heard-person", "Bấm 4", "Xin giữ máy")
		b.wants("cases", "người nói chuyện", "Người cần giúp giữ máy chờ")

		b.do("to1-lan", "answer", nil)
		b.wants("heard-to1-lan", "Có người cần giúp, mức khẩn. Bấm 1 để nhận")
		b.wants("log", "Máy của Cô Lan đã thông. Bấm phím mới tính là trả lời.")
		b.wants("state-to2-hoa", "gọi tới") // picking up takes nothing
		b.press("to1-lan", "1")
		b.pass(5 * time.Second)
		b.wants("heard-to1-lan", "Bấm 1", "Đang nối máy")
		b.wants("heard-person", "Đã có người, mời bạn nói chuyện.")
		b.wants("state-person", "Đang nói chuyện với Cô Lan")
		b.wants("state-to1-lan", "Đang nói chuyện với Người cần giúp")
		for _, phone := range []string{"to2-hoa", "tram-y-te"} {
			b.wants("state-"+phone, "Ngừng reo: Cô Lan đã nhận ca")
		}
		b.wants("log", "Cô Lan nhận ca", "Người gọi nói chuyện được với Cô Lan", "Máy của Chú Hòa và Trạm Y tế ngừng reo: Cô Lan đã nhận ca.")
		if got := strings.Count(b.part("log"), "ngừng reo"); got != 1 {
			t.Errorf("the log says %d times that phones stopped ringing, want one sentence for both", got)
		}
		b.wants("cases", "Cô Lan đã nhận", "Cô Lan đang nói chuyện", "Nếu Cô Lan im lặng")

		b.do("person", "words", saying("Em trốn trong bếp"))
		b.do("to1-lan", "words", saying("Chị tới đây"))
		b.wants("heard-person", "Nói: Em trốn trong bếp", "Chị tới đây")
		b.wants("heard-to1-lan", "Em trốn trong bếp", "Nói: Chị tới đây")
		b.wantsNone("heard-to2-hoa", "trong bếp")

		b.do("to1-lan", "hangup", nil)
		b.pass(3 * time.Second)
		b.wants("heard-person", "Người giúp đã gác máy.")
		b.wants("state-to1-lan", "Cuộc gọi đã xong")
		b.do("person", "hangup", nil)
		b.wants("log", "Cuộc gọi với Cô Lan đã xong.", "Người cần giúp gác máy.")
		b.wantsNone("log", "chưa nói chuyện với ai", "đã nhắn câu này rồi")
		b.wants("state-person", "Cuộc gọi đã xong")
		b.wants("call-person", "Gọi đường dây")
		b.text("to1-lan", "XONG")
		b.wants("cases", "Không có ca nào đang mở")
		if alerts := b.demo.world.carrier.Alerts(); len(alerts) != 0 {
			t.Errorf("the carrier found fault with the gateway: %v, want nothing", alerts)
		}
		b.leaks()
	})
}

func TestDemo_MissedCallOpensACase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.English)
		b.dial("person")
		b.do("person", "hangup", nil)
		b.wants("state-person", "Hung up before it was answered")
		b.wants("log", "Somebody called. A case opens: urgent.", "hung up after 1 s, before talking to anybody")
		b.wantsNone("log", "texted")
		b.wants("cases", "Alerting")

		b.do("to2-hoa", "decline", nil)
		b.wants("state-to2-hoa", "Call declined")
		b.pass(40 * time.Second)
		b.wants("log", "The phone of Trạm Y tế stopped ringing, nobody answered.")
		b.leaks()
	})
}

// While somebody waits the line says the same things again and again.
func TestDemo_WaitingDoesNotFloodThePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.dial("person")
		b.pass(15 * time.Minute)
		b.wants("heard-person", "tút nhẹ ×", "Xin giữ máy, đang gọi người trực. ×")
		shown, heard := 0, len(b.demo.world.carrier.Phone(personNumber).Calls()[0].Heard())
		for _, line := range strings.SplitAfter(b.page(), "</p>") {
			if strings.Contains(line, "data-n=\"CA") {
				shown++
			}
		}
		if heard < 60 || shown > 30 {
			t.Errorf("after a quarter of an hour %d sounds are %d lines on the page, want at least 60 in at most 30", heard, shown)
		}
		b.wants("state-person", "Đang nghe đường dây")
	})
}

func TestDemo_ACallIsTakenByText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.English)
		b.dial("person")
		b.pass(6 * time.Second)
		b.text("to2-hoa", "1")
		b.wants("log", "Chú Hòa took the case", "so the others stop ringing")
		b.wants("state-to1-lan", "Stopped ringing: Chú Hòa took the case")
		b.do("to2-hoa", "answer", nil)
		b.press("to2-hoa", "1")
		b.pass(5 * time.Second)
		b.wants("state-person", "Talking with Chú Hòa")
		b.do("person", "hangup", nil)
		b.pass(3 * time.Second)
		b.wants("heard-to2-hoa", "hung up")
	})
}

func TestDemo_AMessageIsLeftAndHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.dial("person")
		b.pass(90 * time.Second) // a full round
		b.wants("heard-person", "Chưa có người nghe.")
		b.press("person", "6")
		b.pass(12 * time.Second)
		b.wants("heard-person", "Hiện chưa có người nghe máy.", "tiếng bíp")
		b.wants("cases", "Người cần giúp để lại lời nhắn")
		b.do("person", "words", saying("Em trốn trong bếp"))
		b.pass(3 * time.Second)
		b.do("person", "hangup", nil)
		b.wants("log", "Người cần giúp để lại lời nhắn.")

		b.dial("to2-hoa") // rings back: hears the case that waits
		b.pass(6 * time.Second)
		b.wantsNone("heard-to2-hoa", "trong bếp")
		b.press("to2-hoa", "1")
		b.pass(8 * time.Second)
		b.wants("heard-to2-hoa", "Lời nhắn: Em trốn trong bếp")
		b.wants("cases", "Chú Hòa đã nhận")
		b.leaks()
	})
}

func TestHandler_RefusesOnCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		b.dial("person")
		b.pass(5 * time.Second)
		of := func(phone string) string {
			return "/phones/" + phone + "/calls/" + b.demo.world.carrier.Phone(personNumber).Calls()[0].SID + "/"
		}
		rows := []struct {
			name, path string
			form       url.Values
			want       int
		}{
			{"a second call", "/phones/person/calls", nil, http.StatusConflict},
			{"a call of no phone", "/phones/nobody/calls", nil, http.StatusNotFound},
			{"a key of no phone", of("nobody") + "keys", url.Values{"key": {"1"}}, http.StatusNotFound},
			{"a key on another phone's call", of("to1-lan") + "keys", url.Values{"key": {"1"}}, http.StatusNotFound},
			{"no such call", "/phones/person/calls/CA0/hangup", nil, http.StatusNotFound},
			{"no key", of("person") + "keys", nil, http.StatusBadRequest},
			{"two keys", of("person") + "keys", url.Values{"key": {"12"}}, http.StatusBadRequest},
			{"a letter", of("person") + "keys", url.Values{"key": {"a"}}, http.StatusBadRequest},
			{"no words", of("person") + "words", saying(" "), http.StatusBadRequest},
			{"too many words", of("person") + "words", saying(strings.Repeat("ă", maxText+1)), http.StatusBadRequest},
			{"no such deed", of("person") + "record", nil, http.StatusNotFound},
		}
		for _, row := range rows {
			if w := b.post(row.path, row.form); w.Code != row.want {
				t.Errorf("%s: POST %s = %d, want %d", row.name, row.path, w.Code, row.want)
			}
		}
		if got := b.demo.world.carrier.Phone(personNumber).Calls()[0].Record().Pressed; got != "" {
			t.Errorf("after refused requests the keys %q were pressed, want none", got)
		}
		call := of("person")
		b.do("person", "hangup", nil)
		if w := b.post(call+"keys", url.Values{"key": {"1"}}); w.Code != http.StatusSeeOther {
			t.Errorf("a key after the call is over = %d, want 303: the page shows that it is", w.Code)
		}
	})
}

func TestCallOf_WhatAPhoneShows(t *testing.T) {
	t.Parallel()
	const mine = "+84900000001"
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	change := func(sid string, kind simulator.ChangeKind, status simulator.CallStatus, text string, with ...string) simulator.Change {
		return simulator.Change{At: at, Kind: kind, Phone: mine, Text: text, Call: &simulator.CallRecord{
			SID: sid, From: "line", To: mine, Direction: simulator.OutboundAPI, Status: status, TalkingWith: with,
		}}
	}
	hears := func(text string, with ...string) simulator.Change {
		return change("a", simulator.Hears, simulator.CallInProgress, text, with...)
	}
	elsewhere := hears("not here")
	elsewhere.Phone = "+84900000002"
	rows := []struct {
		name    string
		changes []simulator.Change
		sid     string
		want    []sound
	}{
		{"no call", []simulator.Change{{Kind: simulator.Shown, Phone: mine}, elsewhere}, "", nil},
		{"repeats are counted", []simulator.Change{hears("t"), hears("h"), hears("t"), hears("h"), hears("t")}, "a",
			[]sound{{soundHeard, "t", at, 3}, {soundHeard, "h", at, 2}}},
		{"long ago is no repeat", []simulator.Change{hears("1"), hears("2"), hears("3"), hears("4"), hears("5"), hears("1")}, "a",
			[]sound{{soundHeard, "1", at, 1}, {soundHeard, "2", at, 1}, {soundHeard, "3", at, 1}, {soundHeard, "4", at, 1}, {soundHeard, "5", at, 1}, {soundHeard, "1", at, 1}}},
		{"after a key nothing is a repeat", []simulator.Change{hears("h"), change("a", simulator.Pressed, simulator.CallInProgress, "4"), hears("h")}, "a",
			[]sound{{soundHeard, "h", at, 1}, {soundPressed, "4", at, 1}, {soundHeard, "h", at, 1}}},
		{"people who talk are not counted", []simulator.Change{hears("yes", "x"), hears("yes", "x")}, "a",
			[]sound{{soundHeard, "yes", at, 1}, {soundHeard, "yes", at, 1}}},
		{"a call that is refused does not hide one that goes on", []simulator.Change{
			hears("h"), change("b", simulator.HungUp, simulator.CallBusy, ""), hears("k")}, "a",
			[]sound{{soundHeard, "h", at, 1}, {soundHeard, "k", at, 1}}},
		{"a new call follows one that is over", []simulator.Change{
			hears("h"), change("a", simulator.HungUp, simulator.CallCompleted, ""), change("b", simulator.RingsNow, simulator.CallRinging, "")}, "b", nil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := callOf(row.changes, mine)
			if got == nil {
				got = &phoneCall{}
			}
			if got.SID != row.sid {
				t.Errorf("callOf() shows call %q, want %q", got.SID, row.sid)
			}
			if diff := cmp.Diff(row.want, got.Sounds); diff != "" {
				t.Errorf("callOf() sounds (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStage_EveryWayACallCanStand(t *testing.T) {
	t.Parallel()
	w, err := newWard()
	if err != nil {
		t.Fatalf("newWard() = %v", err)
	}
	all, err := readWords()
	if err != nil {
		t.Fatalf("readWords() = %v", err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	taken := &snapshot{Story: []happening{{At: at, Notes: []note{{Kind: routing.NoteClaimed, Case: "c", Contact: "to2-hoa"}}}}}
	rows := []struct {
		name         string
		call         phoneCall
		story        *snapshot
		stage, state string
	}{
		{"dialled", phoneCall{Dialled: true, Status: simulator.CallRinging}, &snapshot{}, "dialling", "Calling the line, it rings"},
		{"rings", phoneCall{Status: simulator.CallRinging, Other: "+84900000100"}, &snapshot{}, "ringing", "+84 900 000 100 is calling. Answer, decline, or let it ring."},
		{"rings from elsewhere", phoneCall{Status: simulator.CallRinging, Other: "113"}, &snapshot{}, "ringing", "113 is calling. Answer, decline, or let it ring."},
		{"answered", phoneCall{Status: simulator.CallInProgress, AnsweredAt: at}, &snapshot{}, "online", "On the phone with the line"},
		{"talks", phoneCall{Status: simulator.CallInProgress, AnsweredAt: at, TalkingWith: []string{personNumber, "+84900000004", "+84911"}}, &snapshot{},
			"talking", "Talking with Person at risk, Công an phường and another phone"},
		{"over", phoneCall{Status: simulator.CallCompleted, AnsweredAt: at, EndedAt: at.Add(65 * time.Second)}, &snapshot{}, "over", "The call is over, 1 min 5 s"},
		{"given up", phoneCall{Dialled: true, Status: simulator.CallNoAnswer, EndedAt: at}, &snapshot{}, "over", "Hung up before it was answered"},
		{"missed", phoneCall{Status: simulator.CallNoAnswer, EndedAt: at}, &snapshot{}, "over", "Missed call"},
		{"declined", phoneCall{Status: simulator.CallBusy, EndedAt: at}, &snapshot{}, "over", "Call declined"},
		{"stopped because taken", phoneCall{Status: simulator.CallCanceled, EndedAt: at.Add(time.Second)}, taken, "over", "Stopped ringing: Chú Hòa took the case"},
		{"stopped long after", phoneCall{Status: simulator.CallCanceled, EndedAt: at.Add(time.Minute)}, taken, "over", "The line stopped calling"},
		{"stopped before", phoneCall{Status: simulator.CallCanceled, EndedAt: at.Add(-time.Minute)}, taken, "over", "The line stopped calling"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h, _ := w.handset("to1-lan")
			tell := &teller{words: all[texts.English]}
			stage, state := tell.stage(w, h, &row.call, row.story)
			if stage != row.stage || state != row.state || tell.err != nil {
				t.Errorf("stage() = %q, %q, error %v, want %q, %q", stage, state, tell.err, row.stage, row.state)
			}
		})
	}
}

func TestNextDeadline_LookingAtCallsIsToldLast(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	look := routing.Deadline{Kind: routing.LookAtCalls, At: at}
	step := routing.Deadline{Kind: routing.StepEnds, At: at.Add(time.Minute)}
	rows := []struct {
		name string
		have []routing.Deadline
		want routing.Deadline
	}{
		{"something else later", []routing.Deadline{look, step}, step},
		{"nothing else", []routing.Deadline{look}, look},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := &routing.Case{Deadlines: row.have}
			if got := nextDeadline(c); got != row.want {
				t.Errorf("nextDeadline(%v) = %v, want %v", row.have, got, row.want)
			}
			if len(c.Deadlines) != len(row.have) {
				t.Errorf("nextDeadline changed the case's deadlines to %v", c.Deadlines)
			}
		})
	}
}
