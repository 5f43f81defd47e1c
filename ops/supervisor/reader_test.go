package supervisor

import (
	"context"
	"net/url"
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
		got = append(got, said{s.From, s.Contact, s.Words.Reveal()})
	}
	want := []said{
		{SpeakerPerson, "", danger}, {SpeakerHelper, "lan", "Chị đang tới cửa sau."}, {SpeakerPerson, "", "Dạ em chờ"},
		{SpeakerDesk, "", "Công an cũng đang tới."}, {SpeakerNote, "", "đã báo 113"}, {SpeakerClosing, "", "đã an toàn"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Words() (-want +got):\n%s", diff)
	}
}
