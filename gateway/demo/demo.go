// Package demo is `hotline demo`: the whole system on one machine with nothing else installed, and a web
// page that shows the phones of one person at risk and of four contacts. They text and they call; what a phone
// hears stands there as text, so that a call can be followed without a sound.
//
// Everything but the two ends is the real thing: the gateway of production, on a Redis in memory, behind
// signed webhooks, with the policies, texts, prompts and restraint of a real line. Only the carrier is simulated,
// and the ward is made up. The package promises that nothing leaves the process but the page itself, and
// that nothing is kept when it ends. It refuses to be more than a demo: its line and numbers cannot be
// applied to a real gateway, and it takes no settings of one.
package demo

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"sync"

	"github.com/tincay/hotline/routing/texts"
)

// Options are what a [Demo] is made of.
type Options struct {
	// Language is what page and hotline speak at first; the page can change it.
	Language texts.Language
	// Logger hears what goes wrong. Nothing that anybody writes reaches it.
	Logger *slog.Logger
}

// Demo is a running demo. Its handler may be used by any number of browsers; all see the same phones.
type Demo struct {
	logger   *slog.Logger
	ward     *ward
	words    map[texts.Language]words
	page     *template.Template
	stopping context.Context // ends with Close
	stop     context.CancelFunc

	turning sync.Mutex // one change of world or language at a time

	mu       sync.Mutex // guards what follows
	world    *world
	language texts.Language
	changed  chan struct{} // closed and replaced when there is something new to show
}

// New starts a demo.
func New(ctx context.Context, o Options) (*Demo, error) {
	w, err := newWard()
	if err != nil {
		return nil, err
	}
	said, err := readWords()
	if err != nil {
		return nil, err
	}
	page, err := template.ParseFS(pageFiles, "page.html")
	if err != nil {
		return nil, err
	}
	if _, ok := said[o.Language]; !ok {
		return nil, errLanguage
	}
	d := &Demo{logger: o.Logger, ward: w, words: said, page: page, language: o.Language, changed: make(chan struct{})}
	d.stopping, d.stop = context.WithCancel(context.Background())
	if d.world, err = newWorld(ctx, w, o.Language, o.Logger, d.announce); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

var (
	errLanguage = errors.New("the demo speaks vi and en")
	errClosed   = errors.New("the demo has been closed")
)

// Close ends the demo, once: open pages are let go, work in hand is finished.
func (d *Demo) Close() error {
	d.stop()
	d.turning.Lock()
	defer d.turning.Unlock()
	return d.replace(nil).stop()
}

// visit is a look at the present: the world stays until the visit is over.
type visit struct {
	world    *world
	language texts.Language
	changed  <-chan struct{} // closed when there is something new to show
}

// visit fails when the demo has been closed. Whoever gets a visit calls done.
func (d *Demo) visit() (visit, error) {
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
func (d *Demo) replace(fresh *world) (old *world) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, d.world = d.world, fresh
	return old
}

// announce tells every open page to look again.
func (d *Demo) announce() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.changed)
	d.changed = make(chan struct{})
}

// startAgain puts a new world in the place of the one there was: another person, as it were, on a day on
// which nothing has happened yet.
func (d *Demo) startAgain(ctx context.Context) error {
	d.turning.Lock()
	defer d.turning.Unlock()
	if d.stopping.Err() != nil {
		return errClosed
	}
	d.mu.Lock()
	language := d.language
	d.mu.Unlock()
	fresh, err := newWorld(ctx, d.ward, language, d.logger, d.announce)
	if err != nil {
		return err
	}
	old := d.replace(fresh)
	d.announce()
	return old.stop()
}

// speak changes the language of the page and of what the hotline writes from now on.
func (d *Demo) speak(ctx context.Context, language texts.Language) error {
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
