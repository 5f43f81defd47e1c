package supervisor

import (
	"context"
	"encoding/base64"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

// said is who said what, for comparison.
type said struct {
	From    Speaker
	Contact contacts.ID
	Desk    routing.Desk
	Words   string
}

func TestWords_EverythingThatIsKeptInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	helper := func(sid routing.EventID, body string) {
		t.Helper()
		from, err := phone.ParseE164("+84905000001")
		if err != nil {
			t.Fatal(err)
		}
		to, err := phone.ParseE164("+842553800113")
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.service.Handle(context.Background(), here1, routing.Text{
			SID: sid, From: from, Key: w.keyset.PhoneKey(here1, from), To: to, Body: contacts.Conceal(body), At: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	helper("SMtake", "1 "+string(c.Code))
	helper("SMsays", "Chị đang tới cửa sau.")
	w.text(here1, victim, "Dạ em chờ")
	b := w.open("giamsat", account.Supervisor, here1)
	give := func(order string, form url.Values) {
		t.Helper()
		form.Set("token", token(t, b.page(casePath(c)), casePath(c), order))
		b.post(casePath(c)+"/orders/"+order, form)
	}
	give("write", url.Values{"words": {"Công an cũng đang tới."}})
	give("note", url.Values{"words": {"đã báo 113"}})
	give("close", url.Values{"outcome": {"helped"}, "reason": {"đã an toàn"}})

	all, err := w.reader.Words(t.Context(), w.caseNow(c))
	if err != nil {
		t.Fatalf("Words() = %v", err)
	}
	var got []said
	for _, s := range all {
		got = append(got, said{s.From, s.Contact, s.Desk, s.Words.Reveal()})
	}
	want := []said{
		{SpeakerPerson, "", "", danger}, {SpeakerHelper, "lan", "", "Chị đang tới cửa sau."}, {SpeakerPerson, "", "", "Dạ em chờ"},
		{SpeakerDesk, "", "giamsat", "Công an cũng đang tới."}, {SpeakerNote, "", "giamsat", "đã báo 113"}, {SpeakerClosing, "", "giamsat", "đã an toàn"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Words() (-want +got):\n%s", diff)
	}
	// Who comes on duty next reads whom to ask.
	story := readable(b.page(casePath(c)))
	for _, want := range []string{"Bàn trực (giamsat) nhắn cho người cần giúp.", "Bàn trực (giamsat) ghi chú vào ca.", "Bàn trực (giamsat) đóng ca sau"} {
		if !strings.Contains(story, want) {
			t.Errorf("the case's story does not say %q:\n%s", want, story)
		}
	}
	page := readable(b.post(casePath(c)+"/words", url.Values{"reason": {"đọc lại"}}).Body.String())
	for _, want := range []string{"chỉ nội bộ Ghi chú của bàn trực (giamsat)", "chỉ nội bộ Lý do đóng ca (giamsat)", "Bàn trực nhắn (giamsat)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of words does not say %q:\n%s", want, page)
		}
	}
	if n := strings.Count(page, "chỉ nội bộ"); n != 2 {
		t.Errorf("%d of the words are said to be internal, want the note and the reason for closing:\n%s", n, page)
	}
}

// Two who sit side by side may press at the same instant.
func TestWords_OfTheSameInstant(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		c := w.text(here1, victim, danger)
		want := []said{{SpeakerPerson, "", "", danger}}
		for _, desk := range []routing.Desk{"mai", "nam"} {
			words := "của " + string(desk)
			_, err := w.service.Handle(t.Context(), here1, routing.NoteOrdered{
				Order: routing.Order{Token: routing.EventID("desk-" + desk), Case: c.ID, By: desk}, Words: contacts.Conceal(words),
			})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, said{SpeakerNote, "", desk, words})
		}
		all, err := w.reader.Words(t.Context(), w.caseNow(c))
		if err != nil {
			t.Fatalf("Words() = %v", err)
		}
		var got []said
		for _, s := range all {
			got = append(got, said{s.From, s.Contact, s.Desk, s.Words.Reveal()})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Words() (-want +got):\n%s", diff)
		}
	})
}

// What somebody said on the line after everybody was asked in vain is heard on the page of words, and nowhere else.
func TestWords_ARecordedMessageIsHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	const sound = "ID3\x04 a sound"
	_, err := w.service.Handle(t.Context(), here1, routing.RecordingFetched{
		Send: routing.Send{ID: "rec", Case: c.ID, Purpose: routing.PurposeFetch, Recording: "RE1"}, Audio: contacts.Conceal(sound),
	})
	if err != nil {
		t.Fatal(err)
	}
	b := w.open("giamsat", account.Supervisor, here1)
	source := `src="data:audio/mpeg;base64,` + base64.StdEncoding.EncodeToString([]byte(sound)) + `"`
	if page := b.page(casePath(c)); strings.Contains(page, "<audio") {
		t.Error("the page of the case plays the message before it is revealed")
	}
	page := html.UnescapeString(b.post(casePath(c)+"/words", url.Values{"reason": {"nghe lời nhắn"}}).Body.String())
	if !strings.Contains(page, source) || !strings.Contains(page, "(lời nhắn thoại)") {
		t.Errorf("the page of words does not play the message:\n%s", page)
	}
	if strings.Contains(strings.ReplaceAll(page, source, ""), sound) {
		t.Error("the sound stands in the page as text")
	}
	if !strings.Contains(policy, "media-src data:;") {
		t.Errorf("the policy %q keeps a browser from playing it", policy)
	}
}

// A case that is closed, opened again and closed once more keeps both reasons, each where it was given.
func TestWords_EveryReasonForClosing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		b := w.open("mai", account.Supervisor, here1)
		c := w.text(here1, victim, danger)
		reasons := []string{"thật ra không ai tới", "đã tới nơi an toàn"}
		for i, why := range reasons {
			if i > 0 {
				b.post(casePath(c)+"/orders/reopen", url.Values{"token": {strings.Repeat("C", 26)}})
				time.Sleep(time.Minute)
			}
			b.post(casePath(c)+"/orders/close", url.Values{"token": {strings.Repeat(string(rune('A'+i)), 26)}, "outcome": {"helped"}, "reason": {why}})
			time.Sleep(time.Minute)
		}
		all, err := w.reader.Words(t.Context(), w.caseNow(c))
		if err != nil {
			t.Fatalf("Words() = %v", err)
		}
		var got []string
		for _, s := range all {
			if s.From == SpeakerClosing {
				got = append(got, s.Words.Reveal())
			}
		}
		if diff := cmp.Diff(reasons, got); diff != "" {
			t.Errorf("reasons for closing (-want +got):\n%s", diff)
		}
	})
}

// What somebody wrote stands at the time at which they wrote it, also after what has no words: a call, and NGUNG.
func TestWords_StandAtTheirTime(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, w *world) *routing.Case{
		"they called first": func(t *testing.T, w *world) *routing.Case {
			from, err := phone.ParseE164(victim)
			if err != nil {
				t.Fatal(err)
			}
			to, err := phone.ParseE164("+842553800113")
			if err != nil {
				t.Fatal(err)
			}
			d, err := w.service.Handle(t.Context(), here1, routing.CallCame{Call: "CA1", From: from, Key: w.keyset.PhoneKey(here1, from), To: to, At: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			return d.Cases[0].After
		},
		"they asked for silence before": func(_ *testing.T, w *world) *routing.Case {
			c := w.text(here1, victim, danger)
			time.Sleep(time.Minute)
			w.text(here1, victim, "NGUNG")
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				c := open(t, w)
				time.Sleep(time.Minute)
				const words = "em trốn trong bếp"
				wrote := time.Now()
				w.text(here1, victim, words)
				all, err := w.reader.Words(t.Context(), w.caseNow(c))
				if err != nil || len(all) == 0 {
					t.Fatalf("Words() = %v, %v, want what they wrote", all, err)
				}
				if last := all[len(all)-1]; last.Words.Reveal() != words || last.At.UnixMilli() != wrote.UnixMilli() {
					t.Errorf("Words() ends with %q of %v, want %q of %v", last.Words.Reveal(), last.At, words, wrote.UTC())
				}
			})
		})
	}
}
