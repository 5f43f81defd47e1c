// Package voice turns what a call of a case is to hear next into the document, in TwiML, that the carrier
// asks for.
//
// What is said, and in which state a call is, has been decided in routing; this package only renders it and
// does nothing else: it keeps no state, so that the same leg always gets the same document, and a repeated
// or late request does no harm. It promises that
//
//   - every document that waits for something ends by asking what comes next, so that a lost push or key
//     costs one turn and never the call;
//   - keys work while something is said as well as after it;
//   - nothing is recorded but the message that the person chose to leave, and what they say to a helper
//     never;
//   - no document holds a name, a number or a word of anybody's.
//
// What cannot be said, because routing names a prompt that has no wording, is left out and reported: a call
// goes on without it.
package voice

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/beevik/etree"
	"github.com/twilio/twilio-go/twiml"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// How long things take. All are whole seconds, which is what TwiML knows.
const (
	// RingLength is how long the phone of who calls us rings before we answer: long enough to hang up at no
	// cost (contract, section 6).
	RingLength = 4 * time.Second
	// TurnLength is about how long one turn of a waiting call takes: the soft tone's interval (style guide,
	// section 4), and the longest that a lost push delays anything.
	TurnLength = 10 * time.Second
	// ListenLength is how long a key is waited for at least after what was said, however long that took. Keys work
	// meanwhile and at the next turn, too; a call that is to be joined must not wait longer.
	ListenLength = time.Second
	// AnswerLength is how long a key is waited for after a question.
	AnswerLength = 5 * time.Second
	// BackLength is how long a call that came out of a conference waits before it asks again. By then the
	// reports of the other calls in it are in.
	BackLength = time.Second
	// MessageLength is how long a message the person may leave.
	MessageLength = 120 * time.Second
	// SilenceLength is the silence that ends such a message.
	SilenceLength = 10 * time.Second
)

// ErrUnknownState is what [Voice.Document] reports of a leg in a state that it has no document for.
var ErrUnknownState = errors.New("voice: no document for this state")

// URLs makes the URLs that stand in documents. Those of turns and recordings are asked for by POST.
type URLs interface {
	// Turn is where a call asks what it is to hear next, giving the key that was pressed if any.
	Turn(ref string, turn int) string
	// Recorded is where the carrier reports that a message has been recorded.
	Recorded(ref string, turn int) string
	// Sound is where the carrier fetches a sound, by the name it is served under.
	Sound(name string) string
	// Message is where the carrier fetches a message of the person's, which the token is good for.
	Message(ref, token string) string
}

// Recordings says which prompts a ward has recorded.
type Recordings interface {
	// File returns the name under which the recording of a prompt is served; false if there is none.
	File(lang string, p texts.Prompt) (name string, ok bool)
	// Languages returns the languages that only recordings speak, by the key that chooses each.
	Languages() map[string]string
}

// Options are what a [Voice] is made of.
type Options struct {
	URLs       URLs                      // must be given
	Recordings Recordings                // nil: everything is spoken
	Voices     map[texts.Language]string // the carrier's names of the voices; one left out is that of [DefaultVoice]
}

// DefaultVoice is the voice that speaks a language unless another is set: of Google's, which the carrier
// has for both languages, the plain ones; "" for a language that no voice speaks here.
func DefaultVoice(lang texts.Language) string {
	switch lang {
	case texts.Vietnamese:
		return "Google.vi-VN-Standard-A"
	case texts.English:
		return "Google.en-US-Standard-C"
	}
	return ""
}

// Voice makes documents. It does not change and may be used by many calls at once.
type Voice struct {
	urls       URLs
	recordings Recordings
	voices     map[texts.Language]string
}

// New returns a Voice.
func New(o Options) *Voice {
	v := &Voice{urls: o.URLs, recordings: o.Recordings, voices: make(map[texts.Language]string)}
	for _, lang := range texts.Languages() {
		v.voices[lang] = DefaultVoice(lang)
		if name := o.Voices[lang]; name != "" {
			v.voices[lang] = name
		}
	}
	return v
}

// Document returns what a leg of a case is to hear now. Language is that of the line, or of the contact
// whose leg it is; one chosen on the call goes before it. Ref names the leg in URLs. Message is what the
// carrier fetches the person's message with, "" if there is none to be played.
//
// An error is about what was left out, with [texts.ErrUnknownKey] or [ErrUnknownState] behind it. The
// document is complete in itself even then, and better than no answer.
func (v *Voice) Document(c *routing.Case, l *routing.Leg, language texts.Language, ref, message string) (string, error) {
	p := page{Voice: v, speaker: v.speakerFor(l.Language, language), turn: v.urls.Turn(ref, l.Turn)}
	switch l.State {
	case routing.LegWaiting:
		p.ring(l)
		p.listen(p.heard(l), rest(l))
	case routing.LegAsked, routing.LegAnother:
		p.ring(l)
		p.listen(p.heard(l), AnswerLength)
	case routing.LegPlaying:
		heard := p.heard(l)
		if message != "" {
			heard = append(heard, twiml.VoicePlay{Url: v.urls.Message(ref, message)})
		}
		p.listen(heard, AnswerLength)
	case routing.LegPlacing, routing.LegRinging:
		if l.Incoming {
			p.ring(l)
			p.listen(p.heard(l), rest(l))
			break
		}
		p.pause(BackLength) // it was picked up, or it would not ask: the next turn knows
		p.again()
	case routing.LegJoined:
		if l.Back {
			p.pause(BackLength)
			p.again()
			break
		}
		p.ring(l)
		p.add(p.heard(l)...)
		p.join(c)
	case routing.LegRecording:
		p.add(p.heard(l)...)
		p.record(v.urls.Recorded(ref, l.Turn))
	case routing.LegEnding:
		p.add(p.heard(l)...)
		p.add(twiml.VoiceHangup{})
	default:
		p.fail(ErrUnknownState)
		p.add(twiml.VoiceHangup{})
	}
	return p.render()
}

// Unknown returns the document for a call that nobody knows anything of: it is hung up on.
func (v *Voice) Unknown() string { return hangup }

// hangup is what [Voice.Unknown] says, ready made so that it can be said whatever is broken.
const hangup = `<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>`

// Late returns the document for a call of ours that was picked up when its leg was gone already: somebody
// else has taken the case.
func (v *Voice) Late(language texts.Language) (string, error) {
	p := page{Voice: v, speaker: v.speakerFor("", language)}
	p.add(p.prompts([]texts.Prompt{texts.PromptHelperLate})...)
	p.add(twiml.VoiceHangup{})
	return p.render()
}

// rest is how long a waiting call listens after what is said, so that all turns are about equally long.
func rest(l *routing.Leg) time.Duration {
	said := 0
	for _, p := range l.Say {
		said += texts.SpokenSeconds(p)
	}
	return max(ListenLength, TurnLength-time.Duration(said)*time.Second)
}

// page is one document being written.
type page struct {
	*Voice
	speaker

	turn  string // the URL of the next turn
	verbs []twiml.Element
	err   error
}

func (p *page) add(verbs ...twiml.Element) { p.verbs = append(p.verbs, verbs...) }

func (p *page) fail(err error) { p.err = errors.Join(p.err, err) }

// ring lets the other side's phone ring before anything is heard: a call is answered with the first verb
// that is no pause.
func (p *page) ring(l *routing.Leg) {
	if l.Pause {
		p.pause(RingLength)
	}
}

func (p *page) pause(d time.Duration) { p.add(twiml.VoicePause{Length: seconds(d)}) }

// again asks what comes next.
func (p *page) again() { p.add(twiml.VoiceRedirect{Url: p.turn, Method: "POST"}) }

// listen lets something be heard and waits for a key, all in one verb, so that a key pressed early counts.
// The verb asks for nothing by itself when no key is pressed: what stands after it does.
func (p *page) listen(heard []twiml.Element, wait time.Duration) {
	p.add(twiml.VoiceGather{
		Input: "dtmf", NumDigits: "1", Action: p.turn, Method: "POST", Timeout: seconds(wait),
		ActionOnEmptyResult: "false", InnerElements: heard,
	})
	p.again()
}

// join brings the call into the conference of its case.
//
// Whoever leaves ends it, so that every call in it asks what now, even if every push and report is lost: the
// person must not be left in silence, nor helpers in a conference without the person. Those who are still
// to talk meet in it again a moment later. To spare them that, a helper who came first has it taken back when
// another joins (see [carrier.Caller]).
func (p *page) join(c *routing.Case) {
	p.add(twiml.VoiceDial{Action: p.turn, Method: "POST", InnerElements: []twiml.Element{twiml.VoiceConference{
		Name: c.Conference(), Beep: "false", StartConferenceOnEnter: "true",
		EndConferenceOnExit: "true",
	}}})
	p.again() // for servers that do not ask at the action; Twilio never comes here
}

// record takes a message of the person's. A silent one asks for nothing: what stands after it does.
func (p *page) record(done string) {
	p.add(twiml.VoiceRecord{
		Action: p.turn, Method: "POST", MaxLength: seconds(MessageLength), Timeout: seconds(SilenceLength),
		FinishOnKey: "#", PlayBeep: "true", Trim: "do-not-trim",
		RecordingStatusCallback: done, RecordingStatusCallbackMethod: "POST", RecordingStatusCallbackEvent: "completed",
	})
	p.again()
}

// render writes the document.
func (p *page) render() (string, error) {
	doc, response := twiml.CreateDocument()
	twiml.AddAllVerbs(response, p.verbs)
	setEmpty(response)
	s, err := twiml.ToXML(doc)
	if err != nil {
		p.fail(fmt.Errorf("voice: write document: %w", err))
		s = hangup
	}
	return s, p.err
}

// setEmpty gives attributes whose absence means something else than their being empty; twilio-go leaves
// out what is empty. Without them, # would end the listening instead of being a key, and who is first in
// the conference would hear music.
func setEmpty(response *etree.Element) {
	for _, verb := range response.ChildElements() {
		if verb.Tag == "Gather" {
			verb.CreateAttr("finishOnKey", "")
		}
		for _, noun := range verb.SelectElements("Conference") {
			noun.CreateAttr("waitUrl", "")
		}
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
