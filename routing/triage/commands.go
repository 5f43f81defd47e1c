package triage

import "strings"

// A command is the whole message, or the command and a case code, give or take
// a small tail. What a command does depends on who writes and is decided
// elsewhere; here it only must not be taken for a plea or an advertisement.
// HELP, GIUP, TRO GIUP, CUU and SOS are cries and are missing on purpose.

// codeAlphabet are the characters of a case code, lower case: two or three,
// at least one letter and one digit.
const codeAlphabet = "abcdefghkmnpqrtvwxy346789"

func isCaseCode(plain string) bool {
	letter, digit := false, false
	for i := range len(plain) {
		if strings.IndexByte(codeAlphabet, plain[i]) < 0 {
			return false
		}
		if isDigit(plain[i]) {
			digit = true
		} else {
			letter = true
		}
	}
	return (len(plain) == 2 || len(plain) == 3) && letter && digit
}

const (
	commandTails = " nha nhe nghe nghen a e em chi c anh roi r da ne ban "
	// commandForms are compared after tails and code are gone.
	commandForms = "|0|1|2|3|4|5|6|7|8|co|khong|ko|k|hk|hok|hong|ok|oke|okie|okay|oki|okela|vang|da|uh|u|um|ukm|dung roi|" +
		"nhan|ban|xong|da xong|tra|nghi|truc|khac|ngung|stop|ngung lai|ngung nhan tin|them ca|them cong an|them yt|them y te|" +
		"dong y|khong dong y|ko dong y|khong tien|ko tien|k tien|duoc|dc|khong duoc|ko duoc|yes|no|y|n|yep|" +
		"safe|an toan|co an toan|nhan ca|nhan tin|bam 1|so 1|so 2|so 3|so 4|chon 1|chon 2|chon 3|chon 4|da nhan|da ro|ro|" +
		"chua xong|tu choi|ban roi|khong ranh|ko ranh|dang ban|khong nhan|nghi truc|truc lai|doi y|goi duoc|dc goi|"

	ackHeads = " ok oke okie okay oki vang da uh u biet hieu ro duoc dc "
	ackWords = ackHeads + " roi r em e a c chi anh nha nhe cam on thanks thank you nhan bac co chu tin ban nhieu vay "

	safeWords = " an toan roi r em e a da o nha chi c anh dang con van toi minh nhe hien tai gio cho tui "

	// contactWords are all that a wish about when and how to call is made of.
	contactWords = " goi nhan tin thoi dung duoc dc lai sau luc khac mai sang trua chieu toi khuya gio h phut nua hay roi moi chi em anh e a c " +
		"nha nhe thi o tu den truoc khoang tam cung tien co the di ranh ngay thu tuan cn nghi hen minh alo dien thoai cho la vao hoac vo kia dem xin "
	contactNeeds = " thoi dung duoc dc sau mai sang trua chieu khuya gio h phut khac hen "
)

// wholeCommand says whether the message is a command or an answer, and nothing
// else.
func wholeCommand(typed []word) bool {
	words := make([]string, 0, 12)
	ack := false
	for _, w := range typed {
		if w.symbol {
			if !strings.Contains("👍👌🙏✅🆗", w.plain) {
				return false
			}
			ack = true
			continue
		}
		if len(words) == 12 {
			return false
		}
		words = append(words, w.plain)
	}
	if len(words) == 0 {
		return ack
	}
	words = withoutCode(words)
	return oneOf(words) || only(words, ackWords, ackHeads) || only(words, safeWords, " toan ") || isCallTime(words)
}

// withoutCode takes the case code from the beginning or the end; behind it a
// tail may stand ("nhan m4t nha").
func withoutCode(words []string) []string {
	if len(words) > 1 && isCaseCode(words[0]) {
		return words[1:]
	}
	for n := len(words); n > 1; n-- {
		if isCaseCode(words[n-1]) {
			return words[:n-1]
		}
		if !companion(words[n-1], commandTails) {
			break
		}
	}
	return words
}

// oneOf compares the words, and the words without their tail, with the forms.
func oneOf(words []string) bool {
	for n := len(words); n > 0; n-- {
		if strings.Contains(commandForms, "|"+strings.Join(words[:n], " ")+"|") {
			return true
		}
		if !companion(words[n-1], commandTails) {
			break
		}
	}
	// "da" and "e" also come first: "dạ có", "em không".
	return len(words) > 1 && companion(words[0], " da e em vang ") && oneOf(words[1:])
}

// only says whether all words are of one list and one is of another.
func only(words []string, all, one string) bool {
	some := false
	for _, w := range words {
		if !companion(w, all) {
			return false
		}
		some = some || companion(w, one)
	}
	return some
}

// isCallTime recognises "sang mai 9h goi dc" and "nhắn thôi đừng gọi".
func isCallTime(words []string) bool {
	call, need := false, false
	for _, w := range words {
		switch {
		case isDigit(w[0]):
			need = true
		case !companion(w, contactWords):
			return false
		}
		call = call || w == "goi" || w == "nhan"
		need = need || companion(w, contactNeeds)
	}
	return call && need && len(words) > 1
}
