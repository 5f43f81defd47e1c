package command

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/tincay/hotline/contacts/seal"
)

// shell runs commands as an operator would, on a Redis of its own.
type shell struct {
	t   *testing.T
	env map[string]string
	dir string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := keyset.Secret()
	if err != nil {
		t.Fatal(err)
	}
	return &shell{t: t, dir: t.TempDir(), env: map[string]string{
		"REDIS_URL": "redis://" + miniredis.RunT(t).Addr(), "HOTLINE_KEYSET": secret,
	}}
}

// file writes a file and returns its path.
func (s *shell) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// pipe runs a command line with standard input.
func (s *shell) pipe(stdin string, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	code = Main(context.Background(), IO{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Getenv: func(name string) (string, bool) { v, ok := s.env[name]; return v, ok },
	}, args)
	return code, out.String(), errs.String()
}

// run runs a command line and wants an exit code; it returns what was printed.
func (s *shell) run(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	code, out, errs := s.pipe("", args...)
	if code != want {
		s.t.Fatalf("hotline %s = %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, errs)
	}
	return out, errs
}

func TestMain_HelpAndUsage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args   string
		code   int
		stdout []string // parts
		stderr []string
	}{
		{"", exitUsage, nil, []string{"hotline serve", "hotline line check"}},
		{"--help", exitDone, []string{"hotline demo", "hotline serve", "hotline line apply", "hotline oncall", "hotline triage", "hotline keyset rotate", "0 xong"}, nil},
		{"-h", exitDone, []string{"hotline serve"}, nil},
		{"help", exitDone, []string{"hotline serve"}, nil},
		{"nonsense", exitUsage, nil, []string{"hotline --help"}},
		{"line", exitUsage, nil, []string{"hotline line check", "hotline line show"}},
		{"line --help", exitDone, []string{"hotline line check", "hotline line show"}, nil},
		{"line nonsense", exitUsage, nil, []string{"hotline line check"}},
		{"keyset", exitUsage, nil, []string{"hotline keyset new"}},
		{"keyset --help", exitDone, []string{"hotline keyset rotate"}, nil},
		{"serve --help", exitDone, []string{"hotline serve"}, nil},
		{"line check --help", exitDone, []string{"hotline line check FILE"}, nil},
		{"line apply -h", exitDone, []string{"hotline line apply [--force] FILE"}, nil},
		{"line show --help", exitDone, []string{"hotline line show [--reveal] LINE"}, nil},
		{"line remove --help", exitDone, []string{"hotline line remove LINE"}, nil},
		{"case", exitUsage, nil, []string{"hotline case list", "hotline case show", "hotline case close"}},
		{"case close --help", exitDone, []string{"hotline case close --reason TEXT [--outcome WORD] LINE CODE"}, nil},
		{"doctor --help", exitDone, []string{"hotline doctor"}, nil},
		{"doctor now", exitUsage, nil, []string{"got 1"}},
		{"oncall --help", exitDone, []string{"hotline oncall [--at TIME] LINE"}, nil},
		{"triage --help", exitDone, []string{"hotline triage [--line FILE]"}, nil},
		{"keyset new --help", exitDone, []string{"hotline keyset new"}, nil},
		{"keyset rotate --help", exitDone, []string{"hotline keyset rotate"}, nil},
		{"line check", exitUsage, nil, []string{"1 tham số", "want 1 arguments, got 0"}},
		{"line check a b", exitUsage, nil, []string{"got 2"}},
		{"line check --force a", exitUsage, nil, []string{"wrong option", "force"}},
		{"line apply", exitUsage, nil, []string{"got 0"}},
		{"line show", exitUsage, nil, []string{"got 0"}},
		{"oncall", exitUsage, nil, []string{"got 0"}},
		{"serve now", exitUsage, nil, []string{"got 1"}},
		{"triage x", exitUsage, nil, []string{"got 1"}},
		{"keyset new x", exitUsage, nil, []string{"got 1"}},
		{"line check /no/such/file", exitFailed, nil, []string{"Lỗi | error"}},
		{"triage --line /no/such/file", exitFailed, nil, []string{"Lỗi | error"}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			code, out, errs := newShell(t).pipe("", strings.Fields(tt.args)...)
			if code != tt.code {
				t.Errorf("hotline %s = %d, want %d", tt.args, code, tt.code)
			}
			check := func(name, got string, parts []string) {
				if len(parts) == 0 && got != "" {
					t.Errorf("hotline %s prints to %s: %q, want nothing", tt.args, name, got)
				}
				for _, p := range parts {
					if !strings.Contains(got, p) {
						t.Errorf("hotline %s prints to %s: %q, want %q in it", tt.args, name, got, p)
					}
				}
			}
			check("stdout", out, tt.stdout)
			check("stderr", errs, tt.stderr)
		})
	}
}

// Every command answers --help and has a line of its own in the help, Vietnamese first.
func TestMain_EveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	all, _ := newShell(t).run(exitDone, "--help")
	for _, c := range commands() {
		own, _ := newShell(t).run(exitDone, append(strings.Fields(c.name), "--help")...)
		vi, en := strings.Index(own, c.vi), strings.Index(own, c.en)
		if vi < 0 || en < vi || !strings.Contains(all, own) {
			t.Errorf("help of %s = %q, want Vietnamese, then English, and the same in the help of all", c.name, own)
		}
	}
}

func TestServe_ListsEveryFault(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.env = map[string]string{"TWILIO_AUTH_TOKEN": "s3cret !", "HOTLINE_LISTEN": "x"}
	_, errs := s.run(exitFailed, "serve")
	for _, name := range []string{"HOTLINE_PUBLIC_URL", "HOTLINE_LISTEN", "REDIS_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "HOTLINE_KEYSET"} {
		if !strings.Contains(errs, "\n"+name+" ") {
			t.Errorf("serve does not name %s:\n%s", name, errs)
		}
	}
	if strings.Contains(errs, "s3cret") {
		t.Errorf("serve prints a secret:\n%s", errs)
	}
}

func TestStorageCommands_SayWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	file := s.file("ward.yaml", ward)
	for _, args := range [][]string{{"line", "apply", file}, {"line", "show", "cam-thanh"}, {"oncall", "cam-thanh"}} {
		s.env = map[string]string{}
		_, errs := s.run(exitFailed, args...)
		for _, name := range []string{"REDIS_URL", "HOTLINE_KEYSET"} {
			if !strings.Contains(errs, name) {
				t.Errorf("hotline %s without settings does not name %s: %s", args[0], name, errs)
			}
		}
		s.env = map[string]string{"REDIS_URL": "redis://127.0.0.1:1", "HOTLINE_KEYSET": newShell(t).env["HOTLINE_KEYSET"]}
		if _, errs := s.run(exitFailed, args...); !strings.Contains(errs, "error") {
			t.Errorf("hotline %s without Redis says %q", args[0], errs)
		}
	}
}

func TestKeyset_NewAndRotate(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	first, _ := s.run(exitDone, "keyset", "new")
	other, _ := s.run(exitDone, "keyset", "new")
	if first == other || strings.Count(first, "\n") != 1 {
		t.Errorf("keyset new prints %d lines, the same twice: %v; want one, fresh each time", strings.Count(first, "\n"), first == other)
	}
	parse := func(printed string) *seal.Keyset {
		k, err := seal.ParseKeyset(strings.TrimSpace(printed))
		if err != nil {
			t.Fatalf("ParseKeyset of what was printed = %v", err)
		}
		return k
	}
	old := parse(first)
	sealed, err := old.Seal("ward", "x", []byte("v"))
	if err != nil {
		t.Fatal(err)
	}
	s.env["HOTLINE_KEYSET"] = strings.TrimSpace(first)
	added, says := s.run(exitDone, "keyset", "rotate")
	if !strings.Contains(says, "key added") {
		t.Errorf("first rotate says %q, want that a key was added", says)
	}
	s.env["HOTLINE_KEYSET"] = strings.TrimSpace(added)
	promoted, says := s.run(exitDone, "keyset", "rotate")
	if !strings.Contains(says, "promoted") {
		t.Errorf("second rotate says %q, want that it was promoted", says)
	}
	fresh, err := parse(promoted).Seal("ward", "x", []byte("v"))
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]string{"added": added, "promoted": promoted} {
		for which, value := range map[string][]byte{"before": sealed, "after": fresh} {
			if _, err := parse(k).Open("ward", "x", value); err != nil {
				t.Errorf("keyset with the key %s does not open what was sealed %s: %v", name, which, err)
			}
		}
		if got, want := parse(k).ContactKey("ward", "lan"), old.ContactKey("ward", "lan"); got != want {
			t.Errorf("keyset with the key %s looks things up elsewhere", name)
		}
	}
	if _, err := old.Open("ward", "x", fresh); err == nil {
		t.Error("the promoted key does not seal")
	}
	delete(s.env, "HOTLINE_KEYSET")
	if _, errs := s.run(exitFailed, "keyset", "rotate"); !strings.Contains(errs, "HOTLINE_KEYSET") {
		t.Errorf("rotate without a keyset says %q", errs)
	}
	s.env["HOTLINE_KEYSET"] = "s3cret"
	if _, errs := s.run(exitFailed, "keyset", "rotate"); strings.Contains(errs, "s3cret") {
		t.Errorf("rotate with a bad keyset repeats it: %q", errs)
	}
}

func TestTriage_Lines(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	texts := "chồng em đang cầm dao\n1\n\ncho em hỏi thủ tục\r\nhoa cuc do"
	code, out, errs := s.pipe(texts, "triage")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != exitDone || errs != "" || len(lines) != 5 {
		t.Fatalf("triage of 5 texts = %d, %d lines, %q", code, len(lines), errs)
	}
	for i, want := range []string{"immediate_danger\t", "reply_command\t", "", "", "urgent\t"} {
		if fields := strings.Split(lines[i], "\t"); !strings.HasPrefix(lines[i], want) || len(fields) != 3 || fields[2] == "" {
			t.Errorf("triage of text %d = %q, want three columns and %q", i+1, lines[i], want)
		}
	}
	file := s.file("ward.yaml", strings.Replace(ward, "policy:", "code_words: {immediate_danger: [hoa cúc đỏ]}\npolicy:", 1))
	if _, out, _ := s.pipe("hoa cuc do", "triage", "--line", file); !strings.HasPrefix(out, "immediate_danger\t") {
		t.Errorf("triage with the line's code word = %q, want immediate_danger", out)
	}
	if code, _, errs := s.pipe("x", "triage", "--line", s.file("bad.yaml", "line: x\n")); code != exitFailed || !strings.Contains(errs, "bad.yaml:") {
		t.Errorf("triage with a bad line file = %d, %q; want its faults", code, errs)
	}
}
