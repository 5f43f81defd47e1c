package seal

import (
	"crypto/rand"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
)

// personKeyBytes is the length of a person's key: AES-256.
const personKeyBytes = 32

// PersonKey seals what concerns one person. Nothing sealed with it can be opened once every copy of its
// wrapped form is deleted.
type PersonKey struct {
	line contacts.LineID
	gcm  *subtle.AESGCM
}

// NewPersonKey makes a key for a person and returns it with its wrapped form, which is to be stored.
func (k *Keyset) NewPersonKey(line contacts.LineID, person phone.Key) (*PersonKey, []byte, error) {
	raw := make([]byte, personKeyBytes)
	if _, err := rand.Read(raw); err != nil {
		return nil, nil, fmt.Errorf("make person key: %w", err)
	}
	wrapped, err := k.Seal(line, personField(person), raw)
	if err != nil {
		return nil, nil, err
	}
	key, err := newPersonKey(line, raw)
	return key, wrapped, err
}

// PersonKey unwraps a stored key of a person; ErrSealed if it is not theirs.
func (k *Keyset) PersonKey(line contacts.LineID, person phone.Key, wrapped []byte) (*PersonKey, error) {
	raw, err := k.Open(line, personField(person), wrapped)
	if err != nil {
		return nil, err
	}
	return newPersonKey(line, raw)
}

func personField(person phone.Key) string { return "person-key/" + string(person) }

func newPersonKey(line contacts.LineID, raw []byte) (*PersonKey, error) {
	gcm, err := subtle.NewAESGCM(raw)
	if err != nil {
		return nil, ErrSealed
	}
	return &PersonKey{line: line, gcm: gcm}, nil
}

// Seal seals a value of the person; field says what it is and where it belongs.
func (p *PersonKey) Seal(field string, value []byte) ([]byte, error) {
	sealed, err := p.gcm.Encrypt(value, associated(p.line, field))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open opens what [PersonKey.Seal] sealed for the same field; else ErrSealed.
func (p *PersonKey) Open(field string, sealed []byte) ([]byte, error) {
	value, err := p.gcm.Decrypt(sealed, associated(p.line, field))
	if err != nil {
		return nil, ErrSealed
	}
	return value, nil
}

// String hides the key.
func (p *PersonKey) String() string { return "[person key]" }

// GoString hides the key.
func (p *PersonKey) GoString() string { return "[person key]" }
