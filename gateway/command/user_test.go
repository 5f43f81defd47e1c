package command

import (
	"bytes"
	"image"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
)

const (
	userSecret = "gravel mitten lantern oboe quartz"
	nextSecret = "tunnel walrus biscuit velvet prong"
)

// typed runs a command line with a password on standard input and wants an exit code.
func (s *shell) typed(want int, password string, args ...string) (stdout, stderr string) {
	s.t.Helper()
	code, out, errs := s.pipe(password+"\n", args...)
	if code != want {
		s.t.Fatalf("hotline %s = %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, errs)
	}
	for _, secret := range []string{userSecret, nextSecret} {
		if strings.Contains(out+errs, secret) {
			s.t.Errorf("hotline %s prints the password", strings.Join(args, " "))
		}
	}
	return out, errs
}

// desk opens accounts and audit log as the pages do.
func (s *shell) desk() *desk {
	s.t.Helper()
	keyset, err := seal.ParseKeyset(s.env["HOTLINE_KEYSET"])
	if err != nil {
		s.t.Fatal(err)
	}
	rdb := s.connect()
	log := audit.NewLog(rdb, keyset)
	accounts, err := account.NewAccounts(account.Options{Redis: rdb, Keyset: keyset, Audit: log})
	if err != nil {
		s.t.Fatal(err)
	}
	return &desk{accounts, log}
}

// signIn signs in as somebody would who was handed what was printed.
func (s *shell) signIn(name, password, printed string) error {
	s.t.Helper()
	url := regexp.MustCompile(`otpauth://\S+`).FindString(printed)
	key, err := otp.NewKeyFromURL(url)
	if err != nil {
		s.t.Fatalf("no otpauth URL in %q: %v", printed, err)
	}
	grouped := regexp.MustCompile(`secret: (.+)\n`).FindStringSubmatch(printed)
	if grouped == nil || strings.ReplaceAll(grouped[1], " ", "") != key.Secret() || !regexp.MustCompile(`^([A-Z2-7]{4} )+[A-Z2-7]{1,4}$`).MatchString(grouped[1]) {
		s.t.Errorf("secret printed as %q, want that of the URL in groups of four", grouped)
	}
	code, err := totp.GenerateCode(key.Secret(), time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.desk().accounts.SignIn(s.t.Context(), account.Attempt{Name: name, Password: contacts.Conceal(password), Code: contacts.Conceal(code)})
	return err
}

func TestUser_AddSignInDisableReset(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	if out, _ := s.run(exitDone, "user", "list"); out != "Chưa có tài khoản nào | no account yet\n" {
		t.Errorf("user list of none prints %q", out)
	}
	out, errs := s.typed(exitDone, userSecret, "user", "add", "thu.lan", "--role", "supervisor", "--line", "cam-thanh", "--line", "ward", "--display", "Nguyễn Thu Lan")
	if errs != "" || !strings.Contains(out, "Đã tạo tài khoản thu.lan | made account thu.lan") || !strings.Contains(out, "Shown once") || strings.Contains(out, "Nguyễn") {
		t.Errorf("user add prints %q, says %q", out, errs)
	}
	if codes := regexp.MustCompile(`(?m)^  [a-z2-7]{5}-[a-z2-7]{5}$`).FindAllString(out, -1); len(codes) != 10 {
		t.Errorf("user add prints %d recovery codes, want 10:\n%s", len(codes), out)
	}
	if err := s.signIn("thu.lan", userSecret, out); err != nil {
		t.Errorf("SignIn with what was printed = %v, want no error", err)
	}
	s.typed(exitDone, userSecret, "user", "add", "--role", "reader", "--line", "*", "--password-file", "-", "an")
	list, _ := s.run(exitDone, "user", "list")
	rows := strings.Split(strings.TrimSpace(list), "\n")
	if len(rows) != 2 || !strings.HasPrefix(rows[0], "an\treader\t*\t-\tđang dùng | enabled\tchưa đăng nhập | never signed in\t10 ") ||
		!strings.HasPrefix(rows[1], "thu.lan\tsupervisor\tcam-thanh,ward\t-\tđang dùng | enabled\t20") || strings.Contains(list, "Nguyễn") {
		t.Errorf("user list prints %q", list)
	}
	if out, _ := s.run(exitDone, "user", "disable", "an"); !strings.Contains(out, "disabled account an") {
		t.Errorf("user disable prints %q", out)
	}
	if list, _ := s.run(exitDone, "user", "list"); !strings.Contains(list, "an\treader\t*\t-\tđã khóa | disabled\t") {
		t.Errorf("user list after disable prints %q", list)
	}
	reset, _ := s.typed(exitDone, nextSecret, "user", "reset", "--password-file", s.file("secret", nextSecret+"\r\n"), "an")
	if !strings.Contains(reset, "still disabled") {
		t.Errorf("user reset of a disabled account prints %q, want that said", reset)
	}
	if err := s.signIn("an", nextSecret, reset); err == nil {
		t.Error("a disabled account can be signed in to after a reset")
	}
	if out, _ := s.run(exitDone, "user", "enable", "an"); !strings.Contains(out, "enabled account an") {
		t.Errorf("user enable prints %q", out)
	}
	if err := s.signIn("an", nextSecret, reset); err != nil {
		t.Errorf("SignIn after reset and enable = %v, want no error", err)
	}
	log, _ := s.run(exitDone, "audit", "list", "*")
	var done []string
	for row := range strings.Lines(log) {
		fields := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		if len(fields) != 8 {
			t.Fatalf("audit list prints %q, want eight columns", row)
		}
		if _, err := time.Parse(time.RFC3339, fields[1]); err != nil {
			t.Errorf("audit list: %v", err)
		}
		_, en, _ := strings.Cut(fields[3], " | ")
		who := fields[2]
		if who == actor() {
			who = "desk"
		}
		done = append(done, strings.Join([]string{fields[0], who, en, fields[6]}, " "))
	}
	want := []string{
		"1 desk added an account thu.lan", "2 thu.lan signed in -", "3 desk added an account an", "4 desk disabled an account an",
		"5 desk reset an account an", "6 an was not let in disabled", "7 desk enabled an account an", "8 an signed in -",
	}
	if got := strings.Join(done, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("audit list:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if verified, _ := s.run(exitDone, "audit", "verify"); !strings.Contains(verified, "8 entries in the chain") {
		t.Errorf("audit verify prints %q", verified)
	}
}

// Who an account is in the directory is checked against it, and ends what was signed in before.
func TestUser_Link(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.run(exitDone, "line", "apply", s.file("ward.yaml", ward))
	_, errs := s.typed(exitFailed, userSecret, "user", "add", "thu.ha", "--role", "supervisor", "--line", "cam-thanh", "--contact", "cam-thanh/nobody")
	if !strings.Contains(errs, "not in the directory of cam-thanh") {
		t.Errorf("user add of somebody unknown says %q", errs)
	}
	out, _ := s.typed(exitDone, userSecret, "user", "add", "thu.ha", "--role", "supervisor", "--line", "cam-thanh", "--contact", "cam-thanh/lan")
	if strings.Contains(out, "user link") {
		t.Errorf("user add of somebody known asks who they are: %q", out)
	}
	if out, _ := s.typed(exitDone, userSecret, "user", "add", "an", "--role", "reader", "--line", "cam-thanh"); !strings.Contains(out, "say so with user link") {
		t.Errorf("user add without --contact does not ask who they are: %q", out)
	}
	if out, _ := s.run(exitDone, "user", "link", "an", "--contact", "cam-thanh/lan"); !strings.Contains(out, "account an in the directory: cam-thanh/lan, every session has ended") {
		t.Errorf("user link prints %q", out)
	}
	if list, _ := s.run(exitDone, "user", "list"); strings.Count(list, "\tcam-thanh\tcam-thanh/lan\t") != 2 {
		t.Errorf("user list prints %q, want who both are", list)
	}
	if out, _ := s.run(exitDone, "user", "link", "--nobody", "an"); !strings.Contains(out, "in the directory: nobody") {
		t.Errorf("user link to nobody prints %q", out)
	}
	if list, _ := s.run(exitDone, "user", "list"); !strings.Contains(list, "an\treader\tcam-thanh\t-\t") {
		t.Errorf("user list prints %q, want an to be nobody", list)
	}
}

func TestUser_Refuses(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.typed(exitDone, userSecret, "user", "add", "an", "--role", "reader", "--line", "ward")
	tests := []struct {
		name, password, args string
		code                 int
		says                 string
	}{
		{"no role", userSecret, "user add hoa --line ward", exitUsage, "--role is needed"},
		{"no line", userSecret, "user add hoa --role reader", exitUsage, "--line is needed"},
		{"no name", userSecret, "user add --role reader --line ward", exitUsage, "want 1 arguments, got 0"},
		{"another option", userSecret, "user add hoa --password x", exitUsage, "wrong option"},
		{"another role", userSecret, "user add hoa --role admin --line ward", exitFailed, "a role is"},
		{"a bad name", userSecret, "user add Hoa --role reader --line ward", exitFailed, "a login name has"},
		{"there already", userSecret, "user add an --role reader --line ward", exitFailed, "such an account already"},
		{"short", "xK9#mQ2$", "user add hoa --role reader --line ward", exitFailed, "at least 12"},
		{"common", "matkhau123456", "user add hoa --role reader --line ward", exitFailed, "easy to guess"},
		{"nothing typed", "", "user reset an", exitFailed, "at least 12"},
		{"no such file", "", "user reset an --password-file /no/such/file", exitFailed, "no such file"},
		{"reset of nobody", userSecret, "user reset hoa", exitFailed, "no such account"},
		{"disable of nobody", "", "user disable hoa", exitFailed, "no such account"},
		{"enable of nobody", "", "user enable hoa", exitFailed, "no such account"},
		{"disable of none", "", "user disable", exitUsage, "got 0"},
		{"list of one", "", "user list an", exitUsage, "got 1"},
		{"link of nobody", "", "user link --nobody hoa", exitFailed, "no such account"},
		{"link to nothing", "", "user link an", exitUsage, "or --nobody"},
		{"link to somebody and nobody", "", "user link an --nobody --contact ward/lan", exitUsage, "or --nobody"},
		{"link to no line", "", "user link an --contact lan", exitUsage, "LINE/CONTACT"},
		{"link on an unknown line", "", "user link an --contact ward/lan", exitFailed, "no such line"},
		{"half a command", "", "user", exitUsage, "hotline user add"},
	}
	for _, tt := range tests {
		out, errs := s.typed(tt.code, tt.password, strings.Fields(tt.args)...)
		if out != "" || !strings.Contains(errs, tt.says) || tt.password != "" && strings.Contains(errs, tt.password) {
			t.Errorf("%s: prints %q, says %q; want %q and nothing of the password", tt.name, out, errs, tt.says)
		}
	}
	s.connect().Set(t.Context(), "hotline:audit", "cannot be appended to", 0)
	s.typed(exitFailed, userSecret, "user", "add", "hoa", "--role", "reader", "--line", "ward")
	s.run(exitFailed, "user", "disable", "an")
	if list, _ := s.run(exitDone, "user", "list"); !strings.HasPrefix(list, "an\treader\tward\t-\tđang dùng") || strings.Count(list, "\n") != 1 {
		t.Errorf("user list after what could not be recorded prints %q, want no change", list)
	}
}

// What is drawn is the code, module for module, in a quiet zone.
func TestHalfBlocks_DrawsTheCode(t *testing.T) {
	t.Parallel()
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Tin Cậy", AccountName: "thu.lan"})
	if err != nil {
		t.Fatal(err)
	}
	img, err := account.Enrolment{URL: contacts.Conceal(key.URL())}.Image()
	if err != nil {
		t.Fatal(err)
	}
	side := img.Bounds().Dx()
	if side != img.Bounds().Dy() || (side-17)%4 != 0 {
		t.Fatalf("the code is %v, want one pixel a module", img.Bounds())
	}
	lines := strings.Split(strings.TrimSuffix(halfBlocks(img), "\n"), "\n")
	if want := (side + 2*quiet + 1) / 2; len(lines) != want {
		t.Fatalf("%d lines, want %d", len(lines), want)
	}
	dark := make(map[image.Point]bool)
	for row, line := range lines {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;107m"), "\x1b[0m")
		if n := utf8.RuneCountInString(line); n != side+2*quiet {
			t.Fatalf("line %d has %d characters, want %d", row, n, side+2*quiet)
		}
		for col, c := range []rune(line) {
			dark[image.Pt(col-quiet, 2*row-quiet)] = c == '█' || c == '▀'
			dark[image.Pt(col-quiet, 2*row+1-quiet)] = c == '█' || c == '▄'
		}
	}
	for y := -quiet; y < side+quiet; y++ {
		for x := -quiet; x < side+quiet; x++ {
			want := false
			if (image.Point{X: x, Y: y}).In(image.Rect(0, 0, side, side)) {
				r, _, _, _ := img.At(img.Bounds().Min.X+x, img.Bounds().Min.Y+y).RGBA()
				want = r == 0
			}
			if dark[image.Pt(x, y)] != want {
				t.Fatalf("module %d,%d is dark: %v, want %v", x, y, !want, want)
			}
		}
	}
	if _, err := (account.Enrolment{URL: contacts.Conceal("::")}).Image(); err == nil || strings.Contains(err.Error(), "::") {
		t.Errorf("Image of no URL = %v, want an error that does not repeat it", err)
	}
}

func TestAskPassword_OfAFileThatIsNoTerminal(t *testing.T) {
	t.Parallel()
	path := newShell(t).file("in", userSecret+"\nand more\n")
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var errs bytes.Buffer
	got, err := askPassword(IO{Stdin: file, Stderr: &errs}, "")
	if err != nil || got.Reveal() != userSecret || errs.Len() > 0 {
		t.Errorf("askPassword of a file = %d characters, %v, says %q; want its first line and no prompt", len(got.Reveal()), err, errs.String())
	}
}
