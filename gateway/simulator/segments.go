package simulator

import (
	"strings"
	"unicode/utf16"
)

// gsmBasic and gsmExtended are the characters of the GSM 7-bit default
// alphabet and of its extension table (3GPP TS 23.038 §6.2.1). The latter
// take two of the 7-bit places.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// Segments returns how many SMS a body takes: 160 7-bit characters or 70
// UTF-16 units in one, 153 or 67 in each of several, since each then carries
// a header of six bytes. No character is split between two of them.
func Segments(body string) int {
	widths, single, several := gsmWidths(body), 160, 153
	if widths == nil {
		single, several = 70, 67
		for _, r := range body {
			widths = append(widths, utf16.RuneLen(r))
		}
	}
	total, segments, used := 0, 1, 0
	for _, width := range widths {
		total += width
		if used += width; used > several {
			segments++
			used = width
		}
	}
	if total <= single {
		return 1
	}
	return segments
}

// gsmWidths returns how many 7-bit places each character takes, or nil if one
// of them is not in the alphabet.
func gsmWidths(body string) []int {
	widths := make([]int, 0, len(body))
	for _, r := range body {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			widths = append(widths, 1)
		case strings.ContainsRune(gsmExtended, r):
			widths = append(widths, 2)
		default:
			return nil
		}
	}
	return widths
}
