-- put.lua: stores a line file if nobody else has changed it meanwhile.
-- KEYS[1]  directory of the line (hash)
-- ARGV[1]  generation it must have now; 0: it must not exist
-- ARGV[2]  the sealed file
-- ARGV[3]  now, unix ms
-- Returns the new generation, or 0 if nothing was stored.
local generation = tonumber(redis.call('HGET', KEYS[1], 'generation') or '0')
if generation ~= tonumber(ARGV[1]) then
  return 0
end
-- A line that was removed before goes on where it stopped.
local raised = math.max(generation, tonumber(redis.call('HGET', KEYS[1], 'removed_generation') or '0')) + 1
redis.call('HSET', KEYS[1], 'generation', raised, 'file', ARGV[2], 'changed_unix_ms', ARGV[3])
redis.call('HDEL', KEYS[1], 'removed_generation')
return raised
