package triage

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestFoldPlain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"accents", "Đừng Gọi", "dung goi"},
		{"decomposed", "Đu\u031b\u0300ng", "dung"},
		{"punctuation", "  1 -  K7!! ", "1 k7"},
		{"no abbreviation", "ko dc", "ko dc"},
		{"no Telex", "ddungf", "ddungf"},
		{"repeats stay", "okkk", "okkk"},
		{"no-break space", "THEM\u00a0CA", "them ca"},
		{"question mark", "?", ""},
		{"emoji", "👍", ""},
		{"invalid bytes", "a\xffb", "a b"},
		{"empty", "", ""},
	} {
		if got := FoldPlain(tt.text); got != tt.want {
			t.Errorf("%s: FoldPlain(%q) = %q, want %q", tt.name, tt.text, got, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"Telex", "ddungf goij nhes", "dung goi nhe"},
		{"Telex, horned pair", "ngwowif nguwowif", "nguoi nguoi"},
		{"Telex leaves syllables alone", "toi danh em hai", "toi danh em hai"},
		{"Telex leaves English alone", "he has his gas", "he has his gas"},
		{"repeats", "giúppppp cứuuuuu chị ơiiii", "giup cuu chi oi"},
		{"laughter stays", "kkkk", "kkkk"},
		{"digits stay", "1111", "1111"},
		{"teencode", "ck e ko đc về", "chong em khong duoc ve"},
		{"unit after a number", "30k 5 k 2 kg", "30k 5 k 2 kg"},
		{"police after a verb of calling", "goi ca giup, doi ca sang", "goi cong an giup doi ca sang"},
		{"g for ng", "dag trog nha", "dang trong nha"},
		{"emoji", "cứu 🔪", "cuu 🔪"},
	} {
		if got := Fold(tt.text); got != tt.want {
			t.Errorf("%s: Fold(%q) = %q, want %q", tt.name, tt.text, got, tt.want)
		}
	}
}

func TestWordFits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typed, meant string
		want         bool
	}{
		{"danh", "đánh", true},
		{"đanh", "đánh", true},
		{"dánh", "đánh", true},
		{"đành", "đánh", false},
		{"hoà", "hòa", true},
		{"vơi", "với", true},
		{"vời", "với", false},
		{"ban", "bạn", true},
		{"bạn", "ban", false},
	} {
		if got := split(tt.typed)[0].fits(split(tt.meant)[0]); got != tt.want {
			t.Errorf("fits(%q, %q) = %v, want %v", tt.typed, tt.meant, got, tt.want)
		}
	}
}

func TestWriteTSV(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{ImmediateDanger: []string{"hoa cúc đỏ"}})
	long := strings.Repeat("x", 200_000)
	var out bytes.Buffer
	if err := WriteTSV(strings.NewReader("1 K7\r\n\nhoa cuc do\n"+long+"\nSOS"), &out, c); err != nil {
		t.Fatalf("WriteTSV() = %v, want no error", err)
	}
	want := "reply_command\tunknown\twhole_command\n" +
		"urgent\tunknown\tempty\n" +
		"immediate_danger\tpolice\tcode_word\n" +
		"urgent\tunknown\tnothing_recognised\n" +
		"immediate_danger\tunknown\tplea\n"
	if out.String() != want {
		t.Errorf("WriteTSV() wrote %q, want %q", out.String(), want)
	}
}

func TestWriteTSVFaults(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{})
	fault := errors.New("fault")
	var out bytes.Buffer
	err := WriteTSV(io.MultiReader(strings.NewReader("SOS\nhalf"), iotest.ErrReader(fault)), &out, c)
	if !errors.Is(err, fault) || !strings.HasPrefix(out.String(), "immediate_danger\t") {
		t.Errorf("WriteTSV(broken reader) = %v after %q, want the fault, after the verdict on what was read", err, out.String())
	}
	if err := WriteTSV(strings.NewReader("SOS\n"), brokenWriter{fault}, c); !errors.Is(err, fault) {
		t.Errorf("WriteTSV(broken writer) = %v, want %v", err, fault)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }
