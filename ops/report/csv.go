package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tincay/hotline/routing"
)

// CSV is how tables are written. Lines end in CR LF and cells are quoted as RFC 4180 says. The first line
// names the columns in English; the names and their order do not change, new columns come last. Times are
// in the zone of the line, durations in seconds with three decimals, an empty cell is a figure that there
// is not. A cell that a spreadsheet would take for a formula begins with an apostrophe instead.
type CSV struct {
	BOM        bool // begins with the byte order mark by which Excel knows UTF-8
	Vietnamese bool // a second line names the columns in Vietnamese
}

// column is one column of a table of T.
type column[T any] struct {
	name, vi string
	cell     func(T) string
}

// line is a series in the table of figures.
type line struct {
	by, key string
	figures *Figures
	measure Measure
	series  *Series
	target  routing.Target
}

func figureColumns(r *Report) []column[line] {
	return []column[line]{
		{"line", "đường dây", func(line) string { return string(r.Line) }},
		{"from", "từ", func(line) string { return moment(r.From, r.Zone) }},
		{"to", "đến trước", func(line) string { return moment(r.To, r.Zone) }},
		{"as_of", "tính đến", func(line) string { return moment(r.Now, r.Zone) }},
		{"group_by", "chia theo", func(l line) string { return l.by }},
		{"group", "nhóm", func(l line) string { return l.key }},
		{"cases", "số ca", func(l line) string { return strconv.Itoa(l.figures.Cases) }},
		{"measure", "đo", func(l line) string { return l.measure.String() }},
		{"done", "đã có", func(l line) string { return strconv.Itoa(l.series.Done) }},
		{"pending", "còn trong hạn", func(l line) string { return strconv.Itoa(l.series.Pending) }},
		{"waiting", "chưa có", func(l line) string { return strconv.Itoa(l.series.Waiting) }},
		{"never", "đóng mà không có", func(l line) string { return strconv.Itoa(l.series.Never) }},
		{"median_s", "trung vị (giây)", func(l line) string { return percentile(l.series.Median) }},
		{"p90_s", "phân vị 90 (giây)", func(l line) string { return percentile(l.series.P90) }},
		{"p99_s", "phân vị 99 (giây)", func(l line) string { return percentile(l.series.P99) }},
		{"mean_s", "trung bình (giây)", func(l line) string { return ofDone(l.series, l.series.Mean) }},
		{"max_s", "lâu nhất (giây)", func(l line) string { return ofDone(l.series, l.series.Max) }},
		{"target_s", "hạn (giây)", func(l line) string {
			if l.target.Within == 0 {
				return ""
			}
			return inSeconds(l.target.Within)
		}},
		{"target_share", "tỷ lệ cần đạt", func(l line) string {
			if l.target.Within == 0 {
				return ""
			}
			return strconv.FormatFloat(float64(l.target.Share)/100, 'f', 4, 64)
		}},
		{"judged", "số được xét", func(l line) string { return strconv.Itoa(l.series.Judged) }},
		{"within_target", "số đạt", func(l line) string { return strconv.Itoa(l.series.Within) }},
		{"share", "tỷ lệ đạt", func(l line) string {
			share, ok := l.series.Share()
			if !ok {
				return ""
			}
			return strconv.FormatFloat(share, 'f', 4, 64)
		}},
	}
}

// WriteCSV writes every series of a report, one a line, beginning with those of all cases.
func WriteCSV(w io.Writer, r Report, as CSV) error {
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	var lines []line
	add := func(by, key string, f *Figures) {
		for _, m := range Measures() {
			lines = append(lines, line{by, key, f, m, f.Of(m), r.Target(m)})
		}
	}
	add("all", "", &r.All)
	for _, set := range []struct {
		by     string
		groups []Group
	}{{"week", r.Weeks}, {"hour", r.Hours}, {"channel", r.Channels}, {"urgency", r.Urgencies}, {"step", r.Steps}} {
		for i := range set.groups {
			add(set.by, set.groups[i].Key, &set.groups[i].Figures)
		}
	}
	return write(w, figureColumns(&r), lines, as)
}

// WriteCasesCSV writes one line a case. zone is the line's; nil is UTC.
func WriteCasesCSV(w io.Writer, cases []Case, zone *time.Location, as CSV) error {
	if zone == nil {
		zone = time.UTC
	}
	at := func(of func(Case) time.Time) func(Case) string {
		return func(c Case) string { return moment(of(c), zone) }
	}
	return write(w, []column[Case]{
		{"case", "ca", func(c Case) string { return string(c.ID) }},
		{"channel", "kênh", func(c Case) string { return string(c.Channel) }},
		{"urgency", "mức khẩn khi tới", func(c Case) string { return string(c.Urgency) }},
		{"urgency_at_claim", "mức khẩn khi nhận", func(c Case) string { return string(c.UrgencyAtClaim) }},
		{"arrived", "tới lúc", at(func(c Case) time.Time { return c.Arrived })},
		{"alerted", "báo đầu tiên lúc", at(func(c Case) time.Time { return c.Alerted })},
		{"taken", "nhận lúc", at(func(c Case) time.Time { return c.Taken })},
		{"taken_step", "bước nhận", func(c Case) string {
			if c.Taken.IsZero() {
				return ""
			}
			return strconv.Itoa(c.TakenStep)
		}},
		{"taken_by", "loại người nhận", func(c Case) string { return string(c.TakenBy) }},
		{"round_over", "hết vòng đầu lúc", at(func(c Case) time.Time { return c.RoundOver })},
		{"calls", "số cuộc gọi", func(c Case) string { return strconv.Itoa(c.Calls) }},
		{"called", "gọi lúc", at(func(c Case) time.Time { return c.Called })},
		{"talked", "nói chuyện lúc", at(func(c Case) time.Time { return c.Talked })},
		{"closed", "đóng lúc", at(func(c Case) time.Time { return c.Closed })},
		{"closed_by", "đóng bởi", func(c Case) string { return string(c.ClosedBy) }},
		{"outcome", "kết quả", func(c Case) string { return string(c.Outcome) }},
	}, cases, as)
}

// write writes a table.
func write[T any](w io.Writer, columns []column[T], rows []T, as CSV) error {
	if as.BOM {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := make([]string, len(columns))
	put := func(cell func(column[T]) string) {
		for i, c := range columns {
			record[i] = harmless(cell(c))
		}
		_ = out.Write(record) // its error is kept, and returned at the end
	}
	put(func(c column[T]) string { return c.name })
	if as.Vietnamese {
		put(func(c column[T]) string { return c.vi })
	}
	for _, r := range rows {
		put(func(c column[T]) string { return c.cell(r) })
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// harmless keeps a spreadsheet from running a cell as a formula, which it does with whatever begins so
// (OWASP, CSV Injection); the wide forms are what a Vietnamese or Chinese keyboard makes of the same signs.
func harmless(cell string) string {
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

// moment is a time to the millisecond with its offset: an hour that the clock runs through twice is told
// apart.
func moment(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02T15:04:05.000-07:00")
}

func inSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

func percentile(p Percentile) string {
	if !p.Reached {
		return ""
	}
	return inSeconds(p.Value)
}

func ofDone(s *Series, d time.Duration) string {
	if s.Done == 0 {
		return ""
	}
	return inSeconds(d)
}
