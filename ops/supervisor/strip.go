package supervisor

import (
	"context"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/routing"
)

// strip stands on top of every page but the first, which says it at length: whoever steps in on one case, or reads
// figures, must not lose sight of the others that nobody has taken.
type strip struct {
	NowMS   int64
	N       int           // cases that nobody may overlook
	Longest template.HTML // since when the one waits that waits longest
	Path    string        // where to go: to the case, if there is one only
	Mark    string        // in front of the page's title
	Spoken  string        // what a screen reader says when it changes
	Unknown bool          // it cannot be read who waits
}

// strip returns it for who is signed in and watches over lines; nil for others.
func (b *Board) strip(ctx context.Context, q *query) *strip {
	lines := b.linesFor(q, account.SeeBoard)
	if len(lines) == 0 {
		return nil
	}
	v := strip{NowMS: q.now.UnixMilli(), Path: "/"}
	var oldest *routing.Case
	for _, l := range lines {
		s, err := b.look(ctx, l)
		if err != nil {
			v.Unknown = true
			return &v
		}
		for _, c := range s.cases {
			if !alarms(l, c, q.now) || !b.sees(q.who, l, c) {
				continue
			}
			v.N++
			if oldest == nil || waitsSince(c).Before(waitsSince(oldest)) {
				oldest = c
			}
		}
	}
	if oldest == nil {
		return &v
	}
	v.Longest = clock(q.now, waitsSince(oldest))
	if v.N == 1 {
		v.Path = casePath(oldest)
	}
	v.Mark = q.alarmed(v.N) + " · "
	v.Spoken = q.say("strip.alarm", "n", v.N)
	return &v
}

// showStrip answers the pages that ask who waits.
func (b *Board) showStrip(w http.ResponseWriter, q *query) error {
	ctx, cancel := context.WithTimeout(q.Context(), answerTimeout)
	defer cancel()
	v := b.strip(ctx, q)
	if v == nil {
		return errForbidden
	}
	return b.write(w, q, http.StatusOK, "now", "strip", v)
}

// stripped reports whether a page has the strip: the first says the same at length, and one that says what went wrong
// must not wait for what may be the cause.
func stripped(page string) bool { return !slices.Contains([]string{"now", "error"}, page) }

// stripWithin bounds how long a page waits for what stands in the strip.
const stripWithin = 500 * time.Millisecond
