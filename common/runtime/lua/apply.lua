-- Moves a shard's view from one changelog offset to the next, or does nothing (compare and set). Safe to run again.
-- After standing.lua.
-- KEYS: as standing.lua, then the keys that ARGV names by number
-- ARGV: from, to, how long an hour's counters live (ms), then operations:
--   H hash n name value ...       the hash as it is from now on, in n words (n = 0: gone)
--   D hash n name ...             n fields of it go, all of which are there
--   F hash n new name value ...   fields of it are set, n being how many of these words follow; so many of them are new
--   Z key n score member ...      index entries, in n words
--   R key n member ...            n index entries go
--   A case 1|0                    whether it is asleep: lives without a wake-up
--   U case why                    its changelog record cannot be read; an empty reason: it can
--   C key field delta             a counter
--   T key field delta hour total  a counter of the hour that begins at `hour` (ms), and its name in the totals
--   S name delta                  a total
-- Returns what standing.lua returns, `last` being 'stale' when nothing was done, else 'done', or 'broken: ' and why:
-- something there is not what it was made, so that only a part was done; then a wipe is asked for
if ask('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[3]) == 1 then return standing('stale') end

-- A full Redis refuses the first write of a script, if that is one that may need memory; then it lets all others pass.
redis.call('SET', KEYS[1], ARGV[1])

local function count(key, field, delta)
  if redis.call('HINCRBY', key, field, delta) <= 0 then redis.call('HDEL', key, field) end
end

-- n words from `from` on, as many at once as a call takes; pairs stay together. Returns how much was new, or went
local function all(command, key, from, n)
  local done = 0
  for at = from, from + n - 1, 1000 do
    done = done + redis.call(command, key, unpack(ARGV, at, math.min(at + 999, from + n - 1)))
  end
  return done
end
local function many(command)
  return function(at)
    local n = tonumber(ARGV[at + 2])
    all(command, KEYS[tonumber(ARGV[at + 1])], at + 3, n)
    return 3 + n
  end
end
local function check(key, found, expected)
  if found ~= expected then error(key .. ' is not what it was made', 0) end
end

local operations = {
  H = function(at)
    local key, n = KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 2])
    redis.call('DEL', key)
    all('HSET', key, at + 3, n)
    return 3 + n
  end,
  D = function(at)
    local key, n = KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 2])
    check(key, all('HDEL', key, at + 3, n), n)
    return 3 + n
  end,
  F = function(at)
    local key, n, new = KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    check(key, all('HSET', key, at + 4, n), new)
    return 4 + n
  end,
  Z = many('ZADD'),
  R = many('ZREM'),
  A = function(at)
    redis.call(ARGV[at + 2] == '1' and 'SADD' or 'SREM', KEYS[6], ARGV[at + 1])
    return 3
  end,
  U = function(at)
    local id, why = ARGV[at + 1], ARGV[at + 2]
    if why == '' then redis.call('HDEL', KEYS[8], id) else redis.call('HSET', KEYS[8], id, why) end
    return 3
  end,
  C = function(at)
    count(KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2], ARGV[at + 3])
    return 4
  end,
  T = function(at)
    local key, expires = KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 4]) + tonumber(ARGV[3])
    if expires > now then
      count(key, ARGV[at + 2], ARGV[at + 3])
      count(KEYS[7], ARGV[at + 5], ARGV[at + 3])
      redis.call('PEXPIREAT', key, string.format('%.0f', expires))
    end
    return 6
  end,
  S = function(at)
    count(KEYS[7], ARGV[at + 1], ARGV[at + 2])
    return 3
  end,
}

local good, why = pcall(function()
  local at = 4
  while at <= #ARGV do at = at + operations[ARGV[at]](at) end
  redis.call('SET', KEYS[1], ARGV[2])
  redis.call('SET', KEYS[2], string.format('%.0f', now))
end)
if good then return standing('done') end
redis.call('SET', KEYS[4], '1')
return standing('broken: ' .. (type(why) == 'table' and why.err or tostring(why)))
