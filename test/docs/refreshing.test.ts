import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as oauth from 'openid-client'
import { beforeEach, describe, expect, test } from 'vitest'
import { local } from '../../lib/resource-server/index.ts'
import { createTestServer, type TestConnection } from '../../lib/testing/index.ts'
import { startApi } from '../support/api.ts'
import { createCallApi, isConnectionLost, type StoredTokens } from './refreshing/call-api.ts'
import { useRunning } from '../support/fixtures.ts'

const root = join(import.meta.dirname, '../..')
const doc = readFileSync(join(root, 'docs/refreshing.md'), 'utf8')
const sample = readFileSync(join(import.meta.dirname, 'refreshing/call-api.ts'), 'utf8')

const server = useRunning(() => createTestServer())
const api = useRunning(() =>
  startApi({ verify: local(server.server), audience: 'https://external.pleo.io' }),
)

/** The partner's database, with the lock of each connection as a chain of promises. */
function createStore(tokens: StoredTokens) {
  let stored = tokens
  let last: Promise<unknown> = Promise.resolve()
  return {
    lock(_connection: string, work: () => Promise<string>): Promise<string> {
      const result = last.then(work)
      last = result.catch(() => undefined)
      return result
    },
    load: async (_connection: string) => stored,
    async save(_connection: string, next: StoredTokens) {
      const failure = failures.shift()
      failure?.(next.refreshToken)
      if (failure) throw new Error('the database is down')
      stored = next
    },
    get stored() {
      return stored
    },
  }
}

const toStored = ({ tokens }: TestConnection, expiresAt: number): StoredTokens => ({
  accessToken: tokens.access_token,
  refreshToken: tokens.refresh_token,
  expiresAt,
})

/** Answers in place of the server, or afterwards, for as many requests as there are. */
type Meanwhile = (forward: () => Promise<Response>) => Promise<Response>

let sent: number
let meanwhile: Meanwhile[]
/** Each lets the store fail once, and sees the refresh token that was not stored. */
let failures: ((refreshToken: string) => void)[]
beforeEach(() => {
  failures = []
  sent = 0
  meanwhile = []
})

async function createConfiguration(clientSecret?: string): Promise<oauth.Configuration> {
  const { client_id: id, client_secret: secret } = server.clients.confidential
  const options = { execute: [oauth.allowInsecureRequests] }
  const issuer = new URL(server.issuer)
  const configuration = await oauth.discovery(
    issuer,
    id,
    clientSecret ?? secret,
    undefined,
    options,
  )
  configuration[oauth.customFetch] = (url, init) => {
    sent += 1
    const forward = (): Promise<Response> => fetch(url, init as RequestInit)
    return meanwhile.shift()?.(forward) ?? forward()
  }
  return configuration
}

async function setUp(expiresAt = 0) {
  const connection = await server.connect()
  const store = createStore(toStored(connection, expiresAt))
  const configuration = await createConfiguration()
  return { connection, store, configuration, callApi: createCallApi(configuration, store) }
}

const anHour = 3_600_000
const url = (): URL => new URL('/token', api.origin)

describe('the code for Node in docs/refreshing.md', () => {
  test('is the code that is run here', () => {
    const [, shown] = /^```ts\n(.*?)^```$/ms.exec(doc) ?? []
    expect(shown).toBe(sample)
  })

  test.each([2, 20, 50])('refreshes once for %i workers of two processes', async (workers) => {
    const { store, callApi } = await setUp()
    const other = createCallApi(await createConfiguration(), store)
    const calls = Array.from({ length: workers }, (_, index) =>
      (index % 2 === 0 ? callApi : other)('a connection', url()),
    )
    const answers = await Promise.all(calls)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(sent).toBe(1)
  })

  test('uses no token that it cannot store, and gets the same one again', async () => {
    const { store, callApi, connection } = await setUp()
    const refused: string[] = []
    failures.push((refreshToken) => refused.push(refreshToken))
    await expect(callApi('a connection', url())).rejects.toThrow('the database is down')
    expect(store.stored.refreshToken).toBe(connection.tokens.refresh_token)
    expect((await callApi('a connection', url())).status).toBe(200)
    expect([store.stored.refreshToken]).toEqual(refused)
  })

  test('takes the stored token if another worker has refreshed meanwhile', async () => {
    const { store, connection } = await setUp(Date.now() + anHour)
    const stale = toStored(connection, Date.now() + anHour)
    const { access_token: accessToken, refresh_token: refreshToken } = await connection.refresh()
    await store.save('a connection', { ...stale, accessToken, refreshToken })
    let loads = 0
    const late = { ...store, load: async () => ((loads += 1) === 1 ? stale : store.stored) }
    const callApi = createCallApi(await createConfiguration(), late)
    expect((await callApi('a connection', url())).status).toBe(200)
    expect([loads, sent]).toEqual([2, 0])
  })

  test('refreshes if the API refuses the token that is stored', async () => {
    const { connection, callApi } = await setUp(Date.now() + anHour)
    await connection.lostRefreshResponse()
    expect((await callApi('a connection', url())).status).toBe(200)
    expect(sent).toBe(1)
  })

  const lost: Meanwhile = async (forward) => {
    await forward()
    throw new TypeError('the connection broke')
  }
  const unavailable: Meanwhile = async () =>
    Response.json({ error: 'temporarily_unavailable' }, { status: 503 })
  const gateway: Meanwhile = async () => new Response('<p>Bad Gateway', { status: 502 })

  test.each([
    ['an answer that was lost', lost],
    ['503', unavailable],
    ['a page of a gateway', gateway],
  ])('sends the same refresh token again after %s', async (_name, answer) => {
    const { callApi } = await setUp()
    meanwhile = [answer, answer]
    expect((await callApi('a connection', url())).status).toBe(200)
    expect(sent).toBe(3)
  })

  test('keeps its tokens if there is no answer at all', async () => {
    const { callApi, store, connection } = await setUp()
    meanwhile = [unavailable, unavailable, unavailable]
    const error: unknown = await callApi('a connection', url()).catch((reason: unknown) => reason)
    expect(isConnectionLost(error)).toBe(false)
    expect(store.stored.refreshToken).toBe(connection.tokens.refresh_token)
    expect((await callApi('a connection', url())).status).toBe(200)
  })

  test('tells a connection that is over from a wrong secret', async () => {
    const { connection, callApi, store } = await setUp()
    const wrong = createCallApi(await createConfiguration('another secret'), store)
    const refused: unknown = await wrong('a connection', url()).catch((reason: unknown) => reason)
    expect([refused instanceof Error, isConnectionLost(refused), sent]).toEqual([true, false, 1])
    await connection.revokedByPerson()
    const over: unknown = await callApi('a connection', url()).catch((reason: unknown) => reason)
    expect([isConnectionLost(over), sent]).toEqual([true, 2])
  })
})
