import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { runCommandWith, type CommandResult } from '../support/cli.ts'
import { startRedis, type RedisServer } from '../support/redis-server.ts'
import { registration } from '../support/registered.ts'
import { sendJson } from '../support/self-registered.ts'
import { startServer, type RunningServer } from '../support/server.ts'

const key = 'a-storage-key-of-the-tests-long-enough'
let redis: RedisServer
let connection: Redis
let server: RunningServer
beforeAll(async () => {
  redis = await startRedis()
  connection = new Redis(redis.url, recommendedRedisOptions)
  const storage = createRedisAdapter({ client: connection, keys: [key] })
  server = await startServer({ storage, registration: {} })
})
afterAll(async () => {
  await server.close()
  connection.disconnect()
  await redis.stop()
})

const invite = (...args: readonly string[]): Promise<CommandResult> =>
  runCommandWith({ REDIS_URL: redis.url, STORAGE_KEYS: key }, 'clients', 'invite', ...args)

test('clients invite prints a token that registers one client', async () => {
  const { code, stdout, stderr } = await invite()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const token = /pleo_iat_\w{49}/.exec(stdout)?.[0] ?? ''
  const register = async (client_name: string): Promise<number> => {
    const metadata = { ...registration, client_name }
    return (await sendJson(`${server.issuer}/oauth/register`, metadata, { token })).status
  }
  expect(await register('Inviteret')).toBe(201)
  expect(await register('Også inviteret')).toBe(401)
  const [client] = await server.clients.list()
  const environment = { REDIS_URL: redis.url, STORAGE_KEYS: key }
  const show = ['clients', 'show', client?.clientId ?? ''] as const
  const page = await runCommandWith(environment, ...show)
  expect(page.stdout).toMatch(/^ {2}registered by +the partner, over HTTP$/m)
  const json = await runCommandWith(environment, ...show, '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ isSelfRegistered: true })
})

test('clients invite --json says when it ends', async () => {
  const { stdout } = await invite('--days', '2', '--json')
  const { token, expiresAt } = JSON.parse(stdout) as { token: string; expiresAt: string }
  expect(Math.abs(Date.parse(expiresAt) - Date.now() - 2 * 86_400_000)).toBeLessThan(60_000)
  expect(await server.clients.endInitialAccessToken(token)).toBe(true)
})

test('clients invite refuses days that are none', async () => {
  const { code, stdout, stderr } = await invite('--days', '0')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('from 1 to 365')
})
