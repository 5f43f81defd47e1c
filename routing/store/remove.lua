-- remove.lua: takes a line out of service if none of its cases is open, with what was still to be sent
-- for it: nobody could send it any more.
-- KEYS[1]  directory of the line (hash)
-- KEYS[2]  its open cases (hash)
-- KEYS[3]  entries of the shard (hash)
-- KEYS[4]  lanes, KEYS[5] queues, KEYS[6] waiting (sorted sets) of the first priority; then three more
--          for each further priority
-- ARGV[1]  what every lane of the line begins with   ARGV[2]  the first string that sorts behind all those
-- Returns { 1 if the line was there else 0, how many cases are open, how many messages were dropped }.
-- The line is removed if the first is 1 and the second 0; otherwise nothing was changed.
local generation = redis.call('HGET', KEYS[1], 'generation')
local open = redis.call('HLEN', KEYS[2])
if not generation or open > 0 then
  return { generation and 1 or 0, open, 0 }
end
-- Every commit checks the generation, so one that decided before this comes too late.
redis.call('HSET', KEYS[1], 'removed_generation', generation)
redis.call('HDEL', KEYS[1], 'generation', 'file', 'changed_unix_ms')

local dropped = 0
for k = 4, #KEYS, 3 do
  for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[k + 1], '[' .. ARGV[1], '(' .. ARGV[2])) do
    local lane, id = string.match(member, '^([^ ]+) .* ([^ ]+)$')
    redis.call('ZREM', KEYS[k], lane)
    redis.call('ZREM', KEYS[k + 1], member)
    redis.call('ZREM', KEYS[k + 2], id)
    dropped = dropped + redis.call('HDEL', KEYS[3], id)
    redis.call('HDEL', KEYS[3], id .. ':tried')
  end
end
return { 1, 0, dropped }
