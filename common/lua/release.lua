-- Gives a claim back. KEYS: claim.  ARGV: kind, id
if ARGV[1] == 'count' then
  local amount = redis.call('HGET', KEYS[1], 'a:' .. ARGV[2])
  if amount then
    redis.call('HDEL', KEYS[1], 'a:' .. ARGV[2])
    redis.call('HINCRBY', KEYS[1], 's', '-' .. amount)
  end
elseif redis.call('HGET', KEYS[1], 'i') == ARGV[2] and not redis.call('HGET', KEYS[1], 'n') then
  redis.call('DEL', KEYS[1])
end
return 1
