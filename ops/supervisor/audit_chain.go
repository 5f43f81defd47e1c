package supervisor

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
)

const (
	// verifyEvery is how often the chain is walked: of 100,000 entries that takes a second or two, so not for
	// every page.
	verifyEvery = 10 * time.Minute
	// verifyTimeout bounds one walk.
	verifyTimeout = 5 * time.Minute
	// verifyAgain is how old a result must be before somebody can ask for another.
	verifyAgain = 10 * time.Second
)

// chainCheck walks the chain of the audit log from time to time and keeps what it found. The newest entry of
// a walk that found nothing must still be there in the next, so an end that was cut off and written anew
// between two of them does not go unnoticed.
type chainCheck struct {
	b   *Board
	now chan struct{} // of one place: somebody wants to know

	mu      sync.Mutex
	at      time.Time // of the last walk that came to an end; zero: there was none
	found   audit.Report
	known   audit.Head
	failed  bool // the last walk did not come to an end
	walking bool
}

func newChainCheck(b *Board) *chainCheck {
	return &chainCheck{b: b, now: make(chan struct{}, 1)}
}

// chainView is the state of the chain in words.
type chainView struct {
	Text      string
	Good, Bad bool
	Faults    []string
	More      bool // more faults than are named
	Older     string
	Failed    bool
	Walking   bool
}

// run walks the chain until ctx ends.
func (c *chainCheck) run(ctx context.Context) {
	tick := time.NewTicker(verifyEvery)
	defer tick.Stop()
	for {
		c.walk(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-c.now:
		}
	}
}

// walk walks the chain once.
func (c *chainCheck) walk(ctx context.Context) {
	c.mu.Lock()
	var known []audit.Head
	if c.known.Number > 0 {
		known = append(known, c.known)
	}
	c.walking = true
	c.mu.Unlock()

	within, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	found, err := c.b.o.AuditLog.Verify(within, known...)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.walking, c.failed = false, err != nil
	if err != nil {
		if ctx.Err() == nil {
			c.b.o.Logger.Error("chain of the audit log not verified", slog.Any("error", err))
		}
		return
	}
	c.at, c.found = c.b.o.Now(), found
	if found.OK() {
		c.known = found.Head
		return
	}
	c.b.o.Logger.Error("chain of the audit log is broken", slog.Int64("faults", found.Broken))
}

// ask has the chain walked soon, unless that was just done.
func (c *chainCheck) ask() {
	c.mu.Lock()
	fresh := c.b.o.Now().Sub(c.at) < verifyAgain
	c.mu.Unlock()
	if !fresh {
		poke(c.now)
	}
}

// verifyAudit has the chain walked by somebody who wants to know now.
func (b *Board) verifyAudit(w http.ResponseWriter, q *query) error {
	if len(b.linesFor(q, account.SeeAudit)) == 0 {
		return errForbidden
	}
	b.chain.ask()
	http.Redirect(w, q.Request, "/audit", http.StatusSeeOther)
	return nil
}

// view puts what was found into words.
func (c *chainCheck) view(q *query) chainView {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := chainView{Failed: c.failed, Walking: c.walking}
	if c.at.IsZero() {
		v.Text = q.say("chain.not_yet")
		return v
	}
	at := q.instant(c.at, c.b.auditZone(q))
	if q.linked() { // how many entries there are, and which is broken, would give away those that are not shown
		if v.Good, v.Bad, v.Text = true, false, q.say("chain.whole_linked", "at", at); !c.found.OK() {
			v.Good, v.Bad, v.Text = false, true, q.say("chain.broken_linked", "at", at)
		}
		return v
	}
	if c.found.Older > 0 {
		v.Older = q.say("chain.older", "n", q.number(int(c.found.Older)))
	}
	if c.found.OK() {
		v.Good, v.Text = true, q.say("chain.whole", "n", q.number(int(c.found.Entries)), "at", at)
		return v
	}
	v.Bad, v.Text = true, q.say("chain.broken", "n", q.number(int(c.found.Broken)), "at", at)
	const named = 5
	for i, f := range c.found.Faults {
		if i == named {
			v.More = true
			break
		}
		place := q.number(int(f.From))
		if f.To != f.From {
			place += "–" + q.number(int(f.To))
		}
		v.Faults = append(v.Faults, q.say("chain."+string(f.Kind), "n", place))
	}
	return v
}
