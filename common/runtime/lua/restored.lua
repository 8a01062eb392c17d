-- Ends a restore of claims in one tag: the marker is set, unless Redis has lost what was restored since it began.
-- KEYS: the restore's token, marker, ~size (claims.lua).  ARGV: the marker
-- Returns 1, or 0 when nothing was done
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[3], '1', 'NX')
redis.call('SET', KEYS[2], ARGV[1])
return 1
