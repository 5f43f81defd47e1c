-- session.lua: stores a session unless it was ended meanwhile.
-- KEYS[1]  the session (string); empty: it was ended
-- ARGV[1]  its sealed data
-- ARGV[2]  ms until it ends
-- Returns 1 if it was stored, else 0.
if redis.call('GET', KEYS[1]) == '' then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
