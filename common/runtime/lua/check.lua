-- Whether indexes and counters hold as much as the totals say. After standing.lua.
-- KEYS: as standing.lua, then keys to look at.  ARGV: for each its name in the totals, when it runs out (ms; 0: never)
-- Returns what standing.lua returns, `last` being {name, what is there, what belongs there} of the first that differs
local near = 60000 -- about the time when it runs out nobody knows which of both goes first

local function held(key, name)
  if string.sub(name, 1, 3) == 'by:' or string.sub(name, 1, 3) == 'of:' then return ask('ZCARD', key) or 0 end
  local sum = 0
  for _, value in ipairs(ask('HVALS', key) or {}) do sum = sum + (tonumber(value) or 0) end
  return sum
end

local differs = {}
for i = 1, #KEYS - 8 do
  local name, ends = ARGV[2 * i - 1], tonumber(ARGV[2 * i])
  if ends > 0 and ends + near < now then
    redis.call('HDEL', KEYS[7], name)
  elseif ends == 0 or ends - near > now then
    local there, belongs = held(KEYS[8 + i], name), tonumber(ask('HGET', KEYS[7], name) or '0') or 0
    if there ~= belongs then
      differs = {name, string.format('%.0f', there), string.format('%.0f', belongs)}
      break
    end
  end
end
return standing(differs)
