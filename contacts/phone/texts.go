package phone

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// TakesTexts reports whether a text to this number can arrive. It is false for landlines, for service
// numbers and for the zero Number.
//
// In Vietnam landlines begin with 2 and the private network of the police and the army with 69 after the
// country code, and neither takes SMS (domain reference §6; libphonenumber lists 69 among the UAN). Other
// numbers are what libphonenumber takes them for. A number whose type it does not know, or that may be a
// mobile or a landline as in North America, is given the benefit of the doubt: a text that fails is reported
// by the carrier, one that is never sent is missed by nobody but the person it was for.
func (n Number) TakesTexts() bool {
	national, vietnam := strings.CutPrefix(n.E164(), "+"+countryCode)
	switch {
	case n.IsZero():
		return false
	case vietnam && (strings.HasPrefix(national, "2") || strings.HasPrefix(national, "69") || isService(national)):
		return false
	}
	parsed, err := phonenumbers.Parse(n.E164(), region)
	if err != nil { // a country code newer than this program
		return true
	}
	switch phonenumbers.GetNumberType(parsed) {
	case phonenumbers.FIXED_LINE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST,
		phonenumbers.UAN, phonenumbers.VOICEMAIL:
		return false
	}
	return true
}
