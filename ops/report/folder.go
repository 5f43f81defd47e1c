package report

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// Entry is one entry of the journal: what one commit did to cases of a line.
type Entry struct {
	ID    string // place in the journal, "<unix ms>-<number>"; an entry without one is always new
	At    time.Time
	Line  contacts.LineID
	Notes []routing.Note
}

// Folder takes in the journal and keeps what figures are made of. It may be fed and asked at the same time.
type Folder struct {
	mu    sync.RWMutex
	lines map[contacts.LineID]*book
}

// NewFolder makes a folder that has seen nothing.
func NewFolder() *Folder { return &Folder{lines: map[contacts.LineID]*book{}} }

// Add takes in an entry. Entries of a line come in the order of the journal; one that was taken in before
// changes nothing, so that a reader who lost its place may begin anywhere before it. What happened to a
// case whose opening was not taken in is passed over.
func (f *Folder) Add(e Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.lines[e.Line]
	if b == nil {
		b = &book{index: map[routing.CaseID]uint32{}, out: map[asked]int{}}
		f.lines[e.Line] = b
	}
	if e.ID != "" {
		at := parsePlace(e.ID)
		if at.compare(b.last) <= 0 {
			return
		}
		b.last, b.lastID = at, e.ID
	}
	for i := range e.Notes {
		b.note(e.At.UnixMilli(), &e.Notes[i])
	}
}

// Last is the id of the last entry taken in of a line; empty if there was none.
func (f *Folder) Last(line contacts.LineID) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if b := f.lines[line]; b != nil {
		return b.lastID
	}
	return ""
}

// place is an id of the journal as it is ordered.
type place struct{ ms, number uint64 }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.ms, q.ms), cmp.Compare(p.number, q.number))
}

func parsePlace(id string) place {
	ms, number, _ := strings.Cut(id, "-")
	var p place
	p.ms, _ = strconv.ParseUint(ms, 10, 64)
	p.number, _ = strconv.ParseUint(number, 10, 64)
	return p
}

// never is an instant or a time that there is not.
const never = -1 << 62

// row is a case. Instants are unix milliseconds.
type row struct {
	id                            routing.CaseID
	arrived, danger, taken        int64
	roundOver, called, talked     int64
	closed                        int64
	alertAfter, gaveUp            int64 // how long until the first alert; how long the first call was held that was abandoned
	calls                         uint32
	step                          uint8
	channel, urgency, claimed, by code
	closedBy, outcome             code
}

// code stands for a name of a small set, in what is kept a hundred thousand times.
type code uint8

// names gives out codes. A journal may hold names that this program does not know (any more); the last
// code stands for all there is no code left for.
type names[T ~string] struct{ list []T }

func (n *names[T]) code(name T) code {
	for i, known := range n.list {
		if known == name {
			return code(i)
		}
	}
	if len(n.list) > 255 {
		return 255
	}
	n.list = append(n.list, name)
	return code(len(n.list) - 1)
}

func (n *names[T]) name(c code) T {
	if int(c) < len(n.list) {
		return n.list[c]
	}
	return ""
}

// alerted is an alert that was sent.
type alerted struct {
	row    uint32
	kind   code
	result code
}

// asked is a contact who was asked to take a case.
type asked struct {
	row     uint32
	contact contacts.ID
}

// abandoned is a call of a person that ended before anybody talked to them.
type abandoned struct {
	row  uint32
	wait int64 // milliseconds
}

// book is what is kept of one line.
type book struct {
	last   place
	lastID string

	rows      []row
	index     map[routing.CaseID]uint32
	alerts    []alerted
	out       map[asked]int // the places in alerts of those not answered yet
	abandoned []abandoned

	channels  names[contacts.Channel]
	urgencies names[triage.Urgency]
	kinds     names[contacts.Kind]
	results   names[routing.AlertState]
	closings  names[routing.Reason]
	outcomes  names[routing.Outcome]
}

// note takes in one thing that happened at an instant.
func (b *book) note(at int64, n *routing.Note) {
	if n.Case == "" {
		return
	}
	took := n.Took.Milliseconds()
	i, known := b.index[n.Case]
	if !known {
		if n.Kind == routing.NoteOpened {
			b.open(at-took, n)
		}
		return
	}
	r := &b.rows[i]
	switch n.Kind {
	case routing.NoteRaised:
		if n.Urgency == triage.ImmediateDanger && r.taken == never && r.danger == never {
			r.danger = at
		}
	case routing.NoteFirstAlert:
		if r.alertAfter == never {
			r.alertAfter = took
			r.arrive(min(r.arrived, at-took)) // accepted before it was written down
		}
	case routing.NoteReopened:
		r.closed = never
	case routing.NoteAlerted:
		// Whoever is asked once more while they are asked has not answered the first time.
		b.alertOver(asked{i, n.Contact}, routing.AlertNoAnswer)
		b.out[asked{i, n.Contact}] = len(b.alerts)
		b.alerts = append(b.alerts, alerted{i, b.kinds.code(n.Role), b.results.code(routing.AlertOut)})
	case routing.NoteAlertOver:
		b.alertOver(asked{i, n.Contact}, n.Result)
	case routing.NoteRoundOver:
		first(&r.roundOver, at)
	case routing.NoteClaimed:
		if n.Reason == routing.ReasonResumed || n.Reason == routing.ReasonRetaken || r.taken != never {
			return
		}
		r.arrive(at - took)
		r.taken, r.step = at, uint8(min(max(n.Step, 0), 255))
		r.claimed, r.by = b.urgencies.code(n.Urgency), b.kinds.code(n.Role)
	case routing.NoteRang:
		r.calls++
		first(&r.called, at)
	case routing.NoteTalking:
		r.calledAt(at - took)
		first(&r.talked, at)
	case routing.NoteAbandoned:
		if r.calls == 1 && r.gaveUp == never && r.talked == never {
			r.gaveUp = took
		}
		r.calledAt(at - took)
		b.abandoned = append(b.abandoned, abandoned{i, took})
	case routing.NoteClosed:
		r.arrive(at - took)
		r.closed, r.closedBy, r.outcome = at, b.closings.code(n.Reason), b.outcomes.code(n.Outcome)
	}
}

// alertOver notes what became of the alert that a contact has not answered yet; if there is none, nothing.
func (b *book) alertOver(who asked, result routing.AlertState) {
	if at, ok := b.out[who]; ok {
		b.alerts[at].result = b.results.code(result)
		delete(b.out, who)
	}
}

// open begins a case.
func (b *book) open(arrived int64, n *routing.Note) {
	r := row{
		id: n.Case, arrived: arrived, danger: never, taken: never, roundOver: never, called: never, talked: never, closed: never,
		alertAfter: never, gaveUp: never, channel: b.channels.code(n.Channel), urgency: b.urgencies.code(n.Urgency),
	}
	if n.Urgency == triage.ImmediateDanger {
		r.danger = arrived
	}
	b.index[n.Case] = uint32(len(b.rows))
	b.rows = append(b.rows, r)
}

// arrive corrects when a case arrived: the journal tells when it was opened, and only what took how long
// since it arrived.
func (r *row) arrive(at int64) {
	if r.danger == r.arrived {
		r.danger = at
	}
	r.arrived = at
}

// calledAt corrects when the person's first call came, by one that came at an instant. Who never called and
// was called by us has not waited on the phone.
func (r *row) calledAt(at int64) {
	if r.called != never {
		r.called = min(r.called, at)
	}
}

func first(at *int64, now int64) {
	if *at == never {
		*at = now
	}
}

// IDs lists the cases of a period, in the order of the journal.
func (f *Folder) IDs(o Options) []routing.CaseID {
	f.mu.RLock()
	defer f.mu.RUnlock()
	b := f.lines[o.Line]
	if b == nil {
		return nil
	}
	ids := make([]routing.CaseID, 0, len(b.rows))
	for i := range b.rows {
		if o.has(b.rows[i].id, b.rows[i].arrived) {
			ids = append(ids, b.rows[i].id)
		}
	}
	return ids
}

// Cases lists what happened to each case of a period, in the order of the journal.
func (f *Folder) Cases(o Options) []Case {
	f.mu.RLock()
	defer f.mu.RUnlock()
	b := f.lines[o.Line]
	if b == nil {
		return nil
	}
	var of []int // places of rows: a case is too large for a list that is moved as it grows
	for i := range b.rows {
		if o.has(b.rows[i].id, b.rows[i].arrived) {
			of = append(of, i)
		}
	}
	cases := make([]Case, 0, len(of))
	for _, i := range of {
		r := &b.rows[i]
		c := Case{
			ID: r.id, Channel: b.channels.name(r.channel), Urgency: b.urgencies.name(r.urgency), Arrived: instant(r.arrived),
			Taken: instant(r.taken), TakenStep: int(r.step), RoundOver: instant(r.roundOver),
			Called: instant(r.called), Talked: instant(r.talked), Calls: int(r.calls), Closed: instant(r.closed),
		}
		if r.alertAfter != never {
			c.Alerted = instant(r.arrived + r.alertAfter)
		}
		if r.taken != never {
			c.UrgencyAtClaim, c.TakenBy = b.urgencies.name(r.claimed), b.kinds.name(r.by)
		}
		if r.closed != never {
			c.ClosedBy, c.Outcome = b.closings.name(r.closedBy), b.outcomes.name(r.outcome)
		}
		cases = append(cases, c)
	}
	return cases
}

func instant(ms int64) time.Time {
	if ms == never {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
