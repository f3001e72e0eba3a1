import { createScript, type Script } from './script.ts'

// A grant is a hash with all that belongs to it:
//   g payload, ge its end, ic and is names in the two indexes
//   c code: payload, ch name, ce end, cu used when, ca by which attempt
//   r refresh token: payload, rh name, re end, n generation, rt rotated when, ra by which attempt,
//     ru 1 once it or its access token was seen in use
//   lu last seen in use when
//   a:NAME access token: end, a colon, payload; ae the latest end of all
// Times are milliseconds since the epoch. Names are keyed hashes of the values.

/** The key lives as long as anything in it is of use, and no longer than the grant. */
const expire = `
local function expire()
  local f = redis.call('HMGET', key, 'ge', 're', 'ae', 'ce', 'cu')
  local last = math.max(tonumber(f[2] or 0), tonumber(f[3] or 0))
  if f[4] and not f[5] then last = math.max(last, tonumber(f[4])) end
  local grantEnd = tonumber(f[1])
  redis.call('PEXPIREAT', key, last > 0 and math.min(last, grantEnd) or grantEnd)
end
`

const accessTokens = `
local function storeAccessToken(name, payload, tokenEnd)
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'a:' then
      local e = string.match(redis.call('HGET', key, field), '^%d+')
      if tonumber(e) <= now then redis.call('HDEL', key, field) end
    end
  end
  local last = tonumber(redis.call('HGET', key, 'ae') or 0)
  redis.call('HSET', key, 'a:' .. name, tokenEnd .. ':' .. payload, 'ae', math.max(last, tokenEnd))
end
local function removeAccessTokens()
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'a:' then redis.call('HDEL', key, field) end
  end
  redis.call('HDEL', key, 'ae')
end
`

/** ARGV: deadline, payload, lifetime, name in the client's index, in the subject's, 1 to store only over an existing one. */
export const saveScript: Script = createScript(
  'grant.save',
  '',
  `${expire}
if ARGV[6] == '1' and redis.call('HEXISTS', key, 'g') == 0 then return {now, 0} end
redis.call('HSET', key, 'g', ARGV[2], 'ge', now + ARGV[3], 'ic', ARGV[4], 'is', ARGV[5])
expire()
return {now, 1}
`,
)

/** ARGV: deadline. */
export const loadScript: Script = createScript(
  'grant.load',
  'allow-oom',
  `
return {now, redis.call('HGETALL', key)}
`,
)

/** ARGV: deadline, kind (c, r or a), name, payload, lifetime. */
export const addScript: Script = createScript(
  'grant.add',
  '',
  `${expire}${accessTokens}
if redis.call('HEXISTS', key, 'g') == 0 then return {now, 0} end
local tokenEnd = now + ARGV[5]
if ARGV[2] == 'c' then
  redis.call('HDEL', key, 'cu', 'ca')
  redis.call('HSET', key, 'c', ARGV[4], 'ch', ARGV[3], 'ce', tokenEnd)
elseif ARGV[2] == 'r' then
  redis.call('HDEL', key, 'rt', 'ra', 'ru')
  redis.call('HSET', key, 'r', ARGV[4], 'rh', ARGV[3], 're', tokenEnd, 'n', 0)
else
  storeAccessToken(ARGV[3], ARGV[4], tokenEnd)
end
expire()
return {now, 1}
`,
)

/**
 * ARGV: deadline, attempt, kind of what is used (c or r), its names under every key, its generation, 1 if it is
 * genuine, retry window, refresh token: names, payload, lifetime; access token: name, payload, lifetime.
 * Lists are separated by commas; what is not issued is empty.
 */
export const exchangeScript: Script = createScript(
  'grant.exchange',
  '',
  `${expire}${accessTokens}
local function has(names, name)
  return name and string.find(',' .. names .. ',', ',' .. name .. ',', 1, true) ~= nil
end
local f = redis.call('HMGET', key, 'g', 'ch', 'ce', 'cu', 'ca', 'rh', 'n', 'rt', 'ra', 'ru')
if not f[1] then return {now, 'gone'} end
local attempt, generation = ARGV[2], tonumber(ARGV[5])

local function storeRefreshToken(n)
  if ARGV[8] == '' then return end
  local newest = string.match(ARGV[8], '^[^,]+')
  redis.call('HSET', key, 'r', ARGV[9], 'rh', newest, 're', now + ARGV[10], 'n', n)
end
local function finish(result)
  if ARGV[11] ~= '' then storeAccessToken(ARGV[11], ARGV[12], now + ARGV[13]) end
  expire()
  return {now, result}
end

if ARGV[3] == 'c' then
  if not has(ARGV[4], f[2]) or tonumber(f[3]) <= now then return {now, 'gone'} end
  if f[4] then return {now, f[5] == attempt and 'exchanged' or 'used'} end
  redis.call('HSET', key, 'cu', now, 'ca', attempt)
  storeRefreshToken(0)
  return finish('exchanged')
end

if not f[6] then return {now, 'gone'} end
local current = tonumber(f[7])
local isCurrent = current == generation and has(ARGV[4], f[6])
local isForgotten = ARGV[6] == '1' and current == generation - 1
if isCurrent or isForgotten then
  removeAccessTokens()
  storeRefreshToken(generation + 1)
  redis.call('HSET', key, 'rt', now, 'ra', attempt, 'lu', now)
  redis.call('HDEL', key, 'ru')
  if f[3] and tonumber(f[3]) <= now then redis.call('HDEL', key, 'c', 'ch', 'ce', 'cu', 'ca') end
  return finish('exchanged')
end
if current ~= generation + 1 then return {now, 'used'} end
if f[9] == attempt then return {now, 'exchanged'} end
local window = tonumber(ARGV[7])
local isRepeat = window > 0 and not f[10] and has(ARGV[8], f[6]) and now - tonumber(f[8]) <= window
if not isRepeat then return {now, 'used'} end
return finish('repeated')
`,
)

/** ARGV: deadline, generation. */
export const noteUseScript: Script = createScript(
  'grant.noteUse',
  '',
  `
if redis.call('HEXISTS', key, 'g') == 0 then return {now} end
redis.call('HSET', key, 'lu', now)
if redis.call('HGET', key, 'n') == ARGV[2] then redis.call('HSET', key, 'ru', 1) end
return {now}
`,
)

/** ARGV: deadline, kind (c, r or a), names or empty for all of that kind. */
export const removeScript: Script = createScript(
  'grant.remove',
  'allow-oom',
  `${accessTokens}
local function isMeant(field)
  if ARGV[3] == '' then return true end
  local name = redis.call('HGET', key, field)
  return name and string.find(',' .. ARGV[3] .. ',', ',' .. name .. ',', 1, true) ~= nil
end
if ARGV[2] == 'c' then
  if isMeant('ch') then redis.call('HDEL', key, 'c', 'ch', 'ce', 'cu', 'ca') end
elseif ARGV[2] == 'r' then
  if isMeant('rh') then redis.call('HDEL', key, 'r', 'rh', 're', 'n', 'rt', 'ra', 'ru') end
elseif ARGV[3] == '' then
  removeAccessTokens()
else
  for name in string.gmatch(ARGV[3], '[^,]+') do redis.call('HDEL', key, 'a:' .. name) end
end
return {now}
`,
)

/** ARGV: deadline. Answers its payload, and its names in the two indexes. */
export const endScript: Script = createScript(
  'grant.end',
  'allow-oom',
  `
local f = redis.call('HMGET', key, 'g', 'ic', 'is')
redis.call('DEL', key)
return {now, f[1], f[2], f[3]}
`,
)

/** ARGV: deadline. What a list shows; the end is that of the key. */
export const describeScript: Script = createScript(
  'grant.describe',
  'allow-oom',
  `
local f = redis.call('HMGET', key, 'g', 'lu', 'r', 'ae')
if not f[1] or not (f[3] or f[4]) then return {now} end
return {now, f[1], now + redis.call('PTTL', key), f[2]}
`,
)
