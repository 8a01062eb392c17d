-- Adds names to a list in <prefix>:meta. A list that stands under its own field is whole. As long as it is not known to
-- be (Redis is new, was emptied, or has lost it) names are kept under another field.
-- KEYS: <prefix>:meta.  ARGV: the list's field, the field of what was found so far, how many names a list may have,
--   1 when what was found and these are all, names...
-- Returns 1 when the list is whole, else 0
local whole, found = redis.call('HGET', KEYS[1], ARGV[1]), redis.call('HGET', KEYS[1], ARGV[2])
local known, names = {}, {}
local function add(name)
  if not known[name] then
    known[name] = true
    names[#names + 1] = name
  end
end
for name in string.gmatch((whole or '') .. ' ' .. (found or ''), '%S+') do add(name) end
for i = 5, #ARGV do add(ARGV[i]) end
table.sort(names)
local list = table.concat(names, ' ')
if known['*'] or #names > tonumber(ARGV[3]) then list = '*' end -- more than are listed
if not whole and ARGV[4] ~= '1' then
  if list ~= found then redis.call('HSET', KEYS[1], ARGV[2], list) end
  return 0
end
if list ~= whole then redis.call('HSET', KEYS[1], ARGV[1], list) end
redis.call('HDEL', KEYS[1], ARGV[2])
return 1
