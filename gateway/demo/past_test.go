package demo

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/demo/past"
	"github.com/tincay/hotline/routing/texts"
)

// What has happened before shows on the board and nowhere else: the phones begin in silence.
func TestPast_ShowsOnTheBoardOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowserAt(t, Options{Language: texts.Vietnamese})
		count := b.demo.past.Count
		for range 2 { // as it was, and started again
			silentPhones(b)
			d := b.desk()
			if got := d.follow(b.click()).Body.String(); !strings.Contains(got, "Không có ca nào đang mở") {
				t.Errorf("the board does not say that no case is open:\n%s", got)
			}
			b.pass(time.Second) // the board reads the journal
			today := time.Now().In(b.demo.ward.file.Zone)
			period := url.Values{"from": {today.AddDate(0, 0, -15).Format(time.DateOnly)}, "to": {today.Format(time.DateOnly)}}
			times := d.get("/times?" + period.Encode())
			if got := arrived(t, times.Body.String()); times.Code != http.StatusOK || got != count.Cases {
				t.Errorf("response times = %d with %d cases, want the %d of the past", times.Code, got, count.Cases)
			}
			found := d.get("/find").Body.String()
			cases := regexp.MustCompile(`href="(/case/phuong-mau/[a-z2-7]+)"`).FindStringSubmatch(found)
			if cases == nil {
				t.Fatalf("the board finds no case of the past:\n%s", found)
			}
			if got := d.get(cases[1]).Body.String(); !strings.Contains(got, boardVI) || !strings.Contains(got, "đóng") {
				t.Errorf("%s does not tell of a closed case, labelled:\n%s", cases[1], got)
			}

			b.text("person", danger)
			b.wants("cases", "nguy hiểm")
			b.text("to1-lan", "1")
			b.wants("log", "Cô Lan nhận ca")
			b.text("to1-lan", "XONG")
			b.wants("cases", "Không có ca nào đang mở")
			if w := b.post("/again", nil); w.Code != http.StatusSeeOther {
				t.Fatalf("POST /again = %d, want 303; log:\n%s", w.Code, b.log)
			}
		}
		silentPhones(b)
		b.leaks()
	})
}

// silentPhones checks that nobody was told of anything.
func silentPhones(b *browser) {
	b.t.Helper()
	b.pass(20 * time.Second)
	for _, h := range b.demo.ward.handsets[1:] {
		b.wants("thread-"+h.ID, silent)
	}
	b.wants("log", "Mọi việc xảy ra sẽ hiện ở đây.")
	carrier := b.demo.world.carrier
	if messages, calls := carrier.Messages(), carrier.Calls(); len(messages)+len(calls) != 0 {
		b.t.Errorf("the carrier has %d messages and %d calls, want nothing of the past", len(messages), len(calls))
	}
}

// arrived is how many cases the page of response times is about.
func arrived(t *testing.T, page string) int {
	t.Helper()
	found := regexp.MustCompile(`Có (\d+) ca tới`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page of response times does not say how many cases there were:\n%s", page)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPast_IsMadeOnceADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, texts.Vietnamese)
		yesterdays, err := past.Make(t.Context(), b.demo.ward.file, time.Now().AddDate(0, 0, -1))
		if err != nil {
			t.Fatalf("Make() = %v", err)
		}
		b.demo.empty, b.demo.past = false, yesterdays
		b.post("/again", nil)
		todays := b.demo.past
		if todays == yesterdays || !todays.Of(time.Now()) {
			t.Error("starting again kept the past of the day before")
		}
		b.post("/again", nil)
		if b.demo.past != todays {
			t.Error("starting again made the past of the same day anew")
		}
	})
}
