package supervisor

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

// Accounts lets people in; ops/account implements it.
type Accounts interface {
	// SignIn returns account.ErrRefused whatever was wrong, or an *account.WaitError.
	SignIn(ctx context.Context, at account.Attempt) (account.User, error)
	// Remember returns what a browser keeps so that its user need not wait behind strangers.
	Remember(u account.User) string
}

// Sessions knows who is signed in; ops/account implements it.
type Sessions interface {
	// Wrap makes the session available to a handler, and the request a sign of life. Where what keeps sessions
	// fails, failed answers.
	Wrap(next, failed http.Handler) http.Handler
	// Watch makes it available to a handler of requests that pages make by themselves: nobody need be there.
	Watch(next, failed http.Handler) http.Handler
	// Begin signs somebody in under a new token.
	Begin(ctx context.Context, u account.User) error
	// User returns who is signed in, as the account is now, or account.ErrNoSession.
	User(ctx context.Context) (account.User, error)
	// Still returns what User does, looking at the session anew.
	Still(ctx context.Context) (account.User, error)
	// End signs out and records it.
	End(ctx context.Context) error
}

// may asks the one place where it is decided.
func (q *query) may(a account.Action, line contacts.LineID) bool {
	return q.who != nil && account.May(*q.who, a, line).OK()
}

// linked reports whether there may be cases that whoever asks must not see.
func (q *query) linked() bool { return q.who != nil && len(q.who.Contacts) > 0 }

// sees reports whether a case may be shown to somebody: who is a contact sees no case of a person from whom they are
// kept apart, nor of one who did not want them. Nothing tells it from a case that does not exist.
func (b *Board) sees(u *account.User, l *routing.Line, c *routing.Case) bool {
	for _, who := range u.Contacts {
		home, err := b.o.Lines.Line(who.Line)
		if err != nil || !routing.MayWatch(l, c, home, who.ID) {
			return false
		}
	}
	return true
}

// unlisted reports whether somebody is, as their account says, a contact whom no directory knows (any more). They see
// no case.
func (b *Board) unlisted(u *account.User) bool {
	return slices.ContainsFunc(u.Contacts, func(who account.Contact) bool {
		home, err := b.o.Lines.Line(who.Line)
		if err != nil {
			return true
		}
		_, ok := home.Directory.Contact(who.ID)
		return !ok
	})
}

// linesFor returns the lines on which somebody may do something, by id.
func (b *Board) linesFor(q *query, a account.Action) []*routing.Line {
	var may []*routing.Line
	for _, l := range b.o.Lines.All() {
		if q.may(a, l.ID) {
			may = append(may, l)
		}
	}
	return may
}

// lineFor returns a line on which somebody may do something. One that is not theirs is answered like one that
// does not exist.
func (b *Board) lineFor(q *query, id contacts.LineID, a account.Action) (*routing.Line, error) {
	l, err := b.o.Lines.Line(id)
	switch {
	case errors.Is(err, routing.ErrUnknownLine) || q.who == nil:
		return nil, errNotFound
	case err != nil:
		return nil, err
	}
	switch verdict := account.May(*q.who, a, id); {
	case verdict == account.DeniedLine:
		return nil, errNotFound
	case !verdict.OK():
		return nil, errForbidden
	}
	return l, nil
}
