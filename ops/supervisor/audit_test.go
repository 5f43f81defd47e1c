package supervisor

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
)

const secretReason = "Chị Hạnh <script>alert(1)</script> tổ 3 gọi lại"

func (w *world) record(entries ...audit.Entry) {
	w.t.Helper()
	for _, e := range entries {
		if err := w.log.Record(context.Background(), e); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestAudit_Page(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	an := w.open("an", account.Supervisor, here1)
	open := w.text(here1, "+84935111222", "cuu toi voi")
	shut := w.text(here1, "+84935111333", "cho toi hoi")
	w.record(
		audit.Entry{Actor: "an", Action: audit.RevealWords, Line: string(here1), Case: string(open.ID), Reason: contacts.Conceal(secretReason)},
		audit.Entry{Actor: "binh", Action: audit.Order, Line: string(here1), Case: string(open.ID), Detail: "hand"},
		audit.Entry{Actor: "an", Action: audit.CloseCase, Line: string(here1), Case: string(shut.ID), Detail: "close"},
		audit.Entry{Actor: "an", Action: audit.RevealWords, Line: string(here1), Case: "gone", Reason: contacts.Conceal("x")},
		audit.Entry{Actor: "an", Action: audit.Export, Line: string(here1), Detail: "response_times/week 2026-11-01 2026-11-24"},
		audit.Entry{Actor: "dung", Action: audit.Export, Line: string(there), Detail: "response_times"},
	)
	if _, err := w.service.Handle(context.Background(), here1, routing.CloseOrdered{Order: routing.Order{Case: shut.ID}, Why: contacts.Conceal("x"), Outcome: routing.OutcomeHelped}); err != nil {
		t.Fatal(err)
	}
	page := english(t, an, "/audit?line="+string(here1))
	list := rows(t, page, "Who saw and did what, newest first")
	var got [][]string
	for _, row := range list[1:] {
		got = append(got, row[1:]) // but when
	}
	want := [][]string{
		{"an", "Downloaded figures response times, by week, 2026-11-01–2026-11-24", "Phường cam-thanh", "", ""},
		{"an", "Saw what was written", "Phường cam-thanh", "", "given, not shown"},
		{"an", "Closed a case", "Phường cam-thanh", string(shut.Code) + " closed case", "kept with the words of the case"},
		{"binh", "Stepped in handed to somebody else", "Phường cam-thanh", string(open.Code), ""},
		{"an", "Saw what was written", "Phường cam-thanh", string(open.Code), "given, not shown"},
	}
	for i := range want {
		if strings.Join(got[i], "|") != strings.Join(want[i], "|") {
			t.Errorf("entry %d = %q, want %q", i, got[i], want[i])
		}
	}
	if len(got) != len(want) || strings.Contains(page, "dung") {
		t.Errorf("%d entries, want %d and none of another line", len(got), len(want))
	}
	if strings.Contains(page, "Hạnh") {
		t.Error("the page shows a reason that nobody asked for")
	}
	if !strings.Contains(page, casePath(open)) {
		t.Error("the page does not lead to the case")
	}
	if got := rows(t, an.page("/audit?line="+string(here1)+"&action=order"), "Who saw")[1:]; len(got) != 1 || got[0][1] != "binh" {
		t.Errorf("entries of one action = %q, want the order", got)
	}
}

// Who came in is for who answers for all lines.
func TestAudit_AccountsAreForAllLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.open("an", account.Supervisor, here1)
	both := w.openAll("toan", account.Supervisor)
	w.record(audit.Entry{Actor: "dung", Action: audit.Export, Line: string(there), Detail: "response_times"}, audit.Entry{Actor: "root", Action: audit.RemoveLine, Line: "removed"})
	w.record(audit.Entry{Actor: "an", Action: audit.Export, Line: string(here1), Detail: "response_times"})
	if list := rows(t, one.page("/audit"), "Ai đã xem")[1:]; len(list) != 1 || list[0][1] != "an" {
		t.Errorf("a supervisor of one line sees %q, want what is about that line", list)
	}
	var all []string
	for _, row := range rows(t, both.page("/audit"), "Ai đã xem")[1:] {
		all = append(all, strings.Join(row[1:], "|"))
	}
	for _, want := range []string{"dung|Tải số liệu thời gian đáp ứng|Phường nghia-lo||", "root|Ngừng một đường dây|removed||", "test|Thêm tài khoản toan|||", "toan|Đăng nhập|||từ máy nào: có ghi, chưa hiện"} {
		if !slices.Contains(all, want) {
			t.Errorf("a supervisor of all lines sees %q, want %q in it", all, want)
		}
	}
}

// openAll makes an account for all lines and signs it in.
func (w *world) openAll(name string, role account.Role) *browser {
	w.t.Helper()
	_, enrolment, err := w.accounts.Add(context.Background(), "test", account.New{
		Name: name, Role: role, Lines: account.Lines{All: true}, Password: contacts.Conceal(pass),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.enrolled[name] = enrolment
	b := w.stranger()
	if got := b.signIn(name, pass, w.code(name)); got.Code != http.StatusSeeOther {
		w.t.Fatalf("sign in as %s = %d, want 303", name, got.Code)
	}
	return b
}

func TestAudit_ReasonsAreRecordedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	an := w.open("an", account.Supervisor, here1)
	c := w.text(here1, "+84935111222", "cuu toi voi")
	w.record(audit.Entry{Actor: "an", Action: audit.RevealWords, Line: string(here1), Case: string(c.ID), Reason: contacts.Conceal(secretReason)})
	w.refuse = errDown
	answer := an.post("/audit/reasons", url.Values{"line": {string(here1)}})
	if answer.Code != 503 || strings.Contains(answer.Body.String(), "Hạnh") {
		t.Errorf("reasons that cannot be recorded = %d, want 503 and none shown", answer.Code)
	}
	w.refuse = nil
	answer = an.post("/audit/reasons", url.Values{"line": {string(here1)}, "action": {"reveal_words"}})
	if body := answer.Body.String(); answer.Code != 200 || !strings.Contains(readable(body), secretReason) || strings.Contains(body, "<script>alert") {
		t.Errorf("reasons = %d, want them as text", answer.Code)
	}
	if got := w.audited()[0]; got.Actor != "an" || got.Action != audit.RevealReasons || got.Line != string(here1) {
		t.Errorf("recorded %+v, want that reasons were shown", got.Entry)
	}
	before := len(w.audited())
	for name, form := range map[string]url.Values{
		"another line": {"line": {string(there)}}, "no such action": {"line": {string(here1)}, "action": {"x"}},
	} {
		if got := an.post("/audit/reasons", form).Code; got != 400 && got != 404 {
			t.Errorf("%s: POST /audit/reasons = %d, want it refused", name, got)
		}
	}
	if got := len(w.audited()); got != before {
		t.Errorf("refused requests left %d entries", got-before)
	}
}

// Reasons are there for who looks at all lines, too, and so is where from somebody signed in, which is about no line.
// Each line's own supervisor sees that they were shown.
func TestAudit_ReasonsOfAllLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.openAll("toan", account.Supervisor)
	an := w.open("an", account.Supervisor, here1)
	if page := all.page("/audit?line=" + string(here1)); strings.Contains(page, "/audit/reasons") {
		t.Error("reasons are offered where there are none")
	}
	w.record(
		audit.Entry{Actor: "an", Action: audit.RevealWords, Line: string(here1), Case: "k", Reason: contacts.Conceal(secretReason)},
		audit.Entry{Actor: "dung", Action: audit.RevealWords, Line: string(there), Case: "k", Reason: contacts.Conceal("anh Tư tổ 9")},
	)
	for who, b := range map[string]*browser{"of all lines": all, "of one": an} {
		if page := b.page("/audit"); !strings.Contains(page, "/audit/reasons") {
			t.Errorf("to a supervisor %s reasons are not offered while no line is chosen", who)
		}
	}
	if body := readable(an.post("/audit/reasons", nil).Body.String()); !strings.Contains(body, secretReason) || strings.Contains(body, "anh Tư") || strings.Contains(body, "từ máy 192.0.2.1") {
		t.Error("the supervisor of one line does not see its reasons alone")
	}
	before := len(w.audited())
	body := readable(all.post("/audit/reasons", url.Values{"action": {butSignIns}}).Body.String())
	if !strings.Contains(body, secretReason) || !strings.Contains(body, "anh Tư tổ 9") || strings.Contains(body, "từ máy 192.0.2.1") {
		t.Error("everything but sign-ins is not shown with its reasons")
	}
	if body := readable(all.post("/audit/reasons", url.Values{"action": {string(audit.SignIn)}}).Body.String()); !strings.Contains(body, "từ máy 192.0.2.1") {
		t.Error("where from somebody signed in is not shown")
	}
	var got []string
	recorded := w.audited()
	for _, r := range recorded[:len(recorded)-before] {
		got = append(got, r.Actor+" "+string(r.Action)+" "+r.Line+" "+r.Detail)
	}
	want := []string{"toan reveal_reasons  sign_in", "toan reveal_reasons cam-thanh but_sign_ins", "toan reveal_reasons nghia-lo but_sign_ins"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

func TestAudit_WithoutSignIns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.openAll("toan", account.Supervisor)
	w.record(audit.Entry{Actor: "an", Action: audit.Note, Line: string(here1), Case: "k"}, audit.Entry{Actor: "x", Action: audit.SignInRefused}, audit.Entry{Actor: "toan", Action: audit.SignOut})
	var got []string
	for _, row := range rows(t, all.page("/audit?action="+butSignIns), "Ai đã xem")[1:] {
		got = append(got, row[1]+" "+row[2])
	}
	if diff := cmp.Diff([]string{"an Ghi chú", "test Thêm tài khoản toan"}, got); diff != "" {
		t.Errorf("entries but those about signing in (-want +got):\n%s", diff)
	}
}

func TestAudit_PageAfterPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	an := w.open("an", account.Supervisor, here1)
	const n = 2*auditPageSize + 7
	for range n {
		w.record(audit.Entry{Actor: "an", Action: audit.Export, Line: string(here1), Detail: "response_times"})
		w.record(audit.Entry{Actor: "dung", Action: audit.Export, Line: string(there), Detail: "response_times"})
	}
	numbers := map[string]bool{}
	path, pages := "/audit", 0
	for path != "" {
		page := an.page(path)
		for _, row := range rows(t, page, "Ai đã xem")[1:] {
			_, number, _ := strings.Cut(row[0], "số ")
			if numbers[number] {
				t.Fatalf("entry %s is on two pages", number)
			}
			numbers[number] = true
		}
		if pages++; pages > 10 {
			t.Fatal("the pages have no end")
		}
		path = ""
		if found := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(page); found != nil {
			path = found[1]
		}
	}
	if len(numbers) != n || pages != 3 {
		t.Errorf("%d entries on %d pages, want %d on 3", len(numbers), pages, n)
	}
}

func TestAudit_ChainIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	an := w.open("an", account.Supervisor, here1)
	if got := readable(an.page("/audit")); !strings.Contains(got, "chưa được kiểm tra") {
		t.Error("a chain that was not walked yet is shown as something else")
	}
	w.record(audit.Entry{Actor: "an", Action: audit.Export, Line: string(here1)})
	w.board.chain.walk(t.Context())
	if got := readable(an.page("/audit")); !strings.Contains(got, "nguyên vẹn, 3 mục") {
		t.Errorf("a whole chain is not shown as one: %.600q", got)
	}
	stream, err := w.redis.Stream("hotline:audit")
	if err != nil || len(stream) == 0 {
		t.Fatal("there is no log", err)
	}
	// The end is cut off and head set back to match: only the head noted before can tell.
	first := map[string]string{}
	for i := 0; i+1 < len(stream[0].Values); i += 2 {
		first[stream[0].Values[i]] = stream[0].Values[i+1]
	}
	w.redis.Del("hotline:audit")
	if _, err := w.redis.XAdd("hotline:audit", stream[0].ID, stream[0].Values); err != nil {
		t.Fatal(err)
	}
	w.redis.HSet("{hotline:audit}:head", "n", first["n"], "mac", first["mac"])
	w.board.chain.walk(t.Context())
	got := readable(an.page("/audit"))
	if !strings.Contains(got, "BỊ HỎNG ở 1 chỗ") || !strings.Contains(got, "mục 3: khác với lần kiểm tra trước") {
		t.Errorf("a chain that was set back is not shown as broken: %.600q", got)
	}
	if !strings.Contains(w.logged.String(), "chain of the audit log is broken") {
		t.Error("the log does not say that the chain is broken")
	}
	// It stays broken until somebody has seen to it.
	w.board.chain.walk(t.Context())
	if got := readable(an.page("/audit")); !strings.Contains(got, "BỊ HỎNG") {
		t.Error("a broken chain is whole again by being walked again")
	}
}

// Asking again and again does not have it walked again and again.
func TestChainCheck_Ask(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, func(o *Options) { o.Now = func() time.Time { return now } })
	c := w.board.chain
	c.walk(t.Context())
	now = now.Add(verifyAgain - time.Second)
	if c.ask(); len(c.now) != 0 {
		t.Error("asked for again at once, it is walked again")
	}
	now = now.Add(time.Second)
	if c.ask(); len(c.now) != 1 {
		t.Error("asked for later, it is not walked")
	}
	c.ask() // does not block
}
