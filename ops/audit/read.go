package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
)

// Record is an entry as it is stored.
type Record struct {
	Entry
	ID     string // place in the log, as [Log.Read] and [Log.Newest] take it
	Number int64  // number in the chain; 0 for an entry from before it
	At     time.Time
	// Unreadable means that there is a reason which does not open with this keyset.
	Unreadable bool
}

// MaxPage is how many entries are read at once at most.
const MaxPage = 1000

// scanPages bounds how many pages a filtered read looks through before it answers with what it has: a page of the
// board is to be there within a tenth of a second (BenchmarkNewest_NothingWanted).
const scanPages = 10

// Read returns up to n entries, oldest first, from the one that follows the place after; empty is the beginning.
func (l *Log) Read(ctx context.Context, after string, n int) ([]Record, error) {
	from := "-"
	if after != "" {
		from = "(" + after
	}
	messages, err := l.rdb.XRangeN(ctx, logKey(), from, "+", int64(min(max(n, 1), MaxPage))).Result()
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return l.records(messages), nil
}

// Newest returns up to n of the entries that want accepts (nil: all), newest first, from the one that precedes the
// place before; empty is the end. The second result is the place to go on from, empty if there is nothing more.
// Fewer than n with a place to go on from means that many entries in between were not wanted. want is given entries
// without their reasons: of those that are not wanted they are never opened.
func (l *Log) Newest(ctx context.Context, before string, n int, want func(Record) bool) ([]Record, string, error) {
	n = min(max(n, 1), MaxPage)
	page := MaxPage
	if want == nil {
		page = n
	}
	var found []Record
	for range scanPages {
		from := "+"
		if before != "" {
			from = "(" + before
		}
		messages, err := l.rdb.XRevRangeN(ctx, logKey(), from, "-", int64(page)).Result()
		if err != nil {
			return nil, "", fmt.Errorf("read the audit log: %w", err)
		}
		for i, m := range messages {
			r := record(m)
			before = r.ID
			if want != nil && !want(r) {
				continue
			}
			l.reveal(&r, m)
			found = append(found, r)
			if len(found) == n {
				if i == len(messages)-1 && len(messages) < page {
					before = ""
				}
				return found, before, nil
			}
		}
		if len(messages) < page {
			return found, "", nil
		}
	}
	return found, before, nil
}

// Lines makes a filter that accepts what concerns one of the lines.
func Lines(ids ...contacts.LineID) func(Record) bool {
	return func(r Record) bool { return slices.Contains(ids, contacts.LineID(r.Line)) }
}

func (l *Log) records(messages []redis.XMessage) []Record {
	list := make([]Record, len(messages))
	for i, m := range messages {
		list[i] = record(m)
		l.reveal(&list[i], m)
	}
	return list
}

// record reads an entry but for its reason. What is malformed was not written by this program: Verify names it, and
// the page still shows the rest.
func record(m redis.XMessage) Record {
	r := Record{ID: m.ID, Entry: Entry{
		Actor: field(m, "actor"), Action: Action(field(m, "action")), Line: field(m, "line"), Case: field(m, "case"), Detail: field(m, "detail"),
	}}
	r.Number, _ = strconv.ParseInt(field(m, "n"), 10, 64)
	ms, _ := strconv.ParseInt(field(m, "at_unix_ms"), 10, 64)
	r.At = time.UnixMilli(ms).UTC()
	return r
}

// field is a field of an entry; empty if there is none.
func field(m redis.XMessage, name string) string {
	value, _ := m.Values[name].(string)
	return value
}

// reveal opens the reason of an entry, if one was given.
func (l *Log) reveal(r *Record, m redis.XMessage) {
	if sealed := field(m, "reason"); sealed != "" {
		reason, err := l.keyset.Open(contacts.LineID(r.Line), reasonField(field(m, "n")), []byte(sealed))
		r.Reason, r.Unreadable = contacts.Conceal(string(reason)), err != nil
	}
}
