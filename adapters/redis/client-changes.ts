import type { RecordStorage, Storage } from '../../lib/storage.ts'
import type { RedisClient } from './commands.ts'

const channelOf = (prefix: string): string => `${prefix}client-changed`

/** Tells every process when a client was changed. */
export function announceClientChanges(
  client: RedisClient,
  prefix: string,
  records: RecordStorage,
): RecordStorage {
  const announce = async (id: string): Promise<void> => {
    // Who does not hear of it finds out when the client is read again.
    await client.publish(channelOf(prefix), id).catch(() => undefined)
  }
  return {
    ...records,
    async upsert(id, payload, lifetime) {
      await records.upsert(id, payload, lifetime)
      await announce(id)
    },
    async destroy(id) {
      const isDone = await records.destroy(id)
      await announce(id)
      return isDone
    },
  }
}

/** Listens for what other processes changed. */
export function onClientChange(
  subscriber: RedisClient,
  prefix: string,
): NonNullable<Storage['onClientChange']> {
  const channel = channelOf(prefix)
  return (listener) => {
    subscriber.on('message', (from: string, clientId: string) => {
      if (from === channel) listener(clientId)
    })
    const subscribe = (): void => void subscriber.subscribe(channel).catch(() => undefined)
    subscriber.on('ready', subscribe)
    if (subscriber.status === 'ready' || subscriber.status === 'wait') subscribe()
  }
}
