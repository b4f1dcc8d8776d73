-- Takes the newest count back: what was counted did not happen.
-- KEYS[1] {<who>}:limit:<what>, as window.lua keeps it
-- Returns 1 if there was one, else 0.
local packed = redis.call('GET', KEYS[1])
if not packed then
  return 0
end
local log = cmsgpack.unpack(packed)
log[#log] = log[#log] - 1
if log[#log] == 0 then
  log[#log] = nil
  log[#log] = nil
end
if #log == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], cmsgpack.pack(log), 'KEEPTTL')
end
return 1
