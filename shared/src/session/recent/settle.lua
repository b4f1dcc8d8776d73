-- Ends an announced alteration that turned out to be committed before. Whoever committed it may have died before telling, so a list
-- that does not reach it is dropped.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:recent  KEYS[3] {s:<id>}:members  KEYS[4] {s:<id>}:sends  KEYS[5] {s:<id>}:lease
-- ARGV[1] the announced alteration  ARGV[2] the change that is known to be committed  ARGV[3] its epoch
-- Returns 1 if the list was dropped, else 0.
redis.call('ZREM', KEYS[4], ARGV[1])
-- A refill that read PostgreSQL before that commit must not apply after it.
redis.call('DEL', KEYS[5])
local state = redis.call('HMGET', KEYS[1], 'head', 'epoch')
if state[1] and (state[2] ~= ARGV[3] or tonumber(state[1]) < tonumber(ARGV[2])) then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  return 1
end
return 0
