-- Fills the list with a snapshot of PostgreSQL, if nothing has happened since its lease was given.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:recent  KEYS[3] {s:<id>}:members  KEYS[4] {s:<id>}:lease
-- ARGV[1] the lease  ARGV[2] head  ARGV[3] floor  ARGV[4] the epoch  ARGV[5] when the session ends, Unix milliseconds
-- ARGV[6] seconds to keep the list  ARGV[7] seconds to keep the members  ARGV[8] how many members follow, each as user id and role;
-- after them the messages, each as change and JSON
-- Returns 1 if it was applied, else 0.
if redis.call('GET', KEYS[4]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
local first_message = 9 + 2 * tonumber(ARGV[8])
local count = (#ARGV - first_message + 1) / 2
redis.call('HSET', KEYS[1], 'head', ARGV[2], 'floor', ARGV[3], 'epoch', ARGV[4], 'ends', ARGV[5], 'count', count)
redis.call('EXPIRE', KEYS[1], ARGV[6])
for i = 9, first_message - 1, 2 do
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
  -- Whom a ping may be told of the list: as long-lived as itself, for it tells them no more than that something happened.
  redis.call('HSET', KEYS[1], 'member:' .. ARGV[i], 1)
end
redis.call('EXPIRE', KEYS[3], ARGV[7])
for i = first_message, #ARGV, 2 do
  redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 1
