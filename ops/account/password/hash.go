// Package password decides which passwords are good enough, and keeps and compares the ones that are.
//
// A password is kept as an argon2id hash in the PHC string format. Hashing takes memory and time on purpose,
// so a [Hasher] does only a few at once and makes the rest wait or turns them away: thousands of attempts
// cannot take the gateway's memory or processors. Those who are known have a lane of their own, which
// attempts by strangers cannot fill.
//
// Passwords are compared in Unicode's form NFKC, because one keyboard writes "ậ" as one character and another
// as three. The package never logs, and its errors hold nothing of a password.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Cost is what one hash takes.
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// DefaultCost is more than what OWASP's Password Storage Cheat Sheet asks of argon2id (19 MiB, 2 passes, 1 lane):
// three passes, about 40 ms on one core of a small server. More memory would be better still, but the gateway
// is to run beside Redis on a machine with 1 GB.
func DefaultCost() Cost { return Cost{MemoryKiB: 19 * 1024, Passes: 3, Lanes: 1} }

// Bounds of what is accepted from storage: a hash must not be able to ask for all memory there is.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxLanes     = 8
	minSalt      = 8
	minSum       = 16
	maxField     = 64
)

// Lengths of what is made here: RFC 9106, section 4, recommends 128 bits of salt and 256 of tag.
const (
	saltBytes = 16
	sumBytes  = 32
)

// ErrHash means that a string is not an argon2id hash in PHC format, or asks for more than is allowed.
var ErrHash = errors.New("not a usable argon2id hash")

// Hash is a hashed password.
type Hash struct {
	cost      Cost
	salt, sum []byte
}

// ParseHash reads a hash as [Hash.Encode] writes it, and nothing else; else it returns [ErrHash].
func ParseHash(s string) (Hash, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return Hash{}, ErrHash
	}
	m, t, p, ok := parameters(parts[3])
	if !ok {
		return Hash{}, ErrHash
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < minSalt || len(salt) > maxField || len(sum) < minSum || len(sum) > maxField {
		return Hash{}, ErrHash
	}
	h := Hash{Cost{uint32(m), uint32(t), uint8(p)}, salt, sum}
	if h.Encode() != s { // such as "m=+5" or line breaks in the base64
		return Hash{}, ErrHash
	}
	return h, nil
}

// parameters reads "m=19456,t=2,p=1".
func parameters(s string) (m, t, p uint64, ok bool) {
	values := strings.Split(s, ",")
	if len(values) != 3 {
		return 0, 0, 0, false
	}
	read := func(s, name string, most uint64) uint64 {
		digits, found := strings.CutPrefix(s, name+"=")
		n, err := strconv.ParseUint(digits, 10, 32)
		if !found || err != nil || n > most {
			return 0
		}
		return n
	}
	m, t, p = read(values[0], "m", maxMemoryKiB), read(values[1], "t", maxPasses), read(values[2], "p", maxLanes)
	return m, t, p, t > 0 && p > 0 && m >= 8*p // the least that argon2 works with
}

// Encode writes the hash in PHC format.
func (h Hash) Encode() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, h.cost.Lanes,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.sum))
}

// String hides the hash.
func (h Hash) String() string { return "[password hash]" }

// GoString hides the hash.
func (h Hash) GoString() string { return "[password hash]" }

// hash hashes a password with fresh salt.
func (c Cost) hash(password string) (Hash, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return Hash{}, fmt.Errorf("make salt: %w", err)
	}
	return Hash{c, salt, c.sum(password, salt, sumBytes)}, nil
}

func (c Cost) sum(password string, salt []byte, length int) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.Passes, c.MemoryKiB, c.Lanes, uint32(length))
}

// matches compares in time that depends on the hash's cost only. What is longer than any password may be never
// matches, after as much work.
func (h Hash) matches(password string) bool {
	tooLong := len(password) > MaxBytes
	if tooLong {
		password = ""
	}
	same := subtle.ConstantTimeCompare(h.cost.sum(password, h.salt, len(h.sum)), h.sum) == 1
	return same && !tooLong
}
