import type { RecordStorage, Storage } from '../../lib/storage.ts'
import type { RedisClient } from './commands.ts'

/** Tells of clients that were stored or removed. */
export interface ClientChanges {
  readonly onClientChange: Storage['onClientChange']
  /** The same records, which tell of every change. */
  announcing(records: RecordStorage): RecordStorage
}

interface Parts {
  readonly client: RedisClient
  readonly prefix: string
  readonly subscriber: RedisClient | undefined
}

/** Tells of changes in this process, and with a subscriber of those in all others. */
export function createClientChanges({ client, prefix, subscriber }: Parts): ClientChanges {
  const channel = `${prefix}client-changed`
  const listeners = new Set<(clientId: string) => void>()
  const tell = (id: string): void => listeners.forEach((listener) => listener(id))

  const changing = async <T>(id: string, change: () => Promise<T>): Promise<T> => {
    try {
      return await change()
    } finally {
      // Also after an error: the change may have been made.
      tell(id)
      // Who does not hear of it finds out when the client is read again.
      void client.publish(channel, id).catch(() => undefined)
    }
  }
  if (subscriber) listen(subscriber, channel, tell)

  return {
    onClientChange: (listener) => void listeners.add(listener),
    announcing: (records) => ({
      ...records,
      upsert: (id, payload, lifetime) => changing(id, () => records.upsert(id, payload, lifetime)),
      insert: (id, payload, lifetime) => changing(id, () => records.insert(id, payload, lifetime)),
      swap: (id, payload, from, lifetime) =>
        changing(id, () => records.swap(id, payload, from, lifetime)),
      destroy: (id, version) => changing(id, () => records.destroy(id, version)),
    }),
  }
}

function listen(subscriber: RedisClient, channel: string, tell: (id: string) => void): void {
  subscriber.on('message', (from: string, id: string) => {
    if (from === channel) tell(id)
  })
  const subscribe = (): void => void subscriber.subscribe(channel).catch(() => undefined)
  subscriber.on('ready', subscribe)
  if (subscriber.status === 'ready' || subscriber.status === 'wait') subscribe()
}
