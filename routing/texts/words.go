package texts

// fallback words, used where a caller's word has no entry of its own.
const (
	urgencyDefault = "information"
	needDefault    = "unknown"
)

// wordNames lists the words every message file must hold.
func wordNames() []string {
	return []string{
		"urgency.immediate_danger", "urgency.urgent", "urgency.information",
		"need.police", "need.health", "need.shelter", "need.counsel", "need.unknown",
		"kind.trusted_address", "kind.health_station", "kind.police", "kind.chair", "kind.supervisor", "kind.outside",
		"area.unknown", "relay.to_person",
	}
}

// word looks a word up; an empty result means that there is none.
func word(lang Language, accented bool, name string) string {
	all, err := editions()
	if err != nil {
		return ""
	}
	e, ok := all[lang]
	if !ok {
		e = all[Vietnamese]
	}
	return e.Words[name].in(accented)
}

// Urgency returns the word for [Level]. The urgency is one of triage's words (immediate_danger, urgent,
// information), taken as a plain string because this package is a sibling of triage. Any other, such as
// test_or_spam, runs as information and is worded so. An unknown language is taken for Vietnamese.
func Urgency(lang Language, accented bool, urgency string) string {
	if w := word(lang, accented, "urgency."+urgency); w != "" {
		return w
	}
	return word(lang, accented, "urgency."+urgencyDefault)
}

// Need returns the word for [Needed]. The need is one of triage's words (police, health, shelter,
// counsel, unknown); any other is worded as unknown. An unknown language is taken for Vietnamese.
func Need(lang Language, accented bool, need string) string {
	if w := word(lang, accented, "need."+need); w != "" {
		return w
	}
	return word(lang, accented, "need."+needDefault)
}

// Kind returns the word for [Role]. The kind is one of the line file's, taken as a plain string; any other
// gives "". An unknown language is taken for Vietnamese.
func Kind(lang Language, accented bool, kind string) string {
	return word(lang, accented, "kind."+kind)
}

// AreaUnknown returns the word for [Area] when the person's words name no area.
func AreaUnknown(lang Language, accented bool) string {
	return word(lang, accented, "area.unknown")
}

// RelayToHelper returns a person's words as the helper who took the case gets them. The words are as
// written, apart from [Clean]; square brackets around the code would cost two GSM-7 characters each.
func RelayToHelper(code, words string) string {
	return Clean(code + ": " + words)
}

// RelayToPerson returns a helper's words as the person gets them: as written, apart from [Clean], and
// without anything before them unless discreet is false (the number is marked safe).
func RelayToPerson(lang Language, accented, discreet bool, words string) string {
	if discreet {
		return Clean(words)
	}
	return Clean(word(lang, accented, "relay.to_person") + ": " + words)
}
