-- Reads the list for a member, or gives a lease to refill it.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:recent  KEYS[3] {s:<id>}:members  KEYS[4] {s:<id>}:sends  KEYS[5] {s:<id>}:lease
-- ARGV[1] user id  ARGV[2] the reader's cursor, a change, or -1 for the whole list  ARGV[3] the cursor's epoch, empty for the present one
-- ARGV[4] a lease, unique to this call  ARGV[5] milliseconds after which an announced alteration counts as lost
-- ARGV[6] milliseconds to keep a lease
-- Returns {'busy'} while an alteration is on its way, {'short'} if the list does not reach back to the cursor, {'miss'} with the lease
-- given, {'wait'} while somebody else has it, {'doubt'} if somebody else has it and the list denies the cursor, or
-- {'hit', head, floor, epoch, message, change, …}: the messages after the cursor.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
if oldest[2] then
  if now - tonumber(oldest[2]) > tonumber(ARGV[5]) then
    -- It may have committed and will never say so.
    redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[5])
    redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - tonumber(ARGV[5]))
  end
  return {'busy'}
end
local state = redis.call('HMGET', KEYS[1], 'head', 'floor', 'ends', 'epoch', 'count')
local head, cursor = tonumber(state[1]), tonumber(ARGV[2])
local there = head and state[4] and tonumber(state[3]) > now and redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1
-- A Redis that is short of memory may have evicted the messages alone.
there = there and redis.call('ZCARD', KEYS[2]) == tonumber(state[5])
local denied = there and (cursor > head or (ARGV[3] ~= '' and ARGV[3] ~= state[4]))
if not there or denied then
  if redis.call('SET', KEYS[5], ARGV[4], 'NX', 'PX', ARGV[6]) then
    return {'miss'}
  end
  return {denied and 'doubt' or 'wait'}
end
if cursor >= 0 and cursor < tonumber(state[2]) then
  return {'short'}
end
local answer = {'hit', state[1], state[2], state[4]}
for _, part in ipairs(redis.call('ZRANGE', KEYS[2], '(' .. ARGV[2], '+inf', 'BYSCORE', 'WITHSCORES')) do
  answer[#answer + 1] = part
end
return answer
