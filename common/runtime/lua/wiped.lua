-- Ends a wipe: the view is empty and stands at the changelog's beginning.
-- KEYS: as standing.lua.  ARGV: the changelog's first offset, the mark of who emptied it (wipe.lua), the fingerprint of
-- the table that it is made by
-- Returns 1, or 0 when nothing was done
local time = redis.call('TIME')
local mark = redis.pcall('GET', KEYS[3])
if mark ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[3], KEYS[4], KEYS[6], KEYS[7], KEYS[8]) -- removes first, as in wipe.lua
redis.call('HSET', KEYS[7], '@schema', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
return 1
