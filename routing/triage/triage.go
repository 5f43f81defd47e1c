// Package triage reads one text message and says how urgent it is and what
// kind of help it asks for.
//
// It promises: a verdict for any bytes whatever, without panicking, always from
// the closed sets below; the same verdict for a text however its letters are
// encoded or capitalised; and never less than [Urgent] for a text in which
// nothing was recognised, because silence is also how people ask for help.
// [Information] and [TestOrSpam] are given on positive evidence only, and when
// the evidence is divided the higher urgency wins: a false alarm costs a
// minute, a missed danger may cost a life.
//
// It refuses: to remember anything, to read a clock or a network, and to carry
// the person's words anywhere. Reasons come from a closed set and may be
// logged. A verdict orders the queue; it never blocks a human, and commands are
// carried out elsewhere, by whoever knows who is writing.
//
// The rules stand in classify.go in the order in which they are tried.
package triage

// Urgency says how soon a human must look at a message.
type Urgency string

// The five urgencies, as `hotline triage` prints them.
const (
	// ImmediateDanger is harm that happens now or is about to: a weapon, a
	// locked door, a severe injury, a suicide under way, a bare cry for help.
	ImmediateDanger Urgency = "immediate_danger"
	// Urgent needs a person today. It is also the verdict on a message that
	// says nothing, or nothing that was understood.
	Urgent Urgency = "urgent"
	// Information is a question, a report or thanks; the next working day will do.
	Information Urgency = "information"
	// TestOrSpam is an advertisement, a carrier's notice, a wrong number or a
	// trial of the line.
	TestOrSpam Urgency = "test_or_spam"
	// ReplyCommand is a message that is an answer or a command as a whole.
	ReplyCommand Urgency = "reply_command"
)

// Severity orders urgencies: 3 for immediate danger, 2 for urgent, 1 for
// information, 0 for what needs nobody (and for a value outside the set).
func (u Urgency) Severity() int {
	switch u {
	case ImmediateDanger:
		return 3
	case Urgent:
		return 2
	case Information:
		return 1
	default:
		return 0
	}
}

// Need says which kind of help fits first.
type Need string

// The five needs, in the order in which they are considered: the first that
// fits is given.
const (
	// Police fits an attacker who is near or able to come, a threat to kill,
	// sexual violence against a child, trafficking, brokerage and stalking.
	Police Need = "police"
	// Health fits an injury, poison or rape.
	Health Need = "health"
	// Shelter fits a person who has nowhere safe to sleep.
	Shelter Need = "shelter"
	// Counsel fits somebody who needs to talk, or asks what the law says.
	Counsel Need = "counsel"
	// Unknown is a need the text does not tell.
	Unknown Need = "unknown"
)

// Reason names one piece of evidence behind a verdict. The set is closed, see
// [Reasons]; a reason never holds the person's words and may be logged.
type Reason string

// CodeWords are the phrases a line has agreed on with people at risk. They are
// found anywhere in a message, accents and case ignored. Neither list has a
// default: a code word printed in a manual protects nobody.
type CodeWords struct {
	// Urgent means: need help, nothing more is known.
	Urgent []string
	// ImmediateDanger means: danger now, send the police.
	ImmediateDanger []string
}

// Verdict is what one message was taken for.
type Verdict struct {
	Urgency Urgency
	Need    Need
	// Reasons are never empty; the rule that decided the urgency comes first.
	Reasons []Reason
	// Hiding: the person says that they hide. No automatic text may reach a
	// phone that can be heard.
	Hiding bool
	// NoTexts: the person asks not to be written to.
	NoTexts bool
	// NoCalls: the person asks not to be called.
	NoCalls bool
	// Accented: the text has Vietnamese diacritics, so the phone shows them.
	Accented bool
}
