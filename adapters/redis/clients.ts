import type { RecordStorage, Storage } from '../../lib/storage.ts'
import type { RedisClient } from './commands.ts'
import { keepScript, keepUntilScript, keptScript, unindexScript } from './index-scripts.ts'
import { toMilliseconds, type StoreParts } from './places.ts'
import { createRecordStorage } from './records.ts'

interface ClientParts extends StoreParts {
  readonly redis: RedisClient
  readonly subscriber: RedisClient | undefined
}

/** How much longer a client is listed than it is there, in milliseconds. */
const margin = 60_000

/**
 * Clients: records that are listed. Every change is told in this process, and with a subscriber also every change in another
 * process.
 */
export function createClientRecords(
  parts: ClientParts,
): Pick<Storage, 'onClientChange'> & { readonly records: RecordStorage } {
  const { commands, prefix } = parts
  const { changing, onClientChange } = createChanges(parts)
  const records = createRecordStorage(parts, 'Client')
  // A client is in the index before its record is stored, and until its record is gone. So the index never lacks a client.
  const index = `${prefix}client-ids`
  const write = <T>(
    id: string,
    lifetime: number | undefined,
    store: () => Promise<T>,
  ): Promise<T> =>
    changing(id, async () => {
      // Also for a swap: the entry may have an end, and the record must not outlive it.
      await (lifetime === undefined
        ? commands.run(keepScript, index, id)
        : commands.run(keepUntilScript, index, toMilliseconds(lifetime) + margin, id))
      return store()
    })
  return {
    onClientChange,
    records: {
      ...records,
      upsert: (id, payload, lifetime) =>
        write(id, lifetime, () => records.upsert(id, payload, lifetime)),
      insert: (id, payload, lifetime) =>
        write(id, lifetime, () => records.insert(id, payload, lifetime)),
      swap: (id, payload, from, lifetime) =>
        write(id, lifetime, () => records.swap(id, payload, from, lifetime)),
      destroy: (id, version) =>
        changing(id, async () => {
          const isDone = await records.destroy(id, version)
          // Otherwise the record has another version, and is still there.
          if (isDone || version === undefined) await commands.run(unindexScript, index, id)
          return isDone
        }),
      async ids() {
        const [found] = await commands.run(keptScript, index)
        return (found as readonly Buffer[]).map(String)
      },
    },
  }
}

interface Changes extends Pick<Storage, 'onClientChange'> {
  /** Makes a change of a client, and tells of it. */
  readonly changing: <T>(id: string, change: () => Promise<T>) => Promise<T>
}

function createChanges({ redis, prefix, subscriber }: ClientParts): Changes {
  const channel = `${prefix}client-changed`
  const listeners = new Set<(clientId: string) => void>()
  const tell = (id: string): void => listeners.forEach((listener) => listener(id))
  if (subscriber) listen(subscriber, channel, tell)
  return {
    onClientChange: (listener) => void listeners.add(listener),
    async changing(id, change) {
      try {
        return await change()
      } finally {
        // Also after an error: the change may have been made.
        tell(id)
        // A process that does not hear of it finds out when it reads the client again.
        void redis.publish(channel, id).catch(() => undefined)
      }
    },
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
