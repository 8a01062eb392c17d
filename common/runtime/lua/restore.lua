-- A claim as redress.claims has it, with what is left of its life. What Redis knows already and better stays.
-- KEYS: claim.  ARGV: kind, id, value, last ms, joined, amount, ends ms
-- Returns 1, or 0 when nothing was done
local claim, kind, id, ends = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[7])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if ends <= now then return 0 end
if type(redis.pcall('HLEN', claim)) == 'table' then redis.call('DEL', claim) end -- a key of another type

local function live_on()
  if now + redis.call('PTTL', claim) < ends then redis.call('PEXPIREAT', claim, ARGV[7]) end
  return 1
end

if kind == 'count' then
  if redis.call('HSETNX', claim, 'a:' .. id, ARGV[6] .. ' ' .. ARGV[7]) == 0 then return 0 end
  redis.call('HINCRBY', claim, 's', ARGV[6])
  local first = tonumber(redis.call('HGET', claim, 'm') or '0')
  if first == 0 or ends < first then redis.call('HSET', claim, 'm', ARGV[7]) end
  return live_on()
end

local held = redis.call('HMGET', claim, 't', 'n', 'i')
local last, joined = tonumber(held[1] or '-1'), tonumber(held[2] or '0')
local newer, more = tonumber(ARGV[4]) > last, tonumber(ARGV[5]) > joined
if held[3] and held[3] ~= id then
  if not newer then return 0 end
  redis.call('HSET', claim, 'i', held[3]) -- a full Redis refuses this, and nothing was removed yet
  redis.call('DEL', claim) -- it had run out, and another has it
  joined = 0
elseif not newer and not more then
  return 0
end
redis.call('HSET', claim, 'i', id, 'v', ARGV[3], 't', string.format('%.0f', math.max(last, tonumber(ARGV[4]))),
  'n', string.format('%.0f', math.max(joined, tonumber(ARGV[5]))))
return live_on()
