package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/gateway"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/ops/supervisor"
)

// deskLogin is the account at which whoever clicks is signed in.
const deskLogin = "chay-thu"

// office is the board of a world, and what lets people in without a password. Accounts, sessions and log are
// the board's own: they live in Redis, and the board cannot tell who let somebody in.
type office struct {
	board    *supervisor.Board
	sessions *account.Sessions
	log      *audit.Log
	desk     account.User
	tickets  tickets
}

// newOffice makes the board and the account of its supervisor. Nobody knows the account's password, and nobody
// has its second factor.
func newOffice(ctx context.Context, app *gateway.App, rdb redis.UniversalClient, keyset *seal.Keyset, logger *slog.Logger) (*office, error) {
	board, err := app.Board(ctx)
	if err != nil {
		return nil, err
	}
	o := &office{board: board, log: audit.NewLog(rdb, keyset)}
	accounts, err := account.NewAccounts(account.Options{
		Redis: rdb, Keyset: keyset, Audit: o.log,
		Cost: password.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}, // a random password cannot be guessed, however fast
	})
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	o.desk, _, err = accounts.Add(ctx, "demo", account.New{
		Name: deskLogin, Role: account.Supervisor, Lines: account.Lines{All: true}, Password: contacts.Conceal(rand.Text()),
	})
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	o.sessions = account.NewSessions(accounts, logger)
	return o, nil
}

// begin signs a request in, and records it like any other signing in.
func (o *office) begin(r *http.Request) error {
	entry := audit.Entry{Actor: o.desk.Name, Action: audit.SignIn}
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		entry.Reason = contacts.Conceal(from.Addr().Unmap().String())
	}
	if err := o.log.Record(r.Context(), entry); err != nil {
		return err
	}
	return o.sessions.Begin(r.Context(), o.desk)
}

// watch does something that depends on whether a request comes from somebody who is signed in.
func (o *office) watch(w http.ResponseWriter, r *http.Request, do func(signedIn bool) error) (err error) {
	o.sessions.Watch(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, gone := o.sessions.User(r.Context())
		if gone != nil && !errors.Is(gone, account.ErrNoSession) {
			err = gone
			return
		}
		err = do(gone == nil)
	}), unavailable()).ServeHTTP(w, r)
	return err
}

// unavailable answers when what keeps sessions fails; the cause is in the log already.
func unavailable() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	})
}
