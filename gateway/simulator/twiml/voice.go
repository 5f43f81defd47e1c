package twiml

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Voice reads the answer to a call's webhook: TwiML, plain text to be said, or
// sound to be played, which becomes a <Play> without an address. An error is
// an *Error.
func Voice(contentType string, doc []byte) ([]Element, error) {
	if len(doc) > MaxSize {
		return nil, &Error{11750, "the document is larger than 64 KB"}
	}
	if len(bytes.TrimSpace(doc)) == 0 {
		return nil, &Error{12100, "an empty document"}
	}
	media, err := mediaType(contentType)
	if err != nil {
		return nil, err
	}
	switch {
	case media == "text/plain":
		return []Element{{Name: "Say", Text: string(doc)}}, nil
	case strings.HasPrefix(media, "audio/"):
		return []Element{{Name: "Play"}}, nil
	case media != "text/xml" && media != "application/xml":
		return nil, &Error{12300, "the Content-Type is " + media}
	}
	verbs, err := Parse(doc)
	if err != nil {
		return nil, err
	}
	for _, verb := range verbs {
		if err := check(verb, "Response"); err != nil {
			return nil, err
		}
	}
	return verbs, nil
}

// MaxSay is how many characters a <Say> may hold.
const MaxSay = 4096

// kind is what an attribute may hold.
type kind struct {
	what     string // for people
	accepted func(string) bool
}

func oneOf(values ...string) kind {
	return kind{"one of " + strings.Join(values, ", "), func(s string) bool { return slices.Contains(values, s) }}
}

func number(least, most int) kind {
	return kind{fmt.Sprintf("a number from %d to %d", least, most), func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && least <= n && n <= most
	}}
}

func anyOf(values ...string) kind {
	return kind{"some of " + strings.Join(values, ", "), func(s string) bool {
		words := strings.Fields(s)
		for _, word := range words {
			if !slices.Contains(values, word) {
				return false
			}
		}
		return len(words) > 0
	}}
}

// either accepts what any of the kinds accepts.
func either(kinds ...kind) kind {
	var what []string
	for _, k := range kinds {
		what = append(what, k.what)
	}
	return kind{strings.Join(what, " or "), func(s string) bool {
		return slices.ContainsFunc(kinds, func(k kind) bool { return k.accepted(s) })
	}}
}

func text() kind { return kind{"text", func(string) bool { return true }} }

func boolean() kind { return oneOf("true", "false") }

func method() kind { return oneOf("GET", "POST") }

func keys() kind {
	return kind{"keys", func(s string) bool { return strings.Trim(s, "0123456789*#") == "" }}
}

// rule is what may stand in an element.
type rule struct {
	attrs  map[string]kind
	nouns  []string // what may nest in it
	text   bool     // whether words may stand in it
	needed bool     // whether words must
	code   int      // Twilio's code when they are missing
}

// rules returns the rule of an element inside another. The attributes are
// those that Twilio's libraries publish for it.
func rules(name, in string) (rule, bool) {
	switch in + ">" + name {
	case "Response>Say", "Gather>Say":
		return rule{text: true, needed: true, code: 13520, attrs: map[string]kind{
			"voice": text(), "language": text(), "loop": number(0, 1000)}}, true
	case "Response>Play", "Gather>Play":
		return rule{text: true, attrs: map[string]kind{"loop": number(0, 1000), "digits": text()}}, true
	case "Response>Pause", "Gather>Pause":
		return rule{attrs: map[string]kind{"length": number(0, 14400)}}, true
	case "Response>Gather":
		return gather(), true
	case "Response>Redirect":
		return rule{text: true, needed: true, code: 11100, attrs: map[string]kind{"method": method()}}, true
	case "Response>Hangup":
		return rule{}, true
	case "Response>Reject":
		return rule{attrs: map[string]kind{"reason": oneOf("rejected", "busy")}}, true
	case "Response>Record":
		return record(), true
	case "Response>Dial":
		return dial(), true
	case "Dial>Number":
		return dialNumber(), true
	case "Dial>Conference":
		return conference(), true
	}
	return rule{}, false
}

func gather() rule {
	return rule{nouns: []string{"Say", "Play", "Pause"}, attrs: map[string]kind{
		"input": anyOf("dtmf", "speech"), "action": text(), "method": method(),
		"timeout":       either(number(0, 3600), oneOf("auto")),
		"speechTimeout": either(number(0, 3600), oneOf("auto")),
		"maxSpeechTime": number(1, 3600), "profanityFilter": boolean(), "finishOnKey": keys(),
		"numDigits": number(1, 1000), "partialResultCallback": text(), "partialResultCallbackMethod": method(),
		"language": text(), "hints": text(), "bargeIn": boolean(), "debug": boolean(),
		"actionOnEmptyResult": boolean(), "speechModel": text(), "enhanced": boolean(),
	}}
}

func record() rule {
	return rule{attrs: map[string]kind{
		"action": text(), "method": method(), "timeout": number(0, 3600), "finishOnKey": keys(),
		"maxLength": number(1, 14400), "playBeep": boolean(), "trim": oneOf("trim-silence", "do-not-trim"),
		"recordingStatusCallback": text(), "recordingStatusCallbackMethod": method(),
		"recordingStatusCallbackEvent": anyOf("in-progress", "completed", "absent"),
		"transcribe":                   boolean(), "transcribeCallback": text(), "recordingConfigurationId": text(),
	}}
}

func dial() rule {
	return rule{text: true, nouns: []string{"Number", "Conference"}, attrs: map[string]kind{
		"action": text(), "method": method(), "timeout": number(5, 600), "hangupOnStar": boolean(),
		"timeLimit": number(1, 86400), "callerId": text(),
		"record": oneOf("do-not-record", "record-from-answer", "record-from-ringing",
			"record-from-answer-dual", "record-from-ringing-dual", "true", "false"),
		"trim":                     oneOf("trim-silence", "do-not-trim"),
		"recordingStatusCallback":  text(),
		"recordingConfigurationId": text(), "recordingStatusCallbackMethod": method(),
		"recordingStatusCallbackEvent": anyOf("in-progress", "completed", "absent"),
		"answerOnBridge":               boolean(), "ringTone": text(), "recordingTrack": oneOf("inbound", "outbound", "both"),
		"sequential": boolean(), "referUrl": text(), "referMethod": method(), "events": text(), "passports": text(),
	}}
}

func dialNumber() rule {
	return rule{text: true, needed: true, code: 13223, attrs: map[string]kind{
		"sendDigits": text(), "url": text(), "method": method(),
		"statusCallbackEvent": anyOf("initiated", "ringing", "answered", "completed"),
		"statusCallback":      text(), "statusCallbackMethod": method(), "byoc": text(),
		"machineDetection":        oneOf("Enable", "DetectMessageEnd"),
		"amdStatusCallbackMethod": method(), "amdStatusCallback": text(),
		"machineDetectionTimeout":            number(3, 59),
		"machineDetectionSpeechThreshold":    number(1000, 6000),
		"machineDetectionSpeechEndThreshold": number(500, 5000),
		"machineDetectionSilenceTimeout":     number(2000, 10000),
	}}
}

func conference() rule {
	return rule{text: true, needed: true, code: 13220, attrs: map[string]kind{
		"muted": boolean(), "beep": oneOf("true", "false", "onEnter", "onExit"),
		"startConferenceOnEnter": boolean(), "endConferenceOnExit": boolean(),
		"waitUrl": text(), "waitMethod": method(), "maxParticipants": number(2, 250),
		"record":                   oneOf("do-not-record", "record-from-start", "true", "false"),
		"recordingConfigurationId": text(), "region": text(), "coach": text(),
		"trim":                oneOf("trim-silence", "do-not-trim"),
		"statusCallbackEvent": anyOf("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"),
		"statusCallback":      text(), "statusCallbackMethod": method(),
		"recordingStatusCallback": text(), "recordingStatusCallbackMethod": method(),
		"recordingStatusCallbackEvent": anyOf("in-progress", "completed", "absent"),
		"eventCallbackUrl":             text(), "jitterBufferSize": oneOf("large", "medium", "small", "off"),
		"participantLabel": text(),
	}}
}

// check reports what is wrong with an element inside another, as an *Error.
func check(e Element, in string) error {
	r, known := rules(e.Name, in)
	if !known {
		return &Error{12200, fmt.Sprintf("<%s> inside <%s>", e.Name, in)}
	}
	for name, value := range e.Attrs {
		k, known := r.attrs[name]
		if !known {
			return &Error{12200, fmt.Sprintf("attribute %s of <%s>", name, e.Name)}
		}
		if !k.accepted(value) {
			return &Error{12200, fmt.Sprintf("attribute %s of <%s> is not %s", name, e.Name, k.what)}
		}
	}
	words := e.Words()
	switch {
	case !r.text && words != "":
		return &Error{12200, fmt.Sprintf("text directly inside <%s>", e.Name)}
	case r.needed && words == "":
		return &Error{r.code, fmt.Sprintf("<%s> is empty", e.Name)}
	case e.Name == "Say" && utf8.RuneCountInString(words) > MaxSay:
		return &Error{13520, fmt.Sprintf("<Say> of more than %d characters", MaxSay)}
	case e.Name == "Play" && words == "" && e.Attrs["digits"] == "":
		return &Error{11100, "<Play> without an address"}
	}
	for _, child := range e.Children {
		if !slices.Contains(r.nouns, child.Name) {
			return &Error{12200, fmt.Sprintf("<%s> inside <%s>", child.Name, e.Name)}
		}
		if err := check(child, e.Name); err != nil {
			return err
		}
	}
	if e.Name == "Dial" {
		return checkDial(e, words)
	}
	return nil
}

// checkDial allows one conference, or up to ten numbers, or one number as
// text.
func checkDial(e Element, words string) error {
	conferences := 0
	for _, noun := range e.Children {
		if noun.Name == "Conference" {
			conferences++
		}
	}
	switch {
	case words == "" && len(e.Children) == 0:
		return &Error{13223, "<Dial> without anybody to dial"}
	case words != "" && len(e.Children) > 0:
		return &Error{12200, "<Dial> with both a number and nouns"}
	case conferences > 0 && len(e.Children) > 1:
		return &Error{12200, "<Dial> with a <Conference> and something else"}
	case len(e.Children) > 10:
		return &Error{12200, "<Dial> with more than ten numbers"}
	}
	return nil
}
