package command

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/triage"
)

const (
	// reportTimeout bounds a report: the journal of years is read from its period on.
	reportTimeout = 10 * time.Minute
	// clocksApart is how far the clock that stamps what arrives may be ahead of the journal's.
	clocksApart = time.Hour
)

// runReport prints the response times of a period, or writes them as a file.
func runReport(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	from := flags.String("from", "", "")
	to := flags.String("to", "", "")
	path := flags.String("csv", "", "")
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	if *from == "" || *to == "" {
		return usageError{"Cần --from và --to | --from and --to are needed"}
	}
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	st, err := openStorage(ctx, std)
	if err != nil {
		return err
	}
	return errors.Join(st.report(ctx, std, contacts.LineID(rest[0]), *from, *to, *path), st.close())
}

func (st *storage) report(ctx context.Context, std IO, id contacts.LineID, from, to, path string) error {
	l, err := st.line(ctx, id)
	if err != nil {
		return err
	}
	o := report.Options{Line: id, Zone: l.Roster.Zone, Targets: l.Targets}
	if o.From, err = parseDay("--from", from, o.Zone); err != nil {
		return err
	}
	if o.To, err = parseDay("--to", to, o.Zone); err != nil {
		return err
	}
	if !o.From.Before(o.To) {
		return usageError{"--to phải sau --from; ngày --to không được tính vào | --to must be after --from; the day of --to is not part of it"}
	}
	if o.Now, err = st.cases.Now(ctx, id); err != nil {
		return err
	}
	if path != "" {
		// Recorded first: what was not recorded is not handed out.
		entry := audit.Entry{Actor: actor(), Action: audit.Export, Line: string(id), Detail: "response_times"}
		if err := st.audit.Record(ctx, entry); err != nil {
			return err
		}
	}
	folder := report.NewFolder()
	for h, err := range st.cases.History(ctx, id, store.JournalBefore(o.From.Add(-clocksApart))) {
		if err != nil {
			return err
		}
		folder.Add(report.Entry{ID: h.ID, At: h.At, Line: h.Line, Notes: h.Notes})
	}
	r := folder.Report(o)
	if path == "" {
		printReport(std.Stdout, &r)
		return nil
	}
	var table bytes.Buffer
	if err := report.WriteCSV(&table, r, report.CSV{BOM: true, Vietnamese: true}); err != nil {
		return err
	}
	if path == "-" {
		_, err := std.Stdout.Write(table.Bytes())
		return err
	}
	// Exact figures are for those entitled to them.
	if err := os.WriteFile(path, table.Bytes(), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(std.Stderr, "Đã ghi số liệu của %d ca | wrote the figures of %d cases\n", r.All.Cases, r.All.Cases)
	return nil
}

// parseDay reads when a period begins or ends: a day, or an instant, in the line's zone.
func parseDay(name, s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{name + ": viết như | write it like 2026-11-24 hoặc | or 2026-11-24T22:00"}
}

func measureName(m report.Measure) string {
	names := map[report.Measure][2]string{
		report.Alert:  {"báo người đầu tiên", "first alert accepted"},
		report.Claim:  {"có người nhận", "taken"},
		report.Danger: {"nguy hiểm: có người nhận", "danger: taken"},
		report.Talk:   {"gọi tới: được nói chuyện", "calls: joined"},
		report.Close:  {"đóng ca", "closed"},
	}
	return both(names[m][0], names[m][1])
}

// printReport writes what matters most of a report, for a person.
func printReport(out io.Writer, r *report.Report) {
	const day = "2006-01-02 15:04"
	fmt.Fprintf(out, "Từ | from %s - đến trước | until %s (tính đến | as of %s)\n", r.From.In(r.Zone).Format(day), r.To.In(r.Zone).Format(day), r.Now.In(r.Zone).Format("2006-01-02 15:04 MST"))
	n := r.Funnel
	for _, row := range []struct {
		vi, en string
		count  int
	}{
		{"ca tới", "arrived", n.Arrived}, {"đã báo người trực", "alerted", n.Alerted}, {"có người nhận", "taken", n.Taken},
		{"được nói chuyện", "talked", n.Talked}, {"đã đóng", "closed", n.Closed}, {"đang mở", "open", n.Open},
		{"đang mở, chưa ai nhận", "open, not taken", n.Untaken}, {"đóng mà chưa ai nhận", "closed, never taken", n.ClosedUntaken},
		{"hết một vòng chưa ai nhận", "a full round without anybody", n.Unanswered},
		{"cuộc gọi tới", "calls", r.Calls.Came}, {"gác máy khi chưa gặp ai", "abandoned calls", r.Calls.Abandoned},
	} {
		fmt.Fprintf(out, "  %s\t%d\n", both(row.vi, row.en), row.count)
	}
	fmt.Fprintln(out, "Ca đã đóng | closed cases:")
	for _, o := range r.Outcomes {
		name := unsaidName(o.By)
		if o.Outcome != "" {
			name = outcomeName(o.Outcome)
		}
		fmt.Fprintf(out, "  %s\t%d\n", name, o.Cases)
	}
	fmt.Fprintln(out, "Thời gian | times (trung vị | median, 90 %, 99 %; trung bình | mean):")
	for _, m := range report.Measures() {
		printSeries(out, measureName(m), r.All.Of(m), r.Target(m))
	}
	fmt.Fprintln(out, "Bước nhận ca | taken in step:")
	for _, g := range r.Steps {
		key := both("bước "+g.Key, "step "+g.Key)
		if _, err := strconv.Atoi(g.Key); err != nil {
			key = both("chưa ai nhận", "not taken")
		}
		fmt.Fprintf(out, "  %s\t%d\n", key, g.Cases)
	}
	fmt.Fprintln(out, "Theo mức khẩn | by urgency:")
	for _, g := range r.Urgencies {
		printSeries(out, urgencyName(triage.Urgency(g.Key)), &g.Claim, routing.Target{})
	}
	fmt.Fprintln(out, "Lần báo | alerts:")
	for _, a := range r.Alerts {
		fmt.Fprintf(out, "  %s\t%d: nhận | taken %d, từ chối | declined %d, không trả lời | no answer %d, không tới | failed %d, muộn | late %d, đang chờ | out %d\n",
			a.Kind, a.Sent, a.Taken, a.Declined, a.NoAnswer, a.Failed, a.Late, a.Out)
	}
	fmt.Fprintln(out, "Để so sánh | for comparison:")
	for _, y := range report.Yardsticks() {
		fmt.Fprintf(out, "  %s | %s (%s)\n", y.VI, y.EN, y.Source)
	}
}

func printSeries(out io.Writer, name string, s *report.Series, t routing.Target) {
	fmt.Fprintf(out, "  %s\t%d\t%s, %s, %s; %s", name, s.Done, percentile(s.Median), percentile(s.P90), percentile(s.P99), meanOf(s))
	if missing := s.Waiting + s.Never; missing > 0 {
		fmt.Fprintf(out, "; chưa có | not yet or never %d", missing)
	}
	if s.Pending > 0 {
		fmt.Fprintf(out, "; còn trong hạn | pending %d", s.Pending)
	}
	if t.Within > 0 {
		fmt.Fprintf(out, "; trong | within %s: %d/%d", t.Within, s.Within, s.Judged)
		if s.Judged > 0 {
			// Rounded down: 89.96 % is not 90 %.
			fmt.Fprintf(out, " = %.1f %%", float64(s.Within*1000/s.Judged)/10)
		}
		fmt.Fprintf(out, ", cần | target %d %%", t.Share)
	}
	fmt.Fprintln(out)
}

// percentile is a time, or that so many were not reached at all.
func percentile(p report.Percentile) string {
	if !p.Reached {
		return "-"
	}
	return p.Value.String()
}

func meanOf(s *report.Series) string {
	if s.Done == 0 {
		return "-"
	}
	return s.Mean.String()
}
