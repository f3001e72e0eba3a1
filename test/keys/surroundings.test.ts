import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { SigningKeyError, type Storage } from '../../lib/index.ts'
import { connect } from '../support/flow.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { startRedis, waitUntil, type RedisServer } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { startServer, type RunningServer } from '../support/server.ts'
import { addMachine, headerOf, publishedBy, signing, tokenFrom } from '../support/signed-tokens.ts'

const [oldKey, newKey] = [
  'an old storage key, long enough to be one',
  'a new storage key, long enough for it',
]

let redis: RedisServer
let client: Redis
let servers: RunningServer[]
beforeEach(async () => {
  redis = await startRedis()
  client = new Redis(redis.url, recommendedRedisOptions)
  client.on('error', () => undefined)
  servers = []
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  client.disconnect()
  await redis.stop()
})

const open = (...keys: readonly string[]): Storage => createRedisAdapter({ client, keys })

async function start(storage: Storage): Promise<RunningServer> {
  await addMachine(storage)
  const server = await startServer({ ...signing, storage })
  servers.push(server)
  return server
}

test('nothing private of a key is in Redis as it is, nor published', async () => {
  const { issuer, signingKeys } = await start(open(oldKey))
  await tokenFrom(issuer)
  await signingKeys.rotate()
  const record = await open(oldKey).records('SigningKeys').find('current')
  const { keys } = record as unknown as { keys: { jwk: Record<'d' | 'x' | 'y' | 'kid', string> }[] }
  expect(keys).toHaveLength(2)
  const everything = (await dumpOf(client)).map(({ key, value }) => `${key} ${value}`).join('\n')
  expect(everything).toContain('pleo:signing-keys:current')
  await pause(1100)
  const published = await (await fetch(`${issuer}/oauth/jwks`)).text()
  for (const { jwk } of keys) {
    const bytes = Buffer.from(jwk.d, 'base64url')
    for (const form of [
      jwk.d,
      bytes.toString('base64'),
      bytes.toString('hex'),
      bytes.toString('latin1'),
    ])
      expect(everything.includes(form)).toBe(false)
    expect(published).toContain(jwk.x)
    expect(published).not.toContain(jwk.d)
  }
  expect(published).not.toContain('"d"')
  expect(JSON.stringify(await signingKeys.list())).not.toContain(keys[0]?.jwk.x)
})

test('storage keys are rotated, and the signing keys stay', async () => {
  const one = await start(open(oldKey))
  const { kid } = headerOf((await tokenFrom(one.issuer)) ?? '')
  // Each step as docs/operations.md has it: all are restarted with the new key as the second one, and as the first.
  for (const keys of [
    [oldKey, newKey],
    [newKey, oldKey],
  ])
    expect(await publishedBy((await start(open(...keys))).issuer)).toEqual([kid])
  await client.del('pleo:storage-keys')
  expect(await publishedBy((await start(open(newKey))).issuer)).toEqual([kid])
  await expect(open(oldKey).records('SigningKeys').find('current')).rejects.toThrow('storage key')
})

test('who lacks the storage key of the signing keys makes no others, and answers 503', async () => {
  const one = await start(open(oldKey))
  const before = await publishedBy(one.issuer)
  const lost = await start(open(newKey))
  expect((await fetch(`${lost.issuer}/oauth/jwks`)).status).toBe(503)
  await expect(lost.signingKeys.rotate({ now: true })).rejects.toThrow('temporarily_unavailable')
  await pause(1100)
  expect(await publishedBy(one.issuer)).toEqual(before)
})

describe('while Redis is away', () => {
  test('a server that knows no key yet answers 503, and is there when Redis is', async () => {
    const { issuer } = await start(open(oldKey))
    await redis.kill()
    const jwks = await fetch(`${issuer}/oauth/jwks`)
    expect([jwks.status, jwks.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await jwks.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect(jwks.headers.get('cache-control') ?? '').not.toContain('public')
    // What a browser asks before needs no keys.
    const headers = { origin: 'https://app.example.test', 'access-control-request-method': 'GET' }
    const preflight = await fetch(`${issuer}/oauth/jwks`, { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    await redis.restart()
    await addMachineWhenBack()
    await waitUntil('keys are there', async () => (await publishedBy(issuer)).length === 1)
    expect(headerOf((await tokenFrom(issuer)) ?? '').kid).toEqual((await publishedBy(issuer))[0])
  })

  test('nothing is rotated, and the error says nothing of the storage', async () => {
    const { issuer, signingKeys } = await start(open(oldKey))
    const before = await publishedBy(issuer)
    await redis.kill()
    await expect(signingKeys.rotate()).rejects.toMatchObject({ error: 'temporarily_unavailable' })
    expect(await publishedBy(issuer)).toEqual(before)
  })

  const addMachineWhenBack = (): Promise<unknown> =>
    waitUntil('Redis is back', async () => {
      await addMachine(open(oldKey))
      return true
    })
})

test('who cannot read the keys for longer than they are announced signs nothing, and publishes what it knows', async () => {
  const memory = createMemoryAdapter()
  let isAway = false
  const storage: Storage = {
    ...memory,
    records(model) {
      const records = memory.records(model)
      if (model !== 'SigningKeys') return records
      const find = async (id: string): ReturnType<typeof records.find> => {
        if (isAway) throw new Error('the address of the storage')
        return records.find(id)
      }
      return { ...records, find }
    },
  }
  const { issuer } = await start(storage)
  const before = await publishedBy(issuer)
  isAway = true
  await pause(1500)
  expect(await tokenFrom(issuer)).toEqual(expect.any(String))
  await pause(3000)
  expect(await tokenFrom(issuer)).toBeUndefined()
  expect(await publishedBy(issuer)).toEqual(before)
  isAway = false
  await pause(1100)
  expect(await tokenFrom(issuer)).toEqual(expect.any(String))
})

describe('without keys in the storage', () => {
  test.each(['ephemeral', undefined] as const)(
    '%s: there are none to list or to rotate',
    async (given) => {
      const server = await startServer(given && { signingKeys: given })
      servers.push(server)
      expect((await publishedBy(server.issuer)).length).toBe(1)
      expect(await server.signingKeys.list()).toEqual([])
      const rotation = server.signingKeys.rotate()
      await expect(rotation).rejects.toThrow(SigningKeyError)
      await expect(rotation).rejects.toMatchObject({ code: 'no_stored_keys' })
    },
  )

  test('a server that has not used its keys yet has none to rotate', async () => {
    const { signingKeys } = await start(createMemoryAdapter())
    await expect(signingKeys.rotate()).rejects.toMatchObject({ code: 'no_stored_keys' })
  })
})

test('requests are as quick as without: the keys are read once for all of them', async () => {
  const memory = createMemoryAdapter()
  let reads = 0
  const storage: Storage = {
    ...memory,
    records(model) {
      const records = memory.records(model)
      if (model !== 'SigningKeys') return records
      return { ...records, find: (id) => ((reads += 1), records.find(id)) }
    },
  }
  const server = await startServer({ signingKeys: 'stored', storage })
  servers.push(server)
  await Promise.all([1, 2, 3].map(() => publishedBy(server.issuer)))
  await connect(server.issuer)
  await connect(server.issuer)
  expect(reads).toBe(1)
})
