package phone

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"mobile with spaces", "0905 000 001", "+84905000001"},
		{"mobile with dots", "0905.000.001", "+84905000001"},
		{"mobile with hyphens", "0905-000-001", "+84905000001"},
		{"mobile bare", "0905000001", "+84905000001"},
		{"plus 84", "+84 905 000 001", "+84905000001"},
		{"plus 84 in brackets", "(+84) 905 000 001", "+84905000001"},
		{"plus 84 and zero in brackets", "+84 (0)905 000 001", "+84905000001"},
		{"plus 84 and zero", "+840905000001", "+84905000001"},
		{"84 without plus", "84905000001", "+84905000001"},
		{"84 without plus, grouped", "84 905 000 001", "+84905000001"},
		{"0084", "0084905000001", "+84905000001"},
		{"0084 and zero", "0084 0905 000 001", "+84905000001"},
		{"plus and 0084", "+0084 905 000 001", "+84905000001"},
		{"no-break space", "0905\u00a0000\u00a0001", "+84905000001"},
		{"address book marks", "\u202a+84 905 000 001\u202c", "+84905000001"},
		{"full-width digits", "０９０５０００００１", "+84905000001"},
		{"surrounding space", "  0905000001\n", "+84905000001"},
		{"mobile beginning with 84", "0845000001", "+84845000001"},
		{"84 and a mobile beginning with 84", "84845000001", "+84845000001"},
		{"landline of Quảng Ngãi", "0255 3822 115", "+842553822115"},
		{"landline with brackets", "(0255) 3.822.115", "+842553822115"},
		{"landline, international", "+84 255 3822 115", "+842553822115"},
		{"landline of Hà Nội", "024 3825 5555", "+842438255555"},
		{"demo mobile", "+84900000001", "+84900000001"},
		{"demo support number", "+84900000100", "+84900000100"},
		{"demo landline", "+842559999115", "+842559999115"},
		{"police and army", "069 219 4053", "+84692194053"},

		{"old 0162", "0162 234 5678", "+84322345678"},
		{"old 0163", "01632345678", "+84332345678"},
		{"old 0164", "01642345678", "+84342345678"},
		{"old 0165", "01652345678", "+84352345678"},
		{"old 0166", "01662345678", "+84362345678"},
		{"old 0167", "01672345678", "+84372345678"},
		{"old 0168", "01682345678", "+84382345678"},
		{"old 0169", "01692345678", "+84392345678"},
		{"old 0120", "01202345678", "+84702345678"},
		{"old 0121", "01212345678", "+84792345678"},
		{"old 0122", "01222345678", "+84772345678"},
		{"old 0126", "01262345678", "+84762345678"},
		{"old 0128", "01282345678", "+84782345678"},
		{"old 0123", "01232345678", "+84832345678"},
		{"old 0124", "01242345678", "+84842345678"},
		{"old 0125", "01252345678", "+84852345678"},
		{"old 0127", "01272345678", "+84812345678"},
		{"old 0129", "01292345678", "+84822345678"},
		{"old 0186", "01862345678", "+84562345678"},
		{"old 0188", "01882345678", "+84582345678"},
		{"old 0199", "01992345678", "+84592345678"},
		{"old, international", "+84 168 234 5678", "+84382345678"},
		{"old, 84 without plus", "841682345678", "+84382345678"},
		{"old, 0084", "00841682345678", "+84382345678"},

		{"United States", "+1 (415) 555-2671", "+14155552671"},
		{"United States by 00", "001 415 555 2671", "+14155552671"},
		{"Germany", "+49 30 901820", "+4930901820"},
		{"zero dialled at home", "+44 07911 123456", "+447911123456"},
		{"Laos", "+856 20 5555 1234", "+8562055551234"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(tt.in)
			if err != nil || got.E164() != tt.want {
				t.Errorf("Parse(%q) = %q, %v, want %q", tt.in, got.E164(), err, tt.want)
			}
		})
	}
}

func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     error
	}{
		{"empty", "", ErrNotPhone},
		{"blank", "  ", ErrNotPhone},
		{"only a plus", "+", ErrNotPhone},
		{"one digit missing", "0905 000 01", ErrNotPhone},
		{"one digit too many", "0905 000 0012", ErrNotPhone},
		{"leading zero lost", "905000001", ErrNotPhone},
		{"no such prefix", "0405000001", ErrNotPhone},
		{"old prefix never used", "0161 234 5678", ErrNotPhone},
		{"old prefix, one digit missing", "0168 234 567", ErrNotPhone},
		{"two numbers", "0905000001 / 0905000002", ErrNotPhone},
		{"plus inside", "0905+000001", ErrNotPhone},
		{"two pluses", "++84905000001", ErrNotPhone},
		{"no such country code", "+999 1234567", ErrNotPhone},
		{"foreign, too long", "+49301234567890123", ErrNotPhone},
		{"foreign without plus", "4930901820", ErrNotPhone},
		{"three zeros", "000 84905000001", ErrNotPhone},
		{"foreign, nothing but zeros", "+910000000000", ErrNotPhone},
		{"absurdly long", strings.Repeat("9", 1000), ErrNotPhone},

		{"police", "113", ErrShort},
		{"fire", "114", ErrShort},
		{"ambulance", "115", ErrShort},
		{"children's line", "111", ErrShort},
		{"disaster line", "112", ErrShort},
		{"police with country code", "+84113", ErrShort},
		{"short code", "8088", ErrShort},
		{"free of charge", "1800 1768", ErrShort},
		{"charged", "1900 969 680", ErrShort},
		{"charged, with country code", "+84 1900 969 680", ErrShort},

		{"name", "Lan", ErrLetters},
		{"number with a word", "0905000001 (nhà)", ErrLetters},
		{"letter O for zero", "O905000001", ErrLetters},
		{"extension", "02553822115 ext 12", ErrLetters},
		{"comma", "0905000001,0905000002", ErrLetters},
		{"not UTF-8", "0905\xff000001", ErrLetters},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(tt.in)
			if !errors.Is(err, tt.want) || !got.IsZero() {
				t.Errorf("Parse(%q) = %q, %v, want no number, %v", tt.in, got.E164(), err, tt.want)
			}
		})
	}
}

func TestParseE164(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		ok       bool
	}{
		{"shortest", "+1234567", true},
		{"longest", "+123456789012345", true},
		{"plan unknown to us", "+84200000001", true},
		{"too short", "+123456", false},
		{"too long", "+1234567890123456", false},
		{"no plus", "84905000001", false},
		{"country code cannot begin with 0", "+0905000001", false},
		{"space", "+84 905000001", false},
		{"letters", "+84905oooool", false},
		{"other digits", "+849050000٠", false},
		{"empty", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseE164(tt.in)
			if tt.ok && (err != nil || got.E164() != tt.in) {
				t.Errorf("ParseE164(%q) = %q, %v, want it unchanged", tt.in, got.E164(), err)
			}
			if !tt.ok && (!errors.Is(err, ErrNotE164) || !got.IsZero()) {
				t.Errorf("ParseE164(%q) = %q, %v, want no number, %v", tt.in, got.E164(), err, ErrNotE164)
			}
		})
	}
}

func TestNumber_EqualNumbersCompareEqual(t *testing.T) {
	t.Parallel()
	a, errA := Parse("0168 234 5678")
	b, errB := ParseE164("+84382345678")
	if errA != nil || errB != nil || a != b {
		t.Errorf("Parse and ParseE164 of one number = %q, %v and %q, %v, want equal numbers", a.E164(), errA, b.E164(), errB)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"0905 000 001", "+84 (0)905.000.001", "0084905000001", "01682345678", "113", "+1 415 555 2671",
		"Lan", "", "+", "0000000000000000", "+8484848484", "1900969680", "\u202a０９０５", "+390612345678",
		"+800 1234 5678", "+4407911123456",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			if !n.IsZero() {
				t.Fatalf("Parse(%q) = %q and an error, want no number", s, n.E164())
			}
			if !errors.Is(err, ErrNotPhone) && !errors.Is(err, ErrLetters) && !errors.Is(err, ErrShort) {
				t.Fatalf("Parse(%q) error = %v, want one of the package's own", s, err)
			}
			return
		}
		if again, err := ParseE164(n.E164()); err != nil || again != n {
			t.Fatalf("ParseE164(%q) = %q, %v, want the same number", n.E164(), again.E164(), err)
		}
		if again, err := Parse(n.E164()); err != nil || again != n {
			t.Fatalf("Parse(%q), itself from Parse(%q), = %q, %v, want the same number", n.E164(), s, again.E164(), err)
		}
	})
}

func FuzzParseE164(f *testing.F) {
	for _, s := range []string{"+84905000001", "84905000001", "+0", "", "+١٢٣٤٥٦٧"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseE164(s)
		if err == nil && n.E164() != s {
			t.Fatalf("ParseE164(%q) = %q, want it unchanged", s, n.E164())
		}
		if err != nil && !n.IsZero() {
			t.Fatalf("ParseE164(%q) = %q and an error, want no number", s, n.E164())
		}
	})
}
