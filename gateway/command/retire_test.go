package command

import (
	"context"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/routing/line"
)

// office is a gateway on the Redis of a shell, so that commands meet real cases.
type office struct {
	*gatewaytest.World
	shell *shell
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s := newShell(t)
	rdb, err := contactstore.Connect(s.env["REDIS_URL"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	w := gatewaytest.New(t, gatewaytest.Options{Redis: rdb})
	if s.env["HOTLINE_KEYSET"], err = w.Keyset.Secret(); err != nil {
		t.Fatal(err)
	}
	w.Start()
	return &office{w, s}
}

// withoutLan is the ward after Lan left.
func withoutLan() string {
	left := regexp.MustCompile(`(?m)^  - \{id: lan.*\n`).ReplaceAllString(ward, "")
	return strings.Replace(left, "always: [lan,", "always: [", 1)
}

func TestLineApply_RetiresWhoHoldsACase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Text(gatewaytest.Victim, "chong em hay danh em")
	o.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
	o.Expect(gatewaytest.Lan, `Tra loi 1`)
	o.Expect(gatewaytest.Hoa, `Tra loi 1`)
	o.Text(gatewaytest.Lan, "1")
	o.Expect(gatewaytest.Lan, `ban da nhan`)
	o.Expect(gatewaytest.Lan, `chong em hay danh em`)
	o.Expect(gatewaytest.Hoa, `da co nguoi nhan`)
	o.Expect(gatewaytest.Victim, `Da co nguoi nhan`)

	file := o.shell.file("left.yaml", withoutLan())
	out, _ := o.shell.run(exitDone, "line", "apply", file)
	if !strings.Contains(out, "contacts lan: bỏ | removed") || !strings.Contains(out, "contacts lan: giữ tới khi ca đóng | kept until") {
		t.Errorf("apply without a contact who holds a case prints %q, want them retired", out)
	}
	if out, _ := o.shell.run(exitDone, "line", "apply", file); !strings.Contains(out, "nothing changed") {
		t.Errorf("apply of the same again prints %q, want that nothing changed", out)
	}
	shown, _ := o.shell.run(exitDone, "line", "show", "--reveal", "cam-thanh")
	if strings.Contains(shown, gatewaytest.Lan) {
		t.Error("line show prints a retired contact: a file with them would bring them back")
	}

	// They keep their case until it is closed.
	o.Text(gatewaytest.Lan, "chi dang o dau?")
	o.Expect(gatewaytest.Victim, `^chi dang o dau\?$`)
	o.Text(gatewaytest.Victim, "em o nha")
	o.Expect(gatewaytest.Lan, `em o nha`)
	o.Text(gatewaytest.Other, "chong em hay danh em") // a new case is not theirs
	o.Expect(gatewaytest.Other, `^Da nhan tin\.$`)
	o.Expect(gatewaytest.Hoa, `Tra loi 1`)
	o.Text(gatewaytest.Lan, "xong")
	o.Expect(gatewaytest.Lan, `da dong`)
	o.Quiet()

	out, _ = o.shell.run(exitDone, "line", "apply", file)
	if strings.Contains(out, "kept until") {
		t.Errorf("apply after the case was closed prints %q, want nobody kept", out)
	}
	if out, _ := o.shell.run(exitDone, "line", "apply", file); !strings.Contains(out, "nothing changed") {
		t.Errorf("apply of the same again prints %q, want that nothing changed", out)
	}
}

// A contact takes a case just while they are being removed.
func TestLineApply_RetiresWhoTakesACaseMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Text(gatewaytest.Victim, "chong em hay danh em")
	o.Expect(gatewaytest.Victim, `^Da nhan tin\.$`)
	o.Expect(gatewaytest.Lan, `Tra loi 1`)
	o.Expect(gatewaytest.Hoa, `Tra loi 1`)

	ctx := context.Background()
	st, err := openStorage(ctx, IO{Getenv: func(name string) (string, bool) { v, ok := o.shell.env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.close() }()
	rdb, err := contactstore.Connect(o.shell.env["REDIS_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rdb.Close() }()
	rdb.AddHook(&beforeScript{do: sync.OnceFunc(func() {
		o.Text(gatewaytest.Lan, "1")
		o.Expect(gatewaytest.Lan, `ban da nhan`)
	})})
	st.files = contactstore.New(rdb, contactstore.DefaultShards, o.Keyset)
	file, faults := line.Parse([]byte(withoutLan()))
	if file == nil {
		t.Fatal(faults)
	}
	var out strings.Builder
	if err := st.apply(ctx, IO{Stdout: &out}, file, false); err != nil {
		t.Fatalf("apply = %v, want no error", err)
	}
	if !strings.Contains(out.String(), "contacts lan: giữ tới khi ca đóng") {
		t.Errorf("apply prints %q, want the contact who took a case meanwhile kept", out.String())
	}
	o.Expect(gatewaytest.Lan, `chong em hay danh em`)
	o.Text(gatewaytest.Lan, "chi dang o dau?")
	o.Expect(gatewaytest.Victim, `Da co nguoi nhan`)
	o.Expect(gatewaytest.Victim, `^chi dang o dau\?$`)
}

// beforeScript runs something before the first script is run: before a line file is stored.
type beforeScript struct{ do func() }

// DialHook changes nothing.
func (*beforeScript) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook runs it before EVAL or EVALSHA.
func (b *beforeScript) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") {
			b.do()
		}
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook changes nothing.
func (*beforeScript) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
