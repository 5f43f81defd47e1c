package command

import (
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// both writes a word in both languages; without a Vietnamese one it is what the records have.
func both(vi, en string) string {
	if vi == "" {
		return en
	}
	return vi + " | " + en
}

// stateName is the state of a case as it is counted.
func stateName(c *routing.Case) string {
	names := map[string]string{
		"alerting": "đang báo", "claimed": "đã có người nhận", "unanswered": "chưa ai nhận", "closed": "đã đóng",
	}
	return both(names[c.Label()], c.Label())
}

func urgencyName(u triage.Urgency) string {
	return both(texts.Urgency(texts.Vietnamese, true, string(u)), string(u))
}

func needName(n triage.Need) string {
	return both(texts.Need(texts.Vietnamese, true, string(n)), string(n))
}

func deadlineName(k routing.DeadlineKind) string {
	names := map[routing.DeadlineKind]string{
		routing.StepEnds: "hết lượt báo", routing.RoundStarts: "báo lại từ đầu", routing.AskHolder: "hỏi người giữ ca",
		routing.TakeBack: "báo thêm người khác", routing.Remind: "nhắc người đang trực", routing.BesideEnds: "hết lượt gọi thêm người",
		routing.RingOthers: "gọi thêm người khác", routing.LookAtCalls: "xem lại các cuộc gọi",
	}
	return both(names[k], strings.ReplaceAll(string(k), "_", " "))
}

func noteName(k routing.NoteKind) string {
	names := map[routing.NoteKind]string{
		routing.NoteOpened: "mở ca", routing.NoteAdded: "người cần giúp nhắn thêm", routing.NoteRaised: "mức khẩn tăng",
		routing.NoteCalled: "người cần giúp đã gọi tới",
		routing.NoteStep:   "bắt đầu một lượt báo", routing.NoteStepEmpty: "lượt không có ai để báo", routing.NoteRoundOver: "hết một vòng",
		routing.NoteUnanswered: "chưa ai nhận", routing.NoteAlerted: "đã báo", routing.NoteAlertOver: "xong một lần báo",
		routing.NoteFirstAlert: "nhà mạng nhận tin báo đầu tiên", routing.NoteClaimed: "nhận ca", routing.NoteJoined: "cùng giúp",
		routing.NoteInvited: "gọi thêm người", routing.NoteLost: "người cần giúp muốn người khác", routing.NoteMuted: "ngừng nhắn tới người cần giúp",
		routing.NoteOffDuty: "nghỉ trực", routing.NoteOnDuty: "vào trực", routing.NoteGivenBack: "trả ca",
		routing.NoteHolderAsked: "hỏi người giữ ca", routing.NoteTakenBack: "người giữ ca im lặng, báo lại", routing.NoteRelayed: "chuyển lời",
		routing.NoteNotDelivered: "tin không tới nơi", routing.NoteWithheld: "tin tự động bị giữ lại", routing.NoteClosed: "đóng ca",
		routing.NoteRang: "người cần giúp gọi tới", routing.NoteTalking: "đã nói chuyện với người trực", routing.NoteHungUp: "người cần giúp gác máy",
		routing.NoteAbandoned: "gác máy khi chưa gặp ai", routing.NotePickedUp: "máy người trực có người nhấc", routing.NoteCallOver: "hết cuộc gọi tới người trực",
		routing.NoteVoicemail: "có lời nhắn thoại", routing.NoteCallBack: "gọi lại người cần giúp", routing.NoteOthersRung: "người giữ ca chưa nghe máy, gọi thêm",
		routing.NoteNoted: "ghi chú", routing.NoteCorrected: "sửa mức khẩn hoặc nhu cầu", routing.NoteCleared: "được nhắn lại cho người cần giúp",
		routing.NoteReopened: "mở lại ca", routing.NoteMoved: "ca được chuyển cho người khác",
	}
	return both(names[k], strings.ReplaceAll(string(k), "_", " "))
}

// outcomeName says how a case ended, as a desk said on closing it.
func outcomeName(o routing.Outcome) string {
	names := map[routing.Outcome]string{
		routing.OutcomeHelped: "đã được giúp", routing.OutcomeReferred: "đã chuyển nơi khác", routing.OutcomeNoContact: "không liên lạc được nữa",
		routing.OutcomeWithdrawn: "không cần nữa, đã kiểm tra là chính họ", routing.OutcomeMistake: "nhầm số, quảng cáo hoặc thử",
	}
	return both(names[o], strings.ReplaceAll(string(o), "_", " "))
}

// unsaidName says who closed the cases of which nobody said how they ended.
func unsaidName(by routing.Reason) string {
	names := map[routing.Reason][2]string{
		routing.ReasonClosedByHelper: {"không ghi: người giúp đóng ca (XONG)", "not said: closed by a helper (XONG)"},
		routing.ReasonClosedByOffice: {"không ghi: văn phòng đóng ca", "not said: closed by the office"},
	}
	name, ok := names[by]
	if !ok {
		return both("không ghi", "not said") + ": " + string(by)
	}
	return both(name[0], name[1])
}

// noteLine writes one thing that happened: what, to whom, and the rest as the records name it.
func noteLine(n routing.Note) string {
	line := noteName(n.Kind)
	if n.Contact != "" {
		line += ": " + string(n.Contact)
	}
	var rest []string
	add := func(name, value string) {
		if value != "" {
			rest = append(rest, name+"="+value)
		}
	}
	add("kind", string(n.Role))
	add("channel", string(n.Channel))
	add("urgency", string(n.Urgency))
	if n.Step > 0 {
		add("step", strconv.Itoa(n.Step))
	}
	add("result", string(n.Result))
	add("reason", string(n.Reason))
	add("outcome", string(n.Outcome))
	add("by", string(n.Desk))
	if n.Took > 0 {
		add("after", n.Took.Round(time.Second).String())
	}
	if len(rest) == 0 {
		return line
	}
	return line + " (" + strings.Join(rest, " ") + ")"
}
