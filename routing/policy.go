package routing

import (
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// Step is one rung of a policy: whom to alert, how many of them at once, and how long to wait for an
// answer before the next step.
type Step struct {
	Notify []contacts.Kind
	AtOnce int // at most so many at a time; 0 means everyone
	Wait   time.Duration
}

// PolicyKey says for which cases a list of steps is meant.
type PolicyKey struct {
	Urgency triage.Urgency
	Need    triage.Need // empty: whatever the need
}

// Policy is what a line does with a case of each kind until somebody takes it, and how long whoever
// took it may be silent.
type Policy struct {
	Steps      map[PolicyKey][]Step
	AfterClaim map[triage.Urgency]time.Duration
}

// defaultAfterClaim is how long a helper may be silent where the line file does not say (contract §4).
func defaultAfterClaim(u triage.Urgency) time.Duration {
	switch u {
	case triage.ImmediateDanger:
		return 2 * time.Minute
	case triage.Urgent:
		return 15 * time.Minute
	default:
		return time.Hour
	}
}

// For returns the steps for a case: those for its urgency and need, else those for its urgency.
func (p Policy) For(u triage.Urgency, n triage.Need) []Step { return p.Steps[p.key(u, n)] }

// key names the list of steps that a case follows.
func (p Policy) key(u triage.Urgency, n triage.Need) PolicyKey {
	if k := (PolicyKey{u, n}); p.Steps[k] != nil {
		return k
	}
	return PolicyKey{Urgency: u}
}

// Area is a part of the ward and the words by which people name it.
type Area struct {
	Name  string
	Words []string
}

// SupportNumber is a number people at risk text or call.
type SupportNumber struct {
	Number     phone.Number
	SMS, Voice bool
}

// DefaultCallRate is how many calls a second are placed where the line file does not say: what Twilio gives
// an account (docs: voice/limitations-and-edge-cases).
const DefaultCallRate = 1

// Line is everything the rules need to know about one support line. It does not change once made: a
// change of the line file makes a new Line with a higher Generation.
type Line struct {
	ID         contacts.LineID
	Tag        string // 2 to 6 letters or digits; begins every alert
	Name       string
	Language   texts.Language
	Numbers    []SupportNumber
	Directory  *contacts.Directory
	Roster     roster.Roster
	Areas      Areas
	Triage     *triage.Classifier
	Policy     Policy
	Targets    Targets        // with the defaults filled in
	Texts      *texts.Catalog // the line's own wording; nil: ours
	Generation int64          // of the stored line file this was made from

	CallRate       float64 // calls a second that may be placed; 0 stands for [DefaultCallRate]
	NoVoicemail    bool    // voicemail: off
	MissedCallText bool    // missed_call_text: discreet
}
