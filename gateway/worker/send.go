package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

// unreadable is how long an entry is put off that this replica cannot read: another one may be able to.
const unreadable = time.Minute

// send carries one message as far as it gets.
func (w *Worker) send(ctx context.Context, d store.DueSend) {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	m, now, err := w.prepare(ctx, d)
	switch {
	case errors.Is(err, errNotWanted):
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendUnwanted, At: now})
		return
	case errors.Is(err, errTooLate):
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendExpired, At: now})
		return
	case err != nil:
		w.o.Logger.Error("message cannot be prepared", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		w.later(ctx, d, unreadable, true)
		return
	}
	if !d.FirstTried.IsZero() && w.alreadyThere(ctx, d, m) {
		return
	}
	w.hand(ctx, d, m)
}

// hand gives a message to the carrier and deals with the answer.
func (w *Worker) hand(ctx context.Context, d store.DueSend, m carrier.Message) {
	sending, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	sid, err := w.o.Carrier.Send(sending, m)
	if err == nil {
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendAccepted, SID: sid, At: time.Now()})
		return
	}
	failure, _ := errors.AsType[*carrier.Error](err)
	class := carrier.ClassOf(err)
	if class == carrier.Refuse && failure.Cause == carrier.CauseAccount {
		// Not this message's fault, and the same for every other: an operator has to act. Until then
		// the message waits, and the deadlines go on.
		class = carrier.Retry
	}
	w.o.Logger.Warn("carrier did not take a message", slog.String("entry", string(d.Send.ID)), slog.String("class", string(class)), slog.Any("error", err))
	switch class {
	case carrier.Refuse:
		w.finish(ctx, d, routing.SendFinished{
			Send: d.Send, Result: routing.SendRefused, At: time.Now(),
			OptedOut: failure.Cause == carrier.CauseOptedOut, BadNumber: failure.Cause == carrier.CauseBadNumber,
		})
	case carrier.Retry:
		w.later(ctx, d, backoff(d.Age), true)
	case carrier.Unknown:
		w.later(ctx, d, backoff(d.Age), false)
	}
}

// alreadyThere looks for a message on the carrier's list that was handed to it before without an answer.
// It reports true if the message needs no sending now: it is there, or it cannot be known yet.
func (w *Worker) alreadyThere(ctx context.Context, d store.DueSend, m carrier.Message) bool {
	finding, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	sids, err := w.o.Carrier.Find(finding, m, d.FirstTried)
	var known map[string]bool
	if err == nil {
		known, err = w.o.Agenda.Attributed(ctx, d.Line, sids)
	}
	if err != nil {
		w.o.Logger.Warn("carrier's list cannot be read", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		w.later(ctx, d, backoff(d.Age), false)
		return true
	}
	for _, sid := range sids {
		if !known[sid] {
			w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendAccepted, SID: sid, At: time.Now()})
			return true
		}
	}
	return false
}

// Why a message is not sent.
var (
	errNotWanted = errors.New("no longer wanted")
	errTooLate   = errors.New("its time has passed")
)

// prepare checks that a message is still wanted and composes it.
func (w *Worker) prepare(ctx context.Context, d store.DueSend) (m carrier.Message, now time.Time, err error) {
	if d.Err != nil {
		return m, now, d.Err
	}
	s := d.Send
	line, err := w.o.Lines.Line(d.Line)
	if err != nil {
		return m, now, err
	}
	// Words are sealed with the key of the case's person, whoever they go to.
	now, c, person, err := w.o.Agenda.LoadCase(ctx, d.Line, s.Case, s.Person)
	if err != nil {
		return m, now, err
	}
	switch routing.Wanted(s, c, person, routing.World{Now: now, Line: line}) {
	case routing.TooLate:
		return m, now, errTooLate
	case routing.NotWanted:
		return m, now, errNotWanted
	}
	to := person.Number
	if s.Contact != "" {
		contact, _ := line.Directory.Contact(s.Contact)
		to = contact.Phone
	}
	if to.IsZero() {
		return m, now, errNotWanted // the person was erased meanwhile
	}
	body, err := w.body(ctx, d, c)
	if err != nil {
		return m, now, err
	}
	m = carrier.Message{
		From: from(line, s.Via), To: to, Body: body, Validity: s.Validity,
		Ref: string(d.Line) + "/" + string(s.ID),
	}
	if !s.NotAfter.IsZero() {
		// What is left of its time is all the carrier gets.
		m.Validity = min(m.Validity, s.NotAfter.Sub(now))
	}
	return m, now, nil
}

func (w *Worker) body(ctx context.Context, d store.DueSend, c *routing.Case) (string, error) {
	s := d.Send
	if s.Words == "" {
		body, err := routing.Compose(s, contacts.Private{})
		return body.Reveal(), err
	}
	words, err := w.o.Agenda.Words(ctx, d.Line, s.Case, c.Person, s.Words)
	if errors.Is(err, store.ErrNoWords) || errors.Is(err, store.ErrNoPerson) {
		return "", errNotWanted // erased or expired
	}
	if err != nil {
		return "", err
	}
	body, err := routing.Compose(s, words)
	return body.Reveal(), err
}

// from is the number of ours a message comes from: the one the person wrote to, as long as it is the
// line's, else the first that can send texts.
func from(line *routing.Line, via phone.Number) phone.Number {
	var first phone.Number
	for _, n := range line.Numbers {
		if n.SMS && n.Number == via {
			return via
		}
		if n.SMS && first.IsZero() {
			first = n.Number
		}
	}
	return first
}

// finish tells the rules what became of a message; with that it leaves the agenda. If they cannot be
// told, its lease ends and the next worker finds out what became of it.
func (w *Worker) finish(ctx context.Context, d store.DueSend, e routing.SendFinished) {
	_, err := w.o.Handler.Handle(ctx, d.Line, e)
	if err != nil && !errors.Is(err, routing.ErrDuplicate) {
		w.o.Logger.Error("outcome of a message not stored, it comes due again", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
	}
}

func (w *Worker) later(ctx context.Context, d store.DueSend, after time.Duration, untried bool) {
	if err := w.o.Agenda.LaterSend(ctx, d, after, untried); err != nil {
		w.o.Logger.Error("message not put back, it comes due again", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
	}
}
