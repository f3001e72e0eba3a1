import type { RedisClient } from './commands.ts'

const mended = new WeakSet<RedisClient>()

/**
 * Keeps a client that Sentinel tells of a failover (`failoverDetector`) from ending for good.
 *
 * The client leaves its connection when it is told. If it has already lost the connection and asks a Sentinel for the next one,
 * ioredis 6.0.0 takes the call for the wish to end. So it must not be told until it has a connection again.
 */
export function outliveFailovers(client: RedisClient): void {
  if (!('sentinels' in client.options && client.options.sentinels) || mended.has(client)) return
  mended.add(client)
  // No connection has to end, only the listener at the Sentinels. The next connection listens again.
  client.on('reconnecting', () => client.disconnect(true))
}
