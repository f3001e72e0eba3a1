import { createScript, type Script } from './script.ts'

// An index is a sorted set of names by the end of what they name, in milliseconds since the epoch.

/** ARGV: deadline, name. For what has no end. */
export const keepScript: Script = createScript(
  'index.keep',
  '',
  `
redis.call('ZADD', key, '+inf', ARGV[2])
return {now}
`,
)

/** ARGV: deadline, lifetime, name. For an entry with an end, among others without an end. */
export const keepUntilScript: Script = createScript(
  'index.keep-until',
  '',
  `
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
redis.call('ZADD', key, now + ARGV[2], ARGV[3])
return {now}
`,
)

/** ARGV: deadline. All whose end has not come. */
export const keptScript: Script = createScript(
  'index.kept',
  'allow-oom',
  `
return {now, redis.call('ZRANGEBYSCORE', key, now, '+inf')}
`,
)

/** ARGV: deadline, first rank, last rank. */
export const indexedScript: Script = createScript(
  'index.list',
  'allow-oom',
  `
return {now, redis.call('ZRANGE', key, ARGV[2], ARGV[3])}
`,
)

/** ARGV: deadline, name, and so on. */
export const unindexScript: Script = createScript(
  'index.remove',
  'allow-oom',
  `
redis.call('ZREM', key, unpack(ARGV, 2))
return {now}
`,
)
