package texts_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/tincay/hotline/routing/texts"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"plain stays", "Da nhan tin. (1) [2] ~^", "Da nhan tin. (1) [2] ~^"},
		{"empty", "", ""},
		{"NFD becomes NFC", "co\u0302ng an", "công an"},
		{"curly quotes", "\u201cem\u201d \u2018o\u2019 \u00abnha\u00bb", `"em" 'o' "nha"`},
		{"dashes", "1\u20132\u20143\u22124", "1-2-3-4"},
		{"ellipsis", "cho\u2026", "cho..."},
		{"special spaces", "a\u00a0b\u202fc\u2009d\te", "a b c d e"},
		{"invisible", "\ufeffem\u200b \u2060o\u00ad\u200e day\u200d", "em o day"},
		{"grave accent GSM-7 lacks", "`a´", "'a'"},
		{"line ends stay", "a\r\nb\u2028c", "a\r\nb\nc"},
		{"control characters go", "a\x00\x1bb\x7f", "ab"},
		{"malformed UTF-8", "a\xffb", "a\uFFFDb"},
		{"letters of other alphabets stay", "Ê-đê, Hrê, Ω, Å, ß", "Ê-đê, Hrê, Ω, Å, ß"},
		{"joined emoji stays whole", "👩\u200d👧 \u2764\ufe0f", "👩\u200d👧 \u2764\ufe0f"},
		{"accent behind an invisible character", "a\u200b\u0301", "á"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := texts.Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFC.String(s))
}

// wild draws text made of what phones send: letters, dirt, accents, emoji, broken bytes.
func wild() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringN(0, 8, -1),
		rapid.SampledFrom([]string{"Đừng gọi ", "cong an ", "o\u0302\u0301", "👩\u200d👧", "🇻🇳", "👍🏽", "\u201c", "\u2026", "\u00a0", "\n", "€", "[", strings.Repeat("a", 90)}),
	)
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), "") })
}

func TestClean_ChangesNoLetterAndIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := wild().Draw(t, "s")
		got := texts.Clean(s)
		if again := texts.Clean(got); again != got {
			t.Fatalf("Clean(Clean(%q)) = %q, want %q", s, again, got)
		}
		if !norm.NFC.IsNormalString(got) || !utf8.ValidString(got) {
			t.Fatalf("Clean(%q) = %q, want valid NFC", s, got)
		}
		// An invisible character between a letter and a mark may go, which composes the two: compare bases.
		if want, have := texts.Unaccent(letters(s)), texts.Unaccent(letters(got)); want != have {
			t.Fatalf("letters of Clean(%q) = %q, want %q", s, have, want)
		}
	})
}

func TestUnaccent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"Tổ dân phố 4, đường Nguyễn Nghiêm", "To dan pho 4, duong Nguyen Nghiem"},
		{"ĐỪNG ƯỚC", "DUNG UOC"},
		{"ascii", "ascii"},
		{"u\u031b\u0301", "u"},
	} {
		if got := texts.Unaccent(tt.in); got != tt.want {
			t.Errorf("Unaccent(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		in   string
		n    int
		gsm  bool
	}{
		{"empty", "", 0, true},
		{"one", "a", 1, true},
		{"160 septets", strings.Repeat("a", 160), 1, true},
		{"161 septets", strings.Repeat("a", 161), 2, true},
		{"306 septets", strings.Repeat("a", 306), 2, true},
		{"307 septets", strings.Repeat("a", 307), 3, true},
		{"extension takes two", strings.Repeat("€", 80), 1, true},
		{"81 of the extension", strings.Repeat("€", 81), 2, true},
		{"extension is not split", strings.Repeat("€", 153), 3, true}, // 76 a part, one septet lost in each
		{"line feed and return", "a\r\nb", 1, true},
		{"national letters in the alphabet", "àèéìòùÄÖÑÜäöñüßÅåÆæØøÇ¿¡§¤£¥", 1, true},
		{"Greek capitals", "ΔΦΓΛΩΠΨΣΘΞ", 1, true},
		{"lower cedilla is not", "ç", 1, false},
		{"tab is not", "\t", 1, false},
		{"grave accent is not", "`", 1, false},
		{"70 units", strings.Repeat("ạ", 70), 1, false},
		{"71 units", strings.Repeat("ạ", 71), 2, false},
		{"134 units", strings.Repeat("ạ", 134), 2, false},
		{"135 units", strings.Repeat("ạ", 135), 3, false},
		{"emoji takes two units", strings.Repeat("😀", 35), 1, false},
		{"emoji is not split", strings.Repeat("😀", 67), 3, false}, // 33 a part, one unit lost in each
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if n, gsm := texts.Segments(tt.in); n != tt.n || gsm != tt.gsm {
				t.Errorf("Segments(%s) = %d, %v, want %d, %v", tt.name, n, gsm, tt.n, tt.gsm)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		in    string
		limit int
		want  []string
	}{
		{"empty", "", 10, nil},
		{"blank", " \n ", 10, nil},
		{"fits", "chi ra cong sau", 15, []string{"chi ra cong sau"}},
		{"at the last space that fits", "chi ra cong sau", 14, []string{"chi ra cong", "sau"}},
		{"word ends exactly at the limit", "chi ra cong", 6, []string{"chi ra", "cong"}},
		{"a word longer than the limit", "abcdefgh ij", 5, []string{"abcde", "fgh", "ij"}},
		{"several spaces at the cut", "abc    def", 4, []string{"abc", "def"}},
		{"combining accent stays", "aaao\u0302\u0301b", 5, []string{"aaa", "o\u0302\u0301b"}},
		{"emoji is not cut", "a😀😀", 2, []string{"a", "😀", "😀"}},
		{"family is not cut", "ab👩\u200d👧", 6, []string{"ab", "👩\u200d👧"}},
		{"flag is not cut", "a🇻🇳🇻🇳", 4, []string{"a", "🇻🇳", "🇻🇳"}},
		{"skin tone is not cut", "abc👍🏽", 5, []string{"abc", "👍🏽"}},
		{"a character longer than the limit", "o\u0302\u0301\u0323", 2, []string{"o\u0302", "\u0301\u0323"}},
		{"limit too small for a surrogate pair", "😀😀", 0, []string{"😀", "😀"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, texts.Split(tt.in, tt.limit)); diff != "" {
				t.Errorf("Split(%q, %d) (-want +got):\n%s", tt.in, tt.limit, diff)
			}
		})
	}
}

func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestSplit_LosesNothingButSpace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := texts.Clean(wild().Draw(t, "s"))
		limit := rapid.IntRange(2, 200).Draw(t, "limit")
		pieces := texts.Split(s, limit)
		for _, p := range pieces {
			if n := len(utf16.Encode([]rune(p))); n > limit || n == 0 {
				t.Fatalf("Split(%q, %d) has a piece of %d units: %q", s, limit, n, p)
			}
			if !utf8.ValidString(p) || strings.TrimSpace(p) != p {
				t.Fatalf("Split(%q, %d) has the piece %q, want valid UTF-8 without outer space", s, limit, p)
			}
		}
		if got, want := dense(strings.Join(pieces, "")), dense(s); got != want {
			t.Fatalf("Split(%q, %d) together = %q, want %q", s, limit, got, want)
		}
		if n := len(utf16.Encode([]rune(strings.TrimSpace(s)))); n <= limit && len(pieces) > 1 {
			t.Fatalf("Split(%q, %d) = %d pieces, want one", s, limit, len(pieces))
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("Đừng gọi\u2026")
	f.Add("o\u0302\xff\u200d👧")
	f.Fuzz(func(t *testing.T, s string) {
		got := texts.Clean(s)
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) || texts.Clean(got) != got {
			t.Errorf("Clean(%q) = %q, want valid, stable NFC", s, got)
		}
		if n, _ := texts.Segments(got); n == 0 && got != "" {
			t.Errorf("Segments(%q) = 0, want at least 1", got)
		}
		if got, want := dense(strings.Join(texts.Split(got, 153), "")), dense(got); got != want {
			t.Errorf("Split together = %q, want %q", got, want)
		}
	})
}
