import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { LimitOptions, Storage } from '../../lib/index.ts'
import { endAfterTest, useRunning } from '../support/fixtures.ts'
import {
  authenticate,
  behindProxy,
  from,
  guess,
  open,
  signIn,
  statusesOf,
} from '../support/limited.ts'
import { dumpOf, keysOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startRedis, useRedis } from '../support/redis-server.ts'
import { confidential, openServer, type RunningServer } from '../support/server.ts'

// Limits that several processes share through Redis.

const redis = useRedis()
const admin = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
const few = { count: 3, seconds: 60 }

let count = 0

/** Two processes with one storage, as two clients see it. */
async function startTwo(limits: LimitOptions): Promise<readonly [RunningServer, RunningServer]> {
  count += 1
  const start = async () => {
    const client = endAfterTest(new Redis(redis.url, recommendedRedisOptions))
    const storage = createRedisAdapter({ client, keyPrefix: `two-${count}:`, keys: storageKeys })
    return openServer({ ...behindProxy, limits, storage })
  }
  return [await start(), await start()]
}

describe('two processes', () => {
  test('share the attempts of an account, and of an address', async () => {
    for (const limits of [{ signInAccount: few }, { signInAddress: few }]) {
      const servers = await startTwo(limits)
      const statuses = await statusesOf(4, (index) => guess(servers[index % 2 ? 1 : 0].issuer))
      expect(statuses).toEqual([422, 422, 422, 429])
    }
  })

  test('let one attempt at once have the last place', async () => {
    const servers = await startTwo({ signInAccount: { count: 1, seconds: 60 } })
    const pages = await Promise.all(
      Array.from({ length: 10 }, (_, index) => guess(servers[index % 2 ? 1 : 0].issuer)),
    )
    expect(pages.filter(({ status }) => status === 422)).toHaveLength(1)
  })

  test('share failed authentications of a client', async () => {
    const [one, other] = await startTwo({ clientAuthentication: few })
    const first = await statusesOf(3, () => authenticate(one.issuer, 'wrong'))
    expect(first).toEqual([401, 401, 401])
    expect((await authenticate(other.issuer, 'wrong')).status).toBe(429)
    const right = confidential.client_secret
    expect((await authenticate(other.issuer, right)).status).toBe(429)
  })

  test('know the good addresses of each other', async () => {
    const [one, other] = await startTwo({ clientAuthentication: few, signInAccount: few })
    const home = from('192.0.2.1')
    const right = confidential.client_secret
    await authenticate(one.issuer, right, home)
    await signIn(one.issuer, { headers: home })
    await statusesOf(5, () => authenticate(other.issuer, 'wrong', from('203.0.113.66')))
    await statusesOf(5, () => guess(other.issuer, { headers: from('203.0.113.66') }))
    expect((await authenticate(other.issuer, right, home)).status).toBe(200)
    expect((await signIn(other.issuer, { headers: home })).status).toBe(200)
    expect((await signIn(other.issuer, { headers: from('192.0.2.2') })).status).toBe(429)
  })

  test('share authorization requests of an address', async () => {
    const servers = await startTwo({ authorization: few })
    const statuses = await statusesOf(4, (index) => open(servers[index % 2 ? 1 : 0].issuer))
    expect(statuses).toEqual([200, 200, 200, 429])
  })
})

describe('what is stored', () => {
  test('names nobody in clear, and has an end', async () => {
    const [{ issuer }] = await startTwo({})
    const headers = from('203.0.113.66')
    await guess(issuer, { headers })
    await signIn(issuer, { headers })
    await authenticate(issuer, 'wrong', headers)
    await authenticate(issuer, confidential.client_secret, headers)
    await open(issuer, headers)
    const entries = (await dumpOf(admin, `two-${count}:`)).filter(({ key }) =>
      /:(limit|known-address):/.test(key),
    )
    const kinds = new Set(entries.map(({ key }) => key.split(':').slice(1, -1).join(':')))
    expect([...kinds].toSorted()).toEqual([
      'known-address',
      'limit:authorization',
      'limit:client_address',
      'limit:client_authentication',
      'limit:sign_in_account',
      'limit:sign_in_address',
    ])
    const names = /sofia|example\.test|203\.0\.113|ledger/i
    for (const { key, value, expiresIn } of entries) {
      expect(key).not.toMatch(names)
      expect(value).not.toMatch(names)
      expect(expiresIn).toBeGreaterThan(0)
    }
  })

  test('stays bounded if one address tries ten thousand accounts', async () => {
    count += 1
    const prefix = `many-${count}:`
    const storage = createRedisAdapter({ client: admin, keyPrefix: prefix, keys: storageKeys })
    const limiter = storage.limiter?.({ name: 'sign_in_account', count: 10, seconds: 30 })
    for (let index = 0; index < 10_000; index += 1000) {
      const names = Array.from({ length: 1000 }, (_, offset) => `key-${index + offset}`)
      await Promise.all(names.map(async (name) => limiter?.count(name)))
    }
    const keys = await keysOf(admin, `${prefix}limit:`)
    expect(keys).toHaveLength(10_000)
    const lives = await Promise.all(keys.map((key) => admin.pttl(key)))
    expect(Math.min(...lives)).toBeGreaterThan(0)
    expect(Math.max(...lives)).toBeLessThanOrEqual(30_000)

    // Over HTTP, the limit of the address comes first: no more accounts are counted than it allows.
    const { issuer } = await openServer({ limits: { signInAddress: few }, storage })
    await statusesOf(20, (index) => guess(issuer, { username: `person-${index}` }))
    expect((await keysOf(admin, prefix)).filter((key) => key.includes('sign_in'))).toHaveLength(
      10_000 + 3 + 1,
    )
  })
})

describe('if Redis does not answer', () => {
  test('nobody signs in, and every request is answered in time', async () => {
    const own = endAfterTest(await startRedis())
    const client = endAfterTest(new Redis(own.url, recommendedRedisOptions))
    client.on('error', () => {})
    const storage: Storage = createRedisAdapter({ client, keys: storageKeys })
    const { issuer } = await openServer({ storage })
    await signIn(issuer)
    const { text } = await open(issuer)
    expect(text).toContain('name="password"')
    own.pause()
    const start = performance.now()
    const answers = await Promise.all([
      signIn(issuer),
      open(issuer),
      authenticate(issuer),
      authenticate(issuer, 'wrong'),
    ])
    expect(performance.now() - start).toBeLessThan(4000)
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 200, 401])
    own.resume()
    await expect.poll(async () => (await signIn(issuer)).status).toBe(200)
  })
})
