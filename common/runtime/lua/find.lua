-- The cases that an index finds under a number. After standing.lua.
-- KEYS: as standing.lua, then the index.  ARGV: the number
-- Returns what standing.lua returns, `last` being the case ids
return standing(ask('ZRANGEBYSCORE', KEYS[9], ARGV[1], ARGV[1]) or {})
