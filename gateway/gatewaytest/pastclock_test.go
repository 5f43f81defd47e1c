package gatewaytest_test

import (
	"context"
	"crypto/sha1" //nolint:gosec // Redis names scripts by it
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// storyClock is where the clock of a story stands in a context.
type storyClock struct{}

// clockHook has the commit script believe the story's clock where it would ask the server's: an entry of the
// journal gets the place that it would have got then, and what would have expired since is gone once the story
// is told. Nothing else of the script is changed.
type clockHook struct {
	mu      sync.Mutex
	patched map[string]string // the name of the script as it is run, by the name of the script as it is
}

func newClockHook() *clockHook { return &clockHook{patched: map[string]string{}} }

// storyCall stands in the script where it names redis.call; ARGV's last element is the story's age in ms.
const storyCall = `local age = tonumber(table.remove(ARGV))
local call = function(name, key, ...)
  local a = {...}
  if name == 'XADD' then a[1] = a[3] .. '-*' end
  if name == 'SET' and a[2] == 'PX' then a[3] = math.max(a[3] - age, 3000) end
  if name == 'PEXPIRE' then a[1] = math.max(a[1] - age, 3000) end
  return redis.call(name, key, unpack(a))
end`

// DialHook changes nothing.
func (h *clockHook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook changes nothing: scripts do not come in pipelines.
func (h *clockHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook changes commits of stories.
func (h *clockHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		at, ok := ctx.Value(storyClock{}).(time.Time)
		asked, script := cmd.(*redis.Cmd)
		if !ok || !script {
			return next(ctx, cmd)
		}
		args := append(append([]any{}, asked.Args()...), time.Since(at).Milliseconds())
		source, _ := args[1].(string)
		h.mu.Lock()
		switch args[0] {
		case "eval":
			const as = "local call = redis.call\n"
			if strings.Count(source, as) == 1 {
				told := strings.Replace(source, as, storyCall+"\n", 1)
				h.patched[sha(source)] = sha(told)
				args[1] = told
			}
		case "evalsha":
			if told, ok := h.patched[source]; ok {
				args[1] = told
			}
		}
		changed := args[1] != source
		h.mu.Unlock()
		if !changed { // not known to the server yet, so it is sent once more with its source
			return next(ctx, cmd)
		}
		told := redis.NewCmd(ctx, args...)
		err := next(ctx, told)
		asked.SetVal(told.Val())
		asked.SetErr(told.Err())
		return err
	}
}

func sha(source string) string {
	sum := sha1.Sum([]byte(source)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}
