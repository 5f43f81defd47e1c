package supervisor

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/report"
	"github.com/tincay/hotline/routing"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	reached := func(s int) report.Percentile {
		return report.Percentile{Value: time.Duration(s) * time.Second, Reached: true}
	}
	strict := routing.Targets{Danger: routing.Target{Within: 2 * time.Minute, Share: 80}}
	for _, tt := range []struct {
		name string
		r    report.Report
		want []string
	}{
		{
			"all in time",
			report.Report{
				Options: report.Options{Targets: strict}, Funnel: report.Funnel{Arrived: 1200, Taken: 1200},
				All: report.Figures{
					Claim:  report.Series{Done: 1200, Median: reached(65), P90: reached(190)},
					Danger: report.Series{Done: 10, Judged: 10, Within: 8},
				},
			},
			[]string{
				"Có 1.200 ca tới, 1.200 ca có người nhận.", "Một nửa số ca có người nhận trong 1 phút 5 giây, 9 trên 10 ca trong 3 phút 10 giây.",
				"Ca nguy hiểm: 8 trên 10 ca được nhận trong 2 phút, đạt chỉ tiêu 80 %.",
			},
		},
		{
			"hardly anybody answered",
			report.Report{
				Options: report.Options{Targets: strict}, Funnel: report.Funnel{Arrived: 3, Taken: 1, Untaken: 1, ClosedUntaken: 1},
				All: report.Figures{
					Claim:  report.Series{Done: 1, Waiting: 1, Never: 1},
					Danger: report.Series{Done: 1, Waiting: 1, Judged: 2, Within: 1},
				},
			},
			[]string{
				"Có 3 ca tới, 1 ca có người nhận.", "Còn 1 ca đang chờ người nhận.", "1 ca đã đóng mà chưa ai nhận.", "Chưa tới một nửa số ca có người nhận.",
				"Ca nguy hiểm: 1 trên 2 ca được nhận trong 2 phút, chưa đạt chỉ tiêu 80 %.",
			},
		},
		{
			// The only case came a moment ago: of how long it took there is nothing to say.
			"one that is still in time",
			report.Report{Funnel: report.Funnel{Arrived: 1, Untaken: 1}, All: report.Figures{Claim: report.Series{Pending: 1}}},
			[]string{"Có 1 ca tới, 0 ca có người nhận.", "Còn 1 ca đang chờ người nhận."},
		},
	} {
		q := query{words: all["vi"]}
		if diff := cmp.Diff(tt.want, q.summary(&tt.r)); diff != "" {
			t.Errorf("summary, %s (-want +got):\n%s", tt.name, diff)
		}
	}
}
