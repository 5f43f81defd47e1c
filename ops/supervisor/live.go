package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
)

const (
	// followEvery is how often the journal is looked at: an event is to show within half a second.
	followEvery = 150 * time.Millisecond
	// aliveEvery is how often an open page is told that the connection still stands, and its session is
	// looked at again.
	aliveEvery = 15 * time.Second
	// writeTimeout bounds one write to an open page.
	writeTimeout = 10 * time.Second
	// mostNamed bounds the cases named in one event; with more a page is told that all may have changed.
	mostNamed = 100
)

// change is what happened to a case, or with an empty case to a line.
type change struct {
	line contacts.LineID
	id   routing.CaseID
}

// live follows the journal, once for all open pages, and tells each what it may see.
type live struct {
	b *Board

	mu      sync.Mutex
	streams map[*stream]struct{}
	each    map[string]int // by login
	failing bool
	stopped bool
}

// stream is one page that is kept up to date.
type stream struct {
	who   string
	wake  chan struct{}   // of one place: something is to be told
	check chan struct{}   // of one place: is the session still good?
	end   <-chan struct{} // closed when the board stops
	stop  func()          // closes end
	news  map[change]bool // not told yet; guarded by live.mu
	user  account.User
}

func newLive(b *Board) *live {
	return &live{b: b, streams: map[*stream]struct{}{}, each: map[string]int{}}
}

// join adds a stream, unless there are too many.
func (l *live) join(who account.User) (*stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped || len(l.streams) >= l.b.o.MaxStreams || l.each[who.Name] >= l.b.o.StreamsEach {
		return nil, errBusy
	}
	end := make(chan struct{})
	s := &stream{
		who: who.Name, wake: make(chan struct{}, 1), check: make(chan struct{}, 1), end: end,
		stop: sync.OnceFunc(func() { close(end) }), news: map[change]bool{}, user: who,
	}
	l.streams[s] = struct{}{}
	l.each[s.who]++
	return s, nil
}

func (l *live) part(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams, s)
	if l.each[s.who]--; l.each[s.who] <= 0 {
		delete(l.each, s.who)
	}
}

// check has the streams of an account look at once whether their session is still good.
func (l *live) check(login string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.streams {
		if s.who == login {
			poke(s.check)
		}
	}
}

func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// may reports whether a stream may be told of a change.
func (l *live) may(s *stream, c change) bool {
	return account.May(s.user, account.SeeBoard, c.line).OK() && l.b.people.mayKnow(&s.user, c)
}

// learn finds out whose the cases are, if anybody watches who is kept apart from somebody. Of what cannot be learned
// they are told nothing; their pages look again after a while.
func (l *live) learn(ctx context.Context, changes []change) error {
	l.mu.Lock()
	apart := false
	for s := range l.streams {
		apart = apart || len(s.user.Contacts) > 0
	}
	l.mu.Unlock()
	if !apart {
		return nil
	}
	byLine := map[contacts.LineID][]routing.CaseID{}
	for _, c := range changes {
		byLine[c.line] = append(byLine[c.line], c.id)
	}
	var failed error
	for line, ids := range byLine {
		failed = errors.Join(failed, l.b.people.learn(ctx, line, ids))
	}
	return failed
}

// tell notes changes for every stream that may see them.
func (l *live) tell(changes []change) {
	for _, c := range changes {
		l.b.forget(c.line)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.streams {
		for _, c := range changes {
			if len(s.news) <= mostNamed && l.may(s, c) { // one too many says that all may have changed
				s.news[c] = true
			}
		}
		if len(s.news) > 0 {
			poke(s.wake)
		}
	}
}

// take returns what a stream is to be told.
func (l *live) take(s *stream) map[change]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	news := s.news
	s.news = map[change]bool{}
	return news
}

// run follows the journal of every shard until ctx ends.
func (l *live) run(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	places := map[string]string{}
	for {
		select {
		case <-ctx.Done():
			l.mu.Lock()
			l.stopped = true
			for s := range l.streams {
				s.stop()
			}
			l.mu.Unlock()
			return
		case <-tick.C:
		}
		l.mu.Lock()
		watched := len(l.streams) > 0
		l.mu.Unlock()
		if !watched {
			clear(places) // who comes next sees a page made after this
			continue
		}
		changes, err := l.follow(ctx, places)
		err = errors.Join(err, l.learn(ctx, changes))
		l.report(ctx, err)
		if len(changes) > 0 {
			l.tell(changes)
		}
	}
}

// follow reads what was added to the journal since the last time.
func (l *live) follow(ctx context.Context, places map[string]string) ([]change, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	seen := map[change]bool{}
	var changes []change
	read := map[string]bool{}
	for _, line := range l.b.o.Lines.All() {
		shard := l.b.o.Cases.Shard(line.ID)
		if read[shard] {
			continue
		}
		read[shard] = true
		if places[shard] == "" {
			// Somewhat earlier: the clock of the storage is not ours, and a change told twice does no harm.
			places[shard] = store.JournalBefore(l.b.o.Now().Add(-10 * time.Second))
		}
		for h, err := range l.b.o.Cases.History(ctx, line.ID, places[shard]) {
			if err != nil {
				return changes, err
			}
			places[shard] = h.ID
			for _, n := range h.Notes {
				if c := (change{h.Line, n.Case}); !seen[c] {
					seen[c] = true
					changes = append(changes, c)
				}
			}
		}
	}
	return changes, nil
}

// report logs when following begins to fail, not every time it does.
func (l *live) report(ctx context.Context, err error) {
	if err != nil && !l.failing && ctx.Err() == nil {
		l.b.o.Logger.Error("pages cannot be kept up to date", slog.Any("error", err))
	}
	l.failing = err != nil
}

// events keeps a page up to date: it names the cases that have changed, and the page asks for what it shows.
// The stream ends with the session.
func (b *Board) events(w http.ResponseWriter, q *query) error {
	s, err := b.live.join(*q.who)
	if err != nil {
		return err
	}
	defer b.live.part(s)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy that collects answers would hold events back
	out := &writer{w: w, control: http.NewResponseController(w)}
	// The server's limit on reading a request would end it, too: once it is over the context is canceled.
	if err := out.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if err := out.send("retry: 2000\nevent: hello\ndata: {}\n\n"); err != nil {
		return b.gone(q, err)
	}
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	for {
		text := ": still here\n\n"
		check := false
		select {
		case <-q.Context().Done():
			return nil
		case <-s.end:
			return nil
		case <-alive.C:
			check = true
		case <-s.check:
			check = true
		case <-s.wake:
			text = named(b.live.take(s))
		}
		if check && !b.stillIn(q) {
			return b.gone(q, out.send("event: out\ndata: {}\n\n"))
		}
		if err := out.send(text); err != nil {
			return b.gone(q, err)
		}
	}
}

// stillIn looks whether a session is still good. What cannot be looked at is not taken for an end.
func (b *Board) stillIn(q *query) bool {
	ctx, cancel := context.WithTimeout(q.Context(), answerTimeout)
	defer cancel()
	_, err := b.o.Sessions.Still(ctx)
	return !errors.Is(err, account.ErrNoSession)
}

// gone ends a page's stream. It is too late for an answer that says so; the page connects anew.
func (b *Board) gone(q *query, err error) error {
	if err != nil && q.Context().Err() == nil {
		b.o.Logger.Info("page lost", slog.Any("error", err))
	}
	return nil
}

// named writes an event that names what has changed.
func named(news map[change]bool) string {
	event := struct {
		All   bool     `json:"all"`
		Cases []string `json:"cases"`
	}{Cases: []string{}}
	if event.All = len(news) > mostNamed; event.All {
		clear(news)
	}
	for c := range news {
		event.Cases = append(event.Cases, string(c.line)+"/"+string(c.id))
	}
	data, _ := json.Marshal(event) // strings and a bool can always be written
	return "event: changed\ndata: " + string(data) + "\n\n"
}

// writer writes server-sent events.
type writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (o *writer) send(text string) error {
	// The server's own limit on writing would end the stream.
	if err := o.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("write to page: %w", err)
	}
	if _, err := fmt.Fprint(o.w, text); err != nil {
		return fmt.Errorf("write to page: %w", err)
	}
	if err := o.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("write to page: %w", err)
	}
	return nil
}
