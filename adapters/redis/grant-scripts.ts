import { accessTokens, fields } from './grant-fields.ts'
import { createScript, type Script } from './script.ts'

/** ARGV: deadline, payload, lifetime, names in the indexes of client and subject. */
export const saveScript: Script = createScript(
  'grant.save',
  '',
  `${fields}
read('ge', 're', 'ae', 'ce', 'cu')
if not f.ge then redis.call('DEL', key) end
set('g', ARGV[2], 'ge', now + ARGV[3], 'ic', ARGV[4], 'is', ARGV[5])
write()
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

/** The fields that are read for a refresh. */
export const fieldsOfRefreshToken = [
  'g',
  'n',
  'rt',
  'ru',
  'lu',
  'k',
  'kp',
  'r',
  'rh',
  'rx',
] as const

/** ARGV: deadline. Returns the values of {@link fieldsOfRefreshToken}. */
export const loadRefreshTokenScript: Script = createScript(
  'grant.loadRefreshToken',
  'allow-oom',
  `
return {now, unpack(redis.call('HMGET', key, '${fieldsOfRefreshToken.join("', '")}'))}
`,
)

/** ARGV: deadline, kind (c, r or a), name, payload, lifetime, name of the successor or empty, id of the storage key. */
export const addScript: Script = createScript(
  'grant.add',
  '',
  `${fields}${accessTokens}
read('ge', 're', 'ae', 'ce', 'cu', 'ca', 'rt', 'ra', 'ro', 'ru', 'rv')
if not f.ge then return {now, 0} end
local tokenEnd = now + ARGV[5]
if ARGV[2] == 'c' then
  drop('cu', 'ca')
  set('c', ARGV[4], 'ch', ARGV[3], 'ce', tokenEnd)
elseif ARGV[2] == 'r' then
  drop('rt', 'ra', 'ro', 'ru', 'rv')
  set('r', ARGV[4], 'rh', ARGV[3], 'rx', ARGV[6], 're', tokenEnd, 'n', 0, 'k', ARGV[7], 'kp', ARGV[7])
else
  storeAccessToken(ARGV[3], ARGV[4], tokenEnd)
end
write()
expire()
return {now, 1}
`,
)

/** ARGV: deadline, generation. */
export const noteUseScript: Script = createScript(
  'grant.noteUse',
  'allow-oom',
  `
local f = redis.call('HMGET', key, 'g', 'n')
if not f[1] then return {now} end
if f[2] == ARGV[2] then
  redis.call('HSET', key, 'lu', now, 'ru', 1)
else
  redis.call('HSET', key, 'lu', now)
end
return {now}
`,
)

/** ARGV: deadline, kind (c, r or a), names or empty for all of that kind. */
export const removeScript: Script = createScript(
  'grant.remove',
  'allow-oom',
  `${fields}${accessTokens}
read('ch', 'rh', 'ae')
local function isMeant(name)
  return ARGV[3] == '' or name and string.find(',' .. ARGV[3] .. ',', ',' .. name .. ',', 1, true)
end
if ARGV[2] == 'c' then
  if isMeant(f.ch) then redis.call('HDEL', key, 'c', 'ch', 'ce', 'cu', 'ca') end
elseif ARGV[2] == 'r' then
  if isMeant(f.rh) then
    redis.call('HDEL', key, 'r', 'rh', 'rx', 're', 'n', 'k', 'kp', 'rt', 'ra', 'ro', 'ru', 'rv')
  end
else
  local removed = 0
  if ARGV[3] == '' then removed = removeAccessTokens() end
  for name in string.gmatch(ARGV[3], '[^,]+') do
    removed = removed + redis.call('HDEL', key, 'a:' .. name)
  end
  -- A repeat would bring it back.
  if removed > 0 and f.rh then set('rv', 1) end
end
write()
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
