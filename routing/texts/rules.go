package texts

// Key names a text. Keys are stable: the journal and the message files use them.
type Key string

// Texts to the person at risk. Those ending in K (kín, discreet) are safe to be read by somebody else.
const (
	FirstReply      Key = "first_reply"        // full first reply: number marked safe, or the ward chose it
	FirstReplyK     Key = "first_reply_k"      // default first reply to every unknown number
	FirstReplyMenuK Key = "first_reply_menu_k" // the same, on a line that offers the digits
	ChoiceAck       Key = "choice_ack"         // after 1 to 4, number marked safe
	ChoiceAckK      Key = "choice_ack_k"       // after 1 to 4
	DangerAck       Key = "danger_ack"         // danger, a human took the case, number marked safe
	DangerAckK      Key = "danger_ack_k"       // danger, a human took the case
	AskPlace        Key = "ask_place"          // place missing, number marked safe
	AskPlaceK       Key = "ask_place_k"        // place missing
	AskSafe         Key = "ask_safe"           // before anything longer, by a helper
	ContactPref     Key = "contact_pref"       // once it is safe to ask how to stay in touch
	Matched         Key = "matched"            // a helper took the case, number marked safe
	MatchedK        Key = "matched_k"          // a helper took the case
	Nobody          Key = "nobody"             // nobody took it in one full round, number marked safe
	NobodyK         Key = "nobody_k"           // nobody took it in one full round; never to someone hiding
	ConsentShare    Key = "consent_share"      // before sharing outside the ward's team
	SharedNotice    Key = "shared_notice"      // later, when safe: it was shared without consent
	SelfHarm        Key = "self_harm"          // suicide words
	Child           Key = "child"              // the sender seems to be a minor, number safe
	ShelterOK       Key = "shelter_ok"         // a place is reserved; its address is never sent
	MissedCallK     Key = "missed_call_k"      // one a number a day
	ProbeK          Key = "probe_k"            // "who is this?" from any number
	Numbers         Key = "numbers"            // telephone numbers, on request only
	StopOK          Key = "stop_ok"            // after NGUNG or STOP
	Close           Key = "close"              // case closed, number safe
	CloseK          Key = "close_k"            // case closed
	WithdrawK       Key = "withdraw_k"         // "sent by mistake" after a danger message
	EraseHint       Key = "erase_hint"         // only when asked, number safe
	EraseAck        Key = "erase_ack"          // asked to delete their data
	OutageK         Key = "outage_k"           // gateway degraded: the answer that needs no database
)

// Texts to helpers and supervisors.
const (
	Alert        Key = "alert"          // each contact of a step
	AlertDanger  Key = "alert_danger"   // the same, immediate danger
	TakenByYou   Key = "taken_by_you"   // first valid answer
	ContactRule  Key = "contact_rule"   // right after taken_by_you when a rule is set
	AlreadyTaken Key = "already_taken"  // a later answer, or another took it
	Declined     Key = "declined"       // after 0 or BAN
	Remind       Key = "remind"         // half of a wait of two minutes or more
	WhichCase    Key = "which_case"     // holds several, wrote without a code
	AskWord      Key = "ask_word"       // silent for the time of after_claim
	GoneBack     Key = "gone_back"      // silent again: the case is alerted once more
	LostCase     Key = "lost_case"      // the person asked for somebody else, or a supervisor moved it
	CannotReach  Key = "cannot_reach"   // words cannot be delivered to the person
	CallBackCase Key = "call_back_case" // rang the line with a case waiting, and hung up
	Unanswered   Key = "unanswered"     // to supervisors, after a full round
	BroughtIn    Key = "brought_in"     // second helper, after THEM CA or THEM YT
	Closed       Key = "closed"         // after XONG
	DutyOff      Key = "duty_off"       // after NGHI
	DutyOn       Key = "duty_on"        // after TRUC, or at the start of a shift
	BadCmd       Key = "bad_cmd"        // a contact without a case wrote something not understood
	Help         Key = "help"           // after TRO GIUP or ?: what can be written
	NobodyOnCall Key = "nobody_on_call" // after THEM CA or THEM YT, when there is none to ask
	KindEmpty    Key = "kind_empty"     // to supervisors: the last of a kind has gone off call
)

// Audience is who a text is written for.
type Audience string

// The audiences.
const (
	ToPerson     Audience = "person"     // the person at risk, or whoever holds their phone
	ToHelper     Audience = "helper"     // a contact on call
	ToSupervisor Audience = "supervisor" // a supervisor
)

// Rule is what must hold for a text whatever its wording.
type Rule struct {
	Key Key
	To  Audience
	// Automatic: sent without a human deciding on this one message. The quiet rules for automatic texts
	// to the person (contract, section 5) are about these.
	Automatic bool
	// BeforeClaim: may be sent while no human has taken the case, so it must not imply that help comes.
	BeforeClaim bool
	// Discreet: may be read by somebody else; says nothing of violence, help, authorities or cases.
	Discreet bool
	// Placeholders that the text holds, each at least once, in any order, and no others.
	Placeholders []string
}

// rules returns the table in the order of the style guide. It is built anew each time so that no caller
// can change it for the others.
func rules() []Rule {
	const auto, early, discreet = true, true, true
	return []Rule{
		{FirstReply, ToPerson, auto, early, false, nil},
		{FirstReplyK, ToPerson, auto, early, discreet, nil},
		{FirstReplyMenuK, ToPerson, auto, early, discreet, nil},
		{ChoiceAck, ToPerson, auto, early, false, nil},
		{ChoiceAckK, ToPerson, auto, early, discreet, nil},
		{DangerAck, ToPerson, auto, false, false, nil},
		{DangerAckK, ToPerson, auto, false, discreet, nil},
		{AskPlace, ToPerson, false, early, false, nil},
		{AskPlaceK, ToPerson, false, early, discreet, nil},
		{AskSafe, ToPerson, false, false, false, nil},
		{ContactPref, ToPerson, false, false, false, nil},
		{Matched, ToPerson, auto, false, false, nil},
		{MatchedK, ToPerson, auto, false, discreet, nil},
		{Nobody, ToPerson, auto, early, false, nil},
		{NobodyK, ToPerson, auto, early, discreet, nil},
		{ConsentShare, ToPerson, false, false, false, []string{Partner}},
		{SharedNotice, ToPerson, false, false, false, []string{Partner}},
		{SelfHarm, ToPerson, auto, early, false, nil},
		{Child, ToPerson, auto, early, false, nil},
		{ShelterOK, ToPerson, false, false, false, nil},
		{MissedCallK, ToPerson, auto, early, discreet, nil},
		{ProbeK, ToPerson, auto, early, discreet, nil},
		{Numbers, ToPerson, auto, early, false, []string{Phone}},
		{StopOK, ToPerson, auto, early, discreet, nil},
		{Close, ToPerson, auto, false, false, nil},
		{CloseK, ToPerson, auto, false, discreet, nil},
		{WithdrawK, ToPerson, auto, early, discreet, nil},
		{EraseHint, ToPerson, false, false, false, nil},
		{EraseAck, ToPerson, auto, early, false, nil},
		{OutageK, ToPerson, auto, early, discreet, nil},

		{Alert, ToHelper, auto, early, false, []string{Tag, Code, Level}},
		{AlertDanger, ToHelper, auto, early, false, []string{Tag, Code}},
		{TakenByYou, ToHelper, auto, false, false, []string{Tag, Code, Needed, Area}},
		{ContactRule, ToHelper, auto, false, false, []string{Tag, Code}},
		{AlreadyTaken, ToHelper, auto, false, false, []string{Tag, Code}},
		{Declined, ToHelper, auto, early, false, []string{Tag, Code}},
		{Remind, ToHelper, auto, early, false, []string{Tag, Code}},
		{WhichCase, ToHelper, auto, false, false, []string{Cases, Code}},
		{AskWord, ToHelper, auto, false, false, []string{Tag, Code}},
		{GoneBack, ToHelper, auto, false, false, []string{Tag, Code}},
		{LostCase, ToHelper, auto, false, false, []string{Tag, Code}},
		{CannotReach, ToHelper, auto, false, false, []string{Tag, Code}},
		{CallBackCase, ToHelper, auto, early, false, []string{Tag, Code}},
		{Unanswered, ToSupervisor, auto, early, false, []string{Tag, Code, Minutes}},
		{BroughtIn, ToHelper, auto, false, false, []string{Tag, Code, Level}},
		{Closed, ToHelper, auto, false, false, []string{Tag, Code}},
		{DutyOff, ToHelper, auto, early, false, nil},
		{DutyOn, ToHelper, auto, early, false, []string{Until}},
		{BadCmd, ToHelper, auto, early, false, nil},
		{Help, ToHelper, auto, early, false, nil},
		{NobodyOnCall, ToHelper, auto, false, false, []string{Tag, Code}},
		{KindEmpty, ToSupervisor, auto, early, false, []string{Tag, Role}},
	}
}

// Keys returns the keys of all texts, in the order of the style guide.
func Keys() []Key {
	table := rules()
	keys := make([]Key, len(table))
	for i, r := range table {
		keys[i] = r.Key
	}
	return keys
}

// RuleOf returns the rule of a text; false if there is no such text.
func RuleOf(key Key) (Rule, bool) {
	for _, r := range rules() {
		if r.Key == key {
			return r, true
		}
	}
	return Rule{}, false
}

// Placeholders returns the names that [Render] needs values for; none for an unknown key.
func Placeholders(key Key) []string {
	r, _ := RuleOf(key)
	return r.Placeholders
}
