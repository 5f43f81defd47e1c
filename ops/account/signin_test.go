package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/account/password"
	"github.com/tincay/hotline/routing/routingtest"
)

// bubble runs a test with an office on a clock of its own.
func bubble(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rdb, _ := routingtest.NewRedis(t)
		// The client's pool keeps timers for whoever waits for a connection in one place for the whole process, which
		// bubbles cannot share. So nobody waits for one.
		rdb.AddHook(atMost(make(chan struct{}, 8)))
		test(t, newOffice(t, rdb))
		time.Sleep(time.Second) // slots of the hasher are given back
	})
}

// atMost lets so many commands run at once.
type atMost chan struct{}

type running struct{}

// enter waits for its turn. What a command does on its way, such as greeting the server, is part of it.
func (c atMost) enter(ctx context.Context) (context.Context, func()) {
	if ctx.Value(running{}) != nil {
		return ctx, func() {}
	}
	c <- struct{}{}
	return context.WithValue(ctx, running{}, true), func() { <-c }
}

func (c atMost) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c atMost) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		ctx, leave := c.enter(ctx)
		defer leave()
		return next(ctx, cmd)
	}
}

func (c atMost) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		ctx, leave := c.enter(ctx)
		defer leave()
		return next(ctx, cmds)
	}
}

// outcome is how a try ended: "in", "refused" or "wait 4s".
func outcome(err error) string {
	wait, isWait := errors.AsType[*account.WaitError](err)
	switch {
	case err == nil:
		return "in"
	case errors.Is(err, account.ErrRefused):
		return "refused"
	case isWait:
		return "wait " + wait.After.String()
	}
	return err.Error()
}

func (o *office) try(at account.Attempt) string {
	_, err := o.accounts.SignIn(context.Background(), at)
	return outcome(err)
}

// want signs in and wants an outcome.
func (o *office) want(what, want string, at account.Attempt) {
	o.t.Helper()
	if got := o.try(at); got != want {
		o.t.Errorf("SignIn(%s) = %s, want %s", what, got, want)
	}
}

func TestSignIn_LetsIn(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		at := o.attempt()
		at.Name = " Thu.Lan " // as a phone's keyboard writes it
		u, err := o.accounts.SignIn(t.Context(), at)
		if err != nil || u.Name != "thu.lan" || u.Role != account.Supervisor || !u.LastSignIn.Equal(time.Now()) || u.RecoveryLeft != 10 {
			t.Errorf("SignIn = %+v, %v; want the account", u, err)
		}
		if diff := cmp.Diff([]string{"root user_add thu.lan", "thu.lan sign_in"}, o.entries()); diff != "" {
			t.Errorf("audit (-want +got):\n%s", diff)
		}
		records, err := o.log.Read(t.Context(), "", 10)
		if err != nil || records[1].Reason.Reveal() != home.String() {
			t.Errorf("audit: where from = %q, %v; want the address", records[1].Reason.Reveal(), err)
		}
	})
}

// Whatever is wrong, the answer is the same and comes after the same time; only the audit log knows.
func TestSignIn_RefusalsLookTheSame(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		_, closed := o.add("hoa", account.Reader)
		if _, err := o.accounts.Disable(t.Context(), "root", "hoa"); err != nil {
			t.Fatal(err)
		}
		before := len(o.entries())
		var first error
		for i, tt := range []struct {
			name, recorded string
			change         func(*account.Attempt) // of a right attempt
		}{
			{"password", "thu.lan sign_in_refused password", func(a *account.Attempt) { a.Password = contacts.Conceal(newSecret) }},
			{"code", "thu.lan sign_in_refused code", func(a *account.Attempt) { a.Code = contacts.Conceal("000000") }},
			{"no code", "thu.lan sign_in_refused code", func(a *account.Attempt) { a.Code = contacts.Private{} }},
			{"name", "- sign_in_refused unknown", func(a *account.Attempt) { a.Name = "nobody" }},
			{"name of another", "hoa sign_in_refused code", func(a *account.Attempt) { a.Name = "hoa" }},
			{"closed", "hoa sign_in_refused disabled", func(a *account.Attempt) { a.Name, a.Code = "hoa", contacts.Conceal(code(t, closed, 0)) }},
			{"everything", "- sign_in_refused unknown", func(a *account.Attempt) { *a = account.Attempt{} }},
			{"a password without end", "thu.lan sign_in_refused password", func(a *account.Attempt) { a.Password = contacts.Conceal(strings.Repeat("x", 1<<20)) }},
		} {
			time.Sleep(2 * time.Minute) // no limit in the way
			at := o.attempt()
			tt.change(&at)
			at.Address = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
			began := time.Now()
			u, err := o.accounts.SignIn(t.Context(), at)
			if !errors.Is(err, account.ErrRefused) || u.Name != "" {
				t.Errorf("SignIn(wrong %s) = %+v, %v; want ErrRefused and nobody", tt.name, u, err)
				continue
			}
			if first == nil {
				first = err
			}
			if err.Error() != first.Error() {
				t.Errorf("SignIn(wrong %s) says %q, another refusal %q", tt.name, err, first)
			}
			if took := time.Since(began); took != 500*time.Millisecond {
				t.Errorf("SignIn(wrong %s) took %v, want 500ms", tt.name, took)
			}
			list := o.entries()
			if got := list[len(list)-1]; len(list) != before+i+1 || got != tt.recorded {
				t.Errorf("audit after wrong %s = %q, want %q", tt.name, got, tt.recorded)
			}
		}
	})
}

func TestSignIn_CodeWorksOnceAndAroundItsTime(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		at := o.attempt()
		at.Device = contacts.Conceal(o.accounts.Remember(o.user)) // no limit in the way
		time.Sleep(10 * time.Second)                              // into a step, and it stays the same
		for _, tt := range []struct {
			name  string
			steps int
			want  string
		}{
			{"two steps fast", 2, "refused"}, {"two steps late", -2, "refused"},
			{"one step late", -1, "in"}, {"the same again", -1, "refused"}, {"now", 0, "in"}, {"now again", 0, "refused"},
			{"an older one that was used", -1, "refused"}, {"one step fast", 1, "in"}, {"now, after a later one", 0, "refused"},
		} {
			at.Code = contacts.Conceal(code(t, o.enrolled, tt.steps))
			o.want("code: "+tt.name, tt.want, at)
		}
	})
}

func TestSignIn_RecoveryCodes(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		at := o.attempt()
		for i, write := range []func(string) string{
			func(s string) string { return s },
			strings.ToUpper,
			func(s string) string { return " " + strings.ReplaceAll(s, "-", "") + "\t" },
			func(s string) string { return strings.ReplaceAll(s, "-", " ") },
			func(s string) string { return strings.NewReplacer("o", "0", "l", "1").Replace(s) },
		} {
			at.Code = contacts.Conceal(write(o.enrolled.Recovery[i].Reveal()))
			u, err := o.accounts.SignIn(t.Context(), at)
			if err != nil || u.RecoveryLeft != 9-i {
				t.Errorf("SignIn with recovery code %d = %d left, %v; want %d", i, u.RecoveryLeft, err, 9-i)
			}
			o.want("a recovery code again", "refused", at)
			time.Sleep(time.Minute)
		}
		list := o.entries()
		if got := list[1]; got != "thu.lan sign_in recovery_code" {
			t.Errorf("audit = %q, want that a recovery code was used", got)
		}
		if _, _, err := o.accounts.Reset(t.Context(), "root", "thu.lan", contacts.Conceal(secret)); err != nil {
			t.Fatal(err)
		}
		at.Code = o.enrolled.Recovery[9]
		o.want("a recovery code from before the reset", "refused", at)
	})
}

// The same code on two replicas at once opens one session, on a real Redis.
func TestSignIn_OneCodeAtOnceOnManyReplicas(t *testing.T) {
	t.Parallel()
	o := newOffice(t, routingtest.NewServer(t).Client())
	at := o.attempt()
	device := o.accounts.Remember(o.user)
	at.Device = contacts.Conceal(device)
	const replicas = 5
	results := make(chan string, replicas)
	for range replicas {
		a := o.replica(cheap)
		go func() {
			_, err := a.SignIn(context.Background(), at)
			results <- outcome(err)
		}()
	}
	got := make(map[string]int)
	for range replicas {
		got[<-results]++
	}
	if got["in"] != 1 || got["refused"] != replicas-1 {
		t.Errorf("one code on %d replicas at once = %v, want one in", replicas, got)
	}
}

func TestSignIn_StrangersAreSlowedDown(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		wrong := o.attempt()
		wrong.Password = contacts.Conceal(newSecret)
		// From everywhere at once: five are looked at, whatever the order.
		const flood = 100
		results := make(chan string, flood)
		for i := range flood {
			at := wrong
			at.Address = netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			go func() { results <- o.try(at) }()
		}
		got := make(map[string]int)
		for range flood {
			got[strings.Fields(<-results)[0]]++
		}
		if got["refused"] != 6 || got["wait"] != flood-6 {
			t.Errorf("%d tries at once = %v, want 5 free ones and the one that begins the wait", flood, got)
		}
		// Then one after 1 s, 2 s, 4 s, 8 s, and one in ten seconds for good.
		looked, began := 0, time.Now()
		for i := 0; time.Since(began) < 10*time.Minute; i++ {
			wrong.Address = netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
			if result := o.try(wrong); result == "refused" {
				looked++
			} else if wait, err := time.ParseDuration(strings.TrimPrefix(result, "wait ")); err != nil || wait > 10*time.Second {
				t.Fatalf("SignIn = %s, want a wait of at most 10 s", result)
			}
			time.Sleep(500 * time.Millisecond)
		}
		if looked < 55 || looked > 62 {
			t.Errorf("%d tries in ten minutes were looked at, want about one in ten seconds", looked)
		}
		// Somebody who got it wrong elsewhere is not concerned.
		_, enrolled := o.add("hoa", account.Reader)
		at := o.attempt()
		at.Name, at.Code, at.Address = "hoa", contacts.Conceal(code(t, enrolled, 0)), abroad
		o.want("another account", "in", at)
	})
}

func TestSignIn_OneAddressIsSlowedDown(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		_ = o
		for _, tt := range []struct {
			name    string
			address func(i int) string
			free    int
		}{
			{"IPv4", func(int) string { return "192.0.2.1" }, 21},
			{"IPv4 in IPv6", func(int) string { return "::ffff:192.0.2.2" }, 21},
			{"one network of IPv6", func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i+1) }, 21},
			{"networks of IPv6", func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i+9) }, 40},
		} {
			looked := 0
			for i := range 40 { // a login of its own each: only the address counts
				if o.try(account.Attempt{Name: fmt.Sprintf("nobody%d", i), Address: netip.MustParseAddr(tt.address(i))}) == "refused" {
					looked++
				} else {
					break
				}
			}
			if looked != tt.free {
				t.Errorf("from %s %d tries are free, want %d", tt.name, looked, tt.free)
			}
		}
	})
}

// The promise: whatever others do, who has been here before and has everything right comes in, at once.
func TestSignIn_AttackKeepsNobodyOut(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		u, err := o.accounts.SignIn(t.Context(), o.attempt())
		if err != nil {
			t.Fatal(err)
		}
		device := contacts.Conceal(o.accounts.Remember(u))
		ctx, stop := context.WithCancel(t.Context())
		for i := range 24 { // from everywhere, and from the very address of the supervisor
			at := account.Attempt{Name: "thu.lan", Password: contacts.Conceal(secret), Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}
			if i%2 == 0 {
				at.Address = home
			}
			if i%3 == 0 {
				at.Name = fmt.Sprint("nobody", i)
			}
			go func() {
				for ctx.Err() == nil {
					_ = o.try(at)
					time.Sleep(time.Second)
				}
			}()
		}
		time.Sleep(2 * time.Minute)
		for i := range 8 {
			at := o.attempt()
			at.Device = device
			began := time.Now()
			o.want("from a remembered device during an attack", "in", at)
			if took := time.Since(began); took > 0 {
				t.Errorf("sign-in %d during an attack took %v", i, took)
			}
			time.Sleep(30 * time.Second)
		}
		stop()
		time.Sleep(10 * time.Second)
	})
}

func TestSignIn_RememberedDevice(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		_, other := o.add("hoa", account.Reader)
		device := contacts.Conceal(o.accounts.Remember(o.user))
		wrong := o.attempt()
		wrong.Password = contacts.Conceal(newSecret)
		tries := func(at account.Attempt) int {
			for n := 0; ; n++ {
				if o.try(at) != "refused" {
					return n
				}
			}
		}
		// As a device it has more tries of its own, and they do not count for strangers.
		known := wrong
		known.Device = device
		if got := tries(known); got != 11 {
			t.Errorf("a remembered device may be wrong %d times, want 11", got)
		}
		o.want("as a stranger", "refused", wrong)
		time.Sleep(10 * time.Second)
		right := o.attempt()
		right.Device = device
		o.want("a remembered device at last", "in", right)
		if got := tries(known); got != 11 {
			t.Errorf("after it was right it may be wrong %d times, want 11 again", got)
		}
		time.Sleep(2 * time.Minute)
		// Whatever is not a cookie of this account is a stranger, who has 4 tries and not 11.
		hoa, err := o.accounts.Get(t.Context(), "hoa")
		if err != nil {
			t.Fatal(err)
		}
		_ = other
		cookie := device.Reveal()
		for i, tt := range []struct{ name, cookie string }{
			{"of another account", o.accounts.Remember(hoa)}, {"cut short", cookie[:len(cookie)-1]}, {"with another id", "x" + cookie},
			{"made up", "a.1.b"}, {"not one", "x"}, {"of four parts", cookie + ".x"},
		} {
			at := wrong
			at.Device, at.Address = contacts.Conceal(tt.cookie), netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
			at.Name = "thu.lan"
			got := 0
			for range 12 { // slow enough for the account's limit
				if o.try(at) == "refused" {
					got++
				}
			}
			if got > 4 {
				t.Errorf("a cookie %s gives %d tries, want it worth nothing", tt.name, got)
			}
			time.Sleep(2 * time.Minute)
		}
		// A reset forgets every device, and so does time.
		if _, _, err := o.accounts.Reset(t.Context(), "root", "thu.lan", contacts.Conceal(secret)); err != nil {
			t.Fatal(err)
		}
		known.Address = abroad
		if got := tries(known); got > 4 {
			t.Errorf("after a reset the device still gives %d tries", got)
		}
		u, err := o.accounts.Get(t.Context(), "thu.lan")
		if err != nil {
			t.Fatal(err)
		}
		known.Device, known.Address = contacts.Conceal(o.accounts.Remember(u)), abroad.Next()
		time.Sleep(account.DeviceLifetime + time.Hour)
		if got := tries(known); got > 4 {
			t.Errorf("after its time the device still gives %d tries", got)
		}
	})
}

// Too many at once are told to come back, and that is not held against them.
func TestSignIn_BusyIsNobodysFault(t *testing.T) {
	bubble(t, func(t *testing.T, o *office) {
		const flood = 200
		results := make(chan string, flood)
		for i := range flood {
			at := account.Attempt{Name: fmt.Sprint("nobody", i), Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}
			go func() { results <- o.try(at) }()
		}
		got := make(map[string]int)
		for range flood {
			got[<-results]++
		}
		if got["wait 2s"] < flood/2 || got["wait 2s"]+got["refused"] != flood {
			t.Errorf("%d strangers at once = %v, want most to be told to wait 2s", flood, got)
		}
		o.want("after the flood", "in", o.attempt())
		unknown := 0
		for _, e := range o.entries() {
			if strings.HasPrefix(e, "- ") {
				unknown++
			}
		}
		if unknown != 1 {
			t.Errorf("%d audit entries about logins nobody has within seconds, want 1", unknown)
		}
	})
}

// Who gets it right is not slowed down for it, and neither is whoever comes next.
func TestSignIn_RightOnesDoNotCount(t *testing.T) {
	bubble(t, func(_ *testing.T, o *office) {
		at, wrong := o.attempt(), o.attempt()
		wrong.Password = contacts.Conceal(newSecret)
		for i := range 8 {
			at.Address, at.Code = at.Address.Next(), o.enrolled.Recovery[i]
			o.want("one after the other, from everywhere", "in", at)
		}
		wrong.Address = abroad
		for range 6 {
			wrong.Address = wrong.Address.Next()
			o.want("wrong, after many that were right", "refused", wrong)
		}
		o.want("wrong once more", "wait 500ms", wrong) // of the second that the sixth began
		time.Sleep(500 * time.Millisecond)
		at.Code = o.enrolled.Recovery[8]
		o.want("right, after many that were wrong", "in", at)
		at.Code = o.enrolled.Recovery[9]
		o.want("right again at once", "in", at)
	})
}

// A hash of a former cost is made anew when its owner signs in.
func TestSignIn_RenewsOutdatedHashes(t *testing.T) {
	bubble(t, func(_ *testing.T, o *office) {
		o.accounts = o.replica(password.Cost{MemoryKiB: 16, Passes: 1, Lanes: 1})
		o.want("with an old hash", "in", o.attempt())
		time.Sleep(30 * time.Second)
		o.want("with the new hash", "in", o.attempt())
		wrong := o.attempt()
		wrong.Password = contacts.Conceal(newSecret)
		o.want("with another password", "refused", wrong)
	})
}

func TestSignIn_WithoutRedis(t *testing.T) {
	t.Parallel()
	rdb, server := routingtest.NewRedis(t)
	o := newOffice(t, rdb)
	server.SetError("LOADING")
	_, err := o.accounts.SignIn(t.Context(), o.attempt())
	if err == nil || errors.Is(err, account.ErrRefused) {
		t.Errorf("SignIn while Redis is away = %v, want an error that is no refusal", err)
	}
}

func TestWaitError_SaysWholeSeconds(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{time.Millisecond: "1 s", time.Second: "1 s", 9001 * time.Millisecond: "10 s"} {
		if got := (&account.WaitError{After: after}).Error(); !strings.HasSuffix(got, " "+want) {
			t.Errorf("WaitError{%v} = %q, want %s", after, got, want)
		}
	}
}

func BenchmarkSignIn(b *testing.B) {
	o := newOffice(b, routingtest.NewServer(b).Client())
	a := o.replica(password.Cost{})
	device := contacts.Conceal(a.Remember(o.user))
	for i := 0; b.Loop(); i++ {
		at := o.attempt()
		at.Device, at.Code = device, o.enrolled.Recovery[0]
		if i%10 == 9 { // new recovery codes
			b.StopTimer()
			u, e, err := a.Reset(b.Context(), "root", "thu.lan", contacts.Conceal(secret))
			if err != nil {
				b.Fatal(err)
			}
			o.enrolled, device = e, contacts.Conceal(a.Remember(u))
			b.StartTimer()
			continue
		}
		at.Code = o.enrolled.Recovery[i%10]
		if _, err := a.SignIn(b.Context(), at); err != nil {
			b.Fatal(err)
		}
	}
}
