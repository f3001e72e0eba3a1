import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { beforeAll, expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, refresh, type Tokens } from '../support/flow.ts'
import { password } from '../support/people.ts'
import { areActive, basic, requestUrl, send, toJson } from '../support/requests.ts'
import { keysOf } from '../support/redis-dump.ts'
import { useRedis } from '../support/redis-server.ts'
import { confidential } from '../support/server.ts'
import { startServerProcess } from '../support/server-process.ts'

const megabyte = 1024 * 1024

const redis = useRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'noeviction'] })
const client = useRunning(() => new Redis(redis.port, redis.host))
// A busy machine must not look like a full Redis: this server waits longer for an answer.
const server = useRunning(() =>
  startServerProcess(redis.url, { env: { REDIS_TIMEOUT: '20000', LIMITS: 'off' } }),
)
beforeAll(async () => {
  // The first connection leaves behind what all have in common.
  await connect(server.issuer)
})

/** The keys that a request leaves behind, with their bytes beside the cost of an empty key, and their seconds. */
async function leftBehind<T>(
  request: () => Promise<T>,
): Promise<{ answer: T; records: readonly { bytes: number; seconds: number }[] }> {
  const before = new Set(await keysOf(client))
  const answer = await request()
  // Other tests have the records of refused requests. Of limits, there is one number for each address and minute.
  const added = (await keysOf(client)).filter(
    (key) => !before.has(key) && !isRefusal(key) && !key.includes(':limit:'),
  )
  const records = await Promise.all(added.map((key) => measure(key)))
  return { answer, records }
}

const isRefusal = (key: string): boolean => key.startsWith('pleo:refusal:')

async function measure(key: string): Promise<{ bytes: number; seconds: number }> {
  const values = Object.entries(await client.hgetallBuffer(key))
  const bytes = values.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return { bytes, seconds: await client.ttl(key) }
}

const usual = {
  state: 's'.repeat(100),
  scope: 'companies:read users:read export-jobs:write',
}

test('an ordinary request takes at most 500 bytes for 10 minutes, until somebody signs in', async () => {
  const browser = createBrowser()
  const url = requestUrl(server.issuer, usual)
  const { answer: page, records } = await leftBehind(() => browser.go(url))
  expect(records).toHaveLength(1)
  expect(records[0]?.bytes).toBeLessThanOrEqual(500)
  expect(records[0]?.seconds).toBeLessThanOrEqual(600)
  expect(records[0]?.seconds).toBeGreaterThan(0)

  const signedIn = await leftBehind(() =>
    browser.submit(page, { username: 'sofia@example.test', password }),
  )
  expect(signedIn.answer.text).toContain('name="decision"')
  expect(signedIn.records.some(({ seconds }) => seconds > 600 && seconds <= 3600)).toBe(true)
})

test('a pushed request takes room until its end, and a small marker once it was opened', async () => {
  const fields = { ...usual, state: 's'.repeat(4000) }
  const par = `${server.issuer}/oauth/par`
  const body = new URL(requestUrl(server.issuer, fields)).searchParams
  const pushed = await leftBehind(() => send(par, { body, headers: basic(confidential) }))
  const { request_uri, expires_in } = toJson(pushed.answer)
  expect(pushed.records).toHaveLength(1)
  expect(pushed.records[0]?.seconds).toBeLessThanOrEqual(Number(expires_in))

  const { client_id } = confidential
  const query = new URLSearchParams({ client_id, request_uri: String(request_uri) })
  const open = () => send(`${server.issuer}/oauth/authorize?${query}`)
  const opened = await leftBehind(open)
  const sizes = opened.records.map(({ bytes }) => bytes).toSorted((one, other) => one - other)
  expect(sizes).toHaveLength(2)
  expect(sizes[0]).toBeLessThan(200)
  const again = await leftBehind(open)
  expect([again.answer.status, again.records]).toEqual([303, []])
})

test('a session cookie of somebody who signed out leaves nothing behind', async () => {
  const browser = createBrowser()
  const page = await browser.go(`${server.issuer}/oauth/sign-in`)
  await browser.submit(page, { username: 'sofia@example.test', password })
  const cookies = [...browser.cookies].map(([key, { value }]) => `${key.split(' ')[1]}=${value}`)
  await browser.submit(await browser.go(`${server.issuer}/oauth/sign-out`), {})
  const headers = { cookie: cookies.join('; ') }
  expect(headers.cookie).toContain('pleo_session')
  for (const path of ['/oauth/authorize', '/oauth/authorize/unknown', '/oauth/connections']) {
    const { records } = await leftBehind(() => send(server.issuer + path, { headers }))
    expect([path, records]).toEqual([path, []])
  }
  const opened = await leftBehind(() => send(requestUrl(server.issuer), { headers }))
  expect([opened.answer.status, opened.records.length]).toEqual([200, 1])
  expect(opened.records[0]?.seconds).toBeLessThanOrEqual(600)
})

test(
  'a flood leaves 50 connections alone that refresh all the time',
  { timeout: 600_000 },
  async () => {
    const connections = await Promise.all(Array.from({ length: 50 }, () => connect(server.issuer)))
    const grants = await keysOf(client, 'pleo:grant:')
    expect(grants.length).toBeGreaterThanOrEqual(50)
    const path = fileURLToPath(new URL('flood-process.ts', import.meta.url))
    const flood = fork(path, [server.issuer])
    const answers = once(flood, 'message')

    let isOver = false
    const refreshed = connections.map((tokens) =>
      refreshAllTheTime(server.issuer, tokens, () => isOver),
    )
    const [counts] = (await answers) as [Record<number, number>]
    isOver = true
    const last = await Promise.all(refreshed)
    flood.disconnect()

    // The second opening of a pushed request is a redirect to the page of the first one.
    expect(Object.keys(counts)).toEqual(['200', '303', '503'])
    // Nearly all of it was refused.
    expect(counts[503]).toBeGreaterThan(5 * (Number(counts[200]) + Number(counts[303])))
    expect(await areActive(server.issuer, last)).toEqual(last.map(() => true))
    const info = await client.info()
    expect(info).toContain('evicted_keys:0\r\n')
    expect(await client.info('errorstats')).not.toContain('OOM')
    expect(Number(/used_memory:(\d+)/.exec(info)?.[1])).toBeLessThan(48 * megabyte)
    const left = new Set(await keysOf(client, 'pleo:grant:'))
    expect(grants.filter((key) => !left.has(key))).toEqual([])
  },
)

/** Resolves to the last access token. */
async function refreshAllTheTime(
  issuer: string,
  first: Tokens,
  isOver: () => boolean,
): Promise<string> {
  let tokens = first
  do {
    const { status, body } = await refresh(issuer, tokens.refresh_token)
    expect({ status, body }).toMatchObject({ status: 200 })
    tokens = body as unknown as Tokens
  } while (!isOver())
  return tokens.access_token
}
