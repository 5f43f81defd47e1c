package account_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing/routingtest"
)

// browser is a browser in front of pages that sign in, say who is there, and sign out.
type browser struct {
	t       testing.TB
	handler http.Handler
	cookie  *http.Cookie
	during  func() // runs while a request to /slow is under way
	watches bool   // asks as a page does by itself
	logged  strings.Builder
}

func newBrowser(t testing.TB, o *office) *browser {
	b := &browser{t: t}
	sessions := account.NewSessions(o.accounts, slog.New(slog.NewTextHandler(&b.logged, nil)))
	who := func(w http.ResponseWriter, u account.User, err error) {
		switch {
		case errors.Is(err, account.ErrNoSession):
			fmt.Fprint(w, "nobody")
		case err != nil:
			http.Error(w, "failed", http.StatusInternalServerError)
		default:
			fmt.Fprint(w, u.Name)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		u, err := o.accounts.SignIn(r.Context(), o.attempt())
		if err == nil {
			err = sessions.Begin(r.Context(), u)
		}
		who(w, u, err)
	})
	mux.HandleFunc("POST /out", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.End(r.Context()); err != nil {
			http.Error(w, "failed", http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		u, err := sessions.User(r.Context())
		who(w, u, err)
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		b.during()
		u, err := sessions.Still(r.Context())
		who(w, u, err)
	})
	failed := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	watched := sessions.Watch(mux, failed)
	wrapped := sessions.Wrap(mux, failed)
	b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.watches {
			watched.ServeHTTP(w, r)
			return
		}
		wrapped.ServeHTTP(w, r)
	})
	return b
}

// send makes a request and returns the body, or the status if it is not 200.
func (b *browser) send(method, path string) string {
	b.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.Name != account.SessionCookie {
			b.t.Errorf("%s %s sets the cookie %s", method, path, c.Name)
		}
		b.cookie = c
		if c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	if w.Code != http.StatusOK {
		return fmt.Sprint(w.Code)
	}
	return w.Body.String()
}

func (b *browser) want(when, want string) {
	b.t.Helper()
	if got := b.send("GET", "/"); got != want {
		b.t.Errorf("signed in %s: %s, want %s", when, got, want)
	}
}

func TestSessions_SignInAndOut(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		b := newBrowser(t, o)
		b.want("at first", "nobody")
		if b.cookie != nil {
			t.Error("who is not signed in gets a cookie")
		}
		if got := b.send("POST", "/in"); got != "thu.lan" {
			t.Fatalf("sign in = %s", got)
		}
		c := b.cookie
		if c == nil || c.Name != "__Host-hotline" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" ||
			c.MaxAge != 0 || !c.Expires.IsZero() || len(c.Value) < 40 {
			t.Errorf("cookie = %+v, want one for this host, TLS and this browser session only", c)
		}
		b.want("after signing in", "thu.lan")
		keys := o.rdb.Keys(t.Context(), "hotline:session:*").Val()
		if len(keys) != 1 || strings.Contains(keys[0], c.Value) {
			t.Fatalf("keys = %v, want one without the token", keys)
		}
		if ttl := o.rdb.PTTL(t.Context(), keys[0]).Val(); ttl > account.IdleTimeout || ttl < account.IdleTimeout-time.Minute {
			t.Errorf("the session expires in %v, want %v", ttl, account.IdleTimeout)
		}
		if value := o.rdb.Get(t.Context(), keys[0]).Val(); strings.Contains(value, "thu.lan") || strings.Contains(value, c.Value) {
			t.Error("the session is stored in the clear")
		}
		b.send("POST", "/out")
		if b.cookie != nil {
			t.Error("signing out leaves the cookie")
		}
		b.cookie = c
		b.want("with the cookie from before signing out", "nobody")
		if list := o.entries(); list[len(list)-1] != "thu.lan sign_out" || slices.Index(list, "thu.lan sign_in") != len(list)-2 {
			t.Errorf("audit = %v, want signing in and out last", list)
		}
		n := len(o.entries())
		b.send("POST", "/out")
		if len(o.entries()) != n {
			t.Error("signing out nobody is recorded")
		}
	})
}

// Signing in gives a new token, so one that was planted, or used by somebody else before, is worth nothing.
func TestSessions_NewTokenForEverySignIn(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		b := newBrowser(t, o)
		b.cookie = &http.Cookie{Name: account.SessionCookie, Value: "planted"}
		b.send("POST", "/in")
		first := b.cookie
		if first.Value == "planted" {
			t.Fatal("a planted token is signed in")
		}
		time.Sleep(time.Minute)
		b.send("POST", "/in")
		second := b.cookie
		if second.Value == first.Value {
			t.Error("signing in again keeps the token")
		}
		b.cookie = first
		b.want("with the token from before signing in again", "nobody")
		b.cookie = second
		b.want("with the new token", "thu.lan")
		b.cookie = &http.Cookie{Name: account.SessionCookie, Value: "planted"}
		b.want("with the planted token", "nobody")
	})
}

func TestSessions_EndByTime(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		b := newBrowser(t, o)
		b.send("POST", "/in")
		time.Sleep(account.IdleTimeout - time.Second)
		b.want("just before it is idle too long", "thu.lan")
		time.Sleep(account.IdleTimeout + time.Second)
		b.want("after it was idle", "nobody") // the key is still there: time in Redis stands still
		b.send("POST", "/in")
		for range int(account.SessionLifetime/(20*time.Minute)) - 1 {
			time.Sleep(20 * time.Minute)
			b.want("while it is used", "thu.lan")
		}
		time.Sleep(20 * time.Minute)
		b.want("after its lifetime, used or not", "nobody")
	})
}

func TestSessions_WatchingIsNoSignOfLife(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		b := newBrowser(t, o)
		b.send("POST", "/in")
		b.watches = true
		for range 4 {
			time.Sleep(account.IdleTimeout/4 - time.Second)
			b.want("an open page that asks by itself", "thu.lan")
		}
		time.Sleep(10 * time.Second)
		b.want("after nobody has done anything for long", "nobody")
	})
}

func TestSessions_EndWithTheAccount(t *testing.T) {
	for name, change := range map[string]func(o *office) error{
		"disabled": func(o *office) error { _, err := o.accounts.Disable(o.t.Context(), "root", "thu.lan"); return err },
		"disabled and enabled": func(o *office) error {
			_, err1 := o.accounts.Disable(o.t.Context(), "root", "thu.lan")
			_, err2 := o.accounts.Enable(o.t.Context(), "root", "thu.lan")
			return errors.Join(err1, err2)
		},
		"reset": func(o *office) error {
			_, _, err := o.accounts.Reset(o.t.Context(), "root", "thu.lan", contacts.Conceal(newSecret))
			return err
		},
		"gone": func(o *office) error {
			return o.rdb.Del(o.t.Context(), o.rdb.Keys(o.t.Context(), "{accounts}:account:*").Val()...).Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, o *office) {
				b := newBrowser(t, o)
				b.send("POST", "/in")
				b.want("before", "thu.lan")
				if err := change(o); err != nil {
					t.Fatal(err)
				}
				b.want("after the account is "+name, "nobody")
			})
		})
	}
}

// A request that is under way while its user signs out neither goes on as that user nor brings the session back.
func TestSessions_RequestUnderWayDoesNotBringItBack(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		b := newBrowser(t, o)
		b.send("POST", "/in")
		cookie := b.cookie
		b.during = func() {}
		if got := b.send("GET", "/slow"); got != "thu.lan" {
			t.Errorf("a slow request = %s, want the user", got)
		}
		b.during = func() {
			b.send("POST", "/out")
			b.cookie = cookie
		}
		if got := b.send("GET", "/slow"); got != "nobody" {
			t.Errorf("a request during which its user signed out = %s, want nobody", got)
		}
		b.cookie = cookie
		b.want("after a request was under way during signing out", "nobody")
	})
}

// An event stream that was open all along ends when the session has been idle, and does not keep it alive.
func TestSessions_StillNoticesIdleness(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		b := newBrowser(t, o)
		b.send("POST", "/in")
		b.during = func() { time.Sleep(account.IdleTimeout - time.Second) }
		if got := b.send("GET", "/slow"); got != "thu.lan" {
			t.Errorf("Still before it was idle too long = %s, want the user", got)
		}
		b.during = func() { time.Sleep(account.IdleTimeout + time.Second) }
		if got := b.send("GET", "/slow"); got != "nobody" {
			t.Errorf("Still after it was idle = %s, want nobody", got)
		}
	})
}

// Whoever can write to Redis but lacks the keyset cannot make or move a session.
func TestSessions_SealedForTheirPlace(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		one, two := newBrowser(t, o), newBrowser(t, o)
		one.send("POST", "/in")
		first := o.rdb.Keys(t.Context(), "hotline:session:*").Val()[0]
		time.Sleep(30 * time.Second)
		two.send("POST", "/in")
		for _, key := range o.rdb.Keys(t.Context(), "hotline:session:*").Val() {
			if key != first {
				o.rdb.Set(t.Context(), key, o.rdb.Get(t.Context(), first).Val(), 0)
			}
		}
		one.want("untouched", "thu.lan")
		two.want("with the data of another session", "nobody")
		for _, bad := range []string{"x", strings.Repeat("x", 100)} {
			o.rdb.Set(t.Context(), first, bad, 0)
			one.want("with made-up data", "nobody")
		}
	})
}

func TestSessions_WithoutRedis(t *testing.T) {
	t.Parallel()
	rdb, server := routingtest.NewRedis(t)
	o := newOffice(t, rdb)
	b := newBrowser(t, o)
	b.send("POST", "/in")
	server.SetError("LOADING")
	cookie := b.cookie.Value
	if got := b.send("GET", "/"); got != "503" {
		t.Errorf("a page while Redis is away = %s, want 503", got)
	}
	if logged := b.logged.String(); !strings.Contains(logged, "session storage failed") || strings.Contains(logged, cookie) || strings.Contains(logged, "thu.lan") {
		t.Errorf("log = %q, want that storage failed and nothing personal", logged)
	}
	server.SetError("")
	b.want("after Redis is back", "thu.lan")
}

// The same on a real Redis, whose expiry is its own.
func TestSessions_OnRedis(t *testing.T) {
	t.Parallel()
	o := newOffice(t, routingtest.NewServer(t).Client())
	b := newBrowser(t, o)
	if got := b.send("POST", "/in"); got != "thu.lan" {
		t.Fatalf("sign in = %s", got)
	}
	b.want("after signing in", "thu.lan")
	key := o.rdb.Keys(t.Context(), "hotline:session:*").Val()[0]
	if ttl := o.rdb.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > account.IdleTimeout {
		t.Errorf("the session expires in %v, want at most %v", ttl, account.IdleTimeout)
	}
	cookie := b.cookie
	b.send("POST", "/out")
	b.cookie = cookie
	b.want("after signing out", "nobody")
	if ttl := o.rdb.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > account.SessionLifetime {
		t.Errorf("what is left of the session expires in %v, want at most %v", ttl, account.SessionLifetime)
	}
}
