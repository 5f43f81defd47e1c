package document

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"golang.org/x/text/unicode/norm"
)

// maxText is the length of the longest single value, in characters.
const maxText = 200

// Text reads a single value, in NFC and without space around it. Control characters and line breaks are
// errors: such a value would break messages and terminals. ok is false if there is no usable value.
func (f Field) Text() (s string, ok bool) {
	if f.Absent() {
		return "", false
	}
	s, ok = scalar(f.node)
	if !ok {
		f.Fail(f.Key+" phải là một giá trị đơn", f.Key+" must be a single value")
		return "", false
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	switch {
	case s == "":
		f.Fail(f.Key+" trống", f.Key+" is empty")
	case utf8.RuneCountInString(s) > maxText:
		f.Fail(fmt.Sprintf("%s dài hơn %d ký tự", f.Key, maxText), fmt.Sprintf("%s is longer than %d characters", f.Key, maxText))
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.In(r, unicode.Zl, unicode.Zp) }):
		f.Fail(f.Key+" có ký tự điều khiển hoặc xuống dòng", f.Key+" has control characters or line breaks")
	default:
		return s, true
	}
	return "", false
}

// Name reads a value that must have been meant as text: a number or true is an error.
func (f Field) Name() string {
	switch f.node.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		f.Fail(f.Key+" phải là chữ", f.Key+" must be text")
		return ""
	}
	s, _ := f.Text()
	return s
}

// Match reads a value of a form; vi and en say what the form is.
func (f Field) Match(form *regexp.Regexp, vi, en string) string {
	s, ok := f.Text()
	if ok && !form.MatchString(s) {
		f.Fail(vi, en)
		return ""
	}
	return s
}

// OneOf reads one of a few words.
func OneOf[T ~string](f Field, allowed []T) T {
	s, ok := f.Text()
	if !ok {
		return ""
	}
	if !slices.Contains(allowed, T(s)) {
		list := Join(allowed)
		f.Fail(f.Key+" phải là một trong: "+list, f.Key+" must be one of: "+list)
		return ""
	}
	return T(s)
}

// Bool reads true or false.
func (f Field) Bool() bool {
	if f.Absent() {
		return false
	}
	b, ok := f.node.(*ast.BoolNode)
	if !ok {
		f.Fail(f.Key+" phải là true hoặc false", f.Key+" must be true or false")
		return false
	}
	return b.Value
}

// shortest is the least time that can be given: less cannot be kept by an agenda looked at ten times a second.
const shortest = 100 * time.Millisecond

// Duration reads a time with a unit, such as 30s, 5m or 1h, from 100 ms to most.
func (f Field) Duration(most time.Duration) time.Duration {
	s, ok := f.Text()
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		f.Fail(f.Key+" phải là khoảng thời gian có đơn vị, ví dụ 30s, 5m, 1h", f.Key+" must be a time with a unit, for example 30s, 5m, 1h")
	case d < shortest || d > most:
		f.Fail(f.Key+" phải từ 100ms đến "+Short(most), f.Key+" must be from 100ms to "+Short(most))
	default:
		return d
	}
	return 0
}

// Whole reads a whole number from 1.
func (f Field) Whole() int64 {
	s, ok := f.Text()
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		f.Fail(f.Key+" phải là số nguyên từ 1", f.Key+" must be a whole number from 1")
		return 0
	}
	return n
}

// Percent reads a whole part of a hundred from 1 to 100, with its sign or without.
func (f Field) Percent() int {
	s, ok := f.Text()
	if !ok {
		return 0
	}
	const most = 100
	n, err := strconv.ParseUint(strings.TrimRight(strings.TrimSuffix(s, "%"), " "), 10, 8)
	if err != nil || n < 1 || n > most {
		f.Fail(f.Key+" phải là số phần trăm nguyên từ 1% đến 100%", f.Key+" must be a whole percentage from 1% to 100%")
		return 0
	}
	return int(n)
}

// Rate reads a number above 0 and at most 1000.
func (f Field) Rate() float64 {
	s, ok := f.Text()
	if !ok {
		return 0
	}
	const most = 1000
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v <= most) { // so that NaN is refused
		f.Fail(f.Key+" phải là số lớn hơn 0, nhiều nhất 1000", f.Key+" must be a number above 0, at most 1000")
		return 0
	}
	return v
}

// Join lists words.
func Join[T ~string](words []T) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return strings.Join(list, ", ")
}

// Short writes a duration as people do: 30s, 5m, 1h30m.
func Short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Quote writes a text without control characters as YAML.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
