import { createScript, type Script } from './script.ts'

// A grant is a hash with all that belongs to it:
//   g payload, ge its end, ic and is names in the two indexes
//   c code: payload, ch name, ce end, cu used when, ca by which attempt
//   r refresh token: payload, rh name, rx name of its successor, re end, n generation,
//     k, kp ids of the storage keys that derive it and its successor,
//     rt rotated when, ra by which attempts: the refresh and its repeats,
//     ro when its earlier predecessors were first used, newest first, for the length of the overlap,
//     ru 1 once its access token was seen in use, rv 1 once one was revoked
//   lu last seen in use when
//   xa, xg instead of all of it: ended by which attempt, payload
//   a:NAME access token: end, a colon, payload; ae the latest end of all
// Times are milliseconds since the epoch. Names are keyed hashes of the values.

/** How long a grant without a code or token is kept, in milliseconds. */
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

/** ARGV: deadline, payload, lifetime, names in the indexes of client and subject. */
export const saveScript: Script = createScript(
  'grant.save',
  '',
  `${expire}
if redis.call('HEXISTS', key, 'g') == 0 then redis.call('DEL', key) end
redis.call('HSET', key, 'g', ARGV[2], 'ge', now + ARGV[3], 'ic', ARGV[4], 'is', ARGV[5])
expire()
return {now}
`,
)

/** Takes what was sealed anew, unless it was changed meanwhile. ARGV: deadline, payload as it was, payload, names in the indexes. */
export const resealScript: Script = createScript(
  'grant.reseal',
  '',
  `
if redis.call('HGET', key, 'g') ~= ARGV[2] then return {now, 0} end
redis.call('HSET', key, 'g', ARGV[3], 'ic', ARGV[4], 'is', ARGV[5])
return {now, 1}
`,
)

/** The fields that are read with an access token. */
export const fieldsWithToken = ['g', 'n', 'rt', 'ru', 'lu', 'k', 'kp'] as const

/**
 * ARGV: deadline, and possible fields of the only access token that is needed. Returns which of them the grant has, its value, and
 * the values of {@link fieldsWithToken}. If the grant has none, returns all of it: the token may be there under an unknown key.
 */
export const loadScript: Script = createScript(
  'grant.load',
  'allow-oom',
  `
for i = 2, #ARGV do
  local f = redis.call('HMGET', key, ARGV[i], '${fieldsWithToken.join("', '")}')
  if f[1] then return {now, ARGV[i], unpack(f)} end
end
return {now, redis.call('HGETALL', key)}
`,
)

/** ARGV: deadline, kind (c, r or a), name, payload, lifetime, name of the successor or empty, id of the storage key. */
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
  redis.call('HDEL', key, 'rt', 'ra', 'ro', 'ru', 'rv')
  redis.call('HSET', key, 'r', ARGV[4], 'rh', ARGV[3], 'rx', ARGV[6], 're', tokenEnd, 'n', 0)
  redis.call('HSET', key, 'k', ARGV[7], 'kp', ARGV[7])
else
  storeAccessToken(ARGV[3], ARGV[4], tokenEnd)
end
expire()
return {now, 1}
`,
)

/** ARGV: deadline, generation. */
export const noteUseScript: Script = createScript(
  'grant.noteUse',
  'allow-oom',
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
  if isMeant('rh') then redis.call('HDEL', key, 'r', 'rh', 'rx', 're', 'n', 'k', 'kp', 'rt', 'ra', 'ro', 'ru', 'rv') end
else
  local removed = 0
  if ARGV[3] == '' then removed = removeAccessTokens() end
  for name in string.gmatch(ARGV[3], '[^,]+') do
    removed = removed + redis.call('HDEL', key, 'a:' .. name)
  end
  -- A repeat would bring it back.
  if removed > 0 and redis.call('HEXISTS', key, 'r') == 1 then redis.call('HSET', key, 'rv', 1) end
end
return {now}
`,
)

/**
 * ARGV: deadline, attempt. Answers its payload, and its names in the two indexes. They are left just long enough for
 * a command that is sent again.
 */
export const endScript: Script = createScript(
  'grant.end',
  'allow-oom',
  `
local f = redis.call('HMGET', key, 'g', 'ic', 'is', 'xa', 'xg')
if f[1] then
  redis.call('DEL', key)
  redis.call('HSET', key, 'xa', ARGV[2], 'xg', f[1], 'ic', f[2], 'is', f[3])
  redis.call('PEXPIRE', key, 10000)
  return {now, f[1], f[2], f[3]}
end
if f[4] == ARGV[2] then return {now, f[5], f[2], f[3]} end
return {now}
`,
)

/** ARGV: deadline. Reads the entry of a list. The end is that of the key. A grant without a token has none. */
export const describeScript: Script = createScript(
  'grant.describe',
  'allow-oom',
  `
local f = redis.call('HMGET', key, 'g', 'lu', 'r', 'ae')
if not f[1] then return {now} end
if not (f[3] or f[4]) then return {now, 1} end
return {now, f[1], now + redis.call('PTTL', key), f[2]}
`,
)
