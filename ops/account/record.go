package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
)

// record is an account as it is stored.
type record struct {
	Format        int               `json:"format"`
	Name          string            `json:"name"`
	Display       string            `json:"display,omitempty"`
	Role          Role              `json:"role"`
	AllLines      bool              `json:"all_lines,omitempty"`
	Lines         []contacts.LineID `json:"lines,omitempty"`
	Contacts      []Contact         `json:"contacts,omitempty"`
	Hash          string            `json:"hash"`     // argon2id, PHC
	Secret        string            `json:"secret"`   // of the second factor, base32
	LastStep      int64             `json:"step"`     // of the newest code that was used
	Recovery      []string          `json:"recovery"` // keyed hashes of the codes that were not used
	Salt          string            `json:"salt"`     // of the recovery codes
	Disabled      bool              `json:"disabled,omitempty"`
	Generation    int64             `json:"generation"`
	CreatedUnixMS int64             `json:"created_unix_ms"`
	SignInUnixMS  int64             `json:"sign_in_unix_ms,omitempty"`
}

// recordFormat is the form that is written. Records of the one before, which did not say who somebody is in a
// directory, are read too.
const recordFormat = 2

// ErrUnreadable means that a stored account does not open or is not in a form this program knows.
var ErrUnreadable = errors.New("stored account cannot be read with this keyset and program")

func (r record) user() User {
	u := User{
		Name: r.Name, Display: contacts.Conceal(r.Display), Role: r.Role, Lines: Lines{All: r.AllLines, IDs: r.Lines},
		Contacts: r.Contacts,
		Disabled: r.Disabled, Generation: r.Generation, Created: time.UnixMilli(r.CreatedUnixMS).UTC(), RecoveryLeft: len(r.Recovery),
	}
	if r.SignInUnixMS != 0 {
		u.LastSignIn = time.UnixMilli(r.SignInUnixMS).UTC()
	}
	return u
}

// load returns an account and its version; ErrNotFound if there is none.
func (a *Accounts) load(ctx context.Context, id string) (record, int64, error) {
	values, err := a.rdb.HMGet(ctx, accountKey(id), "v", "d").Result()
	if err != nil {
		return record{}, 0, fmt.Errorf("load account: %w", err)
	}
	if values[0] == nil {
		return record{}, 0, ErrNotFound
	}
	digits, _ := values[0].(string)
	sealed, _ := values[1].(string)
	version, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return record{}, 0, ErrUnreadable
	}
	plain, err := a.keyset.Open("", "account/"+id, []byte(sealed))
	if err != nil {
		return record{}, 0, ErrUnreadable
	}
	var r record
	if err := json.Unmarshal(plain, &r); err != nil || r.Format != recordFormat && r.Format != recordFormat-1 {
		return record{}, 0, ErrUnreadable
	}
	return r, version, nil
}

// store stores an account that has a version now, 0 for none; false if it has another by now.
func (a *Accounts) store(ctx context.Context, id string, r record, version int64) (bool, error) {
	r.Format = recordFormat
	plain, err := json.Marshal(r)
	if err != nil {
		return false, fmt.Errorf("write account: %w", err)
	}
	sealed, err := a.keyset.Seal("", "account/"+id, plain)
	if err != nil {
		return false, err
	}
	n, err := a.put.Run(ctx, a.rdb, []string{accountKey(id), accountsKey()}, version, sealed, id).Int()
	if err != nil {
		return false, fmt.Errorf("store account: %w", err)
	}
	return n == 1, nil
}
