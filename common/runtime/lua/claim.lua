-- One claim (claims.h). Asked again with the same id it gives the same answer.
-- A marker that is missing, or that of another run of Redis, means that claims may be missing: nothing is claimed, for what is
-- restored afterwards would find it in its place.
-- KEYS: marker, claim.  ARGV: kind, id, value, event time ms, valid ms, kept ms, amount, limit, this Redis' run_id
-- A hash: i owner, v value, t last word, n how many joined, j:<id> who joined as which; of a count s sum, m the earliest
-- end, a:<id> "<amount> <end>", r:<id> refused
-- Returns {marker | '', granted, found, value, ordinal, sum, owner, last ms, joined, ends ms}: it is forgotten then
local marker = redis.pcall('GET', KEYS[1])
local kind, id, value, time, valid = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local claim, none = KEYS[2], {'', 0, 0, '', 0, '0', '', '0', 0, '0'}
if type(marker) ~= 'string' or string.sub(marker, 1, #ARGV[9] + 1) ~= ARGV[9] .. ':' then return none end

-- A key of another type was put there by somebody else, and the claim is lost: all are restored.
if type(redis.pcall('HLEN', claim)) == 'table' then
  redis.call('DEL', claim, KEYS[1])
  return none
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ends = now + tonumber(ARGV[6])

-- Its life is only ever made longer. Returns when it ends.
local function live_on()
  local left = redis.call('PTTL', claim)
  if now + left < ends then
    redis.call('PEXPIREAT', claim, string.format('%.0f', ends))
    return ends
  end
  return now + left
end

-- A part that has run out does not count any more, though later ones keep the claim alive: so it is after a restore, too.
local function forget_parts()
  local sum, first, all = 0, nil, redis.call('HGETALL', claim)
  for at = 1, #all, 2 do
    local amount, until_ms = string.match(all[at + 1], '^(%d+) ?(%d*)$')
    until_ms = tonumber(until_ms)
    if string.sub(all[at], 1, 2) == 'a:' and until_ms and until_ms <= now then
      redis.call('HDEL', claim, all[at])
    elseif string.sub(all[at], 1, 2) == 'a:' then
      sum = sum + tonumber(amount)
      if until_ms and (not first or until_ms < first) then first = until_ms end
    end
  end
  redis.call('HSET', claim, 's', string.format('%.0f', sum), 'm', string.format('%.0f', first or 0))
end

if kind == 'count' then
  local first = tonumber(redis.call('HGET', claim, 'm') or '0')
  if first > 0 and first <= now then
    forget_parts()
    first = tonumber(redis.call('HGET', claim, 'm'))
  end
  local sum, granted = tonumber(redis.call('HGET', claim, 's') or '0'), 0
  local part = redis.call('HGET', claim, 'a:' .. id)
  if part then
    granted = 1
    ends = tonumber(string.match(part, ' (%d+)$')) or ends
  elseif redis.call('HEXISTS', claim, 'r:' .. id) == 0 then
    if sum + tonumber(ARGV[7]) <= tonumber(ARGV[8]) then
      granted = 1
      sum = sum + tonumber(ARGV[7])
      redis.call('HSET', claim, 'a:' .. id, string.format('%s %.0f', ARGV[7], ends))
      redis.call('HINCRBY', claim, 's', ARGV[7])
      if first == 0 or ends < first then redis.call('HSET', claim, 'm', string.format('%.0f', ends)) end
    else
      redis.call('HSET', claim, 'r:' .. id, 1)
    end
  end
  if granted == 1 or redis.call('PTTL', claim) < 0 then live_on() end
  return {marker, granted, 1, '', 0, string.format('%.0f', sum), id, '0', 0, string.format('%.0f', ends)}
end

local held = redis.call('HMGET', claim, 'i', 'v', 't', 'n')
local owner, last, joined = held[1], tonumber(held[3] or '0'), tonumber(held[4] or '0')
if kind == 'look' then
  return {marker, 0, owner and 1 or 0, held[2] or '', 0, '0', owner or '', held[3] or '0', 0, '0'}
end
local mine = redis.call('HGET', claim, 'j:' .. id)
if owner and owner ~= id and not mine and kind == 'join' and time > last + valid then owner = nil end
if not owner or owner == id then
  if not owner then
    if held[1] then
      redis.call('HSET', claim, 'i', held[1]) -- a full Redis refuses this, and nothing was removed yet
      redis.call('DEL', claim)
    end
    last, joined = time, 0
  end
  if time > last then last = time end
  if kind == 'once' and held[2] and owner == id then value = held[2] end
  redis.call('HSET', claim, 'i', id, 'v', value, 't', string.format('%.0f', last))
  return {marker, 1, 1, value, 0, '0', id, string.format('%.0f', last), joined, string.format('%.0f', live_on())}
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
  ends = live_on()
end
return {marker, 0, 1, held[2], tonumber(mine or '0'), '0', owner, string.format('%.0f', last), joined,
  string.format('%.0f', ends)}
