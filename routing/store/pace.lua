-- pace.lua: gives the next call of the account its slot, one slot a gap, the most urgent caller first.
-- Time is the server's own: what counts is how far two calls are apart, and replicas that read its clock
-- some milliseconds apart would not agree on that. Redis replicates what the script did, not the script.
-- KEYS[1]  the last slot given (hash): at (unix µs), gap (µs until the next one)
-- KEYS[2]  who waits (sorted set): id, scored priority * 10^13 + unix ms at which it first asked
-- KEYS[3]  until when they count (sorted set): id, scored unix µs
-- ARGV[1]  id                          ARGV[2]  priority, 0 first
-- ARGV[3]  gap that this call takes, µs
-- ARGV[4]  after what time everybody who waits must ask again, µs
-- ARGV[5]  how much later than promised one may ask without being forgotten, µs
-- ARGV[6]  how long all of it is kept when nobody asks, ms
-- Returns 0 if the slot is the caller's, else the µs after which to ask again.
local id, priority, gap = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local most, grace, kept = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local class = 10000000000000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- Lua would write a number of this size with an exponent and lose its end.
local function whole(n)
  return string.format('%.0f', n)
end

-- Nobody was promised anything later than this. If somebody was, the clock has gone back since (another
-- node has taken over), and waiting for it to come round again would stop all calls.
local latest = whole(now + most + grace)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. latest, '+inf')) do
  redis.call('ZADD', KEYS[3], latest, member)
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', whole(now))) do
  if member ~= id then
    redis.call('ZREM', KEYS[2], member)
    redis.call('ZREM', KEYS[3], member)
  end
end

local first = math.floor(now / 1000)
local waiting = redis.call('ZSCORE', KEYS[2], id)
if waiting then first = tonumber(waiting) % class end
redis.call('ZADD', KEYS[2], whole(priority * class + first), id)

local free = now
local last = redis.call('HMGET', KEYS[1], 'at', 'gap')
if last[1] then
  local at = tonumber(last[1])
  if at > now then -- the clock has gone back
    at = now
    redis.call('HSET', KEYS[1], 'at', whole(at))
  end
  free = math.max(now, at + tonumber(last[2]))
end

local ahead = redis.call('ZRANK', KEYS[2], id)
if ahead == 0 and free <= now then
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('HSET', KEYS[1], 'at', whole(now), 'gap', whole(gap))
  redis.call('PEXPIRE', KEYS[1], whole(math.ceil(gap / 1000) + kept))
  return 0
end

-- Whole milliseconds, because that is what an agenda keeps.
local wait = math.max(1, math.ceil(math.min(free - now + ahead * gap, most) / 1000)) * 1000
redis.call('ZADD', KEYS[3], whole(now + wait + grace), id)
redis.call('PEXPIRE', KEYS[2], whole(kept))
redis.call('PEXPIRE', KEYS[3], whole(kept))
return wait
