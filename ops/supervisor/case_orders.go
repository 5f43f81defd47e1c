package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/triage"
)

// What is refused before an order is given.
var (
	errNoReason  = refusal{http.StatusBadRequest, "error.no_reason"}
	errNoWords   = refusal{http.StatusBadRequest, "error.no_words"}
	errNoContact = refusal{http.StatusBadRequest, "error.no_contact"}
)

// order is something that can be ordered on the page of a case.
type order struct {
	name   string
	needs  account.Action
	audits audit.Action
	event  func(o routing.Order, form url.Values) (routing.Event, error)
}

// orders lists everything that can be ordered.
func orders() []order {
	return []order{
		{"alert", account.ActOnCase, audit.Order, func(o routing.Order, form url.Values) (routing.Event, error) {
			id, err := contactOf(form)
			return routing.AlertOrdered{Order: o, Contact: id}, err
		}},
		{"hand", account.ActOnCase, audit.Order, func(o routing.Order, form url.Values) (routing.Event, error) {
			id, err := contactOf(form)
			return routing.HandOrdered{Order: o, Contact: id}, err
		}},
		{"correct", account.ActOnCase, audit.Order, func(o routing.Order, form url.Values) (routing.Event, error) {
			e := routing.CorrectOrdered{Order: o, Urgency: triage.Urgency(form.Get("urgency")), Need: triage.Need(form.Get("need"))}
			if !slices.Contains(coverage.Urgencies(), e.Urgency) || !slices.Contains(coverage.Needs(), e.Need) {
				return nil, errBadForm
			}
			return e, nil
		}},
		{"write", account.ActOnCase, audit.Order, func(o routing.Order, form url.Values) (routing.Event, error) {
			words, ok := written(form.Get("words"), maxWords)
			if !ok {
				return nil, errNoWords
			}
			return routing.WriteOrdered{Order: o, Words: contacts.Conceal(words)}, nil
		}},
		{"note", account.WriteNote, audit.Note, func(o routing.Order, form url.Values) (routing.Event, error) {
			words, ok := written(form.Get("words"), maxWords)
			if !ok {
				return nil, errNoWords
			}
			return routing.NoteOrdered{Order: o, Words: contacts.Conceal(words)}, nil
		}},
		{"clear", account.ActOnCase, audit.Order, func(o routing.Order, _ url.Values) (routing.Event, error) {
			return routing.ClearOrdered{Order: o}, nil
		}},
		{"reopen", account.ActOnCase, audit.Order, func(o routing.Order, _ url.Values) (routing.Event, error) {
			return routing.ReopenOrdered{Order: o}, nil
		}},
		{"close", account.ActOnCase, audit.CloseCase, func(o routing.Order, form url.Values) (routing.Event, error) {
			why, ok := reasoned(form.Get("reason"))
			if !ok {
				return nil, errNoReason
			}
			e := routing.CloseOrdered{Order: o, Why: contacts.Conceal(why), Outcome: routing.Outcome(form.Get("outcome"))}
			if !slices.Contains(routing.Outcomes(), e.Outcome) {
				return nil, errBadForm
			}
			return e, nil
		}},
	}
}

func contactOf(form url.Values) (contacts.ID, error) {
	id := form.Get("contact")
	if id == "" || len(id) > 100 {
		return "", errNoContact
	}
	return contacts.ID(id), nil
}

// tokenPattern is what [rand.Text] makes. What a browser sends back must not be able to pass for the id of
// another event, so it is put behind a prefix that no other has.
var tokenPattern = regexp.MustCompile(`^[A-Z2-7]{26}$`)

const tokenPrefix = "desk-"

// giveOrder records an order and then gives it. How it went is told on the page of the case.
func (b *Board) giveOrder(w http.ResponseWriter, q *query) error {
	if err := q.ParseForm(); err != nil {
		return badForm(err)
	}
	at := slices.IndexFunc(orders(), func(o order) bool { return o.name == q.PathValue("order") })
	if at < 0 {
		return errNotFound
	}
	do := orders()[at]
	l, c, err := b.caseOf(q, do.needs)
	if err != nil {
		return err
	}
	token := q.PostForm.Get("token")
	if !tokenPattern.MatchString(token) {
		return errBadForm
	}
	event, err := do.event(routing.Order{Token: routing.EventID(tokenPrefix + token), Case: c.ID, By: routing.Desk(q.who.Name)}, q.PostForm)
	if err != nil {
		return err
	}
	entry := audit.Entry{Actor: q.who.Name, Action: do.audits, Line: string(l.ID), Case: string(c.ID), Detail: do.name}
	if err := b.o.Audit.Record(q.Context(), entry); err != nil {
		return b.notAudited(err)
	}
	d, err := b.o.Orders(q.Context(), l.ID, event)
	switch {
	case errors.Is(err, routing.ErrDuplicate):
		d.Reason = repeatedOrder
	case err != nil:
		b.notDone(q, entry, failedOrder)
		return fmt.Errorf("order %s: %w", do.name, err)
	}
	if _, well := q.outcome(d.Reason); !well {
		b.notDone(q, entry, d.Reason)
	}
	b.tell(w, string(d.Reason))
	b.forget(l.ID)
	http.Redirect(w, q.Request, casePath(c), http.StatusSeeOther)
	return nil
}

// What stands for the reason of an order that had its effect already, and of one of which nobody knows whether it
// had any.
const (
	repeatedOrder routing.Reason = "repeated"
	failedOrder   routing.Reason = "failed"
)

// notDone adds to the audit log that what was recorded before an order was given did not happen. If that cannot
// be written, the log says more than was done, never less.
func (b *Board) notDone(q *query, given audit.Entry, why routing.Reason) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(q.Context()), answerTimeout)
	defer cancel()
	given.Action, given.Detail = audit.OrderNotDone, given.Detail+" "+string(why)
	if err := b.o.Audit.Record(ctx, given); err != nil {
		b.o.Logger.Error("that an order was not carried out cannot be recorded", slog.Any("error", err))
	}
}

// outcome says how an order went, and whether it was carried out.
func (q *query) outcome(why routing.Reason) (text string, well bool) {
	switch why {
	case routing.ReasonInvited, routing.ReasonMoved, routing.ReasonCorrected, routing.ReasonRelayed, routing.ReasonNoted,
		routing.ReasonCleared, routing.ReasonReopened, routing.ReasonClosedByOffice:
		return q.say("told." + string(why)), true
	case routing.ReasonMayNotKnow, routing.ReasonUnreachable, routing.ReasonAlreadyHeld, routing.ReasonAsked, routing.ReasonNotDelivered,
		routing.ReasonSilence, routing.ReasonCaseClosed, routing.ReasonNoCase, routing.ReasonNothingToDo, routing.ReasonAnotherOpen, repeatedOrder,
		failedOrder:
		return q.say("told." + string(why)), false
	}
	return q.say("told.other"), false
}

// notAudited refuses what could not be recorded.
func (b *Board) notAudited(err error) error {
	b.o.Logger.Error("refused, because it cannot be recorded", slog.Any("error", err))
	return errNotAudited
}
