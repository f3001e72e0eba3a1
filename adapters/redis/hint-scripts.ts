import { createScript, type Script } from './script.ts'

// A hint is for a subject with many grants. It names a few of them that tell as much as all. It is in the index of the subject, behind
// all entries, so that one script keeps both in step. Each member has less than 64 bytes, as small sorted sets need:
//   hint ID AT TO
//   CLIENT.GRANT=p for a grant that was picked, otherwise CLIENT.GRANT=TIME, when it was named
// AT is when it was last made of all (0 until then), TO the end up to which it knows the index.

/** Above all ends. */
const score = 9e15

/** How many grants a hint names at most: one that nobody reads grows no further. */
export const mostNamed = 200
/** Milliseconds after which a hint is made anew for the next reader, and after which it is worth nothing. */
const freshTime = 3_600_000
const lifetime = 86_400_000

/** `lastEnd` is the latest end in the index, `members` are those of the hint. */
const hints = `
local hint, lastEnd, members
local named, count, added, removed = {}, 0, {}, {}
local function readHint()
  members = {}
  lastEnd = tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
  if not lastEnd or lastEnd < ${score} then return end
  lastEnd = tonumber(redis.call('ZREVRANGEBYSCORE', key, '(${score}', '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2])
  members = redis.call('ZRANGEBYSCORE', key, ${score}, ${score})
  for _, member in ipairs(members) do
    local id, at, to = string.match(member, '^hint (%S+) (%d+) (%d+)')
    if id then
      hint = {head = member, id = id, at = tonumber(at), to = tonumber(to)}
    else
      local entry, value = string.match(member, '^(.+)=(%w+)')
      named[entry] = value
      count = count + 1
    end
  end
end
local function dropHint()
  redis.call('ZREMRANGEBYSCORE', key, ${score}, ${score})
end
local function add(member)
  added[#added + 1] = ${score}
  added[#added + 1] = member
end
local function name(entry, value)
  if named[entry] then removed[#removed + 1] = entry .. '=' .. named[entry] end
  if value then add(entry .. '=' .. value) end
end
local function writeHint()
  local head = 'hint ' .. hint.id .. ' ' .. hint.at .. ' ' .. hint.to
  if head ~= hint.head then
    removed[#removed + 1] = hint.head
    add(head)
  end
  if #removed > 0 then redis.call('ZREM', key, unpack(removed)) end
  if #added > 0 then redis.call('ZADD', key, unpack(added)) end
end
`

/**
 * ARGV: deadline, lifetime, entry. Adds to an index. If it has a hint, the hint is gone if it has grown too much or is behind, or if a
 * grant that it names is stored anew.
 */
export const addScript: Script = createScript(
  'index.add',
  '',
  `${hints}
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
readHint()
local to = math.max(lastEnd or 0, now + ARGV[2])
redis.call('ZADD', key, now + ARGV[2], ARGV[3])
redis.call('PEXPIREAT', key, to)
if not hint then return {now} end
if hint.to < (lastEnd or 0) or named[ARGV[3]] or count >= ${mostNamed} then
  dropHint()
else
  name(ARGV[3], now)
  hint.to = to
  writeHint()
end
return {now}
`,
)

/** ARGV: deadline, entry, and so on. Removes grants. One that was picked stays in the hint: its reader sees that it has ended. */
export const removeScript: Script = createScript(
  'index.remove-grants',
  'allow-oom',
  `${hints}
redis.call('ZREM', key, unpack(ARGV, 2))
readHint()
if not lastEnd then
  dropHint()
  return {now}
end
for i = 2, #ARGV do
  if named[ARGV[i]] ~= 'p' then name(ARGV[i]) end
end
if hint then writeHint() end
return {now}
`,
)

/**
 * ARGV: deadline, how many grants are few. Answers 0 and all entries if they are few, 1 if there is no hint that is of use, and
 * otherwise 2, the members of the hint, and whether the caller has to make it anew.
 */
export const lookScript: Script = createScript(
  'subject.look',
  'allow-oom',
  `${hints}
readHint()
local all = redis.call('ZCARD', key) - #members
if all == 0 then dropHint() end
if all <= tonumber(ARGV[2]) then
  return {now, 0, redis.call('ZRANGEBYSCORE', key, '-inf', '(${score}')}
end
-- A process of an earlier version adds grants, and does not name them.
if not hint or now - hint.at > ${lifetime} or hint.to < lastEnd then return {now, 1} end
local isOld = now - hint.at > ${freshTime}
if isOld then
  hint.at = now
  writeHint()
end
return {now, 2, members, isOld and 1 or 0}
`,
)

/** ARGV: deadline, id of a new hint. Begins one, unless there is one. Answers its id, the grants that it names, and all entries. */
export const beginScript: Script = createScript(
  'subject.begin',
  'allow-oom',
  `${hints}
readHint()
if not lastEnd then return {now, '', {}, {}} end
if not hint or hint.to < lastEnd then
  dropHint()
  named = {}
  hint = {id = ARGV[2], at = 0, to = lastEnd}
  writeHint()
end
local entries = {}
for entry in pairs(named) do entries[#entries + 1] = entry end
return {now, hint.id, entries, redis.call('ZRANGEBYSCORE', key, '-inf', '(${score}')}
`,
)

/**
 * ARGV: deadline, id, whether it is made of all, how many names to remove, those, and names with their values. Writes nothing if the
 * hint is gone.
 */
export const writeScript: Script = createScript(
  'subject.write',
  'allow-oom',
  `${hints}
readHint()
if not hint or hint.id ~= ARGV[2] then return {now} end
local last = 4 + ARGV[4]
for i = 5, last do name(ARGV[i]) end
for i = last + 1, #ARGV, 2 do name(ARGV[i], ARGV[i + 1]) end
if ARGV[3] == '1' then hint.at = now end
writeHint()
return {now}
`,
)
