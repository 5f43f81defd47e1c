package phone

import (
	"errors"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// Errors of [Parse]. Their texts say what to change and never hold what was parsed.
var (
	// ErrNotPhone means that a string has the characters of a phone number but is none.
	ErrNotPhone = errors.New("not a phone number: write 10 digits beginning with 0, or + and the country code")
	// ErrLetters means that a string has characters that no phone number has.
	ErrLetters = errors.New("letters or other signs in a phone number: write digits, spaces, dots and hyphens only")
	// ErrShort means an emergency number, short code or 1800/1900 service. None of them takes a text
	// from a line, and 18xx and 19xx numbers cannot be reached from abroad (domain reference §6).
	ErrShort = errors.New("an emergency, short or service number cannot be used here: write a mobile or landline number")
)

const (
	region      = "VN"
	countryCode = "84"
	// shortDigits is the length up to which digits alone are taken for a short code: 113, 18001 and the like.
	shortDigits = 6
)

// renumbered are the mobile prefixes of 11-digit numbers that Vietnam shortened in September 2018, without
// the leading zero, and what replaced them. Notebooks still hold the old ones (domain reference §6).
func renumbered(old string) (now string, ok bool) {
	switch old {
	case "162", "163", "164", "165", "166", "167", "168", "169":
		return "3" + old[2:], true
	case "120":
		return "70", true
	case "121":
		return "79", true
	case "122":
		return "77", true
	case "126":
		return "76", true
	case "128":
		return "78", true
	case "123":
		return "83", true
	case "124":
		return "84", true
	case "125":
		return "85", true
	case "127":
		return "81", true
	case "129":
		return "82", true
	case "186":
		return "56", true
	case "188":
		return "58", true
	case "199":
		return "59", true
	}
	return "", false
}

// Parse reads a number as people in Vietnam write it: national with a leading 0, with 84, +84 or 0084 in
// front, grouped by spaces, dots, hyphens or brackets, and the 11-digit mobile numbers of before 2018,
// which it turns into today's. Other countries' numbers need + or 00. A Vietnamese number must be valid
// in the numbering plan; of another country's only the length is checked. What it returns, ParseE164
// reads too. Errors are [ErrNotPhone], [ErrLetters] and [ErrShort].
func Parse(s string) (Number, error) {
	digits, international, err := dialled(s)
	if err != nil {
		return Number{}, err
	}
	switch {
	case international:
		if national, ok := strings.CutPrefix(digits, countryCode); ok {
			return vietnamese(national)
		}
		return foreign(digits)
	case len(digits) <= shortDigits:
		return Number{}, ErrShort
	case strings.HasPrefix(digits, "0"):
		return vietnamese(digits)
	case isService(digits):
		return Number{}, ErrShort
	}
	// "84905000001": people who copy a number from a phone often lose the plus. The digits of a national
	// number whose leading zero was lost (a spreadsheet does that) are not taken: they could as well be a
	// number that lacks another digit.
	if national, ok := strings.CutPrefix(digits, countryCode); ok {
		return vietnamese(national)
	}
	return Number{}, ErrNotPhone
}

// dialled returns the digits of s without separators, and whether a country code comes first.
func dialled(s string) (digits string, international bool, err error) {
	var b strings.Builder
	plus := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９': // full-width digits, from East Asian keyboards
			b.WriteRune(r - '０' + '0')
		case r == '+' || r == '＋':
			if plus || b.Len() > 0 {
				return "", false, ErrNotPhone
			}
			plus = true
		case strings.ContainsRune(".-()/‐‑‒–", r), unicode.IsSpace(r):
		case unicode.Is(unicode.Cf, r): // invisible marks around a number copied from an address book
		default:
			return "", false, ErrLetters
		}
	}
	digits = b.String()
	if digits == "" {
		return "", false, ErrNotPhone
	}
	if rest, ok := strings.CutPrefix(digits, "00"); ok { // also where a plus was put before it
		return rest, true, nil
	}
	return digits, plus, nil
}

// vietnamese reads the digits after the country code, or national digits with their leading 0.
func vietnamese(digits string) (Number, error) {
	national := strings.TrimPrefix(digits, "0") // also for +84 (0)905…
	if len(national) <= shortDigits || isService(national) {
		return Number{}, shortOrNot(national)
	}
	const oldLength = 10 // of the 11-digit numbers, without the leading 0
	if len(national) == oldLength {
		if now, ok := renumbered(national[:3]); ok {
			national = now + national[3:]
		}
	}
	if len(national) == 9 && strings.HasPrefix(national, "69") {
		// Numbers of the police and the army (069 219 4053 is published by the Ministry of Public
		// Security); libphonenumber knows only the shorter form of former years.
		return ParseE164("+" + countryCode + national)
	}
	parsed, err := phonenumbers.Parse("+"+countryCode+national, region)
	if err != nil || !phonenumbers.IsValidNumberForRegion(parsed, region) {
		return Number{}, ErrNotPhone
	}
	return canonical(parsed)
}

// foreign reads the digits of another country's number, country code first. Only its length is checked:
// the plans of other countries change more often than this program.
func foreign(digits string) (Number, error) {
	if strings.HasPrefix(digits, "0") { // no country code does
		return Number{}, ErrNotPhone
	}
	parsed, err := phonenumbers.Parse("+"+digits, region)
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return Number{}, ErrNotPhone
	}
	n, err := canonical(parsed)
	if err != nil {
		return Number{}, err
	}
	// A zero that people dial at home is dropped after the country code (+44 07911…). Where more than one
	// could be dropped, nobody knows which number was meant.
	again, err := phonenumbers.Parse(n.E164(), region)
	if err != nil || phonenumbers.Format(again, phonenumbers.E164) != n.E164() || !phonenumbers.IsPossibleNumber(again) {
		return Number{}, ErrNotPhone
	}
	return n, nil
}

func canonical(parsed *phonenumbers.PhoneNumber) (Number, error) {
	n, err := ParseE164(phonenumbers.Format(parsed, phonenumbers.E164))
	if err != nil {
		return Number{}, ErrNotPhone
	}
	return n, nil
}

// isService reports 1800 and 1900 numbers, of 8 or 10 digits.
func isService(national string) bool {
	return (len(national) == 8 || len(national) == 10) &&
		(strings.HasPrefix(national, "1800") || strings.HasPrefix(national, "1900"))
}

// shortOrNot tells a short or service number from the beginning of a longer one.
func shortOrNot(national string) error {
	if strings.HasPrefix(national, "1") {
		return ErrShort
	}
	return ErrNotPhone
}
