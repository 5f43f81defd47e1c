package supervisor

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
)

// kin is somebody from whose cases the contact hoa is kept apart.
const kin = "+84935111999"

// relative makes an account whose owner is a contact of a line, and signs it in.
func (w *world) relative(name string, id contacts.ID, lines account.Lines) *browser {
	w.t.Helper()
	return w.openAs(account.New{
		Name: name, Role: account.Supervisor, Lines: lines, Contacts: []account.Contact{{Line: here1, ID: id}},
	})
}

// everywhere lists the pages on which a case could show.
func everywhere(c *routing.Case) []string {
	paths := []string{
		"/", "/now/fragment", "/find", "/find?code=" + string(c.Code), "/roster", "/times", "/times?measure=close",
		"/times.csv?from=2000-01-01&to=2000-01-03&table=all", "/times.csv?from=2000-01-01&to=2000-01-03&table=funnel",
		"/times.csv?from=2000-01-01&to=2000-01-03&table=alerts", "/times.csv?from=2000-01-01&to=2000-01-03&table=cases",
	}
	for _, a := range auditActions() {
		if a != audit.Export { // of which looking here leaves entries
			paths = append(paths, "/audit?action="+string(a))
		}
	}
	return paths
}

// Whoever is kept apart from a person finds every page as it was before that person asked for help, and as it was
// again when somebody had looked into the case and closed it.
func TestApart_NoPageShowsACaseOfKin(t *testing.T) {
	for name, lines := range map[string]account.Lines{"of this line": {IDs: []contacts.LineID{here1}}, "of all lines": {All: true}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				colleague := w.open("mai", account.Supervisor, here1)
				other := w.text(here1, victim, danger)
				w.text(here1, "+84905000001", "1") // lan has it, so that it stays as it is
				hers := w.relative("hoa", "hoa", lines)
				stream := hers.listen()
				defer stream.stop()
				probe := &routing.Case{Code: "ZZ"}
				look := func() map[string]string {
					time.Sleep(indexEvery + time.Second) // whatever follows the journal has seen it; nobody carries anything out here, so not for long
					synctest.Wait()
					pages := map[string]string{}
					for _, path := range everywhere(probe) {
						pages[path] = timeless(hers.page(path))
					}
					return pages
				}
				before := look()
				told, _ := stream.got()

				c := w.text(here1, kin, danger)
				probe.Code = c.Code
				path := casePath(c)
				time.Sleep(2 * snapshotLasts)
				if got := colleague.page("/"); !strings.Contains(got, path) {
					t.Fatal("a colleague does not see the case either")
				}
				w.compare("the case is open", before, look(), "ZZ", string(c.Code))
				for _, path := range []string{path, path + "/fragment", "/case/cam-thanh/" + strings.Repeat("a", 16)} {
					if got := hers.get(path); got.Code != http.StatusNotFound {
						t.Errorf("GET %s = %d, want 404", path, got.Code)
					}
				}
				form := url.Values{"token": {strings.Repeat("A", 26)}, "words": {"x"}, "reason": {"tôi muốn biết"}, "outcome": {"helped"}, "contact": {"lan"}}
				for _, order := range []string{"/words", "/orders/note", "/orders/close", "/orders/alert", "/orders/write"} {
					if got := hers.post(path+order, form); got.Code != http.StatusNotFound {
						t.Errorf("POST %s = %d, want 404", path+order, got.Code)
					}
				}

				if got := colleague.post(path+"/words", url.Values{"reason": {"cần địa chỉ"}}); got.Code != http.StatusOK {
					t.Fatalf("a colleague looks into the words = %d, want 200", got.Code)
				}
				colleague.post(path+"/orders/close", url.Values{"token": {strings.Repeat("B", 26)}, "outcome": {"helped"}, "reason": {"đã tới nơi an toàn"}})
				if w.caseNow(c).Open() {
					t.Fatal("the case is not closed")
				}
				w.compare("the case is closed", before, look(), "ZZ", string(c.Code))
				if now, _ := stream.got(); strings.Contains(strings.TrimPrefix(now, told), string(c.ID)) || strings.Contains(now, string(c.ID)) {
					t.Errorf("her page's stream names the case: %q", now)
				}
				if page := hers.page("/"); !strings.Contains(page, casePath(other)) {
					t.Error("she does not see what she may see")
				}
			})
		})
	}
}

// compare fails for every page that changed, other than by the code that was looked for.
func (w *world) compare(when string, before, after map[string]string, wasCode, isCode string) {
	w.t.Helper()
	for path, was := range before {
		is, ok := after[strings.ReplaceAll(path, wasCode, isCode)]
		if !ok {
			w.t.Fatalf("%s: %s was not looked at", when, path)
		}
		if diff := cmp.Diff(strings.ReplaceAll(was, wasCode, isCode), is); diff != "" {
			w.t.Errorf("%s: %s has changed (-before +after):\n%s", when, path, diff)
		}
	}
}

// running is what changes on a page by itself: instants and clocks.
var running = regexp.MustCompile(`data-(?:now|since|until)="\d+"|\d+:\d\d(?::\d\d)?(?:\.\d+)?`)

func timeless(page string) string { return running.ReplaceAllString(page, "~") }

// A person may ask for somebody else: whoever had the case before does not go on watching it.
func TestApart_WhoWasNotWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	lan := w.relative("lan", "lan", account.Lines{IDs: []contacts.LineID{here1}})
	if got := lan.get(casePath(c)); got.Code != http.StatusOK {
		t.Fatalf("before she has lost it GET the case = %d, want 200", got.Code)
	}
	if err := w.board.people.learn(t.Context(), here1, []routing.CaseID{c.ID}); err != nil {
		t.Fatal(err)
	}
	if got := w.open("mai", account.Supervisor, here1).post(casePath(c)+"/words", url.Values{"reason": {"cần địa chỉ"}}); got.Code != http.StatusOK {
		t.Fatalf("a colleague looks into the words = %d, want 200", got.Code)
	}
	w.text(here1, "+84905000001", "1")
	w.text(here1, victim, "KHAC")
	if got := w.caseNow(c); !slices.Contains(got.Barred, "lan") {
		t.Fatalf("the case bars %v, want lan", got.Barred)
	}
	if got := lan.get(casePath(c)); got.Code != http.StatusNotFound {
		t.Errorf("afterwards GET the case = %d, want 404", got.Code)
	}
	w.board.forget(here1) // as what follows the journal does
	if page := lan.page("/"); strings.Contains(page, casePath(c)) {
		t.Error("the board still shows her the case")
	}
	if page := lan.page("/audit"); strings.Contains(page, casePath(c)) {
		t.Error("the log of accesses still shows her the case")
	}
	if err := w.board.people.learn(t.Context(), here1, []routing.CaseID{c.ID}); err != nil {
		t.Fatal(err)
	}
	if w.board.people.mayKnow(&account.User{Contacts: []account.Contact{{Line: here1, ID: "lan"}}}, change{here1, c.ID}) {
		t.Error("mayKnow() of who was not wanted = true, although they were not barred when it was first learned")
	}
}

// An account whose owner is not in the directory (any more) is shown no case rather than one too many, and told why.
func TestApart_WhoIsNotInTheDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.text(here1, victim, danger)
	b := w.relative("nguoi-cu", "da-nghi", account.Lines{IDs: []contacts.LineID{here1}})
	if page := b.page("/"); strings.Contains(page, casePath(c)) || !strings.Contains(readable(page), "không có trong danh bạ của đường dây") {
		t.Errorf("the board of somebody unknown shows a case or does not say why it shows none:\n%s", readable(page))
	}
	if page := w.relative("hoa", "hoa", account.Lines{IDs: []contacts.LineID{here1}}).page("/"); strings.Contains(readable(page), "không có trong danh bạ") {
		t.Error("the board of somebody known says that they are not in the directory")
	}
}

// What cannot be looked up is not told.
func TestApart_WhatIsNotKnownIsNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hoa := &account.User{Contacts: []account.Contact{{Line: here1, ID: "hoa"}}}
	c := w.text(here1, victim, danger)
	seen := change{here1, c.ID}
	if w.board.people.mayKnow(hoa, seen) {
		t.Error("mayKnow() before it was learned whose the case is = true, want false")
	}
	w.redis.SetError("LOADING")
	if err := w.board.people.learn(t.Context(), here1, []routing.CaseID{c.ID}); err == nil {
		t.Error("learn() without storage = nil, want an error")
	}
	w.redis.SetError("")
	if err := w.board.people.learn(t.Context(), here1, []routing.CaseID{c.ID, "aaaaaaaaaaaaaaaa"}); err != nil {
		t.Errorf("learn() = %v, want nil", err)
	}
	if !w.board.people.mayKnow(hoa, seen) || w.board.people.mayKnow(hoa, change{here1, "aaaaaaaaaaaaaaaa"}) {
		t.Error("mayKnow() does not hold for the case that was learned alone")
	}
	if nobody := new(account.User); !w.board.people.mayKnow(nobody, change{here1, "bbbbbbbbbbbbbbbb"}) {
		t.Error("mayKnow() of somebody who is no contact = false, want true")
	}
}

// That somebody is being alerted says that there is a case.
func TestApart_HealthDoesNotGiveAwayThatSomebodyIsAlerted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.text(here1, kin, danger)
	const moves = "đang gửi"
	if page := readable(w.open("mai", account.Supervisor, here1).page("/")); !strings.Contains(page, moves) {
		t.Fatalf("a colleague's board does not say %q:\n%s", moves, page)
	}
	if page := readable(w.relative("hoa", "hoa", account.Lines{IDs: []contacts.LineID{here1}}).page("/")); strings.Contains(page, moves) {
		t.Errorf("the board of whoever must not know of the only case says %q", moves)
	}
}

// Whoever is kept apart from a person is so on whichever line that person asks for help.
func TestApart_KinOnANeighbouringLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, other := w.text(there, kin, danger), w.text(there, victim, danger)
	hoa := w.relative("hoa", "hoa", account.Lines{All: true})
	if page := hoa.page("/"); strings.Contains(page, casePath(c)) || !strings.Contains(page, casePath(other)) {
		t.Error("the board shows the case of kin on another line, or not the case of somebody else there")
	}
	if got := hoa.get(casePath(c)); got.Code != http.StatusNotFound {
		t.Errorf("GET the case of kin on another line = %d, want 404", got.Code)
	}
}

// The log of accesses gives away neither by its numbers, nor by how many entries it has, nor by a link to older ones
// that there are entries which are not shown.
func TestApart_TheLogHasNoGap(t *testing.T) {
	for name, lines := range map[string]account.Lines{"of this line": {IDs: []contacts.LineID{here1}}, "of all lines": {All: true}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				colleague := w.open("mai", account.Supervisor, here1)
				c := w.text(here1, kin, danger)
				look := func(c *routing.Case) {
					if got := colleague.post(casePath(c)+"/words", url.Values{"reason": {"cần địa chỉ"}}); got.Code != http.StatusOK {
						t.Fatalf("words = %d", got.Code)
					}
				}
				look(c) // the oldest entry about a case is hidden
				other := w.text(here1, victim, danger)
				for range auditPageSize {
					look(other)
				}
				hoa := w.relative("hoa", "hoa", lines)
				page := hoa.page("/audit?action=reveal_words")
				if strings.Contains(page, `rel="next"`) || regexp.MustCompile(`số [0-9]`).MatchString(page) {
					t.Error("the log links to older entries that are not shown, or numbers its entries")
				}
				verify := func() string {
					time.Sleep(verifyAgain + time.Second)
					hoa.post("/audit/verify", nil)
					time.Sleep(time.Second)
					return timeless(hoa.page("/audit?action=order"))
				}
				before := verify()
				if !strings.Contains(before, "nguyên vẹn") {
					t.Fatalf("the chain is not found whole:\n%s", readable(before))
				}
				look(c)
				if diff := cmp.Diff(before, verify()); diff != "" {
					t.Errorf("after an entry that is not shown the page has changed (-before +after):\n%s", diff)
				}
			})
		})
	}
}

// A carrier that takes nothing is no reason to tell of a case that is not shown.
func TestApart_HealthWhenOnlyAHiddenCaseIsStuck(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.text(here1, kin, danger)
		time.Sleep(outboxLate + 10*time.Second)
		const late = "có tin chờ gửi"
		if page := readable(w.open("mai", account.Supervisor, here1).page("/")); !strings.Contains(page, late) {
			t.Fatalf("a colleague's board does not say %q:\n%s", late, page)
		}
		if page := readable(w.relative("hoa", "hoa", account.Lines{IDs: []contacts.LineID{here1}}).page("/")); strings.Contains(page, late) {
			t.Errorf("the board of whoever must not know of the only case says %q", late)
		}
	})
}

// Figures from which a case may be missing say so, whether one is missing or not.
func TestApart_FiguresSayThatTheyMayBeShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.text(here1, victim, danger)
	linked := w.relative("hoa", "hoa", account.Lines{IDs: []contacts.LineID{here1}})
	free := w.open("mai", account.Supervisor, here1)
	const short, whole = "không tính ở đây và không có trong tệp", "Không bỏ ca nào"
	if page := linked.page("/times"); !strings.Contains(page, short) || strings.Contains(page, whole) {
		t.Error("figures of somebody in the directory do not say that a case may be missing")
	}
	if page := free.page("/times"); strings.Contains(page, short) || !strings.Contains(page, whole) {
		t.Error("figures of somebody who is nobody in the directory do not say that all cases count")
	}
	file := func(b *browser) string {
		return b.get("/times.csv?from=2000-01-01&to=2000-01-03&table=all").Header().Get("Content-Disposition")
	}
	if got, other := file(linked), file(free); !strings.Contains(got, "filename=linked-hotline-") || strings.Contains(other, "linked") {
		t.Errorf("files are %q and %q, want the first named as one from which a case may be missing", got, other)
	}
	for _, path := range []string{"/times", "/find", "/roster"} {
		b := w.relative("ai"+strings.TrimPrefix(path, "/"), "da-nghi", account.Lines{IDs: []contacts.LineID{here1}})
		if page := b.page(path); !strings.Contains(page, "không có trong danh bạ của đường dây") {
			t.Errorf("GET %s of somebody unknown does not say why nothing is shown", path)
		}
	}
}
