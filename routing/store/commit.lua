-- commit.lua: the only writer of case state. Carries out a list of operations, or none of them.
-- KEYS  every key touched; the operations name them by position
-- ARGV  one operation after the other, each its name and its arguments:
--   check   key field value                    the hash field must have this value
--   seen    key ttl_ms                         an event: must not have been seen; is seen from now on
--   index   key field expected new             hash field changes from expected to new; '' is absent
--   set     key field value                    hash field, whatever it was; '' deletes it
--   person  key expected version wrapped data  versioned record; expected 0 is absent
--   case    key deadlines member expected version open due data
--                                              likewise; keeps the case's one entry in the deadlines
--   fresh   key value                          string that must not exist yet
--   words   key data ttl_ms                    ttl_ms 0: until told otherwise
--   expire  key ttl_ms
--   send    lanes queues waiting entries sequence lane id at_ms data
--                                              at the end of the queue of its lane
--   done    lanes queues waiting entries lane id now_ms
--   journal key now_ms line event reason notes
-- Returns 'ok', 'stale', 'stale_line', 'duplicate' or 'no_deadline'; all but 'ok' changed nothing.

local function version(key)
  return redis.call('HGET', key, 'v') or '0'
end

local ops = {
  check = { 3,
    function(a) if redis.call('HGET', KEYS[a[1]], a[2]) ~= a[3] then return 'stale_line' end end,
    function() end },
  seen = { 2,
    function(a) if redis.call('EXISTS', KEYS[a[1]]) == 1 then return 'duplicate' end end,
    function(a) redis.call('SET', KEYS[a[1]], '1', 'PX', a[2]) end },
  index = { 4,
    function(a) if (redis.call('HGET', KEYS[a[1]], a[2]) or '') ~= a[3] then return 'stale' end end,
    function(a)
      if a[4] == '' then redis.call('HDEL', KEYS[a[1]], a[2]) else redis.call('HSET', KEYS[a[1]], a[2], a[4]) end
    end },
  set = { 3,
    function() end,
    function(a)
      if a[3] == '' then redis.call('HDEL', KEYS[a[1]], a[2]) else redis.call('HSET', KEYS[a[1]], a[2], a[3]) end
    end },
  person = { 5,
    function(a) if version(KEYS[a[1]]) ~= a[2] then return 'stale' end end,
    function(a) redis.call('HSET', KEYS[a[1]], 'v', a[3], 'k', a[4], 'd', a[5]) end },
  case = { 8,
    function(a)
      if version(KEYS[a[1]]) ~= a[4] then return 'stale' end
      if a[6] == '1' and not (tonumber(a[7]) and tonumber(a[7]) > 0) then return 'no_deadline' end
    end,
    function(a)
      redis.call('HSET', KEYS[a[1]], 'v', a[5], 'open', a[6], 'due', a[7], 'd', a[8])
      if a[6] == '1' then
        redis.call('ZADD', KEYS[a[2]], a[7], a[3])
      else
        redis.call('ZREM', KEYS[a[2]], a[3])
      end
    end },
  fresh = { 2,
    function(a) if redis.call('EXISTS', KEYS[a[1]]) == 1 then return 'stale' end end,
    function(a) redis.call('SET', KEYS[a[1]], a[2]) end },
  words = { 3,
    function() end,
    function(a)
      if a[3] == '0' then redis.call('SET', KEYS[a[1]], a[2]) else redis.call('SET', KEYS[a[1]], a[2], 'PX', a[3]) end
    end },
  expire = { 2,
    function() end,
    function(a) redis.call('PEXPIRE', KEYS[a[1]], a[2]) end },
  send = { 9,
    function() end,
    function(a)
      local place = string.format('%016d', redis.call('INCR', KEYS[a[5]]))
      redis.call('ZADD', KEYS[a[1]], 'NX', a[8], a[6]) -- a lane that waits or is taken keeps its time
      redis.call('ZADD', KEYS[a[2]], 0, a[6] .. ' ' .. place .. ' ' .. a[7])
      redis.call('ZADD', KEYS[a[3]], a[8], a[7])
      redis.call('HSET', KEYS[a[4]], a[7], place .. a[9])
    end },
  done = { 7,
    function() end,
    function(a)
      local entry = redis.call('HGET', KEYS[a[4]], a[6])
      if not entry then return end
      redis.call('HDEL', KEYS[a[4]], a[6], a[6] .. ':tried')
      redis.call('ZREM', KEYS[a[3]], a[6])
      redis.call('ZREM', KEYS[a[2]], a[5] .. ' ' .. string.sub(entry, 1, 16) .. ' ' .. a[6])
      if redis.call('ZLEXCOUNT', KEYS[a[2]], '[' .. a[5] .. ' ', '(' .. a[5] .. '!') == 0 then
        redis.call('ZREM', KEYS[a[1]], a[5])
      else
        redis.call('ZADD', KEYS[a[1]], a[7], a[5])
      end
    end },
  journal = { 6,
    function() end,
    function(a)
      redis.call('XADD', KEYS[a[1]], '*', 'at_unix_ms', a[2], 'line', a[3], 'event', a[4], 'reason', a[5], 'notes', a[6])
    end },
}

-- Which arguments of an operation are positions of keys.
local keys = { case = 2, send = 5, done = 4 }

local todo, i = {}, 1
while i <= #ARGV do
  local name = ARGV[i]
  local op, a = ops[name], {}
  for n = 1, op[1] do a[n] = ARGV[i + n] end
  for n = 1, keys[name] or 1 do a[n] = tonumber(a[n]) end
  local no = op[2](a)
  if no then return no end
  todo[#todo + 1] = { op[3], a }
  i = i + 1 + op[1]
end
for _, t in ipairs(todo) do t[1](t[2]) end
return 'ok'
