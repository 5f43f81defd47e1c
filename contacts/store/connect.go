package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// ErrRedisURL means that a string is no Redis URL this program can use. The text holds nothing of it:
// it may contain a password.
var ErrRedisURL = errors.New("must be redis://, rediss:// or unix://, or one of the first two with +cluster or +sentinel")

// Limits of every connection. A webhook has to be answered within a second, so commands fail fast and
// are not repeated by the client: whoever sent them knows whether repeating is right.
const (
	dialTimeout = 500 * time.Millisecond
	ioTimeout   = 700 * time.Millisecond
	poolSize    = 64
)

// Connect opens Redis from a URL: redis://, rediss:// and unix:// for one server; redis+cluster:// and
// redis+sentinel:// (and rediss+…), the rest as go-redis' ParseClusterURL and ParseFailoverURL take it.
// It does not try to reach the server.
func Connect(rawURL string) (redis.UniversalClient, error) {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return nil, ErrRedisURL
	}
	plain, kind, _ := strings.Cut(scheme, "+")
	if plain != "redis" && plain != "rediss" && scheme != "unix" {
		return nil, ErrRedisURL
	}
	switch kind {
	case "":
		o, err := redis.ParseURL(rawURL)
		if err != nil {
			return nil, badURL(err)
		}
		tune(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout, &o.ContextTimeoutEnabled, &o.MaxRetries, &o.DialerRetries, &o.PoolSize)
		o.MaintNotificationsConfig = withoutMaintenance()
		return redis.NewClient(o), nil
	case "cluster":
		o, err := redis.ParseClusterURL(plain + "://" + rest)
		if err != nil {
			return nil, badURL(err)
		}
		tune(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout, &o.ContextTimeoutEnabled, &o.MaxRetries, &o.DialerRetries, &o.PoolSize)
		o.MaintNotificationsConfig = withoutMaintenance()
		return redis.NewClusterClient(o), nil
	case "sentinel":
		o, err := redis.ParseFailoverURL(plain + "://" + rest)
		if err != nil {
			return nil, badURL(err)
		}
		if o.MasterName == "" {
			return nil, fmt.Errorf("%w: master_name is missing", ErrRedisURL)
		}
		tune(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout, &o.ContextTimeoutEnabled, &o.MaxRetries, &o.DialerRetries, &o.PoolSize)
		return redis.NewFailoverClient(o), nil
	}
	return nil, ErrRedisURL
}

// tune sets what the option types of the three kinds of client have in common.
func tune(dial, read, write, pool *time.Duration, contextTimeout *bool, retries, dials, size *int) {
	*dial, *read, *write, *pool = dialTimeout, ioTimeout, ioTimeout, ioTimeout
	*contextTimeout, *retries, *dials, *size = true, -1, 1, max(*size, poolSize)
}

// withoutMaintenance turns off a handshake that only one vendor's servers answer.
func withoutMaintenance() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// badURL says what go-redis found wrong, in words of our own: its texts quote the URL, and a password with
// an unescaped slash or question mark is read as path or option.
func badURL(err error) error {
	for _, known := range []struct{ theirs, ours string }{
		{"invalid database number", "the database must be a number"},
		{"invalid URL path", "the path must be a database number and nothing else"},
		{"unexpected option", "it has an option that is not known"},
		{"empty unix socket path", "the socket's path is missing"},
		{"unable to parse addr", "an addr must be host:port"},
		{" number: ", "an option must be a number"},
		{" duration: ", "an option must be a duration"},
		{" boolean: ", "an option must be true or false"},
	} {
		if strings.Contains(err.Error(), known.theirs) {
			return fmt.Errorf("%w: %s", ErrRedisURL, known.ours)
		}
	}
	return fmt.Errorf("%w: check that special characters of the password are percent-encoded", ErrRedisURL)
}
