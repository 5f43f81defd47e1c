package texts_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/routing/texts"
)

func TestSpoken_EveryPromptInEachLanguage(t *testing.T) {
	t.Parallel()
	const longest = 200 // characters; about 15 s, after which nobody remembers the first key
	if n := len(texts.Prompts()); n != 21 {
		t.Errorf("len(Prompts()) = %d, want 21", n)
	}
	for _, lang := range texts.Languages() {
		for _, p := range texts.Prompts() {
			got, ok := texts.Spoken(lang, p)
			if !ok || got == "" {
				t.Errorf("Spoken(%s, %s) = %q, %v, want a wording", lang, p, got, ok)
			}
			if got != texts.Clean(got) || strings.ContainsAny(got, "{}<>[]\n") {
				t.Errorf("Spoken(%s, %s) = %q, want plain words and nothing to be filled in", lang, p, got)
			}
			if n := len([]rune(got)); n > longest {
				t.Errorf("Spoken(%s, %s) has %d characters, want at most %d", lang, p, n, longest)
			}
			if r := []rune(got); !strings.ContainsRune(".?!", r[len(r)-1]) {
				t.Errorf("Spoken(%s, %s) = %q, want whole sentences", lang, p, got)
			}
		}
	}
}

func TestSpoken_Unknown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		lang   texts.Language
		prompt texts.Prompt
	}{
		{"prompt", texts.Vietnamese, "goodbye"},
		{"language", "fr", texts.PromptGreet},
		{"both empty", "", ""},
		{"a text's key", texts.English, texts.Prompt(texts.FirstReplyK)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := texts.Spoken(tt.lang, tt.prompt); ok || got != "" {
				t.Errorf("Spoken(%q, %q) = %q, %v, want none", tt.lang, tt.prompt, got, ok)
			}
			if got := texts.Utterances(tt.lang, tt.prompt); len(got) > 0 {
				t.Errorf("Utterances(%q, %q) = %v, want none", tt.lang, tt.prompt, got)
			}
		})
	}
}

func TestUtterances_OfferOfEnglishIsEnglish(t *testing.T) {
	t.Parallel()
	want := []texts.Utterance{
		{Language: texts.Vietnamese, Text: "Nếu muốn, bấm 1: công an. 2: y tế. 3: chỗ ở. 4: người nói chuyện. Không bấm gì cũng được."},
		{Language: texts.English, Text: "For English, press 9."},
	}
	if diff := cmp.Diff(want, texts.Utterances(texts.Vietnamese, texts.PromptKeys)); diff != "" {
		t.Errorf("Utterances(vi, keys) (-want +got):\n%s", diff)
	}
	for _, lang := range texts.Languages() {
		for _, p := range texts.Prompts() {
			if lang == texts.Vietnamese && p == texts.PromptKeys {
				continue
			}
			whole, _ := texts.Spoken(lang, p)
			want := []texts.Utterance{{Language: lang, Text: whole}}
			if diff := cmp.Diff(want, texts.Utterances(lang, p)); diff != "" {
				t.Errorf("Utterances(%s, %s) (-want +got):\n%s", lang, p, diff)
			}
		}
	}
}

// A syllable of Vietnamese is a word in writing, and every digit of a number is read out.
func TestSpokenSeconds_FitsTheWording(t *testing.T) {
	t.Parallel()
	const syllables, tolerance = 3.6, 1.5 // a second; seconds
	for _, p := range texts.Prompts() {
		said, _ := texts.Spoken(texts.Vietnamese, p)
		n := 0
		for word := range strings.FieldsSeq(said) {
			if word = strings.Trim(word, ".,:?"); word != "" && unicode.IsDigit(rune(word[0])) {
				n += len(word)
				continue
			}
			n++
		}
		if got, want := float64(texts.SpokenSeconds(p)), float64(n)/syllables; got < want-tolerance || got > want+tolerance {
			t.Errorf("SpokenSeconds(%s) = %v, want about %.1f", p, got, want)
		}
	}
	if got := texts.SpokenSeconds("goodbye"); got != 0 {
		t.Errorf("SpokenSeconds(goodbye) = %d, want 0", got)
	}
}

// What a key does is said in the prompt; a prompt that asks must name the keys that routing understands.
func TestSpoken_QuestionsNameTheirKeys(t *testing.T) {
	t.Parallel()
	for p, want := range map[texts.Prompt]string{
		texts.PromptKeys: "1234", texts.PromptAnother: "1", texts.PromptOutNeutral: "1",
		texts.PromptHelperCall: "10", texts.PromptHelperDanger: "10", texts.PromptHelperQuestion: "10",
		texts.PromptHelperMenu: "1095",
	} {
		for _, lang := range texts.Languages() {
			var keys strings.Builder
			for _, r := range texts.Utterances(lang, p)[0].Text {
				if unicode.IsDigit(r) {
					keys.WriteRune(r)
				}
			}
			if got := keys.String(); got != want {
				t.Errorf("keys named by %s in %s = %s, want %s", p, lang, got, want)
			}
		}
	}
}

func ExampleSpoken() {
	said, _ := texts.Spoken(texts.Vietnamese, texts.PromptHold)
	fmt.Println(said)
	said, _ = texts.Spoken(texts.English, texts.PromptHold)
	fmt.Println(said)
	// Output:
	// Xin giữ máy, đang gọi người trực.
	// Please hold, we are ringing the person on duty.
}
