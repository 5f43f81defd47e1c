package routing

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestAreas_Match(t *testing.T) {
	t.Parallel()
	areas := []Area{
		{Name: "Tổ 1", Words: []string{"tổ 1", "tổ một"}},
		{Name: "Tổ 11", Words: []string{"tổ 11"}},
		{Name: "Tổ 1 Hòa Bình", Words: []string{"tổ 1 hòa bình"}},
		{Name: "Chợ", Words: []string{"gần chợ", "đường Lê Lợi", "cho cu"}},
		{Name: "Bến Đò", Words: []string{"đò"}},
	}
	tests := []struct {
		name, text, want string
	}{
		{"word", "Tôi ở tổ một, cứu với", "Tổ 1"},
		{"name", "TỔ 1", "Tổ 1"},
		{"unaccented text", "toi o to 1", "Tổ 1"},
		{"unaccented text with another meaning", "cho toi xin mot to 1", "Tổ 1"},
		{"accents that disagree", "tơ 1 kg ở đâu", ""},
		{"accents left out in an accented text", "tôi ở to 1", ""},
		{"whole words only", "tổ 111", ""},
		{"not the beginning of a number", "tổ 11", "Tổ 11"},
		{"longest wins", "ở tổ 1 hòa bình nhé", "Tổ 1 Hòa Bình"},
		{"tone on the other vowel", "ở tổ 1 hoà bình nhé", "Tổ 1 Hòa Bình"},
		{"longest wins, whatever the order", "gần chợ, tổ 1", "Chợ"},
		{"đ without accent", "duong le loi", "Chợ"},
		{"đ is not d", "dò xem ở đây", ""},
		{"file without accents, text with", "sau chợ cũ", "Chợ"},
		{"punctuation between", "tổ... 1!", "Tổ 1"},
		{"words apart", "tổ của tôi số 1", ""},
		{"joined by an invisible mark", "tổ\u200b 1", "Tổ 1"},
		{"none", "cứu tôi", ""},
		{"empty", "", ""},
		{"no words", "?!", ""},
		{"not UTF-8", "t\xff to 1", "Tổ 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for form, text := range map[string]string{"": tt.text, "NFC ": norm.NFC.String(tt.text), "NFD ": norm.NFD.String(tt.text)} {
				if got := NewAreas(areas).Match(text); got != tt.want {
					t.Errorf("Match(%s%q) = %q, want %q", form, tt.text, got, tt.want)
				}
			}
		})
	}
	if got := NewAreas(nil).Match("tổ 1"); got != "" {
		t.Errorf("Match without areas = %q, want none", got)
	}
}
