package triage

import (
	"strings"
	"unicode/utf8"
)

// spammy: one clear sign of an advertisement or a wrong number, or two faint
// ones.
func (e *evidence) spammy() bool { return e.spam >= 2 }

// surelySpam: so many signs that a homograph of danger is its harmless twin.
func (e *evidence) surelySpam() bool { return e.spam >= 4 }

// weighSpam adds up the signs that this is no business of the line.
func (e *evidence) weighSpam(found []hit) {
	for _, h := range found {
		switch {
		case h.kinds.has(ad), h.kinds.has(everyday):
			e.spam += 2
		case h.kinds.has(trade):
			e.spam++
		}
	}
	if e.link {
		e.spam += 2
	}
	for i, w := range e.typed {
		if w.plain != "" && isDigit(w.plain[0]) && money(w.plain, e.typed[i+1:]) {
			e.spam++
		}
	}
}

// money says whether a number is a price, a discount or a data volume.
func money(number string, next []word) bool {
	unit := strings.TrimLeft(number, "0123456789.,")
	if len(unit) > 0 {
		unit = strings.TrimRight(unit, "0123456789")
	} else if len(next) > 0 {
		unit = next[0].plain
	}
	switch unit {
	case "k", "tr", "ty", "gb", "mb", "d", "vnd", "usd", "trieu", "dong", "ngan", "nghin":
		return true
	default:
		return false
	}
}

// hasLink says whether the text holds a web address.
func hasLink(text string) bool {
	low := strings.ToLower(text)
	if strings.Contains(low, "http") || strings.Contains(low, "www.") || strings.Contains(low, "t.me/") {
		return true
	}
	for rest := low; ; {
		i := strings.IndexByte(rest, '.')
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(rest[:i])
		rest = rest[i+1:]
		end := 0
		for end < len(rest) && rest[end] >= 'a' && rest[end] <= 'z' {
			end++
		}
		switch rest[:end] {
		case "com", "net", "top", "cc", "vn", "xyz", "info", "shop", "ly", "me", "club", "vip", "org", "site", "online",
			"app", "link", "win", "bet", "icu", "live", "io", "gl", "pro", "store", "asia", "fun":
			if before >= 'a' && before <= 'z' || before >= '0' && before <= '9' {
				return true
			}
		}
	}
}
