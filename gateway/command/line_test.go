package command

import (
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/gatewaytest"
)

// ward is a line file that apply accepts.
const ward = gatewaytest.Ward

func TestLineCheck(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.env = map[string]string{} // touches nothing
	good := s.file("ward.yaml", ward)
	if out, errs := s.run(exitDone, "line", "check", good); !strings.Contains(out, "can be used") || strings.Contains(errs, "error") {
		t.Errorf("line check of a good file: %q, %q", out, errs)
	}
	if code, out, errs := s.pipe(ward, "line", "check", "-"); code != exitDone || !strings.Contains(out, "can be used") {
		t.Errorf("line check of standard input = %d: %q", code, errs)
	}
	bad := s.file("bad.yaml", strings.NewReplacer("kind: police", "kind: polise", `"+84905000001"`, `"12"`, "tag: CT", "tag: C\nnonsense: 1").Replace(ward))
	out, errs := s.run(exitFailed, "line", "check", bad)
	for _, want := range []string{"kind must be one of", "nonsense", "tag must be"} {
		if !strings.Contains(errs, want) {
			t.Errorf("line check does not name the fault with %s:\n%s", want, errs)
		}
	}
	located := regexp.MustCompile(`^` + regexp.QuoteMeta(bad) + `:\d+:\d+: `)
	for fault := range strings.Lines(errs) {
		if !located.MatchString(fault) {
			t.Errorf("a fault without file, line and column: %q", fault)
		}
	}
	if strings.Count(errs, "\n") < 4 || out != "" {
		t.Errorf("line check prints %q and these faults, want at least 4:\n%s", out, errs)
	}
}

func TestLineApply_Idempotent(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	file := s.file("ward.yaml", ward)
	out, _ := s.run(exitDone, "line", "apply", file)
	for _, want := range []string{"contacts lan: thêm | added", "contacts hoa: thêm | added", "policy urgent: thêm | added", "applied cam-thanh"} {
		if !strings.Contains(out, want) {
			t.Errorf("first apply prints %q, want %q in it", out, want)
		}
	}
	for _, secret := range []string{"Nguyễn", "905000001", "2553800113"} {
		if strings.Contains(out, secret) {
			t.Errorf("apply prints %q", secret)
		}
	}
	for range 2 {
		if out, _ := s.run(exitDone, "line", "apply", file); !strings.Contains(out, "nothing changed") || strings.Contains(out, "applied") {
			t.Errorf("apply of the same again prints %q, want that nothing changed", out)
		}
	}
	changed := strings.NewReplacer("wait: 120s", "wait: 90s", "Nguyễn Thị Lan", "Nguyễn Thị Lành").Replace(ward)
	changed = regexp.MustCompile(`(?m)^  - \{id: hoa.*\n`).ReplaceAllString(changed, "")
	changed = strings.Replace(changed, "always: [lan, hoa,", "always: [lan,", 1)
	out, _ = s.run(exitDone, "line", "apply", s.file("changed.yaml", changed))
	for _, want := range []string{"contacts lan: đổi | changed", "contacts hoa: bỏ | removed", "policy urgent: đổi | changed"} {
		if !strings.Contains(out, want) {
			t.Errorf("apply of a change prints %q, want %q in it", out, want)
		}
	}
	if strings.Contains(out, "policy information") || strings.Contains(out, "kept until") {
		t.Errorf("apply of a change prints more than what changed: %q", out)
	}
}

func TestLineApply_Refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, from, to, says string
	}{
		{"what check refuses", "kind: police", "kind: polise", "kind must be one of"},
		{"the demo's ward", "line: cam-thanh", "line: phuong-mau", "phuong-mau"},
		{"the demo's support number", `"+842553800113"`, `"+84900000100"`, "demo"},
		{"a demo number of a contact", `"+84905000001"`, `"+84900000001"`, "demo"},
		{"a demo number written nationally", `"+84905000001"`, `"0900 000 099"`, "demo"},
		{"the last demo number", `"+84905000001"`, `"+84900000199"`, "demo"},
		{"a demo number kept apart", "area: Tổ 1}", `area: Tổ 1, keep_apart: ["+84900000066"]}`, "demo"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			if !strings.Contains(ward, tt.from) {
				t.Fatalf("the ward has no %q", tt.from)
			}
			file := s.file("ward.yaml", strings.Replace(ward, tt.from, tt.to, 1))
			for _, args := range [][]string{{"line", "apply", file}, {"line", "apply", "--force", file}} {
				if _, errs := s.run(exitFailed, args...); !strings.Contains(errs, tt.says) {
					t.Errorf("apply of %s says %q, want %q in it", tt.name, errs, tt.says)
				}
			}
			s.run(exitFailed, "line", "show", "cam-thanh")
			s.run(exitFailed, "line", "show", "phuong-mau")
		})
	}
	t.Run("a number that is not quite the demo's", func(t *testing.T) {
		t.Parallel()
		s := newShell(t)
		s.run(exitDone, "line", "apply", s.file("ward.yaml", strings.Replace(ward, `"+84905000001"`, `"+84900000200"`, 1)))
	})
	t.Run("another line's number", func(t *testing.T) {
		t.Parallel()
		s := newShell(t)
		s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
		_, errs := s.run(exitFailed, "line", "apply", s.file("other.yaml", strings.Replace(ward, "line: cam-thanh", "line: tra-cau", 1)))
		if !strings.Contains(errs, "belongs to line cam-thanh") || strings.Contains(errs, "2553800113") {
			t.Errorf("apply of another line's number says %q", errs)
		}
	})
}

func TestLineShow(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	memory := s.env["REDIS_URL"]
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	out, _ := s.run(exitDone, "line", "show", "cam-thanh")
	for _, hidden := range []string{"905000001", "Nguyễn", "2553800113"} {
		if strings.Contains(out, hidden) {
			t.Errorf("line show prints %q", hidden)
		}
	}
	if !strings.Contains(out, "lan") || !strings.Contains(out, "trusted_address") {
		t.Errorf("line show prints %q, want the roster", out)
	}
	audit := func() []redis.XMessage {
		rdb, err := contactstore.Connect(memory)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rdb.Close() }()
		return rdb.XRange(t.Context(), "hotline:audit", "-", "+").Val()
	}
	if got := audit(); len(got) > 0 {
		t.Errorf("%d audit entries for a masked line, want none", len(got))
	}
	revealed, _ := s.run(exitDone, "line", "show", "--reveal", "cam-thanh")
	if !strings.Contains(revealed, "+84905000001") || !strings.Contains(revealed, "Nguyễn Thị Lan") {
		t.Errorf("line show --reveal prints %q, want numbers and names", revealed)
	}
	entries := audit()
	if len(entries) != 1 || entries[0].Values["action"] != "reveal_line" || entries[0].Values["line"] != "cam-thanh" || entries[0].Values["actor"] == "" {
		t.Errorf("audit = %v, want who revealed which line", entries)
	}
	if out, _ := s.run(exitDone, "line", "apply", s.file("revealed.yaml", revealed)); !strings.Contains(out, "nothing changed") {
		t.Errorf("apply of what show --reveal printed: %q, want that nothing changed", out)
	}
	if _, errs := s.run(exitFailed, "line", "show", "nowhere"); !strings.Contains(errs, "no such line") {
		t.Errorf("line show of no line says %q", errs)
	}
	s.run(exitFailed, "line", "show", "--reveal", "nowhere")
	if n := len(audit()); n != 1 {
		t.Errorf("%d audit entries, want none for a line that does not exist", n-1)
	}
}

func TestLineShow_NothingWithoutItsAuditEntry(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	rdb, err := contactstore.Connect(s.env["REDIS_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rdb.Close() }()
	rdb.Set(t.Context(), "hotline:audit", "cannot be appended to", 0)
	if out, _ := s.run(exitFailed, "line", "show", "--reveal", "cam-thanh"); out != "" {
		t.Errorf("show --reveal prints %d characters although the access could not be recorded", len(out))
	}
}

func TestLineApply_ChangedElsewhere(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	shown, _ := s.run(exitDone, "line", "show", "--reveal", "cam-thanh")
	s.run(exitDone, "line", "apply", s.file("elsewhere.yaml", strings.Replace(ward, "wait: 120s", "wait: 90s", 1)))
	mine := s.file("mine.yaml", strings.Replace(shown, "Nguyễn Thị Lan", "Nguyễn Thị Lành", 1))
	if _, errs := s.run(exitFailed, "line", "apply", mine); !strings.Contains(errs, "changed elsewhere") {
		t.Errorf("apply of a file shown before a change says %q", errs)
	}
	if now, _ := s.run(exitDone, "line", "show", "--reveal", "cam-thanh"); !strings.Contains(now, "90s") && !strings.Contains(now, "1m30s") || strings.Contains(now, "Lành") {
		t.Error("a refused apply changed something")
	}
	if out, _ := s.run(exitDone, "line", "apply", mine, "--force"); !strings.Contains(out, "contacts lan: đổi | changed") {
		t.Errorf("apply --force prints %q", out)
	}
}

func TestOnCall(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	shifts := "shifts:\n  - {contact: hoa, days: [mon, tue, wed, thu, fri], from: \"18:00\", to: \"06:00\"}\n" +
		"  - {contact: lan, days: [mon, tue, wed, thu, fri, sat, sun], from: \"06:00\", to: \"18:00\"}\n"
	content := strings.Replace(ward, "always: [lan, hoa, ca-phuong, van-phong]", shifts+"always: [ca-phuong, van-phong]", 1)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", content))
	at := func(when string, on, off []string, gap bool) {
		t.Helper()
		out, _ := s.run(exitDone, "oncall", "cam-thanh", "--at", when)
		for _, id := range on {
			if !strings.Contains(out, "\n  "+id+"\t") {
				t.Errorf("oncall --at %s prints %q, want %s in it", when, out, id)
			}
		}
		for _, id := range off {
			if strings.Contains(out, "\n  "+id+"\t") {
				t.Errorf("oncall --at %s prints %q, want %s not in it", when, out, id)
			}
		}
		if gap != strings.Contains(out, "the first step would alert nobody") {
			t.Errorf("oncall --at %s prints %q, want gaps: %v", when, out, gap)
		}
		if strings.Contains(out, "905000") || strings.Contains(out, "Nguyễn") {
			t.Errorf("oncall prints a number or a name: %q", out)
		}
	}
	at("2026-11-24T22:00", []string{"hoa", "ca-phuong"}, []string{"lan"}, true)          // a Tuesday
	at("2026-11-25 05:59", []string{"hoa"}, []string{"lan"}, true)                       // still Tuesday's shift
	at("2026-11-25T06:00", []string{"lan"}, []string{"hoa"}, true)                       // in the line's zone
	at("2026-11-24T15:00:00Z", []string{"hoa"}, []string{"lan"}, true)                   // 22:00 there
	at("2026-11-28T20:00:00+07:00", []string{"ca-phuong"}, []string{"lan", "hoa"}, true) // Saturday night: the gap
	for _, bad := range []string{"tomorrow", "22:00", "2026-13-01T00:00"} {
		if _, errs := s.run(exitUsage, "oncall", "cam-thanh", "--at", bad); !strings.Contains(errs, "--at") {
			t.Errorf("oncall --at %s says %q", bad, errs)
		}
	}
	if _, errs := s.run(exitFailed, "oncall", "nowhere"); !strings.Contains(errs, "no such line") {
		t.Errorf("oncall of no line says %q", errs)
	}
	s.run(exitDone, "line", "apply", s.file("full.yaml", ward))
	if out, _ := s.run(exitDone, "oncall", "cam-thanh"); !strings.Contains(out, "no gap") || !strings.Contains(out, "lan") {
		t.Errorf("oncall of a ward that is always on call prints %q", out)
	}
}

func TestStorage_AnotherKeysetOrShards(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	s.env["HOTLINE_SHARDS"] = "8"
	if _, errs := s.run(exitFailed, "line", "show", "cam-thanh"); !strings.Contains(errs, "shards") {
		t.Errorf("with another number of shards: %q, want it said", errs)
	}
	delete(s.env, "HOTLINE_SHARDS")
	s.env["HOTLINE_KEYSET"] = newShell(t).env["HOTLINE_KEYSET"]
	for _, args := range [][]string{{"line", "show", "cam-thanh"}, {"oncall", "cam-thanh"}, {"line", "apply", s.file("ward.yaml", ward)}} {
		if _, errs := s.run(exitFailed, args...); !strings.Contains(errs, "keyset") {
			t.Errorf("%s with another keyset: %q, want it said", strings.Join(args[:1], " "), errs)
		}
	}
}
