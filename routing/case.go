package routing

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/triage"
)

// CaseID names a case for ever. It is derived from the event that opened the case and says nothing
// about the person.
type CaseID string

// Code is the short name people type for an open case, such as "K7": unique among a line's open cases
// and not used again for seven days.
type Code string

// CaseState is how far a case is.
type CaseState string

// The states of a case.
const (
	Alerting CaseState = "alerting" // nobody has it: contacts are being alerted, or a round is pausing
	Claimed  CaseState = "claimed"  // a human has taken it
	Closed   CaseState = "closed"
)

// Case is one request for help, from the first text until it is closed.
type Case struct {
	ID      CaseID
	Line    contacts.LineID
	Code    Code
	Version int64     // of the stored record; 0 for a case not stored yet
	Person  phone.Key // who asks: the keyed look-up of their number
	Channel contacts.Channel
	Via     phone.Number // the number of ours the person wrote to last; everything about the case comes from it

	ArrivedAt time.Time // when the first text or call reached us
	OpenedAt  time.Time
	HeardAt   time.Time // the person's own last text or call
	ClosedAt  time.Time
	Outcome   Outcome // as said from a desk on closing; empty if it was not

	Urgency  triage.Urgency // immediate_danger, urgent or information; rises, never falls
	Need     triage.Need
	Area     string // name of the area the person's words named; empty when unknown
	NoCalls  bool   // the person asked not to be called
	Accented bool   // the person's last text had accents: their phone shows them
	Said     int    // how many texts of theirs are kept; numbered from 1

	State         CaseState
	Holder        contacts.ID   // who has the case; kept while alerting again if the holder fell silent
	Joined        []contacts.ID // who was brought in besides, in order
	Barred        []contacts.ID // lost the case because the person asked for somebody else: never again
	TakenAt       time.Time
	HolderHeardAt time.Time

	AlertingSince time.Time
	FirstAlertAt  time.Time // when the carrier accepted the first alert
	Plan          PolicyKey // the list of steps that Step counts in
	Step          int       // index of the step that runs or ran last
	Run           int       // how many steps have begun; tells this run of a step from the one before
	Rounds        int       // full rounds of the policy without a human
	Unanswered    bool      // since the first full round, until taken
	Alerts        []Alert   // the latest for each contact ever alerted, in order of first alert
	Deadlines     []Deadline
	Legs          []Leg // the calls under way, in order of beginning
	BesideStep    int   // the step of the policy that was run last beside a holder while the person waited on the phone

	NobodySent  bool // the one nobody_k of this case has been decided on
	MatchedSent bool // likewise matched_k or danger_ack_k

	Rings      []time.Time // when calls of the person ended that nobody had talked to them on; the latest few
	AskedCall  time.Time   // when the person last asked to be called; zero if they have not, or were
	TalkedAt   time.Time   // when the person first talked to a human
	Voicemails int         // how many messages the person has left; numbered from 1
}

// AlertState is what became of an alert.
type AlertState string

// The states of an alert. All but [AlertOut] are final and are also the values of the metric label
// "result" (contract §7).
const (
	AlertOut      AlertState = "out"       // sent or to be sent, not answered yet
	AlertTaken    AlertState = "taken"     // this contact took the case
	AlertDeclined AlertState = "declined"  // answered 0
	AlertNoAnswer AlertState = "no_answer" // the step ended first
	AlertFailed   AlertState = "failed"    // every channel tried has failed
	AlertLate     AlertState = "late"      // somebody else took the case, or it was closed, first
	AlertTold     AlertState = "told"      // told that nobody has taken it; not counted as an alert
)

// Alert is one contact asked to take a case in one step.
type Alert struct {
	Contact  contacts.ID
	Kind     contacts.Kind
	Channel  contacts.Channel
	Entry    EntryID // of the text; empty if none went
	Leg      EntryID // the call by which they are asked; empty if there is none
	At       time.Time
	Step     int // index in the policy; -1 for [AlertTold]
	Run      int // [Case.Run] when it was sent
	State    AlertState
	Declined bool      // answered 0 in this round, whatever became of later alerts
	LostAt   time.Time // when they last ceased to be a helper of the case; zero if never
	// Beside: sent while somebody had the case already. Whoever answers 1 joins them.
	Beside bool
	// TextFailed and CallFailed say which of the channels tried has failed.
	TextFailed, CallFailed bool
}

// Channels are those by which the contact was asked: every one that was tried, whatever has become of it.
func (a Alert) Channels() []contacts.Channel {
	var tried []contacts.Channel
	if a.Entry != "" {
		tried = append(tried, contacts.SMS)
	}
	if a.Leg != "" {
		tried = append(tried, contacts.Voice)
	}
	if len(tried) == 0 {
		return []contacts.Channel{a.Channel} // not asked: brought in without
	}
	return tried
}

// DeadlineKind says what happens when a deadline is reached.
type DeadlineKind string

// The deadlines a case can have.
const (
	StepEnds    DeadlineKind = "step_ends"     // the next step runs
	Remind      DeadlineKind = "remind"        // half of a long wait is over: ask once more
	RoundStarts DeadlineKind = "round_starts"  // the policy starts over
	AskHolder   DeadlineKind = "ask_holder"    // the holder has been silent for after_claim: ask once
	TakeBack    DeadlineKind = "take_back"     // silent as long again: alert once more
	BesideEnds  DeadlineKind = "beside_ends"   // alerts sent beside a holder are over
	RingOthers  DeadlineKind = "ring_others"   // the person holds, the holder has not come: others are asked too
	LookAtCalls DeadlineKind = "look_at_calls" // compare the calls with what the carrier knows of them
)

// Deadline is something that must happen to a case at an instant.
type Deadline struct {
	Kind DeadlineKind
	At   time.Time
}

// NextDeadline returns the earliest deadline of the case. A case that is not closed always has one.
func (c *Case) NextDeadline() (Deadline, bool) {
	if len(c.Deadlines) == 0 {
		return Deadline{}, false
	}
	return slices.MinFunc(c.Deadlines, func(a, b Deadline) int { return a.At.Compare(b.At) }), true
}

// Open reports whether the case is not closed.
func (c *Case) Open() bool { return c.State != Closed }

// Label is the state as pages and metrics count it: alerting, claimed, unanswered or closed.
func (c *Case) Label() string {
	if c.State == Alerting && c.Unanswered {
		return "unanswered"
	}
	return string(c.State)
}

// WaitsSince returns since when the person of a case has waited for a human to take it: since their first text or call
// or, if somebody has had the case, since whoever had it was out of it. ok is false if somebody has it, or it is closed.
func (c *Case) WaitsSince() (since time.Time, ok bool) {
	if c.State != Alerting {
		return time.Time{}, false
	}
	if !c.TakenAt.IsZero() && c.AlertingSince.After(c.ArrivedAt) {
		return c.AlertingSince, true
	}
	return c.ArrivedAt, true
}

// Helpers returns who exchanges words with the person: the holder first, then who joined.
func (c *Case) Helpers() []contacts.ID {
	if c.Holder == "" {
		return slices.Clone(c.Joined)
	}
	return append([]contacts.ID{c.Holder}, c.Joined...)
}

// helps reports whether a contact is one of the case's helpers.
func (c *Case) helps(id contacts.ID) bool {
	return c.Holder == id || slices.Contains(c.Joined, id)
}

// Knows returns the contacts whose list of cases this case is on: whoever was alerted or helps.
func (c *Case) Knows() []contacts.ID {
	ids := make([]contacts.ID, 0, len(c.Alerts)+1)
	for _, a := range c.Alerts {
		ids = append(ids, a.Contact)
	}
	for _, id := range slices.Concat(c.Helpers(), c.Barred) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// alert returns the latest alert of a contact, to be changed in place.
func (c *Case) alert(id contacts.ID) *Alert {
	for i := range c.Alerts {
		if c.Alerts[i].Contact == id {
			return &c.Alerts[i]
		}
	}
	return nil
}

// waitsFor reports whether the case waits for a contact's answer: they were asked or told, in whatever
// step, and either nobody has taken it or they were asked to join whoever has. It does not wait for its
// helpers, nor for who lost it for good.
func (c *Case) waitsFor(id contacts.ID) bool {
	a := c.alert(id)
	if a == nil || c.helps(id) || slices.Contains(c.Barred, id) {
		return false
	}
	return c.State == Alerting || c.State == Claimed && a.Beside
}

// asksHolder reports whether the holder was asked if they are still on it and has not answered.
func (c *Case) asksHolder() bool {
	return c.Holder != "" && (c.State == Alerting || slices.ContainsFunc(c.Deadlines, func(d Deadline) bool { return d.Kind == TakeBack }))
}

// clone copies the case so that the copy can be changed freely.
func (c *Case) clone() *Case {
	n := *c
	n.Alerts = slices.Clone(c.Alerts)
	n.Deadlines = slices.Clone(c.Deadlines)
	n.Legs = slices.Clone(c.Legs)
	n.Rings = slices.Clone(c.Rings)
	n.Joined = slices.Clone(c.Joined)
	n.Barred = slices.Clone(c.Barred)
	return &n
}

func (c *Case) setDeadline(kind DeadlineKind, at time.Time) {
	c.clearDeadline(kind)
	c.Deadlines = append(c.Deadlines, Deadline{kind, at})
}

func (c *Case) clearDeadline(kinds ...DeadlineKind) {
	c.Deadlines = slices.DeleteFunc(c.Deadlines, func(d Deadline) bool { return slices.Contains(kinds, d.Kind) })
}

// Person is what is kept of a phone whose owner asked for help, beyond any one case.
type Person struct {
	Key        phone.Key
	Version    int64 // of the stored record; 0 for a phone never heard of
	Number     phone.Number
	WrappedKey []byte // the person's own key, as stored; the store alone reads it

	Hiding       bool      // said that they hide: nothing automatic until a human clears it
	NoTexts      bool      // asked not to be written to: likewise
	Muted        bool      // wrote NGUNG: nothing until they write again
	Unreachable  bool      // the carrier delivers nothing to this phone (opted out)
	LastAutoText time.Time // when an automatic text was last decided on
	Withheld     bool      // a caller without a number: nothing is ever sent
	MissedTextAt time.Time // when missed_call_k was last decided on
}
