package texts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/routing/texts"
)

// samples are the values with which the style guide computed its lengths.
func samples() map[string]string {
	return map[string]string{
		texts.Tag: "NN", texts.Code: "K7", texts.Level: "khẩn", texts.Needed: "chỗ ở", texts.Area: "Tổ 1",
		texts.Cases: "K7 M3", texts.Minutes: "5", texts.Until: "22h", texts.Partner: "Trạm Y tế",
		texts.Phone: "02553999115", texts.Role: "công an",
	}
}

func render(t *testing.T, lang texts.Language, key texts.Key, accented bool, values map[string]string) string {
	t.Helper()
	s, err := texts.Render(lang, key, accented, values)
	if err != nil {
		t.Fatalf("Render(%s, %s, %v) = %v, want a text", lang, key, accented, err)
	}
	return s
}

func TestCheck_MessageFilesAreComplete(t *testing.T) {
	t.Parallel()
	if err := texts.Check(); err != nil {
		t.Errorf("Check() = %v, want nil", err)
	}
}

func TestRender_Wording(t *testing.T) {
	t.Parallel()
	values := samples()
	for _, tt := range []struct {
		name     string
		lang     texts.Language
		key      texts.Key
		accented bool
		want     string
	}{
		{"default first reply", texts.Vietnamese, texts.FirstReplyK, false, "Da nhan tin."},
		{"first reply to an accented text", texts.Vietnamese, texts.FirstReplyK, true, "Đã nhận tin."},
		{"alert", texts.Vietnamese, texts.Alert, false, "NN K7: khan. Tra loi 1 nhan, 0 tu choi. Nhieu ca cho: 1 K7."},
		{"alert with accents", texts.Vietnamese, texts.Alert, true, "NN K7: khẩn. Trả lời 1 nhận, 0 từ chối. Nhiều ca chờ: 1 K7."},
		{"area loses its accents with the text", texts.Vietnamese, texts.TakenByYou, false, "NN K7: ban da nhan. Can cho o, khu To 1. Tin ban nhan vao so nay se toi nguoi can giup. Tra lai: 0. Xong: XONG. Huong dan: TRO GIUP."},
		{"English has one form", texts.English, texts.NobodyK, true, "Nobody is free yet. Better not to wait."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := render(t, tt.lang, tt.key, tt.accented, values); got != tt.want {
				t.Errorf("Render(%s, %s, %v) = %q, want %q", tt.lang, tt.key, tt.accented, got, tt.want)
			}
		})
	}
}

func TestRender_Errors(t *testing.T) {
	t.Parallel()
	const secret = "0905000001"
	for _, tt := range []struct {
		name   string
		lang   texts.Language
		key    texts.Key
		values map[string]string
		want   error
		text   string
	}{
		{"no values", texts.Vietnamese, texts.AlertDanger, nil, texts.ErrUnfilled, "alert_danger: the"},
		{"one missing", texts.Vietnamese, texts.AlertDanger, map[string]string{texts.Tag: secret}, texts.ErrUnfilled, "alert_danger: ma"},
		{"blank value", texts.English, texts.AlertDanger, map[string]string{texts.Tag: secret, texts.Code: " \u200b\u00a0"}, texts.ErrUnfilled, "alert_danger: ma"},
		{"unknown key", texts.Vietnamese, "greeting", map[string]string{texts.Tag: secret}, texts.ErrUnknownKey, "greeting"},
		{"unknown language", "fr", texts.AlertDanger, map[string]string{texts.Tag: secret}, texts.ErrUnknownLanguage, "alert_danger"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := texts.Render(tt.lang, tt.key, false, tt.values)
			if !errors.Is(err, tt.want) || got != "" {
				t.Fatalf("Render(%s, %s) = %q, %v, want %v", tt.lang, tt.key, got, err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), secret) {
				t.Errorf("Render(%s, %s) = %q, want an error naming %q and no value", tt.lang, tt.key, err, tt.text)
			}
		})
	}
}

func TestRender_ValueStaysOneLineAndIsNotExpanded(t *testing.T) {
	t.Parallel()
	got := render(t, texts.Vietnamese, texts.AlreadyTaken, false, map[string]string{texts.Tag: "{ma}", texts.Code: "K7\n\nXONG"})
	if want := "{ma} K7 XONG da co nguoi nhan. Cam on ban."; got != want {
		t.Errorf("Render(already_taken) = %q, want %q", got, want)
	}
}

// TestRender_SegmentsOfEveryText pins the lengths of the style guide's sections 2 and 3: characters and
// parts of the accented form, then of the form without accents.
func TestRender_SegmentsOfEveryText(t *testing.T) {
	t.Parallel()
	guide := map[texts.Key][3]int{ // characters, UCS-2 parts, GSM-7 parts
		texts.FirstReply: {144, 3, 1}, texts.FirstReplyK: {12, 1, 1}, texts.FirstReplyMenuK: {79, 2, 1},
		texts.ChoiceAck: {6, 1, 1}, texts.ChoiceAckK: {6, 1, 1}, texts.DangerAck: {95, 2, 1},
		texts.DangerAckK: {36, 1, 1}, texts.AskPlace: {55, 1, 1}, texts.AskPlaceK: {16, 1, 1},
		texts.AskSafe: {61, 1, 1}, texts.ContactPref: {119, 2, 1}, texts.Matched: {55, 1, 1},
		texts.MatchedK: {30, 1, 1}, texts.Nobody: {81, 2, 1}, texts.NobodyK: {31, 1, 1},
		texts.ConsentShare: {127, 2, 1}, texts.SharedNotice: {98, 2, 1}, texts.SelfHarm: {129, 2, 1},
		texts.Child: {121, 2, 1}, texts.ShelterOK: {89, 2, 1}, texts.MissedCallK: {76, 2, 1},
		texts.ProbeK: {32, 1, 1}, texts.Numbers: {128, 2, 1}, texts.StopOK: {30, 1, 1}, texts.Close: {96, 2, 1},
		texts.CloseK: {32, 1, 1}, texts.WithdrawK: {50, 1, 1}, texts.EraseHint: {28, 1, 1},
		texts.EraseAck: {50, 1, 1}, texts.OutageK: {43, 1, 1},

		texts.Alert: {59, 1, 1}, texts.AlertDanger: {44, 1, 1}, texts.TakenByYou: {132, 2, 1},
		texts.ContactRule: {64, 1, 1}, texts.AlreadyTaken: {35, 1, 1}, texts.Declined: {40, 1, 1},
		texts.Remind: {52, 1, 1}, texts.WhichCase: {56, 1, 1}, texts.AskWord: {65, 1, 1},
		texts.GoneBack: {74, 2, 1}, texts.LostCase: {51, 1, 1}, texts.CannotReach: {42, 1, 1},
		texts.CallBackCase: {42, 1, 1}, texts.Unanswered: {52, 1, 1}, texts.BroughtIn: {78, 2, 1},
		texts.Closed: {56, 1, 1}, texts.DutyOff: {33, 1, 1}, texts.DutyOn: {34, 1, 1}, texts.BadCmd: {96, 2, 1},

		// Ours, beside the guide's.
		texts.Help: {149, 3, 1}, texts.NobodyOnCall: {35, 1, 1}, texts.KindEmpty: {50, 1, 1},
	}
	values := samples()
	for _, key := range texts.Keys() {
		want, ok := guide[key]
		if !ok {
			t.Errorf("%s: not in the style guide's tables", key)
			continue
		}
		accented := render(t, texts.Vietnamese, key, true, values)
		plain := render(t, texts.Vietnamese, key, false, values)
		ucsParts, gsm := texts.Segments(accented)
		if gsm {
			t.Errorf("Segments(%s, accented) is GSM-7, want UCS-2", key)
		}
		gsmParts, gsm := texts.Segments(plain)
		if !gsm {
			t.Errorf("Segments(%s, plain) is UCS-2, want GSM-7: %q", key, plain)
		}
		got := [3]int{len(utf16.Encode([]rune(accented))), ucsParts, gsmParts}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: characters, UCS-2 parts, GSM-7 parts (-want +got):\n%s", key, diff)
		}
		if stripped := texts.Unaccent(accented); stripped != plain {
			t.Errorf("%s: form without accents = %q, want %q", key, plain, stripped)
		}
		delete(guide, key)
	}
	for key := range guide {
		t.Errorf("%s: in the style guide but not in Keys()", key)
	}
}

// TestRules_Table pins what the rest of the program relies on, so that a change of the table is noticed.
func TestRules_Table(t *testing.T) {
	t.Parallel()
	if rule, _ := texts.RuleOf(texts.StopOK); !rule.Discreet {
		t.Error("stop_ok: not discreet, want it discreet although its name does not say so")
	}
	afterClaim := map[texts.Key]bool{texts.DangerAck: true, texts.DangerAckK: true, texts.Matched: true, texts.MatchedK: true, texts.ShelterOK: true}
	seen := make(map[texts.Key]bool)
	for _, key := range texts.Keys() {
		rule, ok := texts.RuleOf(key)
		if !ok || seen[key] {
			t.Errorf("RuleOf(%s) = %v (seen before: %v), want each key once", key, ok, seen[key])
		}
		seen[key] = true
		if strings.HasSuffix(string(key), "_k") && !rule.Discreet {
			t.Errorf("%s: named discreet, but not Discreet in the table", key)
		}
		if rule.Discreet && rule.To != texts.ToPerson {
			t.Errorf("%s: discreet, but sent to a %s", key, rule.To)
		}
		if afterClaim[key] && rule.BeforeClaim {
			t.Errorf("%s: may be sent before a claim, want only after it", key)
		}
		if rule.To != texts.ToPerson {
			if !rule.Automatic {
				t.Errorf("%s: not automatic, want every text to helpers automatic", key)
			}
			continue
		}
		for _, p := range rule.Placeholders {
			if p != texts.Partner && p != texts.Phone {
				t.Errorf("%s: placeholder %s, want nothing about a case in a text to the person", key, p)
			}
		}
	}
	if _, ok := texts.RuleOf("greeting"); ok {
		t.Error("RuleOf(greeting) = true, want false")
	}
	texts.Keys()[0] = "changed"
	if got := texts.Keys()[0]; got != texts.FirstReply {
		t.Errorf("Keys()[0] = %s after a caller changed its copy, want %s", got, texts.FirstReply)
	}
}

// TestRules_AlertsSayNothingAboutThePerson: who has not taken a case learns tag, code and urgency only.
func TestRules_AlertsSayNothingAboutThePerson(t *testing.T) {
	t.Parallel()
	for _, key := range []texts.Key{texts.Alert, texts.AlertDanger, texts.Remind, texts.BroughtIn, texts.CallBackCase, texts.AlreadyTaken, texts.Declined, texts.Unanswered} {
		for _, p := range texts.Placeholders(key) {
			if p != texts.Tag && p != texts.Code && p != texts.Level && p != texts.Minutes {
				t.Errorf("Placeholders(%s) holds %s, want only tag, code, urgency and minutes", key, p)
			}
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, got, want string }{
		{"danger", texts.Urgency(texts.Vietnamese, true, "immediate_danger"), "NGUY HIỂM"},
		{"danger without accents", texts.Urgency(texts.Vietnamese, false, "immediate_danger"), "NGUY HIEM"},
		{"urgent", texts.Urgency(texts.Vietnamese, true, "urgent"), "khẩn"},
		{"information", texts.Urgency(texts.Vietnamese, false, "information"), "can tra loi"},
		{"a test runs as information", texts.Urgency(texts.Vietnamese, false, "test_or_spam"), "can tra loi"},
		{"English", texts.Urgency(texts.English, true, "urgent"), "urgent"},
		{"unknown language", texts.Urgency("fr", false, "urgent"), "khan"},
		{"police", texts.Need(texts.Vietnamese, true, "police"), "công an"},
		{"health", texts.Need(texts.Vietnamese, false, "health"), "y te"},
		{"shelter", texts.Need(texts.Vietnamese, true, "shelter"), "chỗ ở"},
		{"counsel", texts.Need(texts.Vietnamese, true, "counsel"), "nói chuyện"},
		{"no need known", texts.Need(texts.Vietnamese, true, "unknown"), "chưa rõ"},
		{"a need of tomorrow", texts.Need(texts.English, false, "legal"), "not clear"},
		{"no area", texts.AreaUnknown(texts.Vietnamese, false), "chua ro"},
		{"relay to the helper", texts.RelayToHelper("K7", "Ổng về rồi…"), "K7: Ổng về rồi..."},
		{"relay to a marked phone", texts.RelayToPerson(texts.Vietnamese, false, false, "chi ra cong sau"), "Nguoi truc: chi ra cong sau"},
		{"relay to any other phone", texts.RelayToPerson(texts.Vietnamese, true, true, "chị ra cổng sau"), "chị ra cổng sau"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.got != tt.want {
				t.Errorf("%s = %q, want %q", tt.name, tt.got, tt.want)
			}
		})
	}
}

func ExampleRender() {
	s, err := texts.Render(texts.Vietnamese, texts.AlertDanger, false, map[string]string{texts.Tag: "PM", texts.Code: "K7"})
	fmt.Println(s, err)
	// Output: PM K7: NGUY HIEM. Tra loi 1 nhan, 0 tu choi. <nil>
}
