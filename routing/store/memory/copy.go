package memory

import (
	"errors"
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// errKind means that there is a kind of value that is not copied.
var errKind = errors.New("kind of value is not copied")

// Copy puts everything that is in one Redis into another that is empty. What is about to expire does so after the same
// time there.
func Copy(to, from *miniredis.Miniredis) error {
	for _, key := range from.Keys() {
		if err := copyKey(to, from, key); err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if ttl := from.TTL(key); ttl > 0 {
			to.SetTTL(key, ttl)
		}
	}
	return nil
}

func copyKey(to, from *miniredis.Miniredis, key string) error {
	switch kind := from.Type(key); kind {
	case "string":
		value, err := from.Get(key)
		if err != nil {
			return err
		}
		return to.Set(key, value)
	case "hash":
		fields, err := from.HKeys(key)
		for _, field := range fields {
			to.HSet(key, field, from.HGet(key, field))
		}
		return err
	case "list":
		values, err := from.List(key)
		if err != nil {
			return err
		}
		_, err = to.Push(key, values...)
		return err
	case "set":
		members, err := from.Members(key)
		if err != nil {
			return err
		}
		_, err = to.SAdd(key, members...)
		return err
	case "zset":
		members, err := from.SortedSet(key)
		for member, score := range members {
			if _, err := to.ZAdd(key, score, member); err != nil {
				return err
			}
		}
		return err
	case "stream":
		entries, err := from.Stream(key)
		for _, e := range entries {
			if _, err := to.XAdd(key, e.ID, e.Values); err != nil {
				return err
			}
		}
		return err
	default:
		return fmt.Errorf("%s: %w", kind, errKind)
	}
}
