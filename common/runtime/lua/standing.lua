-- Begins read.lua, due.lua, apply.lua and check.lua: where a shard's view stands, and whether all of it is there.
-- KEYS: applied, applied_at, wiping, wipe, by:wake_at, asleep, totals, unread
-- Any key may be gone or of another type at any time: then it reads as nothing.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function ask(...)
  local value = redis.pcall(...)
  if type(value) == 'table' and value.err then return nil end
  return value
end

-- Returns {applied | '', applied_at | '', wiping, wipe asked, now ms, next wake-up ms | '', fingerprint | '',
-- cases by the totals, cases in by:wake_at and asleep, unread by the totals, unread, last}
local function standing(last)
  local wake = ask('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES') or {}
  local totals = ask('HMGET', KEYS[7], '@schema', '@cases', '@unread') or {}
  local cases = (ask('ZCARD', KEYS[5]) or 0) + (ask('SCARD', KEYS[6]) or 0)
  return {ask('GET', KEYS[1]) or '', ask('GET', KEYS[2]) or '', redis.call('EXISTS', KEYS[3]), redis.call('EXISTS', KEYS[4]),
    string.format('%.0f', now), wake[2] or '', totals[1] or '', totals[2] or '0', cases, totals[3] or '0',
    ask('HLEN', KEYS[8]) or 0, last}
end
