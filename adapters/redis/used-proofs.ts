import type { UsedProofs } from '../../lib/storage.ts'
import { isOne } from './commands.ts'
import { toMilliseconds, type StoreParts } from './places.ts'
import { createAttempt, createScript, type Script } from './script.ts'

// The proofs of a client are one sorted set: keyed hashes of their ids, by their ends. Beside each is, for ten seconds, the
// attempt that stored it: a command that was sent again after a broken connection gets the answer of the first.

/** ARGV: deadline, name, attempt, lifetime in milliseconds, how many there may be. */
const useScript: Script = createScript(
  'proof.use',
  '',
  `
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
if redis.call('ZSCORE', key, ARGV[2]) then
  return {now, redis.call('ZSCORE', key, ARGV[3]) and 1 or 0}
end
redis.call('ZADD', key, now + ARGV[4], ARGV[2], now + 10000, ARGV[3])
local over = redis.call('ZCARD', key) - ARGV[5]
if over > 0 then redis.call('ZPOPMIN', key, over) end
redis.call('PEXPIREAT', key, redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
return {now, 1}
`,
)

/**
 * Used proofs, which all processes with the same Redis and keys share. At the limit, a new proof pushes out the oldest of the
 * same client.
 *
 * @param most - how many are remembered of one client
 */
export function createUsedProofs(
  { commands, keys, known, prefix }: StoreParts,
  most: number,
): UsedProofs {
  /** One under each key, in the same order in all processes: if several try at once, one of them gets all places. */
  const placesOf = (clientId: string, id: string): readonly (readonly [string, string])[] => {
    const names = keys.names('used-proof', id)
    return keys
      .names('used-proofs', clientId)
      .map((name, index) => [`${prefix}used-proofs:${name}`, String(names[index])] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
  }
  return {
    async use({ clientId, id, lifetime }) {
      await known.announce()
      await known.check()
      const attempt = createAttempt()
      const life = toMilliseconds(lifetime)
      for (const [key, name] of placesOf(clientId, id)) {
        if (!isOne(await commands.run(useScript, key, name, attempt, life, most))) return false
      }
      return true
    },
  }
}
