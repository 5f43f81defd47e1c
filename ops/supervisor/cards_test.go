package supervisor

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/account"
)

var (
	wholeCard = regexp.MustCompile(`(?s)<article [^>]*data-mark="([^"]*)"[^>]*data-key="([^"]*)".*?</article>`)
	sameCard  = regexp.MustCompile(`<article data-key="([^"]*)" data-same></article>`)
)

// news asks for a fragment as a page does that shows another, and returns it with the cards put in that are the same;
// and how many were.
func (b *browser) news(shown string) (page string, same int) {
	b.w.t.Helper()
	have, cards := "", map[string]string{}
	for _, card := range wholeCard.FindAllStringSubmatch(shown, -1) {
		have, cards[card[2]] = have+card[1], card[0]
	}
	r := httptest.NewRequest(http.MethodGet, "/now/fragment", nil)
	r.Header.Set(haveHeader, have)
	answer := b.do(r)
	if answer.Code != http.StatusOK {
		b.w.t.Fatalf("GET /now/fragment = %d, want 200", answer.Code)
	}
	return sameCard.ReplaceAllStringFunc(answer.Body.String(), func(empty string) string {
		same++
		key := sameCard.FindStringSubmatch(empty)[1]
		if cards[key] == "" {
			b.w.t.Errorf("the page does not show %s, which is said to be the same", key)
		}
		return cards[key]
	}), same
}

// However a page came to show what it shows, with the news it shows what there is.
func TestCards_NewsAndWhatIsShownAreTheWhole(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		b := w.open("mai", account.Supervisor, here1)
		shown := b.page("/")
		for _, step := range []struct {
			what string
			do   func()
			same int
		}{
			{"nothing", func() {}, 0},
			{"a case opens", func() { w.text(here1, victim, danger) }, 0},
			{"nothing more", func() {}, 1},
			{"clocks run", func() { time.Sleep(4 * time.Second) }, 1},
			{"two more cases", func() { w.text(here1, "+84935111333", danger); w.text(here1, kin, "em so lam") }, 1},
			{"one is taken", func() { w.text(here1, "+84905000001", "1") }, 2},
			{"one is closed", func() { w.text(here1, "+84905000001", "XONG") }, 2},
			{"nothing once more", func() { time.Sleep(time.Second) }, 2},
			{"it becomes an alarm", func() { time.Sleep(4 * time.Minute) }, 0},
		} {
			step.do()
			time.Sleep(snapshotLasts)
			synctest.Wait()
			got, same := b.news(shown)
			if want := b.page("/now/fragment"); timeless(got) != timeless(want) {
				t.Fatalf("%s: what is shown with the news (-want +got):\n%s", step.what, cmp.Diff(timeless(want), timeless(got)))
			}
			if same != step.same {
				t.Errorf("%s: %d cards are said to be the same, want %d", step.what, same, step.same)
			}
			shown = got
		}
	})
}

// Whoever makes marks up gets whole cards, and is shown nothing by it.
func TestCards_MarksThatNobodyHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.text(here1, victim, danger)
	b := w.open("mai", account.Supervisor, here1)
	whole := timeless(b.page("/now/fragment"))
	for _, have := range []string{"x", strings.Repeat("0", markLength), strings.Repeat("zz9", 20_000), "ệ"} {
		r := httptest.NewRequest(http.MethodGet, "/now/fragment", nil)
		r.Header.Set(haveHeader, have)
		if got := b.do(r); timeless(got.Body.String()) != whole {
			t.Errorf("with marks %.20q the page gets something else than all", have)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	const card = `<article class="card" id="%" data-key="%"><time class="clock" data-since="5">0:01</time> x</article>`
	one, two := strings.ReplaceAll(card, "%", "case-a"), strings.ReplaceAll(card, "%", "case-b")
	for _, tt := range []struct {
		name, body string
		keys       []string
	}{
		{"nothing", "", nil},
		{"no case", "<div>none</div>", nil},
		{"one", "<div>" + one + "</div>", []string{"case-a"}},
		{"two", "<div>\n" + one + two + "\n</div>", []string{"case-a", "case-b"}},
	} {
		c := cut([]byte(tt.body))
		var keys []string
		for _, p := range c.list {
			keys = append(keys, p.key)
		}
		if diff := cmp.Diff(tt.keys, keys); diff != "" {
			t.Errorf("%s: cut() (-want +got):\n%s", tt.name, diff)
		}
		if got := regexp.MustCompile(`data-mark="[^"]*" `).ReplaceAllString(string(c.whole()), ""); got != tt.body {
			t.Errorf("%s: whole() = %q, want %q with marks", tt.name, got, tt.body)
		}
	}
	was := markOf([]byte(one))
	for name, tt := range map[string]struct {
		card string
		same bool
	}{
		"later":              {strings.Replace(one, "0:01", "12:07:45", 1), true},
		"since another time": {strings.Replace(one, `since="5"`, `since="6"`, 1), false},
		"another case":       {two, false},
		"other text":         {strings.Replace(one, " x", " y", 1), false},
		"text in the clock":  {strings.Replace(one, "</time> x", " x</time>", 1), false},
	} {
		if got := markOf([]byte(tt.card)) == was; got != tt.same {
			t.Errorf("%s: the mark is the same = %v, want %v", name, got, tt.same)
		}
	}
	if len(was) != markLength {
		t.Errorf("a mark has %d characters, want %d", len(was), markLength)
	}
}
