package triage

import "strings"

// abbreviations reads text as it is typed on phones: shortened, without
// accents, in raw keystrokes.
type abbreviations struct {
	typing *typing
	forms  map[string][]abbreviation // by folded form
}

type abbreviation struct {
	typed   word
	meaning []word
}

// moreAbbreviations are added to the lexicon's, "form=meaning".
const moreAbbreviations = "khg=không kh=không kp=không|phải kbt=không|biết kbik=không|biết dag=đang đag=đang đg=đang dg=đang " +
	"trc=trước nc=nước bjo=bây|giờ bgio=bây|giờ bg=bây|giờ ox=ông|xã bx=bà|xã gđ=gia|đình đt=điện|thoại " +
	"iu=yêu wen=quen wá=quá tl=trả|lời hok=không hk=không hông=không hổng=không hem=không hẻm=hẻm ngừi=người ngui=người nhìu=nhiều nhiu=nhiều " +
	"mún=muốn bít=biết bik=biết thik=thích lun=luôn thoy=thôi cđ=cộng|đồng cs=cảnh|sát csgt=cảnh|sát sn=sinh|nhật " +
	"vchong=vợ|chồng chog=chồng zay=vậy dzậy=vậy zậy=vậy dz=vậy zo=vô dô=vô dzo=vô ib=nhắn|tin plz=please pls=please " +
	"hp=help omg=omg u=ừ ctay=chia|tay dki=đăng|ký dk=đăng|ký đk=đăng|ký thg=thằng thag=thằng nyc=người|yêu|cũ " +
	"trog=trong xog=xong nv=nhân|viên qtam=quan|tâm bh=bây|giờ cíu=cứu qa=quá wa=quá hqa=hôm|qua tqua=tối|qua " +
	"trảlời=trả|lời huhu=khóc hix=khóc hic=khóc uốg=uống đánhh=đánh vn=vẫn"

// afterNumber are forms that are a unit when a number stands before them.
const afterNumber = " k kg m t b c h g tr "

func newAbbreviations() *abbreviations {
	a := &abbreviations{forms: map[string][]abbreviation{}}
	add := func(form string, meaning []word) {
		typed := split(form)
		if len(typed) != 1 || len(meaning) == 0 {
			return // a phrase of two words is found word by word
		}
		for i := range meaning {
			meaning[i].clause = 0
		}
		a.forms[typed[0].plain] = append(a.forms[typed[0].plain], abbreviation{typed: typed[0], meaning: meaning})
	}
	for _, row := range lexiconRows() {
		// ba, ổng and the like are spelled out in the phrase files; ca is police
		// only where a verb of calling says so, see read.
		if row.kind != "abbr" || row.surface == "ca" || row.surface == "tui" {
			continue
		}
		meaning := row.meaning
		if i := strings.IndexAny(meaning, "(;/"); i >= 0 {
			meaning = meaning[:i]
		}
		add(row.surface, split(meaning))
	}
	for form := range strings.FieldsSeq(moreAbbreviations) {
		form, meaning, _ := strings.Cut(form, "=")
		add(form, split(strings.ReplaceAll(meaning, "|", " ")))
	}
	forms := make([]string, 0, len(a.forms))
	for plain := range a.forms {
		forms = append(forms, plain)
	}
	a.typing = newTyping(forms)
	return a
}

// read gives the words that were meant.
func (a *abbreviations) read(text string) []word { return a.expand(split(text)) }

func (a *abbreviations) expand(typed []word) []word {
	words := make([]word, 0, len(typed)+len(typed)/4+1)
	careful, english := carefully(typed), inEnglish(typed)
	for i, w := range typed {
		if w.symbol || isDigit(w.plain[0]) {
			words = append(words, w)
			continue
		}
		w = collapse(w)
		if english {
			words = append(words, w) // "a" is no anh there
			continue
		}
		if meaning := a.meaning(w, typed, i); meaning != nil {
			for _, m := range meaning {
				m.clause = w.clause
				words = append(words, m)
			}
			continue
		}
		words = append(words, a.typing.undo(w))
	}
	if careful {
		for i := range words {
			words[i].careful = true
		}
	}
	return words
}

// inEnglish says whether two words at least are English and nothing else.
func inEnglish(typed []word) bool {
	n := 0
	for _, w := range typed {
		if w.marked() {
			return false
		}
		if companion(w.plain, " the my is has she and with please what how where you your was will have husband help call want need "+
			"this that can not hes shes its police from out hit hits beat beating kill knife gun dont someone somebody stop where when open ") {
			n++
		}
	}
	return n >= 2
}

// carefully says whether a text is typed with its accents: six words in ten.
// About three in ten have none to type.
func carefully(typed []word) bool {
	marked := 0
	for _, w := range typed {
		if w.marked() {
			marked++
		}
	}
	return marked >= 3 && marked*10 >= len(typed)*6
}

func (a *abbreviations) meaning(w word, typed []word, i int) []word {
	last := i == len(typed)-1 || typed[i+1].clause != w.clause
	var before string
	if i > 0 {
		before = typed[i-1].plain
	}
	switch {
	case w.plain == "ca" && !w.marked():
		// THEM CA and "gọi ca" are the police; "ca" alone is a shift or a case.
		if strings.Contains(" goi bao nho keu alo kiu dien ", " "+before+" ") && before != "" {
			return split("công an")
		}
		return nil
	case w.plain == "a" && (last || w.marked()):
		return nil // the particle ạ
	case before != "" && isDigit(before[0]) && strings.Contains(afterNumber, " "+w.plain+" "):
		return nil
	}
	for _, f := range a.forms[w.plain] {
		// A form with accents is read only where they were typed: dô is vô, but
		// do is many words.
		if w.marks == f.typed.marks && w.tone == f.typed.tone {
			return f.meaning
		}
	}
	return nil
}
