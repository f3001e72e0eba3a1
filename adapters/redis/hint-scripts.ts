import { createScript, type Script } from './script.ts'

// A hint is for a subject with many grants. It names a few of them that tell as much as all. It is the last member of the index of
// the subject, so that a grant is in both or in neither:
//   hint ID AT TO, and then for each grant that it names: a space, CLIENT.GRANT, an equals sign, and
//     p if it was picked, otherwise the time when it was named
// AT is when it was last made of all (0 until then), TO the end up to which it knows the index.

/** Above all ends. */
const score = 9e15

/** How many grants a hint names at most: one that nobody reads grows no further. */
export const mostNamed = 200
/** Milliseconds after which a hint is made anew for the next reader, and after which it is worth nothing. */
const freshTime = 3_600_000
const lifetime = 86_400_000

/** `lastEnd` is the latest end in the index. */
const hints = `
local text, hint, lastEnd
local named, count = {}, 0
local function readHint()
  local last = redis.call('ZRANGE', key, -2, -1, 'WITHSCORES')
  lastEnd = tonumber(last[#last])
  if not lastEnd or lastEnd < ${score} then return end
  text, lastEnd = last[#last - 1], tonumber(last[#last - 2])
  local id, at, to = string.match(text, '^hint (%S+) (%d+) (%d+)')
  hint = {id = id, at = tonumber(at), to = tonumber(to)}
  for name, value in string.gmatch(text, ' ([^ =]+)=(%w+)') do
    named[name] = value
    count = count + 1
  end
end
local function dropHint()
  if text then redis.call('ZREM', key, text) end
end
local function writeHint()
  dropHint()
  local parts = {'hint ' .. hint.id .. ' ' .. hint.at .. ' ' .. hint.to}
  for name, value in pairs(named) do parts[#parts + 1] = name .. '=' .. value end
  redis.call('ZADD', key, ${score}, table.concat(parts, ' '))
end
`

/** ARGV: deadline, lifetime, entry. Adds a grant. A hint is gone if it has grown too much or is behind, or if a grant that it names is stored anew. */
export const addScript: Script = createScript(
  'subject.add',
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
  named[ARGV[3]] = now
  hint.to = to
  writeHint()
end
return {now}
`,
)

/** ARGV: deadline, entry, and so on. Removes grants. One that was picked stays in the hint: its reader sees that it has ended. */
export const removeScript: Script = createScript(
  'subject.remove',
  'allow-oom',
  `${hints}
redis.call('ZREM', key, unpack(ARGV, 2))
readHint()
if not lastEnd then
  dropHint()
  return {now}
end
local isChanged = false
for i = 2, #ARGV do
  if named[ARGV[i]] and named[ARGV[i]] ~= 'p' then
    named[ARGV[i]] = nil
    isChanged = true
  end
end
if isChanged then writeHint() end
return {now}
`,
)

/**
 * ARGV: deadline, how many grants are few. Answers all entries if they are few, or otherwise the hint, if there is one that is of use,
 * and whether the caller has to make it anew.
 */
export const lookScript: Script = createScript(
  'subject.look',
  'allow-oom',
  `${hints}
readHint()
local all = redis.call('ZCARD', key) - (hint and 1 or 0)
if all == 0 then
  dropHint()
  return {now, {}}
end
if all <= tonumber(ARGV[2]) then return {now, redis.call('ZRANGE', key, 0, all - 1)} end
-- A process of an earlier version adds grants, and does not name them.
if not hint or now - hint.at > ${lifetime} or hint.to < lastEnd then return {now, 0, 0} end
local isOld = now - hint.at > ${freshTime}
if isOld then
  hint.at = now
  writeHint()
end
return {now, text, isOld and 1 or 0}
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
  named = {}
  hint = {id = ARGV[2], at = 0, to = lastEnd}
  writeHint()
end
local names = {}
for name in pairs(named) do names[#names + 1] = name end
return {now, hint.id, names, redis.call('ZRANGE', key, 0, -2)}
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
for i = 5, last do named[ARGV[i]] = nil end
for i = last + 1, #ARGV, 2 do named[ARGV[i]] = ARGV[i + 1] end
if ARGV[3] == '1' then hint.at = now end
writeHint()
return {now}
`,
)
