-- The hashes of cases, and where the view stands, all of one instant. After standing.lua.
-- KEYS: as standing.lua, then two hashes a case, public and private.  ARGV: the cases' ids
-- Returns what standing.lua returns, `last` being for each case {public, private, its wake-up ms | 'asleep' | '',
-- why its changelog record cannot be read | ''}; a hash of another type is a text in place of a list
local out, nothing = {}, {}
local some = #KEYS > 8 and redis.call('EXISTS', unpack(KEYS, 9)) > 0 -- new cases are many, and have none
local unread = ask('HLEN', KEYS[8]) ~= 0
for i, id in ipairs(ARGV) do
  local public, private = nothing, nothing
  if some then
    public = ask('HGETALL', KEYS[7 + 2 * i]) or 'a key of another type'
    private = ask('HGETALL', KEYS[8 + 2 * i]) or 'a key of another type'
  end
  local place = ask('ZSCORE', KEYS[5], id)
  if not place and ask('SISMEMBER', KEYS[6], id) == 1 then place = 'asleep' end
  out[i] = {public, private, place or '', unread and #public == 0 and ask('HGET', KEYS[8], id) or ''}
end
return standing(out)
