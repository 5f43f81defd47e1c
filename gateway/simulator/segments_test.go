package simulator_test

import (
	"strings"
	"testing"

	"github.com/tincay/hotline/gateway/simulator"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       int
	}{
		{"empty", "", 1},
		{"160 of GSM", strings.Repeat("a", 160), 1},
		{"161 of GSM", strings.Repeat("a", 161), 2},
		{"306 of GSM", strings.Repeat("a", 306), 2},
		{"307 of GSM", strings.Repeat("a", 307), 3},
		{"Vietnamese vowels in GSM", strings.Repeat("àèéìòù", 26), 1},
		{"80 braces take two places each", strings.Repeat("{", 80), 1},
		{"81 braces", strings.Repeat("{", 81), 2},
		{"a brace is not split: 152 and 2", strings.Repeat("a", 152) + "{" + strings.Repeat("a", 152), 3},
		{"70 of UCS-2", strings.Repeat("ă", 70), 1},
		{"71 of UCS-2", strings.Repeat("ă", 71), 2},
		{"134 of UCS-2", strings.Repeat("ă", 134), 2},
		{"135 of UCS-2", strings.Repeat("ă", 135), 3},
		{"one letter makes all UCS-2", strings.Repeat("a", 70) + "đ", 2},
		{"35 emoji", strings.Repeat("🆘", 35), 1},
		{"36 emoji", strings.Repeat("🆘", 36), 2},
		{"emoji are not split: 33 in each", strings.Repeat("🆘", 67), 3},
		{"decomposed letters count apart", strings.Repeat("a\u0306", 36), 2},
		{"not UTF-8", "\xff", 1},
	}
	for _, test := range tests {
		if got := simulator.Segments(test.body); got != test.want {
			t.Errorf("%s: Segments(%q) = %d, want %d", test.name, test.body, got, test.want)
		}
	}
}
