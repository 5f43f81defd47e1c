package routing

import (
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// State is the part of what is stored that an event concerns.
type State struct {
	// Persons are the persons of the cases below and, for a text, its sender as a person at risk.
	// A phone never heard of is not among them.
	Persons map[phone.Key]Person
	// Own is the sender's open case; nil if there is none.
	Own *Case
	// Cases are, for a text of a contact, those on the contact's list; else the one case concerned.
	Cases []*Case
	// Called is the case that the call an event is about belongs to; nil if it is known to belong to none.
	Called *Case
	// Coded is the case that has the code a supervisor gave, whoever knows of it; nil if there is none.
	Coded *Case
}

// World is everything else a decision depends on.
type World struct {
	Now   time.Time // Redis' clock
	Line  *Line
	Code  Code // a code free for a new case; set for texts
	Woken map[contacts.ID]time.Time
	Duty  map[contacts.ID]Duty // who said NGHI or TRUC
}

// Duty is what a contact said about being on call, in place of the roster until an instant.
type Duty struct {
	On    bool
	Until time.Time
}

// DutyChange is a contact going on or off call by their own word.
type DutyChange struct {
	Contact contacts.ID
	Duty    Duty
}

// Decision is what an event leads to. The zero Decision changes nothing.
type Decision struct {
	Reason  Reason
	Cases   []Change
	Persons []Person    // to store, where changed
	Words   []Words     // to keep
	Sends   []Send      // to put on the agenda
	Done    *Send       // leaves the agenda
	Forget  []Forgotten // leave contacts' lists
	Duty    []DutyChange
	Also    []EventID // ids that are to be known as handled besides the event's own
	Notes   []Note    // what happened, for journal, log and metrics
}

// Change is a case before and after a decision. Before is nil for a new case.
type Change struct {
	Before, After *Case
}

// WordsRef names kept words within their case: "p3" is the third text of the person, "h…" what a
// helper wrote.
type WordsRef string

// Words is something a person or a helper wrote, to be kept under seal apart from the case.
type Words struct {
	Case  CaseID
	Ref   WordsRef
	Owner Person // the person of the case, under whose key they are kept
	Text  contacts.Private
}

// Forgotten takes a case that is over off a contact's list.
type Forgotten struct {
	Contact contacts.ID
	Case    CaseID
}

// EntryID names a message on the agenda: "<case>.<what led to it>.<purpose><n>". It appears in URLs
// handed to the carrier, so it holds nothing about anybody.
type EntryID string

// Case returns the case the entry belongs to; empty if it belongs to none.
func (id EntryID) Case() CaseID {
	c, _, _ := strings.Cut(string(id), ".")
	if c == noCase {
		return ""
	}
	return CaseID(c)
}

// purpose returns what the message was for; empty if the id is not one of ours.
func (id EntryID) purpose() Purpose {
	last := string(id[strings.LastIndexByte(string(id), '.')+1:])
	for _, p := range []Purpose{PurposeAlert, PurposeNotice, PurposeRelayToHelper, PurposeRelayToPerson, PurposeAutomatic, PurposeCall} {
		if strings.HasPrefix(last, p.mark()) {
			return p
		}
	}
	return ""
}

// Placed reports whether the entry is a call that we placed.
func (id EntryID) Placed() bool { return id.purpose() == PurposeCall }

// noCase stands for the case in ids of entries that belong to none.
const noCase = "none"

// Purpose says what a message is for; whether it is still wanted depends on it.
type Purpose string

// The purposes.
const (
	PurposeAlert         Purpose = "alert"           // asks a contact to take the case
	PurposeNotice        Purpose = "notice"          // tells a contact something; no word of the person
	PurposeRelayToHelper Purpose = "relay_to_helper" // the person's words, or what the case needs
	PurposeRelayToPerson Purpose = "relay_to_person" // a helper's words
	PurposeAutomatic     Purpose = "automatic"       // from the program to the person

	// Of calls; [Send.Leg] names the call concerned.
	PurposeCall   Purpose = "call"   // places it
	PurposePush   Purpose = "push"   // makes it ask what is to be heard now
	PurposeCancel Purpose = "cancel" // stops it while it rings
	PurposeLook   Purpose = "look"   // what the carrier knows of the calls of a case
	PurposeFetch  Purpose = "fetch"  // takes over what was recorded
	PurposeErase  Purpose = "erase"  // removes it at the carrier
	PurposeKeep   Purpose = "keep"   // a helper's leaving no longer ends the conference
)

// mark is the purpose in the id of an entry.
func (p Purpose) mark() string {
	switch p {
	case PurposeAlert:
		return "a"
	case PurposeNotice:
		return "n"
	case PurposeRelayToHelper:
		return "h"
	case PurposeRelayToPerson:
		return "p"
	case PurposeAutomatic:
		return "s"
	case PurposeCall:
		return "c"
	case PurposePush:
		return "u"
	case PurposeCancel:
		return "k"
	case PurposeLook:
		return "l"
	case PurposeFetch:
		return "f"
	case PurposeErase:
		return "e"
	case PurposeKeep:
		return "t"
	}
	return "x"
}

// Priority orders what goes to the carrier: lower goes first.
type Priority int

// The priorities.
const (
	PriorityDanger Priority = iota
	PriorityUrgent
	PriorityNormal
	// PriorityCall is for everything about calls: somebody holds a telephone. Among calls that wait to be
	// placed to one contact [Send.Rank] decides.
	PriorityCall
)

// Priorities lists all of them, first to go first.
func Priorities() []Priority {
	return []Priority{PriorityCall, PriorityDanger, PriorityUrgent, PriorityNormal}
}

// String is the priority's name in metrics.
func (p Priority) String() string {
	switch p {
	case PriorityDanger:
		return "danger"
	case PriorityUrgent:
		return "urgent"
	case PriorityNormal:
		return "normal"
	case PriorityCall:
		return "call"
	}
	return "unknown"
}

// Send is one message to go out: an entry of the agenda.
type Send struct {
	ID       EntryID
	Case     CaseID       // empty if it belongs to none
	Contact  contacts.ID  // recipient, or empty: then the person
	Person   phone.Key    // recipient, or empty: then the contact
	Via      phone.Number // the number of ours it comes from
	Purpose  Purpose
	Text     texts.Key         // empty: the words alone
	Values   map[string]string // placeholders of Text
	Words    WordsRef          // words to fetch; empty if there are none
	Language texts.Language
	Accented bool
	Priority Priority
	At       time.Time     // when it was decided on
	NotAfter time.Time     // it must not be handed to the carrier later; zero: no limit
	Validity time.Duration // the carrier must not deliver it later than this

	// Of calls.
	Rank      Priority      // how urgent the case is: the more urgent goes first
	Leg       EntryID       // the call concerned; for one to be placed the same as ID
	Call      CallID        // the carrier's id of it; empty for one to be placed
	Turn      int           // the turn to be asked under
	Ring      time.Duration // how long it may ring
	Recording string        // the carrier's id of a recording
}

// OfCall reports whether an entry is about a call and not a text.
func (s Send) OfCall() bool {
	switch s.Purpose {
	case PurposeCall, PurposePush, PurposeCancel, PurposeLook, PurposeFetch, PurposeErase, PurposeKeep:
		return true
	}
	return false
}

// Reason names why a decision is what it is. It goes to log, journal and metrics.
type Reason string

// The reasons.
const (
	ReasonOpened         Reason = "opened"
	ReasonAdded          Reason = "added"
	ReasonRaised         Reason = "raised" // added, and the urgency rose
	ReasonClaimed        Reason = "claimed"
	ReasonResumed        Reason = "resumed" // a silent holder spoke again
	ReasonRetaken        Reason = "retaken" // taken again after a holder was out of it
	ReasonAlreadyTaken   Reason = "already_taken"
	ReasonAlreadyHeld    Reason = "already_held"
	ReasonDeclined       Reason = "declined"
	ReasonGivenBack      Reason = "given_back"
	ReasonRelayed        Reason = "relayed"
	ReasonWhichCase      Reason = "which_case"
	ReasonNotUnderstood  Reason = "not_understood"
	ReasonClosedByHelper Reason = "closed_by_helper"
	ReasonStepEnded      Reason = "step_ended"
	ReasonReminded       Reason = "reminded"
	ReasonRoundStarted   Reason = "round_started"
	ReasonHolderAsked    Reason = "holder_asked"
	ReasonJoined         Reason = "joined"
	ReasonInvited        Reason = "invited"
	ReasonNobodyOnCall   Reason = "nobody_on_call"
	ReasonChosen         Reason = "chosen"        // the person said what they need
	ReasonSomebodyElse   Reason = "somebody_else" // the person asked for another helper
	ReasonMuted          Reason = "muted"         // the person asked not to be written to
	ReasonHelpSent       Reason = "help_sent"
	ReasonOffDuty        Reason = "off_duty"
	ReasonOnDuty         Reason = "on_duty"
	ReasonClosedByOffice Reason = "closed_by_supervisor"
	ReasonTakenBack      Reason = "taken_back"
	ReasonNotDue         Reason = "not_due"
	ReasonCaseClosed     Reason = "case_closed"
	ReasonNoCase         Reason = "no_case"
	ReasonSent           Reason = "sent"
	ReasonNotSent        Reason = "not_sent"
	ReasonUnreachable    Reason = "unreachable" // a contact cannot be reached by this channel
	ReasonNotDelivered   Reason = "not_delivered"
	ReasonNothingToDo    Reason = "nothing_to_do"

	// Of calls.
	ReasonRepeated    Reason = "repeated"     // a request that was answered before
	ReasonNoLeg       Reason = "no_leg"       // of a call that is known no more
	ReasonHolds       Reason = "holds"        // the person goes on holding
	ReasonAsked       Reason = "asked"        // a question is put
	ReasonWrongKey    Reason = "wrong_key"    // a key that means nothing here
	ReasonTalks       Reason = "talks"        // joined
	ReasonLeft        Reason = "left"         // out of the conference
	ReasonHungUp      Reason = "hung_up"      // a call is over
	ReasonPickedUp    Reason = "picked_up"    // the carrier says so; only a key counts
	ReasonNoAnswer    Reason = "no_answer"    // nobody answered, or a machine
	ReasonLate        Reason = "late"         // somebody else has it
	ReasonOwnHelp     Reason = "own_help"     // a contact needs help themselves
	ReasonVoicemail   Reason = "voicemail"    // the person leaves, or has left, a message
	ReasonCalledBack  Reason = "called_back"  // the person is called because they asked for it
	ReasonMayNotCall  Reason = "may_not_call" // they did not ask to be called
	ReasonOthersRung  Reason = "others_rung"  // the holder has not come to the phone
	ReasonLooked      Reason = "looked"       // calls were compared with what the carrier knows
	ReasonSilent      Reason = "silent"       // a caller who presses nothing counts as in danger
	ReasonMissedAgain Reason = "missed_again" // called again within minutes

	// Of orders from a desk.
	ReasonNoted       Reason = "noted"
	ReasonMoved       Reason = "moved" // taken from its helpers, for another
	ReasonCorrected   Reason = "corrected"
	ReasonCleared     Reason = "cleared" // the person may be written to again
	ReasonReopened    Reason = "reopened"
	ReasonAnotherOpen Reason = "another_open" // the person has another open case
	ReasonMayNotKnow  Reason = "may_not_know" // this contact may not know of the case
	ReasonSilence     Reason = "silence"      // the person hides, or asked not to be written to
)

// NoteKind is a kind of thing that happened.
type NoteKind string

// The kinds of note.
const (
	NoteOpened       NoteKind = "case_opened"
	NoteAdded        NoteKind = "words_added"
	NoteCalled       NoteKind = "called" // the carrier says that the person called
	NoteRaised       NoteKind = "urgency_raised"
	NoteStep         NoteKind = "step_started"
	NoteStepEmpty    NoteKind = "step_empty" // nobody to alert: passed at once
	NoteRoundOver    NoteKind = "round_over"
	NoteUnanswered   NoteKind = "unanswered"
	NoteAlerted      NoteKind = "alerted"
	NoteAlertOver    NoteKind = "alert_over"
	NoteFirstAlert   NoteKind = "first_alert_accepted"
	NoteClaimed      NoteKind = "claimed"
	NoteJoined       NoteKind = "joined"
	NoteInvited      NoteKind = "invited" // a helper or the person asked for this kind of contact too
	NoteLost         NoteKind = "lost"    // the person asked for somebody else
	NoteMuted        NoteKind = "muted"
	NoteOffDuty      NoteKind = "off_duty"
	NoteOnDuty       NoteKind = "on_duty"
	NoteGivenBack    NoteKind = "given_back"
	NoteHolderAsked  NoteKind = "holder_asked"
	NoteTakenBack    NoteKind = "taken_back"
	NoteRelayed      NoteKind = "relayed"
	NoteNotDelivered NoteKind = "not_delivered"
	NoteWithheld     NoteKind = "withheld" // an automatic text that restraint forbade
	NoteClosed       NoteKind = "closed"

	NoteRang       NoteKind = "call_came" // the person calls
	NoteTalking    NoteKind = "talking"   // joined with a human; Took is since the call came
	NoteHungUp     NoteKind = "hung_up"   // the person's call is over
	NoteAbandoned  NoteKind = "abandoned" // likewise, before anybody talked to them; Took is how long they waited
	NotePickedUp   NoteKind = "picked_up" // a contact's phone was answered, by whomever
	NoteCallOver   NoteKind = "call_over" // a contact's call is over
	NoteVoicemail  NoteKind = "voicemail" // the person has left a message
	NoteCallBack   NoteKind = "call_back" // the person is called because they asked for it
	NoteOthersRung NoteKind = "others_rung"

	NoteNoted     NoteKind = "noted"     // from a desk; what was noted is kept with the words
	NoteCorrected NoteKind = "corrected" // urgency or need, from a desk
	NoteCleared   NoteKind = "cleared"   // from a desk: the person may be written to again
	NoteReopened  NoteKind = "reopened"
	NoteMoved     NoteKind = "moved" // from a desk: taken from this helper, for another
)

// Note is one thing that happened: ids, kinds, reasons and times, no words and no numbers.
type Note struct {
	Kind    NoteKind
	Case    CaseID
	Contact contacts.ID      // whom it concerns; empty if nobody
	Role    contacts.Kind    // of the contact
	Channel contacts.Channel // by which it happened; empty if it does not matter
	Urgency triage.Urgency
	Step    int        // counted from 1; 0 if it does not matter
	Result  AlertState // of an alert that is over
	Reason  Reason
	Outcome Outcome       // of a closing, as said from a desk; empty if nobody said
	Desk    Desk          // who ordered at a desk what led to it; empty if nobody did
	Took    time.Duration // since the case's first text or call arrived, where a response time is meant
}
