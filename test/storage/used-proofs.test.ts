import { Redis } from 'ioredis'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createRedisAdapter,
  recommendedRedisOptions,
  type RedisAdapterOptions,
} from '../../adapters/redis.ts'
import type { TokenVerifier } from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { createBoundClients, statusOf, type BoundClient } from '../support/bound-tokens.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis, waitUntil } from '../support/redis-server.ts'
import { send, toJson } from '../support/requests.ts'

// DPoP proofs at an API whose processes share a Redis.

let verify: TokenVerifier
let one: BoundClient
let other: BoundClient
const redis = useRedis()
beforeAll(async () => {
  const made = await createBoundClients('one', 'other')
  verify = made.verify
  ;[one, other] = made.clients
})

let count = 0
const nextPrefix = (): string => {
  count += 1
  return `api-${count}:`
}

function connect(): Redis {
  const client = new Redis(redis.url, recommendedRedisOptions)
  client.on('error', () => undefined)
  endAfterTest(client)
  return client
}

/** A process of the API, with a connection of its own. All answer at one address, as behind a load balancer. */
async function startProcess(
  options: Partial<RedisAdapterOptions> & { readonly keyPrefix: string },
  baseUrl?: string,
): Promise<RunningApi> {
  const { usedProofs } = createRedisAdapter({ client: connect(), keys: storageKeys, ...options })
  return endAfterTest(
    await startApi({ verify, usedProofs, ...(baseUrl !== undefined && { baseUrl }) }),
  )
}

describe('two processes of an API that share a Redis', () => {
  test('refuse a proof that was used at the other, also at the same time', async () => {
    const keyPrefix = nextPrefix()
    const first = await startProcess({ keyPrefix })
    const second = await startProcess({ keyPrefix }, first.origin)
    const headers = await one.prepare(first)
    expect(await statusOf(first, headers)).toBe(200)
    const replayed = await send(`${second.origin}/token`, { headers })
    expect([replayed.status, toJson(replayed)]).toEqual([
      401,
      { error: 'invalid_dpop_proof', error_description: 'the DPoP proof was used before' },
    ])
    const once = await one.prepare(first)
    const processes = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? first : second))
    const statuses = await Promise.all(processes.map((api) => statusOf(api, once)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  })

  test('go on doing so while their keys are rotated', async () => {
    const keyPrefix = nextPrefix()
    const newer = 'a newer storage key of the tests, long enough'
    const first = await startProcess({ keyPrefix, keys: [...storageKeys, newer] })
    const second = await startProcess({ keyPrefix, keys: [newer, ...storageKeys] }, first.origin)
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const) {
      const headers = await one.prepare(first)
      expect(await statusOf(from, headers)).toBe(200)
      expect(await statusOf(to, headers)).toBe(401)
    }
    const once = await one.prepare(first)
    const statuses = await Promise.all([statusOf(first, once), statusOf(second, once)])
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401])
  })

  test('refuse every proof if one of them has other keys', async () => {
    const keyPrefix = nextPrefix()
    const first = await startProcess({ keyPrefix })
    expect(await statusOf(first, await one.prepare(first))).toBe(200)
    const keys = ['a storage key that nobody else has at all']
    const second = await startProcess({ keyPrefix, keys }, first.origin)
    expect(await statusOf(second, await one.prepare(first))).toBe(503)
  })
})

test('a client at its limit pushes out its own oldest proof, and none of another client', async () => {
  const api = await startProcess({ keyPrefix: nextPrefix(), maxProofsPerClient: 3 })
  const use = async (client: BoundClient): Promise<Record<string, string>> => {
    const headers = await client.prepare(api)
    expect(await statusOf(api, headers)).toBe(200)
    return headers
  }
  const theirs = await use(other)
  const oldest = await use(one)
  const newer = [await use(one), await use(one), await use(one)]
  for (const headers of [theirs, ...newer]) expect(await statusOf(api, headers)).toBe(401)
  expect(await statusOf(api, oldest)).toBe(200)
})

test.each([0, 1.5, NaN])('a limit of %d is refused', (maxProofsPerClient) => {
  const create = () =>
    createRedisAdapter({ client: connect(), keys: storageKeys, maxProofsPerClient })
  expect(create).toThrow('maxProofsPerClient must be a whole number above 0')
})

test('Redis has nothing of a proof, and nothing without an end', async () => {
  const keyPrefix = nextPrefix()
  const api = await startProcess({ keyPrefix })
  const headers = await one.prepare(api)
  expect(await statusOf(api, headers)).toBe(200)
  const entries = await dumpOf(connect(), keyPrefix)
  const proofs = entries.filter(({ key }) => key.startsWith(`${keyPrefix}used-proofs:`))
  expect(proofs).toHaveLength(1)
  expect(proofs[0]?.expiresIn).toBeGreaterThan(600)
  expect(proofs[0]?.expiresIn).toBeLessThanOrEqual(660)
  const payload = String(headers['DPoP']).split('.')[1] ?? ''
  const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { jti: string }
  const text = JSON.stringify(entries)
  for (const secret of [jti, 'token-of-one', '"one"', ...String(headers['DPoP']).split('.')]) {
    expect(text).not.toContain(secret)
  }
})

test('while Redis is away no bound token passes, and afterwards all is as before', async () => {
  const api = await startProcess({ keyPrefix: nextPrefix() })
  expect(await statusOf(api, await one.prepare(api))).toBe(200)
  await redis.kill()
  const headers = await one.prepare(api)
  const answer = await send(`${api.origin}/token`, { headers })
  expect([answer.status, toJson(answer)['error']]).toEqual([503, 'temporarily_unavailable'])
  expect(answer.headers['retry-after']).toBe('1')
  expect(String(api.errors[0])).toContain('the memory of used DPoP proofs cannot be reached')
  await redis.restart()
  await waitUntil(
    'proofs count again',
    async () => (await statusOf(api, await one.prepare(api))) === 200,
  )
  expect(await statusOf(api, headers)).toBe(200)
  expect(await statusOf(api, headers)).toBe(401)
})
