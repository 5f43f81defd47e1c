// Package seal keeps personal data unreadable wherever it is stored.
//
// A [Keyset] holds encryption keys, which can be rotated, and one look-up key, which cannot, because
// every index in storage is made with it. What concerns a person at risk is sealed with a key of that
// person's own ([PersonKey]), which is stored wrapped by the keyset: deleting it erases the person, in
// backups too. Everything else is sealed with the keyset itself. What a sealed value belongs to is part
// of the seal, so a value moved elsewhere does not open.
//
// The package never logs, and its errors name no data.
package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/daead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
)

// Errors of this package.
var (
	// ErrBadKeyset means that a string is not a keyset as [NewKeyset] makes them.
	ErrBadKeyset = errors.New("not a keyset as printed by `hotline keyset new`")
	// ErrSealed means that a value does not open: it was sealed with another keyset, for another place,
	// or was changed.
	ErrSealed = errors.New("sealed value does not open with this keyset")
)

const (
	keysetPrefix = "hotline-keyset-1:"
	lookupBytes  = 32
	// hashBytes is how much of a look-up hash is kept: 128 bits, far more than a ward has phones.
	hashBytes = 16
)

// Keyset seals, opens and makes look-up hashes. It is safe for concurrent use.
type Keyset struct {
	handle *keyset.Handle
	aead   tink.AEAD
	lookup []byte
	ids    *subtle.AESSIV // from the look-up key, so it never rotates either
}

// stored is the form of a keyset in a setting.
type stored struct {
	Encryption []byte `json:"encryption"` // a Tink keyset in binary form
	Lookup     []byte `json:"lookup"`
}

// NewKeyset makes a keyset with one fresh encryption key and a fresh look-up key.
func NewKeyset() (*Keyset, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make encryption key: %w", err)
	}
	lookup := make([]byte, lookupBytes)
	if _, err := rand.Read(lookup); err != nil {
		return nil, fmt.Errorf("make look-up key: %w", err)
	}
	return newKeyset(handle, lookup)
}

func newKeyset(handle *keyset.Handle, lookup []byte) (*Keyset, error) {
	a, err := aead.New(handle)
	if err != nil {
		return nil, ErrBadKeyset
	}
	raw, err := hkdf.Key(sha256.New, lookup, nil, "hotline contact ids", subtle.AESSIVKeySize)
	if err != nil {
		return nil, fmt.Errorf("derive key for contact ids: %w", err)
	}
	ids, err := subtle.NewAESSIV(raw)
	if err != nil {
		return nil, fmt.Errorf("derive key for contact ids: %w", err)
	}
	return &Keyset{handle: handle, aead: a, lookup: lookup, ids: ids}, nil
}

// ParseKeyset reads a keyset from the string [Keyset.Secret] gives.
func ParseKeyset(s string) (*Keyset, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(s), keysetPrefix)
	if !ok {
		return nil, ErrBadKeyset
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, ErrBadKeyset
	}
	var st stored
	if err := json.Unmarshal(raw, &st); err != nil || len(st.Lookup) != lookupBytes {
		return nil, ErrBadKeyset
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(st.Encryption)))
	if err != nil {
		return nil, ErrBadKeyset
	}
	return newKeyset(handle, st.Lookup)
}

// Secret returns the keyset as one string for a setting. Whoever has it can read everything.
func (k *Keyset) Secret() (string, error) {
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewBinaryWriter(&buf)); err != nil {
		return "", fmt.Errorf("write keyset: %w", err)
	}
	raw, err := json.Marshal(stored{Encryption: buf.Bytes(), Lookup: k.lookup})
	if err != nil {
		return "", fmt.Errorf("write keyset: %w", err)
	}
	return keysetPrefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

// String hides the keyset.
func (k *Keyset) String() string { return "[keyset]" }

// GoString hides the keyset.
func (k *Keyset) GoString() string { return "[keyset]" }

// Rotation says what a call of [Keyset.Rotate] did.
type Rotation string

// The two halves of a rotation. Between them every replica is restarted with the new keyset, so that no
// replica meets a value sealed with a key it does not have.
const (
	RotationAdded    Rotation = "added"    // a key was added; the old one still seals
	RotationPromoted Rotation = "promoted" // the key added before now seals; the old ones still open
)

// Rotate returns the keyset with a key added or, if the newest key does not seal yet, with that key
// promoted. Old keys stay, to open what they sealed; the look-up key stays as it is.
func (k *Keyset) Rotate() (*Keyset, Rotation, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	newest, err := k.handle.Entry(k.handle.Len() - 1)
	if err != nil {
		return nil, "", fmt.Errorf("rotate keyset: %w", err)
	}
	did := RotationPromoted
	if newest.IsPrimary() {
		did = RotationAdded
		if _, err := manager.Add(aead.AES256GCMKeyTemplate()); err != nil {
			return nil, "", fmt.Errorf("rotate keyset: %w", err)
		}
	} else if err := manager.SetPrimary(newest.KeyID()); err != nil {
		return nil, "", fmt.Errorf("rotate keyset: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, "", fmt.Errorf("rotate keyset: %w", err)
	}
	rotated, err := newKeyset(handle, k.lookup)
	return rotated, did, err
}

// PhoneKey is the keyed look-up hash of a number within a line. The same phone has unrelated keys in two
// lines, so that stores of two wards cannot be joined.
func (k *Keyset) PhoneKey(line contacts.LineID, n phone.Number) phone.Key {
	return phone.Key(k.hash("phone", string(line), n.E164()))
}

// CallKey stands for the person of a call that has no number of its own: no other call has it.
func (k *Keyset) CallKey(line contacts.LineID, call string) phone.Key {
	return phone.Key(k.hash("call", string(line), call))
}

// Token is the secret part of a URL under which something of a line may be fetched: it cannot be made without
// the keyset, and is good for nothing but what its parts name.
func (k *Keyset) Token(line contacts.LineID, parts ...string) string {
	return k.hash(append([]string{"token", string(line)}, parts...)...)
}

// ContactKey stands for a contact wherever one is named in storage: contact ids are chosen by people and
// may hold a name. The same contact always has the same key (AES-SIV, RFC 5297), and [Keyset.ContactID]
// gets the id back.
func (k *Keyset) ContactKey(line contacts.LineID, id contacts.ID) string {
	sealed, err := k.ids.EncryptDeterministically([]byte(id), associated(line, "contact"))
	if err != nil {
		panic("seal: a contact id of more than 2 GB") // the only way it can fail
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// ContactID returns the id that a key of the same line stands for; else ErrSealed.
func (k *Keyset) ContactID(line contacts.LineID, key string) (contacts.ID, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return "", ErrSealed
	}
	id, err := k.ids.DecryptDeterministically(sealed, associated(line, "contact"))
	if err != nil {
		return "", ErrSealed
	}
	return contacts.ID(id), nil
}

func (k *Keyset) hash(parts ...string) string {
	mac := hmac.New(sha256.New, k.lookup)
	for _, p := range parts {
		mac.Write([]byte(p))
		mac.Write([]byte{0})
	}
	var sum [sha256.Size]byte
	return base64.RawURLEncoding.EncodeToString(mac.Sum(sum[:0])[:hashBytes])
}

// Seal seals a value of a line; field says what the value is and where it belongs.
func (k *Keyset) Seal(line contacts.LineID, field string, value []byte) ([]byte, error) {
	sealed, err := k.aead.Encrypt(value, associated(line, field))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open opens what [Keyset.Seal] sealed for the same line and field; else ErrSealed.
func (k *Keyset) Open(line contacts.LineID, field string, sealed []byte) ([]byte, error) {
	value, err := k.aead.Decrypt(sealed, associated(line, field))
	if err != nil {
		return nil, ErrSealed
	}
	return value, nil
}

func associated(line contacts.LineID, field string) []byte {
	return []byte(string(line) + "\x00" + field)
}
