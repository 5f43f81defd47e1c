package supervisor

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

// listener is an open page's stream.
type listener struct {
	mu     sync.Mutex
	text   strings.Builder
	header http.Header
	code   int
	ended  bool
	stop   context.CancelFunc
}

func (l *listener) Header() http.Header { return l.header }

func (l *listener) WriteHeader(code int) { l.code = code }

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// Flush does nothing: what is written is there.
func (l *listener) Flush() {}

func (l *listener) got() (text string, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String(), l.ended
}

// listen opens a stream.
func (b *browser) listen() *listener {
	ctx, stop := context.WithCancel(context.Background())
	l := &listener{header: http.Header{}, stop: stop}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/events", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	go func() {
		b.w.board.Handler().ServeHTTP(l, r)
		l.mu.Lock()
		l.ended = true
		l.mu.Unlock()
	}()
	synctest.Wait()
	return l
}

// inBubble runs a story in a bubble with a board that follows the journal.
func inBubble(t *testing.T, story func(*testing.T, *world), change ...func(*Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, change...)
		w.run()
		story(t, w)
	})
}

func TestEvents_NameWhatHappenedToWhoMaySeeIt(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		b, hers := w.open("mai", account.Reader, here1), w.open("hoa", account.Reader, there)
		mine, theirs := b.listen(), hers.listen()
		defer mine.stop()
		defer theirs.stop()
		b.page("/") // a copy of the open cases that must not outlive the change
		c := w.text(here1, victim, danger)
		time.Sleep(400 * time.Millisecond)
		synctest.Wait()
		text, _ := mine.got()
		if !strings.Contains(text, "event: changed\ndata: ") || !strings.Contains(text, string(here1)+"/"+string(c.ID)) {
			t.Errorf("400 ms after a case opened the page has heard %q, want its name", text)
		}
		if page := b.page("/now/fragment"); !strings.Contains(page, casePath(c)) {
			t.Error("what the page asks for then does not show the case")
		}
		if text, _ := theirs.got(); strings.Contains(text, string(c.ID)) {
			t.Errorf("a page of another line has heard %q", text)
		}
		if strings.Contains(text, "Chồng") || strings.Contains(text, "935") {
			t.Errorf("the stream holds words or a number: %q", text)
		}
	})
}

func TestEvents_SayThatTheyStand(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.open("mai", account.Reader, here1).listen()
		defer l.stop()
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if text, ended := l.got(); ended || strings.Count(text, ": still here") != 4 {
			t.Errorf("after a minute of silence the stream holds %q, ended %v, want four signs of life", text, ended)
		}
		if got := l.header.Get("Content-Type"); got != "text/event-stream" {
			t.Errorf("the stream has type %q", got)
		}
	})
}

func TestEvents_EndWithTheSession(t *testing.T) {
	ends := map[string]func(*testing.T, *world, *browser){
		"signed out": func(_ *testing.T, _ *world, b *browser) { b.post("/sign-out", nil) },
		"disabled": func(t *testing.T, w *world, _ *browser) {
			if _, err := w.accounts.Disable(t.Context(), "test", "mai"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(aliveEvery + time.Second)
		},
		// A stream and what a page asks for because of it are no signs of life of anybody.
		"idle": func(_ *testing.T, w *world, b *browser) {
			for range 31 {
				time.Sleep(time.Minute)
				w.redis.FastForward(time.Minute)
				b.get("/now/fragment")
			}
			time.Sleep(aliveEvery + time.Second)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				b := w.open("mai", account.Reader, here1)
				l := b.listen()
				defer l.stop()
				end(t, w, b)
				synctest.Wait()
				if text, ended := l.got(); !ended || !strings.Contains(text, "event: out") {
					t.Errorf("the stream holds %q, ended %v, want it to say so and end", text, ended)
				}
			})
		})
	}
}

func TestEvents_AreLimited(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		mai, hoa := w.open("mai", account.Reader, here1), w.open("hoa", account.Reader, here1)
		open := []*listener{mai.listen(), mai.listen(), hoa.listen()}
		for i, l := range open {
			if _, ended := l.got(); ended {
				t.Errorf("stream %d was refused", i+1)
			}
		}
		for name, b := range map[string]*browser{"a third of one account": mai, "a fourth of all": hoa} {
			l := b.listen()
			if _, ended := l.got(); !ended || l.code != http.StatusTooManyRequests {
				t.Errorf("%s = %d, want 429", name, l.code)
			}
		}
		if l := w.stranger().listen(); l.code != http.StatusUnauthorized {
			t.Errorf("a stream of nobody = %d, want 401", l.code)
		}
		open[0].stop()
		synctest.Wait()
		again := mai.listen()
		if _, ended := again.got(); ended {
			t.Error("after one was closed another is refused")
		}
		for _, l := range append(open, again) {
			l.stop()
		}
		synctest.Wait()
		if n, each := len(w.board.live.streams), len(w.board.live.each); n != 0 || each != 0 {
			t.Errorf("%d streams of %d accounts are left, want none", n, each)
		}
	}, func(o *Options) { o.StreamsEach, o.MaxStreams = 2, 3 })
}

func TestEvents_EndWithTheBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.board.Run(ctx)
		}()
		b := w.open("mai", account.Reader, here1)
		l := b.listen()
		stop()
		<-done
		synctest.Wait()
		if _, ended := l.got(); !ended {
			t.Error("the stream goes on although the board has stopped")
		}
		if l := b.listen(); l.code != http.StatusTooManyRequests {
			t.Errorf("a new stream = %d, want 429", l.code)
		}
	})
}

// A page that does not read must cost no more than its place.
func TestLive_NewsDoNotPileUp(t *testing.T) {
	t.Parallel()
	l := newLive(&Board{o: Options{MaxStreams: 1, StreamsEach: 1}})
	s, err := l.join(account.User{Name: "mai", Role: account.Reader, Lines: account.Lines{All: true}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10000 {
		l.tell([]change{{line: here1, id: routingID(n)}})
	}
	if got := len(s.news); got > mostNamed+1 {
		t.Errorf("a page that does not read has %d changes waiting, want %d at most", got, mostNamed+1)
	}
	if text := named(l.take(s)); !strings.Contains(text, `"all":true`) || len(text) > 100 {
		t.Errorf("the event is %q, want it to say that all may have changed", text)
	}
}

func routingID(n int) routing.CaseID { return routing.CaseID(strconv.Itoa(n)) }
