import { Redis } from 'ioredis'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Exchange, LoadedGrant, Storage } from '../../lib/index.ts'
import { grantWith, sampleRefresh } from '../../lib/testing/contract/harness.ts'
import { useRunning } from '../support/fixtures.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'

// A refresh that is taken back, because no replica has it, while the overlap of the refresh before is open.

let storage: Storage
let unreplicated: Storage
const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
beforeAll(async () => {
  storage = createRedisAdapter({ client, keys: storageKeys })
  const waitForReplicas = { count: 1, timeout: 50 }
  unreplicated = createRedisAdapter({ client, keys: storageKeys, waitForReplicas })
})

test.each([
  ['was seen in use', (id: string) => storage.grants.noteUse(id, 1)],
  [
    'has a revoked access token',
    (id: string, token: string) => storage.grants.remove(id, 'AccessToken', token),
  ],
])('a slower worker ends nothing if its successor %s', async (_, happen) => {
  const { id, token } = await grantWith(storage, 'RefreshToken')
  const first = sampleRefresh(token, 0, { overlap: 60 })
  expect(await storage.grants.exchange(id, first)).toBe('exchanged')
  await happen(id, first.accessToken.id)
  const second = sampleRefresh(first.refreshToken, 1, { overlap: 60 })
  await expect(unreplicated.grants.exchange(id, second)).rejects.toThrow('replicas')

  expect(await storage.grants.exchange(id, first)).toBe('used')
  const loaded = await storage.grants.load(id)
  expect(loaded?.find('AccessToken', first.accessToken.id)).toBeUndefined()
  expect(loaded?.refreshToken?.is(first.refreshToken.id)).toBe(true)
  expect(await storage.grants.exchange(id, second)).toBe('exchanged')
  expect(await storage.grants.exchange(id, second)).toBe('repeated')
})

describe('repeats whose answer is lost', () => {
  let lossy: Storage
  let lost: 'answers' | 'all' | undefined
  const losing = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
  beforeAll(async () => {
    const send = losing.callBuffer.bind(losing) as (...args: unknown[]) => Promise<unknown>
    losing.callBuffer = async (...args: unknown[]) => {
      const answer = lost === 'all' ? undefined : await send(...args)
      if (lost) throw new Error('no answer')
      return answer
    }
    lossy = createRedisAdapter({ client: losing, keys: storageKeys })
  })

  const lose = async (id: string, exchange: Exchange): Promise<void> => {
    lost = 'answers'
    await expect(lossy.grants.exchange(id, exchange)).rejects.toThrow('no answer')
    lost = 'all'
  }
  // A process takes back what it has to before it looks at a grant.
  const loadAgain = (id: string): Promise<LoadedGrant | undefined> => {
    lost = undefined
    return lossy.grants.load(id)
  }

  test('leave a refresh that was answered, and the time of its first use', async () => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const refresh = sampleRefresh(token, 0, { overlap: 60 })
    expect(await storage.grants.exchange(id, refresh)).toBe('exchanged')
    const { rotatedAt } = (await storage.grants.load(id))?.refreshToken ?? {}
    await lose(id, refresh)
    await lose(id, refresh)
    const loaded = await loadAgain(id)
    expect(loaded?.find('AccessToken', refresh.accessToken.id)).toBeDefined()
    expect(loaded?.refreshToken).toMatchObject({ generation: 1, rotatedAt })
  })

  test.each([1, 100])(
    'leave a refresh that was not answered, after %i repeats that were',
    async (count) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const refresh = sampleRefresh(token, 0, { overlap: 60 })
      await lose(id, refresh)
      for (let done = 0; done < count; done += 1) {
        expect(await storage.grants.exchange(id, refresh)).toBe('repeated')
      }
      await lose(id, refresh)
      expect((await loadAgain(id))?.refreshToken?.generation).toBe(1)
    },
  )

  test('are taken back together with a refresh that was not answered', async () => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const refresh = sampleRefresh(token, 0, { overlap: 60 })
    for (let count = 0; count < 3; count += 1) await lose(id, refresh)
    expect((await loadAgain(id))?.refreshToken?.is(token.id)).toBe(true)
    expect(await storage.grants.exchange(id, refresh)).toBe('exchanged')
  })
})
