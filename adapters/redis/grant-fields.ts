// A grant is a hash with all that belongs to it:
//   p payload, sealed
//   c, r payload of the code and of the refresh token, sealed
//   ro when the earlier predecessors of the refresh token were first used, newest first, for the length of the overlap
//   a:NAME access token: end, a colon, payload, sealed
//   g all short values, each as a space, its name, an equals sign, and the value:
//     ge end of the grant, ic and is its names in the two indexes
//     ch name of the code, ce end, cu used when, ca by which attempt
//     rh name of the refresh token, rx name of its successor, re end, n generation,
//     k, kp ids of the storage keys that derive it and its successor,
//     rt rotated when, ra by which attempts: the refresh and its repeats,
//     ru 1 once its access token was seen in use, rv 1 once one was revoked
//     lu last seen in use when, ae the latest end of all access tokens
//   xa, xg, ic, is instead of all of it: ended by which attempt, payload
// Times are milliseconds since the epoch. Names are keyed hashes of the values.
//
// In a grant of the version before, each short value has a field of its own, and g is the payload. Its next change moves it. A
// process of that version mostly answers 503 for the new form, because it cannot open the new g, but its scripts take it for a
// grant that is gone: no such process may run beside this one.

/** How long a grant without a code or token is kept, in milliseconds. */
const emptyLifetime = 86_400_000

/** How many access tokens a grant has at most: the one that ends first makes room. */
const maxAccessTokens = 64

/**
 * `f` has the short values, and `large` what is to be written of the other fields: false to remove one. Short values are read with one
 * command, and all is written with one or two, because each command costs time. A field for each would cost about 60 bytes more.
 * All but `read` need it to be called first.
 */
export const fields: string = `
local f, large, isChanged = {}, {}, false
-- The short values of a grant of the version before.
local oldFields
local function read()
  local state, grantEnd = unpack(redis.call('HMGET', key, 'g', 'ge'))
  if grantEnd then
    oldFields = {
      'ge', 'ic', 'is', 'ch', 'ce', 'cu', 'ca', 'rh', 'rx', 're', 'n', 'k', 'kp', 'rt', 'ra', 'ru', 'rv', 'lu', 'ae',
    }
    for i, value in ipairs(redis.call('HMGET', key, unpack(oldFields))) do f[oldFields[i]] = value or nil end
  elseif state then
    for name, value in string.gmatch(state, ' (%w+)=(%S*)') do f[name] = value end
  end
end
local function readPayload()
  return redis.call('HGET', key, oldFields and 'g' or 'p')
end
local function set(...)
  local given = {...}
  for i = 1, #given, 2 do f[given[i]] = given[i + 1] end
  isChanged = true
end
local function drop(...)
  for _, name in ipairs({...}) do f[name] = nil end
  isChanged = true
end
local function dropCode()
  large.c = false
  drop('ch', 'ce', 'cu', 'ca')
end
local function dropEndedCode()
  if f.ce and tonumber(f.ce) <= now then dropCode() end
end
local function write()
  local values, removed = {}, {}
  if oldFields and isChanged then
    large.p = large.p or readPayload()
    removed = oldFields
  end
  for field, value in pairs(large) do
    if value then
      values[#values + 1] = field
      values[#values + 1] = value
    else
      removed[#removed + 1] = field
    end
  end
  if isChanged then
    local state = {}
    for name, value in pairs(f) do state[#state + 1] = ' ' .. name .. '=' .. value end
    values[#values + 1] = 'g'
    values[#values + 1] = table.concat(state)
  end
  if #removed > 0 then redis.call('HDEL', key, unpack(removed)) end
  if #values > 0 then redis.call('HSET', key, unpack(values)) end
end
-- The key lives as long as anything in it is of use, and no longer than the grant.
local function expire()
  local last = math.max(tonumber(f.re or 0), tonumber(f.ae or 0))
  if f.ce and not f.cu then last = math.max(last, tonumber(f.ce)) end
  if last == 0 then last = now + ${emptyLifetime} end
  redis.call('PEXPIREAT', key, math.min(last, tonumber(f.ge)))
end
`

/** Needs {@link fields}. Large values are not read: every one that a script sees is copied and hashed. */
export const accessTokens: string = `
local tokens
local function findAccessTokens()
  if tokens then return tokens end
  tokens = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'a:' then tokens[#tokens + 1] = field end
  end
  return tokens
end
local function storeAccessToken(name, payload, tokenEnd)
  local count, first, firstEnd = 0, nil, nil
  for _, field in ipairs(findAccessTokens()) do
    if field ~= 'a:' .. name then
      local e = tonumber(string.match(redis.call('HGET', key, field), '^%d+'))
      if e <= now then
        large[field] = false
      else
        count = count + 1
        if not firstEnd or e < firstEnd then first, firstEnd = field, e end
      end
    end
  end
  if count >= ${maxAccessTokens} then large[first] = false end
  large['a:' .. name] = tokenEnd .. ':' .. payload
  set('ae', math.max(tonumber(f.ae or 0), tokenEnd))
end
local function removeAccessTokens()
  local removed = findAccessTokens()
  for _, field in ipairs(removed) do large[field] = false end
  tokens = {}
  drop('ae')
  return #removed
end
`
