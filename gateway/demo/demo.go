// Package demo is `hotline demo`: the whole system on one machine with nothing else installed, and a web
// page that shows the phones of one person at risk and of four contacts. They text and they call; what a phone
// hears stands there as text, so that a call can be followed without a sound. Beside the phones, or in a tab of
// its own, the supervisor's board shows what happens on them, and two weeks before that package past makes up.
//
// Everything but the two ends is the real thing: the gateway of production, on a Redis in memory, behind
// signed webhooks, with the policies, texts, prompts and restraint of a real line, and the board with its accounts
// and sessions on a listener of its own. Only the carrier is simulated, the ward is made up, as every page of the
// board says, and one way into the board is the demo's own: a click on the demo's page gives a browser on the same
// machine a ticket, good once and for half a minute, in the place of password and second factor. A real board may be open in the
// same browser: the demo's neither sees nor touches its cookies.
//
// The package promises that nothing leaves the process but the pages themselves, and that nothing is kept when it
// ends. It refuses to be more than a demo: its line and numbers cannot be applied to a real gateway, and it takes no
// settings of one; no part of production knows of the tickets.
package demo

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"sync"
	"time"

	"github.com/tincay/hotline/gateway/demo/past"
	"github.com/tincay/hotline/routing/texts"
)

// Options are what a demo is made of.
type Options struct {
	// Language is what page and hotline speak at first; the page can change it.
	Language texts.Language
	// Logger hears what goes wrong. Nothing that anybody writes reaches it.
	Logger *slog.Logger
	// Empty leaves out the two weeks of made-up history that the board shows.
	Empty bool

	places places // [Run] fills it in
}

// demo is a running demo. Any number of browsers may use it; all see the same phones and the same board.
type demo struct {
	setting

	places   places
	words    map[texts.Language]words
	page     *template.Template
	stopping context.Context // ends with Close
	stop     context.CancelFunc

	turning sync.Mutex // one change of world or language at a time
	empty   bool
	past    *past.Past // of every world of this day; nil if it has not been made

	mu       sync.Mutex // guards what follows
	world    *world
	language texts.Language
	changed  chan struct{} // closed and replaced when there is something new to show
}

// newDemo starts a demo.
func newDemo(ctx context.Context, o Options) (*demo, error) {
	w, err := newWard()
	if err != nil {
		return nil, err
	}
	said, err := readWords()
	if err != nil {
		return nil, err
	}
	page, err := template.ParseFS(pageFiles, "page.html", "door.html")
	if err != nil {
		return nil, err
	}
	if _, ok := said[o.Language]; !ok {
		return nil, errLanguage
	}
	d := &demo{places: o.places, empty: o.Empty, words: said, page: page, language: o.Language, changed: make(chan struct{})}
	d.setting = setting{ward: w, notice: map[texts.Language]string{}, logger: o.Logger, tell: d.announce}
	for language, w := range said {
		if d.notice[language], err = w.T("board.notice"); err != nil {
			return nil, err
		}
	}
	d.stopping, d.stop = context.WithCancel(context.Background())
	if d.world, err = d.newWorld(ctx, o.Language); err != nil {
		d.stop()
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// newWorld makes a world, and its past if that was not made yet today.
func (d *demo) newWorld(ctx context.Context, language texts.Language) (*world, error) {
	now := time.Now()
	if !d.empty && (d.past == nil || !d.past.Of(now)) {
		made, err := past.Make(ctx, d.ward.file, now)
		if err != nil {
			return nil, err
		}
		if d.past != nil {
			d.past.Close()
		}
		d.past = made
	}
	return newWorld(ctx, d.setting, d.past, language)
}

var (
	errLanguage = errors.New("the demo speaks vi and en")
	errClosed   = errors.New("the demo has been closed")
)

// Close ends the demo, once: open pages are let go, work in hand is finished.
func (d *demo) Close() error {
	d.stop()
	d.turning.Lock()
	defer d.turning.Unlock()
	if d.past != nil {
		d.past.Close()
		d.past = nil
	}
	if last := d.replace(nil); last != nil {
		return last.stop()
	}
	return nil
}

// visit is a look at the present: the world stays until the visit is over.
type visit struct {
	world    *world
	language texts.Language
	changed  <-chan struct{} // closed when there is something new to show
}

// visit fails when the demo has been closed. Whoever gets a visit calls done.
func (d *demo) visit() (visit, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.world == nil {
		return visit{}, errClosed
	}
	d.world.visitors.Add(1)
	return visit{d.world, d.language, d.changed}, nil
}

func (v visit) done() { v.world.visitors.Done() }

// replace puts a world in the place of another, which nobody can begin to visit any more.
func (d *demo) replace(fresh *world) (old *world) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, d.world = d.world, fresh
	return old
}

// announce tells every open page to look again.
func (d *demo) announce() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.changed)
	d.changed = make(chan struct{})
}

// startAgain puts a new world in the place of the one there was, with the same past: another person, as it were,
// on a day on which nothing has happened yet.
func (d *demo) startAgain(ctx context.Context) error {
	d.turning.Lock()
	defer d.turning.Unlock()
	if d.stopping.Err() != nil {
		return errClosed
	}
	d.mu.Lock()
	language := d.language
	d.mu.Unlock()
	fresh, err := d.newWorld(ctx, language)
	if err != nil {
		return err
	}
	old := d.replace(fresh)
	d.announce()
	return old.stop()
}

// speak changes the language of the page and of what the hotline writes from now on.
func (d *demo) speak(ctx context.Context, language texts.Language) error {
	if _, ok := d.words[language]; !ok {
		return errLanguage
	}
	d.turning.Lock()
	defer d.turning.Unlock()
	v, err := d.visit()
	if err != nil {
		return err
	}
	defer v.done()
	if err := v.world.speak(ctx, language); err != nil {
		return err
	}
	d.mu.Lock()
	d.language = language
	d.mu.Unlock()
	d.announce()
	return nil
}
