-- Forgets a connection, unless it has been seen since somebody looked. A post to one that is still opening fails like one to a connection
-- that is gone, and its first ping may come before the answer of the slowest post beside it.
-- KEYS[1] {u:<user>}:conns, connection id to '<last seen, Unix milliseconds> <sign-in> <device>'
-- ARGV[1] the connection's id  ARGV[2] what stood there
-- Returns 1 if it is forgotten, else 0.
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0
