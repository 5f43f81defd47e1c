package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/ops/audit"
)

// Attempt is what somebody typed in order to sign in.
type Attempt struct {
	Name     string
	Password contacts.Private
	Code     contacts.Private // of the authenticator, or a recovery code
	Address  netip.Addr       // where from
	Device   contacts.Private // the cookie named [DeviceCookie], if the browser sent one
}

// String hides what was typed.
func (Attempt) String() string { return "[attempt]" }

// GoString hides what was typed.
func (Attempt) GoString() string { return "[attempt]" }

// LogValue hides what was typed.
func (Attempt) LogValue() slog.Value { return slog.StringValue("[attempt]") }

// ErrRefused means that name, password or code is wrong, or that the account is closed. Which one is never said.
var ErrRefused = errors.New("sai tên, mật khẩu hoặc mã | wrong name, password or code")

// WaitError means that the attempt was not looked at: others came just before. It says nothing about whether there is
// such an account.
type WaitError struct {
	After time.Duration // from now; more than 0
}

// Error says how long to wait, in whole seconds.
func (e *WaitError) Error() string {
	s := int64((e.After + time.Second - 1) / time.Second)
	return fmt.Sprintf("hãy thử lại sau %d giây | try again in %d s", s, s)
}

const (
	// refusalTime is how long at least a refusal takes, so that what was wrong cannot be told by the time.
	refusalTime = 500 * time.Millisecond
	// busyWait is what is said when too many wait for their turn.
	busyWait = 2 * time.Second
	// unknownEvery bounds the audit entries about logins that nobody has, which anybody could write without end.
	unknownEvery = time.Minute
)

// SignIn lets a person in who has the right password and a code that was not used before. It returns [ErrRefused]
// if anything is wrong, a [*WaitError] if nothing was looked at, and else an error of Redis or of the audit log.
//
// Nobody can lock somebody else out. From a device that has signed in to the account before, only that device's own
// attempts count. From others, attempts at one account, from one network address, and of both together are slowed down
// to one in ten seconds (one in a minute from an address that keeps failing at the same account), and comparing
// passwords never takes more than a fraction of a processor: see [password.Strangers]. So a person at a new device has
// to try more than once while somebody keeps attacking that very account; a device used before is what helps.
func (a *Accounts) SignIn(ctx context.Context, at Attempt) (User, error) {
	began := time.Now()
	user, err := a.signIn(ctx, at, began)
	if errors.Is(err, ErrRefused) {
		wait := time.NewTimer(time.Until(began.Add(refusalTime)))
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	return user, err
}

func (a *Accounts) signIn(ctx context.Context, at Attempt, now time.Time) (User, error) {
	name := strings.ToLower(strings.TrimSpace(at.Name))
	id := a.id(name)
	r, version, err := a.load(ctx, id)
	exists := err == nil
	switch {
	case errors.Is(err, ErrNotFound):
		r = a.dummy // the same work is done for an account that is not there
	case err != nil:
		return User{}, err
	}
	device, lane := a.device(at.Device, id, r.Generation, now), password.Strangers
	if device != "" && exists {
		lane = password.Known
	}
	counters := a.counters(id, device, at.Address)
	wait, err := a.try(ctx, counters, now)
	if err != nil {
		return User{}, err
	}
	if wait > 0 {
		return User{}, &WaitError{wait}
	}
	hash, err := password.ParseHash(r.Hash)
	if err != nil {
		return User{}, ErrUnreadable
	}
	passwordRight, err := a.hasher.Matches(ctx, lane, hash, at.Password.Reveal())
	if errors.Is(err, password.ErrBusy) {
		return User{}, errors.Join(&WaitError{busyWait}, a.forgive(ctx, counters, false))
	}
	if err != nil {
		return User{}, err
	}
	codes := len(r.Recovery)
	codeRight := a.use(&r, at.Code.Reveal(), now)
	switch {
	case !exists:
		return User{}, a.refuse(ctx, "", "unknown", at.Address)
	case !passwordRight:
		return User{}, a.refuse(ctx, r.Name, "password", at.Address)
	case !codeRight:
		return User{}, a.refuse(ctx, r.Name, "code", at.Address)
	case r.Disabled:
		return User{}, a.refuse(ctx, r.Name, "disabled", at.Address)
	}
	if a.hasher.Outdated(hash) {
		fresh, err := a.hasher.Hash(ctx, at.Password.Reveal())
		if err != nil {
			return User{}, err
		}
		r.Hash = fresh.Encode()
	}
	detail := ""
	if len(r.Recovery) < codes {
		detail = "recovery_code"
	}
	r.SignInUnixMS = now.UnixMilli()
	stored, err := a.store(ctx, id, r, version)
	if err != nil {
		return User{}, err
	}
	if !stored {
		// Somebody signed in or changed the account between reading and storing: with the same code, for all that
		// is known. Trying again with the next one is right.
		return User{}, a.refuse(ctx, r.Name, "changed", at.Address)
	}
	entry := audit.Entry{Actor: r.Name, Action: audit.SignIn, Detail: detail, Reason: contacts.Conceal(at.Address.String())}
	if err := a.audit.Record(ctx, entry); err != nil {
		return User{}, err
	}
	return r.user(), a.forgive(ctx, counters, true)
}

// refuse records that somebody was not let in and returns ErrRefused.
func (a *Accounts) refuse(ctx context.Context, name, why string, address netip.Addr) error {
	if name == "" {
		if !a.unknown.next(unknownEvery) {
			return ErrRefused
		}
		name = "-" // what was typed might be anything, even a password
	}
	entry := audit.Entry{Actor: name, Action: audit.SignInRefused, Detail: why, Reason: contacts.Conceal(address.String())}
	if err := a.audit.Record(ctx, entry); err != nil {
		return err
	}
	return ErrRefused
}

// DeviceCookie is the name of the cookie that remembers a device, to be set with DeviceLifetime, Secure, HttpOnly,
// SameSite=Strict and Path=/.
const DeviceCookie = "__Host-hotline-device"

// DeviceLifetime is how long a device is remembered after it signed in last.
const DeviceLifetime = 180 * 24 * time.Hour

// Remember makes the value of [DeviceCookie] for a device from which a user has just signed in. It is no proof of
// who they are, only that their own mistakes and not those of others slow them down.
func (a *Accounts) Remember(u User) string {
	device, at := rand.Text(), strconv.FormatInt(time.Now().Unix(), 10)
	return device + "." + at + "." + a.deviceToken(a.id(u.Name), device, at, u.Generation)
}

func (a *Accounts) deviceToken(id, device, at string, generation int64) string {
	return a.keyset.Token("", "device", id, device, at, strconv.FormatInt(generation, 10))
}

// device returns the id of a remembered device; empty if it is not, or not of this account.
func (a *Accounts) device(cookie contacts.Private, id string, generation int64, now time.Time) string {
	parts := strings.Split(cookie.Reveal(), ".")
	if len(parts) != 3 {
		return ""
	}
	want := a.deviceToken(id, parts[0], parts[1], generation)
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if subtle.ConstantTimeCompare([]byte(parts[2]), []byte(want)) != 1 || err != nil || now.Sub(time.Unix(seconds, 0)) > DeviceLifetime {
		return ""
	}
	return parts[0]
}
