-- Reads the list for a member, or gives a lease to refill it.
-- KEYS[1] {s:<id>}:state  KEYS[2] {s:<id>}:recent  KEYS[3] {s:<id>}:members  KEYS[4] {s:<id>}:sends
-- ARGV[1] user id  ARGV[2] the reader's cursor, a change, or -1 for the whole list  ARGV[3] a lease, unique to this call
-- ARGV[4] milliseconds after which an announced send counts as lost  ARGV[5] seconds to keep a lease
-- Returns {'busy'} while a send is on its way, {'miss'} with the lease given, or
-- {'hit', head, floor, entry, …}: at least the entries after the cursor, as far as the list holds them.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
if oldest[2] then
  if now - tonumber(oldest[2]) > tonumber(ARGV[4]) then
    -- It may have committed and will never say so.
    redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - tonumber(ARGV[4]))
  end
  return {'busy'}
end
local state = redis.call('HMGET', KEYS[1], 'head', 'floor', 'ends')
local head = tonumber(state[1])
local known = redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1
if not head or not known or tonumber(state[3]) <= now then
  redis.call('HSET', KEYS[1], 'lease', ARGV[3])
  if not head then
    redis.call('EXPIRE', KEYS[1], ARGV[5])
  end
  return {'miss'}
end
local answer = {'hit', state[1], state[2]}
local cursor = tonumber(ARGV[2])
if cursor >= head then
  return answer
end
-- Changes are contiguous and each stands once at most, so no more entries than numbers can follow the cursor.
local first = cursor < 0 and 0 or -(head - cursor)
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], first, -1)) do
  answer[#answer + 1] = entry
end
return answer
