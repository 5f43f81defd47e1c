package password

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// cheap makes hashes that tests can afford.
var cheap = Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := NewPolicy()
	tests := []struct {
		name, password string
		want           error
	}{
		{"short", "xK9#mQ2$vL7", ErrShort},
		{"short, though many bytes", "ệ ậ ổ ữ ẫ", ErrShort},
		{"longer than is ever compared", strings.Repeat("xK9#mQ2$", 200), ErrLong},
		{"on the list", "passwordpassword", ErrCommon},
		{"on the list in Vietnamese", "yeuemnhieulam", ErrCommon},
		{"with accents and spaces", "Yêu Em Nhiều Lắm", ErrCommon},
		{"Vietnamese for password, with digits", "MatKhau@123456", ErrCommon},
		{"letters replaced", "P@ssw0rd123!", ErrCommon},
		{"the other reading of 1", "he11owor1d123", ErrCommon},
		{"one key", "aaaaaaaaaaaaaaaa", ErrCommon},
		{"a keyboard's row", "qwertyuiop123", ErrCommon},
		{"digits in order", "123456789012345", ErrCommon},
		{"letters in order", "abcdefghijklm", ErrCommon},
		{"a date twice", "0102199001021990", ErrCommon},
		{"a date of birth and a name", "nguyenvana01021990", ErrCommon},
		{"a telephone number", "0905123456789", ErrCommon},
		{"ward and year", "phuongcamthanh2026", ErrCommon},
		{"a name and a year", "NguyenThiLan1990", ErrCommon},
		{"what it is for, and a year", "hotline-tincay-2026", ErrCommon},
		{"a famous one", "correct horse battery staple", ErrCommon},
		{"the same many times", strings.Repeat("xk9", 20), ErrCommon},
		{"holds the login", "xK9#mQ2$vL7-ThuLan-9", ErrName},
		{"holds the login spelt otherwise", "xK9#mQ2$vL7 thu.lân 9", ErrName},
		{"random characters", "xK9#mQ2$vL7w", nil},
		{"random letters", "qkzvwpfmtxjb", nil},
		{"four random words and more", "lac da - cua so - mat ong - xe dap", nil},
		{"random words in English", "gravel mitten lantern oboe quartz", nil},
		{"decomposed, as some keyboards write", "mưa rào trên mái tôn cũ kỹ", nil},
	}
	for _, tt := range tests {
		if got := p.Check(tt.password, "thu.lan"); !errors.Is(got, tt.want) {
			t.Errorf("Check(%s) = %v, want %v (%.1f bits)", tt.name, got, tt.want, p.guess(fold(tt.password)))
		}
	}
	if err := p.Check("xK9#mQ2$vL7w", "x"); err != nil {
		t.Errorf("Check for a login of one letter = %v, want none: every password would hold it", err)
	}
}

func TestPolicy_ListIsClean(t *testing.T) {
	t.Parallel()
	p := NewPolicy()
	if n := len(p.common); n < 3000 {
		t.Errorf("%d words are on the list, want a few thousand", n)
	}
	for w := range p.common {
		if string(fold(w)) != w && !strings.ContainsAny(w, "@") {
			t.Errorf("the list has %q, which is never looked up", w)
		}
	}
}

func TestHash_RoundTrips(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
	hash, err := h.Hash(t.Context(), "mật khẩu")
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseHash(hash.Encode())
	if err != nil {
		t.Fatalf("ParseHash(Encode()) = %v, want no error", err)
	}
	for name, tt := range map[string]struct {
		password string
		want     bool
	}{
		"the same":           {"mật khẩu", true},
		"decomposed":         {"mật khẩu", true},
		"another":            {"mat khau", false},
		"empty":              {"", false},
		"longer than may be": {strings.Repeat("x", MaxBytes+1), false},
	} {
		for _, lane := range []Lane{Strangers, Known} {
			if got, err := h.Matches(t.Context(), lane, again, tt.password); got != tt.want || err != nil {
				t.Errorf("Matches(%s) = %v, %v, want %v", name, got, err, tt.want)
			}
		}
	}
	empty, err := h.Hash(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := h.Matches(t.Context(), Known, empty, strings.Repeat("x", MaxBytes+1)); got {
		t.Error("what is too long matches the empty password")
	}
	second, err := h.Hash(t.Context(), "mật khẩu")
	if err != nil || second.Encode() == hash.Encode() {
		t.Errorf("two hashes of one password are the same, want fresh salt (%v)", err)
	}
	if h.Outdated(hash) || !NewHasher(DefaultCost()).Outdated(hash) {
		t.Error("Outdated: want it to tell another cost, and only that")
	}
	if printed := fmt.Sprintf("%v %+v %#v %s", hash, hash, hash, hash); strings.Contains(printed, "$") {
		t.Errorf("a hash prints itself: %s", printed)
	}
}

// The form is that of the reference implementation: its own test vector (argon2id, v=19, t=2, m=256, p=1).
func TestParseHash_OfTheReferenceImplementation(t *testing.T) {
	t.Parallel()
	h, err := ParseHash("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	if err != nil {
		t.Fatal(err)
	}
	if !h.matches("password") || h.matches("passwort") {
		t.Error("the reference implementation's hash of \"password\" does not match it, or matches another")
	}
}

func TestParseHash_Refuses(t *testing.T) {
	t.Parallel()
	const salt, sum = "c29tZXNhbHQ", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for name, s := range map[string]string{
		"empty":            "",
		"another kind":     "$argon2i$v=19$m=256,t=2,p=1$" + salt + "$" + sum,
		"bcrypt":           "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
		"an older version": "$argon2id$v=16$m=256,t=2,p=1$" + salt + "$" + sum,
		"no memory":        "$argon2id$v=19$m=0,t=2,p=1$" + salt + "$" + sum,
		"all memory":       "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + sum,
		"no passes":        "$argon2id$v=19$m=256,t=0,p=1$" + salt + "$" + sum,
		"for ever":         "$argon2id$v=19$m=256,t=17,p=1$" + salt + "$" + sum,
		"no lanes":         "$argon2id$v=19$m=256,t=2,p=0$" + salt + "$" + sum,
		"lanes that wrap":  "$argon2id$v=19$m=256,t=2,p=257$" + salt + "$" + sum,
		"a sign":           "$argon2id$v=19$m=+256,t=2,p=1$" + salt + "$" + sum,
		"a leading zero":   "$argon2id$v=19$m=0256,t=2,p=1$" + salt + "$" + sum,
		"another order":    "$argon2id$v=19$t=2,m=256,p=1$" + salt + "$" + sum,
		"no salt":          "$argon2id$v=19$m=256,t=2,p=1$$" + sum,
		"a short tag":      "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$nf65",
		"padding":          "$argon2id$v=19$m=256,t=2,p=1$" + salt + "=$" + sum,
		"a line break":     "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + sum + "\n",
		"a field more":     "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + sum + "$",
	} {
		if _, err := ParseHash(s); !errors.Is(err, ErrHash) {
			t.Errorf("ParseHash(%s) = %v, want ErrHash", name, err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHash(s)
		if err != nil {
			if !errors.Is(err, ErrHash) || strings.Contains(err.Error(), s) && s != "" && len(s) > 8 {
				t.Errorf("ParseHash = %v, want ErrHash and nothing of the input", err)
			}
			return
		}
		if h.Encode() != s {
			t.Errorf("ParseHash(%q).Encode() = %q", s, h.Encode())
		}
		if h.cost.MemoryKiB <= 64 && h.cost.Passes == 1 {
			h.matches("must not panic")
		}
	})
}

// A flood of strangers waits its turn or is turned away, and does not hold up who is known.
func TestHasher_StrangersDoNotHoldUpTheKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(cheap)
		hash, err := h.Hash(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		const flood = 1000
		answers := make(chan error, flood)
		began := time.Now()
		for range flood {
			go func() {
				_, err := h.Matches(context.Background(), Strangers, hash, "x")
				answers <- err
			}()
		}
		synctest.Wait()
		for range 20 {
			if ok, err := h.Matches(t.Context(), Known, hash, "x"); !ok || err != nil {
				t.Fatalf("Matches of somebody known during a flood = %v, %v", ok, err)
			}
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("somebody known waited %v behind strangers", waited)
		}
		done, busy := 0, 0
		for range flood {
			switch err := <-answers; {
			case err == nil:
				done++
			case errors.Is(err, ErrBusy):
				busy++
			default:
				t.Errorf("Matches = %v", err)
			}
		}
		if done < maxWaiting || done > maxWaiting+1 || busy != flood-done {
			t.Errorf("of %d strangers %d were compared and %d turned away, want %d compared", flood, done, busy, maxWaiting)
		}
		if took := time.Since(began); took < (maxWaiting-1)*strangerTime {
			t.Errorf("%d strangers took %v, want no more than five a second", done, took)
		}
	})
}

func TestHasher_WaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(cheap)
		done, err := h.lanes[Strangers].enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Matches(ctx, Strangers, Hash{}, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Matches behind one that takes long = %v, want DeadlineExceeded", err)
		}
		done()
		if n := h.lanes[Strangers].waiting.Load(); n != 0 {
			t.Errorf("%d are thought to wait, want none", n)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	for _, c := range []Cost{{19 * 1024, 2, 1}, DefaultCost(), {46 * 1024, 1, 1}, {64 * 1024, 3, 1}} {
		b.Run(fmt.Sprintf("m=%d,t=%d,p=%d", c.MemoryKiB, c.Passes, c.Lanes), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.hash("một câu dài làm mật khẩu"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCheck_Longest(b *testing.B) {
	p, s := NewPolicy(), strings.Repeat("x9Kq", MaxBytes/4-1)+"zz"
	for b.Loop() {
		_ = p.Check(s, "lan")
	}
}
