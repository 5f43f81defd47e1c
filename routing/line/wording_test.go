package line

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/texts"
)

func TestParse_Texts(t *testing.T) {
	t.Parallel()
	want := map[texts.Key]map[texts.Language]texts.Wording{
		texts.FirstReplyK: {
			texts.Vietnamese: {Accented: "Đã nhận.", Plain: "Da nhan."},
			texts.English:    {Plain: "Got it."},
		},
		texts.AlreadyTaken: {texts.Vietnamese: {Accented: "{the} {ma} có người rồi."}},
	}
	if diff := cmp.Diff(want, mustParse(t, sound).Texts); diff != "" {
		t.Errorf("Parse(sound file).Texts (-want +got):\n%s", diff)
	}
	for _, none := range []string{"texts:\n", "texts: {}\n", ""} {
		if f := mustParse(t, example+none); f.Texts != nil {
			t.Errorf("Parse(file with %q).Texts = %v, want none", none, f.Texts)
		}
	}
}

// TestParse_TextFaults: a fault of both forms stands at both where both are written, and once where one is.
func TestParse_TextFaults(t *testing.T) {
	t.Parallel()
	const both = "  first_reply_k:\n    vi: Công an.\n    vi_plain: Cong an.\n"
	for _, tt := range []struct {
		name, texts string
		want        []string
	}{
		{"both forms", both, []string{"43:9", "44:15"}},
		{"form left out", "  first_reply_k:\n    vi: Công an.\n", []string{"43:9"}},
		{"both languages", both + "    en: Police.\n", []string{"43:9", "44:15", "45:9"}},
		{"two texts", both + "  stop_ok: {en: Help.}\n", []string{"43:9", "44:15", "45:17"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			head, _, _ := strings.Cut(sound, "texts:\n")
			_, faults := Parse([]byte(head + "\ntexts:\n" + tt.texts))
			var got []string
			for _, f := range faults {
				got = append(got, fmt.Sprintf("%d:%d", f.Line, f.Column))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("positions (-want +got):\n%s\n%v", diff, faults)
			}
		})
	}
}

func TestFile_LineHasItsOwnTexts(t *testing.T) {
	t.Parallel()
	key := func(n phone.Number) phone.Key { return phone.Key("k" + n.E164()) }
	l := mustParse(t, sound).Line(key, 1)
	for _, tt := range []struct {
		name     string
		lang     texts.Language
		key      texts.Key
		accented bool
		want     string
	}{
		{"own", texts.Vietnamese, texts.FirstReplyK, true, "Đã nhận."},
		{"own without accents", texts.Vietnamese, texts.FirstReplyK, false, "Da nhan."},
		{"own in English", texts.English, texts.FirstReplyK, false, "Got it."},
		{"own without accents, left out", texts.Vietnamese, texts.AlreadyTaken, false, "CT K7 co nguoi roi."},
		{"ours in English", texts.English, texts.AlreadyTaken, false, "CT K7 has been taken. Thank you."},
		{"ours", texts.Vietnamese, texts.StopOK, true, "Đã ngừng. Cần thì cứ nhắn lại."},
	} {
		got, err := l.Texts.Render(tt.lang, tt.key, tt.accented, map[string]string{texts.Tag: "CT", texts.Code: "K7"})
		if err != nil || got != tt.want {
			t.Errorf("%s: Render(%s, %s) = %q, %v, want %q", tt.name, tt.lang, tt.key, got, err, tt.want)
		}
	}
	if got, err := mustParse(t, example).Line(key, 1).Texts.Render(texts.Vietnamese, texts.FirstReplyK, false, nil); got != "Da nhan tin." || err != nil {
		t.Errorf("Render on a line without texts = %q, %v, want ours", got, err)
	}
}

// TestParseStored_TextsOfAnotherVersion: rules and texts change with the program, and a line that was
// stored under others must not be lost over them. Its wording is kept as far as there is such a text, and
// not used.
func TestParseStored_TextsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	file := strings.NewReplacer("vi: Đã nhận.", "vi: Công an đã nhận.", "vi_plain: Da nhan.", "vi_plain: Cong an da nhan.",
		"  already_taken:", "  greeting: {en: Hello.}\n  already_taken:").Replace(sound)
	if f, _ := Parse([]byte(file)); f != nil {
		t.Error("Parse gave a file, want errors")
	}
	f, faults := ParseStored([]byte(file))
	if f == nil {
		t.Fatalf("ParseStored = %v, want a file", faults)
	}
	var got []string
	for _, fault := range faults {
		if fault.Severity != document.Warning {
			t.Errorf("ParseStored fault %v, want warnings only", fault)
		}
		got = append(got, fmt.Sprintf("%d:%d %s", fault.Line, fault.Column, fault.EN))
	}
	want := []string{
		"42:9 a discreet text must not hold “công an”", "43:15 a discreet text must not hold “công an”", "45:3 there is no text of this name",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParseStored faults (-want +got):\n%s", diff)
	}
	again, _ := ParseStored(f.MarshalStored())
	if diff := cmp.Diff(f, again, same()); diff != "" {
		t.Errorf("ParseStored(MarshalStored) (-want +got):\n%s", diff)
	}
	l := f.Line(func(phone.Number) phone.Key { return "" }, 1)
	for lang, want := range map[texts.Language]string{texts.Vietnamese: "Đã nhận tin.", texts.English: "Got it."} {
		if got, err := l.Texts.Render(lang, texts.FirstReplyK, true, nil); got != want || err != nil {
			t.Errorf("Render(%s, first_reply_k) = %q, %v, want %q", lang, got, err, want)
		}
	}
}
