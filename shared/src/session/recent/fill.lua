-- Fills the list with a snapshot of PostgreSQL, if nothing has happened since its lease was given.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:recent  KEYS[3] {s:<id>}:members
-- ARGV[1] the lease  ARGV[2] head  ARGV[3] floor  ARGV[4] when the session ends, Unix milliseconds  ARGV[5] seconds to keep the list
-- ARGV[6] seconds to keep the members  ARGV[7] how many members follow, each as user id and role; after them the entries,
-- '<change> <message as JSON>', oldest first
-- Returns 1 if it was applied, else 0.
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'head', ARGV[2], 'floor', ARGV[3], 'ends', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
local first_entry = 8 + 2 * tonumber(ARGV[7])
for i = 8, first_entry - 1, 2 do
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[3], ARGV[6])
for i = first_entry, #ARGV do
  redis.call('RPUSH', KEYS[2], ARGV[i])
end
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
