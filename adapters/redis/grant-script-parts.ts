// Parts that several scripts of grants share.

/** How long a grant is kept that has nothing yet, in milliseconds. */
const emptyLifetime = 86_400_000

/** How many access tokens a grant has at most: the one that ends first makes room. */
const maxAccessTokens = 64

/** The key lives as long as anything in it is of use, and no longer than the grant. */
export const expire: string = `
local function expire()
  local f = redis.call('HMGET', key, 'ge', 're', 'ae', 'ce', 'cu')
  local last = math.max(tonumber(f[2] or 0), tonumber(f[3] or 0))
  if f[4] and not f[5] then last = math.max(last, tonumber(f[4])) end
  if last == 0 then last = now + ${emptyLifetime} end
  redis.call('PEXPIREAT', key, math.min(last, tonumber(f[1])))
end
`

export const accessTokens: string = `
local function storeAccessToken(name, payload, tokenEnd)
  local count, first, firstEnd = 0, nil, nil
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'a:' and field ~= 'a:' .. name then
      local e = tonumber(string.match(redis.call('HGET', key, field), '^%d+'))
      if e <= now then
        redis.call('HDEL', key, field)
      else
        count = count + 1
        if not firstEnd or e < firstEnd then first, firstEnd = field, e end
      end
    end
  end
  if count >= ${maxAccessTokens} then redis.call('HDEL', key, first) end
  local last = tonumber(redis.call('HGET', key, 'ae') or 0)
  redis.call('HSET', key, 'a:' .. name, tokenEnd .. ':' .. payload, 'ae', math.max(last, tokenEnd))
end
local function removeAccessTokens()
  local removed = 0
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'a:' then removed = removed + redis.call('HDEL', key, field) end
  end
  redis.call('HDEL', key, 'ae')
  return removed
end
`
