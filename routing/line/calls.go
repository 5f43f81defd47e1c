package line

import (
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line/document"
)

// Voicemail says whether a person may leave a message when nobody has come.
type Voicemail string

// What a file may say about voicemail.
const (
	VoicemailOff   Voicemail = "off"
	VoicemailOffer Voicemail = "offer" // also when not given
)

// MissedCallText says whether a call that was not answered is answered by a text.
type MissedCallText string

// What a file may say about texts after missed calls.
const (
	MissedCallNone     MissedCallText = "none" // also when not given
	MissedCallDiscreet MissedCallText = "discreet"
)

// Calls is what a file says about calls.
type Calls struct {
	Rate       float64        // calls a second; 0 when not given
	Voicemail  Voicemail      // empty when not given
	MissedCall MissedCallText // empty when not given
}

func (r *reader) calls(t document.Table) {
	r.file.Calls = Calls{
		Rate:       t.Get("call_rate").Rate(),
		Voicemail:  choice(t.Get("voicemail"), r.stored, VoicemailOff, VoicemailOffer),
		MissedCall: choice(t.Get("missed_call_text"), r.stored, MissedCallNone, MissedCallDiscreet),
	}
}

// choice reads one of a few words. Before the words had an effect a file could say anything here, and was
// stored with it. What such a stored file says did nothing then and is left out now, with a warning: to
// refuse it would leave the line without anybody to alert.
func choice[T ~string](f document.Field, stored bool, allowed ...T) T {
	if !stored {
		return document.OneOf(f, allowed)
	}
	s, ok := f.Text()
	if !ok || slices.Contains(allowed, T(s)) {
		return T(s)
	}
	list := document.Join(allowed)
	f.Warn(f.Key+" không phải một trong: "+list+"; coi như không ghi", f.Key+" is not one of: "+list+"; taken as not given")
	return ""
}

// callable reports whether anybody can be called: that takes a number to call from.
func callable(numbers []routing.SupportNumber) bool {
	return slices.ContainsFunc(numbers, func(n routing.SupportNumber) bool { return n.Voice })
}

// nobodyToCall warns of numbers that take calls although nobody can be called to talk to who rings.
func (r *reader) nobodyToCall(numbers document.Field) {
	f := r.file
	takesCalls := func(c contacts.Contact) bool { return !c.Retired && c.Reachable(contacts.Voice) }
	if len(f.Contacts) == 0 || slices.ContainsFunc(f.Contacts, takesCalls) {
		return
	}
	for i, n := range f.Numbers {
		if n.Voice {
			numbers.WarnAt(f.at.numbers[i], "số này nhận cuộc gọi nhưng không người liên hệ nào có voice: người gọi không nói chuyện được với ai",
				"this number takes calls, but no contact has the channel voice: who calls can talk to nobody")
		}
	}
}
