-- Where a shard's view stands, Redis' clock, and the hashes asked for, all of one instant.
-- KEYS: applied, applied_at, wiping, wipe, by:wake_at, then any number of hashes
-- Returns {applied | '', applied_at | '', wiping, wipe asked, now ms, next wake-up ms | '', {hash...}}
local time = redis.call('TIME')
local out = {}
for i = 6, #KEYS do
  out[#out + 1] = redis.call('HGETALL', KEYS[i])
end
local wake = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
return {redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '', redis.call('EXISTS', KEYS[3]), redis.call('EXISTS', KEYS[4]),
  string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), wake[2] or '', out}
