package routing_test

import (
	"testing"

	"github.com/tincay/hotline/routing"
)

func TestCalledNumber(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"carrier's notice", "Thong bao: thue bao 0914000888 da goi cho ban luc 02:14", "+84914000888"},
		{"with accents and 84", "Quý khách có cuộc gọi nhỡ từ 84914000888 lúc 02:14 24/11/2026", "+84914000888"},
		{"call me", "Thue bao 0905.000.001 muon ban goi lai. Chi tiet goi 198", "+84905000001"},
		{"English", "Missed call: +84914000888 called you at 02:14 on 24/11", "+84914000888"},
		{"the same number twice", "0914000888 da goi cho ban. Bam goi lai: 0914 000 888", "+84914000888"},
		{"two numbers", "0914000888 va 0905000001 da goi cho ban", ""},
		{"no number", "Ban co cuoc goi nho luc 02:14", ""},
		{"hidden number", "Thue bao 0914xxx888 da goi cho ban luc 02:14", ""},
		{"an advertisement", "[QC] Giam 20% tai 123 Le Loi, LH 0914000888", ""},
		{"a short code", "Soan GH gui 999 de goi lai", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, ok := routing.CalledNumber(tt.text)
			if n.E164() != tt.want || ok != (tt.want != "") {
				t.Errorf("CalledNumber(%q) = %q, %v, want %q", tt.text, n.E164(), ok, tt.want)
			}
		})
	}
}
