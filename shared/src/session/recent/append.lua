-- Appends a committed message if it is the next change; drops the list if it is not.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:recent  KEYS[3] {s:<id>}:members  KEYS[4] {s:<id>}:sends
-- ARGV[1] the announced send  ARGV[2] the message's change  ARGV[3] '<change> <message as JSON>'  ARGV[4] how many to keep
-- ARGV[5] seconds to keep them
-- Returns 1 if the list now ends with the message, else 0.
redis.call('ZREM', KEYS[4], ARGV[1])
-- A refill that read PostgreSQL before this commit must not apply after it.
redis.call('HDEL', KEYS[1], 'lease')
local head = tonumber(redis.call('HGET', KEYS[1], 'head'))
local change = tonumber(ARGV[2])
if not head then
  return 0
end
if change <= head then
  return 1
end
if change ~= head + 1 then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  return 0
end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], 'head', ARGV[2])
while redis.call('LLEN', KEYS[2]) > tonumber(ARGV[4]) do
  local oldest = redis.call('LPOP', KEYS[2])
  redis.call('HSET', KEYS[1], 'floor', string.match(oldest, '^%d+'))
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
