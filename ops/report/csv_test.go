package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
)

// table writes and reads back.
func table(t *testing.T, write func(*bytes.Buffer) error) (raw string, records [][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatalf("write = %v, want no error", err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	return b.String(), records
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	r := report.Compute(slices.Values(scriptedDay(t)), theDay(t))
	raw, records := table(t, func(b *bytes.Buffer) error { return report.WriteCSV(b, r, report.CSV{}) })
	if strings.HasPrefix(raw, "\ufeff") || strings.Count(raw, "\n") != strings.Count(raw, "\r\n") || !strings.HasSuffix(raw, "\r\n") {
		t.Errorf("lines end otherwise than in CR LF, or a mark nobody asked for: %q", raw[:40])
	}
	// The names that whoever reads the file relies on.
	header := "line,from,to,as_of,group_by,group,cases,measure,done,pending,waiting,never,median_s,p90_s,p99_s,mean_s,max_s,target_s,target_share,judged,within_target,share"
	if got := strings.Join(records[0], ","); got != header {
		t.Errorf("columns = %s, want %s", got, header)
	}
	for _, want := range []string{
		"ward,2026-11-24T00:00:00.000+07:00,2026-11-25T00:00:00.000+07:00,2026-11-24T17:00:00.000+07:00,all,,8,danger_claim,3,1,1,0,40.000,,,56.667,120.000,180.000,1.0000,4,3,0.7500",
		"ward,2026-11-24T00:00:00.000+07:00,2026-11-25T00:00:00.000+07:00,2026-11-24T17:00:00.000+07:00,urgency,urgent,3,claim,2,0,0,1,420.000,,,242.500,420.000,,,0,0,",
		"ward,2026-11-24T00:00:00.000+07:00,2026-11-25T00:00:00.000+07:00,2026-11-24T17:00:00.000+07:00,step,none,3,talk,0,1,0,0,,,,,,15.000,0.9000,0,0,",
		"ward,2026-11-24T00:00:00.000+07:00,2026-11-25T00:00:00.000+07:00,2026-11-24T17:00:00.000+07:00,hour,03,0,close,0,0,0,0,,,,,,,,0,0,",
	} {
		if !slices.ContainsFunc(records, func(r []string) bool { return strings.Join(r, ",") == want }) {
			t.Errorf("there is no line %s in\n%s", want, raw)
		}
	}
	// All, one week, 24 hours, two channels, three urgencies, steps 1, 2 and none: five measures each.
	if want := 1 + 5*(1+1+24+2+3+3); len(records) != want {
		t.Errorf("%d lines, want %d", len(records), want)
	}
	raw, both := table(t, func(b *bytes.Buffer) error { return report.WriteCSV(b, r, report.CSV{BOM: true, Vietnamese: true}) })
	if !strings.HasPrefix(raw, "\ufeffline,") || both[1][6] != "số ca" || !slices.EqualFunc(both[2:], records[1:], slices.Equal) {
		t.Errorf("with the mark and Vietnamese names: %q, second line %q", raw[:20], both[1])
	}
}

func TestWriteCasesCSV(t *testing.T) {
	t.Parallel()
	f, o := report.NewFolder(), theDay(t)
	for _, e := range scriptedDay(t) {
		f.Add(e)
	}
	_, records := table(t, func(b *bytes.Buffer) error { return report.WriteCasesCSV(b, f.Cases(o), o.Zone, report.CSV{}) })
	want := [][]string{
		strings.Split("case,channel,urgency,urgency_at_claim,arrived,alerted,taken,taken_step,taken_by,round_over,calls,called,talked,closed,closed_by,outcome", ","),
		strings.Split("a,sms,immediate_danger,immediate_danger,2026-11-24T07:00:00.000+07:00,2026-11-24T07:00:01.200+07:00,2026-11-24T07:00:40.000+07:00,1,trusted_address,,0,,,2026-11-24T08:00:00.000+07:00,closed_by_helper,", ","),
	}
	if diff := cmp.Diff(want, records[:2]); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	if got := records[2][13:]; !slices.Equal(got, []string{"2026-11-24T11:00:00.000+07:00", "closed_by_supervisor", "helped"}) {
		t.Errorf("closing of case b = %q, want when, by whom and how it ended", got)
	}
	if len(records) != 9 {
		t.Errorf("%d lines, want one a case and the names", len(records))
	}
}

// Nothing that got into a name runs in a spreadsheet or breaks out of its cell. A carriage return alone is
// dropped: within a cell, too, lines end in CR LF.
func TestWriteCSV_Formulas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cell, want string }{
		{`=HYPERLINK("http://x.example","y")`, `'=HYPERLINK("http://x.example","y")`},
		{"+84", "'+84"}, {"-1+1", "'-1+1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"\t=1", "'\t=1"}, {"\r=1", "'=1"}, {"\n=1", "'\n=1"},
		{"＝1", "'＝1"}, {"＠x", "'＠x"},
		{"ward", "ward"}, {"a=1", "a=1"}, {"", ""}, {"phường, tổ \"1\"\nhai", "phường, tổ \"1\"\nhai"},
	} {
		t.Run(tt.cell, func(t *testing.T) {
			t.Parallel()
			cases := []report.Case{{ID: routing.CaseID(tt.cell), TakenBy: contacts.Kind(tt.cell)}}
			_, records := table(t, func(b *bytes.Buffer) error { return report.WriteCasesCSV(b, cases, nil, report.CSV{}) })
			if got := records[1][0]; got != tt.want || records[1][8] != tt.want {
				t.Errorf("cell %q is written as %q, want %q", tt.cell, got, tt.want)
			}
			_, records = table(t, func(b *bytes.Buffer) error {
				return report.WriteCSV(b, report.Report{Options: report.Options{Line: contacts.LineID(tt.cell)}}, report.CSV{})
			})
			if got := records[1][0]; got != tt.want {
				t.Errorf("line %q is written as %q, want %q", tt.cell, got, tt.want)
			}
		})
	}
}

// full takes so many bytes and no more.
type full int

var errFull = errors.New("disk is full")

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteCSV_DiskFull(t *testing.T) {
	t.Parallel()
	r := report.Compute(slices.Values(scriptedDay(t)), theDay(t))
	for _, room := range []full{0, 3, 5000} {
		if err := report.WriteCSV(&room, r, report.CSV{BOM: true}); !errors.Is(err, errFull) {
			t.Errorf("WriteCSV to a full disk = %v, want its error", err)
		}
	}
}

// A target that is missed by a hair is missed.
func TestSeries_Meets(t *testing.T) {
	t.Parallel()
	nine := routing.Target{Within: time.Second, Share: 90}
	for _, tt := range []struct {
		name    string
		target  routing.Target
		s       report.Series
		met, ok bool
	}{
		{"just", nine, report.Series{Judged: 10, Within: 9}, true, true},
		{"just not", nine, report.Series{Judged: 10_000, Within: 8999}, false, true},
		{"all", routing.Target{Within: time.Second, Share: 100}, report.Series{Judged: 3, Within: 3}, true, true},
		{"nobody", nine, report.Series{Pending: 3}, false, false},
		{"no target", routing.Target{}, report.Series{Done: 3}, false, false},
	} {
		if met, ok := tt.s.Meets(tt.target); met != tt.met || ok != tt.ok {
			t.Errorf("%s: Meets = %v, %v; want %v, %v", tt.name, met, ok, tt.met, tt.ok)
		}
	}
	for _, y := range report.Yardsticks() {
		if y.Within <= 0 || y.Source == "" || y.VI == "" || y.EN == "" {
			t.Errorf("yardstick %+v lacks something", y)
		}
	}
}
