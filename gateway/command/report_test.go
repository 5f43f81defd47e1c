package command

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/ops/report"
)

// days are yesterday and the day after tomorrow at the ward.
func days(t *testing.T) (from, to string) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	return now.AddDate(0, 0, -1).Format(time.DateOnly), now.AddDate(0, 0, 2).Format(time.DateOnly)
}

func TestReport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.open(gatewaytest.Victim, "chong em hay danh em", gatewaytest.Lan, `^Da nhan tin\.$`)
	o.Expect(gatewaytest.Hoa, `Tra loi 1`)
	o.Text(gatewaytest.Lan, "1")
	o.Expect(gatewaytest.Lan, `ban da nhan`)
	o.Expect(gatewaytest.Lan, `danh em`)
	o.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
	o.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
	o.open(gatewaytest.Other, "cuu toi voi, no dang cam dao", gatewaytest.Police, `Da nhan tin`)

	from, to := days(t)
	out, errs := o.shell.run(exitDone, "report", "cam-thanh", "--from", from, "--to", to)
	personal(t, "report", out+errs)
	for _, want := range []string{
		`(?m)^Từ \| from ` + from + ` 00:00 - đến trước \| until ` + to + ` 00:00 `,
		`ca tới \| arrived\t2\n`, `có người nhận \| taken\t1\n`, `đang mở, chưa ai nhận \| open, not taken\t1\n`,
		`  có người nhận \| taken\t1\t\S+s, -, -; \S+s; chưa có \| not yet or never 1\n`,
		`  nguy hiểm: có người nhận \| danger: taken\t0\t-, -, -; -; còn trong hạn \| pending 1; trong \| within 3m0s: 0/0, cần \| target 100 %\n`,
		`  bước 1 \| step 1\t1\n  chưa ai nhận \| not taken\t1\n`, `trusted_address\t\d: nhận \| taken 1,`, `NENA-STA-020`, `988`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("report prints no %s:\n%s", want, out)
		}
	}
	// From now on the line measures itself by what its file says.
	file := o.shell.file("targets.yaml", ward+"targets: {danger: {within: 5m, share: 75%}, claim: {within: 10m, share: 60%}}\n")
	o.shell.run(exitDone, "line", "apply", file)
	out, _ = o.shell.run(exitDone, "report", "cam-thanh", "--from", from, "--to", to)
	for _, want := range []string{
		`  có người nhận \| taken\t1\t.*pending 1; trong \| within 10m0s: 1/1 = 100\.0 %, cần \| target 60 %\n`,
		`  nguy hiểm: có người nhận \| danger: taken\t0\t.*within 5m0s: 0/0, cần \| target 75 %\n`,
		`  gọi tới: được nói chuyện \| calls: joined\t0\t.*within 15s: 0/0, cần \| target 90 %\n`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("report of a line with targets of its own prints no %s:\n%s", want, out)
		}
	}
	rdb := o.shell.connect()
	if n := len(audited(t, rdb, "export")); n > 0 {
		t.Errorf("%d audit entries, want none: nothing was taken out", n)
	}

	printed, _ := o.shell.run(exitDone, "report", "--csv", "-", "cam-thanh", "--from", from, "--to", to)
	path := filepath.Join(o.shell.dir, "report.csv")
	if out, errs := o.shell.run(exitDone, "report", "cam-thanh", "--from", from, "--to", to, "--csv", path); out != "" || !strings.Contains(errs, "figures of 2 cases") {
		t.Errorf("report to a file prints %q, %q", out, errs)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want it readable for its owner alone", info.Mode(), err)
	}
	for _, table := range []string{printed, string(written)} {
		personal(t, "report --csv", table)
		records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
		if err != nil || len(records) < 3 || records[0][7] != "measure" || records[1][7] != "đo" || records[2][6] != "2" || !strings.HasPrefix(table, "\ufeff") {
			t.Errorf("report --csv = %q, %v; want the names in English and Vietnamese, then both cases", table, err)
		}
		if target := columns(records, "measure", "target_s", "target_share")["danger_claim"]; target != "300.000 0.7500" {
			t.Errorf("report --csv gives danger the target %q, want the line's own, 300.000 0.7500", target)
		}
	}
	entries := audited(t, rdb, "export")
	if len(entries) != 2 || entries[0].Values["line"] != "cam-thanh" || entries[0].Values["actor"] == "" || entries[0].Values["detail"] != "response_times" {
		t.Errorf("audit = %v, want who took out what, twice", entries)
	}

	// A period before has nothing in it.
	out, _ = o.shell.run(exitDone, "report", "cam-thanh", "--from", "2020-02-01", "--to", "2020-03-01T12:00")
	if !strings.Contains(out, "arrived\t0\n") || !strings.Contains(out, "2020-03-01 12:00") {
		t.Errorf("report of an empty period prints\n%s", out)
	}
	// Where nothing can be recorded nothing is handed out.
	rdb.Del(t.Context(), "hotline:audit")
	rdb.Set(t.Context(), "hotline:audit", "not a log", 0)
	if out, _ := o.shell.run(exitFailed, "report", "cam-thanh", "--from", from, "--to", to, "--csv", "-"); out != "" {
		t.Errorf("report that cannot be recorded prints %q", out)
	}
}

// columns reads two columns of a table by a third; of equal keys the first counts.
func columns(records [][]string, key, one, two string) map[string]string {
	at := func(name string) int { return slices.Index(records[0], name) }
	found := map[string]string{}
	for _, r := range records[1:] {
		if _, there := found[r[at(key)]]; !there {
			found[r[at(key)]] = r[at(one)] + " " + r[at(two)]
		}
	}
	return found
}

func TestReport_Refuses(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	for _, tt := range []struct {
		name string
		code int
		args []string
		says string
	}{
		{"no period", exitUsage, []string{"cam-thanh"}, "--from"},
		{"no end", exitUsage, []string{"cam-thanh", "--from", "2026-11-01"}, "--to"},
		{"no line", exitUsage, []string{"--from", "2026-11-01", "--to", "2026-12-01"}, "got 0"},
		{"not a day", exitUsage, []string{"cam-thanh", "--from", "2026-11-31", "--to", "2026-12-01"}, "--from"},
		{"not a day at the end", exitUsage, []string{"cam-thanh", "--from", "2026-11-01", "--to", "tomorrow"}, "--to"},
		{"backwards", exitUsage, []string{"cam-thanh", "--from", "2026-11-02", "--to", "2026-11-01"}, "after --from"},
		{"empty", exitUsage, []string{"cam-thanh", "--from", "2026-11-02", "--to", "2026-11-02"}, "after --from"},
		{"unknown line", exitFailed, []string{"nowhere", "--from", "2026-11-01", "--to", "2026-11-02"}, "no such line"},
		{"no such directory", exitFailed, []string{"cam-thanh", "--from", "2026-11-01", "--to", "2026-11-02", "--csv", filepath.Join(s.dir, "none", "x.csv")}, "error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if out, errs := s.run(tt.code, append([]string{"report"}, tt.args...)...); out != "" && tt.code != exitDone || !strings.Contains(errs, tt.says) {
				t.Errorf("report %v prints %q and says %q, want %q in it", tt.args, out, errs, tt.says)
			}
		})
	}
}

// Every measure has a name in both languages.
func TestMeasureName_Complete(t *testing.T) {
	t.Parallel()
	for _, m := range report.Measures() {
		if name := measureName(m); !strings.Contains(name, " | ") {
			t.Errorf("measureName(%v) = %q, want it in both languages", m, name)
		}
	}
}
