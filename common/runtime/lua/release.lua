-- Gives a claim back; first removes, so that a full Redis does not refuse it. KEYS: claim.  ARGV: kind, id
if ARGV[1] == 'count' then
  local part = redis.call('HGET', KEYS[1], 'a:' .. ARGV[2])
  if part then
    redis.call('HDEL', KEYS[1], 'a:' .. ARGV[2])
    local amount = string.match(part, '^%d+')
    if amount ~= '0' then redis.call('HINCRBY', KEYS[1], 's', '-' .. amount) end -- Redis reads no "-0"
  end
elseif redis.call('HGET', KEYS[1], 'i') == ARGV[2] and not redis.call('HGET', KEYS[1], 'n') then
  redis.call('DEL', KEYS[1])
end
return 1
