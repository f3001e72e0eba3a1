import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import type { Redis } from 'ioredis'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { runInProcess } from '../support/cli-in-process.ts'
import { runCommand, runCommandWith } from '../support/cli.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { startRedis, waitUntil, withClient } from '../support/redis-server.ts'
import { newSecret, toDiagnosis } from '../support/set-ups.ts'

const day = 86_400_000

describe('Redis', () => {
  /** What is found in a Redis after something was done there. */
  async function diagnoseRedis(
    act: (client: Redis) => Promise<unknown>,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> {
    const redis = await startRedis({ appendOnly: true })
    onTestFinished(() => redis.stop())
    await withClient(redis, act)
    return (await diagnoseAt(redis.url, environment)).codes
  }

  const diagnoseAt = async (
    url: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ReturnType<typeof toDiagnosis>> => {
    const settings = { REDIS_URL: url, STORAGE_KEYS: newSecret(), ...environment }
    return toDiagnosis(await runCommandWith(settings, 'doctor', '--json'))
  }

  test.each<readonly [string, string, (client: Redis) => Promise<unknown>]>([
    [
      'evicting_policy',
      'drops keys',
      (client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru'),
    ],
    [
      'no_append_only',
      'keeps no file of its writes',
      (client) => client.config('SET', 'appendonly', 'no'),
    ],
    [
      'memory_short',
      'has nearly used up its memory',
      async (client) => {
        await client.setrange('jobs', 10_000_000, 'x')
        const [, used] = /^used_memory:(\d+)/m.exec(await client.info('memory')) ?? []
        await client.config('SET', 'maxmemory', Math.round(Number(used) * 1.05))
      },
    ],
    [
      'disk_failing',
      'cannot write its files',
      async (client) => {
        const [, folder = ''] = (await client.config('GET', 'dir')) as readonly string[]
        rmSync(folder, { recursive: true })
        await client.bgsave()
        await waitUntil('it failed', async () =>
          (await client.info('persistence')).includes('rdb_last_bgsave_status:err'),
        )
      },
    ],
    [
      'missing_storage_key',
      'has records under another key',
      (client) => client.zadd('pleo:storage-keys', Date.now() + day, 'aabbccdd'),
    ],
  ])('%s: it %s', async (code, _, act) => {
    expect(await diagnoseRedis(act)).toEqual([code])
  })

  describe('other_prefix', () => {
    const store = (prefix: string) => async (client: Redis) => {
      await client.zadd(`${prefix}storage-keys`, Date.now() + day, 'aabbccdd')
      await client.set(`${prefix}session:x`, '')
    }

    test('nothing is below the prefix, and a server is below another one', async () => {
      const redis = await startRedis({ appendOnly: true })
      onTestFinished(() => redis.stop())
      await withClient(redis, store('staging:'))
      const settings = { REDIS_URL: redis.url, STORAGE_KEYS: newSecret() }
      const look = async (...more: readonly string[]) =>
        toDiagnosis(await runCommandWith(settings, 'doctor', '--json', ...more))
      const [first, second] = [await look(), await look()]
      // The first one noted its storage keys below the wrong prefix.
      expect([first.codes, second.codes]).toEqual([['other_prefix'], ['other_prefix']])
      expect(second.said).toContain(String.raw`\"pleo:\", and a server stores under \"staging:\"`)
      expect((await look('--key-prefix', '[s]taging:')).codes).toEqual(['other_prefix'])
    })

    test.each<readonly [string, (client: Redis) => Promise<unknown>]>([
      [
        'two servers share the Redis',
        async (client) => {
          await store('staging:')(client)
          await client.set('pleo:session:x', '')
        },
      ],
      [
        'nothing but a note is below the other prefix',
        (client) => client.zadd('typo:storage-keys', Date.now() + day, 'aabbccdd'),
      ],
      ['another program uses the Redis', (client) => client.set('jobs:1', '')],
    ])('is not found if %s', async (_, act) => {
      expect(await diagnoseRedis(act)).toEqual([])
    })
  })

  test('cluster_node: it is a node of a Cluster, and the address is that of one server', async () => {
    const cluster = await startCluster({ appendOnly: true })
    onTestFinished(() => cluster.stop())
    for (const { url } of cluster.nodes) {
      expect((await diagnoseAt(url)).codes).toEqual(['cluster_node'])
    }
  })

  test('old_redis: its version is 6', async () => {
    const redis = await startRedis({ appendOnly: true })
    onTestFinished(() => redis.stop())
    // No such server can be installed everywhere. The answers of INFO are changed on their way, with their length kept.
    const older = (answers: Buffer): Buffer =>
      Buffer.from(answers.toString('latin1').replaceAll(/(?<=redis_version:)\d/g, '6'), 'latin1')
    const proxy = createServer((client) => {
      const upstream = connect(redis.port, redis.host)
      client.pipe(upstream)
      upstream.on('data', (answers) => client.write(older(answers)))
      for (const socket of [client, upstream]) socket.on('error', () => client.destroy())
      upstream.on('close', () => client.destroy())
      client.on('close', () => upstream.destroy())
    })
    onTestFinished(() => void proxy.close())
    proxy.listen(0, redis.host)
    await once(proxy, 'listening')
    const { port } = proxy.address() as AddressInfo
    const { codes } = await diagnoseAt(redis.url.replace(`:${redis.port}`, `:${port}`))
    expect(codes).toEqual(['old_redis'])
  })

  test('replicas_not_required: it has a replica, and would write without it', async () => {
    const replica = await startRedis()
    onTestFinished(() => replica.stop())
    const follow = async (client: Redis): Promise<void> => {
      const { host = '', port = 0 } = client.options
      await withClient(replica, (one) => one.replicaof(host, port))
      await waitUntil('it follows', async () =>
        (await client.info('replication')).includes('connected_slaves:1'),
      )
    }
    expect(await diagnoseRedis(follow)).toEqual(['replicas_not_required'])
    const demanding = async (client: Redis): Promise<void> => {
      await follow(client)
      await client.config('SET', 'min-replicas-to-write', '1')
      await waitUntil('it is good', async () =>
        (await client.info('replication')).includes('min_slaves_good_slaves:1'),
      )
    }
    // The first one lost its replica to this one.
    await withClient(replica, (one) => one.replicaof('NO', 'ONE'))
    expect(await diagnoseRedis(demanding)).toEqual([])
  })

  test('refused: the user lacks a right', async () => {
    const redis = await startRedis({ appendOnly: true })
    onTestFinished(() => redis.stop())
    await withClient(redis, (client) =>
      client.call('ACL', 'SETUSER', 'poor', 'on', '>geheim', '~*', '+@all', '-evalsha', '-eval'),
    )
    for (const user of ['poor:geheim', 'poor:wrong-geheim']) {
      const { codes, said } = await diagnoseAt(redis.url.replace('//', `//${user}@`))
      expect(codes).toEqual(['refused'])
      expect(said).not.toContain('geheim')
    }
  })

  test('storage_unreachable: it is gone', async () => {
    const redis = await startRedis()
    await redis.stop()
    const { codes, notLookedAt } = await diagnoseAt(redis.url)
    expect(codes).toEqual(['storage_unreachable'])
    expect(notLookedAt).toContain('registered clients, signing keys and settings of the storage')
  })

  describe('with another clock', () => {
    afterEach(() => void vi.useRealTimers())

    test.each([-60_000, 60_000])('storage_clock: by %d milliseconds', async (difference) => {
      const redis = await startRedis({ appendOnly: true })
      onTestFinished(() => redis.stop())
      const settings = { REDIS_URL: redis.url, STORAGE_KEYS: newSecret() }
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + difference })
      const { codes, said } = toDiagnosis(await runInProcess(settings, 'doctor', '--json'))
      expect(codes).toEqual(['storage_clock'])
      expect(said).toMatch(difference > 0 ? /[4-7]\d seconds behind/ : /[4-7]\d seconds ahead of/)
    })
  })
})

describe('the command', () => {
  test('says for people what was found, and what was not looked at', async () => {
    const { code, stdout, stderr } = await runCommand('doctor', '--url', 'http://127.0.0.1:9')
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(
      /^error unreachable\n {2}http:\/\/127\.0\.0\.1:9: .+\n {2}Start the server.*\n {2}docs\/doctor\.md#unreachable\n\nFound: 1 error, 0 warnings\.\n\nNot looked at:\n {2}storage/,
    )
  })

  test.each([
    [[]],
    [['--url', 'auth.example.test']],
    [['--url', 'https://auth.example.test/?x']],
    [['--config', 'a.js', '--key-prefix', 'b:']],
  ])('is called wrongly with %j', async (args) => {
    const { code, stdout } = await runCommand('doctor', ...args)
    expect([code, stdout]).toEqual([2, ''])
  })

  test('a module that cannot be imported is no finding', async () => {
    const { code, stderr } = await runCommand('doctor', '--config', '/nowhere.mjs')
    expect([code, stderr]).toEqual([2, 'error: there is no file /nowhere.mjs\n'])
  })

  test('prints no secret, and changes nothing in Redis', async () => {
    const redis = await startRedis({ appendOnly: true })
    onTestFinished(() => redis.stop())
    const secrets = ['kurz', 'ein zweites geheimnis nur aus worten', newSecret()]
    const [short = '', words = '', good = ''] = secrets
    const settings = {
      REDIS_URL: redis.url,
      STORAGE_KEYS: `${words},${good}`,
      COOKIE_KEYS: `${short},${good}`,
    }
    const look = (): Promise<string> =>
      withClient(redis, async (client) => {
        const all = await client.keys('*')
        // As every start does, the check notes when the keys were last there.
        const keys = all.filter((key) => key !== 'pleo:storage-keys').toSorted()
        expect(keys.length).toBeGreaterThan(1)
        const dumped = await Promise.all(keys.map((key) => client.dumpBuffer(key)))
        return JSON.stringify([keys, dumped])
      })
    const uri = ['--redirect-uri', 'https://nordvind.example.test/callback']
    const given = ['--name', 'Nordvind Regnskab', ...uri, '--scope', 'companies:read']
    await runCommandWith(settings, 'clients', 'create', ...given, '--json')
    const before = await look()
    const { codes, said } = toDiagnosis(await runCommandWith(settings, 'doctor', '--json'))
    expect(codes).toEqual(['guessable_secret', 'repeated_secret', 'short_secret'])
    for (const secret of secrets) expect(said).not.toContain(secret)
    expect(await look()).toBe(before)
  })
})
