import { Cluster, type Redis } from 'ioredis'
import type { StoredEntry } from '../../lib/testing/index.ts'

const serversOf = (client: Redis | Cluster): readonly Redis[] =>
  client instanceof Cluster ? client.nodes('master') : [client]

/** The names of all keys that begin so, on every server. */
export async function keysOf(client: Redis | Cluster, prefix = ''): Promise<readonly string[]> {
  const found = await Promise.all(serversOf(client).map((server) => scan(server, prefix)))
  return found.flat()
}

async function scan(server: Redis, prefix: string): Promise<readonly string[]> {
  const keys = new Set<string>()
  for (let cursor = ''; cursor !== '0';) {
    const [next, some] = await server.scan(cursor || '0', 'MATCH', `${prefix}*`, 'COUNT', 1000)
    for (const key of some) keys.add(key)
    cursor = next
  }
  return [...keys]
}

/** All keys that begin so, with everything in them as bytes in `latin1`, and how long they will be there. */
export async function dumpOf(
  client: Redis | Cluster,
  prefix = '',
): Promise<readonly StoredEntry[]> {
  const keys = await keysOf(client, prefix)
  const entries = await Promise.all(keys.map((key) => entryOf(client, key)))
  return entries.filter((entry) => entry !== undefined)
}

async function entryOf(client: Redis | Cluster, key: string): Promise<StoredEntry | undefined> {
  const type = await client.type(key)
  const life = await client.pttl(key)
  if (life === -2) return undefined
  const expiresIn = life === -1 ? undefined : life / 1000
  return { key, value: await valueOf(client, key, type), expiresIn }
}

const commands: Readonly<
  Record<string, (key: string) => readonly [string, ...(string | number)[]]>
> = {
  hash: (key) => ['hgetall', key],
  list: (key) => ['lrange', key, 0, -1],
  set: (key) => ['smembers', key],
  string: (key) => ['get', key],
  zset: (key) => ['zrange', key, 0, -1, 'WITHSCORES'],
}

async function valueOf(client: Redis | Cluster, key: string, type: string): Promise<string> {
  const command = commands[type]?.(key)
  if (!command) throw new Error(`nothing is known of the type ${type}`)
  return toText(await client.callBuffer(...command))
}

const toText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map((part) => toText(part)).join(' ')
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value)
}
