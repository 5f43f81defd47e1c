-- put.lua: stores an account if nobody else has changed it meanwhile.
-- KEYS[1]  the account (hash)
-- KEYS[2]  ids of all accounts (set)
-- ARGV[1]  version it must have now; 0: it must not exist
-- ARGV[2]  the sealed record
-- ARGV[3]  its id
-- Returns 1 if it was stored, else 0.
local version = redis.call('HGET', KEYS[1], 'v') or '0'
if version ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'v', tostring(tonumber(version) + 1), 'd', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[3])
return 1
