package supervisor

import (
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// note says in words what happened, and to whom else at the same instant.
func (q *query) note(l *routing.Line, n routing.Note, also ...contacts.ID) string {
	who := q.say("someone")
	if n.Contact != "" {
		also = append([]contacts.ID{n.Contact}, also...)
	}
	if len(also) > 0 {
		names := make([]string, len(also))
		for i, id := range also {
			names[i] = name(l, id)
		}
		who = strings.Join(names, ", ")
	}
	desk := q.say("desk")
	if n.Desk != "" {
		desk = q.say("desk.by", "login", string(n.Desk))
	}
	given := func(prefix, value string) string {
		if value == "" {
			return q.say("unknown")
		}
		return q.say(prefix + value)
	}
	pairs := []any{
		"name", who, "desk", desk, "n", max(n.Step, 1), "kind", given("kind.", string(n.Role)), "urgency", given("urgency.", string(n.Urgency)),
		"channel", given("channel.", string(n.Channel)), "span", q.long(n.Took), "why", q.why(n.Reason), "outcome", given("outcome.", string(n.Outcome)),
	}
	key := noteKey(n)
	if n.Kind == routing.NoteStep && len(also) > 0 {
		key += ".alerts"
	}
	return q.say(key, pairs...)
}

// noteKey names the sentence for a note.
func noteKey(n routing.Note) string {
	key := "note." + string(n.Kind)
	switch n.Kind {
	case routing.NoteAlertOver:
		return key + "." + string(n.Result)
	case routing.NoteOpened, routing.NoteNotDelivered:
		if n.Channel != "" {
			return key + "." + string(n.Channel)
		}
	case routing.NoteClaimed:
		switch {
		case n.Reason == routing.ReasonResumed:
			return key + ".resumed"
		case n.Reason == routing.ReasonRetaken, n.Took == 0: // by whomever; how long it took the first is told already
			return key + ".again"
		}
	case routing.NoteRelayed:
		if n.Contact == "" {
			return key + ".desk"
		}
	case routing.NoteClosed:
		switch {
		case n.Contact != "":
		case slices.Contains(routing.Outcomes(), n.Outcome): // none that only a later release knows
			return key + ".said"
		default:
			return key + ".desk"
		}
	case routing.NoteInvited:
		if n.Contact != "" {
			return key + ".one"
		}
	case routing.NoteTalking:
		if n.Took == 0 {
			return key + ".again"
		}
	}
	return key
}

// why says why an automatic text was held back.
func (q *query) why(r routing.Reason) string {
	if s, err := q.words.T("why." + string(r)); err == nil {
		return s
	}
	return q.say("why.other")
}

// long says a length of time as people do.
func (q *query) long(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return q.say("span.s", "s", s)
	case s < 3600:
		return q.say("span.min", "min", s/60, "s", s%60)
	}
	return q.say("span.h", "h", s/3600, "min", s/60%60)
}
