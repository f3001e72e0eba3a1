import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { RecordStorage, RefusedRequest, Storage } from '../../lib/index.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, introspect, refresh, type Tokens } from '../support/flow.ts'
import { startGatedHost } from '../support/gated.ts'
import { mountBelow, startHost } from '../support/hosts.ts'
import { recordOf, sendRefused } from '../support/refusals.ts'
import { basic, pause, requestUrl, send, sendRefresh, type RawAnswer } from '../support/requests.ts'
import { confidential, openServer, resourceServer, useServer } from '../support/server.ts'

// The id of a request that failed, the event, and the record of it.

const server = useServer({ registration: {} })

const told = async (of = server): Promise<RefusedRequest[]> => {
  const events: RefusedRequest[] = []
  of.app.on('refused', (event) => void events.push(event))
  return events
}

const html = { accept: 'text/html' }
const form = (fields: Record<string, string>) => ({ body: new URLSearchParams(fields) })

const failing: readonly [
  name: string,
  ask: (issuer: string, headers: Headers) => Promise<RawAnswer>,
][] = [
  [
    'tokens',
    (issuer, headers) => send(`${issuer}/oauth/token`, { ...form({ grant_type: 'x' }), headers }),
  ],
  [
    'introspection',
    (issuer, headers) =>
      send(`${issuer}/oauth/token/introspect`, { ...form({ token: 'x' }), headers }),
  ],
  [
    'revocation',
    (issuer, headers) => send(`${issuer}/oauth/token/revoke`, { ...form({ token: 'x' }), headers }),
  ],
  [
    'pushed requests',
    (issuer, headers) => send(`${issuer}/oauth/par`, { ...form({ x: 'x' }), headers }),
  ],
  [
    'a form without a type',
    (issuer, headers) => send(`${issuer}/oauth/token`, { method: 'POST', body: 'x', headers }),
  ],
  ['another method', (issuer, headers) => send(`${issuer}/oauth/token`, { headers })],
  [
    'another method for a script',
    (issuer, headers) => send(`${issuer}/oauth/assets/styles.css`, { method: 'POST', headers }),
  ],
  [
    'registration',
    (issuer, headers) => send(`${issuer}/oauth/register`, { method: 'POST', headers }),
  ],
  [
    'a page',
    (issuer, headers) => send(`${issuer}/oauth/authorize`, { headers: { ...html, ...headers } }),
  ],
  [
    'an old page',
    (issuer, headers) =>
      send(`${issuer}/oauth/interaction/x`, { headers: { ...html, ...headers } }),
  ],
  ['a redirect', (issuer, headers) => send(requestUrl(issuer, { prompt: 'none' }), { headers })],
]

type Headers = Readonly<Record<string, string>>

describe.each(failing)('an error at %s', (_, ask) => {
  test('has an id, which its event and its record have as well', async () => {
    const events = await told()
    const answer = await ask(server.issuer, {})
    const id = String(answer.headers['x-request-id'])
    expect(id).toMatch(/^[\da-f]{16}$/)
    const record = await recordOf(server, id)
    expect(record).toMatchObject({
      status: answer.status,
      clientId: expect.toSatisfy(() => true) as string,
    })
    expect(record.reason).not.toBe('')
    expect(events.filter(({ requestId }) => requestId === id)).toEqual([record])
  })

  test('has the id that a proxy gave it', async () => {
    const id = `proxy:${Math.random()}/a+b=@_-`
    const answer = await ask(server.issuer, { 'x-request-id': id })
    expect(answer.headers['x-request-id']).toBe(id)
    expect(await recordOf(server, id)).toMatchObject({ requestId: id, status: answer.status })
  })
})

test.each([' ', 'a b', 'x'.repeat(65), 'a#2', '<script>', '"', 'é', 'a,b'])(
  'the id %j is not taken over',
  async (id) => {
    const { answer } = await sendRefused(server, `${server.issuer}/oauth/token`, {
      ...form({}),
      headers: { 'x-request-id': Buffer.from(id).toString('latin1') },
    })
    expect(answer.headers['x-request-id']).toMatch(/^[\da-f]{16}$/)
  },
)

test('requests that succeed have no id for programs, no event and no record', async () => {
  const events = await told()
  const tokens = await connect(server.issuer)
  const id = 'of-requests-that-succeed'
  const headers = { 'x-request-id': id }
  const answer = await sendRefresh(server.issuer, tokens.refresh_token, { headers })
  expect([answer.status, answer.headers['x-request-id']]).toEqual([200, undefined])
  const { access_token } = JSON.parse(answer.text) as Tokens
  expect(await introspect(server.issuer, access_token, resourceServer)).toMatchObject({
    active: true,
  })
  // The framework emits an error for a JWT, which is answered all the same.
  const url = `${server.issuer}/oauth/token/introspect`
  const init = {
    ...form({ token: 'eyJhbGciOiJub25lIn0.e30.' }),
    headers: { ...basic(resourceServer), ...headers },
  }
  expect((await send(url, init)).status).toBe(200)
  await send(requestUrl(server.issuer), { headers: { ...html, ...headers } })
  await pause(50)
  expect(events).toEqual([])
  expect(await server.explain(id)).toEqual([])
})

test('an id that is used again does not replace a record, and five are kept', async () => {
  const id = 'chosen-by-a-stranger'
  const headers = { 'x-request-id': id }
  const events = await told()
  for (let count = 1; count <= 7; count += 1) {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'x'.repeat(count + 1),
    })
    await send(`${server.issuer}/oauth/token`, {
      body,
      headers: { ...basic(confidential), ...headers },
    })
    await expect.poll(() => events.length).toBe(count)
  }
  await expect.poll(() => server.explain(id)).toHaveLength(5)
  const reasons = (await server.explain(id)).map(({ reason }) => reason)
  expect(reasons).toEqual(
    [2, 3, 4, 5, 6].map(
      (count) => `refresh_token has ${count} characters, and one of this server has 93`,
    ),
  )
  expect(await server.explain(`${id}#2`)).toEqual([])
})

test('a host below a path gets the path below the issuer, and its own requests are not told', async () => {
  const host = endAfterTest(
    await startHost(
      (parent, { app }) => {
        parent.use(mountBelow('/auth', app))
        parent.use((ctx) => ctx.throw(404))
      },
      { path: '/auth' },
    ),
  )
  const events: RefusedRequest[] = []
  host.app.on('refused', (event) => void events.push(event))
  const { headers } = await send(`${host.origin}/auth/oauth/elsewhere`)
  expect(headers['x-request-id']).toBeUndefined()
  const { answer, record, reason } = await sendRefused(
    host,
    `${host.origin}/auth/oauth/interaction/unknown?code=x`,
    { headers: html },
  )
  expect(answer.text).toContain(`Request: ${record.requestId}`)
  expect(reason).toMatch(/^the request was answered before, or its time is over: /)
  expect(record.path).toBe('/oauth/interaction/...')
  expect(events).toEqual([record])
})

test('a script in a browser may read the id', async () => {
  const { answer } = await sendRefused(server, `${server.issuer}/oauth/token`, {
    ...form({ grant_type: 'refresh_token', refresh_token: 'x', client_id: 'mobile' }),
    headers: { origin: 'https://mobile.example.test' },
  })
  expect(answer.headers['access-control-expose-headers']).toBe('WWW-Authenticate, X-Request-Id')
})

/** A storage whose writes of records are counted, and held up or refused. */
function createWatchedStorage(write: () => Promise<void>) {
  const storage = createMemoryAdapter()
  let writes = 0
  const watched: Storage = {
    ...storage,
    records(model): RecordStorage {
      const records = storage.records(model)
      if (model !== 'Refusal') return records
      return {
        ...records,
        async insert(...given) {
          writes += 1
          await write()
          return records.insert(...given)
        },
      }
    },
  }
  return { storage: watched, writes: () => writes }
}

const sendWrong = (issuer: string, agentId = 'x'): Promise<RawAnswer> =>
  send(`${issuer}/oauth/token`, form({ grant_type: agentId }))

test('a storage that takes long delays no answer, and the end of the server waits for it', async () => {
  let goOn = (): void => {}
  const gate = new Promise<void>((resolve) => (goOn = resolve))
  const { storage, writes } = createWatchedStorage(() => gate)
  const { server: running, origin } = endAfterTest(await startGatedHost(undefined, storage))
  const { 'x-request-id': id } = (await sendWrong(origin)).headers
  await expect.poll(writes).toBe(1)
  let isClosed = false
  const closed = running.close().then(() => (isClosed = true))
  await pause(100)
  expect(isClosed).toBe(false)
  goOn()
  await closed
  expect(await running.explain(String(id))).toHaveLength(1)
})

test('a storage that fails is left alone for a second, and the event comes all the same', async () => {
  const { storage, writes } = createWatchedStorage(() => Promise.reject(new Error('out of memory')))
  const running = await openServer({ storage })
  const events = await told(running)
  const answers = []
  for (let count = 0; count < 20; count += 1) answers.push(await sendWrong(running.issuer))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 401))
  await expect.poll(() => events.length).toBe(20)
  expect(writes()).toBe(1)
})

test.each([
  ['ECONNREFUSED', { code: 'ECONNREFUSED' }],
  ['OOM', { message: 'OOM command not allowed at 10.1.2.3' }],
])('a request for which the storage fails with %s is not recorded there', async (kind, error) => {
  const failure = Object.assign(new Error('10.1.2.3 is away'), error)
  const { storage, writes } = createWatchedStorage(() => Promise.resolve())
  const away: Storage = {
    ...storage,
    grants: { ...storage.grants, load: () => Promise.reject(failure) },
  }
  const running = await openServer({ storage: away })
  const events = await told(running)
  const { status, headers } = await refresh(running.issuer, 'x'.repeat(93))
  expect(status).toBe(503)
  await expect
    .poll(() => events)
    .toMatchObject([
      {
        requestId: headers.get('x-request-id'),
        status: 503,
        reason: `the storage failed: ${kind} (server_error)`,
      },
    ])
  expect([writes(), JSON.stringify(events).includes('10.1.2.3')]).toEqual([0, false])
})

test('a listener that throws changes nothing', async () => {
  const running = await openServer()
  running.app.on('refused', () => {
    throw new Error('a mistake of the host')
  })
  const { 'x-request-id': id } = (await sendWrong(running.issuer)).headers
  expect(await recordOf(running, String(id))).toMatchObject({ status: 401 })
})

test.each(['', 'assets/styles'])('a long path below %j is cut: a record has < 1 kB', async (of) => {
  const events = await told()
  const url = `${server.issuer}/oauth/${of}${'A'.repeat(10_000)}?${'a&'.repeat(250)}`
  const { record } = await sendRefused(server, url)
  expect(record.path).toHaveLength(100)
  expect(JSON.stringify(record).length).toBeLessThan(1000)
  expect(events).toContainEqual(record)
})

test('when the room is used up, only the event tells', async () => {
  const running = await openServer({ anonymousRequests: { count: 64 } })
  const events = await told(running)
  const ids: string[] = []
  for (let count = 0; count < 20; count += 1) {
    ids.push(String((await sendWrong(running.issuer)).headers['x-request-id']))
    await expect.poll(() => events.length).toBe(count + 1)
  }
  const found = await Promise.all(ids.map((id) => running.explain(id)))
  // An eighth of the whole is 8, and an eighth of that is for one address.
  expect(found.flat()).toHaveLength(1)
  expect(events.map(({ requestId }) => requestId)).toEqual(ids)
  // People can still sign in.
  expect((await send(requestUrl(running.issuer), { headers: html })).status).toBe(200)
})
