import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { endAfterTest, useRunning } from '../support/fixtures.ts'
import { recordOf } from '../support/refusals.ts'
import { dumpOf, keysOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { basic, requestUrl, send, type RawAnswer } from '../support/requests.ts'
import { confidential, openServer, type RunningServer } from '../support/server.ts'
import { startServerProcess } from '../support/server-process.ts'

// What refused requests leave in Redis.

const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
afterEach(() => client.flushall())

const start = (options: Parameters<typeof openServer>[0] = {}): Promise<RunningServer> =>
  openServer({ storage: createRedisAdapter({ client, keys: storageKeys }), ...options })

const ask = (issuer: string, token: string, headers = {}): Promise<RawAnswer> =>
  send(`${issuer}/oauth/token`, {
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
    headers: { ...basic(confidential), ...headers },
  })

test('every process explains a request of another one, also after that has died', async () => {
  const other = endAfterTest(await startServerProcess(redis.url))
  const id = String((await ask(other.issuer, 'x')).headers['x-request-id'])
  const server = await start()
  const record = await recordOf(server, id)
  await other.kill()
  expect(await server.explain(id)).toEqual([record])
  expect(record.reason).toBe('refresh_token has 1 character, and one of this server has 93')
})

test('two processes that are given one id at the same time keep both records', async () => {
  const other = endAfterTest(await startServerProcess(redis.url))
  const server = await start()
  const headers = { 'x-request-id': 'given-twice' }
  await Promise.all([ask(other.issuer, 'x', headers), ask(server.issuer, 'xx', headers)])
  await expect.poll(() => server.explain('given-twice')).toHaveLength(2)
})

test('a record has at most 1 kB and a day, however large the request, and none of it can be read', async () => {
  const server = await start()
  const long = 'very-long:'.repeat(180)
  const url = requestUrl(server.issuer, { scope: long, state: long.repeat(2), redirect_uri: long })
  const headers = { 'x-request-id': 'i'.repeat(64), accept: 'text/html' }
  const answer = await send(url, { headers })
  const { reason } = await recordOf(server, String(answer.headers['x-request-id']))
  const [entry, ...more] = await dumpOf(client, 'pleo:refusal:')
  expect(more).toEqual([])
  expect(entry?.expiresIn).toBeGreaterThan(86_300)
  expect(entry?.expiresIn).toBeLessThanOrEqual(86_400)
  const text = JSON.stringify(entry)
  expect(text).not.toContain(reason.slice(0, 12))
  expect(text).not.toContain('iiii')
  expect(await client.memory('USAGE', String(entry?.key))).toBeLessThan(1400)
})

test('two thousand refused requests leave no more than their part of the room', async () => {
  const server = await start({
    anonymousRequests: { count: 640, bytes: 1_000_000 },
    trustedProxies: ['loopback'],
  })
  let told = 0
  server.app.on('refused', () => void (told += 1))
  const total = 2000
  for (let sent = 0; sent < total; sent += 50) {
    const some = Array.from({ length: 50 }, (_, at) =>
      ask(server.issuer, 'x', { 'x-forwarded-for': `192.0.2.${(sent + at) % 200}` }),
    )
    await Promise.all(some)
  }
  await expect.poll(() => told).toBe(total)
  const keys = await keysOf(client, 'pleo:refusal:')
  // An eighth of 640.
  expect(keys.length).toBeGreaterThan(50)
  expect(keys.length).toBeLessThanOrEqual(80)
  expect((await send(requestUrl(server.issuer))).status).toBe(200)
})
