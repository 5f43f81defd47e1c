package demo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// happening is one entry of the journal.
type happening struct {
	At    time.Time
	Notes []note
}

// note is what the page tells of a routing.Note, as the journal has it.
type note struct {
	Kind    routing.NoteKind   `json:"kind"`
	Case    routing.CaseID     `json:"case"`
	Contact contacts.ID        `json:"contact"`
	Role    contacts.Kind      `json:"role"`
	Channel contacts.Channel   `json:"channel"`
	Urgency string             `json:"urgency"`
	Step    int                `json:"step"`
	Result  routing.AlertState `json:"result"`
	Reason  string             `json:"reason"`
	TookMS  int64              `json:"took_ms"`
}

func (n note) took() time.Duration { return time.Duration(n.TookMS) * time.Millisecond }

func readEntry(e store.JournalEntry) (happening, error) {
	h := happening{At: e.At}
	if err := json.Unmarshal([]byte(e.Notes), &h.Notes); err != nil {
		return h, fmt.Errorf("read journal: entry %s: %w", e.ID, err)
	}
	return h, nil
}

// storyLine is one sentence of what happened.
type storyLine struct {
	At   string // time of day
	Code string // of the case
	Text string
}

// story tells what happened in plain words, one sentence for notes that belong together.
func (t *teller) story(w *ward, s *snapshot) []storyLine {
	var lines []storyLine
	stopped := phonesStopped{line: -1}
	for i, h := range s.Story {
		for notes := inOrder(h.Notes); len(notes) > 0; {
			text, n := t.sentence(w, s, i, notes)
			if stopped.goOn(s, i, notes[0]) {
				lines[stopped.line].Text = t.stopped(w, stopped)
			} else if text != "" {
				lines = append(lines, storyLine{
					At: h.At.In(w.file.Zone).Format(time.TimeOnly), Code: string(s.Codes[notes[0].Case]), Text: text,
				})
				stopped.begin(s, i, notes[0], len(lines)-1)
			}
			notes = notes[n:]
		}
	}
	return lines
}

// sentence tells the first of some notes of the story's entry with an index, with those after it that belong
// to the same sentence, and says how many these are. The sentence is empty if what was noted shows elsewhere.
func (t *teller) sentence(w *ward, s *snapshot, entry int, notes []note) (text string, n int) {
	first := notes[0]
	who := t.who(w, first.Contact)
	switch first.Kind {
	case routing.NoteOpened:
		if first.Channel == contacts.Voice {
			return t.say("log.opened_call", "level", t.say("urgency."+first.Urgency)), 1 + follows(notes[1:], routing.NoteRang, routing.NoteCalled)
		}
		return t.say("log.opened", "level", t.say("urgency."+first.Urgency)), 1
	case routing.NoteAdded:
		return t.say("log.added"), 1
	case routing.NoteRaised:
		return t.say("log.raised", "level", t.say("urgency."+first.Urgency)), 1
	case routing.NoteStep:
		names := t.names(w, notes[1:], func(o note) bool { return o.Kind == routing.NoteAlerted })
		return t.say("log.step", "n", strconv.Itoa(first.Step), "names", t.list(names)), 1 + len(names)
	case routing.NoteStepEmpty:
		return t.say("log.step_empty", "n", strconv.Itoa(first.Step)), 1
	case routing.NoteAlerted: // in place of somebody who declined
		names := t.names(w, notes, func(o note) bool { return o.Kind == routing.NoteAlerted })
		return t.say("log.alerted", "names", t.list(names)), len(names)
	case routing.NoteAlertOver:
		return t.alertsOver(w, notes)
	case routing.NoteRoundOver:
		return t.say("log.round_over"), 1
	case routing.NoteUnanswered:
		return t.say("log.unanswered"), 1
	case routing.NoteFirstAlert:
		return t.say("log.first_alert", "span", t.span(first.took())), 1
	case routing.NoteClaimed:
		if first.Reason == string(routing.ReasonResumed) {
			return t.say("log.resumed", "name", who), 1
		}
		return t.say("log.claimed", "name", who, "span", t.span(first.took())), 1
	case routing.NoteGivenBack:
		return t.say("log.given_back", "name", who), 1
	case routing.NoteHolderAsked:
		return t.say("log.holder_asked", "name", who), 1
	case routing.NoteTakenBack:
		return t.say("log.taken_back", "name", who), 1
	case routing.NoteRelayed:
		return t.say("log.relayed", "name", who), 1
	case routing.NoteNotDelivered:
		return t.say("log.not_delivered"), 1
	case routing.NoteWithheld:
		return t.say("log.withheld", "why", t.say("why."+first.Reason)), 1
	case routing.NoteClosed:
		return t.say("log.closed", "name", who, "span", t.span(first.took())), 1
	}
	if text, ok := t.besides(w, first); ok {
		return text, 1
	}
	if text, ok := t.onCalls(w, s, entry, first); ok {
		return text, 1
	}
	if key := "log.kind." + string(first.Kind); t.Has(key) { // sentences about nobody in particular
		return t.say(key), 1
	}
	// A kind this page does not know yet is shown as it stands in the journal rather than left out.
	return string(first.Kind), 1
}

// who names who did something: a contact, or the desk, which has no name.
func (t *teller) who(w *ward, id contacts.ID) string {
	if id == "" {
		return t.say("log.desk")
	}
	return w.nameOf(id)
}

// alertsOver tells of alerts that ended in the same way.
func (t *teller) alertsOver(w *ward, notes []note) (text string, n int) {
	result := notes[0].Result
	names := t.names(w, notes, func(o note) bool { return o.Kind == routing.NoteAlertOver && o.Result == result })
	switch result {
	case routing.AlertDeclined, routing.AlertNoAnswer, routing.AlertFailed:
		return t.say("log.over."+string(result), "names", t.list(names)), len(names)
	default: // taken, or too late because it was: the claim tells of both
		return "", len(names)
	}
}

// names are the contacts of the notes at the beginning that belong together.
func (t *teller) names(w *ward, notes []note, belongs func(note) bool) []string {
	var names []string
	for _, n := range notes {
		if !belongs(n) || n.Case != notes[0].Case {
			break
		}
		names = append(names, w.nameOf(n.Contact))
	}
	return names
}
