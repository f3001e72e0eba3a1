import { once } from 'node:events'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { storageKeys as keys } from '../support/redis-harness.ts'
import { startSentinel } from '../support/redis-sentinel.ts'
import { waitUntil, withClient } from '../support/redis-server.ts'

test('a failover is announced while the Sentinel is being asked for the primary: both clients go on', async () => {
  const group = await startSentinel()
  onTestFinished(() => group.stop())
  const { name, sentinel, replica } = group
  const proxy = await startFaultyProxy(sentinel)
  onTestFinished(() => proxy.stop())
  const connect = (): Redis => {
    const sentinels = [{ host: proxy.host, port: proxy.port }]
    const client = new Redis({ sentinels, name, ...recommendedRedisOptions })
    client.on('error', () => undefined)
    onTestFinished(() => client.disconnect())
    return client
  }
  const storage = createRedisAdapter({ client: connect(), subscriber: connect(), keys })
  const changed: string[] = []
  storage.onClientChange?.((id) => changed.push(id))
  await waitUntil('both hear what the Sentinel announces', async () => {
    const list = await withClient(sentinel, (client) => client.client('LIST'))
    return String(list).match(/ sub=1 /g)?.length === 2
  })

  await withClient(sentinel, async (observer) => {
    await observer.subscribe('+switch-master')
    const announced = once(observer, 'message')
    // What it answers and what it announces arrive at once, the announcement first.
    proxy.silentAfter(0)
    await group.failover()
    await announced
  })
  proxy.passAll()

  await waitUntil('the new primary is used', async () => (await storage.check?.())?.length === 0)
  await withClient(replica, async (client) => {
    const another = createRedisAdapter({ client, keys }).records('Client')
    await waitUntil('the subscriber is told what changes there', async () => {
      await another.destroy('a client')
      return changed.length > 0
    })
  })
  expect(new Set(changed)).toEqual(new Set(['a client']))
})
