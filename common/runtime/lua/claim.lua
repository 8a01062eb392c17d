-- Claims of one tag (claims.h), one after the other. Asked again with the same ids they give the same answers. After claims.lua.
-- A marker that is missing, or that of another run of Redis, means that claims may be missing: nothing is claimed, for what is
-- restored afterwards would find it in its place.
-- ARGV: as claims.lua, a claim's words being: kind, field, id, value, event time ms, valid ms, kept ms, amount, limit, 1: many have a part
-- Kinds: once, join, count, look. As redress.claims has it, with what is left of its life, what Redis knows already and better staying:
--   restore (value, last word, how many joined, end), restore-count (amount, end), in the places of value, time, valid, kept and amount.
--   release, release-count: given back; first removes, so that a full Redis does not refuse it
-- Returns {marker, buckets, answers...}; {''} when claims are to be restored first; {marker or '-', buckets} when there are not as many
-- buckets as the asker knows of, and nothing was done. An answer: {granted, found, value, ordinal, sum, owner, last ms, joined, ends ms},
-- 'forgotten' then; of the other kinds 1 or 0, whether something was done

-- The life of a claim is only ever made longer. Returns when it ends.
local function live_on(own, ends, left)
  if now + left >= ends then return now + left end
  redis.call('PEXPIREAT', own, text(ends))
  return ends
end

-- ---- Counts ----

-- A part that has run out does not count any more, though later ones keep the claim alive: so it is after a restore, too.
local function forget_parts(own)
  local sum, first, all = 0, nil, redis.call('HGETALL', own)
  for at = 1, #all, 2 do
    local amount, until_ms = string.match(all[at + 1], '^(%d+) ?(%d*)$')
    until_ms = tonumber(until_ms)
    if string.sub(all[at], 1, 2) == 'a:' and until_ms and until_ms <= now then
      redis.call('HDEL', own, all[at])
    elseif string.sub(all[at], 1, 2) == 'a:' then
      sum = sum + tonumber(amount)
      if until_ms and (not first or until_ms < first) then first = until_ms end
    end
  end
  redis.call('HSET', own, 's', text(sum), 'm', text(first or 0))
end

local function count_alone(own, id, ends, amount, limit)
  local held = redis.call('HMGET', own, 'm', 's', 'a:' .. id, 'r:' .. id)
  local first = tonumber(held[1] or '0')
  if first > 0 and first <= now then
    forget_parts(own)
    held = redis.call('HMGET', own, 'm', 's', 'a:' .. id, 'r:' .. id)
    first = tonumber(held[1])
  end
  local sum, part, granted = tonumber(held[2] or '0'), held[3], 0
  if part then
    granted = 1
    ends = tonumber(string.match(part, ' (%d+)$')) or ends
  elseif not held[4] then
    if sum + amount <= limit then
      granted = 1
      sum = sum + amount
      if first == 0 or ends < first then first = ends end
      redis.call('HSET', own, 'a:' .. id, text(amount) .. ' ' .. text(ends), 's', text(sum), 'm', text(first))
    else
      redis.call('HSET', own, 'r:' .. id, 1)
    end
  end
  local left = redis.call('PTTL', own)
  if granted == 1 or left < 0 then live_on(own, ends, left) end
  return {granted, 1, '', 0, text(sum), id, '0', 0, text(ends)}
end

local function add_part(claim, id, ends, amount)
  claim.parts[#claim.parts + 1] = {id = id, ends = ends, amount = amount}
  if not claim.short or ends > claim.ends then claim.ends = ends end
  write(claim)
end

local function count(claim, id, ends, amount, limit)
  if claim.alone then return count_alone(claim.own, id, ends, amount, limit) end
  local sum, granted = live_parts(claim), 0
  for _, part in ipairs(claim.parts) do
    if part.id == id then granted, ends = 1, part.ends end
  end
  if granted == 0 and sum + amount <= limit then
    granted, sum = 1, sum + amount
    add_part(claim, id, ends, amount)
  elseif granted == 0 then
    claim.ends = claim.short and claim.ends or ends
    spill(claim, 'r:' .. id, 1)
  end
  return {granted, 1, '', 0, text(sum), id, '0', 0, text(ends)}
end

-- ---- Once, join, look ----

local function own_alone(own, kind, id, value, time, valid, ends)
  local held = redis.call('HMGET', own, 'i', 'v', 't', 'n')
  local owner, last, joined = held[1], tonumber(held[3] or '0'), tonumber(held[4] or '0')
  if kind == 'look' then return {0, owner and 1 or 0, held[2] or '', 0, '0', owner or '', held[3] or '0', 0, '0'} end
  local mine = owner and owner ~= id and redis.call('HGET', own, 'j:' .. id)
  if owner and owner ~= id and not mine and kind == 'join' and time > last + valid then owner = nil end
  if not owner or owner == id then
    if not owner then
      if held[1] then
        redis.call('HSET', own, 'i', held[1]) -- a full Redis refuses this, and nothing was removed yet
        redis.call('DEL', own)
      end
      last, joined = time, 0
    end
    if time > last then last = time end
    if kind == 'once' and held[2] and owner == id then value = held[2] end
    redis.call('HSET', own, 'i', id, 'v', value, 't', text(last))
    ends = live_on(own, ends, owner and redis.call('PTTL', own) or -1)
    return {1, 1, value, 0, '0', id, text(last), joined, text(ends)}
  end
  if kind == 'join' then
    if time > last then
      last = time
      redis.call('HSET', own, 't', text(last))
    end
    if not mine then
      joined = joined + 1
      mine = joined
      redis.call('HSET', own, 'n', joined, 'j:' .. id, mine)
    end
    ends = live_on(own, ends, redis.call('PTTL', own))
  end
  return {0, 1, held[2], tonumber(mine or '0'), '0', owner, text(last), joined, text(ends)}
end

local function own(claim, kind, id, value, time, valid, ends)
  if claim.alone then return own_alone(claim.own, kind, id, value, time, valid, ends) end
  local owner = claim.short and claim.owner or nil
  if kind == 'look' then return {0, owner and 1 or 0, owner and claim.value or '', 0, '0', owner or '', text(owner and claim.last or 0), 0, '0'} end
  if owner and owner ~= id and kind == 'join' and time > claim.last + valid then owner = nil end
  if not owner or owner == id then
    if kind == 'once' and owner then value = claim.value end
    if owner and claim.last > time then time = claim.last end
    if owner and claim.ends > ends then ends = claim.ends end
    claim.owner, claim.value, claim.last, claim.ends = id, value, time, ends
    write(claim)
    return {1, 1, value, 0, '0', id, text(time), 0, text(ends)}
  end
  if kind == 'once' then return {0, 1, claim.value, 0, '0', owner, text(claim.last), 0, text(ends)} end
  claim.last, claim.ends = math.max(claim.last, time), math.max(claim.ends, ends)
  spill(claim, 'n', 1, 'j:' .. id, 1)
  return {0, 1, claim.value, 1, '0', owner, text(claim.last), 1, text(claim.ends)}
end

-- ---- Restoring ----

local function restore_count(claim, id, amount, ends)
  if not claim.alone then
    live_parts(claim)
    for _, part in ipairs(claim.parts) do
      if part.id == id then return 0 end
    end
    add_part(claim, id, ends, amount)
    return 1
  end
  if redis.call('HSETNX', claim.own, 'a:' .. id, text(amount) .. ' ' .. text(ends)) == 0 then return 0 end
  redis.call('HINCRBY', claim.own, 's', text(amount))
  local first = tonumber(redis.call('HGET', claim.own, 'm') or '0')
  if first == 0 or ends < first then redis.call('HSET', claim.own, 'm', text(ends)) end
  live_on(claim.own, ends, redis.call('PTTL', claim.own))
  return 1
end

local function restore(claim, id, value, said, more, ends)
  local held = {}
  if claim.alone then held = redis.call('HMGET', claim.own, 't', 'n', 'i') end
  if claim.short then held = {claim.last, 0, claim.owner} end
  local last, joined = tonumber(held[1] or '-1'), tonumber(held[2] or '0')
  local another = held[3] and held[3] ~= id
  if said <= last and (another or more <= joined) then return 0 end
  if claim.alone and another then
    redis.call('HSET', claim.own, 'i', held[3]) -- a full Redis refuses this, and nothing was removed yet
    redis.call('DEL', claim.own) -- it had run out, and another has it
    claim.alone = false
  end
  if another then joined = 0 end
  last, joined = math.max(last, said), math.max(joined, more)
  if claim.alone then
    redis.call('HSET', claim.own, 'i', id, 'v', value, 't', text(last), 'n', text(joined))
    live_on(claim.own, ends, redis.call('PTTL', claim.own))
    return 1
  end
  if claim.short and not another and claim.ends > ends then ends = claim.ends end
  claim.owner, claim.value, claim.last, claim.ends = id, value, last, ends
  if joined > 0 then spill(claim, 'n', text(joined)) else write(claim) end
  return 1
end

-- ---- Giving back ----

local function release_count(claim, id)
  if claim.alone then
    local part = redis.call('HGET', claim.own, 'a:' .. id)
    if not part then return 0 end
    redis.call('HDEL', claim.own, 'a:' .. id)
    local amount = string.match(part, '^%d+')
    if amount ~= '0' then redis.call('HINCRBY', claim.own, 's', '-' .. amount) end -- Redis reads no "-0"
    return 1
  end
  live_parts(claim)
  for i, part in ipairs(claim.parts) do
    if part.id == id then
      table.remove(claim.parts, i)
      drop(claim, 1)
      if #claim.parts > 0 then write(claim) end
      return 1
    end
  end
  return 0
end

local function release(claim, id)
  if claim.short and claim.owner == id then
    drop(claim, 1)
    return 1
  end
  if not claim.alone or redis.call('HGET', claim.own, 'i') ~= id or redis.call('HGET', claim.own, 'n') then return 0 end
  redis.call('DEL', claim.own)
  return 1
end

-- Ends are whole seconds: so a short form holds them, and who asks again gets the same answer.
local function whole(ms) return math.ceil(ms / 1000) * 1000 end

local answers = {marker ~= '' and marker or '-', size}
for i = 1, tonumber(ARGV[3]) do
  local kind, _, id, value, time, valid, kept, amount, limit = unpack(ARGV, 10 * i - 6, 10 * i + 2)
  local claim, strange = open(i)
  -- A key of another type was put there by somebody else, and claims are lost: all are restored.
  if not claim and ARGV[1] ~= '' then
    redis.call('DEL', strange, KEYS[1])
    return {''}
  end
  while not claim do
    redis.call('DEL', strange)
    claim, strange = open(i)
  end
  time, valid, kept, amount, limit = tonumber(time), tonumber(valid), tonumber(kept), tonumber(amount), tonumber(limit)
  if kind == 'count' then
    answers[i + 2] = count(claim, id, whole(now + kept), amount, limit)
  elseif kind == 'release' then
    answers[i + 2] = release(claim, id)
  elseif kind == 'release-count' then
    answers[i + 2] = release_count(claim, id)
  elseif kind == 'restore' then
    answers[i + 2] = kept > now and restore(claim, id, value, time, valid, whole(kept)) or 0
  elseif kind == 'restore-count' then
    answers[i + 2] = kept > now and restore_count(claim, id, amount, whole(kept)) or 0
  else
    answers[i + 2] = own(claim, kind, id, value, time, valid, whole(now + kept))
  end
end
answers[2] = grow()
return answers
