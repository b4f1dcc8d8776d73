-- Takes the newest count back: what was counted did not happen.
-- KEYS[1] {<who>}:limit:<what>, as window.lua keeps it
-- Returns 1 if there was one, else 0.
local SIZE, RECORD = 12, '>I6I6'
local log = redis.call('GET', KEYS[1])
if not log then
  return 0
end
local last, total = struct.unpack(RECORD, log, #log - SIZE + 1)
local _, before = struct.unpack(RECORD, log, #log - 2 * SIZE + 1)
if total - 1 > before then
  redis.call('SETRANGE', KEYS[1], #log - SIZE, struct.pack(RECORD, last, total - 1))
elseif #log > 2 * SIZE then
  redis.call('SET', KEYS[1], string.sub(log, 1, -SIZE - 1), 'KEEPTTL')
else
  redis.call('DEL', KEYS[1])
end
return 1
