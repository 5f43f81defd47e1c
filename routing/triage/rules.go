package triage

import "slices"

// The conditions that the tables of classify.go are written in.

// distressKinds are those that keep a message from being an advertisement.
var distressKinds = setOf(violence, grave, kill, threat, weapon, breakIn, arson, confine, abduct, chase, rape, childSex,
	image, stalk, broker, traffic, severe, harmDone, harmNow, harmIdea, harmOther, hide, plea, policeCall, fear, forcedMarriage, stopIt, captive, figurative)

// threatened: somebody is armed, or threatens with death or fire.
func (e *evidence) threatened() bool { return e.armed || e.has(weapon, kill, arson, breakIn, confine) }

// attackerNear: who does it is at hand or coming.
func (e *evidence) attackerNear() bool { return e.has(chase, near) }

// hypothetical: a question about what the law or the line would do, in which
// nothing happens to the writer.
func (e *evidence) hypothetical() bool {
	if !(e.question || e.has(ask)) || !e.has(law, thirdCase, staff, paper, service) {
		return e.has(thirdCase, staff) && !e.has(plea, policeCall, me)
	}
	return !e.has(plea, present, hide, chase, near, fear, weapon, harmNow, harmDone, soon) && !e.acute && !e.personal()
}

// personal: the writer tells of harm to themselves or theirs.
func (e *evidence) personal() bool {
	return e.has(me) && (e.suffers || e.has(perp) && e.seen.meets(harms))
}

// address: the message says where.
func (e *evidence) address() bool {
	for i, w := range e.typed {
		if w.plain == "" || !isDigit(w.plain[0]) {
			continue
		}
		if i > 0 && companion(e.typed[i-1].plain, " so nha hem to phong kiet ngo ngach duong tang thon khu xom lau ") ||
			i+1 < len(e.typed) && companion(e.typed[i+1].plain, " hem to duong kiet ngo ngach ") {
			return true
		}
	}
	return false
}

// bare: hardly more than a cry.
func (e *evidence) bare() bool {
	n := 0
	for _, w := range e.words {
		if !companion(w.plain, " chi anh em oi a e c voi toi tui con minh co chu cac ban nhe nha di giup ") {
			n++
		}
	}
	return n <= 1
}

// pictures: the message is emoji only.
func (e *evidence) pictures() bool {
	for _, w := range e.words {
		if !w.symbol {
			return false
		}
	}
	return true
}

func accented(typed []word) bool {
	for _, w := range typed {
		if w.marked() {
			return true
		}
	}
	return false
}

// nobodysBusiness: an advertisement, a wrong number, a joke or a trial.
func (e *evidence) nobodysBusiness() (Reason, bool) {
	strong := e.seen
	if e.has(joke) && !e.has(perp) {
		strong = strong.without(setOf(fear)) // a film can be frightening
	}
	if strong.meets(distressKinds) || e.has(perp) && e.has(control, insult, affair) {
		return "", false
	}
	info := e.has(law, staff, shelterWord) || e.has(service, paper) && (e.has(ask) || e.question) && !e.has(ad)
	switch {
	case e.spammy() && !info && e.has(everyday):
		return "everyday_talk", true
	case e.spammy() && !info:
		return "advertisement", true
	case e.has(trial) && !e.has(ask):
		return "trial", true
	case e.has(joke):
		return "joke", true
	}
	return "", false
}

// informs: what can wait for the next working day, and the need it hints at.
func (e *evidence) informs() (Need, Reason, bool) {
	personal := e.personal()
	grim := e.has(policeCall) && !e.question && !e.has(ask) || e.has(plea, hide, fear, weapon, harmIdea, harmNow, harmDone, chase, near, kill, stopIt) || e.acute
	switch {
	case grim:
		return "", "", false
	case e.has(askFor) && !personal:
		return e.topic(Counsel), "asks_for_somebody", true
	case e.has(withdraw) && !e.seen.meets(harms):
		return Unknown, "withdrawal", true
	case !e.calmed.empty() && e.calmed.meets(setOf(violence, grave, insult, alcohol, control, threat)) && !e.seen.meets(harms) && !e.has(distress, shelter):
		return Unknown, "no_longer", true
	case e.has(past) && !e.has(shelter, kill, threat, stalk, image, confine) && !(e.has(still) && e.has(violence)):
		return Counsel, "long_past", true
	case e.has(staff) && !personal:
		return Unknown, "report", true
	case e.has(thanks) && e.has(safe) && !e.seen.meets(harms), e.has(thanks, safe, calmWord) && !e.seen.meets(harms) && !e.has(distress, shelter):
		return Unknown, "thanks_or_safe", true
	case e.has(thirdCase) && !personal:
		return e.topic(Unknown), "public_case", true
	case e.has(probe) && !personal:
		return Unknown, "asks_who_this_is", true
	case e.has(paper) && !e.seen.meets(harms) && !e.has(distress, shelter, injury, womb):
		return e.topic(Unknown), "paper", true
	case e.has(volunteer) && !personal:
		return Unknown, "volunteer", true
	case (e.question || e.has(ask)) && e.has(law, paper, service, shelterWord, healthWord, policeService) && !personal && !(e.has(shelter) && !e.has(service)):
		return e.topic(Unknown), "question", true
	}
	return "", "", false
}

// topic is the need a question is about.
func (e *evidence) topic(otherwise Need) Need {
	switch {
	case e.has(shelterWord):
		return Shelter
	case e.has(law) && !e.has(policeService) || e.has(violence, abuseWord) && e.has(law):
		return Counsel
	case e.has(healthWord):
		return Health
	case e.has(policeService):
		return Police
	default:
		return otherwise
	}
}

// Reasons are all that a verdict may give: the rules' names and the kinds of
// evidence. Logs and metrics may rely on the set being closed.
func Reasons() []Reason {
	all := []Reason{"code_word", "empty", "whole_command", "nothing_recognised",
		"everyday_talk", "advertisement", "trial", "joke",
		"asks_for_somebody", "withdrawal", "no_longer", "long_past", "report", "thanks_or_safe", "public_case",
		"asks_who_this_is", "paper", "volunteer", "question"}
	for _, r := range append(dangerRules(), urgentRules()...) {
		all = append(all, r.reason)
	}
	for k, name := range kindNames() {
		if !quietKinds.has(kind(k)) {
			all = append(all, Reason(name))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
