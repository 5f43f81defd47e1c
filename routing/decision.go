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
	for _, p := range []Purpose{PurposeAlert, PurposeNotice, PurposeRelayToHelper, PurposeRelayToPerson, PurposeAutomatic} {
		if strings.HasPrefix(last, p.mark()) {
			return p
		}
	}
	return ""
}

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
)

// Priorities lists all of them, first to go first.
func Priorities() []Priority { return []Priority{PriorityDanger, PriorityUrgent, PriorityNormal} }

// String is the priority's name in metrics.
func (p Priority) String() string {
	switch p {
	case PriorityDanger:
		return "danger"
	case PriorityUrgent:
		return "urgent"
	case PriorityNormal:
		return "normal"
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
	Took    time.Duration // since the case's first text or call arrived, where a response time is meant
}
