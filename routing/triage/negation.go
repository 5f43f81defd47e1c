package triage

// deniable are the kinds of which people say that they do not happen, or no
// longer. A plea is not: "không ai cứu" is one too.
var deniable = setOf(violence, grave, kill, threat, weapon, tool, breakIn, arson, confine, rape, childSex, insult,
	control, severe, injury, harmIdea, alcohol, euphemism, pleaWeak, stalk, near, chase, abuseWord, noTexts, shelter, image)

// denied says whether a negation just before a hit calms it. "không" before an
// act calms ("không còn đánh", "hết bị đánh", "hong con danh nua"); before an
// ability it alarms ("không dám về", "không thở được"), and those phrases stand
// in the lexicon whole, so that they never come here. What takes the calm back:
//
//   - a consequence: "không đánh thì chửi", "không đánh cũng đập đồ";
//   - a contrast: "không đánh mà bóp cổ" calms the first, not the second;
//   - a return: "hết đánh rồi lại đánh" (lại between negation and act).
func (e *evidence) denied(h hit) bool {
	clause := e.words[h.from].clause
	for i := h.from - 1; i >= 0 && h.from-i <= 4 && e.words[i].clause == clause; i-- {
		switch w := e.words[i]; w.plain {
		case "lai", "nhung", "ma", "thi", "roi", "dang", "van", "vua", "la", "dam", "biet", "cho", "the", "chiu", "hay", "ngung":
			return false
		case "khong", "chua", "chang", "het", "thoi", "not", "never", "stopped", "longer", "cha":
			if w.plain == "thoi" && w.marked() && w.tone != 0 || w.plain == "cha" && w.tone != '?' {
				continue
			}
			return !e.takenBack(h)
		}
	}
	return false
}

// takenBack looks behind the denied act for a consequence.
func (e *evidence) takenBack(h hit) bool {
	clause := e.words[h.from].clause
	for i := h.to; i < len(e.words) && i-h.to < 4 && e.words[i].clause == clause; i++ {
		switch e.words[i].plain {
		case "thi", "cung":
			return true
		}
	}
	return false
}
