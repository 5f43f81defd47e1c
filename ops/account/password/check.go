package password

import (
	_ "embed" // for the list
	"errors"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What a password has to be. NIST SP 800-63B asks for eight characters at least and a list of common ones; a
// supervisor can read what people at risk wrote, so it is twelve here.
const (
	MinLength = 12   // characters
	MaxBytes  = 1024 // so that comparing costs the same whatever was typed
	// minBits is how hard a password must be to guess for somebody who knows the list and how people vary and join
	// what is on it: four words picked at random, or nine random letters and digits, are enough; two words with
	// a year, or a telephone number, are not.
	minBits = 40
)

// Errors of [Check]. None repeats what was typed.
var (
	ErrShort  = errors.New("mật khẩu phải có ít nhất 12 ký tự | a password needs at least 12 characters")
	ErrLong   = errors.New("mật khẩu quá dài | the password is too long")
	ErrCommon = errors.New("mật khẩu này dễ đoán; hãy dùng bốn từ ngẫu nhiên trở lên | this password is easy to guess; use four random words or more")
	ErrName   = errors.New("mật khẩu không được chứa tên đăng nhập | a password must not contain the login name")
)

// Policy says whether passwords are good enough.
type Policy struct {
	common  map[string]bool
	longest int
	bits    float64 // of one pick from the list
}

//go:embed common.txt
var commonList string

// NewPolicy reads the list of common passwords and of the words they are made of, Vietnamese and English.
// Vietnamese ones stand there without accents and include the syllables of the language.
func NewPolicy() *Policy {
	p := &Policy{common: make(map[string]bool)}
	for word := range strings.FieldsSeq(commonList) {
		p.common[word] = true
		p.longest = max(p.longest, len(word))
	}
	p.bits = math.Log2(float64(len(p.common)))
	return p
}

// Check says why a password is not good enough for the account with a login name, or nil.
func (p *Policy) Check(password, name string) error {
	password = norm.NFKC.String(password)
	switch {
	case utf8.RuneCountInString(password) < MinLength:
		return ErrShort
	case len(password) > MaxBytes:
		return ErrLong
	}
	folded := fold(password)
	if own := fold(name); len(own) >= 3 && strings.Contains(string(folded), string(own)) {
		return ErrName
	}
	if p.guess(folded) < minBits {
		return ErrCommon
	}
	return nil
}

// fold drops what people vary a common password with and guessing programs therefore try: case, accents, spaces
// and the like between words.
func fold(s string) []rune {
	var folded []rune
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.IsSpace(r), strings.ContainsRune("-_.", r):
		case r == 'đ', r == 'Đ':
			folded = append(folded, 'd')
		default:
			folded = append(folded, unicode.ToLower(r))
		}
	}
	return folded
}

// swap undoes the usual replacement of letters; other says which of two readings "1" has.
func swap(r rune, other bool) rune {
	switch r {
	case '0':
		return 'o'
	case '1', '!':
		if other {
			return 'l'
		}
		return 'i'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7':
		return 't'
	case '8':
		return 'b'
	case '9':
		return 'g'
	}
	return r
}

// guess estimates in bits how many guesses a folded password takes: the least over all ways of dividing it into
// words of the list, runs such as "aaaa" and "4321", dates, and single characters.
func (p *Policy) guess(s []rune) float64 {
	if n := repeats(s); n > 1 {
		return p.guess(s[:len(s)/n]) + math.Log2(float64(n))
	}
	readings := []string{string(s)}
	for _, other := range []bool{false, true} {
		swapped := slices.Clone(s)
		for i, r := range swapped {
			swapped[i] = swap(r, other)
		}
		readings = append(readings, string(swapped))
	}
	// Words are ASCII, so where one matches, bytes and characters are the same; the rest is made so.
	for i := range readings {
		readings[i] = strings.Map(func(r rune) rune {
			if r > unicode.MaxASCII {
				return 0
			}
			return r
		}, readings[i])
	}
	best := make([]float64, len(s)+1)
	for end := 1; end <= len(s); end++ {
		best[end] = best[end-1] + bitsOf(s[end-1])
		for begin := range end - 1 {
			part := math.Inf(1)
			for _, r := range readings {
				if end-begin <= p.longest && p.common[r[begin:end]] {
					part = p.bits
				}
			}
			if run(s[begin:end]) {
				part = min(part, bitsOf(s[begin])+2+math.Log2(float64(end-begin)))
			}
			if date(readings[0][begin:end]) {
				part = min(part, math.Log2(366))
			}
			best[end] = min(best[end], best[begin]+part)
		}
	}
	return best[len(s)]
}

// bitsOf is what one character picked at random among its like is worth.
func bitsOf(r rune) float64 {
	switch {
	case r >= '0' && r <= '9':
		return math.Log2(10)
	case r >= 'a' && r <= 'z':
		return math.Log2(26)
	}
	return math.Log2(33) // signs of ASCII; letters of other scripts are no less
}

// repeats is how many times the same is said.
func repeats(s []rune) int {
	for length := 1; length <= len(s)/2; length++ {
		if len(s)%length != 0 {
			continue
		}
		same := true
		for i := length; i < len(s) && same; i++ {
			same = s[i] == s[i-length]
		}
		if same {
			return len(s) / length
		}
	}
	return 1
}

// run reports whether characters are all the same, or each follows or precedes the one before.
func run(s []rune) bool {
	if len(s) < 3 {
		return false
	}
	step := s[1] - s[0]
	if step < -1 || step > 1 {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i]-s[i-1] != step {
			return false
		}
	}
	return true
}

// date reports whether four digits are a day and a month in either order. Years are on the list.
func date(s string) bool {
	if len(s) != 4 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	a, b := int(s[0]-'0')*10+int(s[1]-'0'), int(s[2]-'0')*10+int(s[3]-'0')
	dayMonth := func(d, m int) bool { return d >= 1 && d <= 31 && m >= 1 && m <= 12 }
	return dayMonth(a, b) || dayMonth(b, a)
}
