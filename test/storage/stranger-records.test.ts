import { Redis } from 'ioredis'
import { afterEach, describe, expect, test } from 'vitest'
import { createRedisAdapter } from '../../adapters/redis.ts'
import type { AuthorizationServerOptions } from '../../lib/index.ts'
import { createBrowser, urlOfInteraction } from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import { postWithoutFollowing } from '../support/hosts.ts'
import { createAccounts } from '../support/people.ts'
import { keysOf } from '../support/redis-dump.ts'
import { useRedis } from '../support/redis-server.ts'
import { requestUrl, send, toJson } from '../support/requests.ts'
import { publicClient, startServer, type RunningServer } from '../support/server.ts'

let server: RunningServer
const redis = useRedis()
const client = useRunning(() => new Redis(redis.port, redis.host))
afterEach(async () => {
  await server.close()
  await client.flushall()
})

const stranger = {
  ...publicClient,
  client_id: '00000000-0000-4000-8000-000000000001',
  scope: 'companies:read users:read export-jobs:write export-items:read vendors:read',
}

async function start(options: Partial<AuthorizationServerOptions> = {}): Promise<void> {
  const storage = createRedisAdapter({ client, keys: ['a key for the storage of the tests'] })
  server = await startServer({ storage, clients: [stranger], ...options })
}

const people = createAccounts()
const signInAtHost = {
  find: people.find.bind(people),
  subjects: people.subjects.bind(people),
  signedIn: () => undefined,
  signInUrl: 'https://host.example.test/login',
}

const url = (): string =>
  requestUrl(server.issuer, { state: 's'.repeat(100), scope: stranger.scope }, stranger)

async function push(): Promise<string | undefined> {
  const body = new URL(url()).searchParams
  const pushed = await send(`${server.issuer}/oauth/par`, { body })
  if (pushed.status !== 201) return undefined
  const { client_id } = stranger
  const query = new URLSearchParams({
    client_id,
    request_uri: String(toJson(pushed)['request_uri']),
  })
  return `${server.issuer}/oauth/authorize?${query}`
}

/**
 * Says no without a sign-in.
 *
 * @yields after each step
 */
async function* decline(target: string): AsyncGenerator<string> {
  const browser = createBrowser()
  const page = await browser.go(target)
  if (page.status !== 200) return
  yield 'opened'
  const decided = await postWithoutFollowing(browser, page, { decision: 'decline' })
  yield 'declined'
  await browser.go(decided.headers.get('location') ?? '')
  yield 'ended'
  expect((await browser.go(urlOfInteraction(page).href)).text).toContain('You did not allow')
}

/**
 * Goes to the sign-in of the host, and then to the way back to the application, as if somebody had answered.
 *
 * @yields after each step
 */
async function* leaveForHost(target: string): AsyncGenerator<string> {
  const browser = createBrowser()
  const page = await browser.go(target)
  if (page.status === 503) return
  expect(page.location?.origin).toBe('https://host.example.test')
  yield 'at the host'
  const returnTo = page.location?.searchParams.get('return_to') ?? ''
  const resume = returnTo.replace('/interaction/', '/authorize/')
  expect((await browser.go(resume)).location?.origin).toBe('https://host.example.test')
  yield 'at the host again'
}

interface StoredRecord {
  readonly kind: string
  /** Beside the cost of an empty key. */
  readonly bytes: number
  /** With that cost. */
  readonly memory: number
  readonly seconds: number
}

/** All records, but those of refused requests, and what is left for ten seconds of those that are gone. */
async function readRecords(): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = []
  for (const key of await keysOf(client)) {
    const kind = key.split(':')[1] ?? ''
    if (['storage-keys', 'refusal', 'limit'].includes(kind) || (await client.hexists(key, 'd')))
      continue
    const values = Object.entries(await client.hgetallBuffer(key))
    const bytes = values.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    const memory = Number(await client.memory('USAGE', key))
    all.push({ kind, bytes, memory, seconds: await client.ttl(key) })
  }
  return all
}

describe('an ordinary request of a stranger takes at most 500 bytes for 10 minutes, at each step', () => {
  test.each([
    ['if the stranger says no', {}, decline],
    ['if the stranger goes to the sign-in of the host', { accounts: signInAtHost }, leaveForHost],
  ])('%s', async (_, options, run) => {
    await start(options)
    for await (const step of run(url())) {
      const [record, ...others] = await readRecords()
      expect([step, others]).toEqual([step, []])
      expect(record?.bytes).toBeLessThanOrEqual(500)
      expect(record?.seconds).toBeLessThanOrEqual(600)
    }
  })

  test('if it was pushed, beside a small note that it was opened', async () => {
    await start()
    for await (const step of decline((await push()) ?? '')) {
      const found = await readRecords()
      const notes = found.filter(({ kind }) => kind === 'pushed-authorization-request')
      const [record, ...others] = found.filter((one) => !notes.includes(one))
      expect([step, notes.length, others]).toEqual([step, 1, []])
      expect(notes[0]?.bytes).toBeLessThan(200)
      expect(record?.bytes).toBeLessThanOrEqual(500)
      for (const { seconds } of found) expect(seconds).toBeLessThanOrEqual(600)
    }
  })
})

test.each([
  ['pushed', {}, push, () => []],
  ['declined', {}, async () => url(), decline],
  ['pushed and declined', {}, push, decline],
  ['left at the host', { accounts: signInAtHost }, async () => url(), leaveForHost],
  ['pushed and left at the host', { accounts: signInAtHost }, push, leaveForHost],
])('the share of one address covers the memory of requests that are %s', async (...given) => {
  const [, options, make, run] = given
  const bytes = 131_072
  await start({ anonymousRequests: { count: 8000, bytes }, ...options })
  const steps: string[] = []
  for (let sent = 0; sent < 30; sent += 1) {
    const target = await make()
    if (target !== undefined) for await (const step of run(target)) steps.push(step)
  }
  const sum = (await readRecords()).reduce((total, { memory }) => total + memory, 0)
  expect(sum).toBeLessThanOrEqual(bytes / 8)
  expect(sum).toBeGreaterThan(bytes / 16 / 2)
  expect((await send(url())).status).toBe(503)
})
