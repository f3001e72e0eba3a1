import { accessTokens, fields } from './grant-fields.ts'
import { createScript, type Script } from './script.ts'

// grant-fields.ts lists the fields of a grant.

/** How many times of first use a grant keeps at most: a client that refreshes faster loses the overlap of the oldest. */
const maxUses = 1000

/** How long the list of attempts of one refresh gets at most, in characters: after so many, it is not undone any more. */
const maxAttempts = 1000

/** When the earlier predecessors were first used. */
const earlierUses = `
local function readEarlierUses()
  return redis.call('HGET', key, 'ro') or ''
end
`

/**
 * ARGV: deadline, attempt, kind of the used token (c or r), its names under every key, its generation, retry window;
 * refresh token: names, payload, lifetime, name of its successor; access token: name, payload, lifetime; id of the
 * storage key, overlap. Lists are separated by commas; a token that is not issued is empty.
 */
export const exchangeScript: Script = createScript(
  'grant.exchange',
  '',
  `${fields}${accessTokens}${earlierUses}
local function has(names, name)
  return name and string.find(',' .. names .. ',', ',' .. name .. ',', 1, true) ~= nil
end
read()
if not f.ge then return {now, 'gone'} end
local attempt, generation = ARGV[2], tonumber(ARGV[5])
local window, overlap = tonumber(ARGV[6]), tonumber(ARGV[15])

local function storeRefreshToken(n, keyOfUsed)
  if ARGV[7] == '' then return end
  large.r = ARGV[8]
  set('rh', string.match(ARGV[7], '^[^,]+'), 'rx', ARGV[10], 're', now + ARGV[9], 'n', n)
  set('k', ARGV[14], 'kp', keyOfUsed or ARGV[14])
end
-- Times of first use, newest first, of the generations before the one that is used now. Each has 13 digits until the year
-- 2286. A client that refreshes all the time has hundreds of them, so only those at the end are looked at.
local function keepUses(...)
  local parts = {}
  for _, part in ipairs({...}) do
    if part ~= '' then parts[#parts + 1] = part end
  end
  local uses = table.concat(parts, ',')
  local length = math.min(#uses, ${maxUses} * 14 - 1)
  if length > 0 and now - tonumber(string.sub(uses, 1, 13)) > overlap then length = 0 end
  while length > 0 and now - tonumber(string.sub(uses, length - 12, length)) > overlap do
    length = length - 14
  end
  large.ro = length > 0 and string.sub(uses, 1, length)
end
-- When the refresh token so many generations back was first used.
local function firstUse(back)
  if back == 1 then return tonumber(f.rt) end
  local start = (back - 2) * 14 + 1
  return tonumber(string.sub(readEarlierUses(), start, start + 12))
end
local function finish(result)
  if ARGV[11] ~= '' then storeAccessToken(ARGV[11], ARGV[12], now + ARGV[13]) end
  write()
  expire()
  return {now, result}
end

if ARGV[3] == 'c' then
  if not has(ARGV[4], f.ch) or tonumber(f.ce) <= now then return {now, 'gone'} end
  if f.cu then return {now, f.ca == attempt and 'exchanged' or 'used'} end
  set('cu', now, 'ca', attempt)
  storeRefreshToken(0, f.k)
  return finish('exchanged')
end

if not f.rh then return {now, 'gone'} end
local current = tonumber(f.n)
local isCurrent = current == generation and has(ARGV[4], f.rh)
local isForgotten = current == generation - 1 and has(ARGV[4], f.rx)
if isCurrent or isForgotten then
  removeAccessTokens()
  -- A forgotten token was never stored, so the newest key derives what comes after it.
  storeRefreshToken(generation + 1, not isForgotten and f.k)
  keepUses(isForgotten and now or '', f.rt or '', readEarlierUses())
  set('rt', now, 'ra', attempt, 'lu', now)
  drop('ru', 'rv', 'ca')
  dropEndedCode()
  return finish('exchanged')
end
local back = current - generation
if back < 1 then return {now, 'used'} end
if back == 1 and has(f.ra or '', attempt) then
  return {now, string.find(f.ra, attempt, 1, true) == 1 and 'exchanged' or 'repeated'}
end
local first = firstUse(back)
local inOverlap = overlap > 0 and first and now - first <= overlap
local inWindow = window > 0 and first and now - first <= window and back == 1 and not f.ru
if not (inOverlap or inWindow) then return {now, 'replayed'} end
if back > 1 or f.rv or not has(ARGV[7], f.rh) then return {now, 'used'} end
-- It is undone once nobody has it: if each of these attempts is undone.
local attempts = (f.ra or 'unknown') .. ',' .. attempt
set('ra', #attempts > ${maxAttempts} and 'many' or attempts)
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
  `${fields}${accessTokens}${earlierUses}
read()
if not f.ge or f.ru or f.rv then return {now, 0} end
local generation = tonumber(ARGV[5])
if ARGV[3] == 'c' then
  if f.ca ~= ARGV[2] or (f.n and f.n ~= '0') or f.ra then return {now, 0} end
  large.r = false
  drop('cu', 'ca', 'rh', 'rx', 're', 'n', 'k', 'kp')
else
  if tonumber(f.n) ~= generation + 1 then return {now, 0} end
  local isMeant, others = false, {}
  for attempt in string.gmatch(f.ra or '', '[^,]+') do
    if attempt == ARGV[2] then isMeant = true else others[#others + 1] = attempt end
  end
  if #others > 0 then
    set('ra', table.concat(others, ','))
    write()
  end
  if not isMeant or #others > 0 then return {now, 0} end
  set('rh', ARGV[4], 'rx', ARGV[6], 'n', generation, 'k', f.kp)
  -- Its client had it, so it needs no repeat of the refresh before; and that one may have been revoked.
  local before, older = string.match(readEarlierUses(), '^(%d+),?(.*)$')
  drop('rt', 'ra')
  large.ro = older ~= '' and older
  if before then set('rt', before, 'rv', 1) end
end
removeAccessTokens()
write()
expire()
return {now, 1}
`,
)
