package voice

import (
	"fmt"
	"maps"
	"slices"

	"github.com/twilio/twilio-go/twiml"

	"github.com/tincay/hotline/gateway/voice/sounds"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// speaker is who speaks in a document.
type speaker struct {
	recorded string         // the code of a language that only recordings speak; "": none was chosen
	spoken   texts.Language // the language of everything else
	chosen   bool           // a language was chosen on the call
}

// speakerFor finds out who speaks. A language that is known no more, because its recordings are gone or a
// record is from elsewhere, counts as not chosen.
func (v *Voice) speakerFor(chosen string, language texts.Language) speaker {
	s := speaker{spoken: language}
	if !slices.Contains(texts.Languages(), language) {
		s.spoken = texts.Languages()[0]
	}
	switch {
	case slices.Contains(texts.Languages(), texts.Language(chosen)):
		s.spoken, s.chosen = texts.Language(chosen), true
	case v.recordings != nil && slices.Contains(slices.Collect(maps.Values(v.recordings.Languages())), chosen):
		s.recorded, s.chosen = chosen, true
	}
	return s
}

// heard is what is heard at a turn: the tone if there is one, then the prompts.
func (p *page) heard(l *routing.Leg) []twiml.Element {
	var heard []twiml.Element
	if l.Tone {
		heard = append(heard, p.play(sounds.Tone))
	}
	return append(heard, p.prompts(l.Say)...)
}

// prompts says prompts one after the other, each as it was recorded, else with a voice.
func (p *page) prompts(list []texts.Prompt) []twiml.Element {
	var heard []twiml.Element
	for _, prompt := range list {
		heard = append(heard, p.prompt(prompt)...)
		if prompt == texts.PromptKeys && !p.chosen {
			heard = append(heard, p.invitations()...)
		}
	}
	return heard
}

func (p *page) prompt(prompt texts.Prompt) []twiml.Element {
	for _, lang := range []string{p.recorded, string(p.spoken)} {
		if name, ok := p.file(lang, prompt); ok {
			return []twiml.Element{p.play(name)}
		}
	}
	utterances := texts.Utterances(p.spoken, prompt)
	if len(utterances) == 0 {
		p.fail(fmt.Errorf("voice: prompt %q: %w", prompt, texts.ErrUnknownKey))
	}
	heard := make([]twiml.Element, len(utterances))
	for i, u := range utterances {
		heard[i] = twiml.VoiceSay{Message: u.Text, Language: locale(u.Language), Voice: p.voices[u.Language]}
	}
	return heard
}

// invitations says which keys choose the languages that only recordings speak, in these languages.
func (p *page) invitations() []twiml.Element {
	if p.recordings == nil {
		return nil
	}
	var heard []twiml.Element
	languages := p.recordings.Languages()
	for _, key := range slices.Sorted(maps.Keys(languages)) {
		if name, ok := p.file(languages[key], sounds.Choose); ok {
			heard = append(heard, p.play(name))
		}
	}
	return heard
}

func (p *page) file(lang string, prompt texts.Prompt) (string, bool) {
	if p.recordings == nil || lang == "" {
		return "", false
	}
	return p.recordings.File(lang, prompt)
}

func (p *page) play(name string) twiml.Element { return twiml.VoicePlay{Url: p.urls.Sound(name)} }

// locale is the carrier's name of a language.
func locale(lang texts.Language) string {
	if lang == texts.English {
		return "en-US"
	}
	return "vi-VN"
}
