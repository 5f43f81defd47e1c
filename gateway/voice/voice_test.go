package voice_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/gateway/voice"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

const (
	vi = texts.Vietnamese
	en = texts.English

	ref = "phuong-mau/leg1"
)

// paths are URLs as a server would make them, with what has to be escaped in a document.
type paths struct{}

func (paths) Turn(ref string, turn int) string {
	return fmt.Sprintf("https://h/turn/%s?n=%d#rc=3&rp=all", url.PathEscape(ref), turn)
}

func (paths) Recorded(ref string, turn int) string {
	return fmt.Sprintf("https://h/recorded/%s?n=%d", url.PathEscape(ref), turn)
}
func (paths) Sound(name string) string { return "https://h/sounds/" + name }
func (paths) Message(ref, token string) string {
	return fmt.Sprintf("https://h/message/%s/%s", url.PathEscape(ref), url.PathEscape(token))
}

// recorded is what a ward has recorded: files by language and prompt, further languages by key.
type recorded struct {
	files map[string]bool // "<lang>/<prompt>"
	keys  map[string]string
}

func (r recorded) File(lang string, p texts.Prompt) (string, bool) {
	name := lang + "/" + string(p)
	return name + ".mp3", r.files[name]
}
func (r recorded) Languages() map[string]string { return r.keys }

// element is an element of a document. Attributes are compared without regard to their order.
type element struct {
	Name     string
	Attrs    map[string]string
	Text     string
	Children []element
}

// parse reads a document; it fails the test if it is not well-formed, or has an attribute twice.
func parse(t testing.TB, doc string) element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(doc))
	stack := []element{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("document is not well-formed: %v\n%s", err, doc)
		}
		switch x := token.(type) {
		case xml.StartElement:
			e := element{Name: x.Name.Local}
			for _, a := range x.Attr {
				if _, twice := e.Attrs[a.Name.Local]; twice {
					t.Fatalf("attribute %s of %s is there twice\n%s", a.Name.Local, e.Name, doc)
				}
				if e.Attrs == nil {
					e.Attrs = make(map[string]string)
				}
				e.Attrs[a.Name.Local] = a.Value
			}
			stack = append(stack, e)
		case xml.CharData:
			stack[len(stack)-1].Text += strings.TrimSpace(string(x))
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			stack[len(stack)-1].Children = append(stack[len(stack)-1].Children, e)
		}
	}
	if len(stack[0].Children) != 1 || stack[0].Children[0].Name != "Response" {
		t.Fatalf("document has another root than one Response:\n%s", doc)
	}
	return stack[0].Children[0]
}

// each calls f for an element and all in it, with the name of what it stands in.
func (e element) each(in string, f func(in string, e element)) {
	f(in, e)
	for _, child := range e.Children {
		child.each(e.Name, f)
	}
}

// caseWith is a case with some legs, of which the first is the one that asks.
func caseWith(legs ...routing.Leg) (*routing.Case, *routing.Leg) {
	c := &routing.Case{ID: "01k7", Line: "phuong-mau", Legs: legs}
	return c, &c.Legs[0]
}

func document(t *testing.T, v *voice.Voice, c *routing.Case, l *routing.Leg, lang texts.Language, message string) string {
	t.Helper()
	doc, err := v.Document(c, l, lang, ref, message)
	if err != nil {
		t.Fatalf("Document(%s, %s) = %v, want a document", l.State, lang, err)
	}
	return doc
}

// compare fails the test if a document says something else than one written by hand.
func compare(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(parse(t, want), parse(t, got)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// written is how documents are written by hand in these tests: TURN is the URL of the next turn, GATHER and
// AGAIN the parts that all listening steps have, SAYVI and SAYEN the beginning of what a voice says.
func written(verbs string) string {
	const turn = `https://h/turn/phuong-mau%2Fleg1?n=3#rc=3&amp;rp=all`
	verbs = strings.NewReplacer(
		"GATHER", `Gather input="dtmf" numDigits="1" finishOnKey="" actionOnEmptyResult="false" action="TURN" method="POST"`,
		"<AGAIN/>", `<Redirect method="POST">TURN</Redirect>`,
		"SAYVI", `Say language="vi-VN" voice="Google.vi-VN-Standard-A"`,
		"SAYEN", `Say language="en-US" voice="Google.en-US-Standard-C"`,
		"<TONE/>", `<Play>https://h/sounds/tone.wav</Play>`,
	).Replace(verbs)
	return "<Response>" + strings.ReplaceAll(verbs, "TURN", turn) + "</Response>"
}

func TestDocument_Golden(t *testing.T) {
	t.Parallel()
	person := func(s routing.LegState, say ...texts.Prompt) routing.Leg {
		return routing.Leg{ID: "leg1", Ask: routing.AskHelp, State: s, Turn: 3, Say: say}
	}
	helper := func(id string, s routing.LegState, say ...texts.Prompt) routing.Leg {
		return routing.Leg{ID: routing.EntryID(id), Contact: contacts.ID(id), Ask: routing.AskTake, State: s, Turn: 3, Say: say}
	}
	with := func(l routing.Leg, change func(*routing.Leg)) routing.Leg {
		change(&l)
		return l
	}
	const (
		conference = `<Conference beep="false" waitUrl="" startConferenceOnEnter="true" endConferenceOnExit="true">case-01k7</Conference>`
		dial       = `<Dial action="TURN" method="POST">` + conference + `</Dial><AGAIN/>`
	)
	for _, tt := range []struct {
		name    string
		leg     routing.Leg
		others  []routing.Leg
		lang    texts.Language
		message string
		want    string
	}{
		{
			"a call comes in: rings 4 s, then greeting and keys in one listening step",
			with(person(routing.LegRinging, texts.PromptGreet, texts.PromptKeys), func(l *routing.Leg) { l.Incoming, l.Pause = true, true }),
			nil, vi, "",
			`<Pause length="4"/><GATHER timeout="1"><SAYVI>Xin chào, số trực của phường.</Say><SAYVI>Nếu muốn, bấm 1: công an. 2: y tế. 3: chỗ ở. 4: người nói chuyện. Không bấm gì cũng được.</Say><SAYEN>For English, press 9.</Say></Gather><AGAIN/>`,
		},
		{
			"waits, nothing to say but the tone", with(person(routing.LegWaiting), func(l *routing.Leg) { l.Tone = true }), nil, vi, "",
			`<GATHER timeout="10"><TONE/></Gather><AGAIN/>`,
		},
		{
			"waits, told to hold", with(person(routing.LegWaiting, texts.PromptHold), func(l *routing.Leg) { l.Tone = true }), nil, en, "",
			`<GATHER timeout="7"><TONE/><SAYEN>Please hold, we are ringing the person on duty.</Say></Gather><AGAIN/>`,
		},
		{
			"waits, English chosen on a Vietnamese line", with(person(routing.LegWaiting, texts.PromptNobody), func(l *routing.Leg) { l.Language = "en" }), nil, vi, "",
			`<GATHER timeout="5"><SAYEN>No one has answered yet. If you are in danger, call 113. We keep ringing.</Say></Gather><AGAIN/>`,
		},
		{
			"a turn with much to say still listens", person(routing.LegWaiting, texts.PromptHoldQuiet, texts.PromptVoicemailEnd, texts.PromptHold), nil, en, "",
			`<GATHER timeout="1"><SAYEN>If you cannot speak, leave the line open. If you would rather get a text, hang up and we will write.</Say><SAYEN>Message received. If it is urgent, call 113.</Say><SAYEN>Please hold, we are ringing the person on duty.</Say></Gather><AGAIN/>`,
		},
		{
			"asked for somebody else", person(routing.LegAnother, texts.PromptAnother), nil, vi, "",
			`<GATHER timeout="5"><SAYVI>Người giúp đã gác máy. Bấm 1 nếu bạn cần gặp người khác.</Say></Gather><AGAIN/>`,
		},
		{
			"a contact is asked", helper("lan", routing.LegAsked, texts.PromptHelperCall), nil, vi, "",
			`<GATHER timeout="5"><SAYVI>Có người cần giúp, mức khẩn. Bấm 1 để nhận, bấm 0 nếu không nhận được.</Say></Gather><AGAIN/>`,
		},
		{
			"a contact rings the line", with(helper("lan", routing.LegAsked, texts.PromptHelperDanger), func(l *routing.Leg) { l.Incoming, l.Pause = true, true }), nil, en, "",
			`<Pause length="4"/><GATHER timeout="5"><SAYEN>Someone needs help, in danger. Press 1 to take it, 0 if you cannot.</Say></Gather><AGAIN/>`,
		},
		{
			"the person is joined", person(routing.LegJoined, texts.PromptJoined), []routing.Leg{helper("lan", routing.LegJoined), helper("ha", routing.LegJoined)}, vi, "",
			`<SAYVI>Đã có người, mời bạn nói chuyện.</Say>` + dial,
		},
		{
			"the only helper is joined", helper("lan", routing.LegJoined, texts.PromptHelperJoined), []routing.Leg{person(routing.LegJoined), helper("ha", routing.LegAsked)}, vi, "",
			`<SAYVI>Đang nối máy. Số của bạn không hiện ra.</Say>` + dial,
		},
		{
			"another helper is joined", helper("lan", routing.LegJoined), []routing.Leg{person(routing.LegJoined), helper("ha", routing.LegJoined)}, vi, "",
			dial,
		},
		{
			"just out of the conference", with(person(routing.LegJoined, texts.PromptJoined), func(l *routing.Leg) { l.Back = true }), nil, vi, "",
			`<Pause length="1"/><AGAIN/>`,
		},
		{
			"leaves a message", person(routing.LegRecording, texts.PromptVoicemail), nil, en, "",
			`<SAYEN>No one can answer right now. After the tone, say where you are and a safe way to reach you. No name needed. Then hang up.</Say>` +
				`<Record action="TURN" method="POST" maxLength="120" timeout="10" finishOnKey="#" playBeep="true" trim="do-not-trim" recordingStatusCallback="https://h/recorded/phuong-mau%2Fleg1?n=3" recordingStatusCallbackMethod="POST" recordingStatusCallbackEvent="completed"/><AGAIN/>`,
		},
		{
			"hears the message", helper("lan", routing.LegPlaying, texts.PromptHelperTaken), nil, en, "to ken",
			`<GATHER timeout="5"><SAYEN>You have taken this case. No one is on the line now. To say anything about it, ring this number.</Say><Play>https://h/message/phuong-mau%2Fleg1/to%20ken</Play></Gather><AGAIN/>`,
		},
		{
			"the message is gone", helper("lan", routing.LegPlaying, texts.PromptHelperMenu), nil, en, "",
			`<GATHER timeout="5"><SAYEN>Are you still helping? Press 1 for yes, 0 to give it back, 9 if it is done. If you need help yourself, press 5.</Say></Gather><AGAIN/>`,
		},
		{
			"a last sentence", helper("lan", routing.LegEnding, texts.PromptHelperDeclined), nil, vi, "",
			`<SAYVI>Đã ghi nhận, đang báo người khác. Cảm ơn bạn.</Say><Hangup/>`,
		},
		{"hung up on without a word", person(routing.LegEnding), nil, vi, "", `<Hangup/>`},
		{"asks although it rings", helper("lan", routing.LegRinging, texts.PromptHelperCall), nil, vi, "", `<Pause length="1"/><AGAIN/>`},
		{"asks although it is being placed", helper("lan", routing.LegPlacing), nil, vi, "", `<Pause length="1"/><AGAIN/>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, l := caseWith(append([]routing.Leg{tt.leg}, tt.others...)...)
			compare(t, document(t, voice.New(voice.Options{URLs: paths{}}), c, l, tt.lang, tt.message), written(tt.want))
		})
	}
}

func TestDocument_LeavesOutWhatItCannotSay(t *testing.T) {
	t.Parallel()
	v := voice.New(voice.Options{URLs: paths{}})
	for _, tt := range []struct {
		name string
		leg  routing.Leg
		err  error
		want string
	}{
		{
			"an unknown prompt", routing.Leg{State: routing.LegWaiting, Turn: 3, Say: []texts.Prompt{"goodbye", texts.PromptHold}}, texts.ErrUnknownKey,
			`<GATHER timeout="7"><SAYEN>Please hold, we are ringing the person on duty.</Say></Gather><AGAIN/>`,
		},
		{"an unknown state", routing.Leg{State: "dreaming", Turn: 3}, voice.ErrUnknownState, `<Hangup/>`},
		{"no state", routing.Leg{Turn: 3, Say: []texts.Prompt{texts.PromptHold}}, voice.ErrUnknownState, `<Hangup/>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, l := caseWith(tt.leg)
			doc, err := v.Document(c, l, en, ref, "")
			if !errors.Is(err, tt.err) {
				t.Errorf("Document() error = %v, want %v", err, tt.err)
			}
			compare(t, doc, written(tt.want))
		})
	}
}

func TestUnknownAndLate(t *testing.T) {
	t.Parallel()
	v := voice.New(voice.Options{URLs: paths{}})
	compare(t, v.Unknown(), `<Response><Hangup/></Response>`)
	for lang, want := range map[texts.Language]string{
		vi: `<SAYVI>Ca này đã có người nhận. Cảm ơn bạn.</Say><Hangup/>`,
		en: `<SAYEN>This case has been taken. Thank you.</Say><Hangup/>`,
	} {
		doc, err := v.Late(lang)
		if err != nil {
			t.Errorf("Late(%s) = %v, want a document", lang, err)
		}
		compare(t, doc, written(want))
	}
}
