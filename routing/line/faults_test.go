package line

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line/document"
)

// sound has nothing to complain about. Tests break it by replacing a piece of it; the mark ▸ in the new
// piece shows where the fault must be reported.
const sound = `line: cam-thanh
tag: CT
name: Cẩm Thành
timezone: Asia/Ho_Chi_Minh
language: vi
numbers:
  - {number: "0905 000 100", sms: true}
contacts:
  - id: lan
    name: Nguyễn Thị Lan
    kind: trusted_address
    phone: 0905000001
    channels: [sms, voice]
    keep_apart: ["0905 000 066"]
  - id: chau
    name: Châu
    kind: supervisor
    phone: "0905 000 002"
    channels: [sms]
shifts:
  - contact: lan
    days: [mon, tue]
    from: 18:00
    to: 24:00
always: [lan, chau]
areas:
  - name: Tổ 1
    words: [tổ 1, tổ một]
code_words:
  urgent: [hoa mai]
policy:
  immediate_danger:
    - {notify: [trusted_address], wait: 30s}
  urgent:
    - notify: [trusted_address]
      wait: 60s
  information:
    - {notify: [supervisor], at_once: 1, wait: 5m}
after_claim: {urgent: 10m}
texts:
  first_reply_k:
    vi: Đã nhận.
    vi_plain: Da nhan.
    en: Got it.
  already_taken: {vi: "{the} {ma} có người rồi."}
targets:
  danger: {within: 2m}
  claim:
    within: 10m
    share: 80%
`

func TestParse_SoundFileHasNoFaults(t *testing.T) {
	t.Parallel()
	f, faults := Check([]byte(sound), time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC))
	if f == nil || len(faults) != 0 {
		t.Fatalf("Check(sound file) = %v, %v, want a file and no faults", f, faults)
	}
	if got := f.Policy.AfterClaim; got["immediate_danger"] != 2*time.Minute || got["urgent"] != 10*time.Minute || got["information"] != time.Hour {
		t.Errorf("AfterClaim = %v, want 2m and 1h by default, 10m as written", got)
	}
	if want := (routing.Targets{Danger: routing.Target{Within: 2 * time.Minute}, Claim: routing.Target{Within: 10 * time.Minute, Share: 80}}); f.Targets != want {
		t.Errorf("Targets = %+v, want them as written, %+v", f.Targets, want)
	}
}

func TestParse_Faults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		old, new string
		severity document.Severity
		want     string // in the English text
	}{
		{"unknown key", "tag: CT", "tag: CT\n▸colour: red", document.Error, `unknown key "colour"`},
		{"unknown key that may be a name", "tag: CT", "tag: CT\n▸Lan: red", document.Error, "unknown key"},
		{"unknown key in a contact", "    kind: supervisor", "    kind: supervisor\n    ▸fone: x", document.Error, `unknown key "fone"`},
		{"unknown key in a number", "sms: true}", "sms: true, ▸mms: true}", document.Error, `unknown key "mms"`},
		{"unknown key in a shift", "    from: 18:00", "    from: 18:00\n    ▸until: 19:00", document.Error, `unknown key "until"`},
		{"unknown key in an area", "  - name: Tổ 1", "  - name: Tổ 1\n    ▸aliases: []", document.Error, `unknown key "aliases"`},
		{"unknown key in a step", "at_once: 1,", "▸at_most: 1,", document.Error, `unknown key "at_most"`},
		{"unknown list of code words", "  urgent: [hoa mai]", "  urgent: [hoa mai]\n  ▸information: [abc]", document.Error, `unknown key "information"`},
		{"unknown urgency in after_claim", "{urgent: 10m}", "{▸test_or_spam: 10m}", document.Error, `unknown key "test_or_spam"`},
		{"retired in an operator's file", "    kind: supervisor", "    kind: supervisor\n    ▸retired: true", document.Error, `unknown key "retired"`},
		{"repeated key", "tag: CT", "tag: CT\n▸tag: CU", document.Error, `repeated key "tag"`},

		{"missing line", "line: cam-thanh\ntag", "▸tag", document.Error, "missing key line"},
		{"missing timezone", "line: cam-thanh\ntag: CT\nname: Cẩm Thành\ntimezone: Asia/Ho_Chi_Minh\n", "▸line: cam-thanh\ntag: CT\nname: Cẩm Thành\n", document.Error, "missing key timezone"},
		{"missing number", `{number: "0905 000 100", sms`, "▸{sms", document.Error, "missing key number"},
		{"missing phone", "  - id: lan\n    name: Nguyễn Thị Lan\n    kind: trusted_address\n    phone: 0905000001\n", "  - ▸id: lan\n    name: Nguyễn Thị Lan\n    kind: trusted_address\n", document.Error, "missing key phone"},
		{"empty phone", "phone: 0905000001", "▸phone:", document.Error, "missing key phone"},
		{"missing contact in a shift", "  - contact: lan\n    days", "  - ▸days", document.Error, "missing key contact"},
		{"missing words", "  - name: Tổ 1\n    words: [tổ 1, tổ một]", "  - ▸name: Tổ 1", document.Error, "missing key words"},
		{"missing wait", "    - notify: [trusted_address]\n      wait: 60s", "    - ▸notify: [trusted_address]", document.Error, "missing key wait"},

		{"bad line id", "line: cam-thanh", "line: ▸Cam_Thanh", document.Error, "made of a-z, 0-9 and -"},
		{"number as line id", "line: cam-thanh", "line: ▸0905-000-100", document.Error, "looks like a phone number"},
		{"tag too short", "tag: CT", "tag: ▸C", document.Error, "2 to 6 letters"},
		{"tag too long", "tag: CT", "tag: ▸CAMTHANH", document.Error, "2 to 6 letters"},
		{"tag with accents", "tag: CT", "tag: ▸CẨM", document.Error, "2 to 6 letters"},
		{"name of the wrong type", "name: Cẩm Thành", "name: ▸12", document.Error, "name must be text"},
		{"name as a list", "name: Cẩm Thành", "name: ▸[Cẩm, Thành]", document.Error, "name must be a single value"},
		{"name of two lines", "name: Cẩm Thành", `name: ▸"Cẩm\nThành"`, document.Error, "line breaks"},
		{"blank name", "name: Cẩm Thành", `name: ▸" "`, document.Error, "name is empty"},
		{"endless name", "name: Cẩm Thành", "name: ▸" + strings.Repeat("a", 201), document.Error, "longer than 200"},
		{"unknown zone", "Asia/Ho_Chi_Minh", "▸Asia/Quang_Ngai", document.Error, "not in the IANA list"},
		{"zone of the machine", "Asia/Ho_Chi_Minh", "▸Local", document.Error, "not in the IANA list"},
		{"unknown language", "language: vi", "language: ▸fr", document.Error, "language must be one of: vi, en"},

		{"numbers of the wrong type", "numbers:\n  - {number: \"0905 000 100\", sms: true}", "numbers: ▸{}", document.Error, "numbers must be a list"},
		{"no numbers", "numbers:\n  - {number: \"0905 000 100\", sms: true}", "numbers: ▸[]", document.Error, "numbers is empty"},
		{"support number is no phone", `"0905 000 100"`, `▸"0905 000 10"`, document.Error, "not a phone number"},
		{"support number takes nothing", `{number: "0905 000 100", sms: true}`, `▸{number: "0905 000 100", sms: false}`, document.Error, "neither texts nor calls"},
		{"sms of the wrong type", "sms: true}", "sms: ▸yes, voice: true}", document.Error, "sms must be true or false"},
		{"no number takes texts", "numbers:\n  - {number: \"0905 000 100\", sms: true}", "▸numbers:\n  - {number: \"0905 000 100\", voice: true}", document.Warning, "no number takes texts"},
		{"support number is a contact's", `"0905 000 002"`, `▸"+84905000100"`, document.Error, "used above already"},
		{"same support number twice", "sms: true}", "sms: true}\n  - {number: ▸0905.000.100, sms: true}", document.Error, "used above already"},

		{"contact is a word", "  - id: chau\n    name: Châu\n    kind: supervisor\n    phone: \"0905 000 002\"\n    channels: [sms]\n", "  - ▸chau\n", document.Error, "expected keys and values"},
		{"bad contact id", "  - id: chau", "  - id: ▸châu", document.Error, "a contact's id is made of"},
		{"number as contact id", "  - id: chau", "  - id: ▸0905.000.002", document.Error, "looks like a phone number"},
		{"contact id twice", "  - id: chau", "  - id: ▸lan", document.Error, "id lan is used above already"},
		{"bad kind", "kind: supervisor", "kind: ▸boss", document.Error, "kind must be one of: trusted_address, health_station, police, chair, supervisor, outside"},
		{"no phone", "0905000001", "▸0905000", document.Error, "not a phone number"},
		{"emergency number", "0905000001", "▸113", document.Error, "emergency, short or service number"},
		{"letters in a phone", "0905000001", "▸O905000001", document.Error, "letters or other signs"},
		{"phone as a list", "0905000001", "▸[0905000001]", document.Error, "phone must be a single value"},
		{"same phone twice", `"0905 000 002"`, `▸"+84 905 000 001"`, document.Error, "used above already"},
		{"bad channel", "channels: [sms]", "channels: [▸zalo]", document.Error, "channels must be one of: sms, voice"},
		{"channel twice", "channels: [sms]", "channels: [sms, ▸sms]", document.Error, "channels has an entry twice"},
		{"channels as a word", "channels: [sms]", "channels: ▸sms", document.Error, "channels must be a list"},
		{"no channels", "channels: [sms]", "channels: ▸[]", document.Error, "channels is empty"},
		{"contact who takes calls only, of a line without", "channels: [sms]", "channels: ▸[voice]", document.Warning, "chau takes calls only"},
		{"landline", "    phone: \"0905 000 002\"\n    channels: [sms]", "    phone: 0255 3822 115\n    channels: ▸[sms]", document.Warning, "chau has a landline"},
		{"unknown area", "    kind: supervisor", "    kind: supervisor\n    area: ▸Tổ 2", document.Warning, "not among the areas"},
		{"bad gender", "    kind: supervisor", "    kind: supervisor\n    gender: ▸nữ", document.Error, "gender must be one of: female, male"},
		{"bad language of a contact", "    kind: supervisor", "    kind: supervisor\n    languages: [vi, ▸xx]", document.Error, "not an ISO 639 language code"},
		{"kept apart is no phone", `["0905 000 066"]`, `["0905 000 066", ▸"anh Ba"]`, document.Error, "letters or other signs"},
		{"kept apart twice", `["0905 000 066"]`, `["0905 000 066", ▸0905000066]`, document.Error, "keep_apart has an entry twice"},
		{"empty entry", `["0905 000 066"]`, `["0905 000 066", ▸null]`, document.Error, "keep_apart has an empty entry"},

		{"unknown contact in a shift", "contact: lan", "contact: ▸mai", document.Error, "no contact with id mai"},
		{"bad day", "[mon, tue]", "[mon, ▸t3]", document.Error, "days must be one of: mon, tue, wed, thu, fri, sat, sun"},
		{"day twice", "[mon, tue]", "[mon, ▸mon]", document.Error, "days has an entry twice"},
		{"no days", "[mon, tue]", "▸[]", document.Error, "days is empty"},
		{"bad time", "from: 18:00", "from: ▸18h", document.Error, "not a time of day"},
		{"24:00 as a beginning", "from: 18:00", "from: ▸24:00", document.Error, "not a time of day"},
		{"unknown contact in always", "[lan, chau]", "[lan, chau, ▸mai]", document.Error, "no contact with id mai"},
		{"always twice", "[lan, chau]", "[lan, chau, ▸lan]", document.Error, "always has an entry twice"},
		{"contact who is never on call", "  - id: chau\n    name: Châu\n    kind: supervisor\n    phone: \"0905 000 002\"\n    channels: [sms]\n", "  - id: chau\n    name: Châu\n    kind: supervisor\n    phone: \"0905 000 002\"\n    channels: [sms]\n  - {id: ▸mai, name: Mai, kind: outside, phone: 0905000003, channels: [sms]}\n", document.Warning, "mai is never on call"},
		{"no supervisor", "    kind: supervisor", "    kind: trusted_address", document.Warning, ""},

		{"area twice", "    words: [tổ 1, tổ một]", "    words: [tổ 1, tổ một]\n  - {name: ▸Tổ 1, words: [x]}", document.Error, "listed above already"},
		{"no words", "words: [tổ 1, tổ một]", "words: ▸[]", document.Error, "words is empty"},
		{"word without letters", "tổ một]", `▸"?!"]`, document.Error, "needs a letter or digit"},
		{"word twice", "tổ một]", "▸Tổ 1]", document.Error, "names an area above already"},
		{"word of another area", "    words: [tổ 1, tổ một]", "    words: [tổ 1, tổ một]\n  - {name: Tổ 2, words: [▸tổ 1]}", document.Error, "names an area above already"},
		{"code word too short", "[hoa mai]", `[▸"a!"]`, document.Error, "at least 2 letters"},
		{"code word twice", "[hoa mai]", "[hoa mai, ▸HOA MÀI]", document.Error, "listed twice"},
		{"code word in both lists", "  urgent: [hoa mai]", "  urgent: [hoa mai]\n  immediate_danger: [▸hoa mai]", document.Error, "listed twice"},

		{"policy without an urgency", "policy:\n  immediate_danger:\n    - {notify: [trusted_address], wait: 30s}\n", "▸policy:\n", document.Error, "policy lacks immediate_danger"},
		{"bad urgency", "  information:", "  ▸info:", document.Error, "urgency must be one of"},
		{"bad need", "  information:", "  ▸urgent/food: []\n  information:", document.Error, "need after / must be one of"},
		{"no steps", "  information:", "  urgent/health: ▸[]\n  information:", document.Error, "urgent/health is empty"},
		{"steps left out", "  information:", "  ▸urgent/health:\n  information:", document.Error, "there are no steps"},
		{"bad kind in a step", "notify: [supervisor]", "notify: [▸boss]", document.Error, "notify must be one of"},
		{"kind nobody has", "notify: [supervisor]", "notify: [supervisor, ▸police]", document.Warning, "no contact is of kind police"},
		{"nobody to notify", "notify: [supervisor]", "notify: ▸[]", document.Error, "notify is empty"},
		{"wait without unit", "wait: 60s", "wait: ▸60", document.Error, "with a unit"},
		{"no wait", "wait: 60s", "wait: ▸0s", document.Error, "wait must be from 100ms to 24h"},
		{"negative wait", "wait: 60s", "wait: ▸-60s", document.Error, "wait must be from 100ms to 24h"},
		{"absurd wait", "wait: 60s", "wait: ▸60h", document.Error, "wait must be from 100ms to 24h"},
		{"at_once of nobody", "at_once: 1", "at_once: ▸0", document.Error, "at_once must be a whole number from 1"},
		{"at_once in words", "at_once: 1", "at_once: ▸one", document.Error, "at_once must be a whole number from 1"},
		{"absurd at_once", "at_once: 1", "at_once: ▸5000", document.Error, "at_once is too large"},
		{"absurd silence", "{urgent: 10m}", "{urgent: ▸100h}", document.Error, "urgent must be from 100ms to 72h"},

		{"targets as a list", "  danger: {within: 2m}\n  claim:\n    within: 10m\n    share: 80%\n", "  ▸[15s]\n", document.Error, "expected keys and values"},
		{"unknown target", "  danger: {within", "  ▸first_alert: {within", document.Error, `unknown key "first_alert"`},
		{"target twice", "  danger: {within: 2m}", "  danger: {within: 2m}\n  ▸danger: {share: 90}", document.Error, `repeated key "danger"`},
		{"target as a time", "danger: {within: 2m}", "danger: ▸2m", document.Error, "expected keys and values"},
		{"unknown part of a target", "{within: 2m}", "{within: 2m, ▸part: 90}", document.Error, `unknown key "part"`},
		{"time of a target without unit", "{within: 2m}", "{within: ▸2}", document.Error, "with a unit"},
		{"target of no time", "{within: 2m}", "{within: ▸0s}", document.Error, "within must be from 100ms to 24h"},
		{"target of more than a day", "{within: 2m}", "{within: ▸24h1s}", document.Error, "within must be from 100ms to 24h"},
		{"target for closing of more than a month", "  danger: {within: 2m}", "  close: {within: ▸721h, share: 50}", document.Error, "within must be from 100ms to 720h"},
		{"share as a fraction", "share: 80%", "share: ▸0.8", document.Error, "share must be a whole percentage from 1% to 100%"},
		{"share of nobody", "share: 80%", "share: ▸0%", document.Error, "share must be a whole percentage"},
		{"share of more than all", "share: 80%", "share: ▸101%", document.Error, "share must be a whole percentage"},
		{"share of far more than all", "share: 80%", "share: ▸336", document.Error, "share must be a whole percentage"},
		{"negative share", "share: 80%", "share: ▸-80%", document.Error, "share must be a whole percentage"},
		{"share in words", "share: 80%", "share: ▸all", document.Error, "share must be a whole percentage"},
		{"share of a sign alone", "share: 80%", `share: ▸"%"`, document.Error, "share must be a whole percentage"},
		{"target without default and share", "    within: 10m\n    share: 80%", "    ▸within: 10m", document.Error, "missing key share"},
		{"target without default and time", "    within: 10m\n    share: 80%", "    ▸share: 80%", document.Error, "missing key within"},

		{"unknown text", "  already_taken:", "  ▸greeting:", document.Error, "no text of this name"},
		{"text named twice", "  already_taken:", "  ▸first_reply_k: {en: Done.}\n  already_taken:", document.Error, `repeated key "first_reply_k"`},
		{"texts of the wrong type", "  already_taken:", "  stop_ok: ▸Đã ngừng.\n  already_taken:", document.Error, "expected keys and values"},
		{"text without wording", "  already_taken:", "  ▸stop_ok:\n  already_taken:", document.Error, "there is no wording"},
		{"text of empty wording", "  already_taken:", "  stop_ok: ▸{en: }\n  already_taken:", document.Error, "there is no wording"},
		{"unknown language of a text", "    en: Got it.", "    ▸fr: Recu.", document.Error, `unknown key "fr"`},
		{"only the form without accents", "    vi: Đã nhận.\n    vi_plain", "    ▸vi_plain", document.Error, "vi_plain needs vi"},
		{"wording as a list", "en: Got it.", "en: ▸[Got, it]", document.Error, "en must be a single value"},
		{"wording of two lines", "en: Got it.", `en: ▸"Got\nit"`, document.Error, "line breaks"},
		{"other words without accents", "vi_plain: Da nhan.", "vi_plain: ▸Da xong.", document.Error, "other words than the accented one"},
		{"accents in the plain form", "vi_plain: Da nhan.", "vi_plain: ▸Đã nhận.", document.Error, "GSM-7 lacks"},
		{"placeholder missing in a text", `"{the} {ma} có người rồi."`, `▸"{the} có người rồi."`, document.Error, "{ma} is missing"},
		{"placeholder of another text", `"{the} {ma} có người rồi."`, `▸"{the} {ma} {khu} có người rồi."`, document.Error, "{khu} has no place"},
		{"unknown placeholder", "en: Got it.", `en: ▸"Got it, {Lan}."`, document.Error, "unknown placeholder"},
		{"telling word in a discreet text", "vi: Đã nhận.", "vi: ▸Công an đã nhận.", document.Error, "“công an”"},
		{"telling word in the plain form", "vi_plain: Da nhan.", "vi_plain: ▸Cong an da nhan.", document.Error, "“công an”"},
		{"telling word in English", "en: Got it.", "en: ▸The police got it.", document.Error, "“police”"},
		{"number in a discreet text", "en: Got it.", "en: ▸Got it. 0905 000 066", document.Error, "no telephone number"},
		{"promise before a claim", "  already_taken:", "  nobody: {vi: ▸Người trực sẽ tới.}\n  already_taken:", document.Error, "“sẽ tới” is a promise"},
		{"text that is too long", "en: Got it.", "en: ▸" + strings.Repeat("abcdefghij", 17), document.Error, "too long: 2 messages"},

		{"generation in words", "tag: CT", "tag: CT\ngeneration: ▸first", document.Error, "generation must be a whole number"},
		{"send_rate without effect", "tag: CT", "tag: CT\n▸send_rate: 0.5", document.Warning, "send_rate has no effect"},
		{"bad rate", "tag: CT", "tag: CT\nsend_rate: ▸.nan", document.Error, "send_rate must be a number above 0"},
		{"call_rate of none", "tag: CT", "tag: CT\ncall_rate: ▸0", document.Error, "call_rate must be a number above 0, at most 1000"},
		{"call_rate in words", "tag: CT", "tag: CT\ncall_rate: ▸1/s", document.Error, "call_rate must be a number"},
		{"call_rate as a list", "tag: CT", "tag: CT\ncall_rate: ▸[1]", document.Error, "call_rate must be a single value"},
		{"voicemail as a bool", "tag: CT", "tag: CT\nvoicemail: ▸false", document.Error, "voicemail must be one of: off, offer"},
		{"voicemail of a YAML 1.1 yes", "tag: CT", "tag: CT\nvoicemail: ▸on", document.Error, "voicemail must be one of: off, offer"},
		{"voicemail in capitals", "tag: CT", "tag: CT\nvoicemail: ▸OFF", document.Error, "voicemail must be one of: off, offer"},
		{"voicemail as a list", "tag: CT", "tag: CT\nvoicemail: ▸[off]", document.Error, "voicemail must be a single value"},
		{"text after a missed call", "tag: CT", "tag: CT\nmissed_call_text: ▸Xin chào", document.Error, "missed_call_text must be one of: none, discreet"},
		{"text after a missed call as a bool", "tag: CT", "tag: CT\nmissed_call_text: ▸false", document.Error, "missed_call_text must be one of: none, discreet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(sound, tt.old) == 0 {
				t.Fatalf("the sound file has no %q", tt.old)
			}
			file, at := marked(strings.Replace(sound, tt.old, tt.new, 1))
			if tt.want == "" {
				tt.want, at = "there is no supervisor", document.Position{Line: 8, Column: 1}
			}
			f, faults := Parse([]byte(file))
			if (f == nil) != (tt.severity == document.Error) {
				t.Errorf("Parse gave a file: %v, want it if there are only warnings; faults %v", f != nil, faults)
			}
			for _, fault := range faults {
				if fault.Position == at && fault.Severity == tt.severity && strings.Contains(fault.EN, tt.want) {
					return
				}
			}
			t.Errorf("Parse faults = %v, want %d:%d %s …%s…", faults, at.Line, at.Column, tt.severity, tt.want)
		})
	}
}

// marked takes the mark out of a text and returns where it was.
func marked(text string) (string, document.Position) {
	before, after, _ := strings.Cut(text, "▸")
	lines := strings.Split(before, "\n")
	return before + after, document.Position{Line: len(lines), Column: len([]rune(lines[len(lines)-1])) + 1}
}

func TestParse_EveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	file := strings.NewReplacer(
		"tag: CT", "tag: C",
		"kind: supervisor", "kind: boss",
		"0905000001", "113",
		"[mon, tue]", "[mon, t3]",
		"contact: lan", "contact: mai",
		"wait: 60s", "wait: 60",
		"{urgent: 10m}", "{urgently: 10m}",
		"vi: Đã nhận.", "vi: Đã nhận, sẽ tới, phụ nữ.",
		"en: Got it.", "en: Help.",
	).Replace(sound)
	_, faults := Parse([]byte(file))
	var got []string
	for _, f := range faults {
		if f.Severity == document.Error {
			got = append(got, fmt.Sprintf("%d:%d", f.Line, f.Column))
		}
	}
	want := []string{"2:6", "12:12", "17:11", "21:14", "22:17", "36:13", "39:15", "42:9", "42:9", "43:15", "44:9"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions of the errors (-want +got):\n%s\n%v", diff, faults)
	}
}

func TestParse_FaultsHoldNothingPersonal(t *testing.T) {
	t.Parallel()
	const number, name = "0987123654", "Bí-Mật" // no id can be spelled like the name
	// Wherever a value or key can stand, put a number or a name, as a scalar, list and key.
	words := strings.Fields(strings.NewReplacer(":", " ", ",", " ", "[", " ", "]", " ", "{", " ", "}", " ", `"`, " ").Replace(sound))
	for _, secret := range []string{number, name, name + " " + number, `"` + name + ``, name + ": " + number, "[" + name + ", " + number + "]", "*" + name, "&" + name, "!" + name + " x"} {
		for _, w := range words {
			_, faults := Parse([]byte(strings.Replace(sound, w, secret, 1)))
			text := fmt.Sprintf("%v %+v %#v", faults, faults, faults)
			if strings.Contains(text, name) || strings.Contains(text, "987123") {
				t.Fatalf("with %q in place of %q the faults say %v", secret, w, faults)
			}
		}
	}
}

func TestParse_AcceptsWhatYAMLOffers(t *testing.T) {
	t.Parallel()
	want := mustParse(t, sound)
	tests := []struct {
		name, file string
	}{
		{"comments", strings.ReplaceAll(sound, "\n", " # chú thích\n")},
		{"Windows line ends", strings.ReplaceAll(sound, "\n", "\r\n")},
		{"byte order mark", "\ufeff" + sound},
		{"document marks", "---\n" + sound + "...\n"},
		{"version", "%YAML 1.2\n---\n" + sound},
		{"quoted keys", strings.ReplaceAll(sound, "channels:", `"channels":`)},
		{"anchor and alias", strings.NewReplacer("words: [tổ 1, tổ một]", "words: &w [tổ 1, tổ một]",
			"notify: [trusted_address]\n      wait", "notify: *k\n      wait", "{notify: [trusted_address],", "{notify: &k [trusted_address],").Replace(sound)},
		{"merge", strings.NewReplacer("    - {notify: [trusted_address], wait: 30s}", "    - &s {notify: [trusted_address], wait: 30s}",
			"    - notify: [trusted_address]\n      wait: 60s", "    - <<: *s\n      wait: 60s").Replace(sound)},
		{"merge of a list", strings.NewReplacer("    - {notify: [trusted_address], wait: 30s}", "    - &s {notify: [trusted_address], wait: 30s}",
			"    - notify: [trusted_address]\n      wait: 60s", "    - <<: [*s, {wait: 1h}]\n      wait: 60s").Replace(sound)},
		{"tag", strings.Replace(sound, "phone: 0905000001", "phone: !!str 0905000001", 1)},
		{"block text", strings.Replace(sound, "name: Châu", "name: >-\n      Châu", 1)},
		{"decomposed letters", strings.Replace(sound, "Châu", "Cha\u0302u", 1)},
		{"old number", strings.Replace(sound, "0905000001", "+84 905-000-001", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.file == sound {
				t.Fatal("the file was not changed")
			}
			f, faults := Parse([]byte(tt.file))
			if diff := cmp.Diff(want, f, same()); diff != "" || len(faults) != 0 {
				t.Errorf("Parse (-want +got):\n%s\nfaults %v", diff, faults)
			}
		})
	}
}
