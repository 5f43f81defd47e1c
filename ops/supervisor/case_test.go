package supervisor

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

func TestCase_WordsAreShownAfterTheEntryOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("giamsat", account.Supervisor, here1)
	if page := b.page(casePath(c)); strings.Contains(page, "Chồng em") || strings.Contains(page, "935111") {
		t.Error("the page of a case shows words or a number")
	}
	for name, reason := range map[string]string{"none": "", "spaces": "  ", "too long": strings.Repeat("ư", maxReason+1)} {
		if got := b.post(casePath(c)+"/words", url.Values{"reason": {reason}}); got.Code != http.StatusBadRequest || strings.Contains(got.Body.String(), "Chồng em") {
			t.Errorf("words for the reason %q = %d, want 400 and no words", name, got.Code)
		}
	}
	w.refuse = errDown
	if got := b.post(casePath(c)+"/words", url.Values{"reason": {"cần địa chỉ"}}); got.Code != http.StatusServiceUnavailable || strings.Contains(got.Body.String(), "Chồng em") {
		t.Errorf("words that cannot be recorded = %d, want 503 and no words", got.Code)
	}
	w.refuse = nil
	got := b.post(casePath(c)+"/words", url.Values{"reason": {"cần địa chỉ"}})
	if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Chồng em cầm dao") {
		t.Fatalf("words = %d, want them", got.Code)
	}
	if strings.Contains(got.Body.String(), "<script>alert") {
		t.Error("a script in a text stands in the page as one")
	}
	if cache := got.Header().Get("Cache-Control"); cache != "no-store" {
		t.Errorf("words come with Cache-Control %q, want no-store", cache)
	}
	last := w.audited()[0]
	if last.Action != audit.RevealWords || last.Actor != "giamsat" || last.Case != string(c.ID) || last.Reason.Reveal() != "cần địa chỉ" {
		t.Errorf("recorded %+v with reason %q, want who saw the words, and why", last, last.Reason.Reveal())
	}
	// A browser that loads the page anew sends the same form; the page does not say that it cannot.
	b.post(casePath(c)+"/words", url.Values{"reason": {"cần địa chỉ"}})
	if again := w.audited()[1]; again.Action != audit.RevealWords || !strings.Contains(readable(got.Body.String()), "kể cả khi tải lại trang này, đều được ghi") {
		t.Errorf("loading the page of words anew: recorded %+v, want one more entry, and the page to say so", again)
	}
	if strings.Contains(w.logged.String(), "Chồng") || strings.Contains(w.logged.String(), "địa chỉ") {
		t.Errorf("the log holds words: %s", w.logged)
	}
}

// Whoever comes to a case that nobody has taken finds what can be done about it open, and the page says which it is.
func TestCase_UnansweredOpensWhatCanBeDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b, reader := w.open("giamsat", account.Supervisor, here1), w.open("doc", account.Reader, here1)
	const red, form = `class="pagehead alarm"`, `<details class="card" open><summary>Báo ngay cho một người`
	check := func(when string, want bool) {
		t.Helper()
		page := b.page(casePath(c))
		if got := strings.Contains(page, red); got != want {
			t.Errorf("%s the head of the case is an alarm = %v, want %v", when, got, want)
		}
		if got := strings.Contains(page, form); got != want {
			t.Errorf("%s the form to alert somebody is open = %v, want %v", when, got, want)
		}
		if got := strings.Contains(b.page(casePath(c)+"/fragment"), red); got != want {
			t.Errorf("%s an open page is told of an alarm = %v, want %v", when, got, want)
		}
		if page := reader.page(casePath(c)); strings.Contains(page, "Báo ngay") {
			t.Errorf("%s somebody who may only look is offered to alert somebody", when)
		}
	}
	check("at first", false)
	for range 2 {
		w.redis.SetTime(time.Now().Add(10 * time.Minute))
		if _, err := w.service.Handle(t.Context(), here1, routing.DeadlineReached{Case: c.ID}); err != nil {
			t.Fatal(err)
		}
	}
	check("after a round", true)
	w.text(here1, "+84905000001", "1")
	check("once it is taken", false)
}

// Who is on call, by the roster and by their own word, stands first among those who can be asked.
func TestCase_OffersThoseOnCallFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("giamsat", account.Supervisor, here1)
	offered := func() string {
		_, list, _ := strings.Cut(b.page(casePath(c)), `<select name="contact"`)
		list, _, _ = strings.Cut(list, "</select>")
		var said []string
		for _, m := range regexp.MustCompile(`label="([^"]+)"|value="([^"]+)"`).FindAllStringSubmatch(list, -1) {
			said = append(said, m[1]+m[2])
		}
		return strings.Join(said, " ")
	}
	if got, want := offered(), "Đang trực lan hoa Không trực lúc này ca-phuong van-phong"; got != want {
		t.Errorf("offered are %q, want %q", got, want)
	}
	w.text(here1, "+84905000001", "NGHI")
	w.text(here1, "+84905000003", "TRUC")
	if got, want := offered(), "Đang trực hoa ca-phuong Không trực lúc này lan van-phong"; got != want {
		t.Errorf("after NGHI and TRUC offered are %q, want %q", got, want)
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, order string
		form        url.Values
		told        string
		check       func(*routing.Case) bool
		notDone     routing.Reason // empty if it is done
	}{
		{"alert", "alert", url.Values{"contact": {"van-phong"}}, "Đã báo người đó.", func(c *routing.Case) bool {
			return slices.ContainsFunc(c.Alerts, func(a routing.Alert) bool { return a.Contact == "van-phong" })
		}, ""},
		{"alert whoever is asked already", "alert", url.Values{"contact": {"lan"}}, "đang được hỏi rồi", nil, routing.ReasonAsked},
		{"alert nobody of the line", "alert", url.Values{"contact": {"<b>x</b>"}}, "không được biết về ca này", nil, routing.ReasonMayNotKnow},
		{"hand", "hand", url.Values{"contact": {"ca-phuong"}}, "Đã chuyển ca", nil, ""},
		{"correct", "correct", url.Values{"urgency": {"urgent"}, "need": {"health"}}, "Đã sửa.", func(c *routing.Case) bool {
			return c.Urgency == triage.Urgent && c.Need == triage.Health
		}, ""},
		{"write", "write", url.Values{"words": {"Bạn còn đó không?"}}, "Đã gửi", nil, ""},
		{"note", "note", url.Values{"words": {"<i>đã gọi</i> trạm y tế"}}, "Đã lưu ghi chú.", nil, ""},
		{"clear", "clear", url.Values{}, "được nhắn lại", nil, ""},
		{"reopen what is open", "reopen", url.Values{}, "Không có gì phải làm.", nil, routing.ReasonNothingToDo},
		{"close", "close", url.Values{"outcome": {"helped"}, "reason": {"đã tới nơi an toàn"}}, "Đã đóng ca.", func(c *routing.Case) bool {
			return !c.Open() && c.Outcome == routing.OutcomeHelped
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.text(here1, victim, danger)
			b := w.open("giamsat", account.Supervisor, here1)
			form := url.Values{"token": {strings.Repeat("B", 26)}}
			maps.Copy(form, tt.form)
			if tt.order != "reopen" {
				form.Set("token", token(t, b.page(casePath(c)), casePath(c), tt.order))
			}
			version := w.caseNow(c).Version
			w.refuse = errDown
			if got := b.post(casePath(c)+"/orders/"+tt.order, form); got.Code != http.StatusServiceUnavailable || w.caseNow(c).Version != version {
				t.Errorf("%s that cannot be recorded = %d, want 503 and nothing done", tt.order, got.Code)
			}
			w.refuse = nil
			got := b.post(casePath(c)+"/orders/"+tt.order, form)
			if got.Code != http.StatusSeeOther || got.Header().Get("Location") != casePath(c) {
				t.Fatalf("%s = %d to %q, want 303 to the case; log:\n%s", tt.order, got.Code, got.Header().Get("Location"), w.logged)
			}
			page := b.page(casePath(c))
			if !strings.Contains(readable(page), tt.told) {
				t.Errorf("after %s the page does not say %q:\n%s", tt.order, tt.told, readable(page))
			}
			if again := b.page(casePath(c)); strings.Contains(readable(again), tt.told) {
				t.Errorf("after %s the page says %q twice", tt.order, tt.told)
			}
			if tt.check != nil && !tt.check(w.caseNow(c)) {
				t.Errorf("after %s the case is %+v", tt.order, w.caseNow(c))
			}
			entries := w.audited()
			if tt.notDone != "" {
				last := entries[0]
				if last.Action != audit.OrderNotDone || last.Case != string(c.ID) || last.Detail != tt.order+" "+string(tt.notDone) || last.Actor != "giamsat" {
					t.Errorf("recorded %+v, want that %s was not done: %s", last, tt.order, tt.notDone)
				}
				entries = entries[1:]
			}
			if last := entries[0]; last.Action == audit.OrderNotDone || last.Case != string(c.ID) || last.Detail != tt.order || last.Actor != "giamsat" {
				t.Errorf("recorded %+v, want the order %s", last, tt.order)
			}
		})
	}
}

func TestOrders_ASecondSendingHasNoEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("giamsat", account.Supervisor, here1)
	form := url.Values{"token": {token(t, b.page(casePath(c)), casePath(c), "note")}, "words": {"một lần thôi"}}
	b.post(casePath(c)+"/orders/note", form)
	b.post(casePath(c)+"/orders/note", form)
	if page := readable(b.page(casePath(c))); !strings.Contains(page, "Việc này đã làm rồi") {
		t.Errorf("after the second sending the page says %q", page)
	}
	said, err := w.reader.Words(t.Context(), w.caseNow(c))
	if err != nil {
		t.Fatal(err)
	}
	notes := 0
	for _, s := range said {
		if s.From == SpeakerNote {
			notes++
		}
	}
	if notes != 1 {
		t.Errorf("Words() has %d notes, want 1: %+v", notes, said)
	}
}

func TestOrders_RefusesWhatNoFormHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.open("giamsat", account.Supervisor, here1)
	good := func(change func(url.Values)) url.Values {
		form := url.Values{"token": {strings.Repeat("C", 26)}, "words": {"x"}, "contact": {"van-phong"}, "urgency": {"urgent"}, "need": {"police"}, "outcome": {"helped"}, "reason": {"y"}}
		change(form)
		return form
	}
	tests := []struct {
		name, order string
		form        url.Values
		want        int
	}{
		{"no token", "note", good(func(f url.Values) { f.Del("token") }), http.StatusBadRequest},
		{"the carrier's token", "note", good(func(f url.Values) { f.Set("token", "sent:SM1") }), http.StatusBadRequest},
		{"no words", "note", good(func(f url.Values) { f.Set("words", " \n ") }), http.StatusBadRequest},
		{"too many words", "write", good(func(f url.Values) { f.Set("words", strings.Repeat("ữ", maxWords+1)) }), http.StatusBadRequest},
		{"oversized", "write", good(func(f url.Values) { f.Set("words", strings.Repeat("x", maxForm)) }), http.StatusRequestEntityTooLarge},
		{"made-up urgency", "correct", good(func(f url.Values) { f.Set("urgency", "calm") }), http.StatusBadRequest},
		{"made-up need", "correct", good(func(f url.Values) { f.Set("need", "money") }), http.StatusBadRequest},
		{"made-up outcome", "close", good(func(f url.Values) { f.Set("outcome", "lost") }), http.StatusBadRequest},
		{"no reason", "close", good(func(f url.Values) { f.Set("reason", "") }), http.StatusBadRequest},
		{"nobody", "alert", good(func(f url.Values) { f.Set("contact", "") }), http.StatusBadRequest},
	}
	version := w.caseNow(c).Version
	for _, tt := range tests {
		got := b.post(casePath(c)+"/orders/"+tt.order, tt.form)
		if got.Code != tt.want {
			t.Errorf("%s: %s = %d, want %d", tt.name, tt.order, got.Code, tt.want)
		}
		if back := strings.Contains(got.Body.String(), `<a class="btn primary" href="`+casePath(c)+`">`); back != (tt.want == http.StatusBadRequest) {
			t.Errorf("%s: the answer leads back to the case: %v", tt.name, back)
		}
	}
	if got := w.caseNow(c).Version; got != version {
		t.Errorf("the case went from version %d to %d, want nothing done", version, got)
	}
}

func TestForms_OfferNobodyWhoMayNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, "+84935111999", danger) // kin of hoa
	page := w.open("giamsat", account.Supervisor, here1).page(casePath(c))
	if strings.Contains(page, `value="hoa"`) || !strings.Contains(page, `value="lan"`) {
		t.Error("the form offers a contact of the person's own household, or not everybody else")
	}
}

// A phone that is let loose on the line must not make its case's page heavy; all of it is one click away.
func TestCase_ALongStoryBeginsWithItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	for range mostEvents - 1 {
		w.text(here1, victim, "em sợ")
	}
	b := w.open("giamsat", account.Supervisor, here1)
	const first, link = "Có người nhắn tin. Mở ca", "?all=1\">Xem từ đầu"
	if page := b.page(casePath(c)); !strings.Contains(page, first) || strings.Contains(page, link) {
		t.Errorf("with %d events the page leaves out the first, or offers more", mostEvents)
	}
	w.text(here1, victim, "em sợ lắm")
	for _, path := range []string{casePath(c), casePath(c) + "/fragment"} {
		if page := b.page(path); strings.Contains(page, first) || !strings.Contains(page, casePath(c)+link) {
			t.Errorf("%s of %d events tells of the first, or does not say where it is", path, mostEvents+1)
		}
		if page := b.page(path + "?all=1"); !strings.Contains(page, first) || strings.Contains(page, link) {
			t.Errorf("%s?all=1 does not tell of the first event", path)
		}
	}
	if page := b.page(casePath(c) + "?all=1"); !strings.Contains(page, `data-from="`+casePath(c)+`/fragment?all=1"`) {
		t.Error("the whole story is cut when it is brought up to date")
	}
}

// A form of the browser's memory that is sent once more does not close a case that was opened again meanwhile.
func TestOrders_AFormSentTwiceClosesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open("mai", account.Supervisor, here1)
	c := w.text(here1, victim, danger)
	form := url.Values{"token": {strings.Repeat("A", 26)}, "outcome": {"helped"}, "reason": {"đã tới nơi an toàn"}}
	b.post(casePath(c)+"/orders/close", form)
	if w.caseNow(c).Open() {
		t.Fatal("the case is not closed")
	}
	b.post(casePath(c)+"/orders/reopen", url.Values{"token": {strings.Repeat("B", 26)}})
	if got := b.post(casePath(c)+"/orders/close", form); got.Code != http.StatusSeeOther || !w.caseNow(c).Open() {
		t.Errorf("the same form once more = %d, open %v, want 303 and the case open", got.Code, w.caseNow(c).Open())
	}
}
