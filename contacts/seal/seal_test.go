package seal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
)

func newKeyset(t testing.TB) *seal.Keyset {
	t.Helper()
	k, err := seal.NewKeyset()
	if err != nil {
		t.Fatalf("NewKeyset() = %v, want no error", err)
	}
	return k
}

func number(t testing.TB, s string) phone.Number {
	t.Helper()
	n, err := phone.ParseE164(s)
	if err != nil {
		t.Fatalf("ParseE164 = %v, want no error", err)
	}
	return n
}

func sealed(t testing.TB, k *seal.Keyset, field, value string) []byte {
	t.Helper()
	b, err := k.Seal("ward", field, []byte(value))
	if err != nil {
		t.Fatalf("Seal = %v, want no error", err)
	}
	return b
}

func TestKeyset_SecretRoundTrips(t *testing.T) {
	t.Parallel()
	k := newKeyset(t)
	secret, err := k.Secret()
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.ParseKeyset(secret + "\n")
	if err != nil {
		t.Fatalf("ParseKeyset(Secret()) = %v, want no error", err)
	}
	if got, err := again.Open("ward", "f", sealed(t, k, "f", "words")); err != nil || string(got) != "words" {
		t.Errorf("Open after round trip = %q, %v, want the value", got, err)
	}
	n := number(t, "+84905000001")
	if k.PhoneKey("ward", n) != again.PhoneKey("ward", n) {
		t.Error("PhoneKey differs after a round trip of the keyset")
	}
}

func TestParseKeyset_RefusesAnythingElse(t *testing.T) {
	t.Parallel()
	good, err := newKeyset(t).Secret()
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"empty": "", "no prefix": strings.TrimPrefix(good, "hotline-keyset-1:"),
		"cut short": good[:len(good)-20], "not base64": "hotline-keyset-1:***",
		"not json": "hotline-keyset-1:aGVsbG8", "empty json": "hotline-keyset-1:e30",
	} {
		if _, err := seal.ParseKeyset(s); !errors.Is(err, seal.ErrBadKeyset) {
			t.Errorf("ParseKeyset(%s) = %v, want ErrBadKeyset", name, err)
		}
	}
}

func TestOpen_RefusesWhatBelongsElsewhere(t *testing.T) {
	t.Parallel()
	k := newKeyset(t)
	value := sealed(t, k, "case/1", "words")
	changed := append([]byte(nil), value...)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another line":   func() ([]byte, error) { return k.Open("other", "case/1", value) },
		"another field":  func() ([]byte, error) { return k.Open("ward", "case/2", value) },
		"changed":        func() ([]byte, error) { return k.Open("ward", "case/1", changed) },
		"another keyset": func() ([]byte, error) { return newKeyset(t).Open("ward", "case/1", value) },
	} {
		if _, err := open(); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("Open(%s) = %v, want ErrSealed", name, err)
		}
	}
}

func TestRotate_AddsThenPromotes(t *testing.T) {
	t.Parallel()
	old := newKeyset(t)
	added, did, err := old.Rotate()
	if err != nil || did != seal.RotationAdded {
		t.Fatalf("first Rotate() = %v, %v, want added", did, err)
	}
	promoted, did, err := added.Rotate()
	if err != nil || did != seal.RotationPromoted {
		t.Fatalf("second Rotate() = %v, %v, want promoted", did, err)
	}
	before, during, after := sealed(t, old, "f", "before"), sealed(t, added, "f", "during"), sealed(t, promoted, "f", "after")
	// Replicas with the old keyset run beside those with the added key, never beside the promoted one.
	if _, err := old.Open("ward", "f", during); err != nil {
		t.Errorf("a replica with the old keyset cannot open what one with the added key sealed: %v", err)
	}
	if _, err := old.Open("ward", "f", after); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("the old key opened what the promoted one sealed: %v", err)
	}
	for name, value := range map[string][]byte{"before": before, "during": during, "after": after} {
		for which, k := range map[string]*seal.Keyset{"added": added, "promoted": promoted} {
			if got, err := k.Open("ward", "f", value); err != nil || string(got) != name {
				t.Errorf("%s keyset opens value sealed %s = %q, %v, want it", which, name, got, err)
			}
		}
	}
	n := number(t, "+84905000001")
	if old.PhoneKey("ward", n) != promoted.PhoneKey("ward", n) {
		t.Error("rotation changed the look-up key")
	}
}

func TestPhoneKey_IsPerLineAndKeyset(t *testing.T) {
	t.Parallel()
	k, n := newKeyset(t), number(t, "+84905000001")
	if k.PhoneKey("a", n) == k.PhoneKey("b", n) {
		t.Error("two lines have the same key for a number")
	}
	if k.PhoneKey("a", n) == newKeyset(t).PhoneKey("a", n) {
		t.Error("two keysets have the same key for a number")
	}
	if k.PhoneKey("a", n) == k.PhoneKey("a", number(t, "+84905000002")) {
		t.Error("two numbers have the same key")
	}
}

func TestContactKey_HidesTheIDAndGivesItBack(t *testing.T) {
	t.Parallel()
	k := newKeyset(t)
	key := k.ContactKey("ward", "to1-lan")
	if strings.Contains(key, "lan") {
		t.Fatalf("ContactKey = %q, want no trace of the id", key)
	}
	if again := k.ContactKey("ward", "to1-lan"); again != key {
		t.Errorf("ContactKey the second time = %q, want the same", again)
	}
	if other := k.ContactKey("ward", "to1-hoa"); other == key {
		t.Error("two contacts share a key")
	}
	if id, err := k.ContactID("ward", key); err != nil || id != "to1-lan" {
		t.Errorf("ContactID = %q, %v, want the id", id, err)
	}
	for name, open := range map[string]func() (any, error){
		"another line":   func() (any, error) { return k.ContactID("other", key) },
		"another keyset": func() (any, error) { return newKeyset(t).ContactID("ward", key) },
		"changed":        func() (any, error) { return k.ContactID("ward", key[:len(key)-2]+"AA") },
		"not base64":     func() (any, error) { return k.ContactID("ward", "***") },
	} {
		if _, err := open(); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("ContactID(%s) = %v, want ErrSealed", name, err)
		}
	}
	rotated, _, err := k.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if same := rotated.ContactKey("ward", "to1-lan"); same != key {
		t.Errorf("ContactKey after a rotation = %q, want the same", same)
	}
}

func TestPersonKey_OpensOnlyWithItsWrappedForm(t *testing.T) {
	t.Parallel()
	k := newKeyset(t)
	key, wrapped, err := k.NewPersonKey("ward", "p1")
	if err != nil {
		t.Fatal(err)
	}
	words, err := key.Seal("words/1", []byte("words"))
	if err != nil {
		t.Fatal(err)
	}
	same, err := k.PersonKey("ward", "p1", wrapped)
	if err != nil {
		t.Fatalf("PersonKey = %v, want no error", err)
	}
	if got, err := same.Open("words/1", words); err != nil || string(got) != "words" {
		t.Errorf("Open = %q, %v, want the value", got, err)
	}
	if _, err := same.Open("words/2", words); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("Open for another field = %v, want ErrSealed", err)
	}
	if _, err := k.PersonKey("ward", "p2", wrapped); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("PersonKey of somebody else = %v, want ErrSealed", err)
	}
	other, _, err := k.NewPersonKey("ward", "p1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open("words/1", words); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("a new key of an erased person opened old words: %v", err)
	}
}

func TestKeys_DoNotPrintThemselves(t *testing.T) {
	t.Parallel()
	k := newKeyset(t)
	key, _, err := k.NewPersonKey("ward", "p1")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got, want := fmt.Sprintf(verb+" "+verb, k, key), "[keyset] [person key]"; got != want {
			t.Errorf("Sprintf(%s) = %d characters, want %q", verb, len(got), want)
		}
	}
}

func BenchmarkPhoneKey(b *testing.B) {
	k, n := newKeyset(b), number(b, "+84905000001")
	for b.Loop() {
		k.PhoneKey("ward", n)
	}
}

func BenchmarkPersonKey_UnwrapAndSeal(b *testing.B) {
	k := newKeyset(b)
	_, wrapped, err := k.NewPersonKey("ward", "p1")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		key, err := k.PersonKey("ward", "p1", wrapped)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := key.Seal("words/1", []byte("chi oi giup em")); err != nil {
			b.Fatal(err)
		}
	}
}
