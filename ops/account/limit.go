package account

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// limit is how often something may be tried: so many times at once, then after 1 s, 2 s, 4 s and so on up to a
// longest wait. The count is forgotten when nothing was tried for a while.
type limit struct {
	kind string
	free int
	most time.Duration
	kept time.Duration
}

// The limits. None has an end at which an account is locked. Guessing at an account from anywhere gets 8,640 tries a
// day; somebody who had the password already would hit one of the three valid codes of a million in 40 days on
// average, and the audit log would show it from the first hour ("code": the password was right).
func strangerLimits() (account, pair, address limit) {
	return limit{"account", 5, 10 * time.Second, 24 * time.Hour},
		limit{"pair", 3, time.Minute, time.Hour},
		// Many share an address: an office, or all phones of a mobile network in one town.
		limit{"address", 20, 10 * time.Second, time.Hour}
}

// deviceLimit holds for a device that is remembered, and no other limit does.
func deviceLimit() limit { return limit{"device", 10, 10 * time.Second, time.Hour} }

// counted is one limit with what it counts.
type counted struct {
	limit
	key string
}

// counters says what an attempt counts towards.
func (a *Accounts) counters(id, device string, address netip.Addr) []counted {
	if device != "" {
		l := deviceLimit()
		return []counted{{l, triesKey(l.kind, a.keyset.Token("", "tries", l.kind, id, device))}}
	}
	// Whoever has one address of IPv6 has 2^64 of them.
	from := address.Unmap().WithZone("")
	if from.Is6() {
		from = netip.PrefixFrom(from, 64).Masked().Addr()
	}
	account, pair, network := strangerLimits()
	return []counted{
		{account, triesKey(account.kind, id)},
		{pair, triesKey(pair.kind, a.keyset.Token("", "tries", pair.kind, id, from.String()))},
		{network, triesKey(network.kind, a.keyset.Token("", "tries", network.kind, from.String()))},
	}
}

// try counts an attempt as failed, or says how long to wait before the next.
func (a *Accounts) try(ctx context.Context, list []counted, now time.Time) (time.Duration, error) {
	keys, args := make([]string, len(list)), []any{now.UnixMilli()}
	for i, c := range list {
		keys[i] = c.key
		args = append(args, c.free, c.most.Milliseconds(), c.kept.Milliseconds())
	}
	ms, err := a.tries.Run(ctx, a.rdb, keys, args...).Int64()
	if err != nil {
		return 0, fmt.Errorf("count attempt: %w", err)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// forgive takes back that an attempt failed. What one person got right forgets what that person got wrong before, but
// not what others tried at the account.
func (a *Accounts) forgive(ctx context.Context, list []counted, right bool) error {
	pipe := a.rdb.Pipeline()
	for _, c := range list {
		if right && (c.kind == "pair" || c.kind == "device") {
			pipe.Del(ctx, c.key)
			continue
		}
		pipe.HIncrBy(ctx, c.key, "n", -1)
		pipe.HDel(ctx, c.key, "until")
		pipe.PExpire(ctx, c.key, c.kept) // it may have been forgotten and made anew just now
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("forgive attempt: %w", err)
	}
	return nil
}

// pacer lets something happen once in a while. The zero value is ready.
type pacer struct {
	mu   sync.Mutex
	last time.Time
}

func (p *pacer) next(every time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.last.IsZero() && now.Sub(p.last) < every {
		return false
	}
	p.last = now
	return true
}
