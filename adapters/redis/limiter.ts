import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { Limiter, LimiterRule } from '../../lib/storage.ts'
import type { Commands } from './commands.ts'
import { createScript, type Script } from './script.ts'

// RateLimiterRedis counts. Its script runs as all others do, with a deadline: an attempt that waited until Redis was back must not
// count when its sender has long been told that nothing happened.

/** ARGV: deadline, how many more, seconds. The answer is that of the script of RateLimiterRedis: the count, and milliseconds to its end. */
const countScript: Script = createScript(
  'limit.count',
  '',
  `
redis.call('SET', key, 0, 'EX', ARGV[3], 'NX')
local count = redis.call('INCRBY', key, ARGV[2])
return {now, count, redis.call('PTTL', key)}
`,
)

/** Counts in Redis, so that all processes share what they count. Each key is a number with an end. */
export function createRedisLimiter(
  commands: Commands,
  prefix: string,
): (rule: LimiterRule) => Limiter {
  const storeClient = {
    rlflxIncr: ([key = '', more = '', seconds = '']: readonly string[]) =>
      commands.run(countScript, key, more, seconds),
  }
  return ({ name, count: points, seconds: duration }) => {
    const keyPrefix = `${prefix}limit:${name}`
    const limiter = new RateLimiterRedis({ storeClient, keyPrefix, points, duration })
    return {
      async count(key, times = 1) {
        // Unlike `consume`, it also says how many there are above the limit.
        const { consumedPoints, msBeforeNext } = await limiter.penalty(key, times)
        return { count: consumedPoints, endsIn: msBeforeNext }
      },
      async giveBack(key) {
        await limiter.reward(key)
      },
    }
  }
}
