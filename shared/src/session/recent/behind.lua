-- Whether a reader may have missed something.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:sends
-- ARGV[1] the reader's cursor, a change  ARGV[2] its epoch, empty for the present one
-- ARGV[3] milliseconds after which an announced alteration counts as late  ARGV[4] the reader's user id
-- Returns 0 if the reader has everything, 1 if not, or if the state is not at hand, or not of the reader's epoch, or short of the
-- reader's cursor: a sync then answers. A stranger gets 1, whatever there is.
local state = redis.call('HMGET', KEYS[1], 'head', 'epoch', 'member:' .. ARGV[4])
if not state[3] or tonumber(state[1]) ~= tonumber(ARGV[1]) or (ARGV[2] ~= '' and ARGV[2] ~= state[2]) then
  return 1
end
local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if oldest[2] then
  local time = redis.call('TIME')
  if time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(oldest[2]) > tonumber(ARGV[3]) then
    return 1
  end
end
return 0
