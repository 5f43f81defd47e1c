package twiml

import (
	"errors"
	"strings"
	"testing"
)

func TestVoice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, doc string
		code      int
	}{
		{"every verb", `<Pause length="4"/><Say voice="Google.vi-VN-Wavenet-A" language="vi-VN">a</Say><Play loop="2">/a.mp3</Play>
			<Gather numDigits="1" timeout="3" finishOnKey="" action="/a" method="POST"><Say>a</Say><Pause/><Play>b</Play></Gather>
			<Record maxLength="120" finishOnKey="#" playBeep="true" recordingStatusCallback="/r"/><Redirect method="POST">/a?b=1&amp;c=2</Redirect><Hangup/>`, 0},
		{"conference", `<Dial action="/a"><Conference beep="false" waitUrl="" startConferenceOnEnter="true" endConferenceOnExit="true"
			statusCallback="/c" statusCallbackEvent="start end join leave">room</Conference></Dial>`, 0},
		{"number", `<Dial timeout="20" callerId="+84900000100"><Number url="/screen">+84900000001</Number></Dial>`, 0},
		{"number as text", `<Dial>+84900000001</Dial>`, 0},
		{"nothing", ``, 0},
		{"unknown verb", `<Shout>a</Shout>`, 12200},
		{"verb of texts", `<Message>a</Message>`, 12200},
		{"verb in another case", `<say>a</say>`, 12200},
		{"unknown attribute", `<Say tone="loud">a</Say>`, 12200},
		{"attribute in another case", `<Gather numdigits="1"/>`, 12200},
		{"no number", `<Pause length="long"/>`, 12200},
		{"number with unit", `<Pause length="4s"/>`, 12200},
		{"negative number", `<Pause length="-1"/>`, 12200},
		{"timeout too short", `<Dial timeout="4">+84900000001</Dial>`, 12200},
		{"no key", `<Gather finishOnKey="none"/>`, 12200},
		{"no boolean", `<Dial hangupOnStar="yes">+84900000001</Dial>`, 12200},
		{"unknown event", `<Dial><Conference statusCallbackEvent="joined">a</Conference></Dial>`, 12200},
		{"unknown method", `<Redirect method="PUT">/a</Redirect>`, 12200},
		{"gather in gather", `<Gather><Gather/></Gather>`, 12200},
		{"redirect in gather", `<Gather><Redirect>/a</Redirect></Gather>`, 12200},
		{"verb in say", `<Say>a<Pause/></Say>`, 12200},
		{"text in gather", `<Gather>a</Gather>`, 12200},
		{"text in hangup", `<Hangup>a</Hangup>`, 12200},
		{"conference and number", `<Dial><Conference>a</Conference><Number>+84900000001</Number></Dial>`, 12200},
		{"text and number", `<Dial>+84900000002<Number>+84900000001</Number></Dial>`, 12200},
		{"conference outside dial", `<Conference>a</Conference>`, 12200},
		{"empty dial", `<Dial/>`, 13223},
		{"empty number", `<Dial><Number/></Dial>`, 13223},
		{"conference without name", `<Dial><Conference/></Dial>`, 13220},
		{"redirect without address", `<Redirect/>`, 11100},
		{"play without address", `<Play/>`, 11100},
		{"say without words", `<Say> </Say>`, 13520},
		{"say too long", `<Say>` + strings.Repeat("ă", MaxSay+1) + `</Say>`, 13520},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Voice("text/xml; charset=utf-8", []byte("<Response>"+test.doc+"</Response>"))
			bad, _ := errors.AsType[*Error](err)
			if (err != nil) != (test.code != 0) || bad != nil && bad.Code != test.code {
				t.Errorf("Voice(%q): %v, want code %d", test.doc, err, test.code)
			}
		})
	}
}

func TestVoice_OtherTypes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType, doc, verb string
		code                         int
	}{
		{"words", "text/plain", "hello", "Say", 0},
		{"sound", "audio/mpeg", "ID3", "Play", 0},
		{"JSON", "application/json", "{}", "", 12300},
		{"no type", "", "<Response/>", "", 12300},
		{"empty", "text/xml", " ", "", 12100},
		{"too large", "text/xml", "<Response>" + strings.Repeat(" ", MaxSize) + "</Response>", "", 11750},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			verbs, err := Voice(test.contentType, []byte(test.doc))
			bad, _ := errors.AsType[*Error](err)
			if (err != nil) != (test.code != 0) || bad != nil && bad.Code != test.code {
				t.Fatalf("Voice(%q): %v, want code %d", test.contentType, err, test.code)
			}
			if test.verb != "" && (len(verbs) != 1 || verbs[0].Name != test.verb) {
				t.Errorf("Voice(%q) = %v, want <%s>", test.contentType, verbs, test.verb)
			}
		})
	}
}

func FuzzVoice(f *testing.F) {
	for _, seed := range []string{
		`<Response/>`,
		`<?xml version="1.0"?><Response><Gather numDigits="1"><Say>a</Say></Gather><Redirect>/a</Redirect></Response>`,
		`<Response><Dial action="/a"><Conference waitUrl="">room</Conference></Dial></Response>`,
		`<Response><Dial><Number url="/s">+84900000001</Number></Dial><Record/><Hangup/></Response>`,
		`<Response><Play/></Response>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		verbs, err := Voice("text/xml", doc)
		if err != nil {
			if bad, ok := errors.AsType[*Error](err); !ok || bad.Code == 0 || bad.Detail == "" || verbs != nil {
				t.Errorf("Voice(%q) = %v, %v, want only an error with Twilio's code and a reason", doc, verbs, err)
			}
			return
		}
		for _, verb := range verbs {
			if _, known := rules(verb.Name, "Response"); !known {
				t.Errorf("Voice(%q) let <%s> pass", doc, verb.Name)
			}
			if verb.Name == "Dial" && verb.Words() == "" && len(verb.Children) == 0 {
				t.Errorf("Voice(%q) dials nobody", doc)
			}
		}
	})
}
