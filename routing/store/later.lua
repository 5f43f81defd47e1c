-- later.lua: puts back a lane that was taken from the agenda, unless somebody else has taken it since.
-- KEYS[1]  lanes (sorted set)
-- KEYS[2]  entries (hash)
-- ARGV[1]  lane                  ARGV[2]  end of the lease under which it was taken, unix ms
-- ARGV[3]  when it is due, unix ms
-- ARGV[4]  id of an entry that certainly did not reach the carrier; '' if there is none
-- Returns 1 if it was put back, else 0.
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0') ~= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
if ARGV[4] ~= '' then
  redis.call('HDEL', KEYS[2], ARGV[4] .. ':tried')
end
return 1
