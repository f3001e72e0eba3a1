import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { recommendedRedisOptions } from '../../adapters/redis.ts'
import { introspect, type Answer, type Json } from '../support/flow.ts'
import { startRedis, type RedisServer } from '../support/redis-server.ts'
import { resourceServer, type RunningServer } from '../support/server.ts'
import {
  requestTokens,
  restore,
  startKeptServer,
  type HeldCode,
  type HeldConnection,
  type KeptDump,
  type KeptSettings,
} from './kept-dump.ts'

/** A dump in a Redis of its own, anew for each test, with servers that go on with it. */
export interface ServedDump {
  readonly redis: Redis
  readonly server: RunningServer
  /** Puts the dump in place of all that is stored. */
  readonly reset: () => Promise<void>
  /** Ends the servers, and starts others. */
  readonly restart: (given: KeptSettings) => Promise<void>
  /** The URL at this server for a path or a URL of the issuer of the dump. */
  readonly here: (url: string | URL) => string
  readonly refresh: (connection: HeldConnection, token?: string) => Promise<Answer>
  readonly redeem: (connection: HeldConnection, code: HeldCode) => Promise<Answer>
  /** The answer of introspection to the API. */
  readonly introspect: (token: unknown) => Promise<Json>
  /** Fails while a token of the connection is good. */
  readonly expectEnd: (connection: HeldConnection) => Promise<void>
}

/** Serves a dump in each test of a file. */
export function serveDump({ settings, entries }: KeptDump): ServedDump {
  let running: RedisServer
  let redis: Redis
  let server: RunningServer
  let signing: RunningServer
  const start = async (given: KeptSettings): Promise<void> => {
    server = await startKeptServer(redis, given)
    signing = await startKeptServer(redis, given, 'jwt')
  }
  const close = async (): Promise<void> =>
    void (await Promise.all([server.close(), signing.close()]))
  const reset = async (): Promise<void> => {
    await redis.flushall()
    await restore(redis, entries)
  }
  beforeAll(async () => {
    running = await startRedis()
    redis = new Redis(running.url, recommendedRedisOptions)
  })
  beforeEach(async () => {
    await reset()
    await start(settings)
  })
  afterEach(async () => {
    vi.useRealTimers()
    await close()
  })
  afterAll(async () => {
    redis.disconnect()
    await running.stop()
  })

  const ask = (connection: HeldConnection, fields: Record<string, string>): Promise<Answer> => {
    const { issuer: origin } = connection.format === 'jwt' ? signing : server
    return requestTokens({ origin, issuer: settings.issuer }, connection, fields)
  }
  const refresh: ServedDump['refresh'] = (connection, token = connection.refresh_token) =>
    ask(connection, { grant_type: 'refresh_token', refresh_token: token })
  const say: ServedDump['introspect'] = (token) =>
    introspect(server.issuer, String(token), resourceServer)
  return {
    get redis() {
      return redis
    },
    get server() {
      return server
    },
    reset,
    async restart(given) {
      await close()
      await start(given)
    },
    here(url) {
      const { pathname, search } = new URL(url, settings.issuer)
      return server.issuer + pathname + search
    },
    refresh,
    redeem: (connection, { code, verifier: code_verifier }) => {
      const [redirect_uri = ''] = connection.client.redirect_uris ?? []
      return ask(connection, {
        grant_type: 'authorization_code',
        code,
        code_verifier,
        redirect_uri,
      })
    },
    introspect: say,
    async expectEnd(connection) {
      expect(await say(connection.access_token)).toEqual({ active: false })
      const { status, body } = await refresh(connection)
      expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    },
  }
}
