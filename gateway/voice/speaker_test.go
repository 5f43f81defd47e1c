package voice_test

import (
	"testing"

	"github.com/tincay/hotline/gateway/voice"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

func TestDocument_Speaker(t *testing.T) {
	t.Parallel()
	ward := recorded{
		files: map[string]bool{
			"vi/hold": true, "hre/hold": true, "hre/choose": true, "cor/greet": true, "cor/choose": true,
		},
		keys: map[string]string{"8": "hre", "7": "cor"},
	}
	const (
		play   = `<Play>https://h/sounds/`
		ending = `.mp3</Play>`
		holdVI = `<SAYVI>Xin giữ máy, đang gọi người trực.</Say>`
		holdEN = `<SAYEN>Please hold, we are ringing the person on duty.</Say>`
		keysEN = `<SAYEN>If you like, press 1 for police, 2 for medical care, 3 for a place to stay, 4 to talk. You do not have to press anything.</Say>`
	)
	for _, tt := range []struct {
		name       string
		recordings voice.Recordings
		chosen     string
		lang       texts.Language
		say        []texts.Prompt
		want       string
	}{
		{"nothing recorded", nil, "", vi, []texts.Prompt{texts.PromptHold}, holdVI},
		{"recorded in the line's language", ward, "", vi, []texts.Prompt{texts.PromptHold}, play + "vi/hold" + ending},
		{"not recorded in the chosen one", ward, "en", vi, []texts.Prompt{texts.PromptHold}, holdEN},
		{"Vietnamese chosen on an English line", ward, "vi", en, []texts.Prompt{texts.PromptHold}, play + "vi/hold" + ending},
		{"a language of recordings", ward, "hre", vi, []texts.Prompt{texts.PromptHold}, play + "hre/hold" + ending},
		{"what it lacks is played in the line's language", ward, "cor", vi, []texts.Prompt{texts.PromptHold}, play + "vi/hold" + ending},
		{"or spoken", ward, "cor", en, []texts.Prompt{texts.PromptGreet, texts.PromptHold}, play + "cor/greet" + ending + holdEN},
		{"a language whose recordings are gone", ward, "xyz", en, []texts.Prompt{texts.PromptHold}, holdEN},
		{"a language of recordings, and none there", nil, "hre", en, []texts.Prompt{texts.PromptHold}, holdEN},
		{"a line of no language we know", nil, "", "fr", []texts.Prompt{texts.PromptHold}, holdVI},
		{"further languages are offered in order of their keys", ward, "", en, []texts.Prompt{texts.PromptKeys}, keysEN + play + "cor/choose" + ending + play + "hre/choose" + ending},
		{"but not to who has chosen", ward, "en", vi, []texts.Prompt{texts.PromptKeys}, keysEN},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := voice.New(voice.Options{URLs: paths{}, Recordings: tt.recordings})
			c, l := caseWith(routing.Leg{State: routing.LegEnding, Turn: 3, Language: tt.chosen, Say: tt.say})
			compare(t, document(t, v, c, l, tt.lang, ""), written(tt.want+`<Hangup/>`))
		})
	}
}

func TestNew_VoicesAreSettings(t *testing.T) {
	t.Parallel()
	v := voice.New(voice.Options{URLs: paths{}, Voices: map[texts.Language]string{vi: "Google.vi-VN-Wavenet-B", "fr": "Polly.Lea"}})
	c, l := caseWith(routing.Leg{State: routing.LegEnding, Say: []texts.Prompt{texts.PromptKeys}})
	compare(t, document(t, v, c, l, vi, ""), `<Response>`+
		`<Say language="vi-VN" voice="Google.vi-VN-Wavenet-B">Nếu muốn, bấm 1: công an. 2: y tế. 3: chỗ ở. 4: người nói chuyện. Không bấm gì cũng được.</Say>`+
		`<Say language="en-US" voice="Google.en-US-Standard-C">For English, press 9.</Say><Hangup/></Response>`)
	if got := voice.DefaultVoice("fr"); got != "" {
		t.Errorf("DefaultVoice(fr) = %q, want none", got)
	}
}
