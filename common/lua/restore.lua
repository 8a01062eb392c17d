-- A claim as redress.claims has it. What Redis knows already and better stays.
-- KEYS: claim.  ARGV: kind, id, value, last ms, joined, amount, kept ms
local claim, kind, id = KEYS[1], ARGV[1], ARGV[2]
if kind == 'count' then
  if redis.call('HSETNX', claim, 'a:' .. id, ARGV[6]) == 1 then redis.call('HINCRBY', claim, 's', ARGV[6]) end
else
  local held = redis.call('HMGET', claim, 't', 'n')
  if tonumber(ARGV[4]) <= tonumber(held[1] or '-1') then return 0 end
  redis.call('HSET', claim, 'i', id, 'v', ARGV[3], 't', ARGV[4])
  if tonumber(ARGV[5]) > tonumber(held[2] or '0') then redis.call('HSET', claim, 'n', ARGV[5]) end
end
redis.call('PEXPIRE', claim, ARGV[7])
return 1
