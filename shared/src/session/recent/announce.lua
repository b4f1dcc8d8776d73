-- Announces an alteration, so that readers do not trust the list until it has reported back.
-- KEYS[1] {s:<id>}:sends, a sorted set of alterations under way by the time of their announcement
-- ARGV[1] the alteration's own id  ARGV[2] seconds to keep the set: longer than the list, or a forgotten one would outlive its mark
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
