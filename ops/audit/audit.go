// Package audit records who saw or took out personal data, who gave orders from a desk or a page, and who
// came in.
//
// Whoever does such a thing records it first, and does nothing if that fails. Entries hold who, what kind of
// access, to which line or case, and when; no number and no word. The one free text, a reason that somebody
// typed, is sealed. Entries are kept five years (domain.md §5) in Redis, beside what they are about.
//
// Entries form a chain: each has a number and a keyed hash over itself and its predecessor's hash. The key
// comes from the keyset, so whoever can write to Redis but does not have the keyset can neither change an
// entry nor add one, and what they take out of the middle, the beginning or the end is noticed by [Log.Verify].
// One thing cannot be noticed from inside: that the whole of it was set back to an earlier state of itself, as
// by restoring a backup. For that, Verify compares with a [Head] that was noted elsewhere before.
// Entries written before there was a chain have no hash; they stay readable, and the chain begins after them.
package audit

import (
	"context"
	_ "embed" // for the script
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
)

// Action is a kind of access or of order.
type Action string

// The actions that are audited.
const (
	RevealLine    Action = "reveal_line"     // a line file with numbers was printed
	RemoveLine    Action = "remove_line"     // a line was taken out of service
	CloseCase     Action = "close_case"      // a case was closed from a desk; its reason is kept with the case's words
	RevealWords   Action = "reveal_words"    // a case's words were shown
	Export        Action = "export"          // figures or entries were taken out as a file; detail says which
	Order         Action = "order"           // a supervisor acted on a case; detail says which order
	OrderNotDone  Action = "order_not_done"  // what was recorded just before was not carried out; detail says which order and why
	Note          Action = "note"            // a note was written on a case; its words are kept with the case's
	SignIn        Action = "sign_in"         // an account was signed in to
	SignInRefused Action = "sign_in_refused" // somebody failed to; detail says what was wrong
	SignOut       Action = "sign_out"        // a session was ended by its user
	RevealReasons Action = "reveal_reasons"  // the reasons in this log were shown, of a line, or of what is about none
	UserAdd       Action = "user_add"        // an account was made; detail names it, as in the next four
	UserDisable   Action = "user_disable"    // an account was closed
	UserEnable    Action = "user_enable"     // an account was opened again
	UserReset     Action = "user_reset"      // an account got a new password and a new second factor
	UserLink      Action = "user_link"       // it was said who an account's owner is in a directory
)

// needsLine reports whether an action is always about a line. Accounts may see several, so signing in is not.
func (a Action) needsLine() bool {
	switch a {
	case SignIn, SignInRefused, SignOut, UserAdd, UserDisable, UserEnable, UserReset, UserLink, RevealReasons:
		return false
	}
	return true
}

// needsCase reports whether an action is about one case.
func (a Action) needsCase() bool {
	switch a {
	case CloseCase, RevealWords, Order, OrderNotDone, Note:
		return true
	}
	return false
}

// Entry is one access.
type Entry struct {
	Actor  string // account on the machine, or name of a login
	Action Action
	Line   string // empty if the action concerns accounts
	Case   string // empty if no case was concerned
	// Detail is a word of the program's own that says more exactly what was done, or the login of the account
	// that was changed. Nothing that came from a person at risk or was typed as free text.
	Detail string
	// Reason is what a supervisor typed, or where from somebody signed in. It may hold names and is stored sealed.
	Reason contacts.Private
}

// Errors of this package.
var (
	// ErrIncomplete means that an entry does not say who did what.
	ErrIncomplete = errors.New("audit entry without actor, action, line or case")
	// ErrBusy means that other replicas got in between time and again. Trying once more is right.
	ErrBusy = errors.New("audit log is being written to by too many at once")
)

// attempts bounds how often an entry is made anew because another replica's came first. One replica writes one
// entry at a time and one of all writers always succeeds, so this is enough for as many replicas at full speed.
const attempts = 64

//go:embed append.lua
var appendSource string

// Log writes and reads audit entries in Redis. It is safe for concurrent use.
type Log struct {
	rdb    redis.UniversalClient
	keyset *seal.Keyset
	key    []byte
	script *redis.Script
	// last holds the newest entry as far as this process knows. Whoever has taken it out writes; the others wait.
	last chan Head
}

// NewLog makes a log whose chain and reasons are protected by a keyset.
func NewLog(rdb redis.UniversalClient, keyset *seal.Keyset) *Log {
	l := &Log{
		rdb: rdb, keyset: keyset, script: redis.NewScript(appendSource), last: make(chan Head, 1),
		// No line has the empty id, so no token that is handed out can be this one.
		key: []byte(keyset.Token("", "audit chain")),
	}
	l.last <- Head{}
	return l
}

// Record writes an entry. After an error nothing may be revealed or done; the entry may have been written all
// the same. It returns [ErrIncomplete] for an entry that does not say what an audit must.
func (l *Log) Record(ctx context.Context, e Entry) error {
	if e.Actor == "" || e.Action == "" || e.Action.needsLine() && e.Line == "" || e.Action.needsCase() && e.Case == "" {
		return ErrIncomplete
	}
	var last Head
	select {
	case last = <-l.last:
	case <-ctx.Done():
		return fmt.Errorf("record access: %w", ctx.Err())
	}
	last, err := l.write(ctx, e, last)
	l.last <- last
	if err != nil {
		return fmt.Errorf("record access: %w", err)
	}
	return nil
}

// write appends an entry after what it believes to be the newest one and returns which that is afterwards.
func (l *Log) write(ctx context.Context, e Entry, last Head) (Head, error) {
	at := time.Now()
	for range attempts {
		fields, mac, err := l.fields(e, at, last)
		if err != nil {
			return last, err
		}
		args := append([]any{strconv.FormatInt(last.Number, 10), last.MAC, mac}, fields...)
		answer, err := l.script.Run(ctx, l.rdb, []string{logKey(), headKey()}, args...).Slice()
		if err != nil {
			return last, err
		}
		if len(answer) == 1 {
			return Head{Number: last.Number + 1, MAC: mac}, nil
		}
		if last, err = parseHead(answer[1], answer[2]); err != nil {
			return Head{}, err
		}
	}
	return last, ErrBusy
}

// fields makes the fields of the entry that follows another, and its mac.
func (l *Log) fields(e Entry, at time.Time, after Head) ([]any, string, error) {
	number := strconv.FormatInt(after.Number+1, 10)
	var reason []byte
	if !e.Reason.Empty() {
		var err error
		reason, err = l.keyset.Seal(contacts.LineID(e.Line), reasonField(number), []byte(e.Reason.Reveal()))
		if err != nil {
			return nil, "", err
		}
	}
	list := []any{
		"n", number, "prev", after.MAC, "actor", e.Actor, "action", string(e.Action), "line", e.Line, "case", e.Case,
		"detail", e.Detail, "reason", string(reason), "at_unix_ms", strconv.FormatInt(at.UnixMilli(), 10),
	}
	values := make(map[string]string, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		values[list[i].(string)] = list[i+1].(string)
	}
	return list, l.mac(values), nil
}

func reasonField(number string) string { return "audit/" + number }
