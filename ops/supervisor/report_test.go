package supervisor

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/triage"
)

// stored is embedded under another name than that of one of its methods.
type stored = Cases

// scripted has a journal of its own in place of the one in the storage.
type scripted struct {
	stored
	entries []store.Happened
	fails   error
	reads   func(after string)
}

func (s *scripted) Shard(contacts.LineID) string { return "s00" } // both lines share one

func (s *scripted) History(_ context.Context, _ contacts.LineID, after string) iter.Seq2[store.Happened, error] {
	return func(yield func(store.Happened, error) bool) {
		if s.reads != nil {
			s.reads(after)
		}
		if s.fails != nil {
			yield(store.Happened{}, s.fails)
			return
		}
		from := 0
		if after != "" {
			from = 1 + slices.IndexFunc(s.entries, func(h store.Happened) bool { return h.ID == after })
		}
		for _, h := range s.entries[from:] {
			if !yield(h, nil) {
				return
			}
		}
	}
}

// ward is the zone of the lines of the tests.
func wardZone(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// deskDay is Tuesday, 24 November 2026 on the first line, counted by hand in the tests below:
//
//	before  arrives on Monday, 23:59:59; taken on the day
//	a       07:00 danger, text; alert accepted after 2 s; taken in step 1 after 50 s; closed by its helper after 1 h
//	b       07:30 danger, text; nobody takes it, a round goes by
//	c       12:00 urgent, call; abandoned after 8 s; called again, talks 20 s after the first call; taken in step 2 after 18 s; open
//	d       12:10 urgent, call; talks after 10 s; taken in step 1 after 9 s; closed after 5 min, in no way that we know
//	e       23:00 information, text; closed by the office after 30 min as a mistake, never taken
//
// and on the second line, whose journal is the same, one case at 08:00 taken after an hour.
func deskDay(t testing.TB) []store.Happened {
	t.Helper()
	zone := wardZone(t)
	var entries []store.Happened
	put := func(line contacts.LineID, day int, at string, id routing.CaseID, notes ...routing.Note) {
		t.Helper()
		clock, err := time.ParseInLocation(time.TimeOnly, at, zone)
		if err != nil {
			t.Fatal(err)
		}
		when := time.Date(2026, time.November, day, clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
		for i := range notes {
			notes[i].Case = id
		}
		entries = append(entries, store.Happened{ID: fmt.Sprintf("%d-%d", when.UnixMilli(), len(entries)), At: when.UTC(), Line: line, Notes: notes})
	}
	opened := func(by contacts.Channel, u triage.Urgency) routing.Note {
		return routing.Note{Kind: routing.NoteOpened, Channel: by, Urgency: u}
	}
	after := func(kind routing.NoteKind, took time.Duration) routing.Note {
		return routing.Note{Kind: kind, Took: took}
	}
	taken := func(took time.Duration, step int) routing.Note {
		return routing.Note{Kind: routing.NoteClaimed, Took: took, Step: step, Role: contacts.TrustedAddress, Urgency: triage.Urgent}
	}
	alerted := routing.Note{Kind: routing.NoteAlerted, Role: contacts.TrustedAddress}
	over := func(r routing.AlertState) routing.Note {
		return routing.Note{Kind: routing.NoteAlertOver, Role: contacts.TrustedAddress, Result: r}
	}
	closed := func(took time.Duration, by routing.Reason, o routing.Outcome) routing.Note {
		return routing.Note{Kind: routing.NoteClosed, Took: took, Reason: by, Outcome: o}
	}
	rang := routing.Note{Kind: routing.NoteRang}
	put(here1, 23, "23:59:59", "before", opened(contacts.SMS, triage.Urgent))
	put(here1, 24, "00:00:20", "before", taken(21*time.Second, 1))
	put(here1, 24, "07:00:00", "a", opened(contacts.SMS, triage.ImmediateDanger), alerted)
	put(here1, 24, "07:00:02", "a", after(routing.NoteFirstAlert, 2*time.Second))
	put(here1, 24, "07:00:50", "a", over(routing.AlertTaken), taken(50*time.Second, 1))
	put(here1, 24, "07:30:00", "b", opened(contacts.SMS, triage.ImmediateDanger), alerted)
	put(here1, 24, "07:32:00", "b", over(routing.AlertNoAnswer), routing.Note{Kind: routing.NoteRoundOver})
	put(here1, 24, "08:00:00", "a", closed(time.Hour, routing.ReasonClosedByHelper, ""))
	put(there, 24, "08:00:00", "other", opened(contacts.SMS, triage.Urgent))
	put(there, 24, "09:00:00", "other", taken(time.Hour, 1))
	put(here1, 24, "12:00:00", "c", opened(contacts.Voice, triage.Urgent), rang, alerted)
	put(here1, 24, "12:00:08", "c", after(routing.NoteAbandoned, 8*time.Second))
	put(here1, 24, "12:00:15", "c", rang)
	put(here1, 24, "12:00:18", "c", over(routing.AlertTaken), taken(18*time.Second, 2))
	put(here1, 24, "12:00:20", "c", after(routing.NoteTalking, 5*time.Second))
	put(here1, 24, "12:10:00", "d", opened(contacts.Voice, triage.Urgent), rang)
	put(here1, 24, "12:10:09", "d", taken(9*time.Second, 1))
	put(here1, 24, "12:10:10", "d", after(routing.NoteTalking, 10*time.Second))
	put(here1, 24, "12:15:00", "d", closed(5*time.Minute, `=HYPERLINK("http://evil")`, ""))
	put(here1, 24, "23:00:00", "e", opened(contacts.SMS, triage.Information))
	put(here1, 24, "23:30:00", "e", closed(30*time.Minute, routing.ReasonClosedByOffice, routing.OutcomeMistake))
	return entries
}

// deskNight is the evening of the next day.
func deskNight(t testing.TB) time.Time {
	return time.Date(2026, time.November, 25, 20, 0, 0, 0, wardZone(t))
}

// atDesk makes a board whose journal is the scripted day.
func atDesk(t *testing.T) (*world, *scripted) {
	t.Helper()
	journal := &scripted{entries: deskDay(t)}
	w := newWorld(t, func(o *Options) {
		journal.stored = o.Cases
		o.Cases, o.Now = journal, func() time.Time { return deskNight(t) }
	})
	return w, journal
}

const theDay = "from=2026-11-24&to=2026-11-24"

// rows reads a table of a page, by its caption: the cells' texts.
func rows(t *testing.T, page, caption string) [][]string {
	t.Helper()
	for _, table := range regexp.MustCompile(`(?s)<table.*?</table>`).FindAllString(page, -1) {
		if !strings.Contains(readable(regexp.MustCompile(`(?s)<caption.*?</caption>`).FindString(table)), caption) {
			continue
		}
		var list [][]string
		for _, tr := range regexp.MustCompile(`(?s)<tr.*?</tr>`).FindAllString(table, -1) {
			var cells []string
			for _, td := range regexp.MustCompile(`(?s)<t[hd][ >].*?</t[hd]>`).FindAllString(tr, -1) {
				cells = append(cells, strings.TrimSpace(readable(td)))
			}
			list = append(list, cells)
		}
		return list
	}
	t.Fatalf("the page has no table %q", caption)
	return nil
}

func TestTimes_AgreeWithADayCountedByHand(t *testing.T) {
	t.Parallel()
	w, _ := atDesk(t)
	b := w.open("mai", account.Reader, here1)
	page := english(t, b, "/times?line=cam-thanh&"+theDay+"&measure=claim")

	for _, want := range []struct {
		caption string
		rows    [][]string
	}{
		{"The measures over all cases", [][]string{
			{"Measure", "Happened", "Half within", "90 % within", "99 % within", "Within target", "Still waiting", "Closed without", "Still in time", "Mean", "Longest", "Target"},
			// a 50 s; b never and late. One of two in three minutes. Place 1 of 2 is a, places 2 and 2 are b.
			{"Danger: taken", "1", "50 s", "fewer than 90 %", "fewer than 99 %", "1/2 (50 %) target missed", "1", "0", "0", "50 s", "50 s", "100 % within 3 min"},
			// d 10 s, c 20 s from its first call. Places 1, 2 and 2.
			{"Calls: joined", "2", "10 s", "20 s", "20 s", "1/2 (50 %) target missed", "0", "0", "0", "15 s", "20 s", "90 % within 15 s"},
			// d 9, c 18, a 50 s; b waits, e never. Places 3, 5 and 5 of 5; mean 25.667 s, rounded up.
			{"Taken", "3", "50 s", "fewer than 90 %", "fewer than 99 %", "–", "1", "1", "0", "26 s", "50 s", "–"},
			// a 2 s; b, c and d have none noted, and e and d are closed.
			{"First alert", "1", "fewer than half", "fewer than 90 %", "fewer than 99 %", "–", "2", "2", "0", "2 s", "2 s", "–"},
			// d 5 min, e 30 min, a 1 h; b and c are open. Places 2, 3 and 3 of 3; mean 31 min 40 s.
			{"Closed", "3", "30 min", "1 h", "1 h", "–", "0", "0", "2", "31 min 40 s", "1 h", "–"},
		}},
		{"How many cases came how far", [][]string{
			{"Stage", "Cases", "Of those that came in", ""},
			{"Came in", "5", "100 %", ""}, {"Somebody alerted", "1", "20 %", ""}, {"Taken", "3", "60 %", ""}, {"Talked with somebody 2 of 2 who called", "2", "40 %", ""},
			{"Closed", "3", "60 %", ""}, {"Among them"}, {"Open", "2", "40 %", ""}, {"Open, not taken", "1", "20 %", ""}, {"Closed, never taken", "1", "20 %", ""},
			{"A full round without anybody", "1", "20 %", ""},
		}},
		{"Outcomes, as said from the desk", [][]string{
			{"Outcome", "Cases", "Of those closed", ""},
			{"got help", "0", "0 %", ""}, {"handed on to another service", "0", "0 %", ""}, {"can no longer be reached", "0", "0 %", ""},
			{"no longer wants help; confirmed that it was them", "0", "0 %", ""}, {"wrong number, advertisement or test", "1", "33.3 %", ""},
			{"Not said: closed by a helper (XONG)", "1", "33.3 %", ""}, {"Not said: closed from the desk", "0", "0 %", ""},
			{`=HYPERLINK("http://evil")`, "1", "33.3 %", ""},
		}},
		{"By week", [][]string{
			{"Week", "Cases", "Happened", "Half within", "90 % within", "99 % within", "Within target", "Still waiting", "Closed without", "Still in time"},
			{"Week 48, from 23 Nov 2026", "5", "3", "50 s", "fewer than 90 %", "fewer than 99 %", "–", "1", "1", "0"},
		}},
		{"By urgency", [][]string{
			{"Urgency on arrival", "Cases", "Happened", "Half within", "90 % within", "99 % within", "Within target", "Still waiting", "Closed without", "Still in time"},
			{"immediate danger", "2", "1", "50 s", "fewer than 90 %", "fewer than 99 %", "–", "1", "0", "0"},
			{"urgent", "2", "2", "9 s", "18 s", "18 s", "–", "0", "0", "0"},
			{"information", "1", "0", "fewer than half", "fewer than 90 %", "fewer than 99 %", "–", "0", "1", "0"},
		}},
		{"By channel", [][]string{
			{"Channel", "Cases", "Happened", "Half within", "90 % within", "99 % within", "Within target", "Still waiting", "Closed without", "Still in time"},
			{"text", "3", "1", "fewer than half", "fewer than 90 %", "fewer than 99 %", "–", "1", "1", "0"},
			{"call", "2", "2", "9 s", "18 s", "18 s", "–", "0", "0", "0"},
		}},
		{"Which step found somebody", [][]string{
			{"Step", "Cases", "Happened", "Half within", "90 % within", "99 % within", "Within target", "Still waiting", "Closed without", "Still in time"},
			{"Step 1", "2", "2", "9 s", "50 s", "50 s", "–", "0", "0", "0"},
			{"Step 2", "1", "1", "18 s", "18 s", "18 s", "–", "0", "0", "0"},
			{"Not taken", "2", "0", "fewer than half", "fewer than 90 %", "fewer than 99 %", "–", "1", "1", "0"},
		}},
		{"Alerts, by kind of contact", [][]string{
			{"Kind", "Alerted", "Took it", "Declined", "No answer", "Not reached", "Somebody else first", "Waiting"},
			{"trusted address", "3", "2", "0", "1", "0", "0", "0"},
		}},
		{"Calls that ended before", [][]string{
			{"Had waited", "Abandoned calls", "Of abandoned calls"},
			{"under 10 s", "1", "100 %"}, {"10 s to under 30 s", "0", "0 %"}, {"30 s to under 1 min", "0", "0 %"}, {"1 min to under 3 min", "0", "0 %"},
			{"3 min to under 10 min", "0", "0 %"}, {"10 min or longer", "0", "0 %"},
		}},
	} {
		got := rows(t, page, want.caption)
		for _, row := range got { // what screen readers hear in place of a dash
			for i := range row {
				row[i] = strings.TrimSuffix(row[i], " none")
			}
		}
		if diff := cmp.Diff(want.rows, got); diff != "" {
			t.Errorf("table %q (-want +got):\n%s", want.caption, diff)
		}
	}
	hours := map[string]string{}
	for _, row := range rows(t, page, "By hour of the day")[1:] {
		if row[1] != "0" {
			hours[row[0]] = row[1]
		}
	}
	if diff := cmp.Diff(map[string]string{"07:00–07:59": "2", "12:00–12:59": "2", "23:00–23:59": "1"}, hours); diff != "" {
		t.Errorf("cases by hour (-want +got):\n%s", diff)
	}
	text := readable(page)
	for _, want := range []string{
		"Cases that came in: 5; taken: 3. Still waiting for somebody to take them: 1. Closed and never taken: 1. " +
			"Half of the cases were taken within 50 s; fewer than 9 of 10 were taken. Danger: 1 of 2 taken within 3 min; the target of 100 % is missed.",
		"24 Nov 2026 to the end of 24 Nov 2026", "Calls: 3. Abandoned: 1. Hung up before the target was over and counted as missed: 1.",
		"90 % of calls answered within 15 seconds", "NENA-STA-020.1-2020", "mean of 44 seconds", "SAMHSA",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// english loads a page in English.
func english(t *testing.T, b *browser, path string) string {
	t.Helper()
	if got := b.post("/language", url.Values{"language": {"en"}, "next": {"/times"}}); got.Code != http.StatusSeeOther {
		t.Fatalf("POST /language = %d, want 303", got.Code)
	}
	return b.page(path)
}

// What happens while a page is open is in the figures when it is loaded again, without reading all anew.
func TestTimes_FollowTheJournal(t *testing.T) {
	t.Parallel()
	w, journal := atDesk(t)
	b := w.open("mai", account.Reader, here1)
	var asked []string
	journal.reads = func(after string) { asked = append(asked, after) }
	if page := readable(b.page("/times?" + theDay)); !strings.Contains(page, "Có 5 ca tới,") {
		t.Fatal("the page does not count the five cases of the day")
	}
	last := journal.entries[len(journal.entries)-1].ID
	at := deskNight(t).Add(-20 * time.Hour)
	journal.entries = append(journal.entries, store.Happened{ID: fmt.Sprintf("%d-0", at.UnixMilli()), At: at, Line: here1, Notes: []routing.Note{
		{Kind: routing.NoteOpened, Case: "late", Channel: contacts.SMS, Urgency: triage.Urgent, Took: time.Minute},
	}})
	if page := readable(b.page("/times?" + theDay)); !strings.Contains(page, "Có 6 ca tới,") {
		t.Error("the page does not count a case that came since")
	}
	if diff := cmp.Diff([]string{"", last}, asked); diff != "" {
		t.Errorf("read after (-want +got):\n%s", diff)
	}
}

// Until the journal was read once a page says so at once.
func TestTimes_WhileTheJournalIsRead(t *testing.T) {
	t.Parallel()
	w, journal := atDesk(t)
	b := w.open("mai", account.Reader, here1)
	s := w.board.folded.shard(here1)
	s.turn <- struct{}{} // somebody reads
	began := time.Now()
	answer := b.get("/times")
	if answer.Code != 503 || !strings.Contains(readable(answer.Body.String()), "Số liệu đang được đọc") {
		t.Errorf("GET /times while the journal is read = %d, want 503 and why", answer.Code)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("the answer took %v, want it at once", took)
	}
	<-s.turn
	journal.fails = fmt.Errorf("read journal: %w", os.ErrDeadlineExceeded) // of the connection, before the request's own
	if got := b.get("/times"); !strings.Contains(readable(got.Body.String()), "Số liệu đang được đọc") {
		t.Errorf("GET /times when the connection's time is over first = %d, want why", got.Code)
	}
	journal.fails = nil
	if got := b.get("/times").Code; got != 200 {
		t.Errorf("GET /times after = %d, want 200", got)
	}
}

func TestTimes_JournalCannotBeRead(t *testing.T) {
	t.Parallel()
	w, journal := atDesk(t)
	b := w.open("mai", account.Reader, here1)
	journal.fails = errDown
	answer := b.get("/times")
	if answer.Code != 503 || strings.Contains(answer.Body.String(), errDown.Error()) {
		t.Errorf("GET /times without a journal = %d, want 503 and no cause", answer.Code)
	}
	if !strings.Contains(w.logged.String(), "page failed") {
		t.Error("the log does not say that a page failed")
	}
}

// BenchmarkTimes_100000Cases is a page over two years of 100,000 closed cases, which is to take under 100 ms.
func BenchmarkTimes_100000Cases(b *testing.B) {
	const n = 100_000
	now := time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)
	zone := wardZone(b)
	board := &Board{o: Options{Now: func() time.Time { return now }}}
	var err error
	if board.assets, err = readAssets(); err != nil {
		b.Fatal(err)
	}
	if board.words, err = readWords(); err != nil {
		b.Fatal(err)
	}
	if board.pages, err = board.parsePages(); err != nil {
		b.Fatal(err)
	}
	l := shifts(b)
	l.Roster.Zone = zone
	board.o.Lines, board.o.Cases = shiftLines{l}, &scripted{}
	board.folded = newFolded(board)
	for i := range n {
		at := now.Add(-time.Duration(n-i) * 10 * time.Minute)
		took := time.Duration(i%600) * time.Second
		id := routing.CaseID(fmt.Sprintf("case%08d", i))
		board.folded.folder.Add(report.Entry{ID: fmt.Sprintf("%d-0", i+1), At: at, Line: l.ID, Notes: []routing.Note{
			{Kind: routing.NoteOpened, Case: id, Channel: contacts.SMS, Urgency: triage.Urgent},
			{Kind: routing.NoteAlerted, Case: id, Role: contacts.Police},
		}})
		board.folded.folder.Add(report.Entry{ID: fmt.Sprintf("%d-1", i+1), At: at.Add(took), Line: l.ID, Notes: []routing.Note{
			{Kind: routing.NoteClaimed, Case: id, Took: took, Step: 1 + i%4}, {Kind: routing.NoteClosed, Case: id, Took: took},
		}})
	}
	who := account.User{Name: "mai", Role: account.Supervisor, Lines: account.Lines{All: true}}
	for _, period := range []string{"", "?from=2024-01-01&to=2026-11-24"} {
		b.Run("GET /times"+period, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodGet, "/times"+period, nil)
				if err := board.showTimes(w, &query{Request: r, who: &who, words: board.words["vi"], now: now}); err != nil || w.Code != 200 {
					b.Fatalf("GET /times = %d, %v", w.Code, err)
				}
			}
		})
	}
}
