package command

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/routing"
)

// connect opens the Redis of a shell.
func (s *shell) connect() redis.UniversalClient {
	s.t.Helper()
	rdb, err := contactstore.Connect(s.env["REDIS_URL"])
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// audited returns the audit entries for an action.
func audited(t *testing.T, rdb redis.UniversalClient, action string) []redis.XMessage {
	t.Helper()
	var found []redis.XMessage
	for _, m := range rdb.XRange(t.Context(), "hotline:audit", "-", "+").Val() {
		if m.Values["action"] == action {
			found = append(found, m)
		}
	}
	return found
}

// open lets a phone open a case and returns its code, as the alert to a contact has it.
func (o *office) open(from, words, alerted, answer string) string {
	o.shell.t.Helper()
	o.Text(from, words)
	o.Expect(from, answer)
	return o.Expect(alerted, `CT ([A-Z0-9]{2,3})`)[1]
}

// personal fails if what was printed holds anything personal of the made-up ward.
func personal(t *testing.T, what, printed string) {
	t.Helper()
	for _, secret := range []string{"935111", "905000", "2553800", "danh em", "Nguyễn", "Lan,", "mượn", "lý do riêng"} {
		if strings.Contains(printed, secret) {
			t.Errorf("%s prints %q:\n%s", what, secret, printed)
		}
	}
}

func TestCase_ListShowClose(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if out, _ := o.shell.run(exitDone, "case", "list", "cam-thanh"); !strings.Contains(out, "Không có ca nào đang mở | no open case") {
		t.Errorf("case list without cases prints %q", out)
	}
	urgent := o.open(gatewaytest.Victim, "chong em hay danh em", gatewaytest.Lan, `^Da nhan tin\.$`)
	o.Expect(gatewaytest.Hoa, `Tra loi 1`)
	o.Text(gatewaytest.Lan, "1")
	o.Expect(gatewaytest.Lan, `ban da nhan`)
	o.Expect(gatewaytest.Lan, `danh em`)
	o.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
	o.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
	danger := o.open(gatewaytest.Other, "cuu toi voi, no dang cam dao", gatewaytest.Police, `Da nhan tin`)
	o.Expect(gatewaytest.Lan, danger)
	o.Expect(gatewaytest.Hoa, danger)

	out, _ := o.shell.run(exitDone, "case", "list", "cam-thanh")
	personal(t, "case list", out)
	rows := strings.Split(strings.TrimSpace(out), "\n")
	if len(rows) != 2 {
		t.Fatalf("case list prints %q, want two cases", out)
	}
	for i, pattern := range []string{
		`^` + danger + `\tđang báo \| alerting\tNGUY HIỂM \| immediate_danger\t.+ \| \w+\t\d+s\t-\t20\d\d-\d\d-\d\d \d\d:\d\d:\d\d hết lượt báo \| step ends$`,
		`^` + urgent + `\tđã có người nhận \| claimed\tkhẩn \| urgent\t.+ \| \w+\t\d+s\tlan\t20\d\d-\d\d-\d\d \d\d:\d\d:\d\d hỏi người giữ ca \| ask holder$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(rows[i]) {
			t.Errorf("case list, row %d: %q, want %s", i+1, rows[i], pattern)
		}
	}

	out, _ = o.shell.run(exitDone, "case", "show", "cam-thanh", strings.ToLower(urgent))
	personal(t, "case show", out)
	for _, want := range []string{
		"Ca | case " + urgent + ": đã có người nhận | claimed", "helpers: lan\n", "messages taken in: 1\n", "mở ca | case opened",
		"đã báo | alerted: hoa (kind=trusted_address channel=sms", "nhận ca | claimed: lan", "next deadline: 20", "result=late",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("case show prints no %q:\n%s", want, out)
		}
	}

	// Anything but a reason, and an open case, closes nothing.
	for _, args := range [][]string{{}, {"--reason", ""}, {"--reason", "  "}} {
		if _, errs := o.shell.run(exitUsage, append([]string{"case", "close", "cam-thanh", urgent}, args...)...); !strings.Contains(errs, "--reason") {
			t.Errorf("case close %v says %q, want that a reason is needed", args, errs)
		}
	}
	if _, errs := o.shell.run(exitUsage, "case", "close", "cam-thanh", urgent, "--reason", "x", "--outcome", "won"); !strings.Contains(errs, "helped, referred, no_contact, withdrawn, mistake") {
		t.Errorf("case close with a made-up outcome says %q, want those there are", errs)
	}
	if _, errs := o.shell.run(exitFailed, "case", "close", "cam-thanh", "Z9Z9", "--reason", "x"); !strings.Contains(errs, "no open case has this code") {
		t.Errorf("case close of no case says %q", errs)
	}
	rdb := o.shell.connect()
	if n := len(audited(t, rdb, "close_case")); n > 0 {
		t.Errorf("%d audit entries, want none: nothing was closed", n)
	}

	out, errs := o.shell.run(exitDone, "case", "close", "cam-thanh", urgent, "--reason", "lý do riêng", "--outcome", "helped")
	if out != "Đã đóng ca "+urgent+" | closed case "+urgent+"\n" {
		t.Errorf("case close prints %q", out)
	}
	personal(t, "case close", out+errs)
	o.Expect(gatewaytest.Lan, urgent+`.*da dong`)
	entries := audited(t, rdb, "close_case")
	if len(entries) != 1 || entries[0].Values["line"] != "cam-thanh" || entries[0].Values["case"] == "" || entries[0].Values["actor"] == "" {
		t.Errorf("audit = %v, want who closed which case", entries)
	}
	out, _ = o.shell.run(exitDone, "case", "show", "cam-thanh", urgent)
	if !strings.Contains(out, ": đã đóng | closed\n") || !strings.Contains(out, "đóng lúc | closed: 20") || !strings.Contains(out, "đóng ca | closed (") || !strings.Contains(out, "outcome=helped") || strings.Contains(out, "next deadline") {
		t.Errorf("case show of a closed case prints\n%s", out)
	}
	personal(t, "case show", out)
	if out, _ := o.shell.run(exitDone, "case", "list", "cam-thanh"); strings.Contains(out, urgent+"\t") || !strings.Contains(out, danger+"\t") {
		t.Errorf("case list after a case was closed prints %q", out)
	}
	o.shell.run(exitFailed, "case", "close", "cam-thanh", urgent, "--reason", "again")
	o.Quiet()
}

func TestCase_NothingClosedWithoutItsAuditEntry(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	code := o.open(gatewaytest.Victim, "chong em hay danh em", gatewaytest.Lan, `^Da nhan tin\.$`)
	rdb := o.shell.connect()
	rdb.Set(t.Context(), "hotline:audit", "cannot be appended to", 0)
	o.shell.run(exitFailed, "case", "close", "cam-thanh", code, "--reason", "x")
	if out, _ := o.shell.run(exitDone, "case", "list", "cam-thanh"); !strings.HasPrefix(out, code+"\t") {
		t.Errorf("case list prints %q, want the case still open: its closing could not be recorded", out)
	}
}

func TestCase_WrongUsage(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	for _, args := range []string{"case list", "case list a b", "case show cam-thanh", "case show cam-thanh +84935111222", "case close cam-thanh", "case close --reason x cam-thanh toi*"} {
		code, out, errs := s.pipe("", strings.Fields(args)...)
		if code != exitUsage || out != "" || strings.Contains(errs, "935111222") {
			t.Errorf("hotline %s = %d, %q, %q; want wrong usage, and nothing of it repeated", args, code, out, errs)
		}
	}
	for _, args := range []string{"case list nowhere", "case show nowhere K7", "case close --reason x nowhere K7"} {
		if _, errs := s.run(exitFailed, strings.Fields(args)...); !strings.Contains(errs, "no such line") {
			t.Errorf("hotline %s says %q, want that there is no such line", args, errs)
		}
	}
	if _, errs := s.run(exitFailed, "case", "show", "cam-thanh", "K7"); !strings.Contains(errs, "no case has this code") {
		t.Errorf("case show of no case says %q", errs)
	}
}

// A case is closed by its helper just while it is being closed from a desk.
func TestCase_ClosedMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	code := o.open(gatewaytest.Victim, "chong em hay danh em", gatewaytest.Lan, `^Da nhan tin\.$`)
	o.Text(gatewaytest.Lan, "1")
	o.Expect(gatewaytest.Lan, `ban da nhan`)
	o.Expect(gatewaytest.Lan, `danh em`)
	st, err := openStorage(context.Background(), IO{Getenv: func(name string) (string, bool) { v, ok := o.shell.env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.close() }()
	if _, err := st.line(t.Context(), "cam-thanh"); err != nil {
		t.Fatal(err)
	}
	c, err := st.cases.CaseByCode(t.Context(), "cam-thanh", routing.Code(code))
	if err != nil || c == nil {
		t.Fatalf("CaseByCode(%s) = %v, %v", code, c, err)
	}
	o.Text(gatewaytest.Lan, "xong")
	o.Expect(gatewaytest.Lan, `da dong`)
	var out strings.Builder
	if err := st.closeFound(t.Context(), &out, c, routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Why: contacts.Conceal("x")}); err == nil || !strings.Contains(err.Error(), "no open case") || out.Len() > 0 {
		t.Errorf("closing a case that was closed meanwhile = %v, prints %q; want it said", err, out.String())
	}
}

// What a desk said on closing is in the case, in its timeline and in the report, until the case is opened again.
func TestCase_Outcome(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	code := o.open(gatewaytest.Victim, "chong em hay danh em", gatewaytest.Lan, `^Da nhan tin\.$`)
	st, err := openStorage(context.Background(), IO{Getenv: func(name string) (string, bool) { v, ok := o.shell.env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.close() }()
	if _, err := st.line(t.Context(), "cam-thanh"); err != nil {
		t.Fatal(err)
	}
	c, err := st.cases.CaseByCode(t.Context(), "cam-thanh", routing.Code(code))
	if err != nil || c == nil {
		t.Fatalf("CaseByCode(%s) = %v, %v", code, c, err)
	}
	give := func(e routing.Event) {
		t.Helper()
		if _, err := st.service().Handle(t.Context(), "cam-thanh", e); err != nil {
			t.Fatalf("%s = %v, want no error", e.Name(), err)
		}
	}
	from, to := days(t)
	check := func(when string, said, unsaid int, headed bool) {
		t.Helper()
		show, _ := o.shell.run(exitDone, "case", "show", "cam-thanh", code)
		if got := strings.Contains(show, "kết quả | outcome: đã chuyển nơi khác | referred\n"); got != headed {
			t.Errorf("%s: case show names the outcome: %v, want %v:\n%s", when, got, headed, show)
		}
		if !strings.Contains(show, "đóng ca | closed (urgency=urgent reason=closed_by_supervisor outcome=referred") {
			t.Errorf("%s: the timeline does not say with which outcome the case was closed:\n%s", when, show)
		}
		out, _ := o.shell.run(exitDone, "report", "cam-thanh", "--from", from, "--to", to)
		for name, n := range map[string]int{"đã chuyển nơi khác | referred": said, "không ghi: văn phòng đóng ca | not said: closed by the office": unsaid} {
			if !strings.Contains(out, "  "+name+"\t"+strconv.Itoa(n)+"\n") {
				t.Errorf("%s: report does not count %d %s:\n%s", when, n, name, out)
			}
		}
	}
	give(routing.CloseOrdered{Order: routing.Order{Case: c.ID}, Outcome: routing.OutcomeReferred})
	check("closed", 1, 0, true)
	give(routing.ReopenOrdered{Order: routing.Order{Token: "desk-x", Case: c.ID}})
	check("opened again", 0, 0, false)
	o.shell.run(exitDone, "case", "close", "cam-thanh", code, "--reason", "x")
	check("closed by the command", 0, 1, false)
}
