import { createHook } from 'node:async_hooks'
import { execFileSync } from 'node:child_process'
import { Agent, METHODS } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { MetricsOptions } from '../../lib/index.ts'
import { pickFrom } from '../support/client-requests.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { createRandom } from '../support/fuzzing.ts'
import { startGatedHost, type GatedHost } from '../support/gated.ts'
import { parseMetrics, type Metric } from '../support/prometheus.ts'
import { basic, send } from '../support/requests.ts'
import { confidential, openServer } from '../support/server.ts'

// The text of the metrics, who gets it, and that strangers cannot make it longer.

const start = async (options?: MetricsOptions): Promise<GatedHost> =>
  endAfterTest(
    await startGatedHost((parent, { metrics }) => parent.use(metrics.middleware(options))),
  )

const delayOf = (text: string): Metric | undefined =>
  parseMetrics(text).get('pleo_oauth_event_loop_delay_seconds')

describe('the middleware', () => {
  test('answers GET and HEAD at /metrics, and no cache keeps it', async () => {
    const { origin, server } = await start()
    const { status, headers, text } = await send(`${origin}/metrics?from=prometheus`)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    })
    expect(headers['content-type']).toBe(server.metrics.contentType)
    expect(parseMetrics(text).size).toBeGreaterThan(5)
    const head = await send(`${origin}/metrics`, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    expect((await send(`${origin}/metrics`, { method: 'POST' })).status).toBe(404)
    expect((await send(`${origin}/metrics/`)).status).toBe(404)
  })

  test('a host that mounts it nowhere has no metrics', async () => {
    const { origin } = endAfterTest(await startGatedHost())
    expect((await send(`${origin}/metrics`)).status).toBe(404)
    expect((await send(`${origin}/oauth/metrics`)).status).toBe(404)
  })

  test('the path can be another one', async () => {
    const { origin } = await start({ path: '/internal/numbers' })
    expect((await send(`${origin}/internal/numbers`)).status).toBe(200)
    expect((await send(`${origin}/metrics`)).status).toBe(404)
  })

  test.each([{ path: 'metrics' }, { path: '/metrics?x' }, { path: 1 as never }])(
    'a path like %j is refused',
    async (options) => {
      const { server } = await start()
      expect(() => server.metrics.middleware(options)).toThrow(/^path must be a path that begins/)
      expect(() => server.metrics.middleware(options)).toThrow(TypeError)
    },
  )
})

/** Counts the monitors of event loops that this process makes from now to the end of a test. */
function countMonitors(): () => number {
  let monitors = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'ELDHISTOGRAM') monitors += 1
    },
  }).enable()
  onTestFinished(() => void hook.disable())
  return () => monitors
}

describe('the delay of the event loop', () => {
  test('is measured from the first call on, and no longer when the server has closed', async () => {
    const monitors = countMonitors()
    const { server, ask } = await start()
    await ask()
    expect(monitors()).toBe(0)
    await server.metrics()
    await server.metrics()
    expect(monitors()).toBe(1)
    expect(delayOf(await server.metrics())?.series).toHaveLength(4)
    await server.close()
    expect(delayOf(await server.metrics())?.series).toEqual([])
    expect(monitors()).toBe(1)
  })

  test('is not measured after a close without an earlier call', async () => {
    const monitors = countMonitors()
    const { server } = await start()
    await server.close()
    expect(delayOf(await server.metrics())?.series).toEqual([])
    expect(monitors()).toBe(0)
  })

  test('a close with a wrong option changes nothing', async () => {
    const { server } = await start()
    await server.metrics()
    await expect(server.close({ timeout: -1 })).rejects.toThrow(TypeError)
    expect(delayOf(await server.metrics())?.series).toHaveLength(4)
  })

  test('tells of a loop that stood still, once', async () => {
    const { server } = await start()
    const longest = async (): Promise<number> => {
      const series = delayOf(await server.metrics())?.series ?? []
      return series.find(({ labels }) => labels['percentile'] === '100')?.value ?? 0
    }
    await server.metrics()
    // The monitor looks for the first time after ten milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const end = performance.now() + 1000
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await longest()).toBeGreaterThan(0.9)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await longest()).toBeLessThan(0.9)
  })
})

test('a host that asks for no metrics and no traces loads nothing for them', () => {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { createAuthorizationServer } = await import('./lib/index.ts')
    const server = createAuthorizationServer({
      issuer: 'http://localhost:1',
      resourceServer: { audience: 'https://api.example.test' },
      cookieKeys: ['a key for the cookies of the tests'],
      accounts: { find() {}, subjects: () => [], authenticate() {} },
    })
    await server.introspect('no token')
    const count = () => loaded.filter((url) => /prom-client|opentelemetry/.test(url)).length
    const before = count()
    await server.metrics()
    console.log(before, count() > 0)`
  const args = ['--no-warnings', '--input-type=module', '--eval', program]
  const cwd = join(import.meta.dirname, '../..')
  const output = execFileSync(process.execPath, args, { cwd, encoding: 'utf8' })
  expect(output.trim()).toBe('0 true')
})

const random = createRandom()
const pick = <T>(items: readonly T[]): T => pickFrom(random, items)
const word = (): string => random().toString(36).slice(2)

const paths = [
  () => '/oauth/token',
  () => '/oauth/TOKEN/',
  () => `/oauth/token/${word()}`,
  () => '/oauth/token/introspect',
  () => '/oauth/par',
  () => `/oauth/authorize?client_id=${word()}&scope=${word()}`,
  () => `/oauth/authorize/${word()}`,
  () => `/oauth/interaction/${word()}/${word()}`,
  () => `/oauth/register/${word()}`,
  () => `/oauth/assets/logos/${word()}`,
  () => `/oauth/${encodeURIComponent(`"\n{}\\${word()}`)}`,
  () => `/oauth//${word()}?${word()}=1`,
  () => `/.well-known/openid-configuration?${word()}`,
  () => `/oauth/connections?${'a=1&'.repeat(300)}`,
]
const methods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'HEAD')
const forms = [
  () => `grant_type=${word()}&code=${word()}`,
  () => `grant_type=refresh_token&refresh_token=${word()}&client_id=${word()}`,
  () => `grant_type=${encodeURIComponent('__proto__')}`,
  () => 'grant_type=constructor&grant_type=toString',
  () => `token=${word()}&${word()}=${word()}`,
  () => `%${word()}`,
]

test('ten thousand strange requests make no series more, and each is counted', async () => {
  const server = await openServer()
  const toKeys = (text: string): readonly string[] =>
    text.split('\n').map((line) => line.replace(/ [\d.e+-]+$/, ''))
  const toTotal = (text: string): number =>
    (parseMetrics(text).get('pleo_oauth_requests_total')?.series ?? []).reduce(
      (sum, { value }) => sum + value,
      0,
    )
  const before = await server.metrics()
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  onTestFinished(() => agent.destroy())
  const ask = () => {
    const isForm = random() < 0.5
    return send(server.issuer + pick(paths)(), {
      agent,
      method: isForm ? 'POST' : pick(methods),
      headers: {
        accept: pick(['text/html', '*/*', word()]),
        ...(isForm && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(random() < 0.3 && basic(confidential, pick([confidential.client_secret, word()]))),
      },
      ...(isForm && { body: pick(forms)() }),
    })
  }
  for (let batch = 0; batch < 100; batch += 1) {
    await Promise.all(Array.from({ length: 100 }, ask))
  }
  const after = await server.metrics()
  expect(toKeys(after)).toEqual(toKeys(before))
  expect(toTotal(after) - toTotal(before)).toBe(10_000)
})
