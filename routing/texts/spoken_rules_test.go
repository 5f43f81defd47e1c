package texts

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ruleOfPrompt(t *testing.T, p Prompt) promptRule {
	t.Helper()
	for _, r := range promptRules() {
		if r.prompt == p {
			return r
		}
	}
	t.Fatalf("promptRules() lacks %s", p)
	return promptRule{}
}

func TestPromptRule_Check(t *testing.T) {
	t.Parallel()
	const vi, en = Vietnamese, English
	for _, tt := range []struct {
		name   string
		prompt Prompt
		lang   Language
		speech speech
		want   []string // pieces of what is found
	}{
		{"ours", PromptHold, vi, speech{Say: "Xin giữ máy, đang gọi người trực."}, nil},
		{"number in what is not discreet", PromptNobody, en, speech{Say: "Call 113."}, nil},
		{"offer of English", PromptKeys, vi, speech{Say: "Bấm 1.", ThenEnglish: "For English, press 9."}, nil},
		{"promise to a helper", PromptHelperDeclined, vi, speech{Say: "Đang báo người khác."}, nil},
		{"promise after a human took it", PromptJoined, en, speech{Say: "Someone is coming."}, nil},

		{"nothing", PromptHold, vi, speech{}, []string{"missing"}},
		{"only English", PromptKeys, vi, speech{ThenEnglish: "Press 9."}, []string{"missing"}},
		{"no accents", PromptHold, vi, speech{Say: "Xin giu may."}, []string{"accents"}},
		{"English twice", PromptKeys, en, speech{Say: "Press 1.", ThenEnglish: "Press 9."}, []string{"no English after"}},
		{"placeholder", PromptHelperCall, vi, speech{Say: "Ca {ma} cần người."}, []string{"filled in"}},
		{"markup", PromptHelperCall, en, speech{Say: "<break/> Press 1."}, []string{"filled in"}},
		{"promise", PromptHold, vi, speech{Say: "Người trực sẽ tới ngay."}, []string{"“sẽ tới” is a promise"}},
		{"promise in English", PromptNobody, en, speech{Say: "Help is on its way."}, []string{"“on its way” is a promise"}},
		{"promise in the last sentence", PromptKeys, vi, speech{Say: "Bấm 1.", ThenEnglish: "Help is on the way."}, []string{"promise"}},
		{"greeting tells", PromptGreet, vi, speech{Say: "Đường dây hỗ trợ."}, []string{"“hỗ trợ”"}},
		{"calling back tells", PromptOutNeutral, en, speech{Say: "This is the help line."}, []string{"“help”"}},
		{"calling back gives a number", PromptOutNeutral, en, speech{Say: "Call 113."}, []string{"telephone number"}},
		{"belittling", PromptHoldQuiet, vi, speech{Say: "Xin bình tĩnh."}, []string{"“bình tĩnh”"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ruleOfPrompt(t, tt.prompt).check(tt.lang, tt.speech)
			if len(got) != len(tt.want) {
				t.Fatalf("check(%s, %+v) = %q, want %d faults", tt.prompt, tt.speech, got, len(tt.want))
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("check(%s, %+v)[%d] = %q, want it to hold %q", tt.prompt, tt.speech, i, got[i], want)
				}
			}
		})
	}
}

// Whatever a person hears while no human has their case is held to the rule against promises.
func TestPromptRules_WhoHearsWhatWhen(t *testing.T) {
	t.Parallel()
	var early, discreet []Prompt
	for _, r := range promptRules() {
		if r.to == ToPerson && r.early {
			early = append(early, r.prompt)
		}
		if r.discreet {
			discreet = append(discreet, r.prompt)
		}
	}
	wantEarly := []Prompt{
		PromptGreet, PromptKeys, PromptHold, PromptHoldQuiet, PromptNobody, PromptVoicemail, PromptVoicemailEnd,
		PromptOutNeutral, PromptRetry,
	}
	if diff := cmp.Diff(wantEarly, early); diff != "" {
		t.Errorf("prompts to a person before a human took the case (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Prompt{PromptGreet, PromptOutNeutral, PromptRetry}, discreet); diff != "" {
		t.Errorf("discreet prompts (-want +got):\n%s", diff)
	}
}

func TestEdition_FaultsOfPrompts(t *testing.T) {
	t.Parallel()
	all, err := editions()
	if err != nil {
		t.Fatal(err)
	}
	e := all[English]
	e.Prompts = maps.Clone(e.Prompts) // the editions are everybody's
	if got := e.faults(English); len(got) != 0 {
		t.Errorf("faults(en) of our wording = %v, want none", got)
	}
	delete(e.Prompts, PromptHold)
	e.Prompts["goodbye"] = speech{Say: "Goodbye."}
	e.Prompts[PromptRetry] = speech{}
	var got strings.Builder
	for _, f := range e.faults(English) {
		got.WriteString(f.Error() + "\n")
	}
	const want = "en: prompt hold: no such text\nen: prompt retry: the wording is missing\nen: prompt goodbye: no such text\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("faults(en) (-want +got):\n%s", diff)
	}
}
