import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions, SealError } from '../../adapters/redis.ts'
import type { Storage, StoredPayload } from '../../lib/index.ts'
import { loadConnections } from '../../lib/grants/connections.ts'
import { useRunning } from '../support/fixtures.ts'
import { createBrowser, type Browser, type Page } from '../support/browser.ts'
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy.ts'
import { connect, goToConsent, introspect } from '../support/flow.ts'
import { grantMany } from '../support/many-grants.ts'
import { bakery, password } from '../support/people.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { confidential, publicClient, resourceServer, useServer } from '../support/server.ts'

// A client that signs people in has a grant for each sign-in. The pages show many of them as fast as one.

const redis = useRedis()
let proxy: CountingProxy
let client: Redis
let storage: Storage
beforeAll(async () => {
  proxy = await startCountingProxy(redis, { delay: 0 })
  client = new Redis(proxy.port, proxy.host, recommendedRedisOptions)
  storage = createRedisAdapter({ client, keys: storageKeys })
})
const server = useServer(() => ({ storage }))
afterAll(async () => {
  client.disconnect()
  await proxy.stop()
})
beforeEach(() => client.flushall())

const of = { subject: bakery }
const grantSome = (count: number, given?: StoredPayload) => grantMany(storage, count, given)

async function commandsOf(visit: () => Promise<unknown>): Promise<number> {
  proxy.reset()
  await visit()
  return proxy.commands()
}

describe('with 300 grants of one client for one company', () => {
  const open = async (path: string, browser: Browser): Promise<Page> => {
    const page = await browser.go(`${server.issuer}${path}`)
    expect(page.status).toBe(200)
    return page
  }
  const disconnectPath = `/oauth/connections/disconnect?${new URLSearchParams({ client_id: confidential.client_id, subject: bakery }).toString()}`

  /** Commands of the consent page, the page of connections, and the one that disconnects. */
  async function countPages(): Promise<readonly number[]> {
    const { browser, page } = await goToConsent(server.issuer)
    const visits = [
      () => browser.go(page.url.href),
      () => open('/oauth/connections', browser),
      () => open(disconnectPath, browser),
    ]
    const counts: number[] = []
    for (const visit of visits) {
      await visit()
      counts.push(await commandsOf(visit))
    }
    return counts
  }

  test('the pages send at most 12 commands more than with one', async () => {
    await grantSome(1)
    const [consent = 0, connections = 0, disconnect = 0] = await countPages()
    await grantSome(299)
    const counts = await countPages()
    expect(counts[0]).toBeLessThanOrEqual(consent + 12)
    expect(counts[1]).toBeLessThanOrEqual(connections + 12)
    expect(counts[2]).toBeLessThanOrEqual(disconnect + 12)
    // No hint yet, it is old, or many are waiting: the pages show it anyway.
    await grantSome(60)
    expect((await countPages()).every((count) => count < 60)).toBe(true)
  })

  test('a whole flow sends no more than with 30', async () => {
    const flow = () => connect(server.issuer)
    await grantSome(30)
    await flow()
    const some = await commandsOf(flow)
    await grantSome(270)
    await flow()
    expect(await commandsOf(flow)).toBeLessThanOrEqual(some + 8)
  })

  test('the page of connections shows what one connection with all of them is', async () => {
    await grantSome(1, { openid: { scope: 'export-jobs:write' } })
    await grantSome(300)
    await grantSome(1, { clientId: publicClient.client_id, openid: { scope: 'users:read' } })
    await grantSome(40)
    for (let visit = 0; visit < 3; visit += 1) {
      const connections = await loadConnections(storage.grants, of)
      const scopes = connections.map(({ clientId, grants }) => [
        clientId,
        new Set(grants.flatMap((one) => one.scopes)),
      ])
      expect(new Map(scopes as [string, Set<string>][])).toEqual(
        new Map([
          [confidential.client_id, new Set(['companies:read', 'export-jobs:write'])],
          [publicClient.client_id, new Set(['users:read'])],
        ]),
      )
    }
  })

  test('a person disconnects all of them, and the page shows none', async () => {
    const tokens = await connect(server.issuer)
    await grantSome(300)
    const browser = createBrowser()
    const page = await browser.go(`${server.issuer}/oauth/connections`)
    await browser.submit(page, { username: 'sofia@example.test', password })
    await grantSome(2)
    const form = await open(disconnectPath, browser)
    const done = await browser.submit(form, { client_id: confidential.client_id, subject: bakery })
    expect(done.text).toContain('no longer has access')
    expect(done.text).toContain('No app is connected')
    const { active } = await introspect(server.issuer, tokens.access_token, resourceServer)
    expect(active).toBe(false)
    expect(await storage.grants.list(of)).toEqual([])
  })
})

describe('of 300 grants that end together, the indexes keep', () => {
  // The proxy would gather answers.
  const direct = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
  const indexes = () => client.keys('pleo:grants-*')
  const end = (from: Redis) =>
    createRedisAdapter({ client: from, keys: storageKeys }).grants.endAll({
      clientId: confidential.client_id,
    })

  test('nothing, although the client is closed next', async () => {
    // Redis learns the scripts.
    await grantSome(1)
    await end(direct)
    await expect.poll(indexes).toEqual([])
    const closing = new Redis(redis.url, recommendedRedisOptions)
    await grantSome(300)
    expect(await end(closing)).toHaveLength(300)
    await new Promise(setImmediate)
    await closing.quit()
    expect(await indexes()).toEqual([])
  })

  test('one that cannot be read, and those of later batches', async () => {
    await grantSome(300)
    const [index = ''] = await client.keys('pleo:grants-of-client:*')
    const [name = ''] = await client.zrange(index, '100', '100')
    await client.hset(`pleo:grant:${name}`, 'p', 'sealed with another key, or by nobody')
    await expect(end(direct)).rejects.toThrow(SealError)
    await expect.poll(() => client.zcard(index)).toBe(101)
  })
})
