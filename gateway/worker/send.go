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
	if d.Err == nil && d.Send.OfCall() {
		w.call(ctx, d)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	began := time.Now()
	m, c, now, err := w.prepare(ctx, d)
	switch {
	case errors.Is(err, errNotWanted):
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendUnwanted, At: now})
		return
	case errors.Is(err, errTooLate):
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendExpired, At: now})
		return
	case err != nil:
		w.o.Logger.Error("message cannot be prepared", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		after := backoff(d.Age, d.Send.Purpose)
		if d.Err != nil {
			after = unreadable
		}
		w.notTried(ctx, d, after)
		return
	}
	if !d.FirstTried.IsZero() {
		if w.alreadyThere(ctx, d, m) {
			return
		}
		// The look took its time, and so much less is left.
		now = now.Add(time.Since(began))
		if limit(&m, d.Send, now); m.Validity <= 0 {
			w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendExpired, At: now})
			return
		}
	}
	w.hand(ctx, d, m, c != nil && !c.FirstAlertAt.IsZero())
}

// limit gives the carrier no more of a message's time than is left.
func limit(m *carrier.Message, s routing.Send, now time.Time) {
	m.Validity = s.Validity
	if !s.NotAfter.IsZero() {
		m.Validity = min(m.Validity, s.NotAfter.Sub(now))
	}
}

// hand gives a message to the carrier and deals with the answer. notFirst says that an alert of its case
// was accepted before.
func (w *Worker) hand(ctx context.Context, d store.DueSend, m carrier.Message, notFirst bool) {
	sending, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	sid, err := w.o.Carrier.Send(sending, m)
	if err == nil {
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendAccepted, SID: sid, NotFirst: notFirst, At: time.Now()})
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
		w.notTried(ctx, d, backoff(d.Age, d.Send.Purpose))
	case carrier.Unknown:
		w.later(ctx, d, backoff(d.Age, d.Send.Purpose), false)
	}
}

// alreadyThere looks for a message on the carrier's list that was handed to it before without an answer.
// It reports true if the message needs no sending now: it is there, or it cannot be known yet.
func (w *Worker) alreadyThere(ctx context.Context, d store.DueSend, m carrier.Message) bool {
	find := func(ctx context.Context) ([]string, error) { return w.o.Carrier.Find(ctx, m, d.FirstTried) }
	if w.onList(ctx, d, find, w.o.Agenda.Attributed) {
		return true
	}
	// One that is known may be known as this very message: a report came while we looked, and with it
	// the message left the agenda.
	_, waiting, err := w.o.Agenda.Entry(ctx, d.Line, d.Send.ID)
	if err != nil {
		w.o.Logger.Warn("agenda cannot be read", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		w.later(ctx, d, backoff(d.Age, d.Send.Purpose), false)
	}
	return err != nil || !waiting
}

// onList looks on the carrier's list for what was handed to it before without an answer. It reports true if
// nothing is to be handed over now: it is there, and with that done; or the list cannot be read, and it is put
// back.
func (w *Worker) onList(
	ctx context.Context, d store.DueSend, find func(context.Context) ([]string, error),
	isKnown func(context.Context, contacts.LineID, []string) (map[string]bool, error),
) bool {
	finding, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	sids, err := find(finding)
	var known map[string]bool
	if err == nil {
		known, err = isKnown(ctx, d.Line, sids)
	}
	if err != nil {
		w.o.Logger.Warn("carrier's list cannot be read", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		w.later(ctx, d, backoff(d.Age, d.Send.Purpose), false)
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

// prepare checks that a message is still wanted and composes it; c is the case it belongs to, or nil.
func (w *Worker) prepare(ctx context.Context, d store.DueSend) (m carrier.Message, c *routing.Case, now time.Time, err error) {
	if d.Err != nil {
		return m, c, now, d.Err
	}
	s := d.Send
	line, err := w.o.Lines.Line(d.Line)
	if err != nil {
		return m, c, now, err
	}
	// Words are sealed with the key of the case's person, whoever they go to.
	now, c, person, err := w.o.Agenda.LoadCase(ctx, d.Line, s.Case, s.Person)
	if err != nil {
		return m, c, now, err
	}
	switch routing.Wanted(s, c, person, routing.World{Now: now, Line: line}) {
	case routing.TooLate:
		return m, c, now, errTooLate
	case routing.NotWanted:
		return m, c, now, errNotWanted
	}
	to := person.Number
	if s.Contact != "" {
		contact, _ := line.Directory.Contact(s.Contact)
		to = contact.Phone
	}
	if to.IsZero() {
		return m, c, now, errNotWanted // the person was erased meanwhile
	}
	body, err := w.body(ctx, d, line, c)
	if err != nil {
		return m, c, now, err
	}
	m = carrier.Message{From: from(line, s.Via), To: to, Body: body, Ref: string(d.Line) + "/" + string(s.ID)}
	if limit(&m, s, now); m.Validity <= 0 {
		return m, c, now, errTooLate
	}
	return m, c, now, nil
}

func (w *Worker) body(ctx context.Context, d store.DueSend, line *routing.Line, c *routing.Case) (string, error) {
	s := d.Send
	if s.Words == "" {
		body, err := routing.Compose(line, s, contacts.Private{})
		return body.Reveal(), err
	}
	words, err := w.o.Agenda.Words(ctx, d.Line, s.Case, c.Person, s.Words)
	if errors.Is(err, store.ErrNoWords) || errors.Is(err, store.ErrNoPerson) {
		return "", errNotWanted // erased or expired
	}
	if err != nil {
		return "", err
	}
	body, err := routing.Compose(line, s, words)
	return body.Reveal(), err
}

// from is the number of ours a message comes from: the one the person wrote to, as long as it is the
// line's, else the first that can send texts.
func from(line *routing.Line, via phone.Number) phone.Number {
	return ours(line, via, func(n routing.SupportNumber) bool { return n.SMS })
}

func ours(line *routing.Line, via phone.Number, can func(routing.SupportNumber) bool) phone.Number {
	var first phone.Number
	for _, n := range line.Numbers {
		if can(n) && n.Number == via {
			return via
		}
		if can(n) && first.IsZero() {
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

// notTried puts a message back that did not reach the carrier this time. An earlier attempt may have: then
// it stays to be looked for.
func (w *Worker) notTried(ctx context.Context, d store.DueSend, after time.Duration) {
	w.later(ctx, d, after, d.FirstTried.IsZero())
}

func (w *Worker) later(ctx context.Context, d store.DueSend, after time.Duration, untried bool) {
	if err := w.o.Agenda.LaterSend(ctx, d, after, untried); err != nil {
		w.o.Logger.Error("message not put back, it comes due again", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
	}
}
