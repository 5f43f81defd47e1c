package account_test

import (
	"fmt"
	"testing"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
)

// Every role, every action, on a line of the account and on another. Written out, so that a change of the rule has
// to be made twice.
func TestMay_EveryRoleActionAndLine(t *testing.T) {
	t.Parallel()
	const (
		allow = account.Allowed
		role  = account.DeniedRole
		line  = account.DeniedLine
	)
	tests := []struct {
		role       account.Role
		action     account.Action
		own, other account.Verdict
	}{
		{account.Supervisor, account.SeeBoard, allow, line},
		{account.Supervisor, account.SeeCase, allow, line},
		{account.Supervisor, account.SeeRoster, allow, line},
		{account.Supervisor, account.SeeReports, allow, line},
		{account.Supervisor, account.RevealWords, allow, line},
		{account.Supervisor, account.ActOnCase, allow, line},
		{account.Supervisor, account.WriteNote, allow, line},
		{account.Supervisor, account.Export, allow, line},
		{account.Supervisor, account.SeeAudit, allow, line},
		{account.Coordinator, account.SeeBoard, allow, line},
		{account.Coordinator, account.SeeCase, allow, line},
		{account.Coordinator, account.SeeRoster, allow, line},
		{account.Coordinator, account.SeeReports, allow, line},
		{account.Coordinator, account.RevealWords, allow, line},
		{account.Coordinator, account.ActOnCase, allow, line},
		{account.Coordinator, account.WriteNote, allow, line},
		{account.Coordinator, account.Export, role, line},
		{account.Coordinator, account.SeeAudit, role, line},
		{account.Reader, account.SeeBoard, allow, line},
		{account.Reader, account.SeeCase, allow, line},
		{account.Reader, account.SeeRoster, allow, line},
		{account.Reader, account.SeeReports, allow, line},
		{account.Reader, account.RevealWords, role, line},
		{account.Reader, account.ActOnCase, role, line},
		{account.Reader, account.WriteNote, role, line},
		{account.Reader, account.Export, role, line},
		{account.Reader, account.SeeAudit, role, line},
		{account.Supervisor, "unheard_of", role, line},
		{"", account.SeeBoard, role, line},
		{"admin", account.SeeBoard, role, line},
		{"Supervisor", account.SeeAudit, role, line},
	}
	seen := make(map[string]bool)
	for _, tt := range tests {
		u := account.User{Name: "lan", Role: tt.role, Lines: account.Lines{IDs: []contacts.LineID{"cam-thanh", "own"}}}
		everywhere := account.User{Name: "lan", Role: tt.role, Lines: account.Lines{All: true}}
		closed := u
		closed.Disabled = true
		for _, row := range []struct {
			user account.User
			line contacts.LineID
			want account.Verdict
		}{
			{u, "own", tt.own}, {u, "other", tt.other}, {u, "", line}, {u, "own ", line}, {u, "*", line},
			{everywhere, "own", tt.own}, {everywhere, "other", tt.own}, {everywhere, "", line},
			{closed, "own", account.DeniedDisabled}, {account.User{Role: tt.role}, "own", line},
		} {
			if got := account.May(row.user, tt.action, row.line); got != row.want || got.OK() != (row.want == allow) {
				t.Errorf("May(%s of %v, disabled %v, %s, %q) = %s, want %s",
					tt.role, row.user.Lines, row.user.Disabled, tt.action, row.line, got, row.want)
			}
		}
		seen[fmt.Sprint(tt.role, tt.action)] = true
	}
	for _, r := range []account.Role{account.Supervisor, account.Coordinator, account.Reader} {
		for _, a := range account.Actions() {
			if !seen[fmt.Sprint(r, a)] {
				t.Errorf("no row says whether a %s may %s", r, a)
			}
		}
	}
}
