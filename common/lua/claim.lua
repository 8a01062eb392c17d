-- One claim (claims.h). Asked again with the same id it gives the same answer.
-- A marker that is missing, or that of another run of Redis, means that claims may be missing: nothing is claimed, for what is
-- restored afterwards would find it in its place.
-- KEYS: marker, claim.  ARGV: kind, id, value, event time ms, valid ms, kept ms, amount, limit, this Redis' run_id
-- Returns {marker | '', granted, found, value, ordinal, sum, owner, last ms, joined}
local marker = redis.call('GET', KEYS[1]) or ''
local kind, id, value, time, valid = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local claim = KEYS[2]
if string.sub(marker, 1, #ARGV[9] + 1) ~= ARGV[9] .. ':' then return {'', 0, 0, '', 0, '0', '', '0', 0} end

if kind == 'count' then
  local sum = tonumber(redis.call('HGET', claim, 's') or '0')
  local granted = 0
  if redis.call('HEXISTS', claim, 'a:' .. id) == 1 then
    granted = 1
  elseif redis.call('HEXISTS', claim, 'r:' .. id) == 0 then
    if sum + tonumber(ARGV[7]) <= tonumber(ARGV[8]) then
      granted = 1
      sum = sum + tonumber(ARGV[7])
      redis.call('HSET', claim, 'a:' .. id, ARGV[7])
      redis.call('HINCRBY', claim, 's', ARGV[7])
    else
      redis.call('HSET', claim, 'r:' .. id, 1)
    end
    redis.call('PEXPIRE', claim, ARGV[6])
  end
  return {marker, granted, 1, '', 0, string.format('%.0f', sum), id, '0', 0}
end

local held = redis.call('HMGET', claim, 'i', 'v', 't', 'n')
local owner, last, joined = held[1], tonumber(held[3] or '0'), tonumber(held[4] or '0')
if kind == 'look' then
  return {marker, 0, owner and 1 or 0, held[2] or '', 0, '0', owner or '', held[3] or '0', 0}
end
local mine = redis.call('HGET', claim, 'j:' .. id)
if owner and owner ~= id and not mine and kind == 'join' and time > last + valid then owner = nil end
if not owner or owner == id then
  if not owner then
    redis.call('DEL', claim)
    last, joined = time, 0
  end
  if time > last then last = time end
  if kind == 'once' and held[2] and owner == id then value = held[2] end
  redis.call('HSET', claim, 'i', id, 'v', value, 't', string.format('%.0f', last))
  redis.call('PEXPIRE', claim, ARGV[6])
  return {marker, 1, 1, value, 0, '0', id, string.format('%.0f', last), joined}
end
if kind == 'join' then
  if time > last then
    last = time
    redis.call('HSET', claim, 't', string.format('%.0f', last))
  end
  if not mine then
    joined = joined + 1
    mine = joined
    redis.call('HSET', claim, 'n', joined, 'j:' .. id, mine)
  end
  redis.call('PEXPIRE', claim, ARGV[6])
end
return {marker, 0, 1, held[2], tonumber(mine or '0'), '0', owner, string.format('%.0f', last), joined}
