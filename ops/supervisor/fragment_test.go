package supervisor

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

// What is made for one is shown to others in the same instant, so whoever may see something else must get something
// else, whoever asks first.
func TestFragment_NobodyIsShownWhatWasMadeForOthers(t *testing.T) {
	one := account.Lines{IDs: []contacts.LineID{here1}}
	both := account.Lines{IDs: []contacts.LineID{here1, there}}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		apart, plain, far := w.text(here1, kin, danger), w.text(here1, victim, danger), w.text(there, "+84935111777", danger)
		all := []*routing.Case{apart, plain, far}
		viewers := []struct {
			name string
			b    *browser
			sees []*routing.Case
			says string // in words of the language
		}{
			{"a supervisor", w.openAs(account.New{Name: "mai", Role: account.Supervisor, Lines: one}), all[:2], "Lúc này"},
			{"a reader", w.openAs(account.New{Name: "binh", Role: account.Reader, Lines: one}), all[:2], "Lúc này"},
			{"a relative", w.relative("hoa", "hoa", one), all[1:2], "Lúc này"},
			{"a relative on both lines", w.relative("hoa2", "hoa", both), all[1:], "Lúc này"},
			{"nobody in the directory", w.relative("cu", "da-nghi", one), nil, "Lúc này"},
			{"a supervisor of both lines", w.openAs(account.New{Name: "thuy", Role: account.Supervisor, Lines: both}), all, "Lúc này"},
			{"a supervisor of the other line", w.openAs(account.New{Name: "nam", Role: account.Supervisor, Lines: account.Lines{IDs: []contacts.LineID{there}}}), all[2:], "Lúc này"},
			{"a supervisor who reads English", w.openAs(account.New{Name: "ann", Role: account.Supervisor, Lines: one}), all[:2], "Now"},
		}
		viewers[7].b.cookies[languageCookie] = "en"
		check := func(i int) {
			v := viewers[i]
			for _, path := range []string{"/", "/now/fragment"} {
				page := v.b.page(path)
				for _, c := range all {
					want := false
					for _, s := range v.sees {
						want = want || s == c
					}
					if got := strings.Contains(page, casePath(c)); got != want {
						t.Errorf("%s: GET %s shows case %s of %s = %v, want %v", v.name, path, c.Code, c.Line, got, want)
					}
				}
				if !strings.Contains(page, v.says) {
					t.Errorf("%s: GET %s does not say %q", v.name, path, v.says)
				}
			}
		}
		for i := range viewers {
			check(i)
		}
		time.Sleep(snapshotLasts) // time stands still but for this
		for i := range viewers {
			check(len(viewers) - 1 - i)
		}
	})
}

// asking counts readings of open cases, fails them, or holds the next one back, as a test wants.
type asking struct {
	stored
	mu    sync.Mutex
	times int
	hold  chan struct{} // of the next reading; nil: it is not held back
	err   error
}

func (a *asking) OpenCases(ctx context.Context, line contacts.LineID) ([]*routing.Case, error) {
	a.mu.Lock()
	a.times++
	hold, err := a.hold, a.err
	a.hold = nil
	a.mu.Unlock()
	if err != nil {
		return nil, err
	}
	cases, err := a.stored.OpenCases(ctx, line)
	if hold != nil {
		<-hold
	}
	return cases, err
}

func TestFragment_OneForAllWhoSeeTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cases asking
		w := newWorld(t, func(o *Options) { cases.stored, o.Cases = o.Cases, &cases })
		w.text(here1, victim, danger)
		b, other := w.open("mai", account.Reader, here1), w.open("binh", account.Supervisor, here1)
		cases.hold = make(chan struct{})
		hold := cases.hold
		var got [10]*httptest.ResponseRecorder
		for i := range got {
			go func() { got[i] = []*browser{b, other}[i%2].get("/now/fragment") }()
		}
		synctest.Wait()
		if n := len(w.board.fragments.kept); n != 1 || cases.times != 1 {
			t.Errorf("while ten pages wait %d fragments are made of %d readings, want one of one", n, cases.times)
		}
		made := maps.Clone(w.board.fragments.kept)
		close(hold)
		synctest.Wait()
		for i, answer := range got {
			if answer.Code != http.StatusOK || !bytes.Equal(answer.Body.Bytes(), got[0].Body.Bytes()) {
				t.Errorf("page %d got %d and something else than the others", i, answer.Code)
			}
		}
		b.page("/")
		if !maps.Equal(made, w.board.fragments.kept) || cases.times != 1 {
			t.Errorf("a page in the same instant made another fragment, or another reading of %d", cases.times)
		}
	})
}

func TestFragment_WhoAsksAfterAnEventIsShownIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cases asking
		w := newWorld(t, func(o *Options) { cases.stored, o.Cases = o.Cases, &cases })
		b := w.open("mai", account.Reader, here1)
		hold := make(chan struct{})
		cases.hold = hold
		early := make(chan *httptest.ResponseRecorder)
		go func() { early <- b.get("/now/fragment") }()
		synctest.Wait() // it has been read what there was, and is being put together
		c := w.text(here1, victim, danger)
		w.board.live.tell([]change{{here1, c.ID}})
		if page := b.page("/now/fragment"); !strings.Contains(page, casePath(c)) {
			t.Error("a page that asks after an event gets what was begun before it")
		}
		close(hold)
		if answer := <-early; answer.Code != http.StatusOK {
			t.Errorf("who asked before the event got %d, want 200", answer.Code)
		}
		if page := b.page("/now/fragment"); !strings.Contains(page, casePath(c)) {
			t.Error("what was begun before an event, and was ready after it, was kept")
		}
	})
}

func TestFragment_LastsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.open("mai", account.Reader, here1)
		b.page("/now/fragment")
		c := w.text(here1, victim, danger)
		time.Sleep(snapshotLasts - time.Millisecond)
		was := b.get("/now/fragment")
		if strings.Contains(was.Body.String(), casePath(c)) {
			t.Fatal("nothing is kept: this test shows nothing")
		}
		if got, want := was.Header().Get(nowHeader), strconv.FormatInt(time.Now().UnixMilli(), 10); got != want {
			t.Errorf("%s of what is kept = %s, want the time of the answer, %s", nowHeader, got, want)
		}
		// What was read stays good for as long as it was to be, whoever has something else made of it meanwhile.
		b.cookies[languageCookie] = "en"
		if page := b.page("/now/fragment"); strings.Contains(page, casePath(c)) {
			t.Fatal("nothing is kept: this test shows nothing")
		}
		time.Sleep(time.Millisecond)
		if page := b.page("/now/fragment"); !strings.Contains(page, casePath(c)) {
			t.Error("after a second a page in the other language is still as old as what was read before")
		}
		b.cookies[languageCookie] = "vi"
		if page := b.page("/now/fragment"); !strings.Contains(page, casePath(c)) {
			t.Error("after a second the page is as it was")
		}
		time.Sleep(snapshotLasts)
		w.open("nam", account.Reader, there).page("/")
		if kept := w.board.fragments.kept; len(kept) != 1 {
			t.Errorf("%d fragments are kept, want only the one of the last second", len(kept))
		}
	})
}

func TestFragment_WhatFailedIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cases asking
		w := newWorld(t, func(o *Options) { cases.stored, o.Cases = o.Cases, &cases })
		b := w.open("mai", account.Reader, here1)
		cases.err = errDown
		if got := b.get("/now/fragment"); got.Code != http.StatusServiceUnavailable {
			t.Errorf("GET /now/fragment without open cases = %d, want 503", got.Code)
		}
		cases.err = nil
		if got := b.get("/now/fragment"); got.Code != http.StatusOK {
			t.Errorf("GET /now/fragment when they are there again = %d, want 200", got.Code)
		}
	})
}
