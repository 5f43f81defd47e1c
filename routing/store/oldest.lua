-- oldest.lua: since when the oldest case of a line has waited for a human, for each urgency. A case that is not open,
-- or that somebody has, was changed by a program that does not know of this index: it is taken out of it.
-- KEYS[1]  open cases of the line (hash)
-- KEYS[2]  cases that nobody has (sorted set) of the first urgency; then one more for each further urgency
-- ARGV[1]  the state of a case that somebody has
-- Returns { since when, unix ms, or '' if there is none, … }, one for each urgency.
local oldest = {}
for k = 2, #KEYS do
  local since
  repeat
    local first = redis.call('ZRANGE', KEYS[k], 0, 0, 'WITHSCORES')
    local id = first[1]
    local state = id and redis.call('HGET', KEYS[1], id)
    if not id then
      since = ''
    elseif state and state ~= ARGV[1] then
      since = first[2]
    else
      redis.call('ZREM', KEYS[k], id)
    end
  until since
  oldest[k - 1] = since
end
return oldest
