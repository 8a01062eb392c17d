-- Ends a wipe: the view is empty and stands at the changelog's beginning.
-- KEYS: as read.lua.  ARGV: the changelog's first offset, the mark of who emptied it (wipe.lua)
local time = redis.call('TIME')
if redis.call('GET', KEYS[3]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
redis.call('DEL', KEYS[3], KEYS[4])
return 1
