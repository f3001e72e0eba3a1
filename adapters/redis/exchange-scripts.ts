import { accessTokens, expire } from './grant-scripts.ts'
import { createScript, type Script } from './script.ts'

// grant-scripts.ts lists the fields of a grant.

/** How many times of first use a grant keeps at most: a client that refreshes faster loses the overlap of the oldest. */
const maxUses = 1000

/** How long the list of attempts of one refresh gets at most, in characters: after so many, it is not undone any more. */
const maxAttempts = 1000

/**
 * ARGV: deadline, attempt, kind of the used token (c or r), its names under every key, its generation, retry window;
 * refresh token: names, payload, lifetime, name of its successor; access token: name, payload, lifetime; id of the
 * storage key, overlap. Lists are separated by commas; a token that is not issued is empty.
 */
export const exchangeScript: Script = createScript(
  'grant.exchange',
  '',
  `${expire}${accessTokens}
local function has(names, name)
  return name and string.find(',' .. names .. ',', ',' .. name .. ',', 1, true) ~= nil
end
local f = redis.call('HMGET', key, 'g', 'ch', 'ce', 'cu', 'ca', 'rh', 'n', 'rt', 'ra', 'ru', 'rx', 'k', 'rv', 'ro')
if not f[1] then return {now, 'gone'} end
local attempt, generation = ARGV[2], tonumber(ARGV[5])
local window, overlap = tonumber(ARGV[6]), tonumber(ARGV[15])

local function storeRefreshToken(n, keyOfUsed)
  if ARGV[7] == '' then return end
  local newest = string.match(ARGV[7], '^[^,]+')
  redis.call('HSET', key, 'r', ARGV[8], 'rh', newest, 'rx', ARGV[10], 're', now + ARGV[9], 'n', n)
  redis.call('HSET', key, 'k', ARGV[14], 'kp', keyOfUsed or ARGV[14])
end
-- Times of first use, newest first, of the generations before the one that is used now.
local function keepUses(...)
  local kept = {}
  for time in string.gmatch(table.concat({...}, ','), '%d+') do
    if now - time > overlap or #kept == ${maxUses} then break end
    kept[#kept + 1] = time
  end
  redis.call('HDEL', key, 'ro')
  if #kept > 0 then redis.call('HSET', key, 'ro', table.concat(kept, ',')) end
end
-- When the refresh token so many generations back was first used.
local function firstUse(back)
  if back == 1 then return tonumber(f[8]) end
  for time in string.gmatch(f[14] or '', '%d+') do
    back = back - 1
    if back == 1 then return tonumber(time) end
  end
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
  storeRefreshToken(0, f[12])
  return finish('exchanged')
end

if not f[6] then return {now, 'gone'} end
local current = tonumber(f[7])
local isCurrent = current == generation and has(ARGV[4], f[6])
local isForgotten = current == generation - 1 and has(ARGV[4], f[11])
if isCurrent or isForgotten then
  removeAccessTokens()
  -- A forgotten token was never stored, so the newest key derives what comes after it.
  storeRefreshToken(generation + 1, not isForgotten and f[12])
  keepUses(isForgotten and now or '', f[8] or '', f[14] or '')
  redis.call('HSET', key, 'rt', now, 'ra', attempt, 'lu', now)
  redis.call('HDEL', key, 'ru', 'rv')
  if f[3] and tonumber(f[3]) <= now then redis.call('HDEL', key, 'c', 'ch', 'ce', 'cu', 'ca') end
  return finish('exchanged')
end
local back = current - generation
if back < 1 then return {now, 'used'} end
if back == 1 and has(f[9] or '', attempt) then
  return {now, string.find(f[9], attempt, 1, true) == 1 and 'exchanged' or 'repeated'}
end
local first = firstUse(back)
local inOverlap = overlap > 0 and first and now - first <= overlap
local inWindow = window > 0 and first and now - first <= window and back == 1 and not f[10]
if not (inOverlap or inWindow) then return {now, 'replayed'} end
if back > 1 or f[13] or not has(ARGV[7], f[6]) then return {now, 'used'} end
-- It is undone once nobody has it: if each of these attempts is undone.
local attempts = (f[9] or 'unknown') .. ',' .. attempt
redis.call('HSET', key, 'ra', #attempts > ${maxAttempts} and 'many' or attempts)
return finish('repeated')
`,
)

/**
 * Takes an exchange back that its client was told has not happened, unless anything came after it, or a repeat of it was
 * answered. ARGV:
 * deadline, attempt, kind of what was used (c or r), its newest name, its generation, newest name of its successor.
 */
export const undoScript: Script = createScript(
  'grant.undo',
  'allow-oom',
  `${expire}${accessTokens}
local f = redis.call('HMGET', key, 'g', 'ca', 'ra', 'n', 'ru', 'rv', 'ro')
if not f[1] or f[5] or f[6] then return {now, 0} end
local generation = tonumber(ARGV[5])
if ARGV[3] == 'c' then
  if f[2] ~= ARGV[2] or (f[4] and f[4] ~= '0') or f[3] then return {now, 0} end
  redis.call('HDEL', key, 'cu', 'ca', 'r', 'rh', 'rx', 're', 'n', 'k', 'kp')
else
  if tonumber(f[4]) ~= generation + 1 then return {now, 0} end
  local isMeant, others = false, {}
  for attempt in string.gmatch(f[3] or '', '[^,]+') do
    if attempt == ARGV[2] then isMeant = true else others[#others + 1] = attempt end
  end
  if #others > 0 then redis.call('HSET', key, 'ra', table.concat(others, ',')) end
  if not isMeant or #others > 0 then return {now, 0} end
  redis.call('HSET', key, 'rh', ARGV[4], 'rx', ARGV[6], 'n', generation)
  redis.call('HSET', key, 'k', redis.call('HGET', key, 'kp'))
  redis.call('HDEL', key, 'rt', 'ra', 'ro')
  -- Its client had it, so it needs no repeat of the refresh before; and that one may have been revoked.
  local before, older = string.match(f[7] or '', '^(%d+),?(.*)$')
  if before then redis.call('HSET', key, 'rt', before, 'ro', older, 'rv', 1) end
end
removeAccessTokens()
expire()
return {now, 1}
`,
)
