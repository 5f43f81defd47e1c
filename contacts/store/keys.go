package store

import (
	"fmt"
	"hash/fnv"

	"github.com/tincay/hotline/contacts"
)

// Shard is the hash tag of all keys of the lines mapped to it, for example "{s02}". In a cluster one
// shard lives on one node, so that one commit can touch all it needs to.
type Shard string

// Shards is how many shards there are, 1 to [MaxShards]. It is recorded at first start and never changes:
// a line would be looked for where it is not.
type Shards int

const (
	// DefaultShards is how many shards a new store gets unless told otherwise.
	DefaultShards Shards = 4
	// MaxShards bounds the number of shards: every replica looks at each of them ten times a second.
	MaxShards Shards = 16
)

// Of returns the shard of a line.
func (n Shards) Of(line contacts.LineID) Shard {
	h := fnv.New32a()
	h.Write([]byte(line))
	return shard(int(h.Sum32() % uint32(n)))
}

// All returns every shard.
func (n Shards) All() []Shard {
	all := make([]Shard, n)
	for i := range all {
		all[i] = shard(i)
	}
	return all
}

func shard(i int) Shard { return Shard(fmt.Sprintf("{s%02d}", i)) }

// shardsKey: string, never expires. How many shards this store was made with.
func shardsKey() string { return "hotline:shards" }

// linesKey: set of line ids, never expires. May name a line whose directory is not written yet.
func linesKey() string { return "hotline:lines" }

// DirectoryKey names a hash that never expires. Fields: generation (integer, grows with every change), file (the
// line file, sealed with the keyset), changed_unix_ms. Commits of cases check the generation. Of a line that
// was removed only removed_generation is left: if it comes back, generations go on from there, so that no
// replica takes what it still holds of the old line for the new one.
func DirectoryKey(s Shard, line contacts.LineID) string {
	return string(s) + ":directory:" + string(line)
}

// GenerationField is the field of [DirectoryKey] that commits check.
const GenerationField = "generation"
