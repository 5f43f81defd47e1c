package supervisor

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing/texts"
)

func TestNotice_StandsOnEveryPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) {
		o.Notice = map[texts.Language]string{texts.Vietnamese: "Diễn tập <1>", texts.English: "A drill <1>"}
	})
	c := w.text(here1, victim, danger)
	b := w.open("giamsat", account.Supervisor, here1)
	stranger := w.stranger()
	for _, language := range []texts.Language{texts.Vietnamese, texts.English} {
		want := map[texts.Language]string{texts.Vietnamese: "Diễn tập &lt;1&gt;", texts.English: "A drill &lt;1&gt;"}[language]
		for _, who := range []*browser{b, stranger} {
			if got := who.post("/language", url.Values{"language": {string(language)}}); got.Code != http.StatusSeeOther {
				t.Fatalf("change of language = %d, want 303", got.Code)
			}
		}
		for _, path := range []string{"/", casePath(c), "/find", "/roster", "/times", "/audit", "/nothing"} {
			if got := b.get(path).Body.String(); strings.Count(got, want) != 1 {
				t.Errorf("%s: %s does not say %q once", language, path, want)
			}
		}
		if got := b.post(casePath(c)+"/words", url.Values{"reason": {"tìm đường"}}).Body.String(); strings.Count(got, want) != 1 {
			t.Errorf("%s: the words of a case come without %q", language, want)
		}
		if got := stranger.page("/sign-in"); strings.Count(got, want) != 1 {
			t.Errorf("%s: the sign-in page does not say %q once", language, want)
		}
		if got := stranger.page("/leave"); strings.Contains(got, want) {
			t.Errorf("%s: the blank page says %q", language, want)
		}
	}
}

func TestNotice_IsNotThereUnlessGiven(t *testing.T) {
	t.Parallel()
	if page := newWorld(t).stranger().page("/sign-in"); strings.Contains(page, `class="standing"`) {
		t.Error("a page has a place for a notice that nobody gave")
	}
	w := newWorld(t)
	o := w.board.o
	o.Notice = map[texts.Language]string{texts.Vietnamese: "Diễn tập"}
	if _, err := New(o); !errors.Is(err, errNotice) {
		t.Errorf("New() with a notice in one language = %v, want %v", err, errNotice)
	}
}
