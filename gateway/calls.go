package gateway

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/worker"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// call takes in a call that rings at a number of ours, and says what it is to hear.
func (a *App) call(ctx context.Context, in carrier.IncomingCall) ([]byte, error) {
	l, err := a.lineOf(ctx, in.To)
	if err != nil {
		return nil, err
	}
	from, key := a.caller(l.ID, in.From, in.ID)
	d, err := a.service.Handle(ctx, l.ID, routing.CallCame{
		Call: routing.CallID(in.ID), From: from, Key: key, To: in.To, At: time.Now(),
	})
	if err := a.taken(contacts.Voice)(d, err); err != nil {
		return nil, err
	}
	return a.document(ctx, l.ID, d, "", routing.CallID(in.ID))
}

// caller is who a call is from. Of a number that is withheld or cannot be called, or that is our own, only
// the call itself is known: it is nobody else's.
func (a *App) caller(line contacts.LineID, from, call string) (phone.Number, phone.Key) {
	n, err := phone.ParseE164(from)
	if err != nil || a.isOurs(n) || withheld(from) {
		return phone.Number{}, a.cfg.Keyset.CallKey(line, call)
	}
	return n, a.cfg.Keyset.PhoneKey(line, n)
}

// withheld reports whether a number is one of those that carriers put in place of one that is not shown:
// the words ANONYMOUS, RESTRICTED, BLOCKED, UNAVAILABLE and UNKNOWN on a telephone's keys (docs:
// "Why am I getting calls from these strange numbers", Twilio's help centre).
func withheld(from string) bool {
	switch from {
	case "+266696687", "+7378742833", "+2562533", "+86282452253", "+8656696":
		return true
	}
	return false
}

// turn answers a call that asks what it is to hear next.
func (a *App) turn(ctx context.Context, t carrier.Turn) ([]byte, error) {
	line, leg, ok := cutRef(t.Ref)
	if !ok {
		return []byte(a.voice.Unknown()), nil
	}
	if t.Over {
		// What it asks for nobody hears; that it is over is news, and its own report may be late or lost.
		err := ignoring(a.service.Handle(ctx, line, routing.CallChanged{Leg: leg, Call: routing.CallID(t.ID), Status: routing.CallOver, At: time.Now()}))
		return []byte(a.voice.Unknown()), err
	}
	d, err := a.service.Handle(ctx, line, routing.CallTurn{
		Leg: leg, Call: routing.CallID(t.ID), Turn: t.Turn, Key: t.Key, Language: a.sounds.Languages()[t.Key], Left: t.Left, Machine: t.Machine,
	})
	if errors.Is(err, routing.ErrUnknownLine) {
		return []byte(a.voice.Unknown()), nil
	}
	if err != nil {
		return nil, err
	}
	return a.document(ctx, line, d, leg, routing.CallID(t.ID))
}

// document says what a call is to hear now.
func (a *App) document(ctx context.Context, line contacts.LineID, d routing.Decision, leg routing.EntryID, call routing.CallID) ([]byte, error) {
	l, err := a.lines.Line(line)
	if err != nil {
		return nil, err
	}
	c, found := routing.LegOf(routing.State{}, d, leg, call)
	if found == nil {
		if c, found, err = a.store.Leg(ctx, line, leg, call); err != nil {
			return nil, err
		}
	}
	if found == nil {
		// Of a call that has left its case. Whoever was called hears that somebody else has it.
		if leg == "" || c == nil || !leg.Placed() {
			return []byte(a.voice.Unknown()), nil
		}
		return a.logged(a.voice.Late(l.Language))
	}
	message := ""
	if found.Voicemail != "" {
		message = a.cfg.Keyset.Token(line, string(found.ID), string(found.Voicemail))
	}
	return a.logged(a.voice.Document(c, found, a.languageOf(l, found), string(line)+"/"+string(found.ID), message))
}

// logged logs what a document had to leave out; it is served all the same.
func (a *App) logged(document string, err error) ([]byte, error) {
	if err != nil {
		a.logger.Error("document for a call is incomplete", slog.Any("error", err))
	}
	return []byte(document), nil
}

// languageOf is the language that a call is spoken in unless another was chosen by key.
func (a *App) languageOf(l *routing.Line, leg *routing.Leg) texts.Language {
	contact, _ := l.Directory.Contact(leg.Contact)
	return l.LanguageOf(contact)
}

// callReport takes in how far a call has come.
func (a *App) callReport(ctx context.Context, r carrier.CallReport) error {
	e := routing.CallChanged{
		Call: routing.CallID(r.ID), Status: worker.StatusOf(r.Status), Machine: r.Machine, Incoming: r.Ref == "", At: time.Now(),
	}
	var line contacts.LineID
	if e.Incoming {
		to, err := phone.ParseE164(r.To)
		if err != nil {
			return nil // of a call that is not ours
		}
		l, err := a.lineOf(ctx, to)
		if errors.Is(err, carrier.ErrUnknownNumber) {
			return nil
		}
		if err != nil {
			return err
		}
		line, e.To = l.ID, to
		e.From, e.Key = a.caller(line, r.From, r.ID)
	} else {
		var ok bool
		if line, e.Leg, ok = cutRef(r.Ref); !ok {
			return nil
		}
	}
	return ignoring(a.service.Handle(ctx, line, e))
}

// recorded takes in that a message of the person is complete.
func (a *App) recorded(ctx context.Context, r carrier.Recorded) error {
	line, leg, ok := cutRef(r.Ref)
	if !ok {
		return nil
	}
	return ignoring(a.service.Handle(ctx, line, routing.Recorded{Leg: leg, Call: routing.CallID(r.ID), Recording: r.Recording}))
}

// ignoring is the error of an event that matters: what had its effect already, or is about a line that is no
// more, does not.
func ignoring(_ routing.Decision, err error) error {
	if errors.Is(err, routing.ErrDuplicate) || errors.Is(err, routing.ErrUnknownLine) {
		return nil
	}
	return err
}

// message serves a message that the person has left to the call on which a helper of the case is to hear it,
// and to nobody else: the token in the URL is good for that call only, and while it is under way.
func (a *App) message(w http.ResponseWriter, r *http.Request) {
	line, leg := contacts.LineID(r.PathValue("line")), routing.EntryID(r.PathValue("leg"))
	token, _, _ := strings.Cut(r.PathValue("token"), ".")
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if _, err := a.lines.Line(line); err != nil {
		http.NotFound(w, r)
		return
	}
	c, l, err := a.store.Leg(ctx, line, leg, "")
	if err != nil {
		a.logger.Error("message of a person cannot be read", slog.Any("error", err))
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	for n := 1; l != nil && n <= c.Voicemails; n++ {
		ref := routing.WordsRef("v" + strconv.Itoa(n))
		if subtle.ConstantTimeCompare([]byte(a.cfg.Keyset.Token(line, string(leg), string(ref))), []byte(token)) != 1 {
			continue
		}
		audio, err := a.store.Words(ctx, line, c.ID, c.Person, ref)
		if err != nil {
			a.logger.Error("message of a person cannot be read", slog.String("case", string(c.ID)), slog.Any("error", err))
			break
		}
		w.Header().Set("Content-Type", "audio/mpeg")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(audio.Reveal())) // if the carrier is gone it will ask again
		return
	}
	http.NotFound(w, r)
}
