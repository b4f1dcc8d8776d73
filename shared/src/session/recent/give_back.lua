-- Gives a lease back that no refill came of.
-- KEYS[1] {s:<id>}:lease  ARGV[1] the lease
-- Returns 1 if it was still held, else 0.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
