-- Begins claim.lua: where a claim of one tag stands, and how it is written.
-- A claim that one has, or in which few have a part, is a short text in a bucket that it shares with some fifty others: a key of its
-- own, with a time to live, takes five times the memory. It moves to a key of its own when somebody joins it, many have a part in
-- it, or it does not fit; and stays there. Which bucket is a matter of the field's number and of how many buckets there are: one more
-- when one is too full (linear hashing), into which half of another goes.
-- KEYS: marker, ~size, two for each claim: its own and its bucket; then two for each bucket that may be added: whose half it takes,
--   and the new one
-- ARGV: what the marker begins with ('': any or none will do), how many buckets the asker knows of, how many claims, then 10 words each
-- A short form: how many pieces, in fields <field>, <field>1, ...; then 'o' ends last owner value, or 'c' ends parts (below)
-- A hash of its own: i owner, v value, t last word, n how many joined, j:<id> who joined as which; of a count s sum, m the earliest
-- end, a:<id> "<amount> <end>", r:<id> refused
local piece_len, pieces_max, parts_max, bucket_max, field_len = 64, 4, 4, 64, 19
local slack = 3600000 -- by which a bucket outlives what is in it, so that not every claim has to move its end

local marker = redis.pcall('GET', KEYS[1])
if type(marker) ~= 'string' then marker = '' end
if ARGV[1] ~= '' and string.sub(marker, 1, #ARGV[1]) ~= ARGV[1] then return {''} end
local size = redis.pcall('GET', KEYS[2])
if type(size) ~= 'string' then
  if ARGV[1] ~= '' then return {''} end
  size = '1'
  redis.call('SET', KEYS[2], size)
end
if size ~= ARGV[2] then return {marker ~= '' and marker or '-', size} end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function text(number) return string.format('%.0f', number) end
local touched = {} -- buckets that have got a field

-- ---- Short forms ----

-- owner and value: 'o', end in s (8 hexadecimal digits), last word in ms (11), the owner's length (2), the owner, the value.
-- parts: 'c', the last end, then of each its end, its id's length, its id, its amount and a semicolon
local function decode(held, claim)
  local function hex(from, to) return tonumber(string.sub(held, from, to), 16) end
  claim.ends = hex(2, 9) * 1000
  if string.sub(held, 1, 1) == 'o' then
    local len = hex(21, 22)
    claim.last = hex(10, 20)
    claim.owner = string.gsub(string.sub(held, 23, 22 + len), '^\1', 'complaints/')
    claim.value = string.sub(held, 23 + len)
    return
  end
  claim.parts = {}
  local at = 10
  while at <= #held do
    local len = hex(at + 8, at + 9)
    local amount, after = string.match(held, '^(%d+);()', at + 10 + len)
    claim.parts[#claim.parts + 1] = {ends = hex(at, at + 7) * 1000, id = string.sub(held, at + 10, at + 9 + len), amount = tonumber(amount)}
    at = after
  end
end

-- nil: it has none
local function encode(claim)
  local out
  if claim.parts then
    if #claim.parts > parts_max then return nil end
    out = string.format('c%08x', claim.ends / 1000)
    for _, part in ipairs(claim.parts) do
      if #part.id > 255 then return nil end
      out = out .. string.format('%08x%02x', part.ends / 1000, #part.id) .. part.id .. text(part.amount) .. ';'
    end
  else
    local owner = string.gsub(claim.owner, '^complaints/', '\1')
    if #owner > 255 or string.byte(claim.owner) == 1 or claim.last < 0 or claim.last >= 16 ^ 11 then return nil end
    out = string.format('o%08x%011x%02x', claim.ends / 1000, claim.last, #owner) .. owner .. claim.value
  end
  if #out >= piece_len * pieces_max then return nil end
  return out
end

local function names(field, from, to)
  local out = {}
  for i = from, to do out[#out + 1] = i == 1 and field or field .. (i - 1) end
  return out
end

local function drop(claim, from)
  if claim.pieces >= from then redis.call('HDEL', claim.bucket, unpack(names(claim.field, from, claim.pieces))) end
  claim.pieces = from - 1
end

-- To a key of its own: first what a full Redis refuses, then what it never does. further: fields beside those of the short form
local function spill(claim, ...)
  if claim.parts then
    local sum, first, words = 0, 0, {}
    for _, part in ipairs(claim.parts) do
      words[#words + 1] = 'a:' .. part.id
      words[#words + 1] = text(part.amount) .. ' ' .. text(part.ends)
      sum = sum + part.amount
      if first == 0 or part.ends < first then first = part.ends end
    end
    redis.call('HSET', claim.own, 's', text(sum), 'm', text(first), unpack(words))
  else
    redis.call('HSET', claim.own, 'i', claim.owner, 'v', claim.value, 't', text(claim.last))
  end
  if ... then redis.call('HSET', claim.own, ...) end
  redis.call('PEXPIREAT', claim.own, text(claim.ends))
  drop(claim, 1)
end

local function write(claim)
  local whole = not claim.shared and encode(claim)
  if not whole then return spill(claim) end
  local count = math.ceil((#whole + 1) / piece_len)
  local words = {}
  whole = count .. whole
  for i, name in ipairs(names(claim.field, 1, count)) do
    words[#words + 1] = name
    words[#words + 1] = string.sub(whole, (i - 1) * piece_len + 1, i * piece_len)
  end
  if redis.call('HSET', claim.bucket, unpack(words)) > 0 then touched[claim.bucket] = true end
  drop(claim, count + 1)
  claim.pieces = count
  if now + redis.call('PTTL', claim.bucket) < claim.ends then
    redis.call('PEXPIREAT', claim.bucket, text(claim.ends + slack))
  end
end

-- The i-th claim: `short` in its bucket, `alone` in a key of its own, or neither. nil: somebody has put something else there.
local function open(i)
  local claim = {own = KEYS[2 * i + 1], bucket = KEYS[2 * i + 2], field = ARGV[10 * i - 5], shared = ARGV[10 * i + 3] == '1', pieces = 0}
  local held = redis.pcall('HGET', claim.bucket, claim.field)
  if type(held) == 'table' then return nil, claim.bucket end
  if held then
    claim.pieces = tonumber(string.sub(held, 1, 1)) or 1
    for _, name in ipairs(names(claim.field, 2, claim.pieces)) do held = held .. (redis.call('HGET', claim.bucket, name) or '') end
    if not pcall(decode, string.sub(held, 2), claim) then return nil, claim.bucket end
    claim.short = claim.ends > now
    if claim.short then return claim end
    claim.parts, claim.owner = nil, nil
  end
  local fields = redis.pcall('HLEN', claim.own)
  if type(fields) == 'table' then return nil, claim.own end
  claim.alone = fields > 0
  return claim
end

-- Parts that have not run out, and their sum
local function live_parts(claim)
  local parts, sum = {}, 0
  for _, part in ipairs(claim.short and claim.parts or {}) do
    if part.ends > now then
      parts[#parts + 1] = part
      sum = sum + part.amount
    end
  end
  claim.parts = parts
  return sum
end

-- ---- Buckets ----

-- What has run out goes. Returns how many fields are left
local function sweep(bucket)
  local all, gone = redis.call('HGETALL', bucket), {}
  for i = 1, #all, 2 do
    local ends = tonumber(string.sub(all[i + 1], 3, 10), 16) or 0
    if #all[i] == field_len and ends * 1000 <= now then
      for _, name in ipairs(names(all[i], 1, tonumber(string.sub(all[i + 1], 1, 1)) or 1)) do gone[#gone + 1] = name end
    end
  end
  if #gone > 0 then redis.call('HDEL', bucket, unpack(gone)) end
  return #all / 2 - #gone
end

-- Bucket number `count` takes its half of `source`
local function split(source, target, count)
  local whole = 1
  while whole <= count do whole = whole * 2 end
  local all, words, gone = redis.pcall('HGETALL', source), {}, {}
  redis.call('DEL', target)
  for i = 1, all.err and 0 or #all, 2 do
    if tonumber(string.sub(all[i], 1, 8), 16) % whole == count then
      words[#words + 1] = all[i]
      words[#words + 1] = all[i + 1]
      gone[#gone + 1] = all[i]
    end
  end
  if #gone == 0 then return end
  redis.call('HSET', target, unpack(words))
  redis.call('PEXPIREAT', target, text(now + redis.call('PTTL', source)))
  redis.call('HDEL', source, unpack(gone))
end

-- As many buckets more as are too full, if so many were named. Returns how many there are
local function grow()
  local full, count, at = 0, tonumber(size), 3 + 2 * tonumber(ARGV[3])
  for bucket in pairs(touched) do
    local fields = redis.call('HLEN', bucket)
    if fields > bucket_max and sweep(bucket) > bucket_max then full = full + 1 end
  end
  while full > 0 and KEYS[at] do
    split(KEYS[at], KEYS[at + 1], count)
    full, count, at = full - 1, count + 1, at + 2
  end
  if count ~= tonumber(size) then redis.call('SET', KEYS[2], text(count)) end
  return text(count)
end
