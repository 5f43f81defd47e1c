package command

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/audit"
)

// verifyTimeout bounds a walk over the whole audit log: five years of it are read in a minute or two.
const verifyTimeout = 10 * time.Minute

// auditVerify walks the chain of audit entries.
func auditVerify(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	var known []audit.Head
	flags.Func("known", "", func(s string) error {
		digits, mac, ok := strings.Cut(s, ":")
		n, err := strconv.ParseInt(digits, 10, 64)
		if !ok || err != nil || n < 1 || mac == "" {
			return fmt.Errorf("--known: viết như lần trước đã in | write it as it was printed before")
		}
		known = append(known, audit.Head{Number: n, MAC: mac})
		return nil
	})
	if _, err := parse(flags, args, 0); err != nil {
		return err
	}
	return withDesk(ctx, std, verifyTimeout, func(ctx context.Context, d *desk) error {
		r, err := d.audit.Verify(ctx, known...)
		if err != nil {
			return err
		}
		return printChain(std, r)
	})
}

func printChain(std IO, r audit.Report) error {
	fmt.Fprintf(std.Stdout, "%d mục trong chuỗi, %d mục có trước chuỗi | %d entries in the chain, %d from before it\n", r.Entries, r.Older, r.Entries, r.Older)
	if !r.OK() {
		for _, f := range r.Faults {
			fmt.Fprintf(std.Stderr, "%s: %s\n", faultPlace(f), faultName(f.Kind))
		}
		if more := r.Broken - int64(len(r.Faults)); more > 0 {
			fmt.Fprintf(std.Stderr, "và %d chỗ nữa | and %d more\n", more, more)
		}
		return errFaults
	}
	fmt.Fprintln(std.Stdout, "Nguyên vẹn | intact")
	if r.Head.Number > 0 {
		fmt.Fprintf(std.Stdout, "Mục cuối | newest entry: %d:%s\n", r.Head.Number, r.Head.MAC)
		fmt.Fprintln(std.Stdout, "Hãy ghi lại ở nơi khác; lần sau: audit verify --known | note it elsewhere; next time: audit verify --known")
	}
	return nil
}

func faultPlace(f audit.Fault) string {
	if f.From == f.To {
		return fmt.Sprintf("mục | entry %d", f.From)
	}
	return fmt.Sprintf("mục | entries %d - %d", f.From, f.To)
}

// faultName says in words what is wrong with the chain.
func faultName(k audit.FaultKind) string {
	switch k {
	case audit.FaultChanged:
		return "đã bị sửa, hoặc ghi bằng bộ khóa khác | was changed, or written with another keyset"
	case audit.FaultMissing:
		return "bị mất | missing"
	case audit.FaultRepeated:
		return "lặp lại | repeated"
	case audit.FaultUnchained:
		return "sau mục này có mục không thuộc chuỗi | followed by an entry that is not of the chain"
	case audit.FaultHead:
		return "không khớp với mục được ghi sau cùng | does not match what was written last"
	case audit.FaultKnown:
		return "không giống mục đã ghi lại ở nơi khác | is not what was noted elsewhere"
	}
	return string(k)
}

// auditList prints who did what on a line.
func auditList(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("audit list", flag.ContinueOnError)
	last := flags.Int("last", 50, "")
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	if *last < 1 {
		return usageError{"--last: từ 1 trở lên | --last: 1 or more"}
	}
	want := audit.Lines(contacts.LineID(rest[0]))
	if rest[0] == "*" {
		want = nil
	}
	return withDesk(ctx, std, storageTimeout, func(ctx context.Context, d *desk) error {
		var found []audit.Record
		for before := ""; len(found) < *last; {
			page, next, err := d.audit.Newest(ctx, before, *last-len(found), want)
			if err != nil {
				return err
			}
			found = append(found, page...)
			if next == "" {
				break
			}
			before = next
		}
		slices.Reverse(found)
		if len(found) == 0 {
			fmt.Fprintln(std.Stdout, "Không có mục nào | no entry")
		}
		for _, r := range found {
			printRecord(std.Stdout, r)
		}
		return nil
	})
}

// printRecord prints an entry but its reason, which may hold names: that is for the page, where looking is audited.
func printRecord(out io.Writer, r audit.Record) {
	number := "-"
	if r.Number > 0 {
		number = strconv.FormatInt(r.Number, 10)
	}
	reason := "-"
	if !r.Reason.Empty() || r.Unreadable {
		reason = "có lý do | with a reason"
	}
	fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", number, r.At.Local().Format(time.RFC3339), r.Actor, auditName(r.Action),
		cmp.Or(r.Line, "-"), cmp.Or(r.Case, "-"), cmp.Or(r.Detail, "-"), reason)
}

// auditName says in words what was done.
func auditName(a audit.Action) string {
	switch a {
	case audit.RevealLine:
		return "xem số điện thoại | revealed a line"
	case audit.RemoveLine:
		return "bỏ đường dây | removed a line"
	case audit.CloseCase:
		return "đóng ca | closed a case"
	case audit.RevealWords:
		return "xem lời nhắn | revealed words"
	case audit.Export:
		return "xuất dữ liệu | exported"
	case audit.Order:
		return "điều hành ca | acted on a case"
	case audit.OrderNotDone:
		return "việc vừa ghi không được thực hiện | what was just recorded was not done"
	case audit.Note:
		return "ghi chú | wrote a note"
	case audit.SignIn:
		return "đăng nhập | signed in"
	case audit.SignInRefused:
		return "đăng nhập không được | was not let in"
	case audit.SignOut:
		return "đăng xuất | signed out"
	case audit.UserAdd:
		return "tạo tài khoản | added an account"
	case audit.UserDisable:
		return "khóa tài khoản | disabled an account"
	case audit.UserEnable:
		return "mở lại tài khoản | enabled an account"
	case audit.UserReset:
		return "đặt lại tài khoản | reset an account"
	case audit.UserLink:
		return "ghi tài khoản là ai trong danh bạ | said who an account is in the directory"
	case audit.RevealReasons:
		return "xem lý do trong nhật ký | saw reasons in this log"
	}
	return string(a)
}
