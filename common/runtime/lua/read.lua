-- The hashes of cases, and where the view stands, all of one instant. After standing.lua.
-- KEYS: as standing.lua, then two hashes a case, public and private.  ARGV: the cases' ids
-- Returns what standing.lua returns, `last` being for each case {public, private, its wake-up ms | 'asleep' | '',
-- why its changelog record cannot be read | ''}; a hash of another type is a text in place of a list
local out = {}
for i, id in ipairs(ARGV) do
  local public = ask('HGETALL', KEYS[7 + 2 * i]) or 'a key of another type'
  local private = ask('HGETALL', KEYS[8 + 2 * i]) or 'a key of another type'
  local place = ask('ZSCORE', KEYS[5], id)
  if not place and ask('SISMEMBER', KEYS[6], id) == 1 then place = 'asleep' end
  out[i] = {public, private, place or '', #public == 0 and ask('HGET', KEYS[8], id) or ''}
end
return standing(out)
