package routing

import (
	"fmt"
	"strings"
)

// VocabularyTable is the page of the runbook that lists every word, who may send it and what it does, in
// Vietnamese and then in English. It is printed from [Vocabulary] and the tails, so that the page cannot
// say anything else than what the program does.
func VocabularyTable() string {
	var b strings.Builder
	b.WriteString("<!-- Printed by the program: go test ./routing -run TestVocabulary -update -->\n\n")
	vietnamesePage().write(&b)
	b.WriteString("\n")
	englishPage().write(&b)
	return b.String()
}

// wordsPage is the page in one language.
type wordsPage struct {
	title, link, intro, person, contact string
	columns                             [3]string // word, with a code, what it does
	withCode                            string
	does                                func(Word) string
}

func vietnamesePage() wordsPage {
	return wordsPage{
		title: "Các từ nhắn tới tổng đài",
		link:  "[English below](#words-people-send)",
		intro: "Không phân biệt chữ hoa, chữ thường, có dấu hay không dấu; dấu câu và khoảng trắng ở hai đầu được bỏ qua. " +
			"Từ lệnh phải là **cả** tin nhắn, hoặc lệnh và mã ca (trước hoặc sau), có thể kèm tiếng đệm: %s. " +
			"Câu dài hơn không bao giờ là lệnh: đó là lời cho một con người.",
		person: "Người cần giúp, từ bất cứ máy nào. Tin khác thì mở một ca, hoặc thêm vào ca đang mở. " +
			"HELP, GIUP, TRO GIUP, CUU, SOS ở đây là tiếng kêu cứu, không phải lệnh.",
		contact: "Người liên hệ có trong danh sách của tuyến. Đang giữ ca thì tin khác được chuyển tới người cần giúp.",
		columns: [3]string{"Nhắn", "Kèm mã", "Tác dụng"}, withCode: "được",
		does: func(w Word) string { return w.VI },
	}
}

func englishPage() wordsPage {
	return wordsPage{
		title: "Words people send",
		intro: "Case and accents do not matter; punctuation and spaces around are ignored. " +
			"A word is a command only as the **whole** message, or with a case code before or after it, give or take a small tail: %s. " +
			"A longer sentence is never a command: it is words for a human.",
		person: "A person who needs help, from any phone. Anything else opens a case or is added to their open one. " +
			"HELP, GIUP, TRO GIUP, CUU and SOS are cries for help here, never commands.",
		contact: "A contact in the line's list. While they hold a case, anything else is relayed to the person.",
		columns: [3]string{"Text", "With a code", "Does"}, withCode: "yes",
		does: func(w Word) string { return w.EN },
	}
}

func (p wordsPage) write(b *strings.Builder) {
	fmt.Fprintf(b, "# %s\n\n", p.title)
	if p.link != "" {
		fmt.Fprintf(b, "%s\n\n", p.link)
	}
	fmt.Fprintf(b, p.intro+"\n", strings.Join(tails(), ", "))
	for _, section := range []struct {
		from Sender
		text string
	}{{FromPerson, p.person}, {FromContact, p.contact}} {
		fmt.Fprintf(b, "\n%s\n\n| %s |\n|---|---|---|\n", section.text, strings.Join(p.columns[:], " | "))
		for _, w := range Vocabulary() {
			if w.From != section.from {
				continue
			}
			spellings := make([]string, len(w.Spellings))
			for i, s := range w.Spellings {
				spellings[i] = "`" + strings.ToUpper(s) + "`"
			}
			code := ""
			if w.WithCode {
				code = p.withCode
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", strings.Join(spellings, ", "), code, p.does(w))
		}
	}
}
