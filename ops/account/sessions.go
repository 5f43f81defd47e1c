package account

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/tincay/hotline/ops/audit"
)

const (
	// SessionCookie is the name of the cookie. With this prefix a browser takes it from this host only, with TLS
	// (or from the machine itself) only, and for every path.
	SessionCookie = "__Host-hotline"
	// IdleTimeout is how long a session lives without a request.
	IdleTimeout = 30 * time.Minute
	// SessionLifetime is how long a session lives at most: a long shift.
	SessionLifetime = 12 * time.Hour
)

// What a session holds.
const (
	sessionAccount    = "account"
	sessionGeneration = "generation"
)

// ErrNoSession means that nobody is signed in, or not any more.
var ErrNoSession = errors.New("nobody is signed in")

// Sessions keeps who is signed in. A session ends when its user signs out, is idle for [IdleTimeout], after
// [SessionLifetime], and when the account is closed or reset. It is safe for concurrent use.
type Sessions struct {
	accounts *Accounts
	store    *sessionStore
	manager  *scs.SessionManager
	logger   *slog.Logger
}

// failing is what is done when what keeps sessions fails: it is logged, and failed answers.
func (s *Sessions) failing(failed http.Handler) func(http.ResponseWriter, *http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		s.logger.ErrorContext(r.Context(), "session storage failed", slog.Any("error", err))
		failed.ServeHTTP(w, r)
	}
}

// NewSessions opens the sessions of accounts. Whatever Redis answers wrongly is logged.
func NewSessions(accounts *Accounts, logger *slog.Logger) *Sessions {
	store := newSessionStore(accounts.rdb, accounts.keyset)
	// Not made with scs.New: that starts a store in memory with a goroutine that never ends and cannot be stopped
	// without a race. All it sets besides is a key that tells several managers in one request apart.
	m := &scs.SessionManager{
		Store: store, Codec: scs.GobCodec{}, IdleTimeout: IdleTimeout, Lifetime: SessionLifetime,
		Cookie: scs.SessionCookie{
			Name: SessionCookie, Path: "/", SameSite: http.SameSiteLaxMode, Secure: true, HttpOnly: true,
			Persist: false, // closing the browser ends it, on an office's machine too
		},
	}
	return &Sessions{accounts: accounts, store: store, manager: m, logger: logger}
}

// Wrap makes the session available to a handler: the methods below work on contexts of requests that came through it
// only. The cookie is set when the handler writes its header, so an event stream must do that before its first flush.
// Where the session cannot be read or kept, failed answers instead.
func (s *Sessions) Wrap(next, failed http.Handler) http.Handler {
	m := *s.manager // with the same key, so that the other methods find what it has put into a context
	m.ErrorFunc = s.failing(failed)
	return m.LoadAndSave(next)
}

// Watch is [Sessions.Wrap] for what a page does by itself, such as asking for news: the session is only looked at. Such
// a request is no sign of life, or an open page would keep its session alive all night.
func (s *Sessions) Watch(next, failed http.Handler) http.Handler {
	fail := s.failing(failed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := ""
		if c, err := r.Cookie(s.manager.Cookie.Name); err == nil {
			token = c.Value
		}
		ctx, err := s.manager.Load(r.Context(), token)
		if err != nil {
			fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Begin signs a user in who has just come through [Accounts.SignIn]. The session gets a new token, so that nobody
// can have planted the old one.
func (s *Sessions) Begin(ctx context.Context, u User) error {
	if err := s.manager.RenewToken(ctx); err != nil {
		return err
	}
	s.manager.Put(ctx, sessionAccount, u.Name)
	s.manager.Put(ctx, sessionGeneration, u.Generation)
	return nil
}

// User returns who is signed in, as the account is now, or [ErrNoSession].
func (s *Sessions) User(ctx context.Context) (User, error) {
	name := s.manager.GetString(ctx, sessionAccount)
	if name == "" {
		return User{}, ErrNoSession
	}
	u, err := s.accounts.Get(ctx, name)
	switch {
	case errors.Is(err, ErrNotFound):
		return User{}, ErrNoSession
	case err != nil:
		return User{}, err
	case u.Disabled || u.Generation != s.manager.GetInt64(ctx, sessionGeneration):
		return User{}, ErrNoSession
	}
	return u, nil
}

// Still returns what [Sessions.User] does, for a request that has been open for a while: it also notices that the
// session ended elsewhere or by being idle. It does not keep the session alive.
func (s *Sessions) Still(ctx context.Context) (User, error) {
	_, found, err := s.store.FindCtx(ctx, s.manager.Token(ctx))
	switch {
	case err != nil:
		return User{}, err
	case !found:
		return User{}, ErrNoSession
	}
	return s.User(ctx)
}

// End signs out. The session ends even if that cannot be recorded.
func (s *Sessions) End(ctx context.Context) error {
	name := s.manager.GetString(ctx, sessionAccount)
	err := s.manager.Destroy(ctx)
	if name != "" {
		err = errors.Join(err, s.accounts.audit.Record(ctx, audit.Entry{Actor: name, Action: audit.SignOut}))
	}
	return err
}
