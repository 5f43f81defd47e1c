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

const (
	// whileOnPhone is how soon a contact is tried again who is on the telephone with this line.
	whileOnPhone = 500 * time.Millisecond
	// notReady is how soon a recording is asked for again that the carrier is still working on.
	notReady = 2 * time.Second
)

// CallAgenda is what the worker needs of the storage for calls; routing/store implements it.
type CallAgenda interface {
	// OnPhone reports whether a contact is on the telephone with this line by another leg than but.
	OnPhone(ctx context.Context, line contacts.LineID, id contacts.ID, but routing.EntryID) (bool, error)
	// KnownCalls reports which of the carrier's ids are known to be calls of ours.
	KnownCalls(ctx context.Context, line contacts.LineID, ids []string) (map[string]bool, error)
	// Pace returns 0 if a call may be placed now, else after what time to ask again.
	Pace(ctx context.Context, id routing.EntryID, p routing.Priority, rate float64) (wait time.Duration, err error)
}

// call carries out one entry about calls as far as it gets.
func (w *Worker) call(ctx context.Context, d store.DueSend) {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	line, c, person, now, err := w.wantedCall(ctx, d)
	switch {
	case errors.Is(err, errNotWanted):
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendUnwanted, At: now})
	case errors.Is(err, errTooLate):
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendExpired, At: now})
	case err != nil:
		w.o.Logger.Error("call cannot be prepared", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		w.notTried(ctx, d, backoff(d.Age, d.Send.Purpose))
	case d.Send.Purpose == routing.PurposeCall:
		w.place(ctx, d, line, person)
	default:
		w.steer(ctx, d, c)
	}
}

// wantedCall asks once more whether an entry is still wanted.
func (w *Worker) wantedCall(ctx context.Context, d store.DueSend) (*routing.Line, *routing.Case, routing.Person, time.Time, error) {
	line, err := w.o.Lines.Line(d.Line)
	if err != nil {
		return nil, nil, routing.Person{}, time.Time{}, err
	}
	now, c, person, err := w.o.Agenda.LoadCase(ctx, d.Line, d.Send.Case, d.Send.Person)
	if err != nil {
		return nil, nil, routing.Person{}, now, err
	}
	switch routing.Wanted(d.Send, c, person, routing.World{Now: now, Line: line}) {
	case routing.TooLate:
		err = errTooLate
	case routing.NotWanted:
		err = errNotWanted
	}
	return line, c, person, now, err
}

// place has the carrier call somebody: a contact who is not on the telephone already, no faster than the
// account allows.
func (w *Worker) place(ctx context.Context, d store.DueSend, line *routing.Line, person routing.Person) {
	to := person.Number
	if d.Send.Contact != "" {
		contact, _ := line.Directory.Contact(d.Send.Contact)
		to = contact.Phone
		talking, err := w.o.Calls.OnPhone(ctx, d.Line, d.Send.Contact, d.Send.ID)
		if err != nil {
			w.o.Logger.Error("call not placed yet", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		}
		if err != nil || talking {
			w.notTried(ctx, d, whileOnPhone)
			return
		}
	}
	call := carrier.Call{From: voiceFrom(line, d.Send.Via), To: to, Ring: d.Send.Ring, Ref: string(d.Line) + "/" + string(d.Send.ID)}
	if call.To.IsZero() || call.From.IsZero() {
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendUnwanted, At: time.Now()})
		return
	}
	find := func(ctx context.Context) ([]string, error) { return w.o.Carrier.FindCalls(ctx, call, d.FirstTried) }
	if !d.FirstTried.IsZero() && w.onList(ctx, d, find, w.o.Calls.KnownCalls) {
		return
	}
	rate := line.CallRate
	if rate == 0 {
		rate = routing.DefaultCallRate
	}
	wait, err := w.o.Calls.Pace(ctx, d.Send.ID, d.Send.Rank, rate)
	if err != nil {
		w.o.Logger.Error("call not placed yet", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
		wait = whileOnPhone
	}
	if wait > 0 {
		w.notTried(ctx, d, wait)
		return
	}
	sending, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	sid, err := w.o.Carrier.Place(sending, call)
	w.outcome(ctx, d, sid, err)
}

// steer does something to calls that are under way, or to what was recorded on them.
func (w *Worker) steer(ctx context.Context, d store.DueSend, c *routing.Case) {
	doing, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	s := d.Send
	switch s.Purpose {
	case routing.PurposePush:
		w.outcome(ctx, d, "", w.o.Carrier.Push(doing, string(s.Call), string(d.Line)+"/"+string(s.Leg), s.Turn))
	case routing.PurposeCancel:
		w.outcome(ctx, d, "", w.o.Carrier.Cancel(doing, string(s.Call)))
	case routing.PurposeKeep:
		w.outcome(ctx, d, "", w.o.Carrier.KeepConference(doing, c.Conference(), string(s.Call)))
	case routing.PurposeErase:
		w.outcome(ctx, d, "", w.o.Carrier.DeleteRecording(doing, s.Recording))
	case routing.PurposeFetch:
		w.fetch(ctx, doing, d)
	case routing.PurposeLook:
		w.lookAtCalls(ctx, doing, d, c)
	}
}

// outcome deals with the carrier's answer to a request about a call.
func (w *Worker) outcome(ctx context.Context, d store.DueSend, sid string, err error) {
	if err == nil {
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendAccepted, SID: sid, At: time.Now()})
		return
	}
	w.o.Logger.Warn("carrier did not do what was asked about a call", slog.String("entry", string(d.Send.ID)),
		slog.String("purpose", string(d.Send.Purpose)), slog.String("class", string(carrier.ClassOf(err))), slog.Any("error", err))
	switch carrier.ClassOf(err) {
	case carrier.Refuse:
		w.finish(ctx, d, routing.SendFinished{Send: d.Send, Result: routing.SendRefused, At: time.Now()})
	case carrier.Retry:
		w.notTried(ctx, d, backoff(d.Age, d.Send.Purpose))
	default:
		// Only a call that may have been placed is looked for; the rest can be asked for twice.
		w.later(ctx, d, backoff(d.Age, d.Send.Purpose), d.Send.Purpose != routing.PurposeCall)
	}
}

// fetch takes over a recording.
func (w *Worker) fetch(ctx, doing context.Context, d store.DueSend) {
	audio, err := w.o.Carrier.Recording(doing, d.Send.Recording)
	if errors.Is(err, carrier.ErrNotReady) {
		w.later(ctx, d, notReady, true)
		return
	}
	if err != nil {
		w.outcome(ctx, d, "", err)
		return
	}
	w.tell(ctx, d, routing.RecordingFetched{Send: d.Send, Audio: contacts.Conceal(string(audio))})
}

// lookAtCalls asks the carrier how the calls of a case stand.
func (w *Worker) lookAtCalls(ctx, doing context.Context, d store.DueSend, c *routing.Case) {
	seen := routing.CallsSeen{Send: d.Send, Calls: map[routing.CallID]routing.CallStatus{}, Inside: map[routing.CallID]bool{}}
	inside, err := w.o.Carrier.Participants(doing, c.Conference())
	if err != nil {
		w.outcome(ctx, d, "", err)
		return
	}
	for _, id := range inside {
		seen.Inside[routing.CallID(id)] = true
	}
	for _, l := range c.Legs {
		if l.Call == "" {
			continue
		}
		status, err := w.o.Carrier.Look(doing, string(l.Call))
		if err != nil && carrier.ClassOf(err) == carrier.Refuse {
			continue // nothing is to be learned of this one
		}
		if err != nil {
			w.outcome(ctx, d, "", err)
			return
		}
		seen.Calls[l.Call] = StatusOf(status)
	}
	w.tell(ctx, d, seen)
}

// tell gives the rules what was learned from the carrier; with that the entry leaves the agenda.
func (w *Worker) tell(ctx context.Context, d store.DueSend, e routing.Event) {
	if _, err := w.o.Handler.Handle(ctx, d.Line, e); err != nil && !errors.Is(err, routing.ErrDuplicate) {
		w.o.Logger.Error("what the carrier said of a call not stored, it is asked again", slog.String("entry", string(d.Send.ID)), slog.Any("error", err))
	}
}

// StatusOf is a call's status as the rules distinguish it.
func StatusOf(s carrier.CallStatus) routing.CallStatus {
	switch s {
	case carrier.CallQueued, carrier.CallRinging:
		return routing.CallQueued
	case carrier.CallInProgress:
		return routing.CallUp
	case carrier.CallBusy:
		return routing.CallBusy
	case carrier.CallNoAnswer:
		return routing.CallNoAnswer
	case carrier.CallFailed:
		return routing.CallFailed
	case carrier.CallCanceled:
		return routing.CallCanceled
	}
	return routing.CallOver
}

// voiceFrom is the number of ours that a call comes from: the one the person used, as long as it is the
// line's, else the first that can call.
func voiceFrom(line *routing.Line, via phone.Number) phone.Number {
	return ours(line, via, func(n routing.SupportNumber) bool { return n.Voice })
}
