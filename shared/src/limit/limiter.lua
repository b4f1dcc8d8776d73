-- The generic cell rate algorithm: `max` at once, and one more every period / max.
-- KEYS[1] {limit:<what>:<who>}, the time at which everything would be used again, Unix microseconds
-- ARGV[1] max  ARGV[2] period in milliseconds
-- Returns {allowed 1 or 0, what remains, milliseconds until all of it is there, milliseconds to wait if not allowed}.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local period = ARGV[2] * 1000
local interval = period / ARGV[1]
local full = math.max(now, tonumber(redis.call('GET', KEYS[1])) or now)
local next_full = full + interval
-- Half a microsecond forgives what a division left over.
if next_full - now > period + 0.5 then
  return {0, 0, math.ceil((full - now) / 1000), math.ceil((next_full - period - now) / 1000)}
end
-- Lua's own conversion keeps 14 digits, and these have 16.
redis.call('SET', KEYS[1], string.format('%.0f', next_full), 'PX', math.ceil((next_full - now) / 1000))
return {1, math.floor((period + 0.5 - (next_full - now)) / interval), math.ceil((next_full - now) / 1000), 0}
