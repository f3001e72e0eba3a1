import { afterAll, beforeAll, expect, test } from 'vitest'
import { introspection } from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { connect, revoke } from '../support/flow.ts'
import { bakery, idOf, nordlysDenmark } from '../support/people.ts'
import { freePorts } from '../support/free-ports.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { resourceServer } from '../support/server.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'

// The authorization server is killed under an API with load, and comes back.

const rounds = 4
const workers = 12

let server: ServerProcess
let apis: readonly RunningApi[]
let port: number
const redis = useRedis()
beforeAll(async () => {
  ;[port] = await freePorts()
  server = await startServerProcess(redis.url, { port })
  const options = {
    endpoint: `${server.issuer}/oauth/token/introspect`,
    issuer: server.issuer,
    client: { id: resourceServer.client_id, secret: resourceServer.client_secret },
    timeout: 1,
  }
  // One that asks each time, and one that remembers for a moment.
  apis = await Promise.all(
    [0, 0.2].map((maxAge) =>
      startApi({ verify: introspection({ ...options, cache: { maxAge } }) }),
    ),
  )
})
afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()))
  await server.kill()
})

interface Seen {
  readonly name: string
  readonly status: number
  readonly company: unknown
}

test('good tokens have their own company or 503, bad ones 401 or 503, and all of it works when it is back', async () => {
  const good = await connect(server.issuer)
  const other = await connect(server.issuer, { as: 'jonas', subject: nordlysDenmark })
  const revoked = await connect(server.issuer)
  await revoke(server.issuer, revoked.access_token)
  const tokens = {
    bakery: good.access_token,
    denmark: other.access_token,
    revoked: revoked.access_token,
    garbage: `${good.access_token.slice(0, -4)}AAAA`,
  }
  const seen: Seen[] = []
  const over = new AbortController()
  const work = async (worker: number): Promise<void> => {
    const api = apis[worker % apis.length] as RunningApi
    for (let turn = worker; !over.signal.aborted; turn += 1) {
      const entries = Object.entries(tokens)
      const [name, token] = entries[turn % entries.length] as [string, string]
      const { status, body } = await api.get('/company', token)
      seen.push({ name, status, company: body['company'] })
      await pause(5)
    }
  }
  const working = Array.from({ length: workers }, (_, worker) => work(worker))
  for (let round = 0; round < rounds; round += 1) {
    await pause(400)
    await server.kill()
    await pause(500)
    server = await startServerProcess(redis.url, { port })
  }
  await pause(500)
  over.abort()
  await Promise.all(working)

  const allowed: Readonly<Record<string, unknown>> = {
    bakery: idOf(bakery),
    denmark: idOf(nordlysDenmark),
  }
  const wrong = seen.filter(({ name, status, company }) =>
    status === 503
      ? company !== undefined
      : company !== allowed[name] || status !== (allowed[name] === undefined ? 401 : 200),
  )
  expect(wrong).toEqual([])
  // Each of it did happen, or the test says nothing.
  for (const name of Object.keys(tokens)) {
    const statuses = new Set(seen.filter((one) => one.name === name).map(({ status }) => status))
    expect([name, statuses]).toEqual([
      name,
      new Set([allowed[name] === undefined ? 401 : 200, 503]),
    ])
  }
  for (const api of apis) {
    expect((await api.get('/company', tokens.bakery)).body).toEqual({ company: idOf(bakery) })
    expect((await api.get('/company', tokens.revoked)).status).toBe(401)
  }
})
