-- A claim as redress.claims has it. What Redis knows already and better stays.
-- KEYS: claim.  ARGV: kind, id, value, last ms, joined, amount, kept ms
local claim, kind, id = KEYS[1], ARGV[1], ARGV[2]
if kind == 'count' then
  if redis.call('HSETNX', claim, 'a:' .. id, ARGV[6]) == 1 then redis.call('HINCRBY', claim, 's', ARGV[6]) end
else
  local held = redis.call('HMGET', claim, 't', 'n', 'i')
  local last, joined = tonumber(held[1] or '-1'), tonumber(held[2] or '0')
  local newer, more = tonumber(ARGV[4]) > last, tonumber(ARGV[5]) > joined
  if held[3] and held[3] ~= id then
    if not newer then return 0 end
    redis.call('DEL', claim) -- it had run out, and another has it
    joined = 0
  elseif not newer and not more then
    return 0
  end
  redis.call('HSET', claim, 'i', id, 'v', ARGV[3], 't', string.format('%.0f', math.max(last, tonumber(ARGV[4]))),
    'n', string.format('%.0f', math.max(joined, tonumber(ARGV[5]))))
end
redis.call('PEXPIRE', claim, ARGV[7])
return 1
