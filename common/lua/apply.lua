-- Moves a shard's view from one changelog offset to the next, or does nothing (compare and set). Safe to run again.
-- KEYS: as read.lua (5), then the keys that ARGV names by number
-- ARGV: from, to, how long an hour's counters live (ms), then operations:
--   H hash n name value ...   the hash as it is from now on (n = 0: gone)
--   Z key member score        an index entry; an empty score removes it
--   C key field delta         a counter
--   T key field delta hour    a counter of the hour that begins at `hour` (ms)
-- Returns what read.lua returns, with 'stale' in place of the hashes when nothing was done, else 'done'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function standing(verdict)
  local wake = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
  return {redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '', redis.call('EXISTS', KEYS[3]), redis.call('EXISTS', KEYS[4]),
    string.format('%.0f', now), wake[2] or '', verdict}
end
local applied = redis.call('GET', KEYS[1])
if applied ~= ARGV[1] or redis.call('EXISTS', KEYS[3]) == 1 then return standing('stale') end

local function count(key, field, delta)
  if redis.call('HINCRBY', key, field, delta) <= 0 then redis.call('HDEL', key, field) end
end
local at = 4
while at <= #ARGV do
  local op, key = ARGV[at], KEYS[tonumber(ARGV[at + 1])]
  if op == 'H' then
    local n = tonumber(ARGV[at + 2])
    redis.call('DEL', key)
    for from = at + 3, at + 2 + 2 * n, 1000 do
      redis.call('HSET', key, unpack(ARGV, from, math.min(from + 999, at + 2 + 2 * n)))
    end
    at = at + 3 + 2 * n
  elseif op == 'Z' then
    if ARGV[at + 3] == '' then redis.call('ZREM', key, ARGV[at + 2]) else redis.call('ZADD', key, ARGV[at + 3], ARGV[at + 2]) end
    at = at + 4
  elseif op == 'C' then
    count(key, ARGV[at + 2], ARGV[at + 3])
    at = at + 4
  else
    local expires = tonumber(ARGV[at + 4]) + tonumber(ARGV[3])
    if expires > now then
      count(key, ARGV[at + 2], ARGV[at + 3])
      redis.call('PEXPIREAT', key, string.format('%.0f', expires))
    end
    at = at + 5
  end
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], string.format('%.0f', now))
return standing('done')
