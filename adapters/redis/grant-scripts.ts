import { accessTokens, fields } from './grant-fields.ts'
import { createScript, type Script } from './script.ts'

/** ARGV: deadline, payload, lifetime, names in the indexes of client and subject. */
export const saveScript: Script = createScript(
  'grant.save',
  '',
  `${fields}
read()
if not f.ge then redis.call('DEL', key) end
large.p = ARGV[2]
set('ge', now + ARGV[3], 'ic', ARGV[4], 'is', ARGV[5])
write()
expire()
return {now}
`,
)

/** Takes what was sealed anew, unless it was changed meanwhile. ARGV: deadline, payload as it was, payload, names in the indexes. */
export const resealScript: Script = createScript(
  'grant.reseal',
  '',
  `${fields}
read()
if readPayload() ~= ARGV[2] then return {now, 0} end
large.p = ARGV[3]
set('ic', ARGV[4], 'is', ARGV[5])
write()
return {now, 1}
`,
)

/** The fields that are read with a token. */
export const fieldsWithToken = ['p', 'g'] as const

/**
 * ARGV: deadline, and possible fields of the only token that is needed. Returns which of them the grant has, its value, and
 * the values of {@link fieldsWithToken}. If the grant has none, returns all of it: the token may be there under an unknown key, or
 * in the form of the version before.
 */
export const loadScript: Script = createScript(
  'grant.load',
  'allow-oom',
  `
for i = 2, #ARGV do
  local f = redis.call('HMGET', key, ARGV[i], '${fieldsWithToken.join("', '")}')
  if f[1] and f[2] then return {now, ARGV[i], unpack(f)} end
end
return {now, redis.call('HGETALL', key)}
`,
)

/** ARGV: deadline, kind (c, r or a), name, payload, lifetime, name of the successor or empty, id of the storage key. */
export const addScript: Script = createScript(
  'grant.add',
  '',
  `${fields}${accessTokens}
read()
if not f.ge then return {now, 0} end
local tokenEnd = now + ARGV[5]
if ARGV[2] == 'c' then
  drop('cu', 'ca')
  large.c = ARGV[4]
  set('ch', ARGV[3], 'ce', tokenEnd)
elseif ARGV[2] == 'r' then
  large.ro = false
  drop('rt', 'ra', 'ru', 'rv')
  large.r = ARGV[4]
  set('rh', ARGV[3], 'rx', ARGV[6], 're', tokenEnd, 'n', 0, 'k', ARGV[7], 'kp', ARGV[7])
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
  `${fields}
read()
if not f.ge then return {now} end
set('lu', now)
if f.n == ARGV[2] then set('ru', 1) end
dropEndedCode()
write()
return {now}
`,
)

/** ARGV: deadline, kind (c, r or a), names or empty for all of that kind. */
export const removeScript: Script = createScript(
  'grant.remove',
  'allow-oom',
  `${fields}${accessTokens}
read()
if not f.ge then return {now} end
local function isMeant(name)
  return ARGV[3] == '' or name and string.find(',' .. ARGV[3] .. ',', ',' .. name .. ',', 1, true)
end
if ARGV[2] == 'c' then
  if isMeant(f.ch) then dropCode() end
elseif ARGV[2] == 'r' then
  if isMeant(f.rh) then
    large.r = false
    large.ro = false
    drop('rh', 'rx', 're', 'n', 'k', 'kp', 'rt', 'ra', 'ru', 'rv')
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
local f = redis.call('HMGET', key, 'p', 'g', 'ic', 'is', 'xa', 'xg')
-- In the version before, the payload has the field of the short values.
local payload, client, subject = f[1] or f[2], f[3], f[4]
if f[1] then client, subject = string.match(f[2], ' ic=(%S*)'), string.match(f[2], ' is=(%S*)') end
if payload then
  redis.call('DEL', key)
  redis.call('HSET', key, 'xa', ARGV[2], 'xg', payload, 'ic', client, 'is', subject)
  redis.call('PEXPIRE', key, 10000)
  return {now, payload, client, subject}
end
if f[5] == ARGV[2] then return {now, f[6], client, subject} end
return {now}
`,
)

/** ARGV: deadline. Reads the entry of a list. The end is that of the key. A grant without a token has none. */
export const describeScript: Script = createScript(
  'grant.describe',
  'allow-oom',
  `${fields}
read()
if not f.ge then return {now} end
if not (f.rh or f.ae) then return {now, 1} end
return {now, readPayload(), now + redis.call('PTTL', key), f.lu}
`,
)
