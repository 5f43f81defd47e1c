-- commit.lua: the only writer of case state. Carries out a list of operations, or none of them.
-- KEYS  every key touched; the operations name them by position (marked k)
-- ARGV  one operation after the other, each its name and its arguments:
--   check   k field value                      the hash field must have this value
--   seen    k ttl_ms                           an event: must not have been seen; is seen from now on
--   index   k field expected new               hash field changes from expected to new; '' is absent
--   set     k field value                      hash field, whatever it was; '' deletes it
--   score   k member score                     of a sorted set, whatever it was; '' takes it out
--   person  k expected version wrapped data    versioned record; expected 0 is absent
--   case    k k:deadlines member expected version open due data
--                                              likewise; keeps the case's one entry in the deadlines
--   fresh   k value                            string that must not exist yet
--   put     k data ttl_ms                      string, whatever it was; ttl_ms 0: until told otherwise
--   expire  k ttl_ms                           ttl_ms 0: not any more
--   send    k:lanes k:queues k:waiting k:entries k:sequence lane id at_ms data rank
--                                              at the end of the queue of its lane, among those of its rank (0 to 9)
--   done    k:lanes k:queues k:waiting k:entries lane id now_ms
--   journal k now_ms line event reason notes
--   trace   k                                  the journal entry made before, at the end of a case's list
-- Returns 'ok', 'stale', 'stale_line', 'duplicate' or 'no_deadline'; all but 'ok' changed nothing.
local call = redis.call

-- How many arguments each operation has.
local size = {
  check = 3, seen = 2, index = 4, set = 3, score = 3, person = 5, case = 8, fresh = 2,
  put = 3, expire = 2, send = 10, done = 7, journal = 6, trace = 1,
}

-- key is the key that the argument at n names.
local function key(n) return KEYS[tonumber(ARGV[n])] end

local function hset(k, field, value)
  if value == '' then call('HDEL', k, field) else call('HSET', k, field, value) end
end

-- First whether every operation can be carried out …
local i = 1
while i <= #ARGV do
  local op = ARGV[i]
  if op == 'seen' then
    if call('EXISTS', key(i + 1)) == 1 then return 'duplicate' end
  elseif op == 'check' then
    if call('HGET', key(i + 1), ARGV[i + 2]) ~= ARGV[i + 3] then return 'stale_line' end
  elseif op == 'index' then
    if (call('HGET', key(i + 1), ARGV[i + 2]) or '') ~= ARGV[i + 3] then return 'stale' end
  elseif op == 'person' then
    if (call('HGET', key(i + 1), 'v') or '0') ~= ARGV[i + 2] then return 'stale' end
  elseif op == 'case' then
    if (call('HGET', key(i + 1), 'v') or '0') ~= ARGV[i + 4] then return 'stale' end
    if ARGV[i + 6] == '1' and not (tonumber(ARGV[i + 7]) and tonumber(ARGV[i + 7]) > 0) then return 'no_deadline' end
  elseif op == 'fresh' then
    if call('EXISTS', key(i + 1)) == 1 then return 'stale' end
  end
  i = i + 1 + size[op]
end

-- … then all of them.
local entry_id
i = 1
while i <= #ARGV do
  local op = ARGV[i]
  if op == 'set' then
    hset(key(i + 1), ARGV[i + 2], ARGV[i + 3])
  elseif op == 'score' then
    if ARGV[i + 3] == '' then call('ZREM', key(i + 1), ARGV[i + 2]) else call('ZADD', key(i + 1), ARGV[i + 3], ARGV[i + 2]) end
  elseif op == 'index' then
    hset(key(i + 1), ARGV[i + 2], ARGV[i + 4])
  elseif op == 'send' then
    local lanes, lane, id, at = key(i + 1), ARGV[i + 6], ARGV[i + 7], ARGV[i + 8]
    local place = ARGV[i + 10] .. string.format('%015d', call('INCR', key(i + 5)))
    call('ZADD', lanes, 'NX', at, lane) -- a lane that waits or is taken keeps its time
    call('ZADD', key(i + 2), 0, lane .. ' ' .. place .. ' ' .. id)
    call('ZADD', key(i + 3), at, id)
    call('HSET', key(i + 4), id, place .. ARGV[i + 9])
  elseif op == 'done' then
    local lanes, queues, entries, lane, id = key(i + 1), key(i + 2), key(i + 4), ARGV[i + 5], ARGV[i + 6]
    local entry = call('HGET', entries, id)
    if entry then
      call('HDEL', entries, id, id .. ':tried')
      call('ZREM', key(i + 3), id)
      call('ZREM', queues, lane .. ' ' .. string.sub(entry, 1, 16) .. ' ' .. id)
      if call('ZLEXCOUNT', queues, '[' .. lane .. ' ', '(' .. lane .. '!') == 0 then
        call('ZREM', lanes, lane)
      else
        call('ZADD', lanes, ARGV[i + 7], lane)
      end
    end
  elseif op == 'case' then
    call('HSET', key(i + 1), 'v', ARGV[i + 5], 'open', ARGV[i + 6], 'due', ARGV[i + 7], 'd', ARGV[i + 8])
    if ARGV[i + 6] == '1' then
      call('ZADD', key(i + 2), ARGV[i + 7], ARGV[i + 3])
    else
      call('ZREM', key(i + 2), ARGV[i + 3])
    end
  elseif op == 'person' then
    call('HSET', key(i + 1), 'v', ARGV[i + 3], 'k', ARGV[i + 4], 'd', ARGV[i + 5])
  elseif op == 'seen' then
    call('SET', key(i + 1), '1', 'PX', ARGV[i + 2])
  elseif op == 'fresh' then
    call('SET', key(i + 1), ARGV[i + 2])
  elseif op == 'put' then
    if ARGV[i + 3] == '0' then
      call('SET', key(i + 1), ARGV[i + 2])
    else
      call('SET', key(i + 1), ARGV[i + 2], 'PX', ARGV[i + 3])
    end
  elseif op == 'expire' then
    if ARGV[i + 2] == '0' then call('PERSIST', key(i + 1)) else call('PEXPIRE', key(i + 1), ARGV[i + 2]) end
  elseif op == 'journal' then
    entry_id = call('XADD', key(i + 1), '*', 'at_unix_ms', ARGV[i + 2], 'line', ARGV[i + 3], 'event', ARGV[i + 4],
      'reason', ARGV[i + 5], 'notes', ARGV[i + 6])
  elseif op == 'trace' then
    call('RPUSH', key(i + 1), entry_id)
  end
  i = i + 1 + size[op]
end
return 'ok'
