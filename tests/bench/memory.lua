-- What keys take, by kind: a slice of them. ARGV: the cursor. Returns the next cursor, then a kind, how many, how many bytes ...
local slice = redis.call('SCAN', ARGV[1], 'COUNT', 2000)
local kinds, found = {}, {}
for _, key in ipairs(slice[2]) do
  local worker, kind = string.match(key, '{(%a+)%.%d+}:([^:\31%d]*)')
  local name = worker and worker .. ' ' .. kind or key
  if kind == 'by' or kind == 'of' or kind == 'count' then name = worker .. ' ' .. string.match(key, '}:(.*)$') end
  if not kinds[name] then
    kinds[name] = {0, 0}
    found[#found + 1] = name
  end
  kinds[name][1] = kinds[name][1] + 1
  kinds[name][2] = kinds[name][2] + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0)
end
local out = {slice[1]}
for _, name in ipairs(found) do
  out[#out + 1] = name
  out[#out + 1] = string.format('%.0f', kinds[name][1])
  out[#out + 1] = string.format('%.0f', kinds[name][2])
end
return out
