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
redis.call('HSET', KEYS[1], 'generation', generation + 1, 'file', ARGV[2], 'changed_unix_ms', ARGV[3])
return generation + 1
