package account_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing/routingtest"
)

const (
	secret    = "gravel mitten lantern oboe quartz"
	newSecret = "tunnel walrus biscuit velvet prong"
)

var (
	home   = netip.MustParseAddr("203.0.113.7")
	abroad = netip.MustParseAddr("198.51.100.99")
)

// cheap makes hashes that tests can afford.
var cheap = password.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}

// office is accounts on a Redis, with one supervisor.
type office struct {
	t        testing.TB
	rdb      redis.UniversalClient
	keyset   *seal.Keyset
	log      *audit.Log
	accounts *account.Accounts
	user     account.User
	enrolled account.Enrolment
}

func newOffice(t testing.TB, rdb redis.UniversalClient) *office {
	t.Helper()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, rdb: rdb, keyset: keyset, log: audit.NewLog(rdb, keyset)}
	o.accounts = o.replica(cheap)
	o.user, o.enrolled = o.add("thu.lan", account.Supervisor)
	return o
}

// replica opens the same accounts once more.
func (o *office) replica(cost password.Cost) *account.Accounts {
	o.t.Helper()
	a, err := account.NewAccounts(account.Options{Redis: o.rdb, Keyset: o.keyset, Audit: o.log, Cost: cost})
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

func (o *office) add(name string, role account.Role) (account.User, account.Enrolment) {
	o.t.Helper()
	u, e, err := o.accounts.Add(context.Background(), "root", account.New{
		Name: name, Display: contacts.Conceal("Nguyễn Thị Thu Lan"), Role: role,
		Lines: account.Lines{IDs: []contacts.LineID{"ward", "cam-thanh", "ward"}}, Password: contacts.Conceal(secret),
	})
	if err != nil {
		o.t.Fatalf("Add(%s) = %v, want no error", name, err)
	}
	return u, e
}

// code is what the authenticator shows, so many steps from now.
func code(t testing.TB, e account.Enrolment, steps int) string {
	t.Helper()
	c, err := totp.GenerateCode(strings.ReplaceAll(e.Secret.Reveal(), " ", ""), time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// attempt is a right one, with the code that is shown now.
func (o *office) attempt() account.Attempt {
	return account.Attempt{
		Name: "thu.lan", Password: contacts.Conceal(secret), Code: contacts.Conceal(code(o.t, o.enrolled, 0)), Address: home,
	}
}

// entries are what the audit log has, as "actor action detail".
func (o *office) entries() []string {
	o.t.Helper()
	records, err := o.log.Read(context.Background(), "", 1000)
	if err != nil {
		o.t.Fatal(err)
	}
	var list []string
	for _, r := range records {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Actor, r.Action, r.Detail)))
	}
	return list
}

func TestAdd_RefusesWhatIsNoAccount(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	o := newOffice(t, rdb)
	good := account.New{Name: "hoa", Role: account.Reader, Lines: account.Lines{All: true}, Password: contacts.Conceal(secret)}
	with := func(change func(*account.New)) account.New { n := good; change(&n); return n }
	for name, tt := range map[string]struct {
		n    account.New
		want error
	}{
		"one letter":       {with(func(n *account.New) { n.Name = "h" }), account.ErrBadName},
		"33 letters":       {with(func(n *account.New) { n.Name = strings.Repeat("h", 33) }), account.ErrBadName},
		"capitals":         {with(func(n *account.New) { n.Name = "Hoa" }), account.ErrBadName},
		"accents":          {with(func(n *account.New) { n.Name = "hòa" }), account.ErrBadName},
		"a line break":     {with(func(n *account.New) { n.Name = "hoa\n" }), account.ErrBadName},
		"no role":          {with(func(n *account.New) { n.Role = "" }), account.ErrBadRole},
		"another role":     {with(func(n *account.New) { n.Role = "admin" }), account.ErrBadRole},
		"no lines":         {with(func(n *account.New) { n.Lines = account.Lines{} }), account.ErrNoLines},
		"a short password": {with(func(n *account.New) { n.Password = contacts.Conceal("xK9#mQ2$") }), password.ErrShort},
		"a common one":     {with(func(n *account.New) { n.Password = contacts.Conceal("matkhau123456") }), password.ErrCommon},
		"the login in it":  {with(func(n *account.New) { n.Password = contacts.Conceal("xK9#mQ2$Hòa7w!z") }), password.ErrName},
		"there already":    {with(func(n *account.New) { n.Name = "thu.lan" }), account.ErrExists},
	} {
		if _, _, err := o.accounts.Add(t.Context(), "root", tt.n); !errors.Is(err, tt.want) {
			t.Errorf("Add(%s) = %v, want %v", name, err, tt.want)
		}
	}
	if users, err := o.accounts.List(t.Context()); err != nil || len(users) != 1 {
		t.Errorf("List = %v, %v; want only the one that was made", users, err)
	}
	if diff := cmp.Diff([]string{"root user_add thu.lan"}, o.entries()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func TestAccounts_GetListAndChange(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	o := newOffice(t, rdb)
	o.add("an", account.Reader)
	ctx := t.Context()
	got, err := o.accounts.Get(ctx, "thu.lan")
	if err != nil || got.Display.Reveal() != "Nguyễn Thị Thu Lan" || got.Role != account.Supervisor || got.Disabled || got.Generation != 1 ||
		got.RecoveryLeft != 10 || !got.LastSignIn.IsZero() || !slices.Equal(got.Lines.IDs, []contacts.LineID{"cam-thanh", "ward"}) {
		t.Errorf("Get = %+v, %v", got, err)
	}
	users, err := o.accounts.List(ctx)
	if err != nil || len(users) != 2 || users[0].Name != "an" || users[1].Name != "thu.lan" {
		t.Errorf("List = %v, %v; want both by name", users, err)
	}
	if u, err := o.accounts.Disable(ctx, "root", "thu.lan"); err != nil || !u.Disabled || u.Generation != 2 {
		t.Errorf("Disable = %+v, %v", u, err)
	}
	if u, err := o.accounts.Enable(ctx, "root", "thu.lan"); err != nil || u.Disabled || u.Generation != 2 {
		t.Errorf("Enable = %+v, %v", u, err)
	}
	u, e, err := o.accounts.Reset(ctx, "root", "thu.lan", contacts.Conceal(newSecret))
	if err != nil || u.Generation != 3 || u.RecoveryLeft != 10 || e.Secret == o.enrolled.Secret || e.Recovery[0] == o.enrolled.Recovery[0] {
		t.Errorf("Reset = %+v, %v; want a new second factor", u, err)
	}
	if _, _, err := o.accounts.Reset(ctx, "root", "thu.lan", contacts.Conceal("matkhau123456")); !errors.Is(err, password.ErrCommon) {
		t.Errorf("Reset to a common password = %v, want ErrCommon", err)
	}
	who := []account.Contact{{Line: "cam-thanh", ID: "to1-lan"}}
	if u, err := o.accounts.Link(ctx, "root", "thu.lan", who); err != nil || u.Generation != 4 || !slices.Equal(u.Contacts, who) {
		t.Errorf("Link = %+v, %v; want to1-lan on cam-thanh, and that what was signed in ends", u, err)
	}
	if got, err := o.accounts.Get(ctx, "thu.lan"); err != nil || !slices.Equal(got.Contacts, who) {
		t.Errorf("Get after Link = %+v, %v", got, err)
	}
	for name, bad := range map[string]account.Contact{"a line not seen": {Line: "elsewhere", ID: "x"}, "no line": {ID: "x"}, "nobody": {Line: "ward"}} {
		if _, err := o.accounts.Link(ctx, "root", "thu.lan", []account.Contact{bad}); !errors.Is(err, account.ErrBadContact) {
			t.Errorf("Link to %s = %v, want ErrBadContact", name, err)
		}
		n := account.New{Name: "moi", Role: account.Reader, Lines: account.Lines{IDs: []contacts.LineID{"ward"}}, Contacts: []account.Contact{bad}, Password: contacts.Conceal(newSecret)}
		if _, _, err := o.accounts.Add(ctx, "root", n); !errors.Is(err, account.ErrBadContact) {
			t.Errorf("Add with %s = %v, want ErrBadContact", name, err)
		}
	}
	for name, do := range map[string]func() error{
		"Link":    func() error { _, err := o.accounts.Link(ctx, "root", "nobody", who); return err },
		"Get":     func() error { _, err := o.accounts.Get(ctx, "nobody"); return err },
		"Disable": func() error { _, err := o.accounts.Disable(ctx, "root", "nobody"); return err },
		"Enable":  func() error { _, err := o.accounts.Enable(ctx, "root", "nobody"); return err },
		"Reset": func() error {
			_, _, err := o.accounts.Reset(ctx, "root", "nobody", contacts.Conceal(newSecret))
			return err
		},
	} {
		if err := do(); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s(nobody) = %v, want ErrNotFound", name, err)
		}
	}
	want := []string{
		"root user_add thu.lan", "root user_add an", "root user_disable thu.lan", "root user_enable thu.lan", "root user_reset thu.lan",
		"root user_link thu.lan",
	}
	if diff := cmp.Diff(want, o.entries()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

// refusing is an audit log that cannot be written.
type refusing struct{}

var errRefusing = errors.New("the disk is full")

func (refusing) Record(context.Context, audit.Entry) error { return errRefusing }

func TestAccounts_NothingWithoutItsAuditEntry(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	o := newOffice(t, rdb)
	ctx := t.Context()
	before, _ := o.accounts.Get(ctx, "thu.lan")
	a, err := account.NewAccounts(account.Options{Redis: rdb, Keyset: o.keyset, Audit: refusing{}, Cost: cheap})
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"Add": func() error {
			_, e, err := a.Add(ctx, "root", account.New{Name: "hoa", Role: account.Reader, Lines: account.Lines{All: true}, Password: contacts.Conceal(secret)})
			if len(e.Recovery) > 0 {
				t.Error("Add hands out an enrolment all the same")
			}
			return err
		},
		"Disable": func() error { _, err := a.Disable(ctx, "root", "thu.lan"); return err },
		"Reset":   func() error { _, _, err := a.Reset(ctx, "root", "thu.lan", contacts.Conceal(newSecret)); return err },
		"SignIn":  func() error { u, err := a.SignIn(ctx, o.attempt()); _ = u; return err },
	} {
		if err := do(); !errors.Is(err, errRefusing) {
			t.Errorf("%s without an audit log = %v, want its error", name, err)
		}
	}
	after, err := o.accounts.Get(ctx, "thu.lan")
	before.LastSignIn, after.LastSignIn = time.Time{}, time.Time{} // the code is used up, nobody is in
	if diff := cmp.Diff(before, after, cmp.Comparer(func(a, b contacts.Private) bool { return a == b })); diff != "" || err != nil {
		t.Errorf("the account was changed all the same (-before +after):\n%s%v", diff, err)
	}
	if _, err := o.accounts.Get(ctx, "hoa"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("Get of the account that was not recorded = %v, want ErrNotFound", err)
	}
}

// Whoever can write to Redis but lacks the keyset cannot make, swap or change an account.
func TestAccounts_SealedForTheirPlace(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	o := newOffice(t, rdb)
	o.add("an", account.Reader)
	ctx := t.Context()
	keys := rdb.Keys(ctx, "{accounts}:account:*").Val()
	if len(keys) != 2 {
		t.Fatalf("keys = %v, want two accounts", keys)
	}
	rdb.HSet(ctx, keys[0], "d", rdb.HGet(ctx, keys[1], "d").Val())
	readable := 0
	for _, name := range []string{"an", "thu.lan"} {
		if _, err := o.accounts.Get(ctx, name); err == nil {
			readable++
		} else if !errors.Is(err, account.ErrUnreadable) {
			t.Errorf("Get(%s) of a record moved elsewhere = %v, want ErrUnreadable", name, err)
		}
	}
	if readable != 1 {
		t.Errorf("%d accounts can be read after one was overwritten with the other, want 1", readable)
	}
	for _, bad := range []string{"", "x", `{"format":1,"name":"thu.lan","role":"supervisor"}`} {
		rdb.HSet(ctx, keys[0], "d", bad)
		if _, err := o.accounts.List(ctx); !errors.Is(err, account.ErrUnreadable) {
			t.Errorf("List with a record that was made up = %v, want ErrUnreadable", err)
		}
	}
}

// Two who change an account at once both have their effect, on a real Redis.
func TestAccounts_ChangesAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, routingtest.NewServer(t).Client())
	const each = 4
	done := make(chan error, each)
	for range each {
		go func() {
			_, err := o.replica(cheap).Disable(context.Background(), "root", "thu.lan")
			done <- err
		}()
	}
	for range each {
		if err := <-done; err != nil {
			t.Errorf("Disable beside others = %v, want no error", err)
		}
	}
	if u, err := o.accounts.Get(t.Context(), "thu.lan"); err != nil || u.Generation != 1+each {
		t.Errorf("Get = generation %d, %v; want %d", u.Generation, err, 1+each)
	}
}

// In a cluster the keys that are touched together live on one node.
func TestAccounts_InACluster(t *testing.T) {
	t.Parallel()
	o := newOffice(t, routingtest.NewCluster(t).Client(t))
	if got := o.try(o.attempt()); got != "in" {
		t.Errorf("SignIn in a cluster = %s, want in", got)
	}
	b := newBrowser(t, o)
	if got := b.send("GET", "/"); got != "nobody" {
		t.Errorf("a page in a cluster = %s, want nobody signed in", got)
	}
	if users, err := o.accounts.List(t.Context()); err != nil || len(users) != 1 {
		t.Errorf("List in a cluster = %v, %v", users, err)
	}
	if r, err := o.log.Verify(t.Context()); err != nil || !r.OK() || r.Entries != 2 {
		t.Errorf("Verify in a cluster = %+v, %v; want two entries without a fault", r, err)
	}
}

// Nothing of what is personal or secret is in Redis in the clear, in a key, an error or a log.
func TestAccounts_LeakNothing(t *testing.T) {
	t.Parallel()
	rdb := routingtest.NewServer(t).Client()
	o := newOffice(t, rdb)
	ctx := t.Context()
	attempt := o.attempt()
	user, err := o.accounts.SignIn(ctx, attempt)
	if err != nil {
		t.Fatal(err)
	}
	device := o.accounts.Remember(user)
	wrong := attempt
	wrong.Password, wrong.Device = contacts.Conceal("something else entirely"), contacts.Conceal(device)
	var printed strings.Builder
	note := func(v any) { fmt.Fprintf(&printed, "%v %+v %#v\n", v, v, v) }
	for _, name := range []string{"thu.lan", "typed-secret-as-name"} {
		wrong.Name = name
		_, err := o.accounts.SignIn(ctx, wrong)
		note(err)
	}
	_, _, err = o.accounts.Add(ctx, "root", account.New{Name: "thu.lan", Role: account.Reader, Lines: account.Lines{All: true}, Password: contacts.Conceal(newSecret)})
	note(err)
	note(attempt)
	note(o.enrolled)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", slog.Any("attempt", attempt), slog.Any("enrolment", o.enrolled))
	noted := printed.String()
	// In an unexported field fmt goes past every method; the login is all that can be seen then.
	hidden := fmt.Sprintf("%+v", struct{ inner account.Attempt }{attempt})
	keys := rdb.Keys(ctx, "*").Val()
	var stored strings.Builder
	for _, key := range keys {
		switch rdb.Type(ctx, key).Val() {
		case "hash":
			fmt.Fprintln(&stored, rdb.HGetAll(ctx, key).Val())
		case "set":
			fmt.Fprintln(&stored, rdb.SMembers(ctx, key).Val())
		case "stream":
			fmt.Fprintln(&stored, rdb.XRange(ctx, key, "-", "+").Val())
		case "string":
			fmt.Fprintln(&stored, rdb.Get(ctx, key).Val())
		}
	}
	secrets := []string{secret, newSecret, "something else", attempt.Code.Reveal(), o.enrolled.URL.Reveal(), o.enrolled.Secret.Reveal(),
		strings.ReplaceAll(o.enrolled.Secret.Reveal(), " ", ""), o.enrolled.Recovery[0].Reveal(), strings.ReplaceAll(o.enrolled.Recovery[0].Reveal(), "-", ""),
		"Nguyễn", "Thu Lan", home.String(), "typed-secret", device, "argon2"}
	for _, s := range secrets {
		for where, text := range map[string]string{"a key": strings.Join(keys, " "), "Redis": stored.String(), "what is printed": noted, "an unexported field": hidden} {
			if strings.Contains(text, s) {
				t.Errorf("%s holds %q", where, s)
			}
		}
	}
	// The audit log names the login, as it must; keys do not, nor do errors.
	for where, text := range map[string]string{"a key": strings.Join(keys, " "), "what is printed": noted} {
		if strings.Contains(text, "thu.lan") {
			t.Errorf("%s holds the login", where)
		}
	}
}
