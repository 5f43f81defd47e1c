// Package supervisor serves the pages on which a ward watches over its line: who waits, who was asked, who
// is on call, what happened in a case, and what somebody at a desk can do about it.
//
// It promises that no page shows a telephone number; that what people wrote is shown only to who may see it,
// after an entry in the audit log that says why; that every order is recorded before it is given; that a case
// of a line somebody may not see is answered like a case that does not exist, and likewise, on every page and in every
// count, the cases of a person from whom somebody is kept apart; and that an open page shows
// within half a second what happened, or says that it cannot.
//
// It decides nothing about cases: an order is an event like any other, and its answer is the decision's
// reason. It keeps nothing but what can be read again: the texts of the pages, a copy of the open cases
// that lives until the next change and is shown only to those who may see the same, and the codes of the cases of
// the last thirty days.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"iter"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/texts"
)

// Lines is where the board gets the lines from.
type Lines interface {
	// All returns every line, by id.
	All() []*routing.Line
	// Line returns a line, or routing.ErrUnknownLine.
	Line(id contacts.LineID) (*routing.Line, error)
}

// Cases is what the board reads of the storage. All of it can be asked at once by many.
type Cases interface {
	// OpenCases returns a line's open cases.
	OpenCases(ctx context.Context, line contacts.LineID) ([]*routing.Case, error)
	// Cases returns cases by id, open or closed; those that do not exist are left out.
	Cases(ctx context.Context, line contacts.LineID, ids ...routing.CaseID) ([]*routing.Case, error)
	// Timeline returns what the last so many events (0: all) led to in a case, oldest first, and whether there are
	// earlier ones.
	Timeline(ctx context.Context, c *routing.Case, events int64) (happened []store.Happening, earlier bool, err error)
	// Duty returns what a line's contacts said about being on call.
	Duty(ctx context.Context, line contacts.LineID) (map[contacts.ID]routing.Duty, error)
	// Words returns everything that is kept of what was written in a case, oldest first as far as known.
	Words(ctx context.Context, c *routing.Case) ([]Said, error)
	// History reads the journal of a line's shard from after the place on; entries of other lines of the
	// shard are among them.
	History(ctx context.Context, line contacts.LineID, after string) iter.Seq2[store.Happened, error]
	// Shard names the part of the journal that a line's entries are in.
	Shard(line contacts.LineID) string
	// OldestWaiting returns, by priority, how long the oldest message to the carrier has waited.
	OldestWaiting(ctx context.Context) (map[routing.Priority]time.Duration, error)
	// Probe fails when nothing could be stored.
	Probe(ctx context.Context) error
}

// Said is one thing that was written or said in a case.
type Said struct {
	From    Speaker
	Contact contacts.ID  // the helper, where known
	Desk    routing.Desk // who sat at the desk, where known
	At      time.Time    // zero if not known
	Words   contacts.Private
	Sound   contacts.Private // of a recorded message: MP3, as the carrier gave it
}

// Speaker says whose words they are.
type Speaker string

// Whose words there are.
const (
	SpeakerPerson  Speaker = "person"
	SpeakerHelper  Speaker = "helper"  // to the person
	SpeakerDesk    Speaker = "desk"    // to the person, from a desk
	SpeakerNote    Speaker = "note"    // a note from a desk
	SpeakerClosing Speaker = "closing" // why the case was closed
	SpeakerVoice   Speaker = "voice"   // a recorded message, which has a sound and no words
)

// Audit is where accesses are recorded before they happen; ops/audit implements it.
type Audit interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Options are what a [Board] is made of. All of it but Notice, Proxies, Now, MaxStreams and StreamsEach is needed.
type Options struct {
	Lines    Lines
	Cases    Cases
	Orders   func(ctx context.Context, line contacts.LineID, e routing.Event) (routing.Decision, error)
	Accounts Accounts
	Sessions Sessions
	Audit    Audit
	Logger   *slog.Logger

	// For response times, roster and audit: further readers go here.
	AuditLog AuditLog

	// Notice stands at the top of every page, such as that what is shown is not in earnest: in every language, or
	// there is none. The page that somebody leaves to in a hurry stays blank.
	Notice map[texts.Language]string

	// Proxies are the addresses of proxies whose word is taken for where a request comes from, which limits on
	// signing in go by; without any everybody behind a proxy is one.
	Proxies []netip.Prefix
	Now     func() time.Time // nil: time.Now
	// MaxStreams bounds the pages that are kept up to date at once, and StreamsEach those of one account;
	// 0 means 512 and 12.
	MaxStreams, StreamsEach int
}

// Board serves the pages. Make one with [New]; its [Board.Run] must run for pages to be live and for closed
// cases to be found.
type Board struct {
	o       Options
	handler http.Handler
	pages   map[texts.Language]map[string]*template.Template
	words   map[texts.Language]words
	assets  assets
	live    *live
	found   *index
	folded  *folded
	chain   *chainCheck
	people  *people
	healthy healthSeen
	packer  packer

	fragments fragments

	mu    sync.Mutex
	views map[contacts.LineID]*snapshot
}

var (
	errOptions = errors.New("supervisor: an option is missing")
	errNotice  = errors.New("supervisor: the notice is not there in every language")
)

// New makes a board. It fails if a template, a text or an option is missing, so that nobody meets the gap at
// night.
func New(o Options) (*Board, error) {
	if o.Lines == nil || o.Cases == nil || o.Orders == nil || o.Accounts == nil || o.Sessions == nil || o.Audit == nil || o.AuditLog == nil || o.Logger == nil {
		return nil, errOptions
	}
	for _, language := range texts.Languages() {
		if len(o.Notice) > 0 && o.Notice[language] == "" {
			return nil, errNotice
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxStreams == 0 {
		o.MaxStreams = 512
	}
	if o.StreamsEach == 0 {
		o.StreamsEach = 12
	}
	b := &Board{o: o, views: map[contacts.LineID]*snapshot{}}
	var err error
	if b.assets, err = readAssets(); err != nil {
		return nil, fmt.Errorf("supervisor: %w", err)
	}
	if b.words, err = readWords(); err != nil {
		return nil, fmt.Errorf("supervisor: %w", err)
	}
	if b.pages, err = b.parsePages(); err != nil {
		return nil, fmt.Errorf("supervisor: %w", err)
	}
	b.live = newLive(b)
	b.found = newIndex(b)
	b.folded = newFolded(b)
	b.chain = newChainCheck(b)
	b.people = newPeople(b)
	b.handler = b.guarded(b.mux())
	return b, nil
}

// Handler serves everything.
func (b *Board) Handler() http.Handler { return b.handler }

// Run follows the journal until ctx ends, then ends every open page's stream.
func (b *Board) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { b.live.run(ctx) })
	running.Go(func() { b.found.run(ctx) })
	running.Go(func() { b.folded.run(ctx) })
	running.Go(func() { b.chain.run(ctx) })
	running.Wait()
}
