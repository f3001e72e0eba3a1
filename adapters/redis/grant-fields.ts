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

/**
 * Fields are read with one command, and what was changed is written with two: each command costs time. `expire` needs the fields
 * that it names.
 */
export const fields: string = `
local f, changes = {}, {}
local function read(...)
  local names = {...}
  for i, value in ipairs(redis.call('HMGET', key, ...)) do f[names[i]] = value or nil end
end
local function set(...)
  local given = {...}
  for i = 1, #given, 2 do
    local field, value = given[i], given[i + 1]
    f[field], changes[field] = value, value
  end
end
local function drop(...)
  for _, field in ipairs({...}) do
    if f[field] then f[field], changes[field] = nil, false end
  end
end
local function write()
  local values, names = {}, {}
  for field, value in pairs(changes) do
    if value then
      values[#values + 1] = field
      values[#values + 1] = value
    else
      names[#names + 1] = field
    end
  end
  if #names > 0 then redis.call('HDEL', key, unpack(names)) end
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

/** Takes `ae` from {@link fields}. Large values are not read: every one that a script sees is copied and hashed. */
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
        changes[field] = false
      else
        count = count + 1
        if not firstEnd or e < firstEnd then first, firstEnd = field, e end
      end
    end
  end
  if count >= ${maxAccessTokens} then changes[first] = false end
  set('a:' .. name, tokenEnd .. ':' .. payload, 'ae', math.max(tonumber(f.ae or 0), tokenEnd))
end
local function removeAccessTokens()
  local removed = findAccessTokens()
  for _, field in ipairs(removed) do changes[field] = false end
  tokens = {}
  drop('ae')
  return #removed
end
`
