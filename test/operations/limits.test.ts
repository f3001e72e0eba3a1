import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { completeLimits } from '../../lib/config/limit-options.ts'
import type { LimiterRule, Storage } from '../../lib/index.ts'
import {
  authenticate,
  behindProxy,
  from,
  guess,
  open,
  signIn,
  statusesOf,
} from '../support/limited.ts'
import { basic, pause, requestUrl, send, toErrorPage, toJson } from '../support/requests.ts'
import { sendJson } from '../support/self-registered.ts'
import { confidential, openServer } from '../support/server.ts'

const few = { count: 3, seconds: 60 }

const start = (options: Parameters<typeof openServer>[0]) =>
  openServer({ ...behindProxy, storage: createMemoryAdapter(), ...options })

const push = (issuer: string, headers: Record<string, string> = {}) =>
  send(`${issuer}/oauth/par`, {
    body: new URL(requestUrl(issuer)).searchParams,
    headers: { ...basic(confidential), ...headers },
  })

describe('authorization requests of one address', () => {
  test('get a page with 429 and Retry-After above the limit, and no redirect', async () => {
    const { issuer } = await start({ limits: { authorization: few } })
    expect(await statusesOf(3, () => open(issuer))).toEqual([200, 200, 200])
    const answer = await open(issuer)
    expect(answer.status).toBe(429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.headers.location).toBeUndefined()
    expect(answer.text).toContain('Too many attempts')
    expect((await open(issuer, from('192.0.2.1'))).status).toBe(200)
  })

  test('get JSON if a program asks', async () => {
    const { issuer } = await start({ limits: { authorization: { count: 1, seconds: 60 } } })
    await open(issuer)
    const answer = await send(requestUrl(issuer), { headers: { accept: 'application/json' } })
    expect([answer.status, toJson(answer)['error']]).toEqual([429, 'temporarily_unavailable'])
  })

  test('go on when the time is over', async () => {
    const { issuer } = await start({ limits: { authorization: { count: 1, seconds: 1 } } })
    expect(await statusesOf(2, () => open(issuer))).toEqual([200, 429])
    await pause(1100)
    expect((await open(issuer)).status).toBe(200)
  })

  test('count in every spelling of the path', async () => {
    const { issuer } = await start({ limits: { authorization: few } })
    const paths = ['/oauth/authorize', '/OAuth/Authorize', '/oauth/authorize/', '/oauth/authorize']
    const statuses = await statusesOf(4, (index) =>
      send(requestUrl(issuer).replace('/oauth/authorize', paths[index] ?? '')),
    )
    expect(statuses.at(-1)).toBe(429)
  })
})

test('the storage hears of a hundredth of a high limit at a time, and nothing is counted twice', async () => {
  const heard: number[] = []
  const sum = () => heard.reduce((total, times) => total + times, 0)
  const limiter = () => ({
    async count(_: string, times = 1) {
      heard.push(times)
      return { count: sum(), endsIn: 60_000 }
    },
    giveBack: async () => {},
  })
  const { issuer } = await start({
    limits: { authorization: { count: 1000, seconds: 60 }, limiter },
  })
  const statuses = await statusesOf(41, () => open(issuer))
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(heard).toEqual([1, 10, 10, 10, 10])
  // Other processes have used up the rest.
  heard.push(1000)
  expect(new Set(await statusesOf(10, () => open(issuer)))).toEqual(new Set([200, 429]))
  const told = heard.length
  expect((await open(issuer)).status).toBe(429)
  expect(heard).toHaveLength(told)
})

test('pushed requests of one address get JSON with 429 and Retry-After above the limit', async () => {
  const { issuer } = await start({ limits: { pushedRequest: few } })
  expect(await statusesOf(3, () => push(issuer))).toEqual([201, 201, 201])
  const answer = await push(issuer)
  expect([answer.status, toJson(answer)['error']]).toEqual([429, 'temporarily_unavailable'])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect((await push(issuer, from('192.0.2.1'))).status).toBe(201)
})

test('registrations of one address get JSON with 429 and Retry-After above the limit', async () => {
  const { issuer } = await start({
    registration: { initialAccessToken: false },
    limits: { registration: few },
  })
  const register = () => sendJson(`${issuer}/oauth/register`, { client_name: 7 })
  expect(await statusesOf(3, register)).toEqual([400, 400, 400])
  const answer = await register()
  expect([answer.status, toJson(answer)['error']]).toEqual([429, 'temporarily_unavailable'])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
})

describe('if the counter fails', () => {
  const limiter = () => ({
    count: () => Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3:6379')),
    giveBack: () => Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3:6379')),
  })

  test('nobody signs in, and the cause is told to the host alone', async () => {
    const server = await start({ limits: { limiter } })
    const told: unknown[] = []
    server.provider.on('server_error', (_, error: Error) => told.push(error.cause))
    const page = await signIn(server.issuer)
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '1'])
    expect(page.text).not.toContain('10.1.2.3')
    expect(String(told[0])).toContain('10.1.2.3')
  })

  test('everything else goes on', async () => {
    const { issuer } = await start({ limits: { limiter } })
    expect((await open(issuer)).status).toBe(200)
    expect((await push(issuer)).status).toBe(201)
    expect((await authenticate(issuer)).status).toBe(200)
    expect((await authenticate(issuer, 'wrong')).status).toBe(401)
  })

  test('each process still counts failed authentications of clients', async () => {
    const { issuer } = await start({ limits: { limiter, clientAuthentication: few } })
    const statuses = await statusesOf(4, () => authenticate(issuer, 'wrong'))
    expect(statuses).toEqual([401, 401, 401, 429])
  })
})

describe('the counter', () => {
  test('may be one of the host, and hears of every limit at the start', async () => {
    const rules: LimiterRule[] = []
    const counts = new Map<string, number>()
    const { issuer } = await start({
      limits: {
        signInAccount: few,
        registration: false,
        limiter: (rule) => {
          rules.push(rule)
          return {
            async count(key) {
              const id = `${rule.name} ${key}`
              counts.set(id, (counts.get(id) ?? 0) + 1)
              return { count: counts.get(id) ?? 0, endsIn: 5000 }
            },
            giveBack: async () => {},
          }
        },
      },
    })
    expect(rules.map(({ name }) => name).toSorted()).toEqual([
      'authorization',
      'client_address',
      'client_authentication',
      'client_authentication_known',
      'pushed_request',
      'sign_in_account',
      'sign_in_account_known',
      'sign_in_address',
    ])
    await statusesOf(3, () => guess(issuer))
    const page = await guess(issuer)
    expect([page.status, page.headers.get('retry-after')]).toEqual([429, '5'])
    const keys = [...counts.keys()].join('\n')
    expect(keys).not.toMatch(/sofia|example|127\.0\.0\.1/)
  })

  test('is one of each process if the storage has none, and check says so', async () => {
    const { limiter: _, ...storage } = createMemoryAdapter()
    const server = await start({ storage, limits: { signInAccount: few } })
    expect(await statusesOf(4, () => guess(server.issuer))).toEqual([422, 422, 422, 429])
    expect(await warningsOf(() => server.check())).toContain('limits_not_shared')
  })

  test.each<[string, Partial<Parameters<typeof start>[0]>, boolean]>([
    ['the storage has one', {}, true],
    ['limits are off', { limits: false }, false],
  ])('is not warned of if %s', async (_, options, isWhole) => {
    const { limiter, ...rest } = createMemoryAdapter()
    const storage: Storage = isWhole ? { ...rest, limiter } : rest
    const server = await start({ storage, ...options })
    expect(await warningsOf(() => server.check())).not.toContain('limits_not_shared')
  })
})

/** The codes of the warnings of the process. */
async function warningsOf(work: () => Promise<void>): Promise<readonly unknown[]> {
  const codes: unknown[] = []
  const listen = (warning: Error & { readonly code?: unknown }): void =>
    void codes.push(warning.code)
  process.on('warning', listen)
  await work()
  await pause(10)
  process.off('warning', listen)
  return codes
}

test('an error page of a limit says what to do, and names nothing of the person', async () => {
  const { issuer } = await start({ limits: { authorization: { count: 1, seconds: 60 } } })
  await open(issuer)
  const page = toErrorPage(await open(issuer))
  expect(JSON.stringify(page)).not.toContain('127.0.0.1')
})

test('each refused request is told to the audit and counted in the metrics once', async () => {
  const server = await start({ limits: { signInAccount: few, clientAuthentication: few } })
  const told: unknown[] = []
  server.audit.on((event) => {
    if (event.type === 'limit.hit') told.push(event)
  })
  await statusesOf(4, () => guess(server.issuer))
  await statusesOf(4, () => authenticate(server.issuer, 'wrong', from('192.0.2.1')))
  // One process has seen the count: it refuses before the secret is looked at.
  await authenticate(server.issuer, 'wrong', from('192.0.2.1'))
  expect(told).toEqual([
    expect.objectContaining({
      limit: 'sign_in_account',
      actor: { kind: 'person' },
      account: 'sofia@example.test',
    }),
    ...Array.from({ length: 2 }, () =>
      expect.objectContaining({
        limit: 'client_authentication',
        clientId: confidential.client_id,
        address: '192.0.2.1',
        requestId: expect.any(String),
      }),
    ),
  ])
  const metrics = await server.metrics()
  expect(metrics).toContain('pleo_oauth_limits_hit_total{limit="sign_in_account"} 1')
  expect(metrics).toContain('pleo_oauth_limits_hit_total{limit="client_authentication"} 2')
})

describe('docs/operations.md', () => {
  const docs = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

  test('says every default', () => {
    const rows = [...docs.matchAll(/^\| `(\w+)` +\|[^|]+\| +(\d+) \| +(\d+) \|$/gm)]
    const defaults = rows.map(([, name = '', most, seconds]) => [
      name,
      { count: Number(most), seconds: Number(seconds) },
    ])
    expect(Object.fromEntries(defaults)).toEqual(completeLimits())
  })

  test('has an example that works', async () => {
    const [, most, seconds] = /signInAccount: \{ count: (\d+), seconds: (\d+) \}/.exec(docs) ?? []
    const signInAccount = { count: Number(most), seconds: Number(seconds) }
    const { issuer } = await start({ limits: { signInAccount, registration: false } })
    const statuses = await statusesOf(Number(most) + 1, () => guess(issuer))
    expect([statuses.at(-2), statuses.at(-1)]).toEqual([422, 429])
  })
})
