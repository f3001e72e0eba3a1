import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { afterEach, describe, expect, test } from 'vitest'
import { startCountingProxy } from './counting-proxy.ts'
import { startCluster } from './redis-cluster.ts'
import { startSentinel } from './redis-sentinel.ts'
import { startRedis, withClient } from './redis-server.ts'

const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** Ends it after the test, before what was started earlier. */
function untilTheEnd<T>(it: T, end: (it: T) => unknown): T {
  ends.push(() => end(it))
  return it
}

const disconnect = (client: Redis | Cluster): void => client.disconnect()

/** Whether what is running does not exist any more. */
function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

describe('a Redis of the tests', () => {
  const start = async (options: Parameters<typeof startRedis>[0] = {}) =>
    untilTheEnd(await startRedis(options), (server) => server.stop())

  test('answers, each on a port of its own, and ends', async () => {
    const servers = await Promise.all([start(), start()])
    const [first, second] = servers
    expect(first.port).not.toBe(second.port)
    const client = untilTheEnd(new Redis(first.url), disconnect)
    expect(await client.set('key', 'value')).toBe('OK')
    expect(await withClient(second, (other) => other.get('key'))).toBeNull()
    const { pid } = first
    await first.stop()
    await first.stop()
    expect(isGone(pid)).toBe(true)
  })

  test('takes further arguments, and says why it does not start with them', async () => {
    const server = await start({ args: ['--maxmemory', '10mb'] })
    const [, size] = await withClient(server, (client) => client.config('GET', 'maxmemory'))
    expect(size).toBe(String(10 * 1024 * 1024))
    await expect(start({ args: ['--no-such-setting', 'yes'] })).rejects.toThrow('no-such-setting')
  })

  test('does not answer while it is paused, and then does', async () => {
    const server = await start()
    const client = untilTheEnd(new Redis(server.url), disconnect)
    await client.ping()
    server.pause()
    const answer = client.ping()
    expect(await Promise.race([answer, sleep(200, 'nothing')])).toBe('nothing')
    server.resume()
    expect(await answer).toBe('PONG')
  })

  test.each([
    { appendOnly: true, kept: 'value' },
    { appendOnly: false, kept: null },
  ])('comes back on its port after a crash, with appendOnly $appendOnly', async (given) => {
    const server = await start({ appendOnly: given.appendOnly })
    const { port, pid } = server
    await withClient(server, (client) => client.set('key', 'value'))
    await server.kill()
    expect(isGone(pid)).toBe(true)
    await expect(withClient(server, (client) => client.ping())).rejects.toThrow('closed')
    await server.restart()
    expect(server.port).toBe(port)
    expect(server.pid).not.toBe(pid)
    expect(await withClient(server, (client) => client.get('key'))).toBe(given.kept)
  })
})

test('a client follows the Sentinel to the replica, which has what was written', async () => {
  const group = untilTheEnd(await startSentinel(), (it) => it.stop())
  const { sentinel, name, primary, replica } = group
  const client = untilTheEnd(new Redis({ sentinels: [sentinel], name }), disconnect)
  client.on('error', () => {})
  await client.set('before', 'kept')
  await group.waitForReplica()
  await group.failover()
  expect(await client.get('before')).toBe('kept')
  await client.set('after', 'written')
  expect(await withClient(replica, (direct) => direct.get('after'))).toBe('written')
  await expect(withClient(primary, (direct) => direct.ping())).rejects.toThrow('closed')
})

test('a slot of the cluster moves with its keys while a client goes on', async () => {
  const cluster = untilTheEnd(await startCluster(), (it) => it.stop())
  const client = untilTheEnd(new Cluster(cluster.addresses), disconnect)
  const keys = Array.from({ length: 300 }, (_, index) => `{one slot}:${index}`)
  const slot = await client.cluster('KEYSLOT', '{one slot}')
  await Promise.all(keys.map((key) => client.set(key, '0')))
  const target = ((await cluster.ownerOf(slot)) + 1) % cluster.nodes.length

  const moved = new AbortController()
  const goOn = async (): Promise<number> => {
    for (let count = 0; ; count += 1) {
      const key = keys[count % keys.length] ?? ''
      expect(await client.get(key)).toBe(String(Math.floor(count / keys.length)))
      await client.incr(key)
      if (moved.signal.aborted) return count
    }
  }
  const move = cluster.moveSlot(slot, target).finally(() => moved.abort())
  const [count] = await Promise.all([goOn(), move])
  expect(count).toBeGreaterThan(10)
  expect(await cluster.ownerOf(slot)).toBe(target)
  const [node] = cluster.nodes.slice(target)
  expect(node && (await withClient(node, (direct) => direct.exists(...keys)))).toBe(keys.length)
})

describe('a proxy that counts', () => {
  const delay = 20

  async function start() {
    const server = untilTheEnd(await startRedis(), (it) => it.stop())
    const proxy = untilTheEnd(await startCountingProxy(server, { delay }), (it) => it.stop())
    const client = untilTheEnd(new Redis(proxy.port, proxy.host), disconnect)
    client.on('error', () => {})
    await client.ping()
    proxy.reset()
    return { proxy, client }
  }

  test('counts commands sent at once as one round trip', async () => {
    const { proxy, client } = await start()
    await client.pipeline().set('a', '1').set('b', '\r\n*1\r\n').get('a').exec()
    expect([proxy.waves(), proxy.commands()]).toEqual([1, 3])
    await Promise.all([client.get('a'), client.get('b')])
    expect([proxy.waves(), proxy.commands()]).toEqual([2, 5])
  })

  test('counts commands that wait for each other as one each', async () => {
    const { proxy, client } = await start()
    const started = performance.now()
    await client.set('a', 'x'.repeat(500_000))
    await client.get('a')
    expect([proxy.waves(), proxy.commands()]).toEqual([2, 2])
    // A timer may be early by less than a millisecond.
    expect(performance.now() - started).toBeGreaterThan(4 * (delay - 1))
  })

  test('lets clients in again after it has cut them off', async () => {
    const { proxy, client } = await start()
    await client.set('a', '1')
    const closed = new Promise((resolve) => client.once('close', resolve))
    proxy.cut()
    await closed
    expect(await client.get('a')).toBe('1')
  })
})
