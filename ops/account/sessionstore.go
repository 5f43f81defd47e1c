package account

import (
	"context"
	_ "embed" // for the script
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
)

//go:embed session.lua
var sessionSource string

// sessionStore keeps sessions in Redis under a keyed hash of their token and sealed for that place: from Redis alone no token
// can be read, and no session made, prolonged or given to somebody else. It implements [scs.CtxStore].
type sessionStore struct {
	rdb    redis.UniversalClient
	keyset *seal.Keyset
	commit *redis.Script
}

func newSessionStore(rdb redis.UniversalClient, keyset *seal.Keyset) *sessionStore {
	return &sessionStore{rdb, keyset, redis.NewScript(sessionSource)}
}

func (s *sessionStore) id(token string) string { return s.keyset.Token("", "session", token) }

// FindCtx returns a session's data; what is not there, has ended or does not open is not found.
func (s *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	id := s.id(token)
	sealed, err := s.rdb.Get(ctx, sessionKey(id)).Bytes()
	if errors.Is(err, redis.Nil) || err == nil && len(sealed) == 0 {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	value, err := s.keyset.Open("", "session/"+id, sealed)
	if err != nil || len(value) < 8 || time.Now().UnixMilli() >= int64(binary.BigEndian.Uint64(value)) {
		return nil, false, nil //nolint:nilerr // the interface wants it so: a value that was tampered with is no session
	}
	return value[8:], true, nil
}

// CommitCtx stores a session until it expires, unless it was deleted: a request that was under way while its user
// signed out must not bring the session back.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	id := s.id(token)
	left := time.Until(expiry).Milliseconds()
	if left <= 0 {
		return s.DeleteCtx(ctx, token)
	}
	sealed, err := s.keyset.Seal("", "session/"+id, append(binary.BigEndian.AppendUint64(nil, uint64(expiry.UnixMilli())), data...))
	if err != nil {
		return err
	}
	if err := s.commit.Run(ctx, s.rdb, []string{sessionKey(id)}, sealed, left).Err(); err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session. What is left of it says that it was ended, for as long as a request that has read it could
// still be under way.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	if err := s.rdb.Set(ctx, sessionKey(s.id(token)), "", SessionLifetime).Err(); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Find is FindCtx. Sessions always come with a context, so nothing calls it.
func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx, likewise.
func (s *sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx, likewise.
func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
