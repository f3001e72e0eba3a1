import { createServer, type Server } from 'node:http'
import Koa from 'koa'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  createAuthorizationServer,
  type AuthorizationServer,
  type RecordStorage,
  type Storage,
} from '../../lib/index.ts'
import { createAccounts } from './people.ts'
import { send, type RawAnswer, type RawInit } from './requests.ts'
import { audience, closeServer, confidential, listen } from './server.ts'

/** A storage in memory that reads records when a test lets it. */
interface GatedStorage extends Storage {
  /** How often a record was looked for. */
  readonly count: () => number
  /** Looks wait from now on. */
  readonly shut: () => void
  /** Looks are answered, those that wait as well. */
  readonly open: () => void
  /** Looks fail from now on. */
  readonly fail: () => void
}

function createGatedStorage(storage: Storage): GatedStorage {
  let looks = 0
  let gate: Promise<void> | undefined
  let opened = (): void => {}
  const find =
    (records: RecordStorage): RecordStorage['find'] =>
    async (id) => {
      looks += 1
      await gate
      return records.find(id)
    }
  return {
    ...storage,
    records(model) {
      const records = storage.records(model)
      return { ...records, find: find(records) }
    },
    count: () => looks,
    shut() {
      gate = new Promise((resolve) => (opened = resolve))
    },
    open() {
      gate = undefined
      opened()
    },
    fail() {
      gate = Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3:6379'))
      gate.catch(() => {})
    },
  }
}

/** A host with an authorization server whose storage a test holds up. */
export interface GatedHost {
  readonly origin: string
  readonly http: Server
  readonly server: AuthorizationServer
  readonly storage: GatedStorage
  /** A request to the authorization server that asks the storage. */
  readonly ask: (init?: RawInit) => Promise<RawAnswer>
  readonly close: () => Promise<void>
}

/** Starts one; `build` puts middleware of the host behind the authorization server. */
export async function startGatedHost(
  build: (parent: Koa, server: AuthorizationServer) => void = () => {},
  behind: Storage = createMemoryAdapter(),
): Promise<GatedHost> {
  const http = createServer()
  const origin = await listen(http)
  const storage = createGatedStorage(behind)
  const server = createAuthorizationServer({
    issuer: origin,
    cookieKeys: ['a key for the cookies of the tests'],
    accounts: createAccounts(),
    resourceServer: { audience },
    clients: [confidential],
    storage,
  })
  const parent = new Koa()
  parent.use((ctx, next) => server.app.middleware[0]?.(ctx, next))
  build(parent, server)
  const handle = parent.callback()
  http.on('request', (request, response) => void handle(request, response))
  return {
    origin,
    http,
    server,
    storage,
    ask: (init) =>
      send(`${origin}/oauth/token/introspect`, {
        body: new URLSearchParams({ token: 'x', client_id: 'unknown', client_secret: 'x' }),
        ...init,
      }),
    close: () => closeServer(http),
  }
}
