-- Claims of one tag (claims.h), one after the other. Asked again with the same ids they give the same answers.
-- A marker that is missing, or that of another run of Redis, means that claims may be missing: nothing is claimed, for what is
-- restored afterwards would find it in its place.
-- KEYS: marker, a claim each.  ARGV: this Redis' run_id, then for each claim: kind, id, value, event time ms, valid ms, kept ms,
--   amount, limit
-- A hash: i owner, v value, t last word, n how many joined, j:<id> who joined as which; of a count s sum, m the earliest
-- end, a:<id> "<amount> <end>", r:<id> refused
-- Returns {marker, answers...}, or {''} when claims are to be restored first. An answer: {granted, found, value, ordinal, sum, owner,
--   last ms, joined, ends ms}: it is forgotten then
local marker = redis.pcall('GET', KEYS[1])
if type(marker) ~= 'string' or string.sub(marker, 1, #ARGV[1] + 1) ~= ARGV[1] .. ':' then return {''} end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function text(number) return string.format('%.0f', number) end

-- The life of a claim is only ever made longer. Returns when it ends.
local function live_on(claim, ends, left)
  if now + left >= ends then return now + left end
  redis.call('PEXPIREAT', claim, text(ends))
  return ends
end

-- A part that has run out does not count any more, though later ones keep the claim alive: so it is after a restore, too.
local function forget_parts(claim)
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
  redis.call('HSET', claim, 's', text(sum), 'm', text(first or 0))
end

local function count(claim, held, id, ends, amount, limit)
  local first = tonumber(held[1] or '0')
  if first > 0 and first <= now then
    forget_parts(claim)
    held = redis.call('HMGET', claim, 'm', 's', 'a:' .. id, 'r:' .. id)
    first = tonumber(held[1])
  end
  local sum, part, granted = tonumber(held[2] or '0'), held[3], 0
  if part then
    granted = 1
    ends = tonumber(string.match(part, ' (%d+)$')) or ends
  elseif not held[4] then
    if sum + tonumber(amount) <= tonumber(limit) then
      granted = 1
      sum = sum + tonumber(amount)
      if first == 0 or ends < first then first = ends end
      redis.call('HSET', claim, 'a:' .. id, amount .. ' ' .. text(ends), 's', text(sum), 'm', text(first))
    else
      redis.call('HSET', claim, 'r:' .. id, 1)
    end
  end
  local left = redis.call('PTTL', claim)
  if granted == 1 or left < 0 then live_on(claim, ends, left) end
  return {granted, 1, '', 0, text(sum), id, '0', 0, text(ends)}
end

-- once, join, look
local function own(claim, held, kind, id, value, time, valid, ends)
  local owner, last, joined = held[1], tonumber(held[3] or '0'), tonumber(held[4] or '0')
  if kind == 'look' then return {0, owner and 1 or 0, held[2] or '', 0, '0', owner or '', held[3] or '0', 0, '0'} end
  local mine = owner and owner ~= id and redis.call('HGET', claim, 'j:' .. id)
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
    redis.call('HSET', claim, 'i', id, 'v', value, 't', text(last))
    ends = live_on(claim, ends, owner and redis.call('PTTL', claim) or -1)
    return {1, 1, value, 0, '0', id, text(last), joined, text(ends)}
  end
  if kind == 'join' then
    if time > last then
      last = time
      redis.call('HSET', claim, 't', text(last))
    end
    if not mine then
      joined = joined + 1
      mine = joined
      redis.call('HSET', claim, 'n', joined, 'j:' .. id, mine)
    end
    ends = live_on(claim, ends, redis.call('PTTL', claim))
  end
  return {0, 1, held[2], tonumber(mine or '0'), '0', owner, text(last), joined, text(ends)}
end

local answers = {marker}
for i = 2, #KEYS do
  local claim, at = KEYS[i], 8 * i - 15
  local kind, id, ends = ARGV[at + 1], ARGV[at + 2], now + tonumber(ARGV[at + 6])
  local held
  if kind == 'count' then
    held = redis.pcall('HMGET', claim, 'm', 's', 'a:' .. id, 'r:' .. id)
  else
    held = redis.pcall('HMGET', claim, 'i', 'v', 't', 'n')
  end
  -- A key of another type was put there by somebody else, and the claim is lost: all are restored.
  if held.err then
    redis.call('DEL', claim, KEYS[1])
    return {''}
  end
  if kind == 'count' then
    answers[i] = count(claim, held, id, ends, ARGV[at + 7], ARGV[at + 8])
  else
    answers[i] = own(claim, held, kind, id, ARGV[at + 3], tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), ends)
  end
end
return answers
