package line

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/line/document"
)

func TestParse_Calls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, keys            string
		want                  Calls
		rate                  float64 // of the Line
		noVoicemail, discreet bool
	}{
		{"not given", "", Calls{}, 0, false, false},
		{"without values", "call_rate:\nvoicemail: ~\nmissed_call_text: null\n", Calls{}, 0, false, false},
		{"off", "voicemail: off\n", Calls{Voicemail: VoicemailOff}, 0, true, false}, // a bool to readers of YAML 1.1
		{"off in quotes", "voicemail: \"off\"\n", Calls{Voicemail: VoicemailOff}, 0, true, false},
		{"off of YAML 1.1", "%YAML 1.1\n---\nvoicemail: off\n", Calls{Voicemail: VoicemailOff}, 0, true, false},
		{"off, tagged", "voicemail: !!str off\n", Calls{Voicemail: VoicemailOff}, 0, true, false},
		{"as by default", "call_rate: 1\nvoicemail: offer\nmissed_call_text: none\n", Calls{1, VoicemailOffer, MissedCallNone}, 1, false, false},
		{"otherwise", "call_rate: 0.5\nvoicemail: 'off'\nmissed_call_text: discreet # một lần\n", Calls{0.5, VoicemailOff, MissedCallDiscreet}, 0.5, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, faults := Parse([]byte(tt.keys + sound))
			if f == nil || len(faults) > 0 {
				t.Fatalf("Parse(%q) faults = %v, want none", tt.keys, faults)
			}
			if f.Calls != tt.want {
				t.Errorf("Parse(%q).Calls = %+v, want %+v", tt.keys, f.Calls, tt.want)
			}
			l := f.Line(func(n phone.Number) phone.Key { return phone.Key(n.E164()) }, 1)
			if l.CallRate != tt.rate || l.NoVoicemail != tt.noVoicemail || l.MissedCallText != tt.discreet {
				t.Errorf("Line of %q: %v a second, no voicemail %v, missed call text %v, want %v, %v, %v",
					tt.keys, l.CallRate, l.NoVoicemail, l.MissedCallText, tt.rate, tt.noVoicemail, tt.discreet)
			}
		})
	}
}

// The former release stored whatever these keys said, because they had no effect.
func TestParseStored_CallsOfTheFormerRelease(t *testing.T) {
	t.Parallel()
	stored := strings.Replace(sound, "tag: CT", `tag: CT
call_rate: 0.25
voicemail: "true"
missed_call_text: "Xin \"chào\" \\ #"`, 1)
	if f, faults := Parse([]byte(stored)); f != nil {
		t.Errorf("Parse accepts it: faults %v, want an operator told what to change", faults)
	}
	f, faults := ParseStored([]byte(stored))
	if f == nil || faults.HasErrors() {
		t.Fatalf("ParseStored faults = %v, want warnings only", faults)
	}
	if want := (Calls{Rate: 0.25}); f.Calls != want {
		t.Errorf("ParseStored.Calls = %+v, want %+v", f.Calls, want)
	}
	var at []document.Position
	for _, fault := range faults {
		at = append(at, fault.Position)
		if !strings.Contains(fault.EN, "taken as not given") {
			t.Errorf("fault %v, want it said that the key is ignored", fault)
		}
	}
	if want := []document.Position{{Line: 4, Column: 12}, {Line: 5, Column: 19}}; !slices.Equal(at, want) {
		t.Errorf("faults at %v, want %v", at, want)
	}
	again, faults := Parse(f.Marshal(true))
	if diff := cmp.Diff(f, again, same()); diff != "" || len(faults) > 0 {
		t.Errorf("Parse(Marshal) of it (-want +got):\n%s\nfaults %v", diff, faults)
	}
}

func TestParse_NobodyToCall(t *testing.T) {
	t.Parallel()
	const warning = "no contact has the channel voice"
	takesCalls := `{number: "0905 000 100", sms: true, voice: true}
  - {number: ▸"0905 000 101", voice: true}
  - {number: "0905 000 102", sms: true}`
	with := strings.Replace(sound, `{number: "0905 000 100", sms: true}`, takesCalls, 1)
	without, at := marked(strings.Replace(with, "channels: [sms, voice]", "channels: [sms]", 1))
	f, faults := Parse([]byte(without))
	var got []document.Position
	for _, fault := range faults {
		if strings.Contains(fault.EN, warning) && fault.Severity == document.Warning {
			got = append(got, fault.Position)
		}
	}
	if want := []document.Position{{Line: at.Line - 1, Column: at.Column}, at}; f == nil || !slices.Equal(got, want) {
		t.Errorf("Parse(numbers that take calls, nobody to call): warnings at %v, want %v; all: %v", got, want, faults)
	}
	with, _ = marked(with)
	if _, faults := Parse([]byte(with)); len(faults) > 0 {
		t.Errorf("Parse with somebody to call = %v, want no fault", faults)
	}
	// One who has left does not count.
	f, _ = Parse([]byte(with))
	f.Contacts[0].Retired = true
	f.Shifts, f.Always = nil, f.Always[1:]
	_, faults = ParseStored(f.MarshalStored())
	if text := fmt.Sprint(faults); !strings.Contains(text, warning) {
		t.Errorf("ParseStored with only a retired contact to call = %v, want a warning", text)
	}
}
