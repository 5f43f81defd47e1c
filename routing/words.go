package routing

import (
	"slices"
	"strings"
	"sync"
)

// Verb is what a word does.
type Verb string

// The verbs (contract §5).
const (
	VerbNone Verb = "" // not a word of the hotline: words for a human

	// Of the person at risk.
	VerbPolice   Verb = "police"    // 1
	VerbHealth   Verb = "health"    // 2
	VerbShelter  Verb = "shelter"   // 3
	VerbCounsel  Verb = "counsel"   // 4
	VerbOther    Verb = "other"     // 0, KHAC: somebody else, please
	VerbStop     Verb = "stop"      // NGUNG, STOP: write nothing more to this phone
	VerbTextOnly Verb = "text_only" // 5: do not call
	VerbMayCall  Verb = "may_call"  // 6: may be called

	// Of a contact.
	VerbTake        Verb = "take"         // 1, NHAN
	VerbDecline     Verb = "decline"      // 0, BAN: declines what waits; from the holder, gives back
	VerbGiveBack    Verb = "give_back"    // TRA
	VerbBringPolice Verb = "bring_police" // THEM CA
	VerbBringHealth Verb = "bring_health" // THEM YT
	VerbCall        Verb = "call"         // GOI: call the person, if they asked for it
	VerbClose       Verb = "close"        // XONG
	VerbHelp        Verb = "help"         // TRO GIUP, ?
	VerbOffDuty     Verb = "off_duty"     // NGHI
	VerbOnDuty      Verb = "on_duty"      // TRUC
	VerbSOS         Verb = "sos"          // SOS, CUU: I need help myself
)

// Sender is who a word is understood from.
type Sender string

// The senders.
const (
	FromPerson  Sender = "person"  // anyone at risk
	FromContact Sender = "contact" // a contact of the line
)

// Word is one word people can send: who may send it, how it is spelled, what it does. The table in the
// runbook is printed from this list, and texts are read by it.
type Word struct {
	From Sender
	Verb Verb
	// Spellings are folded: no accents, lower case. The first is the one taught.
	Spellings []string
	WithCode  bool // a case code before or after it says which case it is about; any other ignores one
	VI, EN    string
}

// Vocabulary lists every word.
func Vocabulary() []Word {
	return []Word{
		{FromPerson, VerbPolice, []string{"1"}, false,
			"cần công an: báo ngay mọi công an đang trực", "needs the police: all police on call are alerted at once"},
		{FromPerson, VerbHealth, []string{"2"}, false,
			"cần y tế: báo ngay mọi trạm y tế đang trực", "needs the health station: all on call are alerted at once"},
		{FromPerson, VerbShelter, []string{"3"}, false, "cần chỗ ở", "needs a place to stay"},
		{FromPerson, VerbCounsel, []string{"4"}, false, "cần người nói chuyện", "needs someone to talk to"},
		{FromPerson, VerbOther, []string{"0", "khac"}, false,
			"đổi người giúp: người đang giữ ca mất ca hẳn, báo người khác; chưa ai giữ thì không có gì xảy ra",
			"somebody else: whoever holds the case loses it for good and others are alerted; nothing if nobody holds it"},
		{FromPerson, VerbStop, []string{"ngung", "stop"}, false,
			"không nhắn gì tới máy này cho tới khi máy này nhắn lại; vẫn báo người trực",
			"nothing more is sent to this phone until it writes again; alerting goes on"},
		{FromPerson, VerbTextOnly, []string{"5"}, false, "chỉ nhắn tin, không gọi", "texts only, no calls"},
		{FromPerson, VerbMayCall, []string{"6"}, false, "gọi được: trong một giờ, người giúp có thể gọi lại", "may be called: a helper may call back within the hour"},
		{FromContact, VerbTake, []string{"1", "nhan"}, true,
			"nhận ca; nhiều ca chờ thì ca khẩn nhất rồi ca cũ nhất", "takes the case; of several the most urgent, then the oldest"},
		{FromContact, VerbDecline, []string{"0", "ban"}, true,
			"từ chối mọi ca đang chờ mình, hoặc ca có mã; người giữ ca thì trả ca",
			"declines all that wait for this contact, or the one named; from the holder: gives the case back"},
		{FromContact, VerbGiveBack, []string{"tra"}, true, "trả ca đang giữ", "gives the held case back"},
		{FromContact, VerbBringPolice, []string{"them ca", "them cong an"}, true, "mời thêm công an", "also brings in the police"},
		{FromContact, VerbBringHealth, []string{"them yt", "them y te"}, true, "mời thêm trạm y tế", "also brings in the health station"},
		{FromContact, VerbCall, []string{"goi"}, true,
			"gọi cho người cần giúp, chỉ khi họ đã xin gọi trong một giờ qua", "calls the person, only if they asked for it within the hour"},
		{FromContact, VerbClose, []string{"xong"}, true,
			"đóng ca đang giữ; người điều phối đóng được ca bất kỳ, kèm mã", "closes the held case; a supervisor may close any case, with its code"},
		{FromContact, VerbHelp, []string{"tro giup"}, false, "gửi lại các lệnh này (cũng viết được ?)", "sends these words (also ?)"},
		{FromContact, VerbOffDuty, []string{"nghi"}, false, "nghỉ trực tới ca trực sau", "off call until the next shift begins"},
		{FromContact, VerbOnDuty, []string{"truc"}, false,
			"trực tới hết ca trực, ngoài ca trực thì 12 giờ", "on call until the shift ends, or for 12 hours outside one"},
		{FromContact, VerbSOS, []string{"sos", "cuu"}, false,
			"chính mình cần cứu: mở ca riêng, không chuyển cho ai đang được giúp", "needs help themselves: opens a case of their own, never relayed"},
	}
}

// writing is one way to write a word, cut into its parts.
type writing struct {
	verb  Verb
	parts []string
}

// writings are those of every sender's words, cut once because every text is compared with them.
var writings = sync.OnceValue(func() map[Sender][]writing {
	all := map[Sender][]writing{}
	for _, w := range Vocabulary() {
		for _, s := range w.Spellings {
			all[w.From] = append(all[w.From], writing{w.Verb, strings.Fields(s)})
		}
	}
	return all
})

// spelled reports which word of a sender a folded text begins with, and how many words that is; 0 if none.
func spelled(from Sender, words []string) (Verb, int) {
	for _, s := range writings()[from] {
		if len(words) >= len(s.parts) && slices.Equal(words[:len(s.parts)], s.parts) {
			return s.verb, len(s.parts)
		}
	}
	return VerbNone, 0
}
