import { Redis } from 'ioredis'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { useRunning } from '../support/fixtures.ts'
import { refresh } from '../support/flow.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { longestAnswer, startWaiting } from '../support/outage.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { registration } from '../support/registered.ts'
import { toJson, type RawAnswer } from '../support/requests.ts'
import {
  readSelf,
  removeSelf,
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
  tryToRegister,
} from '../support/self-registered.ts'
import { startServer, useServer, type RunningServer } from '../support/server.ts'

// Clients that register themselves, with a real Redis: what is in it, who is first, and what fails halfway.

const storageAt = (keyPrefix?: string): Storage =>
  createRedisAdapter({ client, keys: storageKeys, ...(keyPrefix !== undefined && { keyPrefix }) })
const redis = useRedis({ appendOnly: true })
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
beforeAll(async () => {
  client.on('error', () => undefined)
})
const here = useServer(() => ({ storage: storageAt(), registration: {} }))
const there = useServer(() => ({ storage: storageAt(), registration: {} }))

const endpoint = (server: RunningServer): string => `${server.issuer}/oauth/register`

test('of one name on two processes at once, one is registered', async () => {
  const names = ['Just One', 'JUST ONE', 'Just 0ne', 'Ĵust One']
  const attempts = Array.from({ length: 20 }, (_, index) =>
    tryToRegister(index % 2 ? here : there, {
      ...registration,
      client_name: names[index % names.length],
    }),
  )
  const answers = await Promise.all(attempts)
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  const refused = answers.filter(({ status }) => status === 400).map((answer) => toJson(answer))
  expect(refused).toHaveLength(19)
  for (const { error_description: why } of refused) {
    expect(why).toBe('client_name looks to people like the name of another client')
  }
})

test('of one token on two processes at once, one client is registered', async () => {
  const { token } = await here.clients.createInitialAccessToken()
  const attempts = Array.from({ length: 20 }, (_, index) => {
    const metadata = { ...registration, client_name: `Kapløb ${index}` }
    return sendJson(endpoint(index % 2 ? here : there), metadata, { token })
  })
  const answers = await Promise.all(attempts)
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  // Whoever lost has not taken the name with it.
  for (let index = 0; index < answers.length; index += 1) {
    const metadata = { ...registration, client_name: `Kapløb ${index}` }
    const { status } = await tryToRegister(there, metadata)
    expect(status).toBe(answers[index]?.status === 201 ? 400 : 201)
  }
})

test('of many replacements at once on both, each is whole, and the secret goes on', async () => {
  const partner = await selfRegister(here)
  const url = partner.registration_client_uri.replace(here.issuer, there.issuer)
  const elsewhere = { ...partner, registration_client_uri: url }
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => {
      const scope = index % 2 ? 'companies:read' : 'users:read'
      const changes = { client_name: `Udskiftet ${index}`, scope }
      return replaceSelf(index % 2 ? partner : elsewhere, toReplacement(partner, changes))
    }),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const { metadata } = (await here.clients.find(partner.client_id)) ?? {}
  const last = Number(metadata?.client_name?.split(' ')[1])
  expect(metadata?.scope).toBe(last % 2 ? 'companies:read' : 'users:read')
  expect((await refresh(there.issuer, 'x'.repeat(93), partner)).status).toBe(400)
  // What it was called on the way is free for others.
  for (let index = 0; index < answers.length; index += 1) {
    const renamed = { ...registration, client_name: `Udskiftet ${index}` }
    expect((await tryToRegister(here, renamed)).status).toBe(index === last ? 400 : 201)
  }
})

describe('a dump', () => {
  test('has no token that registers or manages a client, and no secret, nor opens anything', async () => {
    const partner = await selfRegister(here)
    const waiting = await here.clients.createInitialAccessToken()
    const entries = await dumpOf(client)
    const sealed = entries.map(({ key, value }) => `${key} ${value}`).join('\n')
    const opened = JSON.stringify(await storageAt().records('Client').find(partner.client_id))
    const { client_secret: secret, registration_access_token: own } = partner
    for (const credential of [secret, own, waiting.token]) {
      for (const text of [credential, credential.slice('pleo_cs_'.length)])
        for (const form of [
          text,
          Buffer.from(text).toString('base64url'),
          Buffer.from(text).toString('hex'),
        ])
          for (const where of [sealed, opened]) expect(where).not.toContain(form)
    }
    const guesses = new Set(`${sealed} ${opened}`.match(/[\w-]{20,}/g))
    expect(guesses.size).toBeGreaterThan(entries.length)
    for (const guess of guesses) {
      const asInitial = await sendJson(endpoint(here), registration, { token: guess })
      const asOwn = await readSelf({ ...partner, registration_access_token: guess })
      expect([asInitial.status, asOwn.status]).toEqual([401, 401])
    }
    // All three are good still.
    expect((await readSelf(partner)).status).toBe(200)
    expect(await there.clients.endInitialAccessToken(waiting.token)).toBe(true)
  })

  test('has nothing of a client that removed itself, and every token has its end', async () => {
    const storage = storageAt('gone:')
    const server = await startServer({ storage, registration: {} })
    const partner = await selfRegister(server)
    await server.clients.createInitialAccessToken({ lifetime: 100 })
    await removeSelf(partner)
    const left = await dumpOf(client, 'gone:')
    const ends = left.map(({ key, expiresIn }) => [key.split(':')[1], expiresIn] as const)
    const ofTokens = ends.filter(([name]) => name === 'initial-access-token')
    expect(Math.min(...ofTokens.map(([, expiresIn]) => expiresIn ?? Infinity))).toBeLessThanOrEqual(
      100,
    )
    const endless = ends.filter(([, expiresIn]) => expiresIn === undefined)
    expect(endless.map(([name]) => name)).toEqual([])
    await server.close()
  })
})

test('a registration access token and a name outlive the storage key they were made under', async () => {
  const started: RunningServer[] = []
  const startWith = async (...keys: readonly string[]): Promise<RunningServer> => {
    const storage = createRedisAdapter({ client, keys, keyPrefix: 'rotated:' })
    const server = await startServer({ storage, registration: {} })
    started.push(server)
    return server
  }
  const [old, fresh] = [
    'the old key of the tests, long enough',
    'the new key of the tests, long enough',
  ]
  const partner = await selfRegister(await startWith(old))
  const both = await startWith(fresh, old)
  await both.clients.update(partner.client_id, {})
  await client.del('rotated:storage-keys')
  const alone = await startWith(fresh)
  const registration_client_uri = `${alone.issuer}/oauth/register/${partner.client_id}`
  expect((await readSelf({ ...partner, registration_client_uri })).status).toBe(200)
  const again = { ...registration, client_name: partner.client_name }
  expect((await tryToRegister(alone, again)).status).toBe(400)
  expect(await alone.clients.remove(partner.client_id)).toBe(true)
  expect((await tryToRegister(alone, again)).status).toBe(201)
  await Promise.all(started.map((server) => server.close()))
})

describe('while Redis is not there', () => {
  test('everything is 503, soon, and works afterwards', async () => {
    const partner = await selfRegister(here)
    const { token } = await here.clients.createInitialAccessToken()
    const metadata = { ...registration, client_name: 'Efter nedbruddet' }
    const register = (): Promise<RawAnswer> => sendJson(endpoint(here), metadata, { token })
    const replace = (): Promise<RawAnswer> => replaceSelf(partner, toReplacement(partner))
    await redis.kill()
    for (const ask of [register, replace, () => readSelf(partner), () => removeSelf(partner)]) {
      const waited = startWaiting()
      const { status, headers, text } = await ask()
      expect(waited()).toBeLessThan(longestAnswer)
      expect([status, headers['retry-after'], headers['cache-control']]).toEqual([
        503,
        '1',
        'no-store',
      ])
      expect(JSON.parse(text)).toMatchObject({ error: 'temporarily_unavailable' })
    }
    await redis.restart()
    await expect.poll(async () => (await readSelf(partner)).status).toBe(200)
    expect((await register()).status).toBe(201)
    expect((await replace()).status).toBe(200)
    expect((await removeSelf(partner)).status).toBe(204)
  })
})

test.each([
  ['silentBefore', ['503 0 0', '503 1 0', '201 1 1']],
  ['silentAfter', ['503 0 0', '503 1 0', '503 1 1', '201 1 1']],
] as const)(
  'whoever dies on the way, at any command (%s), blocks no name for ever, nor loses one',
  async (fault, expected) => {
    let commands = 0
    // The answer, and how many names and clients were left.
    const ended = new Set<string>()
    for (; commands < 30; commands += 1) {
      // The keys are looked at once a second, whatever goes on.
      const proxy = await startFaultyProxy(redis, ':storage-keys')
      const own = new Redis(proxy.port, proxy.host, recommendedRedisOptions)
      own.on('error', () => undefined)
      const keyPrefix = `${fault}-${commands}:`
      const storage = createRedisAdapter({ client: own, keys: storageKeys, keyPrefix })
      const server = await startServer({ storage, registration: {} })
      const { token } = await server.clients.createInitialAccessToken()
      proxy[fault](commands)
      const answer = await sendJson(endpoint(server), registration, { token })
      // What comes next is never delivered: the process is gone.
      own.disconnect()
      await server.close()
      await proxy.stop()

      const survivor = await startServer({ storage: storageAt(keyPrefix), registration: {} })
      const clients = await survivor.clients.list()
      const names = await dumpOf(client, `${keyPrefix}client-name:`)
      expect(names.length).toBeGreaterThanOrEqual(clients.length)
      // The minute is over in which a name waits for its client.
      const now = Date.now()
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + 61_000)
      const { status } = await tryToRegister(survivor, registration)
      expect(status).toBe(clients.length === 0 ? 201 : 400)
      ended.add(`${answer.status} ${names.length} ${clients.length}`)
      for (const { clientId } of await survivor.clients.list())
        await survivor.clients.remove(clientId)
      expect((await tryToRegister(survivor, registration)).status).toBe(201)
      expect((await tryToRegister(survivor, registration)).status).toBe(400)
      clock.mockRestore()
      await survivor.close()
      if (answer.status === 201) break
      expect(answer.status).toBe(503)
    }
    expect(ended).toEqual(new Set(expected))
    expect(commands).toBeGreaterThan(3)
    expect(commands).toBeLessThan(30)
  },
)
