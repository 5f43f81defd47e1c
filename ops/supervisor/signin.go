package supervisor

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// Limits on what the sign-in form may hold, in bytes.
const (
	maxLogin    = 64
	maxPassword = password.MaxBytes // whoever was given a password must be able to type it
	maxCode     = 32                // a recovery code is longer than six digits
)

// Cookies besides the session's. With this prefix a browser takes them from this host only.
const (
	// languageCookie holds the language somebody has chosen; the sign-in page comes in it too.
	languageCookie = "__Host-language"
	// toldCookie holds the key of a text to be shown once on the next page.
	toldCookie = "__Host-told"
)

func languageOf(r *http.Request) texts.Language {
	if c, err := r.Cookie(languageCookie); err == nil && c.Value == string(texts.English) {
		return texts.English
	}
	return texts.Vietnamese
}

// setCookie sets a cookie that scripts cannot read.
func setCookie(w http.ResponseWriter, name, value string, lasts time.Duration, site http.SameSite) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(lasts / time.Second), HttpOnly: true, Secure: true, SameSite: site,
	})
}

// away answers somebody who has to sign in first.
func away(w http.ResponseWriter, q *query, err error) error {
	switch {
	case !errors.Is(err, account.ErrNoSession):
		return err
	case q.Method != http.MethodGet:
		return errSignedOut
	}
	target := "/sign-in"
	if next := here(q.Request); next != "/" {
		target += "?next=" + url.QueryEscape(next)
	}
	http.Redirect(w, q.Request, target, http.StatusSeeOther)
	return nil
}

type signInPage struct {
	frame
	Next, Entered string
	Failed        string
	Why           string
}

func (b *Board) showSignIn(w http.ResponseWriter, q *query) error {
	if _, err := b.o.Sessions.User(q.Context()); err == nil {
		http.Redirect(w, q.Request, localPath(q.URL.Query().Get("next")), http.StatusSeeOther)
		return nil
	}
	page := signInPage{Next: localPath(q.URL.Query().Get("next"))}
	switch q.URL.Query().Get("why") {
	case "idle":
		page.Why = q.say("signin.idle")
	case "out":
		page.Why = q.say("signin.out")
	}
	return b.renderSignIn(w, q, http.StatusOK, page)
}

func (b *Board) renderSignIn(w http.ResponseWriter, q *query, status int, page signInPage) error {
	return b.render(w, q, status, "signin", func(f frame) any {
		page.frame = f
		return page
	})
}

// signIn lets somebody in. A wrong name, a wrong password and a wrong code are answered alike.
func (b *Board) signIn(w http.ResponseWriter, q *query) error {
	if err := q.ParseForm(); err != nil {
		return badForm(err)
	}
	login, secret, code := q.PostForm.Get("login"), q.PostForm.Get("password"), q.PostForm.Get("code")
	if len(login) > maxLogin || len(secret) > maxPassword || len(code) > maxCode {
		return errBadForm
	}
	at := account.Attempt{Name: login, Password: contacts.Conceal(secret), Code: contacts.Conceal(strings.Join(strings.Fields(code), ""))}
	if c, err := q.Cookie(account.DeviceCookie); err == nil {
		at.Device = contacts.Conceal(c.Value)
	}
	at.Address = clientAddress(q.Request, b.o.Proxies)
	page := signInPage{Next: localPath(q.PostForm.Get("next")), Entered: login}
	who, err := b.o.Accounts.SignIn(q.Context(), at)
	wait, tooMany := errors.AsType[*account.WaitError](err)
	switch {
	case errors.Is(err, account.ErrRefused):
		page.Failed = q.say("signin.refused")
		return b.renderSignIn(w, q, http.StatusForbidden, page)
	case tooMany:
		seconds := int((wait.After + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		page.Failed = q.say("signin.too_many", "s", seconds)
		return b.renderSignIn(w, q, http.StatusTooManyRequests, page)
	case err != nil:
		return err
	}
	if err := b.o.Sessions.Begin(q.Context(), who); err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	setCookie(w, account.DeviceCookie, b.o.Accounts.Remember(who), account.DeviceLifetime, http.SameSiteStrictMode)
	http.Redirect(w, q.Request, page.Next, http.StatusSeeOther)
	return nil
}

// end ends a session, if there is one, and at once every stream of its user.
func (b *Board) end(q *query) error {
	who, err := b.o.Sessions.User(q.Context())
	if ended := b.o.Sessions.End(q.Context()); ended != nil {
		return fmt.Errorf("end session: %w", ended)
	}
	if err == nil {
		b.live.check(who.Name)
	}
	return nil
}

func (b *Board) signOut(w http.ResponseWriter, q *query) error {
	if err := b.end(q); err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/sign-in?why=out", http.StatusSeeOther)
	return nil
}

// stay is the sign of life of somebody who reads a page for long.
func (b *Board) stay(w http.ResponseWriter, _ *query) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// leave ends the session and leaves nothing to see: for somebody whose screen is about to be seen by another.
func (b *Board) leave(w http.ResponseWriter, q *query) error {
	if err := b.end(q); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, q.Request, "/leave", http.StatusSeeOther)
	return nil
}

// showLeave shows nothing, and has the browser forget the session: also when what keeps sessions cannot be asked
// to end it. A page elsewhere that points here cannot sign anybody out by it.
func (b *Board) showLeave(w http.ResponseWriter, q *query) error {
	if site := q.Header.Get("Sec-Fetch-Site"); site == "same-origin" || site == "none" {
		http.SetCookie(w, &http.Cookie{Name: account.SessionCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	return b.write(w, q, http.StatusOK, "leave", "leave.html", nil)
}

func (b *Board) changeLanguage(w http.ResponseWriter, q *query) error {
	if err := q.ParseForm(); err != nil {
		return badForm(err)
	}
	chosen := texts.Language(q.PostForm.Get("language"))
	if chosen != texts.Vietnamese && chosen != texts.English {
		return errBadForm
	}
	setCookie(w, languageCookie, string(chosen), 365*24*time.Hour, http.SameSiteLaxMode)
	http.Redirect(w, q.Request, localPath(q.PostForm.Get("next")), http.StatusSeeOther)
	return nil
}

// badForm tells a form that is too large from one that cannot be read.
func badForm(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return errTooLarge
	}
	return errBadForm
}

// tell has a text shown once on the next page.
func (b *Board) tell(w http.ResponseWriter, key string) {
	setCookie(w, toldCookie, key, time.Minute, http.SameSiteStrictMode)
}

// told returns what is to be told on this page, and whether it is good news. Only what an order can lead to is
// told, whatever the cookie says.
func (b *Board) told(w http.ResponseWriter, q *query) (text string, well bool) {
	c, err := q.Cookie(toldCookie)
	if err != nil {
		return "", false
	}
	setCookie(w, toldCookie, "", -time.Second, http.SameSiteStrictMode)
	return q.outcome(routing.Reason(c.Value))
}
