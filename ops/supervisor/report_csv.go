package supervisor

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing/texts"
)

// errFromElsewhere is the answer to a file that another site asks for in somebody's name: it would stand in
// the audit log as theirs.
var errFromElsewhere = errForbidden

// exportTimes hands out one table of a period as a file. It is recorded first.
func (b *Board) exportTimes(w http.ResponseWriter, q *query) error {
	switch q.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return errFromElsewhere
	}
	ask, err := b.asks(q, account.Export)
	if err != nil {
		return err
	}
	table := q.URL.Query().Get("table")
	if ask.bad() || !isTable(table) {
		return errBadForm
	}
	folder, err := b.folded.upTo(q.Context(), ask.line.ID)
	if err != nil {
		return err
	}
	o, err := b.figuresOf(q, folder, ask.options(q.now))
	if err != nil {
		return err
	}
	entry := audit.Entry{Actor: q.who.Name, Action: audit.Export, Line: string(ask.line.ID), Detail: "response_times/" + table + " " + ask.from.String() + " " + ask.to.String()}
	if err := b.o.Audit.Record(q.Context(), entry); err != nil {
		return b.notAudited(err)
	}
	name := fmt.Sprintf("hotline-%s-%s-%s-%s.csv", ask.line.ID, ask.from, ask.to, table)
	if q.linked() {
		name = "linked-" + name // there may be cases that are not in it
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	as := report.CSV{BOM: true, Vietnamese: q.words.Language == texts.Vietnamese}
	_ = writeTable(&patient{w, http.NewResponseController(w)}, folder, o, table, as) // if the browser is gone there is nobody to tell
	return nil
}

// patient writes for as long as somebody reads: the cases of a year are some megabytes, and the server's own limit
// would cut them off where the network is slow.
type patient struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// Write fails if nothing is read for [writeTimeout].
func (p *patient) Write(text []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.w.Write(text)
}

// isTable reports whether there is such a table.
func isTable(name string) bool {
	switch name {
	case "all", "week", "hour", "urgency", "channel", "step", "funnel", "outcomes", "alerts", "waits", "cases":
		return true
	}
	return false
}

// writeTable writes one table of a page. A table of groups begins with the figures of all cases.
func writeTable(w io.Writer, folder *report.Folder, o report.Options, table string, as report.CSV) error {
	if table == "cases" {
		return report.WriteCasesCSV(w, folder.Cases(o), o.Zone, as)
	}
	r := folder.Report(o)
	count := func(n int) string { return strconv.Itoa(n) }
	switch table {
	case "funnel":
		n := r.Funnel
		return writeRows(w, as, []string{"stage", "cases"}, []string{"chặng", "số ca"}, [][]string{
			{"arrived", count(n.Arrived)}, {"alerted", count(n.Alerted)}, {"taken", count(n.Taken)}, {"talked", count(n.Talked)},
			{"closed", count(n.Closed)}, {"open", count(n.Open)}, {"untaken", count(n.Untaken)},
			{"closed_untaken", count(n.ClosedUntaken)}, {"unanswered", count(n.Unanswered)},
		})
	case "outcomes":
		var rows [][]string
		for _, o := range r.Outcomes {
			rows = append(rows, []string{string(o.Outcome), string(o.By), count(o.Cases)})
		}
		return writeRows(w, as, []string{"outcome", "closed_by", "cases"}, []string{"kết quả", "đóng bởi", "số ca"}, rows)
	case "alerts":
		var rows [][]string
		for _, a := range r.Alerts {
			rows = append(rows, []string{
				string(a.Kind), count(a.Sent), count(a.Taken), count(a.Declined), count(a.NoAnswer), count(a.Failed), count(a.Late), count(a.Out),
			})
		}
		return writeRows(w, as, []string{"kind", "sent", "taken", "declined", "no_answer", "failed", "late", "out"},
			[]string{"loại người trực", "đã báo", "nhận", "từ chối", "không trả lời", "không tới", "muộn", "đang chờ"}, rows)
	case "waits":
		var rows [][]string
		for _, b := range r.Calls.Waits {
			to := ""
			if b.To > 0 {
				to = strconv.FormatFloat(b.To.Seconds(), 'f', -1, 64)
			}
			rows = append(rows, []string{strconv.FormatFloat(b.From.Seconds(), 'f', -1, 64), to, count(b.Count)})
		}
		return writeRows(w, as, []string{"waited_from_s", "waited_to_s", "abandoned_calls"}, []string{"chờ từ (giây)", "đến dưới (giây)", "cuộc gọi bỏ dở"}, rows)
	}
	keep := func(name string, groups *[]report.Group) {
		if name != table {
			*groups = nil
		}
	}
	keep("week", &r.Weeks)
	keep("hour", &r.Hours)
	keep("channel", &r.Channels)
	keep("urgency", &r.Urgencies)
	keep("step", &r.Steps)
	return report.WriteCSV(w, r, as)
}

// writeRows writes a table as ops/report writes its own: RFC 4180, the columns' names in English first.
func writeRows(w io.Writer, as report.CSV, head, vietnamese []string, rows [][]string) error {
	if as.BOM {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	if as.Vietnamese {
		rows = append([][]string{vietnamese}, rows...)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range append([][]string{head}, rows...) {
		for i := range row {
			row[i] = harmless(row[i])
		}
		_ = out.Write(row) // its error is kept, and returned at the end
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// harmless keeps a spreadsheet from running a cell as a formula (OWASP, CSV Injection). What is written here are
// counts and our own names; the journal they come from may still hold a name that is not.
func harmless(cell string) string {
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
