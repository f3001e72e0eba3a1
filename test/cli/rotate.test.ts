import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { runCommandWith, type CommandResult } from '../support/cli.ts'
import { refresh } from '../support/flow.ts'
import { startRedis, type RedisServer } from '../support/redis-server.ts'
import { startServer, type RunningServer } from '../support/server.ts'

// Where a client has two secrets, another one ends one of them.

const key = 'a-storage-key-of-the-tests-long-enough'
let redis: RedisServer
let connection: Redis
let server: RunningServer
beforeAll(async () => {
  redis = await startRedis()
  connection = new Redis(redis.url, recommendedRedisOptions)
  server = await startServer({ storage: createRedisAdapter({ client: connection, keys: [key] }) })
})
afterAll(async () => {
  await server.close()
  connection.disconnect()
  await redis.stop()
})

const rotate = (...args: readonly string[]): Promise<CommandResult> =>
  runCommandWith({ REDIS_URL: redis.url, STORAGE_KEYS: key }, 'clients', 'rotate', ...args)

/** A client with two secrets, the older one first. */
async function register(client_name: string) {
  const { client, secret: first = '' } = await server.clients.create({
    client_name,
    redirect_uris: ['https://nordvind.example.test/callback'],
    scope: 'companies:read',
  })
  const { secret: second = '' } = await server.clients.rotateSecret(client.clientId)
  return { id: client.clientId, first, second }
}
const secretsOf = async (id: string) => (await server.clients.find(id))?.secrets ?? []

async function use(id: string, client_secret: string): Promise<void> {
  const { body } = await refresh(server.issuer, 'x'.repeat(93), { client_id: id, client_secret })
  expect(body['error']).toBe('invalid_grant')
}
const usesOf = async (id: string) =>
  (await secretsOf(id)).map(({ lastUsedAt }) => lastUsedAt !== undefined)

test('it asks before one ends that may be in use, and says which one has ended', async () => {
  const { id, first, second } = await register('Both In Use')
  await use(id, first)
  await expect.poll(() => usesOf(id), { timeout: 10_000 }).toEqual([false, true])
  await use(id, second)
  await expect.poll(() => usesOf(id), { timeout: 10_000 }).toEqual([true, true])
  const [newest] = await secretsOf(id)

  const refused = await rotate(id)
  expect([refused.code, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toContain('it takes --yes')
  expect(await secretsOf(id)).toHaveLength(2)

  const { code, stdout } = await rotate(id, '--yes')
  expect(code).toBe(0)
  expect(stdout).toMatch(/The one made \S+Z \(last used \S+Z\) has ended\.\n$/)
  expect((await secretsOf(id))[1]?.id).toBe(newest?.id)
})

test('it asks nothing where the one that ends is used by nobody', async () => {
  const { id, second } = await register('Only The Newest')
  await use(id, second)
  const old = async () => (await secretsOf(id))[1]
  await expect.poll(old, { timeout: 10_000 }).toMatchObject({ isSafeToEnd: true })
  const ended = [(await old())?.id]
  const { code, stdout } = await rotate(id, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ ended })
})
