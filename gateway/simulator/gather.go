package simulator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/gateway/simulator/twiml"
)

// gathering is a <Gather> that waits for keys or words. Its fields are guarded
// by Carrier.mu; the channels are only closed under it.
type gathering struct {
	keys, speech bool // what it listens to
	finish       string
	most         int // keys; 0 for no limit
	digits       []byte
	finishedBy   string
	words        []string
	pressed      chan struct{} // holds a token: there was a key, or a word
	started      chan struct{} // closed at the first key or word
	complete     chan struct{} // closed when nothing more is wanted
}

func (g *gathering) press(key byte) {
	if !g.keys || g.isComplete() {
		return
	}
	g.touch()
	if strings.IndexByte(g.finish, key) >= 0 {
		g.finishedBy = string(key)
		close(g.complete)
		return
	}
	g.digits = append(g.digits, key)
	if len(g.digits) == g.most {
		close(g.complete)
	}
}

func (g *gathering) speak(words string) {
	if !g.speech || g.isComplete() {
		return
	}
	g.words = append(g.words, words)
	g.touch()
}

func (g *gathering) isComplete() bool {
	select {
	case <-g.complete:
		return true
	default:
		return false
	}
}

// touch notes that something came.
func (g *gathering) touch() {
	select {
	case <-g.started:
	default:
		close(g.started)
	}
	select {
	case g.pressed <- struct{}{}:
	default:
	}
}

// gather carries out a <Gather>: keys interrupt what it says; after that it
// waits so long for each. Without any there is no request, unless
// actionOnEmptyResult asks for one.
func (r *run) gather(e twiml.Element) (next *source, done bool) {
	input := strings.Fields(e.Attr("input", "dtmf"))
	g := &gathering{
		keys: slices.Contains(input, "dtmf"), speech: slices.Contains(input, "speech"),
		finish: e.Attr("finishOnKey", "#"), most: e.Int("numDigits", 0),
		pressed: make(chan struct{}, 1), started: make(chan struct{}), complete: make(chan struct{}),
	}
	r.mu.Lock()
	if r.ctx.Err() == nil {
		r.call.gather = g
	}
	r.mu.Unlock()
	r.prompts(e.Children, g)
	r.listen(g, e.Seconds("timeout", 5*time.Second))

	r.mu.Lock()
	if r.call.gather == g {
		r.call.gather = nil
	}
	r.mu.Unlock() // nothing more is added to g
	if r.ctx.Err() != nil {
		return nil, true
	}
	params := url.Values{}
	switch {
	case len(g.digits) > 0 || g.finishedBy != "":
		with(params, "Digits", string(g.digits))
		if g.finishedBy != "" {
			params.Set("FinishedOnKey", g.finishedBy)
		}
	case len(g.words) > 0:
		with(params, "SpeechResult", strings.Join(g.words, " "), "Confidence", "0.9")
	case e.Bool("actionOnEmptyResult", false):
		params.Set("Digits", "")
	default:
		return nil, false
	}
	return r.action(e.Attrs["action"], e.Attr("method", http.MethodPost), params), true
}

// prompts says what is in a <Gather> until a key is pressed.
func (r *run) prompts(children []twiml.Element, g *gathering) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	r.mu.Lock()
	r.spawn(func() {
		select {
		case <-g.started:
			cancel()
		case <-stop:
		case <-ctx.Done():
		}
	})
	r.mu.Unlock()
	inner := &run{Carrier: r.Carrier, call: r.call, ctx: ctx, base: r.base}
	for _, child := range children {
		if !inner.prompt(child) {
			return
		}
	}
}

// listen waits until the gathering is complete, or nothing came for so long.
func (r *run) listen(g *gathering, timeout time.Duration) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		select {
		case <-g.complete:
			return
		case <-g.pressed:
			timer.Reset(timeout)
		case <-timer.C:
			return
		case <-r.ctx.Done():
			return
		}
	}
}
