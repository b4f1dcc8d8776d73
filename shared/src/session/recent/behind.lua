-- Whether a reader may have missed something.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:sends
-- ARGV[1] the reader's cursor, a change  ARGV[2] milliseconds after which an announced send counts as lost
-- Returns 0 if the reader has everything, 1 if not, or if the state is not at hand: a sync then answers.
local head = tonumber(redis.call('HGET', KEYS[1], 'head'))
if not head or head > tonumber(ARGV[1]) then
  return 1
end
local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if oldest[2] then
  local time = redis.call('TIME')
  if time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(oldest[2]) > tonumber(ARGV[2]) then
    return 1
  end
end
return 0
