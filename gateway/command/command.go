// Package command is what can be typed after `hotline`: it reads arguments, calls the parts that do the
// work, and prints. Vietnamese comes first wherever a person reads; exit codes are 0 done, 1 failed or
// faults found, 2 wrong usage.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Exit codes (contract §1).
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// IO is where a command reads and writes.
type IO struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Getenv looks a setting up, as os.LookupEnv does.
	Getenv func(string) (string, bool)
}

// command is one entry of the table below.
type command struct {
	name   string // one or two words
	args   string // what follows, for the usage
	vi, en string
	run    func(ctx context.Context, io IO, args []string) error
}

// commands lists everything, in the order in which help shows it.
func commands() []command {
	return []command{
		{"demo", "[--listen ADDR] [--board-listen ADDR] [--lang vi|en] [--empty] [--verbose]", "Chạy thử cả hệ thống trên máy này, không gửi tin thật", "The whole system on this machine; no real message leaves", runDemo},
		{"serve", "", "Chạy thật", "Production", runServe},
		{"line check", "FILE", "Kiểm tra tệp cấu hình đường dây, không đổi gì", "Validate a line file; touches nothing", lineCheck},
		{"line apply", "[--force] FILE", "Đưa tệp cấu hình vào Redis", "Make Redis match a line file", lineApply},
		{"line show", "[--reveal] LINE", "In cấu hình; --reveal hiện số điện thoại và được ghi lại", "Print a line; --reveal shows numbers and is audited", lineShow},
		{"line remove", "LINE", "Bỏ một đường dây; không được khi còn ca đang mở", "Take a line out of service; refused while cases are open", lineRemove},
		{"case list", "LINE", "Các ca đang mở, khẩn nhất trước", "Open cases, most urgent first", caseList},
		{"case show", "LINE CODE", "Diễn biến một ca, không có lời nhắn và số điện thoại", "One case's timeline, without words or numbers", caseShow},
		{"case close", "--reason TEXT [--outcome WORD] LINE CODE", "Đóng một ca; được ghi lại", "Close a case; audited", caseClose},
		{"oncall", "[--at TIME] LINE", "Ai đang trực; giờ nào trong 7 ngày tới không có ai", "Who is on call; the hours of the next 7 days with nobody", onCall},
		{"report", "--from DATE --to DATE [--csv FILE|-] LINE", "Thời gian đáp ứng từ ngày --from đến trước ngày --to; --csv ghi tệp và được ghi lại", "Response times from --from until before --to; --csv writes a file and is audited", runReport},
		{"triage", "[--line FILE]", "Đọc tin nhắn, mỗi dòng một tin; in mức khẩn, nhu cầu, lý do", "Texts in, one a line; urgency, need and reasons out", runTriage},
		{"user add", "--role ROLE --line LINE [--line ...] [--contact LINE/CONTACT ...] [--display TEXT] [--password-file FILE] NAME", "Tạo tài khoản cho trang giám sát: supervisor, coordinator, reader; --line '*' là mọi đường dây", "Make an account for the supervisor's pages: supervisor, coordinator, reader; --line '*' is every line", userAdd},
		{"user link", "--contact LINE/CONTACT [--contact ...] NAME | --nobody NAME", "Ghi lại tài khoản là ai trong danh bạ, để keep_apart của người đó giữ cả trên các trang", "Say anew who the account is in the directory, so that their keep_apart holds on the pages too", userLink},
		{"user disable", "NAME", "Khóa tài khoản; mọi phiên kết thúc", "Close an account; every session ends", userDisable},
		{"user enable", "NAME", "Mở lại tài khoản", "Open an account again", userEnable},
		{"user reset", "[--password-file FILE] NAME", "Mật khẩu và mã mới; mọi phiên kết thúc", "New password and second factor; every session ends", userReset},
		{"user list", "", "Các tài khoản", "The accounts", userList},
		{"audit verify", "[--known NUMBER:HASH]", "Kiểm tra nhật ký có bị sửa hay mất mục nào không", "Check that nothing in the audit log was changed or is missing", auditVerify},
		{"audit list", "[--last N] LINE", "Ai đã xem và làm gì; '*' là tất cả", "Who saw and did what; '*' is everything", auditList},
		{"doctor", "", "Kiểm tra cấu hình, Redis, nhà mạng, lịch trực", "Check settings, Redis, the carrier and the roster", runDoctor},
		{"keyset new", "", "Tạo bộ khóa mới", "Print a new keyset", keysetNew},
		{"keyset rotate", "", "Đổi khóa: lần một thêm khóa, lần hai dùng khóa mới", "Rotate: first run adds a key, second run promotes it", keysetRotate},
	}
}

// usageError is wrong usage: exit code 2. The text says what to change.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// errFaults means that what was wrong has been printed already.
var errFaults = errors.New("faults found")

// Main runs a command line, without the program's name, and returns the exit code.
func Main(ctx context.Context, io IO, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(io.Stderr, help())
		return exitUsage
	}
	if isHelp(args[0]) {
		fmt.Fprint(io.Stdout, help())
		return exitDone
	}
	cmd, rest, ok := find(args)
	if !ok {
		fmt.Fprintf(io.Stderr, "Không có lệnh này | no such command: see hotline --help\n")
		return exitUsage
	}
	err := cmd.run(ctx, io, rest)
	usage, isUsage := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(io.Stdout, cmd.help())
		return exitDone
	case isUsage:
		fmt.Fprintf(io.Stderr, "%s\n%s", usage.text, cmd.help())
		return exitUsage
	case errors.Is(err, errFaults):
		return exitFailed
	}
	fmt.Fprintf(io.Stderr, "Lỗi | error: %v\n", err)
	return exitFailed
}

func isHelp(arg string) bool {
	return arg == "--help" || arg == "-h" || arg == "-help" || arg == "help"
}

// find picks the command that the arguments begin with. "line --help" shows every command of that word.
func find(args []string) (command, []string, bool) {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], true
		}
	}
	var group []command
	for _, c := range commands() {
		if strings.HasPrefix(c.name, args[0]+" ") {
			group = append(group, c)
		}
	}
	if len(group) == 0 {
		return command{}, nil, false
	}
	return command{name: args[0], run: func(_ context.Context, io IO, rest []string) error {
		var b strings.Builder
		for _, c := range group {
			b.WriteString(c.help())
		}
		text := b.String()
		if len(rest) > 0 && isHelp(rest[0]) {
			fmt.Fprint(io.Stdout, text)
			return nil
		}
		fmt.Fprint(io.Stderr, text)
		return usageError{"Thiếu hoặc sai lệnh con | missing or wrong subcommand"}
	}}, args[1:], true
}

func help() string {
	var b strings.Builder
	b.WriteString("Tin Cậy - tổng đài tin nhắn của mạng địa chỉ tin cậy | SMS hotline gateway for a trusted-address network\n\n")
	for _, c := range commands() {
		b.WriteString(c.help())
	}
	b.WriteString("\nMã thoát | exit codes: 0 xong | done, 1 lỗi | failed or faults, 2 sai cách dùng | wrong usage\n")
	return b.String()
}

func (c command) help() string {
	if c.vi == "" {
		return ""
	}
	return fmt.Sprintf("  hotline %s %s\n      %s\n      %s\n", c.name, c.args, c.vi, c.en)
}

// parse reads flags wherever they stand among the arguments, and wants so many other arguments.
func parse(flags *flag.FlagSet, args []string, want int) ([]string, error) {
	flags.SetOutput(io.Discard)
	var rest []string
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, usageError{"Sai tùy chọn | wrong option: " + err.Error()}
		}
		if flags.NArg() == 0 {
			break
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
	if len(rest) != want {
		return nil, usageError{fmt.Sprintf("Cần %d tham số, có %d | want %d arguments, got %d", want, len(rest), want, len(rest))}
	}
	return rest, nil
}
