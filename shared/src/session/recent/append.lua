-- Applies a committed alteration if it is the next change; drops the list if it is not.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:recent  KEYS[3] {s:<id>}:members  KEYS[4] {s:<id>}:sends  KEYS[5] {s:<id>}:lease
-- ARGV[1] the announced alteration  ARGV[2] its change  ARGV[3] the message as JSON  ARGV[4] the change that the message had before,
-- 0 if it is new  ARGV[5] the epoch  ARGV[6] how many to keep  ARGV[7] seconds to keep them
-- Returns 1 if the list now reaches the change, else 0.
redis.call('ZREM', KEYS[4], ARGV[1])
-- A refill that read PostgreSQL before this commit must not apply after it.
redis.call('DEL', KEYS[5])
local state = redis.call('HMGET', KEYS[1], 'head', 'epoch', 'count')
local head = tonumber(state[1])
local change = tonumber(ARGV[2])
if not head then
  return 0
end
if state[2] == ARGV[5] and change <= head then
  return 1
end
if state[2] ~= ARGV[5] or change ~= head + 1 then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  return 0
end
-- Not how many there are, but how many there have to be: readers look whether they are.
local count = tonumber(state[3]) or 0
if ARGV[4] ~= '0' then
  -- Each message stands once, by its latest change.
  count = count - redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[4], ARGV[4])
end
count = count + redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
local excess = count - tonumber(ARGV[6])
if excess > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[2], excess)
  redis.call('HSET', KEYS[1], 'head', ARGV[2], 'count', ARGV[6], 'floor', oldest[#oldest])
else
  redis.call('HSET', KEYS[1], 'head', ARGV[2], 'count', count)
end
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('EXPIRE', KEYS[2], ARGV[7])
return 1
