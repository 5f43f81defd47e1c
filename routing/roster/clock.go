package roster

import (
	"errors"
	"fmt"
)

// Clock is a time of day in minutes since midnight, 0 to 1439.
type Clock int

// minutesADay is one more than the last [Clock].
const minutesADay = 24 * 60

// ErrClock means that a text is not a time of day.
var ErrClock = errors.New(`not a time of day: write hours and minutes, "00:00" to "23:59"`)

// ParseClock reads a time of day such as "18:00" or "6:30".
func ParseClock(s string) (Clock, error) {
	c, ok := parseClock(s)
	if !ok || c >= minutesADay {
		return 0, ErrClock
	}
	return c, nil
}

// ParseEnd reads the time at which a shift ends: as [ParseClock], and "24:00" for the midnight at the
// end of the day, which is the same as "00:00".
func ParseEnd(s string) (Clock, error) {
	c, ok := parseClock(s)
	if !ok || c > minutesADay {
		return 0, ErrClock
	}
	return c % minutesADay, nil
}

// String writes the time of day as [ParseClock] reads it, for example "06:30".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// parseClock reads H:MM or HH:MM up to 24:59; it does not use fmt.Sscanf, which takes signs and spaces.
func parseClock(s string) (Clock, bool) {
	if len(s) == len("6:30") {
		s = "0" + s
	}
	if len(s) != len("18:00") || s[2] != ':' {
		return 0, false
	}
	for _, i := range [...]int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	hours, minutes := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if hours > 24 || minutes > 59 {
		return 0, false
	}
	return Clock(hours*60 + minutes), true
}
