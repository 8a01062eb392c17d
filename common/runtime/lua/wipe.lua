-- Empties a view, a little each time. Only whoever set the mark last removes anything: one that stood still meanwhile
-- has keys in hand that belong to the view of another, and a Redis that forgot the mark has brought the view back.
-- KEYS: as standing.lua, then keys to remove.  ARGV: the mark; to begin: where the view was seen to stand (applied | '')
-- Returns 1, or 0 when nothing was done
-- Each branch first removes: a full Redis refuses a script whose first write may need memory, and this makes room.
local function text(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value or ''
end
if ARGV[2] then
  if text(KEYS[1]) ~= ARGV[2] then return 0 end
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[3], ARGV[1])
  return 1
end
if text(KEYS[3]) ~= ARGV[1] then return 0 end
for i = 9, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
return 1
