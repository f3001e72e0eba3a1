import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { Agent } from 'node:http'
import { connect as connectTo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startBackend, type Backend } from '../support/backend.ts'
import { startExample, type RunningExample } from '../support/example.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, type Tokens } from '../support/flow.ts'
import { bakery, idOf, password } from '../support/people.ts'
import { startRedis, waitUntil } from '../support/redis-server.ts'
import { basic, oneConnection, pause, send, sendRefresh, toJson } from '../support/requests.ts'
import { confidential } from '../support/server.ts'
import { surroundings } from '../support/surroundings.ts'

// Both examples are asked to end while they answer requests.

const folder = mkdtempSync(join(tmpdir(), 'pleo-ending-'))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

const settings = {
  STORAGE_KEYS: 'a storage key of the tests with 32 characters',
  CLIENTS_FILE: file('clients.json', [{ ...confidential, client_name: 'Southwind Ledger' }]),
  PEOPLE_FILE: file('people.json', {
    people: [{ name: 'Sofia', email: 'sofia@example.test', password, administers: [idOf(bakery)] }],
    companies: [{ id: idOf(bakery), name: 'Bright Bakery' }],
  }),
}

const start = async (more: Record<string, string> = {}): Promise<RunningExample> =>
  endAfterTest(await startExample({ ...settings, ...more }))

const isRefused = async (origin: string): Promise<boolean> =>
  send(`${origin}/health/live`).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  )

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: twelve refreshes that wait for Redis are answered, and health says 503 first',
  async (signal) => {
    const redis = endAfterTest(await startRedis())
    const { issuer, kill, ended } = await start({ REDIS_URL: redis.url })
    const tokens: Tokens[] = []
    while (tokens.length < 12) tokens.push(await connect(issuer))
    const agent = oneConnection()
    onTestFinished(() => agent.destroy())
    const ready = () => send(`${issuer}/health/ready`, { agent })
    expect((await ready()).status).toBe(200)

    redis.pause()
    const refreshes = tokens.map(({ refresh_token }) => sendRefresh(issuer, refresh_token))
    await pause(100)
    kill(signal)
    await waitUntil('nothing listens', () => isRefused(issuer))
    const { status, headers, ...answer } = await ready()
    redis.resume()
    expect({ status, body: toJson({ status, headers, ...answer }) }).toEqual({
      status: 503,
      body: { status: 'closing' },
    })
    expect(headers.connection).toBe('close')
    // 503 says that Redis took too long: on a busy machine, it goes on too late.
    for (const { status: answered } of await Promise.all(refreshes))
      expect([200, 503]).toContain(answered)
    expect((await ended).code).toBe(0)
  },
)

describe('no request is cut under full load', () => {
  /** Sends one request after the other until the server is gone. */
  async function load(ask: () => Promise<{ readonly status: number }>): Promise<number> {
    for (let answered = 0; ; answered += 1) {
      try {
        expect((await ask()).status).toBe(200)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return answered
        throw error
      }
    }
  }

  async function expectNoneCut(
    { kill, ended }: Pick<Backend, 'kill' | 'ended'>,
    ask: (agent: Agent | undefined) => Promise<{ readonly status: number }>,
  ): Promise<void> {
    const agents = Array.from({ length: 12 }, (_, index) =>
      index < 8 ? oneConnection() : undefined,
    )
    onTestFinished(() => agents.forEach((agent) => agent?.destroy()))
    const loads = Promise.all(agents.map((agent) => load(() => ask(agent))))
    await pause(1000)
    const before = performance.now()
    kill('SIGTERM')
    expect(Math.min(...(await loads))).toBeGreaterThan(0)
    expect((await ended).code).toBe(0)
    expect(performance.now() - before).toBeLessThan(10_000)
  }

  test('of the example', async () => {
    const redis = endAfterTest(await startRedis())
    const example = await start({ REDIS_URL: redis.url })
    const { access_token: token } = await connect(example.issuer)
    await expectNoneCut(example, (agent) =>
      send(`${example.issuer}/oauth/token/introspect`, {
        body: new URLSearchParams({ token }),
        headers: basic(confidential),
        ...(agent && { agent }),
      }),
    )
  })

  test('of the backend, at a route of its own', async () => {
    const backend = endAfterTest(await startBackend())
    await expectNoneCut(backend, (agent) => send(`${backend.origin}/login`, agent ? { agent } : {}))
  })
})

/** Sends a request whose body never comes. Resolves when its connection has ended. */
async function sendHalf(origin: string): Promise<{ readonly closed: Promise<unknown> }> {
  const socket = connectTo(Number(new URL(origin).port), 'localhost')
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10'
  socket.write(`POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n${form}\r\n\r\n`)
  await pause(200)
  return { closed }
}

test('a request that takes too long is cut, and the end is in time', async () => {
  const { issuer, kill, ended } = await start()
  const { closed } = await sendHalf(issuer)
  const before = performance.now()
  kill('SIGTERM')
  await closed
  expect((await ended).code).toBe(0)
  expect(performance.now() - before).toBeLessThan(10_000)
})

test('a Redis that does not answer does not hold up the end', async () => {
  const redis = endAfterTest(await startRedis())
  const { issuer, kill, ended } = await start({ REDIS_URL: redis.url })
  redis.pause()
  const answer = send(`${issuer}/health/ready`)
  await pause(100)
  const before = performance.now()
  kill('SIGTERM')
  expect((await answer).status).toBe(503)
  expect((await ended).code).toBe(0)
  expect(performance.now() - before).toBeLessThan(10_000)
})

test('a second signal ends it at once', async () => {
  const { issuer, kill, ended } = await start()
  await sendHalf(issuer)
  kill('SIGINT')
  // Within half a second it would be the same signal: npm passes Ctrl+C on.
  kill('SIGINT')
  await pause(700)
  const before = performance.now()
  kill('SIGTERM')
  expect((await ended).code).toBe(1)
  expect(performance.now() - before).toBeLessThan(2000)
})

test('connections that a browser opened in advance do not hold up the end', async () => {
  const { issuer, kill, ended } = await start()
  const socket = connectTo(Number(new URL(issuer).port), 'localhost')
  await once(socket, 'connect')
  const before = performance.now()
  kill('SIGTERM')
  expect((await ended).code).toBe(0)
  expect(performance.now() - before).toBeLessThan(3000)
})

test.each(['start', 'example:embedded'])(
  'npm run %s passes SIGTERM on to the server',
  async (script) => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    // Without the script that builds before.
    const npm = spawn('npm', ['run', '--ignore-scripts', script], {
      cwd: root,
      env: { ...surroundings, PORT: '0', API_PORT: '0', APP_PORT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void npm.kill('SIGKILL'))
    let said = ''
    npm.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    const ended = new Promise<number | null>((resolve) => npm.once('close', resolve))
    await waitUntil('it runs', async () => said.includes('Ctrl+C'))
    const origin = /http:\/\/localhost:\d+/.exec(said)?.[0] ?? ''
    npm.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(await isRefused(origin)).toBe(true)
  },
)
