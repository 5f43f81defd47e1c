package supervisor

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/ops/report"
)

func TestTook(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		d      time.Duration
		vi, en string
	}{
		{0, "0 giây", "0 s"},
		{time.Millisecond, "0,1 giây", "0.1 s"},
		{1200 * time.Millisecond, "1,2 giây", "1.2 s"},
		{9900 * time.Millisecond, "9,9 giây", "9.9 s"},
		{9901 * time.Millisecond, "10 giây", "10 s"},
		{15 * time.Second, "15 giây", "15 s"},
		{15*time.Second + time.Millisecond, "16 giây", "16 s"},
		{59*time.Second + time.Millisecond, "1 phút", "1 min"},
		{65 * time.Second, "1 phút 5 giây", "1 min 5 s"},
		{3 * time.Minute, "3 phút", "3 min"},
		{time.Hour - time.Millisecond, "1 giờ", "1 h"},
		{time.Hour + time.Second, "1 giờ 1 phút", "1 h 1 min"},
		{24*time.Hour - time.Second, "1 ngày", "1 d"},
		{49*time.Hour + time.Minute, "2 ngày 2 giờ", "2 d 2 h"},
	} {
		for language, want := range map[string]string{"vi": tt.vi, "en": tt.en} {
			q := query{}
			for l, w := range all {
				if string(l) == language {
					q.words = w
				}
			}
			if got := q.took(tt.d); got != want {
				t.Errorf("took(%v) in %s = %q, want %q", tt.d, language, got, want)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	vi, en := query{words: all["vi"]}, query{words: all["en"]}
	for n, want := range map[int][2]string{0: {"0", "0"}, 999: {"999", "999"}, 1000: {"1.000", "1,000"}, 1234567: {"1.234.567", "1,234,567"}} {
		if got := [2]string{vi.number(n), en.number(n)}; got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	// 1799 of 2000 is 89.95 %: rounded to 90 % it would look like a target that is met.
	if got := vi.percent(1799, 2000); got != "89,9 %" {
		t.Errorf("percent(1799, 2000) = %q, want it rounded down", got)
	}
}

func TestBandShort(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	vi := query{words: all["vi"]}
	var got []string
	for _, b := range (&report.Folder{}).Report(report.Options{}).Calls.Waits {
		got = append(got, vi.bandShort(b))
	}
	want := []string{"0–10\ngiây", "10–30\ngiây", "30–60\ngiây", "1–3\nphút", "3–10\nphút", "≥ 10\nphút"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names of the bands on an axis (-want +got):\n%s", diff)
	}
}

// Every name that a figure can have has words in both languages.
func TestReportWording(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range report.Measures() {
		keys = append(keys, "measure."+m.String(), "measure."+m.String()+".about")
	}
	for _, a := range auditActions() {
		keys = append(keys, "audit."+string(a))
	}
	for _, o := range orders() {
		if o.audits == audit.Order {
			keys = append(keys, "audit.detail."+o.name)
		}
	}
	for _, f := range []audit.FaultKind{audit.FaultChanged, audit.FaultMissing, audit.FaultRepeated, audit.FaultUnchained, audit.FaultHead, audit.FaultKnown} {
		keys = append(keys, "chain."+string(f))
	}
	for _, g := range groupSets(&report.Report{}) {
		keys = append(keys, "times.by_"+g.key, "times.group_"+g.key, "audit.table."+g.key)
	}
	for _, c := range (&report.Folder{}).Report(report.Options{}).Outcomes {
		if c.Outcome != "" {
			keys = append(keys, "outcome."+string(c.Outcome))
		} else {
			keys = append(keys, "outcomes.unsaid."+string(c.By))
		}
	}
	for d := range 7 {
		keys = append(keys, fmt.Sprintf("weekday.%d", d))
	}
	for language, w := range all {
		for _, key := range keys {
			if !w.Has(key) {
				t.Errorf("%s: no wording for %s", language, key)
			}
		}
	}
}
