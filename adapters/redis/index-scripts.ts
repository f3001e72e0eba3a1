import { createScript, type Script } from './script.ts'

// An index is a sorted set of names by the end of what they name, in milliseconds since the epoch.

/** In the index of a subject that has a hint: whoever adds a grant must note it there. It names no grant. */
export const hintMark = 'hinted'

/** ARGV: deadline, lifetime, name. Answers whether there is a hint. */
export const indexScript: Script = createScript(
  'index.add',
  '',
  `
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
redis.call('ZADD', key, now + ARGV[2], ARGV[3])
redis.call('PEXPIREAT', key, redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
return {now, redis.call('ZSCORE', key, '${hintMark}') and 1 or 0}
`,
)

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

/** ARGV: deadline, how many names are few, how many to answer if there are more. Those that end last, with their ends. */
export const lastIndexedScript: Script = createScript(
  'index.last',
  'allow-oom',
  `
local isHinted = redis.call('ZSCORE', key, '${hintMark}')
local isMany = redis.call('ZCARD', key) - (isHinted and 1 or 0) > tonumber(ARGV[2])
return {now, isMany and 1 or 0, redis.call('ZRANGE', key, isMany and -ARGV[3] or 0, -1, 'WITHSCORES')}
`,
)

/** ARGV: deadline, least end, how many names. The names with their ends. */
export const indexedAfterScript: Script = createScript(
  'index.after',
  'allow-oom',
  `
return {now, redis.call('ZRANGEBYSCORE', key, ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])}
`,
)

/** ARGV: deadline, lifetime of the mark. Marks that there is a hint. All names with their ends. */
export const markScript: Script = createScript(
  'index.mark',
  'allow-oom',
  `
redis.call('ZADD', key, now + ARGV[2], '${hintMark}')
return {now, redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')}
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
