-- tries.lua: lets an attempt to sign in through, counting it as failed, or says how long to wait.
-- KEYS[i]  attempts that count together (hash): n, until
-- ARGV[1]  now, unix ms
-- ARGV[2]… three for each key: how many are free, the longest wait in ms, how long to remember in ms
-- Returns 0 if it may be looked at, else the ms to wait; then nothing was counted.
local now = tonumber(ARGV[1])
local wait = 0
for _, key in ipairs(KEYS) do
  wait = math.max(wait, tonumber(redis.call('HGET', key, 'until') or '0') - now)
end
if wait > 0 then
  return wait
end
for i, key in ipairs(KEYS) do
  local free, most, kept = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local n = redis.call('HINCRBY', key, 'n', 1)
  if n > free then
    -- Counted when it is let through, not when it has failed: many at once are no way around it.
    redis.call('HSET', key, 'until', now + math.min(most, 1000 * 2 ^ math.min(n - free - 1, 20)))
  end
  redis.call('PEXPIRE', key, kept)
end
return 0
