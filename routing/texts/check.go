package texts

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Limits on the length of a text, in SMS, with values as long as a ward can make them (style guide, rule
// 6): what is sent by default fits into one.
const (
	maxPlain    = 1
	maxAccented = 3
)

// Fault is one thing wrong with the wording of a text, said in both languages. It quotes nothing of the
// wording but words that the rules themselves name.
type Fault struct {
	Key      Key
	Language Language
	Accented bool // of the form with diacritics; else of the one without, or of the only one
	VI, EN   string
}

// Faults returns what keeps a wording from being sent as a text, whoever wrote it: ours and that of line
// files are held to the same rules, which are those of [RuleOf] and of the style guide.
//
//   - Vietnamese has both forms, saying the same; the form without accents, and English, is GSM-7.
//   - It holds the placeholders of its key and no others. An alert begins with the line's tag.
//   - It fits into one SMS, with accents into three, whatever is filled in.
//   - To the person at risk: no link, nothing that belittles or blames; before a human has taken the case,
//     no word of help on its way; if discreet, no word of what the hotline is about, no case code and no
//     telephone number.
func Faults(key Key, lang Language, w Wording) []Fault {
	c := checker{key: key, lang: lang}
	rule, ok := RuleOf(key)
	switch {
	case !ok:
		c.fail("không có tin nào mang tên này", "there is no text of this name")
		return c.faults
	case !slices.Contains(Languages(), lang):
		c.fail("không có ngôn ngữ này", "there is no such language")
		return c.faults
	case lang == English && w.Accented != "":
		c.fail("tiếng Anh chỉ có một dạng", "English has one form only")
		return c.faults
	}
	c.rule = rule
	plain := tokens(w.in(false))
	if lang == Vietnamese {
		c.accented = true
		if len(tokens(w.Accented)) == 0 {
			c.fail("thiếu lời văn có dấu", "the wording with accents is missing")
			return c.faults
		}
		c.form(w.Accented)
		c.accented = false
		if said := tokens(Unaccent(w.Accented)); !slices.Equal(said, plain) {
			c.fail("bản không dấu khác lời bản có dấu, hoặc vẫn còn dấu", "the form without accents has other words than the accented one, or still has accents")
		}
	}
	if len(plain) == 0 {
		c.fail("thiếu lời văn", "the wording is missing")
		return c.faults
	}
	c.form(w.in(false))
	return c.faults
}

// checker collects the faults of one wording.
type checker struct {
	key      Key
	lang     Language
	rule     Rule
	accented bool // which form is being looked at
	faults   []Fault
}

func (c *checker) fail(vi, en string) {
	c.faults = append(c.faults, Fault{c.key, c.lang, c.accented, vi, en})
}

// form checks one form of a wording.
func (c *checker) form(form string) {
	form = Clean(form)
	c.placeholders(form)
	c.length(form)
	if c.rule.To == ToPerson {
		c.toPerson(strings.Join(literals(form), " "))
	}
}

// placeholders checks what is filled in. Names that are not ours may be anything and are not quoted.
func (c *checker) placeholders(form string) {
	if strings.ContainsAny(strings.Join(literals(form), ""), "{}[]") {
		c.fail("chỉ dùng ngoặc { } cho chỗ điền, và không dùng ngoặc [ ]", "braces are for placeholders only, and square brackets are not for texts")
	}
	has := placeholdersOf(form)
	for _, name := range c.rule.Placeholders {
		if !slices.Contains(has, name) {
			c.fail("thiếu {"+name+"}", "{"+name+"} is missing")
		}
	}
	for _, name := range has {
		_, ours := widest()[name]
		switch {
		case slices.Contains(c.rule.Placeholders, name):
		case ours:
			c.fail("tin này không được có {"+name+"}", "{"+name+"} has no place in this text")
		default:
			c.fail("có chỗ điền lạ trong ngoặc { }", "there is an unknown placeholder in braces")
		}
	}
	if (c.key == Alert || c.key == AlertDanger) && !strings.HasPrefix(form, "{"+Tag+"}") {
		c.fail("tin báo phải bắt đầu bằng {"+Tag+"}", "an alert must begin with {"+Tag+"}")
	}
}

// length checks alphabet and length with the longest values.
func (c *checker) length(form string) {
	s, err := fill(form, c.accented, widest())
	if err != nil {
		return // a placeholder we do not know, which is a fault already
	}
	n, gsm := Segments(s)
	limit := maxPlain
	switch {
	case c.accented:
		limit = maxAccented
	case !gsm:
		c.fail("có chữ có dấu hoặc ký tự lạ không thuộc GSM-7", "there are accents or other characters that GSM-7 lacks")
		return
	}
	if n > limit {
		c.fail(fmt.Sprintf("quá dài: %d tin nhắn khi điền đủ, tối đa %d", n, limit), fmt.Sprintf("too long: %d messages when filled in, at most %d", n, limit))
	}
}

// toPerson checks words that the person, or whoever holds their phone, would read.
func (c *checker) toPerson(said string) {
	if hasLink(said) {
		c.fail("tin gửi người cần giúp không được có đường liên kết", "a text to the person must hold no link")
	}
	if w := firstOf(said, belittling()); w != "" {
		c.fail("không được nói hay hỏi người cần giúp “"+w+"”", "a text to the person must not say “"+w+"”")
	}
	if w := firstOf(said, promises()); w != "" && c.rule.BeforeClaim {
		c.fail("chưa có người nhận, không được hứa “"+w+"”", "nobody has taken the case yet: “"+w+"” is a promise")
	}
	if !c.rule.Discreet {
		return
	}
	if w := firstOf(said, telling()); w != "" {
		c.fail("tin kín không được có “"+w+"”", "a discreet text must not hold “"+w+"”")
	}
	if slices.ContainsFunc(strings.FieldsFunc(said, notInWord), looksLikeCode) {
		c.fail("tin kín không được có mã ca", "a discreet text must hold no case code")
	}
	if hasNumber(said) && c.key != OutageK { // the one text that is all that can be done (style guide, rule 2)
		c.fail("tin kín không được có số điện thoại", "a discreet text must hold no telephone number")
	}
}

// telling are the words that no discreet text may hold (style guide, rule 2), in either language whatever
// that of the text: each would tell somebody else what the number is for.
func telling() []string {
	return []string{
		"bạo lực", "nạn nhân", "công an", "tạm lánh", "hỗ trợ", "cứu", "phụ nữ", "tố giác", "trạm y tế", "tư vấn", "ca", "nguy hiểm",
		"violence", "victim", "police", "shelter", "support", "help", "helper", "rescue", "women", "woman", "report", "health station",
		"clinic", "counsel", "counselling", "advice", "abuse", "case", "danger",
	}
}

// promises imply that help is on its way (style guide, rule 4).
func promises() []string {
	return []string{
		"đang báo", "đang thu xếp", "sẽ tới", "đang tới", "sắp tới", "sẽ đến", "đang đến", "sắp đến",
		"on the way", "on its way", "is coming", "are coming", "will come", "being arranged",
	}
}

// belittling is never said to a person at risk (style guide, rule 4).
func belittling() []string {
	return []string{"bình tĩnh", "tại sao", "stay calm", "keep calm", "why"}
}

// widest are values about as long as a ward can make them. It has every placeholder there is.
func widest() map[string]string {
	return map[string]string{
		Tag: "NNNNNN", Code: "K7A", Level: "needs an answer", Needed: "a place to stay", Area: "Tổ dân phố 12",
		Cases: "K7A, M3B, P4C", Minutes: "15", Until: "06:00 06/11", Role: "đơn vị ngoài phường",
		Partner: "Công an phường", Phone: "02553999115",
	}
}

// literals returns what stands before, between and after the placeholders.
func literals(form string) []string {
	var list []string
	for {
		before, _, after, found := nextPlaceholder(form)
		list = append(list, before)
		if !found {
			return list
		}
		form = after
	}
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }

// tokens returns the words of a text in lower case, whatever stands between them.
func tokens(s string) []string { return strings.FieldsFunc(strings.ToLower(Clean(s)), notInWord) }

// firstOf returns the first of some words or phrases that a text holds, with or without accents.
func firstOf(text string, phrases []string) string {
	pad := func(s string) string { return " " + strings.Join(tokens(s), " ") + " " }
	folded := pad(Unaccent(text))
	for _, p := range phrases {
		if strings.Contains(folded, pad(Unaccent(p))) {
			return p
		}
	}
	return ""
}

// looksLikeCode reports whether a word could be a case code: two or three capitals and digits of the
// alphabet of codes, with at least one of each (contract, section 5).
func looksLikeCode(word string) bool {
	const letters, digits = "ABCDEFGHKMNPQRTVWXY", "346789"
	return (len(word) == 2 || len(word) == 3) && strings.Trim(word, letters+digits) == "" &&
		strings.ContainsAny(word, letters) && strings.ContainsAny(word, digits)
}

// hasNumber reports whether a text holds an emergency number, or digits enough for a telephone's.
func hasNumber(text string) bool {
	return firstOf(text, []string{"111", "112", "113", "114", "115"}) != "" || regexp.MustCompile(`\d([ .-]?\d){6}`).MatchString(text)
}

// hasLink reports whether a phone would show part of a text as a link.
func hasLink(text string) bool {
	return regexp.MustCompile(`(?i)://|\bwww\.|[a-z0-9]\.(vn|com|net|org|info|me)\b`).MatchString(text)
}

// Check reports every fault of our message files: a text, word or prompt that is missing or unknown,
// whatever [Faults] finds, and whatever breaks the same rules in what is said on calls. It is meant for a
// program's start and for its self-test.
func Check() error {
	all, err := editions()
	if err != nil {
		return err
	}
	var faults []error
	for _, lang := range Languages() {
		faults = append(faults, all[lang].faults(lang)...)
	}
	return errors.Join(faults...)
}

func (e edition) faults(lang Language) (faults []error) {
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{lang}, args...)...))
	}
	for _, key := range Keys() {
		w, ok := e.Texts[key]
		if !ok {
			fault("%s: %w", key, ErrUnknownKey)
			continue
		}
		for _, f := range Faults(key, lang, w) {
			fault("%s: %s", key, f.EN)
		}
	}
	for key := range e.Texts {
		if _, ok := RuleOf(key); !ok {
			fault("%s: %w", key, ErrUnknownKey)
		}
	}
	for _, name := range wordNames() {
		if w := e.Words[name]; w.Plain == "" || (lang == Vietnamese && w.Accented == "") {
			fault("word %s: %w", name, ErrUnknownKey)
		}
	}
	if extra := len(e.Words) - len(wordNames()); extra > 0 {
		fault("%d words too many", extra)
	}
	return append(faults, e.promptFaults(lang)...)
}
