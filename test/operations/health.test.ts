import compose from 'koa-compose'
import { expect, test } from 'vitest'
import type { HealthPaths } from '../../lib/index.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { startGatedHost, type GatedHost } from '../support/gated.ts'
import { mountBelow } from '../support/hosts.ts'
import { send, toJson } from '../support/requests.ts'
import Koa from 'koa'

// How a process says that it is well, to load balancers and orchestrators.

const start = async (paths?: HealthPaths, prefix?: string): Promise<GatedHost> =>
  endAfterTest(
    await startGatedHost((parent, { health }) => {
      const app = new Koa().use(health.middleware(paths))
      parent.use(prefix === undefined ? compose(app.middleware) : mountBelow(prefix, app))
    }),
  )

/** What a load balancer reads. */
const probe = async (url: string): Promise<readonly [number, unknown]> => {
  const answer = await send(url)
  return [answer.status, toJson(answer)]
}

const well = [200, { status: 'ok' }]
const unavailable = [503, { status: 'unavailable' }]

test.each(['live', 'ready'])(
  '/health/%s answers GET and HEAD, and no cache keeps it',
  async (name) => {
    const { origin } = await start()
    const { status, headers, text } = await send(`${origin}/health/${name}?from=probe`)
    expect({ status, text }).toEqual({ status: 200, text: '{"status":"ok"}' })
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      connection: 'close',
    })
    expect(headers['set-cookie']).toBeUndefined()
    const head = await send(`${origin}/health/${name}`, { method: 'HEAD' })
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '15'])
    expect((await send(`${origin}/health/${name}`, { method: 'POST' })).status).toBe(404)
  },
)

test('a host that mounts no health check has none', async () => {
  const { origin } = endAfterTest(await startGatedHost())
  expect((await send(`${origin}/health/live`)).status).toBe(404)
  expect((await send(`${origin}/health/ready`)).status).toBe(404)
})

test('paths can be others, below a prefix as well', async () => {
  const { origin } = await start({ live: '/up' }, '/auth')
  expect(await probe(`${origin}/auth/up`)).toEqual(well)
  expect(await probe(`${origin}/auth/health/ready`)).toEqual(well)
  expect((await send(`${origin}/auth/health/live`)).status).toBe(404)
  expect((await send(`${origin}/up`)).status).toBe(404)
})

test.each([
  [{ live: 'live' }, /^live must be a path that begins with a slash/],
  [{ ready: '/ready?x' }, /^ready must be a path/],
  [{ ready: 1 as never }, /^ready must be a path/],
  [{ live: '/health/ready' }, /^live and ready must be two paths/],
])('paths like %j are refused', async (paths, message) => {
  const { server } = await start()
  expect(() => server.health.middleware(paths)).toThrow(message)
  expect(() => server.health.middleware(paths)).toThrow(TypeError)
})

test('a storage that fails makes it not ready, and leaves it alive; nothing inside is named', async () => {
  const { origin, storage, server } = await start()
  storage.fail()
  expect(await probe(`${origin}/health/ready`)).toEqual(unavailable)
  expect(await probe(`${origin}/health/live`)).toEqual(well)
  expect(server.health.live().status).toBe(200)
  storage.open()
  expect(await probe(`${origin}/health/ready`)).toEqual(well)
})

test('a storage that does not answer is waited for a second, by all probes together', async () => {
  const { origin, storage, server } = await start()
  storage.shut()
  const before = performance.now()
  const count = storage.count()
  const probes = Array.from({ length: 20 }, () => probe(`${origin}/health/ready`))
  expect(await server.health.ready()).toEqual({ status: 503, body: { status: 'unavailable' } })
  for (const answer of await Promise.all(probes)) expect(answer).toEqual(unavailable)
  // Probes that came after the first answer ask once more.
  expect(storage.count() - count).toBeLessThanOrEqual(2)
  expect(performance.now() - before).toBeGreaterThan(900)
  storage.open()
  expect(await probe(`${origin}/health/ready`)).toEqual(well)
})

test('it says that it closes, also to a probe that waits for the storage, and does not ask then', async () => {
  const { origin, storage, server } = await start()
  storage.shut()
  const waiting = probe(`${origin}/health/ready`)
  await expect.poll(() => storage.count()).toBe(1)
  await server.close()
  storage.open()
  const closing = [503, { status: 'closing' }]
  expect(await waiting).toEqual(closing)
  expect(await probe(`${origin}/health/ready`)).toEqual(closing)
  expect(storage.count()).toBe(1)
  expect(await probe(`${origin}/health/live`)).toEqual(well)
})
