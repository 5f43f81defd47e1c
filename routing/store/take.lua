-- take.lua: takes what is due from a shard's agenda by moving its time to the end of a lease. What is
-- not done or put back by then comes due again by itself.
-- KEYS[1]  deadlines (sorted set)
-- KEYS[2]  entries (hash)
-- KEYS[3]  lanes (sorted set), KEYS[4] queues (sorted set) of the first priority; then two more for each further priority
-- ARGV[1]  now, unix ms
-- ARGV[2]  until when deadlines are leased, unix ms     ARGV[3]  at most so many of them
-- ARGV[4]  until when lanes are leased, unix ms         ARGV[5]  at most so many of them
-- ARGV[6]  of which so many only of the first two priorities
-- Returns { ms of the next thing due or '', { member, due ms, ... },
--           { lane, id, entry, ms first tried or '', priority from 0, ... } }.
local now = ARGV[1]

-- The entry at the head of a lane. A place in the queue whose entry is gone would stand in the way of all
-- behind it, so it is cleared.
local function head(queue, lane)
  while true do
    local member = redis.call('ZRANGEBYLEX', queue, '[' .. lane .. ' ', '(' .. lane .. '!', 'LIMIT', 0, 1)[1]
    if not member then return end
    local id = string.match(member, '[^ ]+$')
    local entry = redis.call('HGET', KEYS[2], id)
    if entry then return id, entry end
    redis.call('ZREM', queue, member)
  end
end

local deadlines = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for n = 1, #deadlines, 2 do
  redis.call('ZADD', KEYS[1], ARGV[2], deadlines[n])
end

local entries, room = {}, tonumber(ARGV[5])
for k = 3, #KEYS, 2 do
  if k == 7 then room = room - tonumber(ARGV[6]) end
  if room > 0 then
    for _, lane in ipairs(redis.call('ZRANGEBYSCORE', KEYS[k], '-inf', now, 'LIMIT', 0, room)) do
      local id, entry = head(KEYS[k + 1], lane)
      if entry then
        local tried = redis.call('HGET', KEYS[2], id .. ':tried') or ''
        if tried == '' then redis.call('HSET', KEYS[2], id .. ':tried', now) end
        redis.call('ZADD', KEYS[k], ARGV[4], lane)
        room = room - 1
        for _, v in ipairs({ lane, id, string.sub(entry, 17), tried, (k - 3) / 2 }) do entries[#entries + 1] = v end
      else
        redis.call('ZREM', KEYS[k], lane)
      end
    end
  end
end

local next = ''
for k = 1, #KEYS, 2 do
  local first = redis.call('ZRANGE', KEYS[k], 0, 0, 'WITHSCORES')
  if first[2] and (next == '' or tonumber(first[2]) < tonumber(next)) then next = first[2] end
end
return { next, deadlines, entries }
