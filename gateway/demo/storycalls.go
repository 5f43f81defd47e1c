package demo

import (
	"slices"
	"strconv"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// follows counts the notes at the beginning that are of some kinds.
func follows(notes []note, kinds ...routing.NoteKind) int {
	for i, n := range notes {
		if !slices.Contains(kinds, n.Kind) {
			return i
		}
	}
	return len(notes)
}

// inOrder puts notes into the order in which they are told: who takes a case by pressing a key talks to the
// caller because of that, whatever was noted first.
func inOrder(notes []note) []note {
	after := slices.Clone(notes)
	slices.SortStableFunc(after, func(a, b note) int {
		switch {
		case a.Kind == routing.NoteTalking && b.Kind != routing.NoteTalking:
			return 1
		case b.Kind == routing.NoteTalking && a.Kind != routing.NoteTalking:
			return -1
		}
		return 0
	})
	return after
}

// besides tells of what helpers and the person do besides alerting and claiming; false if it is something
// else.
func (t *teller) besides(w *ward, n note) (string, bool) {
	who := t.who(w, n.Contact)
	switch n.Kind {
	case routing.NoteJoined:
		return t.say("log.joined", "name", who), true
	case routing.NoteInvited:
		return t.say("log.invited", "kind", t.say("kind."+string(n.Role))), true
	case routing.NoteLost:
		return t.say("log.lost", "name", who), true
	case routing.NoteMuted:
		return t.say("log.muted"), true
	case routing.NoteOffDuty:
		return t.say("log.off_duty", "name", who), true
	case routing.NoteOnDuty:
		return t.say("log.on_duty", "name", who), true
	}
	return "", false
}

// onCalls tells of what happens on calls; false if it is something else.
func (t *teller) onCalls(w *ward, s *snapshot, entry int, n note) (string, bool) {
	who := t.who(w, n.Contact)
	switch n.Kind {
	case routing.NoteRang:
		return t.say("log.call_came"), true
	case routing.NoteCalled:
		return t.say("log.called"), true
	case routing.NoteTalking:
		return t.say("log.talking", "name", who, "span", t.span(n.took())), true
	case routing.NoteHungUp:
		return t.say("log.hung_up"), true
	case routing.NoteAbandoned:
		return t.say("log.abandoned", "span", t.span(n.took())), true
	case routing.NotePickedUp:
		return t.say("log.picked_up", "name", who), true
	case routing.NoteCallOver:
		if s.pickedUp(entry, n.Case, n.Contact) {
			return t.say("log.call_over", "name", who), true
		}
		if by := stoppedBy(s, entry, n); by != "" {
			return t.stopped(w, phonesStopped{by: by, names: []contacts.ID{n.Contact}}), true
		}
		return t.say("log.rang_out", "name", who), true
	case routing.NoteVoicemail:
		return t.say("log.voicemail"), true
	case routing.NoteCallBack:
		return t.say("log.call_back", "name", who), true
	case routing.NoteOthersRung:
		return t.say("log.others_rung", "n", strconv.Itoa(n.Step)), true
	}
	return "", false
}

// stoppedBy finds who has taken the case because of which a phone stopped ringing; empty if it did not
// ring any more, or stopped for another reason.
func stoppedBy(s *snapshot, entry int, n note) contacts.ID {
	if n.Kind != routing.NoteCallOver || s.pickedUp(entry, n.Case, n.Contact) || entry >= len(s.Story) {
		return ""
	}
	return s.takenAt(s.Story[entry].At, n.Case, n.Contact)
}

// phonesStopped are phones that stopped ringing, one after the other, because somebody has taken the case:
// one sentence, whose line of the story goes on growing.
type phonesStopped struct {
	line  int // -1: there is none
	id    routing.CaseID
	by    contacts.ID
	names []contacts.ID
}

// begin remembers a line of the story, if it tells of a phone that stopped.
func (p *phonesStopped) begin(s *snapshot, entry int, n note, line int) {
	*p = phonesStopped{line: -1}
	if by := stoppedBy(s, entry, n); by != "" {
		*p = phonesStopped{line: line, id: n.Case, by: by, names: []contacts.ID{n.Contact}}
	}
}

// goOn adds a phone to the line if it stopped for the same reason.
func (p *phonesStopped) goOn(s *snapshot, entry int, n note) bool {
	if p.line < 0 || n.Case != p.id || stoppedBy(s, entry, n) != p.by {
		return false
	}
	p.names = append(p.names, n.Contact)
	return true
}

func (t *teller) stopped(w *ward, p phonesStopped) string {
	var names []string
	for _, h := range w.handsets { // in the order of the page: the phones stop all at once
		if !h.isPerson() && slices.Contains(p.names, h.Contact.ID) {
			names = append(names, h.Contact.Name.Reveal())
		}
	}
	return t.say("log.stopped", "names", t.list(names), "name", w.nameOf(p.by))
}
