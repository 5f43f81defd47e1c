package command

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/store"
)

func TestLineRemove(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	replica := o.Start()
	rdb := o.shell.connect()
	if _, errs := o.shell.run(exitFailed, "line", "remove", "nowhere"); !strings.Contains(errs, "no such line") {
		t.Errorf("line remove of no line says %q", errs)
	}
	code := o.open(gatewaytest.Victim, "chong em hay danh em", gatewaytest.Lan, `^Da nhan tin\.$`)
	o.Expect(gatewaytest.Hoa, `Tra loi 1`)
	if out, errs := o.shell.run(exitFailed, "line", "remove", "cam-thanh"); out != "" || !strings.Contains(errs, "còn 1 ca đang mở") || !strings.Contains(errs, "1 cases are open") {
		t.Errorf("line remove with an open case prints %q, says %q; want it refused with how many", out, errs)
	}
	if n := len(audited(t, rdb, "remove_line")); n > 0 {
		t.Errorf("%d audit entries for a removal that was refused, want none", n)
	}
	o.Text(gatewaytest.Lan, "1") // the line still works
	o.Expect(gatewaytest.Lan, `ban da nhan`)
	o.Expect(gatewaytest.Lan, `danh em`)
	for c := range strings.FieldsSeq(firstColumn(o.shell)) {
		o.shell.run(exitDone, "case", "close", "cam-thanh", c, "--reason", "x")
	}
	out, errs := o.shell.run(exitDone, "line", "remove", "cam-thanh")
	if out != "Đã bỏ đường dây cam-thanh | removed line cam-thanh\n" || errs != "" {
		t.Errorf("line remove prints %q, says %q; want nothing dropped, a gateway was running", out, errs)
	}
	o.Expect(gatewaytest.Lan, code+`.*da dong`) // word of the closing went out before
	entries := audited(t, rdb, "remove_line")
	if len(entries) != 1 || entries[0].Values["line"] != "cam-thanh" || entries[0].Values["actor"] == "" {
		t.Errorf("audit = %v, want who removed which line", entries)
	}
	if listed := rdb.SMembers(t.Context(), "hotline:lines").Val(); len(listed) > 0 {
		t.Errorf("lines after the removal = %v, want none", listed)
	}
	for _, args := range [][]string{{"line", "show", "cam-thanh"}, {"line", "remove", "cam-thanh"}, {"oncall", "cam-thanh"}, {"case", "list", "cam-thanh"}} {
		if _, errs := o.shell.run(exitFailed, args...); !strings.Contains(errs, "no such line") {
			t.Errorf("%v after the removal says %q, want that there is no such line", args, errs)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if _, err := replica.App.Line("cam-thanh"); errors.Is(err, routing.ErrUnknownLine) {
			tick.Stop()
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("a replica still has the line ten seconds after its removal")
		}
	}

	// It comes back as if it were new.
	if out, _ := o.shell.run(exitDone, "line", "apply", o.shell.file("again.yaml", ward)); !strings.Contains(out, "contacts lan: thêm | added") {
		t.Errorf("apply of a line that was removed prints %q", out)
	}
}

// firstColumn lists the codes of the open cases.
func firstColumn(s *shell) string {
	s.t.Helper()
	out, _ := s.run(exitDone, "case", "list", "cam-thanh")
	var codes []string
	for row := range strings.Lines(out) {
		codes = append(codes, strings.SplitN(row, "\t", 2)[0])
	}
	return strings.Join(codes, " ")
}

func TestLineRemove_NothingWithoutItsAuditEntry(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	s.connect().Set(t.Context(), "hotline:audit", "cannot be appended to", 0)
	s.run(exitFailed, "line", "remove", "cam-thanh")
	s.run(exitDone, "line", "show", "cam-thanh")
}

// A line that is sealed with a lost keyset can be removed: nothing is read for it.
func TestLineRemove_NeedsNotOpenTheFile(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	s.env["HOTLINE_KEYSET"] = newShell(t).env["HOTLINE_KEYSET"]
	s.run(exitFailed, "line", "show", "cam-thanh")
	s.run(exitDone, "line", "remove", "cam-thanh")
}

// A removal that was interrupted before the name was taken off the list is finished by the next one.
func TestLineRemove_Interrupted(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	st, err := openStorage(t.Context(), IO{Getenv: func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.close() }()
	if _, err := st.cases.RemoveLine(t.Context(), "cam-thanh"); err != nil {
		t.Fatal(err)
	}
	s.run(exitFailed, "line", "remove", "cam-thanh")
	if listed := s.connect().SMembers(t.Context(), "hotline:lines").Val(); len(listed) > 0 {
		t.Errorf("lines = %v, want none", listed)
	}
}

// A case is opened between the look at the open cases and the removal, on a real Redis.
func TestLineRemove_CaseOpenedMeanwhile(t *testing.T) {
	t.Parallel()
	server := routingtest.NewServer(t)
	world := gatewaytest.New(t, gatewaytest.Options{Redis: server.Client()})
	world.Start()
	s := newShell(t)
	s.env["REDIS_URL"] = server.URL()
	secret, err := world.Keyset.Secret()
	if err != nil {
		t.Fatal(err)
	}
	s.env["HOTLINE_KEYSET"] = secret
	st, err := openStorage(t.Context(), IO{Getenv: func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.close() }()
	rdb := server.Client()
	rdb.AddHook(&beforeScript{do: sync.OnceFunc(func() {
		world.Text(gatewaytest.Victim, "chong em hay danh em")
		world.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
	})})
	st.cases = store.New(rdb, contactstore.DefaultShards, world.Keyset)
	var out strings.Builder
	if err := st.remove(context.Background(), &out, "cam-thanh"); err == nil || !strings.Contains(err.Error(), "1 cases are open") || out.Len() > 0 {
		t.Errorf("remove while a case is opened = %v, prints %q; want it refused", err, out.String())
	}
	cases, err := st.cases.OpenCases(t.Context(), "cam-thanh")
	if err != nil || len(cases) != 1 {
		t.Fatalf("open cases = %v, %v; want the one that was opened", cases, err)
	}
	world.Expect(gatewaytest.Lan, `Tra loi 1`)
	if listed := rdb.SMembers(t.Context(), "hotline:lines").Val(); !slices.Equal(listed, []string{"cam-thanh"}) {
		t.Errorf("lines = %v, want the line still there", listed)
	}
}

// What a line that is removed takes along is told.
func TestLineRemove_DropsWhatNobodySends(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	o := &office{gatewaytest.New(t, gatewaytest.Options{Redis: s.connect()}), s}
	var err error
	if s.env["HOTLINE_KEYSET"], err = o.Keyset.Secret(); err != nil {
		t.Fatal(err)
	}
	gateway := o.Start()
	o.open(gatewaytest.Victim, "chong em hay danh em", gatewaytest.Lan, `^Da nhan tin\.$`)
	o.Expect(gatewaytest.Hoa, `Tra loi 1`)
	o.Stop(gateway)
	for c := range strings.FieldsSeq(firstColumn(o.shell)) {
		o.shell.run(exitDone, "case", "close", "cam-thanh", c, "--reason", "x")
	}
	out, _ := o.shell.run(exitDone, "line", "remove", "cam-thanh")
	if !strings.Contains(out, "2 messages that could not be sent yet were dropped") {
		t.Errorf("line remove without a gateway prints %q, want how many messages were dropped", out)
	}
	st, err := openStorage(t.Context(), IO{Getenv: func(name string) (string, bool) { v, ok := o.shell.env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.close() }()
	if n, err := st.cases.ToSend(t.Context(), contacts.LineID("cam-thanh")); n != 0 || err != nil {
		t.Errorf("ToSend after the removal = %d, %v; want nothing", n, err)
	}
}
