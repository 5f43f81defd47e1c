package supervisor

import (
	"context"
	"slices"
	"sync"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
)

const (
	// learnBatch is how many cases are read at once to learn whose they are.
	learnBatch = 500
	// mostKnown bounds of how many cases it is remembered: some twenty megabytes.
	mostKnown = 200_000
)

// people knows whose a case is. The journal, the figures and the audit log name cases by id alone, and whoever is
// kept apart from a person must not learn from these either that there is a case. It is read only for those who have
// to be kept apart from somebody; of a closed case once, until it is opened again.
type people struct {
	b *Board

	mu sync.Mutex
	of map[change]whose
}

// whose is what decides who may know of a case.
type whose struct {
	person phone.Key
	barred []contacts.ID // grows while the case is open
	open   bool
}

func newPeople(b *Board) *people { return &people{b: b, of: map[change]whose{}} }

// learn reads whose the cases of a line are.
func (p *people) learn(ctx context.Context, line contacts.LineID, ids []routing.CaseID) error {
	p.mu.Lock()
	if len(p.of) > mostKnown {
		clear(p.of)
	}
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id routing.CaseID) bool {
		known, ok := p.of[change{line, id}]
		return ok && !known.open || id == ""
	})
	p.mu.Unlock()
	for batch := range slices.Chunk(unknown, learnBatch) {
		cases, err := p.b.o.Cases.Cases(ctx, line, batch...)
		if err != nil {
			return err
		}
		p.mu.Lock()
		for _, c := range cases {
			p.of[change{line, c.ID}] = whose{c.Person, c.Barred, c.Open()}
		}
		p.mu.Unlock()
	}
	return nil
}

// forget has a case read anew that was opened again.
func (p *people) forget(c change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, c)
}

// mayKnow reports whether somebody may learn that something happened to a case, as far as that is known: who is a
// contact may not unless it was learned whose the case is.
func (p *people) mayKnow(u *account.User, c change) bool {
	if len(u.Contacts) == 0 || c.id == "" {
		return true
	}
	p.mu.Lock()
	known, ok := p.of[c]
	p.mu.Unlock()
	l, err := p.b.o.Lines.Line(c.line)
	return ok && err == nil && p.b.sees(u, l, &routing.Case{ID: c.id, Line: c.line, Person: known.person, Barred: known.barred})
}

// shown is those of a line's cases of which mayKnow is true, for a contact. A year has many cases of few people, and
// what is decided of a person holds for all of theirs in which nobody was turned away.
func (p *people) shown(u *account.User, line contacts.LineID, ids []routing.CaseID) map[routing.CaseID]struct{} {
	l, err := p.b.o.Lines.Line(line)
	if err != nil {
		return nil
	}
	all := make(map[routing.CaseID]struct{}, len(ids))
	persons := map[phone.Key]bool{}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		known, ok := p.of[change{line, id}]
		if !ok {
			continue
		}
		sees, decided := persons[known.person]
		if !decided || len(known.barred) > 0 {
			sees = p.b.sees(u, l, &routing.Case{ID: id, Line: line, Person: known.person, Barred: known.barred})
		}
		if len(known.barred) == 0 {
			persons[known.person] = sees
		}
		if sees {
			all[id] = struct{}{}
		}
	}
	return all
}

// figuresOf are what the figures for whoever asks are to be of: without the cases of which they must not know, so that
// no count gives away that there is one.
func (b *Board) figuresOf(q *query, folder *report.Folder, o report.Options) (report.Options, error) {
	if !q.linked() {
		return o, nil
	}
	ids := folder.IDs(o)
	if err := b.people.learn(q.Context(), o.Line, ids); err != nil {
		return o, err
	}
	shown := b.people.shown(q.who, o.Line, ids)
	o.Without = func(id routing.CaseID) bool { // also a case that came while this was found out
		_, ok := shown[id]
		return !ok
	}
	return o, nil
}
