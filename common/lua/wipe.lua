-- Empties a view, a little each time. Only whoever set the mark last removes anything: one that stood still meanwhile
-- has keys in hand that belong to the view of another, and a Redis that forgot the mark has brought the view back.
-- KEYS: as read.lua, then keys to remove.  ARGV: the mark; to begin: where the view was seen to stand (applied | '')
-- Returns 1, or 0 when nothing was done
if ARGV[2] then
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then return 0 end
  redis.call('SET', KEYS[3], ARGV[1])
  redis.call('DEL', KEYS[1])
  return 1
end
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
for i = 6, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
return 1
