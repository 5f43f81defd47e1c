package supervisor

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

// nowHeader tells a page what time it was when it was answered, in unix milliseconds: what is shown may have been
// put together up to [snapshotLasts] before, and the page's clocks must not go back by that.
const nowHeader = "Hotline-Now"

// fragments keeps the part of the first page that is kept up to date, as it was put together last. Every open page
// asks for it after every event, and all of those whose owners may see the same get the same: with two hundred open
// cases putting it together takes longer than all the rest of an answer (BenchmarkNow_With200OpenCases). It is
// good until the next event, and never for longer than what it was made of.
type fragments struct {
	mu      sync.Mutex
	changes uint64 // how many lines have been forgotten, so far
	kept    map[string]*fragment
}

// fragment is one of them.
type fragment struct {
	at      time.Time // when what it is made of was read; guarded by fragments.mu
	changes uint64
	made    chan struct{} // closed once there is what follows
	asOf    time.Time
	title   string
	cards   cards
	body    []byte
	err     error

	pack   sync.Once
	packed []byte
}

// forget has the next who asks get what there is then.
func (f *fragments) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes++
}

// viewer is all that decides what somebody sees on the first page, apart from what has happened. Nothing else of a
// request or an account reaches what puts the page together, so that nobody is shown what was made for others.
type viewer struct {
	words    words
	lines    []*routing.Line // those that they may see, by id
	contacts []account.Contact
}

func (b *Board) viewer(q *query) viewer {
	return viewer{q.words, b.linesFor(q, account.SeeBoard), q.who.Contacts}
}

// key names all of a viewer. A line that was changed is another one.
func (v viewer) key() string {
	var key strings.Builder
	key.WriteString(string(v.words.Language))
	for _, l := range v.lines {
		fmt.Fprintf(&key, " %s@%d", l.ID, l.Generation)
	}
	for _, c := range v.contacts {
		fmt.Fprintf(&key, " %s:%q", c.Line, string(c.ID))
	}
	return key.String()
}

// query is what a fragment is put together for: a viewer and the time.
func (v viewer) query(now time.Time) *query {
	return &query{who: &account.User{Contacts: v.contacts}, words: v.words, now: now}
}

// fragment returns the fragment for whoever asks, as it would be if it were put together now, or up to
// [snapshotLasts] ago with nothing known to have happened since.
func (b *Board) fragment(ctx context.Context, q *query) (*fragment, error) {
	of := b.viewer(q)
	kept, mine := b.fragments.take(of.key(), q.now)
	if mine {
		b.fill(ctx, kept, of, q.now)
		b.fragments.filled(of.key(), kept)
	}
	select {
	case <-kept.made:
		return kept, kept.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// take returns the fragment that is kept for a viewer, or a new one that whoever asked has to fill.
func (f *fragments) take(key string, now time.Time) (kept *fragment, mine bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept = f.kept[key]
	if kept != nil && kept.changes == f.changes && !old(kept.at, now) {
		return kept, false
	}
	if f.kept == nil {
		f.kept = map[string]*fragment{}
	}
	maps.DeleteFunc(f.kept, func(_ string, other *fragment) bool { return old(other.at, now) })
	kept = &fragment{at: now, changes: f.changes, made: make(chan struct{})}
	f.kept[key] = kept
	return kept, true
}

// filled lets those have a fragment who wait for it. What failed is not kept.
func (f *fragments) filled(key string, it *fragment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	it.at = it.asOf
	if it.err != nil && f.kept[key] == it {
		delete(f.kept, key)
	}
	close(it.made)
}

// old reports whether what was read at an instant has to be read anew. Requests that come at the same time do not
// get here in the order of their clocks.
func old(at, now time.Time) bool { return now.Sub(at).Abs() >= snapshotLasts }

// fill puts a fragment together. Others wait for it, so it is not given up because the first who asked is gone.
func (b *Board) fill(ctx context.Context, into *fragment, of viewer, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	defer cancel()
	view, err := b.nowView(ctx, of, now)
	var out bytes.Buffer
	if err == nil {
		err = b.pages[of.words.Language]["now"].ExecuteTemplate(&out, "live", view)
	}
	if into.asOf, into.title, into.err = view.asOf, view.Title, err; err == nil {
		into.cards = cut(out.Bytes())
		into.body = into.cards.whole()
	}
}

// showNow shows the first page.
func (b *Board) showNow(w http.ResponseWriter, q *query) error {
	live, err := b.fragment(q.Context(), q)
	if err != nil {
		return err
	}
	return b.render(w, q, http.StatusOK, "now", func(f frame) any { return nowPage{f, live.title, template.HTML(live.body)} }) // written by a template, with everything in it escaped
}

// showNowFragment is what a page asks for when something has changed.
func (b *Board) showNowFragment(w http.ResponseWriter, q *query) error {
	ctx, cancel := context.WithTimeout(q.Context(), answerTimeout)
	defer cancel()
	live, err := b.fragment(ctx, q)
	if err != nil {
		return err
	}
	w.Header().Set(nowHeader, strconv.FormatInt(q.now.UnixMilli(), 10))
	if have := q.Header.Get(haveHeader); have != "" {
		news := live.cards.news(have)
		b.send(w, q, http.StatusOK, news, func() []byte { return b.packer.pack(news) })
		return nil
	}
	b.send(w, q, http.StatusOK, live.body, func() []byte {
		live.pack.Do(func() { live.packed = b.packer.pack(live.body) })
		return live.packed
	})
	return nil
}
