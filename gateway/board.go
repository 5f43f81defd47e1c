package gateway

import (
	"context"
	"fmt"

	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/ops/supervisor"
)

// Board makes the supervisor's pages for what this gateway sees. Run it beside the gateway; stop it before the
// listener it is served on, so that the streams of open pages end.
func (a *App) Board(ctx context.Context) (*supervisor.Board, error) {
	shards, err := contactstore.CheckShards(ctx, a.rdb, a.cfg.Shards)
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	log := audit.NewLog(a.rdb, a.cfg.Keyset)
	accounts, err := account.NewAccounts(account.Options{Redis: a.rdb, Keyset: a.cfg.Keyset, Audit: log})
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	return supervisor.New(supervisor.Options{
		Lines: a.lines, Cases: supervisor.NewReader(a.store, shards), Orders: a.service.Handle,
		Accounts: accounts, Sessions: account.NewSessions(accounts, a.logger), Audit: log, AuditLog: log, Logger: a.logger,
		Proxies: a.cfg.TrustedProxies,
		Notice:  a.label,
	})
}
