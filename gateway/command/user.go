package command

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
)

// desk is what commands about accounts and the audit log work on.
type desk struct {
	accounts *account.Accounts
	audit    *audit.Log
}

// withDesk runs a command on accounts and the audit log, for at most so long.
func withDesk(ctx context.Context, std IO, limit time.Duration, run func(context.Context, *desk) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cfg, err := config.LoadStorage(std.Getenv)
	if err != nil {
		return err
	}
	log := audit.NewLog(cfg.Redis, cfg.Keyset)
	accounts, err := account.NewAccounts(account.Options{Redis: cfg.Redis, Keyset: cfg.Keyset, Audit: log})
	if err == nil {
		err = run(ctx, &desk{accounts, log})
	}
	return errors.Join(err, cfg.Redis.Close())
}

// userAdd makes an account.
func userAdd(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("user add", flag.ContinueOnError)
	role := flags.String("role", "", "")
	display := flags.String("display", "", "")
	file := flags.String("password-file", "", "")
	var lines account.Lines
	flags.Func("line", "", func(s string) error {
		if s == "*" {
			lines.All = true
			return nil
		}
		lines.IDs = append(lines.IDs, contacts.LineID(s))
		return nil
	})
	who := contactFlag(flags)
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	switch {
	case *role == "":
		return usageError{"Cần --role: supervisor, coordinator hoặc reader | --role is needed: supervisor, coordinator or reader"}
	case !lines.All && len(lines.IDs) == 0:
		return usageError{"Cần --line, có thể nhiều lần; --line '*' là mọi đường dây | --line is needed, once or more; --line '*' is every line"}
	}
	if err := checkListed(ctx, std, *who); err != nil {
		return err
	}
	secret, err := askPassword(std, *file)
	if err != nil {
		return err
	}
	return withDesk(ctx, std, storageTimeout, func(ctx context.Context, d *desk) error {
		u, e, err := d.accounts.Add(ctx, actor(), account.New{
			Name: rest[0], Display: contacts.Conceal(strings.TrimSpace(*display)), Role: account.Role(*role), Lines: lines, Contacts: *who, Password: secret,
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Stdout, "Đã tạo tài khoản %s | made account %s\n", u.Name, u.Name)
		if len(u.Contacts) == 0 {
			fmt.Fprint(std.Stdout, "Người này có trong danh bạ không? Nếu có, ghi bằng user link để keep_apart của họ giữ cả trên các trang.\n",
				"Is this person in the directory? Then say so with user link, so that their keep_apart holds on the pages too.\n")
		}
		return printEnrolment(std.Stdout, e)
	})
}

// contactFlag reads who an account's owner is in the directories of lines.
func contactFlag(flags *flag.FlagSet) *[]account.Contact {
	var who []account.Contact
	flags.Func("contact", "", func(s string) error {
		line, id, ok := strings.Cut(s, "/")
		if !ok {
			return errors.New("LINE/CONTACT")
		}
		who = append(who, account.Contact{Line: contacts.LineID(line), ID: contacts.ID(id)})
		return nil
	})
	return &who
}

// checkListed fails unless everybody is in the directory of their line: an account that is somebody unknown would be
// shown no case at all.
func checkListed(ctx context.Context, std IO, who []account.Contact) error {
	if len(who) == 0 {
		return nil
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		for _, c := range who {
			l, err := st.line(ctx, c.Line)
			if err != nil {
				return err
			}
			if _, ok := l.Directory.Contact(c.ID); !ok {
				return fmt.Errorf("%s: danh bạ không có | not in the directory of %s", c.ID, c.Line)
			}
		}
		return nil
	})
}

// userLink says who an account's owner is in the directories of lines.
func userLink(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("user link", flag.ContinueOnError)
	who := contactFlag(flags)
	nobody := flags.Bool("nobody", false, "")
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	if *nobody == (len(*who) > 0) {
		return usageError{"Cần --contact LINE/CONTACT, một hay nhiều lần, hoặc --nobody | --contact LINE/CONTACT is needed, once or more, or --nobody"}
	}
	if err := checkListed(ctx, std, *who); err != nil {
		return err
	}
	return withDesk(ctx, std, storageTimeout, func(ctx context.Context, d *desk) error {
		u, err := d.accounts.Link(ctx, actor(), rest[0], *who)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Stdout, "Tài khoản %s trong danh bạ: %s, mọi phiên đã kết thúc | account %s in the directory: %s, every session has ended\n",
			u.Name, contactNames(u.Contacts, "không ai"), u.Name, contactNames(u.Contacts, "nobody"))
		return nil
	})
}

func contactNames(who []account.Contact, none string) string {
	if len(who) == 0 {
		return none
	}
	names := make([]string, len(who))
	for i, c := range who {
		names[i] = string(c.Line) + "/" + string(c.ID)
	}
	return strings.Join(names, ",")
}

// userReset gives an account a new password and a new second factor.
func userReset(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("user reset", flag.ContinueOnError)
	file := flags.String("password-file", "", "")
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	secret, err := askPassword(std, *file)
	if err != nil {
		return err
	}
	return withDesk(ctx, std, storageTimeout, func(ctx context.Context, d *desk) error {
		u, e, err := d.accounts.Reset(ctx, actor(), rest[0], secret)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Stdout, "Đã đặt lại tài khoản %s, mọi phiên đã kết thúc | reset account %s, every session has ended\n", u.Name, u.Name)
		if u.Disabled {
			fmt.Fprintln(std.Stdout, "Tài khoản vẫn đang khóa; mở bằng user enable | the account is still disabled; see user enable")
		}
		return printEnrolment(std.Stdout, e)
	})
}

// userDisable closes an account.
func userDisable(ctx context.Context, std IO, args []string) error {
	return userSwitch(ctx, std, "user disable", args, (*account.Accounts).Disable,
		"Đã khóa tài khoản %s, mọi phiên đã kết thúc | disabled account %s, every session has ended\n")
}

// userEnable opens an account again.
func userEnable(ctx context.Context, std IO, args []string) error {
	return userSwitch(ctx, std, "user enable", args, (*account.Accounts).Enable, "Đã mở lại tài khoản %s | enabled account %s\n")
}

func userSwitch(ctx context.Context, std IO, name string, args []string,
	do func(*account.Accounts, context.Context, string, string) (account.User, error), done string) error {
	rest, err := parse(flag.NewFlagSet(name, flag.ContinueOnError), args, 1)
	if err != nil {
		return err
	}
	return withDesk(ctx, std, storageTimeout, func(ctx context.Context, d *desk) error {
		u, err := do(d.accounts, ctx, actor(), rest[0])
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Stdout, done, u.Name, u.Name)
		return nil
	})
}

// userList prints the accounts.
func userList(ctx context.Context, std IO, args []string) error {
	if _, err := parse(flag.NewFlagSet("user list", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	return withDesk(ctx, std, storageTimeout, func(ctx context.Context, d *desk) error {
		users, err := d.accounts.List(ctx)
		if err != nil {
			return err
		}
		if len(users) == 0 {
			fmt.Fprintln(std.Stdout, "Chưa có tài khoản nào | no account yet")
		}
		for _, u := range users {
			state, last := "đang dùng | enabled", "chưa đăng nhập | never signed in"
			if u.Disabled {
				state = "đã khóa | disabled"
			}
			if !u.LastSignIn.IsZero() {
				last = u.LastSignIn.Local().Format(time.RFC3339)
			}
			fmt.Fprintf(std.Stdout, "%s\t%s\t%s\t%s\t%s\t%s\t%d mã dự phòng | recovery codes\n", u.Name, u.Role, lineNames(u.Lines), contactNames(u.Contacts, "-"), state, last, u.RecoveryLeft)
		}
		return nil
	})
}

func lineNames(l account.Lines) string {
	if l.All {
		return "*"
	}
	names := make([]string, len(l.IDs))
	for i, id := range l.IDs {
		names[i] = string(id)
	}
	return strings.Join(names, ",")
}

// askPassword takes a password from the first line of a file, from the terminal without showing it, or from the first
// line of standard input.
func askPassword(std IO, path string) (contacts.Private, error) {
	if path != "" && path != "-" {
		content, err := os.ReadFile(path)
		if err != nil {
			return contacts.Private{}, err
		}
		return firstLine(strings.NewReader(string(content)))
	}
	terminal, ok := std.Stdin.(*os.File)
	if path == "-" || !ok || !term.IsTerminal(int(terminal.Fd())) {
		return firstLine(std.Stdin)
	}
	var typed [2][]byte
	for i, prompt := range []string{"Mật khẩu mới | new password: ", "Nhập lại | once more: "} {
		fmt.Fprint(std.Stderr, prompt)
		var err error
		typed[i], err = term.ReadPassword(int(terminal.Fd()))
		fmt.Fprintln(std.Stderr)
		if err != nil {
			return contacts.Private{}, fmt.Errorf("read password: %w", err)
		}
	}
	if !slices.Equal(typed[0], typed[1]) {
		return contacts.Private{}, errors.New("hai lần nhập không giống nhau | the two are not the same")
	}
	return contacts.Conceal(string(typed[0])), nil
}

func firstLine(r io.Reader) (contacts.Private, error) {
	text, err := bufio.NewReader(io.LimitReader(r, 1<<16)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return contacts.Private{}, fmt.Errorf("read password: %w", err)
	}
	return contacts.Conceal(strings.TrimRight(text, "\r\n")), nil
}

// printEnrolment shows what the person needs for the second factor, this once.
func printEnrolment(out io.Writer, e account.Enrolment) error {
	fmt.Fprint(out, "\nChỉ hiện một lần. Đưa tận tay người dùng, đừng gửi qua tin nhắn.\n",
		"Shown once. Hand it over in person, never by message.\n\n")
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		img, err := e.Image()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, halfBlocks(img))
	}
	fmt.Fprintf(out, "Ứng dụng mã | authenticator: %s\n", e.URL.Reveal())
	fmt.Fprintf(out, "Khóa | secret: %s\n", e.Secret.Reveal())
	fmt.Fprintln(out, "Mã dự phòng, mỗi mã dùng một lần | recovery codes, each works once:")
	for _, code := range e.Recovery {
		fmt.Fprintf(out, "  %s\n", code.Reveal())
	}
	return nil
}
