package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
)

// noticesKept is how long texts of senders that are nobody at risk are kept (domain.md §5, retention).
const noticesKept = 30 * 24 * time.Hour

// Notice is a text of a sender that is nobody at risk: letters, a short code, one of our own lines. It
// opens no case and gets no answer; the supervisor can read it.
type Notice struct {
	ID   routing.EventID // the carrier's id; the same id again changes nothing
	At   time.Time
	From contacts.Private
	Body contacts.Private
}

// noticeRecord is a notice as stored.
type noticeRecord struct {
	Format int    `json:"f"`
	From   string `json:"from"`
	Body   string `json:"body"`
}

// KeepNotice stores a notice.
func (s *Store) KeepNotice(ctx context.Context, line contacts.LineID, n Notice) error {
	data, err := json.Marshal(noticeRecord{Format: recordFormat, From: n.From.Reveal(), Body: n.Body.Reveal()})
	if err != nil {
		return fmt.Errorf("keep notice: %w", err)
	}
	sealed, err := s.keyset.Seal(line, noticeField(n.ID), data)
	if err != nil {
		return fmt.Errorf("keep notice: %w", err)
	}
	sh := s.shards.Of(line)
	_, err = s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, noticeKey(sh, line, n.ID), sealed, noticesKept)
		p.ZAddNX(ctx, noticesKey(sh, line), redis.Z{Score: float64(n.At.UnixMilli()), Member: string(n.ID)})
		p.ZRemRangeByScore(ctx, noticesKey(sh, line), "-inf", strconv.FormatInt(n.At.Add(-noticesKept).UnixMilli(), 10))
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep notice: %w", err)
	}
	return nil
}

// Notices returns the latest notices of a line, newest first, at most so many.
func (s *Store) Notices(ctx context.Context, line contacts.LineID, most int64) ([]Notice, error) {
	sh := s.shards.Of(line)
	listed, err := s.rdb.ZRevRangeWithScores(ctx, noticesKey(sh, line), 0, most-1).Result()
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	var notices []Notice
	for _, z := range listed {
		id := routing.EventID(fmt.Sprint(z.Member))
		sealed, err := s.rdb.Get(ctx, noticeKey(sh, line, id)).Bytes()
		if errors.Is(err, redis.Nil) {
			continue // its time is over
		}
		if err != nil {
			return nil, fmt.Errorf("read notices: %w", err)
		}
		data, err := s.keyset.Open(line, noticeField(id), sealed)
		if err != nil {
			return nil, fmt.Errorf("read notices: %w", err)
		}
		var r noticeRecord
		if err := unmarshal(data, &r, &r.Format); err != nil {
			return nil, fmt.Errorf("read notices: %w", err)
		}
		notices = append(notices, Notice{ID: id, At: time.UnixMilli(int64(z.Score)).UTC(), From: contacts.Conceal(r.From), Body: contacts.Conceal(r.Body)})
	}
	return notices, nil
}

func noticeField(id routing.EventID) string { return "notice/" + string(id) }
