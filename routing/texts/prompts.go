package texts

// Prompt names something that is said on a call. Names are stable: recordings are filed under them.
type Prompt string

// What the person hears.
const (
	PromptGreet        Prompt = "greet"
	PromptKeys         Prompt = "keys"
	PromptHold         Prompt = "hold"
	PromptHoldQuiet    Prompt = "hold_quiet"
	PromptNobody       Prompt = "nobody"
	PromptJoined       Prompt = "joined"
	PromptVoicemail    Prompt = "voicemail"
	PromptVoicemailEnd Prompt = "voicemail_end"
	PromptAnother      Prompt = "another"
	PromptOutNeutral   Prompt = "out_neutral" // called back; says nothing of what the line is for
)

// What contacts hear.
const (
	PromptHelperCall     Prompt = "helper_call"        // an urgent case
	PromptHelperDanger   Prompt = "helper_call_danger" // the same, immediate danger
	PromptHelperQuestion Prompt = "helper_call_info"   // the same, neither
	PromptHelperJoined   Prompt = "helper_joined"
	PromptHelperLate     Prompt = "helper_late"
	PromptHelperMenu     Prompt = "helper_menu"     // to a helper: 1 still on it, 9 closed, 0 given back, 5 needs help
	PromptHelperTaken    Prompt = "helper_taken"    // took the case, and there is nobody on the line to talk to now
	PromptHelperDeclined Prompt = "helper_declined" // after 0
	PromptHelperClosed   Prompt = "helper_closed"   // after 9
	PromptCallerLeft     Prompt = "caller_left"     // the person has hung up
)

// PromptRetry is said to anyone after a key that means nothing here.
const PromptRetry Prompt = "retry"
