package texts_test

import (
	"strings"
	"testing"

	"github.com/tincay/hotline/routing/texts"
)

// TestHelp_NamesEveryCommandInOneMessage: what is taught is what the help says.
func TestHelp_NamesEveryCommandInOneMessage(t *testing.T) {
	t.Parallel()
	for _, lang := range texts.Languages() {
		for _, accented := range []bool{false, true} {
			s := render(t, lang, texts.Help, accented, nil)
			for _, word := range []string{"1 ", "0 ", "XONG", "THEM CA", "THEM YT", "NGHI", "TRUC", "SOS"} {
				if !strings.Contains(s, word) {
					t.Errorf("Render(%s, help) = %q, want %q in it", lang, s, word)
				}
			}
		}
		if n, gsm := texts.Segments(render(t, lang, texts.Help, false, nil)); n != 1 || !gsm {
			t.Errorf("Segments(%s help) = %d, GSM-7 %v, want one message", lang, n, gsm)
		}
	}
}

// TestKindEmpty_WithEveryKindOfTheLineFile: each kind has a word in both languages, and none makes the text
// longer than one message.
func TestKindEmpty_WithEveryKindOfTheLineFile(t *testing.T) {
	t.Parallel()
	kinds := []string{"trusted_address", "health_station", "police", "chair", "supervisor", "outside"}
	for _, lang := range texts.Languages() {
		seen := map[string]bool{}
		for _, kind := range kinds {
			word := texts.Kind(lang, false, kind)
			if word == "" || seen[word] || strings.Contains(word, "_") {
				t.Errorf("Kind(%s, %s) = %q, want a word of its own", lang, kind, word)
			}
			seen[word] = true
			s := render(t, lang, texts.KindEmpty, false, map[string]string{texts.Tag: "NNNNNN", texts.Role: word})
			if n, gsm := texts.Segments(s); n != 1 || !gsm || !strings.Contains(s, word) {
				t.Errorf("Segments(%q) = %d, GSM-7 %v, want one message with %q", s, n, gsm, word)
			}
		}
	}
	if got := texts.Kind(texts.Vietnamese, true, "health_station"); got != "trạm y tế" {
		t.Errorf("Kind(vi, accented, health_station) = %q, want trạm y tế", got)
	}
	if got := texts.Kind("fr", false, "police"); got != "cong an" {
		t.Errorf("Kind of an unknown language = %q, want the Vietnamese word", got)
	}
	if got := texts.Kind(texts.English, false, "nobody"); got != "" {
		t.Errorf("Kind(en, nobody) = %q, want none", got)
	}
}

func TestNobodyOnCall_SaysNothingOfThePersonOrTheKind(t *testing.T) {
	t.Parallel()
	values := map[string]string{texts.Tag: "NN", texts.Code: "K7"}
	for lang, want := range map[texts.Language]string{
		texts.Vietnamese: "NN K7: hien khong moi them duoc ai.",
		texts.English:    "NN K7: nobody else can be asked to join now.",
	} {
		if got := render(t, lang, texts.NobodyOnCall, false, values); got != want {
			t.Errorf("Render(%s, nobody_on_call) = %q, want %q", lang, got, want)
		}
	}
}
