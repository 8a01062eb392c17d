-- The cases whose wake-up lies before a limit that is also before Redis' own clock. After standing.lua.
-- KEYS: as standing.lua.  ARGV: limit ms (exclusive), how many at most
-- Returns what standing.lua returns, `last` being the case ids, earliest first
local limit = math.min(tonumber(ARGV[1]), now)
return standing(ask('ZRANGEBYSCORE', KEYS[5], '-inf', string.format('(%.0f', limit), 'LIMIT', 0, ARGV[2]) or {})
