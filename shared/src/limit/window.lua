-- A sliding window: at most `max` in any `period`. It counts under every limit that is asked, or under none if one of them is full.
-- KEYS[i] {<who>}:limit:<what>, records of 12 bytes, oldest first: Unix milliseconds, and how many were counted until then. All but the
-- first may be within the window; the first says what was counted before them.
-- ARGV[2i - 1] max  ARGV[2i] period in milliseconds
-- Up to 128 it is exact: each millisecond leaves the window by itself. Above, those of one 128th of the period leave together, with the
-- last that could be among them: never more than `max`, and a key has 129 records at most.
-- Returns {allowed 1 or 0, then for each limit: what remains, milliseconds until all of it is there, milliseconds to wait}.
-- Records are read one by one, and as few as can be: a list of all would cost as much as everything else that Redis does for a message.
local SIZE, RECORD = 12, '>I6I6'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local windows, answer = {}, { 1 }

for i, key in ipairs(KEYS) do
  local max, period = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local grain = max > 128 and math.ceil(period / 128) or 0
  local span = period + grain
  local log = redis.call('GET', key) or struct.pack(RECORD, 0, 0)
  local last, total = struct.unpack(RECORD, log, #log - SIZE + 1)
  -- What has left since moves `first`.
  local first, _, before = 1, struct.unpack(RECORD, log)
  while first + SIZE < #log do
    local at, count = struct.unpack(RECORD, log, first + SIZE)
    if at + span > now then
      break
    end
    first, before = first + SIZE, count
  end
  local window = { max = max, grain = grain, span = span, log = log, first = first, last = last, total = total }
  window.used, window.wait = total - before, 0
  if window.used >= max then
    answer[1] = 0
    local place, at, count = first, nil, before
    while total - count >= max do
      place = place + SIZE
      at, count = struct.unpack(RECORD, log, place)
    end
    window.wait = at + span - now
  end
  windows[i] = window
end

for i, window in ipairs(windows) do
  local log = window.log
  if answer[1] == 1 then
    if window.used > 0 and now < window.last + math.max(window.grain, 1) then
      redis.call('SETRANGE', KEYS[i], #log - SIZE, struct.pack(RECORD, window.last, window.total + 1))
    else
      window.last = now
      log = string.sub(log, window.first) .. struct.pack(RECORD, now, window.total + 1)
      redis.call('SET', KEYS[i], log, 'PX', window.span)
    end
    window.used = window.used + 1
  end
  answer[#answer + 1] = math.max(window.max - window.used, 0)
  answer[#answer + 1] = window.used > 0 and window.last + window.span - now or 0
  answer[#answer + 1] = window.wait
end
return answer
