package voice_test

import (
	"fmt"
	"regexp"

	"github.com/tincay/hotline/gateway/voice"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// A caller who waits hears a tone and a sentence, may press a key, and comes back after ten seconds.
func ExampleVoice_Document() {
	v := voice.New(voice.Options{URLs: paths{}})
	c := &routing.Case{ID: "01k7", Legs: []routing.Leg{{
		ID: "leg1", Ask: routing.AskHelp, State: routing.LegWaiting, Turn: 3, Tone: true, Say: []texts.Prompt{texts.PromptHold},
	}}}
	doc, err := v.Document(c, &c.Legs[0], texts.Vietnamese, "phuong-mau/leg1", "")
	if err != nil {
		fmt.Println(err)
	}
	// Attributes are left out here: they come in any order.
	fmt.Println(regexp.MustCompile(` [a-zA-Z]+="[^"]*"`).ReplaceAllString(doc[len(`<?xml version="1.0" encoding="UTF-8"?>`):], ""))
	// Output:
	// <Response><Gather><Play>https://h/sounds/tone.wav</Play><Say>Xin giữ máy, đang gọi người trực.</Say></Gather><Redirect>https://h/turn/phuong-mau%2Fleg1?n=3#rc=3&amp;rp=all</Redirect></Response>
}
