-- A sliding window: at most `max` in any `period`. It counts under every limit that is asked, or under none if one of them is full.
-- KEYS[i] {<who>}:limit:<what>, a packed list of time, count, time, count, …: Unix milliseconds, oldest first
-- ARGV[2i - 1] max  ARGV[2i] period in milliseconds
-- Up to 128 it is exact: each millisecond leaves the window by itself. Above, those of one 128th of the period leave together, with the
-- last that could be among them: never more than `max`, and a key has 128 entries at most.
-- Returns {allowed 1 or 0, then for each limit: what remains, milliseconds until all of it is there, milliseconds to wait}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked, allowed = {}, 1

for i, key in ipairs(KEYS) do
  local max, period = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local grain = max > 128 and math.ceil(period / 128) or 0
  local limit = { max = max, grain = grain, span = period + grain, log = {}, used = 0, wait = 0 }
  local packed = redis.call('GET', key)
  local old = packed and cmsgpack.unpack(packed) or {}
  for j = 1, #old, 2 do
    if old[j] + limit.span > now then
      limit.log[#limit.log + 1] = old[j]
      limit.log[#limit.log + 1] = old[j + 1]
      limit.used = limit.used + old[j + 1]
    end
  end
  local left, j = limit.used, 1
  while left >= max do
    left = left - limit.log[j + 1]
    limit.wait = limit.log[j] + limit.span - now
    allowed = 0
    j = j + 2
  end
  asked[i] = limit
end

local answer = { allowed }
for i, limit in ipairs(asked) do
  local log = limit.log
  if allowed == 1 then
    limit.used = limit.used + 1
    if #log > 0 and now < log[#log - 1] + math.max(limit.grain, 1) then
      log[#log] = log[#log] + 1
    else
      log[#log + 1] = now
      log[#log + 1] = 1
    end
    redis.call('SET', KEYS[i], cmsgpack.pack(log), 'PX', log[#log - 1] + limit.span - now)
  end
  answer[#answer + 1] = math.max(limit.max - limit.used, 0)
  answer[#answer + 1] = #log > 0 and log[#log - 1] + limit.span - now or 0
  answer[#answer + 1] = limit.wait
end
return answer
