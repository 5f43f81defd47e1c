package voice_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/gateway/voice"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// The carrier's limits (docs: voice/limitations-and-edge-cases).
const (
	largestDocument = 64 << 10
	longestSay      = 4096
)

func states() []routing.LegState {
	return []routing.LegState{
		routing.LegPlacing, routing.LegRinging, routing.LegAsked, routing.LegWaiting, routing.LegRecording,
		routing.LegJoined, routing.LegAnother, routing.LegPlaying, routing.LegEnding, "dreaming",
	}
}

// checkRules fails the test if a document breaks what the package promises of all of them.
func checkRules(t testing.TB, l *routing.Leg, doc, turn string) {
	t.Helper()
	if len(doc) >= largestDocument {
		t.Errorf("document of a leg that is %s has %d bytes, want less than %d", l.State, len(doc), largestDocument)
	}
	root := parse(t, doc)
	if len(root.Children) == 0 {
		t.Fatalf("document of a leg that is %s has no verb", l.State)
	}
	last := root.Children[len(root.Children)-1]
	if again := last.Name == "Redirect" && last.Text == turn && last.Attrs["method"] == "POST"; !again && last.Name != "Hangup" {
		t.Errorf("document of a leg that is %s ends with %+v, want the next turn or the end", l.State, last)
	}
	root.each("", func(in string, e element) {
		if !slices.Contains(allowed()[in], e.Name) {
			t.Errorf("document of a leg that is %s has %s in %s", l.State, e.Name, in)
		}
		if e.Name == "Record" && l.State != routing.LegRecording {
			t.Errorf("document of a leg that is %s records", l.State)
		}
		for name, value := range e.Attrs {
			if e.Name != "Record" && (strings.HasPrefix(name, "record") || strings.HasPrefix(name, "transcribe")) || strings.HasPrefix(name, "transcribe") {
				t.Errorf("document of a leg that is %s has %s with %s=%q", l.State, e.Name, name, value)
			}
			if name == "action" && value != turn {
				t.Errorf("action of %s = %q, want %q", e.Name, value, turn)
			}
			if slices.Contains([]string{"length", "timeout", "maxLength"}, name) {
				if n, err := strconv.Atoi(value); err != nil || n < 1 {
					t.Errorf("%s of %s = %q, want whole seconds", name, e.Name, value)
				}
			}
		}
		if n := utf8.RuneCountInString(e.Text); e.Name == "Say" && (n == 0 || n > longestSay) {
			t.Errorf("Say has %d characters, want 1 to %d", n, longestSay)
		}
	})
}

// allowed is what may stand in what.
func allowed() map[string][]string {
	return map[string][]string{
		"":         {"Response"},
		"Response": {"Say", "Play", "Pause", "Gather", "Redirect", "Dial", "Record", "Hangup"},
		"Gather":   {"Say", "Play"},
		"Dial":     {"Conference"},
	}
}

func TestDocument_EveryStateLanguageAndPrompt(t *testing.T) {
	t.Parallel()
	ward := recorded{files: map[string]bool{"hre/hold": true, "vi/greet": true}, keys: map[string]string{"7": "hre"}}
	for _, state := range states() {
		for _, lang := range texts.Languages() {
			for _, chosen := range []string{"", "vi", "en", "hre", "gone"} {
				for flags := range 1 << 5 {
					l := routing.Leg{
						ID: "leg1", State: state, Language: chosen, Turn: 3, Say: texts.Prompts(),
						Incoming: flags&1 != 0, Pause: flags&2 != 0, Tone: flags&4 != 0, Back: flags&8 != 0,
					}
					if flags&16 != 0 {
						l.Contact = "lan"
					}
					c, leg := caseWith(l, routing.Leg{ID: "leg2", Contact: "ha", State: routing.LegJoined})
					v := voice.New(voice.Options{URLs: paths{}, Recordings: ward})
					before := fmt.Sprintf("%+v", *c)
					doc, err := v.Document(c, leg, lang, ref, "token")
					if (err != nil) != (state == "dreaming") {
						t.Errorf("Document(%s, %s) error = %v", state, lang, err)
					}
					checkRules(t, leg, doc, paths{}.Turn(ref, 3))
					if after := fmt.Sprintf("%+v", *c); after != before {
						t.Errorf("Document(%s, %s) changed the case:\n%s\n%s", state, lang, before, after)
					}
				}
			}
		}
	}
}

// A waiting call's turn is about TurnLength, unless what is said takes longer: then a key is waited for all
// the same.
func TestDocument_TurnsAreEquallyLong(t *testing.T) {
	t.Parallel()
	v := voice.New(voice.Options{URLs: paths{}})
	prompts := append([]texts.Prompt{""}, texts.Prompts()...)
	for _, p := range prompts {
		l := routing.Leg{State: routing.LegWaiting, Turn: 3}
		if p != "" {
			l.Say = []texts.Prompt{p}
		}
		c, leg := caseWith(l)
		gather := parse(t, document(t, v, c, leg, vi, "")).Children[0]
		wait, err := strconv.Atoi(gather.Attrs["timeout"])
		if err != nil {
			t.Fatalf("timeout of a turn that says %q = %q", p, gather.Attrs["timeout"])
		}
		listened := time.Duration(wait) * time.Second
		whole := listened + time.Duration(texts.SpokenSeconds(p))*time.Second
		if listened < voice.ListenLength || whole != voice.TurnLength && listened != voice.ListenLength {
			t.Errorf("a turn that says %q takes %v and listens for %v, want %v in all or %v at least", p, whole, listened, voice.TurnLength, voice.ListenLength)
		}
	}
}

// Whoever leaves ends the conference, so that every other call in it asks what now.
func TestDocument_EverybodyEndsTheConference(t *testing.T) {
	t.Parallel()
	v := voice.New(voice.Options{URLs: paths{}})
	for _, own := range []contacts.ID{"", "lan"} {
		c, l := caseWith(
			routing.Leg{ID: "leg1", Contact: own, State: routing.LegJoined},
			routing.Leg{ID: "leg2", Contact: "ha", State: routing.LegJoined},
		)
		got := ""
		parse(t, document(t, v, c, l, vi, "")).each("", func(_ string, e element) {
			if e.Name == "Conference" {
				got = e.Attrs["endConferenceOnExit"]
			}
		})
		if got != "true" {
			t.Errorf("endConferenceOnExit of %q = %q, want true", own, got)
		}
	}
}

// What a record, a line file or a URL holds can be anything; the document is in order all the same.
func FuzzDocument(f *testing.F) {
	f.Add("waiting", "vi", "", "line/leg", "token", 1, uint8(0))
	f.Add("joined", "en", "hre", "a&b<c>\"d'", "\x00\xff", -1, uint8(255))
	f.Add("recording", "", "]]>", "", "", 0, uint8(2))
	f.Fuzz(func(t *testing.T, state, lang, chosen, ref, message string, turn int, flags uint8) {
		l := routing.Leg{
			ID: "leg1", State: routing.LegState(state), Language: chosen, Turn: turn, Say: []texts.Prompt{texts.PromptKeys, texts.Prompt(chosen)},
			Incoming: flags&1 != 0, Pause: flags&2 != 0, Tone: flags&4 != 0, Back: flags&8 != 0,
		}
		if len(ref) > 1000 || len(message) > 1000 {
			t.Skip("longer than a URL of ours")
		}
		c, leg := caseWith(l)
		v := voice.New(voice.Options{URLs: paths{}})
		doc, _ := v.Document(c, leg, texts.Language(lang), ref, message) // errors are about what is left out
		checkRules(t, leg, doc, paths{}.Turn(ref, turn))
	})
}
