// Package account knows who may use the supervisor's pages: accounts, what each may do, how one signs in, and
// sessions.
//
// An account has a password and a second factor, always both. Its record is sealed with the keyset, so whoever
// can write to Redis but does not have the keyset can neither read a hash nor make an account or a session.
// What an account may do is decided by [May] alone. Whatever changes an account, and every signing in, is
// written to the audit log first and does not happen if that fails.
//
// Attempts to sign in are limited, and nobody is ever locked out: see [Accounts.SignIn]. Its errors, and all
// others of this package, hold no name, password or code, and nothing is logged.
package account

import (
	"context"
	_ "embed" // for the scripts
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/ops/audit"
)

// User is an account as pages and commands see it.
type User struct {
	Name     string           // the login
	Display  contacts.Private // how the person is called; empty if never said
	Role     Role
	Lines    Lines
	Contacts []Contact // who the person is in the directories of lines
	Disabled bool
	// Generation grows whenever everything that was signed in before must end.
	Generation   int64
	Created      time.Time
	LastSignIn   time.Time // zero if never
	RecoveryLeft int       // how many recovery codes have not been used
}

// Lines says which lines an account sees.
type Lines struct {
	All bool
	IDs []contacts.LineID // if not all; sorted
}

// Has reports whether a line is among them.
func (l Lines) Has(line contacts.LineID) bool {
	return line != "" && (l.All || slices.Contains(l.IDs, line))
}

// Contact says who somebody is in a line's directory. Whom the directory keeps apart from a person must not see
// that person's cases on any page, which takes knowing who they are.
type Contact struct {
	Line contacts.LineID `json:"line"`
	ID   contacts.ID     `json:"id"`
}

// New is an account to be made.
type New struct {
	Name     string // 2 to 32 of a-z, 0-9, dot, underscore, hyphen
	Display  contacts.Private
	Role     Role
	Lines    Lines
	Contacts []Contact
	Password contacts.Private
}

// Errors of this package, apart from those of signing in and those of [password.Policy.Check], which pass through.
var (
	ErrNotFound = errors.New("không có tài khoản này | no such account")
	ErrExists   = errors.New("đã có tài khoản này | there is such an account already")
	ErrBadName  = errors.New("tên đăng nhập: 2 đến 32 ký tự a-z 0-9 . _ - | a login name has 2 to 32 of a-z 0-9 . _ -")
	ErrBadRole  = errors.New("vai trò: supervisor, coordinator hoặc reader | a role is supervisor, coordinator or reader")
	ErrNoLines  = errors.New("cần ít nhất một đường dây, hoặc * | at least one line is needed, or *")
	// ErrBadContact means that who somebody is was said without a contact, or of a line that they do not see.
	ErrBadContact = errors.New("người trong danh bạ: LINE/CONTACT của một đường dây mà tài khoản được xem | a contact is LINE/CONTACT, of a line that the account sees")
	// ErrChanged means that others changed the account at the same moment, time and again.
	ErrChanged = errors.New("tài khoản vừa bị đổi ở nơi khác | the account was changed elsewhere just now")
)

// Auditor records who did what. *[audit.Log] is one.
type Auditor interface {
	Record(ctx context.Context, e audit.Entry) error
}

//go:embed put.lua
var putSource string

//go:embed tries.lua
var triesSource string

// Accounts keeps the accounts in Redis. It is safe for concurrent use.
type Accounts struct {
	rdb        redis.UniversalClient
	keyset     *seal.Keyset
	audit      Auditor
	policy     *password.Policy
	hasher     *password.Hasher
	dummy      record // stands for accounts that do not exist
	put, tries *redis.Script
	unknown    pacer // of audit entries about logins that nobody has
}

// Options is what [NewAccounts] needs.
type Options struct {
	Redis  redis.UniversalClient
	Keyset *seal.Keyset
	Audit  Auditor
	Cost   password.Cost // of new hashes; zero: [password.DefaultCost]
}

// NewAccounts opens the accounts.
func NewAccounts(o Options) (*Accounts, error) {
	if o.Cost == (password.Cost{}) {
		o.Cost = password.DefaultCost()
	}
	a := &Accounts{
		rdb: o.Redis, keyset: o.Keyset, audit: o.Audit, policy: password.NewPolicy(), hasher: password.NewHasher(o.Cost),
		put: redis.NewScript(putSource), tries: redis.NewScript(triesSource),
	}
	var err error
	a.dummy, _, err = a.credentials(context.Background(), record{}, contacts.Conceal(newRecoveryCode()))
	return a, err
}

// id stands for a login name wherever one would be in a key.
func (a *Accounts) id(name string) string { return a.keyset.Token("", "account", name) }

// Get returns an account, or [ErrNotFound].
func (a *Accounts) Get(ctx context.Context, name string) (User, error) {
	r, _, err := a.load(ctx, a.id(name))
	if err != nil {
		return User{}, err
	}
	return r.user(), nil
}

// List returns every account, by name.
func (a *Accounts) List(ctx context.Context) ([]User, error) {
	ids, err := a.rdb.SMembers(ctx, accountsKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	var users []User
	for _, id := range ids {
		r, _, err := a.load(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		users = append(users, r.user())
	}
	slices.SortFunc(users, func(a, b User) int { return strings.Compare(a.Name, b.Name) })
	return users, nil
}

var namePattern = regexp.MustCompile(`^[a-z0-9._-]{2,32}$`)

// Add makes an account; actor is who does. Everything the person needs to sign in is in the enrolment, which cannot
// be had again.
func (a *Accounts) Add(ctx context.Context, actor string, n New) (User, Enrolment, error) {
	lines := slices.Clone(n.Lines.IDs)
	slices.Sort(lines)
	lines = slices.Compact(lines)
	switch {
	case !namePattern.MatchString(n.Name):
		return User{}, Enrolment{}, ErrBadName
	case !n.Role.valid():
		return User{}, Enrolment{}, ErrBadRole
	case !n.Lines.All && len(lines) == 0:
		return User{}, Enrolment{}, ErrNoLines
	}
	if err := checkContacts(n.Lines, n.Contacts); err != nil {
		return User{}, Enrolment{}, err
	}
	if err := a.policy.Check(n.Password.Reveal(), n.Name); err != nil {
		return User{}, Enrolment{}, err
	}
	id := a.id(n.Name)
	if _, _, err := a.load(ctx, id); err == nil {
		return User{}, Enrolment{}, ErrExists
	} else if !errors.Is(err, ErrNotFound) {
		return User{}, Enrolment{}, err
	}
	r := record{
		Name: n.Name, Display: n.Display.Reveal(), Role: n.Role, AllLines: n.Lines.All, Lines: lines, Contacts: n.Contacts,
		Generation: 1, CreatedUnixMS: time.Now().UnixMilli(),
	}
	if r.AllLines {
		r.Lines = nil
	}
	r, enrolment, err := a.credentials(ctx, r, n.Password)
	if err != nil {
		return User{}, Enrolment{}, err
	}
	if err := a.audit.Record(ctx, audit.Entry{Actor: actor, Action: audit.UserAdd, Detail: n.Name}); err != nil {
		return User{}, Enrolment{}, err
	}
	stored, err := a.store(ctx, id, r, 0)
	switch {
	case err != nil:
		return User{}, Enrolment{}, err
	case !stored:
		return User{}, Enrolment{}, ErrExists
	}
	return r.user(), enrolment, nil
}

// Disable closes an account; everything that was signed in ends.
func (a *Accounts) Disable(ctx context.Context, actor, name string) (User, error) {
	return a.change(ctx, actor, audit.UserDisable, name, func(r *record) error {
		r.Disabled = true
		r.Generation++
		return nil
	})
}

// Enable opens an account again, with the password and the second factor it had.
func (a *Accounts) Enable(ctx context.Context, actor, name string) (User, error) {
	return a.change(ctx, actor, audit.UserEnable, name, func(r *record) error {
		r.Disabled = false
		return nil
	})
}

// Link says who the account's owner is in the directories of lines, in place of what was said before; everything
// that was signed in ends, so that no page stays open that shows too much.
func (a *Accounts) Link(ctx context.Context, actor, name string, who []Contact) (User, error) {
	u, err := a.Get(ctx, name)
	if err != nil {
		return User{}, err
	}
	if err := checkContacts(u.Lines, who); err != nil {
		return User{}, err
	}
	return a.change(ctx, actor, audit.UserLink, name, func(r *record) error {
		r.Contacts = who
		r.Generation++
		return nil
	})
}

func checkContacts(lines Lines, who []Contact) error {
	for _, c := range who {
		if c.ID == "" || !lines.Has(c.Line) {
			return ErrBadContact
		}
	}
	return nil
}

// Reset gives an account a new password, a new second factor and new recovery codes; everything that was signed in
// ends, and no device is remembered. A closed account stays closed.
func (a *Accounts) Reset(ctx context.Context, actor, name string, secret contacts.Private) (User, Enrolment, error) {
	if err := a.policy.Check(secret.Reveal(), name); err != nil {
		return User{}, Enrolment{}, err
	}
	var enrolment Enrolment
	user, err := a.change(ctx, actor, audit.UserReset, name, func(r *record) error {
		var err error
		*r, enrolment, err = a.credentials(ctx, *r, secret)
		r.Generation++
		return err
	})
	if err != nil {
		return User{}, Enrolment{}, err
	}
	return user, enrolment, nil
}

// rounds bounds how often a change is made anew because somebody else's came first.
const rounds = 8

// change records that an account is changed, and changes it.
func (a *Accounts) change(ctx context.Context, actor string, action audit.Action, name string, do func(*record) error) (User, error) {
	id := a.id(name)
	if _, _, err := a.load(ctx, id); err != nil {
		return User{}, err
	}
	if err := a.audit.Record(ctx, audit.Entry{Actor: actor, Action: action, Detail: name}); err != nil {
		return User{}, err
	}
	for range rounds {
		r, version, err := a.load(ctx, id)
		if err != nil {
			return User{}, err
		}
		if err := do(&r); err != nil {
			return User{}, err
		}
		if stored, err := a.store(ctx, id, r, version); err != nil || stored {
			return r.user(), err
		}
	}
	return User{}, ErrChanged
}
