package account

import "github.com/tincay/hotline/contacts"

// Role is what an account is for.
type Role string

// The roles. Accounts themselves are made and changed on the machine only, by no role.
const (
	Supervisor  Role = "supervisor"  // answers for the line: everything
	Coordinator Role = "coordinator" // runs cases day by day
	Reader      Role = "reader"      // looks on: no words of anybody, no orders
)

func (r Role) valid() bool { return r == Supervisor || r == Coordinator || r == Reader }

// Action is something that can be asked for on a page. Everything concerns one line.
type Action string

// The actions.
const (
	SeeBoard    Action = "see_board"    // what is open, who waits, who is on call
	SeeCase     Action = "see_case"     // one case's timeline, without words and numbers
	SeeRoster   Action = "see_roster"   // who is on call when
	SeeReports  Action = "see_reports"  // response times
	RevealWords Action = "reveal_words" // what a person at risk and helpers wrote; audited, with a reason
	ActOnCase   Action = "act_on_case"  // alert, hand over, correct, write to the person, close, reopen
	WriteNote   Action = "write_note"   // a note on a case
	Export      Action = "export"       // figures or entries as a file; audited
	SeeAudit    Action = "see_audit"    // who saw and did what
)

// Actions returns all actions.
func Actions() []Action {
	return []Action{SeeBoard, SeeCase, SeeRoster, SeeReports, RevealWords, ActOnCase, WriteNote, Export, SeeAudit}
}

// Verdict is whether something may be done, and if not, why.
type Verdict string

// The verdicts.
const (
	Allowed        Verdict = "allowed"
	DeniedDisabled Verdict = "denied_disabled" // the account is closed
	DeniedLine     Verdict = "denied_line"     // not a line of this account; whether there is such a line is not said
	DeniedRole     Verdict = "denied_role"     // not with this role
)

// OK reports whether it may be done.
func (v Verdict) OK() bool { return v == Allowed }

// May decides whether a user may do something with a line. It is the only place that does; what it does not know is
// denied. It knows nothing of single cases: who must be kept apart from one is the directory's to say.
func May(u User, action Action, line contacts.LineID) Verdict {
	switch {
	case u.Disabled:
		return DeniedDisabled
	case !u.Lines.Has(line):
		return DeniedLine
	case !u.Role.grants(action):
		return DeniedRole
	}
	return Allowed
}

func (r Role) grants(action Action) bool {
	switch action {
	case SeeBoard, SeeCase, SeeRoster, SeeReports:
		return r.valid()
	case RevealWords, ActOnCase, WriteNote:
		return r == Supervisor || r == Coordinator
	case Export, SeeAudit:
		return r == Supervisor
	}
	return false
}
