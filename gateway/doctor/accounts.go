package doctor

import (
	"context"
	"slices"
	"strconv"

	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
)

// accounts looks whether somebody can open the supervisor's pages, and whether everybody who is said to be in a
// directory is there: who is not sees no case of the line.
func (e *examination) accounts(ctx context.Context, cfg *config.Config) {
	const subject = "tài khoản | accounts"
	accounts, err := account.NewAccounts(account.Options{Redis: cfg.Redis, Keyset: cfg.Keyset, Audit: audit.NewLog(cfg.Redis, cfg.Keyset)})
	var users []account.User
	if err == nil {
		users, err = accounts.List(ctx)
	}
	if err != nil {
		e.report(Failed, subject, "không đọc được", err.Error())
		return
	}
	open, lost := 0, 0
	for _, u := range users {
		if u.Disabled {
			continue
		}
		open++
		if slices.ContainsFunc(u.Contacts, e.unlisted) {
			lost++
		}
	}
	switch {
	case open == 0:
		e.report(Warning, subject, "chưa ai mở được trang giám sát; dùng user add", "nobody can open the supervisor's pages yet; use user add")
	case lost > 0:
		e.report(Failed, subject, strconv.Itoa(lost)+" tài khoản là người không có trong danh bạ nên không thấy ca nào; xem user list, sửa bằng user link",
			strconv.Itoa(lost)+" accounts are somebody who is not in the directory, and see no case; see user list, mend with user link")
	default:
		e.report(OK, subject, strconv.Itoa(open)+" đang dùng", strconv.Itoa(open)+" enabled")
	}
}

// unlisted reports whether a contact is in the directory of no line that could be read.
func (e *examination) unlisted(c account.Contact) bool {
	at := slices.IndexFunc(e.lines, func(l *routing.Line) bool { return l.ID == c.Line })
	if at < 0 {
		return true
	}
	_, ok := e.lines[at].Directory.Contact(c.ID)
	return !ok
}
