package audit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing/routingtest"
)

func TestRecord_WritesWhoDidWhat(t *testing.T) {
	t.Parallel()
	rdb, _ := routingtest.NewRedis(t)
	ctx := context.Background()
	if err := audit.NewLog(rdb).Record(ctx, audit.Entry{Actor: "root", Action: audit.RevealLine, Line: "ward"}); err != nil {
		t.Fatalf("Record = %v, want no error", err)
	}
	got := rdb.XRange(ctx, "hotline:audit", "-", "+").Val()
	if len(got) != 1 || got[0].Values["actor"] != "root" || got[0].Values["action"] != "reveal_line" || got[0].Values["line"] != "ward" {
		t.Errorf("audit log = %v, want the one access", got)
	}
}

func TestRecord_FailsLoudly(t *testing.T) {
	t.Parallel()
	rdb, server := routingtest.NewRedis(t)
	log, ctx := audit.NewLog(rdb), context.Background()
	if err := log.Record(ctx, audit.Entry{Action: audit.RevealLine, Line: "ward"}); !errors.Is(err, audit.ErrIncomplete) {
		t.Errorf("Record without an actor = %v, want ErrIncomplete", err)
	}
	server.SetError("READONLY")
	if err := log.Record(ctx, audit.Entry{Actor: "root", Action: audit.RevealLine, Line: "ward"}); err == nil {
		t.Error("Record while Redis refuses = nil, want an error")
	}
}
