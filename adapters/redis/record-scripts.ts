import { createScript, type Script } from './script.ts'

// A record is a hash: p payload; c consumed when, ca by which attempt; a stored by which attempt (insert);
// v which version of it (swap, destroy); d, instead of all of it, removed by which attempt. A command that was sent again after a broken
// connection has the attempt of the first, and gets its answer.

/** ARGV: deadline, payload, lifetime in milliseconds or empty, 1 to store only over an existing one, version or empty. */
export const upsertScript: Script = createScript(
  'record.upsert',
  '',
  `
if ARGV[4] == '1' and redis.call('HEXISTS', key, 'p') == 0 then return {now, 0} end
if ARGV[5] == '' then
  redis.call('HDEL', key, 'd', 'v')
  redis.call('HSET', key, 'p', ARGV[2])
else
  redis.call('HDEL', key, 'd')
  redis.call('HSET', key, 'p', ARGV[2], 'v', ARGV[5])
end
if ARGV[3] == '' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ARGV[3]) end
return {now, 1}
`,
)

/** ARGV: deadline, payload, lifetime in milliseconds or empty, attempt, version or empty. */
export const insertScript: Script = createScript(
  'record.insert',
  '',
  `
local found = redis.call('HMGET', key, 'p', 'a')
if found[1] then return {now, found[2] == ARGV[4] and 1 or 0} end
redis.call('DEL', key)
redis.call('HSET', key, 'p', ARGV[2], 'a', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', key, 'v', ARGV[5]) end
if ARGV[3] ~= '' then redis.call('PEXPIRE', key, ARGV[3]) end
return {now, 1}
`,
)

/** ARGV: deadline, payload, version, version of what it replaces or empty, lifetime in milliseconds or empty. The version tells a command that was sent again. */
export const swapScript: Script = createScript(
  'record.swap',
  '',
  `
local found = redis.call('HMGET', key, 'p', 'v')
if not found[1] then return {now, 0} end
if found[2] == ARGV[3] then return {now, 1} end
if (found[2] or '') ~= ARGV[4] then return {now, 0} end
redis.call('HSET', key, 'p', ARGV[2], 'v', ARGV[3])
if ARGV[5] == '' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ARGV[5]) end
return {now, 1}
`,
)

/** ARGV: deadline, payload as it was read, the same payload sealed anew. */
export const resealScript: Script = createScript(
  'record.reseal',
  '',
  `
if redis.call('HGET', key, 'p') == ARGV[2] then redis.call('HSET', key, 'p', ARGV[3]) end
return {now}
`,
)

/** ARGV: deadline. */
export const findScript: Script = createScript(
  'record.find',
  'allow-oom',
  `
local found = redis.call('HMGET', key, 'p', 'c')
return {now, found[1], found[2]}
`,
)

/** ARGV: deadline, attempt. */
export const consumeScript: Script = createScript(
  'record.consume',
  '',
  `
local found = redis.call('HMGET', key, 'p', 'c', 'ca')
if not found[1] then return {now, 0} end
if found[2] then return {now, found[3] == ARGV[2] and 1 or 0} end
redis.call('HSET', key, 'c', now, 'ca', ARGV[2])
return {now, 1}
`,
)

const destroy = `
local found = redis.call('HMGET', key, 'p', 'd', 'v')
if not found[1] then return {now, found[2] == ARGV[2] and 1 or 0} end
if ARGV[3] ~= '' and found[3] ~= ARGV[3] then return {now, 0} end
redis.call('DEL', key)
redis.call('HSET', key, 'd', ARGV[2])
redis.call('PEXPIRE', key, 10000)
return {now, 1}
`

/** ARGV: deadline, attempt, version or empty. A mark stays just long enough for a command that is sent again. */
export const destroyScript: Script = createScript('record.destroy', 'allow-oom', destroy)

/** The same for what is destroyed to be followed by something: not while Redis has no memory for that. */
export const replaceScript: Script = createScript('record.replace', '', destroy)
