package texts

import (
	"fmt"
	"slices"
	"strings"
)

// Utterance is a stretch of a prompt that is spoken in one voice.
type Utterance struct {
	Language Language
	Text     string
}

// speech is the wording of a prompt in one language.
type speech struct {
	Say         string `yaml:"say"`
	ThenEnglish string `yaml:"then_english"` // a last sentence for who does not understand what came before
}

// promptRule is what must hold for a prompt whatever its wording.
type promptRule struct {
	prompt Prompt
	to     Audience
	// early: may be said while no human has taken the case, so it must not imply that help comes.
	early bool
	// discreet: may be heard by somebody else who picks up, or who redials from the list of calls; says
	// nothing of violence, help, authorities or cases.
	discreet bool
	// seconds it takes to say: the table of the style guide (section 4), and its 3.6 syllables a second for
	// those that the table lacks.
	seconds int
}

// promptRules returns the table in the order in which prompts are declared. It is built anew each time so
// that no caller can change it for the others.
func promptRules() []promptRule {
	const early, discreet = true, true
	return []promptRule{
		{PromptGreet, ToPerson, early, discreet, 2},
		{PromptKeys, ToPerson, early, false, 8},
		{PromptHold, ToPerson, early, false, 3},
		{PromptHoldQuiet, ToPerson, early, false, 6},
		{PromptNobody, ToPerson, early, false, 5},
		{PromptJoined, ToPerson, false, false, 3},
		{PromptVoicemail, ToPerson, early, false, 9},
		{PromptVoicemailEnd, ToPerson, early, false, 4},
		{PromptAnother, ToPerson, false, false, 5},
		{PromptOutNeutral, ToPerson, early, discreet, 6},

		{PromptHelperCall, ToHelper, early, false, 5},
		{PromptHelperDanger, ToHelper, early, false, 5},
		{PromptHelperQuestion, ToHelper, early, false, 5},
		{PromptHelperJoined, ToHelper, false, false, 4},
		{PromptHelperLate, ToHelper, false, false, 4},
		{PromptHelperMenu, ToHelper, false, false, 6},
		{PromptHelperTaken, ToHelper, false, false, 7},
		{PromptHelperDeclined, ToHelper, early, false, 3},
		{PromptHelperClosed, ToHelper, false, false, 3},
		{PromptCallerLeft, ToHelper, false, false, 2},

		// Said to a contact as well; the rules for the person are the stricter ones.
		{PromptRetry, ToPerson, early, discreet, 3},
	}
}

// Prompts returns all prompts, in the order in which they are declared.
func Prompts() []Prompt {
	table := promptRules()
	prompts := make([]Prompt, len(table))
	for i, r := range table {
		prompts[i] = r.prompt
	}
	return prompts
}

// SpokenSeconds returns about how long it takes to say a prompt, in whole seconds, in whatever language; 0
// for one that does not exist. It is for timing what comes after, not for measuring recordings.
func SpokenSeconds(p Prompt) int {
	for _, r := range promptRules() {
		if r.prompt == p {
			return r.seconds
		}
	}
	return 0
}

// Spoken returns the wording of a prompt in a language; false if there is no such prompt or language.
func Spoken(lang Language, p Prompt) (string, bool) {
	list := Utterances(lang, p)
	said := make([]string, len(list))
	for i, u := range list {
		said[i] = u.Text
	}
	return strings.Join(said, " "), len(list) > 0
}

// Utterances returns the wording of a prompt in a language, split where it has to be spoken in another
// one: the offer of English is itself in English. There is none if there is no such prompt or language.
func Utterances(lang Language, p Prompt) []Utterance {
	all, err := editions()
	if err != nil {
		return nil
	}
	s, ok := all[lang].Prompts[p]
	if !ok {
		return nil
	}
	list := []Utterance{{lang, s.Say}}
	if s.ThenEnglish != "" {
		list = append(list, Utterance{English, s.ThenEnglish})
	}
	return list
}

// promptFaults reports what is wrong with the wording of the prompts in one language.
func (e edition) promptFaults(lang Language) (faults []error) {
	for _, r := range promptRules() {
		s, ok := e.Prompts[r.prompt]
		if !ok {
			faults = append(faults, fmt.Errorf("%s: prompt %s: %w", lang, r.prompt, ErrUnknownKey))
			continue
		}
		for _, f := range r.check(lang, s) {
			faults = append(faults, fmt.Errorf("%s: prompt %s: %s", lang, r.prompt, f))
		}
	}
	for p := range e.Prompts {
		if !slices.Contains(Prompts(), p) {
			faults = append(faults, fmt.Errorf("%s: prompt %s: %w", lang, p, ErrUnknownKey))
		}
	}
	return faults
}

// check returns what is wrong with one wording. It holds prompts to the rules that texts of the same
// audience are held to, but for length and alphabet.
func (r promptRule) check(lang Language, s speech) (faults []string) {
	said := strings.TrimSpace(s.Say + " " + s.ThenEnglish)
	switch {
	case len(tokens(s.Say)) == 0:
		return []string{"the wording is missing"}
	case lang == Vietnamese && Unaccent(s.Say) == s.Say:
		faults = append(faults, "a voice cannot read Vietnamese without accents")
	case lang == English && s.ThenEnglish != "":
		faults = append(faults, "English needs no English after it")
	}
	if strings.ContainsAny(said, "{}[]<>") {
		faults = append(faults, "nothing is filled into a prompt, and a voice reads brackets out")
	}
	if r.to == ToPerson {
		c := checker{rule: Rule{To: r.to, BeforeClaim: r.early, Discreet: r.discreet}}
		c.toPerson(said)
		for _, f := range c.faults {
			faults = append(faults, f.EN)
		}
	}
	return faults
}
