-- Whether a user has more sockets than are allowed. Those that have been silent for too long do not count: the heartbeat takes them away.
-- KEYS[1] {u:<user>}:conns, connection id to '<last seen, Unix milliseconds> <sign-in> <device>'
-- ARGV[1] how many are allowed  ARGV[2] the time since which a socket must have been seen, Unix milliseconds
-- Returns 1 if there are more, else 0.
local max = tonumber(ARGV[1])
if redis.call('HLEN', KEYS[1]) <= max then
  return 0
end
local live = 0
for _, seen in ipairs(redis.call('HVALS', KEYS[1])) do
  if tonumber(string.match(seen, '^%d+')) >= tonumber(ARGV[2]) then
    live = live + 1
  end
end
return live > max and 1 or 0
