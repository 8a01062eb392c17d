-- The cases whose wake-up lies before a limit that is also before Redis' own clock.
-- KEYS: as read.lua.  ARGV: limit ms (exclusive), how many at most
-- Returns what read.lua returns, with the case ids in place of the hashes
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit = tonumber(ARGV[1])
if now < limit then limit = now end
local wake = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
local ids = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', string.format('(%.0f', limit), 'LIMIT', 0, ARGV[2])
return {redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '', redis.call('EXISTS', KEYS[3]), redis.call('EXISTS', KEYS[4]),
  string.format('%.0f', now), wake[2] or '', ids}
