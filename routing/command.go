package routing

import (
	"slices"
	"strings"

	"github.com/tincay/hotline/routing/triage"
)

// Command is a text read as a command. Code is empty if none was given.
type Command struct {
	Verb Verb
	Code Code
}

// tails are the folded words that may follow a command without changing it ("1 nha", "xong roi").
func tails() []string { return []string{"nha", "nhe", "nghe", "a", "roi", "em", "chi", "anh"} }

// ofDuty reports whether a command is about the contact's own duty, not about any case.
func (c Command) ofDuty() bool {
	return c.Verb == VerbHelp || c.Verb == VerbOffDuty || c.Verb == VerbOnDuty
}

// isTail reports whether a folded word is one of the tails.
func isTail(word string) bool { return slices.Contains(tails(), word) }

// ParseCommand reads a contact's text as a command. A command is the whole message, or the command and a
// case code, give or take a small tail: "ban" alone declines, "Bạn ơi, bạn ở đâu?" is words for the person.
func ParseCommand(text string) Command {
	if isQuestionMark(text) {
		return Command{Verb: VerbHelp}
	}
	rest := strings.Fields(triage.FoldPlain(text))
	var cmd Command
	for first := true; len(rest) > 0; first = false {
		verb, words := spelled(FromContact, rest)
		code, isCode := parseCode(rest[0])
		switch {
		case words > 0 && cmd.Verb == VerbNone:
			cmd.Verb = verb
			rest = rest[words:]
			continue
		case isCode && cmd.Code == "":
			cmd.Code = code
		case isTail(rest[0]) && !first:
		case first:
			// "1k7": the digits that are commands are in no code.
			verb, words = spelled(FromContact, []string{rest[0][:1]})
			code, isCode = parseCode(rest[0][1:])
			if words == 0 || !isCode {
				return Command{}
			}
			cmd = Command{Verb: verb, Code: code}
		default:
			return Command{}
		}
		rest = rest[1:]
	}
	if cmd.Verb == VerbNone {
		return Command{}
	}
	return cmd
}

// ParsePersonWord reads a person's text as one of the words they can send: the whole message, give or
// take a small tail. HELP, GIUP, TRO GIUP, CUU and SOS are cries for help and never among them.
func ParsePersonWord(text string) Verb {
	words := strings.Fields(triage.FoldPlain(text))
	verb, n := spelled(FromPerson, words)
	if n == 0 {
		return VerbNone
	}
	for _, word := range words[n:] {
		if !isTail(word) {
			return VerbNone
		}
	}
	return verb
}

// isQuestionMark reports whether a text is nothing but question marks, which folding would drop.
func isQuestionMark(text string) bool {
	trimmed := strings.TrimSpace(text)
	return trimmed != "" && strings.Trim(trimmed, "?") == ""
}

// codeLetters and codeDigits leave out what is mistaken for something else when read or heard.
const (
	codeLetters = "ABCDEFGHKMNPQRTVWXY"
	codeDigits  = "346789"
)

// Code lengths: two characters while the line has few cases, three when those are taken. Longer ones
// are given only when a flood of texts has used up all of those, because no request is refused for want
// of a name.
const (
	minCode = 2
	maxCode = 6
)

// parseCode reads a word as a case code: characters of the two sets, at least one of each.
func parseCode(word string) (Code, bool) {
	if len(word) < minCode || len(word) > maxCode {
		return "", false
	}
	code := strings.ToUpper(word)
	letters, digits := 0, 0
	for i := range len(code) {
		switch {
		case strings.IndexByte(codeLetters, code[i]) >= 0:
			letters++
		case strings.IndexByte(codeDigits, code[i]) >= 0:
			digits++
		default:
			return "", false
		}
	}
	return Code(code), letters > 0 && digits > 0
}

// NewCodes makes candidates for the code of a new case, shortest first, from random numbers below the
// bound it is given. The first that is free is to be used.
func NewCodes(random func(below int) int) []Code {
	lengths := []int{2, 2, 3, 3, 3, 4, 6}
	codes := make([]Code, len(lengths))
	for i, n := range lengths {
		codes[i] = newCode(n, random)
	}
	return codes
}

func newCode(n int, random func(below int) int) Code {
	const all = codeLetters + codeDigits
	b := make([]byte, n)
	for i := range b {
		b[i] = all[random(len(all))]
	}
	// A letter first, because "7h" is a time and "9k" a price; a digit somewhere, because words have none.
	b[0] = codeLetters[random(len(codeLetters))]
	b[1+random(n-1)] = codeDigits[random(len(codeDigits))]
	return Code(b)
}

// addressed splits a helper's text into the code it begins or ends with, if that names one of cases,
// and the words without it.
func addressed(text string, cases []*Case) (*Case, string) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil, text
	}
	trimmed, first, last := strings.TrimSpace(text), words[0], words[len(words)-1]
	if c := byCodeWord(first, cases); c != nil {
		return c, strings.TrimSpace(trimmed[len(first):])
	}
	if c := byCodeWord(last, cases); c != nil {
		return c, strings.TrimSpace(trimmed[:len(trimmed)-len(last)])
	}
	return nil, text
}

func byCodeWord(word string, cases []*Case) *Case {
	code := strings.ToUpper(strings.Trim(word, " \t\r\n.,:;!?()[]-"))
	return byCode(Code(code), cases)
}

func byCode(code Code, cases []*Case) *Case {
	for _, c := range cases {
		if code != "" && c.Code == code {
			return c
		}
	}
	return nil
}
