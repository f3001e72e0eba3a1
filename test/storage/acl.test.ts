import { readFileSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { createBrowser } from '../support/browser.ts'
import { startExample } from '../support/example.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, introspect, refresh, revoke } from '../support/flow.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { useRedis, withClient } from '../support/redis-server.ts'
import { confidential, startServer } from '../support/server.ts'

// The rights that docs/operations.md says are enough, as it says them.

const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const rule = /ACL SETUSER pleo (.*)/.exec(operations)?.[1] ?? ''

const redis = useRedis()
const admin = useRunning(() => new Redis(redis.url, recommendedRedisOptions))

test('everything works with the documented rights, and nothing was refused', async () => {
  await admin.call('ACL', 'SETUSER', 'pleo', ...rule.split(' '))
  const password = />(\S+)/.exec(rule)?.[1] ?? ''
  const connectAs = (): Redis =>
    new Redis(redis.port, redis.host, { ...recommendedRedisOptions, username: 'pleo', password })
  const [client, subscriber] = [connectAs(), connectAs()]
  const waitForReplicas = { count: 0, timeout: 10 }
  const storage = createRedisAdapter({ client, subscriber, keys: storageKeys, waitForReplicas })
  const server = await startServer({ storage })
  await server.check()
  expect(await storage.diagnose?.()).toEqual([expect.objectContaining({ code: 'no_append_only' })])
  await storage.records('Client').upsert('stored', { client_id: 'stored' })
  await storage.records('Client').destroy('stored')

  const { refresh_token } = await connect(server.issuer)
  const { body } = await refresh(server.issuer, refresh_token)
  expect((await introspect(server.issuer, String(body['access_token'])))['active']).toBe(true)
  await revoke(server.issuer, String(body['refresh_token']))
  await connect(server.issuer)
  expect(await server.connections.revoke({ clientId: confidential.client_id })).toBe(1)

  await expect(client.flushall()).rejects.toThrow('NOPERM')
  await expect(client.get('other:key')).rejects.toThrow('NOPERM')
  const log = (await admin.call('ACL', 'LOG')) as readonly unknown[]
  expect(log).toHaveLength(2)
  await server.close()
  client.disconnect()
  subscriber.disconnect()
})

test('the example needs no other right, and neither does its partner application', async () => {
  await admin.call('ACL', 'SETUSER', 'pleo', ...rule.split(' '))
  await admin.call('ACL', 'LOG', 'RESET')
  await admin.flushall()
  const password = />(\S+)/.exec(rule)?.[1] ?? ''
  const example = await startExample({
    REDIS_URL: `redis://pleo:${password}@${redis.host}:${redis.port}`,
    STORAGE_KEYS: 'a storage key of the tests with 32 characters',
  })
  onTestFinished(() => example.close())
  const browser = createBrowser()
  const started = await browser.go(`${example.app}/connect`)
  expect([started.status, started.location?.origin]).toEqual([302, example.issuer])
  const login = await browser.go(started.location?.href ?? '')
  const consent = await browser.submit(login, {
    username: 'sofia@brightbakery.example',
    password: 'pleo-demo',
  })
  const subject = /value="(urn:pleo:company:[^"]+)"/.exec(consent.text)?.[1] ?? ''
  const agreed = await browser.submit(consent, { subject, decision: 'allow' })
  const connected = await browser.go(agreed.location?.href ?? '')
  expect(connected.text).toContain('Connected: Bright Bakery')
  expect(await admin.call('ACL', 'LOG')).toEqual([])

  await admin.call('ACL', 'SETUSER', 'pleo', '-eval', '-evalsha')
  const refused = await browser.go(`${example.app}/connect?kind=company&other=geheim`)
  expect(refused.status).toBe(502)
  expect(example.errors()).toMatch(/^Partner application: GET \/connect: NOPERM/m)
  expect(example.errors()).not.toContain('geheim')
})

test('and so does it on a Cluster', async () => {
  const cluster = await startCluster()
  await Promise.all(
    cluster.nodes.map((node) =>
      withClient(node, (client) => client.call('ACL', 'SETUSER', 'pleo', ...rule.split(' '))),
    ),
  )
  const password = />(\S+)/.exec(rule)?.[1] ?? ''
  const redisOptions = { ...recommendedRedisOptions, username: 'pleo', password }
  const client = new Cluster([...cluster.addresses], { redisOptions })
  const storage = createRedisAdapter({ client, keys: storageKeys })
  const server = await startServer({ storage })
  const { refresh_token } = await connect(server.issuer)
  await server.check()
  expect((await refresh(server.issuer, refresh_token)).status).toBe(200)
  await server.close()
  client.disconnect()
  await cluster.stop()
})
