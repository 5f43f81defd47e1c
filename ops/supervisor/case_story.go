package supervisor

import (
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// story tells what happened to a case, oldest first. What one event led to is told in as few sentences as it takes, or
// whoever comes on duty would look for the claim and the hand-over among a dozen lines of the same second.
func (q *query) story(l *routing.Line, happened []store.Happening) []told {
	var all []told
	for len(happened) > 0 {
		first := happened[0]
		n := 1
		for n < len(happened) && happened[n].Event == first.Event && happened[n].At.Equal(first.At) {
			n++
		}
		var notes []routing.Note
		for _, h := range happened[:n] {
			notes = append(notes, h.Note)
		}
		happened = happened[n:]
		said := slices.DeleteFunc(slices.Clone(notes), func(n routing.Note) bool { return implied(n, notes) })
		for len(said) > 0 {
			of := sentence(said)
			var also []contacts.ID
			for _, n := range said[1:of] {
				also = append(also, n.Contact)
			}
			all = append(all, told{first.At, q.note(l, said[0], also...), mark(said[0])})
			said = said[of:]
		}
	}
	return all
}

// told is an entry of a case's story.
type told struct {
	at   time.Time
	text string
	mark string
}

// implied reports whether another note of the same event says what this one says.
func implied(n routing.Note, of []routing.Note) bool {
	return slices.ContainsFunc(of, func(o routing.Note) bool {
		same := o.Contact == n.Contact
		switch n.Kind {
		case routing.NoteRoundOver:
			return o.Kind == routing.NoteUnanswered
		case routing.NoteAlertOver:
			return n.Result == routing.AlertTaken && same && (o.Kind == routing.NoteClaimed || o.Kind == routing.NoteJoined)
		case routing.NoteAlerted:
			return o.Kind == routing.NoteInvited && same
		case routing.NoteCallOver:
			return o.Kind == routing.NoteAlertOver && same
		}
		return false
	})
}

// sentence says how many notes, from the first on, make one sentence: a step with whom it alerts, several who are
// alerted, or several whose alerts ended alike.
func sentence(notes []routing.Note) int {
	first, n := notes[0], 1
	for n < len(notes) {
		alerted := notes[n].Kind == routing.NoteAlerted && (first.Kind == routing.NoteStep || first.Kind == routing.NoteAlerted)
		over := notes[n].Kind == routing.NoteAlertOver && first.Kind == routing.NoteAlertOver && notes[n].Result == first.Result
		if !alerted && !over || notes[n].Contact == "" {
			break
		}
		n++
	}
	return n
}

// mark is how an entry of the story is set off: good or bad news, key for what decides over the case, minor for what
// runs by itself.
func mark(n routing.Note) string {
	switch n.Kind {
	case routing.NoteClaimed, routing.NoteTalking, routing.NoteJoined:
		return "key good"
	case routing.NoteUnanswered, routing.NoteNotDelivered, routing.NoteAbandoned, routing.NoteTakenBack, routing.NoteStepEmpty:
		return "bad"
	case routing.NoteOpened, routing.NoteRaised, routing.NoteGivenBack, routing.NoteLost, routing.NoteMoved, routing.NoteInvited, routing.NoteNoted,
		routing.NoteCorrected, routing.NoteCleared, routing.NoteClosed, routing.NoteReopened:
		return "key"
	case routing.NoteRelayed:
		if n.Contact == "" { // from the desk
			return "key"
		}
	case routing.NoteAlertOver:
		switch n.Result {
		case routing.AlertFailed:
			return "bad"
		case routing.AlertDeclined:
			return ""
		}
		return "minor"
	case routing.NoteCallOver, routing.NotePickedUp, routing.NoteFirstAlert, routing.NoteRoundOver:
		return "minor"
	}
	return ""
}
