package line

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

func TestMarshal_ReadsBack(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"contract's example": example,
		"sound":              sound,
		"quotes in a text":   strings.Replace(sound, "Got it.", `"Got \"it\" \\ #."`, 1),
		"later keys":         sound + "send_rate: 0.25\ngeneration: 12\n",
		"calls":              sound + "call_rate: 0.3\nvoicemail: off\nmissed_call_text: discreet\n",
		"calls, defaults":    sound + "call_rate: 1\nvoicemail: offer\nmissed_call_text: none\n",
		"every target":       sound + "  talk: {within: 20s, share: 95}\n  alert: {within: 1s500ms, share: 99%}\n  close: {within: 720h, share: 1%}\n",
	} {
		f := mustParse(t, file)
		again, faults := Parse(f.Marshal(true))
		if diff := cmp.Diff(f, again, same()); diff != "" {
			t.Errorf("%s: Parse(Marshal) (-want +got):\n%s\nfaults %v\n%s", name, diff, faults, f.Marshal(true))
		}
	}
}

func TestMarshal_MaskedShowsNothingPersonal(t *testing.T) {
	t.Parallel()
	file := strings.Replace(example, "urgent: []", `urgent: ["hoa mai vàng"]`, 1) +
		"texts:\n  close: {vi: Cảm ơn bạn. Cần thì gọi 0900.000 007 hoặc 113., en: \"Thank you. Call +84 900-000-007.\"}\n"
	got := string(mustParse(t, file).Marshal(false))
	for _, secret := range []string{"9000", "0900", "007", "2559999", "Nguyễn", "Lan\"", "Trạm", "hoa mai", "keep_apart", "66"} {
		if strings.Contains(got, secret) {
			t.Errorf("Marshal(false) shows %q:\n%s", secret, got)
		}
	}
	for _, shown := range []string{"to1-lan", "+…01", "trusted_address", "Phường Mẫu", "18:00", "immediate_danger/health", "gọi +… hoặc 113", "Call +…."} {
		if !strings.Contains(got, shown) {
			t.Errorf("Marshal(false) lacks %q:\n%s", shown, got)
		}
	}
}

func TestMarshalStored_KeepsRetiredContacts(t *testing.T) {
	t.Parallel()
	f := mustParse(t, sound)
	retired := f.Contacts[0]
	retired.ID, retired.Retired = "lan-cu", true // whose number the new contact has taken over
	f.Contacts = append(f.Contacts, retired)
	stored := f.MarshalStored()
	again, faults := ParseStored(stored)
	if diff := cmp.Diff(f, again, same()); diff != "" || len(faults) != 0 {
		t.Errorf("ParseStored(MarshalStored) (-want +got):\n%s\nfaults %v", diff, faults)
	}
	if f, _ := Parse(stored); f != nil {
		t.Error("Parse accepts a retired contact, want an unknown key")
	}
	if diff := cmp.Diff(mustParse(t, sound), mustParse(t, string(f.Marshal(true))), same()); diff != "" {
		t.Errorf("Parse(Marshal) of a file with a retired contact, want it without (-want +got):\n%s", diff)
	}
	if got := Diff(mustParse(t, sound), f); got != nil {
		t.Errorf("Diff to the same file with a retired contact = %v, want nothing", got)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		old, new string // replaced in the sound file
		want     []string
	}{
		{"nothing", "tag: CT", "tag:   \"CT\" # như cũ", nil},
		{"number written otherwise", "0905000001", "+84 905.000.001", nil},
		{"setting", "tag: CT", "tag: CTH", []string{"tag: đổi | changed"}},
		{"setting added", "tag: CT", "tag: CT\nsend_rate: 1", []string{"send_rate: thêm | added"}},
		{"voicemail", "tag: CT", "tag: CT\nvoicemail: off", []string{"voicemail: thêm | added"}},
		{"generation does not count", "tag: CT", "tag: CT\ngeneration: 3", nil},
		{"contact's number", "0905000001", "0905000009", []string{"contacts lan: đổi | changed"}},
		{"contact's kin", "0905 000 066", "0905 000 067", []string{"contacts lan: đổi | changed"}},
		{"contact's name", "Nguyễn Thị Lan", "Nguyễn Thị Mai", []string{"contacts lan: đổi | changed"}},
		{"support number", "0905 000 100", "0905 000 101", []string{"numbers +…01: thêm | added", "numbers +…00: bỏ | removed"}},
		{"support number with the same ending", "0905 000 100", "0905 001 100", []string{"numbers +…00: đổi | changed"}},
		{"shift", "24:00", "23:00", []string{"shifts lan: đổi | changed"}},
		{"second shift of a contact", "always:", "  - {contact: lan, days: [sun], from: 8:00, to: 9:00}\nalways:", []string{"shifts lan: đổi | changed"}},
		{"always", "[lan, chau]", "[chau]", []string{"always lan: bỏ | removed"}},
		{"order only", "[lan, chau]", "[chau, lan]", []string{"always: đổi thứ tự | moved"}},
		{"area", "tổ một]", "tổ mốt]", []string{"areas Tổ 1: đổi | changed"}},
		{"code words", "[hoa mai]", "[hoa lan]", []string{"code_words urgent: đổi | changed"}},
		{"exception added", "  information:", "  urgent/health:\n    - {notify: [supervisor], wait: 5s}\n  information:", []string{"policy urgent/health: thêm | added"}},
		{"step", "wait: 60s", "wait: 61s", []string{"policy urgent: đổi | changed"}},
		{"wording", "Got it.", "Done.", []string{"texts first_reply_k: đổi | changed"}},
		{"wording left to ours", "    vi_plain: Da nhan.\n    en: Got it.\n", "", []string{"texts first_reply_k: đổi | changed"}},
		{"text added", "  already_taken:", "  stop_ok: {vi: Đã ngừng.}\n  already_taken:", []string{"texts stop_ok: thêm | added"}},
		{"text removed", "  already_taken: {vi: \"{the} {ma} có người rồi.\"}\n", "", []string{"texts already_taken: bỏ | removed"}},
		{"silence", "{urgent: 10m}", "{}", []string{"after_claim urgent: đổi | changed"}},
		{"target", "{within: 2m}", "{within: 2m, share: 95%}", []string{"targets danger: đổi | changed"}},
		{"target added", "  danger:", "  talk: {share: 95}\n  danger:", []string{"targets talk: thêm | added"}},
		{"target removed", "  danger: {within: 2m}\n", "", []string{"targets danger: bỏ | removed"}},
		{"target that says nothing", "  danger:", "  talk: {}\n  close:\n  danger:", nil},
		{"share written otherwise", "share: 80%", `share: "80 %"`, nil},
		{"share without sign", "share: 80%", "share: 80", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(sound, tt.old, tt.new, 1)
			if changed == sound {
				t.Fatalf("the sound file has no %q", tt.old)
			}
			var got []string
			for _, c := range Diff(mustParse(t, sound), mustParse(t, changed)) {
				got = append(got, c.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Diff (-want +got):\n%s", diff)
			}
		})
	}
	all := Diff(nil, mustParse(t, sound))
	if len(all) == 0 || all[0] != (Change{"line", "", Added}) {
		t.Errorf("Diff(nil, file) = %v, want everything added", all)
	}
	for _, c := range all {
		if c.Action != Added {
			t.Errorf("Diff(nil, file) has %v, want only additions", c)
		}
	}
}

// drawFile makes a file that says whatever a file can say.
func drawFile(t *rapid.T) *File {
	const sign = `a-zA-ZàảãáạăằâấêếôồơởưựđỳỹÀĐƠ0-9"'\\#:\[\]{}&*!|>%@,?-`
	text := rapid.Map(rapid.StringMatching(`[`+sign+`]([ `+sign+`]{0,20}[`+sign+`])?`), norm.NFC.String)
	z, err := time.LoadLocation(rapid.SampledFrom([]string{"Asia/Ho_Chi_Minh", "UTC", "Europe/Berlin"}).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	numbers := rapid.SliceOfNDistinct(rapid.IntRange(905000000, 905999999), 8, 8, rapid.ID[int]).Draw(t, "numbers")
	number := func() phone.Number {
		n, err := phone.ParseE164("+84" + strconv.Itoa(numbers[0]))
		if err != nil {
			t.Fatal(err)
		}
		numbers = numbers[1:]
		return n
	}
	f := &File{
		ID: "cam-thanh", Tag: rapid.StringMatching(`[A-Za-z0-9]{2,6}`).Draw(t, "tag"), Name: "Phường " + text.Draw(t, "name"), Zone: z, Language: "en",
		Numbers:    []routing.SupportNumber{{Number: number(), SMS: true, Voice: rapid.Bool().Draw(t, "voice")}},
		Generation: rapid.Int64Range(0, 1<<40).Draw(t, "generation"),
		Calls: Calls{
			Rate:       rapid.SampledFrom([]float64{0, 0.1, 2.0 / 3, 1000}).Draw(t, "call rate"),
			Voicemail:  rapid.SampledFrom([]Voicemail{"", VoicemailOff, VoicemailOffer}).Draw(t, "voicemail"),
			MissedCall: rapid.SampledFrom([]MissedCallText{"", MissedCallNone, MissedCallDiscreet}).Draw(t, "missed call"),
		},
		Later: Later{SendRate: rapid.SampledFrom([]float64{0, 0.1, 1000}).Draw(t, "rate")},
		Targets: routing.Targets{
			Alert: drawTarget(t, "alert", 24*time.Hour, true), Claim: drawTarget(t, "claim", 24*time.Hour, true), Close: drawTarget(t, "close", 720*time.Hour, true),
			Danger: drawTarget(t, "danger", 24*time.Hour, false), Talk: drawTarget(t, "talk", 24*time.Hour, false),
		},
	}
	ids := rapid.SliceOfNDistinct(rapid.OneOf(rapid.StringMatching(`[a-z][a-z0-9._-]{0,6}`), rapid.SampledFrom([]string{"null", "true", "1", "0x1F"})), 1, 3, rapid.ID[string]).Draw(t, "ids")
	for _, id := range ids {
		c := contacts.Contact{
			ID: contacts.ID(id), Name: contacts.Conceal("A " + text.Draw(t, "person")), Phone: number(),
			Kind:     rapid.SampledFrom(contacts.Kinds()).Draw(t, "kind"),
			Channels: rapid.SampledFrom([][]contacts.Channel{{"sms"}, {"voice", "sms"}}).Draw(t, "channels"),
			Area:     rapid.OneOf(rapid.Just(""), text).Draw(t, "area"), Gender: rapid.SampledFrom([]string{"", "male"}).Draw(t, "gender"),
			Languages: rapid.SampledFrom([][]string{nil, {"vi", "hre"}}).Draw(t, "languages"),
		}
		if rapid.Bool().Draw(t, "apart") {
			c.KeepApart = []phone.Number{number()}
		}
		f.Contacts = append(f.Contacts, c)
		if rapid.Bool().Draw(t, "shift") {
			f.Shifts = append(f.Shifts, roster.Shift{
				Contact: c.ID,
				Days:    rapid.SampledFrom([][]time.Weekday{{0}, {1, 3, 6}}).Draw(t, "days"),
				From:    roster.Clock(rapid.IntRange(0, 1439).Draw(t, "from")),
				To:      roster.Clock(rapid.IntRange(0, 1439).Draw(t, "to")),
			})
		} else {
			f.Always = append(f.Always, c.ID)
		}
	}
	if rapid.Bool().Draw(t, "texts") {
		own := make(map[texts.Language]texts.Wording)
		if rapid.Bool().Draw(t, "Vietnamese") {
			own[texts.Vietnamese] = texts.Wording{Accented: "Đã ngừng.", Plain: rapid.SampledFrom([]string{"", "Da ngung", `"Da" #ngung: \`}).Draw(t, "plain")}
		}
		if len(own) == 0 || rapid.Bool().Draw(t, "English") {
			own[texts.English] = texts.Wording{Plain: "Stopped, " + rapid.StringMatching(`[a-z"'\\#:&*!|>%@,?-]{1,20}`).Filter(sayable).Draw(t, "English text")}
		}
		f.Texts = map[texts.Key]map[texts.Language]texts.Wording{rapid.SampledFrom([]texts.Key{texts.StopOK, texts.BadCmd}).Draw(t, "text"): own}
	}
	if rapid.Bool().Draw(t, "areas") {
		f.Areas = []routing.Area{{Name: "T " + text.Draw(t, "area name"), Words: []string{"tổ " + text.Draw(t, "word")}}}
		f.CodeWords.ImmediateDanger = []string{"mật " + text.Draw(t, "code word")}
	}
	f.Policy.Steps = make(map[routing.PolicyKey][]routing.Step)
	wait := rapid.Map(rapid.IntRange(1, 86400), func(s int) time.Duration { return time.Duration(s) * time.Second })
	for _, u := range coverage.Urgencies() {
		for _, n := range []triage.Need{"", triage.Health} {
			f.Policy.Steps[routing.PolicyKey{Urgency: u, Need: n}] = []routing.Step{{
				Notify: []contacts.Kind{contacts.Police, contacts.Chair}, AtOnce: rapid.IntRange(0, 3).Draw(t, "at once"), Wait: wait.Draw(t, "wait"),
			}}
		}
	}
	f.Policy.AfterClaim = map[triage.Urgency]time.Duration{
		triage.ImmediateDanger: wait.Draw(t, "silence"), triage.Urgent: wait.Draw(t, "silence"), triage.Information: wait.Draw(t, "silence"),
	}
	return f
}

// drawTarget makes a target of which nothing is given, everything or, unless both or neither is needed, a part.
func drawTarget(t *rapid.T, name string, most time.Duration, whole bool) routing.Target {
	var target routing.Target
	if rapid.Bool().Draw(t, name) {
		target.Within = time.Duration(rapid.Int64Range(int64(100*time.Millisecond), int64(most)).Draw(t, name+" within"))
	}
	if whole && target.Within > 0 || !whole && rapid.Bool().Draw(t, name+" has a share") {
		target.Share = rapid.IntRange(1, 100).Draw(t, name+" share")
	}
	return target
}

// sayable reports whether the rules on texts have nothing against a piece of English.
func sayable(s string) bool {
	return len(texts.Faults(texts.StopOK, texts.English, texts.Wording{Plain: "Stopped, " + s})) == 0
}

func TestMarshal_ReadsBackWhateverAFileSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFile(t)
		text := f.Marshal(true)
		again, faults := Parse(text)
		if diff := cmp.Diff(f, again, same()); diff != "" {
			t.Fatalf("Parse(Marshal) (-want +got):\n%s\nfaults %v\n%s", diff, faults, text)
		}
		if changes := Diff(f, again); changes != nil {
			t.Fatalf("Diff(file, itself) = %v, want nothing", changes)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		example, sound, "", "a: [", "a: *a", "<<: *x", "? [a]\n: b", "a: &a [*a]", "line: !!binary x", "--- a\n--- b",
		strings.Replace(sound, "channels: [sms]", "channels: *c", 1),
		strings.Replace(sound, "Got it.", "\"{the\"", 1), strings.Replace(sound, "    vi: Đã nhận.", "    <<: {vi: Đã nhận., vi_plain: }", 1),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		parsed, faults := Parse(file)
		if (parsed == nil) != faults.HasErrors() {
			t.Fatalf("Parse(%q) file %v, faults %v, want a file exactly if there is no error", file, parsed != nil, faults)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 || fault.VI == "" || fault.EN == "" {
				t.Fatalf("Parse(%q) fault = %+v, want a position and both languages", file, fault)
			}
		}
		if parsed == nil {
			return
		}
		again, faults := Parse(parsed.Marshal(true))
		if diff := cmp.Diff(parsed, again, same()); diff != "" {
			t.Fatalf("Parse(Marshal) of %q (-want +got):\n%s\nfaults %v", file, diff, faults)
		}
	})
}
