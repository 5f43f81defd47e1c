-- append.lua: appends an entry to the audit log if it follows what is the newest entry now.
-- KEYS[1]  the log (stream)
-- KEYS[2]  its head (hash): n, mac
-- ARGV[1]  number that the newest entry must have; 0: there must be none
-- ARGV[2]  mac that it must have; empty: there must be none
-- ARGV[3]  mac of the new entry, whose number is one more
-- ARGV[4]… fields and values of the new entry but its mac
-- Returns {1} if it was appended, else {0, number, mac} of the newest entry.
local head = redis.call('HMGET', KEYS[2], 'n', 'mac')
local n, mac = head[1] or '0', head[2] or ''
if n ~= ARGV[1] or mac ~= ARGV[2] then
  return {0, n, mac}
end
redis.call('XADD', KEYS[1], '*', 'mac', ARGV[3], unpack(ARGV, 4))
redis.call('HSET', KEYS[2], 'n', tostring(tonumber(n) + 1), 'mac', ARGV[3])
return {1}
