import type { RedisClient } from './commands.ts'

const mended = new WeakSet<RedisClient>()

/**
 * Keeps a client that Sentinel tells of a failover (`failoverDetector`) from ending for good.
 *
 * It leaves its connection when it is told. Where it has lost that already and is asking a Sentinel for the next
 * one, ioredis 6.0.0 takes this for the wish to end, so it must not be told until it has a connection again.
 */
export function outliveFailovers(client: RedisClient): void {
  if (!('sentinels' in client.options && client.options.sentinels) || mended.has(client)) return
  mended.add(client)
  // There is no connection to end, only what listens to the Sentinels; the next connection listens anew.
  client.on('reconnecting', () => client.disconnect(true))
}
