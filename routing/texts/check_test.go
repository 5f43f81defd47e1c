package texts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/routing/texts"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	const vi, en = texts.Vietnamese, texts.English
	const fits = "{the} {ma}: {muc}. Trả lời 1 nhận, 0 từ chối."
	tests := []struct {
		name            string
		key             texts.Key
		lang            texts.Language
		accented, plain string
		want            []string // pieces of the English texts, those on the form with accents marked
	}{
		{"both forms", texts.FirstReplyK, vi, "Đã nhận.", "Da nhan.", nil},
		{"plain left out", texts.FirstReplyK, vi, "Đã nhận.", "", nil},
		{"other case and punctuation", texts.FirstReplyK, vi, "Đã nhận, cảm ơn", "DA NHAN - cam on!", nil},
		{"curly quotes are made plain", texts.FirstReplyK, vi, "Đã nhận “tin”…", "Da nhan “tin”…", nil},
		{"English", texts.FirstReplyK, en, "", "Got it.", nil},
		{"alert of another order", texts.Alert, vi, "{the}: {muc}, {ma}. 1 {ma} nhận.", "", nil},

		{"unknown key", "greeting", vi, "Đã nhận.", "", []string{"no text of this name"}},
		{"unknown language", texts.FirstReplyK, "fr", "", "Recu.", []string{"no such language"}},
		{"no wording", texts.FirstReplyK, vi, "", "", []string{"accented: with accents is missing"}},
		{"only plain", texts.FirstReplyK, vi, " ", "Da nhan.", []string{"accented: with accents is missing"}},
		{"nothing but signs", texts.FirstReplyK, vi, "...", "", []string{"accented: with accents is missing"}},
		{"no English", texts.FirstReplyK, en, "", "", []string{"wording is missing"}},
		{"English in two forms", texts.FirstReplyK, en, "Got it.", "Got it.", []string{"one form only"}},

		{"other words without accents", texts.FirstReplyK, vi, "Đã nhận.", "Da nhan tin.", []string{"other words than the accented"}},
		{"GSM-7 accents left", texts.FirstReplyK, vi, "Đã nhận là tốt.", "Da nhan là tot.", []string{"still has accents"}},
		{"accents left", texts.FirstReplyK, vi, "Đã nhận.", "Đã nhận.", []string{"still has accents", "GSM-7 lacks"}},
		{"emoji", texts.FirstReplyK, vi, "Đã nhận 🙂", "", []string{"GSM-7 lacks"}},
		{"English that is not GSM-7", texts.FirstReplyK, en, "", "Got it 🙂", []string{"GSM-7 lacks"}},

		{"placeholder missing", texts.AlreadyTaken, en, "", "{the} is taken.", []string{"{ma} is missing"}},
		{"placeholder of another text", texts.Alert, vi, fits + " Khu {khu}.", "", []string{"accented: {khu} has no place", "{khu} has no place"}},
		{"placeholder in only one form", texts.AlreadyTaken, vi, "{the} {ma} đã có.", "{the} ma da co.", []string{"{ma} is missing"}},
		{"unknown placeholder", texts.FirstReplyK, en, "", "Got it, {Lan}.", []string{"unknown placeholder"}},
		{"brace left open", texts.FirstReplyK, en, "", "Got it {ma", []string{"braces are for placeholders"}},
		{"brace never opened", texts.FirstReplyK, en, "", "Got it ma}", []string{"braces are for placeholders"}},
		{"square brackets", texts.AlreadyTaken, en, "", "{the} [{ma}] is taken.", []string{"square brackets"}},
		{"tag not first", texts.AlertDanger, en, "", "DANGER {the} {ma}: 1 yes, 0 no.", []string{"must begin with {the}"}},

		{"two messages", texts.FirstReply, en, "", strings.Repeat("abcdefghi ", 16) + "x", []string{"too long: 2 messages when filled in, at most 1"}},
		{"just one message", texts.FirstReply, en, "", strings.Repeat("abcdefghi ", 16), nil},
		{"four messages with accents", texts.FirstReply, vi, strings.Repeat("ế ", 101), "", []string{"accented: too long: 4 messages when filled in, at most 3", "too long: 2 messages when filled in, at most 1"}},
		{"too long once filled in", texts.TakenByYou, en, "", "{the} {ma}: {nhu_cau}, {khu}. " + strings.Repeat("abcdefghi ", 12), []string{"too long: 2 messages"}},

		{"telling word", texts.FirstReplyK, vi, "Công an đã nhận.", "", []string{"accented: “công an”", "“công an”"}},
		{"telling word in capitals and signs", texts.ProbeK, vi, "Số của CÔNG-AN.", "", []string{"accented: “công an”", "“công an”"}},
		{"telling word without accents", texts.StopOK, vi, "Da ngung cuu.", "", []string{"accented: “cứu”", "“cứu”"}},
		{"telling word within another", texts.FirstReplyK, en, "", "Received, showcase.", nil},
		{"telling English", texts.FirstReplyK, en, "", "The helper got it.", []string{"“helper”"}},
		{"telling English in Vietnamese", texts.FirstReplyK, vi, "Đã nhận, help.", "", []string{"accented: “help”", "“help”"}},
		{"telling word in a text that may", texts.FirstReply, vi, "Công an đã nhận.", "", nil},
		{"case code", texts.CloseK, en, "", "K7 is done.", []string{"no case code"}},
		{"hour is no case code", texts.CloseK, en, "", "Done at 8h.", nil},
		{"emergency number", texts.CloseK, en, "", "Done. 113.", []string{"no telephone number"}},
		{"telephone number", texts.CloseK, en, "", "Done. 0255 3999 115", []string{"no telephone number"}},
		{"digits to answer with", texts.FirstReplyMenuK, en, "", "Reply 1, 2, 3 or 4.", nil},
		{"emergency number during an outage", texts.OutageK, en, "", "Slow. Call 113.", nil},
		{"number in a text that may", texts.FirstReply, en, "", "In danger call 113.", nil},

		{"promise before a claim", texts.FirstReply, vi, "Đã nhận, người trực sẽ tới.", "", []string{"accented: “sẽ tới” is a promise", "“sẽ tới” is a promise"}},
		{"English promise", texts.Nobody, en, "", "Help is on the way.", []string{"“on the way” is a promise"}},
		{"promise after a claim", texts.Matched, vi, "Người trực sẽ tới.", "", nil},
		{"promise to a helper", texts.Declined, vi, "{the} {ma}: đang báo.", "", nil},
		{"calm", texts.Matched, vi, "Hãy bình tĩnh.", "", []string{"accented: “bình tĩnh”", "“bình tĩnh”"}},
		{"why", texts.AskPlace, en, "", "Why are you there?", []string{"“why”"}},
		{"link", texts.Close, en, "", "See hotline.vn", []string{"no link"}},
		{"link with a scheme", texts.Close, en, "", "See https://x", []string{"no link"}},
		{"full stop without a space", texts.Close, en, "", "Done.Thank you.", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			faults := texts.Faults(tt.key, tt.lang, texts.Wording{Accented: tt.accented, Plain: tt.plain})
			ok := len(faults) == len(tt.want)
			for i := 0; ok && i < len(faults); i++ {
				piece, accented := strings.CutPrefix(tt.want[i], "accented: ")
				f := faults[i]
				ok = f.Accented == accented && strings.Contains(f.EN, piece) && f.VI != "" && f.Key == tt.key && f.Language == tt.lang
			}
			if !ok {
				t.Errorf("Faults(%s, %s) = %+v, want %q", tt.key, tt.lang, faults, tt.want)
			}
		})
	}
}

// TestFaults_EveryDiscreetTextIsGuarded: a word that tells is refused in each of them, and a promise in
// each text that may be sent before a claim; so the table's marks are what the rules go by.
func TestFaults_EveryDiscreetTextIsGuarded(t *testing.T) {
	t.Parallel()
	says := func(key texts.Key, words string) bool {
		wording := texts.Wording{Accented: "Đã " + words + " {don_vi} {dt}"}
		for _, p := range []string{texts.Partner, texts.Phone} {
			if !slices.Contains(texts.Placeholders(key), p) {
				wording.Accented = strings.ReplaceAll(wording.Accented, "{"+p+"}", "")
			}
		}
		return len(texts.Faults(key, texts.Vietnamese, wording)) > 0
	}
	discreet := 0
	for _, key := range texts.Keys() {
		rule, _ := texts.RuleOf(key)
		if rule.To != texts.ToPerson {
			continue
		}
		if says(key, "nhận") {
			t.Errorf("Faults(%s) of a harmless wording, want none", key)
		}
		if got := says(key, "báo công an"); got != rule.Discreet {
			t.Errorf("Faults(%s) of a telling wording: %v, want %v", key, got, rule.Discreet)
		}
		if got := says(key, "đang tới"); got != rule.BeforeClaim {
			t.Errorf("Faults(%s) of a promise: %v, want %v", key, got, rule.BeforeClaim)
		}
		if rule.Discreet {
			discreet++
		}
	}
	if discreet < 13 {
		t.Errorf("%d discreet texts, want at least 13: has the table lost its marks?", discreet)
	}
}

func TestFaults_QuoteNothingOfTheWording(t *testing.T) {
	t.Parallel()
	const name, number = "Bímật", "0987654321"
	for _, form := range []string{name + " " + number, "{" + name + "}", "{" + number, name + "]", name + " công an", "www." + name + ".vn", strings.Repeat(name+" ", 60)} {
		for _, key := range []texts.Key{texts.FirstReplyK, texts.Alert, texts.Matched, name} {
			for _, lang := range texts.Languages() {
				for _, f := range texts.Faults(key, lang, texts.Wording{Accented: form, Plain: form}) {
					if text := f.VI + f.EN; strings.Contains(text, name) || strings.Contains(text, number) {
						t.Errorf("Faults(%q) = %+v, want nothing of the wording in its texts", form, f)
					}
				}
			}
		}
	}
}

func TestCatalog_Render(t *testing.T) {
	t.Parallel()
	own := map[texts.Key]map[texts.Language]texts.Wording{
		texts.FirstReplyK:  {texts.Vietnamese: {Accented: "Đã nhận."}, texts.English: {Plain: "Got it."}},
		texts.AlreadyTaken: {texts.Vietnamese: {Accented: "{the}: “{ma}” có người rồi.", Plain: "{the}: {ma} co nguoi roi"}},
	}
	c, faults := texts.NewCatalog(own)
	if len(faults) != 0 {
		t.Fatalf("NewCatalog = %v, want no faults", faults)
	}
	delete(own, texts.FirstReplyK) // the catalog's own by now
	own[texts.AlreadyTaken][texts.Vietnamese] = texts.Wording{}
	for _, tt := range []struct {
		name     string
		catalog  *texts.Catalog
		lang     texts.Language
		key      texts.Key
		accented bool
		want     string
	}{
		{"own with accents", c, texts.Vietnamese, texts.FirstReplyK, true, "Đã nhận."},
		{"own without accents, left out", c, texts.Vietnamese, texts.FirstReplyK, false, "Da nhan."},
		{"own in English", c, texts.English, texts.FirstReplyK, false, "Got it."},
		{"English has one form", c, texts.English, texts.FirstReplyK, true, "Got it."},
		{"own is filled in and cleaned", c, texts.Vietnamese, texts.AlreadyTaken, true, `NN: "K7" có người rồi.`},
		{"own without accents, written", c, texts.Vietnamese, texts.AlreadyTaken, false, "NN: K7 co nguoi roi"},
		{"not in the other language", c, texts.English, texts.AlreadyTaken, false, "NN K7 has been taken. Thank you."},
		{"not named", c, texts.Vietnamese, texts.StopOK, false, "Da ngung. Can thi cu nhan lai."},
		{"nil", nil, texts.Vietnamese, texts.FirstReplyK, true, "Đã nhận tin."},
		{"zero", &texts.Catalog{}, texts.Vietnamese, texts.FirstReplyK, true, "Đã nhận tin."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.catalog.Render(tt.lang, tt.key, tt.accented, samples())
			if err != nil || got != tt.want {
				t.Errorf("Render(%s, %s, %v) = %q, %v, want %q", tt.lang, tt.key, tt.accented, got, err, tt.want)
			}
		})
	}
	if got, err := c.Render(texts.Vietnamese, texts.AlreadyTaken, false, nil); !errors.Is(err, texts.ErrUnfilled) || got != "" {
		t.Errorf("Render(already_taken) without values = %q, %v, want %v", got, err, texts.ErrUnfilled)
	}
}

func TestNewCatalog_LeavesOutWhatIsFaulty(t *testing.T) {
	t.Parallel()
	c, faults := texts.NewCatalog(map[texts.Key]map[texts.Language]texts.Wording{
		"greeting":        {texts.English: {Plain: "Hello."}},
		texts.StopOK:      {texts.English: {Plain: "Stopped, call 113."}},
		texts.FirstReplyK: {texts.Vietnamese: {Accented: "Công an."}, texts.English: {Plain: "Got it."}},
	})
	var got []string
	for _, f := range faults {
		got = append(got, string(f.Key)+" "+string(f.Language))
	}
	if diff := cmp.Diff([]string{"first_reply_k vi", "first_reply_k vi", "stop_ok en", "greeting en"}, got); diff != "" {
		t.Errorf("NewCatalog faults (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		lang texts.Language
		key  texts.Key
		want string
	}{
		{texts.Vietnamese, texts.FirstReplyK, "Đã nhận tin."},
		{texts.English, texts.FirstReplyK, "Got it."},
		{texts.English, texts.StopOK, "Stopped. If needed, just text again."},
	} {
		if got, err := c.Render(tt.lang, tt.key, true, nil); err != nil || got != tt.want {
			t.Errorf("Render(%s, %s) = %q, %v, want %q", tt.lang, tt.key, got, err, tt.want)
		}
	}
	if _, err := c.Render(texts.English, "greeting", false, nil); !errors.Is(err, texts.ErrUnknownKey) {
		t.Errorf("Render(greeting) = %v, want %v", err, texts.ErrUnknownKey)
	}
}
