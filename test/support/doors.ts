import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { ClientMetadataError, type ClientChanges, type Clients } from '../../lib/index.ts'
import { createStandalone } from '../../lib/administration.ts'
import { runInProcess } from './cli-in-process.ts'
import { createFolder } from './folder.ts'
import { issuesOf } from './issues.ts'
import { startRedis, type RedisServer } from './redis-server.ts'
import { registration } from './registered.ts'
import { toJson, type RawAnswer } from './requests.ts'
import {
  replaceSelf,
  selfRegister,
  toReplacement,
  tryToRegister,
  type SelfRegistered,
} from './self-registered.ts'
import { startServer, type RunningServer } from './server.ts'

type Members = Readonly<Record<string, unknown>>

/** A way for clients to come in. */
export type Door = readonly [
  name: string,
  /**
   * Has a client come in with these members beside right ones: those that are refused, none where it is taken. The next
   * one finds everything as it was.
   */
  refused: (members: Members) => Promise<readonly string[]>,
]

let server: RunningServer
let existing: string
let itself: SelfRegistered
let redis: RedisServer
let connection: Redis
let registeredByCommands: Clients
let file: string

const storageKey = 'a-storage-key-of-the-tests-long-enough'

/** Opens all doors for the tests of the file that calls this. */
export function useDoors(): void {
  beforeAll(openDoors)
  afterAll(closeDoors)
}

async function openDoors(): Promise<void> {
  server = await startServer({
    clients: [],
    storage: createMemoryAdapter(),
    registration: {},
    // A property is tried with thousands of registrations.
    limits: false,
  })
  itself = await selfRegister(server, { client_name: 'By itself' })
  existing = (await server.clients.create({ ...registration, client_name: 'Existing' })).client
    .clientId
  redis = await startRedis()
  connection = new Redis(redis.url, recommendedRedisOptions)
  const storage = createRedisAdapter({ client: connection, keys: [storageKey] })
  registeredByCommands = createStandalone(storage).clients
  file = join(createFolder(), 'client.json')
}

async function closeDoors(): Promise<void> {
  await server.close()
  connection.disconnect()
  await redis.stop()
}

/** Every way there is, of which none has rules of its own. */
export const doors: readonly Door[] = [
  [
    'by the options',
    async (members) =>
      issuesOf({ clients: [{ client_id: 'x', client_secret: 'y', ...registration, ...members }] })
        // What only the framework finds fault with is named by the client alone.
        .map(
          ({ path, message }) =>
            /^clients\[0\]\.?(.*)$/.exec(path)?.[1] || message.split(' ')[0] || '',
        ),
  ],
  [
    'registered',
    async (members) => {
      const created = server.clients.create({ ...registration, ...members })
      const refused = await refusedBy(created)
      if (refused.length === 0) await server.clients.remove((await created).client.clientId)
      return refused
    },
  ],
  [
    'by a change',
    async (members) => {
      const refused = await refusedBy(server.clients.update(existing, members as ClientChanges))
      if (refused.length > 0) return refused
      const without = Object.fromEntries(Object.keys(members).map((name) => [name, null]))
      const before = { ...without, ...registration, client_name: 'Existing' }
      await server.clients.update(existing, before)
      return []
    },
  ],
  [
    'registered over HTTP',
    async (members) => {
      const answer = await tryToRegister(server, { ...registration, ...members })
      const refused = refusedIn(answer)
      if (refused.length === 0) await server.clients.remove(String(toJson(answer)['client_id']))
      return refused
    },
  ],
  [
    'by a change over HTTP',
    async (members) => {
      const before = { ...registration, client_name: 'By itself' }
      const replace = (metadata: Members): Promise<RawAnswer> =>
        replaceSelf(itself, toReplacement(itself, metadata))
      const refused = refusedIn(await replace({ ...before, ...members }))
      if (refused.length === 0) expect(refusedIn(await replace(before))).toEqual([])
      return refused
    },
  ],
  [
    'registered by a command',
    async (members) => {
      writeFileSync(file, JSON.stringify({ ...registration, ...members }))
      const environment = { REDIS_URL: redis.url, STORAGE_KEYS: storageKey }
      const create = ['clients', 'create', '--metadata', file, '--json']
      const { code, stdout, stderr } = await runInProcess(environment, ...create)
      if (code === 0) {
        const { client } = JSON.parse(stdout) as { readonly client: { readonly clientId: string } }
        await registeredByCommands.remove(client.clientId)
        return []
      }
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/^error: nothing was changed: the metadata is invalid\n/)
      // A scope has its name behind it.
      return Array.from(stderr.matchAll(/^ {2}(\S+?)(?: \(\S+\))?: /gm), ([, path = '']) => path)
    },
  ],
]

/** The members that are refused; none where the client is taken. */
async function refusedBy(attempt: Promise<unknown>): Promise<readonly string[]> {
  try {
    await attempt
    return []
  } catch (error) {
    if (!(error instanceof ClientMetadataError)) throw error
    return error.issues.map(({ path }) => path)
  }
}

/** The same as it is said over HTTP. */
function refusedIn({ status, text }: RawAnswer): readonly string[] {
  if (status < 300) return []
  expect(status).toBe(400)
  const { error, error_description: said } = JSON.parse(text) as Record<string, string>
  const members = (said ?? '').split('; ').map((one) => one.split(' ')[0] ?? '')
  const isOnlyUris = members.every((member) => member.startsWith('redirect_uris'))
  expect(error).toBe(isOnlyUris ? 'invalid_redirect_uri' : 'invalid_client_metadata')
  return members
}
