import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { createBrowser } from '../support/browser.ts'
import {
  authorizationUrl,
  connect,
  consent,
  createPkce,
  goToConsent,
  introspect,
  redeem,
  refresh,
  revoke,
} from '../support/flow.ts'
import { changes } from '../support/prometheus.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { basic, send, sendForm } from '../support/requests.ts'
import {
  confidential,
  openServer,
  resourceServer,
  withoutOverlap,
  type RunningServer,
} from '../support/server.ts'

// What a server counts, and that it counts everything once.

type Numbers = Readonly<Record<string, number>>

/** What a server counts while something is done. */
async function countDuring(
  server: Pick<RunningServer, 'metrics'>,
  work: () => Promise<unknown>,
): Promise<Numbers> {
  const before = await server.metrics()
  await work()
  return changes(before, await server.metrics())
}

/** The numbers of requests alone. */
const requestsOf = (numbers: Numbers): Numbers =>
  Object.fromEntries(
    Object.entries(numbers).filter(([name]) => name.startsWith('pleo_oauth_requests_total')),
  )

const request = (route: string, outcome: string): string =>
  `pleo_oauth_requests_total{route=${route} outcome=${outcome}}`
const tokenRequest = (type: string, outcome: string): string =>
  `pleo_oauth_requests_total{route=/oauth/token grant_type=${type} outcome=${outcome}}`
const times = (route: string): string => `pleo_oauth_request_duration_seconds_count{route=${route}}`
const calls = (method: string): string =>
  `pleo_oauth_storage_duration_seconds_count{method=${method}}`
const failures = (method: string): string => `pleo_oauth_storage_failures_total{method=${method}}`
const created = 'pleo_oauth_connections_created_total{}'
const revoked = (reason: string): string => `pleo_oauth_connections_revoked_total{reason=${reason}}`

/** A server that answers ordinary requests itself, or lets the framework answer all. */
async function start(way: 'quick' | 'framework'): Promise<RunningServer> {
  const server = await openServer()
  if (way === 'framework') server.provider.use((_, next) => next())
  return server
}

describe.each(['quick', 'framework'] as const)('requests of clients, %s', (way) => {
  test('a redemption, a refresh, an introspection and a revocation count once', async () => {
    const server = await start(way)
    const { issuer } = server
    const given = await consent(issuer)
    let tokens: Record<string, unknown> = {}
    const redeemed = await countDuring(server, async () => {
      tokens = (await redeem(issuer, given)).body
    })
    expect(redeemed).toEqual({
      [tokenRequest('authorization_code', 'ok')]: 1,
      [times('/oauth/token')]: 1,
      [calls('grants.load')]: 1,
      [calls('grants.exchange')]: 1,
      // The first time, the address of the client is noted.
      [calls('records.upsert')]: 1,
      [created]: 1,
    })
    const token = String(tokens['refresh_token'])
    expect(await countDuring(server, () => refresh(issuer, token))).toEqual({
      [tokenRequest('refresh_token', 'ok')]: 1,
      [times('/oauth/token')]: 1,
      [calls('grants.load')]: 1,
      [calls('grants.exchange')]: 1,
    })
    const access = String(tokens['access_token'])
    expect(await countDuring(server, () => introspect(issuer, access))).toEqual({
      [request('/oauth/token/introspect', 'ok')]: 1,
      [times('/oauth/token/introspect')]: 1,
      [calls('grants.load')]: 1,
    })
    expect(await countDuring(server, () => revoke(issuer, token))).toEqual({
      [request('/oauth/token/revoke', 'ok')]: 1,
      [times('/oauth/token/revoke')]: 1,
      [calls('grants.load')]: 1,
      [calls('grants.end')]: 1,
      [revoked('partner')]: 1,
    })
  })

  test('a refusal counts once, by its code', async () => {
    const server = await start(way)
    const { issuer } = server
    const token = (body: string, headers = basic(confidential)) =>
      sendForm(`${issuer}/oauth/token`, body, { headers })
    const counted = await countDuring(server, async () => {
      await token('grant_type=refresh_token&refresh_token=no')
      await token('grant_type=refresh_token&refresh_token=no', basic(confidential, 'wrong'))
      await token('grant_type=authorization_code&code=no')
      await token('grant_type=password&username=a&password=b')
      await token('grant_type=refresh_token&grant_type=refresh_token&refresh_token=no')
      await token('grant_type=refresh_token&refresh_token=no', basic(resourceServer))
      await token('')
    })
    expect(requestsOf(counted)).toEqual({
      [tokenRequest('refresh_token', 'invalid_grant')]: 1,
      [tokenRequest('refresh_token', 'invalid_client')]: 1,
      [tokenRequest('refresh_token', 'unauthorized_client')]: 1,
      [tokenRequest('authorization_code', 'invalid_request')]: 1,
      [tokenRequest('other', 'unsupported_grant_type')]: 1,
      [tokenRequest('other', 'invalid_request')]: 2,
    })
    expect(counted[times('/oauth/token')]).toBe(7)
  })

  test('fifty at once count fifty times', async () => {
    const server = await start(way)
    const { access_token } = await connect(server.issuer)
    const counted = await countDuring(server, () =>
      Promise.all(Array.from({ length: 50 }, () => introspect(server.issuer, access_token))),
    )
    expect(requestsOf(counted)).toEqual({ [request('/oauth/token/introspect', 'ok')]: 50 })
  })
})

describe('pages', () => {
  test('the way to tokens counts each request once', async () => {
    const server = await openServer()
    expect(requestsOf(await countDuring(server, () => connect(server.issuer)))).toEqual({
      [request('/oauth/authorize', 'ok')]: 1,
      [request('/oauth/authorize/:uid', 'ok')]: 2,
      [request('/oauth/interaction/:uid', 'ok')]: 2,
      [tokenRequest('authorization_code', 'ok')]: 1,
    })
  })

  test.each(['text/html', 'application/json'])(
    'an error counts by its code, for who wants %s',
    async (accept) => {
      const server = await openServer()
      const { issuer } = server
      const headers = { accept }
      const counted = await countDuring(server, async () => {
        await send(`${issuer}/oauth/authorize?client_id=nobody`, { headers })
        await send(`${issuer}/oauth/authorize`, { method: 'PUT', headers })
        await send(`${issuer}/oauth/interaction/none`, { headers })
      })
      expect(requestsOf(counted)).toEqual({
        [request('/oauth/authorize', 'invalid_client')]: 1,
        [request('/oauth/authorize', 'invalid_request')]: 1,
        [request('/oauth/interaction/:uid', 'invalid_request')]: 1,
      })
    },
  )

  test('an error that goes to the client counts by its code', async () => {
    const server = await openServer()
    const { challenge } = createPkce()
    const params = { code_challenge: challenge, scope: 'nothing:at-all' }
    const url = authorizationUrl(server.issuer, confidential, params)
    const counted = await countDuring(server, async () => {
      expect((await createBrowser().go(url)).location?.href).toContain('error=invalid_scope')
      const { page, browser } = await goToConsent(server.issuer)
      await browser.submit(page, { decision: 'decline' })
    })
    expect(requestsOf(counted)).toMatchObject({
      [request('/oauth/authorize', 'invalid_scope')]: 1,
      [request('/oauth/authorize/:uid', 'access_denied')]: 1,
    })
  })

  test('a wrong password counts as refused', async () => {
    const server = await openServer()
    const { challenge } = createPkce()
    const browser = createBrowser()
    const url = authorizationUrl(server.issuer, confidential, { code_challenge: challenge })
    const page = await browser.go(url)
    const counted = await countDuring(server, () =>
      browser.submit(page, { username: 'sofia@example.test', password: 'wrong' }),
    )
    expect(requestsOf(counted)).toEqual({ [request('/oauth/interaction/:uid', 'refused')]: 1 })
  })

  test('an error of the host counts as server_error', async () => {
    const server = await openServer()
    const { page, browser } = await goToConsent(server.issuer)
    server.accounts.subjects = () => Promise.reject(new Error('the database of people is away'))
    const counted = await countDuring(server, () => browser.submit(page, { decision: 'allow' }))
    expect(requestsOf(counted)).toEqual({ [request('/oauth/interaction/:uid', 'server_error')]: 1 })
  })

  test('a path below ours that is not known counts, and one of the host does not', async () => {
    const server = await openServer()
    const counted = await countDuring(server, async () => {
      await send(`${server.issuer}/oauth/unknown`)
      await send(`${server.issuer}/elsewhere`)
      await send(`${server.issuer}/oauth/jwks/`)
    })
    expect(requestsOf(counted)).toEqual({
      [request('other', 'not_found')]: 1,
      [request('/oauth/jwks', 'ok')]: 1,
    })
  })
})

describe('connections that end', () => {
  test('count by their reason, one for each grant', async () => {
    const server = await openServer({ ...withoutOverlap, refreshRetryWindow: 0 })
    const { issuer } = server
    const stolen = await connect(issuer)
    await refresh(issuer, stolen.refresh_token)
    const replayed = await countDuring(server, () => refresh(issuer, stolen.refresh_token))
    expect(replayed).toMatchObject({
      [tokenRequest('refresh_token', 'invalid_grant')]: 1,
      [revoked('replay')]: 1,
    })
    await connect(issuer)
    await connect(issuer)
    const ended = await countDuring(server, () =>
      server.connections.revoke({ clientId: confidential.client_id }),
    )
    expect(ended[revoked('administrator')]).toBe(2)
  })

  test('a reason that is not known counts as other', async () => {
    const server = await openServer()
    await connect(server.issuer)
    const ended = await countDuring(server, () =>
      server.connections.revoke(
        { clientId: confidential.client_id },
        { reason: 'Sofia asked for it' as never },
      ),
    )
    expect(ended[revoked('other')]).toBe(1)
  })
})

describe('a Redis that is gone', () => {
  const redis = useRedis()

  test('each failed call counts once, and the request by its code', async () => {
    const client = new Redis(redis.url, recommendedRedisOptions)
    client.on('error', () => {})
    onTestFinished(() => client.disconnect())
    const server = await openServer({ storage: createRedisAdapter({ client, keys: storageKeys }) })
    const { refresh_token } = await connect(server.issuer)
    await redis.kill()
    const counted = await countDuring(server, async () => {
      expect((await refresh(server.issuer, refresh_token)).status).toBe(503)
    })
    expect(counted).toEqual({
      [tokenRequest('refresh_token', 'temporarily_unavailable')]: 1,
      [times('/oauth/token')]: 1,
      [calls('grants.load')]: 1,
      [failures('grants.load')]: 1,
    })
    const page = await countDuring(server, () =>
      send(authorizationUrl(server.issuer, confidential, { code_challenge: 'x'.repeat(43) }), {
        headers: { accept: 'text/html' },
      }),
    )
    expect(requestsOf(page)).toEqual({
      [request('/oauth/authorize', 'temporarily_unavailable')]: 1,
    })
  })
})

test('two servers in one process do not mix', async () => {
  const [one, other] = [await openServer(), await openServer()]
  const before = await other.metrics()
  expect(await countDuring(one, () => connect(one.issuer))).toHaveProperty([created], 1)
  expect(changes(before, await other.metrics())).toEqual({})
})

test('everything counts from the start, also before somebody asks', async () => {
  const server = await openServer()
  const empty = await (await openServer()).metrics()
  await connect(server.issuer)
  expect(changes(empty, await server.metrics())).toHaveProperty([created], 1)
})
