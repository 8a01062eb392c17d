-- Which commands the user of this connection may run on which keys. Nothing is run, and no key is touched, so none are named.
-- ARGV: how many keys, the keys, then commands
-- Returns a text a command: for each key in turn 1 or 0; y or n for a command without keys; '' for one that is not asked about, as all
-- are before Redis 7.0
-- The arguments must be whole: Redis 7.0.15 reads the key of a command beyond its arguments, and dies.
local without_key = {info = {}, ping = {}, time = {}, scan = {'0'}}
local with_key = {get = {}, set = {'v'}, exists = {}, del = {}, unlink = {}, pttl = {}, pexpire = {'1'}, pexpireat = {'1'},
  hget = {'f'}, hmget = {'f'}, hgetall = {}, hexists = {'f'}, hlen = {}, hkeys = {}, hvals = {}, hscan = {'0'}, hset = {'f', 'v'},
  hsetnx = {'f', 'v'}, hincrby = {'f', '1'}, hdel = {'f'}, sadd = {'m'}, srem = {'m'}, scard = {}, sismember = {'m'}, sscan = {'0'},
  zadd = {'1', 'm'}, zrem = {'m'}, zcard = {}, zscore = {'m'}, zscan = {'0'}, zrange = {'0', '0'}, zrangebyscore = {'0', '0'}}
local keys, out = tonumber(ARGV[1]), {}
for i = keys + 2, #ARGV do
  local command, answer = ARGV[i], ''
  if redis.acl_check_cmd and without_key[command] then
    answer = redis.acl_check_cmd(command, unpack(without_key[command])) and 'y' or 'n'
  elseif redis.acl_check_cmd and with_key[command] then
    for k = 2, keys + 1 do
      answer = answer .. (redis.acl_check_cmd(command, ARGV[k], unpack(with_key[command])) and '1' or '0')
    end
  end
  out[#out + 1] = answer
end
return out
