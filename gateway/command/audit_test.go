package command

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/audit"
)

func TestAudit_ListShowsALine(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	log := s.desk().audit
	if out, _ := s.run(exitDone, "audit", "list", "ward"); out != "Không có mục nào | no entry\n" {
		t.Errorf("audit list of nothing prints %q", out)
	}
	s.connect().XAdd(t.Context(), &redis.XAddArgs{Stream: "hotline:audit", Values: []any{
		"actor", "root", "action", "reveal_line", "line", "ward", "case", "", "at_unix_ms", "1700000000000",
	}})
	for i := range 5 {
		for _, e := range []audit.Entry{
			{Actor: "lan", Action: audit.RevealWords, Line: "ward", Case: "c" + strconv.Itoa(i), Reason: contacts.Conceal("chị Hoa hỏi lại")},
			{Actor: "an", Action: audit.Export, Line: "other", Detail: "report"},
		} {
			if err := log.Record(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, _ := s.run(exitDone, "audit", "list", "--last", "2", "ward")
	rows := strings.Split(strings.TrimSpace(out), "\n")
	if len(rows) != 2 || !strings.HasPrefix(rows[0], "7\t") || !strings.HasPrefix(rows[1], "9\t") ||
		!strings.HasSuffix(rows[1], "\tlan\txem lời nhắn | revealed words\tward\tc4\t-\tcó lý do | with a reason") || strings.Contains(out, "Hoa") {
		t.Errorf("audit list --last 2 prints %q, want the last two of the line, oldest first, without reasons", out)
	}
	out, _ = s.run(exitDone, "audit", "list", "ward")
	if rows := strings.Split(strings.TrimSpace(out), "\n"); len(rows) != 6 || !strings.HasPrefix(rows[0], "-\t2023-11-14T") && !strings.HasPrefix(rows[0], "-\t2023-11-15T") {
		t.Errorf("audit list prints %q, want the entry from before the chain first", out)
	}
	if out, _ := s.run(exitDone, "audit", "list", "*"); strings.Count(out, "\n") != 11 || !strings.Contains(out, "\tother\t-\treport\t-\n") {
		t.Errorf("audit list of everything prints %q", out)
	}
	for _, args := range [][]string{{"audit", "list"}, {"audit", "list", "--last", "0", "ward"}, {"audit", "list", "--last", "x", "ward"}, {"audit", "verify", "ward"}, {"audit"}} {
		s.run(exitUsage, args...)
	}
}

func TestAudit_EveryActionAndFaultHasItsWords(t *testing.T) {
	t.Parallel()
	for _, a := range []audit.Action{
		audit.RevealLine, audit.RemoveLine, audit.CloseCase, audit.RevealWords, audit.Export, audit.Order, audit.Note,
		audit.SignIn, audit.SignInRefused, audit.SignOut, audit.UserAdd, audit.UserDisable, audit.UserEnable, audit.UserReset, audit.UserLink, audit.RevealReasons,
	} {
		if name := auditName(a); !strings.Contains(name, " | ") {
			t.Errorf("auditName(%s) = %q, want Vietnamese and English", a, name)
		}
	}
	for _, k := range []audit.FaultKind{
		audit.FaultChanged, audit.FaultMissing, audit.FaultRepeated, audit.FaultUnchained, audit.FaultHead, audit.FaultKnown,
	} {
		if name := faultName(k); !strings.Contains(name, " | ") {
			t.Errorf("faultName(%s) = %q, want Vietnamese and English", k, name)
		}
	}
}

func TestAudit_Verify(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	if out, errs := s.run(exitDone, "audit", "verify"); !strings.Contains(out, "0 entries in the chain") || strings.Contains(out, "newest") || errs != "" {
		t.Errorf("audit verify of nothing prints %q, says %q", out, errs)
	}
	log := s.desk().audit
	for range 4 {
		if err := log.Record(t.Context(), audit.Entry{Actor: "lan", Action: audit.Export, Line: "ward"}); err != nil {
			t.Fatal(err)
		}
	}
	out, _ := s.run(exitDone, "audit", "verify")
	known := regexp.MustCompile(`newest entry: (4:\S+)\n`).FindStringSubmatch(out)
	if known == nil || !strings.Contains(out, "Nguyên vẹn | intact") {
		t.Fatalf("audit verify prints %q, want it intact and the newest entry", out)
	}
	s.run(exitDone, "audit", "verify", "--known", known[1])
	if _, errs := s.run(exitFailed, "audit", "verify", "--known", "4:"+strings.Repeat("A", 43)); !strings.Contains(errs, "entry 4: ") || !strings.Contains(errs, "noted elsewhere") {
		t.Errorf("audit verify with another entry noted says %q", errs)
	}
	for _, bad := range []string{"4", "4:", "x:y", "0:y", "-1:y"} {
		s.run(exitUsage, "audit", "verify", "--known", bad)
	}
	rdb := s.connect()
	ids := rdb.XRange(t.Context(), "hotline:audit", "-", "+").Val()
	rdb.XDel(t.Context(), "hotline:audit", ids[1].ID, ids[2].ID)
	out, errs := s.run(exitFailed, "audit", "verify")
	if errs != "mục | entries 2 - 3: bị mất | missing\n" || strings.Contains(out, "intact") {
		t.Errorf("audit verify of a log with a gap prints %q, says %q", out, errs)
	}
	// With another keyset nothing is genuine; the first hundred are named.
	for range 120 {
		if err := log.Record(t.Context(), audit.Entry{Actor: "lan", Action: audit.Export, Line: "ward"}); err != nil {
			t.Fatal(err)
		}
	}
	s.env["HOTLINE_KEYSET"] = newShell(t).env["HOTLINE_KEYSET"]
	if _, errs := s.run(exitFailed, "audit", "verify"); strings.Count(errs, "\n") != 101 || !strings.Contains(errs, "another keyset") || !strings.Contains(errs, " more\n") {
		t.Errorf("audit verify with another keyset says %q", errs)
	}
}
