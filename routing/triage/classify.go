package triage

// Classifier reads messages for one line. It is immutable and safe for
// concurrent use.
type Classifier struct {
	vocabulary *vocabulary
	code       codeWords
	dangers    []rule
	urgents    []rule
}

// New compiles a line's code words. A code word without a letter or digit is
// dropped: it would be found everywhere.
func New(words CodeWords) *Classifier {
	return &Classifier{
		vocabulary: sharedVocabulary(),
		code:       newCodeWords(words),
		dangers:    dangerRules(),
		urgents:    urgentRules(),
	}
}

// rule is one line of a table: if it fits, it decides the need and is the first
// reason.
type rule struct {
	reason Reason
	need   Need
	fits   func(*evidence) bool
}

func first(rules []rule, e *evidence) (rule, bool) {
	for _, r := range rules {
		if r.fits(e) {
			return r, true
		}
	}
	return rule{}, false
}

// Classify gives the verdict on one message. The order of the questions is the
// order in which a careful reader would ask them; the first that is answered
// decides.
func (c *Classifier) Classify(text string) Verdict {
	e := c.vocabulary.gather(text)
	v := Verdict{
		Hiding:   e.has(hide),
		NoTexts:  e.has(noTexts),
		NoCalls:  e.has(noCalls),
		Accented: accented(e.typed),
	}
	decide := func(u Urgency, n Need, lead Reason) Verdict {
		v.Urgency, v.Need, v.Reasons = u, n, e.reasons(lead)
		return v
	}

	// 1. A code word was agreed on beforehand and outweighs everything.
	if u, ok := c.code.find(e.typed); ok {
		if u == ImmediateDanger {
			return decide(u, Police, "code_word")
		}
		return decide(u, Unknown, "code_word")
	}
	// 2. Nothing was said. People who cannot write press send.
	if len(e.words) == 0 {
		return decide(Urgent, Unknown, "empty")
	}
	// 3. The message is a command or an answer as a whole.
	if wholeCommand(e.typed) {
		return decide(ReplyCommand, Unknown, "whole_command")
	}
	// 4. Danger: harm now or about to be.
	if !e.hypothetical() {
		if r, ok := first(c.dangers, e); ok {
			return decide(ImmediateDanger, r.need, r.reason)
		}
	}
	// 5. Advertisements and wrong numbers, if nothing in them asks for help.
	if reason, ok := e.nobodysBusiness(); ok {
		return decide(TestOrSpam, Unknown, reason)
	}
	// 6. Questions, reports, thanks and what is over.
	if n, reason, ok := e.informs(); ok {
		return decide(Information, n, reason)
	}
	// 7. Somebody needs a human today; what for?
	if r, ok := first(c.urgents, e); ok {
		return decide(Urgent, r.need, r.reason)
	}
	// 8. Nothing was recognised: never less than urgent.
	return decide(Urgent, Unknown, "nothing_recognised")
}

// dangerRules are tried from the top; which one fits decides the need.
func dangerRules() []rule {
	return []rule{
		{"self_harm_done", Health, func(e *evidence) bool {
			return e.has(harmDone) && !e.has(wish, past, safe) && !e.surelySpam()
		}},
		{"pregnant_hit", Health, func(e *evidence) bool {
			return e.has(womb) && e.has(violence) && e.has(injury) && !e.stale() && !e.has(habit) && !e.threatened()
		}},
		{"killing", Police, func(e *evidence) bool {
			return e.has(kill) && (!e.spammy() || e.has(me)) && !e.has(past) && !(e.has(remote) && !e.has(soon, ongoing, near, chase, plea, policeCall)) && !e.surelySpam()
		}},
		{"self_harm_now", Counsel, func(e *evidence) bool {
			return !e.spammy() && (e.has(harmNow) && !e.has(past) ||
				e.has(harmIdea, harmDone) && !e.has(past, habit) && e.has(ongoing, soon, now, present, poison, harmOther) && e.count(harmIdea)+e.count(harmDone) > 0) ||
				e.has(harmOther) && !e.has(past)
		}},
		{"severe_injury", Health, func(e *evidence) bool {
			return e.has(severe) && !e.stale() && !e.has(safe) && !e.surelySpam() && !e.threatened() && !e.attackerNear() &&
				(e.count(severe) > 1 || e.has(perp, self, violence, womb, plea, ongoing, now))
		}},
		{"arson", Police, func(e *evidence) bool { return e.has(arson) && !e.stale() && !e.surelySpam() }},
		{"grave_violence", Police, func(e *evidence) bool { return e.has(grave) && !e.stale() && !e.has(past) && !e.surelySpam() }},
		{"weapon", Police, func(e *evidence) bool {
			return !e.surelySpam() && !e.stale() && (e.armed && !e.has(habit) || e.armed && e.acute ||
				e.has(weapon) && (e.attackerNear() || e.has(policeCall, plea, hide, fear, noCalls, kill, threat) || len(e.words) <= 4))
		}},
		{"breaking_in", Police, func(e *evidence) bool { return e.has(breakIn) && !e.stale() && !e.has(habit) && !e.surelySpam() }},
		{"abduction", Police, func(e *evidence) bool { return e.has(abduct) && !e.stale() && !e.surelySpam() }},
		{"confined", Police, func(e *evidence) bool {
			return e.has(confine) && !e.has(past) && !(e.has(recent) && e.has(shelter)) && !e.surelySpam()
		}},
		{"captive", Police, func(e *evidence) bool {
			return e.has(captive) && e.has(traffic, violence, plea, whisper) && !e.stale() && !e.surelySpam() || e.count(captive) > 1
		}},
		{"child_abuse_now", Police, func(e *evidence) bool {
			return e.has(childSex, rape) && !e.stale() && (e.acute || e.attackerNear() || e.has(hide, confine, plea, policeCall))
		}},
		{"violence_now", Police, func(e *evidence) bool { return e.has(violence) && e.acute && !e.surelySpam() }},
		{"attacker_near", Police, func(e *evidence) bool {
			return !e.surelySpam() && (e.has(chase) && (e.has(violence, threat, fear, whisper, hide, rape, childSex, plea, policeCall, noCalls, noTexts, alcohol) || e.count(chase) > 1) ||
				e.has(near) && e.has(violence, hide, threat, alcohol, policeCall, whisper, noCalls, noTexts))
		}},
		{"hiding", Police, func(e *evidence) bool {
			return e.has(hide) && !e.stale() && !e.spammy() && e.has(violence, threat, perp, fear, whisper, noCalls, noTexts, alcohol)
		}},
		{"whispering", Police, func(e *evidence) bool {
			return e.has(whisper) && !e.spammy() && !e.has(habit) && (e.attackerNear() || e.address())
		}},
		{"heard_violence", Police, func(e *evidence) bool {
			return e.has(noise) && e.has(violence, threat) && e.has(third, child) && !e.has(habit, recent, past)
		}},
		{"begs_attacker", Police, func(e *evidence) bool { return e.has(stopIt) && !e.spammy() }},
		{"police_called", Police, func(e *evidence) bool {
			return e.has(policeCall) && !e.question && !e.has(ask) && !e.stale() && !e.spammy() &&
				(e.has(haste, violence, fear, plea, pleaWeak, noCalls, threat, alcohol, ongoing, now, perp, third) || e.address())
		}},
		{"violence_and_plea", Police, func(e *evidence) bool {
			return e.has(plea) && !e.surelySpam() && (!e.has(joke) || e.has(violence)) && e.has(violence, threat, perp, fear, third, rape, childSex, image, traffic)
		}},
		{"violence_and_haste", Police, func(e *evidence) bool {
			return e.has(violence) && e.has(haste, policeCall) && !e.stale() && !e.has(habit) && !e.question
		}},
		{"pictures_of_danger", Police, func(e *evidence) bool {
			return e.pictures() && e.has(violence, weapon, severe)
		}},
		{"plea", Unknown, func(e *evidence) bool {
			return e.has(plea) && !e.has(joke) && !e.spammy() ||
				e.has(pleaWeak) && !e.spammy() && !e.question && e.bare()
		}},
	}
}

// urgentRules choose the need of what is urgent.
func urgentRules() []rule {
	return []rule{
		{"killing", Police, func(e *evidence) bool { return e.has(kill, grave, arson, confine, abduct, breakIn) && !e.has(shelter) }},
		{"trafficking", Police, func(e *evidence) bool { return e.has(traffic, broker, captive) }},
		{"child_abuse", Police, func(e *evidence) bool {
			return e.has(childSex) || e.has(child, elder) && e.has(violence, injury, rape, confine) && !e.has(shelter) && !e.has(adultHit)
		}},
		{"threat", Police, func(e *evidence) bool { return e.has(image, stalk) || e.has(threat, near) && !e.has(shelter) }},
		{"shelter", Shelter, func(e *evidence) bool { return e.has(shelter) }},
		{"rape", Health, func(e *evidence) bool { return e.has(rape) && (e.has(recent, injury, womb, now) || !e.has(habit)) }},
		{"injury", Health, func(e *evidence) bool {
			return e.has(severe, injury) || e.has(healthWord) && e.has(me) || e.has(womb) && e.has(violence)
		}},
		{"attack_expected", Police, func(e *evidence) bool {
			return e.has(fear) && e.has(alcohol, chase, violence, euphemism) && e.has(soon, chase)
		}},
		{"outsider_violence", Police, func(e *evidence) bool {
			return e.has(violence) && e.has(third, outsider)
		}},
		{"police_wanted", Police, func(e *evidence) bool { return e.has(policeCall) && !e.question }},
		{"self_harm_idea", Counsel, func(e *evidence) bool { return e.has(harmIdea, harmDone, harmNow) }},
		{"violence", Counsel, func(e *evidence) bool {
			return e.has(violence, rape, abuseWord, insult, control, forcedMarriage, figurative)
		}},
		{"distress", Counsel, func(e *evidence) bool {
			return e.has(distress, affair, alcohol, fear) || e.has(euphemism) && e.has(perp) && e.has(habit, recent)
		}},
		{"trouble_hinted", Unknown, func(e *evidence) bool { return e.has(euphemism, plea, pleaWeak, whisper, hide, chase, weapon, haste) }},
	}
}
