package routing

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

// CallID is the carrier's id of a call.
type CallID string

// Ask is what a leg is for, and with that what its keys mean.
type Ask string

// What legs are for.
const (
	AskHelp    Ask = "help"     // the person: 1-4 as in texts, 0 for somebody else, 6 for a message, 9 for English
	AskTalk    Ask = "talk"     // the person, called back: 1 to talk
	AskTake    Ask = "take"     // a contact: 1 to take or join the case, 0 to decline, 5 if they need help themselves
	AskJoin    Ask = "join"     // a helper of the case: 1 to be joined with the person, 0 to give the case back
	AskStillOn Ask = "still_on" // a helper: 1 still on it, 9 closed, 0 given back, 5 as above
)

// LegState is how far a leg is.
type LegState string

// The states of a leg.
const (
	LegPlacing   LegState = "placing"   // on the agenda, not known to be with the carrier
	LegRinging   LegState = "ringing"   // with the carrier, not picked up; for who calls us, before we answer
	LegAsked     LegState = "asked"     // picked up, hears a question
	LegWaiting   LegState = "waiting"   // the person holds
	LegRecording LegState = "recording" // the person leaves a message
	LegJoined    LegState = "joined"    // in the conference or on the way into it
	LegAnother   LegState = "another"   // the person is asked whether they need somebody else
	LegPlaying   LegState = "playing"   // a helper hears the person's message
	LegEnding    LegState = "ending"    // hears a last sentence, if anything, and is hung up on
)

// Leg is one telephone call of a case: the person's own, or one with a contact. Legs that are over leave
// the case.
type Leg struct {
	ID       EntryID     // ours; stands in URLs
	Call     CallID      // the carrier's; empty until it is known
	Contact  contacts.ID // whose phone; empty: the person's
	Incoming bool        // they called us
	Ask      Ask
	State    LegState
	Rank     Priority // how urgent the case was when it was to be placed
	Language string   // as chosen by key, by the language's code; empty: not chosen

	Say       []texts.Prompt // what is heard at this turn, in order; may be empty
	Tone      bool           // a soft tone is heard at this turn
	Pause     bool           // the first document: ring for some seconds before picking up
	Voicemail WordsRef       // the message to be played at this turn; empty if none
	Turn      int            // counts what had an effect; a request under an older turn is a repeat
	Asked     int            // how often the question was put without an answer

	At         time.Time // when it was placed or came in
	AnsweredAt time.Time // when it was first known to be picked up
	HeardAt    time.Time // its last turn
	HeldAt     time.Time // when the person was last told to hold
	PushedAt   time.Time // when it was last pushed
	WaitsFrom  time.Time // since when the person holds without anybody
	JoinedAt   time.Time
	Quiet      bool // hold_quiet was said
	ToldRounds int  // how many full rounds the person was told of
	Back       bool // just out of the conference: what comes next may not be known yet
}

// Person reports whether it is the call of the person of the case.
func (l *Leg) Person() bool { return l.Contact == "" }

// Sounding reports whether the phone of the leg may still be ringing.
func (l *Leg) Sounding() bool { return l.State == LegPlacing || l.State == LegRinging }

// holds reports whether it is the call of a person who waits for somebody, or will in a moment.
func (l *Leg) holds() bool {
	return l.Person() && (l.State == LegWaiting || l.State == LegRecording || l.State == LegRinging && l.Incoming)
}

// Leg returns the leg with an id; nil if the case has none.
func (c *Case) Leg(id EntryID) *Leg {
	return c.leg(func(l *Leg) bool { return l.ID == id })
}

// PersonLeg returns the newest call of the person that is under way; nil if there is none.
func (c *Case) PersonLeg() *Leg {
	for i := len(c.Legs) - 1; i >= 0; i-- {
		if c.Legs[i].Person() && c.Legs[i].State != LegEnding {
			return &c.Legs[i]
		}
	}
	return nil
}

// Conference is the name of the conference in which the calls of a case meet.
func (c *Case) Conference() string { return "case-" + string(c.ID) }

// leg returns the first leg for which is holds, to be changed in place; nil if there is none.
func (c *Case) leg(is func(*Leg) bool) *Leg {
	if i := slices.IndexFunc(c.Legs, func(l Leg) bool { return is(&l) }); i >= 0 {
		return &c.Legs[i]
	}
	return nil
}
