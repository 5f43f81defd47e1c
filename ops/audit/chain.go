package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// Head is one entry of the chain: its number, from 1, and its keyed hash. Noted outside of Redis it proves
// later that everything up to it is still there. The zero value is the head of an empty chain.
type Head struct {
	Number int64
	MAC    string
}

var errHead = errors.New("head of the audit log is not readable")

func parseHead(number, mac any) (Head, error) {
	digits, _ := number.(string)
	hash, ok := mac.(string)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || n < 0 || (n == 0) != (hash == "") {
		return Head{}, errHead
	}
	return Head{n, hash}, nil
}

// mac is the keyed hash over every field of an entry but "mac" itself. All that is there counts, so that nothing
// can be added to an entry either, and lengths count, so that nothing can be moved from one field to the next.
func (l *Log) mac(values map[string]string) string {
	h := hmac.New(sha256.New, l.key)
	var length [8]byte
	write := func(s string) {
		binary.BigEndian.PutUint64(length[:], uint64(len(s)))
		h.Write(length[:])
		h.Write([]byte(s))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name != "mac" {
			write(name)
			write(values[name])
		}
	}
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil))
}

// FaultKind is what is wrong at one place of the chain.
type FaultKind string

// The kinds of faults.
const (
	FaultChanged   FaultKind = "changed"   // the entry is not as it was written, or follows another than it was written after
	FaultMissing   FaultKind = "missing"   // the entries From to To are not there
	FaultRepeated  FaultKind = "repeated"  // the entry has a number that has come already
	FaultUnchained FaultKind = "unchained" // an entry without number and hash after the chain had begun
	FaultHead      FaultKind = "head"      // the newest entry is not the one that was written last
	FaultKnown     FaultKind = "known"     // the entry is not the one that was noted elsewhere
)

// Fault is one place at which the chain is broken.
type Fault struct {
	Kind FaultKind
	// From and To are numbers of entries; the same unless a row of them is missing.
	From, To int64
	// ID is the id of the entry in the stream; empty if it is not there.
	ID string
}

// Report is what a walk over the chain found.
type Report struct {
	Entries int64 // with number and hash
	Older   int64 // from before the chain; nothing can be said about these
	Head    Head  // the newest entry
	Broken  int64 // how many faults there are
	Faults  []Fault
}

// OK reports whether nothing was found.
func (r Report) OK() bool { return r.Broken == 0 }

// faultsKept bounds the faults of a report: whoever wrote a million entries wants to know where it begins.
const faultsKept = 100

func (r *Report) add(f Fault) {
	r.Broken++
	if len(r.Faults) < faultsKept {
		r.Faults = append(r.Faults, f)
	}
}

// walkPage is how many entries are read at once.
const walkPage = 1000

// Verify walks the whole chain and reports every place at which it is broken, the first 100 of them by name. Entries that are
// written meanwhile are part of the walk. Known heads, noted at earlier times, must still be in it. The error
// is that of Redis; a broken chain is no error.
func (l *Log) Verify(ctx context.Context, known ...Head) (Report, error) {
	w := walk{log: l, known: make(map[int64]string, len(known))}
	for _, h := range known {
		w.known[h.Number] = h.MAC
	}
	for from := "-"; ; {
		// Both in one transaction: of a page that ends the stream the head says which entry comes last.
		var page *redis.XMessageSliceCmd
		var head *redis.SliceCmd
		_, err := l.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
			page = p.XRangeN(ctx, logKey(), from, "+", walkPage)
			head = p.HMGet(ctx, headKey(), "n", "mac")
			return nil
		})
		if err != nil {
			return Report{}, fmt.Errorf("walk the audit log: %w", err)
		}
		for _, m := range page.Val() {
			w.step(m)
		}
		if n := len(page.Val()); n == walkPage {
			from = "(" + page.Val()[n-1].ID
			continue
		}
		w.finish(head.Val())
		return w.report, nil
	}
}

// walk is the state of a walk over the chain.
type walk struct {
	log    *Log
	known  map[int64]string
	last   Head
	report Report
}

func (w *walk) step(m redis.XMessage) {
	values := text(m.Values)
	if values["n"] == "" && values["mac"] == "" {
		if w.report.Entries > 0 {
			w.report.add(Fault{FaultUnchained, w.last.Number, w.last.Number, m.ID})
		} else {
			w.report.Older++
		}
		return
	}
	w.report.Entries++
	this, err := parseHead(values["n"], values["mac"])
	if err != nil || this.Number == 0 {
		w.report.add(Fault{FaultChanged, w.last.Number + 1, w.last.Number + 1, m.ID})
		return
	}
	genuine := hmac.Equal([]byte(this.MAC), []byte(w.log.mac(values)))
	switch next := w.last.Number + 1; {
	case !genuine:
		// What an entry says of itself counts for nothing then, so it stands for the one that was due here.
		w.report.add(Fault{FaultChanged, next, next, m.ID})
		this.Number = next
	case this.Number < next:
		w.report.add(Fault{FaultRepeated, this.Number, this.Number, m.ID})
		return
	case this.Number > next:
		w.report.add(Fault{FaultMissing, next, this.Number - 1, ""})
	case values["prev"] != w.last.MAC:
		w.report.add(Fault{FaultChanged, this.Number, this.Number, m.ID})
	}
	if noted, ok := w.known[this.Number]; ok {
		if !hmac.Equal([]byte(noted), []byte(this.MAC)) {
			w.report.add(Fault{FaultKnown, this.Number, this.Number, m.ID})
		}
		delete(w.known, this.Number)
	}
	w.last = this
}

func (w *walk) finish(head []any) {
	var newest Head
	err := error(nil)
	if len(head) == 2 && (head[0] != nil || head[1] != nil) {
		newest, err = parseHead(head[0], head[1])
	}
	switch {
	case err != nil:
		w.report.add(Fault{FaultHead, w.last.Number, w.last.Number, ""})
	case newest.Number > w.last.Number:
		w.report.add(Fault{FaultMissing, w.last.Number + 1, newest.Number, ""})
	case newest != w.last:
		w.report.add(Fault{FaultHead, w.last.Number, w.last.Number, ""})
	}
	for _, number := range slices.Sorted(maps.Keys(w.known)) {
		if number > 0 {
			w.report.add(Fault{FaultKnown, number, number, ""})
		}
	}
	w.report.Head = w.last
}

// text takes the fields of a stream entry as the strings they are.
func text(values map[string]any) map[string]string {
	m := make(map[string]string, len(values))
	for name, v := range values {
		m[name], _ = v.(string)
	}
	return m
}
